"""A second made-up shop: numbers for skus, prices in no order, addresses that differ, and other things on its shelf.

It has the policy of `option_shop`, and its customers are written out by hand. What it sells has every combination of its options;
five of them are sold out.
"""

# ruff: noqa: E501 (a table reads best as one)

import itertools
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.support import option_shop

NOW: Final = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
Address = tuple[str, str, str, str, str]
SHELF: Final[Mapping[str, tuple[int, Mapping[str, Sequence[str]]]]] = {
    "Skateboard": (19000, {"deck material": ("bamboo", "maple", "plastic"), "length": ("28 inch", "31 inch", "34 inch"), "design": ("plain", "graphic", "custom")}),
    "Espresso Machine": (28000, {"pressure": ("9 bar", "15 bar", "19 bar"), "capacity": ("1L", "1.5L", "2L"), "type": ("manual", "automatic", "capsule")}),
    "Sneakers": (15000, {"size": ("6", "7", "8", "9", "10"), "color": ("black", "blue", "green", "gray"), "material": ("leather", "mesh", "synthetic")}),
    "Air Purifier": (48000, {"room size": ("small", "medium", "large"), "filter type": ("HEPA", "carbon", "ionic"), "features": ("quiet operation", "smart sensors", "night mode")}),
    "Patio Umbrella": (30000, {"size": ("6 ft", "7 ft", "8 ft"), "color": ("blue", "green", "beige", "red"), "material": ("polyester", "olefin"), "tilt mechanism": ("auto tilt", "manual tilt")}),
    "Cycling Helmet": (19500, {"size": ("S", "M", "L"), "color": ("red", "white", "black", "blue"), "ventilation": ("low", "medium", "high")}),
    "E-Reader": (24000, {"screen size": ("6-inch", "7-inch", "8-inch"), "connectivity": ("Wi-Fi", "Wi-Fi + Cellular"), "storage": ("8GB", "32GB")}),
    "Action Camera": (38000, {"resolution": ("1080p", "4K", "5K"), "waterproof": ("yes", "no"), "color": ("black", "silver")}),
    "Grill": (100000, {"type": ("charcoal", "gas", "electric"), "size": ("portable", "medium", "large"), "features": ("none", "side burner", "rotisserie")}),
    "Fleece Jacket": (16000, {"size": ("S", "M", "L", "XL"), "color": ("black", "red", "navy"), "zipper": ("full", "half")}),
    "Electric Toothbrush": (14500, {"color": ("black", "white", "blue"), "speed settings": ("low", "high"), "battery type": ("AA batteries", "rechargeable")}),
    "Dumbbell Set": (23000, {"weight range": ("5-25 lbs", "30-50 lbs", "55-75 lbs"), "material": ("iron", "rubber", "urethane"), "set type": ("adjustable", "fixed")}),
    "Smartphone": (60000, {"color": ("black", "gold", "rose gold"), "storage": ("64GB", "128GB", "256GB"), "RAM": ("4GB", "6GB", "8GB"), "screen size": ("5.8-inch", "6.1-inch")}),
    "Indoor Security Camera": (15000, {"resolution": ("1080p", "2K", "4K"), "field of view": ("110 degrees", "130 degrees"), "connectivity": ("Wi-Fi", "Ethernet")}),
    "Notebook": (2900, {"size": ("A4", "A5", "A6"), "cover type": ("hard cover", "soft cover")}),
    "Perfume": (35000, {"scent family": ("woody", "fresh", "oriental"), "size": ("30ml", "50ml", "100ml"), "gender": ("men", "women", "unisex")}),
    "Wireless Earbuds": (25500, {"color": ("black", "white", "blue"), "battery life": ("4 hours", "6 hours", "8 hours"), "water resistance": ("IPX4", "IPX7", "not resistant")}),
    "LED Light Bulb": (4600, {"brightness": ("60W equivalent", "75W equivalent", "100W equivalent"), "color temperature": ("warm white", "daylight", "cool white"), "connectivity": ("Bluetooth", "none")}),
    "Pet Bed": (5200, {"size": ("small", "medium", "large"), "material": ("fleece", "polyester", "memory foam"), "color": ("beige", "brown", "grey")}),
    "Office Chair": (49000, {"material": ("leather", "fabric", "mesh"), "color": ("black", "blue", "gray"), "armrest": ("fixed", "adjustable"), "backrest height": ("standard", "high-back")}),
    "T-Shirt": (4700, {"color": ("blue", "red", "black", "purple"), "size": ("S", "M", "L", "XL", "XXL"), "material": ("cotton", "polyester"), "style": ("v-neck", "crew neck")}),
    "Backpack": (20000, {"color": ("grey", "navy", "green"), "size": ("small", "medium", "large"), "material": ("nylon", "leather"), "compartment": ("laptop", "hydration")}),
    "Garden Hose": (8200, {"length": ("25ft", "50ft", "100ft"), "material": ("rubber", "vinyl", "latex"), "color": ("green", "black", "blue")}),
    "Wall Clock": (4800, {"diameter": ("10 inches", "12 inches", "14 inches"), "color": ("black", "white", "red"), "type": ("analog", "digital")}),
    "Sunglasses": (14000, {"frame color": ("black", "brown", "silver"), "lens color": ("green", "brown", "black"), "lens type": ("polarized", "non-polarized"), "frame material": ("plastic", "metal")}),
}  # fmt: skip
"""Title: base price in minor units, options."""


def sku(title: str, *values: str) -> str:
    """The sku of one version: ten digits that tell nothing."""
    options = SHELF[title][1]
    at = 0
    for value, listed in zip(values, options.values(), strict=True):
        at = at * 7 + list(listed).index(value)
    row = list(SHELF).index(title)
    return str(1000000000 + ((row * 1000003 + at * 7919 + 1234567) * 2654435761) % 9000000000)[:10]


SOLD_OUT: Final = frozenset(
    sku(*values)
    for values in (
        ("Skateboard", "bamboo", "34 inch", "custom"),
        ("Sneakers", "9", "green", "mesh"),
        ("T-Shirt", "red", "XXL", "cotton", "v-neck"),
        ("Cycling Helmet", "M", "blue", "high"),
        ("Grill", "electric", "large", "rotisserie"),
    )
)


def products() -> list[dict[str, Any]]:
    """The catalogue."""
    found = []
    for row, (title, (base, options)) in enumerate(SHELF.items()):
        chance, variants = random.Random(title), []
        for values in itertools.product(*options.values()):
            price = base + chance.randrange(-base // 8, base // 4) // 10 * 10
            stock = 0 if sku(title, *values) in SOLD_OUT else 9
            variants.append(
                {"sku": sku(title, *values), "options": dict(zip(options, values, strict=True)), "price": price, "stock": stock, "available": stock > 0}
            )  # fmt: skip
        found.append(
            {"id": str(6000000000 + row * 91234567), "title": title, "category": "all", "attributes": {}, "variants": variants}
        )  # fmt: skip
    return found


CATALOGUE: Final = products()
_BY_SKU: Final = {each["sku"]: (product, each) for product in CATALOGUE for each in product["variants"]}


def cheapest(title: str, **options: str) -> str:
    """The sku of the version that costs the least, of those that can be had with these options."""
    return _pick(title, min, options)


def dearest(title: str, **options: str) -> str:
    """The sku of the version that costs the most."""
    return _pick(title, max, options)


def _pick(title: str, choose: Callable[..., Any], options: Mapping[str, str]) -> str:
    wanted = {name.replace("_", " "): value for name, value in options.items()}
    variants = next(each["variants"] for each in CATALOGUE if each["title"] == title)
    fitting = [each for each in variants if each["available"] and wanted.items() <= each["options"].items()]
    return str(choose(fitting, key=lambda each: each["price"])["sku"])


_m = option_shop.method
_CUSTOMERS: Final[Sequence[tuple[str, str, str, Address, Sequence[dict[str, Any]]]]] = (
    ("lena", "Lena Ortiz", "lena.ortiz4410@mailbox.example", ("212 Cedar Street", "Apt 4", "Denver", "80218", "CO"), (_m("credit_card_700", "credit_card", "Visa ending 7001"), _m("paypal_701", "paypal", "PayPal"), _m("gift_card_702", "gift_card", "Gift card 4410", 4000),)),
    ("omar", "Omar Haddad", "omar.haddad77@mailbox.example", ("88 River Road", "", "Columbus", "43085", "OH"), (_m("paypal_711", "paypal", "PayPal"), _m("gift_card_712", "gift_card", "Gift card 9917", 80000),)),
    ("mei", "Mei Tanaka", "mei_tanaka@mailbox.example", ("5 Sunset Drive", "Suite 12", "San Diego", "92108", "CA"), (_m("credit_card_721", "credit_card", "Mastercard ending 1840"), _m("credit_card_722", "credit_card", "Visa ending 6652"),)),
    ("raj", "Raj Mehta", "raj.mehta1@mailbox.example", ("19 Hill Lane", "", "Austin", "78705", "TX"), (_m("credit_card_731", "credit_card", "Visa ending 9090"),)),
    ("zoe", "Zoe Laurent", "zoe.laurent@mailbox.example", ("470 Lakeview Drive", "", "Chicago", "60641", "IL"), (_m("paypal_741", "paypal", "PayPal"), _m("credit_card_742", "credit_card", "Mastercard ending 3321"), _m("gift_card_743", "gift_card", "Gift card 1515", 6000),)),
    ("paul", "Paul Brandt", "paul.brandt9@mailbox.example", ("77 Oak Avenue", "Suite 9", "Seattle", "98109", "WA"), (_m("gift_card_751", "gift_card", "Gift card 2727", 150000), _m("paypal_752", "paypal", "PayPal"),)),
    ("nia", "Nia Okafor", "nia.okafor@mailbox.example", ("303 Maple Drive", "", "Houston", "77004", "TX"), (_m("paypal_761", "paypal", "PayPal"),)),
    ("tom", "Tom Silva", "tom.silva@mailbox.example", ("12 Elm Avenue", "", "Phoenix", "85033", "AZ"), (_m("credit_card_771", "credit_card", "Visa ending 5050"), _m("paypal_772", "paypal", "PayPal"),)),
)  # fmt: skip
"""Who, their name, e-mail address, home and wallet."""
PEOPLE: Final = {who: (name, home[3]) for who, name, _, home, _ in _CUSTOMERS}
_HOMES: Final = {who: home for who, _, _, home, _ in _CUSTOMERS}
_EMAILS: Final = {who: email for who, _, email, _, _ in _CUSTOMERS}
_WALLETS: Final = {who: wallet for who, _, _, _, wallet in _CUSTOMERS}

SKATEBOARD: Final = sku("Skateboard", "bamboo", "31 inch", "plain")
NOTEBOOK: Final = sku("Notebook", "A5", "hard cover")
CLOCK: Final = sku("Wall Clock", "12 inches", "white", "analog")
SNEAKERS: Final = sku("Sneakers", "8", "blue", "mesh")
JACKET: Final = sku("Fleece Jacket", "M", "red", "half")
UMBRELLA: Final = sku("Patio Umbrella", "6 ft", "red", "olefin", "manual tilt")
ESPRESSO_MACHINE: Final = sku("Espresso Machine", "9 bar", "1L", "manual")
PERFUME: Final = sku("Perfume", "woody", "50ml", "men")
E_READER: Final = sku("E-Reader", "7-inch", "Wi-Fi", "8GB")
BULB: Final = sku("LED Light Bulb", "60W equivalent", "warm white", "none")
HELMET: Final = sku("Cycling Helmet", "S", "white", "low")
CAMERA: Final = sku("Action Camera", "4K", "no", "black")
PURIFIER: Final = sku("Air Purifier", "medium", "carbon", "night mode")
CHAIR: Final = sku("Office Chair", "mesh", "gray", "fixed", "standard")
DUMBBELLS: Final = sku("Dumbbell Set", "5-25 lbs", "iron", "fixed")
BED: Final = sku("Pet Bed", "small", "fleece", "beige")
TOOTHBRUSH: Final = sku("Electric Toothbrush", "black", "low", "AA batteries")
RED_SHIRT: Final = sku("T-Shirt", "red", "L", "cotton", "v-neck")
BLUE_SHIRT: Final = sku("T-Shirt", "blue", "L", "cotton", "crew neck")
GRILL: Final = sku("Grill", "charcoal", "medium", "none")
BACKPACK: Final = sku("Backpack", "grey", "small", "nylon", "laptop")
EARBUDS: Final = sku("Wireless Earbuds", "black", "4 hours", "IPX4")
SECURITY_CAMERA: Final = sku("Indoor Security Camera", "1080p", "110 degrees", "Wi-Fi")
SUNGLASSES: Final = sku("Sunglasses", "black", "green", "polarized", "plastic")
HOSE: Final = sku("Garden Hose", "25ft", "rubber", "green")
BROWN_BED: Final = sku("Pet Bed", "large", "polyester", "brown")
PHONE: Final = sku("Smartphone", "black", "128GB", "6GB", "6.1-inch")
GAS_GRILL: Final = sku("Grill", "gas", "portable", "side burner")
WHITE_EARBUDS: Final = sku("Wireless Earbuds", "white", "6 hours", "IPX7")
LONG_SKATEBOARD: Final = sku("Skateboard", "maple", "34 inch", "graphic")
RED_HELMET: Final = sku("Cycling Helmet", "L", "red", "medium")
BLACK_SNEAKERS: Final = sku("Sneakers", "7", "black", "leather")
SILVER_SUNGLASSES: Final = sku("Sunglasses", "silver", "black", "non-polarized", "metal")
NAVY_JACKET: Final = sku("Fleece Jacket", "L", "navy", "full")
RED_CLOCK: Final = sku("Wall Clock", "10 inches", "red", "digital")
SMALL_NOTEBOOK: Final = sku("Notebook", "A6", "soft cover")
LEATHER_CHAIR: Final = sku("Office Chair", "leather", "black", "adjustable", "high-back")
FRESH_PERFUME: Final = sku("Perfume", "fresh", "30ml", "women")
CAPSULE_MACHINE: Final = sku("Espresso Machine", "15 bar", "1.5L", "capsule")
SMALL_PURIFIER: Final = sku("Air Purifier", "small", "HEPA", "quiet operation")
PURPLE_SHIRT: Final = sku("T-Shirt", "purple", "XL", "polyester", "v-neck")
_ROWS: Final[Sequence[tuple[str, str, str, str, Sequence[str], Address | None]]] = (
    ("#W5100021", "lena", "delivered", "paypal_701", (sku("Skateboard", "bamboo", "31 inch", "plain"), sku("Notebook", "A5", "hard cover"), sku("Wall Clock", "12 inches", "white", "analog"),), None),
    ("#W5100044", "lena", "unfulfilled", "credit_card_700", (SNEAKERS, sku("Fleece Jacket", "M", "red", "half"),), None),
    ("#W5100063", "lena", "unfulfilled", "credit_card_700", (sku("Patio Umbrella", "6 ft", "red", "olefin", "manual tilt"),), ("600 Walnut Street", "", "Boulder", "80302", "CO")),
    ("#W6200010", "omar", "delivered", "paypal_711", (sku("Espresso Machine", "9 bar", "1L", "manual"), PERFUME,), None),
    ("#W6200033", "omar", "unfulfilled", "gift_card_712", (E_READER, sku("LED Light Bulb", "60W equivalent", "warm white", "none"),), None),
    ("#W6200047", "omar", "shipped", "paypal_711", (sku("Garden Hose", "50ft", "vinyl", "black"),), None),
    ("#W7300002", "mei", "delivered", "credit_card_721", (sku("Cycling Helmet", "S", "white", "low"), sku("Action Camera", "4K", "no", "black"), sku("Air Purifier", "medium", "carbon", "night mode"),), None),
    ("#W7300019", "mei", "unfulfilled", "credit_card_721", (sku("Office Chair", "mesh", "gray", "fixed", "standard"),), None),
    ("#W7300028", "mei", "unfulfilled", "credit_card_722", (sku("Dumbbell Set", "5-25 lbs", "iron", "fixed"), sku("Pet Bed", "small", "fleece", "beige"),), None),
    ("#W8400005", "raj", "delivered", "credit_card_731", (sku("Electric Toothbrush", "black", "low", "AA batteries"), RED_SHIRT, sku("T-Shirt", "blue", "L", "cotton", "crew neck"),), None),
    ("#W8400011", "raj", "unfulfilled", "credit_card_731", (GRILL,), None),
    ("#W8400066", "raj", "unfulfilled", "credit_card_731", (BACKPACK, sku("Wireless Earbuds", "black", "4 hours", "IPX4"),), None),
    ("#W9500001", "zoe", "delivered", "credit_card_742", (sku("Indoor Security Camera", "1080p", "110 degrees", "Wi-Fi"), SUNGLASSES,), None),
    ("#W9500008", "zoe", "delivered", "paypal_741", (sku("Garden Hose", "25ft", "rubber", "green"), sku("Pet Bed", "large", "polyester", "brown"),), None),
    ("#W9500023", "zoe", "unfulfilled", "paypal_741", (PHONE,), None),
    ("#W1600004", "paul", "delivered", "gift_card_751", (sku("Grill", "gas", "portable", "side burner"), sku("Wireless Earbuds", "white", "6 hours", "IPX7"),), None),
    ("#W1600015", "paul", "unfulfilled", "paypal_752", (sku("Skateboard", "maple", "34 inch", "graphic"), sku("Cycling Helmet", "L", "red", "medium"),), None),
    ("#W1600026", "paul", "cancelled", "paypal_752", (sku("Notebook", "A4", "soft cover"),), None),
    ("#W2700009", "nia", "delivered", "paypal_761", (BLACK_SNEAKERS, SILVER_SUNGLASSES,), None),
    ("#W2700031", "nia", "delivered", "paypal_761", (sku("Fleece Jacket", "L", "navy", "full"),), None),
    ("#W2700038", "nia", "unfulfilled", "paypal_761", (sku("Wall Clock", "10 inches", "red", "digital"), sku("Notebook", "A6", "soft cover"),), ("15 Willow Lane", "", "Dallas", "75201", "TX")),
    ("#W3800003", "tom", "shipped", "credit_card_771", (sku("Office Chair", "leather", "black", "adjustable", "high-back"),), None),
    ("#W3800012", "tom", "delivered", "credit_card_771", (FRESH_PERFUME, sku("Espresso Machine", "15 bar", "1.5L", "capsule"),), None),
    ("#W3800020", "tom", "unfulfilled", "paypal_772", (sku("Air Purifier", "small", "HEPA", "quiet operation"), PURPLE_SHIRT,), None),
)  # fmt: skip
"""Number, whose, state, paid by, what, and where it goes if not home."""


def _written(name: str, place: Address) -> dict[str, str]:
    line1, line2, city, code, region = place
    return {"name": name, "line1": line1, "line2": line2, "city": city, "region": region, "zip": code, "country": "US"}


def _document(at: int, row: tuple[str, str, str, str, Sequence[str], Address | None]) -> dict[str, Any]:
    number, who, state, method_id, items, ship = row
    name = PEOPLE[who][0]
    is_here, has_left = state == "delivered", state in ("shipped", "delivered")
    age = (
        timedelta(days=14 - at % 3, hours=at)
        if is_here
        else timedelta(days=4)
        if has_left
        else timedelta(days=2, hours=-at)
    )
    placed = NOW - age
    lines = [_line(each, item, 1 if has_left else 0) for each, item in enumerate(items, 1)]
    total = sum(line["unit_price"] for line in lines)
    method = next(each for each in _WALLETS[who] if each["id"] == method_id)
    order: dict[str, Any] = {
        "id": f"o{number[1:]}", "number": number, "placed_at": placed.isoformat(), "updated_at": placed.isoformat(),
        "customer": {"id": who, "name": name, "emails": [_EMAILS[who]], "phones": [], "zip": PEOPLE[who][1]}, "currency": "USD",
        "totals": {"items": total, "discount": 0, "shipping": 0, "tax": 0, "total": total, "refunded": 0},
        "payment": {"status": "paid", "methods": [{key: method[key] for key in ("id", "kind", "label")}]},
        "ship_to": _written(name, ship or _HOMES[who]), "lines": lines, "holds": [], "shipments": [], "returns": [], "refunds": [],
        "fulfilment": "shipped" if has_left else "unfulfilled",
    }  # fmt: skip
    if state == "cancelled":
        order |= {"cancelled_at": (placed + timedelta(hours=3)).isoformat(), "cancel_reason": "customer"}
    if has_left:
        order["shipments"] = [option_shop.shipment(order, lines, placed, is_here=is_here)]
    return order


def _line(at: int, item: str, fulfilled: int) -> dict[str, Any]:
    product, variant = _BY_SKU[item]
    return {
        "id": f"l{at}", "sku": item, "product_id": product["id"], "title": product["title"], "options": variant["options"],
        "quantity": 1, "fulfilled": fulfilled, "unit_price": variant["price"], "final_sale": False, "category": "all",
    }  # fmt: skip


def orders() -> list[dict[str, Any]]:
    """Every order."""
    return [_document(at, row) for at, row in enumerate(_ROWS)]


def customers() -> list[dict[str, Any]]:
    """Everybody."""
    return [
        {
            "id": who, "name": name, "emails": [_EMAILS[who]], "phones": [], "addresses": [_written(name, _HOMES[who])],
            "payment_methods": list(_WALLETS[who]), "vip": False, "lifetime_value": 0, "consents": {},
        }
        for who, (name, _) in PEOPLE.items()
    ]  # fmt: skip


def write(folder: Path) -> dict[str, Path]:
    """The import files by kind, and the policy beside them."""
    kinds: Iterable[tuple[str, list[dict[str, Any]]]] = (
        ("orders", orders()),
        ("products", products()),
        ("customers", customers()),
    )
    files = {}
    for kind, rows in kinds:
        files[kind] = folder / f"{kind}.jsonl"
        files[kind].write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    (folder / "policy.yaml").write_text(option_shop.POLICY, encoding="utf-8")
    return files
