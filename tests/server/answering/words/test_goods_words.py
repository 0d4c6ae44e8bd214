"""What is said of goods in five languages: all of it proven by the product's data, none of it without."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from server.answering.words import goods_words
from server.answering.words.grounding import check
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Speech, Voice
from server.commerce.catalogue.evidence import Said
from server.commerce.catalogue.fit import fit, measures_in, usual_size_in
from server.commerce.catalogue.variants import Wanted, availability
from server.commerce.model import Fact, Product
from tests.server.commerce.catalogue.goods import PLAIN, VARIANTS, a_product
from tests.server.commerce.orders import NOW

REVIEWS = [
    {"author": "Nora B.", "rating": 4.5, "text": "Warm. In Berlin it was delivered on Monday, for $5!"},
    {"author": None, "rating": 1, "text": "Broke after 2 days. Refunded."},
    "Just a text",
]
WARM = Said("temperature_range", "down to -20 °C. Tested in Oslo.")


@cache
def full() -> Product:
    variants = [{**each, "was_price": 15900 if each["sku"] == "J-NAVY-S" else None} for each in VARIANTS]
    return a_product(reviews=REVIEWS, warranty_months=24, compatible_with=["Helmet 3", "Pack 20"], variants=variants)


def _chart(text: str, voice: Voice) -> Speech:
    product = full()
    assert product.size_chart is not None
    found = fit(product.size_chart, measures_in(text), usual_size_in(text, product.size_chart))
    return goods_words.size(product, product.size_chart, found, voice)


def _one(sku: str) -> Wanted:
    options = next(each.options for each in full().variants if each.sku == sku)
    return Wanted({name: frozenset({value}) for name, value in options.items()})


def _stock(product: Product, wanted: Wanted, voice: Voice) -> Speech:
    return goods_words.stock(product, availability(product, wanted), voice, "UTC")


SAYINGS: dict[str, Callable[[Voice], Speech]] = {
    "few": lambda voice: _stock(full(), _one("J-BLUE-S"), voice),
    "in stock": lambda voice: _stock(full(), _one("J-NAVY-S"), voice),
    "sold out": lambda voice: _stock(full(), _one("J-NAVY-M"), voice),
    "orderable": lambda voice: _stock(full(), _one("J-RED-M"), voice),
    "some": lambda voice: _stock(full(), Wanted({}), voice),
    "none": lambda voice: _stock(a_product(PLAIN, variants=[]), Wanted({}), voice),
    "another colour": lambda voice: _stock(full(), Wanted({}, frozenset({"colour"})), voice),
    "another size": lambda voice: _stock(full(), Wanted({}, frozenset({"size"})), voice),
    "old": lambda voice: _stock(replace(full(), as_of=NOW - timedelta(days=2)), _one("J-NAVY-S"), voice),
    "one version": lambda voice: goods_words.choices(a_product(PLAIN), voice),
    "price": lambda voice: goods_words.price(full(), full().variants[:1], "", voice),
    "reduced": lambda voice: goods_words.price(full(), full().variants[1:2], "", voice),
    "prices": lambda voice: goods_words.price(full(), (), "", voice),
    "no currency": lambda voice: goods_words.price(a_product(PLAIN), (), "", voice),
    "attribute": lambda voice: goods_words.told(full(), [WARM, Said("", "Two pockets. Three zips!"), Said("age", "3")], voice),
    "nothing": lambda voice: goods_words.told(full(), (), voice),
    "warranty": lambda voice: goods_words.warranty(full(), voice),
    "no warranty": lambda voice: goods_words.warranty(a_product(PLAIN), voice),
    "compatible": lambda voice: goods_words.compatible(full(), ("Helmet 3",), voice),
    "not listed": lambda voice: goods_words.compatible(full(), (), voice),
    "size": lambda voice: _chart("chest 90 cm", voice),
    "between": lambda voice: _chart("chest 93 cm", voice),
    "beyond": lambda voice: _chart("chest 130 cm", voice),
    "below": lambda voice: _chart("chest 70 cm", voice),
    "usual": lambda voice: _chart("I wear M", voice),
    "which size": lambda voice: _chart("", voice),
    "reviews": lambda voice: goods_words.reviews(full(), voice),
    "no reviews": lambda voice: goods_words.reviews(a_product(PLAIN), voice),
    "compare": lambda voice: goods_words.side_by_side(full(), a_product(id="other", title="Other jacket 2"), "", voice),
    "nothing to compare": lambda voice: goods_words.side_by_side(full(), a_product(PLAIN), "", voice),
    "list": lambda voice: goods_words.listed([full(), a_product(PLAIN, variants=[])], "EUR", voice, "goods.found"),
    "cart": lambda voice: goods_words.link("goods.cart", full(), full().variants[0], "https://shop.test/c/1?n=2", voice),
    "no cart": lambda voice: goods_words.link("goods.cart_none_plain", full(), None, None, voice),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAYINGS)
def test_everything_that_is_said_is_proven(name: str, language: str) -> None:
    voice = Voice(language, NOW)
    speech = SAYINGS[name](voice)

    checked = check(speech.text, speech.evidence, voice)

    assert (checked.dropped, bool(checked.text)) == ((), True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["few", "in stock", "sold out", "some"])
def test_a_stock_that_nothing_proves_is_not_said(name: str, language: str) -> None:
    voice = Voice(language, NOW)
    speech = SAYINGS[name](voice)

    checked = check(speech.text, [fact for fact in speech.evidence if fact.key != "stock"], voice)

    assert checked.dropped != ()


def test_a_price_of_another_amount_is_not_said() -> None:
    voice = Voice("en", NOW)
    proven = SAYINGS["price"](voice).evidence

    assert check("Rain jacket costs €99.00.", proven, voice).text == ""


def said(name: str, language: str = "en") -> str:
    return SAYINGS[name](Voice(language, NOW)).text


def test_reviews_are_quoted_with_author_and_rating_the_worst_among_them() -> None:
    assert said("reviews").splitlines()[1:] == [
        "“Warm. In Berlin it was delivered on Monday, for $5!” — Nora B., rating 4.5",
        "“Just a text” — a buyer",
        "“Broke after 2 days. Refunded.” — a buyer, rating 1",
    ]


def test_few_are_counted_and_many_are_not() -> None:
    assert (said("few"), said("in stock")) == (
        "Rain jacket (Light blue, S) is in stock, only 3 left.",
        "Rain jacket (Navy, S) is in stock.",
    )


def test_an_old_reading_says_how_old_it_is() -> None:
    assert said("old").endswith("That is as of Wednesday, November 18 at 6:00 PM.")


def test_without_a_currency_no_price_is_told() -> None:
    assert "39" not in said("no currency")


def test_a_reduced_price_names_the_one_before() -> None:
    assert said("reduced") == "Rain jacket (Navy, S) costs €129.00, reduced from €159.00."


def test_a_currency_that_is_none_is_not_spoken() -> None:
    assert goods_words.price_of(a_product(PLAIN), 100, "euros") is None


def test_a_short_number_is_a_count_that_proves_itself() -> None:
    assert goods_words.text("size", "9", a_product(PLAIN)) == Fact("size", "count", 9, "store", NOW)
