"""The client: whatever a model server does becomes whole events or one failure, in time, and leaves nothing open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from server.answering.model.client import Client
from server.answering.model.events import Done, Event, Failed, TextDelta, ToolCall, Usage
from server.commerce.outside import Breaker
from server.settings import LlmSettings
from tests.support import model_server as scripted
from tests.support.model_server import FAULTS, ModelServer
from tests.support.servers import serve

ASK = [{"role": "user", "content": "hello"}]
TOOL = {"type": "function", "function": {"name": "order_status", "parameters": {"type": "object", "properties": {}}}}
WHY = {
    "context_length": "context_length", "bad_request": "bad_request", "unauthorised": "auth", "forbidden": "auth",
    "not_found": "bad_request", "rate_limited": "rate_limited", "rate_limited_soon": "rate_limited", "quota": "quota",
    "server_error": "server", "unavailable": "server", "gateway_page": "server", "login_page": "cut",
    "no_stream": "cut", "slow_first_byte": "timeout", "stall": "timeout", "drip": "timeout", "cut": "cut",
    "done_without_reason": "cut", "nothing": "cut", "reset": "connection", "error_chunk": "error_chunk",
    "no_json": "malformed", "choices_null": "malformed", "content_number": "malformed", "calls_number": "malformed",
    "not_an_object": "malformed", "refusal": "refused", "length": "length", "content_filter": "content_filter",
    "content_list": "malformed", "delta_missing": "cut", "delta_text": "empty", "choices_text": "cut",
    "finish_number": "malformed", "usage_text": "cut", "whole_completion": "cut", "function_null": "malformed",
    "arguments_an_object": "malformed",
    "empty": "empty", "cut_tool_call": "cut", "nameless_tool": "malformed",
}  # fmt: skip


@asynccontextmanager
async def client(server: ModelServer, breaker: Breaker | None = None, **settings: Any) -> AsyncIterator[Client]:
    """A client of the scripted server, closed at the end."""
    async with serve(server.app, grace_s=1) as url:
        opened = await asyncio.to_thread(
            Client,
            LlmSettings(
                base_url=f"{url}/v1", api_key=scripted.KEY, model=scripted.MODEL, **{"deadline_s": 4.0, **settings}
            ),
            breaker,
        )
        try:
            yield opened
        finally:
            await opened.close()


async def ask(model: Client, *, seconds: float = 4.0, tools: bool = True, user: str = "") -> list[Event]:
    """Every event of one answer."""
    until = asyncio.get_running_loop().time() + seconds
    async with aclosing(model.stream(ASK, [TOOL] if tools else [], until=until, user=user)) as events:
        return [event async for event in events]


def text(events: list[Event]) -> str:
    """The text of an answer."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_text_comes_in_pieces_with_what_it_cost() -> None:
    server = ModelServer(scripted.says("Your parcel is on its way."))
    async with client(server) as model:
        events = await ask(model)
    assert text(events) == "Your parcel is on its way."
    assert events[-2:] == [Usage(100, 20), Done("stop")]
    assert sum(isinstance(event, TextDelta) for event in events) == 6
    server.assert_finished()


async def test_tool_calls_are_put_together_by_index() -> None:
    server = ModelServer(
        scripted.calls(("order_status", {"order_number": "1042"}), ("search_products", {"query": "red scarf"}))
    )
    async with client(server) as model:
        events = await ask(model)
    assert [event for event in events if not isinstance(event, Usage)] == [
        ToolCall("order_status", '{"order_number": "1042"}'),
        ToolCall("search_products", '{"query": "red scarf"}'),
        Done("tool_calls"),
    ]


@pytest.mark.parametrize("index", [None, 0])
async def test_calls_in_one_piece_with_one_id_and_stop_are_calls(index: int | None) -> None:
    step = scripted.calls_in_one_piece(("order_status", {}), ("refund_status", {}), index=index)
    async with client(ModelServer(step)) as model:
        events = await ask(model)
    expected = ["order_status", "refund_status"] if index is None else ["order_status"]
    assert [event.name for event in events if isinstance(event, ToolCall)] == expected
    assert events[-1] == Done("tool_calls")


@pytest.mark.parametrize("fault", sorted(WHY))
async def test_every_fault_is_one_failure_in_time(fault: str) -> None:
    server = ModelServer(otherwise=FAULTS[fault])
    seconds = 0.6 if WHY[fault] == "timeout" else 4.0
    async with client(server, deadline_s=seconds) as model:
        began = asyncio.get_running_loop().time()
        events = await ask(model, seconds=seconds)
        took = asyncio.get_running_loop().time() - began
    ends = [event for event in events if isinstance(event, Done | Failed)]
    assert [type(end) for end in ends] == [Failed]
    assert events[-1] is ends[0]
    assert isinstance(ends[0], Failed)
    assert ends[0].why == WHY[fault]
    assert took < seconds + 0.5
    assert not [event for event in events if isinstance(event, ToolCall)]
    assert server.unexpected == []


def test_every_fault_of_an_answer_is_named() -> None:
    of_tools = {"bad_arguments", "wrong_arguments", "arguments_no_object", "unknown_tool", "same_call_again"}
    assert FAULTS.keys() - WHY.keys() == of_tools, "those are whole answers: what they ask for is judged by the turn"


@pytest.mark.parametrize("fault", ["cut", "reset", "stall", "error_chunk", "no_json", "length", "content_filter"])
async def test_an_answer_that_has_begun_is_never_asked_for_again(fault: str) -> None:
    server = ModelServer(otherwise=FAULTS[fault])
    async with client(server, deadline_s=3.0) as model:
        assert isinstance((await ask(model, seconds=0.6 if fault == "stall" else 3.0))[-1], Failed)
    assert len(server.requests) == 1


async def test_who_is_cancelled_while_waiting_closes_the_connection() -> None:
    server = ModelServer(scripted.says("word " * 200, gap_s=0.02))
    async with client(server, deadline_s=5.0) as model:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(ask(model))
            for _ in range(100):
                if server.requests:
                    break
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.05)
            asking.cancel()
        assert await left_early(server) == 1


async def left_early(server: ModelServer) -> int:
    """How many left before the end, once the server has seen it."""
    for _ in range(100):
        if server.left_early:
            break
        await asyncio.sleep(0.02)
    return server.left_early


async def test_a_server_that_is_not_there_is_a_failure() -> None:
    model = await asyncio.to_thread(Client, LlmSettings(base_url="http://127.0.0.1:9/v1", model="m", deadline_s=1.0))
    try:
        assert await ask(model, seconds=1.0) == [Failed("connection", "ConnectError")]
    finally:
        await model.close()


async def test_a_reset_after_the_reason_is_no_failure() -> None:
    step = scripted.pieces(*scripted.words("All is well."), scripted.chunk(finish="stop"), None)
    async with client(ModelServer(step)) as model:
        events = await ask(model)
    assert (text(events), events[-1]) == ("All is well.", Done("stop"))


@pytest.mark.parametrize("first", ["server_error", "rate_limited_soon"])
async def test_a_hiccup_is_tried_once_more_when_there_is_time(first: str) -> None:
    server = ModelServer(FAULTS[first], scripted.says("Here I am."))
    async with client(server, deadline_s=4.0) as model:
        assert text(await ask(model, seconds=4.0)) == "Here I am."
    server.assert_finished()


async def test_who_stops_listening_closes_the_stream() -> None:
    server = ModelServer(scripted.says("word " * 200, gap_s=0.02))
    async with client(server, deadline_s=5.0) as model:
        async with aclosing(model.stream(ASK, [], until=asyncio.get_running_loop().time() + 5)) as events:
            async for _ in events:
                break
        assert await left_early(server) == 1


async def test_the_circuit_opens_after_failures_and_closes_after_a_good_answer() -> None:
    server = ModelServer(*[FAULTS["unauthorised"]] * 2, scripted.says("Back again."))
    async with client(server, Breaker(failures=2, within_s=60, pause_s=0.2)) as model:
        assert [(await ask(model))[-1] for _ in range(2)] == [Failed("auth", "401")] * 2
        assert await ask(model) == [Failed("circuit_open")]
        await asyncio.sleep(0.25)
        assert text(await ask(model)) == "Back again."
    server.assert_finished()


async def test_a_text_that_is_too_long_opens_no_circuit() -> None:
    server = ModelServer(FAULTS["length"], FAULTS["length"], scripted.says("Fine."))
    async with client(server, Breaker(failures=2)) as model:
        assert [(await ask(model))[-1] for _ in range(2)] == [Failed("length")] * 2
        assert text(await ask(model)) == "Fine."


async def test_a_server_that_does_not_know_a_key_is_asked_without_it() -> None:
    def picky(body: dict[str, Any]) -> scripted.Said:
        if "temperature" in body:
            return scripted.Said(
                status=400, body=scripted_error("Unsupported value: 'temperature'"), kind="application/json"
            )
        return scripted.says("Without, then.")(body)

    server = ModelServer(otherwise=picky)
    async with client(server) as model:
        assert text(await ask(model)) == "Without, then."
        assert text(await ask(model)) == "Without, then."
    assert ["temperature" in body for body in server.requests] == [True, False, False]


def scripted_error(message: str) -> str:
    """An error body."""
    import json

    return json.dumps(scripted.error(message, "unsupported_value"))


async def test_the_vendors_own_fields_are_sent_where_they_are_known() -> None:
    theirs, other = ModelServer(scripted.says("Hi."), vendor=True), ModelServer(scripted.says("Hi."))
    async with client(theirs, vendor_fields=True) as model:
        assert (await ask(model, user="c0ffee"))[-1] == Done("stop")
    async with client(other) as model:
        assert (await ask(model, user="c0ffee"))[-1] == Done("stop")
    assert theirs.requests[0]["safety_identifier"] == "c0ffee"
    assert "max_completion_tokens" in theirs.requests[0]
    assert "safety_identifier" not in other.text
    assert "max_tokens" in other.requests[0]


async def test_nothing_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, f"leak-{name.lower()}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-leak: leak-header")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = ModelServer(scripted.says("Hi."))
    async with client(server) as model:
        assert (await ask(model))[-1] == Done("stop")
    assert "leak" not in str(server.headers) + server.text
