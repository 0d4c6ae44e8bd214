"""A handoff is never empty: with nobody there the customer hears when, is asked once how to be reached, and somebody answers for it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from memory import agents, desk
from memory.agents import Agent
from memory.engines.base import Tx
from memory.threads import Thread
from server.answering.words import desk_words
from server.desk import handoff
from server.policies.shape import Policy
from server.settings import DeskSettings, Settings, ShopSettings
from server.stage import Line, Stage

_THREE_AT_NIGHT_ON_CHRISTMAS = datetime(2026, 12, 25, 8, 0, tzinfo=UTC)  # 03:00 in New York, a Friday
_MONDAY_AT_NINE = datetime(2026, 12, 28, 14, 0, tzinfo=UTC)


@pytest.fixture
def policy() -> Policy:
    return Policy.default()


@pytest.fixture
async def night(policy: Policy) -> AsyncIterator[Stage]:
    settings = Settings(
        shop=ShopSettings(tz="America/New_York"),
        desk=DeskSettings(hours=("mon-fri 09:00-18:00",), holidays=("2026-12-25",)),
    )
    async with await Stage.open(settings, policy, _THREE_AT_NIGHT_ON_CHRISTMAS) as stage:
        yield stage


async def _hired(stage: Stage) -> Agent:
    now = stage.clock.now()

    async def unit(tx: Tx) -> Agent:
        return await agents.add(tx, "kim@desk.example", "Kim", "agent", (), "", now)

    return await stage.services.database.write(unit)


async def _thread(stage: Stage) -> Thread:
    thread = await stage.latest()
    assert thread is not None
    return thread


async def test_on_a_holiday_night_the_customer_hears_when_somebody_will_answer(night: Stage) -> None:
    heard = await night.say(Line("I want to talk to a person"))
    assert "Monday, December 28 at 9:00 AM" in heard.replies[0]["text"]


async def test_a_contact_is_asked_for_once(night: Stage) -> None:
    first = await night.say(Line("I want to talk to a person"))
    second = await night.say(Line("it is about my invoice"))
    asked = [("e-mail address or phone" in reply["text"]) for heard in (first, second) for reply in heard.replies]
    assert asked == [True, False]


async def test_a_contact_that_was_asked_for_is_kept(night: Stage) -> None:
    await night.say(Line("I want to talk to a person"))
    heard = await night.say(Line("you can write to ana@example.com"))
    assert "ana@example.com" in heard.replies[0]["text"]


async def test_somebody_answers_for_it_though_nobody_is_there(night: Stage) -> None:
    kim = await _hired(night)
    await night.say(Line("I want to talk to a person"))
    state = (await _thread(night)).state
    assert (state.owner_kind, state.owner_id, state.handoff_reason) == ("queue", kim.id, "requested")


async def test_the_brief_and_three_drafts_are_there_with_the_handoff(night: Stage) -> None:
    await night.say(Line("This is a joke! You are useless, I am furious!"))
    thread = await _thread(night)
    found = await night.services.database.read(lambda tx: desk.brief(tx, thread.id))
    offered = [event for event in await night.events(thread.id) if event.type == "draft_offered"]
    assert found is not None and found[1]["why"]["reason"] == "distress"
    assert len({str(event.body["text"]) for event in offered}) == 3


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en", "I want to talk to a person"),
        ("es", "Quiero hablar con una persona"),
        ("fr", "Je veux parler à une personne"),
        ("de", "Ich möchte mit einem Menschen sprechen"),
        ("pt", "Quero falar com uma pessoa"),
    ],
)
async def test_the_hours_that_are_named_are_held_against_the_desks_own(night: Stage, language: str, asked: str) -> None:
    """The notice passes the check of every reply: whole as it is, and without its hours when those are others."""
    heard = await night.say(Line(asked))
    dialogue, now = heard.answers[0].dialogue, night.clock.now()
    notice = heard.replies[-1]["text"].partition("\n\n")[2]
    named = desk_words.back_at_fact(_MONDAY_AT_NINE, "America/New_York", now)
    moved = desk_words.back_at_fact(_MONDAY_AT_NINE + timedelta(hours=1), "America/New_York", now)

    assert "28" in notice
    assert handoff.checked_notice(notice, (named,), dialogue, now).text == notice
    assert [each.causes[0].kind for each in handoff.checked_notice(notice, (moved,), dialogue, now).dropped] == ["time"]
    assert (heard.dropped, dialogue.language) == ([], language)
