"""Consent: what needs a person waits in the ledger, bound to everything about it, until enough agreed, one refused, or a day passed.

Agreeing judges again. What would be done then must be, to the unit, what was asked for; anything else ends the request, and
nothing is done.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, cast

from memory import actions as ledger
from memory import approvals, rulings, threads
from memory.actions import Action
from memory.agents import Agent
from memory.engines.base import Tx
from memory.threads import NewEvent
from memory.times import from_ms, to_ms
from server.actions import approving
from server.actions.approving import Waiting
from server.actions.executing import Executing
from server.actions.judging import Fresh, Judged, Judging
from server.actions.request import Changed, Done, Moved, Request
from server.actions.reserving import put_row
from server.errors import ActionRefused, NotAllowed
from server.policies import approval
from server.policies.decision import History
from server.policies.judge import Ruling
from server.policies.outcome import BY_HAND
from server.policies.shape import Need, Policy
from server.services import Services

_SIGNALS: Final = ("complaints_30d", "abuse_score", "is_abuse_flagged", "has_legal_signal", "has_public_post_signal")


class Consent:
    """Asks for consent, takes it, and lets requests end."""

    def __init__(self, services: Services, judging: Judging, executing: Executing) -> None:
        self._services = services
        self._judging = judging
        self._executing = executing

    async def ask(self, request: Request, fresh: Fresh) -> str:
        """Let an action wait; its key, or that of the same one which waits in this thread already. Raises ActionRefused, Changed, Moved."""
        made = await self._services.database.write(lambda tx: self._wait(tx, request, fresh))
        if isinstance(made, Exception):
            raise made
        self._executing.publish(made)
        return made.key

    async def waiting(self, limit: int) -> list[Waiting]:
        """What waits, oldest first."""
        policy = self._services.policy

        async def unit(tx: Tx) -> list[Waiting]:
            found = await ledger.awaiting(tx, limit)
            return [_waiting(each, await approvals.of_action(tx, each.id), policy) for each in found]

        return await self._services.database.read(unit)

    async def approve(self, key: str, agent: Agent, now: datetime, screen: str) -> Done:
        """Take a consent; see `Gate.approve`."""
        action = await self._services.database.read(lambda tx: ledger.by_key(tx, key))
        if action is None:
            raise ActionRefused("unknown")
        if action.state == "awaiting":
            fresh = await self._judging.read(action.body["arguments"], action.order_id, action.customer_id)
            made = await self._services.database.write(lambda tx: self._agree(tx, key, agent, now, screen, fresh))
            self._executing.publish(action)
            if isinstance(made, Exception):
                raise made
            if made.state == "awaiting":
                return Done("awaiting", {}, is_repeat=False)
            action = made
        return await self._executing.go_on(action)

    async def refuse(self, key: str, agent: Agent, reason: str) -> None:
        """An agent says no. Raises NotAllowed, ActionRefused."""
        now = self._services.clock.now()

        async def unit(tx: Tx) -> Action:
            action = await _held(tx, key)
            if approving.objection(agent, "agent", 0, (), None, None) == "role":
                raise NotAllowed("role")
            await _end(tx, action, "refused", {"error": "refused", "reason": reason[:500]}, now, agent)
            return action

        self._executing.publish(await self._services.database.write(unit))

    async def withdraw(self, thread_id: int, seq: int, order_ids: Collection[str]) -> list[Action]:
        """The customer takes back, by message `seq`, what waits in this thread; see `Gate.withdraw`."""
        now = self._services.clock.now()

        async def unit(tx: Tx) -> tuple[list[Action], list[Action]]:
            await threads.by_id(tx, thread_id, lock=True)
            mine = [one for one in await ledger.of_thread(tx, thread_id) if not order_ids or one.order_id in order_ids]
            before = [one for one in mine if one.state == "withdrawn" and one.result.get("seq") == seq]
            result = {"error": "withdrawn", "seq": seq}
            waits = [one for one in mine if one.state == "awaiting"]
            return before, [one for one in waits if await _end(tx, one, "withdrawn", result, now)]

        before, ended = await self._services.database.write(unit)
        for each in ended:
            self._executing.publish(each)
        return [*before, *ended]

    async def lapse(self) -> int:
        """End the requests that nobody answered in time; how many."""
        now = self._services.clock.now()

        async def unit(tx: Tx) -> list[Action]:
            ended = []
            for each in await ledger.overdue(tx, now):
                await threads.by_id(tx, each.thread_id, lock=True)
                if await _end(tx, each, "expired", {"error": "expired"}, now):
                    ended.append(each)
            return ended

        if not await self._services.database.read(lambda tx: ledger.overdue(tx, now)):
            return 0
        ended = await self._services.database.write(unit)
        for each in ended:
            self._executing.publish(each)
        return len(ended)

    async def _wait(self, tx: Tx, request: Request, fresh: Fresh) -> Action | Exception:
        thread = await threads.by_id(tx, request.thread_id, lock=True)
        known = await ledger.by_key(tx, request.key)
        if known is not None and known.state != "proposed":
            return known if known.state == "awaiting" else ActionRefused(known.state)
        if thread is None or (not request.agent_id and thread.state.owner_kind != "assistant"):
            raise Moved
        if request.seen_seq and thread.state.last_customer_seq > request.seen_seq:
            raise Moved
        judged = await self._judging.of_request(tx, request, fresh)
        refusal = _unfit(request.decision_hash, judged.ruling)
        stage = "asked" if refusal is None else "refused"
        await rulings.add(tx, [judged.trace(request.thread_id, request.key, stage)])
        if refusal is not None:
            return refusal
        waits = await ledger.waiting_for(tx, request.thread_id, judged.ruling.hash)
        if waits is not None:
            return waits
        now = self._services.clock.now()
        until = now + timedelta(hours=self._services.policy.approval_times.expires_hours)
        action = await put_row(
            tx, self._services.policy, request, fresh, judged.ruling, "awaiting", now, expires_at=until,
            signals=_signals(judged.history),
        )  # fmt: skip
        body = {**_told(action), "need": action.need, "why": judged.ruling.key, "until": until.isoformat()}
        await threads.append(tx, action.thread_id, [NewEvent("awaiting", body)], now)
        return action

    async def _agree(
        self, tx: Tx, key: str, agent: Agent, now: datetime, screen: str, fresh: Fresh
    ) -> Action | Exception:
        """The action after this consent: confirmed, or awaiting another; or why it will not be done."""
        action = await _held(tx, key)
        if action.expires_at and action.expires_at <= to_ms(now):
            await _end(tx, action, "expired", {"error": "expired"}, now)
            return ActionRefused("expired")
        subject = fresh.subject
        await ledger.hold_purses(tx, subject.purses)
        known = History(**action.body.get("signals", {}))
        arguments = action.body["arguments"]
        judged = await self._judging.rule(tx, fresh, arguments, known, key, thread_id=action.thread_id)
        need = cast("Need", action.need)
        if _differs(action, judged):
            await rulings.add(tx, [judged.trace(action.thread_id, key, "refused")])
            await _end(tx, action, "expired", {"error": "changed"}, now)
            return ActionRefused("changed")
        if approval.highest(need, judged.ruling.need) != need:
            need = judged.ruling.need
            await ledger.raise_need(tx, key, need, judged.ruling.hash, now)
        speakers = await approvals.speakers(tx, action.thread_id)
        requester = int(action.body.get("agent_id", 0))
        why = approving.objection(agent, need, requester, speakers, subject.order, subject.customer)
        if why is not None:
            return NotAllowed(why)
        if not await approvals.add(tx, action.id, agent.id, agent.role, now, screen):
            raise NotAllowed("again")
        told = {**_told(action), "need": need, "screen": screen}
        event = NewEvent("approved", told, author_type="agent", author_id=agent.id, author_name=agent.name)
        await threads.append(tx, action.thread_id, [event], now)
        if not approving.is_enough(need, await approvals.of_action(tx, action.id)):
            return action
        await ledger.step(tx, key, ("awaiting",), "confirmed", now)
        await rulings.add(tx, [judged.trace(action.thread_id, key, "executed")])
        confirmed = await ledger.by_key(tx, key)
        return confirmed if confirmed is not None else ActionRefused("unknown")


def _differs(action: Action, judged: Judged) -> bool:
    """Whether what would be done now is not what was asked for; who must agree may have become somebody else meanwhile."""
    ruling = judged.ruling
    if ruling.verdict == "deny" or ruling.ask is not None or ruling.key in BY_HAND:
        return True
    return judged.hash_under(cast("Need", action.need), str(action.body.get("why", ""))) != action.decision_hash


def _unfit(decision_hash: str, ruling: Ruling) -> Exception | None:
    """Why an action cannot be agreed to: refused outright, an open question, nobody's consent needed, or not the same."""
    if ruling.hash != decision_hash:
        return Changed(ruling)
    if ruling.verdict == "deny" or ruling.ask is not None or ruling.key in BY_HAND:
        return ActionRefused(ruling.key)
    return ActionRefused("no_need") if ruling.need == "none" else None


async def _held(tx: Tx, key: str) -> Action:
    """The action that waits, its thread and itself locked. Raises ActionRefused."""
    known = await ledger.by_key(tx, key)
    if known is None:
        raise ActionRefused("unknown")
    await threads.by_id(tx, known.thread_id, lock=True)
    action = await ledger.by_key(tx, key, lock=True)
    if action is None or action.state != "awaiting":
        raise ActionRefused(action.state if action else "unknown")
    return action


async def _end(
    tx: Tx, action: Action, state: str, result: dict[str, Any], now: datetime, agent: Agent | None = None
) -> bool:
    """Let a request end without being done; whether it still waited."""
    if not await ledger.step(tx, action.key, ("awaiting",), state, now, result=result):
        return False
    told = {**_told(action), "result": result}
    event = NewEvent("failed", told)
    if agent is not None:
        event = NewEvent("failed", told, author_type="agent", author_id=agent.id, author_name=agent.name)
    await threads.append(tx, action.thread_id, [event], now)
    return True


def _told(action: Action) -> dict[str, Any]:
    return {
        "key": action.key,
        "action": action.body["arguments"],
        "amount": {"amount_minor": action.amount_minor, "currency": action.currency},
    }


def _signals(history: History) -> dict[str, Any]:
    """What was known beside the ledger, to judge by it again."""
    return {name: getattr(history, name) for name in _SIGNALS}


def _waiting(action: Action, given: list[approvals.Approval], policy: Policy) -> Waiting:
    asked_at, need = from_ms(action.created_at), cast("Need", action.need)
    return Waiting(
        key=action.key,
        thread_id=action.thread_id,
        name=action.name,
        order_id=action.order_id,
        customer_id=action.customer_id,
        arguments=action.body["arguments"],
        amount_minor=action.amount_minor,
        currency=action.currency,
        need=need,
        why=str(action.body.get("why", "")),
        asked_at=asked_at,
        expires_at=from_ms(action.expires_at),
        due_at=approving.due_at(policy, need, asked_at),
        agreed=tuple(each.agent_id for each in given),
        preview=action.body.get("preview", {}),
    )
