"""Merging what providers told into parcels, and parcels into orders: pure functions over documents.

A parcel's feed is what all messages about one tracking number told, whatever their order and however often they came:
events are a set, of two statements about the same thing the later told one holds, estimates keep their history. `overlaid`
gives the order as it stands with its feeds: the platform's own scans stay, the carrier's come on top.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import msgspec

from server.commerce.carriers.update import TrackingUpdate
from server.commerce.documents import INFORMATIONAL_CODES, parse_time
from server.commerce.formats import EventDocument
from server.commerce.states import ShipmentStatus
from server.commerce.tracking import bare_number
from server.commerce.zones import country_code, zone, zone_of

Feed = Mapping[str, Any]
"""A stored feed: `carrier`, `events` by key, `said` (field -> [told_at, value]), `etas` ([told_at, eta] in order), `legs`."""

_SAID: Final = ("service", "tracking_url", "direction", "pod", "attempts", "pickup", "duty")
_EVENT_KEYS: Final = frozenset(EventDocument.__struct_fields__) - {"unknown_fields"}
_BEFORE_SHIPPING: Final = timedelta(days=3)
"""Carriers use numbers again: scans from before the parcel was handed over belong to an earlier one."""

_LONG_AGO: Final = "1970-01-01T00:00:00+00:00"
_OVER: Final = frozenset({"delivered", "returned", "lost", "cancelled"})
_ON_ITS_WAY: Final = frozenset({"requested", "approved", "label_issued"})


def event_key(number: str, event: Mapping[str, Any]) -> str:
    """The same for the same scan, whoever tells it and how often: tracking number, time, code and city."""
    parts = (number, event.get("at"), event.get("raw_code") or event.get("code"), event.get("city") or "")
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


def with_update(
    feed: Feed | None, update: TrackingUpdate, *, received_at: datetime, ingested_at: datetime
) -> dict[str, Any]:
    """The feed with one more message worked in. Repeating a message, or another order of messages, changes nothing."""
    known: Feed = feed or {}
    number = bare_number(update.tracking_number)
    told_at = (update.told_at or received_at).astimezone(UTC).isoformat()
    events = dict(known.get("events", {}))
    for event in update.events:
        made = _stamped(event, update.provider, received_at, ingested_at)
        key = event_key(number, made)
        events[key] = _earlier(events.get(key), made)
    said = dict(known.get("said", {}))
    for name in _SAID:
        value = getattr(update, name)
        if value is not None:
            said[name] = max([*([said[name]] if name in said else []), [told_at, _plain(value)]], key=_weight)
    etas = {_weight(each): each for each in known.get("etas", [])}
    if update.eta is not None:
        statement = [told_at, _plain(update.eta)]
        etas[_weight(statement)] = statement
    carriers = sorted(filter(None, {known.get("carrier"), update.carrier}))
    return {
        "carrier": carriers[0] if carriers else None,
        "events": events,
        "said": said,
        "etas": [etas[key] for key in sorted(etas)],
        "legs": sorted({*known.get("legs", []), *map(bare_number, update.legs)}),
    }


def is_same(one: Feed | None, other: Feed) -> bool:
    """True when nothing new was told: our own clock does not count."""
    return one is not None and _without_clock(one) == _without_clock(other)


def _without_clock(feed: Feed) -> dict[str, Any]:
    events = {
        key: {name: value for name, value in event.items() if name != "ingested_at"}
        for key, event in feed.get("events", {}).items()
    }
    return {**feed, "events": events}


def _stamped(event: Mapping[str, object], source: str, received_at: datetime, ingested_at: datetime) -> dict[str, Any]:
    kept = {name: value for name, value in event.items() if name in _EVENT_KEYS and value not in (None, [], "")}
    kept.setdefault("received_at", received_at.astimezone(UTC).isoformat())
    return {**kept, "source": source, "ingested_at": ingested_at.astimezone(UTC).isoformat()}


def _earlier(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """Of two messages about one scan the one that was received first: any rule will do that ignores their order."""
    return other if one is None else min(one, other, key=lambda each: (each["received_at"], _json(each)))


def _weight(statement: Sequence[Any]) -> tuple[str, str]:
    return statement[0], _json(statement[1])


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _plain(value: object) -> Any:
    return msgspec.to_builtins(value)


# Onto an order


def tracking_numbers(document: Mapping[str, Any]) -> dict[str, str]:
    """The tracking numbers that an order names, of parcels and of return labels, each with its carrier or an empty text."""
    found: dict[str, str] = {}
    for shipment in document.get("shipments") or []:
        for number in (shipment.get("tracking_number"), *(shipment.get("legs") or ())):
            if number and bare_number(str(number)):
                found.setdefault(bare_number(str(number)), str(shipment.get("carrier") or "").strip().lower())
    for each in document.get("returns") or []:
        label = each.get("label")
        if isinstance(label, Mapping) and label.get("tracking"):
            found.setdefault(bare_number(str(label["tracking"])), str(label.get("carrier") or "").strip().lower())
    return found


def overlaid(
    document: Mapping[str, Any], feeds: Mapping[str, Feed], read_at: Mapping[str, datetime | None], shop_tz: str
) -> dict[str, Any]:
    """The order document with what is told about its parcels. `read_at` = when a provider last told about each number."""
    if not feeds:
        return dict(document)
    address = document.get("ship_to") or {}
    country, region = address.get("country"), address.get("region")
    tz = zone_of(country, region, shop_tz)
    is_zone_known = country_code(country) is not None
    result = dict(document)
    result["shipments"] = [
        _with_feeds(shipment, document, feeds, read_at, tz if is_zone_known else None)
        for shipment in document.get("shipments") or []
    ]
    if document.get("returns"):
        result["returns"] = [_with_reverse_parcel(each, feeds, tz) for each in document["returns"]]
    return result


def _with_feeds(
    shipment: Mapping[str, Any],
    order: Mapping[str, Any],
    feeds: Mapping[str, Feed],
    read_at: Mapping[str, datetime | None],
    tz: str | None,
) -> dict[str, Any]:
    numbers = [
        bare_number(str(each)) for each in (shipment.get("tracking_number"), *(shipment.get("legs") or ())) if each
    ]
    mine = [number for number in numbers if feeds.get(number)]
    if not mine:
        return dict(shipment)
    result = dict(shipment)
    since = _instant(shipment.get("shipped_at") or order.get("placed_at"), tz)
    scans = [event for number in mine for event in _events(feeds[number], tz, since)]
    result["events"] = [*(shipment.get("events") or []), *scans]
    first = feeds[mine[0]]
    for name in _SAID:
        value = next((feeds[number]["said"][name][1] for number in mine if name in feeds[number].get("said", {})), None)
        if name == "direction" and shipment.get("lines"):
            continue  # what the shop packed for the shopper is no return, whatever a carrier calls its way back
        if value is not None:
            result[name] = value
    result["carrier"] = shipment.get("carrier") or first.get("carrier")
    if eta := _eta(first.get("etas", [])):
        result["eta"] = eta
    reads = [at.isoformat() for number in mine if (at := read_at.get(number))]
    if reads:
        result["feed_as_of"] = max(
            [*reads, *([shipment["feed_as_of"]] if shipment.get("feed_as_of") else [])], key=_utc
        )
    return result


def _events(feed: Feed, tz: str | None, since: datetime | None) -> Iterable[dict[str, Any]]:
    for event in feed.get("events", {}).values():
        placed = _placed(event, tz)
        if since is None or _is_after(placed["at"], since - _BEFORE_SHIPPING):
            yield placed


def _placed(event: Mapping[str, Any], tz: str | None) -> dict[str, Any]:
    """Local wall time in the zone of the scan's place, else of the destination; where neither is known only its day."""
    plain = {name: value for name, value in event.items() if name != "local"}
    if not event.get("local"):
        return plain
    text = str(event["at"])
    country = event.get("country")
    where = zone_of(country, event.get("region"), tz or "UTC") if country_code(country) else tz
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return plain
    if where is None:
        return {**plain, "at": moment.date().isoformat()}
    return {**plain, "at": moment.replace(tzinfo=moment.tzinfo or zone(where)).isoformat()}


def _is_after(text: object, since: datetime) -> bool:
    moment = _instant(text, None)
    return moment is None or moment >= since


def _instant(text: object, tz: str | None) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = parse_time(text)
    except ValueError:
        return None
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime(moment.year, moment.month, moment.day, 23, 59, tzinfo=zone(tz or "UTC")).astimezone(UTC)


def _utc(text: str) -> datetime:
    return _instant(text, None) or datetime.fromisoformat(_LONG_AGO)


def _eta(statements: Sequence[Sequence[Any]]) -> dict[str, Any] | None:
    """The latest statement, with how the latest day moved from statement to statement."""
    if not statements:
        return None
    revisions = []
    for (_, before), (at, after) in pairwise(statements):
        was, becomes = (each.get("max") or each.get("min") for each in (before, after))
        if was != becomes:
            revisions.append({"at": at, "from": was, "to": becomes})
    current = {name: value for name, value in statements[-1][1].items() if name in ("min", "max", "source")}
    return {**current, "revisions": revisions} if revisions else current


def _with_reverse_parcel(document: Mapping[str, Any], feeds: Mapping[str, Feed], tz: str) -> dict[str, Any]:
    """A return whose parcel moves is in transit; delivered to us, it is received. Later states stay."""
    label = document.get("label")
    number = bare_number(str(label.get("tracking") or "")) if isinstance(label, Mapping) else ""
    feed = feeds.get(number) if number else None
    if feed is None or document.get("status") not in (*_ON_ITS_WAY, "in_transit"):
        return dict(document)
    arrived = [each for each in _events(feed, tz, None) if each.get("code") in ("delivered", "returned")]
    moved = any(
        each.get("code") not in ("label_created", "unknown", *INFORMATIONAL_CODES) for each in _events(feed, tz, None)
    )
    if arrived:
        first = min((each["at"] for each in arrived), key=_utc)
        return {**document, "status": "received", "received_at": document.get("received_at") or first}
    return {**document, "status": "in_transit"} if moved else dict(document)


def is_open(feed: Feed) -> bool:
    """False once the latest scan says that nothing more will happen."""
    latest = _latest(feed)
    return latest is None or latest.get("code") not in _OVER


def status_of(feed: Feed) -> ShipmentStatus:
    """A rough status, for deciding when to ask again; answers use `derive`."""
    latest = _latest(feed)
    try:
        return ShipmentStatus(str(latest["code"])) if latest else ShipmentStatus.LABEL_CREATED
    except ValueError:
        return ShipmentStatus.UNKNOWN


def latest_scan(feed: Feed) -> datetime | None:
    """When the latest scan happened."""
    latest = _latest(feed)
    return _utc(str(_placed(latest, None)["at"])) if latest else None


def _latest(feed: Feed) -> Mapping[str, Any] | None:
    events = [each for each in feed.get("events", {}).values() if each.get("code") not in INFORMATIONAL_CODES]
    return max(events, key=lambda each: _utc(str(_placed(each, None)["at"])), default=None)
