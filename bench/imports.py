"""How long it takes to import a shop's past: orders from a JSON Lines file into a fresh SQLite store.

`python -m bench.imports` imports 100,000 orders the way that `onethread import orders` does, and beside it measures the
floor of the same run: the same bytes, one plain INSERT each, in transactions of the same size, by the sqlite3 module.
`--orders 10000` for a shorter look, `--profile` for where the time goes.
"""

import argparse
import asyncio
import cProfile
import pstats
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from memory.engines.sqlite import SqliteDatabase
from memory.migrations import migrate
from server.clock import SystemClock
from server.commerce.embedded import EmbeddedStore
from server.imports import BATCH, file_lines, import_orders

_TARGET_S: Final = 60.0
_TARGET_ORDERS: Final = 100_000
_START: Final = datetime(2025, 1, 1, tzinfo=UTC)
_SHOWN: Final = 25


def main() -> int:
    """Measure and print; 1 when 100,000 orders take longer than a minute, or do not all land."""
    parser = argparse.ArgumentParser(description="orders imported a second")
    parser.add_argument("--orders", type=int, default=_TARGET_ORDERS)
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.jsonl"
        path.write_bytes(b"".join(_lines(arguments.orders)))
        if arguments.profile:
            return _profiled(path)
        floor = _floor(path)
        took, landed = asyncio.run(_imported(path))
    print(f"{arguments.orders} orders in {took:.1f} s, {arguments.orders / took:.0f} a second", end="; ")
    print(f"floor {floor:.1f} s, {arguments.orders / floor:.0f} a second: {took / floor:.1f} x floor")
    return int(landed != arguments.orders or took / arguments.orders > _TARGET_S / _TARGET_ORDERS)


async def _imported(path: Path) -> tuple[float, int]:
    """(seconds, orders that landed) of one import, from the file's first line to the last commit."""
    database = await SqliteDatabase.open(path.with_suffix(".db"), readers=1)
    try:
        await migrate(database, _START)
        store = EmbeddedStore(database, SystemClock(), "America/New_York", "US")
        begin = time.perf_counter()
        report = await import_orders(store, file_lines(path))
        return time.perf_counter() - begin, report.landed
    finally:
        await database.close()


def _floor(path: Path) -> float:
    """Seconds to store the same lines with nothing known about them."""
    database = sqlite3.connect(path.with_suffix(".floor"), isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE lines (id INTEGER PRIMARY KEY, text BLOB NOT NULL)")
        begin = time.perf_counter()
        with path.open("rb") as file:
            while batch := [(line,) for line, _ in zip(file, range(BATCH), strict=False)]:
                database.execute("BEGIN")
                database.executemany("INSERT INTO lines (text) VALUES (?)", batch)
                database.execute("COMMIT")
        return time.perf_counter() - begin
    finally:
        database.close()


def _profiled(path: Path) -> int:
    profile = cProfile.Profile()
    profile.runcall(asyncio.run, _imported(path))
    pstats.Stats(profile).sort_stats("cumulative").print_stats(_SHOWN)
    pstats.Stats(profile).sort_stats("tottime").print_stats(_SHOWN)
    return 0


def _lines(count: int) -> Iterator[bytes]:
    return (msgspec.json.encode(_order(number)) + b"\n" for number in range(count))


def _order(number: int) -> dict[str, object]:
    """A shipped order of one customer in three, with two lines and a parcel of five scans."""
    placed = _START + timedelta(minutes=5 * number)
    buyer = number // 3
    codes = ("label_created", "picked_up", "in_transit", "out_for_delivery", "delivered")
    events = [
        {"at": (placed + timedelta(hours=20 * (step + 1))).isoformat(), "code": code, "city": "Omaha", "country": "US"}
        for step, code in enumerate(codes)
    ]
    return {
        "id": f"ord_{number}",
        "number": f"#{100_000 + number}",
        "placed_at": placed.isoformat(),
        "updated_at": (placed + timedelta(days=5)).isoformat(),
        "customer": {
            "id": f"cus_{buyer}",
            "name": f"Customer {buyer}",
            "emails": [f"customer{buyer}@example.com"],
            "phones": [f"+1402555{buyer % 10_000:04}"],
            "zip": "68102",
        },
        "currency": "USD",
        "totals": {"items": 7500, "discount": 0, "shipping": 500, "tax": 0, "total": 8000, "refunded": 0},
        "payment": {"status": "paid", "methods": [{"id": f"pm_{buyer}", "kind": "card", "label": "Visa 4242"}]},
        "ship_to": {"line1": f"{number} Farnam St", "city": "Omaha", "region": "NE", "zip": "68102", "country": "US"},
        "promised": {"max": (placed + timedelta(days=6)).date().isoformat()},
        "lines": [
            {"id": "l1", "sku": "SCARF-RED", "title": "Red scarf", "quantity": 2, "fulfilled": 2, "unit_price": 2500},
            {"id": "l2", "sku": "CAP-BLUE", "title": "Blue cap", "quantity": 1, "fulfilled": 1, "unit_price": 2500},
        ],
        "shipments": [
            {
                "id": "s1",
                "carrier": "ups",
                "tracking_number": f"1Z{number:016}",
                "lines": [{"line": "l1", "quantity": 2}, {"line": "l2", "quantity": 1}],
                "shipped_at": (placed + timedelta(hours=20)).isoformat(),
                "events": events,
            }
        ],
        "fulfilment": "shipped",
    }


if __name__ == "__main__":
    sys.exit(main())
