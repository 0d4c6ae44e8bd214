"""With what an order was paid and what is stored: told after proof, as brand and last four digits."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.answering.words import paid_words
from server.answering.words.method_words import said_label
from server.commerce.model import PaymentMethod
from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage

NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
SCENARIOS = Path(__file__).parents[3] / "story" / "scenarios"
MARA, MAIL = "k_mara", "mara@lindholm.example"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The scenarios' orders, Mara's paid by card and by a gift card that the shop's system calls by its id."""
    folder = tmp_path_factory.mktemp("paid")
    methods = [
        {"id": "pm_1", "kind": "card", "label": "Visa 4111 1111 1111 4242"},
        {"id": "gc_mara", "kind": "gift_card", "label": "gc_mara"},
    ]
    orders = [json.loads(line) for line in (SCENARIOS / "orders.jsonl").read_text().splitlines()]
    for order in orders:
        if order["customer"]["id"] == MARA:
            order["payment"] = {"status": "paid", "methods": methods}
    customer: dict[str, Any] = {"id": MARA, "name": "Mara Lindholm", "emails": [MAIL], "payment_methods": methods}
    (folder / "orders.jsonl").write_text("\n".join(map(json.dumps, orders)))
    (folder / "customers.jsonl").write_text(json.dumps(customer))
    return {"orders": folder / "orders.jsonl", "customers": folder / "customers.jsonl"}


def talk(shop: dict[str, Path], *lines: str, customer: str = "") -> list[Heard]:
    async def play() -> list[Heard]:
        async with await Stage.open(Settings(), load(None), NOW, shop) as stage:
            return [await stage.say(Line(each, customer=customer)) for each in lines]

    return asyncio.run(play())


def text(heard: Heard) -> str:
    return "\n".join(reply["text"] for reply in heard.replies)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("which card did I pay with for R-102?", "Payment method of order R-102: Visa 4242, gift card."),
        ("¿con qué tarjeta pagué el pedido R-102?", "Medio de pago del pedido R-102: Visa 4242, tarjeta de regalo."),
        ("avec quelle carte ai-je payé la commande R-102 ?", "Moyen de paiement de la commande R-102 : Visa 4242"),
        ("mit welcher Karte habe ich die Bestellung R-102 bezahlt?", "Zahlungsart der Bestellung R-102: Visa 4242"),
        ("com qual cartão paguei o pedido R-102?", "Forma de pagamento do pedido R-102: Visa 4242"),
    ],
)
def test_who_proves_the_order_hears_how_it_was_paid(asked: str, said: str, shop: dict[str, Path]) -> None:
    heard = talk(shop, f"{asked} {MAIL}")[0]

    assert said in text(heard)
    assert "gc_mara" not in text(heard) and "1111" not in text(heard)
    assert heard.handoff is None and heard.proposed == []


@pytest.mark.parametrize(
    "asked",
    [
        "what payment methods do I have on file?",
        "¿qué tarjetas tengo guardadas?",
        "quels moyens de paiement sont enregistrés dans mon compte ?",
        "welche Zahlungsarten sind hinterlegt?",
        "quais formas de pagamento tenho salvas?",
    ],
)
def test_what_is_stored_is_told_to_its_owner(asked: str, shop: dict[str, Path]) -> None:
    heard = talk(shop, asked, customer=MARA)[0]

    assert "Visa 4242" in text(heard)
    assert "gc_mara" not in text(heard)


def test_a_stranger_hears_nothing_of_it(shop: dict[str, Path]) -> None:
    for said in ("which card did I pay with for R-102?", "what payment methods do I have on file?"):
        assert "4242" not in text(talk(shop, said)[0])
    assert "4242" not in text(talk(shop, "which card did I pay with for R-102? someone@else.example")[0])


@pytest.mark.parametrize(
    "said",
    [
        "which card will you refund?",
        "can I pay with another card instead",
        "what cards do you take?",
        "my card was declined",
        "remove my saved card",
    ],
)
def test_other_matters_of_payment_are_none_of_it(said: str) -> None:
    assert not paid_words.asks_paid_with(said)
    assert not paid_words.asks_stored(said)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("gc_fay", ""),
        ("pm-8841", ""),
        ("Visa ending 1111", "Visa ending 1111"),
        ("Klarna", "Klarna"),
        ("PayPal", "PayPal"),
    ],
)
def test_what_a_system_calls_a_method_is_no_label(label: str, said: str) -> None:
    assert said_label(PaymentMethod("m1", "gift_card", label)) == said
