"""WhatsApp, Messenger and Instagram by Meta, the whole way: an order, a return, a person, the end; Meta fails once on each call."""

import asyncio
import base64
import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from memory import outbox
from memory.projection import rebuilt
from server.desk import work
from server.echoes import NATIVE
from server.native import give_back
from server.routing import MARGIN
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, shipped
from tests.story.channels.meta_customer import IDS, Scene, scene
from tests.support.meta import Does, shuffled, statuses_of

BUYER: Raw = {
    "id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+14025550100"], "zip": "68102",
}  # fmt: skip
MOVING = [an_event(ago(hours=30), "picked_up"), an_event(ago(hours=3), "in_transit")]
ON_ITS_WAY = shipped(*MOVING, order={"customer": BUYER})
DELIVERED = shipped(MOVING[0], an_event(ago(hours=26), "delivered"), order={"customer": BUYER})
CHANNELS = ["whatsapp", "messenger", "instagram"]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_order_a_return_a_person_and_the_end(tmp_path: Path, channel: str) -> None:
    async with scene(tmp_path, channel, DELIVERED) as story:
        story.graph.next = ["rate"]
        said = await story.ask("where is my order #1042? ana@example.com")
        assert "delivered" in said.lower()
        await _returned(story)
        await _handed_over(story)
        assert story.graph.next == []
        assert len({each.id for each in story.shown}) == len({each.text for each in story.shown})


async def _returned(story: Scene) -> None:
    """A return; Meta is out of order for a moment, and what was asked arrives once."""
    story.graph.next = ["error"]
    for line in ("I want to return order 1042", "all of it", "it is too small", "a refund"):
        said = await story.ask(line)
        if "yes" in said.lower():
            break
    said = await story.ask("yes")
    order = await story.house.services.store.order("ord_7")
    assert order is not None
    assert len(order.returns) == 1
    assert order.returns[0].id in said


async def _handed_over(story: Scene) -> None:
    """A person answers and ends it; Meta takes the answer and hangs up, then says by itself that it has it."""
    await story.ask("I want to talk to a person")
    await story.until("handoff")
    services = story.house.services
    kim = await core.someone(services, "Kim")
    thread = await story.thread()
    await work.claim(services, thread.public_id, kim)
    thread = await story.thread()
    story.graph.next = ["take_and_drop"]
    await work.reply(services, thread.public_id, kim, "Hi Ana, Kim here: all is arranged.", thread.state.last_seq, "k1")
    assert await story.next() == "Hi Ana, Kim here: all is arranged."
    before = len(await story.events("delivery"))
    await _vouched(story)
    assert "sent" in (await story.statuses(before + 1))[before:]
    await story.later(minutes=30)
    await story.quiet()
    assert [each.text for each in story.shown].count("Hi Ana, Kim here: all is arranged.") == 1
    await work.resolve(services, thread.public_id, kim)
    assert (await story.thread()).state.status == "resolved"


async def _vouched(story: Scene) -> None:
    """What Meta says by itself of its newest message: a status on WhatsApp, an echo elsewhere."""
    newest, customer = story.shown[-1], story.customer
    if customer.channel == "whatsapp":
        call = customer.call(statuses=statuses_of([newest], "delivered"))
    else:
        parts = {"metadata": newest.body["message"]["metadata"]} if customer.channel == "messenger" else {}
        call = customer.call(echoes=[customer.echo(newest.text, newest.id, **parts)])
    assert await customer.post(call) == [200]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_greeting_is_answered_by_saying_who_answers(tmp_path: Path, channel: str) -> None:
    async with scene(tmp_path, channel, ON_ITS_WAY) as story:
        assert (await story.ask("hello")).count("the automated assistant of Lumen Goods") == 1


@pytest.mark.parametrize("channel", ["messenger", "instagram"])
async def test_the_assistant_says_what_it_is_at_the_start_after_a_day_and_after_a_person(
    tmp_path: Path, channel: str
) -> None:
    """Sheet, section 5: disclosed at the start, after long gaps, and from human to machine."""
    who = "the automated assistant of Lumen Goods."
    async with scene(tmp_path, channel, ON_ITS_WAY) as story:
        assert who in await story.ask("where is my order #1042? ana@example.com")
        assert who not in await story.ask("and what is in it?")
        await story.later(hours=25)
        assert who in await story.ask("where is it now?")
        echoed = story.customer.echo("Kim here.", "native-1")
        await story.customer.post(story.customer.call(echoes=[echoed]))
        await story.quiet()
        await story.say(story.customer.text("and where is it now?"))
        await story.quiet()
        await story.later(minutes=31)
        await give_back(story.house.services)
        assert who in await story.next()


@pytest.mark.parametrize("does", ["rate", "busy_pair", "error", "token", "take_and_drop", "page", "gateway"])
async def test_whatever_meta_does_an_answer_never_arrives_twice(tmp_path: Path, does: Does) -> None:
    """pitfalls 9, 17, 21."""
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY) as story:
        story.graph.next = [does]
        await story.say(story.customer.text("where is my order?"))
        for _ in range(12):
            await asyncio.sleep(0.1)
            await story.later(minutes=2)
        assert len(story.shown) == (0 if does in ("page", "gateway") else 1)
        if does in ("take_and_drop", "page", "gateway"):
            reasons = [str(each.body["reason"]) for each in await story.until("handoff")]
            assert reasons == ["failed"], "nobody vouched for it, so a person looks"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_fifty_copies_of_one_call_are_one_message_and_one_answer(tmp_path: Path, channel: str) -> None:
    """pitfalls 3."""
    async with scene(tmp_path, channel, ON_ITS_WAY) as story:
        await story.say(story.customer.text("where is my order #1042? ana@example.com"), copies=50)
        await story.next()
        await story.quiet()
        assert len(story.shown) == 1
        assert len([each for each in await story.events("message") if each.author_type == "customer"]) == 1


async def test_a_batch_of_three_messages_and_two_statuses_is_taken_whole(tmp_path: Path) -> None:
    """pitfalls 4, 28."""
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY) as story:
        await story.ask("hello")
        customer = story.customer
        items = [customer.text(text) for text in ("where is", "my order", "please?")]
        story.said += items
        call = customer.call(*items, statuses=statuses_of(story.shown, "sent", "delivered"))
        assert await customer.post(call) == [200]
        await story.next()
        await story.quiet()
        said = [each.body["text"] for each in await story.events("message") if each.author_type == "customer"]
        assert said == ["hello", "where is", "my order", "please?"]
        assert "delivered" in await story.statuses(3)


async def test_statuses_in_any_order_come_to_the_same(tmp_path: Path) -> None:
    """pitfalls 24 to 27: every permutation, doubled, and each word told once; two messages never swap."""
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY) as story:
        await story.ask("hello")
        await story.ask("where is my order?")
        first, second = story.shown
        kinds = ("sent", "delivered", "read", "failed")
        for seed, order in enumerate(itertools.islice(itertools.permutations(kinds), 0, None, 5)):
            words = [each for kind in order for each in statuses_of([second], kind)]
            await story.customer.post(story.customer.call(statuses=shuffled(words, seed)))
        await story.customer.post(story.customer.call(statuses=statuses_of([first], "delivered")))
        await story.quiet()
        found = {}
        for each in (first, second):
            sent = await story.house.services.database.read(
                lambda tx, mid=each.id: outbox.by_provider_id(tx, "whatsapp", mid)  # type: ignore[misc]  # bound per message
            )
            found[each.id] = sent.status if sent else ""
        assert found == {first.id: "delivered", second.id: "read"}
        told = [each.body["status"] for each in await story.events("delivery") if each.body["of"] == 4]
        assert len(told) == len(set(told))


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_choice_is_tapped(tmp_path: Path, channel: str) -> None:
    orders = [
        shipped(*MOVING, order={"customer": BUYER, "id": f"o{n}", "number": f"#104{n}"}, tracking_number=f"1ZA1B2C3030000001{n}")
        for n in (2, 3)
    ]  # fmt: skip
    async with scene(tmp_path, channel, *orders) as story:
        said = await story.ask("where is my order?")
        if channel == "whatsapp":
            said = await story.tap("#1043")
            assert "#1043" in said
            assert "#1042" not in said
        assert said


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("off", [-1, 0, 1])
async def test_a_person_in_the_native_app_silences_the_assistant(tmp_path: Path, channel: str, off: int) -> None:
    """pitfalls 11, 12, 14, 15: with clocks an hour apart; stored within two seconds, never sent again, given back later."""
    async with scene(tmp_path, channel, ON_ITS_WAY) as story:
        await story.ask("hello")
        customer = story.customer
        await story.quiet()
        echoed = customer.echo("Kim here, I am looking into it.", "native-1")
        stamp = int(echoed["timestamp"]) + off * 3600 * (1 if channel == "whatsapp" else 1000)
        echoed |= {"timestamp": str(stamp) if channel == "whatsapp" else stamp}
        for _ in range(2):
            await customer.post(customer.call(echoes=[echoed]))
        async with asyncio.timeout(2):
            while (await story.thread()).state.owner_name != NATIVE:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        await story.say(customer.text("thank you, where is my order #1042? ana@example.com"))
        await story.quiet()
        assert len(story.shown) == 1, "the assistant is silent"
        said = [(each.author_type, each.author_name) for each in await story.events("message")]
        assert said.count(("agent", NATIVE)) == 1
        await story.later(minutes=31)
        await give_back(story.house.services)
        assert "1042" in await story.next()


@pytest.mark.parametrize("channel", ["messenger", "instagram"])
async def test_after_a_day_only_a_person_may_answer(tmp_path: Path, channel: str) -> None:
    """The assistant's words wait until the customer writes; a person's go under Meta's tag."""
    async with scene(tmp_path, channel, ON_ITS_WAY) as story:
        await story.ask("I want to talk to a person")
        services = story.house.services
        kim = await core.someone(services, "Kim")
        thread = await story.thread()
        await work.claim(services, thread.public_id, kim)
        await story.later(hours=30)
        thread = await story.thread()
        await work.reply(services, thread.public_id, kim, "Sorry for the wait.", thread.state.last_seq, "k1")
        assert await story.next() == "Sorry for the wait."
        assert story.shown[-1].body["tag"] == "HUMAN_AGENT"
        await story.later(days=7)
        thread = await story.thread()
        await work.reply(services, thread.public_id, kim, "Are you there?", thread.state.last_seq, "k2")
        await story.until_status("waiting")
        await story.say(story.customer.text("yes"))
        assert await story.next() == "Are you there?"


async def test_after_a_day_whatsapp_answers_by_template(tmp_path: Path) -> None:
    """No 131047, ever."""
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY) as story:
        await story.ask("I want to talk to a person")
        services = story.house.services
        kim = await core.someone(services, "Kim")
        thread = await story.thread()
        await work.claim(services, thread.public_id, kim)
        await story.later(hours=30)
        thread = await story.thread()
        await work.reply(services, thread.public_id, kim, "It ships\ntomorrow.", thread.state.last_seq, "k1")
        assert await story.next() == "It ships tomorrow."
        assert story.shown[-1].body["template"]["name"] == "answer"


async def test_somebody_without_a_number_is_answered_and_known_again(tmp_path: Path) -> None:
    """pitfalls 37: linked, not doubled, and order data once the number is attested."""
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY, user_id="US.13491208655302741918") as story:
        customer = story.customer
        customer.id = ""
        await story.ask("hello")
        assert story.shown[0].body["recipient"] == "US.13491208655302741918"
        first = await story.thread()
        customer.id = IDS["whatsapp"]
        assert "1042" in await story.ask("where is my order?")
        customer.id = ""
        await story.ask("thanks")
        assert (await story.thread()).id == first.id
        assert await core.count(story.house.services, "customers") == 1


async def test_a_picture_is_fetched_and_kept(tmp_path: Path) -> None:
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY) as story:
        story.graph.files["wa-7"] = ("image/png", PNG)
        story.graph.file_does = ["error"]
        await story.say(story.customer.message("image", {"id": "wa-7", "mime_type": "image/png", "caption": "torn"}))
        await story.thread()
        for _ in range(100):
            await story.later(seconds=2)
            row = await story.house.services.database.read(lambda tx: tx.one("SELECT state, size FROM uploads"))
            if row is not None and row["state"] == "here":
                break
            await asyncio.sleep(0.1)
        assert row is not None
        assert row["state"] == "here"
        assert row["size"] > 0


async def test_a_message_that_was_taken_back_is_emptied_and_a_note_for_the_desk(tmp_path: Path) -> None:
    """Sheet, section 5, `is_deleted`: its words go from the conversation, its title and the stored call."""
    async with scene(tmp_path, "instagram", ON_ITS_WAY) as story:
        await story.ask("hello, my secret is green")
        said = story.said[-1]
        gone = story.customer.event({"message": {"mid": said["message"]["mid"], "is_deleted": True}})
        for _ in range(2):
            await story.customer.post(story.customer.call(gone))
        notes = await story.until("note")
        await story.quiet()
        assert [each.body["text"] for each in notes] == ["The customer took a message back. Do not answer it."]
        assert (await story.events("message"))[0].body == {"text": "", "taken_back": True}
        thread = await story.thread()
        assert "secret" not in f"{thread.state.title}{thread.state.preview}"
        assert rebuilt(await story.events()) == thread.state
        rows = await story.house.services.database.read(lambda tx: tx.all("SELECT body FROM journal"))
        assert not [row for row in rows if b"secret" in base64.b64decode(row["body"])]
        assert len(story.shown) == 1


async def test_what_was_taken_back_before_its_answer_is_not_answered(tmp_path: Path) -> None:
    async with scene(tmp_path, "messenger", ON_ITS_WAY) as story:
        await story.ask("hello")
        kim = await core.someone(story.house.services, "Kim")
        await work.claim(story.house.services, (await story.thread()).public_id, kim)
        await story.say(story.customer.text("I will sue you"))
        await story.quiet()
        said = story.said[-1]
        gone = story.customer.event({"message": {"mid": said["message"]["mid"], "is_deleted": True}})
        await story.customer.post(story.customer.call(gone))
        await story.until("note")
        await work.hand_back(story.house.services, (await story.thread()).public_id, kim)
        await story.quiet()
        assert len(story.shown) == 1


async def test_reading_and_typing_are_shown(tmp_path: Path) -> None:
    async with scene(tmp_path, "whatsapp", ON_ITS_WAY) as story:
        await story.ask("where is my order?")
        assert [each["message_id"] for each in story.graph.signs] == [story.said[0]["id"]]


def test_a_window_has_a_margin() -> None:
    """Clocks differ: five minutes before Meta's own limit nothing free goes out any more."""
    assert timedelta(minutes=5) == MARGIN
