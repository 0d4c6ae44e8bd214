"""The Store over a shop platform: the last read of every order is kept, and read again when it is too old.

One read serves everyone who asks within its freshness, also those who ask at the same moment. A webhook makes a read
stale at once. When the platform does not answer, the kept read is given with the time at which it was true; when there is
none, StoreUnavailable. Writes go to the platform, and what they changed is read again. Nothing here knows a platform's words.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from memory import orders, parcels
from memory.engines.base import Database, Tx
from memory.errors import StorageError
from server import telemetry
from server.clock import Clock
from server.commerce.connectors.platform import Change, Platform, Raw
from server.commerce.connectors.sharing import Flights, Recent
from server.commerce.documents import (
    CustomerDocument,
    DocumentRejected,
    OrderDocument,
    ProductDocument,
    decode_customer,
    decode_order,
    decode_product,
)
from server.commerce.embedded import EmbeddedStore
from server.commerce.kept import Kept
from server.commerce.model import Address, CustomerRecord, LineQuantity, Money, OrderSnapshot, Product, Variant
from server.commerce.parse import customer_record
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
    Remembered,
    ReshipResult,
    ReturnResult,
    normalise_number,
)
from server.errors import StoreUnavailable

T = TypeVar("T")
_log = logging.getLogger("onethread.shop")
_OVERLAP: Final = timedelta(minutes=15)
_FIRST_LOOK: Final = timedelta(days=1)
_NOT_FOUND_FOR: Final = timedelta(seconds=20)
_BATCH: Final = 100


class MirroredStore:
    """The Store of a shop platform. `on_change` is called with an order's id after each change that was noticed."""

    def __init__(
        self,
        platform: Platform,
        mirror: EmbeddedStore,
        database: Database,
        clock: Clock,
        *,
        fresh_for: timedelta = timedelta(seconds=60),
    ) -> None:
        """`mirror` keeps what was read; it must have been opened with `mirrors=platform.name`."""
        self.platform = platform
        self._mirror = mirror
        self._database = database
        self._clock = clock
        self._fresh_for = fresh_for
        self._flights = Flights()
        self._searched: Recent[tuple[str, ...]] = Recent()
        self._missing: Recent[bool] = Recent()
        self._customers: Recent[tuple[CustomerRecord, ...]] = Recent()
        self._products: Recent[bool] = Recent()

    @property
    def on_change(self) -> Callable[[str], None] | None:
        """Called with the id of each order that changed."""
        return self._mirror.on_change

    @on_change.setter
    def on_change(self, call: Callable[[str], None] | None) -> None:
        self._mirror.on_change = call

    @property
    def freshen(self) -> Callable[[Kept], Awaitable[bool]] | None:
        """May ask carriers about an order that is read alone, and says whether anything new was told."""
        return self._mirror.freshen

    @freshen.setter
    def freshen(self, call: Callable[[Kept], Awaitable[bool]] | None) -> None:
        self._mirror.freshen = call

    @property
    def source(self) -> str:
        """The platform's name."""
        return self.platform.name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the platform can do here and now."""
        return self.platform.capabilities

    # Orders

    async def order(self, order_id: str) -> OrderSnapshot | None:
        """The order with this id, read again when its read is too old or known to be stale."""
        kept = await self._mirror.kept(order_id)
        if kept is not None and self._is_fresh(kept.stored):
            telemetry.order_reads.labels("kept").inc()
            return await self._mirror.order(order_id)
        try:
            await self._read_anew(order_id)
        except StoreUnavailable as error:
            if kept is None:
                telemetry.order_reads.labels("failed").inc()
                raise
            _log.warning("an order was not read; its last read is used", extra={"order": order_id, "why": str(error)})
            telemetry.order_reads.labels("old").inc()
        return await self._mirror.order(order_id)

    async def last_read(self, order_id: str) -> OrderSnapshot | None:
        """The order as it was read last; the platform is not asked."""
        return await self._mirror.last_read(order_id)

    async def order_by_number(self, number: str) -> OrderSnapshot | None:
        """The order that a shopper calls `number`."""
        key = normalise_number(number)
        known = await self._mirror.order_by_number(key) if key else None
        if known is not None:
            return await self.order(known.id)
        now = self._clock.now()
        if not key or self._missing.get(key, now - min(_NOT_FOUND_FOR, self._fresh_for)):
            return None
        await self._flights.once(("number", key), lambda: self._find(key))
        found = await self._mirror.order_by_number(key)
        if found is None:
            self._missing.put(key, True, now)
        return found

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> tuple[OrderSnapshot, ...]:
        """Every order that matches all given arguments, newest first; none given gives none."""
        asked = (customer_id, email.strip().casefold() if email else None, phone)
        if not any(asked):
            return ()
        try:
            ids = await self._search(asked)
        except StoreUnavailable:
            kept = await self._mirror.orders_of(customer_id=customer_id, email=email, phone=phone)
            if not kept:
                raise
            return kept
        found = [await self._mirror.order(order_id) for order_id in ids]
        return tuple(sorted((each for each in found if each), key=lambda each: each.placed_at, reverse=True))

    async def _search(self, asked: tuple[str | None, str | None, str | None]) -> tuple[str, ...]:
        """Ids of the orders that match, as the platform says; their documents are kept on the way."""
        since = self._clock.now() - self._fresh_for
        ids = self._searched.get(asked, since)
        if ids is None:
            await self._flights.once(asked, lambda: self._ask(asked))
            ids = self._searched.get(asked, since) or ()
        return ids

    async def _ask(self, asked: tuple[str | None, str | None, str | None]) -> None:
        customer_id, email, phone = asked
        now = self._clock.now()
        documents = self._checked(await self.platform.orders_of(customer_id=customer_id, email=email, phone=phone))
        await self._keep(documents, now)
        self._searched.put(asked, tuple(each.id for each in documents), now)

    async def _find(self, key: str) -> None:
        began = self._clock.now()
        found = await self.platform.orders_named(key)
        telemetry.order_reads.labels("read").inc()
        await self._keep(self._checked(found), began)

    async def _read_anew(self, order_id: str) -> None:
        """Read the order; once more where somebody said meanwhile that it changed, for nobody may say so again."""
        await self._flights.once(order_id, lambda: self._read(order_id))
        kept = await self._mirror.kept(order_id)
        if kept is not None and kept.stored.stale_at is not None:
            await self._flights.once(order_id, lambda: self._read(order_id))

    async def _read(self, order_id: str) -> None:
        kept = await self._mirror.kept(order_id)
        if kept is not None and self._is_fresh(kept.stored):
            return  # somebody else has read it since it was looked at
        began = self._clock.now()
        raw = await self.platform.order(order_id)
        telemetry.order_reads.labels("read").inc()
        if raw is None:
            await self.forget(order_id)
        else:
            await self._keep(self._checked([raw]), began)

    def _checked(self, raws: Sequence[Raw]) -> list[OrderDocument]:
        """Documents in the order format. Raises StoreUnavailable when one cannot be used: an unread order is no order."""
        try:
            return [decode_order(raw)[0] for raw in raws]
        except DocumentRejected as error:
            raise StoreUnavailable(f"{self.source} gave an order that cannot be read: {error}") from error

    async def _keep(self, documents: Sequence[OrderDocument], began: datetime) -> None:
        if documents:
            await self._mirror.put_orders(documents, began)

    def _is_fresh(self, stored: orders.StoredOrder) -> bool:
        return stored.stale_at is None and self._clock.now() - stored.seen_at <= self._fresh_for

    async def remembered(self, customer_id: str) -> Remembered:
        """The customer's orders that were ever read; the platform is not asked."""
        return await self._mirror.remembered(customer_id)

    # What webhooks and comparisons say

    async def touch(self, order_ids: Sequence[str]) -> None:
        """These orders changed on the platform: whoever asks next reads them anew, and open cards follow."""
        now = self._clock.now()
        await self._write(lambda tx: orders.mark_stale(tx, order_ids, now))
        self._searched.forget()
        self._missing.forget()
        if self.on_change is not None:
            for order_id in order_ids:
                self.on_change(order_id)

    async def forget(self, order_id: str) -> None:
        """The order is gone on the platform."""
        await self._write(lambda tx: orders.remove(tx, order_id))
        self._searched.forget()
        if self.on_change is not None:
            self.on_change(order_id)

    async def touch_product(self, product_id: str) -> None:
        """A product changed on the platform: read it anew now."""
        raw = await self.platform.product(product_id)
        if raw is not None:
            await self._mirror.put_products(self._goods([raw]))
            self._products.put(product_id, True, self._clock.now())

    async def reconcile(self) -> int:
        """Notice changes whose webhook never came; how many orders were stale."""
        name, now = f"orders:{self.source}", self._clock.now()
        seen = await self._database.read(lambda tx: parcels.watermark(tx, name))
        stale = 0
        batch: list[Change] = []
        async for change in self._changes((seen or now - _FIRST_LOOK) - _OVERLAP):
            batch.append(change)
            if len(batch) == _BATCH:
                stale += await self._compare(batch)
                batch = []
        stale += await self._compare(batch)
        await self._write(lambda tx: parcels.set_watermark(tx, name, now))
        return stale

    def _changes(self, since: datetime) -> AsyncIterator[Change]:
        return self.platform.changed_since(since)

    async def _compare(self, changes: Sequence[Change]) -> int:
        """Touch the orders that changed after we looked at them last; orders that nobody asked for are not read."""

        async def unit(tx: Tx) -> list[str]:
            known = [(change, await orders.get(tx, change.id)) for change in changes]
            return [each.id for change, each in known if each and (change.at is None or change.at > each.seen_at)]

        stale = await self._database.read(unit)
        if stale:
            await self.touch(stale)
        return len(stale)

    async def sync_products(self, *, whole: bool = False) -> int:
        """Bring the kept catalogue up to date; how many products came."""
        name, now = f"products:{self.source}", self._clock.now()
        seen = None if whole else await self._database.read(lambda tx: parcels.watermark(tx, name))
        count = 0
        batch: list[Raw] = []
        async for raw in self.platform.products(seen - _OVERLAP if seen else None):
            batch.append(raw)
            if len(batch) == _BATCH:
                count += await self._keep_products(batch)
                batch = []
        count += await self._keep_products(batch)
        await self._write(lambda tx: parcels.set_watermark(tx, name, now))
        return count

    async def _keep_products(self, raws: Sequence[Raw]) -> int:
        goods = self._goods(raws)
        await self._mirror.put_products(goods)
        return len(goods)

    def _goods(self, raws: Sequence[Raw]) -> list[ProductDocument]:
        """Products that can be used; one that cannot is logged and left out, for the others' sake."""
        found = []
        for raw in raws:
            try:
                found.append(decode_product(raw)[0])
            except DocumentRejected as error:
                _log.warning("a product cannot be read", extra={"product": str(raw.get("id")), "why": str(error)})
        return found

    # Customers and products

    async def customer(self, customer_id: str) -> CustomerRecord | None:
        """The customer with this id."""
        found = await self._people(("id", customer_id), lambda: self._one_customer(customer_id))
        return next(iter(found), None) or await self._mirror.customer(customer_id)

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> tuple[CustomerRecord, ...]:
        """Every customer with this e-mail (any case) and this phone; none given gives none."""
        if not email and not phone:
            return ()
        found = await self._people(("by", email, phone), lambda: self.platform.customers_by(email, phone))
        return found or await self._mirror.customers_by(email, phone)

    async def orders_by_name(self, name: str, zip_code: str) -> tuple[OrderSnapshot, ...]:
        """Every order of a person with this full name and postal code, of those that were ever read."""
        return await self._mirror.orders_by_name(name, zip_code)

    async def customers_by_name(self, name: str, zip_code: str) -> tuple[CustomerRecord, ...]:
        """Every customer with this full name and postal code, of those that were ever read."""
        return await self._mirror.customers_by_name(name, zip_code)

    async def _one_customer(self, customer_id: str) -> Sequence[Raw]:
        raw = await self.platform.customer(customer_id)
        return [raw] if raw is not None else []

    async def _people(self, key: Hashable, ask: Callable[[], Awaitable[Sequence[Raw]]]) -> tuple[CustomerRecord, ...]:
        """Customers as the platform knows them; none when it does not answer, so that the kept ones serve."""
        now = self._clock.now()
        known = self._customers.get(key, now - self._fresh_for)
        if known is not None:
            return known
        try:
            documents = [self._person(raw) for raw in await ask()]
        except (StoreUnavailable, DocumentRejected) as error:
            _log.warning("customers were not read", extra={"why": str(error)})
            return ()
        await self._mirror.sighted(documents)
        found = tuple(customer_record(each, as_of=now, source=self.source) for each in documents)
        self._customers.put(key, found, now)
        return found

    def _person(self, raw: Raw) -> CustomerDocument:
        return decode_customer(raw)[0]

    async def product(self, product_id: str) -> Product | None:
        """The product with this id, with live stock and prices where the platform answers."""
        if self._products.get(product_id, self._clock.now() - self._fresh_for) is None:
            try:
                await self._flights.once(("product", product_id), lambda: self.touch_product(product_id))
            except StoreUnavailable as error:
                _log.warning("a product was not read; its last read is used", extra={"why": str(error)})
        return await self._mirror.product(product_id)

    async def variant(self, sku: str) -> Variant | None:
        """The variant with this sku, with live stock and price where the platform answers."""
        kept = await self._mirror.variant(sku)
        product = await self.product(kept.product_id) if kept else None
        return next((each for each in product.variants if each.sku == sku), None) if product else None

    async def search_products(self, text: str, limit: int) -> tuple[Product, ...]:
        """At most `limit` products that fit the text, best first, from the kept catalogue."""
        return await self._mirror.search_products(text, limit)

    def cart_url(self, sku: str, variant_id: str | None, product_id: str, quantity: int) -> str | None:
        """A link that fills the shopper's cart, where the platform has such links."""
        return self.platform.cart_url(sku, variant_id, product_id, quantity)

    # Writes, called by the gate of actions alone

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
        return await self._done(order_id, self.platform.start_return(key, order_id, lines, reason, outcome, method, at))

    async def start_exchange(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, method: str | None, at: datetime
    ) -> ExchangeResult:
        """Open an exchange."""
        return await self._done(order_id, self.platform.start_exchange(key, order_id, lines, reason, method, at))

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel the whole order."""
        return await self._done(order_id, self.platform.cancel_order(key, order_id, reason, method, at))

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
        """Send back `amount`."""
        return await self._done(order_id, self.platform.refund(key, order_id, amount, lines, reason, method, at))

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere."""
        return await self._done(order_id, self.platform.change_address(key, order_id, address, at))

    async def change_customer_address(
        self, key: str, customer_id: str, address: Address, at: datetime
    ) -> AddressResult:
        """Change the customer's default address."""
        result = await self.platform.change_customer_address(key, customer_id, address, at)
        self._customers.forget()
        return result

    async def change_items(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], method: str | None, at: datetime
    ) -> ItemsResult:
        """Replace pieces of lines, or drop them."""
        return await self._done(order_id, self.platform.change_items(key, order_id, lines, method, at))

    async def change_payment(self, key: str, order_id: str, method: str, at: datetime) -> PaymentResult:
        """Pay by another stored method."""
        return await self._done(order_id, self.platform.change_payment(key, order_id, method, at))

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give credit for a later purchase."""
        result = await self.platform.store_credit(key, customer_id, amount, reason, order_id, at)
        self._customers.forget()
        return result

    async def reship(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        address: Address | None,
        at: datetime,
    ) -> ReshipResult:
        """Send these lines again."""
        return await self._done(order_id, self.platform.reship(key, order_id, lines, reason, address, at))

    async def open_claim(
        self, key: str, order_id: str, shipment_id: str | None, kind: str, statement: str, at: datetime
    ) -> ClaimResult:
        """Open a claim."""
        return await self._done(order_id, self.platform.open_claim(key, order_id, shipment_id, kind, statement, at))

    async def _done(self, order_id: str, write: Awaitable[T]) -> T:
        """Whatever becomes of a write, the order is read anew before the next answer about it."""
        try:
            return await write
        finally:
            try:
                await self.touch([order_id])
            except StoreUnavailable:
                _log.warning("an order was not marked as changed", extra={"order": order_id})

    async def close(self) -> None:
        """Let go of the platform."""
        await self.platform.close()

    async def _write(self, unit: Callable[[Tx], Awaitable[Any]]) -> None:
        try:
            await self._database.write(unit)
        except StorageError as error:
            raise StoreUnavailable(str(error)) from error
