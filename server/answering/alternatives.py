"""Conditional wishes: "if it hasn't shipped yet cancel it, otherwise I'll return it".

Which of the two it comes to is for the live order to say, not for the message: the first is tried as it is asked for, and the second
is begun only where the first was refused. What is done or declined needs no second.
"""

import re
from typing import Final

from server.answering.context import Task
from server.answering.identify import numbers_in
from server.answering.skills.registry import WRITING
from server.answering.told import told
from server.answering.turn import Turn
from server.commerce.catalogue.words import fold

_IF: Final = re.compile(r"\b(?:if|in case|unless|provided|as long as|si|en caso|wenn|falls|sofern|se|caso|agar)\b")
_OTHERWISE: Final = re.compile(
    r"\b(?:otherwise|or else|if not|if (?:it|that|this|they) (?:is|has|did|does|do|can|have|are)(?:n'?t| not)|"
    r"de lo contrario|en caso contrario|sinon|dans le cas contraire|sonst|ansonsten|andernfalls|wenn nicht|senao|"
    r"caso contrario|nahi to|warna)\b|[,;.]\s*(?:or )?else\b|[,;.]\s*(?:si no|sino|se nao)\b"
)
_LEAST: Final = 0.4


def conditional(turn: Turn) -> list[Task]:
    """The first wish and the one in its place, where a message makes the second hang on the first; else nothing."""
    if turn.choice or not turn.text.strip():
        return []
    text = turn.text.replace("’", "'")
    for found in _OTHERWISE.finditer(fold(text)):
        first, second = text[: found.start()], text[found.end() :]
        if not _IF.search(fold(first)) and not _IF.search(fold(second)):
            continue
        wishes = _wish(turn, first), _wish(turn, second)
        if all(wishes) and wishes[0] != wishes[1]:
            return [
                Task(wishes[0], _with_order(turn, first)),
                Task(wishes[1], _with_order(turn, second), otherwise=True),
            ]
    return []


def is_due(turn: Turn) -> bool:
    """Whether what was to be done first was refused in this turn, so that the second is due."""
    fresh = turn.dialogue.refused[len(turn.context.dialogue.refused) :]
    return not turn.executed and not turn.dialogue.proposal and any(":" in each for each in fresh)


def _wish(turn: Turn, part: str) -> str:
    """The change that a part asks for; empty when it asks for none."""
    outright = [each.name for each in told(part) if each.name in WRITING]
    if outright:
        return outright[-1]
    meant = turn.read(part)
    return next((each.name for each in meant.intents if each.name in WRITING and each.confidence >= _LEAST), "")


def _with_order(turn: Turn, part: str) -> str:
    """The words of one part, with the order that the whole message names once for both."""
    numbers = numbers_in(turn)
    named = len(numbers) == 1 and fold(numbers[0].lstrip("#")) not in fold(part)
    return f"{part} ({numbers[0]})".strip() if named else part.strip()
