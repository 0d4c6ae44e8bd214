"""What six providers know of a parcel, in their shapes: made from a neutral timeline of our own events.

The events are those of the order format, oldest first, with offsets. Shapes follow the providers' documentation; fields
that nobody reads are there as well, because they are there in life. Nothing here signs or serves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.support.carriers_words import BUCKETS, SHIPPO_ASKS, carrier, sentence, words

Raw = Mapping[str, object]
INDIA = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel as a stand-in knows it. `parts` are further fields of the order format (pod, pickup, service, ...).

    `is_local` = scans are told by local clocks, without offsets, where the provider does that."""

    number: str
    carrier: str | None
    events: Sequence[Raw] = ()
    eta: Raw | None = None
    told_at: datetime = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    is_local: bool = False
    parts: Raw = field(default_factory=dict)


def known(parcel: Parcel) -> list[Raw]:
    """Providers tell scans and statuses; a mere note is none."""
    return [event for event in parcel.events if event["code"] != "info"]


def _at(event: Raw) -> datetime:
    return datetime.fromisoformat(str(event["at"]))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _pod(parcel: Parcel, name: str) -> object:
    pod = parcel.parts.get("pod")
    return pod.get(name) if isinstance(pod, Mapping) else None


def _sent_back(parcel: Parcel) -> bool:
    return any(event["code"] == "returned" for event in parcel.events) or parcel.parts.get("direction") == "return"


def _midnight(eta: Raw | None) -> object:
    """A day, as those providers write it that know times only."""
    latest = str(eta["max"]) if eta else None
    return f"{latest}T00:00:00Z" if latest and len(latest) == 10 else latest


def easypost(parcel: Parcel) -> dict[str, object]:
    """A Tracker."""
    details = [_easypost_detail(event) for event in known(parcel)]
    last = details[-1] if details else {"status": "unknown", "status_detail": "unknown"}
    eta = parcel.eta
    return {
        "id": "trk_1",
        "object": "Tracker",
        "mode": "production",
        "tracking_code": parcel.number,
        "status": last["status"],
        "status_detail": last["status_detail"],
        "carrier": carrier("easypost", parcel.carrier),
        "est_delivery_date": _midnight(eta),
        "signed_by": _pod(parcel, "signed_by"),
        "weight": None,
        "shipment_id": None,
        "public_url": f"https://track.easypost.com/{parcel.number}",
        "is_return": _sent_back(parcel),
        "finalized": False,
        "created_at": "2026-11-17T16:00:00Z",
        "updated_at": _utc(parcel.told_at),
        "tracking_details": details,
        "carrier_detail": {
            "service": parcel.parts.get("service"),
            "est_delivery_date_local": str(eta["max"])[:10] if eta else None,
            "est_delivery_time_local": None,
        },
    }


def _easypost_detail(event: Raw) -> dict[str, object]:
    status, detail = words("easypost", event)
    return {
        "object": "TrackingDetail",
        "datetime": _utc(_at(event)),
        "status": status,
        "status_detail": detail,
        "message": sentence("easypost", event),
        "description": None,
        "source": "Carrier",
        "carrier_code": None,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": event.get("city"),
            "state": event.get("region"),
            "country": event.get("country"),
            "zip": None,
        },
    }


def shippo(parcel: Parcel) -> dict[str, object]:
    """A Track."""
    history = [_shippo_status(event) for event in known(parcel)]
    return {
        "carrier": carrier("shippo", parcel.carrier),
        "tracking_number": parcel.number,
        "eta": _midnight(parcel.eta),
        "original_eta": None,
        "servicelevel": {"token": None, "name": parcel.parts.get("service")},
        "address_from": None,
        "address_to": None,
        "metadata": "",
        "messages": [],
        "transaction": None,
        "tracking_status": {**history[-1], "object_updated": _utc(parcel.told_at)} if history else None,
        "tracking_history": history,
        "test": False,
    }


def _shippo_status(event: Raw) -> dict[str, object]:
    status, code = words("shippo", event)
    return {
        "status": status,
        "substatus": {"code": code, "text": code.replace("_", " "), "action_required": code in SHIPPO_ASKS},
        "status_date": _utc(_at(event)),
        "status_details": sentence("shippo", event) or "",
        "location": {
            "city": event.get("city"),
            "state": event.get("region"),
            "zip": "",
            "country": event.get("country"),
        },
    }


def aftership(parcel: Parcel) -> dict[str, object]:
    """A tracking."""
    checkpoints = [_checkpoint(event, parcel.is_local) for event in known(parcel)]
    last = checkpoints[-1] if checkpoints else {"tag": "Pending", "subtag": "Pending_001"}
    pickup, attempts = parcel.parts.get("pickup"), parcel.parts.get("attempts")
    photo = _pod(parcel, "photo_url")
    return {
        "id": "b1c2",
        "tracking_number": parcel.number,
        "slug": carrier("aftership", parcel.carrier),
        "active": True,
        "tag": last["tag"],
        "subtag": last["subtag"],
        "checkpoints": checkpoints,
        "latest_estimated_delivery": _aftership_eta(parcel.eta),
        "return_to_sender": False,
        "failed_delivery_attempts": attempts if isinstance(attempts, int) else None,
        "pickup_location": pickup.get("place") if isinstance(pickup, Mapping) else None,
        "signed_by": _pod(parcel, "signed_by"),
        "proof_of_delivery": [{"type": "PHOTO", "url": photo}] if photo else [],
        "first_mile": None,
        "last_mile": None,
        "shipment_direction": parcel.parts.get("direction", "forward"),
        "shipment_type": parcel.parts.get("service"),
        "courier_tracking_link": f"https://track.example/{parcel.number}",
        "updated_at": _utc(parcel.told_at),
    }


def _checkpoint(event: Raw, is_local: bool) -> dict[str, object]:
    tag, subtag = words("aftership", event)
    at = _at(event)
    return {
        "checkpoint_time": (at.replace(tzinfo=None) if is_local else at).isoformat(),
        "city": event.get("city"),
        "state": event.get("region"),
        "country_region": event.get("country"),
        "message": sentence("aftership", event),
        "tag": tag,
        "subtag": subtag,
        "subtag_message": "",
        "raw_tag": None,
        "source": "carrier",
        "hash": f"{subtag}{event['at']}",
    }


def _aftership_eta(eta: Raw | None) -> dict[str, object] | None:
    if eta is None:
        return None
    if eta["min"] == eta["max"]:
        return {"type": "specific", "source": "Carrier EDD", "datetime": eta["max"]}
    return {"type": "range", "source": "Carrier EDD", "datetime_min": eta["min"], "datetime_max": eta["max"]}


def seventeen_track(parcel: Parcel) -> dict[str, object]:
    """A number with its `track_info`; newest events first."""
    events = [_track_event(event) for event in reversed(known(parcel))]
    last = words("17track", known(parcel)[-1]) if events else ("NotFound", "NotFound_Other")
    key = carrier("17track", parcel.carrier)
    estimate = {"source": "Official", "from": parcel.eta["min"], "to": parcel.eta["max"]} if parcel.eta else {}
    return {
        "number": parcel.number,
        "carrier": int(key) if key.isdecimal() else None,
        "tag": "",
        "track_info": {
            "latest_status": {"status": last[0], "sub_status": last[1], "sub_status_descr": None},
            "latest_event": events[0] if events else None,
            "time_metrics": {"estimated_delivery_date": estimate or None},
            "misc_info": {"service_type": parcel.parts.get("service"), "local_number": None},
            "tracking": {
                "providers": [
                    {
                        "provider": {"key": None, "name": parcel.carrier},
                        "latest_sync_time": _utc(parcel.told_at),
                        "events": events,
                    }
                ]
            },
        },
    }


def _track_event(event: Raw) -> dict[str, object]:
    _, sub_status = words("17track", event)
    return {
        "time_iso": _at(event).isoformat(),
        "time_utc": _utc(_at(event)),
        "time_raw": None,
        "description": sentence("17track", event),
        "location": event.get("city"),
        "stage": None,
        "sub_status": sub_status,
        "address": {"country": event.get("country"), "state": event.get("region"), "city": event.get("city")},
    }


def clickpost_status(event: Raw) -> dict[str, object]:
    """One status, by the wall clock of India although it ends in Z."""
    code, _ = words("clickpost", event)
    wall = _at(event).astimezone(INDIA).replace(tzinfo=None)
    return {
        "clickpost_status_code": int(code),
        "clickpost_status_description": "",
        "clickpost_status_bucket": BUCKETS.get(code),
        "status": sentence("clickpost", event) or "",
        "remark": sentence("clickpost", event) or "",
        "location": event.get("city"),
        "clickpost_city": event.get("city"),
        "timestamp": f"{wall.isoformat()}Z",
    }


def clickpost_extras(parcel: Parcel, event: Raw) -> dict[str, object]:
    """What ClickPost tells beside the status."""
    _, failure = words("clickpost", event)
    return {
        "is_rvp": parcel.parts.get("direction") == "return",
        "courier_partner_edd": parcel.eta["max"] if parcel.eta else None,
        "ndr_status_code": int(failure) if failure else None,
        "order_id": "1042",
    }


def clickpost(parcel: Parcel) -> dict[str, object]:
    """A record as a read gives it: all scans, newest first."""
    scans = [clickpost_status(event) for event in reversed(known(parcel))]
    return {
        "valid": True,
        "latest_status": scans[0] if scans else {},
        "scans": scans,
        "additional": clickpost_extras(parcel, known(parcel)[-1]) if scans else {},
    }


def generic(parcel: Parcel) -> dict[str, object]:
    """Our own words."""
    told = {"carrier": parcel.carrier, "tracking_number": parcel.number, "told_at": parcel.told_at.isoformat()}
    return {**told, "events": list(parcel.events), "eta": parcel.eta, **parcel.parts}


OBJECTS: Mapping[str, Callable[[Parcel], dict[str, object]]] = {
    "easypost": easypost,
    "shippo": shippo,
    "aftership": aftership,
    "17track": seventeen_track,
    "clickpost": clickpost,
    "generic": generic,
}
"""What each provider calls a parcel."""
