"""What a customer says about a return: items, number, reason and wish, in five languages, and nothing read into it."""

import pytest

from server.answering.context import Option
from server.answering.words import wishes
from server.commerce.model import Line, Variant
from tests.server.policies.orders import line

RED = line("l1", title="Red scarf", quantity=2)
BLUE = line("l2", title="Blue scarf")
MUG = line("l3", title="Tea mug")
SMALL = line("l4", title="Wool coat", options={"size": "S"})
LARGE = line("l5", title="Wool coat", options={"size": "L"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("it's too small for me", "size_small"),
        ("me queda pequeño", "size_small"),
        ("il est trop petit", "size_small"),
        ("die Hose ist zu eng", "size_small"),
        ("ficou muito apertada", "size_small"),
        ("way too big", "size_large"),
        ("me queda grande", "size_large"),
        ("zu groß", "size_large"),
        ("I changed my mind", "unwanted"),
        ("cambié de opinión", "unwanted"),
        ("j’ai changé d’avis", "unwanted"),
        ("ich habe es mir anders überlegt", "unwanted"),
        ("mudei de ideia", "unwanted"),
        ("it arrived totally broken", "damaged_in_transit"),
        ("llegó roto", "damaged_in_transit"),
        ("es ist kaputt angekommen", "damaged_in_transit"),
        ("chegou quebrado", "damaged_in_transit"),
        ("it stopped working", "defective"),
        ("no funciona", "defective"),
        ("il ne marche plus", "defective"),
        ("es funktioniert nicht", "defective"),
        ("não funciona", "defective"),
        ("you sent me the wrong item", "wrong_item"),
        ("das habe ich nicht bestellt", "wrong_item"),
        ("a part is missing", "missing_part"),
        ("one of the items was missing", "missing_item"),
        ("not as described", "not_as_described"),
        ("it never arrived", "not_received"),
        ("it was a gift", "gift"),
        ("it came too late", "arrived_late"),
        ("I don't like the colour", "style_color"),
    ],
)
def test_a_reason_is_read(text: str, reason: str) -> None:
    assert wishes.reason_in(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "I want to return my order",
        "quiero devolver la bufanda",
        "ich möchte etwas zurückgeben",
        "put it on a gift card please",
        "je voudrais avoir un retour",
        "quiero un prototipo",
    ],
)
def test_no_reason_is_read_into_a_text(text: str) -> None:
    assert wishes.reason_in(text) is None


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("my money back", "refund"),
        ("the refund please", "refund"),
        ("el reembolso", "refund"),
        ("quiero mi dinero", "refund"),
        ("je voudrais avoir un remboursement", "refund"),
        ("lieber mein Geld zurück", "refund"),
        ("vale, el reembolso", "refund"),
        ("o reembolso", "refund"),
        ("store credit", "credit"),
        ("saldo de tienda", "credit"),
        ("un avoir", "credit"),
        ("ein Gutschein", "credit"),
        ("crédito na loja", "credit"),
        ("exchange it for a bigger size", "exchange"),
        ("cambiarlo por otra talla", "exchange"),
        ("je préfère un échange", "exchange"),
        ("umtauschen", "exchange"),
        ("quero trocar", "exchange"),
        ("please send me another", "replace"),
        ("Ersatz bitte", "replace"),
        ("I don't want a refund, I want an exchange", "exchange"),
        ("money back, not store credit", "refund"),
        ("keine Erstattung, lieber ein Umtausch", "exchange"),
        ("an exchange instead of a refund", "exchange"),
        ("can you repair it", "repair"),
    ],
)
def test_a_wish_is_read(text: str, outcome: str) -> None:
    assert wishes.outcome_in(text, []) == outcome


@pytest.mark.parametrize(
    "text", ["vale", "yes please", "the blue one", "je voudrais en avoir deux", "what do you mean?"]
)
def test_no_wish_is_read_into_a_text(text: str) -> None:
    assert wishes.outcome_in(text, []) is None


def test_only_what_is_offered_can_be_wished_for() -> None:
    offered = [Option("Refund", "outcome:refund"), Option("Store credit", "outcome:credit")]

    assert wishes.outcome_in("exchange or refund", offered) == "refund"
    assert wishes.outcome_in("an exchange", offered) is None


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("the red scarf", [RED, BLUE, MUG], ["l1"]),
        ("the mug and the red scarf", [RED, BLUE, MUG], ["l1", "l3"]),
        ("the scarves", [RED, BLUE, MUG], ["l1", "l2"]),
        ("the scarf", [RED, BLUE, MUG], []),
        ("one of the scarves", [RED, BLUE, MUG], []),
        ("both scarves", [RED, BLUE, MUG], ["l1", "l2"]),
        ("both", [RED, BLUE], ["l1", "l2"]),
        ("everything", [RED, BLUE, MUG], ["l1", "l2", "l3"]),
        ("all", [RED, BLUE], ["l1", "l2"]),
        ("todo", [RED, BLUE], ["l1", "l2"]),
        ("ambos, por favor", [RED, BLUE], ["l1", "l2"]),
        ("die ganze Bestellung", [RED, BLUE], ["l1", "l2"]),
        ("tous les articles", [RED, BLUE], ["l1", "l2"]),
        ("todos os itens", [RED, BLUE], ["l1", "l2"]),
        ("I am not happy with this at all, sorry", [RED, BLUE], []),
        ("one of the two scarves", [RED], ["l1"]),
        ("the coat in L", [SMALL, LARGE], ["l5"]),
        ("the coat, I'm sure", [SMALL, LARGE], []),
        ("the coats", [SMALL, LARGE], ["l4", "l5"]),
        ("something else", [RED, BLUE], []),
    ],
)
def test_lines_are_found_by_their_words(text: str, lines: list[Line], expected: list[str]) -> None:
    assert [found.id for found in wishes.mentioned(text, lines)] == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("two scarves", 2),
        ("one of the two scarves", 1),
        ("just one of them", 1),
        ("2 of them", 2),
        ("dos", 2),
        ("uno de ellos", 1),
        ("une seule écharpe", None),
        ("zwei davon", 2),
        ("both", 2),
        ("the scarves", None),
        ("order 1042 please", None),
    ],
)
def test_how_many_is_read(text: str, count: int | None) -> None:
    assert wishes.number_of(text, RED) == count


def variant(sku: str, **options: str) -> Variant:
    return Variant(sku, "p1", options, 100, 5, True)


VARIANTS = [
    variant("BM", colour="Blue", size="M"),
    variant("BL", colour="Blue", size="L"),
    variant("GL", colour="Green", size="L"),
]


@pytest.mark.parametrize(
    ("text", "like", "sku"),
    [
        ("blue in L", {}, "BL"),
        ("green", {}, "GL"),
        ("blue", {}, None),
        ("blue", {"colour": "Red", "size": "M"}, "BM"),
        ("yellow", {}, None),
    ],
)
def test_a_variant_is_found_by_its_options(text: str, like: dict[str, str], sku: str | None) -> None:
    found = wishes.named_variant(text, VARIANTS, like)

    assert (found.sku if found else None) == sku


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I opened it", "yes"),
        ("the seal is broken", "yes"),
        ("it's no longer sealed", "yes"),
        ("la he abierto", "yes"),
        ("je l'ai ouvert", "yes"),
        ("ich habe es geöffnet", "yes"),
        ("eu abri", "yes"),
        ("still sealed", "no"),
        ("I haven't opened it", "no"),
        ("unopened", "no"),
        ("sin abrir", "no"),
        ("je ne l'ai pas ouvert", "no"),
        ("noch nicht geöffnet", "no"),
        ("não abri", "no"),
        ("I don't like it", None),
    ],
)
def test_whether_it_was_opened_is_read(text: str, said: str | None) -> None:
    assert wishes.opened_in(text) == said
