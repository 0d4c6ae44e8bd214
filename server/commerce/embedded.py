"""The embedded order store: live orders in the application's own database, for shops without a platform.

It keeps the documents of the import format and reads them as every other order system is read. A write looks up its key,
locks the order, applies a pure change (`changes`), and remembers its result, all in one unit: the same key never has a
second effect. It knows nothing of policies, proofs or conversations.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

from memory import contacts, orders
from memory.engines.base import Database, Tx
from server.clock import Clock
from server.commerce import changes
from server.commerce.books import (
    Books,
    CustomerChange,
    Done,
    OrderChange,
    Write,
    change_customer,
    change_extra,
    change_order,
)
from server.commerce.changes import Changed
from server.commerce.documents import (
    CustomerDocument,
    OrderDocument,
    ProductDocument,
    Raw,
    decode_customer,
    decode_order,
    decode_product,
    decode_subscription,
    to_raw,
)
from server.commerce.embedded_reads import EmbeddedReads
from server.commerce.filing import Filed, contacts_of, prepare, put_customer, put_order, put_product
from server.commerce.model import Address, LineQuantity, Money
from server.commerce.store import (
    AddressResult,
    CancelResult,
    Capability,
    ClaimResult,
    CreditResult,
    ExchangeResult,
    ItemsResult,
    PaymentResult,
    RefundResult,
    ReshipResult,
    ReturnResult,
)
from server.commerce.subscriptions import SubscriptionResult, changed, result
from server.errors import StoreRefused

_SEND_WITHIN: Final = timedelta(days=30)
T = TypeVar("T")
R = TypeVar("R")
ExtraKind: TypeAlias = Literal["subscription", "promotion"]


def _due(at: datetime) -> date:
    """The day by which a return must be on its way: an unused label runs out."""
    return (at + _SEND_WITHIN).date()


class EmbeddedStore(EmbeddedReads):
    """The Store over `memory.orders`. `on_change` is called with an order's id after each committed change.

    `label_url(order_id, key)` says where the slip of the return opened under `key` can be printed."""

    source: str = "embedded"
    capabilities: frozenset[Capability] = frozenset(get_args(Capability))

    def __init__(
        self, database: Database, clock: Clock, shop_tz: str, region: str = "US", *, mirrors: str = ""
    ) -> None:
        super().__init__(database, clock, shop_tz, region, mirrors=mirrors)
        self.on_change: Callable[[str], None] | None = None
        self.label_url: Callable[[str, str], str] | None = None

    # Putting documents in: imports, the demo and the simulators

    async def put_order(self, document: OrderDocument | Raw) -> None:
        """Insert or replace an order by its id, and make its customer known.

        Raises DocumentRejected, StoreRefused when its number belongs to another order, StoreUnavailable."""
        refused = (await self.put_orders([_as_order(document)]))[0]
        if refused is not None:
            raise StoreRefused(refused)

    async def put_orders(self, documents: Sequence[OrderDocument], seen_at: datetime | None = None) -> list[str | None]:
        """As `put_order` for checked documents, in one unit; for each the reason why it was refused, or None.

        `seen_at` = they mirror a shop platform as it was then: none is refused."""
        prepared = [prepare(document, self._shop_tz, self._region) for document in documents]
        now = self._clock.now()

        async def unit(tx: Tx) -> list[Filed]:
            return [await put_order(tx, each, now, seen_at=seen_at) for each in prepared]

        filed = await self._write(unit)
        self._tell(each.id for each in filed if each.changed)
        return [each.refused for each in filed]

    async def edit_order(self, order_id: str, edit: Callable[[dict[str, Any]], Raw]) -> bool:
        """Replace an order by what the pure `edit` makes of it, with nobody in between; False when there is none.

        Raises as `put_order` does."""

        async def unit(tx: Tx) -> Filed | None:
            stored = await orders.get(tx, order_id, lock=True)
            if stored is None:
                return None
            document = _as_order(edit(stored.document))
            return await put_order(tx, prepare(document, self._shop_tz, self._region), self._clock.now())

        filed = await self._write(unit)
        if filed is not None and filed.refused is not None:
            raise StoreRefused(filed.refused)
        self._tell(each.id for each in (filed,) if each is not None and each.changed)
        return filed is not None

    async def put_customer(self, document: CustomerDocument | Raw) -> None:
        """Insert or replace a customer by id. Raises DocumentRejected, StoreUnavailable."""
        checked = document if isinstance(document, CustomerDocument) else decode_customer(document)[0]
        await self.put_customers([checked])

    async def put_customers(self, documents: Sequence[CustomerDocument]) -> None:
        """As `put_customer` for checked documents, in one unit."""

        async def unit(tx: Tx) -> None:
            for document in documents:
                await put_customer(tx, document, self._region, self._clock.now())

        await self._write(unit)

    async def put_product(self, document: ProductDocument | Raw) -> None:
        """Insert or replace a product by id. Raises DocumentRejected, StoreUnavailable."""
        checked = document if isinstance(document, ProductDocument) else decode_product(document)[0]
        await self.put_products([checked])

    async def put_products(self, documents: Sequence[ProductDocument]) -> None:
        """As `put_product` for checked documents, in one unit."""
        now = self._clock.now()

        async def unit(tx: Tx) -> None:
            for document in documents:
                await put_product(tx, document, now)

        await self._write(unit)

    async def put_extras(self, kind: ExtraKind, documents: Sequence[tuple[str, Raw]]) -> None:
        """Insert or replace (id, document) pairs of a kind, in one unit. Raises StoreUnavailable."""

        async def unit(tx: Tx) -> None:
            for extra_id, raw in documents:
                await orders.put_extra(tx, kind, extra_id, raw)

        await self._write(unit)

    async def sighted(self, documents: Sequence[CustomerDocument]) -> None:
        """These customers were read from a platform: what is new among their addresses is noted."""

        async def unseen(tx: Tx) -> list[CustomerDocument]:
            return [each for each in documents if await contacts.unseen(tx, each.id, contacts_of(each, self._region))]

        async def note(tx: Tx) -> None:
            for each in sorted(documents, key=lambda one: one.id):
                await contacts.see(tx, each.id, contacts_of(each, self._region), self._clock.now())

        if documents and await self._read(unseen):
            await self._write(note)

    # Writes, called by the gate of actions alone

    def _label(self, order_id: str, key: str) -> str | None:
        """Where the return slip can be printed, if somebody prints slips here."""
        return self.label_url(order_id, key) if self.label_url else None

    async def start_return(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        outcome: str,
        method: str | None,
        at: datetime,
    ) -> ReturnResult:
        """Open a return of these lines."""

        async def change(books: Books) -> Changed[OrderDocument, ReturnResult]:
            await books.require_on_file(method)
            return changes.with_return(
                books.order,
                key,
                lines,
                reason,
                outcome,
                method,
                at,
                label_url=self._label(order_id, key),
                due_by=_due(at),
            )

        return await self._change(key, "start_return", order_id, ReturnResult, change)

    async def start_exchange(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, method: str | None, at: datetime
    ) -> ExchangeResult:
        """Open an exchange and reserve the new items; what they cost more is charged, what less follows the return."""

        async def change(books: Books) -> Changed[OrderDocument, ExchangeResult]:
            await books.require_on_file(method)
            items = await books.items(lines)
            changed = changes.with_exchange(
                books.order,
                key,
                lines,
                items,
                reason,
                method,
                at,
                label_url=self._label(order_id, key),
                due_by=_due(at),
            )
            if changed.result.difference.amount_minor > 0:
                await books.settle(method, changed.result.difference)
            return changed

        return await self._change(key, "start_exchange", order_id, ExchangeResult, change)

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel the whole order and send back what was paid; stock returns to the shelf."""

        async def change(books: Books) -> Changed[OrderDocument, CancelResult]:
            status = await books.refund_status(method)
            changed = changes.with_cancellation(books.order, key, reason, method, at, status=status)
            if changed.result.refund is not None:
                await books.give(method, changed.result.refund.amount)
            return changed

        return await self._change(key, "cancel_order", order_id, CancelResult, change)

    async def refund(
        self,
        key: str,
        order_id: str,
        amount: Money,
        lines: Sequence[LineQuantity],
        reason: str,
        method: str | None,
        at: datetime,
    ) -> RefundResult:
        """Send back `amount`: to a balance of ours at once, else pending until the bank has moved it."""

        async def change(books: Books) -> Changed[OrderDocument, RefundResult]:
            status = await books.refund_status(method)
            changed = changes.with_refund(books.order, key, amount, lines, reason, method, at, status=status)
            await books.give(method, amount)
            return changed

        return await self._change(key, "refund", order_id, RefundResult, change)

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere."""

        async def change(books: Books) -> Changed[OrderDocument, AddressResult]:
            return changes.with_address(books.order, address, at)

        return await self._change(key, "change_address", order_id, AddressResult, change)

    async def change_customer_address(
        self, key: str, customer_id: str, address: Address, at: datetime
    ) -> AddressResult:
        """Change the customer's default address; no order changes."""

        def change(customer: CustomerDocument) -> Changed[CustomerDocument, AddressResult]:
            return changes.with_customer_address(customer, address)

        return await self._change_customer(key, "change_customer_address", customer_id, AddressResult, change)

    async def change_items(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], method: str | None, at: datetime
    ) -> ItemsResult:
        """Replace pieces of lines by their `to_sku`, or drop them where it is None; the difference goes to `method`."""

        async def change(books: Books) -> Changed[OrderDocument, ItemsResult]:
            items = await books.items(lines)
            changed = changes.with_items(books.order, lines, items, method, at)
            await books.settle(method, changed.result.difference)
            return changed

        return await self._change(key, "change_items", order_id, ItemsResult, change)

    async def change_payment(self, key: str, order_id: str, method: str, at: datetime) -> PaymentResult:
        """Pay by another stored method; what was paid by the previous one goes back there."""

        async def change(books: Books) -> Changed[OrderDocument, PaymentResult]:
            changed = changes.with_payment(books.order, await books.stored_method(method), at)
            if books.is_paid:
                await books.charge(method, changed.result.amount)
                await books.give(changed.result.previous, changed.result.amount)
            return changed

        return await self._change(key, "change_payment", order_id, PaymentResult, change)

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give credit for a later purchase."""

        def change(customer: CustomerDocument) -> Changed[CustomerDocument, CreditResult]:
            return changes.with_credit(customer, key, amount)

        return await self._change_customer(key, "store_credit", customer_id, CreditResult, change)

    async def reship(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        address: Address | None,
        at: datetime,
    ) -> ReshipResult:
        """Send these lines again as a new order without charge."""

        async def change(books: Books) -> Changed[OrderDocument, ReshipResult]:
            return changes.with_reship(books.order, key, lines, reason, address, at)

        return await self._change(key, "reship", order_id, ReshipResult, change)

    async def open_claim(
        self, key: str, order_id: str, shipment_id: str | None, kind: str, statement: str, at: datetime
    ) -> ClaimResult:
        """Open a claim about a parcel, or about the whole order."""

        async def change(books: Books) -> Changed[OrderDocument, ClaimResult]:
            return changes.with_claim(books.order, key, shipment_id, kind, statement, at)

        return await self._change(key, "open_claim", order_id, ClaimResult, change)

    async def change_subscription(
        self, key: str, customer_id: str, subscription_id: str, change: str, value: str, at: datetime
    ) -> SubscriptionResult:
        """Change the customer's own subscription."""

        def apply(raw: dict[str, Any]) -> tuple[dict[str, Any], SubscriptionResult]:
            document = decode_subscription(raw)[0]
            if document.customer != customer_id:
                raise StoreRefused(f"there is no subscription {subscription_id} of this customer")
            document = changed(document, change, value, at)
            return to_raw(document), result(document)

        write = self._request(key, "change_subscription", subscription_id)
        return await self._write(lambda tx: change_extra(tx, write, "subscription", SubscriptionResult, apply))

    async def _change(self, key: str, name: str, order_id: str, kind: type[R], change: OrderChange[R]) -> R:
        write = self._request(key, name, order_id)
        done: Done[R] = await self._write(lambda tx: change_order(tx, write, kind, change))
        self._tell(done.orders)
        return done.result

    async def _change_customer(
        self, key: str, name: str, customer_id: str, kind: type[R], change: CustomerChange[R]
    ) -> R:
        write = self._request(key, name, customer_id)
        done: Done[R] = await self._write(lambda tx: change_customer(tx, write, kind, change))
        return done.result

    def _request(self, key: str, name: str, subject: str) -> Write:
        return Write(key, name, subject, self._clock.now(), self._shop_tz, self._region)

    def _tell(self, order_ids: Iterable[str]) -> None:
        if self.on_change is not None:
            for order_id in order_ids:
                self.on_change(order_id)


def _as_order(document: OrderDocument | Raw) -> OrderDocument:
    return document if isinstance(document, OrderDocument) else decode_order(document)[0]
