"""What a return comes to: each line's share of what was paid, and the sum of a whole return.

The label is taken once for the whole return, delivery is given back only when everything comes back and the shop is
at fault or the law says so, and nothing is ever paid beyond what is left of the captured money.
"""

from dataclasses import dataclass

from server.commerce.model import Line, Money, OrderSnapshot
from server.policies import facts
from server.policies.decision import LineResult, Offer, Total
from server.policies.refunds import Charges, Worth, broken_promotion, half_up, part, payable
from server.policies.shape import Policy

__all__ = ["Share", "Total", "recomputed_share", "share_of", "totals"]


@dataclass(frozen=True, slots=True)
class Share:
    """What so many pieces of a line are worth, in minor units."""

    net: int
    tax: int

    @property
    def total(self) -> int:
        """Net and tax together."""
        return self.net + self.tax


def share_of(order: OrderSnapshot, money: facts.OrderMoney, line: Line, quantity: int) -> Share:
    """What `quantity` more pieces of a line are worth after those that were settled before."""
    paid = money.lines[line.id]
    done = paid.quantity - facts.remaining(order, line)
    return Share(
        net=part(paid.net, paid.quantity, done, quantity),
        tax=part(paid.tax, paid.quantity, done, quantity),
    )


def recomputed_share(order: OrderSnapshot, money: facts.OrderMoney, line: Line, quantity: int) -> Share:
    """What `quantity` more pieces are worth where the pieces that stay cost what they would have cost alone.

    The line's own discount (a "buy three") is lost with the pieces that go back; its share of a discount on the whole order
    is not. However a line is split, the parts add up to what was paid once all of it went back."""
    paid = money.lines[line.id]
    discount = line.discount.amount_minor if line.discount is not None else 0
    gross = line.total.amount_minor if line.total else line.unit_price.amount_minor * paid.quantity
    if discount <= 0 or gross <= 0 or paid.net <= 0:
        return share_of(order, money, line, quantity)

    def back(returned: int) -> Share:
        kept = half_up((gross + discount) * (paid.quantity - returned) * paid.net, paid.quantity * gross)
        net = broken_promotion(paid.net, paid.quantity, returned, kept, "recompute")
        return Share(net, half_up(paid.tax * net, paid.net))

    done = paid.quantity - facts.remaining(order, line)
    before, after = back(done), back(done + quantity)
    return Share(after.net - before.net, after.tax - before.tax)


def totals(
    policy: Policy, order: OrderSnapshot, money: facts.OrderMoney, results: tuple[LineResult, ...]
) -> tuple[Total, ...]:
    """The sum for every outcome that all granted lines offer."""
    granted = [result for result in results if result.verdict != "deny" and result.offers]
    if not granted:
        return ()
    shared = [offer.kind for offer in granted[0].offers if all(result.offer(offer.kind) for result in granted)]
    return tuple(_total(policy, order, money, kind, granted) for kind in shared)


def _total(
    policy: Policy, order: OrderSnapshot, money: facts.OrderMoney, kind: str, granted: list[LineResult]
) -> Total:
    offers = [offer for offer in (result.offer(kind) for result in granted) if offer is not None]
    items, extra = sum(offer.amount_minor - offer.bonus_minor for offer in offers), _sum_bonus(policy, kind, offers)
    shipping = _shipping(policy, order, money, granted) if kind == "refund" else 0
    label = max(offer.label_fee_minor for offer in offers)
    due = payable(Worth(net=items, shipping=shipping), Charges(label=label), money.available)
    return Total(
        kind=kind,
        amount=Money(due.amount + (extra if due.amount else 0), order.currency),
        items_minor=items,
        shipping_minor=shipping,
        label_fee_minor=label,
        bonus_minor=extra,
        is_capped=due.is_capped,
        is_eaten=due.is_eaten_by_charges,
    )


def _sum_bonus(policy: Policy, kind: str, offers: list[Offer]) -> int:
    """The bonus' cap holds for the return as a whole, not for each line."""
    return min(sum(offer.bonus_minor for offer in offers), policy.outcomes.credit.bonus_cap) if kind == "credit" else 0


def _shipping(policy: Policy, order: OrderSnapshot, money: facts.OrderMoney, granted: list[LineResult]) -> int:
    """Standard delivery, when everything that was ordered comes back by law or by the shop's fault."""
    is_owed = all(_owes_delivery(policy, order, result) for result in granted)
    coming = {result.line_id: result.quantity for result in granted}
    is_whole = all(coming.get(line.id, 0) >= line.quantities.current for line in order.lines)
    if not (is_owed and is_whole):
        return 0
    standard = policy.shipping.standard
    is_known = standard is not None and order.currency == policy.currency
    return min(money.shipping, standard) if is_known and standard is not None else money.shipping


def _owes_delivery(policy: Policy, order: OrderSnapshot, result: LineResult) -> bool:
    if result.explain_key == "fault":
        return True
    zone = facts.zone_of(policy, order)
    return result.is_statutory and zone is not None and policy.laws[zone.law].outbound_shipping == "standard"
