"""What a write of the embedded store does inside its unit: goods on the shelf, balances, and the memory of its result.

The order itself changes by the pure functions of `changes`; here its neighbours follow. A method with a balance of ours
(gift card, store credit) is settled at once; every other is moved by a bank and stays pending.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Generic, TypeVar, cast, get_args, get_type_hints

import msgspec

from memory import orders
from memory.engines.base import Tx
from server.commerce.changes import Changed, NewItem, StockChange, with_balance, with_credit
from server.commerce.documents import (
    CustomerDocument,
    OrderDocument,
    ProductDocument,
    decode_customer,
    decode_order,
    decode_product,
    parse_time,
)
from server.commerce.filing import prepare, put_customer, put_order, put_product
from server.commerce.formats import PaymentMethodDocument, VariantDocument
from server.commerce.model import LineQuantity, Money, PaymentState, RefundStatus
from server.commerce.parse_goods import product_record
from server.errors import StoreRefused

R = TypeVar("R")
_UNPAID: Final = frozenset({PaymentState.PENDING, PaymentState.EXPIRED, PaymentState.FAILED, PaymentState.VOIDED})
_CREDIT: Final = "store_credit"
_GIFT_CARD: Final = "gift_card"
_ORIGINAL: Final = "original"


@dataclass(frozen=True, slots=True)
class Write:
    """One requested write: its key, its name, the id of what it changes, and when and where it happens.

    `region` reads phone numbers."""

    key: str
    name: str
    subject: str
    now: datetime
    shop_tz: str
    region: str


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """The result of a write, and the orders that it changed; none when it was made before."""

    result: R
    orders: tuple[str, ...] = ()


class Books:
    """An order with its neighbours, held by one write until its unit commits."""

    def __init__(self, tx: Tx, write: Write, order: OrderDocument) -> None:
        self._tx = tx
        self._write = write
        self.order = order

    @property
    def is_paid(self) -> bool:
        """Whether money has moved for this order at all; before that, no change moves any."""
        return self.order.payment.status not in _UNPAID

    async def items(self, lines: Sequence[LineQuantity]) -> dict[str, NewItem]:
        """The variants that lines become, by sku. Raises StoreRefused when one is not on sale."""
        found: dict[str, NewItem] = {}
        for sku in sorted({line.to_sku for line in lines if line.to_sku}):
            product = await _product_of(self._tx, sku)
            if product is not None:
                found[sku] = _new_item(product, sku, self._write.now)
        return found

    async def refund_status(self, method: str | None) -> RefundStatus:
        """What a refund to this method is from the start. Raises StoreRefused for a method that is not on file."""
        await self.require_on_file(method)
        ours = method == _CREDIT or await self._account(method) is not None
        return RefundStatus.SUCCEEDED if ours else RefundStatus.PENDING

    async def give(self, method: str | None, amount: Money) -> None:
        """Send money to a method: a balance of ours grows, everything else is the bank's to move."""
        account = await self._account(method)
        customer = await self._customer()
        if account is not None:
            await self._keep(with_balance(customer, account.id, amount.amount_minor))
        elif method == _CREDIT:
            await self._keep(with_credit(customer, self._write.key, amount).document)

    async def settle(self, method: str | None, difference: Money) -> None:
        """Charge a positive difference to a method, or send a negative one back there."""
        await self.require_on_file(method)
        if not self.is_paid:
            return
        if difference.amount_minor > 0:
            await self.charge(method, difference)
        elif difference.amount_minor < 0:
            await self.give(method, Money(-difference.amount_minor, difference.currency))

    async def charge(self, method: str | None, amount: Money) -> None:
        """Take money from a method. Raises StoreRefused when its balance does not cover it."""
        account = await self._account(method)
        if account is not None:
            await self._keep(with_balance(await self._customer(), account.id, -amount.amount_minor))
        elif method in (_CREDIT, _GIFT_CARD):
            raise StoreRefused("the balance does not cover it")

    async def stored_method(self, method_id: str) -> PaymentMethodDocument:
        """A method of this customer, or of this order. Raises StoreRefused when it is on file with neither."""
        found = next((each for each in await self._methods() if each.id == method_id), None)
        if found is None:
            raise StoreRefused(f"no payment method {method_id} on file")
        return found

    async def require_on_file(self, method: str | None) -> None:
        """Refuse the id of a method that neither the customer nor the order has."""
        if method not in (None, _ORIGINAL, _CREDIT, _GIFT_CARD):
            await self.stored_method(method)

    async def _methods(self) -> list[PaymentMethodDocument]:
        return [*((await self._customer()).payment_methods or []), *(self.order.payment.methods or [])]

    async def _account(self, method: str | None) -> PaymentMethodDocument | None:
        """The customer's own method with a balance that `method` means; of several that paid together, none is meant."""
        if method in (None, _ORIGINAL):
            paid_by = self.order.payment.methods or []
            method = paid_by[0].id if len(paid_by) == 1 else None
        held = [each for each in (await self._customer()).payment_methods or [] if each.balance is not None]
        by_id = next((each for each in held if each.id == method), None)
        if by_id is None and method in (_CREDIT, _GIFT_CARD):
            return next((each for each in held if each.kind == method), None)
        return by_id

    async def _customer(self) -> CustomerDocument:
        buyer = self.order.customer
        raw = await orders.customer(self._tx, buyer.id, lock=True)
        return decode_customer(raw)[0] if raw else CustomerDocument(id=buyer.id, name=buyer.name)

    async def _keep(self, customer: CustomerDocument) -> None:
        await put_customer(self._tx, customer, self._write.region, self._write.now)


OrderChange = Callable[[Books], Awaitable[Changed[OrderDocument, R]]]
CustomerChange = Callable[[CustomerDocument], Changed[CustomerDocument, R]]


async def change_order(tx: Tx, write: Write, kind: type[R], change: OrderChange[R]) -> Done[R]:
    """Change an order once for this key; `kind` is the type of the result. Raises StoreRefused."""
    stored = await orders.get(tx, write.subject, lock=True)
    known = await _remembered(tx, write, kind)
    if known is not None:
        return Done(known)
    if stored is None:
        raise StoreRefused(f"there is no order {write.subject}")
    changed = await change(Books(tx, write, decode_order(stored.document)[0]))
    touched = [changed.document] if changed.created is None else [changed.document, changed.created]
    for document in touched:
        filed = await put_order(tx, prepare(document, write.shop_tz, write.region), write.now)
        if filed.refused:
            raise StoreRefused(filed.refused)
    await _move(tx, changed.stock, write.now)
    await _remember(tx, write, changed.result)
    return Done(changed.result, tuple(document.id for document in touched))


async def change_customer(tx: Tx, write: Write, kind: type[R], change: CustomerChange[R]) -> Done[R]:
    """Change a customer once for this key; `kind` is the type of the result. Raises StoreRefused."""
    stored = await orders.customer(tx, write.subject, lock=True)
    known = await _remembered(tx, write, kind)
    if known is not None:
        return Done(known)
    if stored is None:
        raise StoreRefused(f"there is no customer {write.subject}")
    changed = change(decode_customer(stored)[0])
    await put_customer(tx, changed.document, write.region, write.now)
    await _remember(tx, write, changed.result)
    return Done(changed.result)


async def change_extra(
    tx: Tx, write: Write, extra_kind: str, kind: type[R], change: Callable[[dict[str, Any]], tuple[dict[str, Any], R]]
) -> R:
    """Change a subscription once for this key; `kind` is the type of the result. Raises StoreRefused."""
    stored = await orders.extra(tx, extra_kind, write.subject, lock=True)  # noqa: S610  # our own function of that name
    known = await _remembered(tx, write, kind)
    if known is not None:
        return known
    if stored is None:
        raise StoreRefused(f"there is no {extra_kind} {write.subject}")
    document, result = change(stored)
    await orders.put_extra(tx, extra_kind, write.subject, document)
    await _remember(tx, write, result)
    return result


async def _remember(tx: Tx, write: Write, result: object) -> None:
    kept = {"name": write.name, "subject": write.subject, "result": msgspec.to_builtins(result)}
    await orders.remember_write(tx, write.key, write.name, write.subject, kept, write.now)


async def _remembered(tx: Tx, write: Write, kind: type[R]) -> R | None:
    kept = await orders.write_result(tx, write.key)
    if kept is None:
        return None
    if (kept["name"], kept["subject"]) != (write.name, write.subject):
        raise StoreRefused(f"this key belongs to another write ({kept['name']} of {kept['subject']})")
    return cast(R, _revived(kind, kept["result"]))  # built from `kind` just here


async def _product_of(tx: Tx, sku: str) -> ProductDocument | None:
    raw = await orders.product_of(tx, sku, lock=True)
    return decode_product(raw)[0] if raw else None


def _new_item(document: ProductDocument, sku: str, now: datetime) -> NewItem:
    product = product_record(document, as_of=now, source="")
    variant = next((each for each in product.variants if each.sku == sku), None)
    if variant is None or not variant.available:
        raise StoreRefused(f"{sku} is not on sale")
    return NewItem(sku, product.title, variant.price_minor, product.id, variant.options, product.category)


async def _move(tx: Tx, stock: Sequence[StockChange], now: datetime) -> None:
    """Take goods from the shelf or put them back, always in the same order of skus, so that writes do not deadlock."""
    moved: dict[str, int] = {}
    for change in stock:
        moved[change.sku] = moved.get(change.sku, 0) + change.by
    for sku, by in sorted(moved.items()):
        product = await _product_of(tx, sku)
        if product is not None and by:
            for variant in product.variants:
                if variant.sku == sku:
                    _count(variant, by)
            await put_product(tx, product, now)


def _count(variant: VariantDocument, by: int) -> None:
    """Change a variant's stock in place; one whose stock nobody counts stays as it is."""
    if variant.stock is None:
        return
    left = variant.stock + by
    if left < 0:
        raise StoreRefused(f"only {max(variant.stock, 0)} of {variant.sku} are left")
    if variant.available is not None and (left == 0 or variant.stock <= 0):
        variant.available = left > 0
    variant.stock = left


def _revived(hint: Any, value: Any) -> Any:
    """A value of this type hint from its JSON form. A moment may be a date or a datetime, which msgspec cannot tell apart."""
    if value is None:
        return None
    for kind in get_args(hint) or (hint,):
        if dataclasses.is_dataclass(kind):
            hints = get_type_hints(kind)
            make = cast(Callable[..., Any], kind)  # a class, since hints name classes
            return make(**{name: _revived(hints[name], part) for name, part in value.items()})
        if issubclass(kind, Enum):
            return kind(value)
        if issubclass(kind, date):
            return parse_time(value)
    return value
