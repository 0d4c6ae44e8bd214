"""Return labels, voids and pickups through Shippo. Amounts arrive as text; weights leave in grams, sizes in centimetres.

A purchase is two steps: a shipment that costs nothing gives rates, a transaction buys one. A transaction carries our mark
in its metadata, so that one whose answer was lost can be found; Shippo itself knows no idempotency. A lost pickup cannot
be found at all: it is left to a person. Shippo offers no list of drop-off points.
"""

import re
from collections.abc import Sequence
from datetime import datetime
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

API: Final = "https://api.goshippo.com"
NAME: Final = "Shippo"
VERSION: Final = "2018-02-08"
# Carriers for which Shippo makes real return labels and turns the addresses itself; for all others the addresses must be
# swapped by us on a plain shipment. https://docs.goshippo.com/docs/shipments/returns
_TURNED: Final = frozenset({"usps", "fedex", "ups"})
# https://docs.goshippo.com/docs/manifests_and_pickups/pickups
_FETCH: Final = frozenset({"usps", "dhl"})
# Unused USPS labels expire after 30 days, refunds of all others are asked for within 90.
# https://support.goshippo.com/hc/en-us/articles/201772785
_VOID_DAYS: Final = {"usps": 30}
_OTHER_VOID_DAYS: Final = 90
# Transaction and refund states: https://docs.goshippo.com/api-reference/transactions/list-all-shipping-labels and
# https://docs.goshippo.com/docs/billing_and_invoices/refundinglabels
_SOLD: Final = frozenset({"SUCCESS", "REFUNDED", "REFUNDPENDING", "REFUNDREJECTED"})
_WAITING: Final = frozenset({"QUEUED", "WAITING"})
_REFUNDED: Final = {"QUEUED": True, "PENDING": True, "SUCCESS": True, "ERROR": False}
_GIVEN_BACK: Final = frozenset({"REFUNDED", "REFUNDPENDING"})
_PICKUPS: Final = frozenset({"CONFIRMED", "PENDING"})
_PAGE: Final = 100
"""Shippo gives at most so many results at once: https://docs.goshippo.com/docs/api_concepts/filtering."""
_PAGES: Final = 3
_NOT_IN_ADDRESSES: Final = re.compile(r"[^\w\s.,'#-]+")
"""Pickups refuse special characters in addresses: https://docs.goshippo.com/docs/manifests_and_pickups/pickups."""


class Shippo:
    """Labels over Shippo's REST API. `looks_s` are the pauses between looks for a purchase whose answer was lost."""

    name: str = "shippo"
    capabilities: frozenset[Ability] = frozenset({"label", "postage", "void", "pickup", "qr"})

    def __init__(
        self,
        settings: LabelsSettings,
        shop_name: str,
        clock: Clock,
        ledger: Ledger,
        looks_s: Sequence[float] = LOOKS_S,
        read_s: float = 25.0,
    ) -> None:
        self._settings = settings
        self._shop_name = shop_name
        self._clock = clock
        self._ledger = ledger
        self._once = Once(ledger, looks_s)
        self._blind = Once(ledger, ())
        # https://docs.goshippo.com/docs/api_concepts/authentication
        headers = {"Authorization": f"ShippoToken {settings.api_key}", "SHIPPO-API-VERSION": VERSION}
        self._outside = Outside("shippo_labels", settings.api_url or API, headers=headers, read_s=read_s)

    async def close(self) -> None:
        """Let go of connections."""
        await self._outside.close()

    async def label(
        self, key: str, order: OrderSnapshot, rma: str, lines: Sequence[LineQuantity], at: datetime
    ) -> Label:
        """Buy the cheapest label from the order's address to the return address."""
        was_sent, known = await self._ledger.look_up(key)
        if known is not None:
            return label_of(known)
        mark = parcels.marker(key, {"order": order.id, "rma": rma})
        rate = None if was_sent else await self._rate(order, rma, mark)
        purchase = _Purchase(self._outside, mark, rate, at)
        try:
            return await self._once.run(
                key,
                "label",
                order.id,
                at,
                send=purchase.send,
                effect=purchase.effect,
                to_raw=label_raw,
                from_raw=label_of,
            )
        except StoreRefused:
            # Also when the carrier said no only after it had been asked: nothing was sold, so the key is free again.
            await self._ledger.forget(key)
            raise

    async def void(self, key: str, label: Label) -> bool:
        """Ask for the postage back; False when the carrier rejects it."""
        if not label.id:
            raise StoreRefused("the label has no number at Shippo: a person must void it")

        async def send() -> bool:
            refund = await self._write("/refunds/", {"transaction": label.id, "async": False})
            answer = _REFUNDED.get(wire.text(refund, "status"))
            if answer is None:
                telemetry.unknown_words.labels("shippo").inc()
                raise StoreUnavailable("Shippo does not say whether it takes the label back")
            return answer

        async def effect() -> bool | None:
            return wire.text(await self._read(f"/transactions/{label.id}"), "status") in _GIVEN_BACK or None

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
        """Working days in the zone of the order's destination, for USPS and DHL; Shippo lists no windows."""
        return parcels.working_windows(self._clock.now(), order.tz) if label.carrier in _FETCH else ()

    async def pickup(self, key: str, order: OrderSnapshot, rma: str, label: Label, window: Window) -> Pickup:
        """Have the labelled parcel fetched. Shippo does not say what it costs."""
        _, known = await self._ledger.look_up(key)
        if known is not None:
            return pickup_of(known)
        body = await self._pickup_body(key, order, rma, label, window)

        async def send() -> Pickup:
            return _fetched(await self._write("/pickups/", body))

        async def effect() -> Pickup | None:
            return None  # Shippo has no way to read pickups

        return await self._blind.run(
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
        """None: Shippo lists no drop-off points."""
        return ()

    # What is sent

    async def _rate(self, order: OrderSnapshot, rma: str, mark: str) -> Rate:
        """The cheapest way back: a return label where the carrier has them, else a plain label the other way round."""
        shop = _address(parcels.return_address(self._settings, self._shop_name))
        customer = self._customer(order)
        turned = await self._shipment(shop, customer, rma, order, mark, is_return=True)
        rate = parcels.cheapest((each for each in _rates(turned) if _is_turned(each)), order)
        if rate is not None:
            return rate
        plain = await self._shipment(customer, shop, rma, order, mark, is_return=False)
        rate = parcels.cheapest(_rates(plain), order)
        if rate is None:
            raise StoreRefused(
                f"no carrier offers a return label: {_messages(plain) or _messages(turned) or 'no reason'}"
            )
        return rate

    async def _shipment(
        self, start: Object, end: Object, rma: str, order: OrderSnapshot, mark: str, *, is_return: bool
    ) -> Object:
        """A shipment with its rates. `extra`: https://docs.goshippo.com/docs/shipments/qrcode (a code where it exists)."""
        length, width, height = (str(cm) for cm in self._settings.parcel_cm)
        extra: dict[str, Any] = {"reference_1": rma, "reference_2": order.number, "qr_code_requested": True}
        body = {
            "address_from": start,
            "address_to": end,
            "parcels": [
                {
                    "length": length,
                    "width": width,
                    "height": height,
                    "distance_unit": "cm",
                    "weight": str(self._settings.parcel_grams),
                    "mass_unit": "g",
                }
            ],
            "extra": {**extra, "is_return": True} if is_return else extra,
            "metadata": mark,
            "async": False,
        }
        return await self._write("/shipments/", body)

    async def _pickup_body(self, key: str, order: OrderSnapshot, rma: str, label: Label, window: Window) -> Object:
        start, until = parcels.span_of(window)
        if not label.id:
            raise StoreRefused("the label has no number at Shippo: a person must order the pickup")
        plain = {name: _NOT_IN_ADDRESSES.sub(" ", text) for name, text in self._customer(order).items()}
        return {
            "carrier_account": await self._account(label),
            "location": {
                "building_location_type": "Front Door",
                "address": {**plain, "email": parcels.email_of(order), "phone": parcels.phone_of(order)},
            },
            "transactions": [label.id],
            "requested_start_time": parcels.written(start),
            "requested_end_time": parcels.written(until),
            "metadata": parcels.marker(key, {"rma": rma}),
        }

    async def _account(self, label: Label) -> str:
        """The carrier's account with which the label was bought; only some carriers fetch."""
        if label.carrier not in _FETCH:
            raise StoreRefused("Shippo orders pickups from USPS and DHL Express alone")
        rate = (await self._read(f"/transactions/{label.id}")).get("rate")
        if isinstance(rate, str):
            rate = await self._read(f"/rates/{rate}")
        account = wire.text(rate, "carrier_account") if isinstance(rate, dict) else ""
        if not account:
            raise StoreUnavailable("Shippo does not say with which account the label was bought")
        return account

    def _customer(self, order: OrderSnapshot) -> dict[str, str]:
        address = _address(parcels.customer_address(order))
        return {**address, "phone": parcels.phone_of(order), "email": parcels.email_of(order)}

    async def _write(self, path: str, body: Object) -> Object:
        return wire.accepted(NAME, await self._outside.call("POST", path, body=body))

    async def _read(self, path: str) -> Object:
        return wire.read(NAME, await self._outside.call("GET", path))


class _Purchase:
    """One transaction: made at most once, then looked for by its number, its rate, or our mark."""

    def __init__(self, outside: Outside, mark: str, rate: Rate | None, at: datetime) -> None:
        self._outside = outside
        self._mark = mark
        self._rate = rate
        self._at = at
        self._made: str | None = None

    async def send(self) -> Label:
        """Buy. Raises StoreRefused when the carrier said no, StoreUnavailable while it has not answered."""
        if self._rate is None:
            raise StoreUnavailable("it was sent before")
        body = {"rate": self._rate.id, "metadata": self._mark, "label_file_type": "PDF_4x6", "async": False}
        sold = wire.accepted(NAME, await self._outside.call("POST", "/transactions/", body=body))
        self._made = wire.text(sold, "object_id") or None
        label = await self._read(sold)
        if label is None:
            raise StoreUnavailable("Shippo has not finished the label")
        return label

    async def effect(self) -> Label | None:
        """The label that is there for our mark."""
        if self._made is not None:
            path = f"/transactions/{self._made}"
            return await self._read(wire.read(NAME, await self._outside.call("GET", path)))
        for page in range(1, _PAGES + 1):
            listed = await self._listed(page)
            marked = [each for each in listed if each.get("metadata") == self._mark and each.get("status") in _SOLD]
            if marked:
                return await self._read(marked[0])
            if len(listed) < _PAGE:
                break
        return None

    async def _listed(self, page: int) -> list[Object]:
        params = {"results": _PAGE, "page": page}
        reply = await self._outside.call("GET", "/transactions/", params=params)
        return wire.objects(wire.read(NAME, reply).get("results"))

    async def _read(self, found: Object) -> Label | None:
        """The label of a transaction; None while it waits or when its link is none for a shopper. Raises StoreRefused."""
        status = wire.text(found, "status")
        if status == "ERROR":
            raise StoreRefused(f"Shippo says no: {_messages(found) or 'no reason given'}")
        if status not in _SOLD:
            if status not in _WAITING:
                telemetry.unknown_words.labels("shippo").inc()
            return None
        url = wire.https(found.get("label_url"))
        return None if url is None else self._label(found, url, await self._rate_of(found))

    async def _rate_of(self, found: Object) -> Rate | None:
        rate = found.get("rate")
        if self._rate is not None:
            return self._rate
        if isinstance(rate, str) and rate:
            rate = wire.read(NAME, await self._outside.call("GET", f"/rates/{rate}"))
        return next(iter(_rates({"rates": [rate]})), None)

    def _label(self, found: Object, url: str, rate: Rate | None) -> Label:
        carrier = parcels.carrier_name(rate.carrier) if rate else None
        bought_at = parcels.instant(found.get("object_created")) or self._at
        return Label(
            url,
            wire.text(found, "tracking_number") or None,
            carrier,
            rate.cost if rate else None,
            parcels.until(bought_at, _VOID_DAYS.get(carrier or "", _OTHER_VOID_DAYS)),
            wire.https(found.get("qr_code_url")),
            wire.text(found, "object_id"),
        )


def _address(address: Address) -> dict[str, str]:
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


def _is_turned(rate: Rate) -> bool:
    return parcels.carrier_name(rate.carrier) in _TURNED


def _rates(shipment: Object) -> list[Rate]:
    """The rates that name a price: https://docs.goshippo.com/docs/shipments/rates."""
    rates = []
    for each in wire.objects(shipment.get("rates")):
        cost = parcels.money(each.get("amount"), each.get("currency"))
        rate_id, carrier = wire.text(each, "object_id"), wire.text(each, "provider")
        service = wire.text(wire.part(each, "servicelevel"), "token")
        if cost is not None and rate_id and carrier:
            rates.append(Rate(rate_id, carrier, service, cost, wire.text(each, "carrier_account")))
    return rates


def _messages(found: Object) -> str:
    return wire.clean("; ".join(wire.text(each, "text") for each in wire.objects(found.get("messages"))))


def _fetched(found: Object) -> Pickup:
    """The pickup that was ordered. USPS may confirm it later, by e-mail to the shop."""
    status = wire.text(found, "status")
    if status == "ERROR":
        raise StoreRefused(f"Shippo says no: {_messages(found) or 'no reason given'}")
    if status not in _PICKUPS:
        telemetry.unknown_words.labels("shippo").inc()
        raise StoreUnavailable("Shippo does not say whether the pickup is ordered")
    start = parcels.instant(found.get("confirmed_start_time")) or parcels.instant(found.get("requested_start_time"))
    until = parcels.instant(found.get("confirmed_end_time")) or parcels.instant(found.get("requested_end_time"))
    if start is None or until is None:
        raise StoreUnavailable("Shippo does not say when the parcel is fetched")
    return Pickup(wire.text(found, "confirmation_code") or None, start, until)
