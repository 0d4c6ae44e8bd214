"""The console's socket on a running server: what is sent, in which order, to whom, and when it ends."""

from datetime import timedelta

import pytest
import websockets

from memory import agents, threads
from memory.threads import NewEvent
from server.api import api_routes
from server.bus import Bell
from server.console.feed import inbox_frames
from tests.server.console import people
from tests.server.console.conftest import House
from tests.server.intake.browser import Browser


async def test_hello_is_answered_with_the_whole_inbox(house: House) -> None:
    for number in range(90):
        await people.customer_says(house.services, "hello", who=f"visitor-{number}")
    async with house.tab(await house.kim()) as tab:
        frames = [frame for frame in tab.frames if frame["t"] == "inbox"]
    assert tab.frames[0]["t"] == "welcome"
    assert tab.frames[0]["agent"]["name"] == "Kim Reyes"
    assert [frame.get("reset", False) for frame in frames] == [True, False, False]
    assert len({row["conv"] for frame in frames for row in frame["rows"]}) == 90
    assert all(len(frame["rows"]) <= 40 for frame in frames)


def test_empty_inbox_is_one_frame_that_begins_and_ends() -> None:
    assert inbox_frames([]) == [{"t": "inbox", "rows": [], "removed": [], "reset": True, "last": True}]


async def test_open_thread_is_sent_gap_free_and_goes_on_live(house: House) -> None:
    thread = await people.handed_off(house.services)
    async with house.tab(await house.kim()) as tab:
        await tab.send("open", conv=thread.public_id, last_seq=0)
        await tab.until("event", seq=thread.state.last_seq)
        said = await people.customer_says(house.services, "Hello?")
        await tab.until("event", seq=said.state.last_seq)
    events = [frame for frame in tab.frames if frame["t"] == "event"]
    assert [frame["seq"] for frame in events] == list(range(1, said.state.last_seq + 1))
    assert all(frame["prev"] == frame["seq"] - 1 for frame in events)
    assert {"draft_offered", "classified", "handoff", "message"} <= {frame["type"] for frame in events}


async def test_reader_that_was_cut_gets_exactly_what_it_missed(house: House) -> None:
    thread = await people.handed_off(house.services)
    kim = await house.kim()
    async with house.tab(kim) as tab:
        await tab.send("open", conv=thread.public_id, last_seq=0)
        await tab.until("event", seq=thread.state.last_seq)
    for text in ("one", "two", "three"):
        thread = await people.customer_says(house.services, text)
    async with house.tab(kim, seen={thread.public_id: thread.state.last_seq - 3}) as again:
        await again.until("event", seq=thread.state.last_seq)
    last = thread.state.last_seq
    assert again.events() == [last - 2, last - 1, last]


async def test_reader_that_holds_more_than_there_is_begins_anew(house: House) -> None:
    thread = await people.handed_off(house.services)
    async with house.tab(await house.kim(), seen={thread.public_id: 999}) as tab:
        await tab.until("event", seq=thread.state.last_seq)
    assert tab.events()[0] == 1


async def test_left_thread_is_not_sent_any_more(house: House) -> None:
    thread, other = await people.handed_off(house.services), await people.handed_off(house.services, "bob")
    async with house.tab(await house.kim()) as tab:
        await tab.send("open", conv=thread.public_id, last_seq=thread.state.last_seq)
        await tab.until("panel", conv=thread.public_id)
        await tab.send("leave", conv=thread.public_id)
        await tab.send("open", conv=other.public_id, last_seq=other.state.last_seq)
        await tab.until("panel", conv=other.public_id)
        said = await people.customer_says(house.services, "to the left one")
        await tab.row(thread.public_id, seq=said.state.last_seq)
        later = await people.customer_says(house.services, "to the open one", who="bob")
        await tab.until("event", conv=other.public_id, seq=later.state.last_seq)
    assert not [frame for frame in tab.frames if frame["t"] == "event" and frame["conv"] == thread.public_id]


async def test_unknown_thread_is_an_error_that_names_it(house: House) -> None:
    async with house.tab(await house.kim()) as tab:
        await tab.send("open", conv="c_nobody", last_seq=0)
        error = await tab.until("error")
    assert (error["code"], error["conv"]) == ("not_found", "c_nobody")


async def test_inbox_follows_changes_and_gathers_bursts(house: House) -> None:
    async with house.tab(await house.kim()) as tab:
        count = len(tab.frames)
        thread = await people.customer_says(house.services, "first")
        for number in range(30):
            thread = await people.customer_says(house.services, f"message {number}")
        await tab.row(thread.public_id, seq=thread.state.last_seq)
    frames = [frame for frame in tab.frames[count:] if frame["t"] == "inbox"]
    assert len(frames) < 31


async def test_closed_thread_leaves_the_inbox(house: House) -> None:
    thread = await people.handed_off(house.services)
    async with house.tab(await house.kim()) as tab:
        await people.append(house.services, thread, NewEvent("status", {"status": "closed"}, "all"))
        frame = await tab.until("inbox", removed=[thread.public_id])
    assert frame["rows"] == []


async def test_panel_carries_brief_drafts_customer_and_recipient(house: House) -> None:
    thread = await people.handed_off(house.services)
    async with house.tab(await house.kim()) as tab:
        await tab.send("open", conv=thread.public_id, last_seq=0)
        panel = await tab.until("panel")
    assert panel["brief"]["wants"] == people.BRIEF["wants"]
    assert [draft["label"] for draft in panel["drafts"]] == [label for label, _ in people.DRAFTS]
    assert panel["recipient"]["channel"] == "widget"
    assert panel["customer"]["name"] == "Ana Lopez"


async def test_drafts_go_away_once_somebody_answered(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    body = {"text": "On it.", "seen_seq": thread.state.last_seq, "idempotency_key": "k"}
    async with house.tab(kim) as tab, house.program(kim) as api:
        await tab.send("open", conv=thread.public_id, last_seq=0)
        await tab.until("panel")
        await api.post(f"/api/v1/threads/{thread.public_id}/reply", json=body)
        panel = await tab.until("panel", drafts=[])
    assert panel["brief"]


async def test_read_pointer_clears_the_unread_mark_on_every_tab_of_its_agent_only(house: House) -> None:
    kim, lee, thread = await house.kim(), await house.lee(), await people.handed_off(house.services)
    async with house.tab(kim) as one, house.tab(kim) as two, house.tab(lee) as other:
        await one.send("open", conv=thread.public_id, last_seq=0)
        await one.until("panel")
        await one.send("read", conv=thread.public_id, seq=thread.state.last_seq)
        assert not (await two.row(thread.public_id, unread=False))["unread"]
        thread = await people.customer_says(house.services, "again")
        assert (await other.row(thread.public_id, seq=thread.state.last_seq))["unread"]
    own = await house.services.database.read(lambda tx: threads.read_up_to(tx, thread.id, f"agent:{kim.id}"))
    assert own == thread.state.last_seq - 1


async def test_typing_goes_both_ways_and_never_back_to_who_types(house: House) -> None:
    kim, lee, thread = await house.kim(), await house.lee(), await people.handed_off(house.services)
    heard: list[object] = []
    async with house.tab(kim) as one, house.tab(lee) as other:
        for tab in (one, other):
            await tab.send("open", conv=thread.public_id, last_seq=0)
            await tab.until("panel")
        with house.services.bus.listening(f"typing:{thread.id}", lambda _topic, note: heard.append(note)):
            await one.send("typing", conv=thread.public_id, on=True)
            assert (await other.until("typing"))["who"] == {"type": "agent", "name": "Kim Reyes"}
            note = {"who": {"type": "customer", "name": ""}, "on": True}
            house.services.bus.publish(f"typing:{thread.id}", note)
            await one.until("typing")
    assert [frame["who"]["type"] for frame in one.frames if frame["t"] == "typing"] == ["customer"]
    assert heard[0] == {"who": {"type": "agent", "name": "Kim Reyes", "id": kim.id}, "on": True}


async def test_agents_are_online_while_a_console_is_open_and_not_after(house: House) -> None:
    async def present() -> list[str]:
        found = await house.services.database.read(lambda tx: agents.present(tx, house.clock.now()))
        return [name for _, name in found]

    gone = Bell()
    kim, lee = await house.kim(), await house.lee()
    async with house.tab(lee) as other, house.tab(kim) as tab:
        while len((await other.until("presence"))["agents"]) != 2:
            pass
        assert await present() == ["Kim Reyes", "Lee Park"]
        await tab.send("presence", away=True)
        while len((await other.until("presence"))["agents"]) != 1:
            pass
        assert await present() == ["Lee Park"]
        house.services.bus.listen("presence", gone.ring)
    while await present():
        assert await gone.wait(10)


async def test_colleagues_see_who_looks_at_a_thread(house: House) -> None:
    kim, lee, thread = await house.kim(), await house.lee(), await people.handed_off(house.services)
    async with house.tab(lee) as other, house.tab(kim) as tab:
        await tab.send("open", conv=thread.public_id, last_seq=0)
        looking = {"id": str(kim.id), "name": "Kim Reyes", "online": True, "conv": thread.public_id}
        while looking not in (await other.until("presence"))["agents"]:
            pass
        await tab.send("leave", conv=thread.public_id)
        while looking in (await other.until("presence"))["agents"]:
            pass


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001"])
async def test_another_page_gets_no_socket(house: House, origin: str) -> None:
    session = await people.session(house.services, await house.kim())
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with house.dial(session, origin):
            pass
    assert refusal.value.response.status_code == 403


async def test_without_a_session_the_socket_ends_with_4401(house: House) -> None:
    async with house.dial(None) as socket:
        with pytest.raises(websockets.ConnectionClosed) as end:
            await socket.recv()
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 4401


async def test_first_frame_must_be_hello(house: House) -> None:
    session = await people.session(house.services, await house.kim())
    for text in ('{"t":"ping"}', "nonsense", '{"t":"hello","v":9}', '{"t":"hello","v":1,"seen":{"c":-1}}'):
        async with house.dial(session) as socket:
            await socket.send(text)
            with pytest.raises(websockets.ConnectionClosed) as end:
                await socket.recv()
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 4400


async def test_broken_frames_are_errors_and_a_flood_ends(house: House) -> None:
    async with house.tab(await house.kim()) as tab:
        await tab.send("open", conv=7)
        assert (await tab.until("error"))["code"] == "bad_frame"
        await tab.send("something new", key=1)
        await tab.send("ping", n=4)
        assert (await tab.until("pong"))["n"] == 4
        for _ in range(300):
            await tab.send("open")
        assert await tab.closed() == 1008


async def test_signing_out_closes_every_console_of_the_session(house: House) -> None:
    kim = await house.kim()
    session, other = await people.session(house.services, kim), await people.session(house.services, kim)
    async with house.tab(session) as one, house.tab(session) as two, house.tab(other) as kept:
        async with house.http(session) as page:
            await page.post("/console/logout")
        assert [await one.closed(), await two.closed()] == [4401, 4401]
        await kept.send("ping", n=1)
        assert await kept.until("pong")


async def test_disabled_agent_gets_nothing_more(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    async with house.tab(kim) as tab:
        await tab.send("open", conv=thread.public_id, last_seq=0)
        await tab.until("panel")
        await house.services.database.write(lambda tx: agents.disable(tx, kim.id))
        before = len(tab.frames)
        await people.customer_says(house.services, "a secret that Kim may not read any more")
        assert await tab.closed() == 4401
    assert [frame for frame in tab.frames[before:] if frame["t"] in ("event", "inbox", "panel", "typing")] == []


async def test_session_that_ran_out_ends_the_socket(house: House) -> None:
    kim = await house.kim("admin")
    async with house.tab(kim) as tab:
        house.clock.advance(timedelta(minutes=31))
        await people.customer_says(house.services, "hello")
        assert await tab.closed() == 4401


async def test_beyond_five_tabs_the_oldest_is_replaced(house: House) -> None:
    session = await people.session(house.services, await house.kim())
    async with house.tab(session) as oldest:
        tabs = [house.tab(session) for _ in range(5)]
        for tab in tabs:
            await tab.__aenter__()
        assert await oldest.closed() == 4409
        for tab in reversed(tabs):
            await tab.__aexit__(None, None, None)


async def test_notes_drafts_and_labels_never_reach_the_widget(house: House) -> None:
    browser = Browser(house.url, "http://127.0.0.1:8000")
    session = await browser.session()
    kim = await house.kim()
    async with browser.tab(session) as shopper, house.program(kim) as api:
        await shopper.say("Where is my order?")
        path = f"/api/v1/threads/{session.conv}"
        await api.post(f"{path}/claim")
        await api.post(f"{path}/note", json={"text": "she is furious, watch out", "idempotency_key": "n"})
        last = (await api.get(f"{path}/events")).json()["last_seq"]
        body = {"text": "Hello, Kim here.", "seen_seq": last, "idempotency_key": "r", "draft": {"n": 1}}
        assert (await api.post(f"{path}/reply", json=body)).status_code == 201
        await shopper.until("msg", text="Hello, Kim here.")
        await shopper.settle()
    sent = str(shopper.frames)
    assert "furious" not in sent
    assert "draft" not in sent
    assert "Kim Reyes" in sent


def test_console_and_api_answer_at_different_addresses() -> None:
    assert all(route.path.startswith("/api/v1") for route in api_routes())  # type: ignore[attr-defined]  # all are Routes
