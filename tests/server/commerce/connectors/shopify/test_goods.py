"""Products and customers of Shopify as documents of ours."""

from typing import Any

import pytest

from server.commerce.connectors.shopify.goods import customer_document, plain, product_document
from server.commerce.documents import decode_customer, decode_product
from server.commerce.parse import customer_record
from server.commerce.parse_goods import product_record
from tests.server.commerce.connectors.shopify.goods import a_product, a_variant
from tests.server.commerce.orders import NOW


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Warm &amp; soft.</p><p>Made of <b>merino</b>\n wool.</p>", "Warm & soft.\nMade of merino wool."),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<script>alert(1)</script><style>p{}</style>Fine", "Fine"),
        ("1 < 2 & 3", "1 < 2 & 3"),
        ("<p>broken", "broken"),
        ("<SCRIPT><b>never</b></SCRIPT>shown", "shown"),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_description_loses_its_markup(html: object, expected: str) -> None:
    assert plain(html) == expected


def read(**changes: Any) -> Any:
    """The product as answers see it."""
    document, warnings = decode_product(product_document(a_product(**changes), "USD"))
    assert warnings == []
    return product_record(document, as_of=NOW, source="shopify")


def test_a_product_comes_with_everything_an_answer_needs() -> None:
    product = read()
    assert (product.id, product.title, product.description) == ("p1", "Scarf", "Warm.")
    assert (product.category, product.tags, product.collections) == ("Scarves", ("winter",), ("New",))
    assert (product.url, product.image) == ("https://shop.test/scarf", "https://cdn.test/scarf.jpg")
    assert (product.currency, product.is_on_sale) == ("USD", True)


def test_metafields_are_attributes_where_they_can_be_read() -> None:
    fields = [
        ("custom", "care", "single_line_text_field", "Hand wash"),
        ("custom", "washable", "boolean", "true"),
        ("custom", "fits", "list.single_line_text_field", '["A", "B"]'),
        ("reviews", "rating", "number_decimal", "4.5"),
        ("custom", "sheet", "file_reference", "gid://shopify/File/1"),
        ("custom", "raw", "json", "{}"),
        ("custom", "torn", "list.single_line_text_field", "[oops"),
    ]
    names = ("namespace", "key", "type", "value")
    product = read(vendor="Wool Inc", metafields=[dict(zip(names, each, strict=True)) for each in fields])
    assert product.attributes == {
        "vendor": "Wool Inc",
        "care": "Hand wash",
        "washable": "yes",
        "fits": "A, B",
        "reviews.rating": "4.5",
        "torn": "[oops",
    }


def test_a_variant_has_its_price_stock_and_id() -> None:
    (variant,) = read(variants=[a_variant(price="25.00", compareAtPrice="30.00", inventoryQuantity=3)]).variants
    assert (variant.sku, variant.platform_id, variant.price_minor, variant.was_price_minor) == (
        "SCARF-RED",
        "501",
        2500,
        3000,
    )
    assert (variant.stock, variant.available, variant.options) == (3, True, {"Colour": "Red"})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"compareAtPrice": "25.00"}, ("was_price_minor", None)),
        ({"compareAtPrice": None}, ("was_price_minor", None)),
        ({"inventoryItem": {"tracked": False}}, ("stock", None)),
        ({"availableForSale": False}, ("available", False)),
        ({"price": None}, ("available", False)),
        ({"price": "NaN"}, ("available", False)),
        ({"sku": None}, ("sku", "501")),
        ({"selectedOptions": [{"name": "Title", "value": "Default Title"}]}, ("options", {})),
    ],
)
def test_what_a_variant_may_lack(changes: dict[str, Any], expected: tuple[str, object]) -> None:
    (variant,) = read(variants=[a_variant(**changes)]).variants
    assert getattr(variant, expected[0]) == expected[1]


def test_two_variants_with_one_sku_stay_apart() -> None:
    twins = [a_variant(), a_variant(id="gid://shopify/ProductVariant/502")]
    assert [each.sku for each in read(variants=twins).variants] == ["SCARF-RED", "502"]


@pytest.mark.parametrize(
    ("status", "on_sale"), [("ACTIVE", True), ("DRAFT", False), ("ARCHIVED", False), (None, False)]
)
def test_only_what_is_active_is_on_sale(status: str | None, on_sale: bool) -> None:
    assert read(status=status).is_on_sale is on_sale


def test_a_customer_comes_with_contacts_and_addresses() -> None:
    raw = {
        "id": "gid://shopify/Customer/77",
        "displayName": "Ana Souza",
        "tags": ["VIP"],
        "amountSpent": {"amount": "120.50", "currencyCode": "USD"},
        "defaultEmailAddress": {"emailAddress": "ana@example.com"},
        "defaultPhoneNumber": {"phoneNumber": "+15550100"},
        "addressesV2": {
            "nodes": [{"address1": "12 Farnam St", "city": "Omaha", "zip": "68102", "countryCodeV2": "US"}]
        },
    }
    document, warnings = decode_customer(customer_document(raw))
    customer = customer_record(document, as_of=NOW, source="shopify")
    assert warnings == []
    assert (customer.id, customer.emails, customer.phones) == ("77", ("ana@example.com",), ("+15550100",))
    assert (customer.vip, customer.lifetime_value_minor, customer.addresses[0].city) == (True, 12050, "Omaha")


def test_a_customer_without_anything_is_still_one() -> None:
    document, _ = decode_customer(customer_document({"id": "gid://shopify/Customer/77"}))
    assert (document.id, document.emails, document.phones) == ("77", [], [])
