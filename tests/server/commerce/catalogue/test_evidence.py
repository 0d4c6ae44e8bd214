"""What the data says of something asked, quoted; what it does not say stays unknown; and links that may be passed on."""

import pytest

from server.commerce.catalogue.cart import cart_link, passable
from server.commerce.catalogue.compare import compare, prices
from server.commerce.catalogue.evidence import Said, compatibility, says, sentences_of, topic_of
from server.commerce.goods import Variant
from tests.server.commerce.catalogue.goods import PLAIN, a_product

VARIANT = Variant("A B/1", "p1", {}, 100, None, available=True, platform_id="44")


def told(text: str, language: str = "en") -> list[Said]:
    product = a_product()
    return list(says(product, topic_of(text, product, language), language))


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "what is it made of?", Said("material", "recycled polyester")),
        ("es", "¿de qué material es?", Said("material", "recycled polyester")),
        ("de", "Kann man sie waschen?", Said("care", "Machine wash 30 C")),
        ("fr", "elle se lave comment ?", Said("care", "Machine wash 30 C")),
        ("pt", "pode lavar?", Said("care", "Machine wash 30 C")),
        ("en", "is the rain jacket waterproof?", Said("", "Waterproof to 20,000 mm.")),
        ("es", "¿es impermeable?", Said("", "Waterproof to 20,000 mm.")),
        ("en", "does it have pockets?", Said("", "Two pockets for hands.")),
    ],
)
def test_what_the_data_says_is_found(language: str, text: str, said: Said) -> None:
    assert told(text, language)[:1] == [said]


@pytest.mark.parametrize("text", ["is it vegan?", "how heavy is it?", "does it glow in the dark?", "is it?"])
def test_what_the_data_does_not_say_is_not_found(text: str) -> None:
    assert told(text) == []


def test_markup_is_no_part_of_a_sentence() -> None:
    assert sentences_of("<p>One.</p>\n<b>Two</b> things! 3 more") == ["One.", "Two things!", "3 more"]


def test_an_attribute_of_one_variant_says_nothing_of_the_product() -> None:
    differing = [
        {"sku": "A", "price": 1, "attributes": {"weight": "1 kg"}},
        {"sku": "B", "price": 1, "attributes": {"weight": "2 kg"}},
    ]
    same = [
        {"sku": "A", "price": 1, "attributes": {"weight": "1 kg"}},
        {"sku": "B", "price": 1, "attributes": {"weight": "1 kg"}},
    ]
    products = [a_product(PLAIN, variants=each) for each in (differing, same)]

    assert [len(says(each, topic_of("how heavy is it", each, "en"), "en")) for each in products] == [0, 1]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("does it fit the iPhone 15?", ("iPhone 15",)),
        ("does it fit the iphone 15 pro", ("iPhone 15 Pro",)),
        ("does it fit the iphone 15 plus", ()),
        ("does it fit my pixel 7", ()),
    ],
)
def test_only_a_model_that_is_listed_is_compatible(text: str, named: tuple[str, ...]) -> None:
    case = a_product(PLAIN, compatible_with=["iPhone 15", "iPhone 15 Pro", "Pixel 8"])

    assert compatibility(case, text).named == named


def test_products_are_compared_only_on_what_both_say() -> None:
    other = a_product(PLAIN, attributes={"Material": "Recycled polyester", "weight": "1 kg"})

    found = compare(a_product(), other)

    assert [(each.name, each.is_same) for each in found] == [("material", True)]
    assert (prices(a_product()), prices(a_product(PLAIN, variants=[]))) == ((12900, 13900), None)


def test_the_template_is_filled_and_escaped() -> None:
    assert (
        cart_link("https://shop.test/add?sku={sku}&n={quantity}", None, VARIANT, 2)
        == "https://shop.test/add?sku=A%20B%2F1&n=2"
    )
    assert cart_link("https://shop.test/cart/{variant_id}:{quantity}", None, VARIANT) == "https://shop.test/cart/44:1"


def test_a_template_that_needs_an_id_gives_no_link_without_one() -> None:
    bare = Variant("A", "p1", {}, 100, None, available=True)

    assert cart_link("https://shop.test/cart/{variant_id}", None, bare) is None


def test_without_a_template_the_platform_is_asked() -> None:
    def platform(sku: str, variant_id: str | None, product_id: str, quantity: int) -> str | None:
        return f"https://shop.test/{product_id}/{variant_id}/{quantity}"

    assert cart_link("", platform, VARIANT, 500) == "https://shop.test/p1/44/99"
    assert cart_link("", None, VARIANT) is None


@pytest.mark.parametrize(
    "link", ["http://shop.test/x", "javascript:alert(1)", "//shop.test", "https://", "", None, "https://[x"]
)
def test_only_safe_links_are_passed_on(link: str | None) -> None:
    assert passable(link) is None


def test_the_demo_on_this_machine_may_be_linked() -> None:
    assert passable("http://127.0.0.1:8000/cart") == "http://127.0.0.1:8000/cart"
