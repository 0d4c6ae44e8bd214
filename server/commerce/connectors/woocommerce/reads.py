"""Finding and reading orders, customers and products of one WooCommerce site, as documents of our format.

The site's search is a search for words: it also finds names, notes and other people's orders, so every hit is compared
exactly before it counts. An order is read whole: with its refunds, and with its fulfilments where the site has them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import phonenumbers

from server.clock import Clock
from server.commerce.connectors.platform import Change
from server.commerce.connectors.woocommerce import goods, people
from server.commerce.connectors.woocommerce.client import Page, ReadRefused, WooClient
from server.commerce.connectors.woocommerce.people import Document
from server.commerce.connectors.woocommerce.plain import Json, entries, gmt_moment, part, text, wire_time
from server.commerce.connectors.woocommerce.reading import order_document
from server.commerce.connectors.woocommerce.statuses import Rules
from server.commerce.outside import Priority
from server.commerce.store import normalise_number
from server.errors import StoreUnavailable

_FULL: Final = 100
_SEARCHED: Final = 3
_NEWEST: Final = 20
_SECOND: Final = timedelta(seconds=1)
_ANY_ZONE: Final = timedelta(hours=15)
_ASK_AGAIN: Final = timedelta(hours=1)
_NO_FULFILMENTS: Final = frozenset({401, 403, 404})


class WooReads:
    """The reading half of the platform; one per site."""

    def __init__(self, client: WooClient, rules: Rules, clock: Clock) -> None:
        self._client = client
        self._rules = rules
        self._clock = clock
        self._currency: str | None = None
        self._no_fulfilments_until: datetime | None = None

    async def order(self, order_id: str, priority: Priority = "chat") -> Document | None:
        """The order with this id, whole; None when there is none, or only a draft."""
        found = await self.raw_order(order_id, priority)
        return None if found is None else await self._whole(found, priority)

    async def orders_named(self, number: str) -> Sequence[Document]:
        """The orders whose number is exactly this one."""
        wanted = normalise_number(number)
        if not wanted:
            return ()
        found = await self._search(wanted)
        if wanted.isdecimal() and not any(text(each.get("id")) == wanted for each in found):
            # Without a plug-in for numbers the number is the id, and some sites search only addresses.
            direct = await self.raw_order(wanted)
            found = [*found, *([direct] if direct else [])]
        return await self._all([each for each in found if _number_of(each) == wanted])

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[Document]:
        """The newest orders that match all given arguments exactly, newest first; none given gives none."""
        accounts = await self._accounts(email) if email else frozenset[str]()
        found = await self._candidates(customer_id, email, phone, accounts)
        matching = [each for each in found if _matches(each, customer_id, email, phone, accounts)]
        matching.sort(key=lambda each: text(each.get("date_created_gmt")), reverse=True)
        return await self._all(matching[:_NEWEST])

    async def changed_since(self, since: datetime) -> AsyncIterator[Change]:
        """Orders that changed since, oldest change first, each state of an order once."""
        try:
            async for change in self._modified(since):
                yield change
        except ReadRefused as refused:
            if refused.status != 400:
                raise
            async for change in self._created(since):
                yield change

    async def customer(self, customer_id: str) -> Document | None:
        """An account; guests have none."""
        if not customer_id.isdecimal():
            return None
        found = await self._client.one(f"/customers/{customer_id}")
        return None if found is None else people.customer_document(found, await self._shop_currency())

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> Sequence[Document]:
        """Accounts with exactly this e-mail and phone, of any role; none given gives none."""
        if email is None and phone is None:
            return ()
        wanted = [("email", email)] if email is not None else [("search", phone or "")]
        found = await self._client.many("/customers", [*wanted, ("role", "all"), ("per_page", "20")])
        matching = [each for each in found.items if _is_customer(each, email, phone)]
        currency = await self._shop_currency() if matching else None
        return [people.customer_document(each, currency) for each in matching]

    async def products(self, since: datetime | None) -> AsyncIterator[Document]:
        """Products that changed since, or all."""
        currency = await self._shop_currency("backfill")
        changed = [] if since is None else [("modified_after", wire_time(since)), ("dates_are_gmt", "true")]
        page = 1
        while True:
            params = [*changed, ("orderby", "id"), ("order", "asc"), ("per_page", str(_FULL)), ("page", str(page))]
            found = await self._client.many("/products", params, priority="backfill")
            for product in found.items:
                yield await self._product(product, currency, "backfill")
            if _is_last(found, page):
                return
            page += 1

    async def product(self, product_id: str) -> Document | None:
        """A product with its variations, their stock and prices."""
        if not product_id.isdecimal():
            return None
        found = await self._client.one(f"/products/{product_id}")
        return None if found is None else await self._product(found, await self._shop_currency(), "chat")

    def cart_url(self, sku: str, variant_id: str | None, product_id: str, quantity: int) -> str | None:
        """The shop's own link that puts it into the cart."""
        bought = variant_id or product_id
        return f"{self._client.url}/?add-to-cart={bought}&quantity={quantity}" if bought.isdecimal() else None

    # Raw parts, also for the writing half

    async def raw_order(self, order_id: str, priority: Priority = "chat") -> Json | None:
        """The order as WooCommerce shows it."""
        return await self._client.one(f"/orders/{order_id}", priority=priority) if order_id.isdecimal() else None

    async def raw_refunds(self, order_id: str, priority: Priority = "chat") -> Sequence[Json]:
        """The order's refunds with their lines."""
        found = await self._client.many(f"/orders/{order_id}/refunds", [("per_page", str(_FULL))], priority=priority)
        return found.items

    async def raw_fulfilments(self, order_id: str, priority: Priority = "chat") -> Sequence[Json]:
        """The order's fulfilments; none where the site has no such feature or does not let us see it."""
        if self._no_fulfilments_until is not None and self._clock.now() < self._no_fulfilments_until:
            return ()
        try:
            return (await self._client.many(f"/orders/{order_id}/fulfillments", priority=priority)).items
        except ReadRefused as refused:
            if refused.status not in _NO_FULFILMENTS:
                raise
            self._no_fulfilments_until = self._clock.now() + _ASK_AGAIN
            return ()

    async def _whole(self, order: Json, priority: Priority) -> Document | None:
        order_id = text(order.get("id"))
        refunds = await self.raw_refunds(order_id, priority) if entries(order.get("refunds")) else ()
        return order_document(order, refunds, await self.raw_fulfilments(order_id, priority), self._rules)

    async def _all(self, orders: Sequence[Json]) -> list[Document]:
        """Read the rest of each order, side by side."""
        unique = list({text(each.get("id")): each for each in orders}.values())
        refused: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                reading = [group.create_task(self._whole(each, "chat")) for each in unique]
        except* StoreUnavailable as failed:
            refused = failed.exceptions[0]
        if refused is not None:
            raise StoreUnavailable(str(refused))
        return [found for task in reading if (found := task.result()) is not None]

    async def _search(self, words: str) -> list[Json]:
        found: list[Json] = []
        for page in range(1, _SEARCHED + 1):
            params = [("search", words), ("status[]", "any"), ("per_page", str(_FULL)), ("page", str(page))]
            hits = await self._client.many("/orders", params)
            found += hits.items
            if _is_last(hits, page):
                break
        return found

    async def _accounts(self, email: str) -> frozenset[str]:
        """The accounts with this e-mail: their orders may carry another one."""
        found = await self._client.many("/customers", [("email", email), ("role", "all")])
        return frozenset(text(each.get("id")) for each in found.items if _is_customer(each, email, None))

    async def _orders_of_account(self, account: str) -> list[Json]:
        params = [("customer", account), ("status[]", "any"), ("per_page", str(_FULL))]
        return list((await self._client.many("/orders", params)).items)

    async def _candidates(
        self, customer_id: str | None, email: str | None, phone: str | None, accounts: frozenset[str]
    ) -> list[Json]:
        """What the narrowest of the arguments finds."""
        if customer_id is not None and customer_id.isdecimal():
            return await self._orders_of_account(customer_id)
        guest = customer_id.removeprefix("guest:") if customer_id is not None else None
        if email or guest:
            found = await self._search(email or guest or "")
            for account in accounts:
                found += await self._orders_of_account(account)
            return list({text(each.get("id")): each for each in found}.values())
        found = []
        for spelling in spellings(phone or ""):
            found += await self._search(spelling)
        return list({text(each.get("id")): each for each in found}.values())

    async def _modified(self, start: datetime) -> AsyncIterator[Change]:
        """By last change, going on from the last one seen: pages would shift under our hands."""
        seen: set[Change] = set()
        # The site's `after` is exclusive and its times have seconds: ask from a second before.
        after, page = start - _SECOND, 1
        while True:
            found = await self._client.many("/orders", _changed_params(after, page), priority="delta")
            fresh = [change for each in found.items if (change := _change(each)) not in seen]
            for change in fresh:
                if change.at is None or change.at >= start:
                    yield change
            seen.update(fresh)
            if len(found.items) < _FULL:
                return
            last = max((change.at for change in fresh if change.at), default=after) - _SECOND
            # Where a whole page shares one second, only the next page leads on.
            after, page = (last, 1) if last > after else (after, page + 1)

    async def _created(self, start: datetime) -> AsyncIterator[Change]:
        """For sites that cannot list by last change: new orders only. What else changes is told by webhooks."""
        page = 1
        while True:
            # Such sites compare with their own local time, whatever zone that is.
            params = [("after", wire_time(start - _ANY_ZONE)), ("status[]", "any"), ("order", "asc")]
            params += [("per_page", str(_FULL)), ("page", str(page))]
            found = await self._client.many("/orders", params, priority="delta")
            for change in map(_change, found.items):
                if change.at is None or change.at >= start:
                    yield change
            if _is_last(found, page):
                return
            page += 1

    async def _product(self, product: Json, currency: str, priority: Priority) -> Document:
        variations: list[Json] = []
        page = 1
        while goods.has_variations(product):
            params = [("per_page", str(_FULL)), ("page", str(page))]
            found = await self._client.many(
                f"/products/{text(product.get('id'))}/variations", params, priority=priority
            )
            variations += found.items
            if _is_last(found, page):
                break
            page += 1
        return goods.product_document(product, variations, currency)

    async def _shop_currency(self, priority: Priority = "chat") -> str:
        """The currency that products are priced in; asked once. Raises StoreUnavailable when nothing tells it."""
        if self._currency is None:
            try:
                found = text(part(await self._client.one("/data/currencies/current", priority=priority)).get("code"))
            except ReadRefused:
                newest = await self._client.many("/orders", [("per_page", "1")], priority=priority)
                found = text(newest.items[0].get("currency")) if newest.items else ""
            if len(found) != 3:
                raise StoreUnavailable("WooCommerce does not tell the shop's currency")
            self._currency = found.upper()
        return self._currency


def spellings(phone: str) -> list[str]:
    """The ways in which a number may have been typed in: the search compares letters, not numbers."""
    given = phone.strip()
    try:
        number = phonenumbers.parse(given, None)
    except phonenumbers.NumberParseException:
        return [given] if given else []
    formats = phonenumbers.PhoneNumberFormat
    national = phonenumbers.format_number(number, formats.NATIONAL)
    written = [
        given,
        national,
        "".join(sign for sign in national if sign.isdecimal()),
        phonenumbers.national_significant_number(number),
        phonenumbers.format_number(number, formats.INTERNATIONAL),
    ]
    return list(dict.fromkeys(written))


def _number_of(order: Json) -> str:
    return normalise_number(text(order.get("number")) or text(order.get("id")))


def _matches(
    order: Json, customer_id: str | None, email: str | None, phone: str | None, accounts: frozenset[str]
) -> bool:
    billing, buyer = part(order.get("billing")), people.buyer_document(order)
    is_theirs = buyer["id"] in accounts or (email is not None and people.has_email(buyer["emails"], email))
    return (
        (customer_id is None or buyer["id"] == customer_id)
        and (email is None or is_theirs)
        and (phone is None or people.has_phone(billing, phone))
    )


def _is_customer(customer: Json, email: str | None, phone: str | None) -> bool:
    billing = part(customer.get("billing"))
    emails = [text(customer.get("email")), text(billing.get("email"))]
    return (email is None or people.has_email(emails, email)) and (phone is None or people.has_phone(billing, phone))


def _is_last(found: Page, page: int) -> bool:
    return len(found.items) < _FULL if found.pages is None else page >= found.pages


def _changed_params(after: datetime, page: int) -> list[tuple[str, str]]:
    return [
        ("modified_after", wire_time(after)),
        ("dates_are_gmt", "true"),
        ("orderby", "modified"),
        ("order", "asc"),
        ("status[]", "any"),
        ("per_page", str(_FULL)),
        ("page", str(page)),
    ]


def _change(order: Json) -> Change:
    return Change(text(order.get("id")), gmt_moment(order.get("date_modified_gmt")))
