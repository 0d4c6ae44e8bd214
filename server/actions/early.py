"""Refunds before the goods are back, where the policy releases them at the carrier's first scan or at once.

The return was confirmed with its amount; its payment is a row of the ledger of its own, under a key that follows from the return's:
reserved first, then asked of the order system, reconciled like any other. Anything unusual on the order, a refund that somebody made
meanwhile, a dispute, several means of payment, leaves it to people. Goods that are not back in time are put before a person; nobody
is charged again by itself.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from memory import actions as ledger
from memory import threads, timers
from memory.actions import Action
from memory.engines.base import Tx
from memory.threads import NewEvent
from memory.timers import Timer
from memory.times import from_ms
from server import telemetry
from server.actions.request import Done
from server.commerce.model import OrderSnapshot, RefundStatus, Return, ReturnStatus
from server.errors import StoreRefused, StoreUnavailable
from server.policies import facts
from server.services import Services

PAY: Final = "early_refund"
BACK: Final = "early_back"
EARLY: Final = frozenset({"immediately", "on_first_scan"})
LOOK_EVERY: Final = timedelta(minutes=15)
BACK_WITHIN: Final = timedelta(days=21)
"""Goods that were paid for early and are not here by then are a person's matter (returns-policy, section 3.2)."""

_GIVE_UP: Final = timedelta(days=30)
"""No longer than the sums of refunds look back: so a payment is always made while the return that was judged still counts in them."""
_LEASE: Final = timedelta(minutes=2)
_AT_ONCE: Final = 50
_ON_ITS_WAY: Final = frozenset({ReturnStatus.IN_TRANSIT, ReturnStatus.RECEIVED})
_OPEN: Final = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED})
GoOn: TypeAlias = Callable[[Action], Awaitable[Done]]
"""Asks the order system for a confirmed action of the ledger and records its answer."""

_log = logging.getLogger("onethread.gate")


async def follow(tx: Tx, services: Services, action: Action) -> None:
    """Look after a return that may be paid early, and after the goods of one that was, in the unit that records it."""
    now = services.clock.now()
    if action.is_early:
        back = {"key": action.body["early_of"]}
        await timers.start(tx, f"back:{back['key']}", BACK, action.thread_id, now + BACK_WITHIN, now, back)
    elif action.body.get("release") in EARLY and action.amount_minor:
        await timers.start(tx, f"early:{action.key}", PAY, action.thread_id, now, now, {"key": action.key})


async def pay_due(services: Services, go_on: GoOn) -> int:
    """Pay what may be paid by now, and tell people of goods that did not come; how many of both."""
    now = services.clock.now()
    if not await services.database.read(lambda tx: timers.is_due(tx, now, (PAY, BACK))):
        return 0
    held = await services.database.write(lambda tx: timers.claim(tx, now, _LEASE, _AT_ONCE, kinds=(PAY, BACK)))
    done = 0
    for timer in held:
        try:
            done += await (_pay(services, timer, go_on) if timer.kind == PAY else _look_back(services, timer))
        except StoreUnavailable as error:
            # what was begun is in the ledger and reconciled; for what was not the timer goes off again when its lease is over
            _log.warning("an early refund waits", extra={"timer": timer.key, "why": str(error)})
        except Exception:  # the edge of a delivery: one that breaks must not hold up the others
            telemetry.errors.labels("early_refund").inc()
            _log.exception("an early refund was not made", extra={"timer": timer.key})
    return done


async def _pay(services: Services, timer: Timer, go_on: GoOn) -> bool:
    action = await services.database.read(lambda tx: ledger.by_key(tx, str(timer.body["key"])))
    if action is None:
        return await _over(services, timer)
    begun = await services.database.read(lambda tx: ledger.begun_on(tx, action.order_id))
    order = await services.store.order(action.order_id)
    state = "over" if order is None else _standing(services, action, order)
    if order is None or state == "over":
        return await _over(services, timer)
    seen = frozenset(each.id for each in begun if each.state == "executed")
    paying = None
    if state == "pay":
        paying = await services.database.write(lambda tx: _reserve(tx, services, timer, action, order, seen))
    if paying is None:
        return await _later(services, timer)
    try:
        await go_on(paying)
    except StoreRefused:
        _log.warning("an early refund was refused", extra={"action_id": paying.id})
    return True


async def _reserve(
    tx: Tx, services: Services, timer: Timer, action: Action, order: OrderSnapshot, seen: frozenset[int]
) -> Action | None:
    """The payment's row in the ledger, in place of the timer; None while something else goes on, or the day's money is spent.

    `seen` = the actions that were over before the order was read."""
    now, limits = services.clock.now(), services.policy.limits
    await threads.by_id(tx, action.thread_id, lock=True)
    await ledger.hold_purses(tx, (f"customer:{action.customer_id}", f"order:{order.id}", "assistant"))
    key = ledger.early_key(action.key)
    known = await ledger.by_key(tx, key)
    if known is not None:
        await timers.stop(tx, timer.key)
        return known
    if any(each.id not in seen for each in await ledger.begun_on(tx, order.id, but=action.key)):
        return None
    spent = await ledger.paid_since(tx, _midnight(services), services.policy.currency, but=action.key)
    is_own = action.need == "none" and action.currency == services.policy.currency
    if is_own and spent + action.amount_minor > limits.bot_daily_refund_total:
        return None
    await timers.stop(tx, timer.key)
    return await ledger.add(
        tx, action.thread_id, key, "refund", order.id, _body(action, order), "confirmed", now,
        amount_minor=action.amount_minor, currency=action.currency, customer_id=action.customer_id, kind=action.kind,
        is_counted=action.is_counted, need=action.need, decision_hash=action.decision_hash,
    )  # fmt: skip


def _body(action: Action, order: OrderSnapshot) -> dict[str, Any]:
    """What a return's early refund asks of the order system: its own lines, amount and method."""
    work = action.body["work"]
    return {
        "arguments": {"name": "refund", "order": order.number, "amount": action.amount_minor},
        "order_id": order.id,
        "work": {**work, "amount": action.amount_minor, "currency": action.currency, "reason": work.get("reason") or "other"},
        "agent_id": 0,
        "seq": action.body.get("seq", 0),
        "why": action.body["release"],
        "early_of": action.key,
    }  # fmt: skip


def _midnight(services: Services) -> datetime:
    """When today began where the shop is."""
    tz = services.policy.defaults.tz
    return facts.end_of(facts.local_day(services.clock.now(), tz) - timedelta(days=1), tz)


def _standing(services: Services, action: Action, order: OrderSnapshot) -> str:
    """`pay`, `later` or `over`: whether the payment is due, not yet, or people's."""
    opened = _return_of(action, order)
    waited = services.clock.now() - from_ms(action.created_at)
    if opened is None or waited > _GIVE_UP or _is_unusual(services, action, order, opened):
        return "over"
    is_due = opened.status in _ON_ITS_WAY or (action.body["release"] == "immediately" and opened.status in _OPEN)
    if is_due and not services.policy.limits.stop_all:
        return "pay"
    return "later" if opened.status in _OPEN | _ON_ITS_WAY else "over"


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


async def _later(services: Services, timer: Timer) -> bool:
    now = services.clock.now()
    await services.database.write(
        lambda tx: timers.start(tx, timer.key, timer.kind, timer.thread_id, now + LOOK_EVERY, now, timer.body)
    )
    return False
