"""The demo shop over the real order store: what its pages show and push, and how its goods come in.

Everything passes through what any shop uses: the import of files, and edits of one order with nobody in between. It
knows neither HTTP nor the assistant; the logins are only shown here, `run` makes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from server import imports
from server.clock import Clock
from server.commerce.embedded import EmbeddedStore
from server.demo import carrier
from server.demo.documents import SHOP_NAME, Document
from server.demo.seed import Seed
from server.demo.stories import STORIES
from server.errors import OperatorError, RefusedInput


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who may sign in to the demo's console."""

    email: str
    password: str
    name: str
    role: str
    skills: tuple[str, ...] = ()


LOGINS: Final = (
    Login("kim@harbourandpine.example", "harbour-kim", "Kim Ellis", "agent", ("returns",)),
    Login("sam@harbourandpine.example", "harbour-sam", "Sam Ortiz", "agent", ("delivery",)),
    Login("dana@harbourandpine.example", "harbour-dana", "Dana Brooks", "supervisor"),
)
"""The passwords are public on purpose: the demo listens on loopback only, and nobody in it is real."""


class SeededShop:
    """The running demo, as its pages see it (`routes.DemoShop`)."""

    def __init__(self, store: EmbeddedStore, clock: Clock, products: Sequence[Document]) -> None:
        """`products`: the documents of the catalogue, in its order."""
        self._store = store
        self._clock = clock
        self._products = products

    @property
    def shop_name(self) -> str:
        """The name over the door."""
        return SHOP_NAME

    @property
    def logins(self) -> Sequence[tuple[str, str, str]]:
        """The console's demo agents: e-mail, password, name."""
        return [(login.email, login.password, login.name) for login in LOGINS]

    @property
    def products(self) -> Sequence[Document]:
        """The product documents, in the order of the catalogue."""
        return self._products

    async def story_orders(self) -> list[Document]:
        """The order documents of the stories, as the store holds them now. Raises StoreUnavailable."""
        found = [await self._store.document(story.order_id) for story in STORIES]
        return [document for document in found if document is not None]

    async def push(self, order_id: str, event: str) -> Document:
        """Let the carrier report `event` for an order; returns the order after it.

        Raises RefusedInput where the event makes no sense or the order is gone, StoreUnavailable."""
        now = self._clock.now()
        pushed = await self._store.edit_order(order_id, lambda document: carrier.push(document, event, now))
        document = await self._store.document(order_id) if pushed else None
        if document is None:
            raise RefusedInput("order", "this order is no longer in the store")
        return document

    async def move_parcels(self, interval_s: float) -> None:
        """Let a few parcels travel on every `interval_s`, until cancelled."""
        await carrier.run(self._move_on, self._store.documents, self._clock, interval_s)

    async def _move_on(self, moved: Document) -> None:
        """Move the order as it is now: since it was read, a shopper may have changed it."""
        now = self._clock.now()
        await self._store.edit_order(moved["id"], lambda document: carrier.advance(document, now))


async def stock(store: EmbeddedStore, goods: Seed) -> None:
    """Bring the seed in as `onethread ... import` would. Raises OperatorError for a document that does not land."""
    for name, run, documents in (
        ("product", imports.import_products, goods.products),
        ("customer", imports.import_customers, goods.customers),
        ("order", imports.import_orders, goods.orders),
        ("promotion", imports.import_promotions, goods.promotions),
    ):
        report = await run(store, [msgspec.json.encode(document) for document in documents])
        for line, reason in report.failed:
            raise OperatorError(f"the demo's {name} {line} does not land: {reason}")
