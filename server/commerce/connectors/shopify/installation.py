"""What our app may do in a shop, and what is missing: scopes, webhooks, permission for customers' data, the API version.

Everything is named in Shopify's own terms, so that the operator finds it in Shopify's admin. It reads no orders beyond
the question whether their contacts are shown to us.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast, get_args

from server.clock import Clock
from server.commerce.connectors.platform import Finding
from server.commerce.connectors.shopify.client import Client, DocumentRefused
from server.commerce.connectors.shopify.operations import ENRICHMENTS
from server.commerce.connectors.shopify.topics import TOPICS
from server.commerce.connectors.shopify.values import Json, next_page, nodes, part, text
from server.commerce.store import Capability
from server.errors import StoreError, StoreUnavailable

_KNOWN_FOR: Final = timedelta(hours=1)
_PAGES: Final = 20
_log = logging.getLogger(__name__)

_WRITES: Final[Mapping[str, tuple[str, ...]]] = {
    "start_return": ("write_returns",),
    "start_exchange": ("write_returns", "read_products"),
    "cancel_order": ("write_orders",),
    "refund": ("write_orders",),
    "change_address": ("write_orders", "write_merchant_managed_fulfillment_orders"),
    "store_credit": ("write_store_credit_account_transactions",),
}
"""The writes that Shopify can do, and the scopes that each needs."""

_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "orders cannot be read at all": ("read_orders",),
    "customers cannot be found": ("read_customers",),
    "parcels cannot be seen": ("read_fulfillments",),
    "warehouse work, holds and promised dates cannot be seen": ("read_merchant_managed_fulfillment_orders",),
    "returns and refunds cannot be seen": ("read_returns",),
    "the catalogue cannot be read": ("read_products",),
}
_ADVISED: Final[Mapping[str, tuple[str, ...]]] = {
    "orders older than 60 days look as if there were none": ("read_all_orders",),
    "work of third-party warehouses cannot be seen": ("read_third_party_fulfillment_orders",),
}


_OF_ORDERS: Final = [key for key in ENRICHMENTS if "order(id: $id)" in ENRICHMENTS[key].document]


class Installation:
    """Our app in one shop."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._granted: frozenset[str] | None = None
        self._learnt_at: datetime | None = None
        self._currency: str | None = None

    @property
    def granted(self) -> frozenset[str] | None:
        """The access scopes of the token; None until they were asked for."""
        return self._granted

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The writes whose scopes are there; all, until the scopes are known."""
        able = (name for name, scopes in _WRITES.items() if self._granted is None or not self._missing(scopes))
        return frozenset(cast(Capability, name) for name in able if name in get_args(Capability))

    async def learn(self, *, anew: bool = False) -> None:
        """Ask for scopes and currency, at most once an hour. Raises StoreUnavailable."""
        now = self._clock.now()
        if not anew and self._learnt_at is not None and now - self._learnt_at < _KNOWN_FOR:
            return
        answer = await self._client.read("scopes", {})
        scopes = nodes(part(answer, "currentAppInstallation").get("accessScopes"))
        self._granted = frozenset(str(each.get("handle")) for each in scopes)
        self._currency = text(part(answer, "shop").get("currencyCode"))
        self._learnt_at = now

    async def currency(self) -> str:
        """The currency of the shop's prices. Raises StoreUnavailable."""
        await self.learn()
        if self._currency is None:
            raise StoreUnavailable("Shopify does not say the shop's currency")
        return self._currency

    def may(self, scope: str) -> bool:
        """Whether the token has this scope, or nobody knows yet."""
        return self._granted is None or not self._missing((scope,))

    def _missing(self, scopes: Sequence[str]) -> list[str]:
        """Of these scopes, those that are not granted; a scope to write includes the one to read."""
        granted = self._granted or frozenset()
        return [each for each in scopes if not {each, each.replace("read_", "write_", 1)} & granted]

    async def examine(self) -> Sequence[Finding]:
        """What is missing."""
        try:
            await self.learn(anew=True)
            latest = nodes((await self._client.read("order_lookup", {"q": ""}, "delta")).get("orders"))
            found = [*self._scopes(), *self._version(), *_contacts(latest), *await self._hooks()]
            found += await self._refused(latest)
        except StoreError as error:
            return [Finding("mend", f"Shopify cannot be read: {error}")]
        return found or [Finding("ok", "Shopify answers, and every scope and webhook is there")]

    def _scopes(self) -> list[Finding]:
        found = [
            Finding("mend", f"the access scope {scope} is missing: {what}")
            for what, scopes in _READS.items()
            for scope in self._missing(scopes)
        ]
        found += [
            Finding("warn", f"the access scope {scope} is missing: {what}")
            for what, scopes in _ADVISED.items()
            for scope in self._missing(scopes)
        ]
        writes = {scope: name for name, scopes in _WRITES.items() for scope in self._missing(scopes)}
        off = {scope: [name for name, scopes in _WRITES.items() if scope in scopes] for scope in writes}
        return found + [
            Finding("warn", f"the access scope {scope} is missing: {', '.join(names)} is left to people")
            for scope, names in off.items()
        ]

    def _version(self) -> list[Finding]:
        answered, expected = self._client.answered_version, self._client.expected_version
        if answered is None or answered == expected:
            return []
        return [Finding("mend", f"Shopify answers in API version {answered}, not {expected}: set shopify.api_version")]

    async def _refused(self, latest: Sequence[Json]) -> list[Finding]:
        """Which enrichments this shop does not take, tried on its latest order before a shopper waits for one."""
        for key in _OF_ORDERS if latest else ():
            variables = {"id": str(latest[0].get("id")), "after": None}
            await self._client.more(key, {name: variables[name] for name in ENRICHMENTS[key].variables}, "delta")
        refused = ", ".join(sorted(self._client.refused))
        if not refused:
            return []
        return [Finding("warn", f"Shopify refuses what we ask beyond the needful ({refused}): it stays unknown to us")]

    async def _hooks(self) -> list[Finding]:
        try:
            there = {str(each.get("topic")) for each in await self._subscriptions()}
        except DocumentRefused:
            return []
        absent = [topic for topic in TOPICS if topic not in there]
        if not absent:
            return []
        return [Finding("warn", f"webhook subscriptions are missing: {', '.join(absent)}; `serve` makes them")]

    async def _subscriptions(self) -> list[Json]:
        found: list[Json] = []
        after: str | None = None
        for _ in range(_PAGES):
            connection = part(await self._client.read("hooks", {"after": after}, "delta"), "webhookSubscriptions")
            found += nodes(connection)
            after = next_page(connection)
            if after is None:
                break
        return found

    async def subscribe(self, delivery_url: str) -> Sequence[Finding]:
        """Make the webhook subscriptions that are missing; all, where the shop does not list them. Never raises."""
        listed, is_listed = list[Json](), True
        try:
            listed = await self._subscriptions()
        except DocumentRefused:
            is_listed = False
        except StoreError as error:
            return [Finding("mend", f"webhook subscriptions cannot be listed: {error}")]
        there = {str(each.get("topic")) for each in listed if each.get("uri") == delivery_url}
        findings = [await self._make(topic, delivery_url) for topic in TOPICS if topic not in there]
        refused = [each for each in findings if each.level != "ok"]
        if refused and not is_listed:
            findings = [each for each in findings if each.level == "ok"]
            findings.append(
                Finding("warn", f"{len(refused)} webhooks were refused: most likely they are there already")
            )
        return findings or [Finding("ok", "every webhook subscription is there")]

    async def _make(self, topic: str, delivery_url: str) -> Finding:
        subscription: dict[str, object] = {"uri": delivery_url, "format": "JSON"}
        if fields := TOPICS[topic]:
            subscription["includeFields"] = list(fields)
        try:
            answer = await self._client.write("hook", {"topic": topic, "sub": subscription})
        except StoreError as error:
            return Finding("warn", f"no webhook for {topic}: {error}")
        made = part(answer, "webhookSubscriptionCreate")
        if nodes(made.get("userErrors")) or not part(made, "webhookSubscription"):
            return Finding("warn", f"Shopify refuses a webhook for {topic}: check the scope that the topic needs")
        _log.info("subscribed to %s", topic)
        return Finding("ok", f"subscribed to {topic}")


def _contacts(latest: Sequence[Json]) -> list[Finding]:
    """Without approval for protected customer data, names and addresses come as null although the scopes are there."""
    if not latest or any(each.get("email") or each.get("phone") or each.get("customer") for each in latest):
        return []
    return [
        Finding(
            "mend",
            "the latest orders show no e-mail, phone or customer: the app needs approval for protected customer data "
            "(API access, protected customer data access); until then nobody can be verified by e-mail",
        )
    ]
