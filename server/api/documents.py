"""What the desk reads, as JSON documents: rows of the inbox, events, and what stands beside a thread.

Console, socket and API show the same documents, so a program sees what a person sees. Nothing here decides; a reader's right
to look was checked before. Addresses of networks stay inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from memory import customers, desk, threads
from memory.customers import Customer, Identity
from memory.engines.base import Tx
from memory.projection import Event, ThreadState
from memory.threads import Thread
from memory.times import from_ms
from server.answering.words import cards
from server.answering.words.spoken import money
from server.answering.words.voice import Voice
from server.api import consents
from server.commerce.model import OrderSnapshot
from server.commerce.wismo import decide
from server.desk import standing
from server.errors import StoreError
from server.services import Services

Document: TypeAlias = dict[str, Any]
EARLIER: Final = 8
ORDERS: Final = 4
_HIDDEN: Final = frozenset({"meta"})


@dataclass(frozen=True, slots=True)
class Beside:
    """What is stored beside a thread, read in one snapshot."""

    thread: Thread
    customer: Customer
    identities: Sequence[Identity]
    recipient: Identity | None
    channel: str
    brief: Mapping[str, Any] | None
    brief_seq: int
    drafts: Sequence[Event]
    shown: Sequence[str]
    earlier: Sequence[Thread]


def iso(ms: int) -> str | None:
    """A stored time as it travels; None for never."""
    return from_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z") if ms else None


def event_document(event: Event, conv: str) -> Document:
    """An event as the desk sees it. The desk sees every number, so `prev` is the one before."""
    document: Document = {
        "conv": conv,
        "seq": event.seq,
        "prev": event.seq - 1,
        "type": event.type,
        "author": {"type": event.author_type, "id": str(event.author_id or ""), "name": event.author_name},
        "channel": event.channel,
        "audience": event.audience,
        "body": {key: _portable(key, value) for key, value in event.body.items() if key not in _HIDDEN},
        "ts": iso(event.at),
    }
    return {**document, "cid": event.cid} if event.cid else document


def _portable(key: str, value: Any) -> Any:
    """Our keys have 63 bits, which a browser's numbers do not hold: they travel as text."""
    return str(value) if key.endswith("_id") and isinstance(value, int) else value


async def row(tx: Tx, thread: Thread, reader: int) -> Document:
    """A thread as a line of the inbox; `reader` is the agent whose unread mark it carries."""
    customer = await customers.get(tx, thread.customer_id)
    name = await standing.called(tx, customer) if customer else ""
    read = await threads.read_up_to(tx, thread.id, f"agent:{reader}")
    state = thread.state
    return {
        "conv": thread.public_id,
        "number": thread.number,
        "title": state.title,
        "customer": {"id": str(thread.customer_id), "name": name, "vip": bool(customer and customer.vip)},
        "preview": state.preview,
        "channel": state.channel,
        "order": standing.order_number(state),
        "owner": {"type": state.owner_kind, "id": str(state.owner_id or ""), "name": state.owner_name},
        "seq": state.last_seq,
        "unread": state.last_customer_seq > read,
        "waiting_since": iso(state.waiting_since),
        "last_at": iso(state.last_at or thread.created_at),
        **_labels(state),
    }


def _labels(state: ThreadState) -> Document:
    return {
        "status": state.status,
        "priority": state.priority,
        "priority_reason": state.priority_reason,
        "category": state.category,
        "mood": state.mood,
        "language": state.language,
        "handoff_reason": state.handoff_reason,
    }


async def beside(tx: Tx, thread: Thread) -> Beside:
    """Customer, brief, drafts, orders and earlier threads of a thread. Raises LookupError without its customer."""
    customer = await customers.get(tx, thread.customer_id)
    if customer is None:
        raise LookupError("a thread without its customer")
    written = await desk.brief(tx, thread.id)
    recipient, channel = await standing.recipient(tx, thread)
    others = await threads.of_customer(tx, customer.id, EARLIER + 1)
    return Beside(
        thread,
        customer,
        await customers.identities_of(tx, customer.id),
        recipient,
        channel,
        written[1] if written else None,
        written[0] if written else 0,
        await standing.drafts(tx, thread),
        await _shown(tx, thread),
        [other for other in others if other.id != thread.id and other.state.last_seq][:EARLIER],
    )


async def _shown(tx: Tx, thread: Thread) -> list[str]:
    shown = await desk.orders_shown(tx, thread.id)
    own = [thread.state.order_id] if thread.state.order_id else []
    return list(dict.fromkeys([*own, *shown]))[:ORDERS]


async def panel(services: Services, stored: Beside) -> Document:
    """What stands beside a thread, with live orders. An order system that does not answer is said to be silent."""
    document: Document = {
        "conv": stored.thread.public_id,
        "customer": _customer(stored),
        "recipient": _to(stored),
        "brief": {**stored.brief, "seq": stored.brief_seq} if stored.brief else None,
        "drafts": [{**event.body, "seq": event.seq} for event in stored.drafts],
        "earlier": [_earlier(thread) for thread in stored.earlier],
        "approvals": await consents.of_thread(services, stored.thread.id, stored.thread.public_id),
    }
    try:
        found = await _orders(services, stored)
    except StoreError:
        return {**document, "orders": [], "orders_error": "The order system does not answer right now."}
    return {**document, "orders": [_order(services, order) for order in found]}


async def _orders(services: Services, stored: Beside) -> list[OrderSnapshot]:
    """The thread's orders first, then others of the same shop account."""
    found: dict[str, OrderSnapshot] = {}
    for order_id in stored.shown:
        order = await services.store.order(order_id)
        if order is not None:
            found[order.id] = order
    if stored.customer.store_id and len(found) < ORDERS:
        for order in await services.store.orders_of(customer_id=stored.customer.store_id):
            found.setdefault(order.id, order)
    return list(found.values())[:ORDERS]


def _order(services: Services, order: OrderSnapshot) -> Document:
    """The card that the customer sees, in English, with what only the desk needs."""
    now = services.clock.now()
    card = cards.order_card(decide(order, now, cfg=services.limits.wismo), order, Voice("en", now))
    return {
        **card,
        "id": order.id,
        "total": money(order.totals.total, "en"),
        "refunded": money(order.totals.refunded, "en") if order.totals.refunded.amount_minor else None,
        "payment": order.payment.status.value,
        "placed_at": order.placed_at.isoformat(),
        "ship_to": ", ".join(part for part in (order.ship_to.city, order.ship_to.country) if part),
        "source": order.source,
    }


def _customer(stored: Beside) -> Document:
    customer, state = stored.customer, stored.thread.state
    return {
        "id": str(customer.id),
        "store_id": customer.store_id,
        "name": customer.name or next((each.profile_name for each in stored.identities if each.profile_name), ""),
        "vip": customer.vip,
        "language": state.language,
        "since": iso(customer.created_at),
        "contacts": [_contact(identity) for identity in stored.identities],
    }


def _contact(identity: Identity) -> Document:
    """An address of the customer. A browser's key says nothing to anybody, so it is not shown."""
    label = "" if identity.kind == "visitor" else identity.display or identity.key
    return {"kind": identity.kind, "label": label, "proof": identity.proof, "blocked": identity.blocked}


def _to(stored: Beside) -> Document:
    identity = stored.recipient
    return {"channel": stored.channel, **(_contact(identity) if identity else {"kind": "", "label": "", "proof": ""})}


def _earlier(thread: Thread) -> Document:
    state = thread.state
    return {
        "conv": thread.public_id,
        "number": thread.number,
        "title": state.title,
        "status": state.status,
        "channel": state.channel,
        "last_at": iso(state.last_at),
    }
