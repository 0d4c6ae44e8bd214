"""The sources that may bring messages by `POST /api/v1/inbound`: read from the settings, opened as one provider."""

import re
from collections.abc import Sequence
from typing import Final

from channels.inbound.provider import InboundProvider
from server.clock import Clock
from server.commerce.signing import sign
from server.errors import SettingsError
from server.settings import Settings, origin_of

_MIN_SECRET: Final = 32
_SOURCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def open_inbound(settings: Settings, clock: Clock) -> InboundProvider:
    """The provider of all sources. Raises SettingsError."""
    if settings.inbound.reply_url:
        origin_of(settings.inbound.reply_url)
    return InboundProvider(
        inbound_secrets(settings.inbound.secrets),
        settings.inbound.reply_url,
        lambda secret, path, body: sign(secret, "POST", path, body, clock.now()),
    )


def inbound_secrets(pairs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The secrets of each source, the newest last. Raises SettingsError with what to mend."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        source, _, secret = (part.strip() for part in pair.partition("="))
        if not _SOURCE.fullmatch(source):
            raise SettingsError(
                f"inbound.secrets: {source[:40]!r} is no name of a source: write small letters, digits, dashes"
            )
        if len(secret) < _MIN_SECRET:
            raise SettingsError(f"inbound.secrets: the secret of {source} needs {_MIN_SECRET} characters or more")
        if any(secret in held for name, held in found.items() if name != source):
            raise SettingsError(f"inbound.secrets: {source} has the secret of another source: choose a new one")
        found[source] = (*found.get(source, ()), secret)
    return found
