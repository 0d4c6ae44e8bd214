"""What a full WISMO turn costs, for one shopper alone and for many at once, beside a floor measured in the same run.

`python -m bench.turns --shoppers 200 --seconds 10` starts the floor and measures it, then starts the real server on an empty store
with imported orders, lets each shopper prove an order once, and then asks "where is my order?" as fast as answers come: first one
shopper alone, then all of them. CPU is that of the server's process, all its threads, never the clock on the wall; alone it is
taken for each turn, so that its median stands beside the mean. The driver is this process; the servers are others. It prints its own
CPU share, because a driver that is the bottleneck measures itself.
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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from server.demo.seed import seed

_START_S = 90.0
_ANSWER_S = 30.0
_QUESTION = "where is my order?"
_PROVING = (
    40  # shoppers who prove an order at the same time: each answer to a first proof is held back for most of a second
)
_WARMING = 5
Act = Callable[[ClientConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Measured:
    """One phase: answers a second, latencies in milliseconds, the server's CPU for each answer in milliseconds.

    `cpu_p50_ms` is the median over answers that came one by one, None where they overlap."""

    name: str
    shoppers: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    cpu_p50_ms: float | None
    driver_cpu_share: float


def main() -> int:
    """Measure and print; 1 when a server did not start or an answer never came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--shoppers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    measured = asyncio.run(_measure(arguments.shoppers, arguments.seconds))
    if arguments.json:
        print(json.dumps([asdict(each) for each in measured]))
    else:
        _print(measured)
    return 0


def _print(measured: list[Measured]) -> None:
    head = ("per second", "p50 ms", "p99 ms", "CPU ms each", "CPU p50 ms", "driver CPU")
    print(f"{os.cpu_count()} cores\n{'':28}{'shoppers':>9}" + "".join(f"{each:>13}" for each in head))
    for each in measured:
        median = "" if each.cpu_p50_ms is None else f"{each.cpu_p50_ms:.2f}"
        print(
            f"{each.name:28}{each.shoppers:9}{each.per_second:13.0f}{each.p50_ms:13.2f}{each.p99_ms:13.2f}"
            f"{each.cpu_ms:13.3f}{median:>13}{each.driver_cpu_share:13.0%}"
        )
    for floor, turn in zip(measured[:2], measured[2:], strict=True):
        print(
            f"{turn.shoppers} at once: a full WISMO turn costs {turn.cpu_ms / floor.cpu_ms:.0f} times the floor's CPU"
        )


async def _measure(shoppers: int, seconds: float) -> list[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        async with running([sys.executable, "-m", "bench.floor", "--port"], {}, folder) as (port, process):
            sockets = [await connect(f"ws://127.0.0.1:{port}/", compression=None) for _ in range(shoppers)]
            floor = await _phases("echo + one durable insert", sockets, _echo, seconds, process)
        environ = {
            "ONETHREAD_SERVER__DATA": folder,
            "ONETHREAD_TURNS__BURST_MS": "0",
            **{
                f"ONETHREAD_LIMITS__{name}": "0"
                for name in ("SOCKETS_PER_IP", "SESSIONS_PER_IP", "MESSAGES_PER_S", "FRAMES_PER_S", "LOOKUPS_PER_IP")
            },
        }
        orders = import_orders(folder, shoppers)
        async with running([sys.executable, "-m", "server", "serve", "--port"], environ, folder) as (port, process):
            room = asyncio.Semaphore(_PROVING)

            async def one(index: int) -> ClientConnection:
                async with room:
                    return await proven(port, *orders[index % len(orders)])

            sockets = list(await asyncio.gather(*(one(index) for index in range(shoppers))))
            return floor + await _phases("full WISMO turn", sockets, _ask, seconds, process)


async def _phases(
    name: str, sockets: list[ClientConnection], act: Act, seconds: float, process: subprocess.Popen[bytes]
) -> list[Measured]:
    """One shopper alone, then all."""
    for shopper in sockets[:_WARMING]:
        await act(shopper)
    try:
        return [await _phase(name, each, act, seconds, process) for each in (sockets[:1], sockets)]
    finally:
        for shopper in sockets:
            await shopper.close()


def import_orders(folder: str, shoppers: int) -> list[tuple[str, str]]:
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
    name: str, sockets: list[ClientConnection], act: Act, seconds: float, process: subprocess.Popen[bytes]
) -> Measured:
    """Let every socket act as fast as answers come, for `seconds`."""
    latencies: list[float] = []
    costs: list[float] = []
    cpu, own, begin = cpu_s(process.pid), _own_cpu_s(), time.perf_counter()
    end = begin + seconds

    async def one(shopper: ClientConnection) -> None:
        while (started := time.perf_counter()) < end:
            before = cpu_s(process.pid) if len(sockets) == 1 else 0.0
            await act(shopper)
            latencies.append(time.perf_counter() - started)
            if len(sockets) == 1:
                costs.append(cpu_s(process.pid) - before)

    async with asyncio.TaskGroup() as group:
        for shopper in sockets:
            group.create_task(one(shopper))
    took = time.perf_counter() - begin
    used, own_used = cpu_s(process.pid) - cpu, _own_cpu_s() - own
    cuts = statistics.quantiles(latencies, n=100)
    return Measured(
        name,
        len(sockets),
        len(latencies) / took,
        cuts[49] * 1e3,
        cuts[98] * 1e3,
        used / len(latencies) * 1e3,
        statistics.median(costs) * 1e3 if costs else None,
        own_used / took,
    )


def cpu_s(pid: int) -> float:
    """CPU seconds of a process's threads so far, in nanosecond steps where the kernel counts them (Linux)."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            spent += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        except (FileNotFoundError, ProcessLookupError):  # the thread has ended, or the kernel keeps no such counts
            continue
    return spent / 1e9 if spent else _ticked_s(pid)


def _ticked_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
