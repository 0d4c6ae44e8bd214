"""Return decisions: every eligibility rule, every boundary, and what must hold for all requests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.commerce.model import (
    Dispute,
    Line,
    OrderSnapshot,
    PaymentState,
    Refund,
    RefundStatus,
    Return,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
)
from server.policies.decision import Decision, History, LineResult, Reason, RequestLine, ReturnRequest
from server.policies.file import Policy
from server.policies.returns import evaluate, kindest
from tests.server.policies.orders import ARRIVED, NEW_YORK, counted, customer, line, order, parcel, policy, product, usd

SHIPPED = policy()


def asks(
    quantity: int = 1, reason: Reason = Reason.UNWANTED, *, opened: bool | None = None, worn: bool | None = None
) -> RequestLine:
    return RequestLine("l1", quantity, reason, opened, worn)


def decide(
    held: OrderSnapshot | None = None,
    wish: RequestLine | None = None,
    *,
    days: float = 5,
    rules: Policy = SHIPPED,
    history: History | None = None,
    vip: bool = False,
    **request: object,
) -> Decision:
    """Ask for one line back so many days after it arrived."""
    wished = ReturnRequest((wish or asks(),), **request)  # type: ignore[arg-type]  # a test's own keywords
    return evaluate(rules, held or order(), wished, customer(vip=vip), ARRIVED + timedelta(days=days), {}, history)


def first(decision: Decision) -> LineResult:
    return decision.lines[0]


def told(decision: Decision) -> tuple[str, str, str]:
    """Verdict, deciding rule and key of the first line."""
    result = first(decision)
    return result.verdict, result.rules[-1], result.explain_key


FINAL_SALE = order(line(final_sale=True))
HYGIENE = order(line(hygiene=True))
EU_FINAL_SALE = order(line(final_sale=True), country="DE")


@pytest.mark.parametrize(
    ("name", "decision", "expected"),
    [
        ("E2 not shipped", decide(order(line(fulfilled=0, delivered=0), shipments=())), ("deny", "E2", "not_shipped")),
        ("E3 on its way", decide(order(line(delivered=0), arrived=None)), ("deny", "E3", "not_delivered")),
        ("E4 dispute", decide(order(disputes=(Dispute("d", "open"),))), ("review", "E4", "dispute_open")),
        ("E5 damaged", decide(wish=asks(reason=Reason.DAMAGED_IN_TRANSIT)), ("allow", "E5", "fault")),
        ("E5 too late", decide(wish=asks(reason=Reason.WRONG_ITEM), days=60), ("review", "E5", "fault_too_late")),
        ("warranty", decide(wish=asks(reason=Reason.DEFECTIVE), days=60), ("review", "warranty", "warranty_claim")),
        ("never came", decide(wish=asks(reason=Reason.NOT_RECEIVED)), ("review", "E5", "claim_not_received")),
        ("never came EU", decide(order(country="DE"), asks(reason=Reason.NOT_RECEIVED)),
         ("review", "E5", "claim_not_received")),
        ("E6 EU final sale", decide(EU_FINAL_SALE), ("allow", "E6", "statutory_withdrawal")),
        ("E6 over", decide(EU_FINAL_SALE, days=16), ("deny", "E7", "flagged")),
        ("E7 final sale", decide(FINAL_SALE), ("deny", "E7", "flagged")),
        ("E7 but faulty", decide(FINAL_SALE, asks(reason=Reason.DEFECTIVE)), ("allow", "E5", "fault")),
        ("E7 opened hygiene", decide(HYGIENE, asks(opened=True)), ("deny", "E7", "flagged")),
        ("E7 sealed hygiene", decide(HYGIENE, asks(opened=False)), ("allow", "E8", "within_window")),
        ("hygiene unknown", decide(HYGIENE), ("review", "opened", "answer_needed")),
        ("E8 in time", decide(), ("allow", "E8", "within_window")),
        ("E9 credit", decide(days=47, wished="credit"), ("allow", "E9", "within_grace")),
        ("E9 cash", decide(days=32, wished="refund"), ("review", "E9", "within_grace")),
        ("E10 late", decide(days=60), ("deny", "E10", "window_passed")),
        ("E10 cash only", decide(days=40, wished="refund"), ("deny", "E10", "window_passed")),
        ("E10 VIP", decide(days=70, vip=True), ("review", "E10", "window_passed")),
        ("E11 worn", decide(wish=asks(worn=True)), ("review", "E11", "worn")),
        ("E11 worn EU", decide(order(country="DE"), asks(worn=True)), ("allow", "E11", "worn_statutory")),
        ("E12 marketplace", decide(order(tags=("marketplace",))), ("deny", "E12", "sold_by_other")),
        ("E13 abuse", decide(history=History(is_abuse_flagged=True)), ("review", "E13", "by_person")),
        ("cancelled", decide(order(cancelled_at=ARRIVED)), ("deny", "E2", "order_cancelled")),
        ("no country", decide(order(country="")), ("review", "zone", "country_unknown")),
        ("far country", decide(order(country="BR")), ("review", "zone", "zone_by_person")),
        ("promised", decide(days=60, promised_until=date(2026, 6, 1), promise_evidence="ev"),
         ("allow", "promise", "promise_kept")),
        ("claimed promise", decide(days=60, promised_until=date(2026, 6, 1)),
         ("review", "promise", "promise_unproven")),
    ],
)  # fmt: skip
def test_eligibility(name: str, decision: Decision, expected: tuple[str, str, str]) -> None:
    assert told(decision) == expected, name


def test_the_excess_is_refused_and_the_remainder_offered() -> None:
    decision = decide(order(counted(line(quantity=3), returned=1)), asks(quantity=3))
    assert [(one.quantity, one.verdict, one.explain_key) for one in decision.lines] == [
        (2, "allow", "within_window"),
        (1, "deny", "quantity_exceeded"),
    ]


def test_wishing_twice_for_a_line_counts_once() -> None:
    wishes = ReturnRequest((asks(2), asks(2)))
    decision = evaluate(SHIPPED, order(line(quantity=3)), wishes, None, ARRIVED)
    assert [one.quantity for one in decision.lines] == [3, 1]


def test_pieces_on_their_way_back_are_not_counted_as_here() -> None:
    held = order(counted(line(quantity=3), delivered=2, returning=2))
    assert told(decide(held)) == ("deny", "E3", "not_delivered")


def test_a_disputed_payment_is_an_open_dispute() -> None:
    plain = order()
    assert told(decide(replace(plain, payment=replace(plain.payment, disputed=True)))) == (
        "review",
        "E4",
        "dispute_open",
    )


def test_a_line_that_is_not_there_is_refused() -> None:
    decision = evaluate(SHIPPED, order(), ReturnRequest((RequestLine("nope", 1),)), None, ARRIVED)
    assert told(decision) == ("deny", "E1", "unknown_line")


def test_of_two_parcels_only_what_arrived_comes_back() -> None:
    held = (line("l1"), line("l2", delivered=0))
    two = order(*held, shipments=(parcel(held[:1]), parcel(held[1:], arrived=None, parcel_id="s2")))
    wishes = ReturnRequest((RequestLine("l1", 1), RequestLine("l2", 1)))
    decision = evaluate(SHIPPED, two, wishes, None, ARRIVED)
    assert [one.explain_key for one in decision.lines] == ["within_window", "not_delivered"]
    assert decision.verdict == "allow"


def test_a_return_that_was_refunded_is_counted_once() -> None:
    done = Return("r", ARRIVED, ReturnStatus.REFUNDED, ReturnOutcome.REFUND, (ReturnLine("l1", 1),))
    paid = Refund("f", ARRIVED, usd(4000), RefundStatus.SUCCEEDED, "original")
    held = order(counted(line(quantity=2), returned=1, refunded=1), returns=(done,), refunds=(paid,))
    assert told(decide(held)) == ("allow", "E8", "within_window")


# --- days


def new_york(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)  # type: ignore[misc,arg-type]  # to the second


@pytest.mark.parametrize(
    ("arrived", "last", "first_late"),
    [
        (new_york(2026, 1, 5, 0, 0), new_york(2026, 2, 4, 23, 59, 59), new_york(2026, 2, 5, 0, 0)),
        (new_york(2026, 2, 20, 23, 59, 59), new_york(2026, 3, 22, 23, 59, 59), new_york(2026, 3, 23, 0, 0)),
        (new_york(2028, 1, 30, 12, 0), new_york(2028, 2, 29, 23, 59, 59), new_york(2028, 3, 1, 0, 0)),
        (new_york(2026, 10, 5, 8, 0), new_york(2026, 11, 4, 23, 59, 59), new_york(2026, 11, 5, 0, 0)),
    ],
    ids=["plain", "over summer time", "to leap day", "over winter time"],
)
def test_the_window_ends_at_midnight_in_the_shops_zone(arrived: datetime, last: datetime, first_late: datetime) -> None:
    rules = policy("defaults: {grace_days: 0}\nholiday: null\noutcomes: {credit: {window_days: 30}}")
    held = order(arrived=arrived)
    wish = ReturnRequest((asks(),), wished="refund")
    verdicts = [evaluate(rules, held, wish, None, now).verdict for now in (last, first_late)]
    assert verdicts == ["allow", "deny"]


def test_a_seasons_order_may_come_back_until_the_common_day() -> None:
    held = order(placed_at=new_york(2026, 11, 5, 9, 0), arrived=new_york(2026, 11, 10, 9, 0))
    wish = ReturnRequest((asks(),), wished="refund")
    decision = evaluate(SHIPPED, held, wish, None, new_york(2027, 1, 31, 23, 59, 59))
    assert (decision.verdict, first(decision).facts["is_holiday"]) == ("allow", True)


def test_a_vip_has_more_days() -> None:
    assert decide(days=40, wished="refund", vip=True).verdict == "allow"


def test_the_facts_for_the_words_are_given() -> None:
    facts = first(decide(days=60, wished="refund")).facts
    assert facts == {
        "delivered_on": date(2026, 3, 10),
        "delivery_known_by": "carrier",
        "window_days": 30,
        "deadline_on": date(2026, 4, 9),
        "days_late": 30,
    }


def test_without_a_scan_the_transit_buffer_counts() -> None:
    held = order(shipments=(replace(parcel([line()]), delivered_at=None),))
    assert first(decide(held)).facts["delivered_on"] == date(2026, 3, 14)


def test_without_any_day_a_person_looks() -> None:
    assert told(decide(order(shipments=()))) == ("review", "delivery", "delivery_date_unknown")


def test_without_any_day_the_customer_may_be_asked() -> None:
    rules = policy("defaults: {unknown_fact: ask}")
    assert decide(order(shipments=()), rules=rules).ask == ("l1", "delivered_on")
    stated = decide(order(shipments=()), rules=rules, delivered_on=date(2026, 3, 10))
    assert told(stated) == ("allow", "E8", "within_window")


def test_the_laws_clock_starts_with_the_last_parcel() -> None:
    held = (line("l1", final_sale=True), line("l2"))
    late = parcel(held[1:], arrived=ARRIVED + timedelta(days=10), parcel_id="s2")
    two = order(*held, country="DE", shipments=(parcel(held[:1]), late))
    assert told(decide(two, days=23)) == ("allow", "E6", "statutory_withdrawal")


@pytest.mark.parametrize("shop", ["Pacific/Auckland", "Europe/Berlin", NEW_YORK])
def test_the_laws_last_day_ends_in_the_kinder_zone(shop: str) -> None:
    """A day that began earlier in Auckland also ends earlier there; Berlin's end of the same day still counts."""
    rules = policy(f"defaults: {{tz: {shop}}}")
    morning = datetime(2026, 3, 10, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    held = replace(order(line(final_sale=True), country="DE", arrived=morning), tz="Europe/Berlin")
    last = datetime(2026, 3, 24, 23, 59, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    assert evaluate(rules, held, ReturnRequest((asks(),)), None, last).statutory_floor_applied


def test_a_parcel_without_a_scan_does_not_start_the_laws_clock_early() -> None:
    held = (line("l1", final_sale=True), line("l2"))
    unscanned = replace(parcel(held[:1]), delivered_at=None)
    two = order(*held, country="DE", shipments=(unscanned, parcel(held[1:], parcel_id="s2")))
    assert told(decide(two, days=17)) == ("allow", "E6", "statutory_withdrawal")


def test_by_law_a_gift_card_is_a_persons_matter() -> None:
    held = order(line(tags=("gift-card",)), country="DE")
    assert told(decide(held)) == ("review", "E6", "statutory_withdrawal")


def test_an_uninformed_customer_has_a_year_more() -> None:
    rules = policy("disclosure: {withdrawal_informed: false}")
    assert told(decide(EU_FINAL_SALE, days=300, rules=rules)) == ("allow", "E6", "statutory_withdrawal")


def test_an_undisclosed_policy_gives_californias_thirty_days() -> None:
    rules = policy("disclosure: {policy_shown: false}\noutcomes: {refund: {window_days: 7}}\nzones:\n"
                   '  - {id: us, match: {country: [US]}, law: us_ca_strict}\n'
                   '  - {id: rest, match: {country: ["*"]}}')  # fmt: skip
    assert told(decide(days=29, rules=rules, wished="refund")) == ("allow", "E6", "statutory_withdrawal")


def test_new_yorks_law_wants_unused_goods() -> None:
    rules = policy("disclosure: {policy_shown: false}\nzones:\n"
                   '  - {id: ny, match: {country: [US], region: [NY]}, law: us_ny}\n'
                   '  - {id: rest, match: {country: ["*"]}}')  # fmt: skip
    held = order(ship_to=replace(order().ship_to, region="NY"))
    assert told(decide(held, asks(worn=True), rules=rules)) == ("review", "E11", "worn")


def test_by_guarantee_a_late_defect_is_mended() -> None:
    decision = decide(order(country="DE"), asks(reason=Reason.DEFECTIVE), days=400)
    assert told(decision) == ("allow", "E5", "fault_guarantee")
    assert {offer.kind for offer in first(decision).offers} == {"repair", "replace"}


# --- outcomes and money


def amounts(decision: Decision) -> dict[str, int]:
    return {total.kind: total.amount.amount_minor for total in decision.totals}


def test_three_ways_to_end_with_fee_and_bonus() -> None:
    assert amounts(decide()) == {"exchange": 4000, "credit": 4400, "refund": 3501}


def test_the_label_is_taken_once_for_the_whole_return() -> None:
    wishes = ReturnRequest((RequestLine("l1", 1), RequestLine("l2", 1)))
    decision = evaluate(SHIPPED, order(line("l1"), line("l2")), wishes, None, ARRIVED)
    assert amounts(decision)["refund"] == 8000 - 499


def test_the_bonus_is_capped_for_the_whole_return() -> None:
    wishes = ReturnRequest((RequestLine("l1", 1), RequestLine("l2", 1)))
    decision = evaluate(SHIPPED, order(line("l1", price=15_000), line("l2", price=15_000)), wishes, None, ARRIVED)
    assert amounts(decision)["credit"] == 32_000


def test_a_fault_costs_nothing_and_gives_delivery_back() -> None:
    decision = decide(order(shipping=700), asks(reason=Reason.DAMAGED_IN_TRANSIT))
    total = decision.total("refund")
    assert total is not None
    assert (total.amount.amount_minor, total.label_fee_minor) == (4700, 0)


def test_a_photo_is_asked_for_above_the_limit() -> None:
    assert first(decide(wish=asks(reason=Reason.DAMAGED_IN_TRANSIT))).facts["photo"] is True


def test_delivery_is_given_back_up_to_the_standard_rate() -> None:
    rules = policy("shipping: {standard: 500}")
    decision = decide(order(shipping=1900, country="DE"), rules=rules)
    total = decision.total("refund")
    assert total is not None
    assert total.shipping_minor == 500


def test_part_of_an_order_gives_no_delivery_back() -> None:
    decision = decide(order(line("l1"), line("l2"), shipping=700, country="DE"))
    total = decision.total("refund")
    assert total is not None
    assert total.shipping_minor == 0


def test_a_restocking_fee_is_taken_by_collection() -> None:
    goods = {"p-l1": product(collections=("electronics-opened",))}
    decision = evaluate(SHIPPED, order(), ReturnRequest((asks(),)), None, ARRIVED, goods)
    assert amounts(decision)["refund"] == 4000 - 600 - 499


def test_by_law_there_is_no_restocking_fee() -> None:
    goods = {"p-l1": product(collections=("electronics-opened",))}
    decision = evaluate(SHIPPED, order(country="DE"), ReturnRequest((asks(),)), None, ARRIVED, goods)
    assert amounts(decision)["refund"] == 4000 - 499


def test_by_law_the_label_is_free_if_its_cost_was_not_told() -> None:
    rules = policy("disclosure: {return_cost_told: false}")
    assert amounts(decide(order(country="DE"), rules=rules))["refund"] == 4000


def test_a_bonus_never_hides_the_refund() -> None:
    assert {offer.kind for offer in first(decide(order(country="DE"))).offers} == {"refund", "credit", "exchange"}


def test_an_order_discount_and_tax_are_spread_over_the_lines() -> None:
    held = order(line(price=1999, quantity=3), line("l2", price=4500), discount=1000, tax=784)
    refunds = [amounts(decide(held, asks(quantity=count)))["exchange"] for count in (1, 2, 3)]
    assert refunds == [1958, 3916, 5874]


def test_tax_inside_the_price_is_not_paid_twice() -> None:
    plain = order(line(price=2999))
    held = replace(plain, totals=replace(plain.totals, tax=usd(500)))
    assert amounts(decide(held))["exchange"] == 2999


def test_no_more_is_promised_than_is_left() -> None:
    plain = order()
    paid = Refund("f", ARRIVED, usd(3000), RefundStatus.SUCCEEDED, "original")
    pending = Refund("g", ARRIVED, usd(500), RefundStatus.PENDING, "original")
    total = decide(replace(plain, refunds=(paid, pending))).total("refund")
    assert total is not None
    assert (total.amount.amount_minor, total.is_capped) == (500, True)


def test_what_the_totals_say_was_refunded_is_gone_too() -> None:
    plain = order()
    total = decide(replace(plain, totals=replace(plain.totals, refunded=usd(3900)))).total("refund")
    assert total is not None
    assert total.amount.amount_minor == 100


def test_an_unpaid_order_goes_to_a_person() -> None:
    plain = order()
    held = replace(plain, payment=replace(plain.payment, status=PaymentState.PENDING))
    assert told(decide(held)) == ("review", "payment", "not_paid")


def test_a_steady_customer_is_paid_at_the_first_scan() -> None:
    steady = History(account_days=400, orders=9, return_rate_bp=500)
    offer = first(decide(history=steady)).offer("refund")
    assert offer is not None
    assert offer.release == "on_first_scan"


@pytest.mark.parametrize(
    "past",
    [
        History(),
        History(account_days=400, orders=9, return_rate_bp=500, inr_12m=1),
        History(account_days=400, orders=9, return_rate_bp=3_000),
        History(account_days=400, orders=9),
        History(account_days=179, orders=9, return_rate_bp=500),
        History(account_days=400, orders=2, return_rate_bp=500),
    ],
)
def test_anybody_else_is_paid_after_inspection(past: History) -> None:
    offer = first(decide(history=past)).offer("refund")
    assert offer is not None
    assert offer.release == "on_inspection"


def test_a_cheap_faulty_item_may_be_kept_once() -> None:
    cheap = order(line(price=1200))
    faulty = asks(reason=Reason.DEFECTIVE)
    offers = [first(decide(cheap, faulty, history=History(kept_items=many))).offers[0] for many in (0, 1)]
    assert [(offer.keep_item, offer.label) for offer in offers] == [(True, "none"), (False, "merchant")]


def test_an_item_whose_label_eats_the_refund_may_be_kept() -> None:
    rules = policy("keep_item: {label_cost: 2400}")
    faulty = asks(reason=Reason.DEFECTIVE)
    kept = [
        first(decide(order(line(price=price)), faulty, rules=rules, history=History(kept_items=0))).offers[0].keep_item
        for price in (4_000, 4_001)
    ]
    assert kept == [True, False]


def test_what_never_came_need_not_be_sent_back() -> None:
    offer = first(decide(wish=asks(reason=Reason.MISSING_PART))).offers[0]
    assert (offer.keep_item, offer.label) == (True, "none")


def test_a_gift_comes_back_as_credit_or_exchange() -> None:
    assert set(amounts(decide(is_gift=True))) == {"credit", "exchange"}


def test_a_fee_in_another_currency_is_not_invented() -> None:
    held = order(line(currency="EUR"), currency="EUR")
    decision = decide(held)
    assert amounts(decision)["refund"] == 4000
    assert decision.approval == "agent"


def test_the_third_exchange_in_a_row_needs_a_person() -> None:
    done = Return("r", ARRIVED, ReturnStatus.EXCHANGED, ReturnOutcome.EXCHANGE, (ReturnLine("l1", 1),))
    held = order(line(quantity=5), returns=(done, replace(done, id="r2")))
    assert told(decide(held, wished="exchange")) == ("review", "exchange_chain", "exchange_chain")


def test_an_exchange_of_an_exchange_has_fourteen_days_more() -> None:
    done = Return("r", ARRIVED, ReturnStatus.EXCHANGED, ReturnOutcome.EXCHANGE, (ReturnLine("l1", 1),))
    held = order(line(quantity=2), returns=(done,))
    assert decide(held, wished="exchange", days=58).verdict == "allow"


# --- consent


@pytest.mark.parametrize(
    ("price", "history", "vip", "need"),
    [
        (4_000, History(), False, "none"),
        (10_499, History(), False, "none"),
        (10_500, History(), False, "agent"),
        (60_000, History(), False, "two_person"),
        (4_000, History(complaints_30d=2), False, "senior"),
        (4_000, History(sum_refunds_30d_minor=29_000), False, "senior"),
        (4_000, History(has_legal_signal=True), False, "senior"),
        (4_000, History(), True, "senior"),
        (4_000, History(is_abuse_flagged=True), False, "agent"),
    ],
)
def test_who_must_agree(price: int, history: History, vip: bool, need: str) -> None:
    held = order(line(price=price))
    assert decide(held, history=history, vip=vip, wished="refund").approval == need


def test_nobodys_consent_stands_before_a_withdrawal_by_law() -> None:
    decision = decide(order(line(price=90_000), country="DE"), history=History(is_abuse_flagged=True))
    assert (decision.verdict, decision.approval) == ("allow", "none")


def test_an_exchange_pays_nothing_out() -> None:
    assert decide(order(line(price=20_000)), wished="exchange").approval == "none"


def test_a_piece_that_was_lost_and_refunded_does_not_block_the_one_that_came() -> None:
    held = order(counted(line(quantity=2), delivered=1, refunded=1))
    assert told(decide(held)) == ("allow", "E8", "within_window")


def test_a_long_chain_of_exchanges_does_not_outlive_the_window() -> None:
    done = Return("r", ARRIVED, ReturnStatus.EXCHANGED, ReturnOutcome.EXCHANGE, (ReturnLine("l1", 1),))
    held = order(line(quantity=5), returns=(done, replace(done, id="r2")))
    assert told(decide(held, wished="exchange", days=80)) == ("deny", "E10", "window_passed")


def test_a_claim_beside_a_withdrawal_still_needs_consent() -> None:
    held = order(line("l1"), line("l2"), country="DE")
    wishes = ReturnRequest((RequestLine("l1", 1), RequestLine("l2", 1, Reason.NOT_RECEIVED)))
    decision = evaluate(SHIPPED, held, wishes, None, ARRIVED)
    assert (decision.verdict, decision.approval) == ("review", "agent")


# --- replay


def test_the_same_inputs_give_the_same_decision() -> None:
    assert decide() == decide()


def test_a_later_reading_of_the_same_order_keeps_the_hash() -> None:
    later = replace(order(), as_of=ARRIVED + timedelta(hours=3), updated_at=ARRIVED)
    assert decide(later, days=5.1).decision_hash == decide().decision_hash


def test_a_later_reading_of_the_catalogue_keeps_the_hash() -> None:
    readings = (product(), product(as_of=ARRIVED + timedelta(hours=9), variants={"SKU-l1": (9_000, 0)}))
    wish = ReturnRequest((asks(),))
    early, late = (evaluate(SHIPPED, order(), wish, None, ARRIVED, {"p-l1": one}) for one in readings)
    assert early.decision_hash == late.decision_hash


def test_one_unit_of_difference_changes_the_hash() -> None:
    assert decide(order(line(price=4001))).decision_hash != decide().decision_hash


def test_a_passed_window_changes_what_came_out_but_not_the_inputs() -> None:
    early, late = decide(), decide(days=60)
    assert early.inputs_hash == late.inputs_hash
    assert early.decision_hash != late.decision_hash


def test_a_decision_expires_after_a_day() -> None:
    decision = decide()
    assert decision.expires_at - decision.decided_at == timedelta(hours=24)


def test_of_two_versions_the_kinder_one_judges() -> None:
    strict = policy("outcomes: {refund: {window_days: 3}}")
    decisions = (decide(rules=strict, wished="refund"), decide(wished="refund"))
    assert kindest(decisions) is decisions[1]


def test_the_version_in_force_is_recorded() -> None:
    decision = decide()
    assert (decision.policy_version, decision.policy_hash) == (SHIPPED.version, SHIPPED.hash)


RECOMPUTED = policy("promo_break: recompute\noutcomes: {refund: {label: {kind: merchant}}}")


def three(returned: int = 0) -> Line:
    """Three for the price of 48.00 instead of 60.00."""
    bought = line("l1", price=1_600, quantity=3, discount=usd(1_200))
    return counted(bought, returned=returned) if returned else bought


def pays(rules: Policy, held: Line, quantity: int, reason: Reason = Reason.UNWANTED, country: str = "US") -> int:
    """What comes back in money for so many pieces."""
    wish = ReturnRequest((RequestLine("l1", quantity, reason),), wished="refund")
    total = evaluate(rules, order(held, country=country), wish, None, ARRIVED).total("refund")
    assert total is not None
    return total.amount.amount_minor


def test_a_broken_promotion_prices_what_is_kept_as_if_bought_alone() -> None:
    assert [pays(RECOMPUTED, three(), count) for count in (1, 2, 3)] == [800, 2_800, 4_800]
    assert pays(policy("outcomes: {refund: {label: {kind: merchant}}}"), three(), 1) == 1_600


def test_however_a_broken_promotion_is_split_all_of_it_comes_back_in_the_end() -> None:
    assert pays(RECOMPUTED, three(), 1) + pays(RECOMPUTED, three(returned=1), 2) == 4_800
    assert pays(RECOMPUTED, three(), 2) + pays(RECOMPUTED, three(returned=2), 1) == 4_800


def test_neither_a_fault_nor_a_right_breaks_a_promotion() -> None:
    assert pays(RECOMPUTED, three(), 1, Reason.DEFECTIVE) == 1_600
    assert pays(RECOMPUTED, three(), 1, country="DE") == 1_600


def test_goods_without_a_discount_of_their_own_are_worth_what_was_paid() -> None:
    assert pays(RECOMPUTED, line("l1", price=1_600, quantity=3), 1) == 1_600
