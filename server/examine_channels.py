"""What `onethread doctor` finds about the channels that have no provider of their own: the inbound endpoint, the form, continuing."""

from datetime import datetime, timedelta
from typing import Final, TypeAlias

from memory import journal
from memory.engines.base import Database
from server.errors import SettingsError
from server.settings import Settings
from server.sources import inbound_secrets

Findings: TypeAlias = list[tuple[str, str]]
_LONG: Final = timedelta(days=30)


async def findings(settings: Settings, database: Database, now: datetime) -> Findings:
    """Everything about them, as (ok | warn | mend, text)."""
    return [*await _inbound(settings, database, now), *_form(settings)]


def _form(settings: Settings) -> Findings:
    """Where the form is, and how its answers go."""
    if not settings.widget.sites:
        return [("mend", "widget.sites is empty: name a site, or chat and form have no page")]
    place = f"the support form is at {settings.public_url}/form"
    if settings.email.address and settings.email.smtp_url:
        return [("ok", f"{place}; answers go by e-mail")]
    return [("ok", f"{place}; e-mail is not connected, so answers wait in the chat")]


async def _inbound(settings: Settings, database: Database, now: datetime) -> Findings:
    inbound = settings.inbound
    if not inbound.secrets:
        return (
            [("mend", "inbound.reply_url is set, but no source: name one in inbound.secrets")]
            if inbound.reply_url
            else []
        )
    try:
        sources = inbound_secrets(inbound.secrets)
    except SettingsError as error:
        return [("mend", str(error))]
    found: Findings = []
    for source in sources:
        last = await database.read(lambda tx, name=source: journal.last_received(tx, f"inbound/{name}"))  # type: ignore[misc]
        if last is None:
            found.append(
                ("warn", f"inbound/{source} has never called: let it post to {settings.public_url}/api/v1/inbound")
            )
        elif now - last > _LONG:
            found.append(("warn", f"inbound/{source} called {(now - last).days} days ago for the last time"))
        else:
            found.append(
                ("ok", f"inbound/{source} called {max(0, int((now - last).total_seconds() // 60))} minutes ago")
            )
    if not inbound.reply_url:
        found.append(("warn", "inbound.reply_url is not set: people answer these messages where they came from"))
    elif not inbound.reply_url.startswith("https://") and settings.is_secure:
        found.append(("warn", "inbound.reply_url is not https: whoever is on the way can read the answers"))
    return found
