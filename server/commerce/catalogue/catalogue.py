"""Keeps the search index over the goods in the database, and renews it when they change.

Whether something changed is asked at most once a second; only what changed is read, and weighing words happens off the event
loop. Prices and stocks come in without weighing anything anew. Several processes may each have their own.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from memory import catalogue as goods
from memory.catalogue import State, StoredProduct
from memory.engines.base import Database
from memory.errors import StorageError
from server.clock import Clock
from server.commerce.catalogue.index import Found, Index
from server.commerce.documents import DocumentRejected, decode_product
from server.commerce.goods import Product
from server.commerce.parse_goods import product_record
from server.errors import StoreUnavailable

_log = logging.getLogger("onethread.catalogue")
_LOOK_EVERY: Final = timedelta(seconds=1)
_OVERLAP_MS: Final = 60_000  # units commit a little later than the time that they carry
_OWN: Final = "embedded"


class Catalogue:
    """The goods of one shop. `source` is the name of the order system that they come from.

    The embedded store's goods are the shop's own data and true whenever they are read; those of a platform are as old as the last
    time that it told of them."""

    def __init__(self, database: Database, clock: Clock, source: str) -> None:
        self._database = database
        self._clock = clock
        self._source = source
        self._index: Index | None = None  # building reads files and takes time: never in a coroutine
        self._state: State | None = None
        self._looked_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def search(self, text: str, language: str, limit: int, currency: str = "") -> tuple[Found, ...]:
        """At most `limit` products on sale that fit the text, by words and by meaning, best first.

        `currency` is that of prices without one. Raises StoreUnavailable."""
        return (await self.index()).search(text, language, limit, currency)

    async def product(self, product_id: str) -> Product | None:
        """The product with this id. Raises StoreUnavailable."""
        return (await self.index()).products.get(product_id)

    async def index(self) -> Index:
        """The index as of the last second. Raises StoreUnavailable."""
        if self._index is None or self._is_due():
            async with self._turn:
                if self._index is None or self._is_due():
                    return await self._renew()
        return self._index

    def _is_due(self) -> bool:
        return self._looked_at is None or not timedelta(0) <= self._clock.now() - self._looked_at < _LOOK_EVERY

    async def _renew(self) -> Index:
        now = self._clock.now()
        try:
            seen = await self._database.read(goods.state)
            index = self._index if self._index is not None and seen == self._state else await self._take_in(seen, now)
        except StorageError as error:
            raise StoreUnavailable(str(error)) from error
        self._index, self._looked_at = index, now
        return index

    async def _take_in(self, seen: State, now: datetime) -> Index:
        before = self._state
        since = max(0, before.newest - _OVERLAP_MS) if before else 0
        changed = await self._database.read(lambda tx: goods.changed_since(tx, since))
        present = await self._database.read(goods.ids)
        index = await asyncio.to_thread(self._renewed, changed, present, now)
        # What was written in this very millisecond may be written over in it: then it is read once more.
        self._state = seen if seen.newest < int(now.timestamp() * 1000) else None
        return index

    def _renewed(self, changed: Sequence[StoredProduct], present: Sequence[str], now: datetime) -> Index:
        decoded = (self._read(each, now) for each in changed)
        read = {product.id: product for product in decoded if product is not None}
        before = self._index
        kept: Mapping[str, Product] = before.products if before else {}
        products = [read.get(id) or kept[id] for id in present if id in read or id in kept]
        if before is None:
            return Index(products)
        return before.with_products(products) or Index(products, before.entries)

    def _read(self, stored: StoredProduct, now: datetime) -> Product | None:
        try:
            document = decode_product(dict(stored.document))[0]
        except DocumentRejected as error:
            _log.warning("a stored product cannot be read", extra={"product_id": stored.id, "reason": str(error)})
            return None
        as_of = now if self._source == _OWN else stored.changed_at
        return product_record(document, as_of=as_of, source=self._source)
