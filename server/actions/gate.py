"""The one gate: nothing changes in the world except through here.

Every action is judged here by the policy, whoever wants it, and judged once more inside the unit that confirms it, while the
money that it moves is held: another ruling than the one that was agreed to asks the customer again. The ledger comes first: a
clear yes writes the action's row under its key and only while the thread is still the assistant's and nobody said anything
newer; then the order system is asked, outside of any transaction, with the same key; then the result is recorded. What needs
a person's consent waits in the ledger for it. Only this room calls the Store's writes.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from memory import actions as ledger
from memory import rulings, threads
from memory.actions import Action
from memory.agents import Agent
from memory.engines.base import Tx
from memory.threads import NewEvent
from server.actions import early, pickups, stepping
from server.actions.approving import Waiting
from server.actions.carrying import capability, has_way, plain
from server.actions.consent import Consent
from server.actions.executing import Executing
from server.actions.judging import Fresh, Judging
from server.actions.pickups import Fetching
from server.actions.request import Changed, Done, Moved, Request
from server.actions.reserving import put_row
from server.actions.signals import Said
from server.commerce.model import CustomerRecord, OrderSnapshot
from server.commerce.store import normalise_number
from server.errors import ActionRefused
from server.policies import identity
from server.policies.decision import History
from server.policies.judge import Ruling
from server.services import Services

__all__ = ["Changed", "Done", "Gate", "Moved", "Request", "Said", "Waiting", "plain"]


class Gate:
    """Judges, confirms, executes and reconciles actions, and lets wait what needs consent."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._judging = Judging(services)
        self._executing = Executing(services)
        self._consent = Consent(services, self._judging, self._executing)

    async def consider(
        self,
        action: Mapping[str, Any],
        order: OrderSnapshot | None,
        customer: CustomerRecord | None,
        *,
        thread_id: int = 0,
        history: History | None = None,
        said: Said | None = None,
    ) -> Ruling:
        """What the policy makes of a flat action now. `history` holds what the caller knows beside ledger and log.

        With `thread_id` the labels of that thread's customer count, and the ruling is written down when the thread's turn
        commits (`keep`); `said` is what was understood of the message that is being answered. Raises StoreUnavailable."""
        return await self._judging.consider(action, order, customer, thread_id, history, said)

    async def past(
        self, order: OrderSnapshot | None, customer: CustomerRecord | None, thread_id: int, said: Said | None = None
    ) -> History:
        """What is known of a customer's past, as `consider` judges by it. Raises StoreUnavailable."""
        return await self._judging.past(order, customer, thread_id, said)

    async def is_risky(self, name: str, order: OrderSnapshot | None, customer_id: str, thread_id: int) -> bool:
        """Whether this action asks for more proof now: its customer's contacts were changed lately, or its order is worth much."""
        services = self._services
        if identity.is_valuable(services.policy, name, order):
            return True
        if not identity.is_guarded(services.policy, name):
            return False
        owner, now = (order.customer.id if order else customer_id), services.clock.now()
        return await services.database.read(
            lambda tx: stepping.is_risky(tx, services.policy, order, owner, thread_id, now)
        )

    async def lately_changed(self, customer_id: str) -> frozenset[tuple[str, str]]:
        """The customer's contacts, as (kind, key), that are too new for a code to go there."""
        services, now = self._services, self._services.clock.now()
        return await services.database.read(lambda tx: stepping.lately_changed(tx, services.policy, customer_id, now))

    async def fetching(self, order: OrderSnapshot) -> Fetching | None:
        """The open return of an order whose parcel a carrier could fetch, and when. Raises StoreUnavailable."""
        return await pickups.fetching(self._services, order)

    async def execute(self, request: Request) -> Done:
        """Carry out a confirmed action once.

        Raises ActionRefused (with the ruling's key), Changed, Moved, StoreRefused, StoreUnavailable."""
        self._check(request)
        known = await self._services.database.read(lambda tx: ledger.by_key(tx, request.key))
        if known is None or known.state == "proposed":
            known = await self._confirmed(request)
        return await self._executing.go_on(known)

    async def done(self, key: str) -> Done | None:
        """What an action with this key came to; None when it was never confirmed."""
        action = await self._services.database.read(lambda tx: ledger.by_key(tx, key))
        if action is None or action.state in ("proposed", "awaiting"):
            return None
        return Done(action.state, action.result, is_repeat=True)

    async def reconcile(self) -> int:
        """Finish actions whose outcome nobody recorded (a crash, an outage); how many were finished.

        Repeating with the same key is safe: the order system gives the first result again. Requests for consent that
        nobody answered in time end here, too, returns are paid early where the policy says so, and rulings of more than a
        year ago are dropped."""
        finished = await self._executing.reconcile()
        finished += await early.pay_due(self._services, self._executing.go_on)
        await self._consent.lapse()
        await self._judging.forget()
        return finished

    async def ask_approval(self, request: Request, ruling: Ruling) -> str:
        """Let a confirmed action wait for the consent that its ruling asks for; the key under which it waits.

        It is bound to all of the request and the ruling, and ends after the policy's hours. Raises ActionRefused, Changed,
        Moved, StoreUnavailable."""
        self._check(request)
        if ruling.hash != request.decision_hash:
            raise Changed(ruling)
        fresh = await self._read(request)
        return await self._consent.ask(request, fresh)

    async def awaiting(self, limit: int = 200) -> list[Waiting]:
        """The actions that wait for consent, oldest first."""
        return await self._consent.waiting(limit)

    async def approve(self, key: str, agent: Agent, now: datetime, *, screen: str = "") -> Done:
        """Record an agent's consent, and carry the action out once it is enough; state `awaiting` = one more must agree.

        What is agreed to must still be what would be done; anything else ends the request. Raises NotAllowed (its text is
        `role`, `own_request`, `spoke_in_thread`, `own_order` or `again`), ActionRefused, StoreRefused, StoreUnavailable."""
        return await self._consent.approve(key, agent, now, screen)

    async def refuse(self, key: str, agent: Agent, reason: str) -> None:
        """An agent says no to an action that waits. Raises NotAllowed, ActionRefused."""
        await self._consent.refuse(key, agent, reason)

    async def waits_in(self, thread_id: int) -> list[Action]:
        """What waits for consent in a thread, oldest first."""
        found = await self._services.database.read(lambda tx: ledger.of_thread(tx, thread_id))
        return [each for each in found if each.state == "awaiting"]

    async def withdraw(self, thread_id: int, seq: int, order_ids: Collection[str] = ()) -> list[Action]:
        """The customer takes back what waits for consent in their thread; what was taken back by their message `seq`.

        With `order_ids` only what is about those orders. What somebody agreed to in the same moment is not taken back: it is
        done, or it is not, never both. The same message again finds what it took back."""
        return await self._consent.withdraw(thread_id, seq, order_ids)

    async def keep(self, tx: Tx, thread_id: int) -> None:
        """Write down, in the unit that commits a turn, what was considered in it; `kept` follows after the commit."""
        await self._judging.keep(tx, thread_id)

    def kept(self, thread_id: int) -> None:
        """What was considered in this thread's turn is written down, or need not be."""
        self._judging.kept(thread_id)

    def _check(self, request: Request) -> None:
        """What is wrong with the request itself, before anything is read."""
        services, name = self._services, request.name
        needed = capability(name, has_order=request.order is not None)
        can = pickups.is_able(services) if name == pickups.ACTION else needed in services.store.capabilities
        if not has_way(name) or not can:
            raise ActionRefused("unsupported")
        if not identity.allows(services.policy, name, request.proofs):
            raise ActionRefused("identity")
        if request.order is None and identity.scope(services.policy, name, request.proofs) != "customer":
            raise ActionRefused("identity")
        if request.arguments.get("name") != name:
            raise ActionRefused("malformed")
        if not request.decision_hash:
            raise ActionRefused("unconfirmed")

    async def _read(self, request: Request) -> Fresh:
        """The subject as it is now; the arguments must name the order that the proofs are for."""
        order_id = request.order.id if request.order else ""
        fresh = await self._judging.read(request.arguments, order_id, request.customer_id)
        order, named = fresh.subject.order, str(request.arguments.get("order") or "")
        if named and (order is None or normalise_number(named) != normalise_number(order.number)):
            raise ActionRefused("malformed")
        if request.customer_id and fresh.subject.customer_id != request.customer_id:
            raise ActionRefused("identity")
        if await self.is_risky(request.name, order, fresh.subject.customer_id, request.thread_id) and (
            not identity.allows_risky(self._services.policy, request.name, request.proofs)
        ):
            raise ActionRefused("identity")
        return fresh

    async def _confirmed(self, request: Request) -> Action:
        fresh = await self._read(request)
        made = await self._services.database.write(lambda tx: self._confirm(tx, request, fresh))
        if isinstance(made, Exception):
            raise made
        return made

    async def _confirm(self, tx: Tx, request: Request, fresh: Fresh) -> Action | Exception:
        """The confirmed action, or why it is not: what is written of a refusal stays."""
        thread = await threads.by_id(tx, request.thread_id, lock=True)  # first: calls at once wait here for each other
        known = await ledger.by_key(tx, request.key)
        if known is not None and known.state != "proposed":
            return known
        if thread is None or (not request.agent_id and thread.state.owner_kind != "assistant"):
            raise Moved
        if request.seen_seq and thread.state.last_customer_seq > request.seen_seq:
            raise Moved
        await ledger.hold_purses(tx, fresh.subject.purses)
        ruling = await self._judging.of_request(tx, request, fresh)
        refusal = _refusal(request, ruling.ruling)
        stage = "executed" if refusal is None else "refused"
        await rulings.add(tx, [ruling.trace(request.thread_id, request.key, stage)])
        if refusal is not None:
            return refusal
        now = self._services.clock.now()
        action = await put_row(tx, self._services.policy, request, fresh, ruling.ruling, "confirmed", now)
        body = {"key": request.key, "action": dict(request.arguments)}
        await threads.append(tx, request.thread_id, [NewEvent("confirmed", body)], now)
        return action


def _refusal(request: Request, ruling: Ruling) -> Exception | None:
    """Why a confirmed action is not done after all."""
    if ruling.hash != request.decision_hash:
        return Changed(ruling)
    return None if ruling.is_open else ActionRefused(ruling.key)
