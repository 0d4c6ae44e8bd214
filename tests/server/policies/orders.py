"""Builds the orders, customers and products that these tests talk about; only what a test names differs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.commerce.model import (
    Address,
    Buyer,
    CustomerRecord,
    FulfilmentPhase,
    Line,
    LineQuantity,
    Money,
    OrderSnapshot,
    Payment,
    PaymentMethod,
    PaymentState,
    Product,
    Quantities,
    Shipment,
    ShipmentStatus,
    Totals,
    Variant,
)
from server.policies.file import Policy, loads

PLACED = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ARRIVED = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"


def usd(amount_minor: int) -> Money:
    """An amount in the shipped policy's currency."""
    return Money(amount_minor, "USD")


def line(
    line_id: str = "l1",
    *,
    price: int = 4_000,
    quantity: int = 1,
    fulfilled: int | None = None,
    delivered: int | None = None,
    currency: str = "USD",
    **more: object,
) -> Line:
    """A line that was delivered in full unless told otherwise."""
    shipped = quantity if fulfilled is None else fulfilled
    plain = Line(
        id=line_id,
        sku=f"SKU-{line_id}",
        product_id=f"p-{line_id}",
        title=f"Thing {line_id}",
        options={},
        quantities=Quantities(quantity, quantity, shipped, shipped if delivered is None else delivered),
        unit_price=Money(price, currency),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


def counted(one: Line, **counts: int) -> Line:
    """The line with other counts."""
    return replace(one, quantities=replace(one.quantities, **counts))


def parcel(lines: Sequence[Line], *, arrived: datetime | None = ARRIVED, parcel_id: str = "s1") -> Shipment:
    """A parcel with these lines, shipped three days before the tests' usual delivery."""
    status = ShipmentStatus.IN_TRANSIT if arrived is None else ShipmentStatus.DELIVERED
    return Shipment(
        id=parcel_id,
        carrier="ups",
        tracking_number=f"1Z-{parcel_id}",
        lines=tuple(LineQuantity(one.id, one.quantities.ordered) for one in lines),
        shipped_at=ARRIVED - timedelta(days=3),
        events=(),
        status=status,
        delivered_at=arrived,
    )


def order(
    *lines: Line,
    shipping: int = 0,
    tax: int = 0,
    discount: int = 0,
    country: str = "US",
    arrived: datetime | None = ARRIVED,
    currency: str = "USD",
    **more: object,
) -> OrderSnapshot:
    """A paid order, all in one parcel that arrived on 10 March 2026."""
    held = lines or (line(currency=currency),)
    items = sum(one.unit_price.amount_minor * one.quantities.ordered for one in held)

    def money(amount_minor: int) -> Money:
        return Money(amount_minor, currency)

    plain = OrderSnapshot(
        id="ord_1",
        number="#1042",
        placed_at=PLACED,
        updated_at=PLACED,
        customer=Buyer("c1", "Ana María Núñez", ("ana@example.com",), ("+14155550123",), "94110"),
        currency=currency,
        totals=Totals(
            items=money(items),
            discount=money(discount),
            shipping=money(shipping),
            tax=money(tax),
            total=money(items - discount + shipping + tax),
            refunded=money(0),
        ),
        payment=Payment(PaymentState.PAID, (PaymentMethod("card_1", "card", "Visa 4242"),)),
        ship_to=Address("Ana Núñez", "1 Main St", "", "San Francisco", "CA", "94110", country),
        lines=held,
        fulfilment=FulfilmentPhase.SHIPPED,
        tz=NEW_YORK,
        as_of=ARRIVED,
        source="test",
        shipments=(parcel(held, arrived=arrived),),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


def customer(**more: object) -> CustomerRecord:
    """The customer of these orders."""
    plain = CustomerRecord(
        id="c1",
        name="Ana María Núñez",
        emails=("ana@example.com",),
        phones=("+14155550123",),
        as_of=ARRIVED,
        source="test",
        payment_methods=(
            PaymentMethod("card_1", "card", "Visa 4242"),
            PaymentMethod("gift_1", "gift_card", "Gift card", 5_000),
        ),
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


def product(
    product_id: str = "p-l1", *, variants: Mapping[str, tuple[int, int | None]] | None = None, **more: object
) -> Product:
    """A product; `variants` maps sku to (price, stock)."""
    held = variants or {"SKU-l1": (4_000, 5), "SKU-l1-BLUE": (4_500, 5)}
    plain = Product(
        id=product_id,
        title="Thing",
        description="",
        category="things",
        attributes={},
        variants=tuple(
            Variant(sku, product_id, {}, price, stock, stock is None or stock > 0)
            for sku, (price, stock) in held.items()
        ),
        as_of=ARRIVED,
        source="test",
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


def policy(text: str = "") -> Policy:
    """The shipped policy with these lines on top."""
    return loads(text)
