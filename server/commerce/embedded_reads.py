"""The reads of the embedded order store: what is kept of orders, customers, goods, subscriptions and promotions.

The documents are those of the import format and are read as every other order system's are. Nothing here changes them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from memory import orders
from memory.engines.base import Database, Tx, Unit
from memory.errors import StorageError
from memory.orders import StoredOrder
from server.clock import Clock
from server.commerce.contacts import Contact, email_key, named, phone_key, stems
from server.commerce.documents import (
    DocumentRejected,
    decode_customer,
    decode_order,
    decode_product,
    decode_promotion,
    decode_subscription,
)
from server.commerce.kept import Kept, Snapshots, with_told
from server.commerce.model import CustomerRecord, OrderSnapshot, Product, Variant
from server.commerce.parse import customer_record, snapshot
from server.commerce.parse_goods import product_record
from server.commerce.promotions import Promotion, promotion
from server.commerce.store import (
    Remembered,
    normalise_number,
)
from server.commerce.subscriptions import Subscription, subscription
from server.errors import StoreUnavailable

T = TypeVar("T")
_SOURCE: Final = "store"
_CACHED: Final = 512
_CANDIDATES: Final = 200


class EmbeddedReads:
    """What the Store reads, over `memory.orders`. `freshen` may ask carriers about an order that is read alone, and says
    whether anything new was told."""

    def __init__(
        self, database: Database, clock: Clock, shop_tz: str, region: str = "US", *, mirrors: str = ""
    ) -> None:
        """`region` (ISO 3166 alpha-2) is where phone numbers without a country code are read.

        `mirrors` names the shop platform whose last reads are kept here; then an order is as old as its last read."""
        self.mirrors = mirrors
        self._database = database
        self._clock = clock
        self._shop_tz = shop_tz
        self._region = region
        self._snapshots = Snapshots(_CACHED)
        self.freshen: Callable[[Kept], Awaitable[bool]] | None = None

    async def order(self, order_id: str) -> OrderSnapshot | None:
        """The order with this id."""
        kept = await self.kept(order_id)
        return await self._freshened(kept) if kept else None

    async def last_read(self, order_id: str) -> OrderSnapshot | None:
        """The order as it is kept here; no carrier is asked."""
        kept = await self.kept(order_id)
        return self._snapshot(kept) if kept else None

    async def _freshened(self, kept: Kept) -> OrderSnapshot:
        """The order, after its carriers were asked where that is due."""
        if self.freshen is not None and await self.freshen(kept):
            kept = await self.kept(kept.stored.id) or kept
        return self._snapshot(kept)

    async def kept(self, order_id: str) -> Kept | None:
        """The order as it is stored, with what others told about it."""

        async def find(tx: Tx) -> list[Kept]:
            return await with_told(tx, [await orders.get(tx, order_id)])

        return next(iter(await self._read(find)), None)

    async def order_by_number(self, number: str) -> OrderSnapshot | None:
        """The order that a shopper calls `number`."""
        key = normalise_number(number)

        async def find(tx: Tx) -> list[Kept]:
            return await with_told(tx, [await orders.by_number(tx, key)])

        kept = next(iter(await self._read(find)), None) if key else None
        return await self._freshened(kept) if kept else None

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> tuple[OrderSnapshot, ...]:
        """Every order that matches all given arguments, newest first; none given gives none.

        An address matches where it stands on the order itself or on its customer's record."""
        asked = self._asked(email, phone)

        async def find(tx: Tx) -> list[Kept]:
            found = [await _orders_at(tx, contact) for contact in asked]
            if customer_id is not None:
                found.append(_by_id(await orders.of_customer(tx, customer_id)))
            first, *others = found or [{}]
            both = [stored for order_id, stored in first.items() if all(order_id in other for other in others)]
            return await with_told(tx, both)

        snapshots = [self._snapshot(kept) for kept in await self._read(find)]
        return tuple(sorted(snapshots, key=lambda each: each.placed_at, reverse=True))

    async def remembered(self, customer_id: str) -> Remembered:
        """The customer's orders that are kept here, newest first; of a mirror nobody knows whether there are others."""
        found = await self.orders_of(customer_id=customer_id) if customer_id else ()
        return Remembered(found, not self.mirrors and len(found) < orders.MOST_OF_CUSTOMER)

    async def customer(self, customer_id: str) -> CustomerRecord | None:
        """The customer with this id."""
        raw = await self._read(lambda tx: orders.customer(tx, customer_id))
        return self._customer(raw) if raw else None

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> tuple[CustomerRecord, ...]:
        """Every customer with this e-mail (any case) and this phone; none given gives none."""
        asked = self._asked(email, phone)

        async def find(tx: Tx) -> list[dict[str, Any]]:
            found = [await orders.customers_by(tx, *contact) for contact in asked]
            first, *others = found or [[]]
            return [raw for raw in first if all(raw in other for other in others)]

        return tuple(self._customer(raw) for raw in await self._read(find))

    async def orders_by_name(self, name: str, zip_code: str) -> tuple[OrderSnapshot, ...]:
        """Every order of a person with this full name and postal code, newest first."""

        async def find(tx: Tx) -> list[Kept]:
            return await with_told(tx, list((await self._at_names(tx, name, zip_code)).values()))

        snapshots = [self._snapshot(kept) for kept in await self._read(find)]
        return tuple(sorted(snapshots, key=lambda each: each.placed_at, reverse=True))

    async def customers_by_name(self, name: str, zip_code: str) -> tuple[CustomerRecord, ...]:
        """Every customer with this full name and postal code, on their record or on an order."""

        async def find(tx: Tx) -> list[dict[str, Any]]:
            found = [raw for key in _names(name, zip_code) for raw in await orders.customers_by(tx, *key)]
            ids = [stored.document["customer"]["id"] for stored in (await self._at_names(tx, name, zip_code)).values()]
            found += [raw for each in dict.fromkeys(ids) if (raw := await orders.customer(tx, each)) is not None]
            return list({raw["id"]: raw for raw in found}.values())

        return tuple(self._customer(raw) for raw in await self._read(find))

    async def _at_names(self, tx: Tx, name: str, zip_code: str) -> dict[str, StoredOrder]:
        found: dict[str, StoredOrder] = {}
        for key in _names(name, zip_code):
            found |= await _orders_at(tx, key)
        return found

    async def product(self, product_id: str) -> Product | None:
        """The product with this id."""
        raw = await self._read(lambda tx: orders.product(tx, product_id))
        return self._product(raw) if raw else None

    async def variant(self, sku: str) -> Variant | None:
        """The variant with this sku."""
        raw = await self._read(lambda tx: orders.product_of(tx, sku))
        variants = self._product(raw).variants if raw else ()
        return next((variant for variant in variants if variant.sku == sku), None)

    async def search_products(self, text: str, limit: int) -> tuple[Product, ...]:
        """At most `limit` products that fit the text, best first: words of the title count before all others."""
        wanted = list(dict.fromkeys(stems(text)))
        words = [f" {stem} " for stem in wanted]
        found = await self._read(lambda tx: orders.products_with(tx, words, _CANDIDATES))
        products = [self._product(raw) for raw in found]
        ranked = sorted(products, key=lambda each: len(set(stems(each.title)).intersection(wanted)), reverse=True)
        return tuple(ranked[:limit])

    async def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        """A customer's subscriptions, those that ended last."""
        found = (
            await self._read(lambda tx: orders.extras(tx, "subscription", f'"{customer_id}"')) if customer_id else []
        )
        now, source = self._clock.now(), self.mirrors or _SOURCE
        held = [subscription(decode_subscription(raw)[0], as_of=now, source=source) for raw in found]
        return tuple(sorted((each for each in held if each.customer_id == customer_id), key=lambda each: each.is_ended))

    async def promotions(self) -> tuple[Promotion, ...]:
        """Every promotion, in the order of their codes."""
        found = await self._read(lambda tx: orders.extras(tx, "promotion"))
        return tuple(promotion(decode_promotion(raw)[0], source=self.mirrors or _SOURCE) for raw in found)

    async def documents(self) -> list[dict[str, Any]]:
        """Every order as it was put in, newest first."""
        return [stored.document for stored in await self._read(orders.all_orders)]

    async def document(self, order_id: str) -> dict[str, Any] | None:
        """The order as it was put in."""
        stored = await self._read(lambda tx: orders.get(tx, order_id))
        return stored.document if stored else None

    # The way to the database and back

    async def _read(self, unit: Unit[T]) -> T:
        try:
            return await self._database.read(unit)
        except StorageError as error:
            raise StoreUnavailable(str(error)) from error

    async def _write(self, unit: Unit[T]) -> T:
        try:
            return await self._database.write(unit)
        except StorageError as error:
            raise StoreUnavailable(str(error)) from error

    def _asked(self, email: str | None, phone: str | None) -> list[Contact]:
        asked: list[Contact] = []
        if email is not None:
            asked.append(("email", email_key(email)))
        if phone is not None:
            asked.append(("phone", phone_key(phone, self._region)))
        return asked

    def _snapshot(self, kept: Kept) -> OrderSnapshot:
        as_of = kept.stored.seen_at if self.mirrors else self._clock.now()
        parsed = self._snapshots.get(kept)
        if parsed is not None:
            return replace(parsed, as_of=as_of)
        try:
            document = decode_order(kept.document(self._shop_tz))[0]
        except DocumentRejected as error:
            raise StoreUnavailable(f"the stored order {kept.stored.id} cannot be read: {error}") from error
        parsed = snapshot(document, as_of=as_of, source=self.mirrors or _SOURCE, shop_tz=self._shop_tz)
        self._snapshots.keep(kept, parsed)
        return parsed

    def _customer(self, raw: dict[str, Any]) -> CustomerRecord:
        return customer_record(decode_customer(raw)[0], as_of=self._clock.now(), source=self.mirrors or _SOURCE)

    def _product(self, raw: dict[str, Any]) -> Product:
        return product_record(decode_product(raw)[0], as_of=self._clock.now(), source=self.mirrors or _SOURCE)


def _names(name: str, zip_code: str) -> list[Contact]:
    """The keys of a name and a postal code whose country nobody said: a US one may be longer than what is kept."""
    return named(name, [(zip_code, ""), (zip_code, "US")])


def _by_id(found: Sequence[StoredOrder]) -> dict[str, StoredOrder]:
    return {stored.id: stored for stored in found}


async def _orders_at(tx: Tx, contact: Contact) -> dict[str, StoredOrder]:
    """Orders with this address on themselves or on their customer's record."""
    found = _by_id(await orders.by_contact(tx, *contact))
    for customer in await orders.customers_by(tx, *contact):
        found.update(_by_id(await orders.of_customer(tx, customer["id"])))
    return found
