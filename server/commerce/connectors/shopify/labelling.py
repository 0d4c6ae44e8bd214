"""A return label that we made, attached to the return in Shopify, so that staff and the shopper see it there too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from server.commerce.connectors.shopify.acting import Acting, accepted, require
from server.commerce.connectors.shopify.money_back import deliverables
from server.commerce.connectors.shopify.values import Json, link, nodes, part, tail, text
from server.errors import StoreRefused

_DONE: Final = {"attached": True}


@dataclass(frozen=True, slots=True)
class _Plan:
    work: str


class Labelling:
    """Attaches labels to returns."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting

    async def attach_label(
        self, key: str, order_id: str, rma: str, url: str, tracking_number: str | None, at: datetime
    ) -> None:
        """Attach the label of a whole return; Shopify fetches it from `url`. Raises StoreRefused, StoreUnavailable."""
        order = require("Order", order_id)
        if link(url) is None:
            raise StoreRefused("a label needs an https link")

        async def prepare() -> _Plan:
            return _Plan(_work(_named(await self._acting.seen(order), rma)))

        async def effect(_: _Plan | None) -> bool | None:
            return _has_label(_named(await self._acting.seen(order), rma), tracking_number) or None

        async def send(plan: _Plan) -> bool:
            given: dict[str, Any] = {"rfo": plan.work, "lines": [], "track": None, "label": {"fileUrl": url}}
            if tracking_number:
                given["track"] = {"number": tracking_number}
            answer = await self._acting.client.write("label", given)
            accepted(part(answer, "reverseDeliveryCreateWithShipping"), "the label")
            return True

        await self._acting.once(
            key,
            "attach_label",
            order_id,
            at,
            prepare=prepare,
            send=send,
            effect=effect,
            to_raw=lambda _: _DONE,
            from_raw=lambda _: True,
        )


def _named(order: Json, rma: str) -> Json:
    found = [each for each in nodes(order.get("returns")) if rma in (text(each.get("name")), tail(each.get("id")))]
    return found[0] if found else {}


def _work(found: Json) -> str:
    """The reverse fulfilment order that the label is for."""
    work = nodes(found.get("reverseFulfillmentOrders"))
    if not work:
        raise StoreRefused("Shopify does not show this return, or nothing of it is to come back")
    return str(work[0].get("id"))


def _has_label(found: Json, number: str | None) -> bool:
    """Whether a parcel of the return has this number; without a number, whether any has a label."""
    carried = [each for _, each in deliverables(found)]
    if number:
        return any(part(each, "tracking").get("number") == number for each in carried)
    return any(part(each, "label") for each in carried)
