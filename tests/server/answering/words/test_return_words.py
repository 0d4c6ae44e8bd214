"""Returns in words: every eligibility rule explained, offers side by side, and money only called refunded when it is."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from server.answering.drafts.returns import ReturnDraft
from server.answering.words import grounding, return_words
from server.answering.words.claim_words import words_of
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Speech, Voice
from server.commerce.model import (
    Direction,
    Dispute,
    Fact,
    LineQuantity,
    OrderSnapshot,
    Refund,
    RefundStatus,
    Return,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
    Shipment,
    ShipmentStatus,
    TrackingEvent,
)
from server.policies.decision import Decision, History, Reason, RequestLine, ReturnRequest
from server.policies.returns import evaluate
from tests.server.policies.orders import ARRIVED, counted, customer, line, order, policy, product, usd

SHIPPED = policy()
every_language = pytest.mark.parametrize("language", LANGUAGES)


@dataclass(frozen=True)
class Case:
    """A request, and what the refusal or offer says in English."""

    rule: str
    words: str
    held: OrderSnapshot = field(default_factory=order)
    wish: RequestLine = field(default_factory=lambda: RequestLine("l1", 1, Reason.UNWANTED))
    days: float = 5
    history: History | None = None
    vip: bool = False
    request: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return ARRIVED + timedelta(days=self.days)

    def decision(self) -> Decision:
        wished = ReturnRequest((self.wish,), **self.request)
        return evaluate(SHIPPED, self.held, wished, customer(vip=self.vip), self.now, {}, self.history)

    def refusal(self, language: str) -> Speech:
        return return_words.refusal(self.held, self.decision(), self.voice(language), SHIPPED, self.now)

    def voice(self, language: str) -> Voice:
        return Voice(language, self.now)


def asks(quantity: int = 1, reason: Reason = Reason.UNWANTED, **more: bool) -> RequestLine:
    return RequestLine("l1", quantity, reason, more.get("opened"), more.get("worn"))


FINAL_SALE = order(line(final_sale=True))
HYGIENE = order(line(hygiene=True))
REFUSED = [
    Case("E1", "Of Thing l1, 2 can still go back.", order(counted(line(quantity=3), returned=1)), asks(3)),
    Case("E1 not there", "can't find this item", wish=RequestLine("l9", 1, Reason.UNWANTED)),
    Case("E2", "has not shipped yet", order(line(fulfilled=0, delivered=0), shipments=())),
    Case("E2 cancelled", "was cancelled on Tuesday, March 10", order(cancelled_at=ARRIVED)),
    Case("E3", "has not been delivered yet", order(line(delivered=0), arrived=None)),
    Case("E4", "Your bank is looking into", order(disputes=(Dispute("d", "open"),))),
    Case("E5 late", "time to report a fault", wish=asks(reason=Reason.WRONG_ITEM), days=60),
    Case("E5 never came", "delivery problem and not a return", wish=asks(reason=Reason.NOT_RECEIVED)),
    Case("E7", "excluded from returns (final sale)", FINAL_SALE),
    Case("E7 opened", "excluded from returns (hygiene item)", HYGIENE, asks(opened=True)),
    Case("E9 cash", "exchange or store credit is still possible", days=32, request={"wished": "refund"}),
    Case("E10", "ended on Friday, April 24", days=60, request={"wished": "exchange"}),
    Case("E10 cash", "What is still possible: an exchange, store credit.", days=40, request={"wished": "refund"}),
    Case("E10 VIP", "A person will confirm it with you.", days=70, vip=True),
    Case("E11", "has been used", wish=asks(worn=True)),
    Case("E12", "another seller", order(tags=("marketplace",))),
    Case("E13", "A person has to decide about Thing l1.", history=History(is_abuse_flagged=True)),
    Case("no country", "which rules hold for your country", order(country="")),
    Case("far country", "returns from your country", order(country="BR")),
    Case("claimed promise", "what you were promised", days=60, request={"promised_until": date(2026, 6, 1)}),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.rule)
def test_a_refusal_says_why(case: Case) -> None:
    assert case.words in case.refusal("en").text


@every_language
def test_a_refusal_is_grounded_and_ends_with_a_person(language: str) -> None:
    for case in REFUSED:
        speech, voice = case.refusal(language), case.voice(language)
        checked = grounding.check(speech.text, speech.evidence, voice)
        assert (checked.text, checked.dropped) == (speech.text, ()), case.rule
        last = grounding.sentences(speech.text, words_of(language))[-1][0]
        assert re.search(r"person|Mensch|pessoa", last), case.rule


@every_language
def test_a_reason_that_holds_for_the_whole_order_is_said_once(language: str) -> None:
    held = order(line(delivered=0), line("l2", delivered=0), arrived=None)
    decision = evaluate(SHIPPED, held, ReturnRequest((asks(), RequestLine("l2", 1))), customer(), ARRIVED)
    voice = Voice(language, ARRIVED)

    speech = return_words.refusal(held, decision, voice, SHIPPED, ARRIVED)

    assert len(grounding.sentences(speech.text, words_of(language))) == 2
    assert "Thing" not in speech.text
    assert grounding.check(speech.text, speech.evidence, voice).text == speech.text


def test_what_is_allowed_but_dear_is_confirmed_by_a_person() -> None:
    case = Case("dear", "", order(line(price=90_000)), request={"wished": "refund"})

    assert case.decision().verdict == "allow"
    assert case.refusal("en").text.endswith(
        "can be returned until Thursday, April 9. A person has to confirm this amount."
    )


@every_language
def test_a_refusal_names_no_suspicion(language: str) -> None:
    texts = " ".join(case.refusal(language).text for case in REFUSED)

    assert not re.search(r"abuse|fraud|missbrauch|betrug|abus", texts, re.IGNORECASE)


@every_language
def test_a_verdict_is_explained_to_the_desk_in_any_language(language: str) -> None:
    for case in REFUSED:
        result = case.decision().lines[0]
        text = return_words.explained(result, case.held, case.voice(language), case.now).text
        assert text and not re.search(r"[{}]", text)


ALLOWED = [
    Case("E8", "", order(line(price=5_400))),
    Case("E5", "", wish=asks(reason=Reason.DAMAGED_IN_TRANSIT)),
    Case("E6", "", order(line(final_sale=True), country="DE")),
    Case("E9 credit", "", days=47, request={"wished": "credit"}),
    Case("guarantee", "", order(country="DE"), asks(reason=Reason.DEFECTIVE), days=200),
]
KINDS = {
    "E8": ["exchange", "credit", "refund"],
    "E5": ["exchange", "replace", "credit", "refund"],
    "E6": ["refund"],
    "E9 credit": ["exchange", "credit"],
    "guarantee": ["replace", "repair"],
}


@pytest.mark.parametrize("case", ALLOWED, ids=lambda case: case.rule)
def test_the_ways_it_may_end_are_ordered(case: Case) -> None:
    found = return_words.kinds(case.decision())

    assert [kind for kind in found if kind in KINDS[case.rule]] == KINDS[case.rule]


def test_the_refund_stands_beside_the_others_with_its_amount() -> None:
    case = ALLOWED[0]

    lines = return_words.offer(case.held, case.decision(), case.voice("en"), case.now).text.split("\n")

    assert lines[1].startswith("• an exchange")
    assert lines[2] == "• store credit of $59.40 (that includes a bonus of $5.40), with a free label"
    assert lines[3] == "• a refund of $49.01 (the label of $4.99 is already taken off)"


@every_language
def test_offers_are_grounded(language: str) -> None:
    for case in ALLOWED:
        speech = return_words.offer(case.held, case.decision(), case.voice(language), case.now)
        assert grounding.check(speech.text, speech.evidence, case.voice(language)).text == speech.text


def test_what_may_not_go_back_is_said_before_the_offer() -> None:
    held = order(line(), line("l2", final_sale=True))
    wished = ReturnRequest((asks(), RequestLine("l2", 1, Reason.UNWANTED)))
    now = ARRIVED + timedelta(days=5)
    decision = evaluate(SHIPPED, held, wished, customer(), now)

    assert return_words.granted(decision) == {"l1": 1}
    assert "Thing l2 is excluded" in return_words.offer(held, decision, Voice("en", now), now).text.split("\n")[0]


def draft(outcome: str, **more: Any) -> ReturnDraft:
    return ReturnDraft(order_id="ord_1", lines={"l1": 1}, reason="unwanted", outcome=outcome, **more)


@every_language
@pytest.mark.parametrize("outcome", ["exchange", "credit", "refund"])
def test_what_is_read_back_is_grounded_and_ends_with_the_question(outcome: str, language: str) -> None:
    case, products = ALLOWED[0], {"p-l1": product()}
    wanted = draft(outcome, to_skus={"l1": "SKU-l1-BLUE"})

    speech = return_words.read_back(case.held, wanted, case.decision(), case.voice(language), case.now, products)

    assert speech.text.endswith("?")
    assert grounding.check(speech.text, speech.evidence, case.voice(language)).text == speech.text
    assert "#1042" in speech.text and "Thing l1" in speech.text


def test_a_refund_is_read_back_with_its_amount_fee_and_method() -> None:
    case = ALLOWED[0]

    text = return_words.read_back(case.held, draft("refund"), case.decision(), case.voice("en"), case.now, {}).text

    assert "$49.01 to your original payment method" in text and "$4.99" in text


def test_a_refund_that_the_label_eats_is_told_before_it_is_confirmed() -> None:
    held = order(line(price=400))
    decision = evaluate(SHIPPED, held, ReturnRequest((asks(),)), customer(), ARRIVED + timedelta(days=5))

    text = return_words.read_back(held, draft("refund"), decision, Voice("en", ARRIVED), ARRIVED, {}).text

    assert "nothing would be left" in text


def opened(outcome: ReturnOutcome = ReturnOutcome.REFUND, **more: Any) -> Return:
    plain = Return(
        "RMA-77", ARRIVED, ReturnStatus.LABEL_ISSUED, outcome, (ReturnLine("l1", 1),), due_by=date(2026, 4, 9)
    )
    return replace(plain, **more)


@every_language
@pytest.mark.parametrize("outcome", ["exchange", "replace", "repair", "credit", "refund"])
def test_what_was_done_is_said_and_the_money_is_not_yet(outcome: str, language: str) -> None:
    voice, held = Voice(language, ARRIVED), order()
    result = {"rma": "RMA-77", "label_url": "https://labels.test/77.pdf"}

    speech = return_words.done(held, opened(), draft(outcome), result, usd(4_901), voice, SHIPPED, ARRIVED)

    assert grounding.check(speech.text, speech.evidence, voice).text == speech.text
    assert "RMA-77" in speech.text and "https://labels.test/77.pdf" in speech.text
    assert not re.search(r"was refunded|se han reembolsado|remboursés|erstattet|foram reembolsados", speech.text)


@every_language
def test_who_is_paid_early_hears_so(language: str) -> None:
    voice, held = Voice(language, ARRIVED), order()
    made = [
        return_words.done(
            held, opened(), draft("refund"), {"rma": "RMA-77", **more}, usd(4_901), voice, SHIPPED, ARRIVED
        )
        for more in ({}, {"release": "on_first_scan"}, {"release": "immediately"})
    ]
    said = [each.line("", Fact("done", "status", "start_return", "store", ARRIVED)) for each in made]
    assert len({each.text for each in said}) == 3
    assert [grounding.check(each.text, each.evidence, voice).dropped for each in said] == [(), (), ()]


def test_without_a_label_it_goes_by_mail() -> None:
    text = return_words.done(
        order(), None, draft("refund"), {"rma": "R1"}, usd(1), Voice("en", ARRIVED), SHIPPED, ARRIVED
    ).text

    assert "e-mail address of the order" in text and "Please send it by" not in text


def refund(status: RefundStatus, **more: Any) -> Refund:
    return replace(Refund("rf1", ARRIVED, usd(4_000), status, "original", (LineQuantity("l1", 1),)), **more)


STATUSES = [opened(status=status, received_at=ARRIVED, inspected_at=None) for status in ReturnStatus]


@every_language
def test_every_state_of_a_return_and_a_refund_is_worded(language: str) -> None:
    for ret in [*STATUSES, opened(status=ReturnStatus.INSPECTED, inspected_at=ARRIVED), opened(at=None)]:
        for money in [refund(status) for status in RefundStatus] + [refund(RefundStatus.SUCCEEDED, at=None)]:
            held, voice = order(returns=(ret,), refunds=(money,)), Voice(language, ARRIVED)
            speech = return_words.status(held, voice, SHIPPED, ARRIVED)
            assert grounding.check(speech.text, speech.evidence, voice).text == speech.text
            assert not re.search(r"[{}_]|None", speech.text), speech.text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RefundStatus.SUCCEEDED, "$40.00 was refunded to your original payment method"),
        (RefundStatus.PENDING, "submitted to the bank"),
        (RefundStatus.FAILED, "did not go through"),
        (RefundStatus.UNKNOWN, "can't see clearly"),
    ],
)
def test_only_what_succeeded_is_called_refunded(status: RefundStatus, words: str) -> None:
    text = return_words.status(order(refunds=(refund(status),)), Voice("en", ARRIVED), SHIPPED, ARRIVED).text

    assert words in text
    assert ("was refunded" in text) == (status is RefundStatus.SUCCEEDED)


def test_store_credit_needs_no_bank_days() -> None:
    held = order(refunds=(refund(RefundStatus.SUCCEEDED, method="store_credit"),))

    text = return_words.status(held, Voice("en", ARRIVED), SHIPPED, ARRIVED).text

    assert "to store credit" in text and "banks" not in text


def test_a_check_has_three_business_days() -> None:
    """The goods came on a Tuesday, so Friday is the last day."""
    held = order(returns=(opened(status=ReturnStatus.RECEIVED, received_at=ARRIVED),))
    in_time, friday, late = (ARRIVED + timedelta(days=days) for days in (2, 3, 4))
    on_friday = return_words.status(held, Voice("en", friday), SHIPPED, friday).text

    assert "by today, Friday, March 13" in on_friday
    assert not return_words.needs_person(held, in_time)
    assert return_words.needs_person(held, late)
    assert "should have been finished" in return_words.status(held, Voice("en", late), SHIPPED, late).text


def test_a_refund_that_failed_needs_a_person() -> None:
    assert return_words.needs_person(order(refunds=(refund(RefundStatus.FAILED),)), ARRIVED)
    assert not return_words.needs_person(order(refunds=(refund(RefundStatus.PENDING),)), ARRIVED)


@pytest.mark.parametrize(("days", "expected"), [(13, False), (15, True)])
def test_a_parcel_back_to_us_that_went_quiet_needs_a_person(days: int, expected: bool) -> None:
    scan = TrackingEvent(ShipmentStatus.IN_TRANSIT, "in_transit", ARRIVED)
    back = Shipment(
        "s9", "ups", "1Z", (), ARRIVED, (scan,), ShipmentStatus.IN_TRANSIT, direction=Direction.RETURN, last_scan=scan
    )
    plain = order(returns=(opened(status=ReturnStatus.IN_TRANSIT),))
    held = replace(plain, shipments=(*plain.shipments, back))

    assert return_words.needs_person(held, ARRIVED + timedelta(days=days)) is expected


def test_an_item_is_named_with_what_its_title_leaves_out() -> None:
    scarf = line(title="Red scarf", options={"colour": "Red", "size": "M"}, quantity=2)

    assert return_words.item_label(scarf) == "2 × Red scarf (M)"
    assert return_words.title_fact(scarf, ARRIVED).value == "Red scarf (M)"
