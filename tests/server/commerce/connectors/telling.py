"""Who would tell what of an order: the shop, its carrier, its warehouse, its payment provider.

A case of the decision table is one document that knows everything. No shop's platform does. Here a document is taken apart
as life does it: `Parts` has what the shop is given, the parcels that only a carrier describes, and the notices of the others.
Nothing here knows a connector or a wire.
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeAlias

from server.commerce.states import ShipmentStatus
from tests.server.commerce.orders import NOW
from tests.support.shopify_rendering import INEXPRESSIBLE

Raw: TypeAlias = dict[str, Any]

LATELY: Final = NOW - timedelta(minutes=30)
"""After the shop changed the order last."""

_BEFORE: Final = timedelta(hours=1)
_REASONS: Final = {"incorrect_address": "address", "bad_address": "address", "weather_delay": "weather"}
_CODES: Final = frozenset(ShipmentStatus)
_WORK: Final = {"in_progress": "work_started", "picked": "picked", "packed": "packed"}
_PARTS: Final = ("pod", "attempts", "pickup", "duty")
_SAYS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "easypost": {"pod": frozenset({"signed_by"}), "flags": frozenset({"late"})},
    "aftership": {
        "pod": frozenset({"signed_by"}),
        "pickup": frozenset({"place"}),
        "duty": frozenset({"documents_requested"}),
    },
    "shippo": {},
}
"""What a provider tells beside where a parcel is: fields of the order format, and the flags of events."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the shop knows of an order, and what others say beside it."""

    order: Raw
    parcels: Sequence[Raw] = ()
    warehouse: Sequence[Raw] = ()
    payments: Sequence[Raw] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider knows of a parcel at a moment: its scans, what it expects, and fields of the order format."""

    at: datetime
    events: Sequence[Raw]
    eta: Raw | None
    parts: Raw


def lifelike(document: Mapping[str, object], index: int) -> Raw:
    """The order under an id, a number and tracking numbers of its own; no parcel is scanned before it is handed over."""
    raw: Raw = copy.deepcopy(dict(document))
    raw.update(id=f"ord{index}", number=f"#{2000 + index}")
    for place, parcel in enumerate(raw.get("shipments") or []):
        parcel.update(id=f"s{index}-{place}", tracking_number=f"1Z{index:06d}{place:010d}")
        scans = [each["at"] for each in parcel["events"]]
        if parcel["shipped_at"] and scans:
            parcel["shipped_at"] = min([parcel["shipped_at"], *scans], key=datetime.fromisoformat)
    return raw


# Who tells what


def whole(raw: Raw) -> Parts:
    """Everything is told by the shop itself."""
    return Parts(raw)


def by_shopify(raw: Raw) -> Parts:
    """Shopify tells of its warehouses and of scans, not why they wait, since when and until when."""
    release = _release(raw)
    order = {**raw, "fulfilment": "scheduled", "fulfil_at": release} if release else raw
    parcels = [each for each in raw["shipments"] if not _is_told_by_shopify(each)]
    warehouse = [*_held(raw, known=True), *_short(raw)]
    return Parts(order, parcels, _numbered(raw, warehouse), _numbered(raw, _troubled(raw)))


def by_woocommerce(raw: Raw) -> Parts:
    """WooCommerce tells what was bought and paid, and that something left; its words for anything else are plug-ins'."""
    order = {**raw, "payment": _as_paid_there(raw)}
    if raw["fulfilment"] == "teleported" or raw["payment"].get("status") is None:
        order["fulfilment"] = "unknown"
    if _is_digital(raw):
        order["fulfilment"] = "not_required"
    warehouse = _numbered(raw, [*_promised(raw), *_by_warehouse(raw)])
    return Parts(order, raw["shipments"], warehouse, _numbered(raw, [*_disputed(raw), *_troubled(raw)]))


def by_file(raw: Raw) -> Parts:
    """A file tells what was bought and paid, what was promised, and which parcels left."""
    order = {**raw, "fulfilment": "not_required"} if _is_digital(raw) else raw
    warehouse = _numbered(raw, _by_warehouse(raw))
    return Parts(order, raw["shipments"], warehouse, _numbered(raw, [*_disputed(raw), *_troubled(raw)]))


def _by_warehouse(raw: Raw) -> Sequence[Raw]:
    return [*_due(raw), *_planned(raw), *_worked(raw), *_held(raw, known=False), *_short(raw)]


def _is_told_by_shopify(parcel: Raw) -> bool:
    moved = (parcel.get("eta") or {}).get("revisions")
    is_more = moved or any(parcel.get(name) for name in _PARTS)
    return not is_more and all(
        each["code"] not in INEXPRESSIBLE
        and not each.get("reason")
        and set(each.get("flags") or ()) <= {"late", "no_carrier_data"}
        for each in parcel["events"]
    )


def _release(raw: Raw) -> str | None:
    """The day from which something can be sent that was sold before it could."""
    days = [each["preorder"]["release_on"] for each in raw["lines"] if each.get("preorder")]
    return next((day for day in days if date.fromisoformat(day) > NOW.date()), None)


def _is_digital(raw: Raw) -> bool:
    return all(each.get("requires_shipping") is False for each in raw["lines"])


def _as_paid_there(raw: Raw) -> Raw:
    """WooCommerce calls what has expired failed, and waits for money while the payment is on hold."""
    status = raw["payment"].get("status")
    if any(each["reason"] == "payment" for each in raw.get("holds") or ()):
        status = "pending"
    return {**raw["payment"], "status": "failed" if status == "expired" else status}


# The warehouse and the payment provider


def _numbered(raw: Raw, notices: Iterable[Raw]) -> Sequence[Raw]:
    whole = [{"at": LATELY.isoformat(), **each} for each in notices]
    return [{"id": f"{raw['id']}-{index}", "order": raw["number"], **each} for index, each in enumerate(whole)]


def _held(raw: Raw, *, known: bool) -> Iterable[Raw]:
    """Why the warehouse waits, and since when. `known` = the shop tells why."""
    for each in raw.get("holds") or ():
        if each["reason"] != "payment":
            yield {"type": "on_hold", "reason": each["reason"], "at": each["since"]}
    for work in raw.get("fulfilment_orders") or ():
        stuck = (
            ["levitating"] if work["status"] == "levitating" else ["other"] if work["status"] == "incomplete" else []
        )
        for reason in work.get("holds") or ([] if known else stuck):
            yield {"type": "on_hold", "reason": reason, **({"at": work["at"]} if work.get("at") else {})}


def _short(raw: Raw) -> Iterable[Raw]:
    for line in raw["lines"]:
        if line.get("backorder"):
            expected = line["backorder"]["expected_on"]
            yield {"type": "short", "lines": [{"sku": line["sku"]}], "expected_on": expected}


def _due(raw: Raw) -> Iterable[Raw]:
    works = raw.get("fulfilment_orders") or ()
    for day in [each["fulfil_by"] for each in works if each.get("fulfil_by")] or [raw.get("fulfil_by")]:
        if day:
            yield {"type": "ship_by", "by": day}


def _promised(raw: Raw) -> Iterable[Raw]:
    promised = raw.get("promised") or {}
    if promised.get("max"):
        yield {"type": "deliver_by", "from": promised.get("min"), "by": promised["max"]}


def _planned(raw: Raw) -> Iterable[Raw]:
    works = raw.get("fulfilment_orders") or ()
    plans = [each.get("fulfil_at") for each in works if each["status"] == "scheduled"]
    for day in [_release(raw), raw.get("fulfil_at"), *plans]:
        if day:
            yield {"type": "planned", "for": day}


def _worked(raw: Raw) -> Iterable[Raw]:
    works = raw.get("fulfilment_orders") or ([{"status": "in_progress"}] if raw["fulfilment"] == "processing" else [])
    for work in works:
        if work["status"] in _WORK:
            yield {"type": _WORK[work["status"]]}
        if work.get("request_status") == "cancellation_rejected":
            yield {"type": "recall_refused"}


def _disputed(raw: Raw) -> Iterable[Raw]:
    yield from ({"type": "dispute_opened", "dispute": each["id"]} for each in raw.get("disputes") or ())


def _troubled(raw: Raw) -> Iterable[Raw]:
    for each in raw["payment"].get("problems") or ():
        yield {"type": each["kind"], "amount": each["amount"], "at": each["at"]}


# Carriers


def voice_of(provider: str, parcel: Raw) -> str:
    """The provider where it has the words for all that is known of this parcel, else the webhook of our own words."""
    says = _SAYS[provider]
    told = {name: set(parcel[name]) if isinstance(parcel[name], dict) else {"*"} for name in _PARTS if parcel.get(name)}
    told["flags"] = {flag for each in parcel["events"] for flag in each.get("flags") or ()}
    is_said = all(names <= says.get(name, frozenset()) for name, names in told.items())
    return provider if is_said else "generic"


def messages(parcel: Raw, now: datetime) -> Sequence[Message]:
    """What a provider says of a parcel: once for each time that it moved its expectation, else once now."""
    events = [_as_carriers_say(each, parcel) for each in _with_turn(parcel["events"])]
    parts = {name: parcel[name] for name in _PARTS if parcel.get(name)}
    eta = parcel.get("eta")
    moves = (eta or {}).get("revisions") or ()
    if not moves:
        return [Message(now, events, eta, parts)] if events or eta else []
    assert eta is not None
    before = {"min": moves[0]["from"], "max": moves[0]["from"]}
    at = [datetime.fromisoformat(each["at"]).astimezone(UTC) for each in moves]
    after = [{"min": each["to"], "max": each["to"]} for each in moves[:-1]] + [{"min": eta["min"], "max": eta["max"]}]
    first = Message(at[0] - _BEFORE, events, before, parts)
    return [first, *(Message(moment, events, each, parts) for moment, each in zip(at, after, strict=True))]


def _with_turn(events: Sequence[Raw]) -> Sequence[Raw]:
    """What came back had turned round before."""
    if not events or events[0]["code"] != "returned":
        return events
    before = datetime.fromisoformat(events[0]["at"]) - timedelta(days=1)
    return [{**events[0], "at": before.isoformat(), "code": "returning"}, *events]


def _as_carriers_say(event: Raw, parcel: Raw) -> Raw:
    """In the words that stand-ins of carriers translate; one that we do not know is one that they do not know."""
    code = event["code"] if event["code"] in _CODES else "unknown"
    reason = _REASONS.get(event.get("reason") or "", event.get("reason"))
    if code == "customs" and (parcel.get("duty") or {}).get("documents_requested"):
        reason = "documents"
    return {**event, "code": code, **({"reason": reason} if reason else {})}
