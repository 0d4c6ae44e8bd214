"""The parts of a mail, from its bytes, within limits: size, number, depth.

Written for mails that are broken or hostile: iterative, in time linear to the size, and nothing raises. A mail beyond a limit
keeps what was read until there, and a fault that says so.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from channels.email.charsets import clean, decode
from channels.email.headers import Headers, parameters, split, unbase64

MAX_RAW: Final = 25 * 1024 * 1024
MAX_PARTS: Final = 200
MAX_DEPTH: Final = 20
MAX_TEXT: Final = 1024 * 1024
"""Characters of text that are shown and searched; the mail itself is kept whole in the journal."""

_BIDI: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*]+')
_SUFFIXES: Final = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "application/pdf": "pdf",
    "text/plain": "txt", "text/html": "html", "text/calendar": "ics", "message/rfc822": "eml", "image/heic": "heic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the tree. `data` is decoded; `group` is the same for the versions of one text; `parents` the outermost first."""

    type: str
    params: Mapping[str, str]
    headers: Headers
    data: bytes = field(repr=False)
    group: int
    parents: tuple[str, ...]

    @property
    def disposition(self) -> str:
        """`inline`, `attachment`, or "" = not said."""
        return parameters(self.headers.get("content-disposition"))[0]

    @property
    def file_name(self) -> str:
        """The name as the sender wrote it, "" = none."""
        named = parameters(next(iter(self.headers.raws("content-disposition")), ""))[1].get("filename", "")
        return named or self.params.get("name", "")

    @property
    def content_id(self) -> str:
        """The id that `cid:` links name, without brackets and in lower case, "" = none."""
        return self.headers.get("content-id").strip().strip("<>").lower()[:250]

    @property
    def text(self) -> str:
        """The content as text, by its declared charset first."""
        return clean(decode(self.data[: 4 * MAX_TEXT], self.params.get("charset", "")))


@dataclass(frozen=True, slots=True)
class Tree:
    """A mail taken apart. `type` and `params` are the outermost Content-Type's; `faults` say what was left out."""

    headers: Headers
    type: str
    params: Mapping[str, str]
    parts: tuple[Part, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """A part that is still to be taken apart."""

    raw: bytes
    default: str
    group: int
    parents: tuple[str, ...]


def read(raw: bytes) -> Tree:
    """Take a mail apart."""
    faults: list[str] = []
    if len(raw) > MAX_RAW:
        faults.append("the mail is larger than 25 MiB; the rest was left out")
        raw = raw[:MAX_RAW]
    headers, _ = split(raw)
    kind, params = _kind(headers, "text/plain")
    parts: list[Part] = []
    waiting, groups = [_Open(raw, "text/plain", 0, ())], 0
    seen = 0
    while waiting:
        each = waiting.pop()
        seen += 1
        if seen > MAX_PARTS:
            faults.append("the mail has more than 200 parts; the rest was left out")
            break
        inner = _opened(each, groups, faults)
        if isinstance(inner, Part):
            parts.append(inner)
        else:
            groups += len(inner) + 1
            waiting.extend(reversed(inner))
    return Tree(headers, kind, params, tuple(parts), tuple(dict.fromkeys(faults)))


def _kind(headers: Headers, default: str) -> tuple[str, Mapping[str, str]]:
    kind, params = parameters(next(iter(headers.raws("content-type")), ""))
    return (kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) else default), params


def _opened(each: _Open, groups: int, faults: list[str]) -> "Part | list[_Open]":
    headers, body = split(each.raw, is_part=bool(each.parents))
    kind, params = _kind(headers, each.default)
    boundary = params.get("boundary", "").encode("utf-8", "replace")
    if kind.startswith("multipart/") and boundary:
        if len(each.parents) >= MAX_DEPTH:
            faults.append("the parts are nested deeper than 20; the rest was left out")
            return []
        inner = _between(body, boundary)
        if inner:
            return _children(inner, each, kind, groups)
        faults.append("a part names a boundary that does not occur")
    if kind.startswith("multipart/"):
        kind, params = "text/plain", {}
    data = _decoded(body, headers.get("content-transfer-encoding").strip().lower())
    return Part(kind, params, headers, data, each.group, each.parents)


def _children(inner: list[bytes], each: _Open, kind: str, groups: int) -> list[_Open]:
    default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    shares = kind == "multipart/alternative" or "multipart/alternative" in each.parents
    parents = (*each.parents, kind)
    first = each.group if "multipart/alternative" in each.parents else groups + 1
    # Children are opened last to first by the caller's stack; a group is the order of reading.
    numbers = [first if shares else groups + 1 + index for index in range(len(inner))]
    return [_Open(raw, default, number, parents) for raw, number in zip(inner, numbers, strict=True)]


def _between(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the boundary lines. A missing last one, as in a mail that was cut, costs nothing."""
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|$)")
    found: list[bytes] = []
    start = -1
    for match in line.finditer(body):
        if start >= 0:
            found.append(_without_break(body[start : match.start()]))
        start = -1 if match[1] else match.end()
        if match[1] or len(found) > MAX_PARTS:
            break
    if start >= 0 and len(found) <= MAX_PARTS:
        found.append(_without_break(body[start:]))
    return found


def _without_break(raw: bytes) -> bytes:
    """A part without the line break that ends its boundary line. Without headers of its own it begins with an empty line."""
    return raw[2:] if raw.startswith(b"\r\n") else raw[1:] if raw.startswith(b"\n") else raw


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return unbase64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _unuu(body)
    return body


def _unuu(body: bytes) -> bytes:
    out: list[bytes] = []
    lines = body.splitlines()
    begin = next((index for index, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    if begin < 0:
        return body
    for line in lines[begin + 1 :]:
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some writers pad the last letters of a line wrongly: the count in its first letter says how many matter.
            size = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                continue
    return b"".join(out)


def file_name(written: str, kind: str, number: int) -> str:
    """A name that is safe to show and to save: no path, control, direction mark or device character; never empty; its suffix stays."""
    name = _BIDI.sub("", clean(written)).replace("\\", "/").rpartition("/")[2]
    name = " ".join(_UNSAFE.sub("_", name).split()).strip(". ")
    if not name.strip("_"):
        return f"attachment-{number}.{_SUFFIXES.get(kind, 'bin')}"
    if len(name) > 120:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[:100]}.{suffix[:15]}" if dot and len(suffix) <= 15 else name[:120]
    return name
