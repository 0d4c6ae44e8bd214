"""Orders in the spelling of the published order model become documents of the import format.

The model names some things otherwise (`display_name`, `qty`, `unit_net`) and states what we derive: a parcel's status where
its scans are not listed, the places of a scan as one text. A status without a time is passed on as unknown, because no time
is ever made up for it. Documents in our own spelling pass as they are. Nothing is checked here: `documents` does that.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from server.commerce.states import FulfilmentPhase, ShipmentStatus
from server.commerce.zones import zone, zone_of

Raw: TypeAlias = Mapping[str, Any]
Json: TypeAlias = dict[str, Any]
Rename: TypeAlias = Mapping[str, str]

_ORDER: Final = {"display_name": "number"}
_LINE: Final = {"variant_ref": "variant", "is_gift_card": "gift_card", "unit_net": "unit_price"}
_WORK: Final = {"hold_reasons": "holds"}
_RETURN: Final = {"refund_ref": "refund"}
_REFUND: Final = {"platform_ref": "reference"}
_EVENT: Final = {"occurred_at": "at", "raw_text": "text", "provider_event_id": "id"}
_OURS_ALONE: Final = frozenset({"as_of", "source", "tenant", "platform", "platform_id", "customer_ref", "contact"})
_STATED: Final = frozenset(
    {"address_problem", "action_required", "duty_due", "signature_required", "misrouted", "weather"}
)
_WORK_WORDS: Final = {"unfulfilled": "open", "processing": "in_progress", "shipped": "closed"}
_NOT_SCANNED: Final = frozenset({"", ShipmentStatus.LABEL_CREATED})


def is_model(raw: Raw) -> bool:
    """Whether a document is in the order model's spelling."""
    return "display_name" in raw or any("qty" in line for line in parts(raw.get("lines")))


def ours(raw: Raw) -> Json:
    """The document in the spelling of the import format."""
    if not is_model(raw):
        return dict(raw)
    order = _renamed(raw, _ORDER)
    presentment, own = raw.get("presentment_currency"), raw.get("currency")
    if presentment:
        order.pop("presentment_currency", None)
        order.update(currency=presentment, **({"shop_currency": own} if own and own != presentment else {}))
    order["customer"] = raw.get("customer") or _customer(raw)
    order["totals"] = _amounts(raw.get("totals"))
    payment = raw.get("payment")
    order["payment"] = {"status": payment} if payment is None or isinstance(payment, str) else payment
    order["lines"] = _each(raw.get("lines"), _line)
    order["fulfilment_orders"] = _each(raw.get("fulfilment_orders"), _work)
    order["shipments"] = _each(raw.get("shipments"), lambda each: _shipment(each, raw))
    order["returns"] = _each(raw.get("returns"), _return)
    order["refunds"] = _each(raw.get("refunds"), _refund)
    order["holds"] = _holds(raw.get("holds"))
    order["fulfilment"] = raw.get("fulfilment") or _phase(order)
    return {name: value for name, value in order.items() if name not in _OURS_ALONE}


def parts(value: object) -> list[Raw]:
    """The objects of a list; none when it is something else."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _object(value: object) -> Raw:
    return value if isinstance(value, Mapping) else {}


def _each(value: object, translate: Callable[[Raw], Json]) -> object:
    """Every object of a list translated; what is no list or no object is left for the check to name."""
    if not isinstance(value, list):
        return value if value is not None else []
    return [translate(each) if isinstance(each, Mapping) else each for each in value]


def _renamed(raw: Raw, names: Rename) -> Json:
    return {names.get(name, name): value for name, value in raw.items()}


def _minor(value: object) -> object:
    """An amount: minor units, or an object with what the shopper paid (`presentment`) or `amount_minor`."""
    if isinstance(value, Mapping):
        inner = value.get("presentment", value.get("amount_minor", value.get("amount")))
        return _minor(inner) if inner is not None else value
    return value


def _amounts(totals: object) -> object:
    return {name: _minor(value) for name, value in totals.items()} if isinstance(totals, Mapping) else totals


def _sum(allocated: object) -> object:
    """One amount of several allocations; None where they cannot be added."""
    found = [_minor(each) for each in allocated] if isinstance(allocated, list) else [_minor(allocated)]
    whole = [each for each in found if isinstance(each, int) and not isinstance(each, bool)]
    return sum(whole) if whole and len(whole) == len(found) else None


def _holds(value: object) -> object:
    """Holds with their reasons; the model may list the reasons alone."""
    if not isinstance(value, list):
        return value
    return [{"reason": each} if isinstance(each, str) else each for each in value]


def _customer(raw: Raw) -> Json:
    contact, address = _object(raw.get("contact")), _object(raw.get("ship_to"))
    email, phone = contact.get("email"), contact.get("phone")
    return {
        "id": str(raw.get("customer_ref") or email or f"order:{raw.get('id')}"),
        "name": address.get("name") or "",
        "emails": [email] if email else [],
        "phones": [phone] if phone else [],
        "zip": address.get("zip") or raw.get("bill_zip"),
    }


def _line(raw: Raw) -> Json:
    line = _renamed(raw, _LINE)
    counts = line.pop("qty", None)
    if isinstance(counts, Mapping):
        line["quantity"] = counts.get("ordered")
        line.update({name: counts[name] for name in ("current", "fulfilled", "refunded") if name in counts})
    discounts, taxes = line.pop("discount_alloc", None), line.pop("tax_alloc", None)
    line.update({"discount": _sum(discounts)} if discounts else {})
    line.update({"tax": _sum(taxes)} if taxes else {})
    line.update({name: _minor(line[name]) for name in ("unit_price", "duty") if name in line})
    return line


def _reference(raw: Raw) -> Json:
    return _renamed(raw, {"qty": "quantity", "reason_code": "reason"})


def _work(raw: Raw) -> Json:
    status = str(raw.get("status") or "").lower()
    return {
        **_renamed(raw, _WORK),
        "status": _WORK_WORDS.get(status, status),
        "lines": _each(raw.get("lines"), _reference),
    }


def _return(raw: Raw) -> Json:
    return {**_renamed(raw, _RETURN), "lines": _each(raw.get("lines"), _reference)}


def _refund(raw: Raw) -> Json:
    found = {
        **_renamed(raw, _REFUND),
        "amount": _minor(raw.get("amount")),
        "lines": _each(raw.get("lines"), _reference),
    }
    return {**found, "shipping": _minor(raw["shipping"])} if "shipping" in raw else found


def _shipment(raw: Raw, order: Raw) -> Json:
    legs = raw.get("leg_numbers")
    numbers = list(legs.values()) if isinstance(legs, Mapping) else legs
    kept = {name: value for name, value in raw.items() if name not in {"leg_numbers", "status", "flags"}}
    gone = {"last_scan_at", "last_scan_place"}
    return {
        **{name: value for name, value in kept.items() if name not in gone},
        **({"legs": [each for each in numbers if each]} if isinstance(numbers, list) else {}),
        **({"pod": _proof(raw["pod"])} if isinstance(raw.get("pod"), Mapping) else {}),
        "lines": _each(raw.get("lines"), _reference),
        "events": _events(raw, order),
    }


def _proof(raw: Raw) -> Json:
    geo = raw.get("geo")
    return {**raw, "geo": ",".join(map(str, geo.values())) if isinstance(geo, Mapping) else geo}


def _events(raw: Raw, order: Raw) -> object:
    """The scans; where none is listed, the stated status as one scan, if it is known when that was."""
    listed = raw.get("events")
    status = str(raw.get("status") or "").lower()
    if listed or status in _NOT_SCANNED:
        events = _each(listed, lambda each: _event(each, order))
    elif raw.get("last_scan_at"):
        events = [{"at": raw["last_scan_at"], "code": status, **_place(raw.get("last_scan_place"))}]
    else:
        told_at = raw.get("feed_as_of") or order.get("updated_at") or order.get("placed_at")
        events = [{"at": told_at, "code": ShipmentStatus.UNKNOWN.value, "raw_code": status}]
    told = raw.get("flags")
    flags = [each for each in told if isinstance(each, str) and each in _STATED] if isinstance(told, list) else []
    if flags and isinstance(events, list) and events and isinstance(events[-1], Mapping):
        events[-1] = {**events[-1], "flags": flags}
    return events


def _event(raw: Raw, order: Raw) -> Json:
    event = _renamed(raw, _EVENT)
    place = event.pop("place", None)
    event.update(_place(place))
    event.pop("shipment_id", None)
    if event.pop("tz_known", True) is False:
        event.update(at=_with_offset(event.get("at"), event, order), local=True)
    return event


def _with_offset(at: object, event: Raw, order: Raw) -> object:
    """The local time of a scan whose zone is not told, in the zone of its place, else of the destination."""
    there = _zone(_object(order.get("ship_to")), "UTC")
    try:
        moment = datetime.fromisoformat(str(at))
    except ValueError:
        return at
    return moment.replace(tzinfo=zone(_zone(event, there))).isoformat()


def _zone(address: Raw, fallback: str) -> str:
    country, region = address.get("country"), address.get("region")
    return zone_of(country if isinstance(country, str) else None, region if isinstance(region, str) else None, fallback)


def _place(place: object) -> Json:
    """The parts of a place; of one text, "city, region, country" where it has that form."""
    if isinstance(place, Mapping):
        return {name: place[name] for name in ("city", "region", "country", "facility") if place.get(name)}
    texts = [text.strip() for text in place.split(",")] if isinstance(place, str) else []
    if len(texts) == 3 and all(texts):
        return dict(zip(("city", "region", "country"), texts, strict=True))
    return {"facility": place} if isinstance(place, str) and place.strip() else {}


def _phase(order: Raw) -> str:
    """How far the warehouse is, from the lines and its work; unknown where they do not tell."""
    if order.get("cancelled_at"):
        return FulfilmentPhase.CANCELLED
    lines = [each for each in parts(order.get("lines")) if each.get("requires_shipping") is not False]
    if not lines:
        return FulfilmentPhase.NOT_REQUIRED if order.get("lines") else FulfilmentPhase.UNKNOWN
    wanted = [each.get("current", each.get("quantity")) for each in lines]
    gone = [each.get("fulfilled") for each in lines]
    if not all(isinstance(each, int) for each in (*wanted, *gone)):
        return FulfilmentPhase.UNKNOWN
    if all(left >= count for count, left in zip(wanted, gone, strict=True)):
        return FulfilmentPhase.SHIPPED
    return FulfilmentPhase.PARTIALLY_SHIPPED if any(gone) else _phase_of_work(order)


def _phase_of_work(order: Raw) -> str:
    """The phase of an order of which nothing has left."""
    words = {str(each.get("status")) for each in parts(order.get("fulfilment_orders"))}
    if order.get("holds") or "on_hold" in words:
        return FulfilmentPhase.ON_HOLD
    if words - {"open", "in_progress", "picked", "packed", "scheduled", "cancelled", "closed"}:
        return FulfilmentPhase.UNKNOWN
    begun = words & {"in_progress", "picked", "packed"}
    scheduled = FulfilmentPhase.SCHEDULED if "scheduled" in words else FulfilmentPhase.UNFULFILLED
    return FulfilmentPhase.PROCESSING if begun else scheduled
