"""What became of a wish that waited, for every action, end and language: said whole, and nothing that the facts do not prove."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from server.actions.carrying import has_way
from server.answering.words import decided_words, grounding
from server.answering.words.decided_words import Decided
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.commerce.model import Fact, Money
from server.policies.actions import ACTIONS
from tests.server.commerce.orders import NOW as AT
from tests.server.commerce.orders import an_order, snap
from tests.server.policies.orders import policy

MONEY: Final = {"refund_id": "r1", "amount": {"amount_minor": 1250, "currency": "USD"}, "method": "original"}
HOME: Final = {
    "name": "Ana",
    "line1": "9 Elm St",
    "line2": "",
    "city": "Omaha",
    "region": "NE",
    "zip": "68102",
    "country": "US",
}
RESULTS: Final[Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]] = {
    "start_return": ({"outcome": "refund"}, {"rma": "RMA-1", "label_url": None, "due_by": None}),
    "start_exchange": ({}, {"rma": "RMA-2", "label_url": None, "due_by": None}),
    "cancel_order": ({}, {"refund": {**MONEY, "status": "pending"}}),
    "refund": ({}, {**MONEY, "status": "succeeded"}),
    "change_address": ({}, {"address": HOME}),
    "change_items": ({}, {}),
    "change_payment": ({"method": "pm_1"}, {"method": "pm_1"}),
    "store_credit": ({}, {}),
    "reship": ({}, {"replacement_id": "rep-1"}),
    "open_claim": ({"kind": "not_received"}, {"claim_id": "CL-1"}),
    "change_subscription": ({"change": "pause"}, {}),
    "book_pickup": (
        {},
        {
            "rma": "RMA-1",
            "confirmation": "WTC123",
            "start": "2026-11-23T15:00:00+00:00",
            "until": "2026-11-23T23:00:00+00:00",
            "cost": None,
        },
    ),
}
ORDER: Final = snap(an_order())


def told(name: str, error: str, language: str) -> grounding.Checked:
    arguments, result = RESULTS[name]
    one = Decided(name, arguments, result, Money(1250, "USD"), error, "ledger:actions/k", ORDER)
    voice = Voice(language, AT, "America/New_York")
    speech = decided_words.decided(one, policy(), voice, AT)
    handed = [Fact("done", "status", "hand_off", "thread:1", AT)] if error else []
    return grounding.check(speech.text, (*speech.evidence, *handed), voice)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(RESULTS))
def test_what_was_done_is_told_whole(name: str, language: str) -> None:
    checked = told(name, "", language)

    assert checked.dropped == ()
    assert len(checked.text) > len(Voice(language, AT).text("decided.agreed"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", ["refused", "expired", "changed", "the shop said no"])
def test_what_was_not_done_is_told_whole(error: str, language: str) -> None:
    checked = told("refund", error, language)

    assert checked.dropped == ()
    assert "#" in checked.text
    assert "12" not in checked.text


def test_every_action_that_can_be_asked_for_can_be_told() -> None:
    assert set(RESULTS) == {name for name in ACTIONS if has_way(name)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ["succeeded", "pending"])
@pytest.mark.parametrize("error", ["", "not now"])
def test_a_return_that_is_paid_early_is_told_whole(language: str, status: str, error: str) -> None:
    one = Decided("refund", {}, {**MONEY, "status": status}, Money(1250, "USD"), error, "ledger:actions/k", ORDER, True)
    voice = Voice(language, AT, "America/New_York")
    speech = decided_words.decided(one, policy(), voice, AT)
    checked = grounding.check(speech.text, speech.evidence, voice)

    assert checked.dropped == ()
    assert "12" in checked.text and "1042" in checked.text
