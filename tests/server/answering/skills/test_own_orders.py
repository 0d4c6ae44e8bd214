"""What somebody asks about their own orders: whether what has not come can go back, which orders they have, what one of them cost."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.answering.words import sum_words
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


def signed_in(asked: str) -> Heard:
    async def play() -> Heard:
        async with await Stage.open(Settings(), load(None), NOW, FILES) as stage:
            return await stage.say(Line(asked, customer="c_ana"))

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


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("how much did I pay for shipping on order 1042? ana@example.com", "Shipping for order #1042: $5.00."),
        ("what's the total of my order 1042, ana@example.com", "Total of order #1042: $121.00."),
        ("How much was I charged for 1042? ana@example.com", "Total of order #1042: $121.00."),
        ("what did my order cost? 1050, ana@example.com", "Total of order #1050: $90.00."),
        ("how much tax did I pay on 1043? ben@example.com", "Tax on order #1043: $15.00."),
        ("¿cuánto pagué de envío por el pedido 1042? ana@example.com", "Envío del pedido #1042: 5,00"),
        ("¿cuál es el total del pedido 1042? ana@example.com", "Total del pedido #1042: 121,00"),
        ("quel est le total de ma commande 1044 ? chloe@example.com", "Total de la commande #1044 : 128,00"),
        ("combien ai-je payé de frais de port pour la commande 1044 ? chloe@example.com", "#1044 : 9,00"),
        ("wie viel Versand habe ich für Bestellung 1048 bezahlt? frank@example.com", "Bestellung #1048: 15,00"),
        ("was hat meine Bestellung 1048 gekostet? frank@example.com", "Gesamtbetrag der Bestellung #1048: 204,00"),
        ("quanto paguei pelo pedido 1042? ana@example.com", "Total do pedido #1042: US$"),
    ],
)
def test_what_an_order_cost_is_told_from_the_live_order(asked: str, said: str) -> None:
    heard = talk(asked)[0]

    assert said in text(heard).replace("\u202f", " ")
    assert heard.handoff is None and heard.proposed == [] and heard.dropped == []


def test_the_next_sum_is_asked_for_in_two_words() -> None:
    heard = talk("how much tax did I pay on 1043? ben@example.com", "and shipping?")

    assert "Shipping for order #1043: $0.00." in text(heard[1])


@pytest.mark.parametrize(
    "asked",
    [
        "how much is shipping?",
        "which card did I pay with for 1042? ana@example.com",
        "how much would the other mug cost on order 1042? ana@example.com",
        "I was charged twice for order 1042, ana@example.com",
    ],
)
def test_other_questions_about_money_are_no_sums_of_an_order(asked: str) -> None:
    assert sum_words.parts_asked(asked) == ()


@pytest.mark.parametrize(
    "nobody", ["how much did I pay for order 1042?", "list my orders please", "what orders do I have?"]
)
def test_nothing_is_told_to_who_has_proven_nothing(nobody: str) -> None:
    said = text(talk(nobody)[0])

    assert "121" not in said and "scarf" not in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("What orders do I have?", "These are the orders that I can see"),
        ("list my orders please", "These are the orders that I can see"),
        ("can you show me all of my orders", "These are the orders that I can see"),
        ("¿qué pedidos tengo?", "Estos son los pedidos"),
        ("quelles commandes ai-je passées ?", "Voici les commandes"),
        ("welche Bestellungen habe ich?", "Diese Bestellungen kann ich sehen"),
        ("quais pedidos eu tenho?", "Estes são os pedidos"),
    ],
)
def test_the_orders_are_listed_with_what_is_in_them(asked: str, said: str) -> None:
    heard = signed_in(asked)

    assert said in text(heard)
    assert "#1042" in text(heard) and "#1050" in text(heard)
    assert heard.handoff is None and heard.dropped == []


@pytest.mark.parametrize(
    "asked", ["which orders are pending?", "which of my orders are still open?", "qué pedidos están pendientes?"]
)
def test_only_what_is_open_is_listed_where_that_is_asked(asked: str) -> None:
    said = text(signed_in(asked))

    assert "#1042" in said and "#1050" not in said


@pytest.mark.parametrize(
    "rude",
    [
        "cancel the fucking order 1042 now. ana@example.com",
        "refund this shit now!! order 1050 ana@example.com",
        "storniert verdammt nochmal endlich 1048, frank@example.com",
        "rembourse-moi cette putain de commande 1044, chloe@example.com",
        "cancela de una puta vez el pedido 1042, ana@example.com",
        "cancela logo essa merda do pedido 1042, ana@example.com",
    ],
)
def test_a_rude_but_plain_errand_is_begun_without_a_person(rude: str) -> None:
    assert talk(rude)[0].handoff is None


@pytest.mark.parametrize(
    "furious",
    [
        "cancel my order 1042 you fucking idiots, I am furious!! ana@example.com",
        "This is the third damn time I write, worst shop ever, give me my money back! 1050 ana@example.com",
        "storniert endlich 1048, ihr verdammten Idioten, das ist eine Frechheit! frank@example.com",
    ],
)
def test_fury_at_us_still_brings_a_person(furious: str) -> None:
    assert talk(furious)[0].handoff == "distress"


@pytest.mark.parametrize(
    "unlucky",
    [
        "my car broke down so I can't pick it up, where is order 1047? hugo@example.com",
        "mi coche se averió y no puedo recogerlo, ¿dónde está el pedido 1047? hugo@example.com",
        "ma voiture est en panne, où est ma commande 1047 ? hugo@example.com",
        "mein Auto ist kaputt, wo ist Bestellung 1047? hugo@example.com",
        "meu carro quebrou, onde está o pedido 1047? hugo@example.com",
    ],
)
def test_a_car_that_broke_down_is_no_damage_to_the_goods(unlucky: str) -> None:
    heard = talk(unlucky)[0]

    assert heard.handoff is None and "FedEx" in text(heard)
