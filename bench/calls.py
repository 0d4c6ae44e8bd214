"""Carriers' webhooks: how many a second are stored durably, and how soon a scan stands on an open widget's card.

`python -m bench.calls --widgets 1000 --seconds 8` measures a floor (the same stack, one durable insert for each POST), then the
real server: signed webhooks as fast as they are answered, then scans of single parcels while so many widgets are open, each
showing its own order. Every accepted call is counted again in the store. The driver is this process; the servers are others.
"""

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

from bench.turns import cpu_s, proven, running
from server.commerce.signing import sign

_SECRET = "bench-carrier-secret"
_PATH = "/webhooks/carriers/generic"
_SENDERS = 16
_OPENERS = 25
_BEAT_S = 25.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One phase: calls a second, latencies in milliseconds, the server's CPU for each."""

    name: str
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_cpu_ms: float


def main() -> int:
    """Measure and print; 1 when a call was lost or a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--widgets", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--scans-per-second", type=float, default=20.0)
    arguments = parser.parse_args()
    return asyncio.run(_measure(arguments.widgets, arguments.seconds, arguments.scans_per_second))


async def _measure(widgets: int, seconds: float, rate: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with running([sys.executable, "-m", "bench.floor", "--port"], {}, folder) as (port, process):
            floor = await _flood("POST + one durable insert", port, _plain, seconds, process)
        _import_orders(folder, widgets)
        environ = _environ(folder)
        async with running([sys.executable, "-m", "server", "serve", "--port"], environ, folder) as (port, process):
            flood = await _flood("signed carrier webhook", port, _unknown_parcel, seconds, process)
            card = await _with_widgets(port, widgets, seconds, rate, process)
        lost = _sent["signed carrier webhook"] - _stored(folder)
    rows = [floor, flood, card]
    print(f"{widgets} widgets open, {os.cpu_count()} cores")
    print(f"{'':34}{'per second':>12}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}{'server CPU ms each':>20}")
    for each in rows:
        numbers = f"{each.per_second:12.0f}{each.p50_ms:10.1f}{each.p95_ms:10.1f}{each.p99_ms:10.1f}"
        print(f"{each.name:34}{numbers}{each.server_cpu_ms:20.2f}")
    print(f"a webhook is accepted at {flood.per_second / floor.per_second:.2f} of the floor's rate; {lost} were lost")
    return 1 if lost else 0


_sent: dict[str, int] = {}


def _environ(folder: str) -> dict[str, str]:
    limits = ("SOCKETS_PER_IP", "SESSIONS_PER_IP", "MESSAGES_PER_S", "FRAMES_PER_S", "LOOKUPS_PER_IP")
    return {
        "ONETHREAD_SERVER__DATA": folder,
        "ONETHREAD_TURNS__BURST_MS": "0",
        "ONETHREAD_CARRIERS__GENERIC__SECRET": _SECRET,
        **{f"ONETHREAD_LIMITS__{name}": "0" for name in limits},
    }


def _number(index: int) -> str:
    return f"BENCH{index:09}"


def _import_orders(folder: str, count: int) -> None:
    """Orders on their way, one parcel each, put in by the ordinary command."""
    now = datetime.now(UTC)
    path = Path(folder) / "orders.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for index in range(count):
            file.write(json.dumps(_order(index, now)) + "\n")
    subprocess.run(
        [sys.executable, "-m", "server", "orders", "import", str(path)],
        env={**os.environ, "ONETHREAD_SERVER__DATA": folder},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _order(index: int, now: datetime) -> dict[str, Any]:
    scan = {
        "at": (now - timedelta(hours=20)).isoformat(),
        "code": "in_transit",
        "city": "Omaha",
        "region": "NE",
        "country": "US",
    }
    parcel = {
        "id": "s1", "carrier": "ups", "tracking_number": _number(index), "lines": [{"line": "l1", "quantity": 1}],
        "shipped_at": (now - timedelta(days=2)).isoformat(), "events": [scan],
    }  # fmt: skip
    line = {"id": "l1", "sku": "S1", "title": "Scarf", "quantity": 1, "fulfilled": 1, "unit_price": 2500}
    buyer = {"id": f"c{index}", "name": f"Ana {index}", "emails": [f"ana{index}@example.com"], "zip": "68102"}
    return {
        "id": f"o{index}", "number": f"#{100_000 + index}", "placed_at": (now - timedelta(days=3)).isoformat(),
        "customer": buyer, "currency": "USD", "totals": {"total": 2500}, "payment": {"status": "paid"}, "lines": [line],
        "ship_to": {"city": "Omaha", "region": "NE", "zip": "68102", "country": "US"}, "fulfilment": "shipped",
        "shipments": [parcel],
    }  # fmt: skip


# Sending


class Sender:
    """One keep-alive connection that posts and waits for the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self._reader, self._writer = reader, writer
        self._port = port

    @classmethod
    async def open(cls, port: int) -> "Sender":
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), port)

    async def post(self, body: bytes) -> None:
        """Post a signed body; every answer but 200 ends the bench."""
        signature = sign(_SECRET, "POST", _PATH, body, datetime.now(UTC))
        head = (
            f"POST {_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Type: application/json\r\n"
            f"X-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server answered {answer[:60]!r}")
        for line in answer.lower().split(b"\r\n"):
            if line.startswith(b"content-length:") and (size := int(line.split(b":")[1])):
                await self._reader.readexactly(size)

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()


def _plain(index: int) -> bytes:
    return json.dumps({"id": f"floor-{index}", "text": "x" * 400}).encode()


def _unknown_parcel(index: int) -> bytes:
    """A parcel that no order names: what a carrier sends about the rest of the world."""
    return _body(f"flood-{index}", f"FLOOD{index:08}", "in_transit")


def _body(event_id: str, number: str, code: str) -> bytes:
    at = datetime.now(UTC).isoformat()
    event = {
        "at": at,
        "code": code,
        "text": "Departed the facility on its way",
        "city": "Omaha",
        "region": "NE",
        "country": "US",
    }
    message = {"id": event_id, "carrier": "ups", "tracking_number": number, "told_at": at, "events": [event]}
    return json.dumps(message).encode()


async def _flood(
    name: str, port: int, body: Callable[[int], bytes], seconds: float, process: "subprocess.Popen[bytes]"
) -> Measured:
    """Post as fast as answers come, for `seconds`."""
    senders = [await Sender.open(port) for _ in range(_SENDERS)]
    latencies: list[float] = []
    cpu, began = cpu_s(process.pid), time.perf_counter()
    count = iter(range(10_000_000))

    async def one(sender: Sender) -> None:
        while (started := time.perf_counter()) < began + seconds:
            await sender.post(body(next(count)))
            latencies.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as group:
        for sender in senders:
            group.create_task(one(sender))
    measured = _measured(name, latencies, time.perf_counter() - began, cpu_s(process.pid) - cpu)
    for sender in senders:
        sender.close()
    _sent[name] = len(latencies)
    return measured


def _measured(name: str, latencies: list[float], took: float, cpu: float) -> Measured:
    cuts = statistics.quantiles(latencies, n=100)
    cpu_each = cpu / len(latencies) * 1e3
    return Measured(name, len(latencies) / took, cuts[49] * 1e3, cuts[94] * 1e3, cuts[98] * 1e3, cpu_each)


class Widget:
    """An open widget that reads all it is sent, as a browser does, and notes when a card comes."""

    def __init__(self, shopper: ClientConnection) -> None:
        self.shopper = shopper
        self.card = asyncio.Event()

    async def read(self) -> None:
        """Read until the socket is closed."""
        async for raw in self.shopper:
            if json.loads(raw)["t"] == "order":
                self.card.set()

    async def beat(self) -> None:
        """Say now and then that it is there."""
        while self.shopper.state is State.OPEN:
            await self.shopper.send(json.dumps({"t": "ping"}))
            await asyncio.sleep(_BEAT_S * random.uniform(0.8, 1.0))


async def _with_widgets(
    port: int, count: int, seconds: float, rate: float, process: "subprocess.Popen[bytes]"
) -> Measured:
    """Open the widgets, let them all read, and scan their parcels."""
    async with asyncio.TaskGroup() as group:
        beats: list[asyncio.Task[None]] = []
        widgets = await _open(port, count, group, beats)
        measured = await _push(port, widgets, seconds, rate, process)
        for beat in beats:
            beat.cancel()
        for widget in widgets:
            await widget.shopper.close()
    return measured


async def _open(port: int, count: int, readers: asyncio.TaskGroup, beats: list[asyncio.Task[None]]) -> list[Widget]:
    """Widgets that show their orders, opened some at a time."""
    found: list[Widget] = []
    for start in range(0, count, _OPENERS):
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(proven(port, f"#{100_000 + index}", f"ana{index}@example.com"))
                for index in range(start, min(count, start + _OPENERS))
            ]
        opened = [Widget(task.result()) for task in tasks]
        for widget in opened:
            readers.create_task(widget.read())
            beats.append(readers.create_task(widget.beat()))
        found += opened
    return found


async def _push(
    port: int, widgets: list[Widget], seconds: float, rate: float, process: "subprocess.Popen[bytes]"
) -> Measured:
    """Scan single parcels at a steady rate; from the POST to the changed card on that order's widget."""
    sender = await Sender.open(port)
    latencies: list[float] = []
    chosen = random.sample(range(len(widgets)), min(len(widgets), int(rate * seconds)))
    cpu, began = cpu_s(process.pid), time.perf_counter()

    async def follow(index: int, started: float) -> None:
        async with asyncio.timeout(20):
            await widgets[index].card.wait()
        latencies.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as group:
        for turn, index in enumerate(chosen):
            await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
            widgets[index].card.clear()
            started = time.perf_counter()
            group.create_task(follow(index, started))
            await sender.post(_body(f"card-{index}", _number(index), "out_for_delivery"))
    measured = _measured("scan to changed card", latencies, time.perf_counter() - began, cpu_s(process.pid) - cpu)
    sender.close()
    return measured


def _stored(folder: str) -> int:
    """Flooded calls that stand in the store, looked at from outside."""
    with sqlite3.connect(Path(folder) / "onethread.db") as database:
        (count,) = database.execute("SELECT COUNT(*) FROM journal WHERE key LIKE 'flood-%'").fetchone()
    return int(count)


if __name__ == "__main__":
    sys.exit(main())
