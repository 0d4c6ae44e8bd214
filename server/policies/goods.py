"""One request, and one line of it, as the rules see them: what several rules need is worked out here, once.

The rules themselves are in `fault`, `withdrawal` and `voluntary`; `returns` asks them in order. Nothing here decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from server.commerce.model import CustomerRecord, Line, OrderSnapshot, Product
from server.policies import facts, totals
from server.policies.decision import (
    FAULTS,
    NOTHING_TO_SEND,
    Detail,
    ExplainKey,
    History,
    LineResult,
    Offer,
    Question,
    RequestLine,
    ReturnRequest,
)
from server.policies.shape import Law, Outcomes, Policy, Verdict, Zone


@dataclass(frozen=True)
class Case:
    """One request before the policy. What several rules need is worked out once."""

    policy: Policy
    order: OrderSnapshot
    request: ReturnRequest
    customer: CustomerRecord | None
    now: datetime
    products: Mapping[str, Product]
    history: History

    @cached_property
    def zone(self) -> Zone | None:
        """The zone of the destination."""
        return facts.zone_of(self.policy, self.order)

    @cached_property
    def outcomes(self) -> Outcomes:
        """The outcomes that hold there."""
        return facts.outcomes_of(self.policy, self.zone) if self.zone else self.policy.outcomes

    @cached_property
    def law(self) -> Law:
        """The statutory pack that holds there."""
        return self.policy.laws[self.zone.law] if self.zone else Law()

    @cached_property
    def money(self) -> facts.OrderMoney:
        """What was paid, line by line."""
        return facts.money_of(self.order)

    @cached_property
    def is_vip(self) -> bool:
        """Whether the customer is a VIP."""
        return facts.is_vip(self.policy, self.order, self.customer)

    def day(self, moment: datetime) -> date:
        """The calendar day of a moment in the shop's zone."""
        return facts.local_day(moment, self.policy.defaults.tz)

    def in_order_currency(self, amount_minor: int) -> int:
        """A fee is taken only where it is known: in the policy's own currency."""
        return amount_minor if self.order.currency == self.policy.currency else 0


@dataclass(frozen=True)
class Goods:
    """So many delivered pieces of one line."""

    case: Case
    wish: RequestLine
    line: Line

    @cached_property
    def product(self) -> Product | None:
        """The product, if the catalogue has it."""
        return self.case.products.get(self.line.product_id or "")

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The flags that the line carries."""
        return facts.flags_of(self.case.policy, self.line, self.product)

    @cached_property
    def delivery(self) -> facts.Delivery | None:
        """When it arrived, and how that is known."""
        known = facts.delivery_of(self.case.policy, self.case.order, self.line)
        stated = self.case.request.delivered_on
        if known is None and stated is not None and self.case.policy.defaults.unknown_fact == "ask":
            return facts.Delivery(facts.end_of(stated, self.tz) - timedelta(seconds=1), "stated")
        return known

    @property
    def tz(self) -> str:
        """The shop's zone."""
        return self.case.policy.defaults.tz

    @cached_property
    def worth(self) -> totals.Share:
        """What these pieces are worth."""
        return totals.share_of(self.case.order, self.case.money, self.line, self.wish.quantity)

    @cached_property
    def own_worth(self) -> totals.Share:
        """What the shop gives for them of its own will: less where a promotion breaks and the policy recomputes."""
        if self.case.policy.promo_break == "pro_rata":
            return self.worth
        return totals.recomputed_share(self.case.order, self.case.money, self.line, self.wish.quantity)

    @cached_property
    def delivered_on(self) -> date | None:
        """The day on which it arrived, in the shop's zone."""
        return facts.local_day(self.delivery.at, self.tz) if self.delivery else None

    def may_keep(self) -> bool:
        """Goods whose return costs more than it brings; never without knowing how often that happened."""
        policy, kept = self.case.policy, self.case.history.kept_items
        if kept is None or kept >= policy.keep_item.most or self.case.order.currency != policy.currency:
            return False
        is_cheap = self.worth.net <= policy.fault.keep_item_max * self.wish.quantity
        is_eaten = policy.keep_item.label_cost * 10_000 >= policy.keep_item.label_share_bp * self.worth.total
        return is_cheap or is_eaten or "hygiene" in self.flags

    def is_within(self, last_day: date | None, also: str = "") -> bool:
        """Whether now is not after the end of a day in the shop's zone (or, `also`, in another zone)."""
        if last_day is None:
            return True
        zones = [self.tz, also] if also else [self.tz]
        return any(self.case.now < facts.end_of(last_day, tz) for tz in zones)

    def told(self, told: Mapping[str, Detail]) -> dict[str, Detail]:
        """The facts for the words: what is known of the delivery, and what the rule adds."""
        known: dict[str, Detail] = {}
        if self.delivered_on is not None and self.delivery is not None:
            known = {"delivered_on": self.delivered_on, "delivery_known_by": self.delivery.certainty}
        if self.wish.reason in FAULTS and self._asks_photo():
            known["photo"] = True
        return {**known, **told}

    def _asks_photo(self) -> bool:
        has_goods = self.wish.reason not in NOTHING_TO_SEND
        return has_goods and (self.worth.total > self.case.policy.fault.photo_over or self.may_keep())

    def question(self, ask: Question, **told: Detail) -> LineResult:
        """A fact is missing that the customer can give."""
        return LineResult(
            self.wish.line_id, self.wish.quantity, "review", (), (ask,), "answer_needed", self.told(told), ask
        )

    def allowed(self, rule: str, key: ExplainKey, offers: tuple[Offer, ...], **told: Detail) -> LineResult:
        """Yes, with these offers."""
        return self.result("allow", offers, rule, key, told)

    def result(
        self, verdict: Verdict, offers: tuple[Offer, ...], rule: str, key: ExplainKey, told: Mapping[str, Detail]
    ) -> LineResult:
        """A verdict on these pieces."""
        return LineResult(self.wish.line_id, self.wish.quantity, verdict, offers, (rule,), key, self.told(told))


def refuse(wish: RequestLine, rule: str, key: ExplainKey, **told: Detail) -> LineResult:
    """No, and which rule says so."""
    return LineResult(wish.line_id, wish.quantity, "deny", (), (rule,), key, told)


def to_person(wish: RequestLine, rule: str, key: ExplainKey, **told: Detail) -> LineResult:
    """A person decides."""
    return LineResult(wish.line_id, wish.quantity, "review", (), (rule,), key, told)


def reviewed(result: LineResult, rule: str, key: ExplainKey) -> LineResult:
    """The same result with a person's look before it."""
    offers = tuple(replace(offer, verdict="review") for offer in result.offers)
    rules = result.rules if rule in result.rules else (*result.rules, rule)
    return replace(result, verdict="review", offers=offers, rules=rules, explain_key=key)
