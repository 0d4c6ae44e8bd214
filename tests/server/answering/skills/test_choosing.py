"""Which items, versions and means of payment a text names: readers that never guess."""

import pytest

from server.answering.skills.choosing import left_out, lines_meant, picked
from server.answering.skills.variants import variant_meant
from server.answering.words.method_words import method_meant, safe_label
from server.commerce.model import Line, OrderSnapshot, PaymentMethod, Product, Variant
from tests.server.policies.orders import ARRIVED, line, order
from tests.support import option_shop as shop


def _lines() -> tuple[Line, ...]:
    made = (
        ("l1", "Desk Lamp", {"color": "black", "brightness": "high"}),
        ("l2", "Standing Desk", {"color": "white"}),
        ("l3", "Water Bottle", {"capacity": "1000ml", "color": "black"}),
        ("l4", "Water Bottle", {"capacity": "500ml", "color": "red"}),
        ("l5", "T-Shirt", {"size": "M", "color": "blue"}),
    )
    return tuple(line(key, title=title, options=options) for key, title, options in made)


HELD: OrderSnapshot = order(*_lines())


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("the desk lamp", "en", ["l1"]),
        ("the desk", "en", ["l2"]),
        ("the desk lamp and the desk", "en", ["l1", "l2"]),
        ("the 1000ml bottle", "en", ["l3"]),
        ("the 1000 ml bottle", "en", ["l3"]),
        ("the red water bottle", "en", ["l4"]),
        ("the bottles", "en", ["l3", "l4"]),
        ("my tshirt", "en", ["l5"]),
        ("everything except the lamp", "en", ["l2", "l3", "l4", "l5"]),
        ("all of it", "en", ["l1", "l2", "l3", "l4", "l5"]),
        ("the t-shirt, not the lamp", "en", ["l5"]),
        ("the desk lamp for a t-shirt", "en", ["l1"]),
        ("la camiseta", "es", ["l5"]),
        ("le t-shirt", "fr", ["l5"]),
        ("something", "en", []),
    ],
)
def test_the_lines_that_a_text_names(text: str, language: str, expected: list[str]) -> None:
    assert sorted(each.line.id for each in lines_meant(text, HELD, language).picks) == expected


def test_lines_that_cannot_be_told_apart_are_left_to_be_asked_about() -> None:
    meant = lines_meant("the water bottle", HELD)

    assert (meant.picks, [each.line.id for each in meant.unclear]) == ((), ["l3", "l4"])


def test_the_same_thing_in_two_orders_is_unclear() -> None:
    other = order(line("x1", title="T-Shirt", options={"size": "L", "color": "red"}), id="ord_2")

    assert {each.order.id for each in lines_meant("the t-shirt", (HELD, other)).unclear} == {HELD.id, "ord_2"}


def test_places_count_among_what_was_shown() -> None:
    meant = picked("the second one and the t-shirt", HELD, HELD.lines)

    assert sorted(each.line.id for each in meant.picks) == ["l2", "l5"]


def test_what_shall_stay_is_left_out() -> None:
    assert left_out("actually keep the lamp", HELD, HELD.lines) == ("l1",)


def _product(title: str) -> Product:
    row = next(each for each in shop.CATALOGUE if each["title"] == title)
    variants = tuple(
        Variant(each["sku"], row["id"], each["options"], each["price"], each["stock"], each["available"])
        for each in row["variants"]
    )
    return Product(row["id"], title, "", None, {}, variants, ARRIVED, "test")


@pytest.mark.parametrize(
    ("title", "sku", "text", "language", "how", "becomes"),
    [
        ("Mechanical Keyboard", "KEYB-linear-RGB-80", "clicky switches, full size, no backlight", "en", "one", "KEYB-clicky-none-fullsize"),
        ("Mechanical Keyboard", "KEYB-linear-RGB-80", "clicky, the rest the same", "en", "one", "KEYB-clicky-RGB-80"),
        ("Mechanical Keyboard", "KEYB-linear-none-60", "clicky please", "en", "gone", ""),
        ("Smart Thermostat", "THER-AppleHomeKit-black", "one that works with Google Home", "en", "one", "THER-GoogleAssistant-black"),
        ("Desk Lamp", "DESK-black-high-USB", "the least bright one", "en", "one", "DESK-black-low-USB"),
        ("Desk Lamp", "DESK-black-high-USB", "less bright", "en", "several", ""),
        ("T-Shirt", "TSHI-blue-M-cotton", "size L instead of M", "en", "one", "TSHI-blue-L-cotton"),
        ("T-Shirt", "TSHI-blue-M-cotton", "same but in red", "en", "one", "TSHI-red-M-cotton"),
        ("T-Shirt", "TSHI-blue-M-cotton", "not red, black", "en", "one", "TSHI-black-M-cotton"),
        ("T-Shirt", "TSHI-blue-M-cotton", "in green", "en", "gone", ""),
        ("T-Shirt", "TSHI-blue-M-cotton", "I'm not sure", "en", "unnamed", ""),
        ("T-Shirt", "TSHI-blue-M-cotton", "en rojo, talla L", "es", "one", "TSHI-red-L-cotton"),
        ("T-Shirt", "TSHI-blue-M-cotton", "en noir", "fr", "one", "TSHI-black-M-cotton"),
        ("T-Shirt", "TSHI-blue-M-cotton", "in Rot", "de", "one", "TSHI-red-M-cotton"),
        ("T-Shirt", "TSHI-blue-M-cotton", "em preto", "pt", "one", "TSHI-black-M-cotton"),
        ("Water Bottle", "WATE-500ml-plastic-red", "the 1 litre one", "en", "one", "WATE-1000ml-plastic-red"),
        ("Water Bottle", "WATE-500ml-plastic-red", "over 800ml", "en", "one", "WATE-1000ml-plastic-red"),
        ("Laptop", "LAPT-15inch-i5-256GBSSD", "a bigger screen", "en", "one", "LAPT-17inch-i5-256GBSSD"),
        ("Hiking Boots", "HIKI-9-leather-no", "waterproof", "en", "one", "HIKI-9-leather-yes"),
    ],
)  # fmt: skip
def test_the_version_that_a_text_wants(title: str, sku: str, text: str, language: str, how: str, becomes: str) -> None:
    product = _product(title)
    own = next(each for each in product.variants if each.sku == sku)

    wanted = variant_meant(text, product, own.options, language, sku=sku)

    assert (wanted.how, wanted.variant.sku if wanted.variant else "") == (how, becomes)


VISA = PaymentMethod("card_1", "credit_card", "Visa ending 4421")
MASTER = PaymentMethod("card_2", "credit_card", "Mastercard ending 8830")
PAYPAL = PaymentMethod("pp_1", "paypal", "PayPal")
GIFT = PaymentMethod("gc_1", "gift_card", "Gift card 7719", 2000)
WALLET = (VISA, MASTER, PAYPAL, GIFT)


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("my PayPal", "pp_1"),
        ("the gift card", "gc_1"),
        ("the card ending 8830", "card_2"),
        ("the mastercard", "card_2"),
        ("the visa please", "original"),
        ("the original one", "original"),
        ("not paypal, the gift card", "gc_1"),
        ("a la tarjeta de regalo", "gc_1"),
        ("auf die Geschenkkarte", "gc_1"),
        ("the credit card", ""),
        ("whatever", ""),
    ],
)
def test_the_method_that_a_text_names(text: str, method: str) -> None:
    assert method_meant(text, WALLET, (VISA,)).method == method


def test_a_kind_that_several_have_is_left_to_be_asked_about() -> None:
    assert method_meant("my credit card", WALLET, (VISA,)).candidates == (VISA, MASTER)


def test_a_kind_that_is_not_on_file_is_told() -> None:
    assert method_meant("apple pay", WALLET, (VISA,)).missing == "apple_pay"


def test_a_label_never_shows_more_than_the_last_digits() -> None:
    assert safe_label(PaymentMethod("c", "credit_card", "Visa 4111 1111 1111 4421")) == "Visa 4421"
