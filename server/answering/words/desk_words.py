"""When a person will be there, in words: what the desk's hours and its agents say, and nothing more."""

from datetime import datetime

from server.answering.context import Context
from server.answering.words.voice import Speech, Voice
from server.commerce.model import Fact, LocalTime


def when_somebody_is_there(context: Context, voice: Voice) -> Speech:
    """One sentence on how soon a person can answer."""
    speech = voice.speech()
    if context.agents_online:
        key = "desk.soon"
    elif context.back_at is not None:
        when = back_at_fact(context.back_at, context.shop.tz, context.now)
        return speech.line(voice.text("desk.back_at", when=when), when)
    else:
        key = "desk.open_nobody" if context.is_desk_open else "desk.no_time"
    return speech.line(voice.text(key))


def back_at_fact(at: datetime, tz: str, now: datetime) -> Fact:
    """From when on somebody is there."""
    return Fact("back_at", "datetime", LocalTime(at, tz), "opening hours", now)
