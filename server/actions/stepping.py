"""Whether an action asks for more than the usual proof: money and addresses, soon after the customer's contacts were changed.

Whoever gets into an account changes its address first and moves a parcel or money then. What was changed in the conversation at hand
says nothing new about who speaks there; what was changed anywhere else does.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from memory import actions as ledger
from memory import contacts
from memory.actions import Action
from memory.engines.base import Tx
from server.commerce.model import OrderSnapshot
from server.policies.shape import Policy

_ADDRESS: Final = "address"
_LOOK: Final = frozenset({"INVESTIGATE", "CANCEL"})


async def lately_changed(tx: Tx, policy: Policy, customer_id: str, now: datetime) -> frozenset[tuple[str, str]]:
    """The (kind, key) of the customer's contacts that are too new to prove anything."""
    return await contacts.changed(tx, customer_id, now - timedelta(days=policy.channel.contact_days))


async def is_risky(
    tx: Tx, policy: Policy, order: OrderSnapshot | None, customer_id: str, thread_id: int, now: datetime
) -> bool:
    """Whether contacts of the customer, or the order's address, were changed lately elsewhere, or the platform warns."""
    if not policy.channel.contact_days:
        return False
    if order is not None and order.risk is not None and (order.risk.recommendation or "").upper() in _LOOK:
        return True
    since = now - timedelta(days=policy.channel.contact_days)
    new = await lately_changed(tx, policy, customer_id, now)
    moved = await ledger.moved_addresses(tx, customer_id, since)
    return (
        any(kind != _ADDRESS for kind, _ in new)
        or any(each.thread_id != thread_id for each in moved)
        or sum(kind == _ADDRESS for kind, _ in new) > sum(not each.order_id for each in moved)
        or _moved_by_others(order, moved, since)
    )


def _moved_by_others(order: OrderSnapshot | None, moved: Sequence[Action], since: datetime) -> bool:
    """Whether the order was sent elsewhere lately, and not by us."""
    if order is None:
        return False
    shown = sum(1 for each in order.changes if each.kind == _ADDRESS and each.at is not None and each.at >= since)
    return shown > sum(each.order_id == order.id for each in moved)
