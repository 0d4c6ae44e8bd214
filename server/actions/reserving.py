"""The row that reserves an action's money: what it moves, whose it is, and the work that will be asked of the order system."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from memory import actions as ledger
from memory.actions import Action
from memory.engines.base import Tx
from server.actions.carrying import kind_of, work_of
from server.actions.early import EARLY
from server.actions.judging import Fresh
from server.actions.request import Request
from server.policies.asked import Asked, asked
from server.policies.decision import FAULTS, NOTHING_TO_SEND
from server.policies.judge import COUNTED, Ruling
from server.policies.preview import preview
from server.policies.shape import Policy, Release

_RELEASES: Final[tuple[Release, ...]] = ("immediately", "on_first_scan", "on_receipt", "on_inspection")


def is_kept(wish: Asked, ruling: Ruling) -> bool:
    """Whether faulty goods stay with the customer, who gets money or new ones: that happens so many times only."""
    is_given = wish.name in ("refund", "reship") and ruling.decision is not None
    return is_given and wish.reason in FAULTS and wish.reason not in NOTHING_TO_SEND and not _never_came(ruling)


def release_of(wish: Asked, ruling: Ruling) -> str:
    """When the policy lets a return be paid, where that is before the goods are here; the latest of its lines. Else empty."""
    if wish.name != "start_return" or wish.outcome not in (None, "refund") or ruling.decision is None:
        return ""
    offers = [line.offer(wish.outcome or "refund") for line in ruling.decision.lines if line.verdict != "deny"]
    found = [_RELEASES.index(each.release) for each in offers if each is not None]
    latest = _RELEASES[max(found)] if found else ""
    return latest if latest in EARLY else ""


def _never_came(ruling: Ruling) -> bool:
    return "parcel_lost" in ruling.rules


async def put_row(
    tx: Tx,
    policy: Policy,
    request: Request,
    fresh: Fresh,
    ruling: Ruling,
    state: str,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    signals: Mapping[str, Any] | None = None,
) -> Action:
    """The action's row in `state`, made or, where it was only proposed, completed."""
    subject = fresh.subject
    wish = asked(request.arguments, subject.order)
    order_id = subject.order.id if subject.order else ""
    kind = kind_of(wish, ruling)
    work = work_of(policy, wish, subject, ruling)
    body: dict[str, Any] = {
        "arguments": dict(request.arguments),
        "order_id": order_id,
        "work": work,
        "agent_id": request.agent_id,
        "seq": request.seen_seq,
        "why": ruling.key,
        "signals": dict(signals or {}),
    }
    if is_kept(wish, ruling):
        body["kept"] = True
    release = release_of(wish, ruling)
    if release:
        body["release"] = release
    if state == "awaiting":
        shown = preview(policy, wish, subject.order, subject.customer, ruling, work["method"])
        body["preview"] = {"parts": [asdict(each) for each in shown.parts], "to": [list(each) for each in shown.to]}
    is_counted = wish.name in COUNTED and wish.outcome in (None, "refund") and kind == "refund"
    return await ledger.put(
        tx, request.thread_id, request.key, request.name, order_id, body, state, now,
        amount_minor=ruling.amount_minor, currency=ruling.currency, customer_id=subject.customer_id, kind=kind,
        is_counted=is_counted, need=ruling.need, decision_hash=ruling.hash, expires_at=expires_at,
    )  # fmt: skip
