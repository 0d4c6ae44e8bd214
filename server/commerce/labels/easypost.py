"""Return labels, voids and pickups through EasyPost. Amounts arrive as text, weights leave in ounces, sizes in inches.

A purchase is made in two steps: a shipment (or pickup) that costs nothing is made under a reference of ours, then bought.
EasyPost sells one shipment once, so what was bought under a reference can be found again and is never bought twice. It
offers no list of drop-off points.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from server import telemetry
from server.clock import Clock
from server.commerce.connectors.once import LOOKS_S, Ledger, Once
from server.commerce.labels import parcels, wire
from server.commerce.labels.labels import Ability, DropOff, Label, Pickup, label_of, label_raw, pickup_of, pickup_raw
from server.commerce.labels.parcels import Rate
from server.commerce.labels.wire import Object
from server.commerce.model import Address, LineQuantity, OrderSnapshot, Window
from server.commerce.outside import Outside
from server.errors import StoreRefused, StoreUnavailable
from server.settings import LabelsSettings

API: Final = "https://api.easypost.com/v2"
NAME: Final = "EasyPost"
# Days in which an unused label is taken back. https://docs.easypost.com/docs/shipments/shipping-refund
_VOID_DAYS: Final = {"usps": 30, "ups": 90, "fedex": 90}
# https://docs.easypost.com/docs/pickups ("Supported carriers include"), in our names
_FETCH: Final = frozenset(
    {"usps", "ups", "fedex", "dhl", "ontrac", "canada_post", "bettertrucks", "canpar", "lasership", "loomisexpress"}
    | {"lso", "maersk", "veho"}
)
# A purchase that was answered so may have been made: https://docs.easypost.com/docs/errors
_UNSURE: Final = frozenset(
    {"SHIPMENT.POSTAGE.EXISTS", "SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.TIMED_OUT"}
    | {"SHIPMENT.POSTAGE.NO_RESPONSE"}
)
# https://docs.easypost.com/docs/shipments/shipping-refund
_VOIDED: Final = {"submitted": True, "refunded": True, "rejected": False, "not_applicable": False}
_INSTRUCTIONS: Final = "Return parcel"


class EasyPost:
    """Labels over EasyPost's REST API. `looks_s` are the pauses between looks for a purchase whose answer was lost."""

    name: str = "easypost"
    capabilities: frozenset[Ability] = frozenset({"label", "postage", "void", "pickup", "qr"})

    def __init__(
        self,
        settings: LabelsSettings,
        shop_name: str,
        clock: Clock,
        ledger: Ledger,
        looks_s: Sequence[float] = LOOKS_S,
        read_s: float = 20.0,
    ) -> None:
        self._settings = settings
        self._shop_name = shop_name
        self._clock = clock
        self._ledger = ledger
        self._once = Once(ledger, looks_s)
        # The key is the user name of Basic authentication, without a password: https://docs.easypost.com/docs/authentication
        basic = base64.b64encode(f"{settings.api_key}:".encode()).decode()
        self._outside = Outside(
            "easypost_labels", settings.api_url or API, headers={"Authorization": f"Basic {basic}"}, read_s=read_s
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._outside.close()

    async def label(
        self, key: str, order: OrderSnapshot, rma: str, lines: Sequence[LineQuantity], at: datetime
    ) -> Label:
        """Buy the cheapest label from the order's address to the return address."""
        _, known = await self._ledger.look_up(key)
        if known is not None:
            return label_of(known)
        body = self._shipment_body(order, rma)
        shipment = await self._made("/shipments", "shipment", parcels.marker(key, body), body)

        async def effect() -> Label | None:
            return await self._whole(_bought(await self._read(f"/shipments/{_id(shipment)}"), at))

        return await self._once.run(
            key,
            "label",
            order.id,
            at,
            send=partial(self._buy_label, shipment, order, at),
            effect=effect,
            to_raw=label_raw,
            from_raw=label_of,
        )

    async def void(self, key: str, label: Label) -> bool:
        """Ask for the postage back; False when the carrier rejects it or bills only what is used."""
        if not label.id:
            raise StoreRefused("the label has no number at EasyPost: a person must void it")
        path = f"/shipments/{label.id}"

        async def send() -> bool:
            answer = _refund(await self._write(f"{path}/refund", {}, may_repeat=True))
            if answer is None:
                raise StoreUnavailable("EasyPost does not say whether it takes the label back")
            return answer

        async def effect() -> bool | None:
            # A refusal may have been an earlier attempt's, and may be repeated: only success counts as seen.
            return _refund(await self._read(path)) or None

        return await self._once.run(
            key,
            "void_label",
            label.id,
            self._clock.now(),
            send=send,
            effect=effect,
            to_raw=lambda done: {"done": done},
            from_raw=lambda raw: bool(raw["done"]),
        )

    async def pickup_windows(self, order: OrderSnapshot, label: Label) -> tuple[Window, ...]:
        """Working days in the zone of the order's destination; EasyPost lists no windows, its answer to `pickup` decides."""
        return parcels.working_windows(self._clock.now(), order.tz) if label.carrier in _FETCH else ()

    async def pickup(self, key: str, order: OrderSnapshot, rma: str, label: Label, window: Window) -> Pickup:
        """Have the labelled parcel fetched, by the cheapest of the carrier's rates."""
        _, known = await self._ledger.look_up(key)
        if known is not None:
            return pickup_of(known)
        body = self._pickup_body(order, rma, label, window)
        made = await self._made("/pickups", "pickup", parcels.marker(key, body), body)
        rate = parcels.cheapest(_rates(made, "pickup_rates"), order)

        async def send() -> Pickup:
            if rate is None:
                raise StoreRefused(f"no carrier fetches the parcel then: {_messages(made)}")
            service = {"carrier": rate.carrier, "service": rate.service}
            return _confirmed(_scheduled(await self._write(f"/pickups/{_id(made)}/buy", service), rate))

        async def effect() -> Pickup | None:
            return _scheduled(await self._read(f"/pickups/{_id(made)}"), rate)

        return await self._once.run(
            key,
            "pickup",
            label.id,
            self._clock.now(),
            send=send,
            effect=effect,
            to_raw=pickup_raw,
            from_raw=pickup_of,
        )

    async def drop_off_points(self, address: Address, limit: int) -> tuple[DropOff, ...]:
        """None: EasyPost lists no drop-off points."""
        return ()

    # What is sent

    def _shipment_body(self, order: OrderSnapshot, rma: str) -> dict[str, Any]:
        """A return names the addresses as the outward shipment did: to the customer, from the shop; EasyPost turns them.

        https://docs.easypost.com/docs/shipments/returns; options: https://docs.easypost.com/docs/shipments/options"""
        length, width, height = (parcels.inches(cm) for cm in self._settings.parcel_cm)
        return {
            "is_return": True,
            "to_address": self._customer(order),
            "from_address": _address(parcels.return_address(self._settings, self._shop_name)),
            "parcel": {
                "length": length,
                "width": width,
                "height": height,
                "weight": parcels.ounces(self._settings.parcel_grams),
            },
            "options": {"print_custom_1": rma, "print_custom_2": order.number, "label_format": "PDF"},
        }

    def _pickup_body(self, order: OrderSnapshot, rma: str, label: Label, window: Window) -> dict[str, Any]:
        start, until = parcels.span_of(window)
        if not label.id:
            raise StoreRefused("the label has no number at EasyPost: a person must order the pickup")
        return {
            "address": self._customer(order),
            "shipment": {"id": label.id},
            "min_datetime": parcels.written(start),
            "max_datetime": parcels.written(until),
            "is_account_address": False,
            "instructions": f"{_INSTRUCTIONS} {rma}",
        }

    def _customer(self, order: OrderSnapshot) -> dict[str, Any]:
        address = _address(parcels.customer_address(order))
        return {**address, "phone": parcels.phone_of(order), "email": parcels.email_of(order)}

    async def _made(self, path: str, kind: str, reference: str, body: Object) -> Object:
        """The shipment or pickup under this reference, made now if there is none. It costs nothing until it is bought.

        A reference may stand in place of an id: https://docs.easypost.com/docs/shipments ("reference")."""
        reply = await self._outside.call("GET", f"{path}/{reference}")
        if reply.status == 404:
            made = await self._write(path, {kind: {**body, "reference": reference}})
        else:
            made = wire.read(NAME, reply)
        if not _id(made):
            raise StoreUnavailable(f"{NAME} gave the {kind} no number")
        return made

    async def _buy_label(self, shipment: Object, order: OrderSnapshot, at: datetime) -> Label:
        rate = parcels.cheapest(_rates(shipment, "rates"), order)
        if rate is None:
            raise StoreRefused(f"no carrier offers a return label: {_messages(shipment)}")
        # Repeating is safe: a shipment that is bought is not sold again (SHIPMENT.POSTAGE.EXISTS).
        sold = await self._write(f"/shipments/{_id(shipment)}/buy", {"rate": {"id": rate.id}}, may_repeat=True)
        label = _bought(sold, at)
        if label is None:
            raise StoreUnavailable("EasyPost sold a label without a link that a shopper may open")
        return await self._with_code(label)

    async def _whole(self, label: Label | None) -> Label | None:
        return await self._with_code(label) if label is not None and label.qr_url is None else label

    async def _with_code(self, label: Label) -> Label:
        """The same label with a code that a USPS counter turns into paper, where there is one; else as it was.

        https://docs.easypost.com/docs/shipments/forms (label_qr_code: USPS alone)"""
        if label.carrier != "usps":
            return label
        try:
            found = await self._write(f"/shipments/{label.id}/forms", {"form": {"type": "label_qr_code"}})
        except (StoreRefused, StoreUnavailable):
            return label
        return Label(
            label.url, label.tracking_number, label.carrier, label.cost, label.void_until, _code(found), label.id
        )

    async def _write(self, path: str, body: Object, may_repeat: bool = False) -> Object:
        reply = await self._outside.call("POST", path, body=body, is_read=may_repeat, priority="webhook")
        if reply.status == 422 and wire.text(wire.part(_body(reply.json()), "error"), "code") in _UNSURE:
            raise StoreUnavailable("EasyPost is not sure whether it was done")
        return wire.accepted(NAME, reply)

    async def _read(self, path: str) -> Object:
        return wire.read(NAME, await self._outside.call("GET", path))


def _body(found: object) -> Object:
    return found if isinstance(found, dict) else {}


def _id(found: Object) -> str:
    return wire.text(found, "id")


def _address(address: Address) -> dict[str, Any]:
    return {
        "name": address.name,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": address.region,
        "zip": address.zip,
        "country": address.country,
        "phone": address.phone or "",
    }


def _rates(found: Object, name: str) -> list[Rate]:
    """The rates that name a price; https://docs.easypost.com/docs/rates."""
    rates = []
    for each in wire.objects(found.get(name)):
        cost = parcels.money(each.get("rate"), each.get("currency"))
        carrier, service = wire.text(each, "carrier"), wire.text(each, "service")
        if cost is not None and carrier and service:
            rates.append(Rate(wire.text(each, "id"), carrier, service, cost))
    return rates


def _messages(found: Object) -> str:
    said = "; ".join(wire.text(each, "message") for each in wire.objects(found.get("messages")))
    return wire.clean(said) or "no reason given"


def _bought(shipment: Object, at: datetime) -> Label | None:
    """The label of a shipment; None while it is not bought, or when its link is none for a shopper."""
    paper, rate = wire.part(shipment, "postage_label"), wire.part(shipment, "selected_rate")
    url = wire.https(paper.get("label_url"))
    if url is None or not rate:
        return None
    carrier = parcels.carrier_name(rate.get("carrier"))
    return Label(
        url,
        wire.text(shipment, "tracking_code") or None,
        carrier,
        parcels.money(rate.get("rate"), rate.get("currency")),
        parcels.until(parcels.instant(paper.get("created_at")) or at, _VOID_DAYS.get(carrier or "")),
        _code(shipment),
        _id(shipment),
    )


def _code(shipment: Object) -> str | None:
    forms = [form for form in wire.objects(shipment.get("forms")) if form.get("form_type") == "label_qr_code"]
    return wire.https(forms[-1].get("form_url")) if forms else None


def _refund(shipment: Object) -> bool | None:
    status = shipment.get("refund_status")
    if status is not None and status not in _VOIDED:
        telemetry.unknown_words.labels("easypost").inc()
    return _VOIDED.get(str(status))


def _scheduled(found: Object, rate: Rate | None) -> Pickup | None:
    start, until = parcels.instant(found.get("min_datetime")), parcels.instant(found.get("max_datetime"))
    if found.get("status") != "scheduled" or start is None or until is None:
        return None
    return Pickup(wire.text(found, "confirmation") or None, start, until, rate.cost if rate else None)


def _confirmed(pickup: Pickup | None) -> Pickup:
    if pickup is None:
        raise StoreUnavailable("EasyPost did not say that the pickup is scheduled")
    return pickup
