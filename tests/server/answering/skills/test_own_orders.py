"""What somebody asks about their own orders: whether what has not come can go back, which orders they have, what one of them cost."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"
FILES = {kind: EXAMPLES / f"{kind}.jsonl" for kind in ("orders", "products", "customers")}


def talk(*lines: str) -> list[Heard]:
    async def play() -> list[Heard]:
        async with await Stage.open(Settings(), load(None), NOW, FILES) as stage:
            return [await stage.say(Line(each)) for each in lines]

    return asyncio.run(play())


def text(heard: Heard) -> str:
    return "\n".join(reply["text"] for reply in heard.replies)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("can you return the earrings from 1046 eva@example.com please", "has not shipped yet"),
        ("I'd like to send the earrings in order 1046 back, eva@example.com", "has not shipped yet"),
        ("I want a refund for the earrings of order 1046. eva@example.com", "has not shipped yet"),
        ("quiero devolver los pendientes del pedido 1046, eva@example.com", "todavía no ha salido"),
        ("ich möchte die Ohrringe aus Bestellung 1046 zurückschicken, eva@example.com", "noch nicht versandt"),
        ("je voudrais renvoyer les boucles d'oreilles de la commande 1046, eva@example.com", "pas encore"),
        ("quero devolver os brincos do pedido 1046, eva@example.com", "ainda não"),
    ],
)
def test_what_has_not_come_is_told_before_anything_is_asked(asked: str, said: str) -> None:
    heard = talk(asked)[0]

    assert said in text(heard)
    assert heard.proposed == [] and heard.dropped == []


def test_what_came_is_asked_about_as_before() -> None:
    heard = talk("can you return the desk lamp from 1046 eva@example.com please")[0]

    assert "not shipped" not in text(heard) and "not been delivered" not in text(heard)
