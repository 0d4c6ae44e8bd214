"""Returns in words: what may go back and why not, how it may end, what was read back, what was done, where the money is.

Policy decided already; this module says it. Whatever a customer hears here is a fact of the order, of the policy or of the
order system's answer.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from server.answering.drafts.returns import ReturnDraft
from server.answering.words import wishes
from server.answering.words.voice import Speech, Voice, names_in, phrases
from server.commerce.business import Calendar, add_days, local
from server.commerce.model import (
    Direction,
    Fact,
    Line,
    LocalTime,
    Money,
    OrderSnapshot,
    Product,
    Refund,
    RefundStatus,
    Return,
    ReturnOutcome,
    ReturnStatus,
    ShipmentStatus,
    Variant,
)
from server.commerce.rows import has_passed
from server.policies import facts
from server.policies.decision import Decision, LineResult
from server.policies.shape import Policy, Release

reason_in = wishes.reason_in
opened_in = wishes.opened_in
outcome_in = wishes.outcome_in
mentioned = wishes.mentioned
number_of = wishes.number_of
named_variant = wishes.named_variant

_ORDERED_KINDS: Final = ("exchange", "replace", "repair", "credit", "refund")
_MOST_REASONS: Final = 3
_INSPECTION_DAYS: Final = 3
_BANK_DAYS: Final = 10
_QUIET: Final = timedelta(days=14)
_OPEN: Final = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED})
_COMING: Final = _OPEN | {ReturnStatus.IN_TRANSIT}
_REFUND_AFTER: Final[Mapping[Release, str]] = {
    "on_inspection": "then_inspection",
    "on_receipt": "then_receipt",
    "on_first_scan": "then_first_scan",
    "immediately": "then_now",
}
_REFUND_PHRASES: Final[Mapping[RefundStatus, tuple[str, ...]]] = {
    RefundStatus.SUCCEEDED: ("refund_done", "refund_done_plain", "refund_done_only"),
    RefundStatus.PENDING: ("refund_pending", "refund_pending_only"),
    RefundStatus.FAILED: ("refund_failed",),
}


def number_fact(order: OrderSnapshot) -> Fact:
    """The order's number."""
    return Fact("order_number", "order_number", order.number, _source(order), order.as_of)


def item_label(line: Line) -> str:
    """A line as a customer knows it: `2 × Red scarf (M)`."""
    return f"{line.quantities.current} × {_name(line)}" if line.quantities.current > 1 else _name(line)


def _name(line: Line) -> str:
    options = ", ".join(value for value in line.options.values() if value.casefold() not in line.title.casefold())
    return f"{line.title} ({options})" if options else line.title


def title_fact(line: Line, now: datetime) -> Fact:
    """A line's name as a fact."""
    return Fact("item", "product", _name(line), "order", now)


def variant_label(variant: Variant) -> str:
    """A variant by its options."""
    return ", ".join(variant.options.values()) or variant.sku


def kinds(decision: Decision) -> list[str]:
    """The ways it may end that are open for every line that may go back, exchange first, refund last."""
    allowed = [result for result in decision.lines if result.verdict == "allow"]
    if not allowed:
        return []
    common = set.intersection(*({each.kind for each in result.offers if each.verdict == "allow"} for result in allowed))
    return [kind for kind in _ORDERED_KINDS if kind in common]


def granted(decision: Decision) -> dict[str, int]:
    """How many pieces of each line may go back; a request may be granted in part."""
    found: dict[str, int] = {}
    for result in decision.lines:
        if result.verdict == "allow":
            found[result.line_id] = found.get(result.line_id, 0) + result.quantity
    return found


def withheld(order: OrderSnapshot, decision: Decision, voice: Voice, now: datetime) -> Speech:
    """What of a request may not go back, and why; nothing if all may."""
    return _why([result for result in decision.lines if result.verdict != "allow"], decision, order, voice, now)


def offer(order: OrderSnapshot, decision: Decision, voice: Voice, now: datetime, only: Sequence[str] = ()) -> Speech:
    """Every way it may end, once, the refund beside the others as an equal; before it, what may not go back and why.

    `only` = of these ways alone."""
    said = withheld(order, decision, voice, now).add("returns.offer")
    for kind in only or kinds(decision):
        _add_offer(said, kind, order, decision, now)
    return said


def _add_offer(said: Speech, kind: str, order: OrderSnapshot, decision: Decision, now: datetime) -> None:
    money = _sums(order, decision, kind, now)
    offers = [found for result in decision.lines if (found := result.offer(kind)) is not None]
    key = f"returns.offer_{kind}"
    if kind == "refund" and offers and all(each.keep_item for each in offers):
        key = "returns.offer_refund_keep"
    elif kind == "refund" and "fee" in money:
        key = "returns.offer_refund_fee"
    elif kind == "refund" and any(each.label == "customer" for each in offers):
        key = "returns.offer_refund_self"
    elif kind == "credit" and "bonus" in money:
        key = "returns.offer_credit_bonus"
    said.add(key, **_only_named(key, money, said.voice))
    if kind in ("exchange", "credit", "replace", "repair"):
        said.line("", Fact("label", "status", "free", "policy", now))


def read_back(
    order: OrderSnapshot,
    draft: ReturnDraft,
    decision: Decision,
    voice: Voice,
    now: datetime,
    products: Mapping[str, Product],
    *,
    method: Fact | None = None,
) -> Speech:
    """Exactly what will happen, and the question. Tells beforehand when the label would use up the refund."""
    held: dict[str, Fact] = {"items": _items(order, draft.lines), "number": number_fact(order)}
    held["method"] = method or Fact("method", "text", "original", "policy", now)
    held["wanted"] = _wanted(draft, products, now)
    held |= _sums(order, decision, draft.outcome, now)
    key = f"returns.back_{draft.outcome}"
    total = decision.total(draft.outcome)
    if draft.outcome == "refund" and "fee" in held:
        key = "returns.back_refund_eaten" if total is not None and total.is_eaten else "returns.back_refund_fee"
    return voice.speech().add(key, **_only_named(key, held, voice))


def _only_named(key: str, facts: Mapping[str, Fact], voice: Voice) -> dict[str, Fact]:
    """Those facts that a phrase says; what it does not say is no evidence."""
    return {name: facts[name] for name in names_in(phrases(voice.language)[key])}


def refusal(order: OrderSnapshot, decision: Decision, voice: Voice, policy: Policy, now: datetime) -> Speech:
    """Why it is not simply done, what is possible instead, and that a person can be asked."""
    told = [result for result in decision.lines if result.verdict != "allow"] or list(decision.lines)
    said = _why(told, decision, order, voice, now)
    if decision.verdict == "deny":
        _add_alternatives(said, told)
        return said.add("explain.instead")
    return said.add("explain.approval" if decision.verdict == "allow" else "explain.person_confirms")


def _why(told: Sequence[LineResult], decision: Decision, order: OrderSnapshot, voice: Voice, now: datetime) -> Speech:
    """The reasons, each once; a reason that holds for the whole order is said of the order."""
    said = voice.at(order.tz).speech()
    shared = f"explain.{told[0].explain_key}_all" if told else ""
    if len(decision.lines) > 1 and len({result.explain_key for result in decision.lines}) == 1 and voice.has(shared):
        return said.add(shared).line("", Fact("verdict", "status", told[0].explain_key, "policy", now))
    reasons = {reason.text: reason for reason in (explained(result, order, voice, now) for result in told)}
    for reason in list(reasons.values())[:_MOST_REASONS]:
        said.join(reason)
    return said


def _add_alternatives(said: Speech, told: list[LineResult]) -> None:
    """What is still open instead of what was asked for, or that a fault is another matter."""
    common = set.intersection(*({each.kind for each in result.offers} for result in told)) if told else set()
    ways = [said.voice.text(f"way.{kind}") for kind in _ORDERED_KINDS if kind in common]
    if ways:
        said.line(said.voice.text("explain.alternative", ways=", ".join(ways)))
    elif any(result.explain_key in ("window_passed", "flagged") for result in told):
        said.add("explain.warranty_hint")


def done(
    order: OrderSnapshot, ret: Return | None, draft: ReturnDraft, result: Mapping[str, Any], amount: Money,
    voice: Voice, policy: Policy, now: datetime, *, has_card: bool = False,
) -> Speech:  # fmt: skip
    """It is open: its number, the label (or that the card has it), by when, and what happens then."""
    said = voice.at(order.tz).speech()
    is_exchange = draft.outcome in ("exchange", "replace")
    rma = Fact("rma", "text", str(result["rma"]), _source(order), now)
    said.add("returns.done_exchange" if is_exchange else "returns.done_return", rma=rma)
    said.line("", Fact("return_status", "status", "return_opened", _source(order), now))
    label = str(result.get("label_url") or (ret.label_url if ret else "") or "")
    values: dict[str, Fact] = {}
    if label and not has_card:
        values["label_url"] = Fact("label_url", "url", label, _source(order), now)
    if ret is not None and ret.due_by is not None:
        values["due_by"] = _moment("due_by", ret.due_by, order)
    where = "label_card" if label and has_card else "label" if label else "label_mail"
    said.add(f"returns.{where}_by" if "due_by" in values else f"returns.{where}", **values)
    early = _REFUND_AFTER.get(result.get("release", "")) if draft.outcome == "refund" else None
    key = f"returns.{early or _then(draft.outcome, order, policy)}"
    return said.add(key, **_only_named(key, {"amount": _money("amount", amount, now)}, voice))


def kept(order: OrderSnapshot, voice: Voice, now: datetime) -> Speech | None:
    """What becomes of the newest return when its goods are not sent: it lapses. None where a person must undo it: money or
    goods moved already, new goods are reserved, or nothing says until when it is open."""
    ret = order.returns[-1] if order.returns else None
    if ret is None or ret.status not in _OPEN or ret.due_by is None or has_passed(ret.due_by, now, order.tz):
        return None
    paid = ret.refund_id or any(each.at and ret.at and each.at >= ret.at for each in order.refunds)
    if ret.outcome not in (ReturnOutcome.REFUND, ReturnOutcome.STORE_CREDIT) or paid:
        return None
    said = voice.at(order.tz).speech()
    rma = Fact("rma", "text", ret.id, _source(order), now)
    return said.add("returns.kept", rma=rma, due_by=_moment("due_by", ret.due_by, order))


def _then(outcome: str, order: OrderSnapshot, policy: Policy) -> str:
    """The phrase for when it moves on, by the policy's releases."""
    zone = facts.zone_of(policy, order)
    rules = facts.outcomes_of(policy, zone) if zone else policy.outcomes
    if outcome == "refund":
        return _REFUND_AFTER[rules.refund.release]
    if outcome == "credit":
        return "then_credit" if rules.credit.release == "on_first_scan" else "then_credit_later"
    if outcome == "repair":
        return "then_repair"
    return "then_scan" if rules.exchange.release == "on_first_scan" else "then_new"


def status(order: OrderSnapshot, voice: Voice, policy: Policy, now: datetime) -> Speech:
    """Every return and refund: last state with its date, what comes next, by when."""
    said = voice.at(order.tz).speech()
    for ret in order.returns[-2:]:
        state = _status("return_status", ret.status.value, order)
        said.add("refund.return_state", rma=_rma(ret, order), number=number_fact(order), status=state)
        _add_dates(said, ret, order)
        _add_next(said, ret, order, now)
    for refund in order.refunds[-2:]:
        _add_refund(said, refund, order)
    return said


def needs_person(order: OrderSnapshot, now: datetime) -> bool:
    """Whether a refund failed or is not clear, an inspection is overdue, or a parcel back to us has gone quiet."""
    unclear = any(refund.status in (RefundStatus.FAILED, RefundStatus.UNKNOWN) for refund in order.refunds)
    late = any(ret.status is ReturnStatus.RECEIVED and _is_overdue(ret, order, now) for ret in order.returns)
    return unclear or late or _is_quiet(order, now)


def _is_overdue(ret: Return, order: OrderSnapshot, now: datetime) -> bool:
    by = _inspect_by(ret, order)
    return by is not None and has_passed(by, now, order.tz)


def _inspect_by(ret: Return, order: OrderSnapshot) -> date | None:
    """The last business day of the time that a check may take."""
    if ret.received_at is None:
        return None
    return add_days(local(ret.received_at, order.tz).date(), _INSPECTION_DAYS, Calendar())


def _is_quiet(order: OrderSnapshot, now: datetime) -> bool:
    """A parcel that the carrier scanned on its way back, and then nothing for two weeks."""
    if not any(ret.status in _COMING for ret in order.returns):
        return False
    back = [parcel for parcel in order.shipments if parcel.direction is Direction.RETURN]
    return any(
        parcel.last_scan is not None
        and parcel.status is not ShipmentStatus.DELIVERED
        and now - parcel.last_scan.at > _QUIET
        for parcel in back
    )


def _add_dates(said: Speech, ret: Return, order: OrderSnapshot) -> None:
    if ret.inspected_at is not None:
        said.add("refund.return_inspected", inspected_at=_day("inspected_at", ret.inspected_at, order))
    elif ret.received_at is not None:
        said.add("refund.return_received", received_at=_day("received_at", ret.received_at, order))
    elif ret.at is not None:
        said.add("refund.return_opened", opened_at=_day("opened_at", ret.at, order))
        said.line("", Fact("return_status", "status", "return_opened", _source(order), order.as_of))


def _add_next(said: Speech, ret: Return, order: OrderSnapshot, now: datetime) -> None:
    if ret.status in _OPEN and ret.due_by is not None and not has_passed(ret.due_by, now, order.tz):
        said.add("refund.return_next_send", due_by=_moment("due_by", ret.due_by, order))
    elif ret.status in (ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED):
        said.add("refund.return_next_label")
    elif ret.status is ReturnStatus.IN_TRANSIT:
        said.add("refund.return_next_receive")
    elif ret.status is ReturnStatus.RECEIVED:
        _add_inspection(said, ret, order, now)
    elif ret.status in (ReturnStatus.INSPECTED, ReturnStatus.APPROVED_FOR_PAYOUT):
        said.add("refund.return_next_new" if ret.outcome is ReturnOutcome.EXCHANGE else "refund.return_next_pay")


def _add_inspection(said: Speech, ret: Return, order: OrderSnapshot, now: datetime) -> None:
    by = _inspect_by(ret, order)
    if by is not None:
        key = "refund.return_overdue" if _is_overdue(ret, order, now) else "refund.return_next_inspect"
        said.add(key, inspect_by=Fact("inspect_by", "date", by, "policy", order.as_of))


def _add_refund(said: Speech, refund: Refund, order: OrderSnapshot) -> None:
    """Only what succeeded is refunded; what is pending was submitted."""
    source = f"{_source(order)}/refunds/{refund.id}"
    known: dict[str, Fact] = {"amount": Fact("amount", "amount", refund.amount, source, order.as_of)}
    known["method"] = Fact("method", "text", refund.method, source, order.as_of)
    if not said.voice.has(f"method.{refund.method}"):
        known["method"] = Fact("method", "text", "original", source, order.as_of)
    if refund.at is not None:
        known["at"] = _day("at", refund.at, order)
    if refund.method == "original":
        known["days"] = Fact("days", "count", _BANK_DAYS, "policy", order.as_of)
    names = _REFUND_PHRASES.get(refund.status, ("refund_unknown",))
    fitting = (f"refund.{name}" for name in names)
    key = next(key for key in fitting if names_in(phrases(said.voice.language)[key]) <= known.keys())
    said.add(key, **_only_named(key, known, said.voice))
    said.line("", Fact("refund_status", "status", refund.status.value, source, order.as_of))


def explained(result: LineResult, order: OrderSnapshot, voice: Voice, now: datetime) -> Speech:
    """Why a line may or may not go back: the fullest phrase of its reason for which all facts are there."""
    known = _reasons(result, order, now)
    texts = phrases(voice.language)
    keys = (f"explain.{result.explain_key}", f"explain.{result.explain_key}_plain", "explain.by_person")
    fitting = [key for key in keys if key in texts and names_in(texts[key]) <= known.keys()]
    key = fitting[0] if fitting else "explain.person_confirms"
    said = voice.at(order.tz).speech().add(key, **_only_named(key, known, voice))
    return said.line("", Fact("verdict", "status", result.explain_key, "policy", now))


def _reasons(result: LineResult, order: OrderSnapshot, now: datetime) -> dict[str, Fact]:
    """The facts of a verdict, under the names that the phrases use."""
    known: dict[str, Fact] = {}
    line = order.line(result.line_id)
    if line is not None:
        known["item"] = title_fact(line, now)
    for name, key in (("deadline", "deadline_on"), ("cancelled", "cancelled_on")):
        if isinstance(value := result.facts.get(key), date):
            known[name] = Fact(name, "date", value, "policy", now)
    if isinstance(flag := result.facts.get("flag"), str):
        known["flag"] = Fact("flag", "text", flag, "policy", now)
    if isinstance(count := result.facts.get("available"), int) and count > 0:
        known["available"] = Fact("available", "count", count, "policy", now)
    return known


def _sums(order: OrderSnapshot, decision: Decision, kind: str, now: datetime) -> dict[str, Fact]:
    """What an outcome comes to: the amount, and the label's fee and the bonus where there are any."""
    total = decision.total(kind)
    offers = [found for result in decision.lines if (found := result.offer(kind)) is not None]
    amount = total.amount if total else Money(sum(each.amount_minor for each in offers), order.currency)
    named = {"amount": amount.amount_minor}
    if total is not None:
        named |= {
            key: value for key, value in (("fee", total.label_fee_minor), ("bonus", total.bonus_minor)) if value > 0
        }
    return {key: _money(key, Money(value, amount.currency), now) for key, value in named.items()}


def _items(order: OrderSnapshot, lines: Mapping[str, int]) -> Fact:
    names = []
    for line_id, quantity in sorted(lines.items()):
        line = order.line(line_id)
        if line is not None:
            names.append(f"{quantity} × {_name(line)}" if quantity > 1 else _name(line))
    return Fact("items", "product", ", ".join(names), _source(order), order.as_of)


def _wanted(draft: ReturnDraft, products: Mapping[str, Product], now: datetime) -> Fact:
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


def _rma(ret: Return, order: OrderSnapshot) -> Fact:
    return Fact("return_id", "text", ret.id, _source(order), order.as_of)


def _day(key: str, at: datetime, order: OrderSnapshot) -> Fact:
    return Fact(key, "date", local(at, order.tz).date(), _source(order), order.as_of)


def _moment(key: str, value: date, order: OrderSnapshot) -> Fact:
    if isinstance(value, datetime):
        return Fact(key, "datetime", LocalTime(value, order.tz), _source(order), order.as_of)
    return Fact(key, "date", value, _source(order), order.as_of)


def _source(order: OrderSnapshot) -> str:
    return f"{order.source}:orders/{order.id}"
