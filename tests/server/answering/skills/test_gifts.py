"""Something that was given: a person, without the buyer's address and without a word about the order."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.answering.words.gift_words import was_given
from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage

NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
ORDERS = Path(__file__).parents[3] / "story" / "scenarios" / "orders.jsonl"


def say(text: str) -> Heard:
    async def play() -> Heard:
        async with await Stage.open(Settings(), load(None), NOW, {"orders": ORDERS}) as stage:
            return await stage.say(Line(text))

    return asyncio.run(play())


@pytest.mark.parametrize(
    "text",
    [
        "hi, I got a scarf as a gift and it's not my style, can I return it?",
        "my aunt gave me this for christmas, I'd like to exchange it for a smaller size",
        "me regalaron una bufanda y quiero devolverla",
        "on m'a offert cette écharpe, je voudrais la retourner",
        "ich habe den Schal geschenkt bekommen und möchte ihn zurückgeben",
        "ganhei este cachecol de presente e quero devolver",
    ],
)
def test_what_was_given_goes_to_a_person_who_needs_no_address_of_the_buyer(text: str) -> None:
    heard = say(text)
    assert heard.handoff == "policy_exception"
    assert not any(
        reply["evidence"] and "order_number" in {fact["key"] for fact in reply["evidence"]} for reply in heard.replies
    )
    assert "@" not in heard.replies[0]["text"]


@pytest.mark.parametrize(
    "text",
    [
        "I bought this as a gift for my son and want to return it",
        "it was a gift for my husband, he doesn't like it, can I send it back?",
        "I want to return my gift card",
        "es un regalo para mi hermana, quiero cambiar la talla",
        "I got the wrong size, can I return it?",
    ],
)
def test_who_gives_something_is_its_buyer(text: str) -> None:
    assert not was_given(text)
    assert say(text).handoff != "policy_exception"
