"""What the shop grants of its own will: flags, promises, windows with season, grace and VIP days, and their terms."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from server.policies import facts
from server.policies.decision import Detail, LineResult, Offer
from server.policies.goods import Goods, refuse, reviewed, to_person
from server.policies.refunds import bonus, rate
from server.policies.shape import OutcomeKind, OutcomeRule, Verdict

OUTCOMES: Final[tuple[OutcomeKind, ...]] = ("exchange", "credit", "refund")


def voluntary(goods: Goods, delivered_on: date) -> LineResult:
    """The verdict of the shop's own policy, the law left aside."""
    flagged = _flagged(goods)
    if flagged is not None:
        return flagged
    proven = _promise(goods)
    if proven is not None:
        return proven
    result = _windows(goods, delivered_on)
    if goods.wish.is_worn and result.verdict == "allow":
        return reviewed(result, "E11", "worn")
    return result


def _flagged(goods: Goods) -> LineResult | None:
    """E7: what does not come back on a change of mind."""
    for name in goods.flags:
        flag = goods.case.policy.flags[name]
        ruling = flag.change_of_mind
        if flag.opened is not None or flag.sealed is not None:
            if goods.wish.is_opened is None and flag.opened != flag.sealed:
                return goods.question("opened", flag=name)
            ruling = flag.opened if goods.wish.is_opened else flag.sealed
        if ruling == "deny":
            return refuse(goods.wish, "E7", "flagged", flag=name)
        if ruling == "review":
            return to_person(goods.wish, "E7", "flagged", flag=name)
    return None


def _promise(goods: Goods) -> LineResult | None:
    """A window that an agent or a campaign promised is kept if the promise can be shown."""
    request, past = goods.case.request, goods.case.history
    until = request.promised_until or past.promised_until
    if until is None or not goods.is_within(until):
        return None
    if (request.promise_evidence if request.promised_until else past.promise_evidence) is None:
        return to_person(goods.wish, "promise", "promise_unproven", deadline_on=until)
    offers = tuple(_voluntary_offer(goods, kind, "allow") for kind in _offered(goods))
    return goods.allowed("promise", "promise_kept", offers, deadline_on=until)


def _windows(goods: Goods, delivered_on: date) -> LineResult:
    """E8 within the window, E9 within the days of grace, E10 after that."""
    ends = {kind: _deadline(goods, kind, delivered_on) for kind in _offered(goods)}
    standing = {kind: _standing(goods, kind, until) for kind, until in ends.items()}
    offers = tuple(_voluntary_offer(goods, kind, is_) for kind, is_ in standing.items() if is_ is not None)
    wished = goods.case.request.wished
    named = wished if wished in ends else ("refund" if "refund" in ends else next(iter(ends), None))
    told = _window_facts(goods, named, ends, delivered_on)
    if wished is not None and wished not in ends:
        return goods.result("deny", offers, "E8", "outcome_not_offered", told)
    return _judged(goods, offers, wished, ends, told)


def _judged(
    goods: Goods,
    offers: tuple[Offer, ...],
    wished: OutcomeKind | None,
    ends: Mapping[OutcomeKind, date | None],
    told: dict[str, Detail],
) -> LineResult:
    open_now = [offer for offer in offers if offer.verdict == "allow"]
    mine = next((offer for offer in offers if offer.kind == wished), None)
    if wished is None and open_now:
        rule = "E8" if any(goods.is_within(ends[_kind(offer)]) for offer in open_now) else "E9"
        return goods.result("allow", offers, rule, "within_window" if rule == "E8" else "within_grace", told)
    if mine is not None:
        if goods.is_within(ends[_kind(mine)]) and mine.verdict == "allow":
            return goods.result("allow", offers, "E8", "within_window", told)
        if mine.kind == "exchange" and _is_chain_full(goods):
            return goods.result("review", offers, "exchange_chain", "exchange_chain", told)
        return goods.result(mine.verdict, offers, "E9", "within_grace", told)
    verdict: Verdict = "review" if goods.case.is_vip else "deny"
    return goods.result(verdict, offers, "E10", "window_passed", told)


def _offered(goods: Goods) -> tuple[OutcomeKind, ...]:
    gift = goods.case.policy.gift.outcome if goods.case.request.is_gift else OUTCOMES
    return tuple(kind for kind in OUTCOMES if _rule(goods, kind).enabled and kind in gift)


def _rule(goods: Goods, kind: OutcomeKind) -> OutcomeRule:
    outcomes = goods.case.outcomes
    return {"refund": outcomes.refund, "credit": outcomes.credit, "exchange": outcomes.exchange}[kind]


def _deadline(goods: Goods, kind: OutcomeKind, delivered_on: date) -> date | None:
    """The last day for an outcome; None = without end."""
    rule = _rule(goods, kind)
    if rule.window_days == "unlimited":
        return None
    days = rule.window_days + (goods.case.policy.vip.extra_days if goods.case.is_vip else 0)
    if kind == "exchange" and facts.exchanges_of(goods.case.order, goods.line.id):
        days += goods.case.policy.exchange.extra_days
    return max(_start(goods, rule, delivered_on) + timedelta(days=days), _season_end(goods) or date.min)


def _start(goods: Goods, rule: OutcomeRule, delivered_on: date) -> date:
    if rule.from_ == "placed":
        return facts.local_day(goods.case.order.placed_at, goods.tz)
    if rule.from_ == "shipped":
        left = facts.shipped_at(goods.case.order, goods.line)
        return facts.local_day(left, goods.tz) if left else delivered_on
    return delivered_on


def _season_end(goods: Goods) -> date | None:
    season = goods.case.policy.holiday
    placed = facts.local_day(goods.case.order.placed_at, goods.tz)
    return season.window_until if season and season.placed_from <= placed <= season.placed_to else None


def _standing(goods: Goods, kind: OutcomeKind, until: date | None) -> Verdict | None:
    """How an outcome stands now; None = not any more."""
    grace = timedelta(days=goods.case.policy.defaults.grace_days)
    is_open = goods.is_within(until)
    if not is_open and until is not None and not goods.is_within(until + grace):
        return None
    if kind == "exchange":
        return "review" if _is_chain_full(goods) else "allow"
    return "allow" if is_open or kind == "credit" else "review"


def _is_chain_full(goods: Goods) -> bool:
    return facts.exchanges_of(goods.case.order, goods.line.id) >= max(1, goods.case.outcomes.exchange.max_chain)


def _voluntary_offer(goods: Goods, kind: OutcomeKind, verdict: Verdict) -> Offer:
    rule, policy = _rule(goods, kind), goods.case.policy
    fee_bp = facts.restocking_bp(policy, goods.line, goods.product) if kind != "exchange" else 0
    worth = goods.worth if kind == "exchange" else goods.own_worth
    restocking = rate(worth.net, fee_bp)
    extra = bonus(worth.net, rule.bonus_bp, _cap(goods, rule)) if kind == "credit" else 0
    is_free = rule.label.kind == "merchant" or (goods.case.is_vip and policy.vip.free_label)
    return Offer(
        kind=kind,
        verdict="review" if verdict == "review" else "allow",
        amount_minor=max(0, worth.total - restocking) + extra,
        restocking_minor=restocking,
        bonus_minor=extra,
        label="merchant" if is_free else "customer",
        label_fee_minor=goods.case.in_order_currency(rule.label.fee) if _is_deducted(goods, rule, is_free) else 0,
        release=policy.instant_refund.release if kind == "refund" and _is_instant(goods) else rule.release,
    )


def _is_deducted(goods: Goods, rule: OutcomeRule, is_free: bool) -> bool:
    return rule.label.kind == "deduct" and not is_free


def _cap(goods: Goods, rule: OutcomeRule) -> int:
    """The bonus' cap holds in the policy's currency; elsewhere there is no bonus to get wrong."""
    return rule.bonus_cap if goods.case.order.currency == goods.case.policy.currency else 0


def _is_instant(goods: Goods) -> bool:
    """Paid before the goods are back: small, and a customer who is known to be steady."""
    terms, past = goods.case.policy.instant_refund, goods.case.history
    return (
        goods.case.order.currency == goods.case.policy.currency
        and goods.worth.total <= terms.max
        and past.account_days >= terms.min_account_days
        and past.orders >= terms.min_orders
        and past.return_rate_bp is not None
        and past.return_rate_bp < terms.max_return_rate_bp
        and past.inr_12m <= terms.max_inr_12m
    )


def _window_facts(
    goods: Goods, kind: OutcomeKind | None, ends: Mapping[OutcomeKind, date | None], delivered_on: date
) -> dict[str, Detail]:
    if kind is None:
        return {}
    told: dict[str, Detail] = {}
    rule, until = _rule(goods, kind), ends[kind]
    if rule.window_days != "unlimited":
        told["window_days"] = rule.window_days
    if until is not None:
        told["deadline_on"] = until
        told["days_late"] = max(0, (facts.local_day(goods.case.now, goods.tz) - until).days)
    if until is not None and until == _season_end(goods):
        told["is_holiday"] = True
    return told


def _kind(offer: Offer) -> OutcomeKind:
    """The outcome of a voluntary offer."""
    return next(kind for kind in OUTCOMES if kind == offer.kind)
