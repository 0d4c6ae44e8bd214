"""Refunds before the goods are back, where the policy releases them at the carrier's first scan or at once.

The return was confirmed with its amount; its payment is the second half of the same action, under a key of its own, so that it is made
once whatever happens. Anything unusual on the order, a refund that somebody made meanwhile, a dispute, several means of payment,
leaves it to people. Goods that are not back in time are put before a person; nobody is charged again by itself.
"""

import logging
from datetime import timedelta
from typing import Any, Final

from memory import actions as ledger
from memory import threads, timers
from memory.actions import Action
from memory.engines.base import Tx
from memory.threads import NewEvent
from memory.timers import Timer
from memory.times import from_ms
from server import telemetry
from server.actions.carrying import plain
from server.commerce.model import LineQuantity, Money, OrderSnapshot, RefundStatus, Return, ReturnStatus
from server.errors import StoreRefused, StoreUnavailable
from server.policies import facts
from server.services import Services

PAY: Final = "early_refund"
BACK: Final = "early_back"
EARLY: Final = frozenset({"immediately", "on_first_scan"})
LOOK_EVERY: Final = timedelta(minutes=15)
BACK_WITHIN: Final = timedelta(days=21)
"""Goods that were paid for early and are not here by then are a person's matter (returns-policy, section 3.2)."""

_GIVE_UP: Final = timedelta(days=45)
_LEASE: Final = timedelta(minutes=2)
_AT_ONCE: Final = 50
_ON_ITS_WAY: Final = frozenset({ReturnStatus.IN_TRANSIT, ReturnStatus.RECEIVED})
_OPEN: Final = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED})
_UNDER_WAY: Final = ("confirmed", "executing", "unknown")
_log = logging.getLogger("onethread.gate")


async def wait(tx: Tx, services: Services, action: Action) -> None:
    """A return was opened that may be paid early: look after it, in the unit that records it."""
    if action.body.get("release") in EARLY and action.amount_minor:
        now = services.clock.now()
        await timers.start(tx, f"early:{action.key}", PAY, action.thread_id, now, now, {"key": action.key})


async def pay_due(services: Services) -> int:
    """Pay what may be paid by now, and tell people of goods that did not come; how many of both."""
    now = services.clock.now()
    if not await services.database.read(lambda tx: timers.is_due(tx, now, (PAY, BACK))):
        return 0
    held = await services.database.write(lambda tx: timers.claim(tx, now, _LEASE, _AT_ONCE, kinds=(PAY, BACK)))
    done = 0
    for timer in held:
        try:
            done += await (_pay(services, timer) if timer.kind == PAY else _look_back(services, timer))
        except StoreUnavailable as error:
            # the timer goes off again by itself: when its lease is over, or, if the payment was begun, with that noted
            _log.warning("an early refund waits", extra={"timer": timer.key, "why": str(error)})
        except Exception:  # the edge of a delivery: one that breaks must not hold up the others
            telemetry.errors.labels("early_refund").inc()
            _log.exception("an early refund was not made", extra={"timer": timer.key})
    return done


async def _pay(services: Services, timer: Timer) -> bool:
    action = await services.database.read(lambda tx: ledger.by_key(tx, str(timer.body["key"])))
    order = await services.store.order(action.order_id) if action is not None else None
    if action is None or order is None:
        return await _over(services, timer)
    if not timer.body.get("paying"):
        state = await _standing(services, action, order)
        if state == "over":
            return await _over(services, timer)
        if state == "later":
            return await _later(services, timer, timer.body)
        await _later(
            services, timer, {**timer.body, "paying": True}
        )  # from here on the same payment is asked for again
    return await _ask(services, timer, action, order)


async def _standing(services: Services, action: Action, order: OrderSnapshot) -> str:
    """`pay`, `later` or `over`: whether the payment is due, not yet, or people's."""
    policy, now, opened_at = services.policy, services.clock.now(), from_ms(action.created_at)
    opened = _return_of(action, order)
    if opened is None or now - opened_at > _GIVE_UP or _is_unusual(services, action, order, opened):
        return "over"
    is_due = opened.status in _ON_ITS_WAY or (action.body["release"] == "immediately" and opened.status in _OPEN)
    if policy.limits.stop_all or not is_due:
        return "later" if opened.status in _OPEN | _ON_ITS_WAY else "over"
    begun = await services.database.read(lambda tx: ledger.begun_on(tx, order.id, but=action.key))
    return "later" if any(each.state in _UNDER_WAY for each in begun) else "pay"


def _is_unusual(services: Services, action: Action, order: OrderSnapshot, opened: Return) -> bool:
    """Whether something about the order is a person's to look at before money leaves."""
    work, opened_at = action.body["work"], from_ms(action.created_at)
    since = [
        one
        for one in order.refunds
        if one.status is not RefundStatus.FAILED and (one.at is None or one.at >= opened_at)
    ]
    is_original = work.get("method") in (None, "original")
    return bool(
        since
        or opened.refund_id
        or facts.has_open_dispute(order)
        or facts.is_abuse_flagged(services.policy, order, None)
        or facts.available(order) < action.amount_minor
        or (is_original and len(order.payment.methods) > 1)
        or "refund" not in services.store.capabilities
    )


async def _ask(services: Services, timer: Timer, action: Action, order: OrderSnapshot) -> bool:
    work = action.body["work"]
    money = Money(action.amount_minor, action.currency)
    lines = [LineQuantity(each["line"], each["quantity"], None) for each in work.get("lines") or ()]
    reason, method = str(work.get("reason") or "other"), work.get("method")
    key = f"{action.key}/early"
    try:
        paid = await services.store.refund(key, order.id, money, lines, reason, method, services.clock.now())
    except StoreRefused as error:
        return await _tell(services, timer, action, order, "failed", {"error": str(error)})
    return await _tell(services, timer, action, order, "executed", plain(paid))


async def _tell(
    services: Services, timer: Timer, action: Action, order: OrderSnapshot, kind: str, result: dict[str, Any]
) -> bool:
    """Write down what became of the payment, and look for the goods from then on."""
    now, told = services.clock.now(), {"name": "refund", "order": order.number, "amount": action.amount_minor}
    body = {"key": f"{action.key}/early", "action": told, "result": result}

    async def unit(tx: Tx) -> None:
        await timers.stop(tx, timer.key)
        await threads.append(tx, action.thread_id, [NewEvent(kind, body)], now)
        if kind == "executed":
            back = {"key": action.key}
            await timers.start(tx, f"back:{action.key}", BACK, action.thread_id, now + BACK_WITHIN, now, back)

    await services.database.write(unit)
    services.bus.publish(f"thread:{action.thread_id}")
    services.bus.publish("orders", order.id)
    return True


async def _look_back(services: Services, timer: Timer) -> bool:
    """Whether goods that were paid for are here; if not, a person sees it."""
    action = await services.database.read(lambda tx: ledger.by_key(tx, str(timer.body["key"])))
    order = await services.store.order(action.order_id) if action is not None else None
    opened = _return_of(action, order) if action is not None and order is not None else None
    if action is None or order is None or opened is None or opened.status not in _OPEN | {ReturnStatus.IN_TRANSIT}:
        return await _over(services, timer)
    days = (services.clock.now() - from_ms(action.created_at)).days
    text = f"Paid early, and the goods of return {opened.id} ({order.number}) are not here after {days} days."

    async def unit(tx: Tx) -> None:
        await timers.stop(tx, timer.key)
        thread = await threads.by_id(tx, action.thread_id, lock=True)
        handed = NewEvent("handoff", {"reason": "policy_exception"}, "all", "assistant")
        is_free = thread is not None and thread.state.owner_kind == "assistant" and thread.state.status != "closed"
        new = [NewEvent("note", {"text": text}), *([handed] if is_free else [])]
        await threads.append(tx, action.thread_id, new, services.clock.now())

    await services.database.write(unit)
    services.bus.publish(f"thread:{action.thread_id}")
    return True


def _return_of(action: Action, order: OrderSnapshot) -> Return | None:
    rma = str(action.result.get("rma") or "")
    opened = next((each for each in order.returns if each.id == rma), None)
    return None if opened is None or opened.status in facts.VOID_RETURNS else opened


async def _over(services: Services, timer: Timer) -> bool:
    await services.database.write(lambda tx: timers.stop(tx, timer.key))
    return False


async def _later(services: Services, timer: Timer, body: dict[str, Any]) -> bool:
    now = services.clock.now()
    await services.database.write(
        lambda tx: timers.start(tx, timer.key, timer.kind, timer.thread_id, now + LOOK_EVERY, now, body)
    )
    return False
