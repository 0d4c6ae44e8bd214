"""The text of a mail and its files, out of its parts: which version is read, and what is kept beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from channels.email import html_text
from channels.email.headers import split, words
from channels.email.lines import Line, of_plain, shown, unflowed
from channels.email.mime import MAX_TEXT, Part, Tree, file_name, read

MAX_LINES: Final = 50_000
_SIGNATURES: Final = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_SEALED: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
_REPORTED: Final = (
    "message/delivery-status",
    "message/feedback-report",
    "text/rfc822-headers",
    "message/rfc822-headers",
)
_ARMOUR: Final = "-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that came with a mail. `content_id` in lower case without brackets; inline = the text shows it where it names it."""

    name: str
    type: str
    content_id: str
    is_inline: bool
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """What a mail says. `lines` are those that people read, `html_lines` those of its HTML where it has both versions.

    `is_passed_on` = it is the text of a mail that hangs on this one, which says nothing itself."""

    lines: Sequence[Line]
    html_lines: Sequence[Line]
    html: str = field(repr=False)
    is_encrypted: bool
    faults: tuple[str, ...]
    is_passed_on: bool = False

    @property
    def text(self) -> str:
        """All of it, quotes marked."""
        return shown(self.lines)


def body_of(tree: Tree) -> Body:
    """The text of a mail: plain where there is any, else made from HTML; parts of a mixed mail one after the other.

    Of a mail that says nothing and has another one in it, that one's."""
    body = _body(tree)
    inner = next((part for part in tree.parts if part.type == "message/rfc822"), None)
    if inner is None or "multipart/report" in inner.parents or any(not line.is_blank for line in body.lines):
        return body
    within = read(inner.data)
    heads = [
        Line(f"{name}: {value}") for name in ("From", "Date", "Subject") if (value := within.headers.get(name.lower()))
    ]
    passed = _body(within)
    return replace(passed, lines=[*heads, Line(""), *passed.lines], html_lines=[], is_passed_on=True)


def _body(tree: Tree) -> Body:
    lines: list[Line] = []
    rich: list[Line] = []
    sources: list[str] = []
    faults: list[str] = []
    has_both = True
    for parts in _groups(tree):
        plain = [line for part in parts if part.type == "text/plain" for line in _plain(part)]
        html = [part.text for part in parts if part.type == "text/html"]
        sources += html
        rendered = [html_text.read(text) for text in html]
        faults += [fault for _, fault in rendered if fault]
        marked = [line for found, _ in rendered for line in found]
        has_plain = any(not line.is_blank for line in plain)
        lines += [Line(""), *(plain if has_plain else marked)]
        rich += [Line(""), *(marked or plain)]
        has_both = has_both and has_plain and bool(marked)
    lines, is_cut = _within(lines)
    if is_cut:
        faults.append("the text is longer than 1 MiB or 50,000 lines; the rest was left out")
    is_sealed = tree.type == "multipart/encrypted" or any(_is_sealed(part) for part in tree.parts)
    is_sealed = is_sealed or any(line.text.strip() == _ARMOUR and not line.depth for line in lines)
    both = _within(rich)[0] if has_both else []
    return Body(lines, both, "\n".join(sources), is_sealed, tuple(dict.fromkeys(faults)))


def _groups(tree: Tree) -> Iterator[list[Part]]:
    """The parts that are text, versions of one text together, in the order of the mail."""
    groups: dict[int, list[Part]] = {}
    for part in tree.parts:
        if _is_text(part):
            groups.setdefault(part.group, []).append(part)
    yield from groups.values()


def _is_text(part: Part) -> bool:
    is_text = part.type in ("text/plain", "text/html") and part.disposition != "attachment"
    return is_text and not (part.file_name and part.parents)


def _plain(part: Part) -> list[Line]:
    text = part.text[: 2 * MAX_TEXT]
    if part.params.get("format", "").lower() == "flowed":
        text = unflowed(text, drops_space=part.params.get("delsp", "").lower() == "yes")
    return of_plain(text, limit=MAX_LINES + 1)


def _within(lines: Sequence[Line]) -> tuple[list[Line], bool]:
    size = 0
    for index, line in enumerate(lines):
        size += len(line.text) + 2 * line.depth + 1
        if size > MAX_TEXT or index >= MAX_LINES:
            head = Line(line.text[: max(0, MAX_TEXT - size + len(line.text))], line.depth)
            return [*lines[:index], head], True
    return list(lines), False


def _is_sealed(part: Part) -> bool:
    return part.type in _SEALED and part.params.get("smime-type", "").lower() != "certs-only"


def files_of(tree: Tree) -> tuple[MailFile, ...]:
    """Everything that is no text of the mail itself. Signatures of the whole mail and the parts of a report are no files."""
    found: list[MailFile] = []
    for part in tree.parts:
        if _is_text(part) or part.type in _SIGNATURES or part.type in _REPORTED:
            continue
        if part.type == "message/rfc822" and "multipart/report" in part.parents:
            continue
        written = words(part.file_name) or _title(part)
        name = file_name(written, part.type, len(found) + 1)
        is_inline = part.disposition != "attachment" and bool(part.content_id) and part.type.startswith("image/")
        found.append(MailFile(name, part.type, part.content_id, is_inline, part.data))
    return tuple(found)


def _title(part: Part) -> str:
    if part.type == "application/ms-tnef":
        return "winmail.dat"
    if part.type != "message/rfc822":
        return ""
    subject = split(part.data)[0].get("subject").replace("/", "-")
    return f"{subject[:80]}.eml" if subject.strip() else ""
