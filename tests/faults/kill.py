"""Kills a busy server again and again and checks that nothing promised was lost, repeated or done twice.

`python -m tests.faults.kill --points 50 --seed 1` starts a real server on a SQLite file, lets shoppers ask and send things
back over real sockets, sends SIGKILL at random moments, starts it again, and at last holds what the browsers were told
against what is on disk. It prints a verdict and exits with 1 when a promise was broken.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from memory import threads
from memory.engines.base import Tx
from memory.engines.sqlite import SqliteDatabase
from server.clock import SystemClock
from server.commerce.embedded import EmbeddedStore
from server.demo.seed import seed as seeded
from tests.faults.checker import Found, Told, violations
from tests.faults.process import ServerProcess
from tests.faults.shoppers import Shopper, told_to

SHOPPERS = 6
_ENVIRON = {
    "ONETHREAD_TURNS__BURST_MS": "50",
    "ONETHREAD_LIMITS__SOCKETS_PER_IP": "0",
    "ONETHREAD_LIMITS__SESSIONS_PER_IP": "0",
    "ONETHREAD_LIMITS__MESSAGES_PER_S": "0",
    "ONETHREAD_LIMITS__FRAMES_PER_S": "0",
    "ONETHREAD_LIMITS__LOOKUPS_PER_IP": "0",
}
_SETTLE_S = 40.0
_SMALL = 12_000
"""Below this a return needs nobody's approval."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    kills: int
    shoppers: int
    told: Told
    found: Found
    problems: Sequence[str]

    def verdict(self) -> str:
        """One line for people and for grep."""
        returns = sum(len(order.get("returns", ())) for order in self.found.orders)
        said = sum(1 for events in self.found.threads.values() for event in events if event.author_type == "customer")
        word = "FAILED" if self.problems else "ok"
        return (
            f"kill {word}: {self.kills} kills, {self.shoppers} shoppers, {len(self.told.acks)} acknowledged, "
            f"{said} stored, {returns} returns, {len(self.problems)} violations"
        )


async def run(folder: Path, points: int, seed: int) -> Outcome:
    """Kill the server `points` times under load, let it finish, check."""
    rng = random.Random(seed)
    server = ServerProcess(folder, _ENVIRON)
    orders = await asyncio.to_thread(returnable, datetime.now(UTC), 40 + 10 * points)
    path = folder / "orders.jsonl"
    await asyncio.to_thread(path.write_bytes, b"\n".join(msgspec.json.encode(order) for order in orders))
    await server.command("orders", "import", str(path))
    street = _Street(server.url, orders, rng)
    await server.start()
    async with asyncio.TaskGroup() as group:
        busy = group.create_task(street.keep_busy())
        for _ in range(points):
            await asyncio.sleep(rng.uniform(0.02, 1.2))
            await server.kill()
            await server.start()
        street.closes()
        await busy
    await _settled(folder)
    await server.stop()
    found = await disk(folder)
    told = told_to(street.shoppers)
    return Outcome(points, len(street.shoppers), told, found, violations(told, found))


def returnable(now: datetime, count: int) -> list[dict[str, Any]]:
    """So many orders that may go back, each of its own customer: copies of the demo shop's newest delivered ones."""
    fresh = (now - timedelta(days=20)).isoformat()
    models = [order for order in seeded(now).orders if order["placed_at"] > fresh and _may_go_back(order)]
    return [_copy(models[number % len(models)], number) for number in range(count)]


def _may_go_back(order: Mapping[str, Any]) -> bool:
    codes = [event["code"] for shipment in order.get("shipments", ()) for event in shipment.get("events", ())]
    is_simple = len(order["lines"]) == 1 and order["lines"][0]["quantity"] == 1 and order["ship_to"]["country"] == "US"
    is_touched = order.get("returns") or order.get("refunds") or order["lines"][0]["final_sale"]
    return "delivered" in codes and is_simple and not is_touched and order["totals"]["total"] < _SMALL


def _copy(model: Mapping[str, Any], number: int) -> dict[str, Any]:
    customer = {**model["customer"], "id": f"cus_k{number}", "emails": [f"shopper{number}@example.com"], "phones": []}
    shipments = [{**each, "id": f"{each['id']}_k{number}"} for each in model["shipments"]]
    return {
        **model,
        "id": f"ord_k{number}",
        "number": f"#{70_000 + number}",
        "customer": customer,
        "shipments": shipments,
    }


class _Street:
    """A street with always as many shoppers in it, until the shop closes."""

    def __init__(self, url: str, orders: Sequence[Mapping[str, Any]], rng: random.Random) -> None:
        self.shoppers: list[Shopper] = []
        self._url = url
        self._orders = list(reversed(orders))
        self._rng = rng
        self._is_closed = False

    def closes(self) -> None:
        """Nobody else comes; whoever is there finishes."""
        self._is_closed = True

    async def keep_busy(self) -> None:
        """One lane for each shopper at a time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(SHOPPERS):
                group.create_task(self._lane())

    async def _lane(self) -> None:
        while not self._is_closed and self._orders:
            number = len(self.shoppers)
            shopper = Shopper(f"shopper-{number}", self._url, self._orders.pop(), random.Random(self._rng.random()))
            self.shoppers.append(shopper)
            await shopper.live()


async def _settled(folder: Path) -> None:
    """Wait until no turn is left, or the time is over: the checker then says so."""
    async with _opened(folder) as database:
        for _ in range(int(_SETTLE_S * 10)):
            if await database.read(_turns_left) == 0:
                return
            await asyncio.sleep(0.1)


async def disk(folder: Path) -> Found:
    """What the stopped server left behind."""
    async with _opened(folder) as database:
        stored = await database.read(_threads)
        orders = await EmbeddedStore(database, SystemClock(), "UTC").documents()
        left = await database.read(_turns_left)
    return Found(
        {thread.public_id: events for thread, events in stored},
        {thread.public_id: thread.state for thread, _ in stored},
        orders,
        left,
    )


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(folder / "onethread.db", readers=1)
    try:
        yield database
    finally:
        await database.close()


async def _threads(tx: Tx) -> list[tuple[threads.Thread, list[Any]]]:
    found = [await threads.by_id(tx, thread_id) for thread_id in await threads.ids_with_state(tx)]
    return [(thread, await threads.events(tx, thread.id)) for thread in found if thread is not None]


async def _turns_left(tx: Tx) -> int:
    row = await tx.one("SELECT COUNT(*) AS n FROM turns")
    return int(row["n"]) if row else 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill", description=__doc__)
    parser.add_argument("--points", type=int, default=50, help="how often the server is killed (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the moments and of the shoppers (default 1)")
    parser.add_argument("--keep", metavar="DIR", help="use this empty folder and leave it there")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(run(Path(arguments.keep or folder), arguments.points, arguments.seed))
    print("\n".join([*outcome.problems, outcome.verdict()]))
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
