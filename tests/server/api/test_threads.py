"""The API over HTTP on a running server: who may, what comes back, and what happens when two want the same."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from channels.message import Address, Inbound
from memory import agents, threads
from memory.threads import NewEvent
from server.console.sessions import Session
from server.inbox import accept
from tests.server.console import people
from tests.server.console.conftest import House

REPLY = {"text": "Hello Ana, I am on it.", "idempotency_key": "key-1"}


async def said_in(house: House, thread_id: int, kind: str = "message", author: str = "agent") -> list[str]:
    """What stands in the log."""
    events = await house.services.database.read(lambda tx: threads.events(tx, thread_id))
    return [str(each.body["text"]) for each in events if each.type == kind and each.author_type == author]


async def test_reply_is_stored_once_and_a_repeat_gives_the_same_event(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    body = {**REPLY, "seen_seq": thread.state.last_seq}
    async with house.program(kim) as api:
        first = await api.post(f"/api/v1/threads/{thread.public_id}/reply", json=body)
        again = await api.post(f"/api/v1/threads/{thread.public_id}/reply", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["seq"] == again.json()["seq"]
    assert first.json()["body"]["text"] == REPLY["text"]
    assert first.json()["author"] == {"type": "agent", "id": str(kim.id), "name": "Kim Reyes"}
    assert await said_in(house, thread.id) == [REPLY["text"]]


async def test_reply_after_something_moved_is_refused_and_shows_what_arrived(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    seen = thread.state.last_seq
    await people.customer_says(house.services, "And I changed my mind")
    async with house.program(kim) as api:
        answer = await api.post(f"/api/v1/threads/{thread.public_id}/reply", json={**REPLY, "seen_seq": seen})
    assert answer.status_code == 409
    assert [each["body"]["text"] for each in answer.json()["since"]] == ["And I changed my mind"]
    assert await said_in(house, thread.id) == []


async def test_of_two_agents_who_reply_at_once_one_learns_of_the_other(house: House) -> None:
    kim, lee, thread = await house.kim(), await house.lee(), await people.handed_off(house.services)

    async def reply(api: httpx2.AsyncClient, text: str) -> httpx2.Response:
        body = {"text": text, "seen_seq": thread.state.last_seq, "idempotency_key": text}
        return await api.post(f"/api/v1/threads/{thread.public_id}/reply", json=body)

    async with house.program(kim) as one, house.program(lee) as other:
        answers = await asyncio.gather(reply(one, "from Kim"), reply(other, "from Lee"))
    assert sorted(each.status_code for each in answers) in ([201, 403], [201, 409])
    assert len(await said_in(house, thread.id)) == 1


async def test_a_key_that_was_used_for_other_words_is_refused(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    path = f"/api/v1/threads/{thread.public_id}"
    async with house.program(kim) as api:
        await api.post(f"{path}/reply", json={**REPLY, "seen_seq": thread.state.last_seq})
        other = {**REPLY, "text": "Something else", "seen_seq": thread.state.last_seq + 2}
        answers = [
            await api.post(f"{path}/reply", json=other),
            await api.post(f"{path}/note", json={"text": REPLY["text"], "idempotency_key": "key-1"}),
        ]
    assert [each.status_code for each in answers] == [422, 422]
    assert "idempotency_key" in answers[0].json()["error"]["fields"]


async def test_used_draft_is_recorded_with_whether_it_was_changed(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    body = {**REPLY, "seen_seq": thread.state.last_seq, "draft": {"n": 2, "edited": True}}
    async with house.program(kim) as api:
        await api.post(f"/api/v1/threads/{thread.public_id}/reply", json=body)
    events = await house.services.database.read(lambda tx: threads.events(tx, thread.id))
    assert [dict(each.body) for each in events if each.type == "draft_outcome"] == [{"n": 2, "edited": True}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": "hi"}, "seen_seq"),
        ({"text": "hi", "seen_seq": 1}, "idempotency_key"),
        ({"text": 5, "seen_seq": 1, "idempotency_key": "k"}, "text"),
        ({"text": "hi", "seen_seq": -1, "idempotency_key": "k"}, "seen_seq"),
        ({"text": "hi", "seen_seq": True, "idempotency_key": "k"}, "seen_seq"),
        ({"text": "hi", "seen_seq": 10**6, "idempotency_key": "k"}, "seen_seq"),
        ({"text": "hi", "seen_seq": 1, "idempotency_key": ""}, "idempotency_key"),
        ({"text": "hi", "seen_seq": 1, "idempotency_key": "k" * 201}, "idempotency_key"),
        ({"text": "hi", "seen_seq": 1, "idempotency_key": "k", "draft": {"edited": True}}, "draft.n"),
        ({"text": "   ", "seen_seq": 1, "idempotency_key": "k"}, "text"),
        ({"text": "\x00", "seen_seq": 1, "idempotency_key": "k"}, "text"),
        ({"text": "x" * 4001, "seen_seq": 1, "idempotency_key": "k"}, "text"),
    ],
)
async def test_field_that_cannot_be_used_is_named(house: House, body: dict[str, Any], field: str) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    async with house.program(kim) as api:
        answer = await api.post(f"/api/v1/threads/{thread.public_id}/reply", json=body)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    assert await said_in(house, thread.id) == []


async def test_body_that_is_no_json_or_no_object_is_refused(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    path, json = f"/api/v1/threads/{thread.public_id}/reply", {"Content-Type": "application/json"}
    async with house.program(kim) as api:
        answers = [
            await api.post(path, content=b"{", headers=json),
            await api.post(path, content=b"\xff\xfe", headers=json),
            await api.post(path, content=b"[" * 50_000, headers=json),
            await api.post(path, content=b"[]", headers=json),
            await api.post(path, content=b"text=hi", headers={"Content-Type": "text/plain"}),
        ]
    assert [each.status_code for each in answers] == [400, 400, 422, 422, 415]


async def test_acts_change_the_owner_and_the_status(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    path = f"/api/v1/threads/{thread.public_id}"
    async with house.program(kim) as api:
        claimed = await api.post(f"{path}/claim")
        again = await api.post(f"{path}/claim", json={})
        back = await api.post(f"{path}/hand_back", json={})
        resolved = await api.post(f"{path}/resolve", json={})
    assert (claimed.status_code, again.status_code) == (201, 200)
    assert claimed.json()["thread"]["owner"] == {"type": "agent", "id": str(kim.id), "name": "Kim Reyes"}
    assert back.json()["thread"]["owner"]["type"] == "assistant"
    assert (resolved.status_code, resolved.json()["thread"]["status"]) == (201, "resolved")


async def test_resolving_what_moved_is_refused(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    await people.customer_says(house.services, "One more thing")
    async with house.program(kim) as api:
        answer = await api.post(f"/api/v1/threads/{thread.public_id}/resolve", json={"seen_seq": thread.state.last_seq})
    assert (answer.status_code, len(answer.json()["since"])) == (409, 1)


async def test_colleagues_thread_is_refused_in_words_unless_a_supervisor_takes_it(house: House) -> None:
    kim, lee, boss = await house.kim(), await house.lee(), await house.lee("supervisor")
    thread = await people.handed_off(house.services)
    path = f"/api/v1/threads/{thread.public_id}"
    async with house.program(kim) as one, house.program(lee) as other, house.program(boss) as third:
        await one.post(f"{path}/claim")
        refused = [
            await other.post(f"{path}/claim"),
            await other.post(f"{path}/reply", json={**REPLY, "seen_seq": thread.state.last_seq + 1}),
        ]
        taken = await third.post(f"{path}/claim")
    assert [each.status_code for each in refused] == [403, 403]
    assert "Kim Reyes has this conversation" in refused[0].json()["error"]["message"]
    assert taken.json()["thread"]["owner"]["id"] == str(boss.id)


async def test_viewer_reads_and_may_not_act(house: House) -> None:
    viewer, thread = await house.kim("viewer"), await people.handed_off(house.services)
    path = f"/api/v1/threads/{thread.public_id}"
    async with house.program(viewer) as api:
        seen = await api.get(path)
        acts = [
            await api.post(f"{path}/{name}", json={"text": "x"}) for name in ("claim", "note", "resolve", "hand_back")
        ]
    assert seen.status_code == 200
    assert [each.status_code for each in acts] == [403] * 4


async def test_closed_thread_takes_no_reply(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    closed = await people.append(house.services, thread, NewEvent("status", {"status": "closed"}, "all"))
    async with house.program(kim) as api:
        answer = await api.post(
            f"/api/v1/threads/{thread.public_id}/reply", json={**REPLY, "seen_seq": closed.state.last_seq}
        )
    assert answer.status_code == 403
    assert "closed" in answer.json()["error"]["message"]


async def test_unknown_conversation_is_404_on_every_address(house: House) -> None:
    kim = await house.kim()
    async with house.program(kim) as api:
        gets = [await api.get(f"/api/v1/threads/c_nobody{tail}") for tail in ("", "/events")]
        posts = [
            await api.post(f"/api/v1/threads/c_nobody/{name}", json={**REPLY, "seen_seq": 0})
            for name in ("claim", "reply", "note", "resolve", "hand_back")
        ]
    assert {each.status_code for each in (*gets, *posts)} == {404}


async def test_without_a_caller_everything_is_401_even_what_is_not_there(house: House) -> None:
    thread = await people.handed_off(house.services)
    async with house.http() as api:
        answers = [
            await api.get("/api/v1/threads"),
            await api.get("/api/v1/nothing/here"),
            await api.get("/api/v1"),
            await api.delete(f"/api/v1/threads/{thread.public_id}"),
            await api.post(f"/api/v1/threads/{thread.public_id}/claim"),
            await api.get("/api/v1/threads", headers={"Authorization": "Bearer wrong"}),
            await api.get("/api/v1/threads", headers={"Authorization": "Basic a2ltOmtpbQ=="}),
            await api.get("/api/v1/threads", headers={"Authorization": "Bearer"}),
        ]
    assert [each.status_code for each in answers] == [401] * 8
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"


async def test_with_a_caller_what_is_not_there_is_404_and_wrong_methods_are_405(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    async with house.program(kim) as api:
        nothing = await api.get("/api/v1/nothing")
        method = await api.delete(f"/api/v1/threads/{thread.public_id}/claim")
    assert nothing.status_code == 404
    assert (method.status_code, method.headers["Allow"]) == (405, "POST")


async def test_token_of_a_disabled_agent_is_refused_at_once(house: House) -> None:
    kim = await house.kim()
    async with house.program(kim) as api:
        before = await api.get("/api/v1/threads")
        await house.services.database.write(lambda tx: agents.disable(tx, kim.id))
        after = await api.get("/api/v1/threads")
    assert (before.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"X-CSRF-Token": ""}, 403),
        ({"X-CSRF-Token": "0" * 64}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Cookie": ""}, 401),
        ({"Cookie": "sid=" + "x" * 43}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
    ],
)
async def test_cookie_counts_only_from_our_own_page_with_its_token(
    house: House, headers: dict[str, str], status: int
) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    session = await people.session(house.services, kim)
    async with house.http(session) as page:
        answer = await page.post(f"/api/v1/threads/{thread.public_id}/claim", headers=headers)
    assert answer.status_code == status


async def test_token_of_another_session_does_not_fit(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    one, other = await people.session(house.services, kim), await people.session(house.services, kim)
    async with house.http(one) as page:
        headers = {"X-CSRF-Token": other.csrf}
        answer = await page.post(f"/api/v1/threads/{thread.public_id}/claim", headers=headers)
    assert answer.status_code == 403


async def test_cookie_must_be_sent_as_json(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    async with house.http(await people.session(house.services, kim)) as page:
        answer = await page.post(f"/api/v1/threads/{thread.public_id}/note", data={"text": "hi"})
    assert answer.status_code == 415


async def test_threads_are_listed_page_by_page_without_gaps_or_repeats(house: House) -> None:
    kim = await house.kim()
    for number in range(7):
        await people.customer_says(house.services, "hello", who=f"visitor-{number}")
        if number % 2:
            house.clock.advance(timedelta(seconds=1))
    listed: list[str] = []
    async with house.program(kim) as api:
        before = ""
        while True:
            page = (await api.get("/api/v1/threads", params={"limit": 3, "before": before})).json()
            listed += [row["conv"] for row in page["threads"]]
            if not page["next"]:
                break
            before = page["next"]
    assert sorted(listed) == sorted(f"c_visitor-{number}" for number in range(7))


async def test_threads_are_found_by_customer_and_status(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    await people.customer_says(house.services, "hello", who="bob")
    async with house.program(kim) as api:
        await api.post(f"/api/v1/threads/{thread.public_id}/resolve", json={})
        own = {"customer": str(thread.customer_id)}
        answers = [
            await api.get("/api/v1/threads", params=own),
            await api.get("/api/v1/threads", params={**own, "status": "open"}),
            await api.get("/api/v1/threads", params={"status": "resolved"}),
            await api.get("/api/v1/threads", params={"customer": "nobody"}),
        ]
    convs = [[row["conv"] for row in each.json()["threads"]] for each in answers]
    assert convs == [["c_ana"], [], ["c_ana"], []]


@pytest.mark.parametrize(
    "query", ["status=broken", "limit=0", "limit=9999", "limit=x", "before=yesterday", "before=1-2-3"]
)
async def test_query_that_cannot_be_used_is_named(house: House, query: str) -> None:
    kim = await house.kim()
    async with house.program(kim) as api:
        answer = await api.get(f"/api/v1/threads?{query}")
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [query.partition("=")[0]]


async def test_events_are_read_after_a_number(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    last = thread.state.last_seq
    async with house.program(kim) as api:
        every = (await api.get(f"/api/v1/threads/{thread.public_id}/events")).json()
        some = (await api.get(f"/api/v1/threads/{thread.public_id}/events?after={last - 2}")).json()
    assert [each["seq"] for each in every["events"]] == list(range(1, last + 1))
    assert [each["prev"] for each in every["events"]] == list(range(last))
    assert [each["seq"] for each in some["events"]] == [last - 1, last]
    assert every["last_seq"] == last


async def test_thread_comes_with_brief_drafts_and_customer(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    async with house.program(kim) as api:
        answer = (await api.get(f"/api/v1/threads/{thread.public_id}")).json()
    assert answer["thread"]["customer"]["name"] == "Ana Lopez"
    assert answer["thread"]["priority_reason"] == "upset"
    assert answer["brief"]["why"]["reason"] == "distress"
    assert [draft["n"] for draft in answer["drafts"]] == [1, 2, 3]
    assert {contact["kind"]: contact["proof"] for contact in answer["customer"]["contacts"]} == {
        "visitor": "channel",
        "email": "claimed",
    }


async def test_answers_never_carry_network_addresses_or_numbers_too_long_for_browsers(house: House) -> None:
    kim = await house.kim()
    meta = {"net": "203.0.113.9"}
    said = Inbound("widget", Address("visitor", "key", "channel"), "hi", house.clock.now(), conv="c_net", meta=meta)
    await accept(house.services, said)
    async with house.program(kim) as api:
        claimed = await api.post("/api/v1/threads/c_net/claim")
        events = await api.get("/api/v1/threads/c_net/events")
    assert "203.0.113.9" not in events.text
    assert claimed.json()["body"]["owner_id"] == str(kim.id)


async def test_session_is_kept_open_by_use_and_its_own_origin_is_needed_to_read(house: House) -> None:
    kim = await house.kim("admin")
    session: Session = await people.session(house.services, kim)
    async with house.http(session) as page:
        for _ in range(4):
            house.clock.advance(timedelta(minutes=20))
            assert (await page.get("/api/v1/threads")).status_code == 200
        foreign = await page.get("/api/v1/threads", headers={"Origin": "https://evil.example"})
        house.clock.advance(timedelta(minutes=31))
        idle = await page.get("/api/v1/threads")
    assert (foreign.status_code, idle.status_code) == (403, 401)
