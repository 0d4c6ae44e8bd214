"""Something that was given goes back through a person: the money, and word of it, are the buyer's.

Nobody who was given something is asked for the buyer's address, and nothing is said of the order.
"""

from collections.abc import Awaitable, Callable

from server.answering.turn import Turn
from server.answering.words.gift_words import was_given

Skill = Callable[[Turn], Awaitable[None]]


def or_else(skill: Skill) -> Skill:
    """A person for what was given to the writer; the skill for all else."""

    async def begin(turn: Turn) -> None:
        is_new = turn.choice is None and turn.draft is None and not turn.dialogue.order_id
        slots = turn.dialogue.slots
        is_buyer = bool(slots.emails or (slots.names and slots.zips))  # who says so is found by it, or not at all
        if is_new and not is_buyer and was_given(turn.text):
            turn.say("person.gift")
            turn.hand_off("policy_exception")
        else:
            await skill(turn)

    return begin
