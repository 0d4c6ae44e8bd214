"""Answers from articles through the whole pipeline: quoted, cited, proven; trouble before claims; nothing made up."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from memory.projection import Event
from server.answering.words import article_words, grounding
from server.answering.words.voice import Voice
from server.articles import parse, sections
from server.policies.file import load
from server.settings import Settings
from server.shelf import Hit
from server.stage import Heard, Line, Stage

ARTICLES = Path(str(files("server.demo"))) / "data" / "knowledge"
SCENARIOS = Path(__file__).parents[3] / "story" / "scenarios"
NOW = datetime(2026, 11, 21, 16, tzinfo=UTC)


def talk(*lines: str | Line, articles: bool = True) -> list[Heard]:
    """What comes of a conversation; a line that begins with @ is a tapped reply."""
    return asyncio.run(_talk(lines, articles=articles))[0]


async def _talk(lines: Sequence[str | Line], *, articles: bool) -> tuple[list[Heard], list[Event]]:
    files = {"orders": SCENARIOS / "orders.jsonl", **({"knowledge": ARTICLES} if articles else {})}
    async with await Stage.open(Settings(), load(None), NOW, files) as stage:
        heard = [await stage.say(_line(each)) for each in lines]
        thread = await stage.latest()
        return heard, await stage.events(thread.id) if thread else []


def _line(said: str | Line) -> Line:
    if isinstance(said, Line):
        return said
    return Line(said[1:], choice=said[1:]) if said.startswith("@") else Line(said)


def text(heard: Heard) -> str:
    return "\n".join(reply["text"] for reply in heard.replies)


@pytest.mark.parametrize(
    ("question", "quoted", "where"),
    [
        (
            "How much is standard shipping?",
            "Standard shipping costs $6.95, and is free",
            "en/shipping#what-shipping-costs",
        ),
        ("do you price match?", "We do not match the prices of other shops.", "en/promo-codes#do-you-match-prices"),
        ("Can I pay with Klarna?", "We take Visa", "en/payment"),
        (
            "I forgot my password, how do I reset it?",
            "\n2. Enter the e-mail address",
            "en/password#reset-your-password",
        ),
        ("how do i assemble the lamp shade", "\n3. Screw the plastic collar", "en/table-lamp#assemble-the-shade"),
        ("cuánto cuesta el envío", "El envío estándar cuesta 6,95 $", "es/shipping#cuanto-cuesta-el-envio"),
        ("wie lange dauert die Lieferung?", "drei bis fünf Werktage", "de/shipping#wie-lange-die-lieferung-dauert"),
        ("mot de passe oublié", "« Mot de passe oublié »", "fr/password#reinitialiser-le-mot-de-passe"),
        ("quanto custa o envio?", "O envio normal custa 6,95 $", "pt/shipping#quanto-custa-o-envio"),
    ],
)
def test_an_article_is_quoted_and_named_with_its_link(question: str, quoted: str, where: str) -> None:
    (heard,) = talk(question)
    assert quoted in f"\n{text(heard)}"
    assert f"/help/{where}\n" in text(heard)
    assert heard.handoff is None
    assert heard.dropped == []
    facts = [fact for reply in heard.replies for fact in reply["evidence"]]
    slug = where.partition("/")[2].partition("#")[0]
    assert {str(fact["source"]).partition("#")[0] for fact in facts if fact["kind"] == "text"} == {f"knowledge:{slug}"}


def test_what_the_articles_do_not_say_goes_to_a_person() -> None:
    (heard,) = talk("What is your policy on animal testing?")
    assert heard.handoff == "out_of_scope"
    assert "/help/" not in text(heard)


def test_internal_articles_are_never_quoted() -> None:
    (heard,) = talk("What is your policy on how much store credit an agent may give as goodwill?")
    assert "15.00" not in text(heard)
    assert "/help/" not in text(heard)


def test_returns_are_answered_by_the_policy_file() -> None:
    (heard,) = talk("What is your return policy for a parcel, how many days do I have?")
    assert "within 30 days of delivery" in text(heard)
    assert "Tape it shut" not in text(heard)


def test_something_that_does_not_work_is_looked_into_before_a_claim() -> None:
    heard, events = asyncio.run(_talk(["My lamp won't turn on"], articles=True))
    assert "1. Unplug the lamp" in text(heard[0])
    assert "It still doesn't work" in [each for reply in heard[0].replies for each in reply["choices"]]
    classified = [event.body for event in events if event.type == "classified"]
    assert [each["category"] for each in classified] == ["technical"]
    assert [list(each["articles"]) for each in classified] == [["table-lamp#the-lamp-does-not-turn-on"]]


@pytest.mark.parametrize(
    "again", ["it still doesn't work", "@do:warranty", "no, that did not help", "my lamp won't turn on"]
)
def test_what_did_not_help_is_not_told_again(again: str) -> None:
    _, heard = talk("My lamp won't turn on", again)
    assert "Unplug" not in text(heard)
    assert text(heard)


@pytest.mark.parametrize(
    "claim",
    [
        "my lamp arrived broken",
        "the lamp won't turn on and I want a refund",
        "I want to return the lamp, it does not turn on",
    ],
)
def test_a_claim_is_a_claim(claim: str) -> None:
    (heard,) = talk(claim)
    assert "Unplug" not in text(heard)


@pytest.mark.parametrize("question", ["where is my order?", "how long until my parcel arrives?", "I was charged twice"])
def test_what_happened_to_somebody_is_no_matter_for_articles(question: str) -> None:
    (heard,) = talk(question)
    assert "/help/" not in text(heard)


def test_a_voice_hears_no_address() -> None:
    (heard,) = talk(Line("how much is standard shipping?", via="voice", sender="+12025550143"))
    assert "Standard shipping costs $6.95" in text(heard)
    assert "Shipping times and costs" in text(heard)
    assert "http" not in text(heard)


def test_a_shop_without_articles_owns_up_to_it_and_offers_a_person() -> None:
    heard = talk("do you ship to Canada?", "yes please", articles=False)
    assert "shall I bring in a person who knows?" in text(heard[0])
    assert heard[1].handoff is not None


def test_every_section_of_every_article_may_be_said() -> None:
    for file in sorted(ARTICLES.glob("*.md")):
        article = parse(file.read_text(encoding="utf-8"), file.name, NOW.date())
        voice = Voice(article.language, NOW)
        for section in sections(article):
            speech = article_words.answer(Hit(article, section, 1.0, 1.0, 1.0, True), voice, "https://shop.example")
            checked = grounding.check(speech.text, speech.evidence, voice)
            assert checked.dropped == (), (file.name, section.anchor)


def test_a_changed_number_is_dropped() -> None:
    article = parse((ARTICLES / "shipping.md").read_text(encoding="utf-8"), "shipping.md", NOW.date())
    voice = Voice("en", NOW)
    section = next(each for each in sections(article) if each.anchor == "what-shipping-costs")
    speech = article_words.answer(Hit(article, section, 1.0, 1.0, 1.0, True), voice, "https://shop.example")
    checked = grounding.check(speech.text.replace("$6.95", "$5.95"), speech.evidence, voice)
    assert len(checked.dropped) == 1
