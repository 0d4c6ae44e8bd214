"""What was said on a call so far and how much of it was heard: talk cycles, playback, interruptions.

One cycle answers one turn of the caller and ends with exactly one `last`. A generation counts what may still be said: an
interruption or new words begin another one, and nothing of an older one is sent. What is spoken is played more slowly than it is
sent, so playback is reckoned, or known where the relay tells it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from channels.voice import frames
from channels.voice.frames import Interrupt
from channels.voice.speakable import chunks, speakable


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of a message was heard. `is_sure` False = reckoned by time."""

    seq: int
    text: str
    is_sure: bool
    share: float


@dataclass(slots=True)
class _Part:
    seq: int
    text: str


@dataclass(slots=True)
class Talk:
    """One call's side of the conversation. `now` is a clock in seconds, `rate` how many characters are spoken in one."""

    send: Callable[[str], Awaitable[None]]
    now: Callable[[], float]
    rate: float
    generation: int = 0
    is_open: bool = False
    playing_until: float = 0.0
    _parts: list[_Part] = field(default_factory=list)
    _is_speaking: bool | None = None

    def begin(self) -> None:
        """The caller said something new: what was said to them before is done with."""
        self.generation += 1
        self._parts.clear()

    async def say(self, text: str, language: str, code: str, *, seq: int = 0, last: bool = True) -> bool:
        """Speak a text in the cycle that is open, or in a new one; False when the caller cut in before all of it was sent."""
        generation, spoken = self.generation, speakable(text, language)
        if not self.is_open and self.now() >= self.playing_until:
            self._parts.clear()
        self.is_open = True
        pieces = chunks(f"{spoken} " if not last else spoken)
        part = _Part(seq, "")
        self._parts.append(part)
        for index, piece in enumerate(pieces):
            if generation != self.generation:
                return False
            is_last = last and index == len(pieces) - 1
            part.text += piece
            self.playing_until = max(self.now(), self.playing_until) + len(piece) / self.rate
            if is_last:
                self.is_open = False
            await self.send(frames.text(piece, last=is_last, language=code))
        return generation == self.generation

    async def close(self) -> None:
        """End the cycle that is open, if one is."""
        if self.is_open:
            self.is_open = False
            await self.send(frames.text("", last=True))

    def interrupted(self, frame: Interrupt) -> list[Heard]:
        """The caller cut in: nothing more of this generation is said. What was not heard to its end, message by message."""
        self.generation += 1
        self.is_open = False
        self.playing_until = self.now()
        whole = "".join(part.text for part in self._parts)
        end, is_sure = _heard_up_to(whole, frame, self.rate)
        found, at = [], 0
        for part in self._parts:
            heard = part.text[: max(0, end - at)]
            at += len(part.text)
            if part.seq and len(heard.rstrip()) < len(part.text.rstrip()):
                share = len(heard.strip()) / max(1, len(part.text.strip()))
                found.append(Heard(part.seq, heard.strip(), is_sure, share))
        self._parts.clear()
        return found

    def speaking(self, *, is_on: bool) -> None:
        """The relay tells that we are heard now, or no more."""
        if not is_on and self._is_speaking is not False:
            self.playing_until = min(self.playing_until, self.now())
        self._is_speaking = is_on


def _heard_up_to(whole: str, frame: Interrupt, rate: float) -> tuple[int, bool]:
    """(how much of what was sent was heard, whether that is sure).

    What is told is what the voice said, where numbers and signs may read otherwise: only letters and digits are compared. Where that
    finds nothing, the time says how much it was."""
    said, places = _letters(whole)
    heard, _ = _letters(frame.heard)
    if not heard:
        return (0, True) if not frame.after_ms else (_by_time(whole, frame, rate), False)
    start = said.find(heard)
    if start < 0:
        return _by_time(whole, frame, rate), False
    end = places[start + len(heard) - 1] + 1
    while end < len(whole) and not whole[end].isalnum() and whole[end] != " ":
        end += 1
    return end, True


def _by_time(whole: str, frame: Interrupt, rate: float) -> int:
    """As much as is spoken in that time, back to the last whole word."""
    reckoned = min(len(whole), int(frame.after_ms / 1000 * rate))
    if reckoned == len(whole):
        return reckoned
    return max(0, whole.rfind(" ", 0, reckoned + 1))


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits in small, each with its place in the text."""
    found = [(sign, place) for place, each in enumerate(text) for sign in each.casefold() if sign.isalnum()]
    return "".join(sign for sign, _ in found), [place for _, place in found]
