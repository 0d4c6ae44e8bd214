"""The writes of the REST contract: one POST each under our idempotency key, and its answer as the result.

The shop promises that the same key does nothing twice and is answered alike; so a write whose answer was lost is sent again
by repeating it, and one whose answer we have is not sent at all. What the shop does not list among its capabilities is
refused here. No rule of returns or refunds is known to this module.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar

from server.commerce.connectors.once import Ledger
from server.commerce.connectors.rest.calls import Calls, segment
from server.commerce.connectors.rest.documents import is_safe
from server.commerce.documents import parse_time
from server.commerce.model import Address, LineQuantity, Moment, Money, RefundStatus
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

R = TypeVar("R")
Json: TypeAlias = dict[str, Any]

PATHS: Final[Mapping[Capability, str]] = {
    "start_return": "/orders/{}/returns",
    "start_exchange": "/orders/{}/exchanges",
    "refund": "/orders/{}/refunds",
    "cancel_order": "/orders/{}/cancel",
    "change_address": "/orders/{}/address",
    "change_items": "/orders/{}/items",
    "change_payment": "/orders/{}/payment",
    "reship": "/orders/{}/reships",
    "open_claim": "/orders/{}/claims",
    "store_credit": "/customers/{}/credits",
    "change_customer_address": "/customers/{}/address",
}
"""Where each write is posted; `{}` is the id of the order or customer."""


class RestWrites:
    """The writing half of a shop system. `known` is what it can do, as far as it was asked."""

    def __init__(self, calls: Calls, ledger: Ledger) -> None:
        self._calls = calls
        self._ledger = ledger
        self._known: frozenset[Capability] | None = None

    async def learn(self) -> frozenset[Capability]:
        """Ask the shop which writes it offers; none where it does not say. Raises StoreUnavailable."""
        answer = await self._calls.maybe_one("/capabilities", "webhook")
        listed = answer.get("capabilities") if isinstance(answer, dict) else answer
        names = set(map(str, listed)) if isinstance(listed, list) else set()
        self._known = frozenset(name for name in PATHS if name in names)
        return self._known

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
        body = {"lines": _lines(lines), "reason": reason, "outcome": outcome, "method": method}
        return await self._post("start_return", key, order_id, body, at, Answer.opened_return)

    async def start_exchange(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, method: str | None, at: datetime
    ) -> ExchangeResult:
        """Open an exchange; every line names its `to_sku`."""
        body = {"lines": _lines(lines), "reason": reason, "method": method}
        return await self._post("start_exchange", key, order_id, body, at, Answer.exchange)

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel the whole order."""
        return await self._post(
            "cancel_order", key, order_id, {"reason": reason, "method": method}, at, Answer.cancelled
        )

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
        body = {"amount": _money(amount), "lines": _lines(lines), "reason": reason, "method": method}
        return await self._post("refund", key, order_id, body, at, Answer.refund)

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere."""
        return await self._post("change_address", key, order_id, {"address": _address(address)}, at, Answer.address)

    async def change_customer_address(
        self, key: str, customer_id: str, address: Address, at: datetime
    ) -> AddressResult:
        """Change the customer's default address."""
        body = {"address": _address(address)}
        return await self._post("change_customer_address", key, customer_id, body, at, Answer.address)

    async def change_items(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], method: str | None, at: datetime
    ) -> ItemsResult:
        """Replace pieces of lines, or drop them."""
        body = {"lines": _lines(lines), "method": method}
        return await self._post("change_items", key, order_id, body, at, Answer.items)

    async def change_payment(self, key: str, order_id: str, method: str, at: datetime) -> PaymentResult:
        """Pay by another stored method."""
        return await self._post("change_payment", key, order_id, {"method": method}, at, Answer.payment)

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give credit for a later purchase."""
        body = {"amount": _money(amount), "reason": reason, "order": order_id}
        return await self._post("store_credit", key, customer_id, body, at, Answer.credit)

    async def reship(
        self,
        key: str,
        order_id: str,
        lines: Sequence[LineQuantity],
        reason: str,
        address: Address | None,
        at: datetime,
    ) -> ReshipResult:
        """Send these lines again."""
        body = {"lines": _lines(lines), "reason": reason, "address": _address(address) if address else None}
        return await self._post("reship", key, order_id, body, at, Answer.reship)

    async def open_claim(
        self, key: str, order_id: str, shipment_id: str | None, kind: str, statement: str, at: datetime
    ) -> ClaimResult:
        """Open a claim."""
        body = {"shipment": shipment_id, "kind": kind, "statement": statement}
        return await self._post("open_claim", key, order_id, body, at, Answer.claim)

    async def _post(
        self, name: Capability, key: str, subject: str, body: Json, at: datetime, read: Callable[["Answer"], R]
    ) -> R:
        was_sent, known = await self._ledger.look_up(key)
        if known is not None:
            return read(Answer(known, name))
        if name not in (await self.learn() if self._known is None else self._known):
            raise StoreRefused(f"the shop's system does not offer {name}")
        if not was_sent:
            await self._ledger.note_sent(key, name, subject, at)
        sent = json.dumps({**body, "at": at.astimezone(UTC).isoformat()}).encode()
        try:
            answer = await self._calls.post(PATHS[name].format(segment(subject)), key, sent)
        except StoreRefused:
            await self._ledger.forget(key)
            raise
        result = read(Answer(answer, name))
        await self._ledger.keep(key, answer)
        return result


class Answer:
    """What the shop answered to a write; every field is checked. Raises StoreUnavailable naming the field."""

    def __init__(self, raw: Mapping[str, Any], path: str) -> None:
        self._raw = raw
        self._path = path

    def opened_return(self) -> ReturnResult:
        """`rma`, `label_url`, `due_by`."""
        return ReturnResult(self._text("rma"), self._link("label_url"), self._moment("due_by"))

    def exchange(self) -> ExchangeResult:
        """As a return, with `difference` and `method`."""
        return ExchangeResult(
            self._text("rma"),
            self._money("difference"),
            self._maybe("method"),
            self._link("label_url"),
            self._moment("due_by"),
        )

    def refund(self) -> RefundResult:
        """`refund_id`, `amount`, `status`, `method`; a status that nobody knows is unknown."""
        word = self._text("status").lower()
        status = RefundStatus(word) if word in set(RefundStatus) else RefundStatus.UNKNOWN
        return RefundResult(self._text("refund_id"), self._money("amount"), status, self._text("method"))

    def cancelled(self) -> CancelResult:
        """`cancelled_at`, and `refund` where something was paid."""
        at = self._moment("cancelled_at")
        if not isinstance(at, datetime):
            raise self._wrong("cancelled_at", "must be a time with its offset")
        refund = self._raw.get("refund")
        return CancelResult(at, self._inner("refund").refund() if refund is not None else None)

    def address(self) -> AddressResult:
        """`address` in the import format's spelling."""
        raw = self._inner("address")
        return AddressResult(
            Address(
                name=raw._maybe("name") or "",
                line1=raw._maybe("line1") or "",
                line2=raw._maybe("line2") or "",
                city=raw._maybe("city") or "",
                region=raw._maybe("region") or "",
                zip=raw._maybe("zip") or "",
                country=raw._maybe("country") or "",
                phone=raw._maybe("phone"),
                kind=raw._maybe("kind"),
            )
        )

    def items(self) -> ItemsResult:
        """`difference`, `method`, `total`."""
        return ItemsResult(self._money("difference"), self._maybe("method"), self._money("total"))

    def payment(self) -> PaymentResult:
        """`method`, `previous`, `amount`."""
        return PaymentResult(self._text("method"), self._maybe("previous"), self._money("amount"))

    def credit(self) -> CreditResult:
        """`credit_id`, `amount`, and `balance` where the shop tells it."""
        balance = self._money("balance") if self._raw.get("balance") is not None else None
        return CreditResult(self._text("credit_id"), self._money("amount"), balance)

    def reship(self) -> ReshipResult:
        """`replacement_id`."""
        return ReshipResult(self._text("replacement_id"))

    def claim(self) -> ClaimResult:
        """`claim_id`, `status`."""
        return ClaimResult(self._text("claim_id"), self._text("status"))

    def _wrong(self, name: str, what: str) -> StoreUnavailable:
        return StoreUnavailable(f"rest: the answer to {self._path}: {name} {what}; nobody knows whether it was done")

    def _maybe(self, name: str) -> str | None:
        found = self._raw.get(name)
        if found is not None and not isinstance(found, str):
            raise self._wrong(name, "must be text")
        return found or None

    def _text(self, name: str) -> str:
        found = self._maybe(name)
        if found is None:
            raise self._wrong(name, "is missing")
        return found

    def _link(self, name: str) -> str | None:
        found = self._maybe(name)
        return found if found and is_safe(found) else None

    def _moment(self, name: str) -> Moment | None:
        found = self._maybe(name)
        try:
            parsed = parse_time(found) if found else None
        except ValueError as error:
            raise self._wrong(name, str(error)) from None
        return parsed.astimezone(UTC) if isinstance(parsed, datetime) else parsed

    def _inner(self, name: str) -> "Answer":
        found = self._raw.get(name)
        if not isinstance(found, Mapping):
            raise self._wrong(name, "must be an object")
        return Answer(found, f"{self._path}: {name}")

    def _money(self, name: str) -> Money:
        inner = self._inner(name)
        amount = inner._raw.get("amount_minor")
        if isinstance(amount, bool) or not isinstance(amount, int):
            raise inner._wrong("amount_minor", "must be a whole number")
        return Money(amount, inner._text("currency"))


def _lines(lines: Sequence[LineQuantity]) -> list[Json]:
    made: list[Json] = [{"line": each.line_id, "quantity": each.quantity, "to_sku": each.to_sku} for each in lines]
    return [{name: value for name, value in each.items() if value is not None} for each in made]


def _money(money: Money) -> Json:
    return {"amount_minor": money.amount_minor, "currency": money.currency}


def _address(address: Address) -> Json:
    names = ("name", "line1", "line2", "city", "region", "zip", "country", "phone", "kind")
    return {name: value for name in names if (value := getattr(address, name))}
