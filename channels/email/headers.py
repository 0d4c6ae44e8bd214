"""The header lines of a mail or of one of its parts, read from their bytes.

The standard library's parser takes the first of several From lines, cuts a broken Message-ID and leaves lone surrogates; this one
keeps every line in its order and decodes it for itself. Nothing here raises.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from channels.email.charsets import clean, decode

MAX_HEADERS: Final = 1000
MAX_BLOCK: Final = 512 * 1024
MAX_VALUE: Final = 64 * 1024

_END: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
_NAME: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_WORD: Final = re.compile(r"=\?([A-Za-z0-9_.:()'+-]{1,60})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?([^?\n]*)\?=")
_BETWEEN: Final = re.compile(r"\s*")
_ID: Final = re.compile(r"<[^<>\s]+>")
_PARAM: Final = re.compile(r';\s*([^\s=;"*]+)(\*\d{1,3})?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')


@dataclass(frozen=True, slots=True)
class Headers:
    """Every header line, name in lower case and value decoded, the topmost first."""

    lines: tuple[tuple[str, str], ...] = ()
    raw: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def all(self, name: str) -> list[str]:
        """The decoded values of a header."""
        return [value for key, value in self.lines if key == name]

    def get(self, name: str) -> str:
        """The topmost decoded value, "" = there is none."""
        return next((value for key, value in self.lines if key == name), "")

    def raws(self, name: str) -> list[str]:
        """The values as they were written, encoded words and all: for what is parsed further."""
        return [value for key, value in self.raw if key == name]

    def ids(self, name: str) -> tuple[str, ...]:
        """The message ids in a header, each once, in angle brackets. They are read from the raw value: folding cuts none."""
        found = (match for value in self.raws(name) for match in _ID.findall(value) if len(match) <= 998)
        return tuple(dict.fromkeys(found))


def split(raw: bytes, *, is_part: bool = False) -> tuple[Headers, bytes]:
    """The headers of a mail or part, and the bytes below them. Where no header stands at the top everything is body.

    A part that begins with an empty line has no headers: what stands below it is text, even if it looks like a header."""
    if is_part and raw.startswith((b"\r\n", b"\n")):
        return Headers(), raw.removeprefix(b"\r").removeprefix(b"\n")
    if b"\n" not in raw[:4096] and b"\r" in raw[:4096]:
        raw = raw.replace(b"\r", b"\n")
    raw = raw.lstrip(b"\r\n")
    if raw[:5] == b"From " or raw[:6] == b">From ":
        raw = raw.partition(b"\n")[2]
    if _NAME.match(raw[:300]) is None:
        return Headers(), raw
    end = _END.search(raw)
    block, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    return _read(block[:MAX_BLOCK]), body


def block_of(raw: bytes) -> Headers:
    """Headers that stand alone, as in the groups of a delivery status."""
    return split(raw.strip() + b"\n\n")[0]


def _read(block: bytes) -> Headers:
    found: list[tuple[str, list[bytes]]] = []
    for line in block.split(b"\n"):
        line = line.rstrip(b"\r")
        match = _NAME.match(line)
        if match is not None and line[:1] not in b" \t":
            if len(found) >= MAX_HEADERS:
                break
            found.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif line[:1] in (b" ", b"\t") and found:
            found[-1][1].append(line)
    raw = tuple((name, _text(b"".join(lines)[:MAX_VALUE])) for name, lines in found)
    return Headers(tuple((name, words(value)) for name, value in raw), raw)


def _text(value: bytes) -> str:
    return clean(decode(value, "utf-8")).replace("\n", " ").strip()


def words(value: str) -> str:
    """A value with its encoded words (RFC 2047) decoded. A letter may be split over two words of one charset: both are joined first."""
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[bytes] = []
    charset, end = "", 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        is_next = bool(pending) and _BETWEEN.fullmatch(between) is not None
        if not (is_next and match[1].lower() == charset):
            out.append(decode(b"".join(pending), charset))
            pending = []
            out.append("" if is_next else between)
        charset, end = match[1].lower(), match.end()
        pending.append(_word(match[2], match[3]))
    out.append(decode(b"".join(pending), charset))
    return clean("".join(out) + value[end:]).replace("\n", " ")


def _word(encoding: str, text: str) -> bytes:
    data = text.encode("ascii", "replace")
    return unbase64(data) if encoding in "bB" else binascii.a2b_qp(data, header=True)


def unbase64(data: bytes) -> bytes:
    """Base 64 as mails hold it: other characters are passed over, missing padding is added, a lone last character is dropped."""
    kept = re.sub(rb"[^A-Za-z0-9+/]+", b"", data)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return b64decode(kept + b"=" * (-len(kept) % 4))


def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """A value such as that of Content-Type: what stands before the first semicolon in lower case, and its parameters by name.

    Knows RFC 2231 (charset, language, continuations), and encoded words in quotes, which are wrong and frequent."""
    first = value.partition(";")[0].strip().lower()
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, index, star, text in _PARAM.findall(value[:MAX_VALUE]):
        pieces.setdefault(name.lower(), []).append((int(index[1:] or 0) if index else 0, bool(star), _unquoted(text)))
    return first, {name: _joined(parts) for name, parts in pieces.items()}


def _unquoted(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:])


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    parts = sorted(parts, key=lambda part: part[0])
    if not any(encoded for _, encoded, _ in parts):
        return words("".join(text for _, _, text in parts))
    charset, first = "", parts[0][2]
    if parts[0][1] and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    texts = [(parts[0][1], first), *((encoded, text) for _, encoded, text in parts[1:])]
    data = b"".join(unquote_to_bytes(text) if encoded else text.encode("utf-8") for encoded, text in texts)
    return clean(decode(data, charset)).replace("\n", " ")
