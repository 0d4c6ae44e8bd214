"""How many answers a second, and how long one takes: full WISMO turns beside a floor measured in the same run.

`python -m bench.turns --shoppers 50 --seconds 10` starts the floor, measures it, starts the real server on an empty store with
imported orders, lets each shopper prove an order once, and then asks "where is my order?" as fast as answers come. The driver is this
process; the servers are others. It prints its own CPU share, because a driver that is the bottleneck measures itself.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from server.demo.seed import seed

_START_S = 30.0
_ANSWER_S = 30.0
_QUESTION = "where is my order?"


@dataclass(frozen=True, slots=True)
class Measured:
    """One phase: answers a second and latencies in milliseconds."""

    name: str
    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    driver_cpu_share: float


def main() -> int:
    """Measure and print; 1 when a server did not start or an answer never came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--shoppers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    measured = asyncio.run(_measure(arguments.shoppers, arguments.seconds))
    if arguments.json:
        print(json.dumps([each.__dict__ if hasattr(each, "__dict__") else _row(each) for each in measured]))
        return 0
    _print(measured, arguments.shoppers)
    return 0


def _row(each: Measured) -> dict[str, Any]:
    return {name: getattr(each, name) for name in each.__slots__}


def _print(measured: list[Measured], shoppers: int) -> None:
    floor, turn = measured
    print(f"{shoppers} shoppers at once, {os.cpu_count()} cores")
    print(f"{'':28}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'server CPU ms each':>20}{'driver CPU':>12}")
    for each in measured:
        print(
            f"{each.name:28}{each.per_second:12.0f}{each.p50_ms:10.2f}{each.p99_ms:10.2f}"
            f"{each.server_cpu_ms:20.3f}{each.driver_cpu_share:12.0%}"
        )
    print(f"a full WISMO turn costs {turn.server_cpu_ms / floor.server_cpu_ms:.1f} times the floor's CPU")


async def _measure(shoppers: int, seconds: float) -> list[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        async with running([sys.executable, "-m", "bench.floor", "--port"], {}, folder) as (port, process):
            sockets = [await connect(f"ws://127.0.0.1:{port}/", compression=None) for _ in range(shoppers)]
            floor = await _phase("echo + one durable insert", sockets, _echo, seconds, process)
        environ = {
            "ONETHREAD_SERVER__DATA": folder,
            "ONETHREAD_TURNS__BURST_MS": "0",
            **{
                f"ONETHREAD_LIMITS__{name}": "0"
                for name in ("SOCKETS_PER_IP", "SESSIONS_PER_IP", "MESSAGES_PER_S", "FRAMES_PER_S", "LOOKUPS_PER_IP")
            },
        }
        orders = _import_orders(folder, shoppers)
        async with running([sys.executable, "-m", "server", "serve", "--port"], environ, folder) as (port, process):
            sockets = [await proven(port, *orders[index % len(orders)]) for index in range(shoppers)]
            turn = await _phase("full WISMO turn", sockets, _ask, seconds, process)
        return [floor, turn]


def _import_orders(folder: str, shoppers: int) -> list[tuple[str, str]]:
    """Put the demo's orders into the store by the ordinary command; (number, e-mail) of those that are on their way."""
    made = seed(datetime.now(UTC))
    path = Path(folder) / "orders.jsonl"
    path.write_text("\n".join(json.dumps(order) for order in made.orders), encoding="utf-8")
    environ = {**os.environ, "ONETHREAD_SERVER__DATA": folder}
    subprocess.run(
        [sys.executable, "-m", "server", "orders", "import", str(path)],
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    moving = [order for order in made.orders if order["shipments"] and len(order["shipments"]) == 1]
    return [(order["number"], order["customer"]["emails"][0]) for order in moving][: max(shoppers, 1)]


@asynccontextmanager
async def running(
    command: list[str], environ: dict[str, str], folder: str
) -> AsyncIterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server process on a free port, waited for and ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = open(Path(folder) / "server.log", "wb")  # noqa: SIM115, ASYNC230  # closed below, opened before any load
    process = subprocess.Popen([*command, str(port)], env={**os.environ, **environ}, stdout=log, stderr=log)  # noqa: ASYNC220
    try:
        await _wait_for(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)
        log.close()


async def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise SystemExit("the server did not answer in time")


async def proven(port: int, number: str, email: str) -> ClientConnection:
    """A shopper's socket whose order is proven."""
    origin = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(verify=False, trust_env=False) as http:
        answer = await http.post(f"{origin}/widget/session", json={}, headers={"Origin": origin})
        answer.raise_for_status()
        session = answer.json()
    shopper = await connect(f"ws://127.0.0.1:{port}/widget/socket", origin=origin, compression=None)  # type: ignore[arg-type]  # any origin text
    await shopper.send(
        json.dumps(
            {"t": "hello", "v": 1, "token": session["token"], "conv": session["conv"], "last_seq": 0, "tab": "bench"}
        )
    )
    await _say(shopper, f"where is order {number}? {email}")
    await _heard(shopper)
    return shopper


async def _say(shopper: ClientConnection, text: str) -> None:
    await shopper.send(json.dumps({"t": "send", "cid": str(uuid.uuid4()), "text": text}))


async def _heard(shopper: ClientConnection) -> None:
    """Wait for the assistant's next message."""
    async with asyncio.timeout(_ANSWER_S):
        async for raw in shopper:
            frame = json.loads(raw)
            if frame["t"] == "msg" and frame["author"]["type"] == "assistant":
                return
            if frame["t"] == "nack":
                raise SystemExit(f"the server refused a message: {frame}")
    raise SystemExit("the socket was closed")


async def _ask(shopper: ClientConnection) -> None:
    await _say(shopper, _QUESTION)
    await _heard(shopper)


async def _echo(shopper: ClientConnection) -> None:
    await shopper.send(json.dumps({"t": "send", "cid": str(uuid.uuid4()), "text": _QUESTION}))
    await shopper.recv()


async def _phase(
    name: str,
    sockets: list[ClientConnection],
    act: Callable[[ClientConnection], Awaitable[None]],
    seconds: float,
    process: subprocess.Popen[bytes],
) -> Measured:
    """Let every socket act as fast as answers come, for `seconds`."""
    latencies: list[float] = []
    for shopper in sockets[:5]:
        await act(shopper)
    cpu, own, begin = cpu_s(process.pid), _own_cpu_s(), time.perf_counter()
    end = begin + seconds

    async def one(shopper: ClientConnection) -> None:
        while (started := time.perf_counter()) < end:
            await act(shopper)
            latencies.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as group:
        for shopper in sockets:
            group.create_task(one(shopper))
    took = time.perf_counter() - begin
    used, own_used = cpu_s(process.pid) - cpu, _own_cpu_s() - own
    for shopper in sockets:
        await shopper.close()
    cuts = statistics.quantiles(latencies, n=100)
    return Measured(
        name, len(latencies) / took, cuts[49] * 1e3, cuts[98] * 1e3, used / len(latencies) * 1e3, own_used / took
    )


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
