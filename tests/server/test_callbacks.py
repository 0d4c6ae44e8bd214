"""Call-backs: at the time that was chosen, with consent, one attempt at a time, looked up before another, never lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from memory import customers, timers
from memory.engines.base import Tx
from memory.times import from_ms
from server import app
from server.callbacks import CallBacks
from server.intake.voice_offer import KIND, free, may_call
from tests.server.intake.telephone import OPEN, TWILIO, Shop, calls, shop
from tests.support.exchange import ExchangeStandIn, Failure, exchange
from tests.support.relay import ANA, SHOP, Phone, words_of

KIM, LEE = "+14025550111", "+14025550122"
QUIET = tuple(loop for loop in app.LOOPS if loop.name != "call-backs")


@asynccontextmanager
async def agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> AsyncIterator["Agreed"]:
    """A shop whose caller chose a time, which has come."""
    monkeypatch.setattr(app.build, "__kwdefaults__", {**(app.build.__kwdefaults__ or {}), "loops": QUIET})
    async with exchange() as stand_in:
        twilio = replace(TWILIO, api_url=stand_in.url)
        people = changes.pop("transfer_to", (KIM, LEE))
        async with shop(tmp_path, calls=calls(call_back_hours="00:00-23:59"), twilio=twilio, desk=OPEN) as house:
            phone = house.phone()
            async with phone.talk() as line:
                await line.ask("I want to talk to a person")
                await line.ask("one")
            object.__setattr__(
                house.services.settings, "calls", calls(call_back_hours="00:00-23:59", transfer_to=people, **changes)
            )
            [task] = await house.log(phone, "follow_up")
            house.house.clock.advance(from_ms(task.body["at"]) - house.services.clock.now() + timedelta(seconds=1))
            yield Agreed(house, phone, stand_in, CallBacks(house.services))


class Agreed:
    """A call-back that is due, and whoever dials it."""

    def __init__(self, house: Shop, phone: Phone, stand_in: ExchangeStandIn, work: CallBacks) -> None:
        self.house, self.phone, self.exchange, self.work = house, phone, stand_in, work

    async def look(self, after: timedelta = timedelta()) -> None:
        """Time goes by, then whatever is due is done."""
        self.house.house.clock.advance(after)
        await self.work.drain()

    def dialled(self) -> list[str]:
        """Who was rung, in order."""
        return [call.to for call in self.exchange.placed()]

    def leg(self) -> Phone:
        """The call to the person who was rung last."""
        call = self.exchange.placed()[-1]
        return self.house.phone(number=SHOP, sid=call.sid, fields={"To": call.to, "Direction": "outbound-api"})

    async def open(self) -> bool:
        """Whether the call-back still stands."""
        key = f"{KIND}:{ANA}"
        return await self.house.services.database.read(lambda tx: timers.body_of(tx, key)) is not None


def action(twiml: Tree.Element, name: str) -> str:
    """Where an element of this name goes."""
    return str(next(twiml.iter(name)).get("action"))


async def test_a_person_is_rung_accepts_and_is_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch) as due:
        await due.look()
        assert due.dialled() == [KIM]
        fields = due.exchange.placed()[0].fields
        assert fields["From"] == [SHOP]
        leg = due.leg()
        asked = await leg.go(fields["Url"][0])
        assert "Ana" not in words_of(asked)
        assert ANA not in words_of(asked)
        assert asked[-1].tag == "Hangup"
        dialling = await leg.go(action(asked, "Gather"), Digits="1")
        assert next(dialling.iter("Number")).text == ANA
        assert next(dialling.iter("Dial")).get("callerId") == SHOP
        again = await leg.go(action(asked, "Gather"), Digits="1")
        assert [each.tag for each in again] == ["Hangup"], "the customer is rung once"
        await leg.go(action(dialling, "Dial"), DialCallStatus="completed", DialCallDuration="42")
        assert (await due.house.notes(due.phone))[-2:] == [f"Calling back {ANA}.", "The call-back lasted 42 s."]
        assert not await due.open()
        await due.look(timedelta(minutes=5))
        assert due.dialled() == [KIM]


async def test_whoever_does_not_accept_is_followed_by_the_next_then_by_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with agreed(tmp_path, monkeypatch) as due:
        for number in (KIM, LEE):
            await due.look()
            assert due.dialled()[-1] == number
            call = due.exchange.placed()[-1]
            call.status = "no-answer"
            for _ in range(2):  # told twice, it is followed once
                await due.leg().go(call.fields["StatusCallback"][0], CallStatus="no-answer")
        await due.look()
        assert due.dialled() == [KIM, LEE]
        assert not await due.open()
        assert (await due.house.notes(due.phone))[-1] == f"Call-back due now: {ANA} (nobody accepted it)."
        assert (await due.house.thread(due.phone)).state.owner_kind == "queue"


async def test_one_attempt_is_under_way_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch) as due:
        await due.look()
        due.exchange.placed()[0].status = "in-progress"
        await due.look(timedelta(minutes=2))
        await due.look(timedelta(minutes=2))
        assert due.dialled() == [KIM]


@pytest.mark.parametrize("failure", ["done_then_dropped", "html"])
async def test_what_was_perhaps_dialled_is_looked_up_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    """Sheet, section 5: no idempotency key, so a look-up comes before another call."""
    async with agreed(tmp_path, monkeypatch) as due:
        due.exchange.fails.append(failure)
        await due.look()
        assert due.dialled() == [KIM]
        due.exchange.asked.clear()
        await due.look(timedelta(minutes=2))
        assert due.exchange.asked == ["GET Calls.json"]
        assert due.dialled() == [KIM]


@pytest.mark.parametrize("failure", ["busy", "broken"])
async def test_what_was_never_dialled_is_dialled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    async with agreed(tmp_path, monkeypatch) as due:
        due.exchange.fails.append(failure)
        await due.look()
        assert due.dialled() == []
        await due.look(timedelta(minutes=2))
        await due.look()
        assert due.dialled() == [KIM]


async def test_a_number_that_twilio_refuses_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch, transfer_to=("+0", LEE)) as due:
        await due.look()
        await due.look(timedelta(seconds=20))
        assert due.dialled() == [LEE]


async def test_without_people_to_ring_the_desk_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch, transfer_to=()) as due:
        await due.look()
        assert due.dialled() == []
        assert (await due.house.notes(due.phone))[-1] == f"Call-back due now: {ANA}."


async def test_nobody_is_called_who_asked_for_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch) as due:

        async def stop(tx: Tx) -> None:
            found = await customers.proven(tx, "caller", ANA)
            assert found is not None
            await customers.stop(tx, found.id, due.house.services.clock.now())

        await due.house.services.database.write(stop)
        await due.look()
        assert due.dialled() == []
        assert not await due.open()
        assert "STOP" in (await due.house.notes(due.phone))[-1]


async def test_after_its_time_nobody_is_rung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch) as due:
        await due.look(timedelta(hours=6))
        assert due.dialled() == []
        assert not await due.open()


async def test_a_stranger_s_leg_connects_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with agreed(tmp_path, monkeypatch) as due:
        await due.look()
        eve = due.house.phone(number="+14025550166")
        twiml = await eve.go(f"/callback-accept?c={due.phone.sid}&turn=0", Digits="1")
        assert [each.tag for each in twiml] == ["Hangup"]
        assert await due.open()


async def test_times_that_are_offered_are_the_desk_s_and_the_customer_s(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(call_back_hours="09:00-17:00")) as house:
        now = house.services.clock.now()
        found = free(house.services, "+14155550100", now)  # California
        assert len(found) == 3
        for start, end in found:
            assert start > now + timedelta(minutes=30)
            assert may_call(house.services, "+14155550100", start, end)
        assert not may_call(house.services, "+14155550100", now.replace(hour=8), now.replace(hour=10))
