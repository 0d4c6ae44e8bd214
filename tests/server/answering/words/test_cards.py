"""Cards: the shape that the widget draws, in the customer's words, and nothing that a reply may not say."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.answering.words import cards
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.commerce.model import LineQuantity, Refund, RefundStatus, Return, ReturnLine, ReturnOutcome, ReturnStatus
from tests.server.answering.words.situations import SITUATIONS
from tests.server.policies.orders import ARRIVED, order, usd

ORDER = {
    "kind", "order", "headline", "tone", "steps", "eta", "eta_was", "carrier", "tracking_number", "tracking_url", "last_scan",
    "as_of", "lines", "parcels",
}  # fmt: skip
RETURN = {"kind", "order", "rma", "headline", "tone", "steps", "lines", "refund", "label_url", "due_by", "as_of"}
TONES = {"neutral", "good", "warn", "bad"}
every_language = pytest.mark.parametrize("language", LANGUAGES)


def made(language: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (each.name, cards.order_card(each.answer, each.order, Voice(language, each.order.as_of))) for each in SITUATIONS
    ]


@every_language
def test_an_order_card_has_the_shape_of_the_socket(language: str) -> None:
    for name, card in made(language):
        assert set(card) == ORDER and card["kind"] == "order", name
        assert card["headline"] and card["headline"][0].isupper() and card["tone"] in TONES, name
        assert all(set(step) == {"key", "label", "at", "state"} for step in card["steps"]), name
        assert all(set(parcel) == {"headline", "tone"} and parcel["tone"] in TONES for parcel in card["parcels"]), name
        assert json.loads(json.dumps(card)) == card, name


@every_language
def test_a_card_shows_no_address_and_no_mail(language: str) -> None:
    for name, card in made(language):
        text = json.dumps(card)
        assert "Farnam" not in text and "ana@example.com" not in text and "68102" not in text, name


@every_language
def test_the_words_of_a_card_are_the_languages(language: str) -> None:
    for name, card in made(language):
        assert not any("{" in str(step["label"]) or "_" in step["label"] for step in card["steps"]), name


def card_of(name: str, language: str = "en") -> dict[str, Any]:
    return next(card for each, card in made(language) if each == name)


def test_a_moved_date_stands_beside_the_old_one() -> None:
    card = card_of("moved, with a reason")

    assert (card["eta"], card["eta_was"], card["carrier"]) == ("Nov 23", "was Nov 21", "UPS")


def test_the_last_scan_is_told_with_its_place_and_hour() -> None:
    scan = card_of("moved, with a reason")["last_scan"]

    assert scan == "Scanned on the way, Omaha, NE, today, Friday, November 20 at 11:00 AM"


def test_several_parcels_have_a_line_and_a_colour_each() -> None:
    parcels = card_of("two parcels and a rest")["parcels"]

    assert [parcel["tone"] for parcel in parcels] == ["neutral", "good", "neutral"]
    assert parcels[1]["headline"].startswith("Delivered")


def test_one_parcel_is_not_listed_again() -> None:
    assert card_of("12 in transit")["parcels"] == []


RET = Return(
    "RMA-77", ARRIVED, ReturnStatus.LABEL_ISSUED, ReturnOutcome.REFUND, (ReturnLine("l1", 1),), due_by=date(2026, 4, 9)
)


def return_card(language: str = "en", refunds: tuple[Refund, ...] = (), **changes: Any) -> dict[str, Any]:
    ret = replace(RET, **changes)
    return cards.return_card(order(returns=(ret,), refunds=refunds), ret, Voice(language, ARRIVED))


@every_language
@pytest.mark.parametrize("outcome", list(ReturnOutcome))
def test_a_return_card_has_the_shape_of_the_socket(outcome: ReturnOutcome, language: str) -> None:
    for status in ReturnStatus:
        card = return_card(language, status=status, outcome=outcome)
        assert set(card) == RETURN and card["kind"] == "return"
        assert card["headline"] and card["tone"] in TONES
        assert sum(step["state"] == "now" for step in card["steps"]) <= 1
        assert json.loads(json.dumps(card)) == card


def test_a_return_shows_what_is_done_and_what_comes() -> None:
    states = {step["key"]: step["state"] for step in return_card()["steps"]}

    assert (states["approved"], states["label_issued"], states["refunded"]) == ("done", "now", "todo")


def test_a_return_that_ended_otherwise_ends_there() -> None:
    steps = return_card(status=ReturnStatus.DECLINED)["steps"]

    assert (steps[-1]["key"], steps[-1]["state"]) == ("declined", "now")


def test_an_exchange_ends_as_an_exchange() -> None:
    assert return_card(outcome=ReturnOutcome.EXCHANGE)["steps"][-1]["key"] == "exchanged"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (RefundStatus.SUCCEEDED, "$40.00 refunded to your original payment method"),
        (RefundStatus.PENDING, "$40.00 to your original payment method, submitted to the bank"),
        (RefundStatus.FAILED, "$40.00: not gone through, a person looks at it"),
    ],
)
def test_a_refund_on_a_card_is_in_its_true_state(status: RefundStatus, text: str) -> None:
    refund = Refund("rf1", ARRIVED, usd(4_000), status, "original", (LineQuantity("l1", 1),))

    assert return_card(refunds=(refund,), status=ReturnStatus.INSPECTED)["refund"] == text


def test_a_label_has_its_last_day() -> None:
    card = return_card(label_url="https://labels.test/77.pdf")

    assert (card["label_url"], card["due_by"]) == ("https://labels.test/77.pdf", "Apr 9")
