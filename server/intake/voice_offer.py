"""A call-back at a time that the caller chooses, or a message after the tone: what is offered where nobody can take a call over.

The times are the next openings of the desk within the hours at which a customer may be called, in the zone of their number. Choosing
one is the consent to be called then, and is kept with the time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as zones

from memory import threads, timers
from memory.engines.base import Tx
from memory.phone_calls import PhoneCall
from memory.threads import NewEvent, Thread
from memory.times import to_ms
from server.answering.words.spoken import on
from server.commerce.model import Fact, Window
from server.desk.hours import desk_hours
from server.inbox import wake
from server.intake.voice_calls import phrase
from server.policies.opening import is_open
from server.services import Services

KIND: Final = "callback"
"""The kind of timers that call customers back."""
SLOTS: Final = 3
_LEAD: Final = timedelta(minutes=45)
_LENGTH: Final = timedelta(hours=2)
_STEP: Final = timedelta(minutes=30)
_AHEAD: Final = timedelta(days=7)
_APART: Final = timedelta(hours=3)
_KEYS: Final = (
    re.compile(r"\b(?:1|one|uno|una|un|une|eins|um|uma|first|primer[oa]?|premi[eè]re?|erste[nrs]?|primeir[oa])\b", re.IGNORECASE),
    re.compile(r"\b(?:2|two|dos|deux|zwei|zwo|dois|duas|second|segund[oa]|deuxi[eè]me|zweite[nrs]?)\b", re.IGNORECASE),
    re.compile(r"\b(?:3|three|tres|trois|drei|três|third|tercer[oa]?|troisi[eè]me|dritte[nrs]?|terceir[oa])\b", re.IGNORECASE),
    re.compile(r"\b(?:4|four|cuatro|quatre|vier|quatro|fourth|cuart[oa]|quatri[eè]me|vierte[nrs]?|quart[oa])\b", re.IGNORECASE),
)  # fmt: skip
_WORDS_OF_A_CHOICE: Final = 6
"""Who says more than so many words says something else than a choice."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time that is offered. `words` are how it is said; `is_message` = leave a message instead."""

    start: datetime
    end: datetime
    words: str
    is_message: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What a caller may choose from, and how it is said."""

    services: Services
    call: PhoneCall
    language: str
    slots: tuple[Slot, ...]
    text: str

    @classmethod
    def of(cls, services: Services, call: PhoneCall, language: str) -> "Offer | None":
        """What can be offered on this call; None where there is nothing."""
        now, settings = services.clock.now(), services.settings
        slots: list[Slot] = []
        parts: list[str] = []
        if settings.calls.call_back and call.number.startswith("+"):
            slots += [
                Slot(start, end, _said(services, start, end, call.number, language))
                for start, end in free(services, call.number, now)
            ]
        if slots:
            parts.append(phrase(services, language, "offer_call_back"))
        for key, slot in enumerate(slots, 1):
            parts.append(phrase(services, language, "slot", digit=str(key), when=slot.words))
        if settings.calls.voicemail_s > 0:
            slots.append(Slot(now, now, "", is_message=True))
            parts.append(phrase(services, language, "offer_message", digit=str(len(slots))))
        if not slots:
            return None
        parts.append(phrase(services, language, "go_on"))
        return cls(services, call, language, tuple(slots), " ".join(parts))

    def chosen(self, text: str) -> Slot | None:
        """The time that was chosen by key or in words; None where something else was said."""
        if len(text.split()) > _WORDS_OF_A_CHOICE:
            return None
        found = [slot for key, slot in zip(_KEYS, self.slots, strict=False) if key.search(text)]
        return found[0] if len(found) == 1 else None

    async def agree(self, slot: Slot, thread_id: int) -> None:
        """Keep the time, the consent and a task for the desk: all in one unit."""
        services, call = self.services, self.call
        now = services.clock.now()
        body = {
            "number": call.number, "sid": call.sid, "until": to_ms(slot.end), "language": self.language,
            "consent": {"at": to_ms(now), "text": "calls.offer_call_back", "language": self.language},
        }  # fmt: skip
        desk = ZoneInfo(services.settings.shop.tz)
        span = f"{slot.start.astimezone(desk):%a %d %b %H:%M}-{slot.end.astimezone(desk):%H:%M}"
        told = NewEvent(
            "follow_up", {"kind": KIND, "at": to_ms(slot.start), "until": to_ms(slot.end), "number": call.number},
            channel="voice", cid=f"call:{call.sid}:callback",
        )  # fmt: skip
        line = NewEvent(
            "note", {"text": f"Call-back agreed: {call.number}, {span} (the desk's time).", "call": call.sid},
            channel="voice",
        )  # fmt: skip

        async def unit(tx: Tx) -> Thread:
            await timers.start(tx, f"{KIND}:{call.number}", KIND, thread_id, slot.start, now, body)
            return (await threads.append(tx, thread_id, [told, line], now))[0]

        wake(services, await services.database.write(unit))
        services.bus.publish("callbacks")


def free(services: Services, number: str, now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """The next times at which the desk is open and this number may be called, some hours apart."""
    desk = desk_hours(services.settings)
    found: list[tuple[datetime, datetime]] = []
    at = _rounded(now + _LEAD)
    while at < now + _AHEAD and len(found) < SLOTS:
        end = at + _LENGTH
        if is_open(desk, at) and is_open(desk, end - timedelta(minutes=1)) and may_call(services, number, at, end):
            found.append((at, end))
            at = end + _APART - _LENGTH
        else:
            at += _STEP
    return found


def may_call(services: Services, number: str, start: datetime, end: datetime) -> bool:
    """Whether a customer may be called in all of this time, by the clock where their number is at home."""
    first, _, last = services.settings.calls.call_back_hours.partition("-")
    opens, shuts = time.fromisoformat(first), time.fromisoformat(last)
    zone = zone_of(number, services.settings.shop.tz)
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    return begins.date() == ends.date() and opens <= begins.time() and ends.time() <= shuts


def zone_of(number: str, otherwise: str) -> ZoneInfo:
    """The zone in which a number is at home; `otherwise` where it has none or several."""
    try:
        found = zones.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        found = ()
    name = found[0] if len(found) == 1 else otherwise
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(otherwise)


def _rounded(at: datetime) -> datetime:
    """The next half hour."""
    past = (at - datetime(2020, 1, 1, tzinfo=UTC)) % _STEP
    return at.replace(second=0, microsecond=0) if not past else at + (_STEP - past)


def _said(services: Services, start: datetime, end: datetime, number: str, language: str) -> str:
    now = services.clock.now()
    zone = zone_of(number, services.settings.shop.tz).key
    window = Window(start, end, zone)
    return on(Fact("call_back", "window", window, "opening hours", now), language, now, zone)
