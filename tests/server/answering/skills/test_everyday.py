"""What people ask beside the great matters: who answers, what an order holds, how one can pay, when exactly it comes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.answering.skills import courtesy, payment_trouble
from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage

ORDERS = Path(__file__).parents[3] / "story" / "scenarios" / "orders.jsonl"
MARA = "k_mara"


def talk(*lines: str, customer: str = "") -> list[Heard]:
    """What comes of a conversation under the policy that ships."""

    async def play() -> list[Heard]:
        now = datetime(2027, 3, 16, 16, tzinfo=UTC)
        async with await Stage.open(Settings(), load(None), now, {"orders": ORDERS}) as stage:
            return [await stage.say(Line(each, customer=customer)) for each in lines]

    return asyncio.run(play())


def text(heard: Heard) -> str:
    return "\n".join(reply["text"] for reply in heard.replies)


@pytest.mark.parametrize(
    ("say", "said"),
    [
        ("are you a bot?", "not a human being"),
        ("Hi, am I talking to a real person or a machine?", "not a human being"),
        ("¿Eres un robot?", "no una persona"),
        ("c'est un robot ?", "pas un être humain"),
        ("Sind Sie ein Mensch?", "kein Mensch"),
        ("você é uma pessoa real?", "não uma pessoa"),
    ],
)
def test_who_asks_whether_a_machine_answers_is_told_so(say: str, said: str) -> None:
    heard = talk(say)[0]

    assert said in text(heard)
    assert heard.handoff is None


@pytest.mark.parametrize(
    "say", ["I want a real person", "are you a bot? get me a human now, I have waited for days", "human"]
)
def test_a_wish_for_a_person_is_no_such_question(say: str) -> None:
    assert not courtesy.asks_who_answers(say)


def test_a_person_comes_when_asked_for_after_that() -> None:
    assert talk("are you a bot?", "can I speak to a person then")[-1].handoff == "requested"


def test_what_an_order_holds_is_told_with_its_total() -> None:
    told = talk("what did I order?", "the second one", customer=MARA)[-1]

    assert "Order R-101 holds: 2 × Merino scarf (red), Stoneware mug (white). Total: $116.00." in text(told)
    assert "enthält: Oak lamp. Summe: 79,00" in text(talk("was ist in meiner Bestellung R-102?", customer=MARA)[-1])


def test_when_exactly_is_asked_of_the_order_that_was_spoken_of() -> None:
    for first, then in (
        ("where is R-102?", "ok and when exactly"),
        ("wo ist R-102?", "Und wann kommt sie genau?"),
        ("¿dónde está R-102?", "¿y cuándo llega?"),
    ):
        told, again = talk(first, then, customer=MARA)
        fact = text(again).partition(": ")[2]
        assert fact and text(told).startswith(fact)


@pytest.mark.parametrize(
    "say", ["Can I pay with Klarna?", "do you accept PayPal?", "¿puedo pagar con Bizum?", "Nehmen Sie PayPal?"]
)
def test_how_one_can_pay_is_a_question_about_the_shop(say: str) -> None:
    heard = talk(say)[0]

    assert (
        heard.handoff is None
    )  # this shop has no article about it; nobody is asked for an order number, a person is offered
    assert len(heard.replies[0]["choices"]) == 1


@pytest.mark.parametrize(
    "say", ["can I pay my order with paypal instead", "I was charged twice, can you use my other card?"]
)
def test_paying_for_an_order_of_ones_own_is_none(say: str) -> None:
    assert not payment_trouble.asks_for_ways(say)


def test_trouble_is_told_in_parts() -> None:
    *_, heard = talk("the mug arrived broken, order R-101", "just one, handle is off", "a refund please", customer=MARA)

    assert "return Stoneware mug (white) of order R-101 for a refund of $18.00" in text(heard)


def test_an_outcome_given_for_a_reason_is_not_asked_again() -> None:
    *_, heard = talk("I want to return the mug from R-101", "refund please", customer=MARA)

    assert "for a refund of" in text(heard)


def test_one_matter_is_told_once() -> None:
    heard = talk("My lamp R-102 was supposed to be here yesterday. mara@lindholm.example. Is it lost?")[0]

    assert text(heard).count("R-102") == 1


def test_cancelling_a_return_that_is_talked_about_cancels_no_order() -> None:
    *_, heard = talk("return the mug from R-101", "cancel that", customer=MARA)

    assert "left everything as it is" in text(heard)
    assert "cancelled any more" not in text(heard)


def test_compensation_is_no_return() -> None:
    heard = talk("My order R-102 is late, I want compensation", customer=MARA)[0]

    assert "send back" not in text(heard)
    assert "It is expected on Thursday, March 18" in text(heard)


@pytest.mark.parametrize(
    "say",
    [
        "where is R-102? and let me speak to a person please",
        "my password: hunter22, code 482913, get me a human being",
        "¿dónde está R-102? quiero hablar con una persona",
        "Wo ist R-102? Ich möchte mit einem Menschen sprechen",
    ],
)
def test_who_demands_a_person_gets_one_whatever_else_is_asked(say: str) -> None:
    assert talk(say, customer=MARA)[0].handoff == "requested"


@pytest.mark.parametrize(
    "say", ["I don't want to talk to a person, where is R-102?", "do I need to speak to someone to return the mug?"]
)
def test_who_wants_none_gets_none(say: str) -> None:
    assert not courtesy.demands_a_person(say)


@pytest.mark.parametrize(
    "keeps",
    ["undo that return please", "Actually I'd rather keep the mug, can you cancel the return?", "I changed my mind"],
)
def test_a_return_that_is_open_is_undone_by_not_sending(keeps: str) -> None:
    wish = "I want to return the mug from R-101, I don't need it, refund"
    *_, done, heard = talk(wish, "yes", keeps, customer=MARA)

    assert [each["name"] for each in done.actions] == ["start_return"]
    assert "is open until Thursday, April 15 and then lapses" in text(heard)
    assert (heard.actions, heard.proposed, heard.handoff) == ([], [], None)


def test_what_is_kept_beside_what_goes_back_undoes_no_return() -> None:
    wish = "I want to return the mug from R-101, I don't need it, refund"
    heard = talk(wish, "yes", "I want to keep the scarf, but return the mug", customer=MARA)[-1]

    assert "lapses" not in text(heard)
