"""Laws of the derivation, tried on generated events: it ignores order and repetition, and it never fails.

Each law is tried a hundred times in every run, and ten thousand times by `make long`.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from server.commerce.derive import DeriveConfig, ParcelContext, derive
from server.commerce.documents import decode_order
from server.commerce.model import Place, Promise, ShipmentFlag, ShipmentStatus, TrackingEvent, WorkStatus
from server.commerce.parse import snapshot
from server.commerce.wismo import (
    AGE_FACTS,
    ANSWER_FACTS,
    PARCEL_FACTS,
    PROBLEM_FACTS,
    ROW_FACTS,
    WismoConfig,
    decide,
    progress,
    tone,
)
from tests.server.commerce.orders import Raw, a_parcel, an_order
from tests.server.commerce.test_wismo import assert_promised_facts

START = datetime(2026, 3, 1, tzinfo=UTC)
CFG = DeriveConfig()
CONTEXT = ParcelContext(tz="America/Chicago", carrier="ups")
QUICK = settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=10_000)
Law = Callable[..., None]


def tried(law: Law, *given_these: st.SearchStrategy[Any]) -> Law:
    """A law as a test of every run."""
    return QUICK(seed(20261120)(given(*given_these)(law)))


def tried_long(law: Law, *given_these: st.SearchStrategy[Any]) -> Law:
    """The same law, ten thousand times."""
    test: Law = LONG(seed(20261120)(given(*given_these)(law)))
    return pytest.mark.long(pytest.mark.timeout(1800)(test))


moments = st.integers(0, 60 * 24 * 40).map(lambda minutes: START + timedelta(minutes=minutes * 10))
reasons = st.sampled_from([None, "weather", "incorrect_address", "delivered_in_error", "refused"])


instants = st.none() | moments


@st.composite
def tracking_events(draw: st.DrawFn) -> TrackingEvent:
    code = draw(st.sampled_from(ShipmentStatus))
    return TrackingEvent(
        code=code,
        raw_code=draw(st.sampled_from([code.value, "X1"])),
        at=draw(moments),
        place=Place(draw(st.sampled_from([None, "Omaha", "Reno"]))),
        reason=draw(reasons),
        sequence=draw(st.none() | st.integers(0, 2)),
        received_at=draw(instants),
        is_informational=draw(st.booleans()),
        flags=draw(st.frozensets(st.sampled_from(ShipmentFlag), max_size=2)),
    )


histories = st.lists(tracking_events(), max_size=12)
close_histories = st.integers(0, 3).flatmap(
    lambda shift: st.lists(tracking_events(), max_size=8).map(
        lambda events: [
            replace(event, at=START + timedelta(hours=index % 3 + shift)) for index, event in enumerate(events)
        ]
    )
)
contexts = st.builds(
    ParcelContext,
    tz=st.sampled_from(["America/Chicago", "Europe/Berlin", "Pacific/Apia", "No/Where"]),
    carrier=st.sampled_from([None, "ups", "usps"]),
    service=st.sampled_from([None, "express"]),
    lane=st.sampled_from(["domestic", "cross_border"]),
    shipped_at=instants,
    promised=st.none() | st.builds(Promise, st.none(), st.none() | st.dates() | moments),
    told=st.none() | st.dates() | moments,
    feed_as_of=instants,
    read_at=instants,
    traced_lost_at=instants,
)
configs = st.builds(DeriveConfig, feed_fresh_for=st.sampled_from([None, timedelta(days=1)]))


def ignores_order_and_repetition(
    events: list[TrackingEvent], shuffler: random.Random, now: datetime, context: ParcelContext
) -> None:
    doubled = [*events, *events]
    shuffler.shuffle(doubled)

    assert derive(doubled, now, CFG, context) == derive(events, now, CFG, context)


def keeps_a_delivery(events: list[TrackingEvent], delivered_at: datetime) -> None:
    delivery = TrackingEvent(code=ShipmentStatus.DELIVERED, raw_code="delivered", at=delivered_at)
    harmless = {ShipmentStatus.IN_TRANSIT, ShipmentStatus.PICKED_UP, ShipmentStatus.CUSTOMS, ShipmentStatus.EXCEPTION}
    late = [event for event in events if event.code in harmless and event.reason != "delivered_in_error"]

    state = derive([delivery, *late], START + timedelta(days=500), CFG, CONTEXT)

    assert (state.status, state.delivered_at) == (ShipmentStatus.DELIVERED, delivered_at)


def never_fails(events: list[TrackingEvent], now: datetime, cfg: DeriveConfig, context: ParcelContext) -> None:
    state = derive(events, now, cfg, context)

    closed = {ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.LOST, ShipmentStatus.CANCELLED}
    assert state.is_open is (state.status not in closed)
    assert state.is_open or not state.flags & {ShipmentFlag.LATE, ShipmentFlag.STALLED, ShipmentFlag.ETA_REVISED}
    assert min(state.quiet_days, state.unscanned_days) >= 0 < state.stalled_after


SHUFFLED = (histories | close_histories, st.randoms(use_true_random=False), moments, contexts)
test_order_and_repetition_of_events_do_not_matter = tried(ignores_order_and_repetition, *SHUFFLED)
test_order_and_repetition_of_events_never_matter = tried_long(ignores_order_and_repetition, *SHUFFLED)

test_a_delivery_is_not_lost_to_scans_uploaded_late = tried(keeps_a_delivery, histories, moments)
test_a_delivery_is_never_lost_to_scans_uploaded_late = tried_long(keeps_a_delivery, histories, moments)

test_every_history_has_a_state = tried(never_fails, histories, moments, configs, contexts)
test_no_history_fails = tried_long(never_fails, histories, moments, configs, contexts)


words = st.one_of(st.none(), st.text(max_size=8))
times = st.one_of(moments.map(datetime.isoformat), st.dates(START.date()).map(str).filter(lambda text: text < "2199"))


def parts(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[Raw]:
    return st.fixed_dictionaries({}, optional=fields)


raw_events = st.fixed_dictionaries(
    {"at": times, "code": st.one_of(st.sampled_from([status.value for status in ShipmentStatus]), st.text(max_size=5))},
    optional={
        "reason": words,
        "text": words,
        "city": words,
        "region": words,
        "country": words,
        "flags": st.lists(st.sampled_from(["late", "stalled", "duty_due", "no_carrier_data", "odd"]), max_size=2),
    },
)
ranges = parts(min=times, max=times)
parcels = parts(
    carrier=words,
    service=words,
    feed_as_of=times,
    tracking_number=words,
    shipped_at=times,
    events=st.lists(raw_events, max_size=4),
    eta=ranges,
    attempts=st.integers(-3, 5),
    pickup=parts(place=words, until=times),
    duty=parts(amount=st.integers(0, 9999)),
    pod=parts(signed_by=words, place=words),
)
problems = st.fixed_dictionaries(
    {"kind": st.sampled_from(["failed", "charged_twice", "refund_bounced", "odd"])},
    optional={"at": times, "amount": st.integers(0, 9), "refund": st.sampled_from(["r1", "r9"])},
)
orders = parts(
    fulfilment=st.sampled_from(
        ["unfulfilled", "processing", "partially_shipped", "shipped", "on_hold", "scheduled", "odd"]
    ),
    payment=st.fixed_dictionaries({"status": words}, optional={"problems": st.lists(problems, max_size=2)})
    | st.just({"status": "paid"}),
    promised=ranges,
    fulfil_by=times,
    fulfil_at=times,
    hold_sla=st.one_of(words, st.integers()),
    holds=st.lists(
        st.fixed_dictionaries({"reason": st.sampled_from(["address", "fraud_review", "other"])}), max_size=1
    ),
    ship_to=parts(country=words, region=words),
    cancelled_at=st.none() | times,
    fulfilment_orders=st.lists(
        st.fixed_dictionaries(
            {"id": st.just("w"), "status": st.sampled_from([*WorkStatus, "odd"]).map(str)},
            optional={
                "request_status": words,
                "holds": st.lists(st.sampled_from(["address", "fraud_review", "odd"]), max_size=2),
                "fulfil_at": times,
                "fulfil_by": times,
                "lines": st.just([{"line": "l1", "quantity": 1}]),
            },
        ),
        max_size=3,
    ),
    refunds=st.lists(
        st.fixed_dictionaries(
            {"id": st.sampled_from(["r1", "r2"]), "amount": st.integers(0, 9), "status": st.text(max_size=5)},
            optional={"at": times},
        ),
        max_size=2,
    ),
)


def is_answered(
    changes: Raw, shipments: list[Raw], now: datetime, not_received: bool, age: timedelta, cfg: WismoConfig
) -> None:
    numbered = [{**a_parcel(), **parcel, "id": f"s{index}"} for index, parcel in enumerate(shipments)]
    document, _ = decode_order(an_order(**{**changes, "shipments": numbered}))
    order = snapshot(document, as_of=now - age, source="embedded")

    answer = decide(order, now, not_received=not_received, cfg=cfg)

    for result in answer.parcels:
        assert_promised_facts(result)
    assert {fact.key for fact in answer.facts} <= PROMISED | ANSWER_FACTS | AGE_FACTS | PROBLEM_FACTS
    assert tone(answer) in {"good", "neutral", "warn", "bad"}
    assert progress(order, now)[0].key == "ordered"


PROMISED = frozenset.union(PARCEL_FACTS, *(each.required | each.optional for each in ROW_FACTS.values()))
wismo_configs = st.builds(WismoConfig, derive=configs)
ages = st.sampled_from([timedelta(0), timedelta(minutes=6), timedelta(days=4)])
READ = (orders, st.lists(parcels, max_size=3), moments, st.booleans(), ages, wismo_configs)
test_every_order_that_can_be_read_gets_a_whole_answer = tried(is_answered, *READ)
test_no_order_that_can_be_read_fails = tried_long(is_answered, *READ)
