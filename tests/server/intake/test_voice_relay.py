"""The live socket of a call: who may open it, what is accepted, what is spoken when, and what the caller may cut off."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.server import core
from tests.server.intake.telephone import WHERE, Shop, calls, shop
from tests.support.relay import ANA, Line, Phone, refusal, sign


async def closed(line: Line) -> int | None:
    """The code that a socket was closed with."""
    async with asyncio.timeout(5):
        await line.closed.wait()
    return line.socket.close_code


async def test_a_caller_asks_and_hears_the_answer(tmp_path: Path) -> None:
    async with shop(tmp_path) as house, house.phone().talk() as line:
        answer = await line.ask(WHERE)
        assert "Order 1 0 4 2" in answer
        assert re.search(r"https?:|[*#`]", answer) is None


async def test_what_was_dictated_is_understood_and_stands_in_the_transcript(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask(WHERE)
        said = await core.said(house.services, await house.thread(phone), "customer")
        assert said == ["where is my order 1042? my email is ana@example.com"]
        messages = await house.log(phone, "message")
        assert {event.channel for event in messages} == {"voice"}
        assert messages[0].external_id == f"{phone.sid}:1"


# Who may open it


async def test_a_socket_without_a_good_signature_is_refused_before_it_is_accepted(tmp_path: Path) -> None:
    """Sheet, section 9: 403 on a bad signature."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        twiml = await phone.call()
        url = str(next(twiml.iter("ConversationRelay")).get("url"))
        for bad in ("", "x", sign(url, token="another"), sign(url + "?x=1"), sign(url.replace("wss", "https"))):
            assert await refusal(phone.talk(twiml, signature=bad)) == 403
        assert await refusal(phone.talk(twiml)) == 101


@pytest.mark.parametrize(
    "changes",
    [
        {"callSid": "CA" + "9" * 32},
        {"accountSid": "AC" + "9" * 32},
        {"customParameters": {}},
        {"customParameters": {"session": "x"}},
        {"customParameters": {"session": "CA1.1.99999999999999.00"}},
        {"type": "prompt", "voicePrompt": "hello", "last": True},
        {"type": "dtmf", "digit": "1"},
        {"type": "hologram"},
    ],
)
async def test_a_first_frame_that_is_not_this_calls_ends_the_socket(tmp_path: Path, changes: dict[str, object]) -> None:
    """interfaces, section 7: a wrong callSid or token, or frames before setup: close 1008."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        twiml = await phone.call()
        async with phone.talk(twiml, first=phone.setup(twiml) | changes) as line:
            assert await closed(line) == 1008


async def test_a_token_opens_one_socket(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        twiml = await phone.call()
        async with phone.talk(twiml) as first, phone.talk(twiml) as second:
            assert await closed(second) == 1008
            assert not first.closed.is_set()
            assert "1 0 4 2" in await first.ask(WHERE)


async def test_the_token_of_another_call_opens_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        ana, eve = house.phone(), house.phone(number="+14025550166")
        theirs, own = await ana.call(), await eve.call()
        stolen = ana.setup(theirs)["customParameters"]
        async with eve.talk(own, first=eve.setup(own) | {"customParameters": stolen}) as line:
            assert await closed(line) == 1008


async def test_a_token_ends(tmp_path: Path) -> None:
    from datetime import timedelta

    async with shop(tmp_path) as house:
        phone = house.phone()
        twiml = await phone.call()
        house.house.clock.advance(timedelta(minutes=6))
        async with phone.talk(twiml) as line:
            assert await closed(line) == 1008


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"type":7}'])
async def test_what_is_no_frame_ends_the_socket(tmp_path: Path, text: str) -> None:
    async with shop(tmp_path) as house, house.phone().talk() as line:
        await line.socket.send(text)
        assert await closed(line) == 1008


async def test_an_unknown_frame_is_passed_over(tmp_path: Path) -> None:
    async with shop(tmp_path) as house, house.phone().talk() as line:
        await line.put({"type": "hologram", "x": 1})
        await line.prompt("still speaking", last=False)
        assert "1 0 4 2" in await line.ask(WHERE)
        assert line.count() == 1


# Talk cycles


async def test_every_turn_ends_once_and_no_number_is_cut(tmp_path: Path) -> None:
    """Sheet, section 9: exactly one `last:true` per turn; chunks at spaces."""
    async with shop(tmp_path) as house, house.phone().talk() as line:
        for text in (WHERE, "when does it come?", "thank you"):
            await line.ask(text)
        await asyncio.sleep(0.3)
        assert line.count() == 3
        tokens = [each.frame["token"] for each in line.frames if each.frame["type"] == "text"]
        assert all(
            token.endswith(" ") for token, last in zip(tokens, line.frames, strict=False) if not last.frame["last"]
        )


async def test_a_slow_answer_is_bridged_by_one_word(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(filler_s=0.1)) as house:
        phone = house.phone()
        twiml = await phone.call()
        async with phone.talk(twiml) as line, _slow(house, 0.6):
            answer = await line.ask(WHERE)
            assert answer.startswith("One moment, please. ")
            assert answer.count("One moment") == 1
            assert "1 0 4 2" in answer
            assert line.count() == 1


def _slow(house: Shop, seconds: float) -> "_Slow":
    return _Slow(house, seconds)


class _Slow:
    """While it lasts, the order system takes its time."""

    def __init__(self, house: Shop, seconds: float) -> None:
        self._store, self._seconds = house.services.store, seconds

    async def __aenter__(self) -> None:
        for name in ("order", "order_by_number"):
            vars(self._store)[name] = self._slowly(getattr(self._store, name))

    def _slowly(self, read: Callable[[str], Awaitable[object]]) -> Callable[[str], Awaitable[object]]:
        async def slowly(which: str) -> object:
            await asyncio.sleep(self._seconds)
            return await read(which)

        return slowly

    async def __aexit__(self, *_: object) -> None:
        for name in ("order", "order_by_number"):
            del vars(self._store)[name]


async def test_two_parts_of_one_sentence_get_one_answer(tmp_path: Path) -> None:
    """Sheet, rule 7: two prompts in quick succession are one turn if the answer has not begun."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line, _slow(house, 0.3):
            await line.prompt("where is my order 1042?")
            await line.prompt("my email is ana at example dot com")
            assert "1 0 4 2" in await line.answer()
            await asyncio.sleep(0.5)
            assert line.count() == 1
        assert len(await core.said(house.services, await house.thread(phone), "customer")) == 2


# Barge-in


async def test_what_was_heard_of_an_answer_is_kept(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(chars_per_s=15)) as house:
        phone = house.phone()
        async with phone.talk() as line:
            answer = await line.ask(WHERE)
            heard = answer[: answer.index(" ", 30)]
            await line.interrupt(heard.upper().replace(" ", "  "))
            await asyncio.sleep(0.3)
        [delivery] = await house.log(phone, "delivery")
        assert delivery.body["status"] == "heard"
        assert delivery.body["heard"] == heard
        assert "heard_uncertain" not in delivery.body
        reply = (await house.log(phone, "message"))[-1]
        assert delivery.body["of"] == reply.seq


async def test_what_cannot_be_matched_is_reckoned_by_time_and_marked(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(chars_per_s=15)) as house:
        phone = house.phone()
        async with phone.talk() as line:
            answer = await line.ask(WHERE)
            await line.interrupt("order number one thousand and forty two", "2000")
            await asyncio.sleep(0.3)
        [delivery] = await house.log(phone, "delivery")
        assert delivery.body["heard_uncertain"] is True
        assert answer.startswith(delivery.body["heard"])
        assert 15 <= len(delivery.body["heard"]) <= 31


async def test_nothing_old_is_said_after_an_interruption(tmp_path: Path) -> None:
    """Sheet, rule 3: what was made before the interruption is not sent after it."""
    async with shop(tmp_path, calls=calls(filler_s=0.05)) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask(WHERE)
            async with _slow(house, 0.4):
                await line.prompt("when does it come?")
                await line.until(lambda frames: frames[-1].frame.get("last") is False)
                before = len(line.frames)
                await line.interrupt("One moment")
                for _ in range(60):  # the answer is made meanwhile
                    made = (await house.log(phone, "message"))[-1]
                    if made.author_type == "assistant":
                        break
                    await asyncio.sleep(0.05)
                assert made.author_type == "assistant"
                await asyncio.sleep(0.2)
            assert line.frames[before:] == []
            await line.prompt("thank you, goodbye")
            await line.until(lambda frames: frames[-1].frame.get("last") is True)
            said = "".join(each.frame["token"] for each in line.frames[before:])
            assert "Goodbye" in said or "welcome" in said
            assert "1 0 4 2" not in said
        [delivery] = await house.log(phone, "delivery")
        assert (delivery.body["of"], delivery.body["heard"]) == (made.seq, "")


async def test_what_nobody_heard_is_not_taken_for_told(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(chars_per_s=15)) as house:
        phone = house.phone()
        async with phone.talk() as line:
            first = await line.ask(WHERE)
            await line.interrupt(" ".join(first.split()[:2]))
            again = await line.ask("sorry, where is my order 1042?")
            assert re.search(r"on (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|today|tomorrow", again), again


async def test_no_yes_is_taken_for_a_question_that_nobody_heard(tmp_path: Path) -> None:
    from tests.server.intake.telephone import DELIVERED

    async with shop(tmp_path, DELIVERED, calls=calls(chars_per_s=15)) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("I want to return the red scarf from order 1042, ana at example dot com, it is too small")
            question = await line.ask("refund to my original payment method")
            assert question.rstrip().endswith("?")
            await line.interrupt(" ".join(question.split()[:3]))
            await line.ask("yes")
        assert await house.log(phone, "executed") == []


# Keys, silence, language, end


async def test_keys_are_a_number_after_a_pause_or_a_hash(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.press("1042#")
            await line.answer()
            await line.press("1042")
            await line.answer()
        assert await core.said(house.services, await house.thread(phone), "customer") == ["1042", "1042"]


async def test_the_zero_asks_for_a_person(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.press("0#")
            await line.answer()
        assert [event.body["reason"] for event in await house.log(phone, "handoff")] == ["requested"]


async def test_silence_is_asked_about_once_then_the_call_ends(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(silence_s=0.15)) as house:
        phone = house.phone()
        async with phone.talk() as line:
            assert (await line.answer(1)).startswith("Are you still there?")
            await line.answer(2)
            data = await line.ended()
            assert data["reasonCode"] == "goodbye"


async def test_nothing_ends_before_it_was_spoken(tmp_path: Path) -> None:
    """Sheet, section 9: `end` only after playback."""
    async with shop(tmp_path, calls=calls(silence_s=0.1, chars_per_s=60)) as house, house.phone().talk() as line:
        await line.ended()
        end = line.frames[-1]
        goodbye = next(each for each in line.frames if "Goodbye" in each.frame.get("token", ""))
        assert end.at - goodbye.at >= len(goodbye.frame["token"]) / 60


async def test_a_key_chooses_the_language(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(languages=("en-US", "de-DE"))) as house:
        phone = house.phone()
        twiml = await phone.call()
        assert "Für Deutsch die Taste 2." in str(next(twiml.iter("ConversationRelay")).get("welcomeGreeting"))
        async with phone.talk(twiml) as line:
            await line.press("2#")
            await line.answer()
            changed = next(each.frame for each in line.frames if each.frame["type"] == "language")
            assert changed["ttsLanguage"] == "de-DE"
            answer = await line.ask("Wo ist meine Bestellung eins null vier zwei? ana at example punkt com", "de-DE")
            assert "1 0 4 2" in answer
            assert {each.frame.get("lang") for each in line.frames if each.frame["type"] == "text"} == {"de-DE"}


async def test_the_language_follows_the_answer(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(languages=("en-US", "es-MX"))) as house, house.phone().talk() as line:
        await line.ask("¿dónde está mi pedido uno cero cuatro dos? mi correo es ana arroba example punto com", "es-MX")
        kinds = [each.frame["type"] for each in line.frames]
        assert kinds[0] == "language"
        assert line.frames[1].frame["lang"] == "es-MX"


# Whose conversation


async def test_withheld_numbers_are_nobody_in_particular(tmp_path: Path) -> None:
    """Sheet, section 9: anonymous callers are not merged."""
    async with shop(tmp_path) as house:
        ids = set()
        for number in ("anonymous", "Restricted", "+266696687", ""):
            phone = house.phone(number=number)
            async with phone.talk() as line:
                await line.ask("hello")
            ids.add((await house.thread(phone)).customer_id)
        assert len(ids) == 4


async def test_a_number_alone_shows_nothing_of_an_earlier_call(tmp_path: Path) -> None:
    """Caller ID is spoofed with ease: what was proven in one call holds for that call."""
    async with shop(tmp_path) as house:
        first, second = house.phone(), house.phone()
        async with first.talk() as line:
            assert "1 0 4 2" in await line.ask(WHERE)
        async with second.talk() as line:
            answer = await line.ask("where is my order?")
            assert re.search("on its way|UPS|Omaha", answer) is None, answer
            again = await line.ask("my order number is one zero four two")
            assert re.search("on its way|UPS|Omaha", again) is None, again
        assert (await house.thread(first)).id != (await house.thread(second)).id
        assert (await house.thread(first)).customer_id == (await house.thread(second)).customer_id


async def test_a_number_that_its_carrier_vouches_for_goes_on_in_its_conversation(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        vouched = {"StirVerstat": "TN-Validation-Passed-A"}
        first, second = house.phone(fields=vouched), house.phone(fields=vouched)
        for phone in (first, second):
            async with phone.talk() as line:
                await line.ask("hello")
        assert (await house.thread(first)).id == (await house.thread(second)).id
        assert "vouches" in (await house.notes(first))[0]


@pytest.mark.parametrize("verdict", ["TN-Validation-Passed-B", "TN-Validation-Failed-A", "No-TN-Validation", ""])
async def test_no_other_word_on_a_number_counts(tmp_path: Path, verdict: str) -> None:
    async with shop(tmp_path) as house:
        first, second = (house.phone(fields={"StirVerstat": verdict}) for _ in range(2))
        for phone in (first, second):
            async with phone.talk() as line:
                await line.ask("hello")
        assert (await house.thread(first)).id != (await house.thread(second)).id


async def test_the_call_stands_in_its_conversation(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask(WHERE)
        await phone.go(f"/after?c={phone.sid}", CallStatus="completed")
        notes = await house.notes(phone)
        assert notes[0] == f"Call from {ANA}."
        assert notes[-1].startswith("Call ended after ")


async def test_the_same_call_once_more_over_a_second_socket(tmp_path: Path) -> None:
    """A socket that dies in a turn: once more with a new token, and what was answered meanwhile is told."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line, _slow(house, 0.3):
            await line.prompt(WHERE)
            await asyncio.sleep(0.1)
        again = await phone.go(f"/after?c={phone.sid}", CallStatus="in-progress", ErrorCode="64105")
        async with phone.talk(again) as line:
            assert "1 0 4 2" in await line.answer()
            await line.ask("when does it come?")
        messages = [event for event in await house.log(phone, "message") if event.author_type == "customer"]
        assert [event.external_id for event in messages] == [f"{phone.sid}:1", f"{phone.sid}:2"]


async def test_a_second_socket_of_a_call_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """Sheet, section 2: one live socket for a call; another one replaces it only after the same checks."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as first:
            again = await phone.go(f"/after?c={phone.sid}", ErrorCode="64105")
            async with phone.talk(again) as second:
                assert await closed(first) == 1008
                assert "1 0 4 2" in await second.ask(WHERE)


async def test_a_database_that_is_slow_loses_no_prompt(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("hello")
            database: Any = house.services.database
            write = database.write

            async def slowly(*given: Any, **named: Any) -> Any:
                await asyncio.sleep(0.3)
                return await write(*given, **named)

            database.write = slowly
            try:
                assert "1 0 4 2" in await line.ask(WHERE)
            finally:
                database.write = write


async def test_a_code_by_key_is_redeemed_and_stands_nowhere(tmp_path: Path) -> None:
    """Sheet, rule 8: no digit of a code is echoed; it is taken at the door."""
    from server.codes import RECEIVED

    async with shop(tmp_path) as house:
        sent: list[str] = []

        class Post:
            async def post(self, _kind: str, _destination: str, text: str) -> None:
                sent.append(text)

        object.__setattr__(house.services, "post", Post())
        house.services.codes.post = Post()
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("where is my order? I do not know its number, my email is ana at example dot com")
            for _ in range(40):
                if sent:
                    break
                await asyncio.sleep(0.05)
            code = re.search(r"\b\d{6}\b", sent[-1])
            assert code is not None
            await line.press(f"{code.group()}#")
            assert "1 0 4 2" in await line.answer()
        texts = await core.said(house.services, await house.thread(phone), "customer")
        assert any(RECEIVED in text for text in texts)
        assert all(code.group() not in text for text in texts)


async def test_a_socket_that_is_gone_takes_nothing_with_it(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        twiml = await phone.call()
        with pytest.raises(ConnectionClosed):
            async with phone.talk(twiml) as line:
                line.socket.transport.abort()
                await line.closed.wait()
                await line.prompt("hello")
        assert isinstance(phone, Phone)
