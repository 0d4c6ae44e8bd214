"""A carrier's calls survive a server that dies at any moment: what was answered is there, once, and leads to one state."""

import asyncio
import random
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from memory import journal, parcels
from memory.engines import connect
from memory.engines.base import Tx
from tests.faults.process import ServerProcess, post
from tests.support.carriers import webhook

SECRET = "a-carrier-secret"
NUMBER = "1ZA1B2C30300000012"
PATH = "/webhooks/carriers/easypost"


def scans(count: int) -> list[dict[str, Any]]:
    """So many scans of one parcel, a minute apart."""
    begin = datetime.now(UTC) - timedelta(hours=5)
    return [
        {
            "at": (begin + timedelta(minutes=turn)).isoformat(),
            "code": "in_transit",
            "city": f"Town {turn}",
            "country": "US",
        }
        for turn in range(count)
    ]


async def send(server: ServerProcess, told: list[dict[str, Any]], answered: list[int]) -> None:
    """Call for each scan until the server answers, as a provider does: again, and with the same message."""
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=5) as client:
        for turn, event in enumerate(told):
            path, headers, body = webhook("easypost", SECRET, NUMBER, "ups", [event], now=datetime.now(UTC))
            while turn not in answered:
                with suppress(httpx2.HTTPError):
                    if (await post(client, path, headers=headers, content=body)).status_code == 200:
                        answered.append(turn)
                await asyncio.sleep(0.01)


async def stored(folder: Path) -> tuple[int, set[str], int]:
    """(calls that wait, towns of the parcel's scans, calls that are kept), read by another process of ours."""
    database = await connect(f"sqlite:///{folder / 'onethread.db'}")
    try:

        async def look(tx: Tx) -> tuple[int, set[str], int]:
            parcel = await parcels.get(tx, NUMBER)
            events = parcel.document["events"].values() if parcel else ()
            row = await tx.one("SELECT COUNT(*) AS n FROM journal")
            return (await journal.waiting(tx))[0], {event["city"] for event in events}, row["n"] if row else 0

        return await database.read(look)
    finally:
        await database.close()


async def survive(folder: Path, kills: int, seed: int) -> None:
    """Let a carrier tell of a parcel while the server is killed again and again."""
    chance = random.Random(seed)
    server = ServerProcess(folder, {"ONETHREAD_CARRIERS__EASYPOST__SECRET": SECRET})
    await server.start()
    told, answered = scans(40 * (kills + 1)), list[int]()
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send(server, told, answered))
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.05, 0.6))
                await server.stop(signal.SIGKILL)
                await server.start()
            await sending
        async with asyncio.timeout(60):
            while (await stored(folder))[0]:  # noqa: ASYNC110 - another process works them in
                await asyncio.sleep(0.1)
    finally:
        await server.stop()
    _, towns, calls = await stored(folder)
    assert towns == {str(event["city"]) for event in told}
    assert calls == len(told)


async def test_what_a_carrier_was_answered_for_is_there_once(tmp_path: Path) -> None:
    await survive(tmp_path, kills=2, seed=1)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
async def test_what_a_carrier_was_answered_for_is_there_once_after_many_kills(tmp_path: Path, seed: int) -> None:
    await survive(tmp_path, kills=20, seed=seed)
