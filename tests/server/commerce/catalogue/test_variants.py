"""Which variant is meant in five languages, what is asked for and not made, and what may be said of stock."""

import pytest

from server.commerce.catalogue.variants import (
    Wanted,
    availability,
    options_of,
    right_variant,
    state_of,
    wanted_in,
)
from tests.server.commerce.catalogue.goods import PLAIN, a_product


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "do you have it in red?", {"colour": {"Red"}}),
        ("en", "blue please", {"colour": {"Light blue", "Navy"}}),
        ("en", "the light blue one", {"colour": {"Light blue"}}),
        ("es", "¿la tienen en azul?", {"colour": {"Light blue", "Navy"}}),
        ("fr", "et en rouge ?", {"colour": {"Red"}}),
        ("de", "gibt es sie in Rot?", {"colour": {"Red"}}),
        ("pt", "tem em vermelho?", {"colour": {"Red"}}),
        ("en", "a navy M", {"colour": {"Navy"}, "size": {"M"}}),
        ("es", "talla m", {"size": {"M"}}),
        ("en", "I'm sure it's fine", {}),
    ],
)
def test_options_are_recognised(language: str, text: str, values: dict[str, set[str]]) -> None:
    found = wanted_in(text, a_product(), language)

    assert {name: set(each) for name, each in found.values.items()} == values


@pytest.mark.parametrize(
    ("text", "asked"), [("in green?", {"colour"}), ("size 44?", {"size"}), ("an XXL please", {"size"})]
)
def test_what_is_not_made_is_known_to_be_asked_for(text: str, asked: set[str]) -> None:
    assert wanted_in(text, a_product(), "en").unlisted == asked


def test_a_colour_in_the_title_is_no_wish() -> None:
    plain = a_product(PLAIN, title="Red vase")

    assert not wanted_in("is the red vase in stock", plain, "en")


def test_a_number_beside_a_unit_is_no_size() -> None:
    boots = a_product(
        PLAIN,
        variants=[
            {"sku": "B", "price": 1, "options": {"size": "42"}},
            {"sku": "C", "price": 1, "options": {"size": "43"}},
        ],
    )

    assert wanted_in("is it 42 cm high", boots, "en").values == {}
    assert wanted_in("do you have them in 42", boots, "en").values == {"size": frozenset({"42"})}


def test_what_is_left_open_stays_as_it_was() -> None:
    before = Wanted({"size": frozenset({"S"})})

    assert wanted_in("and in navy?", a_product(), "en", before).values == {
        "size": frozenset({"S"}),
        "colour": frozenset({"Navy"}),
    }


def test_stock_is_said_as_the_data_says_it() -> None:
    assert {each.sku: state_of(each) for each in a_product().variants} == {
        "J-BLUE-S": "few",
        "J-NAVY-S": "in_stock",
        "J-NAVY-M": "sold_out",
        "J-RED-M": "orderable",
    }


def test_unknown_stock_of_something_available_is_in_stock() -> None:
    assert state_of(a_product(PLAIN).variants[0]) == "in_stock"


def test_availability_parts_what_is_there_from_what_is_not() -> None:
    product = a_product()

    found = availability(product, wanted_in("navy", product, "en"))

    assert [[each.sku for each in part] for part in (found.in_stock, found.sold_out)] == [["J-NAVY-S"], ["J-NAVY-M"]]


def test_nothing_is_meant_by_what_is_not_made() -> None:
    product = a_product()

    assert availability(product, wanted_in("in green", product, "en")).meant == ()


def test_the_right_variant_is_the_only_one_left() -> None:
    product = a_product()
    chosen = right_variant(product, wanted_in("navy S", product, "en"))

    assert chosen.variant is not None
    assert chosen.variant.sku == "J-NAVY-S"


def test_what_is_still_to_choose_is_named() -> None:
    product = a_product()

    assert right_variant(product, wanted_in("navy", product, "en")).open_options == ("size",)


def test_a_single_variant_needs_no_choice() -> None:
    assert right_variant(a_product(PLAIN), Wanted({})).variant is not None
    assert options_of(a_product(PLAIN)) == {}
