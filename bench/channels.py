"""Twilio's webhooks at a steady rate while the model hangs: how soon each gets its 2xx, and that every one becomes a message.

`python -m bench.channels --rate 100 --seconds 10` measures a floor (the same stack, one durable insert for each POST) at the same
rate, then the real server with a model that takes calls and never answers. Each call is a new customer's first message, signed
as Twilio signs. Afterwards every accepted call is counted among the messages of the store. The driver is this process.
"""

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bench.turns import cpu_s, running

_TOKEN = "bench-auth-token"
_ACCOUNT = "AC" + "b" * 32
_PATH = "/webhooks/twilio/messages"
_SENDERS = 24
_ALL_WORKED_IN_S = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One POST: its path, headers and body."""

    path: str
    headers: str
    body: bytes


def main() -> int:
    """Measure and print; 1 when a message was lost or the bar of 50 ms is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    return asyncio.run(_measure(arguments.rate, arguments.seconds))


async def _measure(rate: float, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with running([sys.executable, "-m", "bench.floor", "--port"], {}, folder) as (port, _):
            floor = await _drive(port, _plain, rate, seconds)
        # a model that hears everything and says nothing
        hung = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
        try:
            environ = _environ(folder, hung.sockets[0].getsockname()[1])
            async with running([sys.executable, "-m", "server", "serve", "--port"], environ, folder) as (port, process):
                cpu = cpu_s(process.pid)
                taken = await _drive(port, lambda index: _signed(port, index), rate, seconds)
                each = (cpu_s(process.pid) - cpu) / len(taken) * 1e3
                worked_in = await _wait_for(folder, len(taken))
        finally:
            hung.close()
    print(f"{rate:.0f} webhooks a second for {seconds:.0f} s, the model hung, {os.cpu_count()} cores")
    print(f"{'':34}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}{'longest':>10}")
    for name, latencies in (("POST + one durable insert", floor), ("signed WhatsApp webhook", taken)):
        cuts = statistics.quantiles(latencies, n=100)
        print(
            f"{name:34}{cuts[49] * 1e3:10.1f}{cuts[94] * 1e3:10.1f}{cuts[98] * 1e3:10.1f}{max(latencies) * 1e3:10.1f}"
        )
    p99, floor99 = (statistics.quantiles(each, n=100)[98] * 1e3 for each in (taken, floor))
    print(
        f"p99 {p99 / floor99:.1f} times the floor; {each:.1f} ms CPU of the server each, its own work on messages included"
    )
    print(f"{len(taken)} answered with 2xx, {worked_in} messages stored")
    return 1 if worked_in != len(taken) or p99 > 50.0 else 0


def _environ(folder: str, model_port: int) -> dict[str, str]:
    return {
        "ONETHREAD_SERVER__DATA": folder,
        "ONETHREAD_TWILIO__ACCOUNT_SID": _ACCOUNT,
        "ONETHREAD_TWILIO__AUTH_TOKEN": _TOKEN,
        "ONETHREAD_TWILIO__WHATSAPP_FROM": "+15550199",
        "ONETHREAD_TWILIO__API_URL": f"http://127.0.0.1:{model_port}",
        "ONETHREAD_LLM__BASE_URL": f"http://127.0.0.1:{model_port}/v1",
        "ONETHREAD_LLM__API_KEY": "none",
        "ONETHREAD_LLM__MODEL": "hung",
        "ONETHREAD_LLM__WORDS": "all",
    }


def _plain(index: int) -> Call:
    return Call("/", "Content-Type: application/json\r\n", b'{"id":"floor-%d","text":"%s"}' % (index, b"x" * 400))


def _signed(port: int, index: int) -> Call:
    form = {
        "MessageSid": f"SM{index:032x}",
        "AccountSid": _ACCOUNT,
        "From": f"whatsapp:+1402555{index:05d}",
        "To": "whatsapp:+15550199",
        "Body": "where is my order?",
        "NumMedia": "0",
        "ProfileName": f"Ana {index}",
        "WaId": f"1402555{index:05d}",
    }
    signature = RequestValidator(_TOKEN).compute_signature(f"http://127.0.0.1:{port}{_PATH}", form)
    headers = f"Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: {signature}\r\n"
    return Call(_PATH, headers, urlencode(form).encode())


async def _drive(port: int, call: Callable[[int], Call], rate: float, seconds: float) -> list[float]:
    """Post at a steady rate, whether or not answers come; the seconds that each waited from the moment it was due."""
    calls = [call(index) for index in range(int(rate * seconds))]
    connections: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(_SENDERS)]
    for each in opened:
        connections.put_nowait(each)
    latencies: list[float] = []
    began = time.perf_counter()

    async def one(index: int, made: Call) -> None:
        due = began + index / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await connections.get()
        await _post(connection, port, made)
        latencies.append(time.perf_counter() - due)
        connections.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for index, made in enumerate(calls):
            group.create_task(one(index, made))
    for _, writer in opened:
        writer.close()
    return latencies


async def _post(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], port: int, call: Call) -> None:
    reader, writer = connection
    head = (
        f"POST {call.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{call.headers}Content-Length: {len(call.body)}\r\n\r\n"
    )
    writer.write(head.encode() + call.body)
    answer = await reader.readuntil(b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 2"):
        raise SystemExit(f"the server answered {answer[:60]!r}")
    for line in answer.lower().split(b"\r\n"):
        if line.startswith(b"content-length:") and (size := int(line.split(b":")[1])):
            await reader.readexactly(size)


async def _wait_for(folder: str, count: int) -> int:
    """How many messages are stored, once there are so many or patience ends."""
    end = time.monotonic() + _ALL_WORKED_IN_S
    while (stored := _stored(folder)) < count and time.monotonic() < end:  # noqa: ASYNC110  # another process writes
        await asyncio.sleep(0.2)
    return stored


def _stored(folder: str) -> int:
    with sqlite3.connect(f"file:{Path(folder) / 'onethread.db'}?mode=ro", uri=True) as database:
        row = database.execute(
            "SELECT COUNT(*) FROM events WHERE type = 'message' AND author_type = 'customer' AND channel = 'whatsapp'"
        ).fetchone()
    return int(row[0])


if __name__ == "__main__":
    raise SystemExit(main())
