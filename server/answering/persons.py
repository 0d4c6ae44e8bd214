"""One customer a conversation: who has said who they are is not somebody else a moment later.

Counts where the policy takes a typed address, or a name and a postal code, for a customer: whoever knows a friend's address could
otherwise act for them. What a channel, a sign-in or a code proves is told apart from this before. Nothing here asks or answers.
"""

from collections.abc import Sequence

from server.answering.turn import Turn
from server.commerce.model import OrderSnapshot
from server.policies import identity

_TYPED = (frozenset({"email"}), frozenset({"name", "zip"}))


async def of_one(turn: Turn, orders: Sequence[OrderSnapshot]) -> list[OrderSnapshot]:
    """Of orders that may be seen, those of one customer: the one of this conversation, else the one that was named first.

    Raises StoreUnavailable."""
    if not _is_taken(turn):
        return list(orders)
    known = await _known(turn) or {each.customer.id for each in orders[:1]}
    return [each for each in orders if not each.customer.id or each.customer.id in known]


async def is_of_another(turn: Turn, order: OrderSnapshot) -> bool:
    """Whether an order is somebody else's than the customer of this conversation. Raises StoreUnavailable."""
    if not _is_taken(turn) or not order.customer.id or order.id in turn.context.proofs:
        return False
    known = await _known(turn)
    return bool(known) and order.customer.id not in known


def _is_taken(turn: Turn) -> bool:
    """Whether the policy takes what is typed for a customer."""
    policy = turn.context.policy
    return any(identity.takes_for_customer(policy, identity.SEEING, words) for words in _TYPED)


async def _known(turn: Turn) -> set[str]:
    """The customers whose orders were proven in this conversation, by id."""
    found: set[str] = set()
    for key in (*turn.context.proofs, *turn.proven):
        if key.startswith("customer:"):
            found.add(key.removeprefix("customer:"))
        else:
            order = await turn.order(key)
            found |= {order.customer.id} if order is not None and order.customer.id else set()
    return found
