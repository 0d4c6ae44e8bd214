"""What we ask of an order system: one Protocol for the embedded store and for every shop platform.

Reads return immutable snapshots that carry the time and the source of the read. Writes are called by `server.actions`
alone; each takes an idempotency key, and the same key gives the same result without a second effect. What a system
cannot do is absent from `capabilities`. Implementations know nothing of policies, proofs or conversations.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from server.commerce.model import (
    Address,
    CustomerRecord,
    LineQuantity,
    Moment,
    Money,
    OrderSnapshot,
    Product,
    RefundStatus,
    Variant,
)

Capability: TypeAlias = Literal[
    "start_return",
    "start_exchange",
    "cancel_order",
    "refund",
    "change_address",
    "change_customer_address",
    "change_items",
    "change_payment",
    "store_credit",
    "reship",
    "open_claim",
    "change_subscription",
]


@dataclass(frozen=True, slots=True)
class ReturnResult:
    """A return was opened under `rma`."""

    rma: str
    label_url: str | None
    due_by: Moment | None


@dataclass(frozen=True, slots=True)
class ExchangeResult:
    """An exchange was opened; `difference` > 0 is charged to `method`, < 0 goes back there."""

    rma: str
    difference: Money
    method: str | None
    label_url: str | None
    due_by: Moment | None


@dataclass(frozen=True, slots=True)
class RefundResult:
    """Money goes back; only `succeeded` may be called refunded."""

    refund_id: str
    amount: Money
    status: RefundStatus
    method: str


@dataclass(frozen=True, slots=True)
class CancelResult:
    """The order is cancelled; `refund` is what goes back for it, if anything was paid."""

    cancelled_at: datetime
    refund: RefundResult | None


@dataclass(frozen=True, slots=True)
class AddressResult:
    """The address as it stands now."""

    address: Address


@dataclass(frozen=True, slots=True)
class ItemsResult:
    """The items were changed; `difference` > 0 was charged to `method`, < 0 goes back there."""

    difference: Money
    method: str | None
    total: Money


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """The order is now paid by `method`; what was paid before goes back to `previous`."""

    method: str
    previous: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class CreditResult:
    """Store credit was given; `balance` is what the customer has now, where the system tells."""

    credit_id: str
    amount: Money
    balance: Money | None = None


@dataclass(frozen=True, slots=True)
class ReshipResult:
    """A replacement is on its way into the warehouse as `replacement_id`."""

    replacement_id: str


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim (with the carrier, or the shop's own) is open."""

    claim_id: str
    status: str


class OrderReads(Protocol):
    """The reading half. All raise StoreUnavailable when the system does not answer now."""

    async def order(self, order_id: str) -> OrderSnapshot | None:
        """The order with this id."""
        ...

    async def order_by_number(self, number: str) -> OrderSnapshot | None:
        """The order that a shopper calls `number`; see `normalise_number`."""
        ...

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> tuple[OrderSnapshot, ...]:
        """Every order that matches all given arguments, newest first; none given gives none."""
        ...

    async def customer(self, customer_id: str) -> CustomerRecord | None:
        """The customer with this id."""
        ...

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> tuple[CustomerRecord, ...]:
        """Every customer with this e-mail (any case) and this phone; none given gives none."""
        ...

    async def orders_by_name(self, name: str, zip_code: str) -> tuple[OrderSnapshot, ...]:
        """Every order that is known here of a person with this full name and postal code, newest first."""
        ...

    async def customers_by_name(self, name: str, zip_code: str) -> tuple[CustomerRecord, ...]:
        """Every customer who is known here by this full name and postal code."""
        ...

    async def product(self, product_id: str) -> Product | None:
        """The product with this id."""
        ...

    async def variant(self, sku: str) -> Variant | None:
        """The variant with this sku."""
        ...

    async def search_products(self, text: str, limit: int) -> tuple[Product, ...]:
        """At most `limit` products that fit the text, best first."""
        ...


class OrderWrites(Protocol):
    """The writing half. All raise StoreUnavailable (unknown outcome: repeat with the same key) or StoreRefused.

    `at` is the time of the request, aware. `method` is `original`, `store_credit`, `gift_card` or the id of a stored
    payment method."""

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
        """Open a return of these lines; `outcome` is a ReturnOutcome."""
        ...

    async def start_exchange(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        method: str | None,
        at: datetime,
    ) -> ExchangeResult:
        """Open an exchange; every line names its `to_sku`. The new items are reserved."""
        ...

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel the whole order and send back what was paid; stock returns to the shelf."""
        ...

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
        """Send back `amount`; `lines` may be empty (goodwill, shipping)."""
        ...

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere."""
        ...

    async def change_customer_address(
        self, key: str, customer_id: str, address: Address, at: datetime
    ) -> AddressResult:
        """Change the customer's default address; no order changes."""
        ...

    async def change_items(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        method: str | None,
        at: datetime,
    ) -> ItemsResult:
        """Replace pieces of lines by their `to_sku`, or drop them where it is None."""
        ...

    async def change_payment(self, key: str, order_id: str, method: str, at: datetime) -> PaymentResult:
        """Pay by another stored method of this customer."""
        ...

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give credit for a later purchase."""
        ...

    async def reship(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        address: Address | None,
        at: datetime,
    ) -> ReshipResult:
        """Send these lines again, to `address` or to the order's own."""
        ...

    async def open_claim(
        self,
        key: str,
        order_id: str,
        shipment_id: str | None,
        kind: str,
        statement: str,
        at: datetime,
    ) -> ClaimResult:
        """Open a claim; `kind` is `not_received`, `damaged`, `lost`, `wrong_item`, `missing_item`, `trace` or
        `warranty`."""
        ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """A customer's orders as they are kept here. `is_all` = there are no others."""

    orders: tuple[OrderSnapshot, ...] = ()
    is_all: bool = False


@runtime_checkable
class RemembersOrders(Protocol):
    """An order system whose orders are kept here: what is known of a customer's past without asking anybody."""

    async def remembered(self, customer_id: str) -> Remembered:
        """The customer's orders that are kept here, newest first. Raises StoreUnavailable."""
        ...


class Store(OrderReads, OrderWrites, Protocol):
    """An order system. `source` names it in every fact."""

    @property
    def source(self) -> str:
        """`embedded`, `shopify`, `woocommerce`, `rest`."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The writes that this system can do."""
        ...


_ORDER_WORDS = re.compile(
    r"^(?:my\s+)?(?:(?:order|bestellung|commande|pedido|encomenda|auftrag)(?=[\s.:#№])[\s.:]*)?"
    r"(?:(?:number|numero|número|numéro|nummer|no|nr|num|id)(?=[\s.:#№])[\s.:]*)?[#№]?\s*",
    re.IGNORECASE,
)


def normalise_number(number: str) -> str:
    """The form under which order numbers are compared: "#1042", " 1042 ", "Order no. 1042" are all "1042".

    Letters are upper-cased and inner spaces dropped ("ot 1042-b" -> "OT1042-B"); prefixes of the shop stay."""
    text = unicodedata.normalize("NFC", number).strip()
    bare = unicodedata.normalize("NFKC", _ORDER_WORDS.sub("", text, count=1) or text)
    return re.sub(r"\s+", "", bare).strip("#.,;:!?").upper()
