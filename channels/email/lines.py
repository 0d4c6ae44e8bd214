"""A text as lines that know whose they are: what plain text and HTML have in common once they are read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MAX_QUOTES: Final = 50
"""Quotes in quotes that are told apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `depth` = how often it is quoted; the rest is what HTML said of the box that it stands in:

    `is_cited` = a box that only holds quotes; `is_head` = the line that introduces a quote; `is_tail` = the box from which on the
    earlier mail stands to the end; `is_signature` = a signature's box. `source` = the line as it was
    written, marks of quotes and all, where it was plain text."""

    text: str
    depth: int = 0
    is_cited: bool = False
    is_head: bool = False
    is_tail: bool = False
    is_signature: bool = False
    source: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return not self.text.strip()

    @property
    def shown(self) -> str:
        """The line as text, quotes marked the usual way."""
        if self.source:
            return self.source
        return "> " * self.depth + self.text if self.depth else self.text


def of_plain(text: str, *, limit: int) -> list[Line]:
    """The first `limit` lines of a plain text; `>` at the beginning of a line marks a quote."""
    return [_plain(line) for line in text.split("\n", limit)[:limit]]


def _plain(line: str) -> Line:
    depth, rest = 0, line
    while rest.startswith(">") and depth < MAX_QUOTES:
        depth += 1
        rest = rest[1:].removeprefix(" ") if rest[1:2] == " " and rest[2:3] in (">", "") else rest[1:]
    return Line(rest.removeprefix(" ") if depth else line, depth, source=line)


def unflowed(text: str, *, drops_space: bool) -> str:
    """Text of `format=flowed` (RFC 3676) with its soft line breaks taken out. `drops_space` = its parameter DelSp."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        is_soft = rest.endswith(" ") and rest != "-- "
        content = rest[:-1] if is_soft and drops_space else rest
        if open_depth == depth and rest != "-- ":
            out[-1] += content
        else:
            out.append(f"{'>' * depth} {content}" if depth else content)
        open_depth = depth if is_soft else -1
    return "\n".join(out)


def shown(lines: Iterable[Line]) -> str:
    """Lines as one text, without blank lines around it and with at most one between two paragraphs."""
    out: list[str] = []
    given = list(lines)
    for index, line in enumerate(given):
        text = "" if line.is_blank and _ends_quote(given, index) else line.shown.rstrip()
        if text or (out and out[-1]):
            out.append(text)
    return "\n".join(out).strip("\n")


def _ends_quote(lines: Sequence[Line], index: int) -> bool:
    """Whether a blank quoted line stands at the edge of its quote, where it shows nothing."""
    return index in (0, len(lines) - 1) or not (lines[index - 1].depth and lines[index + 1].depth)


def trimmed(lines: Sequence[Line]) -> list[Line]:
    """Lines without the blank ones around them."""
    start, end = 0, len(lines)
    while start < end and lines[start].is_blank:
        start += 1
    while end > start and lines[end - 1].is_blank:
        end -= 1
    return list(lines[start:end])
