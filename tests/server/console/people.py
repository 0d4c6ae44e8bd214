"""Agents, customers and conversations for tests of the desk: made through memory and the inbox, as the application makes them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from channels.message import Address, Inbound
from memory import agents, customers, desk, threads
from memory.agents import Agent
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server.console.sessions import LASTS, Session, new_secret
from server.inbox import accept, wake
from server.passwords import hashed
from server.services import Services

PASSWORD = "a long enough password"
CARD: dict[str, Any] = {
    "kind": "order",
    "order": "#1042",
    "headline": "On its way with UPS",
    "tone": "neutral",
    "steps": [
        {"key": "ordered", "label": "Ordered", "at": "2026-11-16T10:00:00+00:00", "state": "done"},
        {"key": "shipped", "label": "Shipped", "at": "2026-11-18T09:00:00+00:00", "state": "now"},
        {"key": "delivered", "label": "Delivered", "at": None, "state": "todo"},
    ],
    "eta": "Nov 23",
    "eta_was": None,
    "carrier": "UPS",
    "tracking_number": "1Z999AA10123456784",
    "tracking_url": "https://www.ups.com/track?tracknum=1Z999AA10123456784",
    "last_scan": "Departed, Louisville",
    "as_of": "2026-11-20T14:58:00+00:00",
    "lines": [{"title": "Merino scarf, red", "quantity": 1}],
    "parcels": [],
}
RECEIPT = {
    "key": "eta",
    "kind": "date",
    "value": "Monday, November 23",
    "source": "embedded:orders/ord_1042",
    "at": "2026-11-20T14:58:00+00:00",
}
BRIEF: dict[str, Any] = {
    "wants": "Ana Lopez wants to know where the order is and complains.",
    "quote": "This is the third time I ask. Where is my scarf?",
    "mood": {"frustration": 2, "sentiment": "negative"},
    "history": "2 messages from the customer here on widget, 1 answered by the assistant. First conversation that we know of.",
    "known": [RECEIPT, {**RECEIPT, "key": "carrier", "value": "UPS"}],
    "policy": {
        "version": "2026-11",
        "verdict": "escalate",
        "approval": "agent",
        "lines": [
            {
                "item": "Merino scarf, red",
                "verdict": "deny",
                "rule": "not_delivered",
                "text": "It is not delivered yet.",
            }
        ],
    },
    "tried": ["Assistant: It left Louisville this morning."],
    "why": {"reason": "distress", "text": "The customer is very upset."},
    "proof": {"words": ["order_number", "email"], "level": 1},
    "language": "en",
    "contact": "",
}
DRAFTS = (
    ("Tell the facts", "Hi Ana, your scarf left Louisville this morning and should arrive on Monday, November 23."),
    ("Take it on yourself", "Hi Ana, I am sorry. I have order #1042 now and will write again today."),
    ("Ask what would make it right", "Hi Ana, what would make this right for you?"),
)


@cache
def password_hash() -> str:
    """The hash of PASSWORD, made once."""
    return hashed(PASSWORD)


async def agent(services: Services, email: str, name: str, role: str = "agent") -> Agent:
    """Somebody who works at the desk and signs in with PASSWORD."""
    now, stored = services.clock.now(), password_hash()
    return await services.database.write(lambda tx: agents.add(tx, email, name, role, (), stored, now))


async def token(services: Services, owner: Agent) -> str:
    """A bearer token of an agent."""
    secret = new_secret()
    await services.database.write(lambda tx: agents.add_token(tx, secret, owner.id, services.clock.now()))
    return secret


async def session(services: Services, owner: Agent) -> Session:
    """A session of an agent, as the sign-in makes it."""
    secret = new_secret()
    now = services.clock.now()
    await services.database.write(lambda tx: agents.start_session(tx, secret, owner.id, now, LASTS))
    return Session(owner, secret)


async def customer_says(services: Services, text: str, *, who: str = "ana", conv: str = "", cid: str = "") -> Thread:
    """A visitor of the shop writes."""
    sender = Address("visitor", f"key-of-{who}", "channel")
    said = Inbound("widget", sender, text, services.clock.now(), cid=cid or None, conv=conv or f"c_{who}")
    return (await accept(services, said)).thread


async def append(services: Services, thread: Thread, *new: NewEvent) -> Thread:
    """Events as a turn would write them."""

    async def unit(tx: Tx) -> Thread:
        changed, _ = await threads.append(tx, thread.id, new, services.clock.now())
        return changed

    changed = await services.database.write(unit)
    wake(services, changed)
    return changed


async def name_customer(services: Services, thread: Thread, name: str) -> None:
    """Give a customer a name and an address that they typed."""

    async def unit(tx: Tx) -> None:
        await customers.describe(tx, thread.customer_id, name=name)
        await customers.claim(tx, thread.customer_id, "email", "ana@example.com", services.clock.now())

    await services.database.write(unit)


async def handed_off(services: Services, who: str = "ana", *, name: str = "Ana Lopez") -> Thread:
    """A conversation that needs a person, with everything that a handoff brings."""
    thread = await customer_says(services, "Where is my order 1042?", who=who)
    await name_customer(services, thread, name)
    thread = await append(services, thread, *_answered(thread))
    thread = await customer_says(services, "This is the third time I ask. Where is my scarf?", who=who)
    thread = await append(services, thread, *_handoff(thread))
    body, seq = BRIEF, thread.state.last_seq
    await services.database.write(lambda tx: desk.save_brief(tx, thread.id, seq, body, services.clock.now()))
    services.bus.publish(f"panel:{thread.id}")
    return thread


def _answered(thread: Thread) -> Sequence[NewEvent]:
    said = {
        "text": "It left Louisville this morning.",
        "answers": thread.state.last_seq,
        "evidence": [RECEIPT],
        "card": CARD,
    }
    labels = {"intent": "order_status", "frustration": 0, "priority": "medium", "priority_reason": "order status"}
    return (
        NewEvent("classified", labels, author_type="assistant"),
        NewEvent("linked", {"order_id": "ord_1042", "title": "Order #1042"}),
        NewEvent("message", said, "all", "assistant", author_name="Robin", channel="widget"),
    )


def _handoff(thread: Thread) -> Sequence[NewEvent]:
    of = thread.state.last_seq
    labels = {"intent": "complaint", "frustration": 2, "priority": "high", "priority_reason": "upset"}
    told = {"text": "A colleague will take this on.", "answers": of, "holding": True}
    offered = [
        NewEvent("draft_offered", {"n": at + 1, "of": of, "label": label, "text": text, "evidence": [RECEIPT]})
        for at, (label, text) in enumerate(DRAFTS)
    ]
    return (
        NewEvent("classified", labels, author_type="assistant"),
        NewEvent("handoff", {"reason": "distress"}, "all", "assistant"),
        NewEvent("message", told, "all", "assistant", author_name="Robin", channel="widget"),
        *offered,
    )
