"""Cancelling an order in Shopify: a job that runs on its own, then a second look at the order.

The cancellation is irreversible, and pays back as Shopify does. An order that somebody else has cancelled meanwhile is
cancelled all the same.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

from server.commerce.connectors.shopify.acting import Acting, accepted, note, require
from server.commerce.connectors.shopify.refunding import from_raw as refund_from_raw
from server.commerce.connectors.shopify.refunding import result_of, way_of
from server.commerce.connectors.shopify.refunding import to_raw as refund_to_raw
from server.commerce.connectors.shopify.values import Json, nodes, part, presentment, time
from server.commerce.store import CancelResult, RefundResult
from server.errors import StoreRefused, StoreUnavailable

_LOOKS: Final = 30
_REFUND_BEFORE: Final = timedelta(minutes=10)
_REASONS: Final = {"out_of_stock": "INVENTORY", "fraud": "FRAUD", "payment_declined": "DECLINED", "staff": "STAFF"}
"""Ours to Shopify's; whatever else a shopper gives as a reason is the customer's wish."""


class Cancelling:
    """Cancels whole orders."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._client = acting.client

    async def cancel_order(
        self, key: str, order_id: str, reason: str, method: str | None, at: datetime
    ) -> CancelResult:
        """Cancel the order. Raises StoreRefused, StoreUnavailable."""
        order = require("Order", order_id)
        back: dict[str, Any] = (
            {"storeCreditRefund": {}} if way_of(method) == "store_credit" else {"originalPaymentMethodsRefund": True}
        )
        variables = {
            "orderId": order,
            "reason": _REASONS.get(reason, "CUSTOMER"),
            "restock": True,
            "notify": False,
            "rm": back,
            "staffNote": note(key, reason),
        }

        async def prepare() -> None:
            return None

        async def effect(_: None) -> CancelResult | None:
            return _result(await self._acting.seen(order))

        async def send(_: None) -> CancelResult:
            is_done = await self._run(variables)
            result = await effect(None)
            if result is None and is_done:
                raise StoreRefused("Shopify ended the cancellation without cancelling the order")
            if result is None:
                raise StoreUnavailable("Shopify is still at work on the cancellation")
            return result

        return await self._acting.once(
            key, "cancel_order", order_id, at, prepare=prepare, send=send, effect=effect, to_raw=_raw, from_raw=_revived
        )

    async def _run(self, variables: dict[str, Any]) -> bool:
        """Start the job and wait for its end; False when it takes too long."""
        answer = part(await self._client.write("cancel", variables), "orderCancel")
        job = part(accepted(answer, "the cancellation", "orderCancelUserErrors"), "job")
        for _ in range(_LOOKS):
            if job.get("done") is True or not job.get("id"):
                return job.get("done") is True
            await asyncio.sleep(self._acting.pause_s)
            job = part(await self._client.read("job", {"id": str(job["id"])}), "job")
        return False


def _result(order: Json) -> CancelResult | None:
    cancelled = time(order.get("cancelledAt"))
    if cancelled is None:
        return None
    moment = datetime.fromisoformat(cancelled)
    return CancelResult(moment, _refund(order, moment))


def _refund(order: Json, cancelled_at: datetime) -> RefundResult | None:
    """The refund that came with the cancellation: the latest since shortly before it."""
    since = (cancelled_at - _REFUND_BEFORE).isoformat()
    recent = [
        each
        for each in nodes(order.get("refunds"))
        if (time(each.get("createdAt")) or "") >= since and presentment(each.get("totalRefundedSet"))
    ]
    latest = max(recent, key=lambda each: time(each.get("createdAt")) or "", default=None)
    return result_of(latest, "") if latest else None


def _raw(result: CancelResult) -> dict[str, Any]:
    refund = refund_to_raw(result.refund) if result.refund else None
    return {"cancelled_at": result.cancelled_at.isoformat(), "refund": refund}


def _revived(raw: dict[str, Any]) -> CancelResult:
    refund = refund_from_raw(raw["refund"]) if raw["refund"] else None
    return CancelResult(datetime.fromisoformat(raw["cancelled_at"]), refund)
