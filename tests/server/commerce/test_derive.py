"""What is true of a parcel: order of events, sticky ends, silence, lateness, revisions."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.commerce.business import Calendar
from server.commerce.derive import (
    DeriveConfig,
    ParcelContext,
    ShipmentState,
    derive,
    derive_shipment,
    headline,
    service_class,
)
from server.commerce.model import (
    Eta,
    EtaKind,
    EtaRevision,
    Moment,
    Place,
    Promise,
    ShipmentFlag,
    ShipmentStatus,
    TrackingEvent,
)
from tests.server.commerce.orders import NOW, a_line, a_parcel, ago, an_event, an_order, shipped, snap

Flag = ShipmentFlag
Status = ShipmentStatus
CFG = DeriveConfig()
CHICAGO = ParcelContext(tz="America/Chicago", carrier="ups")


def event(
    at: datetime, code: Status, *flags: Flag, reason: str | None = None, info: bool = False, city: str = "Omaha"
) -> TrackingEvent:
    return TrackingEvent(
        code=code,
        raw_code=code.value,
        at=at,
        place=Place(city),
        reason=reason,
        is_informational=info,
        flags=frozenset(flags),
    )


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def state(
    *events: TrackingEvent, now: datetime = NOW, context: ParcelContext = CHICAGO, cfg: DeriveConfig = CFG
) -> ShipmentState:
    return derive(events, now, cfg, context)


# Which event the status comes from.


def test_the_latest_event_counts_not_the_furthest() -> None:
    back = [event(at(19, 9), Status.OUT_FOR_DELIVERY), event(at(19, 20), Status.IN_TRANSIT)]

    assert state(*back).status is Status.IN_TRANSIT


def test_events_out_of_order_are_put_in_order() -> None:
    events = [event(at(19), Status.OUT_FOR_DELIVERY), event(at(17), Status.PICKED_UP), event(at(18), Status.IN_TRANSIT)]

    assert state(*events).status is Status.OUT_FOR_DELIVERY


def test_a_label_or_a_note_after_a_scan_changes_nothing() -> None:
    events = [
        event(at(17), Status.IN_TRANSIT),
        event(at(18), Status.LABEL_CREATED),
        event(at(19), Status.DELIVERED, info=True),
    ]

    assert state(*events).status is Status.IN_TRANSIT


def test_no_events_are_a_label_that_nobody_scanned() -> None:
    derived = state()

    assert derived.status is Status.LABEL_CREATED
    assert derived.has(Flag.NO_CARRIER_DATA)


def test_the_providers_sequence_breaks_a_tie() -> None:
    first = TrackingEvent(code=Status.OUT_FOR_DELIVERY, raw_code="a", at=at(19), sequence=1)
    second = TrackingEvent(code=Status.IN_TRANSIT, raw_code="b", at=at(19), sequence=2)

    assert state(second, first).status is Status.IN_TRANSIT


DELIVERED = event(at(19, 15), Status.DELIVERED)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (event(at(20, 9), Status.IN_TRANSIT), Status.DELIVERED),
        (event(at(19, 15) + timedelta(minutes=59), Status.OUT_FOR_DELIVERY), Status.DELIVERED),
        (event(at(19, 16), Status.OUT_FOR_DELIVERY), Status.OUT_FOR_DELIVERY),
        (event(at(19, 15) + timedelta(minutes=59), Status.ATTEMPTED), Status.DELIVERED),
        (event(at(19, 16), Status.ATTEMPTED), Status.ATTEMPTED),
        (event(at(20, 9), Status.RETURNING), Status.RETURNING),
        (event(at(20, 9), Status.IN_TRANSIT, reason="Delivered_in_error"), Status.IN_TRANSIT),
        (event(at(20, 9), Status.IN_TRANSIT, reason="Delivered in error"), Status.IN_TRANSIT),
        (TrackingEvent(Status.EXCEPTION, "NOT_DELIVERED", at(20, 9)), Status.EXCEPTION),
        (event(at(20, 9), Status.EXCEPTION), Status.DELIVERED),
        (event(at(20, 9), Status.LABEL_CREATED), Status.DELIVERED),
        (event(at(20, 9), Status.UNKNOWN), Status.DELIVERED),
    ],
)
def test_delivered_stays_unless_the_carrier_really_took_it_back(later: TrackingEvent, expected: Status) -> None:
    assert state(DELIVERED, later).status is expected


@pytest.mark.parametrize("end", [Status.RETURNED, Status.LOST, Status.CANCELLED])
def test_an_end_stays_except_for_a_newer_delivery(end: Status) -> None:
    ended = event(at(18), end)

    assert state(ended, event(at(19), Status.IN_TRANSIT)).status is end
    assert state(ended, event(at(19), Status.DELIVERED)).status is Status.DELIVERED
    assert state(event(at(17), Status.DELIVERED), event(at(18), Status.RETURNING), ended).status is end


def test_an_unknown_code_is_unknown_never_happy() -> None:
    assert state(event(at(18), Status.IN_TRANSIT), event(at(19), Status.UNKNOWN)).status is Status.UNKNOWN


def test_since_is_the_first_of_a_row_of_the_same_status() -> None:
    events = [
        event(at(17), Status.CUSTOMS),
        event(at(18), Status.CUSTOMS),
        event(at(19), Status.CUSTOMS, city="Chicago"),
    ]

    assert state(*events).since == at(17)


def test_two_accounts_of_one_scan_are_one_scan() -> None:
    first = event(at(19), Status.OUT_FOR_DELIVERY, reason="a")
    second = event(at(19), Status.OUT_FOR_DELIVERY, reason="b")

    assert state(first, second) == state(second, first)


# What the carrier says beside the code.


@pytest.mark.parametrize("flag", [Flag.LATE, Flag.STALLED, Flag.WEATHER, Flag.ADDRESS_PROBLEM, Flag.SIGNATURE_REQUIRED])
def test_a_flag_of_the_event_that_the_status_comes_from_is_the_parcels(flag: Flag) -> None:
    assert state(event(at(20), Status.IN_TRANSIT, flag)).has(flag)


def test_a_flag_ends_with_the_next_scan() -> None:
    assert not state(event(at(19), Status.IN_TRANSIT, Flag.LATE), event(at(20), Status.IN_TRANSIT)).has(Flag.LATE)


def test_a_flag_of_a_mere_note_is_not_the_parcels() -> None:
    note = event(at(20), Status.UNKNOWN, Flag.STALLED, info=True)

    assert not state(event(at(20, 9), Status.IN_TRANSIT), note).has(Flag.STALLED)


def test_nothing_delivered_is_late_or_stalled_whatever_the_carrier_says() -> None:
    assert state(event(at(19), Status.DELIVERED, Flag.LATE, Flag.STALLED)).flags == frozenset()


def test_only_we_presume_a_loss() -> None:
    assert not state(event(at(20), Status.IN_TRANSIT, Flag.PRESUMED_LOST)).has(Flag.PRESUMED_LOST)


# Lost.


def test_a_trace_that_gives_up_is_a_loss() -> None:
    context = ParcelContext(tz="America/Chicago", carrier="ups", traced_lost_at=at(19))

    derived = state(event(at(10), Status.IN_TRANSIT), context=context)

    assert (derived.status, derived.since) == (Status.LOST, at(19))
    assert state(event(at(20), Status.IN_TRANSIT), context=context).status is Status.LOST
    assert state(event(at(20), Status.DELIVERED), context=context).status is Status.DELIVERED


# Silence.


def test_silence_counts_only_until_the_carrier_was_last_read() -> None:
    polled = DeriveConfig(feed_fresh_for=timedelta(days=1))
    moving = event(at(12), Status.IN_TRANSIT)
    unread = ParcelContext(tz="America/Chicago", carrier="ups", feed_as_of=at(13))

    derived = state(moving, cfg=polled, context=unread)

    assert (derived.quiet_days, derived.has(Flag.STALLED), derived.is_unheard) == (1, False, True)
    assert state(moving, context=unread).has(Flag.STALLED)


@pytest.mark.parametrize(("hours", "unheard"), [(24, False), (25, True)])
def test_a_carrier_is_unheard_after_a_day(hours: int, unheard: bool) -> None:
    polled = DeriveConfig(feed_fresh_for=timedelta(days=1))
    context = ParcelContext(carrier="ups", feed_as_of=NOW - timedelta(hours=hours))

    assert state(event(at(12), Status.IN_TRANSIT), cfg=polled, context=context).is_unheard is unheard
    assert not state(event(at(12), Status.DELIVERED), cfg=polled, context=context).is_unheard


@pytest.mark.parametrize(("scan_day", "stalled"), [(17, True), (18, False)])
def test_ground_is_stalled_after_three_business_days(scan_day: int, stalled: bool) -> None:
    assert state(event(at(scan_day), Status.IN_TRANSIT)).has(Flag.STALLED) is stalled


def test_a_weekend_is_not_silence() -> None:
    friday = event(at(13), Status.IN_TRANSIT)

    assert state(friday, now=at(17)).quiet_days == 2
    assert not state(friday, now=at(17)).has(Flag.STALLED)


def test_a_holiday_pauses_the_clock() -> None:
    thanksgiving = DeriveConfig(calendar=Calendar(holidays=frozenset({date(2026, 11, 26), date(2026, 11, 27)})))
    monday = event(at(23), Status.IN_TRANSIT)
    sunday = at(29)

    assert state(monday, now=sunday).has(Flag.STALLED)
    assert not state(monday, now=sunday, cfg=thanksgiving).has(Flag.STALLED)


def test_saturday_counts_where_the_carrier_works() -> None:
    friday = event(at(13), Status.IN_TRANSIT)
    usps = ParcelContext(tz="America/Chicago", carrier="USPS")

    assert (state(friday, now=at(17)).quiet_days, state(friday, now=at(17), context=usps).quiet_days) == (2, 3)


@pytest.mark.parametrize(
    ("carrier", "service", "lane", "limit"),
    [
        ("ups", "Ground", "domestic", 3),
        ("ups", "Next Day Air Express", "domestic", 1),
        ("ups", "SurePost", "domestic", 5),
        ("usps", None, "domestic", 5),
        ("usps", "Priority Mail Express", "domestic", 1),
        ("dhl", None, "cross_border", 7),
    ],
)
def test_the_limit_depends_on_carrier_service_and_lane(
    carrier: str, service: str | None, lane: str, limit: int
) -> None:
    context = ParcelContext(
        carrier=carrier, service=service, lane="cross_border" if lane == "cross_border" else "domestic"
    )

    assert state(event(at(20), Status.IN_TRANSIT), context=context).stalled_after == limit


def test_customs_have_their_own_limit() -> None:
    assert state(event(at(20), Status.CUSTOMS)).stalled_after == 5


def test_the_shop_overrides_limits_most_specific_first() -> None:
    cfg = DeriveConfig(stalled_after={"*/*/domestic": 9, "ups/*/*": 4})

    assert state(event(at(20), Status.IN_TRANSIT), cfg=cfg).stalled_after == 4
    assert state(event(at(20), Status.IN_TRANSIT), cfg=cfg, context=ParcelContext(carrier="gls")).stalled_after == 9


def test_a_limit_may_name_the_stage_too() -> None:
    cfg = DeriveConfig(stalled_after={"ups/ground/domestic/picked_up": 2, "ups/ground/domestic": 6, "*/*/*/customs": 8})

    limits = [state(event(at(20), each), cfg=cfg).stalled_after for each in (Status.PICKED_UP, Status.IN_TRANSIT)]

    assert limits == [2, 6]
    assert state(event(at(20), Status.CUSTOMS), cfg=cfg).stalled_after == 8


def test_a_limit_for_a_lane_does_not_speak_of_customs() -> None:
    assert state(event(at(20), Status.CUSTOMS), cfg=DeriveConfig(stalled_after={"ups/*/*": 9})).stalled_after == 5


def test_service_names_are_read_loosely() -> None:
    assert [service_class("x", name) for name in (None, "EXPRESS", "Economy", "2nd Day Air")] == [
        "ground",
        "express",
        "economy",
        "express",
    ]


@pytest.mark.parametrize(
    ("scan", "now_before", "now_after"),
    [
        # Clocks went back in Chicago on Sunday 1 November 2026, and forward on Sunday 8 March.
        (
            datetime(2026, 10, 29, 20, tzinfo=UTC),
            datetime(2026, 11, 3, 20, 59, tzinfo=UTC),
            datetime(2026, 11, 3, 21, tzinfo=UTC),
        ),
        (
            datetime(2026, 3, 5, 20, tzinfo=UTC),
            datetime(2026, 3, 10, 18, 59, tzinfo=UTC),
            datetime(2026, 3, 10, 19, tzinfo=UTC),
        ),
    ],
)
def test_summer_time_ending_or_beginning_neither_adds_nor_takes_a_day(
    scan: datetime, now_before: datetime, now_after: datetime
) -> None:
    moving = event(scan, Status.IN_TRANSIT)

    assert not state(moving, now=now_before).has(Flag.STALLED)
    assert state(moving, now=now_after).has(Flag.STALLED)


def test_a_label_is_no_scan() -> None:
    derived = state(event(at(10), Status.LABEL_CREATED))

    assert (derived.last_scan, derived.has(Flag.STALLED), derived.has(Flag.NO_CARRIER_DATA)) == (None, False, True)


@pytest.mark.parametrize(("day", "missing"), [(18, True), (19, False)])
def test_no_carrier_data_begins_two_business_days_after_shipping(day: int, missing: bool) -> None:
    context = ParcelContext(tz="America/Chicago", carrier="ups", shipped_at=at(day, 15))

    assert state(context=context).has(Flag.NO_CARRIER_DATA) is missing


# Promises and expectations.


def promised(latest: Moment, eta: Moment | None = None) -> ParcelContext:
    expected = None if eta is None else Eta(EtaKind.DATE, eta, eta, "America/Chicago", "carrier:ups")
    return ParcelContext(tz="America/Chicago", carrier="ups", promised=Promise(None, latest), eta=expected)


@pytest.mark.parametrize(
    ("now", "late"),
    [
        (datetime(2026, 11, 21, 5, 59, tzinfo=UTC), False),  # 23:59 in Chicago on the promised day
        (datetime(2026, 11, 21, 6, 1, tzinfo=UTC), True),
    ],
)
def test_late_begins_when_the_promised_day_ends_where_the_parcel_goes(now: datetime, late: bool) -> None:
    moving = event(at(20), Status.IN_TRANSIT)

    assert state(moving, now=now, context=promised(date(2026, 11, 20))).has(Flag.LATE) is late


def test_late_as_soon_as_the_carrier_expects_it_after_the_promise() -> None:
    moving = event(at(20), Status.IN_TRANSIT)

    assert state(moving, context=promised(date(2026, 11, 21), date(2026, 11, 23))).has(Flag.LATE)
    assert not state(moving, context=promised(date(2026, 11, 21), date(2026, 11, 21))).has(Flag.LATE)


def test_a_delivered_parcel_is_not_late() -> None:
    assert not state(DELIVERED, context=promised(date(2026, 11, 1))).has(Flag.LATE)


def revised(was: Moment, becomes: Moment, told: Moment | None = None) -> ParcelContext:
    eta = Eta(EtaKind.DATE, becomes, becomes, "America/Chicago", "carrier:ups", (EtaRevision(at(20), was, becomes),))
    return ParcelContext(tz="America/Chicago", carrier="ups", eta=eta, told=told)


@pytest.mark.parametrize(
    ("context", "is_revised"),
    [
        (revised(date(2026, 11, 21), date(2026, 11, 22)), True),
        (revised(date(2026, 11, 22), date(2026, 11, 21)), False),
        (revised(date(2026, 11, 21), date(2026, 11, 23), told=date(2026, 11, 23)), False),
        (revised(date(2026, 11, 22), date(2026, 11, 23), told=date(2026, 11, 20)), True),
        # 03:00 UTC on the 22nd is still the 21st in Chicago
        (revised(date(2026, 11, 21), datetime(2026, 11, 22, 3, tzinfo=UTC)), False),
    ],
)
def test_a_revision_counts_from_one_day_later_than_the_shopper_believed(
    context: ParcelContext, is_revised: bool
) -> None:
    assert state(event(at(20), Status.IN_TRANSIT), context=context).has(Flag.ETA_REVISED) is is_revised


def test_a_date_later_than_the_one_told_is_a_revision_though_nobody_recorded_it() -> None:
    eta = Eta(EtaKind.DATE, date(2026, 11, 23), date(2026, 11, 23), "America/Chicago", "carrier:ups")
    context = ParcelContext(tz="America/Chicago", carrier="ups", eta=eta, told=date(2026, 11, 22))

    assert state(event(at(20), Status.IN_TRANSIT), context=context).has(Flag.ETA_REVISED)


def test_an_expectation_that_passed_is_no_expectation() -> None:
    derived = state(event(at(20), Status.IN_TRANSIT), context=promised(date(2026, 12, 1), date(2026, 11, 19)))

    assert (derived.eta, derived.was_expected) == (None, date(2026, 11, 19))


@pytest.mark.parametrize(("scan", "promise", "lost"), [(3, 13, True), (3, 14, False), (13, 6, False)])
def test_presumed_lost_needs_twice_the_silence_and_a_week_beyond_the_promise(
    scan: int, promise: int, lost: bool
) -> None:
    derived = state(event(at(scan), Status.IN_TRANSIT), context=promised(date(2026, 11, promise)))

    assert derived.has(Flag.PRESUMED_LOST) is lost
    assert derived.status is Status.IN_TRANSIT


@pytest.mark.parametrize(
    ("reason", "flag"),
    [
        ("incorrect_address", Flag.ADDRESS_PROBLEM),
        ("Severe weather", Flag.WEATHER),
        ("missort", Flag.MISROUTED),
        ("signature required", Flag.SIGNATURE_REQUIRED),
    ],
)
def test_a_reason_sets_its_flag(reason: str, flag: Flag) -> None:
    assert state(event(at(20), Status.EXCEPTION, reason=reason)).has(flag)


# The parcel that stands for the order.


def test_the_headline_is_the_worst_parcel() -> None:
    parcels = [
        a_parcel(an_event(ago(hours=1), "delivered"), id="done"),
        a_parcel(an_event(ago(hours=1), "in_transit"), id="moving"),
        a_parcel(an_event(ago(hours=1), "exception"), id="stuck"),
    ]
    order = snap(an_order(shipments=parcels, fulfilment="shipped"))

    worst = headline(order, NOW, CFG)

    assert worst is not None
    assert worst[0].id == "stuck"


def test_without_trouble_the_headline_is_the_least_advanced_parcel() -> None:
    parcels = [
        a_parcel(an_event(ago(hours=1), "delivered"), id="done"),
        a_parcel(an_event(ago(hours=1), "out_for_delivery"), id="van"),
        a_parcel(an_event(ago(hours=1), "in_transit"), id="moving"),
    ]
    found = headline(snap(an_order(shipments=parcels, fulfilment="shipped")), NOW, CFG)

    assert found is not None
    assert found[0].id == "moving"


def test_an_order_without_parcels_has_no_headline() -> None:
    assert headline(snap(an_order()), NOW, CFG) is None


def test_a_parcel_from_abroad_gets_the_longer_limit() -> None:
    order = snap(shipped(an_event(ago(days=1), "in_transit", country="CN", region=None, city="Shenzhen")))

    assert derive_shipment(order, order.shipments[0], NOW, CFG).stalled_after == 7


def test_a_parcel_within_the_country_gets_the_shorter_limit() -> None:
    order = snap(shipped(an_event(ago(days=1), "in_transit"), order={"lines": [a_line(fulfilled=2)]}))

    assert derive_shipment(order, order.shipments[0], NOW, CFG).stalled_after == 3
