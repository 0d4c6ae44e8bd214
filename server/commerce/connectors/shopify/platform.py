"""A shop on Shopify as one of our platforms: reads become documents, writes go through at most once.

Search hits of Shopify's are candidates only and are compared exactly here. What an order or a product means is in
`reading` and `goods`, how a write is made safe in `acting` and its neighbours; this module only puts them together.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from server.clock import Clock
from server.commerce.connectors.once import LOOKS_S, Ledger
from server.commerce.connectors.platform import Change, Finding, Raw
from server.commerce.connectors.shopify import searching
from server.commerce.connectors.shopify.acting import Acting
from server.commerce.connectors.shopify.addressing import Addressing
from server.commerce.connectors.shopify.cancelling import Cancelling
from server.commerce.connectors.shopify.client import Client
from server.commerce.connectors.shopify.crediting import Crediting
from server.commerce.connectors.shopify.goods import customer_document, product_document
from server.commerce.connectors.shopify.installation import Installation
from server.commerce.connectors.shopify.labelling import Labelling
from server.commerce.connectors.shopify.people import People
from server.commerce.connectors.shopify.reading import OrderUnreadable, order_document
from server.commerce.connectors.shopify.refunding import Refunding
from server.commerce.connectors.shopify.returning import Returning
from server.commerce.connectors.shopify.values import Json, gid, next_page, nodes, part, tail, time
from server.commerce.connectors.shopify.whole import OrderReader, merged
from server.commerce.model import Address, LineQuantity, Money
from server.commerce.outside import Priority
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
from server.errors import StoreRefused, StoreUnavailable
from server.settings import ShopifySettings

_MOST_ORDERS: Final = 10
"""How many orders of one person are read whole: each costs Shopify a thousand points."""


class ShopifyPlatform:
    """The Platform of one shop. `looks_s` and `pause_s` are the pauses of writes, for tests."""

    name: str = "shopify"

    def __init__(
        self,
        settings: ShopifySettings,
        clock: Clock,
        ledger: Ledger,
        *,
        looks_s: Sequence[float] = LOOKS_S,
        pause_s: float = 1.0,
    ) -> None:
        """Raises SettingsError for what is no shop, or a version that we do not speak."""
        self._shop = settings.shop
        self._client = Client(settings, clock)
        self._people = People(self._client)
        self._orders = OrderReader(self._client, self._people)
        self._installation = Installation(self._client, clock)
        acting = Acting(self._client, self._orders, ledger, looks_s, pause_s)
        self._returning = Returning(acting, clock)
        self._refunding = Refunding(acting)
        self._cancelling = Cancelling(acting)
        self._addressing = Addressing(acting)
        self._crediting = Crediting(acting)
        self._labelling = Labelling(acting)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

    # What the installation can do

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The writes whose scopes are granted; all that Shopify can do, until the scopes are known."""
        return self._installation.capabilities

    async def learn_scopes(self) -> None:
        """Ask which scopes are granted, at most once an hour. Raises StoreUnavailable."""
        await self._installation.learn()
        self._orders.reads_returns = self._installation.may("read_returns")

    async def examine(self) -> Sequence[Finding]:
        """What is missing: scopes, webhooks, approval for protected customer data, the API version."""
        return await self._installation.examine()

    async def subscribe(self, delivery_url: str) -> Sequence[Finding]:
        """Make the webhook subscriptions that are missing. Never raises."""
        return await self._installation.subscribe(delivery_url)

    # Orders

    async def order(self, order_id: str, priority: Priority = "chat") -> Raw | None:
        """The order with this id, whole; None when there is none, or none that we may see."""
        return await self._document(order_id, priority)

    async def orders_named(self, number: str) -> Sequence[Raw]:
        """The orders whose number is exactly this one."""
        return await self._whole(await self._people.named(number))

    async def orders_confirmed(self, code: str) -> Sequence[Raw]:
        """The order with exactly this confirmation code, which nobody can guess."""
        return await self._whole(await self._people.confirmed(code))

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[Raw]:
        """The ten newest orders that match all given arguments exactly, newest first."""
        return await self._whole(await self._people.orders_of(customer_id, email, phone))

    async def changed_since(self, since: datetime) -> AsyncIterator[Change]:
        """Orders that changed since, page by page. Also learns anew, now and then, what the app may do."""
        await self.learn_scopes()
        variables: dict[str, object] = {"q": searching.since(since)}
        async for each in self._listed("delta", "orders", variables, "delta"):
            told = time(each.get("updatedAt"))
            yield Change(tail(each.get("id")), datetime.fromisoformat(told) if told else None)

    async def _whole(self, hits: Sequence[Json]) -> Sequence[Raw]:
        """These orders, read whole one after the other: together they would empty the cost bucket."""
        wanted = {tail(each.get("id")): each for each in hits[:_MOST_ORDERS]}
        found = [await self._document(order_id, "chat", hit) for order_id, hit in wanted.items()]
        return [each for each in found if each is not None]

    async def _document(self, order_id: str, priority: Priority, hit: Json | None = None) -> Raw | None:
        """`hit` is what the search gave; it spares a look for the contacts where it has them."""
        found = await self._orders.read(order_id, priority, hit if hit and "email" in hit else None)
        try:
            return None if found is None else order_document(found)
        except OrderUnreadable as error:
            raise StoreUnavailable(f"Shopify's order {order_id} cannot be read: {error}") from error

    # Customers

    async def customer(self, customer_id: str) -> Raw | None:
        """A customer document."""
        found = await self._people.customer(customer_id)
        return customer_document(found) if found else None

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> Sequence[Raw]:
        """Customer documents with exactly this e-mail (any case) and phone."""
        return [customer_document(each) for each in await self._people.customers(email, phone)]

    # Goods

    async def products(self, since: datetime | None) -> AsyncIterator[Raw]:
        """Product documents that changed since, or all."""
        currency = await self._installation.currency()
        variables: dict[str, object] = {"q": None if since is None else searching.since(since)}
        async for each in self._listed("products", "products", variables, "backfill"):
            yield product_document(await self._with_variants(each, "backfill"), currency)

    async def product(self, product_id: str) -> Raw | None:
        """A product document, with live stock and prices."""
        whole_id = gid("Product", product_id)
        if whole_id is None:
            return None
        currency = await self._installation.currency()
        found = part(await self._client.read("product", {"id": whole_id}), "product")
        return product_document(await self._with_variants(found, "chat"), currency) if found else None

    async def _with_variants(self, product: Json, priority: Priority) -> Json:
        """The product with the variants that its first page left out."""
        after = next_page(product.get("variants"))
        while after is not None:
            variables = {"id": str(product.get("id")), "after": after}
            more = part(await self._client.read("product_variants", variables, priority), "product")
            product = merged(product, more)
            after = next_page(more.get("variants"))
        return product

    def cart_url(self, sku: str, variant_id: str | None, product_id: str, quantity: int) -> str | None:
        """A link that fills the shopper's cart."""
        variant = tail(variant_id) if variant_id else ""
        if not (variant.isascii() and variant.isdecimal()) or quantity < 1:
            return None
        return f"https://{self._shop}/cart/{variant}:{quantity}"

    async def _listed(
        self, key: str, name: str, variables: dict[str, object], priority: Priority
    ) -> AsyncIterator[Json]:
        after: str | None = None
        while True:
            connection = part(await self._client.read(key, {**variables, "after": after}, priority), name)
            for each in nodes(connection):
                yield each
            before, after = after, next_page(connection)
            if after is None or after == before:
                return

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
        words = f"{outcome} to {method}" if method else outcome
        return await self._returning.start_return(key, order_id, lines, reason, words, at)

    async def start_exchange(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, method: str | None, at: datetime
    ) -> ExchangeResult:
        """Open an exchange; every line names its `to_sku`."""
        return await self._returning.start_exchange(key, order_id, lines, reason, method, at)

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel the whole order and send back what was paid."""
        return await self._cancelling.cancel_order(key, order_id, reason, method, at)

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
        return await self._refunding.refund(key, order_id, amount, lines, reason, method, at)

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere."""
        return await self._addressing.change_address(key, order_id, address, at)

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give credit for a later purchase."""
        return await self._crediting.store_credit(key, customer_id, amount, order_id, at)

    async def attach_label(
        self, key: str, order_id: str, rma: str, url: str, tracking_number: str | None, at: datetime
    ) -> None:
        """Attach the label of a return that was opened; Shopify fetches it from `url`."""
        await self._labelling.attach_label(key, order_id, rma, url, tracking_number, at)

    async def change_customer_address(
        self, key: str, customer_id: str, address: Address, at: datetime
    ) -> AddressResult:
        """Not through Shopify."""
        raise _impossible("a customer's own address is changed")

    async def change_items(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], method: str | None, at: datetime
    ) -> ItemsResult:
        """Not through Shopify: an edit can be sent, but what it costs more cannot be charged."""
        raise _impossible("items are changed")

    async def change_payment(self, key: str, order_id: str, method: str, at: datetime) -> PaymentResult:
        """Not through Shopify."""
        raise _impossible("the payment is changed")

    async def reship(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        address: Address | None,
        at: datetime,
    ) -> ReshipResult:
        """Not through Shopify."""
        raise _impossible("goods are sent again")

    async def open_claim(
        self, key: str, order_id: str, shipment_id: str | None, kind: str, statement: str, at: datetime
    ) -> ClaimResult:
        """Not through Shopify."""
        raise _impossible("claims are opened")


def _impossible(what: str) -> StoreRefused:
    return StoreRefused(f"{what} by people in Shopify's admin, not by us")
