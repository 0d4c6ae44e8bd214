"""Understanding: what a customer's message asks for, how they feel, what is at stake and what it names.

`understand` is the one door; `answer` and `choice` read replies to the assistant's own questions. No model server, no
network, no memory of earlier messages. The head is trained from `lines/` by
`python -m server.answering.understand.build`.
"""

from server.answering.understand.reading import read, understand
from server.answering.understand.shape import INTENTS, Clause, Entities, Intent, IntentScore, Understanding
from server.answering.understand.stream import jsonl
from server.answering.understand.yesno import answer, choice

__all__ = [
    "INTENTS",
    "Clause",
    "Entities",
    "Intent",
    "IntentScore",
    "Understanding",
    "answer",
    "choice",
    "jsonl",
    "read",
    "understand",
]
