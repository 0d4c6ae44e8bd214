"""Asks the order system to do what was confirmed: every action's way to the Store, and its answer as plain values.

The work of an action is written down when it is confirmed, so that repeating it after a crash asks for the same thing with
the same key, whatever the order looks like by then.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import msgspec

from memory.actions import Action
from memory.times import from_ms
from server.actions import pickups
from server.actions.labelling import labelled
from server.actions.past import Subject
from server.commerce.model import Address, LineQuantity, Money
from server.commerce.subscriptions import KeepsSubscriptions
from server.errors import StoreRefused
from server.policies import tenders
from server.policies.asked import Asked
from server.policies.judge import Ruling
from server.policies.shape import Policy
from server.policies.targets import refund_targets
from server.services import Services

_OUTCOMES: Final = {"credit": "store_credit", "refund": "refund", "repair": "repair"}
_BACK: Final = frozenset({"start_return", "refund", "cancel_order"})
Work = Mapping[str, Any]


def capability(name: str, *, has_order: bool) -> str:
    """What the order system must be able to do for this action."""
    return "change_customer_address" if name == "change_address" and not has_order else name


def work_of(policy: Policy, asked: Asked, subject: Subject, ruling: Ruling) -> Work:
    """What will be asked of the order system, JSON-ready; `split` = the money goes back to several means of payment."""
    method, order = asked.method, subject.order
    if method is None and asked.name in _BACK and asked.outcome in (None, "refund") and order is not None:
        rule = policy.actions.get(asked.name)
        method = next(iter(refund_targets(rule, order, subject.customer)), None) if rule else None
    found: dict[str, Any] = {
        "lines": [{"line": one.line_id, "quantity": one.quantity, "to_sku": one.to_sku} for one in asked.wishes],
        "reason": asked.reason or "other",
        "outcome": _OUTCOMES.get(asked.outcome or "refund", "refund"),
        "method": method,
        "amount": ruling.amount_minor,
        "currency": ruling.currency,
        "customer": subject.customer_id,
        "address": asdict(asked.address) if asked.address else None,
        "shipment": asked.shipment,
        "kind": asked.kind,
        "statement": asked.statement,
        "subscription": asked.subscription,
        "change": asked.change,
        "at": asked.at,
        "return": asked.rma,
        "window": [each.isoformat() for each in asked.window],
    }
    if asked.name == "refund" and order is not None and method in (None, "original") and len(order.payment.methods) > 1:
        found["split"] = dict(tenders.split(policy, order, ruling.amount_minor) or {})
    return found


def kind_of(asked: Asked, ruling: Ruling) -> str:
    """What an action counts as in the sums: refund, goodwill, reship, replacement, not_received, or nothing."""
    match asked.name:
        case "store_credit":
            return "goodwill"
        case "reship":
            return "reship"
        case "start_exchange" if ruling.decision is not None and _is_fault(ruling):
            return "replacement"
        case "open_claim":
            return "not_received" if asked.kind == "not_received" else ""
        case _:
            return "refund" if ruling.amount_minor else ""


def _is_fault(ruling: Ruling) -> bool:
    lines = ruling.decision.lines if ruling.decision else ()
    return any(line.explain_key in ("fault", "fault_guarantee", "warranty_claim") for line in lines)


async def carry_out(services: Services, action: Action) -> dict[str, Any]:
    """Ask the order system; its answer. Raises StoreRefused, StoreUnavailable."""
    work: Work = action.body.get("work") or action.body["arguments"]
    way = _WAYS.get(action.name)
    if way is None:
        raise StoreRefused(f"{action.name} has no way to the order system")
    return await way(services, action, work, from_ms(action.created_at))


def plain(result: Any) -> dict[str, Any]:
    """A result of the Store as JSON-ready values."""
    return msgspec.to_builtins(asdict(result), str_keys=True)  # type: ignore[no-any-return]  # a dict stays a dict


def _lines(work: Work) -> list[LineQuantity]:
    return [LineQuantity(item["line"], item["quantity"], item.get("to_sku")) for item in work.get("lines") or ()]


def _address(work: Work) -> Address | None:
    return Address(**work["address"]) if work.get("address") else None


async def _start_return(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    lines = _lines(work)
    opened = await services.store.start_return(
        action.key, action.order_id, lines, work.get("reason", "other"), work.get("outcome", "refund"),
        work.get("method"), at,
    )  # fmt: skip
    release = {"release": action.body["release"]} if action.body.get("release") else {}
    return plain(await labelled(services, action.key, action.order_id, lines, at, opened)) | release


async def _start_exchange(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    lines = _lines(work)
    opened = await services.store.start_exchange(
        action.key, action.order_id, lines, work.get("reason", "other"), work.get("method"), at
    )
    return plain(await labelled(services, action.key, action.order_id, lines, at, opened))


async def _cancel(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    return plain(
        await services.store.cancel_order(
            action.key, action.order_id, work.get("reason", "other"), work.get("method"), at
        )
    )


async def _refund(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    split: Mapping[str, int] = work.get("split") or {}
    if len(split) <= 1:
        method = next(iter(split), None) or work.get("method")
        return await _pay_back(services, action, work, action.key, work["amount"], method, _lines(work), at)
    parts: list[dict[str, Any]] = []
    for number, (method, share) in enumerate(split.items()):
        try:
            parts.append(
                await _pay_back(
                    services, action, work, f"{action.key}/{number + 1}", share, method,
                    [] if number else _lines(work), at,
                )
            )  # fmt: skip
        except StoreRefused as error:
            if not parts:
                raise
            return {**_together(parts, work), "refused": str(error)}
    return _together(parts, work)


def _together(parts: Sequence[Mapping[str, Any]], work: Work) -> dict[str, Any]:
    """Several payments as one answer: what arrived last says whether all has."""
    states = [str(each["status"]) for each in parts]
    return {
        "refund_id": parts[0]["refund_id"],
        "amount": {"amount_minor": sum(each["amount"]["amount_minor"] for each in parts), "currency": work["currency"]},
        "status": next((each for each in states if each != "succeeded"), "succeeded"),
        "method": "original",
        "parts": [dict(each) for each in parts],
    }


async def _pay_back(
    services: Services,
    action: Action,
    work: Work,
    key: str,
    amount_minor: int,
    method: str | None,
    lines: Sequence[LineQuantity],
    at: datetime,
) -> dict[str, Any]:
    money = Money(amount_minor, work["currency"])
    return plain(await services.store.refund(key, action.order_id, money, lines, work["reason"], method, at))


async def _change_address(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    address = _address(work)
    if address is None:
        raise StoreRefused("there is no address")
    if action.order_id:
        return plain(await services.store.change_address(action.key, action.order_id, address, at))
    return plain(await services.store.change_customer_address(action.key, action.customer_id, address, at))


async def _change_items(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    return plain(await services.store.change_items(action.key, action.order_id, _lines(work), work.get("method"), at))


async def _change_payment(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    return plain(await services.store.change_payment(action.key, action.order_id, work["method"], at))


async def _store_credit(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    money = Money(work["amount"], work["currency"])
    order_id = action.order_id or None
    return plain(await services.store.store_credit(action.key, action.customer_id, money, work["reason"], order_id, at))


async def _reship(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    return plain(
        await services.store.reship(action.key, action.order_id, _lines(work), work["reason"], _address(work), at)
    )


async def _open_claim(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    return plain(
        await services.store.open_claim(
            action.key, action.order_id, work["shipment"], work["kind"], work["statement"], at
        )
    )


async def _change_subscription(services: Services, action: Action, work: Work, at: datetime) -> dict[str, Any]:
    store = services.store
    if not isinstance(store, KeepsSubscriptions):
        raise StoreRefused("the order system keeps no subscriptions")
    changed = await store.change_subscription(
        action.key, action.customer_id, work["subscription"], work["change"], work["at"], at
    )
    return plain(changed)


_WAYS: Final[Mapping[str, Callable[[Services, Action, Work, datetime], Awaitable[dict[str, Any]]]]] = {
    "start_return": _start_return,
    "start_exchange": _start_exchange,
    "cancel_order": _cancel,
    "refund": _refund,
    "change_address": _change_address,
    "change_items": _change_items,
    "change_payment": _change_payment,
    "store_credit": _store_credit,
    "reship": _reship,
    "open_claim": _open_claim,
    "change_subscription": _change_subscription,
    pickups.ACTION: pickups.book,
}
"""Every action's way to the order system. One without a way is unsupported, whatever the order system says it can do."""


def has_way(name: str) -> bool:
    """Whether this action can be asked for at all."""
    return name in _WAYS
