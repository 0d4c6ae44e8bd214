"""The live conversation over a real server and a real socket."""

import asyncio
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest
import websockets
from itsdangerous import URLSafeTimedSerializer

from memory import customers, threads, turns
from memory.engines import connect
from memory.engines.base import Database, Tx, Unit
from memory.errors import StorageUnavailable
from memory.projection import Event
from memory.threads import NewEvent
from server.intake.doors import VISITOR_SOCKETS, Patience
from tests.server.intake.browser import SHOP, Browser, Tab, cid, durable
from tests.server.intake.conftest import House, Running

T = TypeVar("T")


def assistant(text: str, **body: Any) -> NewEvent:
    """What the assistant says."""
    return NewEvent("message", {"text": text, **body}, "all", "assistant", author_name="Robin")


async def stored(house: House, conv: str) -> list[Event]:
    """Every event of a thread, from the database."""

    async def unit(tx: Tx) -> list[Event]:
        thread = await threads.by_public_id(tx, conv)
        return await threads.events(tx, thread.id) if thread else []

    return await house.services.database.read(unit)


# Saying something


async def test_a_message_is_acknowledged_and_shown(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        ack = await tab.say("where is my order?")
        shown = await tab.until("msg")
    assert (ack["conv"], ack["seq"]) == (session.conv, 1)
    assert (shown["seq"], shown["prev"], shown["text"], shown["id"]) == (1, 0, "where is my order?", ack["id"])


async def test_what_is_acknowledged_is_stored_and_a_turn_is_due(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("where is my order?", choice="order_status")
    [event] = await stored(house, session.conv)
    assert (event.body["text"], event.body["choice"], event.channel) == ("where is my order?", "order_status", "widget")
    due = await house.services.database.read(lambda tx: turns.next_at(tx, house.clock.now()))
    assert due is not None


async def test_a_repeated_message_is_stored_once(house: House) -> None:
    session = await house.browser.session()
    same = cid()
    async with house.browser.tab(session) as tab:
        first = await tab.say("hello", cid=same)
        second = await tab.say("hello", cid=same)
        third = await tab.say("again")
    assert first == second
    assert third["seq"] == 2


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"text": ""}, "empty"),
        ({"text": "  \n"}, "empty"),
        ({"text": "x" * 4001}, "too_long"),
        ({"text": "x", "attachments": ["att_unknown"]}, "bad_attachment"),
        ({"text": "x", "cid": "c" * 65}, "empty"),
    ],
)
async def test_what_cannot_be_stored_is_refused(house: House, keys: dict[str, Any], code: str) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        nack = await tab.say(**keys)
    assert (nack["t"], nack["code"], nack["retryable"]) == ("nack", code, False)
    assert await stored(house, session.conv) == []


async def test_a_blocked_visitor_is_told_so(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")

        async def block(tx: Tx) -> int:
            return await tx.run("UPDATE identities SET blocked = 1")

        await house.services.database.write(block)
        nack = await tab.say("hello?")
    assert (nack["code"], nack["retryable"]) == ("blocked", False)


async def test_asking_for_a_person_is_said_in_the_visitors_language(house: House) -> None:
    session = await house.browser.session(locale="de-AT")
    async with house.browser.tab(session) as tab:
        await tab.send("human")
        shown = await tab.until("msg")
    assert shown["text"] == "Ich möchte mit einem Menschen sprechen"
    [event] = await stored(house, session.conv)
    assert event.body["choice"] == "human"


async def test_text_is_kept_as_it_was_typed(house: House) -> None:
    session = await house.browser.session()
    text = "né à  l’été 🎉 <b>&amp;</b> \u202e شكرا"
    async with house.browser.tab(session) as tab:
        await tab.say(text)
        assert (await tab.until("msg"))["text"] == text


async def test_zero_bytes_do_not_reach_the_storage(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("a\x00b")
        assert (await tab.until("msg"))["text"] == "ab"


# Replay


async def test_a_new_tab_gets_the_whole_thread(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        for text in ("one", "two", "three"):
            await tab.say(text)
    again = await house.browser.session(visitor=session.visitor)
    assert again.conv == session.conv
    async with house.browser.tab(again) as tab:
        await tab.until("msg", text="three")
        assert [(frame["prev"], frame["seq"], frame["text"]) for frame in durable(tab.frames)] == [
            (0, 1, "one"),
            (1, 2, "two"),
            (2, 3, "three"),
        ]


async def test_a_returning_tab_gets_exactly_what_it_missed(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("one")
    await house.append(session.conv, assistant("two"), NewEvent("note", {"text": "secret"}), assistant("four"))
    async with house.browser.tab(session, conv=session.conv, last_seq=1) as tab:
        await tab.until("msg", text="four")
        assert [(frame["prev"], frame["seq"]) for frame in durable(tab.frames)] == [(1, 2), (2, 4)]
        assert tab.frames[0]["seq"] == 4
        assert tab.frames[0]["resume"] == "ok"


async def test_seen_names_what_is_held_of_each_thread(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("one")
        await tab.say("two")
    async with house.browser.tab(session, seen={session.conv: 1, "c_unknown": 7}) as tab:
        await tab.until("msg", text="two")
        assert [frame["seq"] for frame in durable(tab.frames)] == [2]


async def test_whoever_holds_more_than_there_is_begins_again(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("one")
    async with house.browser.tab(session, conv=session.conv, last_seq=99) as tab:
        await tab.until("msg", text="one")
        assert tab.frames[0]["resume"] == "reset"


async def test_resume_replays_after_a_number(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        for text in ("one", "two", "three"):
            await tab.say(text)
        await tab.until("msg", text="three")
        tab.frames.clear()
        await tab.send("resume", conv=session.conv, last_seq=1)
        await tab.until("msg", text="three")
        assert [frame["seq"] for frame in durable(tab.frames)] == [2, 3]


async def test_what_was_just_stored_is_shown_as_it_is_replayed(house: House) -> None:
    session = await house.browser.session()
    body = {"text": "two", "lang": "en", "choices": ({"label": "Yes", "value": "yes", "why": "desk"},), "evidence": []}
    async with house.browser.tab(session) as tab:
        await tab.say("one")
        await tab.until("msg", text="one")
        answer = NewEvent("message", body, "all", "assistant", author_name="Robin")
        await house.append(session.conv, NewEvent("note", {"text": "for the desk"}), answer, is_told=True)
        await tab.until("msg", text="two")
        await house.append(session.conv, NewEvent("resolved", {"how": "confirmed"}, "all"), is_told=True)
        await tab.until("state")
        await tab.say("three")
        await tab.until("msg", text="three")
        live = durable(tab.frames)
        assert [(frame["prev"], frame["seq"]) for frame in live] == [(0, 1), (1, 3), (3, 4), (4, 5), (5, 6), (6, 7)]
        tab.frames.clear()
        await tab.send("resume", conv=session.conv, last_seq=0)
        await tab.until("msg", text="three")
        assert durable(tab.frames) == live


async def test_what_is_not_for_this_reader_is_not_shown_however_it_is_told(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("one")
        await tab.until("msg", text="one")
        hidden = NewEvent("message", {"text": "hidden"}, "all", "customer", identity_id=77)
        await house.append(session.conv, hidden, NewEvent("message", {"text": "draft"}, "desk"), is_told=True)
        await house.append(session.conv, NewEvent("message", {"text": "two"}, "all", "assistant"), is_told=True)
        await tab.until("msg", text="two")
        assert [(frame["prev"], frame["seq"]) for frame in durable(tab.frames)] == [(0, 1), (1, 4)]


async def test_resume_of_somebody_elses_thread_is_as_of_none(house: House) -> None:
    other = await house.browser.session()
    async with house.browser.tab(other) as tab:
        await tab.say("mine alone")
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        answers = []
        for conv in (other.conv, "c_unknown"):
            await tab.send("resume", conv=conv, last_seq=0)
            answers.append(await tab.until("error"))
        assert answers[0] == answers[1]
        assert durable(tab.frames) == []


async def test_a_long_thread_is_replayed_whole_and_in_order(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("one")
    await house.append(session.conv, *[assistant(f"line {n} " + "x" * 3000) for n in range(700)])
    async with house.browser.tab(session) as tab:
        await tab.until("msg", seq=701)
        assert [frame["seq"] for frame in durable(tab.frames)] == list(range(1, 702))


# What a customer may not see


async def test_notes_drafts_and_evidence_never_leave(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")
        await house.append(
            session.conv,
            NewEvent("note", {"text": "SECRET"}),
            NewEvent("draft_offered", {"text": "SECRET"}),
            assistant("hi", evidence=[{"source": "SECRET"}], answers=1, meta={"net": "SECRET"}),
            NewEvent("message", {"text": "hi, Kim"}, "all", "agent", author_id=7, author_name="kim@SECRET.example"),
        )
        await tab.until("msg", text="hi, Kim")
        assert "SECRET" not in str(tab.frames)
        assert [frame["prev"] for frame in durable(tab.frames)] == [0, 1, 4]


async def test_what_was_said_on_another_channel_by_a_stranger_is_not_shown(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")

        async def unit(tx: Tx) -> int:
            other = await customers.resolve(tx, "whatsapp", "+15550100", "channel", house.clock.now())
            return other.id

        stranger = await house.services.database.write(unit)
        await house.append(
            session.conv,
            NewEvent("message", {"text": "SECRET"}, "all", "customer", channel="whatsapp", identity_id=stranger),
            assistant("for all"),
        )
        shown = await tab.until("msg", text="for all")
        assert "SECRET" not in str(tab.frames)
        assert (shown["prev"], shown["seq"]) == (1, 3)


async def test_another_visitor_hears_nothing(house: House) -> None:
    session, other = await house.browser.session(), await house.browser.session()
    async with house.browser.tab(session) as tab, house.browser.tab(other) as stranger:
        await tab.say("mine alone")
        await house.append(session.conv, assistant("yours alone"))
        await tab.until("msg", text="yours alone")
        await stranger.settle()
        assert durable(stranger.frames) == []


async def test_a_foreign_thread_in_hello_is_as_an_unknown_one(house: House) -> None:
    session, other = await house.browser.session(), await house.browser.session()
    async with house.browser.tab(other) as tab:
        await tab.say("mine alone")
    for conv in (other.conv, "c_unknown"):
        async with house.browser.dial() as link:
            tab = Tab(link)
            await tab.send("hello", v=1, token=session.token, conv=conv, tab="t")
            assert await tab.closed() == 4404
            assert tab.frames == []


# State, orders, typing, reading


async def test_a_change_of_owner_arrives_as_the_state_at_that_moment(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("a person, please")
        await house.append(
            session.conv,
            NewEvent("handoff", {"reason": "requested"}, "all", "assistant"),
            NewEvent("assigned", {"owner_kind": "agent", "owner_id": 3, "owner_name": "Kim"}, "all"),
            NewEvent("resolved", {"how": "confirmed"}, "all"),
        )
        states = [await tab.until("state") for _ in range(3)]
    assert [(state["status"], state["owner"]["type"], state["owner"]["name"]) for state in states] == [
        ("open", "queue", ""),
        ("open", "agent", "Kim"),
        ("resolved", "agent", "Kim"),
    ]
    assert [state["prev"] for state in states] == [1, 2, 3]


async def test_a_changed_order_arrives_as_its_card(house: House) -> None:
    session = await house.browser.session()
    card = {"kind": "order", "order": "#1042", "headline": "Out for delivery", "tone": "good", "steps": [], "cost": 9}
    async with house.browser.tab(session) as tab:
        await tab.say("where is it?")
        await house.append(session.conv, NewEvent("order_update", {"card": card, "order_id": "ord_1"}, "all"))
        frame = await tab.until("order")
    assert frame["card"] == {key: value for key, value in card.items() if key != "cost"}


async def test_an_event_without_a_frame_leaves_no_hole(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")
        await house.append(session.conv, NewEvent("csat", {"score": 5}, "all"), assistant("bye"))
        assert (await tab.until("msg", text="bye"))["prev"] == 1
    async with house.browser.tab(session, last_seq=1, conv=session.conv) as tab:
        assert (await tab.until("msg", text="bye"))["prev"] == 1
    async with house.browser.tab(session, last_seq=3, conv=session.conv) as tab:
        await house.append(session.conv, NewEvent("csat", {"score": 5}, "all"), assistant("really"))
        assert (await tab.until("msg", text="really"))["prev"] == 3


async def test_other_tabs_hear_the_first_message_of_a_new_visitor(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as one, house.browser.tab(session) as two:
        sent = await one.say("first")
        assert (await two.until("msg"))["seq"] == sent["seq"]
        await two.say("second")
        assert (await one.until("msg", text="second"))["prev"] == 1


async def test_typing_reaches_the_desk_and_not_the_typist(house: House) -> None:
    session = await house.browser.session()
    heard: list[Any] = []
    async with house.browser.tab(session) as one, house.browser.tab(session) as two:
        await one.say("hello")
        await two.until("msg")
        [thread_id] = await house.services.database.read(threads.ids_with_state)
        house.services.bus.listen(f"typing:{thread_id}", lambda _topic, note: heard.append(note))
        for _ in range(5):
            await one.send("typing", on=True)
        await one.settle()
        await two.settle()
        assert not [frame for frame in one.frames + two.frames if frame["t"] == "typing"]
    assert heard == [{"who": {"type": "customer", "name": ""}, "on": True}]


async def test_an_agent_who_types_is_seen(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")
        [thread_id] = await house.services.database.read(threads.ids_with_state)
        note = {"who": {"type": "agent", "name": "Kim", "email": "kim@shop.example"}, "on": True}
        house.services.bus.publish(f"typing:{thread_id}", note)
        frame = await tab.until("typing")
    assert frame == {"t": "typing", "conv": session.conv, "who": {"type": "agent", "name": "Kim"}, "on": True}


async def test_typing_pushes_the_answer_out(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("where is")
        before = await house.services.database.read(lambda tx: turns.next_at(tx, house.clock.now()))
        house.clock.advance(timedelta(seconds=1))
        await tab.send("typing", on=True)
        await tab.settle()
        later = await house.services.database.read(lambda tx: turns.next_at(tx, house.clock.now()))
    assert before is not None
    assert later == before + 1000


async def test_the_read_pointer_moves_forward_only_and_counts_unread(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")
        await house.append(session.conv, assistant("one"), assistant("two"), assistant("three"))
        await tab.until("msg", text="three")
        await tab.send("read", conv=session.conv, seq=3)
        await tab.until("read", who="customer", seq=3)
        await tab.send("read", seq=1)
        await tab.settle()
    async with house.browser.tab(session) as tab:
        assert tab.frames[0]["unread"] == 1
        await tab.send("read", seq=10_000)
        assert (await tab.until("read"))["seq"] == 4


# Opening


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://shop.example", f"{SHOP}:8443", f"{SHOP}."]
)
async def test_a_foreign_page_is_refused(house: House, origin: Any) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with house.browser.dial(origin=origin):
            pytest.fail("it must not open")
    assert refused.value.response.status_code == 403


def _other_salt(house: House) -> str:
    serializer = URLSafeTimedSerializer(["k" * 40], salt="files-v1")
    return str(serializer.dumps({"v": ["visitor", "x", "x"], "c": "c_1", "o": SHOP, "s": "default"}))


@pytest.mark.parametrize("token", ["", "x", "e30.e30.e30", None, _other_salt])
async def test_a_bad_token_is_refused(house: House, token: Any) -> None:
    async with house.browser.dial() as link:
        tab = Tab(link)
        keys = {} if token is None else {"token": token(house) if callable(token) else token}
        await tab.send("hello", v=1, tab="t", **keys)
        assert await tab.closed() == 4401


async def test_a_token_lasts_five_minutes(house: House) -> None:
    session = await house.browser.session()
    house.clock.advance(timedelta(seconds=300))
    async with house.browser.tab(session):
        pass
    house.clock.advance(timedelta(seconds=1))
    async with house.browser.dial() as link:
        tab = Tab(link)
        await tab.send("hello", v=1, token=session.token, tab="t")
        assert await tab.closed() == 4401


async def test_a_token_works_on_its_own_page_only(house: House) -> None:
    session = await house.browser.session()
    async with Browser(house.url, "https://chat.example").dial() as link:
        tab = Tab(link)
        await tab.send("hello", v=1, token=session.token, tab="t")
        assert await tab.closed() == 4401


@pytest.mark.parametrize("hello", ['{"t":"hello","v":2}', '{"t":"send","cid":"1"}', "{", '{"t":"hello","v":"1"}', "[]"])
async def test_a_wrong_hello_is_refused(house: House, hello: str) -> None:
    async with house.browser.dial() as link:
        await link.send(hello)
        assert await Tab(link).closed() == 4400


async def test_silence_instead_of_hello_is_refused(running: Running) -> None:
    async with running(patience=Patience(hello_s=0.05)) as house, house.browser.dial() as link:
        assert await Tab(link).closed() == 4401


async def test_welcome_tells_where_the_conversation_stands(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        first = tab.frames[0]
        await tab.say("where is my order?")
        await house.append(session.conv, assistant("on its way"))
    async with house.browser.tab(session) as tab:
        second = tab.frames[0]
    assert (first["seq"], first["threads"], first["unread"], first["state"]["status"]) == (0, [], 0, "new")
    assert first["state"]["owner"] == {"type": "assistant", "name": "Robin"}
    assert (second["seq"], second["unread"], second["state"]["status"]) == (2, 1, "pending")
    [listed] = second["threads"]
    assert listed == {
        "conv": session.conv,
        "title": "where is my order?",
        "status": "pending",
        "last_at": "2026-11-20T15:00:00.000Z",
    }


async def test_a_closed_thread_is_followed_by_a_new_one(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("one")
        await house.append(session.conv, NewEvent("status", {"status": "closed"}, "all"))
        await tab.until("state")
        ack = await tab.say("two")
        [moved] = [frame for frame in tab.frames if frame["t"] == "thread"]
        shown = await tab.until("msg", text="two")
        await tab.say("three")
        follow_up = await tab.until("msg", text="three")
    assert ack["conv"] != session.conv
    assert (moved["conv"], shown["conv"], shown["seq"]) == (ack["conv"], ack["conv"], 1)
    assert (follow_up["conv"], follow_up["prev"]) == (ack["conv"], 1)
    again = await house.browser.session(visitor=session.visitor)
    assert again.conv == ack["conv"]


# Limits


async def test_too_many_sockets_of_one_address_are_told_to_wait(running: Running) -> None:
    async with running(sockets_per_ip=2) as house:
        session = await house.browser.session()
        async with house.browser.tab(session), house.browser.tab(session), house.browser.dial() as link:
            assert await Tab(link).closed() == 4429
        async with house.browser.tab(session):
            pass


async def test_a_visitors_oldest_socket_makes_room(house: House) -> None:
    session = await house.browser.session()
    opened = [house.browser.tab(session) for _ in range(VISITOR_SOCKETS + 1)]
    tabs = [await each.__aenter__() for each in opened]
    assert await tabs[0].closed() == 4409
    assert (await tabs[-1].say("hello"))["t"] == "ack"
    for each in opened:
        await each.__aexit__(None, None, None)


async def test_messages_beyond_the_pace_are_refused_for_now(running: Running) -> None:
    async with running(messages_per_s=5.0) as house:
        session = await house.browser.session()
        async with house.browser.tab(session) as tab:
            answers = [await tab.say(f"message {n}") for n in range(40)]
        nacks = [answer for answer in answers if answer["t"] == "nack"]
        assert nacks
        assert {(nack["code"], nack["retryable"]) for nack in nacks} == {("rate", True)}
        assert len(await stored(house, session.conv)) == 40 - len(nacks) >= 20


async def test_a_flood_of_frames_ends_the_socket(running: Running) -> None:
    async with running(frames_per_s=20.0) as house:
        session = await house.browser.session()
        async with house.browser.tab(session) as tab:
            for n in range(300):
                await tab.send("ping", n=n)
            assert await tab.closed() == 1008


@pytest.mark.parametrize("broken", ["{", "[]", '{"t":1}', "nonsense", '{"t":"send"}', "[" * 30_000, b"\x00\x01"])
async def test_a_broken_frame_is_answered_and_many_end_the_socket(house: House, broken: str | bytes) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.socket.send(broken)
        assert (await tab.until("error"))["code"] == "bad_frame"
        await tab.settle()
        for _ in range(10):
            await tab.socket.send(broken)
        assert await tab.closed() == 1008


async def test_unknown_frames_are_ignored(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        for _ in range(30):
            await tab.send("from_the_future", x=1)
        await tab.settle()
        assert not [frame for frame in tab.frames if frame["t"] == "error"]


async def test_a_frame_beyond_64_kib_ends_the_socket(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.send("send", cid=cid(), text="x" * 70_000)
        assert await tab.closed() == 1009


async def test_a_silent_socket_ends(running: Running) -> None:
    async with running(patience=Patience(idle_s=0.1)) as house:
        session = await house.browser.session()
        async with house.browser.tab(session) as tab:
            assert await tab.closed() == 1001


async def test_many_abrupt_ends_leave_nothing_behind(house: House) -> None:
    session = await house.browser.session()
    for _ in range(60):
        async with house.browser.tab(session) as tab:
            await tab.send("send", cid=cid(), text="hello")
            tab.socket.transport.abort()
    async with asyncio.timeout(5):
        await house.doors.live.empty()
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not [name for name in names if name.startswith("widget socket")]


# Trouble


class Stubborn:
    """A real database whose disk can be full for a while."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_full = False

    @property
    def engine(self) -> Literal["sqlite", "postgres"]:
        return self._database.engine

    async def write(self, unit: Unit[T], *, is_kept: bool = True) -> T:
        if self.is_full:
            raise StorageUnavailable("the disk is full")
        return await self._database.write(unit, is_kept=is_kept)

    async def read(self, unit: Unit[T]) -> T:
        return await self._database.read(unit)

    async def close(self) -> None:
        await self._database.close()


async def test_a_full_disk_refuses_for_now_and_keeps_the_socket(running: Running, tmp_path: Path) -> None:
    database = Stubborn(await connect(f"sqlite:///{tmp_path / 'full.db'}"))
    try:
        async with running(database=database) as house:
            session = await house.browser.session()
            async with house.browser.tab(session) as tab:
                database.is_full = True
                same = cid()
                nack = await tab.say("hello", cid=same)
                database.is_full = False
                ack = await tab.say("hello", cid=same)
        assert (nack["t"], nack["code"], nack["retryable"]) == ("nack", "busy", True)
        assert (ack["t"], ack["seq"]) == ("ack", 1)
    finally:
        await database.close()


async def test_a_slow_reader_is_cut_off_while_others_go_on(running: Running) -> None:
    async with running(patience=Patience(send_s=0.5)) as house:
        session = await house.browser.session()
        async with house.browser.tab(session) as tab:
            await tab.say("begin")
            writer = await _stalled(house, session.token)
            for n in range(60):
                await house.append(session.conv, *[assistant("x" * 4000) for _ in range(40)])
                await tab.until("msg", seq=1 + 40 * (n + 1))
                if len(house.doors.live.everyone()) == 1:
                    break
            async with asyncio.timeout(5):
                await until(lambda: len(house.doors.live.everyone()) == 1)
            assert (await tab.say("still here"))["t"] == "ack"
            writer.transport.abort()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task does."""
    while not condition():
        await _moment()


async def _moment() -> None:
    await asyncio.sleep(0.01)


async def _stalled(house: House, token: str) -> asyncio.StreamWriter:
    """A socket that said hello and never reads again, on bare TCP so that no library reads for it."""
    host, port = house.url.removeprefix("http://").split(":")
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=narrow, limit=1024)
    writer.write(
        f"GET /widget/socket HTTP/1.1\r\nHost: {host}\r\nOrigin: {SHOP}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    hello = f'{{"t":"hello","v":1,"token":"{token}","tab":"s"}}'.encode()
    mask = b"\x00\x00\x00\x00"
    writer.write(b"\x81\xfe" + len(hello).to_bytes(2, "big") + mask + hello)
    await writer.drain()
    return writer
