"""A call without a socket: each sentence is a webhook, each answer its TwiML.

What was said is accepted before it is answered; an answer that takes longer than a webhook may is fetched by coming back, at most
five times. Every way ends: silence twice offers a call-back or a message, then the call.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from channels.message import Inbound
from channels.voice import twiml
from channels.voice.heard import understood
from channels.voice.speakable import speakable
from memory import phone_calls
from memory.engines.base import Tx
from memory.phone_calls import PhoneCall
from server.answering.understand.numbers import digits_for_words
from server.answering.words.spoken import language_of
from server.answering.words.voice import phrases
from server.bus import Bell
from server.desk.hours import is_staffed
from server.errors import RefusedInput
from server.inbox import Accepted, accept
from server.intake import voice_calls, voice_transfer
from server.intake.voice_calls import CHANNEL, News, code_of, door, news, phrase, sender_of
from server.services import Services

POLLS: Final = 5
_WAIT_S: Final = 3.0
_LOOK_S: Final = 0.5
_SILENCES: Final = 2
_LONGEST_SAID: Final = 3_900


def begin(services: Services, call: PhoneCall, text: str) -> str:
    """Say something and listen."""
    return _listen(services, call, [text], call.prompts + 1)


def _listen(services: Services, call: PhoneCall, texts: list[str], turn: int, silent: int = 0) -> str:
    code = code_of(services.settings, call.language)
    action = door(services, "/gather", c=call.sid, turn=turn)
    otherwise = door(services, "/gather", c=call.sid, turn=turn, silent=silent + 1)
    return twiml.gather(texts, action, code, otherwise, services.settings.calls.hints)


async def turn(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """One webhook: words, keys, silence, or a look whether the answer is there."""
    number = _number(form.get("?turn", ""), call.prompts + 1)
    said = form.get("SpeechResult", "").strip() or form.get("Digits", "").strip()
    if said:
        return await _said(services, call, form, number)
    if form.get("?poll"):
        return await _answer(services, call, number, _number(form["?poll"], 1))
    return _silence(services, call, number, _number(form.get("?silent", ""), 1))


async def _said(services: Services, call: PhoneCall, form: Mapping[str, str], number: int) -> str:
    keys, text = form.get("Digits", "").strip(), form.get("SpeechResult", "").strip()
    choice = "human" if keys == "0" else None
    if choice:
        text = phrases(language_of(call.language))["choice.human"]
    elif keys:
        text = keys
    else:
        text = digits_for_words(understood(text[:_LONGEST_SAID]))
    inbound = Inbound(
        CHANNEL, sender_of(call), text, services.clock.now(), external_id=f"{call.sid}:{number}", conv=call.conv or None,
        choice=choice, locale=code_of(services.settings, call.language),
        meta={"call": call.sid, "net": f"tel:{call.number or call.sid}"},
    )  # fmt: skip

    async def also(tx: Tx, stored: Accepted) -> None:
        thread = stored.thread
        await phone_calls.said(tx, call.sid, number, thread.id, stored.identity.id, thread.public_id)
        if thread.id != call.thread_id:
            await phone_calls.moved(tx, call.sid, thread.id, thread.public_id, stored.event.seq)

    try:
        stored = await accept(services, inbound, also)
    except RefusedInput as error:
        if error.code == "blocked":
            return twiml.hang_up(phrase(services, call.language, "goodbye"), code_of(services.settings, call.language))
        return _listen(services, call, [phrase(services, call.language, "again")], number)
    if number == 1 and not stored.is_repeat:
        await voice_calls.write_down(services, stored.thread.id, voice_calls.beginning(call, services.settings))
    fresh = await services.database.read(lambda tx: phone_calls.by_sid(tx, call.sid))
    return await _answer(services, fresh or call, number, 0)


async def _answer(services: Services, call: PhoneCall, number: int, poll: int) -> str:
    """The answer, if it comes in time; else a word, and once more."""
    found = await _await_news(services, call)
    if found is not None:
        return await _told(services, call, found, number)
    code = code_of(services.settings, call.language)
    if poll >= POLLS:
        return _listen(services, call, [phrase(services, call.language, "slow")], number + 1)
    again = door(services, "/gather", c=call.sid, turn=number, poll=poll + 1)
    return twiml.wait(phrase(services, call.language, "moment") if poll == 0 else "", again, code)


async def _await_news(services: Services, call: PhoneCall) -> News | None:
    bell = Bell()
    loop = asyncio.get_running_loop()
    until = loop.time() + _WAIT_S
    with services.bus.listening(f"thread:{call.thread_id}", bell.ring):
        while True:
            found = await services.database.read(
                lambda tx: news(tx, call.thread_id, call.conv, call.identity_id, call.spoken)
            )
            if found.told:
                return found
            left = until - loop.time()
            if left <= 0:
                return None
            await bell.wait(min(left, _LOOK_S))


async def _told(services: Services, call: PhoneCall, found: News, number: int) -> str:
    language = language_of(found.told[-1].language or call.language)
    language = language if voice_calls.speaks(services.settings, language) else call.language

    async def unit(tx: Tx) -> None:
        await phone_calls.moved(tx, call.sid, found.thread_id, found.conv, found.seen)
        if language != call.language:
            await phone_calls.speaks(tx, call.sid, language)

    await services.database.write(unit)
    fresh = await services.database.read(lambda tx: phone_calls.by_sid(tx, call.sid)) or call
    texts = [speakable(each.text, language) for each in found.told]
    settings = services.settings
    if found.handoff and settings.calls.transfer_to and is_staffed(settings, services.clock.now()):
        return await voice_transfer.ring(services, fresh, 0, said=" ".join(texts))
    if found.handoff:
        return voice_transfer.offer(services, fresh, " ".join(texts))
    return _listen(services, fresh, texts, number + 1)


def _silence(services: Services, call: PhoneCall, number: int, silent: int) -> str:
    if silent < _SILENCES:
        return _listen(services, call, [phrase(services, call.language, "still_there")], number, silent)
    if silent == _SILENCES and call.thread_id:
        return voice_transfer.offer(services, call, "")
    code = code_of(services.settings, call.language)
    return twiml.hang_up(phrase(services, call.language, "goodbye"), code)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else otherwise
