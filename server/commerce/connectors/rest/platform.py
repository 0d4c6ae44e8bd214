"""`platform.Platform` over a shop system of one's own: reads of the REST contract, filtered here and never trusted to be.

The shop finds candidates; which of them have exactly this number or address is decided here. Which writes exist is asked
from the shop, again with every comparison. Signing and status codes are in `calls`, checking in `documents`.
"""

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from server.clock import Clock
from server.commerce.connectors.once import Ledger
from server.commerce.connectors.platform import Change, Finding, Raw
from server.commerce.connectors.rest.calls import Calls, segment
from server.commerce.connectors.rest.documents import checked_customer, checked_order, checked_product
from server.commerce.connectors.rest.writes import RestWrites
from server.commerce.contacts import email_key, phone_key
from server.commerce.documents import parse_time
from server.commerce.outside import Priority
from server.commerce.store import Capability, normalise_number
from server.commerce.zones import country_code
from server.errors import StoreUnavailable
from server.settings import RestSettings

Json: TypeAlias = dict[str, Any]
_log = logging.getLogger("onethread.shop")
_MOST_PAGES: Final = 20
_NO_REGION: Final = "ZZ"


class RestPlatform(RestWrites):
    """One shop system at `settings.url`. `read_s` is how long one answer of it may take."""

    name: Final = "rest"

    def __init__(self, settings: RestSettings, clock: Clock, ledger: Ledger, *, read_s: float = 8.0) -> None:
        super().__init__(Calls(settings, clock, read_s), ledger)
        self._settings = settings
        self._clock = clock

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The writes that the shop listed when it was asked last; none before."""
        return self._known or frozenset()

    async def close(self) -> None:
        """Let go of connections."""
        await self._calls.close()

    # Orders

    async def order(self, order_id: str, priority: Priority = "chat") -> Raw | None:
        """The order with this id."""
        raw = await self._calls.one(f"/orders/{segment(order_id)}", priority)
        if raw is None:
            return None
        order = checked_order(raw, "")
        if order["id"] != order_id:
            raise StoreUnavailable("rest: id is that of another order than was asked for")
        return order

    async def orders_named(self, number: str) -> Sequence[Raw]:
        """The orders with exactly this number."""
        key = normalise_number(number)
        found = await self._orders({"name": number}) if key else []
        return [each for each in found if normalise_number(each["number"]) == key]

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[Raw]:
        """The orders that match all given arguments, newest first."""
        asked = {"customer": customer_id, "email": email, "phone": phone}
        params = {name: value for name, value in asked.items() if value}
        found = await self._orders(params) if params else []
        tests = [_is_of(customer_id), _has_email(email), _has_phone(phone)]
        kept = [order for order in found if all(test(order) for test in tests)]
        return sorted(kept, key=lambda order: _sortable(order["placed_at"]), reverse=True)

    async def changed_since(self, since: datetime) -> AsyncIterator[Change]:
        """Orders that changed since; none where the shop does not list changes. Also asks anew what it can do."""
        await self.learn()
        params = {"updated_since": since.isoformat()}
        async for page in self._calls.pages("/orders", params, "delta", is_optional=True):
            for change in map(_change, page):
                if change is not None and (change.at is None or change.at >= since):
                    yield change

    async def _orders(self, params: Mapping[str, str]) -> list[Json]:
        """Every order of a search, each once. Raises StoreUnavailable naming the document that cannot be used."""
        found: dict[str, Json] = {}
        async for page in self._calls.pages("/orders", params, most=_MOST_PAGES):
            for index, raw in enumerate(page):
                order = checked_order(raw, f"orders[{index}]")
                found[order["id"]] = order
        return list(found.values())

    # Customers

    async def customer(self, customer_id: str) -> Raw | None:
        """The customer with this id; None also where the shop does not offer customers."""
        raw = await self._calls.maybe_one(f"/customers/{segment(customer_id)}")
        return checked_customer(raw, "") if raw is not None else None

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> Sequence[Raw]:
        """The customers of the orders with this e-mail and phone, as the shop knows them, else as their orders do."""
        buyers: dict[str, Json] = {}
        for order in await self.orders_of(email=email, phone=phone):
            buyer = order["customer"]
            assert isinstance(buyer, dict)  # noqa: S101 - a checked order has one
            buyers.setdefault(buyer["id"], buyer)
        known = [(await self.customer(name)) or _as_customer(buyer) for name, buyer in buyers.items()]
        return [each for each in known if _is_at(each, email, phone)]

    # Products

    async def products(self, since: datetime | None) -> AsyncIterator[Raw]:
        """Products that changed since, or all; none where the shop does not offer them."""
        params = {"updated_since": since.isoformat()} if since else {}
        async for page in self._calls.pages("/products", params, "backfill", is_optional=True):
            for index, raw in enumerate(page):
                try:
                    product = checked_product(raw, f"products[{index}]")
                except StoreUnavailable as error:
                    _log.warning("a product is left out", extra={"why": str(error)})
                else:
                    yield product

    async def product(self, product_id: str) -> Raw | None:
        """The product with this id."""
        raw = await self._calls.maybe_one(f"/products/{segment(product_id)}")
        return checked_product(raw, "") if raw is not None else None

    def cart_url(self, sku: str, variant_id: str | None, product_id: str, quantity: int) -> str | None:
        """None: this contract has no such links."""
        return None

    # For the operator

    async def examine(self) -> Sequence[Finding]:
        """Whether the shop answers, accepts our signature, and what it offers."""
        if not self._settings.secret:
            return [Finding("mend", "rest.secret is empty: without it no request is signed and no webhook accepted")]
        try:
            found = await self.learn()
            lists = await self._calls.offers("/orders", {"updated_since": self._clock.now().isoformat(), "limit": "1"})
            sells = await self._calls.offers("/products", {"limit": "1"})
        except StoreUnavailable as error:
            return [Finding("mend", str(error))]
        writes = ", ".join(sorted(found)) or "nothing: GET /capabilities lists no write"
        return [
            Finding("ok", "the shop's system answers and accepts our signature"),
            Finding("ok" if found else "warn", f"it can do {writes}"),
            *([] if lists else [Finding("warn", "it lists no changes (updated_since): a webhook that is lost is noticed late")]),
            *([] if sells else [Finding("warn", "it has no /products: import them, or questions before a purchase stay open")]),
        ]  # fmt: skip

    async def subscribe(self, delivery_url: str) -> Sequence[Finding]:
        """Nothing can be made from here: the shop's system must call us by itself."""
        return [
            Finding(
                "ok", f"the shop's system must call {delivery_url} after each change, signed as docs/connect.md says"
            )
        ]


Test: TypeAlias = Callable[[Json], bool]


def _is_of(customer_id: str | None) -> Test:
    return lambda order: not customer_id or order["customer"]["id"] == customer_id


def _has_email(email: str | None) -> Test:
    return lambda order: not email or _is_at(order["customer"], email, None)


def _has_phone(phone: str | None) -> Test:
    return lambda order: not phone or _is_at(order["customer"], None, phone, _country(order))


def _country(order: Json) -> str:
    """Where numbers without a country code are read."""
    return country_code((order.get("ship_to") or {}).get("country")) or _NO_REGION


def _is_at(person: Raw, email: str | None, phone: str | None, region: str = _NO_REGION) -> bool:
    """Whether a person has exactly this e-mail and this phone."""
    emails, phones = person.get("emails"), person.get("phones")
    mails = {email_key(each) for each in emails} if isinstance(emails, list) else set()
    numbers = {phone_key(each, region) for each in phones} - {""} if isinstance(phones, list) else set()
    return (not email or email_key(email) in mails) and (not phone or phone_key(phone, region) in numbers)


def _as_customer(buyer: Json) -> Json:
    return {name: buyer[name] for name in ("id", "name", "emails", "phones") if buyer.get(name) is not None}


def _change(raw: object) -> Change | None:
    """The id and time of an order, which may be given whole or as these two alone; one without an id is left out."""
    name = raw.get("id") if isinstance(raw, Mapping) else None
    if not isinstance(name, str) or not name or "/" in name:
        _log.warning("a change without a usable id is left out")
        return None
    told = raw.get("updated_at") if isinstance(raw, Mapping) else None
    try:
        at = parse_time(told) if isinstance(told, str) else None
    except ValueError:
        at = None
    return Change(name, at if isinstance(at, datetime) else None)


def _sortable(text: str) -> str:
    """Times of one order format, comparable as text: instants in UTC, dates as they are."""
    parsed = parse_time(text)
    return (parsed.astimezone(UTC) if isinstance(parsed, datetime) else parsed).isoformat()
