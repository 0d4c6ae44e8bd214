"""Actions that wait for a person's consent, as documents: what will happen, how much it moves, why it waits, who must agree."""

from typing import Any, Final

from memory import threads
from memory.engines.base import Tx
from server.actions.gate import Gate, Waiting
from server.answering.words.spoken import money
from server.commerce.model import Money
from server.services import Services

_WHO: Final = {
    "agent": "any agent",
    "senior": "a supervisor or an admin",
    "two_person": "two people, one of them an admin, neither of whom wrote to the customer",
}
_PARTS: Final = {
    "tax": "Tax",
    "shipping": "Delivery",
    "restocking": "Restocking fee",
    "label": "Return label",
    "bonus": "Bonus on store credit",
    "difference": "Difference in price",
    "before": "Paid back before",
    "limit": "Limited to what is left of the payment",
    "amount": "Amount asked for",
}
_WHY: Final = {"limit_reached": "The amount or the number is above what the assistant may decide alone."}


async def all_waiting(services: Services) -> list[dict[str, Any]]:
    """Everything that waits, oldest first."""
    waiting = await Gate(services).awaiting()

    async def unit(tx: Tx) -> list[dict[str, Any]]:
        found = []
        for each in waiting:
            thread = await threads.by_id(tx, each.thread_id)
            if thread is not None:
                found.append(_document(each, thread.public_id))
        return found

    return await services.database.read(unit) if waiting else []


async def of_thread(services: Services, thread_id: int, conv: str) -> list[dict[str, Any]]:
    """What waits in one thread."""
    return [_document(each, conv) for each in await Gate(services).awaiting() if each.thread_id == thread_id]


def _document(each: Waiting, conv: str) -> dict[str, Any]:
    return {
        "key": each.key,
        "conv": conv,
        "action": {key: value for key, value in each.arguments.items() if key != "customer"},
        "amount_minor": each.amount_minor,
        "currency": each.currency,
        "amount": money(Money(each.amount_minor, each.currency), "en") if each.amount_minor else "",
        "need": each.need,
        "who": _WHO.get(each.need, each.need),
        "rule": each.why,
        "why": _WHY.get(each.why, each.why.replace("_", " ")),
        "asked_at": each.asked_at.isoformat(),
        "expires_at": each.expires_at.isoformat(),
        "due_at": each.due_at.isoformat(),
        "agreed": [str(agent_id) for agent_id in each.agreed],
        "parts": [_part(part, each.currency) for part in each.preview.get("parts", ())],
        "to": [
            {"method": name, "amount_minor": amount, "amount": money(Money(amount, each.currency), "en")}
            for name, amount in each.preview.get("to", ())
        ],
    }


def _part(part: dict[str, Any], currency: str) -> dict[str, Any]:
    """One part of what will be paid, in words."""
    label = _PARTS.get(part["kind"], part["kind"])
    if part["kind"] == "goods":
        label = f"{part['quantity']} × {part['title']}"
    elif part["title"]:
        label = f"{label}, {part['title']}"
    amount = Money(int(part["amount_minor"]), currency)
    return {"kind": part["kind"], "label": label, "amount_minor": amount.amount_minor, "amount": money(amount, "en")}
