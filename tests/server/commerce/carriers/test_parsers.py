"""What a message says beside its statuses: estimates, proof, pickup points, numbers of legs, whose clock, which way."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from server.commerce.carriers.registry import hooks_for
from server.commerce.carriers.update import TrackingUpdate
from server.settings import CarrierSettings, ClickPostSettings
from tests.support.carriers import NOW, PROVIDERS, webhook

NUMBER = "1ZA1B2C30300000012"
SCAN = {"at": "2026-11-20T05:10:00-06:00", "code": "in_transit", "city": "Omaha", "region": "NE", "country": "US"}
Body = dict[str, object]


def read(provider: str, body: Mapping[str, object]) -> TrackingUpdate:
    (update,) = hooks_for(provider, ["s"], ClickPostSettings()).updates(json.dumps(body).encode())
    return update


def message(
    provider: str, *events: Mapping[str, object], eta: Mapping[str, object] | None = None, **parts: object
) -> Body:
    _, _, body = webhook(provider, "s", NUMBER, "ups", list(events), eta, **parts)  # type: ignore[arg-type] # parts of the parcel
    decoded = json.loads(body)
    assert isinstance(decoded, dict)
    return decoded


def tracker(**fields: object) -> Body:
    return {"id": "evt_1", "description": "tracker.updated", "result": {"tracking_code": NUMBER, **fields}}


def tracking(**fields: object) -> Body:
    return {"event": "tracking_update", "event_id": "e1", "msg": {"tracking_number": NUMBER, **fields}}


def checkpoint(at: str, tag: str, subtag: str = "", **fields: object) -> Body:
    return {"checkpoint_time": at, "tag": tag, "subtag": subtag, **fields}


def number_info(**fields: object) -> Body:
    return {"event": "TRACKING_UPDATED", "data": {"number": NUMBER, "carrier": 100002, "track_info": fields}}


def own(**fields: object) -> Body:
    return {"carrier": "ups", "tracking_number": NUMBER, **fields}


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "clickpost"])
def test_place_text_and_source_are_kept(provider: str) -> None:
    update = read(provider, message(provider, {**SCAN, "text": "Arrived\u0007 at hub"}))
    (event,) = update.events
    assert (event["city"], event["region"], event["country"]) == ("Omaha", "NE", "US")
    assert (event["text"], event["source"]) == ("Arrived at hub", provider)
    assert datetime.fromisoformat(str(event["at"])) == datetime(2026, 11, 20, 11, 10, tzinfo=UTC)
    assert event["raw_code"]
    assert (update.carrier, update.told_at, update.provider) == ("ups", NOW, provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_estimated_day_stays_a_day(provider: str) -> None:
    update = read(provider, message(provider, SCAN, eta={"min": "2026-11-23", "max": "2026-11-23"}))
    assert update.eta == {"min": "2026-11-23", "max": "2026-11-23", "source": "carrier"}


@pytest.mark.parametrize("provider", ["aftership", "17track", "generic"])
def test_an_estimated_window_keeps_both_its_ends(provider: str) -> None:
    eta = {"min": "2026-11-23T12:00:00-06:00", "max": "2026-11-23T15:00:00-06:00"}
    assert read(provider, message(provider, SCAN, eta=eta)).eta == {**eta, "source": "carrier"}


def test_easypost_prefers_the_destinations_calendar_to_midnight() -> None:
    late = tracker(est_delivery_date="2026-11-24T00:00:00Z", carrier_detail={"est_delivery_date_local": "2026-11-23"})
    assert read("easypost", late).eta == {"min": "2026-11-23", "max": "2026-11-23", "source": "carrier"}
    exact = read("easypost", tracker(est_delivery_date="2026-11-23T21:00:00Z"))
    assert exact.eta is not None
    assert exact.eta["max"] == "2026-11-23T21:00:00+00:00"


def test_aftership_tells_whose_estimate_it_is() -> None:
    own_guess = {"source": "AfterShip EDD", "type": "specific", "datetime": "2026-11-23"}
    update = read("aftership", tracking(latest_estimated_delivery=own_guess))
    assert update.eta is not None
    assert update.eta["source"] == "aftership"
    promise = {"source": "Order EDD", "type": "specific", "datetime": "2026-11-23"}
    assert read("aftership", tracking(latest_estimated_delivery=promise)).eta is None


def test_times_without_an_offset_are_local() -> None:
    update = read("aftership", tracking(checkpoints=[checkpoint("2026-11-20T05:10:00", "InTransit", "InTransit_003")]))
    assert update.events[0]["at"] == "2026-11-20T05:10:00"
    assert update.events[0]["local"] is True
    raw = {"time_iso": None, "time_utc": None, "time_raw": {"date": "2026-11-20", "time": "05:10:00"}}
    event = {**raw, "sub_status": "InTransit_Other"}
    seen = read("17track", number_info(tracking={"providers": [{"events": [event]}]}))
    assert (seen.events[0]["at"], seen.events[0]["local"]) == ("2026-11-20T05:10:00", True)


def test_clickposts_z_is_not_believed() -> None:
    status = {"waybill": "W1", "cp_id": 4, "clickpost_status_code": 5, "timestamp": "2026-11-20T16:40:00Z"}
    (event,) = read("clickpost", status).events
    assert event["at"] == "2026-11-20T16:40:00+05:30"
    in_utc = hooks_for("clickpost", ["s"], ClickPostSettings(tz="UTC")).updates(json.dumps(status).encode())
    assert in_utc[0].events[0]["at"] == "2026-11-20T16:40:00+00:00"
    offset = read("clickpost", {**status, "timestamp": "2026-11-20T16:40:00+04:00"})
    assert offset.events[0]["at"] == "2026-11-20T16:40:00+04:00"


def test_clickpost_tells_the_newest_status_beside_an_old_one() -> None:
    newest = {"clickpost_status_code": 8, "timestamp": "2026-11-20T18:00:00Z", "remark": "Delivered"}
    old = {"waybill": "W1", "cp_id": 4, "clickpost_status_code": 6, "timestamp": "2026-11-20T09:00:00Z"}
    update = read("clickpost", {**old, "additional": {"latest_status": newest}})
    assert [event["code"] for event in update.events] == ["out_for_delivery", "delivered"]
    assert update.carrier == "delhivery"


def test_a_return_parcel_comes_back_instead_of_being_delivered() -> None:
    scan = {"at": "2026-11-20T17:00:00+00:00", "code": "delivered", "city": "Reno"}
    for provider in ("easypost", "aftership", "clickpost", "generic"):
        update = read(provider, message(provider, scan, direction="return"))
        assert (update.direction, update.events[-1]["code"]) == ("return", "returned"), provider


def test_easypost_a_parcel_that_turned_round_is_still_one_to_the_shopper() -> None:
    details = [
        {"datetime": "2026-11-19T10:00:00Z", "status": "return_to_sender", "status_detail": "return"},
        {"datetime": "2026-11-20T10:00:00Z", "status": "delivered", "status_detail": "arrived_at_destination"},
    ]
    update = read("easypost", tracker(is_return=True, tracking_details=details))
    assert [event["code"] for event in update.events] == ["returning", "returned"]
    assert update.direction is None


def test_aftership_every_scan_after_the_turn_leads_back() -> None:
    checkpoints = [
        checkpoint("2026-11-18T10:00:00Z", "InTransit", "InTransit_003"),
        checkpoint("2026-11-19T10:00:00Z", "Exception", "Exception_010"),
        checkpoint("2026-11-19T20:00:00Z", "InTransit", "InTransit_007"),
        checkpoint("2026-11-20T10:00:00Z", "Delivered", "Delivered_001"),
    ]
    turned = read("aftership", tracking(checkpoints=checkpoints, return_to_sender=True))
    assert [event["code"] for event in turned.events] == ["in_transit", "returning", "returning", "returned"]
    straight = read("aftership", tracking(checkpoints=checkpoints[:1], return_to_sender=True))
    assert [(event["code"], event["raw_code"]) for event in straight.events] == [("returning", "InTransit_003/return")]


def test_aftership_the_first_scan_in_transit_is_the_carriers_taking_over() -> None:
    plain = [checkpoint(f"2026-11-{day}T10:00:00Z", "InTransit", "InTransit_001") for day in (18, 19)]
    assert [event["code"] for event in read("aftership", tracking(checkpoints=plain)).events] == [
        "picked_up",
        "in_transit",
    ]
    told = [checkpoint("2026-11-17T10:00:00Z", "InTransit", "InTransit_002"), *plain]
    codes = [event["code"] for event in read("aftership", tracking(checkpoints=told)).events]
    assert codes == ["picked_up", "in_transit", "in_transit"]


def test_a_status_without_history_counts_since_it_was_told() -> None:
    update = read("easypost", tracker(status="out_for_delivery", updated_at="2026-11-20T13:00:00Z"))
    assert [(event["code"], event["at"]) for event in update.events] == [
        ("out_for_delivery", "2026-11-20T13:00:00+00:00")
    ]
    assert read("easypost", tracker(status="out_for_delivery")).events == ()
    assert read("17track", number_info(latest_status={"status": "Delivered"})).events == ()


def test_seventeen_track_events_without_a_word_of_their_own() -> None:
    events = [
        {"time_iso": "2026-11-20T10:00:00-06:00", "description": "Out with driver"},
        {"time_iso": "2026-11-19T10:00:00-06:00", "description": "Somewhere", "stage": None},
        {"time_iso": "2026-11-18T10:00:00-06:00", "description": "Taken", "stage": "PickedUp"},
    ]
    latest = {"status": "OutForDelivery", "sub_status": "OutForDelivery_Other"}
    update = read("17track", number_info(latest_status=latest, tracking={"providers": [{"events": events}]}))
    assert [event["code"] for event in update.events] == ["picked_up", "info", "out_for_delivery"]


def test_seventeen_track_both_miles_are_one_parcel() -> None:
    first = {
        "provider": {"name": "China Post"},
        "events": [{"time_utc": "2026-11-10T10:00:00Z", "sub_status": "InTransit_Departure"}],
    }
    last = {
        "provider": {"name": "USPS"},
        "events": [{"time_utc": "2026-11-20T10:00:00Z", "sub_status": "InTransit_Arrival"}],
    }
    body = number_info(
        tracking={"providers": [last, first]}, misc_info={"local_number": "LX1", "service_type": "ePacket"}
    )
    update = read("17track", body)
    assert [event["at"][:10] for event in update.events if isinstance(event["at"], str)] == ["2026-11-10", "2026-11-20"]
    assert (update.legs, update.service, update.carrier) == (("LX1",), "ePacket", "ups")


def test_proof_pickup_attempts_service_and_links() -> None:
    pod, place = {"signed_by": "Ana Souza", "photo_url": "https://pod.example/1.jpg"}, {"place": "Locker 7"}
    update = read("aftership", message("aftership", SCAN, pod=pod, pickup=place, attempts=2, service="Ground"))
    assert (update.pod, update.pickup, update.attempts, update.service) == (pod, place, 2, "Ground")
    assert update.tracking_url == f"https://track.example/{NUMBER}"
    signed = read("easypost", message("easypost", SCAN, pod=pod, service="Ground"))
    assert (signed.pod, signed.service) == ({"signed_by": "Ana Souza"}, "Ground")
    assert signed.tracking_url == f"https://track.easypost.com/{NUMBER}"
    assert read("shippo", message("shippo", SCAN, service="Ground")).service == "Ground"


def test_aftership_numbers_of_both_miles() -> None:
    miles = {"first_mile": {"tracking_number": "F1"}, "last_mile": {"tracking_number": NUMBER}}
    assert read("aftership", tracking(**miles)).legs == ("F1",)


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("aftership", tracking(checkpoints=[checkpoint("2026-11-20T10:00:00Z", "Exception", "Exception_018")])),
        (
            "17track",
            number_info(
                latest_event={"time_utc": "2026-11-20T10:00:00Z", "sub_status": "InTransit_CustomsRequiringInformation"}
            ),
        ),
    ],
)
def test_customs_that_ask_for_documents(provider: str, body: Body) -> None:
    update = read(provider, body)
    assert update.duty == {"documents_requested": True}
    assert update.events[0]["flags"] == ["action_required"]


def test_generic_takes_over_what_the_format_names() -> None:
    update = read(
        "generic",
        own(
            told_at="2026-11-20T12:00:00-06:00",
            events=[{**SCAN, "facility": "Hub 3", "id": "e9", "sequence": 4, "flags": ["late", "sparkling"], "x": 1}],
            pod={"signed_by": "Ana", "place": "porch", "photo_url": "http://x.example/p.jpg", "geo": "41.2,-95.9"},
            pickup={"place": "Locker 7", "hours": "24/7", "until": "2026-11-24", "code": "1234"},
            attempts=[{"at": "2026-11-19T20:00:00Z", "reason": "nobody_home", "next_at": "2026-11-20", "final": True}],
            duty={"amount": 1250, "url": "https://pay.example/1", "prepaid": "yes"},
            service="Ground",
            legs=["LX1", "LX1", 7],
        ),
    )
    assert update.told_at == NOW
    assert {"facility": "Hub 3", "id": "e9", "sequence": 4, "flags": ["late"]}.items() <= update.events[0].items()
    assert "x" not in update.events[0]
    assert update.pod == {"signed_by": "Ana", "place": "porch", "geo": "41.2,-95.9"}
    assert update.pickup == {"place": "Locker 7", "hours": "24/7", "until": "2026-11-24", "code": "1234"}
    assert update.attempts == [
        {"at": "2026-11-19T20:00:00+00:00", "reason": "nobody_home", "next_at": "2026-11-20", "final": True}
    ]
    assert update.duty == {"amount": 1250, "url": "https://pay.example/1"}
    assert update.legs == ("LX1", "7")


def test_generic_reads_the_carriers_own_codes_where_ours_are_missing() -> None:
    events = [
        {"at": "2026-11-18T10:00:00Z", "raw_code": "PU"},
        {"at": "2026-11-19T10:00:00Z", "raw_code": "DY"},
        {"at": "2026-11-20T10:00:00Z", "raw_code": "??"},
        {"at": "2026-11-20T11:00:00Z", "code": "Teleported"},
        {"at": "2026-11-20T12:00:00Z"},
        {"at": "2026-11-20T13:00:00Z", "code": "ETA"},
    ]
    update = read("generic", own(carrier="FedEx", events=events))
    assert [event["code"] for event in update.events] == [
        "picked_up",
        "in_transit",
        "unknown",
        "unknown",
        "unknown",
        "info",
    ]
    assert update.events[1]["flags"] == ["late"]


def test_messages_of_a_trial_account_are_read_as_any_other() -> None:
    trial, real = (read("easypost", {**tracker(), "mode": mode}) for mode in ("test", "production"))
    assert trial == real
    assert trial.tracking_number


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("easypost", {"id": "evt_2", "description": "batch.updated", "result": {}}),
        ("easypost", {"id": "evt_2", "description": "scan_form.created", "result": None}),
        ("shippo", {"event": "transaction_updated", "data": {}}),
        ("aftership", {"event": "something_newer", "msg": {}}),
        ("17track", {"event": "TRACKING_STOPPED", "data": {"number": NUMBER}}),
    ],
)
def test_messages_about_something_else_tell_nothing(provider: str, body: Body) -> None:
    assert list(hooks_for(provider, ["s"], CarrierSettings()).updates(json.dumps(body).encode())) == []


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("easypost", {"description": "tracker.updated", "result": {"status": "delivered"}}),
        ("shippo", {"event": "track_updated", "data": None}),
        ("aftership", {"event": "tracking_update", "msg": []}),
        ("17track", {"event": "TRACKING_UPDATED"}),
        ("clickpost", {"clickpost_status_code": 8}),
        ("generic", {"events": []}),
    ],
)
def test_messages_that_name_no_parcel_are_malformed(provider: str, body: Body) -> None:
    with pytest.raises(ValueError, match="missing"):
        hooks_for(provider, ["s"], CarrierSettings()).updates(json.dumps(body).encode())
