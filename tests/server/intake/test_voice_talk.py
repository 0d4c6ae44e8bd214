"""Talk cycles: one end each, nothing of an old generation, and how much was heard."""

import json

import pytest

from channels.voice.frames import Interrupt
from server.intake.voice_heard import unheard
from server.intake.voice_talk import Heard, Talk

LONG = "Your parcel is in Omaha, and it comes on Monday. " * 12


class Caller:
    """Keeps what was sent; `time` moves by hand."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.time = 0.0
        self.talk = Talk(self._take, lambda: self.time, 10.0)
        self.cuts_after = 0

    async def _take(self, text: str) -> None:
        self.sent.append(json.loads(text))
        if self.cuts_after and len(self.sent) == self.cuts_after:
            self.talk.interrupted(Interrupt("Your parcel", 500))

    @property
    def ends(self) -> int:
        """How many cycles ended."""
        return sum(1 for each in self.sent if each["last"])


async def test_a_cycle_ends_once_whatever_is_said_in_it() -> None:
    caller = Caller()
    await caller.talk.say("One moment.", "en", "en-US", last=False)
    assert caller.ends == 0
    await caller.talk.say(LONG, "en", "en-US", seq=3)
    assert caller.ends == 1
    assert "".join(str(each["token"]) for each in caller.sent) == f"One moment. {LONG.strip()}"


async def test_nothing_more_is_sent_once_the_caller_cuts_in() -> None:
    caller = Caller()
    caller.cuts_after = 2
    assert not await caller.talk.say(LONG, "en", "en-US", seq=3)
    assert len(caller.sent) == 2
    assert caller.ends == 0
    await caller.talk.close()
    assert len(caller.sent) == 2


async def test_playback_is_reckoned_and_ends_when_the_relay_says_so() -> None:
    caller = Caller()
    await caller.talk.say("a" * 100, "en", "en-US", seq=1)
    assert caller.talk.playing_until == pytest.approx(10.0)
    caller.time = 4.0
    caller.talk.speaking(is_on=True)
    caller.talk.speaking(is_on=False)
    assert caller.talk.playing_until == 4.0


@pytest.mark.parametrize(
    ("heard", "after_ms", "kept", "is_sure"),
    [
        ("One moment. Your parcel is", 0, "Your parcel is", True),
        ("your PARCEL, is", 0, "Your parcel is", True),
        ("One mom", 0, "", True),
        ("your parcel is in the town of Omaha", 3000, "Your parcel is in", False),
        ("", 3000, "Your parcel is in", False),
        ("", 0, "", True),
        ("nonsense", 0, "", False),
    ],
)
async def test_what_was_heard(heard: str, after_ms: int, kept: str, is_sure: bool) -> None:
    caller = Caller()
    await caller.talk.say("One moment.", "en", "en-US", last=False)
    await caller.talk.say("Your parcel is in Omaha today.", "en", "en-US", seq=7)
    [found] = caller.talk.interrupted(Interrupt(heard, after_ms))
    assert (found.seq, found.text, found.is_sure) == (7, kept, is_sure)


async def test_what_was_heard_to_its_end_is_not_cut() -> None:
    caller = Caller()
    await caller.talk.say("It is in Omaha.", "en", "en-US", seq=7)
    await caller.talk.say("Anything else?", "en", "en-US", seq=8)
    found = caller.talk.interrupted(Interrupt("It is in Omaha. Any", 0))
    assert found == [Heard(8, "Any", True, found[0].share)]
    assert caller.talk.interrupted(Interrupt("It", 0)) == []


def test_what_was_not_heard_was_not_told_and_nothing_was_agreed_to() -> None:
    saved = {"language": "en", "told": {"o/s": "2026-11-23"}, "asked": "confirm", "proposal": {"x": 1}, "options": [1]}
    assert unheard(saved) == {"language": "en"}
    assert unheard({"asked": "email", "language": "en"}) == {"asked": "email", "language": "en"}
