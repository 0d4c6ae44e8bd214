"""What the ledger knows of a customer's past and of an order's money: the counts and sums that the judge asks about.

Read inside the unit that confirms, while the purses are held, the sums are exact: two actions at once cannot both stay under
a limit that only one of them fits. What the caller knows beside the ledger (complaints, signals) is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from memory import actions as ledger
from memory.actions import Action
from memory.engines.base import Tx
from memory.times import from_ms, to_ms
from server.commerce.model import CustomerRecord, OrderSnapshot, RefundStatus
from server.commerce.store import Remembered
from server.policies import facts
from server.policies.decision import History
from server.policies.shape import Policy
from server.policies.standing import NotReceived, Standing, standing

_RECENT: Final = timedelta(days=30)
_LONG: Final = timedelta(days=365)
_PAYING: Final = frozenset({"refund", "cancel_order"})
_BESIDE: Final = frozenset({"open_claim"})
_UNDER_WAY: Final = frozenset({"confirmed", "executing", "unknown"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what an action is about, as read; `seen` = the actions on the order that were over before it was read.

    `others` = the customer's orders as they are kept here."""

    order: OrderSnapshot | None
    customer: CustomerRecord | None
    customer_id: str
    seen: frozenset[int] | None = None
    others: Remembered = field(default_factory=Remembered)

    @property
    def purses(self) -> tuple[str, ...]:
        """Whose money it is: the customer's, the order's, and what the assistant may pay out in a day."""
        names = [f"customer:{self.customer_id}"] if self.customer_id else []
        if self.order is not None:
            names.append(f"order:{self.order.id}")
        return (*names, "assistant")


async def history(tx: Tx, policy: Policy, subject: Subject, known: History, now: datetime, *, but: str = "") -> History:
    """What is known of the past, `known` by the caller and by the ledger; the action with the key `but` left out."""
    order, record, recent = subject.order, subject.customer, now - _RECENT
    currency = order.currency if order else policy.currency
    past = await ledger.past_of(tx, subject.customer_id, currency, recent, now - _LONG, but=but)
    begun = await ledger.begun_on(tx, order.id, but=but) if order else []
    midnight = facts.end_of(facts.local_day(now, policy.defaults.tz) - timedelta(days=1), policy.defaults.tz)
    unseen = _unseen(begun, subject.seen)
    inr = max(known.inr_12m, past.not_received, (record.not_received_claims_12m or 0) if record else 0)
    told = await _standing(tx, subject, now, inr, but)
    return replace(
        known,
        refunds_30d=max(known.refunds_30d, past.refunds),
        sum_refunds_30d_minor=max(known.sum_refunds_30d_minor, _given(order, begun, past.sum_minor, recent)),
        replacements_12m=max(known.replacements_12m, past.replacements),
        inr_12m=inr,
        orders=max(known.orders, told.orders),
        orders_12m=max(known.orders_12m, told.orders_12m),
        account_days=max(known.account_days, told.account_days),
        return_rate_bp=told.return_rate_bp if known.return_rate_bp is None else known.return_rate_bp,
        abuse_score=max(known.abuse_score, told.score),
        abuse_signals=told.signals,
        is_abuse_flagged=known.is_abuse_flagged
        or (order is not None and facts.is_abuse_flagged(policy, order, record)),
        paid_today_minor=await ledger.paid_since(tx, midnight, policy.currency, but=but),
        in_flight_minor=sum(one.amount_minor for one in unseen if one.name in _PAYING),
        in_progress=len(unseen),
        settled=_settled(begun, order),
        kept_items=await _kept(tx, policy, subject.customer_id, known, now, but),
        credits_on_order=sum(1 for one in begun if one.name == "store_credit"),
    )


async def _kept(tx: Tx, policy: Policy, customer_id: str, known: History, now: datetime, but: str) -> int | None:
    """How often the customer kept faulty goods in the policy's days; None = nobody can tell, then nothing is kept."""
    if not customer_id:
        return known.kept_items
    since = now - timedelta(days=policy.keep_item.per_days)
    given = await ledger.given_to(tx, customer_id, since, but=but)
    return max(known.kept_items or 0, sum(1 for one in given if one.body.get("kept")))


def _given(order: OrderSnapshot | None, begun: Sequence[Action], sum_minor: int, since: datetime) -> int:
    """What was given since a time: by the ledger, and what others gave back on this order without it."""
    keys = {one.key for one in begun}
    counted = [one for one in begun if ledger.early_key(one.key) not in keys]
    here = sum(one.amount_minor for one in counted if one.created_at >= to_ms(since))
    shown = sum(
        one.amount.amount_minor
        for one in (order.refunds if order else ())
        if one.status is not RefundStatus.FAILED and (one.at is None or one.at >= since)
    )
    return max(sum_minor, here) + max(0, shown - here)


def _unseen(begun: Sequence[Action], seen: frozenset[int] | None) -> list[Action]:
    """What was begun on the order and that its snapshot may not show yet."""
    return [
        one
        for one in begun
        if one.name not in _BESIDE and (one.state in _UNDER_WAY or (seen is not None and one.id not in seen))
    ]


def _settled(begun: Sequence[Action], order: OrderSnapshot | None) -> dict[str, int]:
    """Pieces that were sent again or paid back without a return, by line.

    So were those of a return that was paid early and came to nothing afterwards."""
    found: dict[str, int] = {}
    live = {each.id for each in (order.returns if order else ()) if each.status not in facts.VOID_RETURNS}
    pays_return = {ledger.early_key(one.key) for one in begun if str(one.result.get("rma")) in live}
    for one in begun:
        if one.name in ("reship", "refund") and one.key not in pays_return:
            for line in one.body.get("work", {}).get("lines", ()):
                found[line["line"]] = found.get(line["line"], 0) + line["quantity"]
    return found


async def _standing(tx: Tx, subject: Subject, now: datetime, inr_12m: int, but: str) -> Standing:
    """What the customer's orders that are known here, and the claims in the ledger, say of them."""
    made = await ledger.claims_of(tx, subject.customer_id, now - _LONG, but=but)
    claims = [NotReceived(each.order_id, from_ms(each.created_at)) for each in made]
    orders = [each for each in subject.others.orders if subject.order is None or each.id != subject.order.id]
    mine = [subject.order] if subject.order is not None else []
    return standing(subject.customer, [*mine, *orders], claims, now, is_all=subject.others.is_all, inr_12m=inr_12m)
