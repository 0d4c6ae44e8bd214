"""The lines that this installation is reached by: every provider of channels that the settings name, opened once.

The only place that knows every provider by name. One that is not named is not loaded, and has no door.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from channels.channel import Channel, Provider
from server.clock import Clock
from server.settings import EmailSettings, Settings, TwilioSettings

Opener = Callable[[Settings, Clock], Provider | None]
"""Opens a provider where the settings name it. Raises SettingsError."""


def _twilio(settings: Settings, clock: Clock) -> Provider | None:
    if settings.twilio == TwilioSettings():
        return None
    from server.twilio import open_twilio

    return open_twilio(settings, clock)


def _meta(settings: Settings, clock: Clock) -> Provider | None:
    if not (settings.meta.app_secret and settings.meta.access_token):
        return None
    from server.meta import open_meta

    return open_meta(settings, clock)


def _inbound(settings: Settings, clock: Clock) -> Provider | None:
    if not settings.inbound.secrets:
        return None
    from server.sources import open_inbound

    return open_inbound(settings, clock)


def _email(settings: Settings, clock: Clock) -> Provider | None:
    if settings.email == EmailSettings():
        return None
    from server.mail import open_mail

    return open_mail(settings, clock)


def _voice(settings: Settings, _clock: Clock) -> Provider | None:
    if not settings.has_telephone:
        return None
    from channels.voice.provider import Telephone
    from channels.voice.rest import Account, Calls

    twilio = settings.twilio
    return Telephone(Calls(Account(twilio.account_sid, twilio.auth_token, twilio.api_url)))


OPENERS: Final[Mapping[str, Opener]] = {
    "twilio": _twilio,
    "meta": _meta,
    "inbound": _inbound,
    "email": _email,
    "voice": _voice,
}
"""Each provider by name: one line adds one."""


_GOES_BY: Final[Mapping[str, str]] = {"form": "email"}
"""Channels that come in by themselves and are answered by another."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Providers by name, and which of them carries which channel."""

    providers: Mapping[str, Provider] = field(default_factory=dict)

    def carrying(self, channel: str) -> Provider | None:
        """The provider of a channel, None = nobody: the channel needs none, or is not connected."""
        name = _GOES_BY.get(channel, channel)
        return next((each for each in self.providers.values() if name in each.channels), None)

    def channel(self, name: str) -> Channel | None:
        """What is known of a channel; None = it has no provider here."""
        provider = self.carrying(name)
        return provider.channels[_GOES_BY.get(name, name)] if provider else None

    async def close(self) -> None:
        """Let go of every connection."""
        for each in self.providers.values():
            await each.close()


def open_lines(settings: Settings, clock: Clock) -> Lines:
    """Every provider that the settings name. Raises SettingsError."""
    opened = {name: opener(settings, clock) for name, opener in OPENERS.items()}
    return Lines({name: provider for name, provider in opened.items() if provider is not None})
