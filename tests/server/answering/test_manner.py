"""How replies sound over a whole conversation: greeted once, signed on e-mail, nothing said twice in the same words."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage
from server.voice import FormalitySettings, GreetingSettings, SignOffSettings, VoiceSettings

SCENARIOS = Path(__file__).parents[2] / "story" / "scenarios"
FILES = {"orders": SCENARIOS / "orders.jsonl", "products": SCENARIOS / "catalogue-products.jsonl"}
NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
GREETED = VoiceSettings(
    greeting=GreetingSettings(en="Hello from {shop}!"), sign_off=SignOffSettings(en="Yours, {assistant}")
)


def talk(*lines: str | Line, voice: VoiceSettings | None = None) -> list[str]:
    """The replies of a conversation, one for each line; a line that begins with @ is a tapped reply."""
    heard = asyncio.run(_talk(lines, replace(Settings(), voice=voice or VoiceSettings())))
    return ["\n".join(reply["text"] for reply in each.replies) for each in heard]


async def _talk(lines: Sequence[str | Line], settings: Settings) -> list[Heard]:
    async with await Stage.open(settings, load(None), NOW, FILES) as stage:
        return [await stage.say(_line(each)) for each in lines]


def _line(said: str | Line) -> Line:
    if isinstance(said, Line):
        return said
    return Line(said[1:], choice=said[1:]) if said.startswith("@") else Line(said)


def test_the_greeting_opens_the_first_reply_of_a_chat_and_no_other() -> None:
    first, second = talk("what is your return policy?", "do you have the merino scarf in red?", voice=GREETED)

    assert first.startswith("Hello from Our shop! You can return items within")
    assert "Hello" not in second
    assert "Yours" not in first + second


def test_a_reply_to_hello_greets_by_itself() -> None:
    [hello] = talk("hi there", voice=GREETED)

    assert hello.startswith("Hi! I'm Robin")


def test_every_mail_is_greeted_and_signed() -> None:
    mails = [
        Line(each, via="email", sender="ana@example.com")
        for each in ("what is your return policy?", "is the merino scarf in stock?")
    ]

    for reply in talk(*mails, voice=GREETED):
        assert reply.startswith("Hello from Our shop!\n\n")
        assert reply.endswith("\n\nYours, Robin")


def test_a_call_is_greeted_when_it_is_answered() -> None:
    [told] = talk(Line("what is your return policy?", via="voice", sender="+15550100"), voice=GREETED)

    assert not told.startswith("Hello")


def test_customers_are_addressed_as_the_shop_chose() -> None:
    asked = "Wo ist meine Bestellung?"
    informal = VoiceSettings(formality=FormalitySettings(de="du"))

    assert "deine Bestellnummer" in talk(asked, voice=informal)[0]
    assert "Ihre Bestellnummer" in talk(asked)[0]
