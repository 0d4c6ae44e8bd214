"""Shopify's fulfilments become parcels: one for each tracking number, those of one fulfilment sharing a group.

Scans come from fulfilment events. Where the fulfilment's display status says more than its latest event, one event is
made of it, with the time that Shopify gives for it. Only what ends a parcel may have the time of the order's last change
instead: a parcel that never left must not be waited for. Pure.
"""

from collections.abc import Container, Iterator, Sequence
from typing import Any, Final

from server.commerce.connectors.shopify import words
from server.commerce.connectors.shopify.values import Json, count, day_or_time, link, nodes, part, tail, text, time

Raw = dict[str, Any]

_SOURCE: Final = "shopify"
_LABELS: Final = frozenset({"label_created"})
_ENDS: Final = frozenset({"cancelled", "exception"})
_TIMES: Final = {"delivered": "deliveredAt", "in_transit": "inTransitAt"}


def parcel_documents(order: Json, known: Container[str]) -> list[Raw]:
    """The parcels of an order; `known` are the ids of its lines."""
    service = text(part(order, "shippingLine").get("title"))
    changed = time(order.get("updatedAt"))
    return [parcel for each in nodes(order.get("fulfillments")) for parcel in _parcels(each, service, known, changed)]


def _parcels(fulfillment: Json, service: str | None, known: Container[str], changed: str | None) -> Iterator[Raw]:
    group = tail(fulfillment.get("id"))
    tracking = nodes(fulfillment.get("trackingInfo")) or [{}]
    events = _events(fulfillment, changed)
    for index, each in enumerate(tracking):
        yield {
            "id": group if index == 0 else f"{group}-{index + 1}",
            "group_id": group,
            "carrier": words.carrier(text(each.get("company"))),
            "tracking_number": text(each.get("number")),
            "tracking_url": link(each.get("url")),
            "service": service,
            # Shopify does not tell which piece is in which parcel; counted twice they would seem shipped twice.
            "lines": _lines(fulfillment, known) if index == 0 else [],
            "shipped_at": time(fulfillment.get("createdAt")),
            "eta": _eta(fulfillment),
            "events": events,
        }


def _lines(fulfillment: Json, known: Container[str]) -> list[Raw]:
    found = [
        {"line": tail(part(each, "lineItem").get("id")), "quantity": count(each.get("quantity"))}
        for each in nodes(fulfillment.get("fulfillmentLineItems"))
    ]
    return [each for each in found if each["line"] in known]


def _eta(fulfillment: Json) -> Raw | None:
    latest = sorted(nodes(fulfillment.get("events")), key=lambda each: time(each.get("happenedAt")) or "")
    told = [fulfillment.get("estimatedDeliveryAt"), *(each.get("estimatedDeliveryAt") for each in reversed(latest))]
    moment = next(filter(None, map(day_or_time, told)), None)
    return {"min": moment, "max": moment, "source": _SOURCE} if moment else None


def _events(fulfillment: Json, changed: str | None) -> list[Raw]:
    scans = [_event(each) for each in nodes(fulfillment.get("events")) if time(each.get("happenedAt"))]
    scans.sort(key=lambda each: str(each["at"]))
    return [*scans, *_ending(fulfillment, scans, changed)]


def _event(raw: Json) -> Raw:
    word = raw.get("status")
    flag = words.SHIPMENT_FLAGS.get(str(word))
    return {
        "id": tail(raw.get("id")),
        "at": time(raw.get("happenedAt")),
        "code": words.known(words.SHIPMENT, word),
        "raw_code": str(word),
        "text": text(raw.get("message")),
        "city": text(raw.get("city")),
        "region": text(raw.get("province")),
        "country": text(raw.get("country")),
        "source": _SOURCE,
        "flags": [flag] if flag else [],
    }


def _ending(fulfillment: Json, scans: Sequence[Raw], changed: str | None) -> Iterator[Raw]:
    """What the fulfilment itself says and its latest event does not."""
    status, shown = str(fulfillment.get("status")), fulfillment.get("displayStatus")
    if status in words.FULFILLMENT_ENDS:
        code, word, flag = words.FULFILLMENT_ENDS[status], status, None
    elif isinstance(shown, str):
        code, word, flag = words.known(words.SHIPMENT, shown), shown, words.SHIPMENT_FLAGS.get(shown)
    else:
        return
    at = time(fulfillment.get(_TIMES.get(code, ""))) or time(fulfillment.get("updatedAt"))
    at = at or (changed if code in _ENDS else None)
    last = scans[-1] if scans else None
    is_said = code in _LABELS if last is None else code == last["code"] or code in _LABELS
    if is_said or at is None or (last is not None and at < str(last["at"])):
        return
    yield {"at": at, "code": code, "raw_code": word, "source": _SOURCE, "flags": [flag] if flag else []}
