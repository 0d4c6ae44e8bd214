"""What a ruling will pay, part by part: goods, tax, delivery, fees, bonus, and what speaks against more; and to which means of payment.

The parts always add up to the ruling's amount to the minor unit: whoever agrees sees how it comes about before it is paid. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.commerce.model import CustomerRecord, OrderSnapshot
from server.policies import facts, tenders, totals
from server.policies.asked import Asked
from server.policies.decision import LineResult, Total
from server.policies.judge import Ruling
from server.policies.shape import Policy

PartKind: TypeAlias = Literal[
    "goods", "tax", "shipping", "restocking", "label", "bonus", "difference", "before", "limit", "amount"
]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an amount, in minor units of its currency; `quantity` and `title` of goods."""

    kind: PartKind
    amount_minor: int
    title: str = ""
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """The parts of an amount, and where it goes: (name of the means of payment, minor units)."""

    parts: tuple[Part, ...]
    to: tuple[tuple[str, int], ...]


def preview(
    policy: Policy,
    asked: Asked,
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    ruling: Ruling,
    method: str | None,
) -> Preview:
    """What will be paid; empty where nothing is. `method` is where the money goes, as the order system is asked for it."""
    amount = ruling.amount_minor
    if not amount:
        return Preview((), ())
    known = [part for part in _parts(asked, order, ruling) if part.amount_minor]
    rest = amount - sum(part.amount_minor for part in known)
    if rest:
        known.append(Part(_rest_kind(asked, known, rest), rest))
    return Preview(tuple(known), _to(policy, asked, order, customer, amount, method))


def _rest_kind(asked: Asked, known: Sequence[Part], rest: int) -> PartKind:
    """What the parts that are known do not explain: money that went back before, a cap, or the amount as it was set."""
    if not known:
        return "amount"
    if rest < 0:
        return "before" if asked.name == "cancel_order" else "limit"
    return "amount"


def _parts(asked: Asked, order: OrderSnapshot | None, ruling: Ruling) -> Iterator[Part]:
    if order is None:
        return
    match asked.name:
        case "start_return":
            yield from _of_return(asked, order, ruling)
        case "start_exchange" | "change_items":
            yield Part("difference", ruling.amount_minor)
        case "cancel_order":
            yield from _of_order(order)
        case "refund":
            yield from _of_refund(asked, order, ruling.amount_minor)
        case _:
            return


def _of_return(asked: Asked, order: OrderSnapshot, ruling: Ruling) -> Iterator[Part]:
    kind, decision = asked.outcome or "refund", ruling.decision
    total = decision.total(kind) if decision else None
    if decision is None or total is None:
        return
    for result in decision.lines:
        yield from _of_line(order, result, kind)
    yield from _around(total)


def _of_line(order: OrderSnapshot, result: LineResult, kind: str) -> Iterator[Part]:
    """The goods of one line as they were paid, less what the policy keeps of them."""
    offer, line = result.offer(kind), order.line(result.line_id)
    if offer is None or line is None:
        return
    money, worth = facts.money_of(order), offer.amount_minor - offer.bonus_minor + offer.restocking_minor
    ways = [made(order, money, line, result.quantity) for made in (totals.share_of, totals.recomputed_share)]
    share = next((each for each in ways if each.total == worth), ways[0])
    yield Part("goods", share.net, line.title, result.quantity)
    yield Part("tax", share.tax, line.title)
    yield Part("restocking", -offer.restocking_minor, line.title)


def _around(total: Total) -> Iterator[Part]:
    yield Part("shipping", total.shipping_minor)
    yield Part("label", -total.label_fee_minor)
    yield Part("bonus", total.bonus_minor)


def _of_order(order: OrderSnapshot) -> Iterator[Part]:
    money = facts.money_of(order)
    for line in order.lines:
        paid = money.lines[line.id]
        yield Part("goods", paid.net, line.title, line.quantities.ordered)
        yield Part("tax", paid.tax, line.title)
    yield Part("shipping", money.shipping)


def _of_refund(asked: Asked, order: OrderSnapshot, amount: int) -> Iterator[Part]:
    """The goods that a payment is for, where it is for all that was paid for them; else the amount stands for itself."""
    money, parts = facts.money_of(order), list[Part]()
    for wish in asked.lines:
        line = order.line(wish.line_id)
        if line is None or wish.quantity > facts.remaining(order, line):
            return
        share = totals.share_of(order, money, line, wish.quantity)
        parts += [Part("goods", share.net, line.title, wish.quantity), Part("tax", share.tax, line.title)]
    if sum(part.amount_minor for part in parts) == amount:
        yield from parts


def _to(
    policy: Policy,
    asked: Asked,
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    amount: int,
    method: str | None,
) -> tuple[tuple[str, int], ...]:
    """Where the money goes, by the names that the shop has for it."""
    if asked.name == "store_credit" or asked.outcome == "credit" or method == "store_credit":
        return (("store credit", amount),)
    names = _names(order, customer)
    if method not in (None, "original"):
        return ((names.get(str(method), str(method).replace("_", " ")), amount),)
    paid = order.payment.methods if order else ()
    if len(paid) == 1:
        return ((names[paid[0].id], amount),)
    split = tenders.split(policy, order, amount) if order is not None and paid else None
    return tuple((names.get(key, key), share) for key, share in (split or {}).items() if share) or (
        ("the way it was paid", amount),
    )


def _names(order: OrderSnapshot | None, customer: CustomerRecord | None) -> Mapping[str, str]:
    methods = (*(customer.payment_methods if customer else ()), *(order.payment.methods if order else ()))
    return {one.id: one.label or one.kind.replace("_", " ") for one in methods}
