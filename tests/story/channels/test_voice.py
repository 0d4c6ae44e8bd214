"""A customer on the telephone, from the first ring to the solution, over Twilio's own protocol: with its REST failing once on each call.

Where is it, a return, a person who writes and one who is put through, a call-back, and the end: one conversation at the desk.
"""

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from memory.agents import Agent
from memory.times import from_ms
from server.desk import work
from tests.server import core
from tests.server.intake.telephone import DELIVERED, OPEN, TWILIO, WHERE, Shop, calls, shop
from tests.support.exchange import exchange
from tests.support.relay import ANA, SHOP, Line, Phone, words_of

KIM = "+14025550111"


async def heard(line: Line, words: str) -> None:
    """Wait until these words were spoken."""
    await line.until(lambda _: words in line.all())


async def reply(house: Shop, phone: Phone, agent: Agent, text: str) -> None:
    """A person writes in the console."""
    thread = await house.thread(phone)
    await work.reply(house.services, thread.public_id, agent, text, thread.state.last_seq, f"r-{text[:8]}")


async def test_a_customer_on_the_telephone(tmp_path: Path) -> None:
    async with shop(tmp_path, DELIVERED) as house:
        kim = await core.someone(house.services, "Kim")
        phone = house.phone()
        async with phone.talk() as line:
            where = await line.ask(WHERE)
            assert "1 0 4 2" in where
            await line.ask("I want to return the red scarf, it is too small")
            question = await line.ask("refund to my original payment method")
            assert question.rstrip().endswith("?")
            done = await line.ask("yes please")
            assert "return" in done.lower()
            assert [event.body["action"]["name"] for event in await house.log(phone, "executed")] == ["start_return"]
            await line.ask("I want to talk to a person")
            assert (await house.thread(phone)).state.owner_kind == "queue"
            await work.claim(house.services, (await house.thread(phone)).public_id, kim)
            await reply(house, phone, kim, "Hello Ana, this is Kim. The label is in your mail.")
            await heard(line, "this is Kim")
            await line.prompt("thank you Kim, that is all")
            await asyncio.sleep(0.2)
            conv = (await house.thread(phone)).public_id
            await work.resolve(house.services, conv, kim)
        await phone.go(f"/after?c={phone.sid}", CallStatus="completed")
        thread = await house.thread(phone)
        assert thread.state.status == "resolved"
        messages = await house.log(phone, "message")
        assert {event.channel for event in messages} == {"voice"}
        assert (await house.notes(phone))[-1].startswith("Call ended after")


async def test_what_a_person_writes_after_the_call_is_not_lost_in_the_air(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        kim = await core.someone(house.services, "Kim")
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("I want to talk to a person")
        await phone.go(f"/after?c={phone.sid}", CallStatus="completed")
        await reply(house, phone, kim, "Hello, are you still there?")
        [failed] = [event for event in await house.log(phone, "delivery") if event.body["status"] == "failed"]
        message = (await house.log(phone, "message"))[-1]
        assert failed.body["of"] == message.seq
        assert failed.body["error"].startswith("the call is over")


async def test_a_call_is_put_through_and_nobody_comes_so_it_is_called_back(tmp_path: Path) -> None:
    async with exchange() as stand_in:
        twilio = replace(TWILIO, api_url=stand_in.url)
        wanted = calls(transfer_to=(KIM,), call_back_hours="00:00-23:59")
        async with shop(tmp_path, calls=wanted, twilio=twilio, desk=OPEN) as house:
            phone = house.phone()
            async with phone.talk() as line:
                await line.ask(WHERE)
                said = await line.ask("let me talk to a person please")
                assert "putting you through" in said
                data = await line.ended()
            ringing = await phone.go(f"/after?c={phone.sid}", HandoffData=json.dumps(data))
            nobody = await phone.go(str(next(ringing.iter("Dial")).get("action")), DialCallStatus="no-answer")
            assert re.search("Press 1 for .*leave a message", words_of(nobody))
            agreed = await phone.go(str(next(nobody.iter("Gather")).get("action")), Digits="1")
            assert "calls back" in words_of(agreed)
            stand_in.fails.append("broken")
            [task] = await house.log(phone, "follow_up")
            house.house.clock.advance(from_ms(task.body["at"]) - house.services.clock.now() + timedelta(seconds=1))
            for _ in range(60):
                house.services.bus.publish("callbacks")
                await asyncio.sleep(0.05)
                if stand_in.placed():
                    break
                house.house.clock.advance(timedelta(seconds=10))
            [call] = stand_in.placed()
            assert call.to == KIM
            leg = house.phone(number=SHOP, sid=call.sid, fields={"To": KIM, "Direction": "outbound-api"})
            asked = await leg.go(call.fields["Url"][0])
            dialling = await leg.go(str(next(asked.iter("Gather")).get("action")), Digits="1")
            assert next(dialling.iter("Number")).text == ANA
            await leg.go(
                str(next(dialling.iter("Dial")).get("action")), DialCallStatus="completed", DialCallDuration="90"
            )
            assert (await house.notes(phone))[-1] == "The call-back lasted 90 s."
