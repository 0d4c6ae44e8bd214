"""How a turn speaks to the gate: what it is told beside the action, and how a whole wish waits for a person's consent.

Every skill considers through here, so that none forgets what was said in the message at hand.
"""

from collections.abc import Mapping
from typing import Any

from server.actions.gate import Changed, Request, Said
from server.answering.identify import proofs_for, proofs_of_customer
from server.answering.turn import Turn, short_hash
from server.commerce.model import CustomerRecord, OrderSnapshot
from server.errors import ActionRefused, StoreUnavailable
from server.policies.decision import History
from server.policies.judge import Ruling
from server.policies.outcome import BY_HAND


def said(turn: Turn) -> Said:
    """What was understood of the message that is being answered."""
    whole = turn.message
    return Said(whole.intent, whole.frustration, frozenset(whole.risk))


async def consider(
    turn: Turn, action: Mapping[str, Any], order: OrderSnapshot | None, record: CustomerRecord | None
) -> Ruling:
    """What the policy makes of an action now. Raises StoreUnavailable."""
    return await turn.gate.consider(action, order, record, thread_id=turn.context.thread_id, said=said(turn))


async def past(turn: Turn, order: OrderSnapshot, record: CustomerRecord | None) -> History:
    """What is known of the customer's past, as the gate judges by it. Raises StoreUnavailable."""
    return await turn.gate.past(order, record, turn.context.thread_id, said(turn))


async def let_wait(turn: Turn, action: Mapping[str, Any], order: OrderSnapshot | None, ruling: Ruling) -> bool:
    """Let a wish of which everything is known wait for the consent that it needs; whether it waits.

    One agreement at the desk then does it. What lacks a proof or an answer, or is done by hand, does not wait. Raises
    gate.Moved."""
    is_whole = ruling.verdict != "deny" and ruling.ask is None and ruling.key not in BY_HAND
    if not is_whole or ruling.need == "none":
        return False
    context, arguments = turn.context, dict(action)
    customer_id = order.customer.id if order else str(arguments.get("customer", ""))
    proofs = await proofs_for(turn, order) if order else await proofs_of_customer(turn, customer_id)
    request = Request(
        context.thread_id, f"{context.conv}:{short_hash(context.answers, ruling.hash, arguments)}", str(arguments["name"]),
        order, arguments, proofs, ruling.amount_minor, ruling.currency, seen_seq=context.answers,
        decision_hash=ruling.hash, customer_id=customer_id, said=said(turn),
    )  # fmt: skip
    try:
        await turn.gate.ask_approval(request, ruling)
    except (ActionRefused, Changed, StoreUnavailable):
        return False
    return True
