"""What `onethread doctor` finds about Meta's channels: whether the ids and tokens fit, whether Meta calls, what is missing."""

import asyncio
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from channels.channel import Provider
from channels.meta.composing import named
from channels.meta.provider import Meta
from memory import journal
from memory.engines.base import Database
from server.channel_settings import MetaSettings
from server.clock import Clock
from server.intake.meta import PATH, SOURCE
from server.meta import open_meta
from server.settings import Settings

Findings: TypeAlias = list[tuple[str, str]]
_LONG: Final = timedelta(days=7)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_ASK_S: Final = 20.0


async def findings(settings: Settings, database: Database, clock: Clock) -> Findings:
    """Everything about Meta, as (ok | warn | mend, text); nothing where it is not named. Nothing is sent to anybody."""
    meta = settings.meta
    if meta == MetaSettings():
        return []
    if missing := [name for name in ("app_secret", "access_token") if not getattr(meta, name)]:
        return [("mend", f"meta.{name} is not set: no message of Meta's channels is taken or sent") for name in missing]
    provider = await asyncio.to_thread(open_meta, settings, clock)
    try:
        return [
            *await _ids(provider, settings),
            *_missing(settings, provider),
            *_reach(settings),
            await _called(settings, database, clock.now()),
        ]
    finally:
        await provider.close()


async def _ids(provider: Provider, settings: Settings) -> Findings:
    """What Meta says of each of our ids with our token."""
    if not isinstance(provider, Meta) or not provider.channels:
        return [("warn", "meta: no channel is named: set meta.phone_number_id, meta.page_id or meta.instagram_id")]
    try:
        async with asyncio.timeout(_ASK_S):
            asked = await provider.examine()
    except TimeoutError:
        return [("mend", f"meta: its API did not answer within {_ASK_S:.0f} s")]
    found: Findings = []
    for name, why in asked.items():
        title = provider.channels[name].title
        found.append(("mend", f"{title}: {why}") if why else ("ok", f"{title}: id and token fit"))
    if settings.meta.phone_number_id and "whatsapp" not in provider.channels:
        found.append(("warn", "WhatsApp goes by Twilio: unset meta.phone_number_id, or twilio.whatsapp_from"))
    return found


def _missing(settings: Settings, provider: Provider) -> Findings:
    meta, found = settings.meta, []
    if not meta.verify_token:
        found.append(("mend", "meta.verify_token is not set: Meta cannot verify the webhook; choose any long text"))
    if "whatsapp" in provider.channels and not named(meta.templates, "reply"):
        why = "answers later than 24 hours go by SMS or e-mail, or wait until the customer writes"
        found.append(("warn", f"meta.templates names no approved template (`reply=name:en_US`): {why}"))
    if {"messenger", "instagram"} & set(provider.channels) and not meta.human_agent:
        why = "people cannot answer on Messenger and Instagram later than 24 hours"
        found.append(("warn", f"meta.human_agent is off: {why}; switch it on once Meta has granted Human Agent"))
    if meta.api_url:
        found.append(("warn", f"meta.api_url is set: messages go to {meta.api_url} and not to Meta"))
    return found


def _reach(settings: Settings) -> Findings:
    """Whether Meta can call us at all: it calls by https only."""
    public = urlsplit(settings.public_url)
    if public.hostname in _LOOPBACK or public.scheme != "https":
        return [("mend", "meta: server.public_url must be your public https address: Meta calls no other")]
    return []


async def _called(settings: Settings, database: Database, now: datetime) -> tuple[str, str]:
    last = await database.read(lambda tx: journal.last_received(tx, SOURCE))
    url = f"{settings.public_url}{PATH}"
    if last is None:
        return (
            "warn",
            f"meta has never called: enter {url} as the callback URL of the app's webhooks and subscribe to messages",
        )
    if now - last > _LONG:
        return (
            "warn",
            f"meta called {(now - last).days} days ago for the last time: look whether its webhook to {url} is on",
        )
    return "ok", f"meta called {int((now - last).total_seconds() // 60)} minutes ago"
