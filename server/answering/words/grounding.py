"""The last check before anything is said: every claim of the finished text must be proven by the evidence.

The text is read by itself, whoever made it: dates, times, amounts, numbers, carriers, tracking numbers, links, addresses, places,
states and claims of things done. A sentence with a claim that no fact proves, compared by value, is dropped; the rest stays.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.answering.words.claim_words import Words, words_of
from server.answering.words.claims import unproven
from server.answering.words.known import known
from server.answering.words.voice import Voice
from server.commerce.model import Fact

_END: Final = re.compile(r"(?<=[.!?…])[\"”»’)]*(?P<gap>[ \u00a0]+)(?=[\"“„«¿¡(]?[A-ZÀ-ÖØ-Þ\d])")
_SHORTENED: Final = re.compile(
    r"(?:\b[A-ZÀ-Þ]|\b[ap]\.\s?m|\b(?:St|Nr|No|Mr|Mrs|Ms|Dr|Sr|Sra|Av|Inc|Ltd|bzw|ca|z\. ?B|approx))\.$"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """The text that may be said, and the sentences that may not."""

    text: str
    dropped: tuple[str, ...] = ()


def check(text: str, evidence: Sequence[Fact], voice: Voice, allowed: Sequence[str] = ()) -> Checked:
    """Drop every sentence that claims what nothing proves; `allowed` are the customer's own words, which may be repeated."""
    proven = known(evidence, voice, allowed)
    words = words_of(voice.language)
    kept, dropped = "", []
    for sentence, gap in sentences(text, words):
        if unproven(sentence, words, proven):
            dropped.append(sentence.strip())
        else:
            kept += sentence + gap
    return Checked(re.sub(r"[ \u00a0]+\n", "\n", kept).strip(), tuple(dropped))


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
    """Whether the point belongs to a shortened word, or to the day of a date ("23. November")."""
    if _SHORTENED.search(before):
        return True
    following = re.match(r"[^\W\d_]+", after)
    return bool(re.search(r"\d\.$", before) and following and following.group().casefold() in words.months)
