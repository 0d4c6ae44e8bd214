"""What a shop gives of its own accord when nothing comes back: for a late parcel, for a price that fell.

Amounts are minor units of the policy's currency. Whether somebody must agree is `approval`'s matter.
"""

from datetime import datetime, timedelta

from server.commerce.model import Line, OrderSnapshot
from server.policies import facts
from server.policies.shape import Policy


def late_credit(policy: Policy, days_late: int) -> int:
    """The store credit for a parcel that is so many days late; 0 = none."""
    return max((step.credit for step in policy.late.goodwill if days_late >= step.late_days > 0), default=0)


def lost_after(policy: Policy, *, is_cross_border: bool) -> int:
    """After so many business days without a scan, past the promise, a parcel may be treated as lost."""
    limits = policy.late.lost_after
    return limits.cross_border_bd if is_cross_border else limits.domestic_bd


def price_adjustment(
    policy: Policy, order: OrderSnapshot, line: Line, price_now_minor: int, now: datetime
) -> int | None:
    """What a fallen price gives back for one line; None = not offered, or not any more.

    Goods that went back are left out, and so is an order in another currency: no rate is guessed."""
    tz = policy.defaults.tz
    last_day = facts.local_day(order.placed_at, tz) + timedelta(days=policy.price_adjustment.days)
    if not policy.price_adjustment.days or order.currency != policy.currency or now >= facts.end_of(last_day, tz):
        return None
    return max(0, line.unit_price.amount_minor - price_now_minor) * facts.remaining(order, line)
