"""Asks Twilio for messages whose webhook never came: it does not call again by itself, so what came while we were away is lost
without a look. What is found is stored as if it had been called.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from channels.errors import ChannelError
from channels.twilio.provider import Twilio
from memory import parcels
from memory.engines.base import Tx
from server.intake.calling import keep_call
from server.intake.twilio import MESSAGES
from server.services import Services

_log = logging.getLogger("onethread.missed")
SETTLE: Final = timedelta(seconds=20)
"""A message younger than this may still come by its webhook, which knows more of it (which button was tapped). Longer than the 15
seconds that Twilio waits for our answer."""
_OVERLAP: Final = timedelta(minutes=10)
_AGAIN_S: Final = 30.0
_LONGEST_AWAY: Final = timedelta(days=7)


def connected(services: Services) -> Twilio | None:
    """The provider of this process, None where Twilio is not connected."""
    provider = services.lines.providers.get("twilio")
    return provider if isinstance(provider, Twilio) else None


class Missed:
    """Asks Twilio for messages whose webhook never came, and stores them as if it had."""

    def __init__(self, services: Services, provider: Twilio) -> None:
        self._services = services
        self._provider = provider

    async def run(self) -> None:
        """At the start, once more when what came just then has settled, and every few minutes, for ever."""
        every_s, pause_s = self._services.settings.twilio.reconcile_minutes * 60.0, _AGAIN_S
        while every_s:
            for channel in self._provider.channels:
                try:
                    await self.look(channel)
                except ChannelError as error:
                    _log.warning("missed messages were not asked for", extra={"channel": channel, "why": str(error)})
            await asyncio.sleep(min(pause_s, every_s))
            pause_s = every_s
        await asyncio.Event().wait()

    async def look(self, channel: str) -> int:
        """Store what came to a channel since the last look and is not stored yet; how many. Raises ChannelError, StorageError.

        The first look of all only begins to count: what came before we were connected was somebody else's to answer."""
        now, mark = self._services.clock.now(), f"twilio:{channel}"
        began, seen = await self._services.database.read(lambda tx: self._marks(tx, mark))
        before, missed = now - SETTLE, 0
        since = max(began, seen - _OVERLAP, now - _LONGEST_AWAY) if began and seen else now
        found = await self._provider.received_since(channel, since, before) if began else []
        for sid, form in reversed(found):
            missed += await keep_call(self._services, MESSAGES, sid, {"x-onethread-missed": "1"}, form)
        if missed:
            _log.warning("messages came without a webhook", extra={"channel": channel, "count": missed})

        async def unit(tx: Tx) -> None:
            await parcels.set_watermark(tx, mark, before)
            if not began:
                await parcels.set_watermark(tx, f"{mark}:began", now)

        await self._services.database.write(unit)
        return missed

    async def _marks(self, tx: Tx, mark: str) -> tuple[datetime | None, datetime | None]:
        """(since when we are connected, up to when was looked)."""
        return await parcels.watermark(tx, f"{mark}:began"), await parcels.watermark(tx, mark)


async def look_for_missed(services: Services) -> None:
    """The loop of this process."""
    provider = connected(services)
    if provider is None:
        await asyncio.Event().wait()
        return
    await Missed(services, provider).run()
