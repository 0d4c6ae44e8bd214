"""Where a model has a part: which turns it may be asked in, which tools it is offered, which answers it may word. Pure.

Everything that a person must hear, that proves who somebody is, or that changes something stays the assistant's own.
"""

from dataclasses import replace
from typing import Final

from server.answering.context import Answer, Context, Handoff, Reply
from server.answering.model import tools

_UNSURE: Final = frozenset({"low_confidence", "out_of_scope"})
_PRIVATE: Final = frozenset({"identify", "which_order", "code"})
_TOOLS: Final = frozenset(tools.BY_NAME)


def may_ask(context: Context, answer: Answer, *, sees: bool = False) -> bool:
    """Whether a model may have a part in this turn at all; `sees` = photos alone say something to it.

    Never where a person owns the thread or must hear of it, where something was done, proposed or waits for a yes, and where
    somebody proves who they are: those are the assistant's own words."""
    outcome, dialogue = answer.outcome, answer.dialogue
    if context.owner_kind != "assistant" or not (context.text.strip() or sees) or answer.executed or answer.proposed:
        return False
    if any(each.asked.startswith("confirm") or each.asked in _PRIVATE for each in (context.dialogue, dialogue)):
        return False
    if any(said.choice for said in context.said):
        return False
    if isinstance(outcome, Reply):
        return not outcome.is_first_proof and not outcome.is_resolving and not outcome.waits_for_person
    return isinstance(outcome, Handoff) and outcome.reason in _UNSURE


def tools_for(context: Context, answer: Answer) -> frozenset[str]:
    """The tools for a turn in which the assistant did not know what is wanted; none where it did."""
    outcome = answer.outcome
    is_lost = isinstance(outcome, Handoff) and outcome.reason == "low_confidence"
    is_asking = isinstance(outcome, Reply) and answer.dialogue.asked == "choose"
    abstained = answer.labels is not None and answer.labels.abstain
    if is_lost or is_asking or (isinstance(outcome, Handoff) and outcome.reason in _UNSURE and abstained):
        return _TOOLS
    return frozenset()


def is_wordable(answer: Answer) -> bool:
    """Whether other words may stand for an answer: never for a read-back, a deed, or a question of who is asking."""
    asked = answer.dialogue.asked
    return not (answer.executed or answer.proposed or asked.startswith("confirm") or asked in _PRIVATE)


def labelled(answer: Answer, chosen: str) -> Answer:
    """The answer with the task of the first tool as its intent, where the assistant had none."""
    labels = answer.labels
    task = tools.BY_NAME[chosen].task if chosen else ""
    if not task or labels is None or not labels.abstain:
        return answer
    return replace(answer, labels=replace(labels, intent=task, intents=((task, 0.5),), abstain=False))
