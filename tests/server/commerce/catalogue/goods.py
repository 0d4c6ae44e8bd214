"""Products for tests of what is said of them: one with everything, one with next to nothing."""

from server.commerce.documents import decode_product
from server.commerce.goods import Product
from server.commerce.parse_goods import product_record
from tests.server.commerce.orders import NOW, Raw

CHART: Raw = {
    "unit": "cm",
    "fit": "Runs small.",
    "rows": [
        {"size": "S", "measures": {"chest": "88-92", "waist": "72-76"}},
        {"size": "M", "measures": {"chest": "94-98", "waist": "78-82"}},
        {"size": "L", "measures": {"chest": "98-104", "waist": "84-88"}},
    ],
}
VARIANTS: list[Raw] = [
    {"sku": "J-BLUE-S", "options": {"colour": "Light blue", "size": "S"}, "price": 12900, "stock": 3},
    {"sku": "J-NAVY-S", "options": {"colour": "Navy", "size": "S"}, "price": 12900, "stock": 9},
    {"sku": "J-NAVY-M", "options": {"colour": "Navy", "size": "M"}, "price": 13900, "stock": 0},
    {"sku": "J-RED-M", "options": {"colour": "Red", "size": "M"}, "price": 12900, "stock": 0, "available": True},
]
JACKET: Raw = {
    "id": "jacket",
    "title": "Rain jacket",
    "description": "Taped seams. Waterproof to 20,000 mm. Two pockets for hands.",
    "category": "jackets",
    "currency": "EUR",
    "attributes": {"material": "recycled polyester", "care": "Machine wash 30 C"},
    "size_chart": CHART,
    "variants": VARIANTS,
}
PLAIN: Raw = {"id": "vase", "title": "Vase", "variants": [{"sku": "V-1", "price": 3900}]}


def a_product(raw: Raw = JACKET, **changes: object) -> Product:
    """A product; `changes` replace fields of its document."""
    return product_record(decode_product({**raw, **changes})[0], as_of=NOW, source="store")
