"""How a turn speaks to the gate: what it is told beside the action, and how a whole wish waits for a person's consent.

Every skill considers through here, so that none forgets what was said in the message at hand.
"""

from collections.abc import Mapping
from typing import Any

from server.actions.gate import Changed, Request, Said
from server.answering.identify import proofs_for, proofs_of_customer
from server.answering.turn import Turn, short_hash
from server.answering.words import postal
from server.commerce.model import CustomerRecord, OrderSnapshot
from server.errors import ActionRefused, StoreUnavailable
from server.policies import identity
from server.policies.decision import History
from server.policies.judge import Ruling
from server.policies.outcome import BY_HAND


def said(turn: Turn) -> Said:
    """What was understood of the message that is being answered."""
    whole = turn.message
    return Said(whole.intent, whole.frustration, frozenset(whole.risk))


async def proofs_of(
    turn: Turn, arguments: Mapping[str, Any], order: OrderSnapshot | None, customer_id: str
) -> frozenset[str]:
    """The proof words that hold for an action as it is asked for. Raises StoreUnavailable.

    Redirecting a parcel is as good as cash: towards a place that the shop does not know of this customer only a code counts
    that was asked for with this very address (identity-and-fraud, section 5); one for anything else opens it not."""
    proofs = await proofs_for(turn, order) if order else await proofs_of_customer(turn, customer_id)
    address = arguments.get("address")
    if (
        arguments.get("name") != "change_address"
        or not address
        or await _is_known_place(turn, address, order, customer_id)
    ):
        return proofs
    subject = address_subject(order.id if order else f"customer:{customer_id}", address)
    return (proofs - identity.CODES) | (turn.context.proofs.get(subject, frozenset()) & {identity.CODE})


def address_subject(owner: str, address: Mapping[str, Any]) -> str:
    """What a code proves that was asked for to send an order, or a customer's orders, to one address and no other."""
    return f"address:{owner}:{short_hash(*(f'{key}={address[key]}'.casefold() for key in sorted(address) if address[key]))}"


async def _is_known_place(
    turn: Turn, address: Mapping[str, Any], order: OrderSnapshot | None, customer_id: str
) -> bool:
    """Whether the shop's record of the customer holds this address already."""
    owner = order.customer.id if order else customer_id
    record = await turn.context.store.customer(owner) if owner else None
    held = [postal.of(each) for each in (record.addresses if record else ())]
    return any(postal.is_same(dict(address), each) for each in held)


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
    proofs = await proofs_of(turn, arguments, order, customer_id)
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
