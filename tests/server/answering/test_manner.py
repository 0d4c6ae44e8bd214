"""How replies sound over a whole conversation: greeted once, signed on e-mail, nothing said twice in the same words."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from server.answering.words.claim_words import words_of
from server.answering.words.openings import opening
from server.answering.words.sentences import sentences
from server.answering.words.spoken import LANGUAGES, language_of
from server.answering.words.wording import shipped
from server.desk import work
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

    assert hello.startswith("Hi, I'm Robin")


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


# Fifty replies of one thread, in each language


CONVERSATIONS = yaml.safe_load((Path(__file__).parent / "conversations.yaml").read_text(encoding="utf-8"))
REGRET = {
    "en": "sorry", "es": r"lo siento|\bsiento\b|lament|disculpa", "fr": "désolé|excus", "de": "tut mir leid|leid tut|entschuldig",
    "pt": "sinto muito|desculp",
}  # fmt: skip


@cache
def fifty(language: str) -> tuple[Heard, ...]:
    """What comes of the fifty messages; where a person was brought, they hand back at once."""
    return asyncio.run(_fifty(CONVERSATIONS[language]))


async def _fifty(lines: Sequence[str]) -> tuple[Heard, ...]:
    async with await Stage.open(Settings(), load(None), NOW, FILES) as stage:
        for order in _more_orders():
            await stage.put_order(order)
        heard = []
        for line in lines:
            heard.append(await stage.say(Line(line, customer="k_mara")))
            if heard[-1].handoff:
                await _hand_back(stage)
        return tuple(heard)


async def _hand_back(stage: Stage) -> None:
    agent, thread = await stage._join(), await stage.latest()
    assert thread is not None
    await work.claim(stage.services, thread.public_id, agent)
    await work.hand_back(stage.services, thread.public_id, agent)


def _more_orders() -> list[Mapping[str, Any]]:
    """Orders of the same customer that have not left yet."""
    known = {each["number"]: each for each in map(msgspec.json.decode, FILES["orders"].read_bytes().splitlines())}
    fresh: dict[str, Any] = {"customer": known["R-101"]["customer"], "fulfilment": "unfulfilled"}
    made: list[Mapping[str, Any]] = []
    for number, like, placed in (("R-901", "R-103", 16), ("R-902", "R-102", 16), ("R-903", "R-102", 9)):
        at = f"2027-03-{placed:02}T10:00:00Z"
        order = {**known[like], **fresh, "id": f"o{number}", "number": number, "placed_at": at, "updated_at": at}
        order["lines"] = [
            {**line, "id": f"{number}-{place}", "fulfilled": 0} for place, line in enumerate(order["lines"])
        ]
        made.append({key: value for key, value in order.items() if key != "shipments"})
    return made


def _texts(language: str) -> list[str]:
    return ["\n".join(reply["text"] for reply in heard.replies) for heard in fifty(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_gets_an_answer_in_its_language(language: str) -> None:
    heard = fifty(language)

    assert len(heard) == 50
    assert all(each.replies for each in heard)
    assert {language_of(answer.dialogue.language) for each in heard for answer in each.answers} == {language}
    assert [each.dropped for each in heard if each.dropped] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_replies_of_a_thread_begin_alike(language: str) -> None:
    told = [text for text in _texts(language) if text and not text.endswith("?")]
    begun = [opening(text) for text in told]

    assert [each for each in begun if begun.count(each) > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reply_has_three_sentences_at_most(language: str) -> None:
    long = [
        text for each, text in zip(fifty(language), _texts(language), strict=True) if _is_long(each, text, language)
    ]

    assert long == []


def _is_long(heard: Heard, text: str, language: str) -> bool:
    """Whether more than three sentences are said, a "hi" and an apology aside, where no list is due."""
    said = [each for each, _ in sentences(text, words_of(language)) if len(each.split()) > 2]
    told = [each for each in said if not re.search(REGRET[language], each, re.IGNORECASE)]
    return len(told) > 3 and "\n" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_regret_and_the_last_question_come_once_a_thread(language: str) -> None:
    whole = "\n".join(_texts(language))

    assert len(re.findall(REGRET[language], whole, re.IGNORECASE)) <= 1
    assert whole.count(shipped(language)["manner.solved"]) == 1


# Somebody who is upset


UPSET = (
    "this is ridiculous, where is my order R-102?", "seriously, where is R-102?!", "unbelievable, this is really annoying. where is R-102?",
)  # fmt: skip


def test_who_is_upset_hears_one_apology_the_facts_and_how_to_reach_a_person() -> None:
    heard = asyncio.run(_upset())
    texts = ["\n".join(reply["text"] for reply in each.replies) for each in heard]

    assert len(re.findall("sorry", "\n".join(texts))) == 1
    assert all(
        "Talk to a person" in heard[place].replies[0]["choices"] or heard[place].handoff for place in range(len(heard))
    )
    assert "Did that solve it?" not in texts[0]


async def _upset() -> list[Heard]:
    async with await Stage.open(Settings(), load(None), NOW, FILES) as stage:
        return [await stage.say(Line(each, customer="k_mara")) for each in UPSET]


def test_an_apology_is_not_made_twice_by_a_late_order() -> None:
    first, second = talk(
        Line("where is my order R-115? it is late, this is ridiculous", customer="k_omar"),
        Line("and now R-115?", customer="k_omar"),
    )

    assert (first.count("sorry"), second.count("sorry")) == (1, 0)


@pytest.mark.parametrize(
    ("before", "said", "language"),
    [
        ("hola, ¿dónde está mi pedido?", "reembolso por favor", "es"),
        ("hola, ¿dónde está mi pedido?", "compara la merino scarf y el harbour wool coat", "es"),
        ("où est ma commande ?", "le harbour wool coat est-il en stock ?", "fr"),
        ("onde está meu pedido?", "pedi por engano", "pt"),
        ("where is my order?", "¿dónde está mi pedido?", "es"),
        ("où est ma commande ?", "I have a question about the return of my order", "en"),
        ("wo ist meine Bestellung?", "in English please: what is your return policy?", "en"),
    ],
)
def test_a_conversation_keeps_its_language_until_another_shows(before: str, said: str, language: str) -> None:
    heard = asyncio.run(_talk((before, said), Settings()))

    assert heard[-1].answers[-1].dialogue.language == language
