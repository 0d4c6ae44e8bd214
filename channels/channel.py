"""The contract of a channel: what it can show, and whoever brings and takes its messages.

A provider (Twilio, Meta, a mail server) serves one or more channels. It parses calls that its door verified and the journal
stored, sends, looks up what was perhaps sent, and fetches files. It decides nothing and knows neither server nor memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from channels.message import Capabilities, Media, Outbound, Parsed, ProviderId, RawCall


@dataclass(frozen=True, slots=True)
class Channel:
    """One way that customers reach a shop. `name` stands in events, `title` is for people."""

    name: str
    title: str
    capabilities: Capabilities


class Provider(Protocol):
    """Whoever carries the messages of its channels; its calls are stored in the journal under `name/door`."""

    @property
    def name(self) -> str:
        """The first part of its calls' source."""
        ...

    @property
    def channels(self) -> Mapping[str, Channel]:
        """What it carries, by name."""
        ...

    def parse(self, call: RawCall) -> Parsed:
        """What a stored call holds. Pure. Raises ValueError where nothing in it can be read."""
        ...

    async def send(self, outbound: Outbound) -> ProviderId:
        """Hand a message over; its id there. Raises ChannelError and nothing else on purpose."""
        ...

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """The id of a message that was perhaps sent; None when it surely never was. Raises ChannelError."""
        ...

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a file under its `ref`, at most 16 MiB. Raises ChannelError."""
        ...

    async def notice(self, channel: str, answers: str) -> None:
        """Show that a message was read and an answer is being written, where the channel can. Best effort; never raises."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
