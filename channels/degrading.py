"""Says in plain text what a channel without buttons cannot show.

A question that leaves its possible answers to buttons is incomplete without them: there they follow as a numbered list, and
the number is understood as the answer. What only invites ("Did that solve it?", a shortcut below a whole answer) stays away.
"""

import re
from collections.abc import Sequence
from typing import Final

_SAID_ANYWAY: Final = frozenset({"yes", "no", "human"})
"""Answers that need no list: everybody knows how to give them."""
_INVITES: Final = "solved:"
"""What the choices of "Did that solve it?" begin with: the others beside them are shortcuts."""


def in_text(text: str, choices: Sequence[tuple[str, str]]) -> str:
    """`text` with its choices, (label, value) each, as a numbered list where its question cannot be answered without."""
    if not needs_list(text, choices):
        return text
    listed = "\n".join(f"{number}. {label}" for number, (label, _) in enumerate(choices, 1))
    return f"{text}\n{listed}"


def needs_list(text: str, choices: Sequence[tuple[str, str]]) -> bool:
    """Whether `text` asks what its choices answer, and does not name them all itself."""
    folded = text.rstrip().casefold()
    needed = [label for label, value in choices if value not in _SAID_ANYWAY]
    if any(value.startswith(_INVITES) for _, value in choices):
        return False
    return folded.endswith("?") and any(label.casefold() not in folded for label in needed)


_CUTS: Final = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?])\s"), re.compile(r"\s"))
"""Where a text is best cut: between paragraphs, lines, sentences, words."""


def split(text: str, max_chars: int, max_bytes: int = 0) -> list[str]:
    """`text` in parts of at most `max_chars`, and of `max_bytes` in UTF-8 unless that is 0, cut where it hurts least.

    Nothing is lost but the space at a cut."""
    parts, rest = [], text.strip()
    while (room := _room(rest, max_chars, max_bytes)) < len(rest):
        end, begin = _cut(rest, room)
        parts.append(rest[:end])
        rest = rest[begin:]
    return [*parts, rest] if rest or not parts else parts


def _room(text: str, max_chars: int, max_bytes: int) -> int:
    """How many characters of a text fit into one message."""
    head = text[:max_chars]
    if not max_bytes:
        return len(head)
    fitting = head.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")
    return max(1, len(fitting)) if head else 0


def _cut(text: str, max_chars: int) -> tuple[int, int]:
    """(where a part ends, where the next begins)."""
    for pattern in _CUTS:
        found = [match.span() for match in pattern.finditer(text, 0, max_chars + 1) if match.start() >= max_chars // 3]
        if found:
            return found[-1]
    return max_chars, max_chars
