"""The telephone's webhooks: who may call them, what they answer, and that every way of a call ends somewhere."""

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as Tree

import pytest

from memory.engines.base import Tx
from server.errors import SettingsError
from server.settings import CallsSettings, ServerSettings, Settings, TwilioSettings, checked
from tests.server import core
from tests.server.intake.telephone import CLOSED, DELIVERED, PUBLIC, TWILIO, WHERE, Shop, calls, shop
from tests.support.relay import ANA, SHOP, Phone, relay_of, sign, words_of

KIM, LEE = "+14025550111", "+14025550122"
DOORS = (
    "", "/consent", "/after", "/gather", "/whisper", "/accept", "/dial-done", "/choice", "/voicemail", "/recording", "/status",
    "/callback", "/callback-accept", "/callback-done", "/callback-status",
)  # fmt: skip


async def rows(house: Shop, table: str) -> int:
    """How many rows a table has."""
    return await core.count(house.services, table)


def only(twiml: Tree.Element, name: str) -> Tree.Element:
    """The one element of a name."""
    found = list(twiml.iter(name))
    assert len(found) == 1, Tree.tostring(twiml, encoding="unicode")
    return found[0]


# Who may call


@pytest.mark.parametrize("door", DOORS)
async def test_the_table_of_attacks(tmp_path: Path, door: str) -> None:
    """pitfalls.md 19, 94-96: unsigned, wrong token, tampered body or URL, another account, no call: 403 and nothing stored."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        url = f"{PUBLIC}/webhooks/twilio/voice{door}"
        form = {"CallSid": phone.sid, "AccountSid": TWILIO.account_sid, "From": ANA, "To": SHOP}
        signed = sign(url, form)
        attacks: list[tuple[str, dict[str, str], dict[str, str]]] = [
            ("", form, {}),
            ("", form, {"X-Twilio-Signature": ""}),
            ("", form, {"X-Twilio-Signature": sign(url, form, token="another")}),
            ("", form, {"X-Twilio-Signature": sign(url.replace("https", "http"), form)}),
            ("", {**form, "From": "+14025550166"}, {"X-Twilio-Signature": signed}),
            ("?c=CA1", form, {"X-Twilio-Signature": signed}),
            ("", form, {"X-Twilio-Signature": signed, "X-Forwarded-Host": "evil.example"}),
        ]
        for query, sent, headers in attacks[:-1]:
            path = f"/webhooks/twilio/voice{door}{query}"
            answer = await house.house.client.post(path, data=sent, headers=headers)
            assert answer.status_code == 403, (query, headers)
        other = {**form, "AccountSid": "AC" + "9" * 32}
        assert (await phone.post(door, None, AccountSid=other["AccountSid"])).status_code == 403
        assert (await phone.post(door, None, CallSid="")).status_code == 403
        assert (await phone.post(door, None, CallSid="../x")).status_code == 403
        assert await rows(house, "phone_calls") == 0
        assert await rows(house, "journal") == 0
        _, sent, headers = attacks[-1]  # forwarded headers never count, for better or worse
        good = await house.house.client.post(f"/webhooks/twilio/voice{door}", data=sent, headers=headers)
        assert good.status_code == 200


async def test_a_shop_without_a_telephone_has_no_doors(tmp_path: Path) -> None:
    async with shop(tmp_path, twilio=TwilioSettings()) as house:
        for door in DOORS:
            assert (await house.phone().post(door)).status_code == 404


async def test_a_body_that_is_no_form_is_refused(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        headers = {"X-Twilio-Signature": "x", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await house.house.client.post("/webhooks/twilio/voice", content=b"\xff\xfe=%", headers=headers)
        assert answer.status_code == 403


# A call comes in


async def test_a_call_is_connected_to_the_socket_of_the_public_url(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        noun = relay_of(await phone.call())
        assert noun.get("url") == PUBLIC.replace("https", "wss") + "/webhooks/twilio/relay"
        assert "automated assistant" in str(noun.get("welcomeGreeting"))
        assert noun.get("welcomeGreetingInterruptible") == "none"


async def test_one_call_told_fifty_times_is_one_call_and_one_answer(tmp_path: Path) -> None:
    """Sheet, section 9: double webhook, one session."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        answers = await asyncio.gather(*(phone.post("", None, CallStatus="ringing") for _ in range(50)))
        assert len({answer.text for answer in answers}) == 1
        assert await rows(house, "phone_calls") == 1
        assert await rows(house, "journal") == 1


async def test_a_hostile_shop_name_breaks_no_document(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(greetings=('en-US=<&">]]>\x00 hello',))) as house:
        phone = house.phone()
        assert '<&">]]> hello' in str(relay_of(await phone.call()).get("welcomeGreeting"))


async def test_the_webhook_reads_no_conversation_and_asks_no_model(tmp_path: Path) -> None:
    """Sheet, section 1: static. With the order system hung, the call is answered all the same."""
    async with shop(tmp_path) as house:

        async def hang(*_: object) -> None:
            await asyncio.sleep(30)

        vars(house.services.store)["order_by_number"] = hang
        async with asyncio.timeout(2):
            await house.phone().call()


async def test_a_database_that_cannot_be_written_ends_the_call_in_words(tmp_path: Path) -> None:
    from memory.errors import StorageUnavailable

    async with shop(tmp_path) as house:

        async def broken(*_: object, **__: object) -> None:
            raise StorageUnavailable("no")

        vars_of: Any = house.services.database
        kept = vars_of.write
        vars_of.write = broken
        try:
            twiml = await house.phone().call()
        finally:
            vars_of.write = kept
        assert "technical problem" in words_of(twiml)
        assert twiml[-1].tag == "Hangup"


async def test_the_journal_replays_a_call_without_a_second_effect(tmp_path: Path) -> None:
    from memory import journal

    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask(WHERE)
        before = await rows(house, "events")
        now = house.services.clock.now()

        async def again(tx: Tx) -> int:
            return await journal.replay(tx, now.replace(year=2020), now)

        assert await house.services.database.write(again) >= 1
        house.services.bus.publish("calls")
        await asyncio.sleep(0.5)
        assert await house.services.database.read(journal.failed) == []
        assert await rows(house, "events") == before


# Recording


async def test_without_the_setting_nothing_is_recorded(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        assert list((await house.phone().call()).iter("Recording")) == []


async def test_a_recording_is_announced_before_it_begins(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(record="announce")) as house:
        phone = house.phone()
        twiml = await phone.call()
        assert [each.tag for each in twiml] == ["Say", "Start", "Connect"]
        assert "recorded" in words_of(twiml)
        assert (await house.call(phone)).body["consent"] == "announced"


@pytest.mark.parametrize(
    ("said", "records"),
    [({"Digits": "1"}, True), ({"SpeechResult": "Yes, sure."}, True), ({"Digits": "2"}, False), ({}, False)],
)
async def test_only_a_yes_records_where_it_is_asked_for(tmp_path: Path, said: dict[str, str], records: bool) -> None:
    async with shop(tmp_path, calls=calls(record="ask")) as house:
        phone = house.phone()
        asked = await phone.call()
        assert list(asked.iter("Recording")) == []
        twiml = await phone.go(str(only(asked, "Gather").get("action")), **said)
        assert bool(list(twiml.iter("Recording"))) is records
        assert relay_of(twiml) is not None


async def test_the_desk_sees_that_a_recording_is_there(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(record="announce")) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("hello")
        for _ in range(2):
            await phone.go(
                f"/recording?c={phone.sid}", RecordingSid="RE1", RecordingStatus="completed", RecordingDuration="12"
            )
        assert [each for each in await house.notes(phone) if "RE1" in each] == ["Recording of the call: RE1, 12 s."]


# After the socket


async def handed(house: Shop, phone: Phone) -> dict[str, str]:
    """The data with which our socket ends after the caller asked for a person."""
    async with phone.talk() as line:
        await line.ask("I want to talk to a person")
        return await line.ended()


async def test_a_broken_socket_is_tried_once_more_then_it_goes_by_sentences(tmp_path: Path) -> None:
    """interfaces, section 7: with ErrorCode: reconnect at most once, then `<Gather action=".../voice/gather">`."""
    async with shop(tmp_path) as house:
        phone = house.phone()
        tokens = []
        twiml = await phone.call()
        for _ in range(2):
            tokens.append(phone.setup(twiml)["customParameters"]["session"])
            async with phone.talk(twiml):
                pass
            twiml = await phone.go(f"/after?c={phone.sid}", ErrorCode="64105", ErrorMessage="x")
        assert len(set(tokens)) == 2
        gather = only(twiml, "Gather")
        assert str(gather.get("action")).startswith(f"{PUBLIC}/webhooks/twilio/voice/gather?")


@pytest.mark.parametrize("status", ["completed", "failed", "busy", "no-answer", "canceled"])
async def test_a_caller_who_hung_up_is_not_put_through(tmp_path: Path, status: str) -> None:
    """The decision table of the sheet: nobody is rung, nothing is opened again."""
    async with shop(tmp_path, calls=calls(transfer_to=(KIM,))) as house:
        phone = house.phone()
        data = await handed(house, phone)
        twiml = await phone.go(f"/after?c={phone.sid}", CallStatus=status, HandoffData=_json(data))
        assert list(twiml) == []
        assert (await house.call(phone)).state == "over"
        assert next(iter(await phone.call())).tag == "Hangup"


@pytest.mark.parametrize(
    "data", ["", "{", "[]", '{"reasonCode":7}', '{"reasonCode":"x"}', '{"reasonCode":"live-agent","conv":"c_other"}']
)
async def test_data_that_is_not_ours_transfers_nobody(tmp_path: Path, data: str) -> None:
    async with shop(tmp_path, calls=calls(transfer_to=(KIM,))) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("hello")
        twiml = await phone.go(f"/after?c={phone.sid}", HandoffData=data)
        assert list(twiml.iter("Dial")) == []
        assert relay_of(twiml) is not None


async def test_a_url_of_another_call_does_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(transfer_to=(KIM,))) as house:
        ana, eve = house.phone(), house.phone(number="+14025550166")
        data = await handed(house, ana)
        await eve.call()
        for door in ("after", "gather", "whisper", "accept", "dial-done", "choice", "voicemail", "consent"):
            twiml = await eve.go(f"/{door}?c={ana.sid}&turn=0", HandoffData=_json(data), Digits="1", RecordingSid="RE1")
            assert [each.tag for each in twiml] == ["Hangup"], door


def _json(data: dict[str, str]) -> str:
    import json

    return json.dumps(data)


# A person


async def put_through(house: Shop, phone: Phone) -> Tree.Element:
    """The TwiML that rings the first person."""
    data = await handed(house, phone)
    assert data["reasonCode"] == "live-agent"
    return await phone.go(f"/after?c={phone.sid}", HandoffData=_json(data))


async def test_a_person_accepts_hears_the_brief_and_has_the_caller(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(transfer_to=(KIM, LEE))) as house:
        phone = house.phone()
        twiml = await put_through(house, phone)
        dial, number = only(twiml, "Dial"), only(twiml, "Number")
        assert (number.text, dial.get("callerId"), dial.get("answerOnBridge")) == (KIM, SHOP, "true")
        leg = house.phone(number=SHOP, fields={"ParentCallSid": phone.sid})
        whispered = await leg.go(str(number.get("url")))
        assert [each.tag for each in whispered] == ["Gather", "Hangup"]
        assert "Ana" not in words_of(whispered)
        assert ANA not in words_of(whispered)
        brief = await leg.go(str(only(whispered, "Gather").get("action")), Digits="1")
        assert "wants to speak to a person" in words_of(brief)
        assert list(brief.iter("Hangup")) == []
        done = await phone.go(
            str(dial.get("action")), DialCallStatus="completed", DialBridged="true", DialCallDuration="61"
        )
        assert [each.tag for each in done] == ["Hangup"]
        notes = await house.notes(phone)
        assert f"The call was taken over at {KIM}." in notes
        assert "The call with a person lasted 61 s." in notes


async def test_a_voicemail_takes_no_call_and_the_next_person_is_rung(tmp_path: Path) -> None:
    """Sheet, section 4: a voicemail answers too, presses no key, and the caller goes on."""
    async with shop(tmp_path, calls=calls(transfer_to=(KIM, LEE))) as house:
        phone = house.phone()
        twiml = await put_through(house, phone)
        done = await phone.go(str(only(twiml, "Dial").get("action")), DialCallStatus="completed", DialBridged="true")
        assert only(done, "Number").text == LEE
        leg = house.phone(number=SHOP, fields={"ParentCallSid": phone.sid})
        wrong = await leg.go(f"/accept?c={phone.sid}&turn=1", Digits="7")
        assert [each.tag for each in wrong] == ["Hangup"]
        last = await phone.go(str(only(done, "Dial").get("action")), DialCallStatus="no-answer")
        assert list(last.iter("Dial")) == []
        assert words_of(last).startswith("Nobody can take the call right now.")
        assert only(last, "Gather").get("numDigits") == "1"


async def test_nobody_is_rung_while_the_desk_is_closed(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(transfer_to=(KIM,)), desk=CLOSED) as house:
        phone = house.phone()
        async with phone.talk() as line:
            said = await line.ask("I want to talk to a person")
            assert "putting you through" not in said


# A call-back, a message


async def test_a_caller_chooses_when_to_be_called(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            said = await line.ask("I want to talk to a person")
            assert re.search(r"Press 1 for .*Press 2 for .*Press 3 for ", said), said
            agreed = await line.ask("two, please")
            assert agreed.startswith("All right, somebody calls back")
            assert (await line.ended())["reasonCode"] == "goodbye"
        [task] = await house.log(phone, "follow_up")
        assert task.body["kind"] == "callback"
        assert task.body["number"] == ANA
        assert await rows(house, "timers") == 1
        twiml = await phone.go(f"/after?c={phone.sid}", HandoffData='{"reasonCode":"goodbye"}')
        assert [each.tag for each in twiml] == ["Hangup"]


async def test_whoever_just_goes_on_talking_is_answered(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("I want to talk to a person")
            await line.ask("my order is one zero four two and the red one is too small")
        assert await rows(house, "timers") == 0
        said = await core.said(house.services, await house.thread(phone), "customer")
        assert said[-1].endswith("1042 and the red one is too small")


async def test_a_withheld_number_cannot_be_called_back_but_may_leave_a_message(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone(number="anonymous")
        async with phone.talk() as line:
            said = await line.ask("I want to talk to a person")
            assert "call this number back" not in said
            assert "To leave a message, press 1." in said
            await line.press("1#")
            data = await line.ended()
        twiml = await phone.go(f"/after?c={phone.sid}", HandoffData=_json(data))
        assert only(twiml, "Record").get("maxLength") == "120"
        assert "1042" not in words_of(twiml)


async def test_a_message_after_the_tone_comes_into_its_conversation_once(tmp_path: Path) -> None:
    async with shop(tmp_path) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("I want to talk to a person")
        left = {"RecordingSid": "RE" + "1" * 32, "RecordingUrl": f"{PUBLIC}/x", "RecordingDuration": "23"}
        for _ in range(3):
            thanked = await phone.go(f"/voicemail?c={phone.sid}", **left)
            assert "message is kept" in words_of(thanked)
        for _ in range(100):
            if "Voicemail, 23 s" in (await core.said(house.services, await house.thread(phone), "customer")):
                break
            await asyncio.sleep(0.05)
        assert (await core.said(house.services, await house.thread(phone), "customer")).count("Voicemail, 23 s") == 1


# Sentence by sentence


async def sentence(house: Shop, phone: Phone, twiml: Tree.Element, **said: str) -> tuple[str, Tree.Element]:
    """Say something where we listen, and come back as often as we are told; (what was said, where we listen next)."""
    spoken, redirects = "", 0
    twiml = await phone.go(str(only(twiml, "Gather").get("action")), **said)
    while not list(twiml.iter("Gather")):
        spoken += f"{words_of(twiml)} "
        redirects += 1
        assert redirects <= 5
        twiml = await phone.go(str(only(twiml, "Redirect").text))
    return spoken + words_of(twiml), twiml


async def test_a_call_without_a_socket_is_answered_sentence_by_sentence(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(relay=False)) as house:
        phone = house.phone()
        twiml = await phone.call()
        assert "automated assistant" in words_of(twiml)
        said, twiml = await sentence(house, phone, twiml, SpeechResult=WHERE, Confidence="0.93")
        assert "1 0 4 2" in said
        said, twiml = await sentence(house, phone, twiml, SpeechResult="thank you")
        assert "1 0 4 2" not in said
        messages = [event for event in await house.log(phone, "message") if event.author_type == "customer"]
        assert [event.external_id for event in messages] == [f"{phone.sid}:1", f"{phone.sid}:2"]


async def test_the_same_sentence_told_twice_is_one_message(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(relay=False)) as house:
        phone = house.phone()
        action = str(only(await phone.call(), "Gather").get("action"))
        await asyncio.gather(*(phone.post(action, None, SpeechResult=WHERE) for _ in range(10)))
        assert len(await core.said(house.services, await house.thread(phone), "customer")) == 1


async def test_an_answer_that_never_comes_ends_in_words(tmp_path: Path) -> None:
    """interfaces, section 7: at most five `<Redirect>`s later."""
    from server.app import LOOPS

    assert any(loop.name == "turns" for loop in LOOPS)
    async with shop(tmp_path, calls=calls(relay=False)) as house:

        async def hang(_: str) -> None:
            await asyncio.sleep(60)

        vars(house.services.store)["order_by_number"] = hang
        phone = house.phone()
        twiml = await phone.call()
        said, _ = await sentence(house, phone, twiml, SpeechResult=WHERE)
        assert said.startswith("One moment, please.")


async def test_silence_ends_a_call_without_a_socket(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(relay=False)) as house:
        phone = house.phone()
        twiml = await phone.call()
        for _ in range(6):
            if not list(twiml.iter("Redirect")):
                break
            twiml = await phone.go(str(only(twiml, "Redirect").text))
        assert twiml[-1].tag == "Hangup"


async def test_every_url_that_we_name_is_ours_and_may_be_signed(tmp_path: Path) -> None:
    async with shop(tmp_path, calls=calls(record="announce", transfer_to=(KIM,))) as house:
        phone = house.phone()
        documents = [await phone.call(), await put_through(house, phone)]
        named = [
            value
            for each in documents
            for element in each.iter()
            for value in element.attrib.values()
            if "://" in value
        ]
        assert named
        for url in named:
            parts = urlsplit(url)
            assert parts.netloc == urlsplit(PUBLIC).netloc
            assert dict(parse_qsl(parts.query)).get("c", phone.sid) == phone.sid


def test_settings_of_calls_that_make_no_sense_are_refused() -> None:
    for wrong in (
        CallsSettings(languages=()), CallsSettings(languages=("english",)), CallsSettings(record="yes"),
        CallsSettings(transfer_to=("911",)), CallsSettings(call_back_hours="always"),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match=r"^calls\."):
            checked(Settings(calls=wrong))
    assert checked(Settings(server=ServerSettings(), calls=CallsSettings())).calls.relay


async def test_a_return_by_telephone(tmp_path: Path) -> None:
    async with shop(tmp_path, DELIVERED) as house:
        phone = house.phone()
        async with phone.talk() as line:
            await line.ask("I want to return the red scarf from order 1042, ana at example dot com, it is too small")
            await line.ask("refund to my original payment method")
            await line.ask("yes please")
        assert [event.body["action"]["name"] for event in await house.log(phone, "executed")] == ["start_return"]
