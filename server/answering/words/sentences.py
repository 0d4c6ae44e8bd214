"""Where sentences end: at the marks at which people end them, never within a shortened word, an ordinal or a date."""

import re
from typing import Final

from server.answering.words.claim_words import Words

_END: Final = re.compile(r"(?<=[.!?…])[\"”“»’)]*(?P<gap>[ \u00a0]+)(?=[\"“„«¿¡(]?[$€£¥]?[A-ZÀ-ÖØ-Þ\d])")
_SHORTENED: Final = re.compile(
    r"(?:\b[A-ZÀ-Þ]|\b[ap]\.\s?m|\b(?:St|Nr|No|Mr|Mrs|Ms|Dr|Sr|Sra|Av|Inc|Ltd|bzw|ca|z\. ?B|approx))\.$"
)
_LISTED: Final = re.compile(r"\s*\d{1,2}\.$")
_DAY: Final = re.compile(r"\d\.$")
_LETTERS: Final = re.compile(r"[^\W\d_]+")


def sentences(text: str, words: Words) -> list[tuple[str, str]]:
    """(sentence, the space after it). A line is never joined to the next; shortened words and ordinals end nothing."""
    parts: list[tuple[str, str]] = []
    for line in re.split(r"(?<=\n)", text):
        start = 0
        for match in _END.finditer(line):
            if _goes_on(line[start : match.start("gap")], line[match.end("gap") :], words):
                continue
            parts.append((line[start : match.start("gap")], match["gap"]))
            start = match.end("gap")
        rest = line[start:].removesuffix("\n")
        if rest or line.endswith("\n"):
            parts.append((rest, "\n" if line.endswith("\n") else ""))
    return parts


def _goes_on(before: str, after: str, words: Words) -> bool:
    """Whether the point belongs to a shortened word, to the number of a list, or to the day of a date ("23. November")."""
    if _SHORTENED.search(before) or _LISTED.fullmatch(before):
        return True
    if not _DAY.search(before):
        return False
    following = _LETTERS.match(after)
    return following is not None and following.group().casefold() in words.months
