"""Live order cards: when an order changes, every thread that shows it gets the new card as an event of its log.

Changes are noticed at once when this process made them, and within seconds when another one did (an import). A card that would
look the same makes no event, so a carrier that repeats itself makes no noise.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from memory import desk, threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent, Thread
from server import telemetry
from server.answering.words import cards
from server.answering.words.voice import Voice
from server.bus import Bell
from server.commerce.model import OrderSnapshot
from server.commerce.wismo import WismoConfig, decide
from server.errors import StoreError
from server.inbox import wake
from server.services import Services
from server.turns import card_digest

_log = logging.getLogger("onethread.live")
_CATCH_UP: Final = timedelta(days=1)
_OVERLAP: Final = timedelta(seconds=2)


class LiveOrders:
    """Follows changed orders into the threads that show them. `poll_s` = how often other processes' changes are looked for."""

    def __init__(self, services: Services, *, poll_s: float = 3.0) -> None:
        self._services = services
        self._poll_s = poll_s
        self._bell = Bell()
        self._waiting: dict[str, None] = {}

    async def run(self) -> None:
        """Catch up with what changed while nobody followed, then follow for ever."""
        since = self._services.clock.now() - _CATCH_UP
        with self._services.bus.listening("orders", self._note):
            while True:
                started = self._services.clock.now()
                with suppress(StorageError):
                    since = await self._notice_others(since, started)
                await self._follow()
                await self._bell.wait(self._poll_s)

    def _note(self, _topic: str, order_id: Any) -> None:
        self._waiting[str(order_id)] = None
        self._bell.ring()

    async def _notice_others(self, since: datetime, started: datetime) -> datetime:
        """Orders that another process wrote."""
        for order_id in await self._services.database.read(lambda tx: desk.shown_changed_since(tx, since - _OVERLAP)):
            self._waiting[order_id] = None
        return started

    async def _follow(self) -> None:
        """Refresh each order that waits; one that cannot be read now waits for the next look."""
        waiting, self._waiting = self._waiting, {}
        for order_id in waiting:
            try:
                await self.refresh(order_id)
            except (StoreError, StorageError):
                _log.warning("a card was not refreshed", extra={"order": order_id})
                self._waiting[order_id] = None
            except Exception:  # one order that cannot be shown must not keep the others from being followed
                telemetry.errors.labels("live").inc()
                _log.exception("a card was not made", extra={"order": order_id})

    async def refresh(self, order_id: str) -> int:
        """Write the order's present card into every thread that shows another; how many threads changed."""
        showing = await self._services.database.read(lambda tx: desk.threads_showing(tx, order_id))
        if not showing:
            return 0
        order = await self._services.store.order(order_id)
        if order is None:
            return 0
        changed = 0
        for thread_id, _, _, rma in showing:
            thread = await self._services.database.write(
                lambda tx, thread_id=thread_id, rma=rma: self._write(tx, order, thread_id, rma)  # type: ignore[misc]  # bound per turn of the loop
            )
            if thread is not None:
                changed += 1
                wake(self._services, thread)
                self._services.bus.publish(f"panel:{thread.id}")
        return changed

    async def _write(self, tx: Tx, order: OrderSnapshot, thread_id: int, rma: str) -> Thread | None:
        """The new card, unless it says what the thread shows by now: another process may have been first."""
        thread = await threads.by_id(tx, thread_id, lock=True)
        shown = await desk.card_shown(tx, thread_id, order.id, rma)
        if thread is None or shown is None or thread.state.status == "closed":
            return None
        identity_id, digest = shown
        now = self._services.clock.now()
        card = _card(order, rma, Voice(thread.state.language, now), self._services.limits.wismo)
        fresh = card_digest(card)
        if card is None or fresh == digest:
            return None
        await desk.show_order(tx, thread_id, order.id, identity_id, fresh, rma)
        event = NewEvent("order_update", {"order_id": order.id, "card": card}, "all", identity_id=identity_id)
        changed, _ = await threads.append(tx, thread_id, [event], now)
        return changed


def _card(order: OrderSnapshot, rma: str, voice: Voice, cfg: WismoConfig) -> dict[str, Any] | None:
    """The card as it looks now: of the order, or of one of its returns."""
    if not rma:
        return cards.order_card(decide(order, voice.now, cfg=cfg), order, voice)
    found = next((each for each in order.returns if each.id == rma), None)
    return cards.return_card(order, found, voice) if found else None
