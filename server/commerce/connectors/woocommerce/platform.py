"""WooCommerce as a shop platform: reads as documents of our format, writes that happen once, and what is missing for them.

One of these is one site. The reading half is inherited; each write is a function of `changing`, `making` or `money`. It
keeps nothing but what the site said of its own abilities.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from server.clock import Clock
from server.commerce.connectors.once import LOOKS_S, Ledger, Once
from server.commerce.connectors.platform import Finding
from server.commerce.connectors.woocommerce import changing, examining, making, money
from server.commerce.connectors.woocommerce.client import WooClient
from server.commerce.connectors.woocommerce.reads import WooReads
from server.commerce.connectors.woocommerce.statuses import Rules, status_map
from server.commerce.connectors.woocommerce.writing import Writing
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
from server.errors import StoreRefused
from server.settings import WooCommerceSettings

_CAN: Final[frozenset[Capability]] = frozenset(
    {
        "start_return",
        "start_exchange",
        "cancel_order",
        "refund",
        "change_address",
        "change_customer_address",
        "store_credit",
        "reship",
    }
)


class WooCommercePlatform(WooReads):
    """`platform.Platform` over one WooCommerce site."""

    def __init__(
        self, settings: WooCommerceSettings, clock: Clock, ledger: Ledger, looks_s: Sequence[float] = LOOKS_S
    ) -> None:
        """`looks_s`: the pauses between looks for a write whose answer was lost. Raises SettingsError."""
        client = WooClient(settings)
        rules = Rules(status_map(settings.status_map), settings.on_hold, settings.tracking_meta)
        super().__init__(client, rules, clock)
        self._secret = settings.webhook_secret or settings.secret
        self._desk = Writing(client, self, Once(ledger, looks_s), ledger, clock)
        self._may_write = True
        self._can_refund = True

    @property
    def name(self) -> str:
        """The source in every fact."""
        return "woocommerce"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the site can do, less what `examine` found out that this key or its payment methods cannot."""
        if not self._may_write:
            return frozenset()
        return _CAN if self._can_refund else _CAN - {"refund"}

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
        """Open a return; WooCommerce has none of its own, so it is kept in the order's meta data."""
        return await changing.start_return(self._desk, self._rules, key, order_id, lines, reason, outcome, method, at)

    async def start_exchange(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, method: str | None, at: datetime
    ) -> ExchangeResult:
        """Make a replacement order: to be paid by its link, or released when nothing is left to pay."""
        swap = making.Swap(key, order_id, lines, reason, method, at)
        return await making.start_exchange(self._desk, self._rules, swap)

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel, and only then send back what was paid, under a key of its own."""
        done = await changing.cancel(self._desk, self._rules, key, order_id, reason)
        owed = money.Wanted(f"{key}:refund", order_id, None, (), reason, method, at)
        return CancelResult(done.at, await money.refund_rest(self._desk, owed))

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
        """Send `amount` back to the means of payment."""
        return await money.refund(self._desk, money.Wanted(key, order_id, amount, lines, reason, method, at))

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere, as long as that costs the same."""
        return await changing.change_address(self._desk, self._rules, key, order_id, address)

    async def change_customer_address(
        self, key: str, customer_id: str, address: Address, at: datetime
    ) -> AddressResult:
        """Change an account's delivery address; no order changes."""
        return await changing.change_customer_address(self._desk, key, customer_id, address)

    async def change_items(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], method: str | None, at: datetime
    ) -> ItemsResult:
        """Not offered: a paid order is not editable in WooCommerce."""
        raise StoreRefused("WooCommerce does not change the items of a paid order")

    async def change_payment(self, key: str, order_id: str, method: str, at: datetime) -> PaymentResult:
        """Not offered: stored means of payment belong to the gateways."""
        raise StoreRefused("WooCommerce does not move a payment to another method")

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give a coupon that works once; the result's id is its code."""
        return await money.store_credit(self._desk, key, customer_id, amount, reason, order_id)

    async def reship(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        address: Address | None,
        at: datetime,
    ) -> ReshipResult:
        """Send these lines again as an order over nothing."""
        return await making.reship(self._desk, key, order_id, lines, reason, address)

    async def open_claim(
        self, key: str, order_id: str, shipment_id: str | None, kind: str, statement: str, at: datetime
    ) -> ClaimResult:
        """Not offered: WooCommerce knows no claims."""
        raise StoreRefused("WooCommerce keeps no claims")

    async def examine(self) -> Sequence[Finding]:
        """Look at key, webhooks, features and payment methods; the capabilities follow from it."""
        found = await examining.examine(self._client)
        self._may_write, self._can_refund = found.may_write, found.can_refund
        return found.findings

    async def subscribe(self, delivery_url: str) -> Sequence[Finding]:
        """Make or switch on the webhooks towards this address."""
        return await examining.subscribe(self._client, delivery_url, self._secret)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()
