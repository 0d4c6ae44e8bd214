"""Reasons, labels and card numbers: what people write, in the policy's words, and nothing made up."""

import pytest

from server.answering.words import change_words, grounding
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.commerce.model import FulfilmentPhase, PaymentMethod
from server.policies.file import load
from tests.server.policies.orders import line, order
from tests.support.databases import NOW

TWO = ("no longer needed", "ordered by mistake")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I don't need it anymore", TWO[0]),
        ("i no longer want this", TWO[0]),
        ("changed my mind", TWO[0]),
        ("ya no lo quiero", TWO[0]),
        ("je n'en veux plus", TWO[0]),
        ("ich brauche das nicht mehr", TWO[0]),
        ("mudei de ideia", TWO[0]),
        ("ordered it by accident", TWO[1]),
        ("I ordered the wrong size", TWO[1]),
        ("placed it twice by mistake", TWO[1]),
        ("me equivoqué al pedir", TWO[1]),
        ("je me suis trompé", TWO[1]),
        ("aus Versehen bestellt", TWO[1]),
        ("foi sem querer", TWO[1]),
        ("No Longer Needed", TWO[0]),
        ("found it cheaper", ""),
        ("it takes too long", ""),
        ("because", ""),
        ("", ""),
    ],
)
def test_a_reason_is_the_policy_s_or_none(text: str, reason: str) -> None:
    assert change_words.reason_in(text, TWO)[0] == reason


@pytest.mark.parametrize("accepted", [("NO_LONGER_NEEDED", "ORDER_MISTAKE"), ("changed mind", "accidental order")])
def test_a_policy_may_word_its_reasons_as_it_likes(accepted: tuple[str, str]) -> None:
    assert change_words.reason_in("I don't need it anymore", accepted)[0] == accepted[0]
    assert change_words.reason_in("it was an accident", accepted)[0] == accepted[1]
    assert change_words.reason_in("too expensive", accepted)[0] == ""


def test_any_reason_is_taken_in_plain_words() -> None:
    assert change_words.reason_in("lo pedí por error", "any") == ("ordered by mistake", "ordered by mistake")
    assert change_words.reason_in("just because", "any") == ("", "")


@pytest.mark.parametrize(
    "text", ["4111 1111 1111 1111", "4111-1111-1111-1111", "my card 5500005555555559 please", "378282246310005"]
)
def test_card_numbers_are_known_and_taken_out(text: str) -> None:
    assert change_words.has_card_number(text)
    assert not any(sign.isdigit() for sign in change_words.without_card_number(text))


@pytest.mark.parametrize(
    "text", ["order 1042", "1Z999AA10123456784", "call +1 402 555 0100", "4111 1111 1111 1112", "0000000000000000"]
)
def test_other_numbers_stay(text: str) -> None:
    assert not change_words.has_card_number(text) and change_words.without_card_number(text) == text


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (PaymentMethod("m", "card", "Visa ending in 4421"), "Visa ending in 4421"),
        (PaymentMethod("m", "card", "Visa 4111 1111 1111 4421"), "Visa 4421"),
        (PaymentMethod("m", "paypal", ""), "PayPal"),
        (PaymentMethod("m", "seashells", ""), "stored method"),
    ],
)
def test_a_method_is_said_with_four_digits_at_most(method: PaymentMethod, said: str) -> None:
    assert change_words.label(method, Voice("en", NOW)) == said


_SHIPPED = load(None)
_STATES = {
    "shipped": order(line(delivered=0), arrived=None),
    "delivered": order(),
    "processing": order(line(fulfilled=0, delivered=0), shipments=(), fulfilment=FulfilmentPhase.PROCESSING),
    "scheduled": order(line(fulfilled=0, delivered=0), shipments=(), fulfilment=FulfilmentPhase.SCHEDULED),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", _STATES)
@pytest.mark.parametrize("key", ["wrong_state", "too_often", "switched_off", "dispute_open", "not_in_policy"])
@pytest.mark.parametrize("action", ["cancel_order", "change_address", "change_payment"])
def test_a_refusal_is_true_in_every_language(language: str, state: str, key: str, action: str) -> None:
    voice = Voice(language, NOW)
    held = _STATES[state]
    assert held.state == state
    said = change_words.refusal(action, key, held, _SHIPPED, voice)

    assert grounding.check(said.text, said.evidence, voice).dropped == ()
    assert held.number in said.text
