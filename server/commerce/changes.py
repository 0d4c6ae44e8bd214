"""What a write does to an order document: pure functions from a document to a new one, the result and the stock moved.

A store that keeps documents applies these inside its own transaction, so that every such store changes them alike. They
refuse what cannot be done (`StoreRefused`), but they judge no policy: whether it may be done was decided before. Ids
follow from the idempotency key; no clock, no randomness. Money that a bank must still move is `pending`, never called
refunded.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from msgspec.structs import replace

from server.commerce.documents import decode_order, to_raw
from server.commerce.formats import (
    AddressDocument,
    ChangeDocument,
    ClaimDocument,
    CustomerDocument,
    LineDocument,
    LineReference,
    OrderDocument,
    PaymentMethodDocument,
    RefundDocument,
    ReturnDocument,
    TotalsDocument,
)
from server.commerce.model import (
    Address,
    FulfilmentPhase,
    HoldReason,
    LineQuantity,
    Moment,
    Money,
    PaymentState,
    RefundStatus,
    ReturnOutcome,
    ReturnStatus,
)
from server.commerce.store import (
    AddressResult,
    CancelResult,
    ClaimResult,
    CreditResult,
    ExchangeResult,
    ItemsResult,
    PaymentResult,
    RefundResult,
    ReshipResult,
    ReturnResult,
)
from server.errors import StoreRefused

D = TypeVar("D")
R = TypeVar("R")

_OVER = frozenset({ReturnStatus.DECLINED, ReturnStatus.REJECTED, ReturnStatus.EXPIRED, ReturnStatus.CANCELLED})
_CAPTURED = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_PAID, PaymentState.PARTIALLY_REFUNDED})


@dataclass(frozen=True, slots=True)
class StockChange:
    """So many pieces of a sku leave the shelf (negative) or come back to it."""

    sku: str
    by: int


@dataclass(frozen=True, slots=True)
class Changed(Generic[D, R]):
    """The document after a change, what to tell the caller, and what moved; `created` is a new order, if one began."""

    document: D
    result: R
    stock: tuple[StockChange, ...] = ()
    created: OrderDocument | None = None


@dataclass(frozen=True, slots=True)
class NewItem:
    """The variant that a piece is exchanged for; `price_minor` in the order's currency."""

    sku: str
    title: str
    price_minor: int
    product_id: str | None = None
    options: Mapping[str, str] | None = None
    category: str | None = None


def with_return(
    order: OrderDocument,
    key: str,
    lines: Sequence[LineQuantity],
    reason: str,
    outcome: str,
    method: str | None,
    at: datetime,
    *,
    label_url: str | None = None,
    due_by: Moment | None = None,
) -> Changed[OrderDocument, ReturnResult]:
    """Open a return; nothing goes back on the shelf before it arrives. Raises StoreRefused."""
    _require_returnable(order, lines)
    opened = _return_document(order, key, lines, reason, outcome, method, at, label_url, due_by)
    document = replace(order, returns=[*(order.returns or []), opened], updated_at=written(at))
    return Changed(document, ReturnResult(opened.id, label_url, due_by))


def with_exchange(
    order: OrderDocument,
    key: str,
    lines: Sequence[LineQuantity],
    items: Mapping[str, NewItem],
    reason: str,
    method: str | None,
    at: datetime,
    *,
    label_url: str | None = None,
    due_by: Moment | None = None,
) -> Changed[OrderDocument, ExchangeResult]:
    """Open an exchange and reserve the new items; `items` holds every `to_sku`. Raises StoreRefused."""
    _require_returnable(order, lines)
    difference = sum(_difference(order, line, items) for line in lines)
    opened = _return_document(order, key, lines, reason, ReturnOutcome.EXCHANGE.value, method, at, label_url, due_by)
    document = replace(order, returns=[*(order.returns or []), opened], updated_at=written(at))
    result = ExchangeResult(opened.id, Money(difference, order.currency), method, label_url, due_by)
    return Changed(document, result, tuple(StockChange(_new_item(line, items).sku, -line.quantity) for line in lines))


def with_cancellation(
    order: OrderDocument,
    key: str,
    reason: str,
    method: str | None,
    at: datetime,
    *,
    status: RefundStatus = RefundStatus.PENDING,
) -> Changed[OrderDocument, CancelResult]:
    """Cancel the whole order; what was paid goes back, what was reserved returns to the shelf. Raises StoreRefused."""
    if order.cancelled_at is not None:
        raise StoreRefused("the order is cancelled already")
    if order.shipments or any(line.fulfilled for line in order.lines):
        raise StoreRefused("a part of the order has left already")
    cancelled = replace(order, cancelled_at=written(at), cancel_reason=reason, updated_at=written(at))
    stock = tuple(StockChange(line.sku, line.quantity) for line in order.lines if line.quantity)
    due = refundable(order)
    if order.payment.status not in _CAPTURED or due <= 0:
        voided = replace(cancelled, payment=replace(order.payment, status=PaymentState.VOIDED.value))
        return Changed(voided, CancelResult(at.astimezone(UTC), None), stock)
    money = Money(due, order.currency)
    refunded = with_refund(cancelled, key, money, (), reason, method, at, status=status)
    return Changed(refunded.document, CancelResult(at.astimezone(UTC), refunded.result), stock)


def with_refund(
    order: OrderDocument,
    key: str,
    amount: Money,
    lines: Sequence[LineQuantity],
    reason: str,
    method: str | None,
    at: datetime,
    *,
    status: RefundStatus = RefundStatus.PENDING,
) -> Changed[OrderDocument, RefundResult]:
    """Record money on its way back; never more than is left of what was paid. Raises StoreRefused."""
    if amount.currency != order.currency or not 0 < amount.amount_minor <= refundable(order):
        raise StoreRefused("the amount is not within what can be refunded")
    for line in lines:
        _line(order, line.line_id)
    entry = RefundDocument(
        id=identifier("RF", key),
        at=written(at),
        amount=amount.amount_minor,
        status=status.value,
        method=method or "original",
        lines=[_reference(line) for line in lines],
        reason=reason,
    )
    document = replace(order, refunds=[*(order.refunds or []), entry], updated_at=written(at))
    result = RefundResult(entry.id, amount, status, method or "original")
    return Changed(_settled(document, amount.amount_minor) if status is RefundStatus.SUCCEEDED else document, result)


def refundable(order: OrderDocument) -> int:
    """What is left of the total in minor units after every refund that has not failed."""
    given = sum(refund.amount for refund in order.refunds or [] if refund.status != RefundStatus.FAILED)
    return order.totals.total - max(given, order.totals.refunded or 0)


def with_address(order: OrderDocument, address: Address, at: datetime) -> Changed[OrderDocument, AddressResult]:
    """Ship elsewhere; a hold that waited for an address is over. Raises StoreRefused once anything has left."""
    _require_unshipped(order)
    changed = replace(
        _without_hold(order, HoldReason.ADDRESS), ship_to=address_document(address), updated_at=written(at)
    )
    return Changed(_noted(changed, "address", at), AddressResult(address))


def with_items(
    order: OrderDocument,
    lines: Sequence[LineQuantity],
    items: Mapping[str, NewItem],
    method: str | None,
    at: datetime,
) -> Changed[OrderDocument, ItemsResult]:
    """Replace pieces by their `to_sku`, or drop them where it is None; sums follow, tax and shipping stay.

    A line replaced as a whole keeps its id; pieces split off get `<line>-2`, `<line>-3`. Raises StoreRefused."""
    _require_unshipped(order)
    document, difference = order, 0
    stock: list[StockChange] = []
    for line in lines:
        old = _line(document, line.line_id)
        _require_quantity(line, old.quantity)
        stock.append(StockChange(old.sku, line.quantity))
        item = None if line.to_sku is None else _new_item(line, items)
        if item is not None:
            stock.append(StockChange(item.sku, -line.quantity))
        difference += line.quantity * ((item.price_minor if item else 0) - old.unit_price)
        document = replace(document, lines=_exchanged_lines(document.lines, old, line.quantity, item))
    if not document.lines:
        raise StoreRefused("nothing would be left of the order: cancel it instead")
    document = replace(document, totals=_moved(order.totals, difference), updated_at=written(at))
    total = Money(document.totals.total, order.currency)
    result = ItemsResult(Money(difference, order.currency), method, total)
    return Changed(_noted(document, "items", at, difference, method), result, tuple(stock))


def with_payment(
    order: OrderDocument, method: PaymentMethodDocument, at: datetime
) -> Changed[OrderDocument, PaymentResult]:
    """Pay by another stored method; what was paid by the previous one goes back there."""
    previous = order.payment.methods[0].id if order.payment.methods else None
    if previous == method.id:
        raise StoreRefused("the order is paid by this method already")
    document = replace(order, payment=replace(order.payment, methods=[method]), updated_at=written(at))
    amount = Money(order.totals.total, order.currency)
    return Changed(_noted(document, "payment", at, None, method.id), PaymentResult(method.id, previous, amount))


def with_reship(
    order: OrderDocument, key: str, lines: Sequence[LineQuantity], reason: str, address: Address | None, at: datetime
) -> Changed[OrderDocument, ReshipResult]:
    """Begin a replacement order without charge; the old order stays as it is. Raises StoreRefused."""
    if not lines:
        raise StoreRefused("nothing to send again")
    pieces = _by_line(order, lines)
    for line_id, quantity in pieces.items():
        _require_quantity(LineQuantity(line_id, quantity), _line(order, line_id).quantity)
    new_id = identifier("RS", key)
    copies = [_free_copy(_line(order, line_id), quantity) for line_id, quantity in pieces.items()]
    created = OrderDocument(
        id=new_id,
        number=f"{order.number}-{new_id}",
        placed_at=written(at),
        updated_at=written(at),
        customer=order.customer,
        currency=order.currency,
        totals=TotalsDocument(total=0, items=0, discount=0, shipping=0, tax=0, refunded=0),
        payment=replace(order.payment, status=PaymentState.PAID.value, disputed=None, pay_url=None),
        lines=copies,
        fulfilment=FulfilmentPhase.UNFULFILLED.value,
        ship_to=address_document(address) if address else order.ship_to,
        tags=["reship"],
        internal_note=f"replaces {order.number}: {reason}",
    )
    stock = tuple(StockChange(line.sku, -line.quantity) for line in copies)
    return Changed(replace(order, updated_at=written(at)), ReshipResult(new_id), stock, created)


def with_claim(
    order: OrderDocument, key: str, shipment_id: str | None, kind: str, statement: str, at: datetime
) -> Changed[OrderDocument, ClaimResult]:
    """Open a claim about a parcel, or about the whole order. Raises StoreRefused."""
    if shipment_id is not None and shipment_id not in {shipment.id for shipment in order.shipments or []}:
        raise StoreRefused(f"no parcel {shipment_id} in this order")
    claim = ClaimDocument(
        id=identifier("CL", key), kind=kind, status="open", at=written(at), shipment=shipment_id, statement=statement
    )
    document = replace(order, claims=[*(order.claims or []), claim], updated_at=written(at))
    return Changed(document, ClaimResult(claim.id, claim.status))


def with_customer_address(customer: CustomerDocument, address: Address) -> Changed[CustomerDocument, AddressResult]:
    """Change the customer's default address, which is the first; the others stay."""
    others = (customer.addresses or [])[1:]
    return Changed(replace(customer, addresses=[address_document(address), *others]), AddressResult(address))


def with_credit(customer: CustomerDocument, key: str, amount: Money) -> Changed[CustomerDocument, CreditResult]:
    """Add to the customer's store credit, opening it if there is none. Raises StoreRefused."""
    if amount.amount_minor <= 0:
        raise StoreRefused("credit must be more than nothing")
    methods = list(customer.payment_methods or [])
    index = next((i for i, method in enumerate(methods) if method.kind == "store_credit"), None)
    if index is None:
        index = len(methods)
        methods.append(PaymentMethodDocument(id="store_credit", kind="store_credit", label="Store credit", balance=0))
    balance = (methods[index].balance or 0) + amount.amount_minor
    methods[index] = replace(methods[index], balance=balance)
    result = CreditResult(identifier("CR", key), amount, Money(balance, amount.currency))
    return Changed(replace(customer, payment_methods=methods), result)


def with_balance(customer: CustomerDocument, method_id: str, by_minor: int) -> CustomerDocument:
    """Charge (negative) or top up a gift card or store credit; methods without a balance stay. Raises StoreRefused."""
    methods = list(customer.payment_methods or [])
    for index, method in enumerate(methods):
        if method.id == method_id and method.balance is not None:
            if method.balance + by_minor < 0:
                raise StoreRefused("the balance does not cover it")
            methods[index] = replace(method, balance=method.balance + by_minor)
    return replace(customer, payment_methods=methods)


def checked(order: OrderDocument) -> OrderDocument:
    """The document as it would be read back from its file: a guard for stores before they write. Raises ValueError."""
    return decode_order(to_raw(order))[0]


def identifier(prefix: str, key: str) -> str:
    """An id that follows from the idempotency key: the same request gets the same id."""
    return f"{prefix}-{hashlib.sha256(key.encode()).hexdigest()[:10].upper()}"


def written(at: Moment) -> str:
    """The moment as documents write it: UTC with Z, or the date."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(at, datetime) else at.isoformat()


def address_document(address: Address) -> AddressDocument:
    """The address as documents write it."""
    return AddressDocument(
        name=address.name,
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        region=address.region,
        zip=address.zip,
        country=address.country,
        phone=address.phone,
        kind=address.kind,
    )


def _return_document(
    order: OrderDocument,
    key: str,
    lines: Sequence[LineQuantity],
    reason: str,
    outcome: str,
    method: str | None,
    at: datetime,
    label_url: str | None,
    due_by: Moment | None,
) -> ReturnDocument:
    rma = identifier("RMA", key)
    if rma in {each.id for each in order.returns or []}:
        raise StoreRefused(f"{rma} is open already")
    return ReturnDocument(
        id=rma,
        status=(ReturnStatus.LABEL_ISSUED if label_url else ReturnStatus.APPROVED).value,
        at=written(at),
        outcome=outcome,
        lines=[_reference(line) for line in lines],
        method=method,
        label=label_url,
        due_by=None if due_by is None else written(due_by),
        reason=reason,
    )


def _reference(line: LineQuantity) -> LineReference:
    return LineReference(line=line.line_id, quantity=line.quantity, to_sku=line.to_sku)


def _line(order: OrderDocument, line_id: str) -> LineDocument:
    found = next((line for line in order.lines if line.id == line_id), None)
    if found is None:
        raise StoreRefused(f"no line {line_id} in this order")
    return found


def _require_quantity(line: LineQuantity, available: int) -> None:
    if not 0 < line.quantity <= available:
        raise StoreRefused(f"{line.quantity} pieces of line {line.line_id}, but {available} are there")


def _require_returnable(order: OrderDocument, lines: Sequence[LineQuantity]) -> None:
    """Each piece goes back once: what other returns hold already is not there any more."""
    if not lines:
        raise StoreRefused("no lines to send back")
    for line_id, quantity in _by_line(order, lines).items():
        left = _line(order, line_id).quantity - _in_returns(order, line_id)
        _require_quantity(LineQuantity(line_id, quantity), left)


def _by_line(order: OrderDocument, lines: Sequence[LineQuantity]) -> dict[str, int]:
    """How many pieces of each line are asked for in all, though a line may be named twice. Raises StoreRefused."""
    asked: dict[str, int] = {}
    for line in lines:
        _require_quantity(line, _line(order, line.line_id).quantity)
        asked[line.line_id] = asked.get(line.line_id, 0) + line.quantity
    return asked


def _in_returns(order: OrderDocument, line_id: str) -> int:
    live = [each for each in order.returns or [] if each.status not in _OVER]
    return sum(line.quantity for each in live for line in each.lines or [] if line.line == line_id)


def _require_unshipped(order: OrderDocument) -> None:
    if order.cancelled_at is not None:
        raise StoreRefused("the order is cancelled")
    if order.shipments or any(line.fulfilled for line in order.lines):
        raise StoreRefused("a part of the order has left already")


def _new_item(line: LineQuantity, items: Mapping[str, NewItem]) -> NewItem:
    item = items.get(line.to_sku or "")
    if item is None:
        raise StoreRefused(f"line {line.line_id} does not name a known item to become")
    return item


def _difference(order: OrderDocument, line: LineQuantity, items: Mapping[str, NewItem]) -> int:
    return line.quantity * (_new_item(line, items).price_minor - _line(order, line.line_id).unit_price)


def _exchanged_lines(
    lines: Sequence[LineDocument], old: LineDocument, quantity: int, item: NewItem | None
) -> list[LineDocument]:
    """The lines after `quantity` pieces of `old` became `item`, or nothing."""
    kept = replace(old, quantity=old.quantity - quantity) if quantity < old.quantity else None
    new_id = old.id if kept is None else _free_id(lines, old.id)
    new = None if item is None else _as_item(old, new_id, quantity, item)
    together = [each for each in (kept, new) if each is not None]
    return [after for line in lines for after in (together if line.id == old.id else [line])]


def _as_item(old: LineDocument, new_id: str, quantity: int, item: NewItem) -> LineDocument:
    return replace(
        old,
        id=new_id,
        sku=item.sku,
        title=item.title,
        unit_price=item.price_minor,
        quantity=quantity,
        product_id=item.product_id or old.product_id,
        options=dict(item.options) if item.options is not None else None,
        category=item.category or old.category,
        preorder=None,
        backorder=None,
    )


def _free_id(lines: Sequence[LineDocument], line_id: str) -> str:
    taken = {line.id for line in lines}
    return next(name for n in range(2, len(lines) + 3) if (name := f"{line_id}-{n}") not in taken)


def _free_copy(line: LineDocument, quantity: int) -> LineDocument:
    return replace(line, quantity=quantity, fulfilled=0, unit_price=0)


def _moved(totals: TotalsDocument, difference: int) -> TotalsDocument:
    items = None if totals.items is None else totals.items + difference
    return replace(totals, items=items, total=totals.total + difference)


def _noted(
    order: OrderDocument, kind: str, at: datetime, difference: int | None = None, method: str | None = None
) -> OrderDocument:
    entry = ChangeDocument(kind=kind, at=written(at), difference=difference, method=method)
    return replace(order, changes=[*(order.changes or []), entry])


def _without_hold(order: OrderDocument, reason: HoldReason) -> OrderDocument:
    holds = [hold for hold in order.holds or [] if hold.reason != reason]
    if len(holds) == len(order.holds or []):
        return order
    released = not holds and order.fulfilment == FulfilmentPhase.ON_HOLD
    return replace(order, holds=holds, fulfilment=FulfilmentPhase.UNFULFILLED.value if released else order.fulfilment)


def _settled(order: OrderDocument, amount_minor: int) -> OrderDocument:
    """After money has gone back: the sums and the payment say so."""
    refunded = (order.totals.refunded or 0) + amount_minor
    full = refunded >= order.totals.total
    status = PaymentState.REFUNDED if full else PaymentState.PARTIALLY_REFUNDED
    return replace(
        order,
        totals=replace(order.totals, refunded=refunded),
        payment=replace(order.payment, status=status.value),
    )
