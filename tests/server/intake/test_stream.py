"""The way without sockets: an event stream and POST."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec
import pytest

from memory.threads import NewEvent
from server.intake.doors import Patience
from tests.server.intake.browser import Session, cid
from tests.server.intake.conftest import House, Running


def bearer(session: Session) -> dict[str, str]:
    return {"Authorization": f"Bearer {session.token}"}


class Events:
    """An open stream, block by block."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, dict[str, Any] | None]:
        """(id, frame) of the next block; a comment has neither."""
        place, frame = "", None
        async with asyncio.timeout(10):
            async for line in self._lines:
                if not line:
                    return place, frame
                name, _, value = line.partition(": ")
                if name == "id":
                    place = value
                elif name == "data":
                    frame = msgspec.json.decode(value)
        raise EOFError

    async def until(self, kind: str) -> tuple[str, dict[str, Any]]:
        """The next frame of a type."""
        while True:
            place, frame = await self.next()
            if frame and frame["t"] == kind:
                return place, frame


@asynccontextmanager
async def events(
    house: House, session: Session, *, headers: dict[str, str] | None = None, **query: Any
) -> AsyncIterator[Events]:
    """An open stream after its `welcome`."""
    sent = {**bearer(session), **(headers or {})}
    async with (
        house.browser.http() as client,
        client.stream("GET", "/widget/events", params=query, headers=sent) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"
        stream = Events(answer)
        await stream.until("welcome")
        yield stream


async def post(house: House, session: Session, **body: Any) -> httpx2.Response:
    async with house.browser.http() as client:
        return await client.post("/widget/send", json={"t": "send", **body}, headers=bearer(session))


async def test_what_is_posted_comes_back_on_the_stream(house: House) -> None:
    session = await house.browser.session()
    async with events(house, session) as stream:
        answer = await post(house, session, cid=cid(), text="hello", conv=session.conv)
        place, frame = await stream.until("msg")
    ack = answer.json()
    assert (answer.status_code, ack["t"], ack["seq"]) == (200, "ack", 1)
    assert (place, frame["seq"], frame["text"]) == ("1", 1, "hello")


async def test_a_repeated_post_gets_the_same_number(house: House) -> None:
    session = await house.browser.session()
    same = cid()
    first = await post(house, session, cid=same, text="hello")
    second = await post(house, session, cid=same, text="hello")
    assert first.json() == second.json()


@pytest.mark.parametrize("how", ["after", "last-event-id"])
async def test_a_stream_resumes_after_a_number(house: House, how: str) -> None:
    session = await house.browser.session()
    for text in ("one", "two"):
        await post(house, session, cid=cid(), text=text)
    headers = {"Last-Event-ID": "1"} if how == "last-event-id" else {}
    query = {"after": "1"} if how == "after" else {"after": "0"}
    async with events(house, session, headers=headers, conv=session.conv, **query) as stream:
        _, frame = await stream.until("msg")
    assert (frame["text"], frame["prev"]) == ("two", 1)


async def test_a_quiet_stream_carries_comments(running: Running) -> None:
    async with running(patience=Patience(comment_s=0.05)) as house:
        session = await house.browser.session()
        async with events(house, session) as stream:
            assert await stream.next() == ("", None)


async def test_what_the_assistant_says_reaches_the_stream(house: House) -> None:
    session = await house.browser.session()
    await post(house, session, cid=cid(), text="hello")
    async with events(house, session, after="1") as stream:
        await house.append(session.conv, NewEvent("message", {"text": "hi"}, "all", "assistant"))
        place, frame = await stream.until("msg")
    assert (place, frame["text"]) == ("2", "hi")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}]
)
@pytest.mark.parametrize("path", ["/widget/events", "/widget/send", "/widget/upload"])
async def test_without_a_token_nothing_opens(house: House, path: str, headers: dict[str, str]) -> None:
    async with house.browser.http() as client:
        method = "GET" if path.endswith("events") else "POST"
        answer = await client.request(method, path, headers=headers)
    assert answer.status_code == 401


async def test_a_token_in_the_address_does_not_count(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.http() as client:
        answer = await client.get("/widget/events", params={"token": session.token})
    assert answer.status_code == 401


async def test_a_foreign_page_is_refused(house: House) -> None:
    session = await house.browser.session()
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False, headers=bearer(session)) as client:
        answers = [
            await client.get("/widget/events"),
            await client.get("/widget/events", headers={"Origin": "https://evil.example"}),
            await client.get("/widget/events", headers={"Sec-Fetch-Site": "cross-site"}),
            await client.post("/widget/send", json={"cid": "1"}),
            await client.post("/widget/send", json={"cid": "1"}, headers={"Sec-Fetch-Site": "same-origin"}),
        ]
    assert {answer.status_code for answer in answers} == {403}


async def test_our_own_page_may_leave_origin_out_of_a_get(house: House) -> None:
    own = type(house.browser)(house.url, "https://chat.example")
    session = await own.session()
    headers = {**bearer(session), "Sec-Fetch-Site": "same-origin"}
    async with (
        httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False) as client,
        client.stream("GET", "/widget/events", headers=headers) as answer,
    ):
        assert answer.status_code == 200


async def test_a_token_of_another_page_is_refused(house: House) -> None:
    session = await house.browser.session()
    async with httpx2.AsyncClient(base_url=house.url, trust_env=False, verify=False, headers=bearer(session)) as client:
        answer = await client.post("/widget/send", json={"cid": "1"}, headers={"Origin": "https://chat.example"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 400, "empty"),
        ({"text": "x" * 4001}, 413, "too_long"),
        ({"text": "x", "attachments": ["att_1"]}, 422, "bad_attachment"),
    ],
)
async def test_what_cannot_be_stored_is_refused(house: House, body: dict[str, Any], status: int, code: str) -> None:
    session = await house.browser.session()
    answer = await post(house, session, cid=cid(), **body)
    assert (answer.status_code, answer.json()["t"], answer.json()["code"]) == (status, "nack", code)


async def test_somebody_elses_thread_is_not_there(house: House) -> None:
    other, session = await house.browser.session(), await house.browser.session()
    await post(house, other, cid=cid(), text="mine alone")
    answer = await post(house, session, cid=cid(), text="hi", conv=other.conv)
    async with house.browser.http() as client:
        stream = await client.get("/widget/events", params={"conv": other.conv}, headers=bearer(session))
    assert (answer.status_code, stream.status_code) == (404, 404)


async def test_posts_beyond_the_pace_have_to_wait(running: Running) -> None:
    async with running(messages_per_s=0.1) as house:
        session = await house.browser.session()
        answers = [await post(house, session, cid=cid(), text="x") for _ in range(30)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, "rate")}


async def test_streams_count_as_connections(running: Running) -> None:
    async with running(sockets_per_ip=1) as house:
        session = await house.browser.session()
        async with events(house, session), house.browser.http() as client:
            answer = await client.get("/widget/events", headers=bearer(session))
    assert answer.status_code == 429


async def test_a_stream_that_ends_leaves_nothing_behind(house: House) -> None:
    session = await house.browser.session()
    for _ in range(10):
        async with events(house, session):
            pass
    async with asyncio.timeout(5):
        await house.doors.live.empty()
