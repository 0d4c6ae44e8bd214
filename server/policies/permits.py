"""May this action be done to this order at all: the policy's `actions` lines, for everything but return windows.

One pure function. It looks at the order's state, at what was changed before, at what the new item is, at stock and
at the means of payment; `returns` decides about windows and amounts, `identity` about who asks.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from server.commerce.model import (
    CustomerRecord,
    HoldReason,
    Line,
    LineQuantity,
    OrderSnapshot,
    Product,
    RefundStatus,
    ReturnOutcome,
    Variant,
)
from server.policies import facts, totals
from server.policies.actions import FREE, READING
from server.policies.decision import FAULTS
from server.policies.refunds import exchange_difference, half_up
from server.policies.shape import ActionRule, Need, Policy, Verdict
from server.policies.targets import WALLETS as WALLETS
from server.policies.targets import may_receive, method_on_file
from server.policies.targets import refund_targets as refund_targets

PermitKey = Literal[
    "permitted",
    "not_in_policy",
    "switched_off",
    "no_order",
    "profile_not_allowed",
    "dispute_open",
    "routine_check",
    "state_unknown",
    "wrong_state",
    "too_often",
    "reason_needed",
    "reason_not_accepted",
    "whole_order_only",
    "unknown_line",
    "quantity_exceeded",
    "to_sku_needed",
    "product_unknown",
    "same_item",
    "out_of_scope",
    "out_of_stock",
    "method_needed",
    "method_not_on_file",
    "method_not_allowed",
    "payment_link_needed",
    "same_method",
    "balance_too_low",
    "balance_unknown",
    "refund_to_needed",
    "refund_to_not_allowed",
]
"""Why, as a key: every key has its words elsewhere."""

Question = Literal["reason", "to_sku", "method", "refund_to"]
Detail: TypeAlias = str | int | tuple[str, ...]

_MONEY_MOVES: Final = frozenset({"start_return", "start_exchange", "refund", "cancel_order", "reship", "store_credit"})
_SWAPS: Final = frozenset({"change_items", "start_exchange"})
_WITHOUT_ORDER: Final = frozenset({"store_credit", "change_subscription"})


@dataclass(frozen=True, slots=True)
class Want:
    """What the customer wants: lines (with `to_sku` for swaps), a reason, where money goes back to, a stored method.

    `outcome` is how a return ends where that is not money: then nothing goes back anywhere."""

    lines: tuple[LineQuantity, ...] = ()
    reason: str | None = None
    refund_to: str | None = None
    method: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The verdict on an action. With `ask`, the question must be answered first; the verdict is not yet final."""

    verdict: Verdict
    rule: str
    explain_key: PermitKey
    facts: Mapping[str, Detail] = field(default_factory=dict)
    ask: Question | None = None
    need: Need = "none"


def permits(
    policy: Policy,
    action: str,
    order: OrderSnapshot | None,
    want: Want | None = None,
    customer: CustomerRecord | None = None,
    products: Mapping[str, Product] | None = None,
) -> Permit:
    """Whether the policy lets `action` be done. `products` by product id, as far as the caller has read them.

    `order` None means the customer's own profile for change_address. The first objection wins."""
    if action in FREE or action in READING:
        return Permit("allow", f"actions.{action}", "permitted")
    rule = policy.actions.get(action)
    if rule is None:
        return Permit("deny", f"actions.{action}", "not_in_policy")
    attempt = _Attempt(policy, action, rule, order, want or Want(), customer, products or {})
    objection = next(attempt.objections(), None)
    return objection or Permit("allow", f"actions.{action}", "permitted", need=rule.need)


def price_difference(policy: Policy, order: OrderSnapshot, want: Want, products: Mapping[str, Product]) -> int | None:
    """What a swap costs more (above 0) or less (below 0) in minor units, tax aside; None if an item is not known.

    The old item counts with what was paid for it; where the policy keeps discounts, the new one gets the order's."""
    money = facts.money_of(order)
    difference = 0
    for wish in want.lines:
        line, found = order.line(wish.line_id), _find(products, wish.to_sku)
        if line is None or found is None or not 0 < wish.quantity <= facts.remaining(order, line):
            return None
        worth = totals.share_of(order, money, line, wish.quantity).net
        price = found[1].price_minor * wish.quantity
        kept = _kept_discount(line, money.lines[line.id].net, price) if policy.exchange.keep_discount else 0
        difference += exchange_difference(worth, price - kept)
    return difference


def _kept_discount(line: Line, paid_net_minor: int, price_minor: int) -> int:
    """The order discount that fell on a line, in the same proportion on another price."""
    gross = line.unit_price.amount_minor * line.quantities.ordered
    return half_up(price_minor * (gross - paid_net_minor), gross) if gross > 0 else 0


def _find(products: Mapping[str, Product], sku: str | None) -> tuple[Product, Variant] | None:
    for product in products.values():
        for variant in product.variants:
            if variant.sku == sku:
                return product, variant
    return None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One wish to act, before the policy's rule for it."""

    policy: Policy
    action: str
    rule: ActionRule
    order: OrderSnapshot | None
    want: Want
    customer: CustomerRecord | None
    products: Mapping[str, Product]

    def objections(self) -> Iterator[Permit]:
        """Everything that speaks against it, gravest first."""
        if not self.rule.enabled:
            yield self._no("enabled", "switched_off")
        elif self.order is None:
            yield from self._without_order()
        else:
            yield from self._on(self.order)

    def _without_order(self) -> Iterator[Permit]:
        if self.action == "change_address" and not self.rule.profile:
            yield self._no("profile", "profile_not_allowed")
        elif self.action != "change_address" and self.action not in _WITHOUT_ORDER:
            yield self._no("states", "no_order")

    def _on(self, order: OrderSnapshot) -> Iterator[Permit]:
        yield from self._state(order)
        yield from self._dispute(order)
        yield from self._times(order)
        yield from self._reason()
        yield from self._lines(order)
        if self.action in _SWAPS:
            yield from self._swaps(order)
            yield from self._difference(order)
        if self.action == "reship" and self.rule.in_stock:
            yield from self._same_again(order)
        if self.action == "change_payment":
            yield from self._payment(order)
        yield from self._refund_to(order)

    # --- the order

    def _state(self, order: OrderSnapshot) -> Iterator[Permit]:
        if self.rule.states == "any" or order.state in self.rule.states:
            return
        if "delivered" in self.rule.states and self._has_arrived(order):
            return
        if order.state == "unknown":
            yield self._person("states", "state_unknown")
            return
        yield self._no("states", "wrong_state", state=order.state, states=tuple(self.rule.states))

    def _has_arrived(self, order: OrderSnapshot) -> bool:
        """Of an order in several parcels, what is here counts as delivered."""
        if order.cancelled_at is not None:
            return False
        if not self.want.lines:
            return any(facts.arrived(line) > 0 for line in order.lines)
        lines = [(order.line(wish.line_id), wish.quantity) for wish in self.want.lines]
        return all(line is not None and facts.arrived(line) >= quantity for line, quantity in lines)

    def _dispute(self, order: OrderSnapshot) -> Iterator[Permit]:
        if self.action in _MONEY_MOVES and facts.has_open_dispute(order):
            yield self._person("E4", "dispute_open")
        if self.action == "change_address" and any(hold.reason is HoldReason.FRAUD_REVIEW for hold in order.holds):
            yield self._person("holds", "routine_check")

    def _times(self, order: OrderSnapshot) -> Iterator[Permit]:
        done = _done_before(self.action, order)
        if self.rule.times != "any" and done >= self.rule.times:
            yield self._no("times", "too_often", times=self.rule.times, done=done)

    def _reason(self) -> Iterator[Permit]:
        if self.rule.reasons == "any":
            return
        if self.want.reason is None:
            yield self._ask("reasons", "reason_needed", "reason", reasons=self.rule.reasons)
        elif self.want.reason.casefold() not in {reason.casefold() for reason in self.rule.reasons}:
            yield self._no("reasons", "reason_not_accepted", reasons=self.rule.reasons)

    def _lines(self, order: OrderSnapshot) -> Iterator[Permit]:
        named: dict[str, int] = {}
        for wish in self.want.lines:
            named[wish.line_id] = named.get(wish.line_id, 0) + max(0, wish.quantity)
            line = order.line(wish.line_id)
            if line is None:
                yield self._no("lines", "unknown_line")
            elif not (wish.quantity > 0 and named[line.id] <= facts.remaining(order, line)):
                yield self._no("lines", "quantity_exceeded", available=facts.remaining(order, line))
        if self.rule.whole_order_only and self.want.lines and not _covers(self.want.lines, order):
            yield self._no("whole_order_only", "whole_order_only")

    # --- swaps

    def _swaps(self, order: OrderSnapshot) -> Iterator[Permit]:
        if not self.want.lines:
            yield self._ask("lines", "to_sku_needed", "to_sku")
        for wish in self.want.lines:
            line = order.line(wish.line_id)
            if line is not None:
                yield from self._swap(line, wish)

    def _swap(self, line: Line, wish: LineQuantity) -> Iterator[Permit]:
        if wish.to_sku is None:
            yield self._ask("lines", "to_sku_needed", "to_sku")
            return
        if self.action == "change_items" and wish.to_sku == line.sku:
            yield self._no("scope", "same_item", sku=wish.to_sku)
        found = _find(self.products, wish.to_sku)
        if found is None:
            yield self._person("scope", "product_unknown", sku=wish.to_sku)
            return
        product, variant = found
        if not self._is_in_scope(line, product):
            yield self._no("scope", "out_of_scope", sku=wish.to_sku, scope=self.rule.scope)
        if self.rule.in_stock:
            yield from self._stock(variant, wish.quantity)

    def _same_again(self, order: OrderSnapshot) -> Iterator[Permit]:
        """What is sent once more must be there; a count that nobody knows is the warehouse's matter."""
        for wish in self.want.lines:
            line = order.line(wish.line_id)
            found = _find(self.products, line.sku) if line else None
            if found is not None:
                yield from self._stock(found[1], wish.quantity)

    def _is_in_scope(self, line: Line, product: Product) -> bool:
        match self.rule.scope:
            case "any":
                return True
            case "same_product":
                return product.id == line.product_id or any(one.sku == line.sku for one in product.variants)
            case "same_category":
                old = self.products.get(line.product_id or "")
                category = line.category or (old.category if old else None)
                return category is not None and category == product.category

    def _stock(self, variant: Variant, quantity: int) -> Iterator[Permit]:
        """`available` is the shop's word; a count that is known must also suffice."""
        if not variant.available or (variant.stock is not None and variant.stock < quantity):
            yield self._no("in_stock", "out_of_stock", sku=variant.sku, stock=variant.stock or 0)

    def _is_replacement(self, order: OrderSnapshot) -> bool:
        """The same thing again for a fault: whatever it costs now, the customer is asked for no means of payment."""
        lines = [(order.line(wish.line_id), wish.to_sku) for wish in self.want.lines]
        return self.want.reason in FAULTS and all(line is not None and line.sku == sku for line, sku in lines)

    def _difference(self, order: OrderSnapshot) -> Iterator[Permit]:
        difference = price_difference(self.policy, order, self.want, self.products)
        if not difference or self._is_replacement(order):
            return
        used = {one.id for one in order.payment.methods}
        if self.rule.difference == "payment_link" and difference > 0:
            yield self._person("difference", "payment_link_needed", difference=difference)
        elif self.rule.difference == "original" and self.want.method not in (None, "original", *used):
            yield self._no("difference", "method_not_allowed", methods=("original",))
        elif self.rule.difference == "original":
            yield from self._covered(order, difference, "difference", self.want.method or "original")
        elif self.rule.difference == "stored_method" and self.want.method is None:
            yield self._ask("difference", "method_needed", "method", difference=difference)
        elif self.rule.difference == "stored_method":
            yield from self._covered(order, difference, "difference", self.want.method)

    # --- money

    def _payment(self, order: OrderSnapshot) -> Iterator[Permit]:
        if self.want.method is None:
            yield self._ask("methods", "method_needed", "method")
            return
        if [one.id for one in order.payment.methods] == [self.want.method]:
            yield self._no("methods", "same_method")
        if self.rule.methods == "on_file" or self.rule.balance_covers:
            due = order.totals.total.amount_minor if self.rule.balance_covers else 0
            yield from self._covered(order, due, "methods", self.want.method)

    def _covered(self, order: OrderSnapshot, due_minor: int, rule: str, named: str | None) -> Iterator[Permit]:
        """A stored method must be the customer's own, and its balance, where it has one, must cover what is due."""
        used = [one.id for one in order.payment.methods]
        wanted = used[0] if named == "original" and len(used) == 1 else named
        if wanted == "original":
            return
        method = method_on_file(wanted or "", order, self.customer)
        if method is None:
            yield self._no(rule, "method_not_on_file")
        elif method.kind in WALLETS and due_minor > 0:
            if method.balance_minor is None:
                yield self._person("balance_covers", "balance_unknown", method=method.id)
            elif method.balance_minor < due_minor:
                yield self._no("balance_covers", "balance_too_low", method=method.id, balance=method.balance_minor)

    def _refund_to(self, order: OrderSnapshot) -> Iterator[Permit]:
        if self.action not in ("start_return", "refund", "cancel_order") or self.want.outcome not in (None, "refund"):
            return
        if self.want.refund_to is None:
            open_ones = refund_targets(self.rule, order, self.customer)
            if self.rule.refund_to_by == "choice" and len(open_ones) > 1:
                yield self._ask("refund_to", "refund_to_needed", "refund_to", methods=open_ones)
        elif not may_receive(self.rule, self.want.refund_to, order, self.customer):
            yield self._no(
                "refund_to", "refund_to_not_allowed", methods=refund_targets(self.rule, order, self.customer)
            )

    # --- words

    def _no(self, part: str, key: PermitKey, **told: Detail) -> Permit:
        return Permit("deny", self._name(part), key, told)

    def _person(self, part: str, key: PermitKey, **told: Detail) -> Permit:
        return Permit("review", self._name(part), key, told, need="agent")

    def _ask(self, part: str, key: PermitKey, question: Question, **told: Detail) -> Permit:
        return Permit("review", self._name(part), key, told, ask=question)

    def _name(self, part: str) -> str:
        return f"actions.{self.action}.{part}" if part in ActionRule.__dataclass_fields__ else part


def _covers(lines: tuple[LineQuantity, ...], order: OrderSnapshot) -> bool:
    named: dict[str, int] = {}
    for wish in lines:
        named[wish.line_id] = named.get(wish.line_id, 0) + wish.quantity
    return all(named.get(line.id, 0) >= line.quantities.current for line in order.lines)


def _changes(kind: str) -> Callable[[OrderSnapshot], int]:
    return lambda order: sum(1 for change in order.changes if change.kind == kind)


def _returns(order: OrderSnapshot) -> int:
    return sum(
        1 for one in order.returns if one.outcome is not ReturnOutcome.EXCHANGE and one.status not in facts.VOID_RETURNS
    )


def _refunds(order: OrderSnapshot) -> int:
    return sum(1 for one in order.refunds if one.status is not RefundStatus.FAILED)


_COUNTS: Final[Mapping[str, Callable[[OrderSnapshot], int]]] = {
    "change_items": _changes("items"),
    "change_address": _changes("address"),
    "change_payment": _changes("payment"),
    "start_exchange": facts.exchanges_of,
    "start_return": _returns,
    "refund": _refunds,
}


def _done_before(action: str, order: OrderSnapshot) -> int:
    """How often this action was done to the order."""
    count = _COUNTS.get(action)
    return count(order) if count else 0
