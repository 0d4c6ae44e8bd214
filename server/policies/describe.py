"""Tells a policy in plain sentences, for `doctor` and for whoever has to read what a file really says."""

from collections.abc import Iterable, Iterator, Mapping

from babel.numbers import format_currency

from server.policies.actions import ACTIONS
from server.policies.refunds import exponent
from server.policies.shape import ActionRule, OutcomeRule, Policy

PROOF_NAMES: Mapping[str, str] = {
    "order_number": "the order number",
    "email": "the e-mail address",
    "phone": "the phone number",
    "name": "the full name",
    "zip": "the postal code",
    "otp": "a one-time code",
    "signed_in": "being signed in",
    "channel": "writing from the order's own address",
}
NEED_NAMES: Mapping[str, str] = {"agent": "an agent", "senior": "a supervisor", "two_person": "an admin and one more"}


def describe(policy: Policy) -> list[str]:
    """The whole policy, one sentence an item."""
    return [
        f"Policy {policy.version} ({policy.hash[:12]}), amounts in {policy.currency}, {_reviewed(policy)}.",
        *_outcomes(policy),
        *_seasons(policy),
        *_zones(policy),
        *_flags(policy),
        *_fault(policy),
        *_actions(policy.actions),
        *_identity(policy),
        *_approval(policy),
        *_limits(policy),
        f"Always to a person: {', '.join(policy.human_only) or 'nothing'}.",
    ]


def _reviewed(policy: Policy) -> str:
    return f"reviewed by {policy.reviewed_by}" if policy.reviewed_by.strip() else "not reviewed by counsel"


def _money(policy: Policy, amount_minor: int) -> str:
    return format_currency(amount_minor / 10 ** exponent(policy.currency), policy.currency, locale="en_US")


def _outcomes(policy: Policy) -> Iterator[str]:
    names = {"refund": "A refund", "credit": "Store credit", "exchange": "An exchange"}
    for key, name in names.items():
        rule: OutcomeRule = getattr(policy.outcomes, key)
        if not rule.enabled:
            yield f"{name} is not offered."
            continue
        span = "at any time" if rule.window_days == "unlimited" else f"within {rule.window_days} days"
        yield f"{name} is possible {span}, counted from when it was {rule.from_}; {_label(policy, rule)}."


def _label(policy: Policy, rule: OutcomeRule) -> str:
    match rule.label.kind:
        case "merchant":
            return "the shop pays the return label"
        case "deduct":
            return f"{_money(policy, rule.label.fee)} is taken off for the return label"
        case "self_paid":
            return "the customer pays the return label"


def _seasons(policy: Policy) -> Iterator[str]:
    if policy.defaults.grace_days:
        yield f"{policy.defaults.grace_days} days of grace after that: store credit or an exchange."
    if policy.holiday:
        season = policy.holiday
        span = f"from {season.placed_from} to {season.placed_to}"
        yield f"Orders placed {span} may come back until {season.window_until}."
    if policy.vip.extra_days:
        yield f"VIP customers have {policy.vip.extra_days} days more."


def _zones(policy: Policy) -> Iterator[str]:
    for zone in policy.zones:
        law = policy.laws[zone.law]
        where = "everywhere else" if "*" in zone.match.country else f"in {', '.join(zone.match.country)}"
        right = (
            f"{law.withdrawal_days} days of withdrawal by law" if law.applies == "always" else "no withdrawal by law"
        )
        person = "; a person decides" if zone.verdict == "review" else ""
        yield f"Zone {zone.id}, {where}: law {zone.law}, {right}{person}."


def _flags(policy: Policy) -> Iterator[str]:
    for name, flag in policy.flags.items():
        rulings = {"": flag.change_of_mind, " when opened": flag.opened, " when sealed": flag.sealed}
        told = [f"{ruling}{when}" for when, ruling in rulings.items() if ruling]
        yield f"Goods marked {name}, on a change of mind: {', '.join(told) or 'allow'}."


def _fault(policy: Policy) -> Iterator[str]:
    fault = policy.fault
    yield f"Wrong, damaged or missing goods are reported within {fault.report_days} days."
    yield f"The customer then chooses: {' or '.join(fault.choice)}."
    yield f"Above {_money(policy, fault.photo_over)} a photo is asked for."


TARGET_NAMES: Mapping[str, str] = {
    "original": "how it was paid",
    "gift_card_on_file": "a gift card on file",
    "method_on_file": "any means of payment on file",
    "store_credit": "store credit",
}
_SCOPES: Mapping[str, str] = {
    "same_product": "only within the same product",
    "same_category": "only within the same category",
    "any": "for anything in the shop",
}
_DIFFERENCES: Mapping[str, str] = {
    "stored_method": "a difference in price goes to a stored means of payment whose balance covers it",
    "original": "a difference in price goes to how the order was paid",
    "payment_link": "a difference in price is paid by a link",
    "none": "only at the same price",
}


def _actions(actions: Mapping[str, ActionRule]) -> Iterator[str]:
    for name, rule in actions.items():
        if not rule.enabled:
            yield f"{name} is switched off."
            continue
        states = "in any state" if rule.states == "any" else f"while the order is {_either(rule.states)}"
        times = "" if rule.times == "any" else f", {rule.times} time(s) an order"
        person = "" if rule.need == "none" else f", with the consent of {NEED_NAMES[rule.need]}"
        yield f"{name} is possible {states}{times}{person}{_terms(name, rule)}."


def _terms(name: str, rule: ActionRule) -> str:
    """What else an action's line says, where it means something for this action."""
    reads = ACTIONS.get(name, frozenset())
    parts = []
    if "reasons" in reads and rule.reasons != "any":
        parts.append(f"only because: {_either(rule.reasons)}")
    if "whole_order_only" in reads and rule.whole_order_only:
        parts.append("only the whole order")
    if "profile" in reads and rule.profile:
        parts.append("the customer's default address, too")
    if "scope" in reads:
        parts += [_SCOPES[rule.scope], _DIFFERENCES[rule.difference]]
    if "in_stock" in reads and rule.in_stock:
        parts.append("only what is in stock")
    if "methods" in reads:
        parts.append("to a means of payment on file" if rule.methods == "on_file" else "to any means of payment")
    if "balance_covers" in reads and rule.balance_covers:
        parts.append("whose balance covers the order")
    if "refund_to" in reads:
        by = ", as the customer chooses" if rule.refund_to_by == "choice" and len(rule.refund_to) > 1 else ""
        parts.append(f"money goes to {_either(TARGET_NAMES.get(each, each) for each in rule.refund_to)}{by}")
    return f"; {', '.join(parts)}" if parts else ""


def _limits(policy: Policy) -> Iterator[str]:
    if policy.limits.stop_all:
        yield "Every action is stopped: people do what is to be done."
    yield (
        f"By itself the assistant pays out at most {_money(policy, policy.limits.bot_daily_refund_total)} a day, and"
        f" {policy.limits.bot_refunds_per_customer_30d} refund(s) a customer in 30 days."
    )


_DOORS: Mapping[str, str] = {
    "read_order": "To see an order",
    "write": "For any other action",
    "step_up": "For money and addresses soon after contacts were changed, besides",
}


def _identity(policy: Policy) -> Iterator[str]:
    for name, proofs in policy.identity.items():
        ways = "; or ".join(" and ".join(PROOF_NAMES[word] for word in words) for words in proofs.any_of)
        subject = _DOORS.get(name, f"For {name}")
        if proofs.order_total_over is not None:
            over = _money(policy, proofs.order_total_over)
            yield f"For money, addresses and cancelling on orders above {over}, besides: {ways}."
        yield f"{subject}: {ways}."


def _approval(policy: Policy) -> Iterator[str]:
    for rule in policy.approval:
        yield f"When {rule.when}: {NEED_NAMES[rule.need]} must agree."


def _either(words: Iterable[str]) -> str:
    return " or ".join(word.replace("_", " ") for word in words)
