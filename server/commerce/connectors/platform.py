"""What we ask of a shop platform. A connector speaks one platform's language and answers in the order format.

Reads give raw order documents (the shape of `formats.OrderDocument`), so that every platform is checked, stored and read
in one way; `mirrored.MirroredStore` keeps the last read, decides when to read again and merges what carriers and warehouses
said. A platform's word that we do not know is passed on as `unknown`. Connectors keep nothing and decide nothing.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from server.commerce.outside import Priority
from server.commerce.store import Capability, OrderWrites

Raw: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Change:
    """An order (or product) that changed on the platform at `at`."""

    id: str
    at: datetime | None = None


TouchedKind: TypeAlias = Literal["order", "product", "customer", "removed", "nothing"]


@dataclass(frozen=True, slots=True)
class Touched:
    """What a webhook says: something of this order (or product) changed. Its own words are not believed, but read again.

    `removed` = the order is gone. `nothing` = a topic that does not concern us, or a ping."""

    kind: TouchedKind
    id: str = ""
    at: datetime | None = None
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What `onethread doctor` says about a platform, in the platform's own terms; `mend` = it must be mended."""

    level: Literal["ok", "warn", "mend"]
    text: str


class Platform(OrderWrites, Protocol):
    """A shop platform. Order ids are the platform's own, as text without slashes.

    Reads raise StoreUnavailable when the platform does not answer in time, refuses our key or throttles us; writes also
    StoreRefused (the platform said no, for good; the message is for agents). A write that was sent and not answered raises
    StoreUnavailable, and the same key never sends it twice (`once.Once`)."""

    @property
    def name(self) -> str:
        """`shopify`, `woocommerce`, `rest`: the source in every fact."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The writes that this installation can do now; those whose scope is missing are not in it."""
        ...

    async def order(self, order_id: str, priority: Priority = "chat") -> Raw | None:
        """The order with this id, whole; None when there is none."""
        ...

    async def orders_named(self, number: str) -> Sequence[Raw]:
        """The orders whose number is exactly this one under `store.normalise_number`; foreign hits are dropped."""
        ...

    async def orders_of(
        self, *, customer_id: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Sequence[Raw]:
        """The orders that match all given arguments exactly, newest first."""
        ...

    def changed_since(self, since: datetime) -> AsyncIterator[Change]:
        """Orders that changed since, page by page, with the lowest priority."""
        ...

    async def customer(self, customer_id: str) -> Raw | None:
        """A customer document (`formats.CustomerDocument`)."""
        ...

    async def customers_by(self, email: str | None = None, phone: str | None = None) -> Sequence[Raw]:
        """Customer documents with exactly this e-mail (any case) and phone."""
        ...

    def products(self, since: datetime | None) -> AsyncIterator[Raw]:
        """Product documents (`formats.ProductDocument`) that changed since, or all; with the lowest priority."""
        ...

    async def product(self, product_id: str) -> Raw | None:
        """A product document, with live stock and prices."""
        ...

    def cart_url(self, sku: str, variant_id: str | None, product_id: str, quantity: int) -> str | None:
        """A link that fills the shopper's cart with it, where the platform has such links."""
        ...

    async def examine(self) -> Sequence[Finding]:
        """What is missing for the work: which scope, which webhook, which permission."""
        ...

    async def subscribe(self, delivery_url: str) -> Sequence[Finding]:
        """Make the webhooks that are missing or were switched off, towards `delivery_url`. Never raises."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class AttachesLabels(Protocol):
    """A platform that shows the label of a return to the shop's own people."""

    async def attach_label(
        self, key: str, order_id: str, rma: str, url: str, tracking_number: str | None, at: datetime
    ) -> None:
        """Attach a label that was made elsewhere, once for its key. Raises StoreRefused, StoreUnavailable."""
        ...


class Hooks(Protocol):
    """The webhook side of a platform: pure functions over what arrived. Header names come in lower case."""

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """Whether the platform signed this body (constant-time; false when anything is missing)."""
        ...

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it is the platform's unsigned greeting, to be answered with 200 and forgotten."""
        ...

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The same for a repeated delivery of the same event, different otherwise."""
        ...

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched:
        """What it is about. Raises ValueError when the body is not what the platform sends."""
        ...
