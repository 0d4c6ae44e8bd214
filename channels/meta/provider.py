"""WhatsApp, Instagram and Messenger by Meta: one provider, because one app, one door and one signature serve all three.

What is guaranteed where an answer of Meta is lost: a message is sent at most once. Meta has no search for messages by a key of
ours, so `find` never says "surely not sent". Our key travels with each message instead and comes back: on WhatsApp with every
status (`biz_opaque_callback_data`), on Messenger with the echo (`metadata`); on Instagram the echo is known by its address and its
words. Whoever takes those in settles the message, mostly within seconds. What nobody has vouched for ten minutes later is given up
as unknown, for a person to look at, and is not sent again, nor by another channel.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from channels.channel import Channel
from channels.errors import ChannelError, NeverKnown, NotNow, OutcomeUnknown, Refused
from channels.message import Capabilities, Media, Outbound, Parsed, ProviderId, RawCall
from channels.meta import composing, messaging, whatsapp
from channels.meta.messaging import Line
from channels.meta.reading import Found, Json, an_id, items, obj, short
from channels.meta.sending import Graph

_WINDOW: Final = timedelta(hours=24)
_AGENTS_WINDOW: Final = timedelta(days=7)
_VOUCHED_WITHIN: Final = timedelta(minutes=10)
_LOOK_AGAIN_S: Final = 20.0
_REMEMBERED: Final = 2_000
CHANNELS: Final = {
    "whatsapp": Channel(
        "whatsapp",
        "WhatsApp",
        Capabilities(buttons=10, max_chars=4096, cards=False, typing=True, window=_WINDOW),
    ),
    "messenger": Channel(
        "messenger",
        "Messenger",
        Capabilities(buttons=13, max_chars=2000, max_bytes=2000, cards=False, typing=True, window=_WINDOW,
                     agents_window=_AGENTS_WINDOW),
    ),
    "instagram": Channel(
        "instagram",
        "Instagram",
        Capabilities(buttons=13, max_chars=1000, max_bytes=1000, cards=False, typing=True, window=_WINDOW,
                     agents_window=_AGENTS_WINDOW),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """Our own ids and tokens. An empty id = the channel is not there; `instagram_id` may be "*": whatever account calls.

    `templates` are `name=template:language`."""

    access_token: str
    phone_number_id: str = ""
    page_id: str = ""
    instagram_id: str = ""
    page_token: str = ""
    instagram_token: str = ""
    templates: tuple[str, ...] = ()


class Meta:
    """The provider. `now` tells the time; `graph` and `instagram_graph` are where messages leave."""

    name = "meta"

    def __init__(
        self, account: Account, graph: Graph, now: Callable[[], datetime], instagram_graph: Graph | None = None
    ) -> None:
        self._account = account
        self._graph = graph
        self._instagram_graph = instagram_graph or graph
        self._now = now
        ids = {
            "whatsapp": account.phone_number_id,
            "messenger": account.page_id,
            "instagram": account.instagram_id,
        }
        self.channels: Mapping[str, Channel] = {name: CHANNELS[name] for name, own in ids.items() if own}
        self._writers: OrderedDict[str, str] = OrderedDict()
        self._asked: OrderedDict[str, datetime] = OrderedDict()

    # What comes in

    def parse(self, call: RawCall) -> Parsed:
        """Every entry, change, message and status of a call. Raises ValueError when it is no JSON object."""
        try:
            document = obj(json.loads(call.body), "the call")
        except (ValueError, RecursionError):
            raise ValueError("it is no JSON object") from None
        found = Found()
        entries, kind = items(document, "entry"), short(document, "object")
        for number, entry in enumerate(entries):
            try:
                self._entry(kind, obj(entry, "it"), call.received_at, f"entry {number}", found)
            except ValueError as error:
                found.faults.append(f"entry {number}: {error}")
        for message in found.messages:
            if message.channel != "whatsapp" and message.external_id:
                self._remember(message.external_id, message.sender.key)
        return found.parsed()

    def _entry(self, kind: str, entry: Json, received_at: datetime, place: str, found: Found) -> None:
        if kind == "whatsapp_business_account" and "whatsapp" in self.channels:
            for number, each in enumerate(items(entry, "changes")):
                try:
                    change = obj(each, "it")
                    where = f"{place} change {number}"
                    whatsapp.read(change, self._account.phone_number_id, received_at, where, found)
                except ValueError as error:
                    found.faults.append(f"{place} change {number}: {error}")
        elif kind == "page" and "messenger" in self.channels:
            messaging.read(entry, Line("messenger", self._account.page_id), received_at, place, found)
        elif kind == "instagram" and "instagram" in self.channels:
            own = self._account.instagram_id
            line = Line("instagram", short(entry, "id") if own == ANY else own)
            messaging.read(entry, line, received_at, place, found)
        else:
            raise ValueError(f"no channel is set here for {kind[:40] or 'it'}")

    def _remember(self, mid: str, customer: str) -> None:
        """Who wrote a message: typing is shown to a person, and asked for by a message."""
        self._writers[mid] = customer
        while len(self._writers) > _REMEMBERED:
            self._writers.popitem(last=False)

    # What goes out

    async def send(self, outbound: Outbound) -> ProviderId:
        """Post the message; Meta's id for it. Raises ChannelError."""
        graph, path, token = self._way(outbound.channel)
        answer = await graph.post(path, self._body(outbound), token)
        try:
            if outbound.channel == "whatsapp":
                return ProviderId(an_id(obj(items(answer, "messages")[0], "message"), "id"))
            return ProviderId(an_id(answer, "message_id"))
        except (ValueError, IndexError):
            raise OutcomeUnknown("Meta took the message and did not say under which id") from None

    def _body(self, outbound: Outbound) -> dict[str, Any]:
        if outbound.channel == "whatsapp":
            return composing.whatsapp(outbound, self._account.templates)
        return composing.messenger(outbound) if outbound.channel == "messenger" else composing.instagram(outbound)

    def _way(self, channel: str) -> tuple[Graph, str, str]:
        """(which API, which path, with which token). Raises Refused."""
        account = self._account
        page_token = account.page_token or account.access_token
        match channel:
            case "whatsapp" if account.phone_number_id:
                return self._graph, f"{account.phone_number_id}/messages", account.access_token
            case "messenger" if account.page_id:
                return self._graph, f"{account.page_id}/messages", page_token
            case "instagram" if account.instagram_token:
                own = account.instagram_id if account.instagram_id != ANY else "me"
                return self._instagram_graph, f"{own}/messages", account.instagram_token
            case "instagram" if account.instagram_id:
                own = account.instagram_id if account.instagram_id != ANY else account.page_id
                return self._graph, f"{own}/messages", page_token
        raise Refused(f"{channel} is not connected with Meta")

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """Never None: see above. NotNow while Meta may still vouch for the message, NeverKnown once that is over."""
        now = self._now()
        first = self._asked.setdefault(outbound.key, now)
        if now - first < _VOUCHED_WITHIN:
            while len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
            raise NotNow("Meta has not said yet whether it took the message", _LOOK_AGAIN_S)
        self._asked.pop(outbound.key, None)
        raise NeverKnown("Meta never said whether it took the message: look into its own app before you write it again")

    async def fetch(self, media: Media) -> bytes:
        """A file by its id (WhatsApp) or its address. Raises ChannelError."""
        if media.ref.startswith(whatsapp.HELD):
            token = self._account.access_token
            found = await self._graph.get(media.ref.removeprefix(whatsapp.HELD), token)
            url = short(found, "url")
            if not url:
                raise NotNow("WhatsApp does not say where the file is")
            return await self._graph.file(url, token)
        if media.ref.startswith(messaging.HELD):
            return await self._graph.file(media.ref.removeprefix(messaging.HELD))
        raise Refused("it is no file of Meta's")

    async def notice(self, channel: str, answers: str) -> None:
        """Blue ticks and the dots of typing, which last 25 seconds or until the answer."""
        with suppress(ChannelError):
            graph, path, token = self._way(channel)
            for body in self._signs(channel, answers):
                await graph.post(path, body, token)

    def _signs(self, channel: str, answers: str) -> list[dict[str, Any]]:
        if channel == "whatsapp":
            read = {"messaging_product": "whatsapp", "status": "read", "message_id": answers}
            return [read | {"typing_indicator": {"type": "text"}}]
        customer = self._writers.get(answers)
        if customer is None:
            return []
        return [{"recipient": {"id": customer}, "sender_action": each} for each in ("mark_seen", "typing_on")]

    async def examine(self) -> dict[str, str]:
        """What is wrong with each channel, by name, "" = its id and its token fit. Sends nothing to anybody."""
        found = {}
        for name in self.channels:
            graph, path, token = self._way(name)
            try:
                await graph.get(f"{path.removesuffix('/messages')}?fields=id", token)
                found[name] = ""
            except ChannelError as error:
                found[name] = str(error)
        return found

    async def close(self) -> None:
        """Let go of connections."""
        await self._graph.close()
        if self._instagram_graph is not self._graph:
            await self._instagram_graph.close()


ANY: Final = "*"
"""An Instagram account that is known by its page only."""
