"""What is found for which words: five languages, typing errors, meanings, prices, and what is turned down."""

from dataclasses import replace
from functools import cache
from typing import get_args

import pytest

from server.commerce.catalogue.index import Index
from server.commerce.catalogue.lexicon import Group, lexicon, parse
from server.commerce.catalogue.prices import Limits, limits_in
from server.commerce.catalogue.spelling import Spelling, distance
from tests.server.commerce.catalogue import shelf


@cache
def index() -> Index:
    return Index(shelf.products())


def found(text: str, language: str = "en", limit: int = 3) -> list[str]:
    return [each.product.id for each in index().search(text, language, limit)]


def test_nearly_every_question_finds_its_product_first() -> None:
    """The held-out half alone; `python -m bench.catalogue` prints both, beside the plain search for words."""
    asked = [each for each in shelf.questions() if each.half == "b"]
    ranked = [(found(each.text, each.language), each.answers) for each in asked]
    first = sum(ids[0] in answers for ids, answers in ranked if ids)
    third = sum(bool(answers & set(ids)) for ids, answers in ranked)

    assert (first / len(asked) >= 0.8, third / len(asked) >= 0.95) == (True, True)


@pytest.mark.parametrize(
    ("language", "text", "product"),
    [
        ("es", "chaqueta azul impermeable", "rain-jacket"),
        ("en", "something warm for my hands", "leather-gloves"),
        ("de", "Wollmütze in Rot", "wool-beanie"),
        ("fr", "couteau à pain", "bread-knife"),
        ("pt", "óculos de sol", "sunglasses"),
        ("en", "blu rain jaket", "rain-jacket"),
        ("de", "Regenschrim", "umbrella"),
    ],
)
def test_finds_by_meaning_in_another_language_and_with_typing_errors(language: str, text: str, product: str) -> None:
    assert product in found(text, language)


def test_the_same_question_has_the_same_answer() -> None:
    assert Index(tuple(reversed(shelf.products()))).search("warm scarf", "en", 9) == index().search(
        "warm scarf", "en", 9
    )


def test_what_nobody_sells_is_not_found() -> None:
    assert found("surfboard") == []


def test_what_was_not_answered_is_named() -> None:
    first = index().search("blue surfboard", "en", 1)[0]

    assert [slot.word for slot in first.missed] == ["surfboard"]


def test_a_limit_of_price_holds() -> None:
    boots = index().search("boots under 60", "en", 9)

    assert boots[0].product.id == "rubber-boots"
    assert all(min(variant.price_minor for variant in each.product.variants) <= 6000 for each in boots)


def test_cheapest_comes_first_when_it_is_asked_for() -> None:
    assert found("cheapest gloves")[0] == "garden-gloves"


def test_what_is_turned_down_falls_behind() -> None:
    assert "merino-sweater" not in found("sweater without wool")


def test_what_goods_say_they_lack_is_found_by_that() -> None:
    assert found("shampoo without sulfates")[:1] == ["shampoo-bar"]


def test_goods_that_are_not_on_sale_are_not_offered() -> None:
    drafts = Index([replace(each, is_on_sale=False) for each in shelf.products()])

    assert drafts.search("merino scarf", "en", 3) == ()


def test_a_title_that_is_said_whole_is_named_whole() -> None:
    assert index().search("do you have the merino scarf", "en", 1)[0].named == 1.0


def test_a_product_is_known_by_its_sku() -> None:
    one = index().by_sku("is MERINO-SCARF-BLUE still there?")

    assert one is not None
    assert one.id == "merino-scarf"


def test_other_stock_needs_no_new_weighing_but_other_words_do() -> None:
    goods = list(shelf.products())
    sold = replace(goods[0], variants=tuple(replace(each, stock=0, available=False) for each in goods[0].variants))
    renamed = replace(goods[0], title="Another name")

    kept = index().with_products([sold, *goods[1:]])

    assert kept is not None
    assert kept.products[sold.id].variants[0].stock == 0
    assert index().with_products([renamed, *goods[1:]]) is None
    assert index().with_products(goods[1:]) is None


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("gift under 30", None, "30"),
        ("menos de 20 euros", None, "20"),
        ("zwischen 20 und 40 €", "20", "40"),
        ("moins de 1 000", None, "1"),
        ("under $1,200.50", None, "1200.50"),
        ("até R$ 99,90", None, "99.90"),
        ("more than 50 euros", "50", None),
    ],
)
def test_limits_are_read(text: str, least: str | None, most: str | None) -> None:
    limits, _ = limits_in(text)

    assert (limits.least and str(limits.least), limits.most and str(limits.most)) == (least, most)


@pytest.mark.parametrize(
    "text", ["boots up to 30 cm high", "a bag under the seat", "for ages up to 3 years", "size 42"]
)
def test_other_numbers_are_no_limits(text: str) -> None:
    assert limits_in(text)[0] == Limits()


@pytest.mark.parametrize(
    ("left", "right", "far"), [("jaket", "jacket", 1), ("scraf", "scarf", 1), ("mug", "rug", 1), ("", "ab", 2)]
)
def test_distance_counts_letters(left: str, right: str, far: int) -> None:
    assert distance(left, right) == far


def test_short_words_and_numbers_are_not_corrected() -> None:
    spelling = Spelling({"mugs": 3, "1000": 1, "jacket": 2})

    assert [spelling.nearest(each) for each in ("mug", "1001", "jaket", "xylophone")] == [(), (), ("jacket",), ()]


def test_what_an_idea_implies_reaches_all_the_way() -> None:
    assert {"gloves", "hands", "warm", "winter", "cold"} <= lexicon().implied["mittens"]


def test_every_idea_belongs_to_a_group_that_code_knows() -> None:
    assert set(lexicon().groups.values()) == set(get_args(Group))


def test_a_line_that_cannot_be_read_stops_the_start() -> None:
    with pytest.raises(ValueError, match="not a line of the lexicon"):
        parse("colour red : red\ncolour red : rouge")
