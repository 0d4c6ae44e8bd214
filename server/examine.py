"""What `onethread doctor` finds about the other parties: shop, carriers, warehouse, payment provider, labels, model.

Each finding is in the other party's own terms (which scope, which webhook, which permission) and says the mend. It asks the
shop and the model; of the others it tells from the journal whether they call. Nothing is changed.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from memory import journal
from memory.engines.base import Database
from server.clock import Clock
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.labels.registry import examine as examine_labels
from server.connecting import carriers, connections, notice_secrets
from server.connections import Connections
from server.errors import SettingsError
from server.settings import Settings

Findings: TypeAlias = list[tuple[str, str]]
_ASK_S: Final = 20.0
_SHOWN: Final = 5
_LONG: Final = timedelta(days=2)


async def findings(settings: Settings, database: Database, clock: Clock) -> Findings:
    """Everything about the other parties, as (ok | warn | mend, text)."""
    try:
        linked = await asyncio.to_thread(connections, settings, clock, StoredLedger(database))
    except SettingsError as error:
        return [("mend", str(error))]
    try:
        return [
            *await _shop(linked, settings),
            *await _callers(linked, settings, database, clock.now()),
            *await _channels(settings, database, clock.now()),
            *await _agents_in_slack(settings, database, clock.now()),
            *await _twilio(settings, database, clock),
            *await _meta(settings, database, clock),
            *await _mail(settings, database, clock),
            *await _journal(database, clock.now()),
            *[(each.level, each.text) for each in examine_labels(settings.labels, settings.shop.name)],
            *await _model(settings),
            *await _speech(settings),
        ]
    finally:
        await linked.close()


async def _channels(settings: Settings, database: Database, now: datetime) -> Findings:
    """The channels that have no provider of their own."""
    from server.examine_channels import findings as examine_channels
    from server.examine_voice import findings as examine_voice

    return [*await examine_channels(settings, database, now), *await examine_voice(settings, database, now)]


async def _agents_in_slack(settings: Settings, database: Database, now: datetime) -> Findings:
    """What Slack says of our app."""
    from server.examine_slack import findings as examine_slack

    return await examine_slack(settings, database, now)


async def _twilio(settings: Settings, database: Database, clock: Clock) -> Findings:
    """WhatsApp and SMS by Twilio."""
    from server.examine_twilio import findings as examine_twilio

    return await examine_twilio(settings, database, clock)


async def _meta(settings: Settings, database: Database, clock: Clock) -> Findings:
    """WhatsApp, Messenger and Instagram by Meta."""
    from server.examine_meta import findings as examine_meta

    return await examine_meta(settings, database, clock)


async def _mail(settings: Settings, database: Database, clock: Clock) -> Findings:
    """E-mail."""
    from server.examine_mail import findings as examine_mail

    return await examine_mail(settings, database, clock)


async def _shop(linked: Connections, settings: Settings) -> Findings:
    """What the shop platform says of our key, its scopes and its webhooks."""
    if linked.platform is None:
        return [("ok", "orders come from the embedded store: onethread orders import FILE")]
    found: Findings = []
    try:
        async with asyncio.timeout(_ASK_S):
            found += [(each.level, each.text) for each in await linked.platform.examine()]
    except TimeoutError:
        found.append(("mend", f"{linked.platform.name} did not answer within {_ASK_S:.0f} s"))
    if linked.platform.name != "rest" and linked.platform.name not in linked.orders:
        secret = "shopify.secret" if linked.platform.name == "shopify" else "woocommerce.webhook_secret"
        found.append(("mend", f"webhooks of {linked.platform.name} are refused: set {secret}, which signs them"))
    if not settings.server.public_url:
        found.append(("warn", f"server.public_url is not set: {linked.platform.name} cannot call our webhooks"))
    return found


async def _model(settings: Settings) -> Findings:
    """Whether the model, if there is one, answers and calls tools."""
    if not settings.llm.model:
        return []
    from server.answering.model.examine import examine

    return [*await examine(settings)]


async def _speech(settings: Settings) -> Findings:
    """Whether the speech server, if there is one, takes a recording."""
    if not settings.speech.model:
        return []
    from server.speech import Speech

    return [*await Speech(settings.speech).examine()]


async def _callers(linked: Connections, settings: Settings, database: Database, now: datetime) -> Findings:
    """Who may call us, where, and when they last did."""
    found: Findings = []
    for source in (*(f"orders/{name}" for name in linked.orders), *(f"carriers/{name}" for name in linked.carriers)):
        found.append(await _caller(source, f"{settings.public_url}/webhooks/{source}", database, now))
    for name, secret in notice_secrets(settings).items():
        if secret:
            found.append(await _caller(name, f"{settings.public_url}/webhooks/{name}/generic", database, now))
    silent = [name for name, each in carriers(settings) if each.api_key and not each.secret]
    found += [("warn", f"carriers.{name}.secret is not set: {name} is asked every few hours only") for name in silent]
    return found


async def _caller(source: str, url: str, database: Database, now: datetime) -> tuple[str, str]:
    last = await database.read(lambda tx: journal.last_received(tx, source))
    if last is None:
        return "warn", f"{source} has never called: enter {url} there"
    age = _age(now - last)
    if now - last > _LONG:
        return "warn", f"{source} called {age} ago for the last time: look whether its webhook to {url} is still on"
    return "ok", f"{source} called {age} ago"


async def _journal(database: Database, now: datetime) -> Findings:
    """Calls that wait, and calls that were given up."""
    count, oldest = await database.read(journal.waiting)
    found: Findings = []
    if oldest is not None and now - oldest > timedelta(minutes=15):
        found.append(("warn", f"{count} calls wait, the oldest for {_age(now - oldest)}: is the server running?"))
    failed = await database.read(lambda tx: journal.failed(tx, _SHOWN))
    found += [("warn", f"a call of {source} was given up {_age(now - at)} ago: {note}") for source, at, note in failed]
    if failed:
        found.append(("warn", "given-up calls are tried again by: onethread journal replay --since TIME"))
    return found


def _age(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
