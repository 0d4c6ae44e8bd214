"""A made-up shop of products with option combinations, for shoppers who swap, return and change their minds.

Everything is generated from one seed: thirty products, sixty orders of forty customers with stored means of payment. Beside the
crowd there are a few customers whose orders are written out by hand, so that a conversation about them can be asserted to the letter.
Its policy has few and firm rules, like those of public benchmarks: `POLICY`.
"""

# ruff: noqa: E501 (a table reads best as one)

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

NOW: Final = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
POLICY: Final = """
version: option-shop-1
zones: [{id: everywhere, match: {country: ["*"]}, law: none}]
outcomes:
  refund: {window_days: unlimited, label: {kind: merchant}}
  credit: {enabled: false}
  exchange: {window_days: unlimited, label: {kind: merchant}}
exchange: {keep_discount: false}
fault: {photo_over: 100000000, keep_item_max: 0}
holiday: null
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 100}
identity:
  read_order: {any_of: [[email], [name, zip], [signed_in]]}
  write: {any_of: [[email], [name, zip], [signed_in]]}
  start_return: {any_of: [[email], [name, zip], [signed_in]]}
actions:
  cancel_order: {states: [unfulfilled], reasons: [no longer needed, ordered by mistake], refund_to: [original, gift_card_on_file]}
  change_address: {states: [unfulfilled], profile: true}
  change_payment: {states: [unfulfilled], methods: on_file, balance_covers: true}
  change_items: {states: [unfulfilled], scope: same_product, times: 1, in_stock: true, difference: stored_method}
  start_return: {states: [delivered], refund_to: [original, gift_card_on_file], refund_to_by: choice}
  start_exchange: {states: [delivered], scope: same_product, times: 1, in_stock: true, difference: stored_method}
"""

_COLOURS: Final = ("black", "white", "blue", "red")
SHELF: Final[Sequence[tuple[str, int, Mapping[str, Sequence[str]]]]] = (
    ("Mechanical Keyboard", 21000, {"switch type": ("linear", "tactile", "clicky"), "backlight": ("RGB", "white", "none"), "size": ("full size", "80%", "60%")}),
    ("Smart Thermostat", 24000, {"compatibility": ("Apple HomeKit", "Google Assistant", "Amazon Alexa"), "color": ("black", "white", "stainless steel")}),
    ("Desk Lamp", 13000, {"color": ("black", "white", "silver"), "brightness": ("low", "medium", "high"), "power source": ("battery", "USB", "AC adapter")}),
    ("T-Shirt", 4500, {"color": ("blue", "red", "black"), "size": ("S", "M", "L", "XL"), "material": ("cotton", "polyester")}),
    ("Water Bottle", 4600, {"capacity": ("500ml", "750ml", "1000ml"), "material": ("plastic", "glass", "stainless steel"), "color": ("red", "blue", "black")}),
    ("Laptop", 250000, {"screen size": ("13-inch", "15-inch", "17-inch"), "processor": ("i5", "i7", "i9"), "storage": ("256GB SSD", "512GB SSD", "1TB SSD")}),
    ("Smart Watch", 40000, {"color": ("gold", "silver", "black"), "band material": ("silicone", "leather", "metal"), "display": ("AMOLED", "LCD")}),
    ("Running Shoes", 15000, {"size": ("8", "9", "10", "11"), "color": ("white", "black", "red"), "sole": ("EVA", "rubber")}),
    ("Office Chair", 49000, {"material": ("leather", "fabric", "mesh"), "color": ("black", "blue", "gray"), "armrest": ("fixed", "adjustable", "none")}),
    ("Electric Kettle", 14000, {"capacity": ("1L", "1.5L", "2L"), "material": ("glass", "plastic", "stainless steel"), "color": ("black", "white")}),
    ("Coffee Maker", 27000, {"type": ("drip", "espresso"), "capacity": ("2 cups", "4 cups"), "color": _COLOURS}),
    ("Hiking Boots", 24000, {"size": ("7", "8", "9", "10"), "material": ("leather", "synthetic"), "waterproof": ("yes", "no")}),
    ("Backpack", 20000, {"color": ("black", "navy", "green"), "size": ("small", "medium", "large"), "compartment": ("laptop", "camera")}),
    ("Bluetooth Speaker", 28000, {"color": ("black", "red", "green"), "battery life": ("10 hours", "20 hours"), "water resistance": ("yes", "no")}),
    ("Headphones", 25000, {"type": ("in-ear", "over-ear"), "connectivity": ("wired", "wireless"), "color": _COLOURS}),
    ("Gaming Mouse", 14500, {"sensor type": ("optical", "laser"), "connectivity": ("wired", "wireless"), "color": ("black", "white")}),
    ("Bookshelf", 51000, {"material": ("wood", "metal", "glass"), "height": ("4 ft", "5 ft", "6 ft"), "color": ("brown", "white")}),
    ("Jigsaw Puzzle", 4900, {"pieces": ("500", "1000", "2000"), "theme": ("animals", "fantasy", "art"), "difficulty level": ("beginner", "intermediate", "expert")}),
    ("Tea Kettle", 9800, {"material": ("ceramic", "glass"), "capacity": ("1 liter", "2 liters"), "stovetop compatibility": ("gas", "electric")}),
    ("Vacuum Cleaner", 59000, {"type": ("robotic", "upright"), "bagged": ("yes", "no"), "features": ("HEPA filter", "pet hair removal")}),
    ("Luggage Set", 49000, {"pieces": ("2", "3", "4"), "color": ("black", "silver"), "material": ("hardshell", "softshell")}),
    ("Yoga Mat", 9200, {"thickness": ("4mm", "6mm"), "material": ("PVC", "natural rubber"), "color": ("pink", "blue", "green")}),
    ("Tablet", 90000, {"screen size": ("7-inch", "10-inch"), "storage": ("32GB", "128GB"), "color": ("black", "gold")}),
    ("Digital Camera", 240000, {"resolution": ("20MP", "24MP", "30MP"), "zoom": ("3x", "5x", "10x"), "storage": ("SD card", "CF card")}),
    ("Garden Hose", 8200, {"length": ("25ft", "50ft", "100ft"), "material": ("rubber", "vinyl"), "color": ("green", "black")}),
    ("Pet Bed", 5200, {"size": ("small", "medium", "large"), "material": ("fleece", "polyester"), "color": ("beige", "brown")}),
    ("Wall Clock", 4800, {"diameter": ("10 inches", "12 inches", "14 inches"), "type": ("analog", "digital"), "color": ("black", "white")}),
    ("Bicycle", 50000, {"frame size": ("small", "medium", "large"), "type": ("mountain", "road"), "color": ("black", "red")}),
    ("Makeup Kit", 26500, {"skin tone": ("light", "medium", "dark"), "kit size": ("basic", "professional"), "brand": ("Brand A", "Brand B")}),
    ("Wristwatch", 32000, {"strap material": ("leather", "metal"), "dial color": ("white", "black", "blue")}),
)  # fmt: skip
"""Title, base price in minor units, options."""

Options = Mapping[str, str]
SOLD_OUT: Final = frozenset({"KEYB-clicky-none-60", "TSHI-red-XL-cotton", "WATE-1000ml-glass-blue"})


def sku_of(title: str, *values: str) -> str:
    """The sku of one version: TSHI-blue-M-cotton."""
    plain = ["".join(each for each in value if each.isalnum() or each == ".") for value in values]
    short = "".join(each for each in title.split()[-1 if title.startswith("Mechanical") else 0] if each.isalpha())
    prefix = {"Smart Thermostat": "THER", "Smart Watch": "SMWA", "Wall Clock": "CLOC"}.get(title, short[:4].upper())
    return "-".join([prefix, *plain])


def products() -> list[dict[str, Any]]:
    """The catalogue. A later value of each option costs a little more."""
    found = []
    for number, (title, base, options) in enumerate(SHELF):
        variants = []
        for combo in itertools.product(*(range(len(values)) for values in options.values())):
            values = [listed[at] for at, listed in zip(combo, options.values(), strict=True)]
            sku = sku_of(title, *values)
            step = max(100, base // 40 // 100 * 100)
            price = base + sum(at * step * (place + 1) for place, at in enumerate(combo))
            stock = 0 if sku in SOLD_OUT else 5 + sum(combo)
            variants.append(
                {"sku": sku, "options": dict(zip(options, values, strict=True)), "price": price, "stock": stock, "available": stock > 0}
            )  # fmt: skip
        found.append(
            {"id": f"p{number:02d}", "title": title, "category": "all", "attributes": {}, "variants": variants}
        )
    return found


CATALOGUE: Final = products()
_BY_SKU: Final = {each["sku"]: (product, each) for product in CATALOGUE for each in product["variants"]}


def price(sku: str) -> int:
    """What a version costs, in minor units."""
    return int(_BY_SKU[sku][1]["price"])


def method(method_id: str, kind: str, label: str, balance: int | None = None) -> dict[str, Any]:
    """A stored means of payment."""
    plain: dict[str, Any] = {"id": method_id, "kind": kind, "label": label}
    return plain if balance is None else {**plain, "balance": balance}


WALLETS: Final[Mapping[str, Sequence[dict[str, Any]]]] = {
    "ada": (method("card_4421", "credit_card", "Visa ending 4421"), method("pp_ada", "paypal", "PayPal"), method("gc_ada", "gift_card", "Gift card 7719", 2000)),
    "ben": (method("card_8830", "credit_card", "Mastercard ending 8830"),),
    "cleo": (method("pp_cleo", "paypal", "PayPal"), method("gc_cleo", "gift_card", "Gift card 1234", 90000)),
    "dan": (method("card_1111", "credit_card", "Visa ending 1111"), method("card_2222", "credit_card", "Mastercard ending 2222")),
    "eva": (method("pp_eva", "paypal", "PayPal"),),
    "fay": (method("card_5577", "credit_card", "Visa ending 5577"), method("pp_fay", "paypal", "PayPal"), method("gc_fay", "gift_card", "Gift card 3300", 15000)),
    "gus": (method("card_9012", "credit_card", "Mastercard ending 9012"), method("gc_gus", "gift_card", "Gift card 6020", 5000)),
    "ivy": (method("pp_ivy", "paypal", "PayPal"), method("gc_ivy", "gift_card", "Gift card 8080", 300000)),
}  # fmt: skip
PEOPLE: Final = {
    "ada": ("Ada Brook", "19122"), "ben": ("Ben Castle", "60601"), "cleo": ("Cleo Dunn", "94102"),
    "dan": ("Dan Elms", "10001"), "eva": ("Eva Frost", "73301"), "fay": ("Fay Gordon", "85001"),
    "gus": ("Gus Hale", "02108"), "ivy": ("Ivy Jensen", "33101"),
}  # fmt: skip
ORDERS: Final[Sequence[tuple[str, str, str, str, Sequence[str | tuple[str, int]]]]] = (
    ("#W1001", "ada", "delivered", "card_4421", ("KEYB-linear-RGB-fullsize", "THER-AppleHomeKit-black")),
    ("#W1002", "ada", "delivered", "pp_ada", ("DESK-black-high-ACadapter", "WATE-500ml-glass-red", "TSHI-blue-M-cotton")),
    ("#W1003", "ada", "unfulfilled", "card_4421", ("LAPT-15inch-i5-256GBSSD", "BACK-black-medium-laptop")),
    ("#W2001", "ben", "delivered", "card_8830", (("TSHI-red-M-cotton", 2), "RUNN-9-white-EVA")),
    ("#W2002", "ben", "unfulfilled", "card_8830", ("OFFI-leather-black-fixed",)),
    ("#W3001", "cleo", "delivered", "pp_cleo", ("SMWA-gold-silicone-LCD", "WATE-750ml-plastic-black", "WATE-500ml-plastic-blue")),
    ("#W3002", "cleo", "delivered", "gc_cleo", ("ELEC-1L-glass-black",)),
    ("#W4001", "dan", "delivered", "card_1111", ("HIKI-9-leather-no", "COFF-drip-2cups-black")),
    ("#W4002", "dan", "shipped", "card_1111", ("GAMI-optical-wired-black",)),
    ("#W5001", "eva", "delivered", "pp_eva", ("BLUE-black-10hours-no", "YOGA-4mm-PVC-pink")),
    ("#W5002", "eva", "unfulfilled", "pp_eva", ("BOOK-wood-4ft-brown", "JIGS-500-animals-beginner")),
    ("#W6001", "fay", "delivered", "pp_fay", ("DESK-white-medium-USB", "BLUE-red-20hours-yes", "CLOC-10inches-analog-black")),
    ("#W6002", "fay", "unfulfilled", "card_5577", ("BACK-navy-small-camera", "RUNN-10-black-rubber")),
    ("#W6003", "fay", "unfulfilled", "card_5577", ("TABL-7inch-32GB-black",)),
    ("#W7001", "gus", "delivered", "card_9012", ("HEAD-inear-wired-black", "GAMI-optical-wired-white")),
    ("#W7002", "gus", "delivered", "card_9012", ("HEAD-overear-wireless-red",)),
    ("#W7003", "gus", "unfulfilled", "card_9012", ("DIGI-20MP-3x-SDcard",)),
    ("#W7004", "gus", "unfulfilled", "gc_gus", ("JIGS-1000-fantasy-expert", "GARD-25ft-rubber-green")),
    ("#W8001", "ivy", "unfulfilled", "gc_ivy", ("LAPT-13inch-i5-256GBSSD",)),
    ("#W8002", "ivy", "delivered", "pp_ivy", ("VACU-robotic-yes-HEPAfilter", "LUGG-2-black-hardshell", "MAKE-light-basic-BrandA")),
)  # fmt: skip
"""Number, whose, state, paid by, what: skus, or (sku, quantity)."""
ELSEWHERE: Final = {
    "#W6002": ("77 Lake Drive", "Austin", "TX", "78701"),
    "#W7003": ("5 Hill Road", "Denver", "CO", "80202"),
}
"""Orders that go somewhere else than home."""


def _line(number: int, sku: str, quantity: int, state: str) -> dict[str, Any]:
    product, variant = _BY_SKU[sku]
    return {
        "id": f"l{number}", "sku": sku, "product_id": product["id"], "title": product["title"], "options": variant["options"],
        "quantity": quantity, "fulfilled": 0 if state == "unfulfilled" else quantity, "unit_price": variant["price"],
        "final_sale": False, "category": "all",
    }  # fmt: skip


def _order(
    number: str, who: str, name: str, zip_code: str, state: str, paid_by: Mapping[str, Any], items: Sequence[str | tuple[str, int]]
) -> dict[str, Any]:  # fmt: skip
    placed = NOW - timedelta(days=12 if state != "unfulfilled" else 1)
    held = [(each, 1) if isinstance(each, str) else each for each in items]
    lines = [_line(at, sku, count, state) for at, (sku, count) in enumerate(held, 1)]
    total = sum(line["unit_price"] * line["quantity"] for line in lines)
    order: dict[str, Any] = {
        "id": f"o{number.strip('#')}", "number": number, "placed_at": placed.isoformat(), "updated_at": placed.isoformat(),
        "customer": {"id": who, "name": name, "emails": [f"{who}@shopper.example"], "phones": [], "zip": zip_code},
        "currency": "USD", "totals": {"items": total, "discount": 0, "shipping": 0, "tax": 0, "total": total, "refunded": 0},
        "payment": {"status": "paid", "methods": [{key: paid_by[key] for key in ("id", "kind", "label")}]},
        "ship_to": {"name": name, "line1": "1 Main St", "line2": "", "city": "Springfield", "region": "NY", "zip": zip_code, "country": "US"},
        "lines": lines, "holds": [], "shipments": [], "returns": [], "refunds": [],
        "fulfilment": "unfulfilled" if state == "unfulfilled" else "shipped",
    }  # fmt: skip
    if number in ELSEWHERE:
        order["ship_to"] |= dict(zip(("line1", "city", "region", "zip"), ELSEWHERE[number], strict=True))
    if state != "unfulfilled":
        order["shipments"] = [shipment(order, lines, placed, is_here=state == "delivered")]
    return order


def shipment(
    order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], placed: datetime, *, is_here: bool
) -> dict[str, Any]:
    """The parcel of an order, on its way or delivered."""
    left, here = placed + timedelta(days=2), placed + timedelta(days=5)
    events = [{"at": left.isoformat(), "code": "in_transit", "text": "Departed"}]
    events += [{"at": here.isoformat(), "code": "delivered", "text": "Delivered"}] if is_here else []
    return {
        "id": f"s-{order['id']}", "carrier": "UPS", "tracking_number": f"1Z{order['id'][1:]:0>16}", "shipped_at": left.isoformat(),
        "lines": [{"line": line["id"], "quantity": line["quantity"]} for line in lines], "events": events,
    }  # fmt: skip


def _crowd() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Thirty-five more customers and forty-nine more orders, always the same."""
    chance = random.Random(20260520)
    skus = sorted(_BY_SKU)
    people, orders = [], []
    for number in range(35):
        who, name = f"c{number:02d}", f"Person {chr(65 + number % 26)}{number}"
        wallet = [method(f"card_{who}", "credit_card", f"Visa ending {3000 + number}")]
        wallet += [method(f"gc_{who}", "gift_card", f"Gift card {7000 + number}", 5000)] if number % 3 == 0 else []
        people.append(_person(who, name, f"{20000 + number}", wallet))
    for number in range(49):
        one = people[number % 35]
        items = tuple(chance.sample(skus, chance.randint(1, 4)))
        state = chance.choice(("delivered", "delivered", "unfulfilled", "shipped"))
        orders.append(
            _order(f"#W9{number:03d}", one["id"], one["name"], one["addresses"][0]["zip"], state, one["payment_methods"][0], items)
        )  # fmt: skip
    return people, orders


def _person(who: str, name: str, zip_code: str, wallet: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    address = {"name": name, "line1": "1 Main St", "line2": "", "city": "Springfield", "region": "NY", "zip": zip_code, "country": "US"}  # fmt: skip
    return {
        "id": who, "name": name, "emails": [f"{who}@shopper.example"], "phones": [], "addresses": [address],
        "payment_methods": list(wallet), "vip": False, "lifetime_value": 0, "consents": {},
    }  # fmt: skip


def customers() -> list[dict[str, Any]]:
    """Everybody."""
    return [_person(who, *PEOPLE[who], WALLETS[who]) for who in PEOPLE] + _crowd()[0]


def orders() -> list[dict[str, Any]]:
    """Every order."""
    own = [
        _order(number, who, *PEOPLE[who], state, next(each for each in WALLETS[who] if each["id"] == method), items)
        for number, who, state, method, items in ORDERS
    ]
    return own + _crowd()[1]


def write(folder: Path) -> dict[str, Path]:
    """The import files by kind, and the policy beside them."""
    files = {}
    for kind, rows in (("orders", orders()), ("products", products()), ("customers", customers())):
        files[kind] = folder / f"{kind}.jsonl"
        files[kind].write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return files
