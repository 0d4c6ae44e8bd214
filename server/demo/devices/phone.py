"""Everybody's phone with WhatsApp and text messages: what it shows, and the webhooks that its messages become at the provider."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from server.clock import Clock
from server.demo.devices.cast import Part
from server.errors import RefusedInput

Channel = Literal["whatsapp", "sms"]
CHANNELS: Final[tuple[Channel, ...]] = ("whatsapp", "sms")
WINDOW: Final = timedelta(hours=24)
_KEPT: Final = 200
_LONGEST: Final = 4096


class Carrier(Protocol):
    """The provider's side of messages, as the phone needs it."""

    def write(
        self, sender: str, channel: Channel, text: str, photo: "tuple[bytes, str] | None", fields: Mapping[str, str]
    ) -> Mapping[str, str]:
        """A message stands at the provider; the form that its webhook gets."""
        ...

    async def call(self, form: Mapping[str, str]) -> str:
        """Tell the shop's webhook of it; why it was not taken, empty = it was."""
        ...

    def address(self, channel: Channel) -> str:
        """The shop's own address on the wire."""
        ...

    async def status(self, sid: str, status: str) -> None:
        """Tell the shop what became of a message of its own."""
        ...


@dataclass(slots=True)
class Bubble:
    """One message on a phone. `choices` are its buttons, or its list's rows: title and id."""

    sid: str
    mine: bool
    text: str
    at: datetime
    status: str
    choices: tuple[tuple[str, str], ...] = ()
    is_list: bool = False
    picture: str = ""
    template: bool = False
    error: str = ""


@dataclass(slots=True)
class _Thread:
    bubbles: list[Bubble] = field(default_factory=list)
    typing_until: datetime | None = None


class Phone:
    """Every phone of the cast: messages by person and channel."""

    def __init__(self, parts: Sequence[Part], clock: Clock, carrier: Carrier, changed: Callable[[], None]) -> None:
        self._by_number = {part.phone: part for part in parts}
        self._clock = clock
        self._carrier = carrier
        self._changed = changed
        self._threads: dict[tuple[str, Channel], _Thread] = {}
        self._pictures: dict[str, tuple[bytes, str]] = {}

    # From the customer

    async def send(
        self, part: Part, channel: Channel, text: str, *, picture: tuple[bytes, str] | None = None
    ) -> Bubble:
        """Send a message to the shop. Raises RefusedInput for an empty or over-long one."""
        if not text.strip() and picture is None:
            raise RefusedInput("empty", "write something first")
        if len(text) > _LONGEST:
            raise RefusedInput("too_long", f"a message holds up to {_LONGEST} characters")
        kind = {"MessageType": "text" if picture is None else "image"} if channel == "whatsapp" else {}
        return await self._post(part, channel, text, kind, picture)

    async def choose(self, part: Part, channel: Channel, sid: str, choice: str) -> Bubble:
        """Tap a button of a message, or a row of its list. Raises RefusedInput when it is not there."""
        asked = next((each for each in self._of(part, channel).bubbles if each.sid == sid), None)
        title = next((title for title, id_ in asked.choices if id_ == choice), None) if asked else None
        if asked is None or title is None:
            raise RefusedInput("choice", "this button is gone")
        if asked.is_list:
            more = {"MessageType": "interactive", "ListId": choice, "ListTitle": title}
        else:
            more = {"MessageType": "button", "ButtonText": title, "ButtonPayload": choice}
        more["OriginalRepliedMessageSid"] = sid
        more["OriginalRepliedMessageSender"] = self._carrier.address(channel)
        asked.choices = ()
        return await self._post(part, channel, title, more, None)

    async def _post(
        self, part: Part, channel: Channel, text: str, more: Mapping[str, str], picture: tuple[bytes, str] | None
    ) -> Bubble:
        if channel == "whatsapp":
            more = {**more, "ProfileName": part.name}
        form = self._carrier.write(part.phone, channel, text, picture, more)
        sid = form["MessageSid"]
        if picture is not None:
            self._pictures[sid] = picture
        bubble = Bubble(sid, True, text, self._clock.now(), "sent", picture=sid if picture else "")
        self._keep(part, channel, bubble)
        why = await self._carrier.call(form)
        if bubble.status == "sent":
            bubble.status, bubble.error = ("failed", why) if why else ("delivered", "")
        self._changed()
        return bubble

    # From the shop

    def arrive(self, number: str, channel: Channel, bubble: Bubble) -> None:
        """A message of the shop's reached the phone with this number; one of nobody here is dropped."""
        part = self._by_number.get(number)
        if part is None:
            return
        self._of(part, channel).typing_until = None
        self._keep(part, channel, bubble)

    def types(self, sid: str) -> None:
        """The shop is writing an answer to a message: shown until it comes, or for so long as the provider shows it."""
        for thread in self._threads.values():
            if any(each.sid == sid for each in thread.bubbles):
                thread.typing_until = self._clock.now() + timedelta(seconds=25)
                for each in thread.bubbles:
                    each.status = "read" if each.mine and each.status == "delivered" else each.status
        self._changed()

    async def look(self, part: Part, channel: Channel) -> None:
        """Somebody looks at the messages: what has arrived is read now."""
        for each in self._of(part, channel).bubbles:
            if not each.mine and each.status == "delivered":
                each.status = "read"
                if channel == "whatsapp":
                    await self._carrier.status(each.sid, "read")

    def _of(self, part: Part, channel: Channel) -> _Thread:
        return self._threads.setdefault((part.id, channel), _Thread())

    def _keep(self, part: Part, channel: Channel, bubble: Bubble) -> None:
        thread = self._of(part, channel)
        thread.bubbles.append(bubble)
        del thread.bubbles[:-_KEPT]
        self._changed()

    def picture(self, sid: str) -> tuple[bytes, str] | None:
        """The picture that somebody sent: bytes and type."""
        return self._pictures.get(sid)

    def shown(self, part: Part) -> dict[str, Any]:
        """What the phone shows, by channel."""
        return {channel: self._shown(part, channel) for channel in CHANNELS}

    def _shown(self, part: Part, channel: Channel) -> dict[str, Any]:
        thread, now = self._of(part, channel), self._clock.now()
        heard = [each.at for each in thread.bubbles if each.mine]
        until = heard[-1] + WINDOW if heard and channel == "whatsapp" else None
        return {
            "messages": [_row(each) for each in thread.bubbles],
            "typing": bool(thread.typing_until and thread.typing_until > now),
            "window": until.isoformat() if until else "",
            "open": until is None or until > now,
            "unread": sum(not each.mine and each.status != "read" for each in thread.bubbles),
        }


def _row(bubble: Bubble) -> dict[str, Any]:
    return {
        "sid": bubble.sid,
        "mine": bubble.mine,
        "text": bubble.text,
        "at": bubble.at.isoformat(),
        "status": bubble.status,
        "choices": [{"title": title, "id": id_} for title, id_ in bubble.choices],
        "list": bubble.is_list,
        "picture": f"/demo/devices/pictures/{bubble.picture}" if bubble.picture else "",
        "template": bubble.template,
        "error": bubble.error,
    }
