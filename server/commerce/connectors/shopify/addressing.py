"""Another address for an order in Shopify: hold the warehouse, change, look whether it took, let the warehouse go on.

Only while no warehouse has begun, and only within the same country and region: Shopify does not calculate taxes and
shipping again. Whatever else is asked for is refused, and a person decides.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from server.commerce.connectors.shopify.acting import Acting, accepted, has_mark, mark_of, note, require
from server.commerce.connectors.shopify.values import Json, nodes, part, text
from server.commerce.connectors.shopify.whole import merged
from server.commerce.model import Address
from server.commerce.store import AddressResult
from server.errors import StoreRefused, StoreUnavailable

_WAITING: Final = frozenset({"OPEN", "SCHEDULED", "ON_HOLD"})
_OVER: Final = frozenset({"CLOSED", "CANCELLED"})
_UNTOUCHED: Final = frozenset({"UNSUBMITTED", "CANCELLATION_ACCEPTED", "None"})
_RELEASES: Final = 3
_LISTED: Final = 5
"""How many warehouses the main read lists."""


@dataclass(frozen=True, slots=True)
class _Plan:
    work: tuple[str, ...]


class Addressing:
    """Changes where orders go."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._client = acting.client

    async def change_address(self, key: str, order_id: str, address: Address, at: datetime) -> AddressResult:
        """Ship this order elsewhere. Raises StoreRefused, StoreUnavailable."""
        order = require("Order", order_id)

        async def prepare() -> _Plan:
            return _Plan(_changeable(await self._read(order), address))

        async def effect(_: _Plan | None) -> AddressResult | None:
            return AddressResult(address) if _is_changed(await self._read(order), address, key) else None

        async def send(plan: _Plan) -> AddressResult:
            await self._change(order, plan.work, address, key)
            result = await effect(plan)
            if result is None:
                raise StoreUnavailable("Shopify does not show the new address yet")
            return result

        return await self._acting.once(
            key,
            "change_address",
            order_id,
            at,
            prepare=prepare,
            send=send,
            effect=effect,
            to_raw=lambda _: {},
            from_raw=lambda _: AddressResult(address),
        )

    async def _read(self, order: str) -> Json:
        """The order, and where its warehouses send to where the shop tells that."""
        state = await self._acting.seen(order)
        more = part(await self._client.more("order_destinations", {"id": order}), "order")
        if not more and len(nodes(state.get("fulfillmentOrders"))) >= _LISTED:
            raise StoreUnavailable("Shopify does not show all warehouses of the order")
        return merged(state, more)

    async def _change(self, order: str, work: tuple[str, ...], address: Address, key: str) -> None:
        held: list[tuple[str, str]] = []
        try:
            for each in work:
                held.append((each, await self._hold(each, key)))
            given = {"id": order, "shippingAddress": _given(address)}
            answer = await self._client.write("address", {"input": given})
            accepted(part(answer, "orderUpdate"), "the new address")
        finally:
            for each, hold in held:
                await self._release(each, hold)

    async def _hold(self, work: str, key: str) -> str:
        words = note(key, "The shopper corrects the address.")
        hold = {"reason": "INCORRECT_ADDRESS", "reasonNotes": words, "handle": mark_of(key)}
        answer = part(await self._client.write("hold", {"id": work, "h": hold}), "fulfillmentOrderHold")
        return str(part(accepted(answer, "to hold the warehouse"), "fulfillmentHold").get("id"))

    async def _release(self, work: str, hold: str) -> None:
        """Let the warehouse go on: a hold of ours must not stay. Raises StoreUnavailable when it does."""
        for _ in range(_RELEASES):
            try:
                answer = await self._client.write("release", {"id": work, "holdIds": [hold]})
                accepted(part(answer, "fulfillmentOrderReleaseHold"), "to release the warehouse")
            except StoreUnavailable:
                continue
            except StoreRefused as error:
                raise StoreUnavailable(f"a hold of ours may still be on the order: {error}") from error
            return
        raise StoreUnavailable("a hold of ours may still be on the order")


def _changeable(order: Json, address: Address) -> tuple[str, ...]:
    """The warehouses to hold. Raises StoreRefused when it is too late, or a person must decide."""
    if order.get("cancelledAt"):
        raise StoreRefused("the order is cancelled")
    now = part(order, "shippingAddress")
    if _plain(now.get("countryCodeV2")) != _plain(address.country):
        raise StoreRefused("another country changes taxes and duties: a person must do it")
    if _plain(now.get("provinceCode")) != _plain(address.region):
        raise StoreRefused("another region may change taxes: a person must do it")
    work = [each for each in nodes(order.get("fulfillmentOrders")) if each.get("status") not in _OVER]
    if not work:
        raise StoreRefused("nothing of this order is still to be sent")
    for each in work:
        if each.get("status") not in _WAITING or str(each.get("requestStatus")) not in _UNTOUCHED:
            raise StoreRefused("a warehouse is at work on this order already")
    return tuple(str(each.get("id")) for each in work)


def _is_changed(order: Json, address: Address, key: str) -> bool:
    work = [each for each in nodes(order.get("fulfillmentOrders")) if each.get("status") not in _OVER]
    if any(has_mark(hold.get("reasonNotes"), key) for each in work for hold in nodes(each.get("fulfillmentHolds"))):
        return False
    places = [(part(order, "shippingAddress"), "countryCodeV2")]
    places += [(part(each, "destination"), "countryCode") for each in work if "destination" in each]
    return bool(work) and all(_is_there(place, country, address) for place, country in places)


def _is_there(place: Json, country: str, address: Address) -> bool:
    """Whether a place of Shopify's is this address; it writes letters and signs in its own way."""
    pairs = [
        (place.get("address1"), address.line1),
        (place.get("address2"), address.line2),
        (place.get("city"), address.city),
        (place.get("zip"), address.zip),
        (place.get(country), address.country),
    ]
    return all(_plain(there) == _plain(wanted) for there, wanted in pairs)


def _given(address: Address) -> dict[str, Any]:
    first, _, last = address.name.strip().rpartition(" ")
    given = {
        "firstName": text(first),
        "lastName": text(last),
        "address1": text(address.line1),
        "address2": text(address.line2) or "",
        "city": text(address.city),
        "provinceCode": text(address.region),
        "countryCode": text(address.country),
        "zip": text(address.zip),
        "phone": text(address.phone),
    }
    return {name: value for name, value in given.items() if value is not None}


def _plain(value: object) -> str:
    return re.sub(r"[\W_]+", "", str(value or "")).casefold()
