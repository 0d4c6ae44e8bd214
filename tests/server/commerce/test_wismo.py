"""The thirty rows of the decision table, each with its nearest miss and the edge of its escalation."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server.commerce.model import Fact, LocalTime, Money, Place, Window
from server.commerce.wismo import (
    AGE_FACTS,
    ANSWER_FACTS,
    OFFERS,
    PARCEL_FACTS,
    ROW_FACTS,
    RowResult,
    Signals,
    WismoAnswer,
    WismoConfig,
    decide,
    tone,
    unreadable,
)
from tests.server.commerce.orders import NOW, Raw, a_line, a_parcel, ago, ahead, an_event, an_order, shipped, snap

CFG = WismoConfig()


@dataclass(frozen=True)
class Case:
    """An order, the row that it must get, and who must hear of it (`person`, `task`, `reminder`)."""

    name: str
    raw: Raw
    row: int
    escalated: tuple[str, ...] = ()
    signals: Signals = field(default_factory=Signals)
    not_received: bool = False
    now: datetime = NOW

    def answer(self) -> WismoAnswer:
        order = snap(self.raw, as_of=self.now)
        return decide(order, self.now, not_received=self.not_received, cfg=CFG, signals=self.signals)


def scan(at: str, code: str = "in_transit", **changes: object) -> Raw:
    return an_event(at, code, **changes)


def cancelled(hours: float, **changes: object) -> Raw:
    return an_order(cancelled_at=ago(hours=hours), cancel_reason="customer_request", **changes)


def refund(status: str) -> list[Raw]:
    return [{"id": "r1", "at": ago(hours=20), "amount": 5500, "status": status, "method": "original", "lines": []}]


def held(reason: str, **since: float) -> Raw:
    return an_order(fulfilment="on_hold", holds=[{"reason": reason, "since": ago(**since)}])


def unpaid(status: str, **changes: object) -> Raw:
    return an_order(payment={"status": status, "methods": []}, **changes)


def unfulfilled(**changes: object) -> Raw:
    return an_order(**{"fulfil_by": "2026-11-23", "promised": {"min": "2026-11-24", "max": "2026-11-27"}, **changes})


def worked(status: str, **work: object) -> Raw:
    """In a warehouse."""
    return unfulfilled(fulfilment_orders=[{"id": "w1", "status": status, **work}])


def expensive(code: str, at: str, **parcel: object) -> Raw:
    dear = {"lines": [a_line(fulfilled=2, unit_price=20_000)]}
    return shipped(scan(ago(days=2), "in_transit"), scan(at, code), order=dear, **parcel)


def moved(**eta: object) -> Raw:
    """An expectation that moved from Saturday to Monday."""
    step = {"at": ago(hours=1), "from": "2026-11-21", "to": "2026-11-23"}
    return {"min": "2026-11-23", "max": "2026-11-23", "revisions": [step], **eta}


FRESH = scan("2026-11-20T17:40:00Z")
TOLD_LATE_LABEL = scan(ago(hours=3), "label_created", flags=["no_carrier_data"])
ATTEMPT_TOLD_TWICE = [
    scan(ago(hours=2), "attempted", raw_code="ATTEMPTED_DELIVERY", source="shopify"),
    scan(ago(hours=2), "attempted", raw_code="failure/delivery_exception", source="easypost"),
]
WEEKS_AGO: Raw = {"promised": {"min": "2026-11-05", "max": "2026-11-09"}, "placed_at": "2026-11-01T10:00:00Z"}
LONG_PROMISED: Raw = {"promised": {"min": "2026-11-18", "max": "2026-12-10"}}
LAST_MONTH: Raw = {"promised": {"min": "2026-11-10", "max": "2026-11-16"}}
PERSON = ("person",)

CASES = [
    # 1 cancelled
    Case("cancelled, refund pending", cancelled(48, refunds=refund("pending")), 1),
    Case("cancelled an hour ago, no refund yet", cancelled(1), 1),
    Case("cancelled, refund missing for more than a day", cancelled(25), 1, PERSON),
    Case("cancelled, refund failed", cancelled(25, refunds=refund("failed")), 1, PERSON),
    Case("cancelled, nothing had been paid", cancelled(48, payment={"status": "voided", "methods": []}), 1),
    Case("cancelled wins over a parcel", shipped(FRESH, order={"cancelled_at": ago(hours=2)}), 1),
    # 2 payment
    Case("payment pending", unpaid("pending"), 2),
    Case("payment failed", unpaid("failed"), 2),
    Case("payment expired", unpaid("expired"), 2),
    Case("payment hold", held("payment", hours=3), 2),
    Case("payment only authorised is complete enough", unfulfilled(payment={"status": "authorized"}), 7),
    Case("payment failed, shopper shows a charge", unpaid("failed"), 2, PERSON, Signals(shows_proof_of_charge=True)),
    Case("payment pending, but it has shipped", shipped(FRESH, order={"payment": {"status": "pending"}}), 12),
    # 3 address
    Case("address hold", held("address", hours=47), 3),
    Case("address hold for more than 48 hours", held("address", hours=49), 3, PERSON),
    Case("another hold is not an address hold", held("other", hours=1), 30, PERSON),
    # 4 routine check
    Case("routine check within its time", held("fraud_review", hours=23), 4),
    Case("routine check beyond its time", held("fraud_review", hours=25), 4, PERSON),
    Case("routine check, the shop's own time", {**held("fraud_review", hours=25), "hold_sla": "P2D"}, 4),
    Case("routine check, upset", held("fraud_review", hours=1), 4, PERSON, Signals(is_upset=True)),
    # 5 back-order
    Case("back-ordered, date known", unfulfilled(lines=[a_line(backorder={"expected_on": "2026-12-01"})]), 5),
    Case("back-ordered, date today", unfulfilled(lines=[a_line(backorder={"expected_on": "2026-11-20"})]), 5),
    Case("back-ordered, date passed", unfulfilled(lines=[a_line(backorder={"expected_on": "2026-11-19"})]), 5, PERSON),
    Case("out of stock without a date", held("out_of_stock", hours=1), 5, PERSON),
    Case("no back-order", unfulfilled(lines=[a_line(backorder=None)]), 7),
    # 6 pre-order, scheduled
    Case("pre-order", unfulfilled(lines=[a_line(preorder={"release_on": "2026-12-05"})]), 6),
    Case("pre-order released yesterday", unfulfilled(lines=[a_line(preorder={"release_on": "2026-11-19"})]), 7),
    Case("scheduled", an_order(fulfilment="scheduled", fulfil_at="2026-11-25"), 6),
    Case("scheduled for yesterday", an_order(fulfilment="scheduled", fulfil_at="2026-11-19"), 6, PERSON),
    # 7 preparing
    Case("being prepared", unfulfilled(), 7),
    Case("must leave today: not late before midnight there", unfulfilled(fulfil_by="2026-11-20"), 7),
    Case("a moment is left to add to the order", held("upsell_window", minutes=5), 7),
    # 8 overdue
    Case("should have left yesterday", unfulfilled(fulfil_by="2026-11-19"), 8, ("task",)),
    Case("should have left two days ago", unfulfilled(fulfil_by="2026-11-18"), 8, ("task",)),
    Case("should have left three days ago", unfulfilled(fulfil_by="2026-11-17"), 8, ("task", "person")),
    Case("no ship date, delivery promise missed", an_order(promised={"max": "2026-11-19"}), 8, ("task",)),
    Case("no dates at all, a month old", an_order(placed_at=ago(days=31), promised=None), 8, ("task",)),
    Case("no dates at all, two weeks old", an_order(placed_at=ago(days=14), promised=None), 7),
    # 9 picking
    Case("being picked", unfulfilled(fulfilment="processing"), 9),
    Case("picking, recall refused", unfulfilled(fulfilment="processing"), 9, PERSON, Signals(recall_rejected=True)),
    Case("picking, but long overdue", unfulfilled(fulfilment="processing", fulfil_by="2026-11-19"), 8, ("task",)),
    # 5 to 9, as the warehouse tells
    Case("the warehouse has packed it", worked("packed"), 9),
    Case("the warehouse picks it", worked("picked", request_status="accepted"), 9),
    Case("the warehouse refused to give it back", worked("picked", request_status="cancellation_rejected"), 9, PERSON),
    Case("the warehouse has not begun", worked("open"), 7),
    Case("the warehouse must have shipped it by yesterday", worked("open", fulfil_by="2026-11-19"), 8, ("task",)),
    Case("packed, but should have left yesterday", worked("packed", fulfil_by="2026-11-19"), 8, ("task",)),
    Case("the warehouse holds it for its address", worked("on_hold", holds=["address"]), 3),
    Case("the warehouse has none left", worked("on_hold", holds=["out_of_stock"]), 5, PERSON),
    Case("a check holds it in the warehouse", worked("on_hold", holds=["fraud_review"], at=ago(hours=2)), 4),
    Case("the warehouse plans it for next week", worked("scheduled", fulfil_at="2026-11-27"), 6),
    Case("the warehouse has planned it for yesterday", worked("scheduled", fulfil_at="2026-11-19"), 6, PERSON),
    Case("the warehouse gave it up", worked("incomplete"), 30, PERSON),
    Case("the warehouse says something new", worked("levitating"), 30, PERSON),
    Case("the warehouse is done with other lines", worked("closed"), 7),
    # 10 and 11 label
    Case("label made yesterday", shipped(scan("2026-11-19T15:00:00Z", "label_created"), shipped_at=None), 10),
    Case("label made, no events at all", shipped(shipped_at="2026-11-19T15:00:00Z"), 10),
    Case("no scan for two business days", shipped(scan("2026-11-18T15:00:00Z", "label_created")), 11, ("task",)),
    Case(
        "label on Friday, asked on Sunday",
        shipped(shipped_at="2026-11-20T15:00:00Z"),
        10,
        now=datetime(2026, 11, 22, 18, tzinfo=UTC),
    ),
    Case("no scan for three", shipped(shipped_at="2026-11-17T15:00:00Z"), 11, ("task",)),
    Case("no scan for four", shipped(shipped_at="2026-11-16T15:00:00Z"), 11, ("task", "person")),
    Case("nobody knows when the label was made", shipped(shipped_at=None), 11, ("task",)),
    # 12 on its way
    Case("in transit", shipped(FRESH, eta={"min": "2026-11-21", "max": "2026-11-21"}), 12),
    Case("picked up", shipped(scan(ago(hours=5), "picked_up")), 12),
    Case("marked as shipped, no carrier has it yet", shipped(TOLD_LATE_LABEL, shipped_at=ago(hours=3)), 10),
    Case("in transit, without any date", shipped(FRESH, order={"promised": None}), 12),
    # 13 new date
    Case("the example: new date, late", shipped(FRESH, eta=moved()), 13),
    Case("new date within the promise", shipped(FRESH, eta=moved(), order=LONG_PROMISED), 13),
    Case(
        "the same day, later hour, is no new date",
        shipped(
            FRESH,
            eta={
                "min": "2026-11-21T16:00:00Z",
                "max": "2026-11-21T20:00:00Z",
                "revisions": [{"at": ago(hours=1), "from": "2026-11-21T18:00:00Z", "to": "2026-11-21T20:00:00Z"}],
            },
        ),
        12,
    ),
    Case("promised day over, still moving", shipped(FRESH, order=LAST_MONTH), 13),
    Case("new date, VIP", shipped(FRESH, eta=moved()), 13, PERSON, Signals(is_vip=True)),
    Case("new date, perishable", shipped(FRESH, eta=moved(), order={"tags": ["perishable"]}), 13, PERSON),
    Case(
        "the shopper was told the new date already",
        shipped(FRESH, eta=moved(), order=LONG_PROMISED),
        12,
        signals=Signals(told={"s1": date(2026, 11, 23)}),
    ),
    Case("silent, but with a new date", shipped(scan("2026-11-16T17:00:00Z"), eta=moved(), order=LONG_PROMISED), 13),
    Case("the carrier says that it is late", shipped(scan(ago(hours=1), flags=["late"]), order=LONG_PROMISED), 13),
    # 14 silent, in time
    Case(
        "the carrier says that it is held up", shipped(scan(ago(hours=1), flags=["stalled"]), order=LONG_PROMISED), 14
    ),
    Case(
        "silent, and the new date has passed too",
        shipped(
            scan("2026-11-16T17:00:00Z"),
            eta={
                "min": "2026-11-19",
                "max": "2026-11-19",
                "revisions": [{"at": ago(days=3), "from": "2026-11-17", "to": "2026-11-19"}],
            },
            order=LONG_PROMISED,
        ),
        14,
    ),
    Case("no scan for three business days", shipped(scan("2026-11-17T17:00:00Z"), order=LONG_PROMISED), 14),
    Case("no scan for two business days", shipped(scan("2026-11-18T17:00:00Z"), order=LONG_PROMISED), 12),
    Case("silent for twice the limit", shipped(scan("2026-11-12T17:00:00Z"), order=LONG_PROMISED), 14, PERSON),
    Case("silent, one less than twice", shipped(scan("2026-11-13T17:00:00Z"), order=LONG_PROMISED), 14),
    # 15 silent, late
    Case("silent and late", shipped(scan("2026-11-16T17:00:00Z"), order=LAST_MONTH), 15),
    Case(
        "silent, promised for today",
        shipped(scan("2026-11-16T17:00:00Z"), order={"promised": {"max": "2026-11-20"}}),
        14,
    ),
    Case(
        "silent, late and expensive",
        shipped(
            scan("2026-11-16T17:00:00Z"),
            order={**LAST_MONTH, "lines": [a_line(fulfilled=2, unit_price=20_000)]},
        ),
        15,
        PERSON,
    ),
    Case(
        "trace unanswered",
        shipped(scan("2026-11-16T17:00:00Z"), order=LAST_MONTH),
        15,
        PERSON,
        Signals(trace_opened_at=NOW - timedelta(days=9)),
    ),
    Case(
        "trace still has time",
        shipped(scan("2026-11-16T17:00:00Z"), order=LAST_MONTH),
        15,
        signals=Signals(trace_opened_at=NOW - timedelta(days=3)),
    ),
    # 16 customs
    Case("with customs", shipped(scan(ago(days=2), "customs")), 16),
    Case("through customs", shipped(scan(ago(days=2), "customs"), FRESH), 12),
    Case("with customs for five business days", shipped(scan("2026-11-13T17:00:00Z", "customs")), 16, PERSON),
    Case("customs want papers", shipped(scan(ago(days=1), "customs"), duty={"documents_requested": True}), 16, PERSON),
    Case("duty due", shipped(scan(ago(days=1), "customs"), duty={"amount": 900, "url": "https://pay.test/d"}), 16),
    Case("duty due, nobody says how much", shipped(scan(ago(days=1), "customs", flags=["duty_due"])), 16),
    Case("duty on duty-paid", shipped(scan(ago(days=1), "customs"), duty={"amount": 900, "prepaid": True}), 16, PERSON),
    # 17 address problem
    Case("address problem", shipped(scan(ago(hours=3), "exception", reason="incorrect_address")), 17),
    Case(
        "address problem, going back",
        shipped(scan(ago(hours=3), "exception", reason="bad_address", text="Return to sender requested")),
        17,
        PERSON,
    ),
    Case(
        "address differs",
        shipped(scan(ago(hours=3), "exception", reason="incorrect_address")),
        17,
        PERSON,
        Signals(address_differs=True),
    ),
    # 18 other exceptions
    Case("weather", shipped(scan(ago(hours=3), "exception", reason="weather_delay")), 18),
    Case("exception without a reason", shipped(scan(ago(hours=47), "exception")), 18),
    Case("exception, silent since", shipped(scan(ago(hours=49), "exception", reason="mechanical")), 18, PERSON),
    Case("weather is over", shipped(scan(ago(hours=9), "exception", reason="weather"), FRESH), 12),
    # 19 damaged
    Case("damaged", shipped(scan(ago(hours=3), "damaged")), 19),
    Case("damaged and expensive", expensive("damaged", ago(hours=3)), 19, PERSON),
    # 20 on the vehicle
    Case("on the vehicle", shipped(scan("2026-11-20T14:00:00Z", "out_for_delivery")), 20),
    Case(
        "on the vehicle since yesterday, before noon there",
        shipped(scan("2026-11-19T14:00:00Z", "out_for_delivery")),
        20,
        now=datetime(2026, 11, 20, 17, 59, tzinfo=UTC),
    ),
    Case("on the vehicle since yesterday, noon there", shipped(scan("2026-11-19T14:00:00Z", "out_for_delivery")), 14),
    Case(
        "the van did not come by noon of the next day, and there had been an attempt",
        shipped(scan("2026-11-19T14:00:00Z", "out_for_delivery"), attempts=1),
        21,
    ),
    Case(
        "the van did not come, and the promise is over",
        shipped(scan("2026-11-18T14:00:00Z", "out_for_delivery"), order=LAST_MONTH),
        15,
    ),
    Case("back at the depot is in transit again", shipped(scan(ago(hours=9), "out_for_delivery"), FRESH), 12),
    # 21 attempted
    Case("first attempt", shipped(scan(ago(hours=2), "attempted", reason="nobody_home")), 21),
    Case("second attempt", shipped(scan(ago(days=1), "attempted"), scan(ago(hours=2), "attempted")), 21, PERSON),
    Case("one attempt, told by shop and carrier", shipped(*ATTEMPT_TOLD_TWICE), 21),
    Case("final attempt", shipped(scan(ago(hours=2), "attempted"), attempts=[{"final": True}]), 21, PERSON),
    # 22 to be collected
    Case(
        "waits for two days", shipped(scan(ago(hours=2), "available_for_pickup"), pickup={"until": ahead(hours=49)}), 22
    ),
    Case(
        "waits for less than two days",
        shipped(scan(ago(hours=2), "available_for_pickup"), pickup={"place": "Shop 7", "until": ahead(hours=47)}),
        22,
        ("reminder",),
    ),
    Case(
        "time to collect is over",
        shipped(scan(ago(days=9), "available_for_pickup"), pickup={"until": ago(hours=1)}),
        22,
        PERSON,
    ),
    # 23 delivered
    Case(
        "delivered",
        shipped(scan(ago(hours=30), "delivered"), pod={"place": "Front door", "signed_by": "Ana Souza"}),
        23,
    ),
    Case("delivered, then an old scan uploaded late", shipped(scan(ago(hours=3), "delivered"), FRESH), 23),
    # 24 delivered, not received
    Case("not received, a day later", shipped(scan(ago(hours=30), "delivered")), 24, not_received=True),
    Case("not received, too early to tell", shipped(scan(ago(hours=23), "delivered")), 24, not_received=True),
    Case("not received, but not delivered", shipped(FRESH), 12, not_received=True),
    Case("not received and expensive", expensive("delivered", ago(hours=30)), 24, PERSON, not_received=True),
    Case(
        "not received, second claim in a year",
        shipped(scan(ago(hours=30), "delivered")),
        24,
        PERSON,
        Signals(not_received_claims_12m=1),
        not_received=True,
    ),
    Case(
        "not received, police mentioned",
        shipped(scan(ago(hours=30), "delivered")),
        24,
        PERSON,
        Signals(mentions_police=True),
        not_received=True,
    ),
    Case(
        "not received, delivered elsewhere",
        shipped(scan(ago(hours=30), "delivered")),
        24,
        PERSON,
        Signals(has_gps_mismatch=True),
        not_received=True,
    ),
    # 25 going back
    Case("going back", shipped(scan(ago(days=13), "returning", reason="refused")), 25),
    Case("going back for two weeks", shipped(scan(ago(days=14), "returning", reason="refused")), 25, PERSON),
    Case("going back after delivery", shipped(scan(ago(days=3), "delivered"), scan(ago(days=1), "returning")), 25),
    # 26 back
    Case("back with the shop", shipped(scan(ago(days=6), "returned")), 26),
    Case("back, no choice for a week", shipped(scan(ago(days=7), "returned")), 26, ("reminder",)),
    Case("back, refund made", shipped(scan(ago(days=9), "returned"), order={"refunds": refund("succeeded")}), 26),
    # 27 lost
    Case("lost", shipped(scan(ago(days=2), "lost")), 27),
    Case("lost and expensive", expensive("lost", ago(hours=3)), 27, PERSON),
    Case("lost, nothing in stock", shipped(scan(ago(days=2), "lost")), 27, PERSON, Signals(out_of_stock=True)),
    Case("second loss", shipped(scan(ago(days=2), "lost")), 27, PERSON, Signals(losses_12m=1)),
    Case("presumed lost", shipped(scan("2026-11-03T17:00:00Z"), order=WEEKS_AGO), 27, PERSON),
    Case(
        "silent for long, promise missed by six days only",
        shipped(scan("2026-11-03T17:00:00Z"), order={"promised": {"max": "2026-11-14"}}),
        15,
    ),
    # 29 digital
    Case("nothing to ship", an_order(fulfilment="not_required"), 29),
    Case("only digital lines", an_order(lines=[a_line(requires_shipping=False)]), 29),
    Case(
        "e-mail changed last week",
        an_order(fulfilment="not_required"),
        29,
        PERSON,
        Signals(email_changed_at=NOW - timedelta(days=7)),
    ),
    # 30 not clear
    Case("fulfilment unknown", an_order(fulfilment="teleported"), 30, PERSON),
    Case("payment unknown", an_order(payment={"status": None}), 30, PERSON),
    Case("on hold, nobody says why", an_order(fulfilment="on_hold"), 30, PERSON),
    Case("shipped, without any parcel", an_order(fulfilment="shipped", lines=[a_line(fulfilled=2)]), 30, PERSON),
    Case("the carrier says something new", shipped(scan(ago(hours=2), "quantum_state")), 30, PERSON),
    Case("refunded, but not cancelled", unpaid("refunded"), 30, PERSON),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.name}")
def test_an_order_gets_its_row_and_only_its_escalations(case: Case) -> None:
    answer = case.answer()

    assert (answer.row, tuple(each.to for each in answer.escalate)) == (case.row, case.escalated)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.name}")
def test_a_row_has_the_facts_it_promises_and_no_others(case: Case) -> None:
    for result in case.answer().parcels:
        assert_promised_facts(result)


def assert_promised_facts(result: RowResult) -> None:
    promise = ROW_FACTS[result.row]
    keys = {fact.key for fact in result.facts}
    about_parcel = PARCEL_FACTS if result.shipment_id is not None else frozenset()
    assert promise.required <= keys
    assert keys <= promise.required | promise.optional | about_parcel
    assert all(is_typed(fact) for fact in result.facts)
    assert set(result.offers) <= OFFERS


KINDS: dict[str, tuple[type, ...]] = {
    "date": (date,),
    "datetime": (LocalTime,),
    "window": (Window,),
    "amount": (Money,),
    "place": (Place, str),
    "count": (int,),
}


def is_typed(fact: Fact) -> bool:
    """The kind of a fact fixes the type of its value, and a fact says where and when it was read."""
    is_exact = not (fact.kind == "date" and isinstance(fact.value, datetime))
    is_sourced = bool(fact.source) and fact.at.tzinfo is not None
    return isinstance(fact.value, KINDS.get(fact.kind, (str,))) and is_exact and is_sourced


def test_the_table_is_tested_whole() -> None:
    assert {case.row for case in CASES} | {28} == set(ROW_FACTS) == set(range(1, 31))


def test_every_case_has_a_tone() -> None:
    tones = {case.row: tone(case.answer()) for case in CASES}

    assert (tones[23], tones[12], tones[13], tones[27]) == ("good", "neutral", "warn", "bad")


# The example of the table: a revised date, late, last seen in Omaha.


def test_a_revised_date_is_told_with_the_one_it_replaces() -> None:
    order = shipped(scan("2026-11-20T11:40:00-06:00", reason=None), eta=moved())

    answer = decide(snap(order), NOW)

    assert values(answer, "eta", "old", "last_event", "carrier", "tracking_number") == [
        date(2026, 11, 23),
        date(2026, 11, 21),
        "in_transit",
        "ups",
        "1ZA1B2C30300000012",
    ]
    assert values(answer, "last_at") == [LocalTime(datetime(2026, 11, 20, 17, 40, tzinfo=UTC), "America/Chicago")]
    assert values(answer, "last_city") == [Place("Omaha", "NE", "US")]
    assert answer.fact("reason") is None


def test_a_day_that_was_told_already_replaces_nothing() -> None:
    order = snap(shipped(FRESH, eta=moved(), order=LAST_MONTH))

    heard = decide(order, NOW, cfg=CFG, signals=Signals(told={"s1": date(2026, 11, 23)}))

    assert (heard.row, values(heard, "eta"), heard.fact("old")) == (13, [date(2026, 11, 23)], None)


def test_a_reason_is_told_only_when_the_carrier_gave_one() -> None:
    order = shipped(scan(ago(hours=1), reason="heavy_snow"), eta=moved())

    assert values(decide(snap(order), NOW), "reason") == ["heavy snow"]


def values(answer: WismoAnswer, *keys: str) -> list[object]:
    return [fact.value for key in keys if (fact := answer.fact(key)) is not None]


def test_an_expectation_in_the_past_is_told_as_one() -> None:
    order = shipped(FRESH, eta={"min": "2026-11-19", "max": "2026-11-19"}, order=LONG_PROMISED)

    answer = decide(snap(order), NOW)

    assert answer.fact("eta") is None
    assert values(answer, "was_expected") == [date(2026, 11, 19)]


def test_a_window_is_never_collapsed_to_its_start() -> None:
    window = {"min": "2026-11-20T19:00:00Z", "max": "2026-11-20T23:00:00Z"}
    answer = decide(snap(shipped(scan(ago(hours=3), "out_for_delivery"), eta=window)), NOW)

    start, end = datetime(2026, 11, 20, 19, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert values(answer, "eta") == [Window(start, end, "America/Chicago")]


def test_a_scan_without_an_hour_is_told_as_a_day() -> None:
    answer = decide(snap(shipped(scan("2026-11-20"))), NOW)

    assert values(answer, "last_at") == [date(2026, 11, 20)]


# What must never be said.


def test_a_routine_check_tells_nothing_but_how_long_it_takes() -> None:
    answer = decide(snap({**held("fraud_review", hours=1), "hold_sla": "PT36H"}), NOW)

    assert {fact.key: fact.value for fact in answer.all_facts} == {"order_number": "#1042", "hold_sla": 36}
    assert "fraud" not in repr((answer.all_facts, answer.offers)).lower()


def test_a_pickup_code_is_never_a_fact() -> None:
    waiting = scan(ago(hours=2), "available_for_pickup")
    answer = decide(snap(shipped(waiting, pickup={"place": "Shop 7", "hours": "9-18", "code": "774411"})), NOW)

    assert "774411" not in repr(answer)
    assert values(answer, "pickup_place", "pickup_hours") == ["Shop 7", "9-18"]


def test_a_signature_is_told_as_first_name_and_initial() -> None:
    answer = decide(snap(shipped(scan(ago(hours=2), "delivered"), pod={"signed_by": "Maria Clara Lima"})), NOW)

    assert values(answer, "signed_by") == ["Maria L."]


def test_an_address_problem_shows_city_and_zip_only() -> None:
    answer = decide(snap(shipped(scan(ago(hours=2), "exception", reason="incorrect_address"))), NOW)

    assert values(answer, "address_city", "address_zip") == ["Omaha", "68102"]
    assert "Farnam" not in repr(answer)


def test_the_internal_note_reaches_no_answer() -> None:
    answer = decide(snap(unfulfilled(internal_note="difficult person")), NOW)

    assert "difficult" not in repr(answer)


def test_an_email_is_masked() -> None:
    assert values(decide(snap(an_order(fulfilment="not_required")), NOW), "email") == ["a***@example.com"]


@pytest.mark.parametrize(("status", "days"), [("pending", 10), ("succeeded", 10), ("failed", None), ("odd", None)])
def test_only_a_succeeded_refund_is_called_that(status: str, days: int | None) -> None:
    answer = decide(snap(cancelled(2, refunds=refund(status))), NOW)

    expected = "unknown" if status == "odd" else status
    assert values(answer, "refund_status", "bank_days") == [expected, *([days] if days else [])]


# Not received.


def test_a_fresh_delivery_that_is_not_there_waits_a_day_first() -> None:
    answer = decide(snap(shipped(scan(ago(hours=20), "delivered"))), NOW, not_received=True)

    assert values(answer, "wait_until") == [LocalTime(NOW + timedelta(hours=4), "America/Chicago")]
    assert answer.offers == ("wait", "trace")


def test_after_a_day_a_claim_is_offered() -> None:
    answer = decide(snap(shipped(scan(ago(hours=25), "delivered"))), NOW, not_received=True)

    assert answer.fact("wait_until") is None
    assert "claim" in answer.offers


# Several parcels.

HAT = a_line(id="l2", sku="HAT", title="Hat", quantity=1, unit_price=1000)


def two_parcels(first: Raw, second: Raw, **changes: object) -> Raw:
    parcels = [
        a_parcel(first),
        a_parcel(second, id="s2", lines=[{"line": "l2", "quantity": 1}], tracking_number="TBA000000000001"),
    ]
    lines = [a_line(fulfilled=2), {**HAT, "fulfilled": 1}]
    return an_order(**{"fulfilment": "shipped", "lines": lines, "shipments": parcels, **changes})


def test_two_parcels_one_delivered_are_told_apart() -> None:
    answer = decide(snap(two_parcels(scan(ago(hours=4), "delivered"), FRESH)), NOW)

    assert answer.row == 28
    assert [(each.shipment_id, each.row) for each in answer.parcels] == [("s2", 12), ("s1", 23)]
    assert values(answer, "parcels_total", "items_total", "items_shipped", "items_delivered") == [2, 3, 3, 2]
    assert [fact.value for each in answer.parcels if (fact := each.fact("items"))] == ["Hat", "Red scarf"]


def test_the_worst_parcel_comes_first_and_escalates_for_all() -> None:
    answer = decide(snap(two_parcels(FRESH, scan(ago(hours=50), "exception", reason="missort"))), NOW)

    assert [each.row for each in answer.parcels] == [18, 12]
    assert answer.needs_person
    assert tone(answer) == "warn"


def test_what_has_not_left_is_stated_last_and_apart() -> None:
    lines = [a_line(fulfilled=2), HAT]
    raw = unfulfilled(fulfilment="partially_shipped", lines=lines, shipments=[a_parcel(FRESH)])

    answer = decide(snap(raw), NOW)

    assert [(each.row, each.shipment_id, each.line_ids) for each in answer.parcels] == [
        (12, "s1", ("l1",)),
        (7, None, ("l2",)),
    ]
    for result in answer.parcels:
        assert_promised_facts(result)


def test_a_held_rest_does_not_hide_the_parcel() -> None:
    raw = an_order(
        fulfilment="on_hold",
        lines=[a_line(fulfilled=2), HAT],
        shipments=[a_parcel(FRESH)],
        holds=[{"reason": "address", "since": ago(hours=1)}],
    )

    assert [each.row for each in decide(snap(raw), NOW).parcels] == [12, 3]


def test_one_parcel_with_everything_is_no_multi_parcel_answer() -> None:
    assert decide(snap(shipped(FRESH)), NOW).row == 12


def test_a_voided_label_is_no_parcel() -> None:
    parcels = [a_parcel(scan(ago(days=1), "cancelled"), id="s0"), a_parcel(FRESH)]

    answer = decide(snap(shipped(order={"shipments": parcels})), NOW)

    assert (answer.row, answer.parcels[0].shipment_id) == (12, "s1")


def test_a_return_parcel_is_no_answer_to_where_is_my_order() -> None:
    back = a_parcel(FRESH, id="s9", direction="return")
    raw = shipped(order={"shipments": [a_parcel(scan(ago(days=3), "delivered")), back]})

    assert decide(snap(raw), NOW).row == 23


# Before any row.


@pytest.mark.parametrize(
    "dispute",
    [{"payment": {"status": "paid", "disputed": True}}, {"disputes": [{"id": "d1", "status": "needs_response"}]}],
)
def test_an_open_dispute_reaches_a_person_and_stops_every_refund(dispute: Raw) -> None:
    answer = decide(snap(shipped(scan(ago(days=2), "lost"), order=dispute)), NOW)

    assert "chargeback" in {each.reason for each in answer.escalate}
    assert answer.offers == answer.parcels[0].offers == ()


def test_a_dispute_that_is_over_changes_nothing() -> None:
    raw = shipped(scan(ago(days=2), "lost"), order={"disputes": [{"id": "d1", "status": "won"}]})

    assert decide(snap(raw), NOW).offers == ("reship", "refund")


# Quiet but normal.


def test_quiet_within_the_usual_is_told_with_what_is_usual() -> None:
    answer = decide(snap(shipped(scan("2026-11-18T17:00:00Z"), order=LONG_PROMISED)), NOW)

    assert (answer.row, values(answer, "quiet_days", "usual_days")) == (12, [2, 3])


def test_a_parcel_scanned_today_is_not_called_quiet() -> None:
    assert values(decide(snap(shipped(FRESH)), NOW), "quiet_days", "usual_days") == []


# The warehouse.


def test_lines_that_wait_for_different_things_are_told_apart() -> None:
    works = [
        {"id": "w1", "status": "packed", "lines": [{"line": "l1", "quantity": 2}]},
        {"id": "w2", "status": "on_hold", "holds": ["out_of_stock"], "lines": [{"line": "l2", "quantity": 1}]},
    ]
    raw = unfulfilled(fulfilment="on_hold", lines=[a_line(), HAT], fulfilment_orders=works)

    answer = decide(snap(raw), NOW)

    assert answer.row == 28
    assert [(each.row, each.line_ids) for each in answer.parcels] == [(9, ("l1",)), (5, ("l2",))]


def test_the_order_s_hold_is_the_hold_of_the_work_that_has_it() -> None:
    works = [
        {"id": "w1", "status": "open", "lines": [{"line": "l1", "quantity": 2}]},
        {"id": "w2", "status": "on_hold", "holds": ["address"], "lines": [{"line": "l2", "quantity": 1}]},
    ]
    holds = [{"reason": "address", "since": ago(hours=4)}]
    raw = unfulfilled(fulfilment="on_hold", holds=holds, lines=[a_line(), HAT], fulfilment_orders=works)

    assert [each.row for each in decide(snap(raw), NOW).parcels] == [7, 3]


@pytest.mark.parametrize("request_status", ["submitted", "accepted", "ACCEPTED", "cancellation_requested"])
def test_what_a_warehouse_has_taken_is_not_offered_to_be_changed(request_status: str) -> None:
    for status in ("open", "picked"):
        answer = decide(snap(worked(status, request_status=request_status)), NOW)
        assert not {"cancel", "change_address", "change_items"} & set(answer.offers)


def test_what_no_warehouse_has_taken_can_be_changed() -> None:
    assert "change_address" in decide(snap(worked("open", request_status="unsubmitted")), NOW).offers


def test_pieces_that_are_worked_on_are_counted() -> None:
    raw = worked("packed", lines=[{"line": "l1", "quantity": 2, "remaining": 1}])

    assert values(decide(snap(raw), NOW), "item_count", "warehouse") == [1, "packed"]


# What is wrong with the money.


def troubled(kind: str, *refunds: Raw, **changes: object) -> Raw:
    problem = {"kind": kind, "at": ago(hours=5), "amount": 5500, **changes}
    payment = {"status": "paid", "methods": [], "problems": [problem]}
    return shipped(FRESH, order={"payment": payment, "refunds": list(refunds)})


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("charged_twice", "policy_exception"),
        ("refund_bounced", "failed"),
        ("failed", "failed"),
        ("vanished", "failed"),
    ],
)
def test_a_problem_with_the_money_reaches_a_person_and_takes_nothing_from_the_answer(kind: str, reason: str) -> None:
    answer = decide(snap(troubled(kind)), NOW)

    assert (answer.row, [(each.reason, each.to) for each in answer.escalate]) == (12, [(reason, "person")])
    assert answer.fact("last_at") is not None
    assert values(answer, "payment_problem", "problem_amount", "problem_at") == [
        "unknown" if kind == "vanished" else kind,
        Money(5500, "USD"),
        date(2026, 11, 20),
    ]


def paid_back(hours_ago: float, **changes: object) -> Raw:
    plain = {"id": "r2", "at": ago(hours=hours_ago), "amount": 5500, "status": "succeeded", "method": "original"}
    return {**plain, "lines": [], **changes}


@pytest.mark.parametrize(
    ("refund_after", "is_settled"),
    [
        (paid_back(2), True),
        (paid_back(9), False),
        (paid_back(2, amount=100), False),
        (paid_back(2, status="pending"), False),
    ],
)
def test_a_double_charge_is_settled_by_a_later_refund(refund_after: Raw, is_settled: bool) -> None:
    answer = decide(snap(troubled("charged_twice", refund_after)), NOW)

    assert (answer.escalate == ()) is is_settled
    assert (answer.fact("payment_problem") is None) is is_settled


def test_a_payment_that_succeeded_in_the_end_has_no_problem() -> None:
    raw = troubled("failed")
    raw["payment"] = {**raw["payment"], "transactions": [{"kind": "sale", "status": "succeeded", "at": ago(hours=4)}]}  # type: ignore[dict-item]  # a dict

    assert decide(snap(raw), NOW).escalate == ()


def test_a_failed_payment_that_stops_the_order_is_told_as_that() -> None:
    payment = {"status": "failed", "methods": [], "problems": [{"kind": "failed", "at": ago(hours=1)}]}

    answer = decide(snap(an_order(payment=payment)), NOW)

    assert (answer.row, answer.escalate) == (2, ())


@pytest.mark.parametrize("named", [{"refund": "r1"}, {}])
def test_a_refund_that_bounced_is_no_refund(named: Raw) -> None:
    problem = {"kind": "refund_bounced", "at": ago(hours=5), "amount": 5500, **named}
    payment = {"status": "refunded", "methods": [], "problems": [problem]}

    answer = decide(snap(cancelled(48, refunds=refund("succeeded"), payment=payment)), NOW)

    assert values(answer, "refund_status") == ["failed"]
    assert answer.needs_person


def test_what_a_platform_thinks_of_the_buyer_is_no_fact() -> None:
    raw = shipped(FRESH, order={"risk": {"recommendation": "cancel", "level": "high"}})

    assert not {"cancel", "high"} & {fact.value for fact in decide(snap(raw), NOW).all_facts}


# Freshness.


@pytest.mark.parametrize(
    ("age", "key", "count"),
    [
        (timedelta(minutes=6), "age_minutes", 6),
        (timedelta(minutes=119), "age_minutes", 119),
        (timedelta(minutes=125), "age_hours", 2),
        (timedelta(hours=47), "age_hours", 47),
        (timedelta(days=2), "age_days", 2),
    ],
)
def test_an_old_read_tells_its_age(age: timedelta, key: str, count: int) -> None:
    answer = decide(snap(shipped(FRESH), as_of=NOW - age), NOW)

    assert values(answer, "as_of", key) == [LocalTime(NOW - age, "America/Chicago"), count]
    assert len({fact.key for fact in answer.facts} & AGE_FACTS) == 2


def test_a_fresh_read_has_no_age() -> None:
    assert (
        not {fact.key for fact in decide(snap(shipped(FRESH), as_of=NOW - timedelta(minutes=5)), NOW).facts} & AGE_FACTS
    )


def test_silence_is_known_only_until_the_order_was_read() -> None:
    order = snap(shipped(scan("2026-11-17T17:00:00Z"), order=LONG_PROMISED), as_of=NOW - timedelta(days=1))

    assert (decide(order, NOW).row, values(decide(order, NOW), "quiet_days")) == (12, [2])


POLLED = replace(CFG, derive=replace(CFG.derive, feed_fresh_for=timedelta(days=1)))


@pytest.mark.parametrize("code", ["in_transit", "customs", "out_for_delivery"])
def test_a_carrier_that_cannot_be_read_is_not_pretended_to_be_silent(code: str) -> None:
    raw = shipped(scan("2026-11-12T17:00:00Z", code), feed_as_of=ago(days=5), order=LONG_PROMISED)

    answer = decide(snap(raw), NOW, cfg=POLLED)

    assert (answer.row, [each.to for each in answer.escalate], answer.confidence) == (12, ["task"], 0.5)
    assert values(answer, "feed_read") == [LocalTime(NOW - timedelta(days=5), "America/Chicago")]
    for result in answer.parcels:
        assert_promised_facts(result)


def test_a_person_looks_when_the_promise_is_over_and_the_carrier_cannot_be_read() -> None:
    raw = shipped(scan("2026-11-12T17:00:00Z"), feed_as_of=ago(days=5), order=LAST_MONTH)

    assert decide(snap(raw), NOW, cfg=POLLED).needs_person


def test_an_old_read_lowers_confidence_and_keeps_its_age() -> None:
    order = snap(shipped(FRESH), as_of=NOW - timedelta(minutes=6))

    answer = decide(order, NOW)

    assert (answer.confidence, answer.as_of) == (0.5, NOW - timedelta(minutes=6))


def test_a_fresh_read_is_certain() -> None:
    assert decide(snap(shipped(FRESH)), NOW).confidence == 1.0


def test_a_failed_read_says_when_the_last_good_one_was() -> None:
    answer = unreadable("#1042", NOW - timedelta(hours=2))

    assert (answer.row, answer.confidence, answer.needs_person) == (30, 0.0, False)
    assert values(answer, "last_read") == [LocalTime(NOW - timedelta(hours=2), "UTC")]


def test_two_failed_reads_reach_a_person() -> None:
    assert unreadable("#1042", None, failed_reads=2).needs_person


def test_keys_of_the_answer_are_promised() -> None:
    answer = decide(snap(two_parcels(FRESH, FRESH)), NOW)

    assert {fact.key for fact in answer.facts} == ROW_FACTS[28].required | ANSWER_FACTS


def test_limits_come_from_the_shop() -> None:
    strict = replace(CFG, value_threshold_minor=1000)

    assert decide(snap(shipped(scan(ago(hours=3), "damaged"))), NOW, cfg=strict).needs_person
