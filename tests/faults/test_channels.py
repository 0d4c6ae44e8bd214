"""A provider's calls to real processes: copies over two of them, a store that is slow, a process that dies; one message, one answer."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from tests.faults.process import ServerProcess, free_port, post
from tests.support.twilio import TwilioStandIn, twilio

PUBLIC = "https://chat.example"
PATH = "/webhooks/twilio/messages"
COPIES = 50
DEADLINE_S = 3.0
"""The shortest of the providers' own (Slack's)."""


def environ(stand_in: TwilioStandIn) -> dict[str, str]:
    """A server that is connected with Twilio's stand-in."""
    return {
        "ONETHREAD_SERVER__PUBLIC_URL": PUBLIC,
        "ONETHREAD_SERVER__SECRET_KEYS": "k" * 40,
        "ONETHREAD_TWILIO__ACCOUNT_SID": stand_in.account_sid,
        "ONETHREAD_TWILIO__AUTH_TOKEN": stand_in.auth_token,
        "ONETHREAD_TWILIO__API_URL": stand_in.base,
        "ONETHREAD_TWILIO__WHATSAPP_FROM": "+15550199",
        "ONETHREAD_TURNS__BURST_MS": "0",
    }


@asynccontextmanager
async def servers(folder: Path, count: int) -> AsyncIterator[tuple[TwilioStandIn, list[ServerProcess]]]:
    """So many processes over one folder, beside a Twilio."""
    async with twilio(lambda: datetime.now(UTC)) as stand_in, AsyncExitStack() as stack:
        started = [ServerProcess(folder, environ(stand_in)) for _ in range(count)]
        for each in started:
            each.port = free_port()
            await each.start()
            stack.push_async_callback(each.stop)
        yield stand_in, started


async def call(server: ServerProcess, stand_in: TwilioStandIn, form: dict[str, str]) -> int:
    """Make a signed call; the status of its answer."""
    body, headers = stand_in.signed(PUBLIC + PATH, form)
    headers["Host"] = "chat.example"
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=20) as client:
        return (await post(client, PATH, headers=headers, content=body)).status_code


async def answered(stand_in: TwilioStandIn, count: int, within_s: float = 20.0) -> None:
    """Wait until the customer has so many messages of ours, and a moment longer for one too many."""
    async with asyncio.timeout(within_s):
        while len(stand_in.sent) < count:  # noqa: ASYNC110  # another process sends them
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)


def messages(folder: Path) -> int:
    """How many messages of customers are stored."""
    with sqlite3.connect(f"file:{folder / 'onethread.db'}?mode=ro", uri=True) as database:
        row = database.execute("SELECT COUNT(*) FROM events WHERE type = 'message' AND author_type = 'customer'")
        return int(row.fetchone()[0])


@pytest.mark.timeout(120)
async def test_fifty_copies_over_two_processes_are_one_message_with_one_answer(tmp_path: Path) -> None:
    """Pitfalls 3 and 16."""
    async with servers(tmp_path, 2) as (stand_in, both):
        form = stand_in.write("whatsapp:+14025550100", "whatsapp:+15550199", "hello")
        made = [call(both[number % 2], stand_in, form) for number in range(COPIES)]
        assert set(await asyncio.gather(*made)) == {200}
        await answered(stand_in, 1)
        assert (messages(tmp_path), len(stand_in.sent)) == (1, 1)


@pytest.mark.timeout(120)
async def test_the_providers_deadlines_hold_while_the_store_is_a_second_slow(tmp_path: Path) -> None:
    async with servers(tmp_path, 1) as (stand_in, (server,)):
        form = stand_in.write("whatsapp:+14025550100", "whatsapp:+15550199", "hello")
        blocker = sqlite3.connect(tmp_path / "onethread.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        taken = asyncio.ensure_future(call(server, stand_in, form))
        await asyncio.sleep(1.0)
        assert not taken.done()  # a 2xx before it is on disk would be a lie
        blocker.execute("ROLLBACK")
        blocker.close()
        assert await taken == 200
        assert time.monotonic() - began < DEADLINE_S
        await answered(stand_in, 1)


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_what_was_answered_with_2xx_survives_a_kill_and_is_answered_once(tmp_path: Path) -> None:
    async with servers(tmp_path, 1) as (stand_in, (server,)):
        forms = [stand_in.write(f"whatsapp:+1402555{n:04}", "whatsapp:+15550199", "hello") for n in range(8)]
        for form in forms:
            taken = False
            while not taken:
                with suppress(httpx2.HTTPError):
                    taken = await call(server, stand_in, form) == 200
        await server.kill()
        await server.start()
        await answered(stand_in, len(forms), within_s=150.0)
        assert messages(tmp_path) == len(forms)
        assert len({each.to for each in stand_in.sent}) == len(stand_in.sent) == len(forms)
