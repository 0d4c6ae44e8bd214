"""Laws of the derivation, tried on generated events: it ignores order and repetition, and it never fails."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from server.commerce.derive import DeriveConfig, ParcelContext, derive
from server.commerce.documents import decode_order
from server.commerce.model import Place, ShipmentStatus, TrackingEvent
from server.commerce.parse import snapshot
from server.commerce.wismo import decide, progress, tone
from tests.server.commerce.orders import Raw, a_parcel, an_order
from tests.server.commerce.test_wismo import assert_promised_facts

START = datetime(2026, 3, 1, tzinfo=UTC)
CFG = DeriveConfig()
CONTEXT = ParcelContext(tz="America/Chicago", carrier="ups")
QUICK = settings(max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

moments = st.integers(0, 60 * 24 * 40).map(lambda minutes: START + timedelta(minutes=minutes * 10))
reasons = st.sampled_from([None, "weather", "incorrect_address", "delivered_in_error", "refused"])


@st.composite
def tracking_events(draw: st.DrawFn) -> TrackingEvent:
    code = draw(st.sampled_from(ShipmentStatus))
    return TrackingEvent(
        code=code,
        raw_code=code.value,
        at=draw(moments),
        place=Place(draw(st.sampled_from([None, "Omaha", "Reno"]))),
        reason=draw(reasons),
        is_informational=draw(st.booleans()),
    )


histories = st.lists(tracking_events(), max_size=12, unique_by=lambda event: (event.at, event.raw_code, event.place))


@seed(20261120)
@QUICK
@given(histories, st.randoms(use_true_random=False), moments)
def test_order_and_repetition_of_events_do_not_matter(
    events: list[TrackingEvent], shuffler: random.Random, now: datetime
) -> None:
    doubled = [*events, *events]
    shuffler.shuffle(doubled)

    assert derive(doubled, now, CFG, CONTEXT) == derive(events, now, CFG, CONTEXT)


@seed(20261120)
@QUICK
@given(histories, moments)
def test_a_delivery_is_never_lost_to_scans_uploaded_late(events: list[TrackingEvent], delivered_at: datetime) -> None:
    delivery = TrackingEvent(code=ShipmentStatus.DELIVERED, raw_code="delivered", at=delivered_at)
    harmless = {ShipmentStatus.IN_TRANSIT, ShipmentStatus.PICKED_UP, ShipmentStatus.CUSTOMS, ShipmentStatus.EXCEPTION}
    late = [event for event in events if event.code in harmless and event.reason != "delivered_in_error"]

    state = derive([delivery, *late], START + timedelta(days=500), CFG, CONTEXT)

    assert (state.status, state.delivered_at) == (ShipmentStatus.DELIVERED, delivered_at)


words = st.one_of(st.none(), st.text(max_size=8))
times = st.one_of(moments.map(datetime.isoformat), st.dates(START.date()).map(str).filter(lambda text: text < "2199"))


def parts(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[Raw]:
    return st.fixed_dictionaries({}, optional=fields)


raw_events = st.fixed_dictionaries(
    {"at": times, "code": st.one_of(st.sampled_from([status.value for status in ShipmentStatus]), st.text(max_size=5))},
    optional={"reason": words, "text": words, "city": words, "region": words, "country": words},
)
ranges = parts(min=times, max=times)
parcels = parts(
    carrier=words,
    service=words,
    tracking_number=words,
    shipped_at=times,
    events=st.lists(raw_events, max_size=4),
    eta=ranges,
    attempts=st.integers(-3, 5),
    pickup=parts(place=words, until=times),
    duty=parts(amount=st.integers(0, 9999)),
    pod=parts(signed_by=words, place=words),
)
orders = parts(
    fulfilment=st.sampled_from(
        ["unfulfilled", "processing", "partially_shipped", "shipped", "on_hold", "scheduled", "odd"]
    ),
    payment=st.fixed_dictionaries({"status": words}) | st.just({"status": "paid"}),
    promised=ranges,
    fulfil_by=times,
    fulfil_at=times,
    hold_sla=st.one_of(words, st.integers()),
    holds=st.lists(
        st.fixed_dictionaries({"reason": st.sampled_from(["address", "fraud_review", "other"])}), max_size=1
    ),
    ship_to=parts(country=words, region=words),
    cancelled_at=st.none() | times,
)


@seed(20261120)
@QUICK
@given(orders, st.lists(parcels, max_size=3), moments, st.booleans())
def test_every_order_that_can_be_read_gets_a_whole_answer(
    changes: Raw, shipments: list[Raw], now: datetime, not_received: bool
) -> None:
    numbered = [{**a_parcel(), **parcel, "id": f"s{index}"} for index, parcel in enumerate(shipments)]
    document, _ = decode_order(an_order(**{**changes, "shipments": numbered}))
    order = snapshot(document, as_of=now, source="embedded")

    answer = decide(order, now, not_received=not_received)

    for result in answer.parcels:
        assert_promised_facts(result)
    assert tone(answer) in {"good", "neutral", "warn", "bad"}
    assert progress(order, now)[0].key == "ordered"
