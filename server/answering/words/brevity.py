"""How long a reply is: what somebody reads as one sentence after another, lists, steps and quotations left aside."""

import re
from typing import Final

from server.answering.words.claim_words import words_of
from server.answering.words.sentences import sentences

MOST: Final = 3
"""Sentences to a matter; each matter that was asked about is a paragraph."""
_ITEM: Final = re.compile(r"[ \t]*(?:[•“„«]|\d{1,2}\.\s)")
_STOPS: Final = (".", "!", "?", "…")


def count(text: str, language: str) -> int:
    """How many sentences a text has; an item of a list, a step or a quotation is none."""
    told = words_of(language)
    said = (part for line in text.split("\n") if not _ITEM.match(line) for part, _ in sentences(line, told))
    return sum(part.rstrip().endswith(_STOPS) for part in said)
