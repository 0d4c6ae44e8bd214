"""What a live call does with what it hears: accept it, wait for the answer, speak it, and keep the caller company meanwhile.

Runs as one loop that wakes for frames, for the conversation's log and for the clock. It decides nothing about the answer: that is
the turn's. Its own are the manners of the telephone: a word while an answer takes long, a question after a silence, keys, the
language, a call-back where nobody can take over, and that nothing ends before it was spoken.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from channels.message import Inbound
from channels.voice.frames import Dtmf, Failure, Incoming, Info, Interrupt, Prompt
from channels.voice.frames import language as turn_to
from channels.voice.heard import understood
from channels.voice.speakable import LANGUAGES
from memory import phone_calls, threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.phone_calls import PhoneCall
from memory.threads import Thread
from server import telemetry
from server.answering.understand.numbers import digits_for_words
from server.answering.words.spoken import language_of
from server.answering.words.voice import phrases
from server.bus import Bell
from server.desk.hours import is_staffed
from server.errors import RefusedInput
from server.inbox import Accepted, accept
from server.intake import voice_heard
from server.intake.voice_calls import (
    CHANNEL,
    News,
    Told,
    beginning,
    code_of,
    news,
    phrase,
    sender_of,
    speaks,
    write_down,
)
from server.intake.voice_offer import Offer
from server.intake.voice_talk import Heard, Talk
from server.services import Services

_log = logging.getLogger("onethread.voice")
_HOLD_S: Final = 4.0
"""After an interruption what was not begun waits so long for the caller's words."""
_POLL_S: Final = 2.0
_HELD_POLL_S: Final = 0.1
_AFTER_PLAYBACK_S: Final = 0.25
_SILENCES: Final = 3
_HUMAN_KEY: Final = "0"
_LONGEST_DIGITS: Final = 40
_LONGEST_SAID: Final = 3_900


class Mind:
    """One live call. `put` sends a frame, `end` gives the call back with a word on why."""

    def __init__(
        self,
        services: Services,
        call: PhoneCall,
        put: Callable[[str], Awaitable[None]],
        end: Callable[[dict[str, str]], Awaitable[None]],
        frames: deque[Incoming],
    ) -> None:
        self._services = services
        self._settings = services.settings.calls
        self._call = call
        self._end = end
        self._frames = frames
        self._loop = asyncio.get_running_loop()
        self._bell = Bell()
        self._talk = Talk(put, self._loop.time, self._settings.chars_per_s)
        self._thread_id, self._conv, self._identity_id = call.thread_id, call.conv, call.identity_id
        self._seen, self._prompts = call.spoken, call.prompts
        self._language = call.language
        self._heard_at = self._loop.time()
        self._silences = 0
        self._keys, self._keys_at = "", 0.0
        self._asked_at = 0.0
        self._is_filled = False
        self._held_until = 0.0
        self._is_caller_speaking = False
        self._cut: list[Heard] = []
        self._owner = "assistant"
        self._is_handed = False
        self._last_said = 0
        self._offer: Offer | None = None
        self._ending: dict[str, str] | None = None
        self._has_ended = False
        self._is_stale = True
        self._is_following = False

    # For the socket

    def wake(self) -> None:
        """There is something to look at."""
        self._bell.ring()

    def cut(self, frame: Interrupt) -> None:
        """The caller cut in: from here on nothing of what was being said is sent."""
        self._cut += self._talk.interrupted(frame)
        self._heard_at = self._loop.time()
        self._held_until = self._heard_at + _HOLD_S
        if self._ending is not None and self._ending.get("reasonCode") == "goodbye":
            self._ending = None

    def noticed(self, frame: Info) -> None:
        """Who speaks now, as the relay tells it."""
        if frame.name == "agentSpeaking":
            self._talk.speaking(is_on=frame.value == "on")
        elif frame.name == "clientSpeaking":
            self._is_caller_speaking = frame.value == "on"
            self._heard_at = self._loop.time()

    async def run(self) -> None:
        """Until it is cancelled: the socket is over."""
        self._services.bus.listen(self._topic, self._ring)
        self._is_following = True
        while True:
            try:
                await self._keep_cut()
                while self._frames:
                    await self._take(self._frames.popleft())
                await self._speak_news()
                await self._on_time()
            except StorageError:  # said again in a moment; nothing that was accepted is lost
                await asyncio.sleep(0.2)
            await self._bell.wait(self._pause())

    async def leave(self) -> None:
        """The socket is over: what was cut is kept, and what nobody heard is known."""
        if self._is_following:
            self._services.bus.forget(self._topic, self._ring)
        try:
            await self._keep_cut()
            await self._services.database.write(
                lambda tx: phone_calls.spoke(tx, self._call.sid, self._thread_id, self._seen)
            )
        except StorageError:
            _log.warning("the end of a call was not kept", extra={"call": self._call.sid})

    # Frames

    async def _take(self, frame: Incoming) -> None:
        if isinstance(frame, Prompt):
            self._heard()
            if frame.is_last and frame.text.strip():
                await self._prompt(frame)
        elif isinstance(frame, Dtmf):
            self._heard()
            await self._key(frame.digit[:1])
        elif isinstance(frame, Failure):
            telemetry.errors.labels("relay").inc()
            _log.warning("the relay reports an error", extra={"call": self._call.sid, "why": frame.description[:120]})

    def _heard(self) -> None:
        self._heard_at, self._silences = self._loop.time(), 0

    async def _prompt(self, frame: Prompt) -> None:
        text = digits_for_words(understood(frame.text[:_LONGEST_SAID]))
        if await self._is_for_offer(text):
            return
        await self._accept(text, language_of(frame.language) if frame.language else self._language)

    async def _key(self, digit: str) -> None:
        if digit == "#":
            await self._keys_done()
        elif digit.isdigit() and len(self._keys) < _LONGEST_DIGITS:
            self._keys += digit
            self._keys_at = self._loop.time()

    async def _keys_done(self) -> None:
        """A number on the keys is complete."""
        digits, self._keys = self._keys, ""
        if not digits or await self._is_for_offer(digits):
            return
        if not self._prompts and len(digits) == 1 and await self._chose_language(int(digits)):
            return
        if digits == _HUMAN_KEY:
            await self._accept(phrases(self._language)["choice.human"], self._language, choice="human")
        else:
            await self._accept(digits, self._language)

    async def _chose_language(self, key: int) -> bool:
        codes = self._settings.languages
        if len(codes) < 2 or not 1 <= key <= len(codes):
            return False
        self._talk.begin()
        await self._turn_to(codes[key - 1][:2])
        await self._say(self._words("still_there"))
        return True

    async def _accept(self, text: str, language: str, choice: str | None = None) -> None:
        """Put what was said into the conversation; on disk when this returns, and its answer under way."""
        was_cut = self._held_until > 0
        await self._keep_cut()  # first: no yes is taken for what nobody heard
        self._talk.begin()
        self._is_handed |= self._ending is not None and self._ending["reasonCode"] == "live-agent"
        self._offer, self._ending, self._held_until = None, None, 0.0
        number = self._prompts + 1
        now = self._services.clock.now()
        inbound = Inbound(
            CHANNEL, sender_of(self._call), text, now,
            external_id=f"{self._call.sid}:{number}", conv=self._conv or None, choice=choice,
            locale=code_of(self._services.settings, language),
            meta={"call": self._call.sid, "net": f"tel:{self._call.number or self._call.sid}"},
        )  # fmt: skip
        try:
            accepted = await accept(self._services, inbound, lambda tx, stored: self._count(tx, stored, number))
        except RefusedInput as error:
            _log.info("words on a call were not accepted", extra={"call": self._call.sid, "why": error.code})
            await self._say(self._words("goodbye" if error.code == "blocked" else "again"))
            self._ending = {"reasonCode": "goodbye"} if error.code == "blocked" else None
            return
        except StorageError:
            await self._say(self._words("again"))
            return
        await self._accepted(accepted, number, was_cut=was_cut)

    async def _count(self, tx: Tx, accepted: Accepted, number: int) -> None:
        thread = accepted.thread
        await phone_calls.said(tx, self._call.sid, number, thread.id, accepted.identity.id, thread.public_id)

    async def _accepted(self, accepted: Accepted, number: int, *, was_cut: bool) -> None:
        thread = accepted.thread
        self._prompts, self._identity_id = number, accepted.identity.id
        self._last_said = accepted.event.seq
        self._owner = thread.state.owner_kind
        if thread.id != self._thread_id:
            self._follow(thread, accepted.event.seq)
        elif was_cut:
            await self._pass_over(accepted.event.seq)
        self._asked_at, self._is_filled = self._loop.time(), False
        if number == 1 and not accepted.is_repeat:
            await write_down(self._services, thread.id, beginning(self._call, self._services.settings))

    def _follow(self, thread: Thread, seen: int) -> None:
        """The call goes on in this conversation from here."""
        if self._is_following:
            self._services.bus.forget(self._topic, self._ring)
        self._thread_id, self._conv, self._seen = thread.id, thread.public_id, seen
        if self._is_following:
            self._services.bus.listen(self._topic, self._ring)
        self._is_stale = True

    async def _pass_over(self, seq: int) -> None:
        """After an interruption, what was answered before the caller's new words and never begun is not said any more."""
        missed = await self._services.database.read(
            lambda tx: news(tx, self._thread_id, self._conv, self._identity_id, self._seen)
        )
        self._cut += [Heard(each.seq, "", is_sure=True, share=0.0) for each in missed.told if each.seq < seq]
        self._is_handed |= bool(missed.handoff)
        self._seen = max(self._seen, seq)

    # The log

    @property
    def _topic(self) -> str:
        return f"thread:{self._thread_id}"

    def _ring(self, _topic: str, _stored: Any) -> None:
        self._is_stale = True
        self._bell.ring()

    async def _speak_news(self) -> None:
        now = self._loop.time()
        if not self._thread_id or now < self._held_until or (self._is_caller_speaking and self._held_until):
            return
        self._held_until = 0.0
        if not self._is_stale:
            return
        self._is_stale = False
        found = await self._services.database.read(
            lambda tx: news(tx, self._thread_id, self._conv, self._identity_id, self._seen)
        )
        await self._tell(found)
        if found.moved:
            await self._move(found)

    async def _tell(self, found: News) -> None:
        self._owner = found.owner or self._owner
        self._is_handed |= bool(found.handoff)
        for index, told in enumerate(found.told):
            is_last = index == len(found.told) - 1
            follow_up = self._after_handoff() if self._is_handed and is_last else ""
            if not await self._speak(told, follow_up):
                self._seen = max(self._seen, told.seq)
                self._is_stale = True
                return
        self._seen = max(self._seen, found.seen) if not found.moved else self._seen
        if self._asked_at and found.taken >= self._last_said and not found.told:
            self._asked_at = 0.0  # read, and left to a person
            await self._say(self._words("person_reads" if self._owner == "agent" else "noted"))

    async def _move(self, found: News) -> None:
        thread = await self._services.database.read(lambda tx: threads.by_id(tx, found.thread_id))
        if thread is not None:
            self._follow(thread, found.seen)
            await self._services.database.write(
                lambda tx: phone_calls.moved(tx, self._call.sid, thread.id, thread.public_id, found.seen)
            )

    async def _speak(self, told: Told, follow_up: str) -> bool:
        if told.language and language_of(told.language) != self._language and told.language[:2] in LANGUAGES:
            await self._turn_to(language_of(told.language))
        if self._asked_at:
            telemetry.hook_seconds.observe(max(0.0, self._loop.time() - self._asked_at))
        self._asked_at = 0.0
        if follow_up and self._ending:  # when somebody will answer in writing is no word for whoever is put through now
            facts = told.text.rpartition("\n\n")[0]
            return await self._say(f"{facts} {follow_up}".strip(), seq=told.seq)
        if not await self._say(told.text, seq=told.seq, last=not follow_up):
            return False
        return not follow_up or await self._say(follow_up)

    def _after_handoff(self) -> str:
        """What is said after a handoff, and what happens then: a person is rung, or a call-back is offered."""
        self._is_handed = False
        settings, now = self._services.settings, self._services.clock.now()
        if settings.calls.transfer_to and is_staffed(settings, now):
            self._ending = {"reasonCode": "live-agent", "conv": self._conv}
            return self._words("transfer")
        self._offer = Offer.of(self._services, self._call, self._language)
        return self._offer.text if self._offer else ""

    # Words

    def _words(self, key: str) -> str:
        return phrase(self._services, self._language, key)

    async def _say(self, text: str, *, seq: int = 0, last: bool = True) -> bool:
        code = code_of(self._services.settings, self._language)
        return await self._talk.say(text, self._language, code, seq=seq, last=last)

    async def _turn_to(self, language: str) -> None:
        """Speak and listen in another language, where calls are held in it."""
        if not speaks(self._services.settings, language) or language == self._language:
            return
        self._language = language
        await self._talk.send(turn_to(code_of(self._services.settings, language)))
        await self._services.database.write(lambda tx: phone_calls.speaks(tx, self._call.sid, language))

    async def _keep_cut(self) -> None:
        """Write down how much was heard of what was cut off."""
        cut, self._cut = self._cut, []
        if cut and self._thread_id:
            await voice_heard.keep(self._services, self._thread_id, self._identity_id, cut)

    # Offers

    async def _is_for_offer(self, text: str) -> bool:
        """Whether what was said chooses what was offered; the offer is over then, as it is when something else is said."""
        offer, self._offer = self._offer, None
        if offer is None:
            return False
        chosen = offer.chosen(text)
        if chosen is None:
            return False
        self._talk.begin()
        self._held_until = 0.0
        if chosen.is_message:
            self._ending = {"reasonCode": "voicemail", "conv": self._conv}
            return True
        await offer.agree(chosen, self._thread_id)
        await self._say(phrase(self._services, self._language, "agreed", when=chosen.words))
        self._ending = {"reasonCode": "goodbye", "conv": self._conv}
        return True

    # The clock

    async def _on_time(self) -> None:
        now = self._loop.time()
        if self._keys and now >= self._keys_at + self._settings.digits_s:
            await self._keys_done()
        if self._asked_at and not self._held_until:
            await self._keep_company(now)
        elif self._ending is not None:
            await self._end_after_playback(now)
        elif now >= self._silent_until() and not self._keys and self._owner != "agent":
            await self._on_silence()

    async def _keep_company(self, now: float) -> None:
        """An answer takes long: one word after a second, and the truth when it does not come at all."""
        if now >= self._asked_at + self._settings.answer_s:
            self._asked_at = 0.0
            await self._say(self._words("person_reads" if self._owner == "agent" else "slow"))
        elif not self._is_filled and now >= self._asked_at + self._settings.filler_s:
            self._is_filled = True
            await self._say(self._words("moment"), last=False)

    async def _end_after_playback(self, now: float) -> None:
        if self._has_ended or now < self._talk.playing_until + _AFTER_PLAYBACK_S or self._ending is None:
            return
        self._has_ended = True
        await self._end(self._ending)

    async def _on_silence(self) -> None:
        self._silences += 1
        self._heard_at = self._loop.time()
        if self._silences == 1:
            await self._say(self._words("still_there"))
        elif self._silences < _SILENCES and (offer := self._next_offer()) is not None:
            self._offer = offer
            await self._say(offer.text)
        else:
            await self._say(self._words("goodbye"))
            self._ending = {"reasonCode": "goodbye", "conv": self._conv}

    def _next_offer(self) -> Offer | None:
        return Offer.of(self._services, self._call, self._language) if self._thread_id else None

    def _silent_until(self) -> float:
        return max(self._heard_at, self._talk.playing_until) + self._settings.silence_s

    def _pause(self) -> float:
        """How long nothing is to be done, if nothing happens."""
        now = self._loop.time()
        marks = [now + _POLL_S]
        if self._keys:
            marks.append(self._keys_at + self._settings.digits_s)
        if self._held_until:
            marks.append(max(self._held_until, now + _HELD_POLL_S))
        if self._asked_at:
            mark = self._settings.answer_s if self._is_filled else self._settings.filler_s
            marks.append(self._asked_at + mark)
        elif self._ending is not None and not self._has_ended:
            marks.append(self._talk.playing_until + _AFTER_PLAYBACK_S)
        else:
            marks.append(self._silent_until())
        if marks[0] == min(marks):
            self._is_stale = True  # a wake-up may be lost: the log is looked at all the same
        return max(0.005, min(marks) - now)
