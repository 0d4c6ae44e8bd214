"""Money back through Shopify: a refund with an idempotency key, spread over the payments that can take it.

Shopify says how much can go back and to which payments; a refund that fits no payment is refused here. Whether it has
arrived is what its transactions say: a refund begins as pending. A lost answer is looked for by the mark in the refund's
note, and asked for once more with the same key, which cannot pay twice.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from server.commerce.connectors.shopify.acting import Acting, accepted, has_mark, key_of, note, require
from server.commerce.connectors.shopify.client import DocumentRefused, Failed
from server.commerce.connectors.shopify.money_back import refund_method, refund_status
from server.commerce.connectors.shopify.values import Json, decimal, minor, nodes, part, presentment, tail, text
from server.commerce.model import LineQuantity, Money, RefundStatus
from server.commerce.store import RefundResult
from server.errors import StoreRefused, StoreUnavailable

_ORIGINAL: Final = "original"
_CREDIT: Final = "store_credit"
_PAYMENTS: Final = frozenset({"SALE", "CAPTURE"})
_CONCURRENT_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class _Plan:
    given: dict[str, Any]


class Refunding:
    """Sends money back."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._client = acting.client

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
        """Send back `amount`. Raises StoreRefused, StoreUnavailable."""
        order = require("Order", order_id)
        way = way_of(method)

        async def prepare() -> _Plan:
            return _Plan(await self._given(key, order, amount, lines, reason, way))

        async def effect(_: _Plan | None) -> RefundResult | None:
            refunds = nodes((await self._acting.seen(order)).get("refunds"))
            found = next((each for each in refunds if has_mark(each.get("note"), key)), None)
            return replace(result_of(found, amount.currency), method=way) if found else None

        async def send(plan: _Plan) -> RefundResult:
            return replace(await self._send(key, plan.given, amount), method=way)

        return await self._acting.once(
            key, "refund", order_id, at, prepare=prepare, send=send, effect=effect, to_raw=to_raw, from_raw=from_raw
        )

    async def _send(self, key: str, given: dict[str, Any], amount: Money) -> RefundResult:
        try:
            return await self._create(key_of(key), given, amount)
        except Failed as error:
            if "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" not in error.codes:
                raise
            return await self._create(key_of(key, attempt=2), given, amount)
        except StoreUnavailable:
            return await self._create(key_of(key), given, amount)

    async def _create(self, key: str, given: dict[str, Any], amount: Money) -> RefundResult:
        for _ in range(_CONCURRENT_TRIES):
            try:
                answer = await self._client.write("refundCreate", {"input": given, "key": key})
            except Failed as error:
                _refuse_misuse(error)
                if "IDEMPOTENCY_CONCURRENT_REQUEST" not in error.codes:
                    raise
                await asyncio.sleep(self._acting.pause_s)
                continue
            created = part(accepted(part(answer, "refundCreate"), "the refund"), "refund")
            return result_of(created, amount.currency)
        raise StoreUnavailable("Shopify is still at work on the same refund")

    async def _given(
        self, key: str, order: str, amount: Money, lines: Sequence[LineQuantity], reason: str, way: str
    ) -> dict[str, Any]:
        """The input of the refund. Raises StoreRefused when the order cannot bear it."""
        if amount.amount_minor <= 0:
            raise StoreRefused("a refund needs an amount")
        suggested = await self._suggested(order, amount)
        given: dict[str, Any] = {
            "orderId": order,
            "currency": amount.currency,
            "note": note(key, reason),
            "notify": False,
            "refundLineItems": [
                {
                    "lineItemId": require("LineItem", each.line_id),
                    "quantity": each.quantity,
                    "restockType": "NO_RESTOCK",
                }
                for each in lines
            ],
        }
        if way == _CREDIT:
            money = {"amount": decimal(amount.amount_minor, amount.currency), "currencyCode": amount.currency}
            return {**given, "refundMethods": [{"storeCreditRefund": {"amount": money}}]}
        return {**given, "transactions": await self._transactions(order, amount, suggested)}

    async def _suggested(self, order: str, amount: Money) -> Json:
        answer = await self._client.read("suggested", {"id": order, "lines": None, "full": True})
        suggested = part(answer, "order", "suggestedRefund")
        if not suggested:
            raise StoreRefused("Shopify has no such order, or nothing of it can be refunded")
        most = part(suggested, "maximumRefundableSet", "presentmentMoney")
        limit = minor(most.get("amount"), most.get("currencyCode"))
        if limit is None:
            raise StoreUnavailable("Shopify does not say how much can be refunded")
        if most.get("currencyCode") != amount.currency:
            raise StoreRefused(f"the shopper paid in {most.get('currencyCode')}, not in {amount.currency}")
        if amount.amount_minor > limit:
            most_text = decimal(limit, amount.currency)
            raise StoreRefused(f"at most {most_text} {amount.currency} of this order can still be refunded")
        return suggested

    async def _transactions(self, order: str, amount: Money, suggested: Json) -> list[dict[str, Any]]:
        """The amount, spread over payments: first as Shopify suggests, then over whatever was paid."""
        parents = [
            (tail_of(each), text(each.get("gateway")), presentment(each.get("amountSet")) or 0)
            for each in nodes(suggested.get("suggestedTransactions"))
        ]
        if sum(room for _, _, room in parents) < amount.amount_minor:
            parents = await self._payments(order) or parents
        left, found = amount.amount_minor, list[dict[str, Any]]()
        for parent, gateway, room in parents:
            share = min(left, room)
            left -= share
            if share and parent:
                money = decimal(share, amount.currency)
                found.append(
                    {"orderId": order, "parentId": parent, "gateway": gateway or "", "kind": "REFUND", "amount": money}
                )
        if left or not found:
            raise StoreRefused("no payment of this order can take so much back")
        return found

    async def _payments(self, order: str) -> list[tuple[str, str | None, int]]:
        try:
            answer = await self._client.read("order_more", {"id": order})
        except DocumentRefused:
            return []
        return [
            (str(each.get("id")), text(each.get("gateway")), presentment(each.get("amountSet")) or 0)
            for each in nodes(part(answer, "order").get("transactions"))
            if each.get("kind") in _PAYMENTS and each.get("status") == "SUCCESS"
        ]


def way_of(method: str | None) -> str:
    """Where money goes: `original` or `store_credit`. Raises StoreRefused for anything else: Shopify cannot choose."""
    if method not in (None, _ORIGINAL, _CREDIT):
        raise StoreRefused("Shopify sends money back to the original payment or to store credit, nowhere else")
    return method or _ORIGINAL


def tail_of(suggestion: Json) -> str:
    """The global id of the payment that a suggested refund goes back to."""
    return str(part(suggestion, "parentTransaction").get("id") or "")


def _refuse_misuse(error: Failed) -> None:
    """The same key with other input: a defect of ours, never to be sent again."""
    if "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in error.codes:
        raise StoreRefused("the same refund was asked for with other amounts; nothing was done") from error


def result_of(raw: Json, currency: str) -> RefundResult:
    """A refund of Shopify's as the result of a write."""
    money = part(raw, "totalRefundedSet", "presentmentMoney")
    amount = minor(money.get("amount"), money.get("currencyCode"))
    if amount is None or not raw.get("id"):
        raise StoreUnavailable("Shopify does not say what it refunded")
    shown = str(money.get("currencyCode") or currency)
    return RefundResult(
        tail(raw.get("id")), Money(abs(amount), shown), RefundStatus(refund_status(raw)), refund_method(raw)
    )


def to_raw(result: RefundResult) -> dict[str, Any]:
    """The result as plain JSON."""
    return {
        "id": result.refund_id,
        "minor": result.amount.amount_minor,
        "currency": result.amount.currency,
        "status": result.status.value,
        "method": result.method,
    }


def from_raw(raw: dict[str, Any]) -> RefundResult:
    """The result that `to_raw` wrote."""
    amount = Money(int(raw["minor"]), str(raw["currency"]))
    return RefundResult(str(raw["id"]), amount, RefundStatus(raw["status"]), str(raw["method"]))
