"""Twilio as the settings name it: opened once for WhatsApp and SMS, and asked for what we missed while we were away."""

import asyncio
import logging
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from channels.errors import ChannelError
from channels.twilio.codes import read_codes
from channels.twilio.provider import Twilio
from memory import parcels
from memory.engines.base import Tx
from server.clock import Clock
from server.errors import SettingsError
from server.intake.calling import keep_call
from server.services import Services
from server.settings import Settings

_log = logging.getLogger("onethread.twilio")
MESSAGES: Final = "twilio/messages"
STATUS: Final = "twilio/status"
STATUS_PATH: Final = "/webhooks/twilio/status"
SETTLE: Final = timedelta(seconds=20)
"""A message younger than this may still come by its webhook, which knows more of it (which button was tapped). Longer than the 15
seconds that Twilio waits for our answer."""
_OVERLAP: Final = timedelta(minutes=10)
_AGAIN_S: Final = 30.0
_LONGEST_AWAY: Final = timedelta(days=7)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def open_twilio(settings: Settings, clock: Clock) -> Twilio | None:
    """The provider, None where no account is named. Raises SettingsError: half a connection would be an open door."""
    named = settings.twilio
    if not named.account_sid:
        if named.auth_token or named.whatsapp_from or named.sms_from:
            raise SettingsError("twilio.account_sid is not set: enter the account SID, `AC...`, or leave all of it out")
        return None
    if not named.auth_token:
        raise SettingsError(
            "twilio.auth_token is not set: without it nobody can tell Twilio's calls from forged ones; enter the account's auth token"
        )
    if not named.account_sid.startswith("AC"):
        raise SettingsError("twilio.account_sid begins with AC; an API key (SK...) does not sign webhooks")
    if named.api_url and urlsplit(named.api_url).scheme not in ("http", "https"):
        raise SettingsError("twilio.api_url is no http or https address: leave it empty for Twilio's own")
    try:
        codes = read_codes(named.error_codes)
    except ValueError as error:
        raise SettingsError(f"twilio.error_codes: {error}") from None
    return Twilio(
        named.account_sid,
        (named.auth_token, *named.old_auth_tokens, *named.shared_keys),
        {"whatsapp": named.whatsapp_from, "sms": named.sms_from},
        now=clock.now,
        api_url=named.api_url,
        status_url=_status_url(settings),
        templates=_templates(settings),
        codes=codes,
    )


def _status_url(settings: Settings) -> str:
    """Where Twilio tells what became of a message; nowhere, where it could not reach us: it would refuse the message."""
    is_here = urlsplit(settings.public_url).hostname in _LOOPBACK
    return "" if is_here and not settings.twilio.api_url else f"{settings.public_url}{STATUS_PATH}"


def _templates(settings: Settings) -> dict[str, str]:
    found = {}
    for entry in settings.twilio.content_sids:
        name, _, sid = entry.partition("=")
        if not name.strip() or not sid.strip().startswith("HX"):
            raise SettingsError(f"twilio.content_sids: `{entry}` is not NAME=HX...")
        found[name.strip()] = sid.strip()
    return found


def connected(services: Services) -> Twilio | None:
    """The provider of this process, None where Twilio is not connected."""
    provider = services.lines.providers.get("twilio")
    return provider if isinstance(provider, Twilio) else None


# What we missed


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
        seen = await self._services.database.read(lambda tx: parcels.watermark(tx, mark))
        before, missed = now - SETTLE, 0
        since = max(seen - _OVERLAP, now - _LONGEST_AWAY) if seen else before
        found = await self._provider.received_since(channel, since, before) if seen else []
        for sid, form in reversed(found):
            missed += await keep_call(self._services, MESSAGES, sid, {"x-onethread-missed": "1"}, form)
        if missed:
            _log.warning("messages came without a webhook", extra={"channel": channel, "count": missed})

        async def unit(tx: Tx) -> None:
            await parcels.set_watermark(tx, mark, before)

        await self._services.database.write(unit)
        return missed


async def look_for_missed(services: Services) -> None:
    """The loop of this process."""
    provider = connected(services)
    if provider is None:
        await asyncio.Event().wait()
        return
    await Missed(services, provider).run()
