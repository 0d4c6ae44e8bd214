"""WhatsApp by Twilio, the whole way: an order, a return, a person, the end; with Twilio failing once on every call."""

import asyncio
import itertools
from pathlib import Path

import pytest

from memory import outbox
from server.desk import work
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, shipped
from tests.story.channels.twilio_phone import Scene, scene
from tests.support.twilio import ANA, REPLY, WHATSAPP, Caller

BUYER: Raw = {
    "id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+14025550100"], "zip": "68102",
}  # fmt: skip
MOVING = [an_event(ago(hours=30), "picked_up"), an_event(ago(hours=3), "in_transit")]
ON_ITS_WAY = shipped(*MOVING, order={"customer": BUYER})
DELIVERED = shipped(MOVING[0], an_event(ago(hours=26), "delivered"), order={"customer": BUYER})


async def test_an_order_a_return_a_person_and_the_end(tmp_path: Path) -> None:
    async with scene(tmp_path, DELIVERED, is_strict=False) as phone:
        phone.twilio.moods |= {
            "create": ["take_and_drop"], "list": ["busy"], "content": ["broken"], "typing": ["hang"],
        }  # fmt: skip
        said = await phone.ask("where is my order?")
        assert "#1042" in said
        assert "delivered" in said.lower()
        await _returned(phone)
        await _handed_over(phone)
        assert len({each.sid for each in phone.shown}) == len(phone.shown)
        assert not any(phone.twilio.moods[name] for name in ("create", "content"))


async def _returned(phone: Scene) -> None:
    """A return, with the number and address that the policy asks for."""
    for line in ("I want to return order 1042, ana@example.com", "all of it", "it is too small", "a refund"):
        said = await _asked(phone, line)
        if "yes" in said.lower():
            break
    said = await _asked(phone, "yes")
    order = await phone.house.services.store.order("ord_7")
    assert order is not None
    assert len(order.returns) == 1
    assert order.returns[0].id in said


async def _asked(phone: Scene, text: str) -> str:
    """Ask, and let the time go by that a look-up of a lost answer takes."""
    await phone.say(text)
    for _ in range(4):
        try:
            async with asyncio.timeout(1.5):
                return (await phone.next()).body
        except TimeoutError:
            await phone.later(seconds=40)
    return (await phone.next()).body


async def _handed_over(phone: Scene) -> None:
    """A person answers and ends it; the desk sees every delivery."""
    await _asked(phone, "I want to talk to a person")
    await phone.until("handoff")
    services = phone.house.services
    kim = await core.someone(services, "Kim")
    thread = await phone.thread()
    await work.claim(services, thread.public_id, kim)
    thread = await phone.thread()
    phone.twilio.moods["create"] = ["busy"]
    await work.reply(services, thread.public_id, kim, "Hi Ana, Kim here: all is arranged.", thread.state.last_seq, "k1")
    await asyncio.sleep(0.3)
    await phone.later(seconds=31)
    reply = await phone.next()
    assert reply.body == "Hi Ana, Kim here: all is arranged."
    for status in ("sent", "delivered", "read"):
        await phone.caller.report(reply, status)
    assert "read" in await phone.statuses("sent", "delivered", "read")
    await work.resolve(services, thread.public_id, kim)
    assert (await phone.thread()).state.status == "resolved"


async def test_a_question_is_answered_by_tapping(tmp_path: Path) -> None:
    orders = [
        shipped(*MOVING, order={"customer": BUYER, "id": f"o{n}", "number": f"#104{n}"}, tracking_number=f"1ZA1B2C3030000001{n}")
        for n in (2, 3)
    ]  # fmt: skip
    async with scene(tmp_path, *orders) as phone:
        await phone.ask("where is my order?")
        assert len(phone.shown[-1].choices) >= 2
        said = await phone.tap("#1043")
        assert "#1043" in said
        assert "#1042" not in said


async def test_the_message_is_marked_read_while_it_is_answered(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        await phone.ask("where is my order?")
        assert phone.twilio.typing == [phone.forms[0]["MessageSid"]]


async def test_fifty_copies_of_one_call_are_one_message_and_one_answer(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        form = phone.twilio.write(ANA, WHATSAPP, "where is my order?")
        phone.forms.append(form)
        answers = await asyncio.gather(*(phone.caller.call("messages", form) for _ in range(50)))
        assert {each.status_code for each in answers} == {200}
        await phone.next()
        await phone.quiet()
        assert len(phone.shown) == 1
        assert len([each for each in await phone.events("message") if each.author_type == "customer"]) == 1


async def test_two_messages_within_a_second_keep_their_order(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        for text in ("hello", "where is my order?"):
            await phone.say(text)
        await phone.quiet()
        said = [each.body["text"] for each in await phone.events("message") if each.author_type == "customer"]
        assert said == ["hello", "where is my order?"]
        assert "on its way" in phone.shown[-1].body


async def test_somebody_without_a_number_is_answered_and_known_again(tmp_path: Path) -> None:
    """pitfalls.md 37."""
    async with scene(tmp_path, ON_ITS_WAY, sender="whatsapp:US.13491208655302741918") as phone:
        await phone.ask("hello")
        thread = await phone.thread()
        phone.sender, phone.heard = ANA, 0
        await phone.ask("where is my order?", ExternalUserId="whatsapp:US.13491208655302741918")
        assert (await phone.thread()).id == thread.id
        assert await core.count(phone.house.services, "customers") == 1


async def test_a_number_in_its_old_form_is_the_same_customer(tmp_path: Path) -> None:
    """pitfalls.md 36: order data for the variant on the order, replies to the form that came."""
    buyer = {**BUYER, "phones": ["+55 11 98765-4321"]}
    order = shipped(*MOVING, order={"customer": buyer})
    async with scene(tmp_path, order, sender="whatsapp:+551187654321") as phone:
        assert "#1042" in await phone.ask("where is my order?")


# Status


@pytest.mark.parametrize("failed", [False, True])
async def test_callbacks_in_any_order_come_to_the_same(tmp_path: Path, failed: bool) -> None:
    """pitfalls.md 24, 25, 27: all permutations give the same final status; each is told once."""
    words = ["sent", "delivered", "read", "failed"] if failed else ["sent", "delivered", "read", "delivered"]
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        for order in itertools.islice(itertools.permutations(words), 0, None, 3):
            await phone.ask("where is my order?")
            message = phone.shown[-1]
            for status in order:
                await phone.caller.report(message, status, "30005" if status == "failed" else "")
            await phone.quiet()
            sent = await phone.house.services.database.read(
                lambda tx, sid=message.sid: outbox.by_provider_id(tx, "whatsapp", sid)  # type: ignore[misc]
            )
            assert sent is not None
            assert sent.status == "read", order


async def test_statuses_of_two_messages_never_swap(tmp_path: Path) -> None:
    """pitfalls.md 26."""
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        await phone.ask("hello")
        await phone.ask("where is my order?")
        first, second = phone.shown
        await phone.caller.report(second, "read")
        await phone.caller.report(first, "sent")
        await phone.statuses("read", "sent")
        found = {each.body["provider_id"]: each.body["status"] for each in await phone.events("delivery")}
        assert found == {first.sid: "sent", second.sid: "read"}


async def test_a_callback_may_come_before_the_call_returns(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        told = asyncio.Event()

        async def tell(name: str, _request: object) -> None:
            if name == "create" and not told.is_set():
                told.set()
                await phone.caller.report(phone.twilio.sent[-1], "delivered")
                await asyncio.sleep(0.2)

        phone.twilio.after = tell
        await phone.ask("where is my order?")
        assert "delivered" in await phone.statuses("delivered")


@pytest.mark.parametrize("code, tries", [("63018", 4), ("63012", 4), ("30008", 2)])
async def test_what_failed_for_a_while_is_sent_again_a_few_times(tmp_path: Path, code: str, tries: int) -> None:
    """Sheet, "Error codes": backoff, at most so often; then it failed, and a person has it."""
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        await phone.ask("where is my order?")
        for count in range(2, tries + 1):
            await phone.caller.report(phone.shown[-1], "failed", code)
            await phone.quiet_calls()
            await phone.later(seconds=41)
            await phone.next()
            assert len(phone.shown) == count
        await phone.caller.report(phone.shown[0], "failed", code)  # a late copy about the first
        await phone.caller.report(phone.shown[-1], "failed", code)
        await phone.until("handoff")
        assert len({each.body for each in phone.shown}) == 1
        await phone.later(minutes=5)
        await phone.quiet()
        assert [each.body["status"] for each in await phone.events("delivery")].count("failed") == 1


# The window


async def test_after_a_day_a_person_answers_by_template(tmp_path: Path) -> None:
    """Sheet, "24-hour window": no 63016, ever."""
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        await phone.ask("where is my order?")
        await _late_reply(phone)
        late = await phone.next()
        assert late.fields["ContentSid"] == REPLY
        assert late.body == "About your order: It is at your door."


async def test_without_a_template_it_waits_until_they_write(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY, content_sids=(), sms_from="") as phone:
        await phone.ask("where is my order?")
        await _late_reply(phone)
        assert "waiting" in await phone.statuses("waiting")
        assert len(phone.shown) == 1
        await phone.say("hello?")
        assert (await phone.next()).body == "It is at your door."


async def _late_reply(phone: Scene) -> None:
    services = phone.house.services
    kim = await core.someone(services, "Kim")
    await phone.later(hours=24)
    thread = await phone.thread()
    await work.reply(services, thread.public_id, kim, "It is at your door.", thread.state.last_seq, "k2")


# Files


async def test_a_picture_is_fetched_though_twilio_fails_once(tmp_path: Path) -> None:
    from tests.server.intake.test_uploads import picture

    async with scene(tmp_path, ON_ITS_WAY, is_strict=False) as phone:
        phone.twilio.moods["media"] = ["busy"]
        form = phone.twilio.attach(
            ANA, WHATSAPP, [("image/png", picture("PNG"))], phone.twilio.base, Body="it is broken"
        )
        phone.forms.append(form)
        assert (await phone.caller.call("messages", form)).status_code == 200
        async with asyncio.timeout(15):
            while phone.twilio.calls.count("media") < 2:
                await asyncio.sleep(0.05)
                await phone.later(seconds=1)
        (message,) = [each for each in await phone.events("message") if each.author_type == "customer"]
        assert message.body["attachments"][0]["type"] == "image/png"


# Silence


@pytest.mark.parametrize("word, text", [("STOP", "Done:"), ("Darme de baja", "Hecho:"), ("Abmelden", "Erledigt:")])
async def test_after_stop_one_confirmation_then_silence(tmp_path: Path, word: str, text: str) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        assert (await phone.ask(word)).startswith(text)
        for line in ("where is my order?", word, "hello?"):
            await phone.say(line)
        await phone.quiet()
        assert len(phone.shown) == 1
        said = [each.body["text"] for each in await phone.events("message") if each.author_type == "customer"]
        assert said == [word, "where is my order?", word, "hello?"]
        assert (await phone.ask("START")).startswith(text)
        assert "on its way" in await phone.ask("where is my order?")


async def test_who_asked_for_silence_is_not_written_to_by_people_either(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        await phone.ask("STOP")
        services = phone.house.services
        kim = await core.someone(services, "Kim")
        await phone.quiet()
        thread = await phone.thread()
        await work.reply(services, thread.public_id, kim, "One more thing", thread.state.last_seq, "k3")
        await phone.statuses("failed")
        assert len(phone.shown) == 1


async def test_cancel_my_order_is_about_the_order(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        for line in ("cancel my order", "cancel"):
            await phone.ask(line)


async def test_start_of_somebody_who_hears_from_us_is_a_greeting(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        said = await phone.ask("start")
        assert not said.startswith("Done:")


# Missed


async def test_what_came_while_we_were_away_is_answered_once(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        from server.missed import Missed, connected

        services = phone.house.services
        provider = connected(services)
        assert provider is not None
        missed = Missed(services, provider)
        phone.twilio.write(ANA, WHATSAPP, "from before we were connected")
        assert await missed.look("whatsapp") == 0
        await phone.later(minutes=1)
        lost = phone.twilio.write(ANA, WHATSAPP, "where is my order?")
        phone.forms.append(lost)
        await phone.later(minutes=1)
        phone.twilio.write(ANA, WHATSAPP, "and this one is on its way to us")
        assert await missed.look("whatsapp") == 1
        assert await missed.look("whatsapp") == 0
        assert "on its way" in (await phone.next()).body
        (message,) = [each for each in await phone.events("message") if each.author_type == "customer"]
        assert message.external_id == lost["MessageSid"]
        assert (await phone.caller.call("messages", lost)).status_code == 200
        await phone.quiet()
        assert len(phone.shown) == 1


async def test_a_hung_twilio_stops_nobody_else(tmp_path: Path) -> None:
    """pitfalls.md 8: the door answers at once though no message leaves."""
    async with scene(tmp_path, ON_ITS_WAY) as phone:
        phone.twilio.moods["create"] = ["hang"]
        await phone.say("where is my order?")
        async with asyncio.timeout(10):
            while "create" not in phone.twilio.calls:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        began = asyncio.get_running_loop().time()
        other = Caller(phone.twilio, phone.house.client)
        await other.write("hello", "whatsapp:+14025550177")
        assert asyncio.get_running_loop().time() - began < 2
        async with asyncio.timeout(10):
            while not any(each.to == "whatsapp:+14025550177" for each in phone.twilio.sent):  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        phone.twilio.released.set()
