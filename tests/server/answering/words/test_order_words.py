"""Where an order is, in words: every row in every language, from facts only, and never what must not be said."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from server.answering.words import grounding, order_words
from server.answering.words.claim_words import words_of
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.commerce.model import Fact
from server.commerce.wismo import decide, unreadable
from tests.server.answering.words.situations import SITUATIONS
from tests.server.commerce.orders import NOW, ago, an_event, an_order, shipped, snap

every_language = pytest.mark.parametrize("language", LANGUAGES)


def test_every_row_is_worded() -> None:
    assert {situation.answer.row for situation in SITUATIONS} == set(range(1, 31))


@every_language
def test_every_row_is_said_whole(language: str) -> None:
    for situation in SITUATIONS:
        text = situation.speech(language).text
        assert text and not re.search(r"[{}]|\.\.|  | ,|None|_", text), text


@every_language
def test_nothing_that_is_said_lacks_its_evidence(language: str) -> None:
    for situation in SITUATIONS:
        speech = situation.speech(language)
        checked = grounding.check(speech.text, speech.evidence, Voice(language, situation.now or situation.order.as_of))
        assert (checked.text, checked.dropped) == (speech.text, ())


@every_language
def test_evidence_is_what_the_answer_knows(language: str) -> None:
    added = {"state", "items", "parcel_number"}
    for situation in SITUATIONS:
        known = {(fact.key, fact.value) for fact in situation.answer.all_facts}
        said_now = {(fact.key, fact.value) for fact in situation.speech(language).evidence if fact.key not in added}
        assert said_now <= known, situation.name


@every_language
def test_a_reply_stays_short(language: str) -> None:
    for situation in SITUATIONS:
        own = situation.speech(language).text.split("\n", 1)[0]
        assert len(grounding.sentences(own, words_of(language))) <= 4, own


@every_language
def test_no_check_of_the_buyer_is_named(language: str) -> None:
    texts = " ".join(situation.speech(language).text for situation in SITUATIONS)

    assert not re.search(r"fraud|betrug|risk|risiko|riesgo|risque|risco", texts, re.IGNORECASE)


def said(raw: dict[str, object], language: str = "en", **how: bool) -> str:
    order = snap(raw)
    return order_words.speech(decide(order, NOW, **how), order, Voice(language, NOW)).text  # type: ignore[arg-type]  # a flag


def test_a_new_date_is_said_beside_the_old_one() -> None:
    revised = {"at": ago(hours=1), "from": "2026-11-21", "to": "2026-11-23"}
    moved = {"min": "2026-11-23", "max": "2026-11-23", "revisions": [revised]}

    text = said(shipped(an_event("2026-11-20T17:40:00Z", "in_transit"), eta=moved))

    assert "UPS now expects it on Monday, November 23; it was Saturday, November 21." in text


def test_a_pending_refund_is_submitted_not_refunded() -> None:
    refund = {"id": "r1", "at": ago(hours=20), "amount": 5500, "status": "pending", "method": "original", "lines": []}

    text = said(an_order(cancelled_at=ago(hours=21), refunds=[refund]))

    assert "was submitted to the bank" in text and "refunded" not in text


def test_a_date_that_is_over_is_not_announced() -> None:
    assert "is planned" not in said(an_order(fulfilment="scheduled", fulfil_at="2026-11-19"))


def test_money_is_not_held_out_while_a_bank_decides() -> None:
    order = {"disputes": [{"id": "d1", "status": "open", "at": ago(days=1)}]}

    assert "money back" not in said(shipped(an_event(ago(hours=3), "damaged"), order=order))


def test_the_code_of_a_pickup_is_not_told() -> None:
    pickup = {"place": "Corner Store", "code": "731902"}

    assert "731902" not in said(shipped(an_event(ago(hours=2), "available_for_pickup"), pickup=pickup))


def test_a_cancelled_suspicion_has_no_reason() -> None:
    text = said(an_order(cancelled_at=ago(hours=2), cancel_reason="fraud"))

    assert "eason" not in text


def test_several_parcels_are_listed_worst_first() -> None:
    situation = next(each for each in SITUATIONS if each.name == "two parcels and a rest")

    lines = situation.speech("en").text.split("\n")

    assert [line.split(":")[0] for line in lines[1:]] == [
        "• Red scarf (2 pieces)",
        "• Tea mug",
        "• Blue cap",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_system_that_is_silent_is_said_to_be(language: str) -> None:
    voice = Voice(language, NOW)
    for last_read in (NOW - timedelta(hours=2), None):
        speech = order_words.unreadable_speech(unreadable("#1042", last_read, tz="America/Chicago"), voice)
        assert grounding.check(speech.text, speech.evidence, voice).text == speech.text
        assert ("#1042" in speech.text) == (last_read is not None)


@every_language
def test_quick_replies_are_few_and_real(language: str) -> None:
    for situation in SITUATIONS:
        values = [option.value for option in order_words.options(situation.answer, Voice(language, NOW))]
        assert 1 <= len(set(values)) == len(values) <= 4
        assert set(values) <= {"do:return", "do:refund_status", "do:delivery_problem", "human"}


def test_what_the_assistant_cannot_do_is_a_persons() -> None:
    order = snap(shipped(an_event(ago(days=2), "lost")))

    assert [each.value for each in order_words.options(decide(order, NOW), Voice("en", NOW))] == ["human"]


def test_a_delivered_order_can_be_returned_or_missed() -> None:
    order = snap(shipped(an_event(ago(hours=30), "delivered")))

    values = [each.value for each in order_words.options(decide(order, NOW), Voice("en", NOW))]

    assert values == ["do:delivery_problem", "do:return"]


def test_a_fact_that_is_missing_takes_its_sentence_along() -> None:
    situation = next(each for each in SITUATIONS if each.name == "12 in transit")
    bare = replace(
        situation.answer,
        parcels=tuple(replace(each, facts=_without(each.facts, "eta")) for each in situation.answer.parcels),
        facts=_without(situation.answer.facts, "eta"),
    )

    text = order_words.speech(bare, situation.order, Voice("en", NOW)).text

    assert "expected" not in text and "Promised delivery" in text


def _without(facts: tuple[Fact, ...], key: str) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.key != key)
