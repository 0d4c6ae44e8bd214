"""The telephone as a provider: what its stored webhooks bring.

What is said on a call comes over its socket and is spoken there; a stored webhook brings a message only where somebody spoke
after the tone. So this provider carries no channel of the outbox.
"""

from collections.abc import Mapping
from typing import Final

from channels.channel import Channel
from channels.errors import Refused
from channels.message import Address, Inbound, Media, Outbound, Parsed, ProviderId, RawCall
from channels.twilio.signing import read_form
from channels.voice.rest import Calls

NAME: Final = "voice"
VOICEMAIL: Final = "voicemail"
CONV: Final = "onethread-conv"
"""Kept with a voicemail's call: the conversation that it belongs to."""
_NOT_HERE: Final = "what is said on a call is spoken on its own socket"


class Telephone:
    """Calls of one account. `calls` is its REST API."""

    name = NAME
    channels: Mapping[str, Channel] = {}

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def parse(self, call: RawCall) -> Parsed:
        """A message after the tone as one of its customer; every other webhook was worked in when it came. Raises ValueError."""
        if call.door != VOICEMAIL:
            return Parsed()
        form = {name: values[0] for name, values in read_form(call.body).items()}
        sid, url = form.get("RecordingSid", ""), form.get("RecordingUrl", "")
        if not sid or not url:
            return Parsed()
        seconds = form.get("RecordingDuration", "0")
        number = caller(form.get("From", ""))
        sender = Address("caller", number or form.get("CallSid", ""), "channel", number)
        media = Media(f"voicemail-{sid[-6:]}.mp3", "audio/mpeg", ref=url)
        return Parsed((
            Inbound(
                "voice", sender, f"Voicemail, {seconds if seconds.isdecimal() else '0'} s", call.received_at,
                external_id=sid, conv=call.headers.get(CONV) or None, media=(media,), meta={"voicemail": sid},
            ),
        ))  # fmt: skip

    async def send(self, outbound: Outbound) -> ProviderId:
        """Never: see the module."""
        raise Refused(_NOT_HERE)

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """Never: see the module."""
        raise Refused(_NOT_HERE)

    async def fetch(self, media: Media) -> bytes:
        """The recording of a message after the tone."""
        return await self.calls.recording(media.ref)

    async def notice(self, channel: str, answers: str) -> None:
        """There is nothing to show on a telephone."""

    async def close(self) -> None:
        """Let go of every connection."""
        await self.calls.close()


_WITHHELD: Final = frozenset({"+266696687", "+86282452253", "+7378742833", "+2562533", "+8656696", "+464"})
"""What Twilio writes for `anonymous`, `unavailable`, `restricted`, `blocked`, `unknown`, in the letters of the keys."""


def caller(number: str) -> str:
    """A caller's number as E.164, or their SIP or client address; empty where it is withheld: nobody in particular."""
    number = number.strip()
    if number.startswith(("client:", "sip:")):
        return number
    digits = number.removeprefix("+")
    is_number = number.startswith("+") and digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15
    return number if is_number and number not in _WITHHELD else ""
