"""What a customer's messages say about a case: how many complaints there were lately, and whether one threatened.

Read from the labels in the log, so that every caller of the gate is judged alike, whatever it knows itself. The message that is
being answered is not in the log yet and comes as `Said`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from memory import labels
from memory.engines.base import Tx
from memory.labels import Label
from memory.times import to_ms
from server.policies.decision import History
from server.policies.human import is_complaint
from server.policies.shape import Policy

SITTING: Final = timedelta(hours=12)
"""Within one sitting a complaint that is repeated is the same complaint."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was understood of a message: its intent, its frustration from 0 to 3, its risk words."""

    intent: str
    frustration: int = 0
    risk: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Moment:
    thread_id: int
    at: int
    said: Said


async def heard(
    tx: Tx, policy: Policy, thread_id: int, order_id: str, now: datetime, known: History, said: Said | None = None
) -> History:
    """`known` with what the labels of the last `handoff.complaint_days` say; without a thread nothing is added."""
    if not thread_id:
        return known
    known = await _promised(tx, thread_id, order_id, known)
    since = now - timedelta(days=policy.handoff.complaint_days)
    moments = _moments(await labels.around(tx, thread_id, order_id, since))
    if said is not None:
        moments.append(_Moment(thread_id, to_ms(now), said))
    risks = frozenset[str]().union(*(each.said.risk for each in moments))
    return replace(
        known,
        complaints_30d=max(known.complaints_30d, _complaints(moments)),
        has_legal_signal=known.has_legal_signal or "legal" in risks,
        has_public_post_signal=known.has_public_post_signal or "reputation" in risks,
    )


async def _promised(tx: Tx, thread_id: int, order_id: str, known: History) -> History:
    """`known` with the last day that was promised for an order; the latest of several holds."""
    found = await labels.promises(tx, thread_id, order_id) if order_id else []
    if not found:
        return known
    latest = max(found, key=lambda each: each.until)
    evidence = f"thread:{latest.thread_id}/{latest.seq}"
    return replace(known, promised_until=date.fromisoformat(latest.until), promise_evidence=evidence)


async def complaints_elsewhere(tx: Tx, policy: Policy, thread_id: int, now: datetime) -> int:
    """The complaints of a thread's customer in other threads, within the policy's days."""
    since = now - timedelta(days=policy.handoff.complaint_days)
    return _complaints(_moments(await labels.elsewhere(tx, thread_id, since)))


def _complaints(moments: Iterable[_Moment]) -> int:
    """How often somebody came to complain: once for each sitting in each thread. Moments of a thread in their order."""
    last: dict[int, int] = {}
    found = 0
    for each in moments:
        if is_complaint(each.said.intent, each.said.frustration):
            before = last.get(each.thread_id)
            if before is None or each.at - before >= SITTING // timedelta(milliseconds=1):
                last[each.thread_id] = each.at
                found += 1
    return found


def _moments(found: Sequence[Label]) -> list[_Moment]:
    """Each message with what was understood of it, as a person set it right."""
    moments: list[_Moment] = []
    for label in found:
        body = label.body
        if not label.is_correction and body.get("intent"):
            said = Said(str(body["intent"]), int(body.get("frustration", 0)), frozenset(body.get("risk", ())))
            moments.append(_Moment(label.thread_id, label.at, said))
        elif label.is_correction and moments and moments[-1].thread_id == label.thread_id:
            moments[-1] = replace(moments[-1], said=_corrected(moments[-1].said, body))
    return moments


def _corrected(said: Said, body: Mapping[str, Any]) -> Said:
    return replace(said, intent=str(body["intent"])) if body.get("intent") else said
