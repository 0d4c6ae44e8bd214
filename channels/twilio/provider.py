"""Twilio as a provider of WhatsApp and SMS: parses its calls, sends, looks up what was perhaps sent, fetches files."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from channels.channel import Channel
from channels.errors import ChannelError, NotNow, OptedOut, OutcomeUnknown, Refused, WindowShut
from channels.message import Capabilities, Media, Outbound, Parsed, ProviderId, RawCall
from channels.twilio import parse as parsing
from channels.twilio.codes import Codes
from channels.twilio.content import LONGEST_BODY, MOST_ITEMS, Contents
from channels.twilio.rest import DEADLINE_S, Document, Rest
from channels.twilio.sending import LONGEST, address, date_of, fields_of, found_in, words_of

_log = logging.getLogger("onethread.twilio")
WINDOW: Final = timedelta(hours=24)
_TYPING_S: Final = 3.0
_FETCH_S: Final = 18.0
_LISTED: Final = 50
_MOST_PAGES: Final = 20
_FAILED: Final = ("failed", "undelivered", "canceled")

WHATSAPP: Final = Channel(
    "whatsapp",
    "WhatsApp",
    Capabilities(
        buttons=MOST_ITEMS, max_chars=LONGEST, cards=False, typing=True, window=WINDOW, button_chars=LONGEST_BODY
    ),
)
SMS: Final = Channel("sms", "SMS", Capabilities(buttons=0, max_chars=LONGEST, cards=False, typing=False))


class Twilio:
    """One account. `senders` = our own address by channel, a number or an `MG...`; `templates` = ContentSid by name.

    `tokens` sign calls to us, the present auth token first; `status_url` is where Twilio tells what became of a message, "" =
    nowhere. `now` is injected."""

    name = "twilio"

    def __init__(
        self,
        account_sid: str,
        tokens: Sequence[str],
        senders: Mapping[str, str],
        *,
        now: Callable[[], datetime],
        api_url: str = "",
        status_url: str = "",
        templates: Mapping[str, str] | None = None,
        codes: Codes | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.account_sid = account_sid
        self.tokens = tuple(tokens)
        self.senders = {name: sender for name, sender in senders.items() if sender}
        self.channels: Mapping[str, Channel] = {
            each.name: each for each in (WHATSAPP, SMS) if each.name in self.senders
        }
        self._now = now
        self._codes = codes or Codes()
        self._rest = Rest(account_sid, self.tokens[0], api_url, self._codes, deadline_s=deadline_s)
        self._contents = Contents(self._rest, deadline_s / 2)
        self._templates = dict(templates or {})
        self._status_url = status_url
        self._deadline_s = deadline_s

    def parse(self, call: RawCall) -> Parsed:
        """What a stored call holds. Raises ValueError where nothing in it can be read."""
        parsed = parsing.parse(call, self._codes)
        strange = [each for each in parsed.messages if each.channel not in self.channels]
        if strange:
            return Parsed(faults=(f"a message of {strange[0].channel}, which is not connected: name its sender",))
        return parsed

    async def send(self, outbound: Outbound) -> ProviderId:
        """Hand a message over; its SID. Raises ChannelError."""
        sender = self.senders.get(outbound.channel)
        if not sender:
            raise Refused(f"no sender of {outbound.channel} is named in the settings")
        fields = await fields_of(outbound, sender, self._contents, self._templates, self._status_url)
        try:
            return await self._post(fields)
        except Refused as error:
            own = fields.pop("ContentSid", "") if not outbound.template else ""
            if not own or isinstance(error, WindowShut | OptedOut):
                raise
        self._contents.forget(
            own
        )  # perhaps somebody deleted it; what is refused was not taken, so it may be said in words
        return await self._post(fields | {"Body": words_of(outbound)})

    async def _post(self, fields: Mapping[str, str]) -> ProviderId:
        try:
            async with asyncio.timeout(self._deadline_s):
                made = await self._rest.post(self._messages(), fields)
        except TimeoutError as error:
            raise OutcomeUnknown("Twilio did not answer in time") from error
        return self._sid(made)

    def _sid(self, made: Document) -> ProviderId:
        sid, code = made.get("sid"), made.get("error_code")
        if made.get("status") in _FAILED and isinstance(code, int):
            raise self._codes.error(code)
        if not isinstance(sid, str) or not sid:
            raise OutcomeUnknown("Twilio's answer names no message")
        return ProviderId(sid)

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """The SID of a message that was perhaps sent, by recipient, words and time. Raises ChannelError."""
        to = address(outbound.channel, outbound.to.display or outbound.to.key)
        try:
            async with asyncio.timeout(self._deadline_s):
                listed = await self._rest.get(self._messages(), {"To": to, "PageSize": str(_LISTED)})
        except TimeoutError as error:
            raise NotNow("Twilio does not answer") from error
        return found_in(listed, outbound, self._now())

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a file. Raises ChannelError; a URL that is not Twilio's is Refused."""
        try:
            async with asyncio.timeout(_FETCH_S):
                return await self._rest.fetch(media.ref)
        except TimeoutError as error:
            raise NotNow("a file did not come in time") from error

    async def notice(self, channel: str, answers: str) -> None:
        """Show on WhatsApp that the message was read and an answer is being written."""
        if channel != "whatsapp" or not answers:
            return
        url = self._rest.url("messaging", "/v2/Indicators/Typing.json")
        with suppress(ChannelError, TimeoutError):
            async with asyncio.timeout(min(_TYPING_S, self._deadline_s)):
                await self._rest.post(url, {"channel": "whatsapp", "messageId": answers})

    async def received_since(self, channel: str, since: datetime, before: datetime) -> list[tuple[str, bytes]]:
        """(SID, form) of the messages that came to our address in a time, as their webhooks would have told them.

        The latest first. Raises ChannelError."""
        query = {
            "PageSize": "100",
            "To": address(channel, self.senders[channel]),
            "DateSent>": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if self.senders[channel].startswith("MG"):  # a service has many numbers: all that came in
            del query["To"]
        url: str | None = self._messages()
        found: list[tuple[str, bytes]] = []
        for _ in range(_MOST_PAGES):
            if url is None:
                return found
            listed = await self._rest.get(url, query)
            query = {}  # the next page's address holds it
            for each in listed.get("messages") or ():
                if each.get("direction") == "inbound" and since <= (date_of(each.get("date_sent")) or since) < before:
                    found.append((str(each["sid"]), await self._as_called(each)))
            more = listed.get("next_page_uri")
            url = self._rest.url("api", str(more)) if more else None
        _log.warning("more messages were missed than are fetched at once", extra={"channel": channel})
        return found

    async def _as_called(self, each: Document) -> bytes:
        """A message of the REST API as the form of its webhook, with its own time."""
        sid = str(each["sid"])
        form = {
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "From": str(each.get("from") or ""),
            "To": str(each.get("to") or ""),
            "Body": str(each.get("body") or ""),
            "NumMedia": str(each.get("num_media") or "0"),
            "DateSent": str(each.get("date_sent") or ""),
        }
        if form["NumMedia"] != "0":
            form |= await self._files(sid)
        return urlencode(form).encode()

    async def _files(self, sid: str) -> dict[str, str]:
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}/Media"
        listed = await self._rest.get(self._rest.url("api", f"{path}.json"))
        form = {}
        for number, each in enumerate(listed.get("media_list") or ()):
            form[f"MediaUrl{number}"] = self._rest.url("api", f"{path}/{each['sid']}")
            form[f"MediaContentType{number}"] = str(each.get("content_type") or "")
        return form

    async def examine(self) -> str:
        """What Twilio says of the account, for `onethread doctor`: its status. Raises ChannelError."""
        account = await self._rest.get(self._rest.url("api", f"/2010-04-01/Accounts/{self.account_sid}.json"))
        return str(account.get("status") or "unknown")

    def _messages(self) -> str:
        return self._rest.url("api", f"/2010-04-01/Accounts/{self.account_sid}/Messages.json")

    async def close(self) -> None:
        """Let go of every connection."""
        await self._rest.close()
