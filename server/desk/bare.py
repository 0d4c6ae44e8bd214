"""The least that a person gets with a handoff: for the case that even the making of a full package fails.

It reads nothing and can therefore not fail: the thread appears in the queue with an honest brief, and the customer is told that
a person will answer.
"""

from server.answering.words.voice import Voice
from server.clock import Clock
from server.desk.handoff import Package


def bare_package(clock: Clock, language: str, reason: str) -> Package:
    """A package without order, history or drafts; `language` is the customer's."""
    brief = {
        "wants": "The customer waits for an answer that the assistant could not finish.",
        "quote": "",
        "mood": None,
        "history": "The brief could not be written; the whole conversation stands beside it.",
        "known": [],
        "policy": {"version": "", "verdict": "unknown", "text": "No order was read.", "lines": []},
        "tried": ["The assistant failed while it answered; nothing is known to have been done."],
        "why": {"reason": reason, "text": "Something did not work, and the assistant gave up."},
        "proof": {"words": [], "level": "L0"},
        "language": language,
        "contact": "",
    }
    return Package(brief, (), Voice(language, clock.now()).text("desk.no_time"))
