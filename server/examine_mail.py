"""What `onethread doctor` finds about e-mail: whether mail leaves, by which ways it comes, whether anybody is believed."""

import asyncio
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from channels.errors import NotNow
from memory import journal
from memory.engines.base import Database
from server.clock import Clock
from server.errors import OperatorError, SettingsError
from server.intake.mail_imap import probe, source_of
from server.intake.mail_listener import endpoints
from server.mail import open_mail
from server.settings import EmailSettings, Settings

Findings: TypeAlias = list[tuple[str, str]]
_DOORS: Final = ("smtp", "imap", "sendgrid", "mailgun", "postmark", "raw")
_LONG: Final = timedelta(days=7)
_ASK_S: Final = 20.0


async def findings(settings: Settings, database: Database, clock: Clock) -> Findings:
    """Everything about e-mail, as (ok | warn | mend, text); nothing where it is not named. Nothing is sent to anybody."""
    email = settings.email
    if email == EmailSettings():
        return []
    try:
        provider = await asyncio.to_thread(open_mail, settings, clock)
    except SettingsError as error:
        return [("mend", str(error))]
    if provider is None:
        return []
    try:
        async with asyncio.timeout(_ASK_S):
            await provider.check()
        leaves = ("ok", "e-mail: the mail server takes our mail")
    except NotNow as error:
        leaves = ("mend", f"e-mail: {error}")
    except TimeoutError:
        leaves = ("mend", f"e-mail: the mail server of email.smtp_url did not answer within {_ASK_S:.0f} s")
    return [
        leaves, *_signature(email), *_ways(email), *await _mailbox(email), *_trust(email),
        await _came(database, clock.now()),
    ]  # fmt: skip


def _signature(email: EmailSettings) -> Findings:
    if email.dkim_selector:
        return [("ok", f"e-mail: our mail is signed (DKIM, selector {email.dkim_selector})")]
    return [("warn", "email.dkim_selector is not set: let your mail server sign our mail, or it lands among spam")]


def _ways(email: EmailSettings) -> Findings:
    """How mail comes in at all."""
    hooks = [name for name in ("webhook_login", "mailgun_key", "webhook_secrets") if getattr(email, name)]
    if not (email.listen or email.imap_url or hooks):
        why = "set email.listen, email.imap_url, or the secret of a provider's webhook"
        return [("mend", f"e-mail: no mail can come in: {why}")]
    try:
        open_ones = [each for each in endpoints(email.listen) if not each.is_loopback]
    except OperatorError as error:
        return [("mend", str(error))]
    why = "put your mail server in front of it and listen on 127.0.0.1"
    return [("warn", f"email.listen: {each.host}:{each.port} can be reached by others: {why}") for each in open_ones]


async def _mailbox(email: EmailSettings) -> Findings:
    if not email.imap_url:
        return []
    try:
        source = source_of(email.imap_url, email.imap_done)
        async with asyncio.timeout(_ASK_S):
            trouble = await probe(source)
    except OperatorError as error:
        return [("mend", str(error))]
    except TimeoutError:
        trouble = f"did not answer within {_ASK_S:.0f} s"
    if trouble:
        return [("mend", f"email.imap_url: the mail server {trouble}")]
    return [("ok", f"e-mail: the mailbox {source.folder} can be read")]


def _trust(email: EmailSettings) -> Findings:
    if email.authserv_id:
        return [("ok", f"e-mail: senders are believed by the word of {email.authserv_id}")]
    why = "no sender is believed, and mail opens no order; name your border mail server"
    return [("warn", f"email.authserv_id is not set: {why}")]


async def _came(database: Database, now: datetime) -> tuple[str, str]:
    """When mail came last, by whichever way."""
    times = [await database.read(lambda tx, name=door: journal.last_received(tx, f"email/{name}")) for door in _DOORS]  # type: ignore[misc]
    last = max((each for each in times if each is not None), default=None)
    if last is None:
        return "warn", "e-mail: no mail has come yet: write one to the support address"
    if now - last > _LONG:
        return "warn", f"e-mail: the last mail came {(now - last).days} days ago"
    return "ok", f"e-mail: the last mail came {max(0, int((now - last).total_seconds() // 60))} minutes ago"
