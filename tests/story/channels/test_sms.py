"""Text messages by Twilio, the whole way: in plain text, numbers understood back; with Twilio failing once on every call."""

import asyncio
from pathlib import Path

import pytest

from channels.message import Address
from memory.engines.base import Tx
from server.codes import PLACE
from server.desk import work
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, shipped
from tests.story.channels.twilio_phone import Scene, scene
from tests.support.twilio import ANA_SMS, SMS

BUYER: Raw = {
    "id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+14025550100"], "zip": "68102",
}  # fmt: skip
MOVING = [an_event(ago(hours=30), "picked_up"), an_event(ago(hours=3), "in_transit")]
ON_ITS_WAY = shipped(*MOVING, order={"customer": BUYER})
DELIVERED = shipped(MOVING[0], an_event(ago(hours=26), "delivered"), order={"customer": BUYER})


async def test_an_order_a_return_a_person_and_the_end(tmp_path: Path) -> None:
    async with scene(tmp_path, DELIVERED, sender=ANA_SMS, is_strict=False) as phone:
        phone.twilio.moods |= {"create": ["take_and_break"], "list": ["html"]}
        assert "#1042" in await phone.ask("where is my order?")
        for line in ("I want to return order 1042, ana@example.com", "all of it", "it is too small", "a refund"):
            if "yes" in (await _asked(phone, line)).lower():
                break
        said = await _asked(phone, "yes")
        order = await phone.house.services.store.order("ord_7")
        assert order is not None
        assert order.returns[0].id in said
        await _asked(phone, "I want to talk to a person")
        await phone.until("handoff")
        services, thread = phone.house.services, await phone.thread()
        kim = await core.someone(services, "Kim")
        await work.claim(services, thread.public_id, kim)
        thread = await phone.thread()
        await work.reply(services, thread.public_id, kim, "Kim here, all is arranged.", thread.state.last_seq, "k1")
        assert (await phone.next()).body == "Kim here, all is arranged."
        await work.resolve(services, thread.public_id, kim)
        assert (await phone.thread()).state.status == "resolved"
        assert len({each.sid for each in phone.shown}) == len(phone.shown)


async def _asked(phone: Scene, text: str) -> str:
    await phone.say(text)
    for _ in range(4):
        try:
            async with asyncio.timeout(1.5):
                return (await phone.next()).body
        except TimeoutError:
            await phone.later(seconds=40)
    return (await phone.next()).body


async def test_choices_are_numbered_and_the_number_is_understood(tmp_path: Path) -> None:
    orders = [
        shipped(*MOVING, order={"customer": BUYER, "id": f"o{n}", "number": f"#104{n}"}, tracking_number=f"1ZA1B2C3030000001{n}")
        for n in (2, 3)
    ]  # fmt: skip
    async with scene(tmp_path, *orders, sender=ANA_SMS) as phone:
        listed = await phone.ask("where is my order?")
        lines = [line for line in listed.splitlines() if line[:2] in ("1.", "2.")]
        assert len(lines) == 2
        number = next(line[0] for line in lines if "#1043" in line)
        said = await phone.ask(f"{number}.")
        assert "#1043" in said
        assert "#1042" not in said


@pytest.mark.parametrize("word", ["STOP", "cancel", "Unsubscribe"])
async def test_twilio_confirms_stop_and_we_are_silent(tmp_path: Path, word: str) -> None:
    async with scene(tmp_path, ON_ITS_WAY, sender=ANA_SMS) as phone:
        await phone.ask("where is my order?")
        for line in (word, "where is my order?", "hello?"):
            await phone.say(line)
        await phone.quiet()
        assert len(phone.shown) == 1
        await phone.say("START")
        assert "on its way" in await phone.ask("where is my order?")
        assert len(phone.shown) == 2


async def test_stop_in_another_language_is_confirmed_by_us(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY, sender=ANA_SMS) as phone:
        assert (await phone.ask("baja")).startswith("Hecho:")
        await phone.say("hola?")
        await phone.quiet()
        assert len(phone.shown) == 1


async def test_a_stop_that_only_twilio_knows_is_learned_from_its_refusal(tmp_path: Path) -> None:
    """Code 21610: the customer's other messages are not tried any more."""
    async with scene(tmp_path, ON_ITS_WAY, sender=ANA_SMS, is_strict=False) as phone:
        await phone.ask("hello")
        phone.twilio.stopped.add((SMS, ANA_SMS))
        await phone.say("where is my order?")
        await phone.statuses("failed")
        before = phone.twilio.calls.count("create")
        await phone.say("hello?")
        await phone.quiet()
        assert phone.twilio.calls.count("create") == before


async def test_help_is_twilios_to_answer(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY, sender=ANA_SMS) as phone:
        await phone.say("HELP")
        await phone.quiet()
        assert phone.shown == []
        assert [each.body["text"] for each in await phone.events("message")] == ["HELP"]


async def test_a_late_failure_goes_another_way_or_to_a_person(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY, sender=ANA_SMS) as phone:
        await phone.ask("where is my order?")
        await phone.caller.report(phone.shown[-1], "undelivered", "30005")
        await phone.statuses("failed")
        (failed,) = [each for each in await phone.events("delivery") if each.body["status"] == "failed"]
        assert failed.body["error"] == "this number does not exist (Twilio 30005)"
        await phone.until("handoff")


async def test_a_code_leaves_as_a_text_message(tmp_path: Path) -> None:
    async with scene(tmp_path, ON_ITS_WAY, sender=ANA_SMS) as phone:
        post = phone.house.services.post
        assert post is not None
        await post.post("phone", ANA_SMS, f"Lumen Goods: {PLACE} is your code")
        assert phone.shown[-1].body.startswith("Lumen Goods:")
        await phone.caller.report(phone.shown[-1], "delivered")


async def test_one_thread_for_both_forms_of_a_number(tmp_path: Path) -> None:
    """pitfalls.md 36."""
    async with scene(tmp_path, ON_ITS_WAY, sender="+5491123456789") as phone:
        await phone.ask("hello")
        phone.sender, phone.heard = "+541123456789", 0
        await phone.ask("where is my order?")
        assert phone.shown[-1].to == "+541123456789"
        services = phone.house.services

        async def kept(tx: Tx) -> list[str]:
            return [str(row["key"]) for row in await tx.all("SELECT key FROM identities WHERE kind = 'sms'", ())]

        assert await services.database.read(kept) == [Address("sms", "+541123456789", "channel").key]
