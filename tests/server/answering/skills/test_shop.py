"""Questions about the shop itself: read in five languages, answered from what the shop says, else owned up to."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.answering.words import shop_words
from server.policies.file import load
from server.settings import DeskSettings, Settings
from server.stage import Heard, Line, Stage

NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
ORDERS = Path(__file__).parents[3] / "story" / "scenarios" / "orders.jsonl"
ARTICLES = {
    "visit.md": (
        "---\ntitle: Visit us\ncategory: other\n---\nOur showroom stands at 12 Mill Lane.\n\n## When we are open\n\n"
        "The showroom is open from 10 a.m. to 6 p.m., Monday to Saturday.\n\n## By phone\n\nCall us at +1 555 010 0199.\n"
    ),
    "pay.md": (
        "---\ntitle: Ways to pay\ncategory: payment\n---\nWe take Visa, Mastercard, American Express and PayPal.\n\n"
        "## Invoices\n\nWe do not offer payment by invoice.\n"
    ),
    "packing.md": "---\ntitle: Packing\ncategory: returns\n---\nShow the code on your phone. Allow 24 hours.\n",
}


def talk(*lines: str, articles: Path | None = None, contact: str = "") -> list[Heard]:
    async def play() -> list[Heard]:
        files = {"orders": ORDERS} | ({"knowledge": articles} if articles else {})
        settings = replace(Settings(), desk=DeskSettings(contact=contact))
        async with await Stage.open(settings, load(None), NOW, files) as stage:
            return [await stage.say(Line(each)) for each in lines]

    return asyncio.run(play())


def text(heard: Heard) -> str:
    return "\n".join(reply["text"] for reply in heard.replies)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for name, article in ARTICLES.items():
        (tmp_path / name).write_text(article)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("hours", "what time are you guys open?"),
        ("hours", "what are your hours on Sunday"),
        ("hours", "¿a qué hora abren?"),
        ("hours", "quels sont vos horaires ?"),
        ("hours", "Wann habt ihr geöffnet?"),
        ("hours", "qual é o horário de atendimento?"),
        ("shipping_cost", "how much is shipping to Canada"),
        ("shipping_cost", "¿enviáis a Suecia?"),
        ("shipping_cost", "combien coûte la livraison en Suisse ?"),
        ("shipping_cost", "Was kostet der Versand nach Österreich?"),
        ("shipping_cost", "quanto custa o frete para o Recife?"),
        ("delivery_time", "if I order today when would it arrive"),
        ("delivery_time", "¿cuándo llega si lo pido hoy?"),
        ("delivery_time", "si je commande aujourd'hui, ça arrive quand ?"),
        ("delivery_time", "wann kommt es an, wenn ich heute bestelle?"),
        ("delivery_time", "se eu comprar hoje, quando chega?"),
        ("place", "do you have a physical store?"),
        ("place", "where are you located"),
        ("place", "¿tenéis tienda física?"),
        ("place", "où se trouve votre boutique ?"),
        ("place", "Habt ihr einen Laden in Köln?"),
        ("place", "vocês têm loja física?"),
        ("contact", "what's your phone number?"),
        ("contact", "how can I reach you"),
        ("contact", "¿tienen WhatsApp?"),
        ("contact", "comment puis-je vous joindre ?"),
        ("contact", "Wie ist Ihre Telefonnummer?"),
        ("contact", "qual é o telefone de vocês?"),
        ("bulk", "do you sell wholesale?"),
        ("bulk", "¿hacéis descuento por volumen?"),
        ("bulk", "vendez-vous en gros ?"),
        ("bulk", "Gibt es Mengenrabatt?"),
        ("bulk", "vocês vendem no atacado?"),
        ("price_match", "do you price match?"),
        ("price_match", "can you beat their price"),
        ("price_match", "¿igualáis precios?"),
        ("price_match", "vous alignez vos prix ?"),
        ("price_match", "Gibt es eine Preisgarantie?"),
        ("price_match", "vocês igualam preços?"),
        ("ways_to_pay", "do u take amex"),
        ("ways_to_pay", "is it possible to pay cash?"),
        ("ways_to_pay", "¿aceptáis tarjeta de crédito?"),
        ("ways_to_pay", "acceptez-vous PayPal ?"),
        ("ways_to_pay", "Nehmt ihr Kreditkarten?"),
        ("ways_to_pay", "vocês aceitam Pix?"),
    ],
)
def test_a_matter_of_the_shop_is_read(name: str, asked: str) -> None:
    found = shop_words.topic(asked)

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "said",
    [
        "the phone number on my order is wrong",
        "can I pay my order with paypal instead",
        "when does my delivery open",
        "I bought it yesterday and now it is cheaper, can you match the price?",
        "what is the phone number of the courier?",
        "I want to open a return",
        "where is my parcel? it says delivered to a store",
        "wie kann ich sie zurückgeben",
        "the box was open",
        "can I open the parcel before paying",
        "¿cuál es el horario de entrega?",
    ],
)
def test_what_is_ones_own_is_no_matter_of_the_shop(said: str) -> None:
    assert shop_words.topic(said) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("do u take amex", "American Express"),
        ("what payment methods do you accept?", "Visa, Mastercard"),
        ("what time are you open?", "10 a.m. to 6 p.m."),
        ("where is your showroom", "12 Mill Lane"),
        ("what's your phone number?", "+1 555 010 0199"),
    ],
)
def test_the_shops_own_article_answers(asked: str, said: str, shelf: Path) -> None:
    heard = talk(asked, articles=shelf)[0]

    assert said in text(heard)
    assert heard.handoff is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("what time are you open?", "opening hours"),
        ("¿a qué hora abren?", "un horario"),
        ("où se trouve votre boutique ?", "de magasin"),
        ("Gibt es Mengenrabatt?", "keine Bedingungen für große Bestellungen"),
        ("vocês aceitam Pix?", "nada sobre essa forma de pagamento"),
    ],
)
def test_what_is_not_known_is_owned_up_to_and_a_person_offered(asked: str, said: str) -> None:
    heard = talk(asked)[0]

    assert said in text(heard)
    assert heard.handoff is None
    assert len(heard.replies[0]["choices"]) == 1


def test_a_yes_brings_the_person_and_a_no_leaves_it() -> None:
    assert talk("do you have a store in Austin?", "yes please")[1].handoff == "requested"
    left = talk("do you have a store in Austin?", "no")[1]
    assert left.handoff is None and "leave it at that" in text(left)


def test_the_contact_of_the_settings_is_told() -> None:
    assert "hello@shop.example" in text(talk("how can I reach you?", contact="hello@shop.example")[0])


def test_an_article_that_only_uses_the_word_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "packing.md").write_text(ARTICLES["packing.md"])

    for asked in ("what's your phone number?", "what are your opening hours?"):
        assert "I don't find" in text(talk(asked, articles=tmp_path)[0])


def test_both_halves_are_answered_when_an_order_is_asked_for_beside() -> None:
    heard = talk("what's your phone number? and where is my order R-102? mara@lindholm.example")[0]

    assert "R-102" in text(heard) and "phone number" in text(heard)


@pytest.mark.parametrize(
    "asked",
    ["can I get an invoice?", "¿me podéis mandar una factura?", "puis-je avoir une facture ?",
     "Kann ich eine Rechnung bekommen?", "posso ter uma fatura?"],
)  # fmt: skip
def test_an_invoice_is_a_persons_matter_and_said_so(asked: str) -> None:
    heard = talk(asked)[0]

    assert heard.handoff == "out_of_scope"
    assert heard.dropped == []
