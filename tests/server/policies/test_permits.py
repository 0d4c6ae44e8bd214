"""Actions: every state, count, reason, swap and means of payment that the policy rules."""

from dataclasses import replace

import pytest

from server.commerce.model import (
    Change,
    Dispute,
    FulfilmentPhase,
    Hold,
    HoldReason,
    LineQuantity,
    OrderSnapshot,
    Payment,
    PaymentMethod,
    PaymentState,
    Return,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
)
from server.policies.actions import ACTIONS
from server.policies.file import Policy
from server.policies.permits import Permit, Want, permits, price_difference
from tests.server.policies.orders import ARRIVED, customer, line, order, parcel, policy, product

SHIPPED = policy()
GOODS = {"p-l1": product()}
FREE_ALWAYS = {"verify_identity", "hand_off", "notify_when"}


def waiting(phase: FulfilmentPhase = FulfilmentPhase.UNFULFILLED, **more: object) -> OrderSnapshot:
    """An order that has not left."""
    plain = order(line(fulfilled=0, delivered=0), shipments=(), fulfilment=phase)
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


def swap(to_sku: str | None = "SKU-l1-BLUE", quantity: int = 1, method: str | None = "card_1") -> Want:
    return Want(lines=(LineQuantity("l1", quantity, to_sku),), method=method)


def ask(action: str, held: OrderSnapshot | None, want: Want | None = None, rules: Policy = SHIPPED) -> Permit:
    return permits(rules, action, held, want, customer(), GOODS)


def told(permit: Permit) -> tuple[str, str]:
    return permit.verdict, permit.explain_key


PHASES = [phase for phase in FulfilmentPhase if phase is not FulfilmentPhase.CANCELLED]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("action", ["cancel_order", "change_address", "change_payment", "change_items"])
def test_changes_depend_on_the_state(action: str, phase: FulfilmentPhase) -> None:
    permit = ask(action, waiting(phase), swap() if action == "change_items" else Want(method="card_2"))
    is_open = phase.value in SHIPPED.actions[action].states
    is_unknown = phase is FulfilmentPhase.UNKNOWN
    assert (permit.explain_key == "wrong_state") is (not is_open and not is_unknown)
    assert (told(permit) == ("review", "state_unknown")) is is_unknown


@pytest.mark.parametrize("action", ["start_return", "start_exchange"])
def test_goods_come_back_only_after_delivery(action: str) -> None:
    want = swap() if action == "start_exchange" else Want(refund_to="original")
    assert told(ask(action, order(), want)) == ("allow", "permitted")
    assert told(ask(action, waiting(), want)) == ("deny", "wrong_state")


def test_what_arrived_of_several_parcels_may_come_back() -> None:
    held = (line("l1"), line("l2", delivered=0))
    two = order(
        *held,
        fulfilment=FulfilmentPhase.PARTIALLY_SHIPPED,
        shipments=(parcel(held[:1]), parcel(held[1:], arrived=None, parcel_id="s2")),
    )
    wants = [Want(lines=(LineQuantity(name, 1),), refund_to="original") for name in ("l1", "l2")]
    assert [ask("start_return", two, want).verdict for want in wants] == ["allow", "deny"]


def test_a_cancelled_order_does_not_come_back() -> None:
    assert told(ask("start_return", order(cancelled_at=ARRIVED))) == ("deny", "wrong_state")


@pytest.mark.parametrize("action", sorted(FREE_ALWAYS))
def test_talking_is_always_permitted(action: str) -> None:
    assert ask(action, None).verdict == "allow"


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - FREE_ALWAYS))
def test_an_action_that_is_switched_off_is_not_done(action: str) -> None:
    rules = policy(f"actions: {{{action}: {{enabled: false}}}}")
    assert told(ask(action, order(), rules=rules)) == ("deny", "switched_off")


def test_an_action_that_is_not_in_the_policy_is_not_done() -> None:
    assert told(ask("launch_rocket", order())) == ("deny", "not_in_policy")


@pytest.mark.parametrize("action", ["start_return", "start_exchange", "refund", "reship"])
def test_an_open_dispute_goes_to_a_person(action: str) -> None:
    held = order(disputes=(Dispute("d", "open"),))
    assert told(ask(action, held)) == ("review", "dispute_open")


def test_a_routine_check_holds_an_address_change_without_saying_why() -> None:
    held = waiting(FulfilmentPhase.ON_HOLD, holds=(Hold(HoldReason.FRAUD_REVIEW, None),))
    permit = ask("change_address", held)
    assert told(permit) == ("review", "routine_check")
    assert "fraud" not in repr(permit)


# --- cancelling

REASONS = policy("actions: {cancel_order: {reasons: [no longer needed, ordered by mistake]}}")


def test_without_a_reason_the_policys_reasons_are_asked_for() -> None:
    permit = ask("cancel_order", waiting(), rules=REASONS)
    assert (permit.ask, permit.facts["reasons"]) == ("reason", ("no longer needed", "ordered by mistake"))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("No longer needed", ("allow", "permitted")), ("found it cheaper", ("deny", "reason_not_accepted"))],
)
def test_only_the_policys_reasons_cancel(reason: str, expected: tuple[str, str]) -> None:
    assert told(ask("cancel_order", waiting(), Want(reason=reason), REASONS)) == expected


def test_part_of_an_order_is_not_cancelled() -> None:
    held = replace(waiting(), lines=(line(fulfilled=0, delivered=0), line("l2", fulfilled=0, delivered=0)))
    assert told(ask("cancel_order", held, Want(lines=(LineQuantity("l1", 1),)))) == ("deny", "whole_order_only")


def test_naming_every_line_is_the_whole_order() -> None:
    assert ask("cancel_order", waiting(), Want(lines=(LineQuantity("l1", 1),))).verdict == "allow"


# --- times


def _exchanged(status: ReturnStatus) -> OrderSnapshot:
    return order(
        line(quantity=3), returns=(Return("r", ARRIVED, status, ReturnOutcome.EXCHANGE, (ReturnLine("l1", 1),)),)
    )


@pytest.mark.parametrize(
    ("action", "held", "want"),
    [
        ("change_items", waiting(changes=(Change(ARRIVED, "items"),)), swap()),
        ("start_exchange", _exchanged(ReturnStatus.EXCHANGED), swap()),
    ],
)
def test_once_is_once(action: str, held: OrderSnapshot, want: Want) -> None:
    assert told(ask(action, held, want)) == ("deny", "too_often")


def test_a_declined_exchange_does_not_count() -> None:
    assert ask("start_exchange", _exchanged(ReturnStatus.DECLINED), swap()).verdict == "allow"


def test_another_kind_of_change_does_not_count() -> None:
    assert ask("change_items", waiting(changes=(Change(ARRIVED, "address"),)), swap()).verdict == "allow"


# --- swaps


@pytest.mark.parametrize(
    ("want", "expected"),
    [
        (swap(), ("allow", "permitted")),
        (swap(None), ("review", "to_sku_needed")),
        (Want(), ("review", "to_sku_needed")),
        (swap("SKU-l1"), ("deny", "same_item")),
        (swap("SKU-UNHEARD"), ("review", "product_unknown")),
        (swap(quantity=2), ("deny", "quantity_exceeded")),
        (Want(lines=(LineQuantity("nope", 1, "SKU-l1-BLUE"),)), ("deny", "unknown_line")),
        (swap(method=None), ("review", "method_needed")),
        (swap(method="gift_1"), ("allow", "permitted")),
        (swap(method="somebody_elses"), ("deny", "method_not_on_file")),
        (swap(method="original"), ("allow", "permitted")),
    ],
)
def test_a_change_of_items(want: Want, expected: tuple[str, str]) -> None:
    assert told(ask("change_items", waiting(), want)) == expected


@pytest.mark.parametrize(("stock", "expected"), [(0, "out_of_stock"), (1, "permitted"), (None, "permitted")])
def test_only_what_is_in_stock_is_promised(stock: int | None, expected: str) -> None:
    goods = {"p-l1": product(variants={"SKU-l1": (4_000, 5), "SKU-l1-BLUE": (4_000, stock)})}
    assert permits(SHIPPED, "start_exchange", order(), swap(), customer(), goods).explain_key == expected


def test_what_the_shop_calls_unavailable_is_not_promised_whatever_the_count() -> None:
    plain = product()
    held = replace(plain, variants=tuple(replace(one, available=False) for one in plain.variants))
    permit = permits(SHIPPED, "start_exchange", order(), swap(), customer(), {"p-l1": held})
    assert permit.explain_key == "out_of_stock"


@pytest.mark.parametrize(
    ("scope", "expected"), [("same_product", "out_of_scope"), ("same_category", "permitted"), ("any", "permitted")]
)
def test_what_an_item_may_become(scope: str, expected: str) -> None:
    rules = policy(f"actions: {{start_exchange: {{scope: {scope}}}}}")
    goods = {**GOODS, "p-9": product("p-9", variants={"OTHER": (4_000, 5)})}
    assert permits(rules, "start_exchange", order(), swap("OTHER"), customer(), goods).explain_key == expected


def test_the_same_item_may_replace_itself_in_an_exchange() -> None:
    assert ask("start_exchange", order(), swap("SKU-l1")).verdict == "allow"


def test_the_price_difference_is_told() -> None:
    held = order(line(quantity=2))
    assert price_difference(SHIPPED, held, swap(quantity=2), GOODS) == 1_000
    assert price_difference(SHIPPED, held, swap("SKU-UNHEARD"), GOODS) is None


@pytest.mark.parametrize(("keeps", "difference"), [("true", 450), ("false", 900)])
def test_an_orders_discount_may_stay_with_the_new_item(keeps: str, difference: int) -> None:
    rules = policy(f"exchange: {{keep_discount: {keeps}}}")
    assert price_difference(rules, order(discount=400), swap(), GOODS) == difference


def test_only_what_is_there_is_sent_again() -> None:
    goods = {"p-l1": product(variants={"SKU-l1": (4_000, 0)})}
    again = Want(lines=(LineQuantity("l1", 1),))
    assert permits(SHIPPED, "reship", order(), again, customer(), goods).explain_key == "out_of_stock"


# --- money


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("gift_1", ("allow", "permitted")),
        ("card_1", ("deny", "same_method")),
        ("nobodys", ("deny", "method_not_on_file")),
        (None, ("review", "method_needed")),
    ],
)
def test_a_change_of_payment(method: str | None, expected: tuple[str, str]) -> None:
    assert told(ask("change_payment", waiting(), Want(method=method))) == expected


@pytest.mark.parametrize(
    ("balance", "expected"), [(3_999, "balance_too_low"), (4_000, "permitted"), (None, "balance_unknown")]
)
def test_a_gift_card_must_cover_the_order(balance: int | None, expected: str) -> None:
    owner = customer(payment_methods=(PaymentMethod("gift_1", "gift_card", "Gift card", balance),))
    permit = permits(SHIPPED, "change_payment", waiting(), Want(method="gift_1"), owner)
    assert permit.explain_key == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("original", ("allow", "permitted")),
        ("card_1", ("allow", "permitted")),
        ("gift_1", ("allow", "permitted")),
        ("store_credit", ("deny", "refund_to_not_allowed")),
        ("card_of_a_friend", ("deny", "refund_to_not_allowed")),
        (None, ("review", "refund_to_needed")),
    ],
)
def test_where_a_refund_may_go(target: str | None, expected: tuple[str, str]) -> None:
    assert told(ask("start_return", order(), Want(refund_to=target))) == expected


def test_with_one_way_back_nothing_is_asked() -> None:
    owner = customer(payment_methods=())
    assert permits(SHIPPED, "start_return", order(), Want(), owner).ask is None


def test_the_gift_card_that_paid_is_the_original() -> None:
    paid = Payment(PaymentState.PAID, (PaymentMethod("gift_1", "gift_card", "Gift card"),))
    permit = ask("cancel_order", waiting(payment=paid), Want(refund_to="gift_1"))
    assert permit.verdict == "allow"


# --- the profile


def test_the_default_address_may_be_changed_without_an_order() -> None:
    assert ask("change_address", None).verdict == "allow"
    rules = policy("actions: {change_address: {profile: false}}")
    assert told(ask("change_address", None, rules=rules)) == ("deny", "profile_not_allowed")


def test_other_actions_need_an_order() -> None:
    assert told(ask("cancel_order", None)) == ("deny", "no_order")


def test_a_consent_that_the_policy_asks_for_is_told() -> None:
    assert ask("reship", order()).need == "agent"
