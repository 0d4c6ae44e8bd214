"""What a customer wrote now, without what their mail program quoted below it. No text of theirs is ever lost.

Evidence, the surest first: boxes that HTML makes for quotes, our own reply line, the text of our mails that we know, then the
lines by which programs introduce a quote (`attributions`). A quote ends a mail: when something that was not quoted stands below
one, the customer answered in between, and questions and answers stay together. What was forwarded is the message and stays whole.
Where nothing would be left the mail stays as it is, but for what we know to be ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from channels.email import attributions, signatures
from channels.email.lines import Line, shown, trimmed

MAX_LINES: Final = 4000
"""Lines in which a quote may begin; what stands further down is kept as it is."""
_SPACE: Final = re.compile(r"\s+")
_MARKER: Final = re.compile(r"-{2,}[^\n]{6,200}-{2,}")
_MIN_KNOWN: Final = 12
"""Letters of a line that may be found within our text; shorter ones must be a whole line of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """The parts of a text. `had_quote` = something was taken off as a quote."""

    reply: str
    signature: str
    is_forwarded: bool
    had_quote: bool


class _Known:
    """The texts of ours that may be quoted."""

    def __init__(self, texts: Sequence[str]) -> None:
        kept = [text[:100_000] for text in texts[:20]]
        self._lines = frozenset(_plain(line) for text in kept for line in text.split("\n")) - {""}
        self._whole = "\n".join(_plain(text) for text in kept)
        self._markers = frozenset(_plain(text) for text in kept if _MARKER.fullmatch(text.strip()))

    def has(self, text: str) -> bool:
        """Whether a line is ours: a whole line, or a piece of one that the program broke anew."""
        plain = _plain(text)
        return bool(plain) and (plain in self._lines or (len(plain) >= _MIN_KNOWN and plain in self._whole))

    def is_marker(self, text: str) -> bool:
        """Whether a line is the one above which our mails ask to be answered, `--- in any words ---`."""
        return bool(self._markers) and _plain(text) in self._markers


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text.replace(">", " ")).strip().casefold()


def strip(lines: Sequence[Line], *, known: Sequence[str] = (), subject: str = "", html: Sequence[Line] = ()) -> Said:
    """Take quotes and signature off. `html` are the lines of the HTML version of the same text, where there is one."""
    if html and any(line.is_cited or line.is_head or line.is_tail for line in html):
        said = _strip(html, _Known(known), subject)
        if said.had_quote or said.is_forwarded:
            return said
    return _strip(lines, _Known(known), subject)


def _strip(lines: Sequence[Line], known: _Known, subject: str) -> Said:
    lines = trimmed(lines)
    cut = _cut(lines[:MAX_LINES], known)
    if _is_forward(lines[:cut] if cut else lines, subject):
        own, signature = signatures.parted(lines)
        return Said(shown(own) or shown(lines), shown(signature), True, False)
    cut = len(lines) if cut is None else cut
    kept = _without_known_tail(_between(lines, cut, known), known)
    own, signature = signatures.parted(trimmed(kept))
    reply = shown(trimmed(own))
    if len(reply.strip()) >= 2:
        return Said(reply, shown(signature), False, cut < len(lines))
    rest = shown(trimmed([line for line in lines if not known.has(line.text)])) or shown(lines)
    return Said(rest, shown(signature) if rest != shown(lines) else "", False, False)


def _is_forward(lines: Sequence[Line], subject: str) -> bool:
    if any(not line.depth and attributions.is_forward_line(line.text) for line in lines):
        return True
    return attributions.is_forward_subject(subject)


def _cut(lines: Sequence[Line], known: _Known) -> int | None:
    """The line from which on the mail is quoted to its end, None = nowhere."""
    texts = [line.text if not line.depth else "" for line in lines]
    for index, line in enumerate(lines):
        if line.depth:
            continue
        if attributions.is_forward_line(line.text):
            return None
        if _begins_quote(lines, texts, index, known):
            return _above(texts, index)
    return _bare_quote(lines, known)


def _above(texts: Sequence[str], index: int) -> int:
    """Where a quote begins that has a line of its own above its introduction: `--- Original Message ---`."""
    at = index - 1
    while at >= 0 and not texts[at].strip():
        at -= 1
    return at if at >= 0 and attributions.is_original_line(texts[at]) else index


def _begins_quote(lines: Sequence[Line], texts: Sequence[str], index: int, known: _Known) -> bool:
    line = lines[index]
    if known.is_marker(line.text):
        return True
    if line.is_tail and _is_tail(texts, index):
        return True
    if _is_block(texts, index):
        return True
    size = attributions.sentence_at(texts, index)
    is_whole = size > 0
    if not is_whole and (attributions.is_bare_sentence(line.text) or (line.is_head and _ends_in_colon(line.text))):
        size = 1
    if not size:
        return False
    after = _next(lines, index + size)
    if after is None or lines[after].depth or lines[after].is_cited:
        return True
    if known.has(lines[after].text):
        return True
    stands_alone = after > index + size and (index == 0 or lines[index - 1].is_blank)
    return is_whole and stands_alone and attributions.introduces(" ".join(texts[index : index + size]))


def _ends_in_colon(text: str) -> bool:
    return text.rstrip().endswith((":", "："))


def _is_tail(texts: Sequence[str], index: int) -> bool:
    """Whether a box from which earlier mail stands really begins with its headers: a box can be empty, or a customer's own."""
    return any(_is_block(texts, at) for at in range(index, min(index + 4, len(texts))))


def _is_block(texts: Sequence[str], index: int) -> bool:
    below = range(index + 1, min(index + 4, len(texts)))
    if attributions.is_original_line(texts[index]) or attributions.is_outlook_rule(texts[index]):
        return any(attributions.block_at(texts, at, is_told=True) for at in below)
    if attributions.is_rule(texts[index]):
        return any(attributions.block_at(texts, at) for at in below[:2])
    return attributions.block_at(texts, index) > 0


def _next(lines: Sequence[Line], start: int) -> int | None:
    return next((index for index in range(start, len(lines)) if not lines[index].is_blank), None)


def _bare_quote(lines: Sequence[Line], known: _Known) -> int | None:
    """A quote that nothing introduces, at the end: it counts where HTML made its box, or where it is ours."""
    start = len(lines)
    while start > 0 and (lines[start - 1].is_blank or lines[start - 1].depth):
        start -= 1
    quoted = [line for line in lines[start:] if line.depth and not line.is_blank]
    if not quoted:
        return None
    ours = sum(known.has(line.text) for line in quoted)
    if attributions.sentence_at([line.text for line in quoted[:5]], 0):
        return start
    is_sure = all(line.is_cited for line in quoted) or ours * 2 > len(quoted)
    return start if is_sure else None


def _between(lines: Sequence[Line], cut: int, known: _Known) -> list[Line]:
    """What the customer wrote. Answers that stand between or below quotes keep the questions above them; the last quote goes."""
    tail = lines[cut:]
    marked = [index for index, line in enumerate(tail) if line.depth and not line.is_blank]
    if not marked:
        return list(lines[:cut])
    foot = _foot(tail, marked[-1] + 1)
    below = [index for index in range(marked[0], foot) if not tail[index].depth and not tail[index].is_blank]
    answers = [index for index in below if not _is_footer(tail[index]) and not known.has(tail[index].text)]
    if not answers:
        return [*lines[:cut], *(tail[index] for index in below if _is_footer(tail[index])), *tail[foot:]]
    end = answers[-1] + 1
    while end < foot and not tail[end].depth:
        end += 1
    return [*lines[:cut], *tail[:end], *tail[foot:]]


def _foot(tail: Sequence[Line], start: int) -> int:
    """Where a signature begins below the last quote, the end when there is none."""
    own, _ = signatures.parted([Line("above"), *tail[start:]])
    return start + len(trimmed(own)) - 1 if len(own) <= len(tail) - start else len(tail)


def _is_footer(line: Line) -> bool:
    return line.is_signature or signatures.is_sent_from(line.text)


def _without_known_tail(lines: Sequence[Line], known: _Known) -> list[Line]:
    """A text without our own mail below it, where a program quoted it with neither mark nor introduction."""
    start, letters, count = len(lines), 0, 0
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if line.is_blank:
            continue
        if not known.has(line.text):
            break
        start, letters, count = index, letters + len(line.text), count + 1
    return list(lines[:start]) if count >= 2 and letters >= 40 else list(lines)
