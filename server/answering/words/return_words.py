"""Returns in words: what may go back and why not, how it may end, what was read back, what was done, where the money is.

Policy decided already; this module says it. Whatever a customer hears here is a fact of the order, of the policy or of the
order system's answer.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from server.answering.context import ReturnDraft
from server.answering.words import wishes
from server.answering.words.voice import Speech, Value, Voice, names_in, phrases
from server.commerce.business import local
from server.commerce.model import (
    Fact,
    Line,
    LocalTime,
    Money,
    OrderSnapshot,
    Product,
    Refund,
    RefundStatus,
    Return,
    ReturnStatus,
    Variant,
)
from server.policies.decision import Decision, LineResult, Offer
from server.policies.shape import Policy

reason_in = wishes.reason_in
outcome_in = wishes.outcome_in
mentioned = wishes.mentioned
number_of = wishes.number_of
named_variant = wishes.named_variant

_ORDERED_KINDS: Final = ("exchange", "replace", "repair", "credit", "refund")
_INSPECTION_DAYS: Final = 3
_BANK_DAYS: Final = 10
_OPEN: Final = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED})


def number_fact(order: OrderSnapshot) -> Fact:
    """The order's number."""
    return Fact("order_number", "order_number", order.number, _source(order), order.as_of)


def item_label(line: Line) -> str:
    """A line as a customer knows it: `Red scarf (M)`, with how many there are."""
    options = ", ".join(value for value in line.options.values() if value.casefold() not in line.title.casefold())
    name = f"{line.title} ({options})" if options else line.title
    return f"{line.quantities.current} × {name}" if line.quantities.current > 1 else name


def title_fact(line: Line, now: datetime) -> Fact:
    """A line's name as a fact."""
    return Fact("item", "product", item_label(line), "order", now)


def variant_label(variant: Variant) -> str:
    """A variant by its options."""
    return ", ".join(variant.options.values()) or variant.sku


def kinds(decision: Decision) -> list[str]:
    """The ways it may end that are open for all lines, exchange first, refund last."""
    allowed = [result for result in decision.lines if result.verdict == "allow"]
    if not allowed:
        return []
    common = set.intersection(*({each.kind for each in result.offers if each.verdict == "allow"} for result in allowed))
    return [kind for kind in _ORDERED_KINDS if kind in common]


def offer(order: OrderSnapshot, decision: Decision, voice: Voice, now: datetime) -> Speech:
    """Every way it may end, once, the refund beside the others as an equal."""
    spoken = voice.speech().add("returns.offer")
    for kind in kinds(decision):
        amount, fee, bonus = _amounts(order, decision, kind)
        if kind == "refund" and fee.amount_minor:
            spoken.add("returns.offer_refund_fee", amount=_money("amount", amount, now), fee=_money("fee", fee, now))
        elif kind == "credit" and bonus.amount_minor:
            spoken.add(
                "returns.offer_credit_bonus", amount=_money("amount", amount, now), bonus=_money("bonus", bonus, now)
            )
        elif kind in ("refund", "credit"):
            spoken.add(f"returns.offer_{kind}", amount=_money("amount", amount, now))
        else:
            spoken.add(f"returns.offer_{kind}")
    return spoken


def read_back(
    order: OrderSnapshot,
    draft: ReturnDraft,
    decision: Decision,
    voice: Voice,
    now: datetime,
    products: Mapping[str, Product],
) -> Speech:
    """Exactly what will happen, and the question."""
    held: dict[str, Value] = {"items": _items(order, draft.lines, now), "number": number_fact(order)}
    kind = draft.outcome
    amount, fee, _ = _amounts(order, decision, kind)
    key = f"returns.back_{kind}"
    if kind == "refund":
        held |= {"amount": _money("amount", amount, now), "method": voice.text("method.original")}
        if fee.amount_minor:
            key, held["fee"] = "returns.back_refund_fee", _money("fee", fee, now)
    elif kind == "credit":
        held["amount"] = _money("amount", amount, now)
    elif kind == "exchange":
        held["wanted"] = _wanted(order, draft, products, now)
    return voice.speech().add(key, **held)


def explain(result: LineResult, order: OrderSnapshot, voice: Voice, policy: Policy, now: datetime) -> str:
    """The reason of one line's verdict in plain words."""
    return _explained(result, order, voice, now).text


def refusal(order: OrderSnapshot, decision: Decision, voice: Voice, policy: Policy, now: datetime) -> Speech:
    """Why it is not simply done, what is possible instead, and that a person can be asked."""
    spoken = voice.speech()
    told = [result for result in decision.lines if result.verdict != "allow"] or list(decision.lines)
    for result in told[:3]:
        spoken.join(_explained(result, order, voice, now))
    return spoken.add("explain.instead" if decision.verdict == "deny" else "explain.person_confirms")


def done(
    order: OrderSnapshot, ret: Return | None, draft: ReturnDraft, result: Mapping[str, Any], amount: Money,
    voice: Voice, policy: Policy, now: datetime,
) -> Speech:  # fmt: skip
    """It is open: its number, the label, by when, and what happens then."""
    rma = Fact("rma", "text", str(result["rma"]), _source(order), now)
    spoken = voice.speech()
    is_exchange = draft.outcome in ("exchange", "replace")
    spoken.add("returns.done_exchange" if is_exchange else "returns.done_return", rma=rma)
    label = str(result.get("label_url") or (ret.label_url if ret else "") or "")
    if label:
        spoken.add("returns.label", label_url=Fact("label_url", "url", label, _source(order), now))
    else:
        spoken.add("returns.label_mail")
    if ret is not None and ret.due_by is not None:
        spoken.add("returns.due_by", due_by=_moment("due_by", ret.due_by, order))
    if draft.outcome == "refund":
        return spoken.add("returns.then_inspection", amount=_money("amount", amount, now))
    if draft.outcome == "credit":
        return spoken.add("returns.then_credit", amount=_money("amount", amount, now))
    return spoken.add("returns.then_scan")


def status(order: OrderSnapshot, voice: Voice, policy: Policy, now: datetime) -> Speech:
    """Every return and refund: last state with its date, what comes next, by when."""
    spoken = voice.speech()
    for ret in order.returns[-2:]:
        spoken.add("refund.return_state", rma=Fact("rma", "text", ret.id, _source(order), order.as_of),
                   number=number_fact(order), status=_status("return_status", ret.status.value, order))  # fmt: skip
        _add_dates(spoken, ret, order)
        _add_next(spoken, ret, order)
    for refund in order.refunds[-2:]:
        _add_refund(spoken, refund, order, voice)
    return spoken


def needs_person(order: OrderSnapshot, now: datetime) -> bool:
    """Whether money or an inspection is overdue, or the outcome of a refund is not clear."""
    unclear = any(refund.status in (RefundStatus.FAILED, RefundStatus.UNKNOWN) for refund in order.refunds)
    late = any(
        ret.status is ReturnStatus.RECEIVED
        and ret.received_at is not None
        and now - ret.received_at > timedelta(days=5)
        for ret in order.returns
    )
    return unclear or late


def _add_dates(spoken: Speech, ret: Return, order: OrderSnapshot) -> None:
    if ret.inspected_at is not None:
        spoken.add("refund.return_inspected", inspected_at=_day("inspected_at", ret.inspected_at, order))
    elif ret.received_at is not None:
        spoken.add("refund.return_received", received_at=_day("received_at", ret.received_at, order))


def _add_next(spoken: Speech, ret: Return, order: OrderSnapshot) -> None:
    if ret.status in _OPEN and ret.due_by is not None:
        spoken.add("refund.return_next_send", due_by=_moment("due_by", ret.due_by, order))
    elif ret.status is ReturnStatus.IN_TRANSIT:
        spoken.add("refund.return_next_receive")
    elif ret.status is ReturnStatus.RECEIVED:
        days = Fact("inspection_days", "count", _INSPECTION_DAYS, "policy", order.as_of)
        spoken.add("refund.return_next_inspect", days=days)
    elif ret.status in (ReturnStatus.INSPECTED, ReturnStatus.APPROVED_FOR_PAYOUT):
        spoken.add("refund.return_next_pay")


def _add_refund(spoken: Speech, refund: Refund, order: OrderSnapshot, voice: Voice) -> None:
    amount = Fact("amount", "amount", refund.amount, f"{_source(order)}/refunds/{refund.id}", order.as_of)
    state = _status("refund_status", refund.status.value, order)
    if refund.status is RefundStatus.SUCCEEDED and refund.at is not None:
        method = f"method.{refund.method}" if voice.has(f"method.{refund.method}") else "method.original"
        days = Fact("bank_days", "count", _BANK_DAYS, "policy", order.as_of)
        spoken.add(
            "refund.refund_done", amount=amount, method=voice.text(method), at=_day("at", refund.at, order), days=days
        )
    elif refund.status is RefundStatus.PENDING and refund.at is not None:
        spoken.add("refund.refund_pending", amount=amount, at=_day("at", refund.at, order))
    elif refund.status is RefundStatus.FAILED:
        spoken.add("refund.refund_failed", amount=amount)
    else:
        spoken.add("refund.refund_unknown", amount=amount)
    spoken.line("", state)


def _explained(result: LineResult, order: OrderSnapshot, voice: Voice, now: datetime) -> Speech:
    line = order.line(result.line_id)
    known: dict[str, Fact] = {}
    if line is not None:
        known["item"] = title_fact(line, now)
    deadline = result.facts.get("deadline_on")
    if isinstance(deadline, date):
        known["deadline"] = Fact("deadline", "date", deadline, "policy", now)
    flag = result.facts.get("flag")
    if isinstance(flag, str):
        known["flag"] = Fact("flag", "text", flag.replace("_", " "), "policy", now)
    key = f"explain.{result.explain_key}"
    if not names_in(phrases(voice.language)[key]) <= known.keys():
        key = (
            f"{key}_plain"
            if voice.has(f"{key}_plain")
            else "explain.by_person"
            if "item" in known
            else "explain.person_confirms"
        )
    needed = names_in(phrases(voice.language)[key])
    state = Fact("verdict", "status", result.verdict, "policy", now)
    return voice.speech().add(key, **{name: known[name] for name in needed}).line("", state)


def _amounts(order: OrderSnapshot, decision: Decision, kind: str) -> tuple[Money, Money, Money]:
    """(amount, label fee, bonus) of an outcome."""
    total = decision.total(kind)
    if total is not None:
        currency = total.amount.currency
        return total.amount, Money(total.label_fee_minor, currency), Money(total.bonus_minor, currency)
    offers: list[Offer] = [each for result in decision.lines if (each := result.offer(kind)) is not None]
    return (
        Money(sum(each.amount_minor for each in offers), order.currency),
        Money(0, order.currency),
        Money(0, order.currency),
    )


def _items(order: OrderSnapshot, lines: Mapping[str, int], now: datetime) -> Fact:
    names = []
    for line_id, quantity in sorted(lines.items()):
        line = order.line(line_id)
        if line is not None:
            name = re.sub(r"^\d+ × ", "", item_label(line))
            names.append(f"{quantity} × {name}" if quantity > 1 else name)
    return Fact("items", "product", ", ".join(names), _source(order), order.as_of)


def _wanted(order: OrderSnapshot, draft: ReturnDraft, products: Mapping[str, Product], now: datetime) -> Fact:
    variants = {variant.sku: (product, variant) for product in products.values() for variant in product.variants}
    names = []
    for sku in draft.to_skus.values():
        product, variant = variants.get(sku, (None, None))
        names.append(f"{product.title} ({variant_label(variant)})" if product and variant else sku)
    return Fact("wanted", "product", ", ".join(names), "catalogue", now)


def _money(key: str, value: Money, now: datetime) -> Fact:
    return Fact(key, "amount", value, "policy", now)


def _status(key: str, value: str, order: OrderSnapshot) -> Fact:
    return Fact(key, "status", value, _source(order), order.as_of)


def _day(key: str, at: datetime, order: OrderSnapshot) -> Fact:
    return Fact(key, "date", local(at, order.tz).date(), _source(order), order.as_of)


def _moment(key: str, value: date, order: OrderSnapshot) -> Fact:
    if isinstance(value, datetime):
        return Fact(key, "datetime", LocalTime(value, order.tz), _source(order), order.as_of)
    return Fact(key, "date", value, _source(order), order.as_of)


def _source(order: OrderSnapshot) -> str:
    return f"{order.source}:orders/{order.id}"
