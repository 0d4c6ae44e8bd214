"""From the ledger to the order system and back: what was confirmed is carried out once, and its result recorded."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from memory import actions as ledger
from memory import threads
from memory.actions import Action
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent
from server import telemetry
from server.actions import early
from server.actions.carrying import carry_out
from server.actions.request import Done
from server.errors import ActionRefused, StoreRefused, StoreUnavailable
from server.services import Services

_log = logging.getLogger("onethread.gate")
_RECONCILE_AFTER: Final = timedelta(seconds=20)
_OPEN: Final = ("confirmed", "executing", "unknown")


class Executing:
    """Carries out what the ledger holds."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def go_on(self, action: Action) -> Done:
        """What a confirmed action comes to: done now, or what it came to before.

        Raises ActionRefused, StoreRefused, StoreUnavailable."""
        match action.state:
            case "executed":
                return Done(action.state, action.result, is_repeat=True)
            case "failed":
                raise StoreRefused(str(action.result.get("error", "refused")))
            case "awaiting" | "refused" | "expired" | "withdrawn":
                raise ActionRefused(action.state)
            case _:
                return await self.carry_out(action)

    async def carry_out(self, action: Action) -> Done:
        """Ask the order system and record its answer. Raises StoreRefused, StoreUnavailable."""
        try:
            result = await carry_out(self._services, action)
        except StoreRefused as error:
            await self._record(action, "failed", {"error": str(error)})
            raise
        except StoreUnavailable:
            await self._leave_unknown(action)
            raise
        await self._record(action, "executed", result)
        return Done("executed", result, is_repeat=False)

    async def _leave_unknown(self, action: Action) -> None:
        """Nobody knows what came of it: it is asked for again later."""
        now = self._services.clock.now()
        await self._services.database.write(
            lambda tx: ledger.step(tx, action.key, ("confirmed", "executing"), "unknown", now)
        )

    async def reconcile(self) -> int:
        """Finish actions whose outcome nobody recorded; how many were finished."""
        older = await self._services.database.read(
            lambda tx: ledger.stuck(tx, self._services.clock.now(), _RECONCILE_AFTER)
        )
        finished = 0
        for action in older:
            try:
                await self.carry_out(action)
            except (StoreRefused, StoreUnavailable, StorageError):
                continue
            except (
                Exception
            ):  # the edge of a delivery, to the order system: one that breaks must not hold up the others
                telemetry.errors.labels("reconcile").inc()
                ids = {"action_id": action.id, "thread_id": action.thread_id}
                _log.exception("an action was not reconciled", extra=ids)
                await self._leave_unknown(action)
                continue
            finished += 1
        return finished

    def publish(self, action: Action) -> None:
        """Wake the readers of the action's thread and order."""
        self._services.bus.publish(f"thread:{action.thread_id}")
        if action.order_id:
            self._services.bus.publish("orders", action.order_id)

    async def _record(self, action: Action, state: str, result: Mapping[str, Any]) -> None:
        """Write down what the order system answered. That it was done outweighs a refusal that another call was given."""
        now = self._services.clock.now()
        before = (*_OPEN, "failed") if state == "executed" else _OPEN

        async def unit(tx: Tx) -> None:
            if await ledger.step(tx, action.key, before, state, now, result=result):
                body = {"key": action.key, "action": action.body["arguments"], "result": result}
                if action.body.get("release"):
                    body["release"] = action.body["release"]
                event = NewEvent("executed" if state == "executed" else "failed", body)
                await threads.append(tx, action.thread_id, [event], now)
                if state == "executed":
                    done = await ledger.by_key(tx, action.key)
                    await early.follow(tx, self._services, done or action)

        await self._services.database.write(unit)
        self.publish(action)
