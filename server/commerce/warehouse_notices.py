"""What a warehouse's notice changes of an order: its work, its holds, what is short, what came back, what left.

Holds and shortages are added unless the platform's later word goes beyond them; work, receipts and departures change the
platform's words only when they are newer. A warehouse never lifts a hold for payment or for a check that it did not set.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from server.commerce.noticed import Draft, Effect, Json, instant_of, standing, word
from server.commerce.states import Direction, FulfilmentPhase, HoldReason, ReturnStatus, ShipmentStatus, WorkStatus
from server.commerce.tracking import bare_number

Phase = FulfilmentPhase
Raw: TypeAlias = Mapping[str, Any]

_OWN_WORK: Final = "warehouse"
_NOT_BEGUN: Final = frozenset({Phase.UNFULFILLED, Phase.SCHEDULED, Phase.UNKNOWN, ""})
_MAY_BE_HELD: Final = frozenset({Phase.UNFULFILLED, Phase.SCHEDULED, Phase.PROCESSING, Phase.UNKNOWN, ""})
_GOES_ON: Final = frozenset({Phase.PROCESSING, Phase.PARTIALLY_SHIPPED})
_NOT_THEIRS: Final = frozenset({HoldReason.PAYMENT, HoldReason.FRAUD_REVIEW})
_MAY_BE_PLANNED: Final = frozenset({WorkStatus.OPEN, WorkStatus.SCHEDULED})
_CLOSED_WORK: Final = frozenset({WorkStatus.CLOSED, WorkStatus.CANCELLED})
_STEPS: Final[Mapping[str, WorkStatus]] = {
    "work_started": WorkStatus.IN_PROGRESS,
    "picked": WorkStatus.PICKED,
    "packed": WorkStatus.PACKED,
}
_EN_ROUTE: Final = frozenset(
    {ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED, ReturnStatus.IN_TRANSIT}
)
_ENDED: Final = frozenset(
    {ReturnStatus.DECLINED, ReturnStatus.REJECTED, ReturnStatus.EXPIRED, ReturnStatus.CANCELLED, ReturnStatus.CLOSED}
    | {ReturnStatus.REFUNDED, ReturnStatus.EXCHANGED, ReturnStatus.REPAIRED}
)


# Work


def _work(draft: Draft, notice: Raw, at: datetime) -> None:
    if draft.is_over:
        return
    entry = _work_of(draft, notice)
    if draft.may_change("work", entry["id"], at) and word(entry.get("status")) not in _CLOSED_WORK:
        entry.update(status=_STEPS[str(notice["type"])].value, at=at.isoformat())
        entry.update({"location": notice["location"]} if notice.get("location") else {})
    if draft.is_newer(at) and draft.phase in _NOT_BEGUN:
        draft.phase = Phase.PROCESSING


def _work_of(draft: Draft, notice: Raw) -> Json:
    """The warehouse work that is meant: the one that is named, else the only open one, else one of our own."""
    known = draft.parts("fulfilment_orders")
    wanted = notice.get("work")
    left = [each for each in known if word(each.get("status")) not in _CLOSED_WORK]
    meant = [each for each in known if each.get("id") == wanted] if wanted else left
    if len(meant) == 1:
        return meant[0]
    own = wanted or _OWN_WORK
    ours = [each for each in known if each.get("id") == own]
    return ours[0] if ours else draft.add("fulfilment_orders", {"id": own, "status": "open"}, "work", own)


def _planned(draft: Draft, notice: Raw, at: datetime) -> None:
    if draft.is_over:
        return
    entry = _work_of(draft, notice)
    if draft.may_change("work", entry["id"], at) and word(entry.get("status")) in _MAY_BE_PLANNED:
        entry.update(status=WorkStatus.SCHEDULED.value, fulfil_at=notice["for"], at=at.isoformat())
    if draft.is_newer(at) and draft.phase in _NOT_BEGUN:
        draft.phase = Phase.SCHEDULED


def _recall_refused(draft: Draft, notice: Raw, at: datetime) -> None:
    entry = _work_of(draft, notice)
    if draft.may_change("work", entry["id"], at):
        entry["request_status"] = "cancellation_rejected"


def _ship_by(draft: Draft, notice: Raw, at: datetime) -> None:
    _say(draft, "fulfil_by", notice["by"], at)


def _deliver_by(draft: Draft, notice: Raw, at: datetime) -> None:
    _say(draft, "promised", {"min": notice.get("from"), "max": notice["by"]}, at)


def _say(draft: Draft, name: str, value: object, at: datetime) -> None:
    """State something of the whole order that the platform does not tell, or told before."""
    if not draft.document.get(name) or draft.may_change(name, "", at):
        draft.ours.add((name, ""))
        draft.document[name] = value


# Holds and shortages


def _on_hold(draft: Draft, notice: Raw, at: datetime) -> None:
    _hold(draft, str(notice["reason"]), at, notice.get("until"))


def _address_problem(draft: Draft, _notice: Raw, at: datetime) -> None:
    _hold(draft, HoldReason.ADDRESS.value, at, None)


def _hold(draft: Draft, reason: str, at: datetime, until: object) -> None:
    """Add a hold, unless the platform's word or a correction since then goes beyond it."""
    if draft.is_over or (reason == HoldReason.ADDRESS and _is_corrected(draft, at)):
        return
    newer = draft.is_newer(at)
    if not newer and draft.phase in _GOES_ON:
        return
    known = [each for each in draft.parts("holds") if word(each.get("reason")) == reason]
    told = {"since": at.isoformat(), **({"until": until} if until else {})}
    for each in known:  # a shop may say why without saying since when
        each.update({name: value for name, value in told.items() if not each.get(name)})
    if not known:
        draft.add("holds", {"reason": reason, **told}, "hold", reason)
    if newer and draft.phase in _MAY_BE_HELD:
        draft.before["fulfilment", ""] = draft.phase
        draft.phase = Phase.ON_HOLD


def _is_corrected(draft: Draft, at: datetime) -> bool:
    """True when the address was changed after the warehouse found it wanting."""
    changes = [instant_of(each.get("at")) for each in draft.parts("changes") if word(each.get("kind")) == "address"]
    return any(change is not None and change > at for change in changes)


def _hold_released(draft: Draft, notice: Raw, at: datetime) -> None:
    meant = notice.get("reason")
    left = [each for each in draft.parts("holds") if not _is_released(draft, word(each.get("reason")), meant, at)]
    if len(left) < len(draft.parts("holds")):
        draft.keep("holds", left)
    if meant in (None, HoldReason.OUT_OF_STOCK):
        _restock(draft)
    if draft.is_newer(at) and not left and draft.phase == Phase.ON_HOLD:
        draft.phase = draft.before.pop(("fulfilment", ""), None) or _phase_of_work(draft)


def _is_released(draft: Draft, reason: str, meant: object, at: datetime) -> bool:
    if meant not in (None, reason):
        return False
    ours = ("hold", reason) in draft.ours
    return ours or (draft.is_newer(at) and reason not in _NOT_THEIRS)


def _phase_of_work(draft: Draft) -> str:
    begun = {word(each.get("status")) for each in draft.parts("fulfilment_orders")} & set(_STEPS.values())
    return Phase.PROCESSING if begun else Phase.UNFULFILLED


def _short(draft: Draft, notice: Raw, at: datetime) -> None:
    for reference in notice.get("lines", ()):
        line = draft.line_of(reference)
        if line is None or int(line.get("fulfilled") or 0) >= standing(line):
            continue
        known = line.get("backorder") or {}
        if known.get("expected_on") and not draft.may_change("backorder", line["id"], at):
            continue
        draft.before.setdefault(("backorder", str(line["id"])), line.get("backorder"))
        draft.ours.add(("backorder", str(line["id"])))
        line["backorder"] = {"expected_on": notice.get("expected_on")}


def _restock(draft: Draft) -> None:
    """What was short is there again: each line is as the platform gave it."""
    for line in draft.parts("lines"):
        if ("backorder", str(line.get("id"))) in draft.before:
            line["backorder"] = draft.before.pop(("backorder", str(line.get("id"))))


# What comes back


def _return_received(draft: Draft, notice: Raw, at: datetime) -> None:
    _returned(draft, notice, at, "received_at", ReturnStatus.RECEIVED)


def _return_inspected(draft: Draft, notice: Raw, at: datetime) -> None:
    entry = _returned(draft, notice, at, "inspected_at", ReturnStatus.INSPECTED)
    for reference in notice.get("lines", ()):
        line = draft.line_of(reference)
        found = {name: reference[name] for name in ("condition", "decision") if name in reference}
        for each in entry.get("lines") or ():
            each.update(found if line is not None and each.get("line") == line["id"] else {})


def _returned(draft: Draft, notice: Raw, at: datetime, when: str, status: ReturnStatus) -> Json:
    """The return that is meant, with the time when all of its pieces had come so far, and its status if that may change."""
    entry = _return_of(draft, notice)
    if not _is_whole(draft, entry, notice, when):
        return entry
    entry[when] = entry.get(when) or at.isoformat()
    before = _EN_ROUTE if status is ReturnStatus.RECEIVED else _EN_ROUTE | {ReturnStatus.RECEIVED}
    if draft.may_change("return", entry.get("id"), at) and word(entry.get("status")) in before:
        entry["status"] = status.value
    return entry


def _return_of(draft: Draft, notice: Raw) -> Json:
    """By id or name, else the only one that is not over, else a return that nobody had announced."""
    known = draft.parts("returns")
    wanted = notice.get("return")
    left = [each for each in known if word(each.get("status")) not in _ENDED]
    meant = [each for each in known if wanted in (each.get("id"), each.get("name"))] if wanted else left
    if len(meant) == 1:
        return meant[0]
    own = str(wanted or f"warehouse-{notice['id']}")
    lines = draft.references(notice.get("lines", ()))
    return draft.add("returns", {"id": own, "status": "in_transit", "lines": lines}, "return", own)


def _is_whole(draft: Draft, entry: Json, notice: Raw, topic: str) -> bool:
    """True when this notice and those before it cover every piece of the return; without lines it means all."""
    if not notice.get("lines"):
        return True
    counted = draft.pieces.setdefault((topic, str(entry.get("id"))), {})
    for each in draft.references(notice["lines"]):
        counted[each["line"]] = counted.get(each["line"], 0) + each["quantity"]
    expected = entry.get("lines") or []
    return all(counted.get(each.get("line"), 0) >= each.get("quantity", 0) for each in expected)


def _label_attached(draft: Draft, notice: Raw, _at: datetime) -> None:
    """A label was made for a return that is known; the platform's own label stays where it tracks a parcel already."""
    for entry in draft.parts("returns"):
        if notice["return"] not in (entry.get("id"), entry.get("name")):
            continue
        known = entry.get("label")
        if isinstance(known, Mapping) and known.get("tracking"):
            continue
        label = {"url": notice.get("url"), "tracking": notice.get("tracking_number"), "carrier": notice.get("carrier")}
        entry["label"] = {name: value for name, value in label.items() if value}
        if word(entry.get("status")) in (ReturnStatus.REQUESTED, ReturnStatus.APPROVED):
            entry["status"] = ReturnStatus.LABEL_ISSUED.value


# What leaves


def _handed_over(draft: Draft, notice: Raw, at: datetime) -> None:
    number = str(notice["tracking_number"])
    parcel = next((each for each in draft.parts("shipments") if bare_number(number) in _numbers(each)), None)
    lines = draft.references(notice.get("lines", ()))
    if parcel is None:
        told = {"carrier": notice.get("carrier"), "tracking_number": number, "shipped_at": at.isoformat()}
        draft.add("shipments", {"id": f"warehouse:{number}", **told, "lines": lines}, "parcel", number)
    else:
        told = {"carrier": notice.get("carrier"), "shipped_at": at.isoformat(), "lines": lines}
        parcel.update({name: value for name, value in told.items() if not parcel.get(name)})
    if draft.is_newer(at) and not draft.is_over:
        _leave(draft)


def _leave(draft: Draft) -> None:
    """A part or all of it has left now."""
    gone = _shipped(draft)
    wanted = {line["id"]: standing(line) for line in draft.parts("lines") if line.get("requires_shipping") is not False}
    if all(gone.get(name, 0) >= count for name, count in wanted.items()):
        draft.phase = Phase.SHIPPED
        draft.keep(
            "holds", [each for each in draft.parts("holds") if ("hold", word(each.get("reason"))) not in draft.ours]
        )
        for each in draft.parts("fulfilment_orders"):
            each.update({"status": WorkStatus.CLOSED.value} if ("work", str(each.get("id"))) in draft.ours else {})
    elif any(gone.values()):
        draft.phase = Phase.PARTIALLY_SHIPPED


def _shipped(draft: Draft) -> dict[str, int]:
    """How many pieces of each line have left, as the line itself or the parcels say."""
    packed: dict[str, int] = {}
    for parcel in draft.parts("shipments"):
        codes = {word(event.get("code")) for event in parcel.get("events") or ()}
        if ShipmentStatus.CANCELLED in codes or word(parcel.get("direction")) == Direction.RETURN:
            continue
        for each in parcel.get("lines") or ():
            packed[each["line"]] = packed.get(each["line"], 0) + int(each["quantity"])
    lines = draft.parts("lines")
    return {line["id"]: max(int(line.get("fulfilled") or 0), packed.get(line["id"], 0)) for line in lines}


def _numbers(parcel: Json) -> set[str]:
    return {bare_number(str(each)) for each in (parcel.get("tracking_number"), *(parcel.get("legs") or ())) if each}


EFFECTS: Final[Mapping[str, Effect]] = {
    **dict.fromkeys(_STEPS, _work),
    "on_hold": _on_hold,
    "hold_released": _hold_released,
    "planned": _planned,
    "recall_refused": _recall_refused,
    "short": _short,
    "address_problem": _address_problem,
    "ship_by": _ship_by,
    "deliver_by": _deliver_by,
    "return_received": _return_received,
    "return_inspected": _return_inspected,
    "label_attached": _label_attached,
    "handed_over": _handed_over,
}
"""Type of a notice -> what it changes."""
