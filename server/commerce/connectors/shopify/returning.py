"""Returns and exchanges in Shopify: which pieces can go back, for which reason, and what it means in money.

The pieces of a return are those of a fulfilment, so an order that has not shipped cannot have one. Amounts come from
Shopify's own calculation, never from sums of ours. A return is found again by the mark in its lines' notes; where the shop
does not show these, by its lines, if there is exactly one such return that was not there before.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from server.clock import Clock
from server.commerce.connectors.shopify import searching
from server.commerce.connectors.shopify.acting import Acting, accepted, has_mark, note, require
from server.commerce.connectors.shopify.client import DocumentRefused
from server.commerce.connectors.shopify.money_back import return_name
from server.commerce.connectors.shopify.values import Json, count, minor, nodes, part, tail, text, time
from server.commerce.connectors.shopify.words import reason_handles
from server.commerce.model import LineQuantity, Money
from server.commerce.store import ExchangeResult, ReturnResult
from server.errors import StoreRefused, StoreUnavailable

_REASONS_FOR: Final = timedelta(hours=1)
_SKEW: Final = timedelta(seconds=5)
"""By how much Shopify's clock may be behind ours."""
_OVER: Final = frozenset({"DECLINED", "CANCELED"})


@dataclass(frozen=True, slots=True)
class _Plan:
    lines: list[dict[str, Any]]
    items: list[dict[str, Any]]
    before: frozenset[str] = frozenset()
    """The returns that were there already: another one with the same lines is none of ours."""


class Returning:
    """Opens returns and exchanges."""

    def __init__(self, acting: Acting, clock: Clock) -> None:
        self._acting = acting
        self._client = acting.client
        self._clock = clock
        self._reasons: tuple[datetime, dict[str, str]] | None = None

    async def start_return(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, words: str, at: datetime
    ) -> ReturnResult:
        """Open a return of these lines; `words` are for staff. Raises StoreRefused, StoreUnavailable."""
        order = require("Order", order_id)

        async def prepare() -> _Plan:
            pieces = await self._return_lines(key, order, lines, reason, words)
            return _Plan(pieces, [], await self._before(order))

        async def send(plan: _Plan) -> ReturnResult:
            return ReturnResult(return_name(await self._create(order, plan, at)), None, None)

        async def effect(plan: _Plan | None) -> ReturnResult | None:
            found = await self._found(key, order, lines, at, plan)
            return ReturnResult(return_name(found), None, None) if found else None

        return await self._acting.once(
            key,
            "start_return",
            order_id,
            at,
            prepare=prepare,
            send=send,
            effect=effect,
            to_raw=lambda result: {"rma": result.rma},
            from_raw=lambda raw: ReturnResult(str(raw["rma"]), None, None),
        )

    async def start_exchange(
        self, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, method: str | None, at: datetime
    ) -> ExchangeResult:
        """Open an exchange; Shopify says what it costs more or less. Raises StoreRefused, StoreUnavailable."""
        order = require("Order", order_id)

        async def prepare() -> _Plan:
            items = [await self._item(line) for line in lines]
            return _Plan(await self._return_lines(key, order, lines, reason, "exchange"), items)

        async def effect(_: _Plan | None) -> ExchangeResult | None:
            found = _marked(await self._marks(key, order), key)
            if found is None:
                return None
            return ExchangeResult(return_name(found), await self._difference(found), method, None, None)

        async def send(plan: _Plan) -> ExchangeResult:
            await self._create(order, plan, at)
            result = await effect(plan)
            if result is None:
                raise StoreUnavailable("Shopify does not show the exchange yet")
            return result

        return await self._acting.once(
            key,
            "start_exchange",
            order_id,
            at,
            prepare=prepare,
            send=send,
            effect=effect,
            to_raw=_exchange_raw,
            from_raw=_exchange,
        )

    async def _marks(self, key: str, order: str) -> Json:
        """The notes of an order's returns. An exchange that nobody could find again is not begun."""
        try:
            return await self._client.read("return_marks", {"id": order})
        except DocumentRefused:
            if await self._acting.was_sent(key):
                raise
            raise StoreRefused("Shopify does not show us exchanges: a person must make them") from None

    async def _before(self, order: str) -> frozenset[str]:
        marks = await self._client.more("return_marks", {"id": order})
        found = part(marks, "order") or await self._acting.seen(order)
        return frozenset(str(each.get("id")) for each in nodes(found.get("returns")))

    async def _found(
        self, key: str, order: str, lines: Sequence[LineQuantity], at: datetime, plan: _Plan | None
    ) -> Json | None:
        """The return that this write opened, if it shows."""
        marks = await self._client.more("return_marks", {"id": order})
        if marks is not None:
            return _marked(marks, key)
        if not await self._acting.was_sent(key):
            return None
        before = plan.before if plan else ()
        returns = nodes((await self._acting.seen(order)).get("returns"))
        alike = [each for each in returns if each.get("id") not in before and _is_alike(each, lines, at - _SKEW)]
        return alike[0] if len(alike) == 1 else None

    async def _create(self, order: str, plan: _Plan, at: datetime) -> Json:
        given: dict[str, Any] = {
            "orderId": order,
            "returnLineItems": plan.lines,
            "requestedAt": at.isoformat(),
        }
        if plan.items:
            given["exchangeLineItems"] = plan.items
        answer = await self._client.write("returnCreate", {"returnInput": given})
        return part(accepted(part(answer, "returnCreate"), "the return"), "return")

    async def _return_lines(
        self, key: str, order: str, lines: Sequence[LineQuantity], reason: str, words: str
    ) -> list[dict[str, Any]]:
        """The pieces of fulfilments that make up the lines. Raises StoreRefused when there are too few."""
        answer = await self._client.read("returnable", {"orderId": order})
        left = _left(answer)
        definition = await self._reason(reason)
        found: list[dict[str, Any]] = []
        for line in lines:
            for piece, quantity in _taken(left, line):
                one = {"fulfillmentLineItemId": piece, "quantity": quantity, "returnReasonNote": note(key, words)}
                found.append(one if definition is None else {**one, "returnReasonDefinitionId": definition})
        if not found:
            raise StoreRefused("a return needs at least one line")
        return found

    async def _reason(self, reason: str) -> str | None:
        """The id of Shopify's reason for ours."""
        now = self._clock.now()
        if self._reasons is None or now - self._reasons[0] >= _REASONS_FOR:
            answer = await self._client.read("return_reasons", {})
            known = nodes(answer.get("returnReasonDefinitions"))
            handles = {str(each.get("handle")): str(each.get("id")) for each in known if not each.get("deleted")}
            self._reasons = (now, handles)
        return next(filter(None, map(self._reasons[1].get, reason_handles(reason))), None)

    async def _item(self, line: LineQuantity) -> dict[str, Any]:
        query = searching.by_sku(line.to_sku or "")
        if query is None or line.to_sku is None:
            raise StoreRefused("an exchange needs to know for what")
        try:
            answer = await self._client.read("variant_find", {"q": query})
        except DocumentRefused:
            raise StoreRefused("Shopify does not let us look for goods: a person must exchange them") from None
        exact = [each for each in nodes(answer.get("productVariants")) if text(each.get("sku")) == line.to_sku.strip()]
        if len(exact) != 1:
            raise StoreRefused(
                f"Shopify has {'no' if not exact else 'more than one'} variant with the sku {line.to_sku}"
            )
        if exact[0].get("availableForSale") is not True:
            raise StoreRefused(f"{line.to_sku} is not on sale now")
        return {"variantId": str(exact[0]["id"]), "quantity": line.quantity}

    async def _difference(self, found: Json) -> Money:
        """What Shopify would charge (positive) or send back (negative) for an exchange."""
        variables = {
            "id": str(found.get("id")),
            "r": [{"id": str(each["id"]), "quantity": count(each.get("quantity"))} for each in _parts(found, "return")],
            "x": [
                {"id": str(each["id"]), "quantity": count(each.get("quantity"))} for each in _parts(found, "exchange")
            ],
        }
        answer = await self._client.read("return_outcome", variables)
        outcome = part(answer, "return", "suggestedFinancialOutcome")
        transfer = part(outcome, "financialTransfer")
        money = part(transfer, "amount", "presentmentMoney") or part(outcome, "discountedSubtotal", "presentmentMoney")
        amount = minor(money.get("amount"), money.get("currencyCode"))
        if amount is None:
            raise StoreUnavailable("Shopify does not say what the exchange costs")
        sign = {"RefundReturnOutcome": -1, "InvoiceReturnOutcome": 1}.get(str(transfer.get("__typename")), 0)
        return Money(sign * abs(amount), str(money["currencyCode"]))


def _parts(found: Json, kind: str) -> list[Json]:
    return nodes(found.get(f"{kind}LineItems"))


def _left(answer: Json) -> dict[str, list[tuple[str, int]]]:
    """By line: (fulfilment line item, how many of it can go back)."""
    left: dict[str, list[tuple[str, int]]] = {}
    for each in nodes(answer.get("returnableFulfillments")):
        for piece in nodes(each.get("returnableFulfillmentLineItems")):
            item = part(piece, "fulfillmentLineItem")
            line = tail(part(item, "lineItem").get("id"))
            left.setdefault(line, []).append((str(item.get("id")), count(piece.get("quantity"))))
    return left


def _taken(left: dict[str, list[tuple[str, int]]], line: LineQuantity) -> list[tuple[str, int]]:
    """Pieces for one line, taken out of `left`. Raises StoreRefused."""
    wanted, found, rest = line.quantity, list[tuple[str, int]](), list[tuple[str, int]]()
    for piece, there in left.get(line.line_id, []):
        quantity = min(wanted, there)
        wanted -= quantity
        found += [(piece, quantity)] if quantity else []
        rest += [(piece, there - quantity)] if there > quantity else []
    if wanted or line.quantity < 1:
        can = line.quantity - wanted
        raise StoreRefused(f"Shopify lets {can} of line {line.line_id} go back, not {line.quantity}")
    left[line.line_id] = rest
    return found


def _is_alike(found: Json, lines: Sequence[LineQuantity], since: datetime) -> bool:
    """Whether a return that stands has exactly these lines, and was opened since."""
    created = time(found.get("createdAt"))
    there, wanted = Counter[str](), Counter[str]()
    for each in nodes(found.get("returnLineItems")):
        there[tail(part(each, "fulfillmentLineItem", "lineItem").get("id"))] += count(each.get("quantity"))
    for line in lines:
        wanted[line.line_id] += line.quantity
    is_since = created is not None and datetime.fromisoformat(created) >= since
    return is_since and there == wanted and found.get("status") not in _OVER


def _marked(answer: Json, key: str) -> Json | None:
    """The return that this write opened."""
    for each in nodes(part(answer, "order").get("returns")):
        if any(has_mark(line.get("returnReasonNote"), key) for line in nodes(each.get("returnLineItems"))):
            return each
    return None


def _exchange_raw(result: ExchangeResult) -> dict[str, Any]:
    money = result.difference
    return {"rma": result.rma, "minor": money.amount_minor, "currency": money.currency, "method": result.method}


def _exchange(raw: dict[str, Any]) -> ExchangeResult:
    return ExchangeResult(str(raw["rma"]), Money(int(raw["minor"]), str(raw["currency"])), raw["method"], None, None)
