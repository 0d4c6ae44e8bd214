"""What `onethread doctor` finds about the telephone: what keeps calls from coming in, from being understood, from reaching people.

Nothing is called and nothing is changed; whether Twilio calls us is told from the journal.
"""

from datetime import datetime, timedelta
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from memory import journal
from memory.engines.base import Database
from server.errors import SettingsError
from server.intake import voice_calls
from server.intake.voice_calls import RELAY, ROOT
from server.settings import Settings

Findings: TypeAlias = list[tuple[str, str]]
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_LONG: Final = timedelta(days=14)


async def findings(settings: Settings, database: Database, now: datetime) -> Findings:
    """Everything about the telephone, as (ok | warn | mend, text); nothing where none is named."""
    twilio = settings.twilio
    if not twilio.voice_from:
        return []
    if not settings.has_telephone:
        return [("mend", "the telephone is off: set twilio.account_sid and twilio.auth_token beside twilio.voice_from")]
    return [*_reach(settings), *_languages(settings), *_people(settings), await _heard(settings, database, now)]


def _reach(settings: Settings) -> Findings:
    """Whether Twilio can reach us at all."""
    url, host = settings.public_url, urlsplit(settings.public_url).hostname or ""
    if host in _LOOPBACK:
        if settings.twilio.api_url:
            return [("ok", "the telephone is a stand-in on loopback")]
        return [("mend", f"Twilio cannot reach {url}: set server.public_url to your https address")]
    found: Findings = []
    if not settings.is_secure:
        found.append(("mend", f"server.public_url is {url}: calls need https, for ConversationRelay takes wss:// only"))
    if "_" in host:
        found.append(("mend", f"server.public_url: Twilio sends no status to a host with an underscore ({host})"))
    return found


def _languages(settings: Settings) -> Findings:
    calls = settings.calls
    try:
        voice_calls.check(settings)
    except SettingsError as error:
        return [("mend", str(error))]
    found: Findings = []
    silent = [code for code in calls.languages if not any(each.startswith(f"{code}=") for each in calls.voices)]
    if silent and calls.relay:
        codes = ", ".join(silent)
        found.append(("warn", f"calls.voices names no voice for {codes}: Twilio's choice may change from call to call"))
    for each in calls.greetings:
        if "assistant" not in each.casefold() and "automat" not in each.casefold():
            found.append(("warn", f"calls.greetings: {each[:30]!r} does not say that a machine speaks"))
    return found


def _people(settings: Settings) -> Findings:
    """Where a call goes that needs a person."""
    calls = settings.calls
    if calls.transfer_to:
        return [("ok", f"calls are put through to {len(calls.transfer_to)} numbers while the desk is open")]
    if calls.call_back or calls.voicemail_s:
        return [
            ("warn", "calls.transfer_to is empty: who asks for a person is offered a call-back or leaves a message")
        ]
    return [("mend", "calls that need a person end: set calls.transfer_to, calls.call_back or calls.voicemail_s")]


async def _heard(settings: Settings, database: Database, now: datetime) -> tuple[str, str]:
    """Whether Twilio calls."""
    url = f"{settings.public_url}{ROOT}"
    last = await database.read(lambda tx: journal.last_received(tx, "voice/call"))
    if last is None:
        number = settings.twilio.voice_from
        return "warn", f"nobody has called {number} yet: enter {url} at the number, under A call comes in (HTTP POST)"
    if now - last > _LONG:
        return "warn", f"the last call came {(now - last).days} days ago: look whether the number still goes to {url}"
    relay = f" and {RELAY}" if settings.calls.relay else ""
    return "ok", f"calls come in at {ROOT}{relay}; the last one {int((now - last).total_seconds() // 60)} minutes ago"
