"""What `onethread doctor` finds about WhatsApp and SMS by Twilio: whether it lets us in, whether it reaches us, what is missing."""

import asyncio
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from channels.errors import ChannelError
from channels.twilio.provider import Twilio
from memory import journal
from memory.engines.base import Database
from server.clock import Clock
from server.errors import SettingsError
from server.settings import Settings, TwilioSettings
from server.twilio import open_twilio

Findings: TypeAlias = list[tuple[str, str]]
_LONG: Final = timedelta(days=7)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


async def findings(settings: Settings, database: Database, clock: Clock) -> Findings:
    """Everything about Twilio, as (ok | warn | mend, text); nothing where it is not named. Nothing is sent to anybody."""
    if settings.twilio == TwilioSettings():
        return []
    try:
        provider = await asyncio.to_thread(open_twilio, settings, clock)
    except SettingsError as error:
        return [("mend", str(error))]
    if provider is None:
        return []
    try:
        found = [await _account(provider), *_named(settings), *_reach(settings)]
    finally:
        await provider.close()
    if provider.channels:
        found.append(await _called(settings, database, clock.now()))
    return found


async def _account(provider: Twilio) -> tuple[str, str]:
    try:
        status = await provider.examine()
    except ChannelError as error:
        return "mend", f"twilio: the account cannot be read: {error}"
    if status != "active":
        return "mend", f"twilio: the account is {status}: Twilio sends nothing until that is settled in its console"
    return "ok", "twilio: account and token fit"


def _named(settings: Settings) -> Findings:
    named = settings.twilio
    found: Findings = []
    if not (named.whatsapp_from or named.sms_from or named.voice_from):
        found.append(
            ("warn", "twilio: no number is named: set twilio.whatsapp_from, twilio.sms_from or twilio.voice_from")
        )
    if named.whatsapp_from and not any(each.partition("=")[0].strip() == "reply" for each in named.content_sids):
        found.append(
            (
                "warn",
                "whatsapp: no approved template is named in twilio.content_sids (`reply=HX...`): answers later than 24 hours"
                " go by SMS or e-mail, or wait until the customer writes",
            )
        )
    if named.api_url:
        found.append(("warn", f"twilio.api_url is set: messages go to {named.api_url} and not to Twilio"))
    return found


def _reach(settings: Settings) -> Findings:
    """Whether Twilio can call us at all."""
    public = urlsplit(settings.public_url)
    if public.hostname in _LOOPBACK:
        return [
            (
                "mend",
                "twilio: server.public_url is this machine: Twilio cannot call us; set it to your public https address",
            )
        ]
    if public.scheme != "https":
        return [("mend", "twilio: server.public_url is not https: whoever is on the way can read what customers write")]
    if "@" in public.netloc:
        return [
            ("mend", "twilio: server.public_url holds a password: signatures cannot be checked with it; take it out")
        ]
    return []


async def _called(settings: Settings, database: Database, now: datetime) -> tuple[str, str]:
    url = f"{settings.public_url}/webhooks/twilio/messages"
    last = await database.read(lambda tx: journal.last_received(tx, "twilio/messages"))
    if last is None:
        return "warn", f"twilio has never called: enter {url} there, for WhatsApp sender and number, and write to it"
    if now - last > _LONG:
        return (
            "warn",
            f"twilio called {(now - last).days} days ago for the last time: look whether {url} still stands there",
        )
    return "ok", f"twilio called {max(0, int((now - last).total_seconds() // 60))} minutes ago"
