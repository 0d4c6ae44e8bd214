"""What the doors of the telephone share: tokens, addresses, words, and what happened in a call's conversation.

A token opens one socket of one call, for a few minutes: Twilio's signature over the socket's URL is the same for every call, so it
proves who calls but not which call it is.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from channels.degrading import in_text
from channels.message import Address
from channels.voice.twiml import Relay, Speech
from memory import phone_calls, threads
from memory.engines.base import Tx
from memory.phone_calls import PhoneCall
from memory.projection import Event
from memory.threads import NewEvent, Thread
from memory.times import from_ms, to_ms
from server.answering.words.spoken import language_of
from server.answering.words.voice import Value, Voice
from server.dispatch import never_spoken
from server.errors import SettingsError
from server.inbox import wake
from server.services import Services
from server.settings import Settings

ROOT: Final = "/webhooks/twilio/voice"
RELAY: Final = "/webhooks/twilio/relay"
CHANNEL: Final = "voice"
RELAYS: Final = 2
"""So many sockets a call may open: the first, and one more when that broke."""
TOKEN_LIFE: Final = timedelta(minutes=5)
_SID: Final = re.compile(r"[A-Za-z0-9]{2,64}")


def is_sid(text: str) -> bool:
    """Whether this may be the id of a call."""
    return _SID.fullmatch(text) is not None


def door(services: Services, path: str = "", **query: str | int) -> str:
    """The public URL of a door of the telephone; Twilio signs it as it stands."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"{services.settings.public_url}{ROOT}{path}{asked}"


def relay_url(settings: Settings) -> str:
    """The socket's public URL."""
    return f"{'wss' if settings.is_secure else 'ws'}://{settings.public_url.partition('://')[2]}{RELAY}"


# Tokens


def token_of(services: Services, call: PhoneCall) -> str:
    """What opens the next socket of a call: its id, the token's number, its end, signed. The same for a repeated webhook."""
    since = int(call.body.get("token_at", call.started_at))
    payload = f"{call.sid}.{call.token}.{since + to_ms_span(TOKEN_LIFE)}"
    return f"{payload}.{_signature(services.settings.server.secret_keys[-1], payload)}"


def to_ms_span(span: timedelta) -> int:
    """A span in milliseconds."""
    return int(span.total_seconds() * 1000)


def read_token(services: Services, token: str, now: datetime) -> tuple[str, int] | None:
    """(call, number) of a token that we signed and that has not ended; None for any other."""
    payload, _, signature = token.rpartition(".")
    good = False
    for key in services.settings.server.secret_keys:
        good |= hmac.compare_digest(_signature(key, payload).encode(), signature.encode())
    sid, _, rest = payload.partition(".")
    number, _, until = rest.partition(".")
    if not good or not number.isdecimal() or not until.isdecimal() or to_ms(now) > int(until):
        return None
    return sid, int(number)


def _signature(key: str, payload: str) -> str:
    return hmac.digest(key.encode(), f"call:{payload}".encode(), "sha256").hex()


# Words


def code_of(settings: Settings, language: str) -> str:
    """The code that Twilio speaks a language by, `es-MX` for `es`; the first of the settings where it is none of theirs."""
    short = language_of(language)
    return next((each for each in settings.calls.languages if each[:2] == short), settings.calls.languages[0])


def speaks(settings: Settings, language: str) -> bool:
    """Whether calls are held in this language."""
    return any(each[:2] == language_of(language) for each in settings.calls.languages)


def phrase(services: Services, language: str, key: str, **values: Value) -> str:
    """One phrase of the telephone, in words that are spoken."""
    return Voice(language, services.clock.now(), services.settings.shop.tz).text(f"calls.{key}", **values)


def greeting(services: Services, language: str) -> str:
    """What a call begins with: that a machine speaks, and which key chooses another language."""
    settings = services.settings
    own = dict(each.split("=", 1) for each in settings.calls.greetings if "=" in each)
    code, shop = code_of(settings, language), settings.shop
    text = own.get(code) or phrase(services, language, "greeting", assistant=shop.assistant, shop=shop.name)
    others = [
        phrase(services, other[:2], "language", digit=str(number))
        for number, other in enumerate(settings.calls.languages, 1)
        if other != code
    ]
    return " ".join([text, *others])


def speeches(settings: Settings) -> tuple[Speech, ...]:
    """Every language of calls with its voice."""
    voices = dict(each.split("=", 1) for each in settings.calls.voices if "=" in each)
    found = []
    for code in settings.calls.languages:
        provider, _, voice = voices.get(code, "").partition("/")
        found.append(Speech(code, provider, voice))
    return tuple(found)


def relay_plan(services: Services, call: PhoneCall, welcome: str) -> Relay:
    """How a call is connected to our socket; recorded where its consent is kept."""
    settings = services.settings
    first = code_of(settings, call.language)
    spoken = sorted(speeches(settings), key=lambda each: each.code != first)
    consent = call.body.get("consent", "")
    return Relay(
        relay_url(settings), door(services, "/after", c=call.sid), token_of(services, call), welcome, spoken,
        settings.calls.hints, settings.calls.transcriber,
        record=door(services, "/recording", c=call.sid) if consent and call.token == 1 else "",
        announcement=phrase(services, call.language, "recorded") if consent == "announced" and call.token == 1 else "",
    )  # fmt: skip


# Who calls


def sender_of(call: PhoneCall) -> Address:
    """Who calls. A withheld number is nobody in particular: each such call is a person of its own."""
    return Address("caller", call.number or call.sid, CHANNEL_PROOF, call.number)


CHANNEL_PROOF: Final = "channel"
"""The call came from there, as far as the network tells; it opens no order (a `caller` proves nothing by itself)."""


# What happened in the conversation


@dataclass(frozen=True, slots=True)
class Told:
    """A message of ours for the caller."""

    seq: int
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened in a call's conversation since it was read last, and where it goes on.

    `handoff` is the reason where it was handed to a person, `owner` who has it now, where that changed; `taken` is the last message
    of the caller that was read, answered or not."""

    thread_id: int
    conv: str
    seen: int
    told: tuple[Told, ...] = ()
    handoff: str = ""
    owner: str = ""
    moved: bool = False
    taken: int = 0


async def news(tx: Tx, thread_id: int, conv: str, identity_id: int, seen: int) -> News:
    """What is new in a conversation for this caller, followed into the one that it goes on in."""
    events = await threads.events(tx, thread_id, seen)
    found = from_events(events, thread_id, conv, identity_id, seen)
    away = next((str(event.body["to"]) for event in events if event.type == "linked" and event.body.get("to")), "")
    goal = await threads.by_public_id(tx, away) if away else None
    if goal is None:
        return found
    copies = await threads.events(tx, goal.id)
    last = max((event.seq for event in copies if event.body.get("told_from", {}).get("conv") == conv), default=0)
    later = from_events([event for event in copies if event.seq > last], goal.id, goal.public_id, identity_id, last)
    return News(
        goal.id, goal.public_id, later.seen, (*found.told, *later.told), later.handoff or found.handoff,
        later.owner or found.owner, moved=True, taken=found.taken,
    )  # fmt: skip


def from_events(events: Sequence[Event], thread_id: int, conv: str, identity_id: int, seen: int) -> News:
    """What these events of one conversation are for a caller."""
    told = tuple(
        Told(event.seq, _in_words(event), str(event.body.get("lang", "")))
        for event in events
        if _is_for_caller(event, identity_id)
    )
    handoff = next((str(event.body.get("reason", "")) for event in events if event.type == "handoff"), "")
    owners = [_owner(event) for event in events if event.type in ("handoff", "assigned")]
    last = events[-1].seq if events else seen
    read = max((int(event.body.get("of", 0)) for event in events if event.type == "classified"), default=0)
    return News(thread_id, conv, last, told, handoff, owners[-1] if owners else "", taken=read)


def _in_words(event: Event) -> str:
    """A message with what it offers as buttons elsewhere, where its question needs them."""
    offered = [(str(each["label"]), str(each["value"])) for each in event.body.get("choices", ())]
    return in_text(str(event.body.get("text", "")), offered)


def _owner(event: Event) -> str:
    return "queue" if event.type == "handoff" else str(event.body.get("owner_kind", ""))


def _is_for_caller(event: Event, identity_id: int) -> bool:
    return (
        event.type == "message"
        and event.audience == "all"
        and event.author_type in ("assistant", "agent")
        and event.channel == CHANNEL
        and event.identity_id == identity_id
        and "told_from" not in event.body
        and bool(event.body.get("text"))
    )


async def write_down(services: Services, thread_id: int, *events: NewEvent) -> Thread | None:
    """Put what happened on a call into its conversation, once where an event has a `cid`; nothing without a conversation."""
    if not thread_id:
        return None

    async def unit(tx: Tx) -> Thread | None:
        new = [each for each in events if not each.cid or await threads.by_cid(tx, thread_id, each.cid) is None]
        return (await threads.append(tx, thread_id, new, services.clock.now()))[0] if new else None

    thread = await services.database.write(unit)
    if thread is not None:
        wake(services, thread)
    return thread


def note(call: PhoneCall, name: str, text: str, **values: Any) -> NewEvent:
    """A line at the desk about a call, written once under its name."""
    return NewEvent("note", {"text": text, "call": call.sid, **values}, channel=CHANNEL, cid=f"call:{call.sid}:{name}")


def beginning(call: PhoneCall, settings: Settings) -> NewEvent:
    """That a call began, with what the network says of its number."""
    number = call.number or "a withheld number"
    vouched = " (the carrier vouches for the number)" if call.attested else ""
    consent = {"announced": "; recorded, as was announced", "asked": "; recorded, as the caller agreed"}
    return note(call, "began", f"Call from {number}{vouched}{consent.get(call.body.get('consent', ''), '')}.")


async def finish(services: Services, sid: str) -> None:
    """A call is over: so it stands in its conversation, once."""
    now = services.clock.now()

    async def unit(tx: Tx) -> PhoneCall | None:
        call = await phone_calls.by_sid(tx, sid) if await phone_calls.end(tx, sid, now) else None
        if call is not None and call.thread_id:
            unsaid = await news(tx, call.thread_id, call.conv, call.identity_id, call.spoken)
            for each in () if unsaid.moved else unsaid.told:
                await never_spoken(tx, services, call.thread_id, each.seq, call.identity_id)
        return call

    call = await services.database.write(unit)
    if call is not None:
        span = max(0, round((now - from_ms(call.started_at)).total_seconds()))
        length = f"{span // 60} min {span % 60} s" if span >= 60 else f"{span} s"
        await write_down(services, call.thread_id, note(call, "ended", f"Call ended after {length}."))


def check(settings: Settings) -> None:
    """Whether the settings of calls make sense together. Raises SettingsError."""
    known: Mapping[str, tuple[str, ...]] = {"greetings": settings.calls.greetings, "voices": settings.calls.voices}
    for name, entries in known.items():
        for each in entries:
            if each.partition("=")[0] not in settings.calls.languages:
                raise SettingsError(f"calls.{name}: {each!r} begins with none of calls.languages")
