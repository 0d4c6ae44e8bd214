"""Conditional wishes: the live order says which of two it comes to, and the other is never done."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage

NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
ORDERS = Path(__file__).parents[3] / "story" / "scenarios" / "orders.jsonl"
TOM, MARA = "k_tom", "k_mara"
WISHES = {
    "en": "if order {} hasn't shipped yet cancel it, otherwise I'll return the mug",
    "es": "si el pedido {} no ha salido cancélalo, si no devuelvo la taza (mug)",
    "fr": "si la commande {} n'est pas encore expédiée annulez-la, sinon je renvoie le mug",
    "de": "wenn Bestellung {} noch nicht verschickt ist, bitte stornieren, sonst schicke ich den mug zurück",
    "pt": "se o pedido {} ainda não foi enviado cancele, senão eu devolvo a caneca (mug)",
}


def talk(*lines: str, customer: str = "") -> list[Heard]:
    async def play() -> list[Heard]:
        async with await Stage.open(Settings(), load(None), NOW, {"orders": ORDERS}) as stage:
            return [await stage.say(Line(each, customer=customer)) for each in lines]

    return asyncio.run(play())


@pytest.mark.parametrize("language", WISHES)
def test_what_has_not_left_is_offered_to_be_cancelled_and_nothing_else(language: str) -> None:
    heard = talk(WISHES[language].format("R-104"), customer=TOM)[0]

    assert [each["name"] for each in heard.proposed] == ["cancel_order"]
    assert heard.actions == []


@pytest.mark.parametrize("language", WISHES)
def test_of_what_was_delivered_the_return_is_begun(language: str) -> None:
    heard = talk(WISHES[language].format("R-101"), customer=MARA)[0]

    assert heard.proposed == [] and heard.actions == []
    assert len(heard.replies[0]["choices"]) > 3  # the reasons of a return


def test_a_yes_does_the_one_and_never_the_other() -> None:
    *_, done = talk(WISHES["en"].format("R-104"), "yes", customer=TOM)
    assert [each["name"] for each in done.actions] == ["cancel_order"]
    assert done.proposed == []


def test_a_no_to_the_one_is_no_wish_for_the_other() -> None:
    *_, left = talk(WISHES["en"].format("R-104"), "no", customer=TOM)
    assert left.actions == [] and left.proposed == []
    assert "reason" not in left.replies[0]["text"]


def test_the_condition_may_stand_the_other_way_round() -> None:
    heard = talk("if R-104 has already shipped I want to return it, otherwise cancel it", customer=TOM)[0]
    assert [each["name"] for each in heard.proposed] == ["cancel_order"]
