"""Replies to a real webhook on loopback that has its own opinion of the signature, and files from a real server."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.errors import NotNow, Refused
from channels.inbound.provider import InboundProvider
from channels.message import Address, Media, Outbound, RawCall
from server.commerce.signing import sign
from tests.support.reply_webhook import Does, ReplyWebhook
from tests.support.servers import serve

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SECRETS = {"trusty": ("o" * 40, "n" * 40), "market": ("m" * 40,)}
REPLY = Outbound(
    "c_1:4", "inbound:trusty", Address("guest", "trusty:u7", "channel", "u7", "Ana"), "Grüße – it is on its way.",
    language="de", author="agent", name="Kim", conv="c_1", number=12, answers="r-1",
)  # fmt: skip


def provider(reply_url: str = "", *, allow_private: bool = True) -> InboundProvider:
    return InboundProvider(
        SECRETS,
        reply_url,
        lambda secret, path, body: sign(secret, "POST", path, body, NOW),
        allow_private=allow_private,
    )


@asynccontextmanager
async def connected(path: str = "/replies?shop=7", *does: Does) -> AsyncIterator[tuple[InboundProvider, ReplyWebhook]]:
    webhook = ReplyWebhook(SECRETS["trusty"][-1], list(does), now=NOW)
    async with serve(webhook.app, grace_s=0) as url:
        sender = provider(url + path)
        yield sender, webhook
        await sender.close()
    assert webhook.unexpected == []


async def test_a_reply_is_posted_signed_by_the_newest_secret_with_all_that_its_receiver_needs() -> None:
    async with connected() as (sender, webhook):
        assert await sender.send(REPLY) == "c_1:4"
    assert webhook.replies["c_1:4"] == {
        "id": "c_1:4", "source": "trusty", "conv": "c_1", "number": 12, "answers": "r-1",
        "to": {"id": "u7", "name": "Ana"}, "author": {"type": "agent", "name": "Kim"},
        "text": "Grüße – it is on its way.", "language": "de",
    }  # fmt: skip


async def test_a_reply_that_is_posted_twice_is_one_reply_there() -> None:
    async with connected() as (sender, webhook):
        await sender.send(REPLY)
        assert await sender.find(REPLY) is None
        await sender.send(REPLY)
    assert (webhook.calls, webhook.texts) == (["c_1:4", "c_1:4"], [REPLY.text])


@pytest.mark.parametrize("does", ["busy", "broken", "page", "moved"])
async def test_what_was_not_plainly_taken_is_posted_again(does: Does) -> None:
    async with connected("/", does) as (sender, webhook):
        with pytest.raises(NotNow) as told:
            await sender.send(REPLY)
        assert told.value.retry_after_s == (30 if does == "busy" else 0)
        await sender.send(REPLY)
    assert webhook.texts == [REPLY.text]


async def test_what_the_receiver_will_never_take_is_refused() -> None:
    async with connected("/", "refuse") as (sender, _):
        with pytest.raises(Refused, match="422"):
            await sender.send(REPLY)


async def test_nobody_there_is_not_now() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        sender = provider(f"http://127.0.0.1:{free.getsockname()[1]}/")
        with pytest.raises(NotNow):
            await sender.send(REPLY)
        await sender.close()


async def test_without_a_webhook_the_desk_is_told_what_to_set() -> None:
    with pytest.raises(Refused, match=r"inbound\.reply_url"):
        await provider().send(REPLY)


async def test_a_stored_call_of_another_source_is_not_read() -> None:
    body = b'{"source":"market","external_id":"1","from":{"id":"u"},"text":"x"}'
    with pytest.raises(ValueError, match="another source"):
        provider().parse(RawCall("trusty", {}, body, NOW))
    assert provider().parse(RawCall("market", {}, body, NOW)).messages[0].channel == "inbound:market"


# Files


async def _file(request: Request) -> Response:
    match request.path_params["name"]:
        case "big":
            return Response(b"x" * (16 * 1_048_576 + 1))
        case "away":
            return Response(status_code=302, headers={"Location": "http://127.0.0.1:1/"})
        case "busy":
            return Response(status_code=503)
        case "none":
            return Response(status_code=404)
    return Response(request.headers["host"].encode())


@pytest.fixture
async def files() -> AsyncIterator[str]:
    async with serve(Starlette(routes=[Route("/{name}", _file)]), grace_s=0) as url:
        yield url.replace("127.0.0.1", "localhost")


async def test_a_file_is_fetched_from_the_address_that_was_checked_under_the_name_that_was_given(files: str) -> None:
    sender = provider()
    assert (await sender.fetch(Media("a", "text/plain", f"{files}/a"))).decode() == files.removeprefix("http://")
    await sender.close()


@pytest.mark.parametrize(("name", "error"), [("big", Refused), ("away", Refused), ("none", Refused), ("busy", NotNow)])
async def test_a_file_that_does_not_come(files: str, name: str, error: type[Exception]) -> None:
    sender = provider()
    with pytest.raises(error):
        await sender.fetch(Media("a", "text/plain", f"{files}/{name}"))
    await sender.close()


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/", "https://localhost/", "https://10.0.0.7/", "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/", "https://[fd00::1]/", "https://[::ffff:127.0.0.1]/", "http://example.com/", "file:///etc/passwd",
        "https://0.0.0.0/",
    ],
)  # fmt: skip
async def test_no_file_is_fetched_from_our_own_network(address: str) -> None:
    sender = provider(allow_private=False)
    with pytest.raises((Refused, NotNow)) as told:
        await sender.fetch(Media("a", "text/plain", address))
    assert "cannot be reached" not in str(told.value)
    await sender.close()
