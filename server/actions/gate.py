"""The one gate: nothing changes in the world except through here.

The ledger comes first. A clear yes writes the action's row under its key and only while the thread is still the assistant's
and nobody said anything newer; then the order system is asked, outside of any transaction, with the same key; then the result
is recorded. A turn that is repeated finds the row by its key and never executes again. Only this room calls the Store's writes.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from memory import actions as ledger
from memory import threads
from memory.actions import Action
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent
from memory.times import from_ms
from server.actions.labelling import labelled
from server.commerce.model import LineQuantity, OrderSnapshot
from server.errors import ActionRefused, StoreRefused, StoreUnavailable
from server.policies import identity
from server.services import Services

_log = logging.getLogger("onethread.gate")
_RECONCILE_AFTER: Final = timedelta(seconds=20)


class Moved(Exception):
    """The thread moved while the turn ran: a newer message or another owner. The turn is run again."""


@dataclass(frozen=True, slots=True)
class Request:
    """An action that the customer has clearly confirmed.

    `arguments` is flat, as the outside surface names it: name, order, lines, reason, method, amount, address."""

    thread_id: int
    key: str
    name: str
    order: OrderSnapshot
    arguments: Mapping[str, Any]
    proofs: frozenset[str]
    amount_minor: int = 0
    currency: str = ""
    seen_seq: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What the order system answered. `is_repeat` = it had been done before."""

    state: str
    result: Mapping[str, Any]
    is_repeat: bool


class Gate:
    """Confirms, executes and reconciles actions."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def execute(self, request: Request) -> Done:
        """Carry out a confirmed action once. Raises ActionRefused, Moved, StoreRefused, StoreUnavailable."""
        self._check(request)
        action = await self._services.database.write(lambda tx: self._confirm(tx, request))
        if action.state == "executed":
            return Done(action.state, action.result, is_repeat=True)
        if action.state == "failed":
            raise StoreRefused(str(action.result.get("error", "refused")))
        return await self._carry_out(action)

    async def done(self, key: str) -> Done | None:
        """What an action with this key came to; None when it was never confirmed."""
        action = await self._services.database.read(lambda tx: ledger.by_key(tx, key))
        if action is None or action.state == "proposed":
            return None
        return Done(action.state, action.result, is_repeat=True)

    async def reconcile(self) -> int:
        """Finish actions whose outcome nobody recorded (a crash, an outage); how many were finished.

        Repeating with the same key is safe: the order system gives the first result again."""
        older = await self._services.database.read(
            lambda tx: ledger.stuck(tx, self._services.clock.now(), _RECONCILE_AFTER)
        )
        finished = 0
        for action in older:
            try:
                await self._carry_out(action)
            except (StoreRefused, StoreUnavailable, StorageError):
                continue
            except Exception:  # one that breaks the order system's adapter must not hold up the others
                _log.exception("an action was not reconciled", extra={"action_id": action.id})
                continue
            finished += 1
        return finished

    def _check(self, request: Request) -> None:
        services = self._services
        if request.name not in services.store.capabilities:
            raise ActionRefused("unsupported")
        if not identity.allows(services.policy, request.name, request.proofs):
            raise ActionRefused("identity")

    async def _confirm(self, tx: Tx, request: Request) -> Action:
        thread = await threads.by_id(tx, request.thread_id, lock=True)  # first: calls at once wait here for each other
        known = await ledger.by_key(tx, request.key)
        if known is not None and known.state != "proposed":
            return known
        if thread is None or thread.state.owner_kind != "assistant":
            raise Moved
        if request.seen_seq and thread.state.last_customer_seq > request.seen_seq:
            raise Moved
        now = self._services.clock.now()
        action = await ledger.add(
            tx, request.thread_id, request.key, request.name, request.order.id,
            {"arguments": request.arguments, "order_id": request.order.id}, "confirmed", now,
            amount_minor=request.amount_minor, currency=request.currency,
        )  # fmt: skip
        await ledger.step(tx, request.key, ("proposed",), "confirmed", now)
        await threads.append(
            tx, request.thread_id, [NewEvent("confirmed", {"key": request.key, "action": dict(request.arguments)})], now
        )
        return action

    async def _carry_out(self, action: Action) -> Done:
        try:
            result = await self._ask_store(action)
        except StoreRefused as error:
            await self._record(action, "failed", {"error": str(error)})
            raise
        except StoreUnavailable:
            await self._services.database.write(
                lambda tx: ledger.step(
                    tx, action.key, ("confirmed", "executing"), "unknown", self._services.clock.now()
                )
            )
            raise
        await self._record(action, "executed", result)
        return Done("executed", result, is_repeat=False)

    async def _record(self, action: Action, state: str, result: Mapping[str, Any]) -> None:
        now = self._services.clock.now()

        async def unit(tx: Tx) -> None:
            if await ledger.step(tx, action.key, ("confirmed", "executing", "unknown"), state, now, result=result):
                body = {"key": action.key, "action": action.body["arguments"], "result": result}
                await threads.append(
                    tx, action.thread_id, [NewEvent("executed" if state == "executed" else "failed", body)], now
                )

        await self._services.database.write(unit)
        self._services.bus.publish(f"thread:{action.thread_id}")
        self._services.bus.publish("orders", action.order_id)

    async def _ask_store(self, action: Action) -> dict[str, Any]:
        store, body = self._services.store, action.body["arguments"]
        at, order_id = from_ms(action.created_at), action.order_id
        lines = [LineQuantity(item["line"], item["quantity"], item.get("to_sku")) for item in body.get("lines", ())]
        result: Any
        match action.name:
            case "start_return":
                opened = await store.start_return(
                    action.key,
                    order_id,
                    lines,
                    body.get("reason", "other"),
                    body.get("outcome", "refund"),
                    body.get("method"),
                    at,
                )
                result = await labelled(self._services, action.key, order_id, lines, at, opened)
            case "start_exchange":
                exchange = await store.start_exchange(
                    action.key, order_id, lines, body.get("reason", "other"), body.get("method"), at
                )
                result = await labelled(self._services, action.key, order_id, lines, at, exchange)
            case "cancel_order":
                result = await store.cancel_order(
                    action.key, order_id, body.get("reason", "other"), body.get("method"), at
                )
            case _:
                raise StoreRefused(f"{action.name} has no way to the order system yet")
        return plain(result)


def plain(result: Any) -> dict[str, Any]:
    """A result of the Store as JSON-ready values."""
    return msgspec.to_builtins(asdict(result), str_keys=True)  # type: ignore[no-any-return]  # a dict stays a dict
