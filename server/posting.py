"""Sends one-time codes by the channels that are connected: by e-mail, and by text message to telephone numbers."""

import secrets

from channels.errors import NotNow
from channels.message import Address, Outbound
from server.codes import Kind, Post
from server.providers import Lines
from server.settings import Settings


class LinePost:
    """A Post over the installation's own channels."""

    def __init__(self, lines: Lines, settings: Settings) -> None:
        self._lines = lines
        self._shop = settings.shop

    async def post(self, kind: Kind, destination: str, text: str) -> None:
        """Send it now. Raises ChannelError; a code that did not leave is asked for again, never sent late."""
        channel = "email" if kind == "email" else "sms"
        provider = self._lines.carrying(channel)
        if provider is None:
            raise NotNow(f"nothing is connected that sends by {channel}")
        to = Address("email" if kind == "email" else "sms", destination, "claimed", destination)
        key = f"code:{secrets.token_hex(8)}"
        await provider.send(Outbound(key, channel, to, text, name=self._shop.assistant, title=self._shop.name))


def post_by(lines: Lines, settings: Settings) -> Post | None:
    """Whoever can send codes here, None = nobody."""
    if lines.carrying("email") is None and lines.carrying("sms") is None:
        return None
    return LinePost(lines, settings)
