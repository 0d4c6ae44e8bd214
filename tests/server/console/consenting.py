"""An action in a conversation that waits for somebody's consent, asked for through the gate."""

from memory.threads import Thread
from server.actions.gate import Gate, Request
from server.commerce.embedded import EmbeddedStore
from server.services import Services
from tests.server.commerce.orders import a_line, an_order

TOTALS = {"items": 15000, "discount": 0, "shipping": 0, "tax": 0, "total": 15000, "refunded": 0}
PROVEN = frozenset({"order_number", "email", "otp", "signed_in"})


async def cancellation(services: Services, thread: Thread, key: str = "c_ana:1") -> str:
    """Order #1043 of 150.00 is to be cancelled, which the assistant may not do alone; the key under which it waits."""
    assert isinstance(services.store, EmbeddedStore)
    lines = [a_line(unit_price=7500)]
    await services.store.put_order(an_order(id="ord_8", number="#1043", totals=TOTALS, lines=lines))
    order = await services.store.order("ord_8")
    assert order is not None
    action = {"name": "cancel_order", "order": "#1043", "reason": "no_longer_needed", "method": "original"}
    gate = Gate(services)
    ruling = await gate.consider(action, order, await services.store.customer(order.customer.id))
    assert (ruling.verdict, ruling.need) == ("allow", "agent"), ruling
    request = Request(
        thread.id, key, "cancel_order", order, action, PROVEN, ruling.amount_minor, ruling.currency,
        decision_hash=ruling.hash, agent_id=999,
    )  # fmt: skip
    return await gate.ask_approval(request, ruling)
