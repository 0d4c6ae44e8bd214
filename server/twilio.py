"""Twilio as the settings name it: opened once, for WhatsApp and SMS."""

from typing import Final
from urllib.parse import urlsplit

from channels.twilio.codes import read_codes
from channels.twilio.provider import Twilio
from server.clock import Clock
from server.errors import SettingsError
from server.settings import Settings

STATUS_PATH: Final = "/webhooks/twilio/status"
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
