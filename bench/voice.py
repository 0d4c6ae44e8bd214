"""How soon a caller hears the first words of an answer, and how soon we are silent when they cut in.

`python -m bench.voice --calls 4 --seconds 10` starts the real server on a store with imported orders, lets callers ring, prove an
order and ask "where is my order?" again and again, and cut into the answer. Measured on the wire of the relay socket: from the last
frame of the caller to our first text frame, and from an interruption to the last frame of what was cut (0 when none came after it).
"""

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time

from bench.turns import import_orders, running
from tests.support.relay import ACCOUNT, SHOP, TOKEN, Line, Phone, phones

_FIRST_WORD_MS = 150.0
_SILENCE_MS = 100.0
_LISTEN_S = 0.25


def main() -> int:
    """Measure and print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    return asyncio.run(_measure(arguments.calls, arguments.seconds))


async def _measure(calls: int, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        orders = await asyncio.to_thread(import_orders, folder, calls)
        command = [sys.executable, "-m", "server", "serve", "--port"]
        async with running(command, _environ(folder), folder) as (port, _), phones(f"http://127.0.0.1:{port}") as phone:
            until = time.perf_counter() + seconds
            found = await asyncio.gather(
                *(
                    _call(phone(number=f"+1402555{index:04d}"), orders[index % len(orders)], until)
                    for index in range(calls)
                )
            )
    words = [each for first, _ in found for each in first]
    silences = [each for _, cut in found for each in cut]
    print(f"{calls} calls at once for {seconds:.0f} s, {os.cpu_count()} cores, the embedded engine")
    print(f"{'':38}{'times':>8}{'p50 ms':>10}{'p95 ms':>10}{'longest':>10}")
    for name, each in (("prompt -> first text frame", words), ("interruption -> silence", silences)):
        cuts = statistics.quantiles(each, n=20)
        print(f"{name:38}{len(each):8}{cuts[9]:10.1f}{cuts[18]:10.1f}{max(each):10.1f}")
    return 1 if statistics.median(words) > _FIRST_WORD_MS or max(silences) > _SILENCE_MS else 0


async def _call(phone: Phone, order: tuple[str, str], until: float) -> tuple[list[float], list[float]]:
    """One caller: (milliseconds to the first words, milliseconds of words after an interruption)."""
    words: list[float] = []
    silences: list[float] = []
    number, address = order
    async with phone.talk(checks=False) as line:
        await line.ask(f"where is my order {number}? my email is {address}")
        for turn in itertools.count():
            if time.perf_counter() > until:
                return words, silences
            wanted, before = line.count() + 1, len(line.frames)
            asked = await line.prompt("where is my order?")
            await line.until(lambda frames, before=before: len(frames) > before)  # type: ignore[misc]
            words.append((line.frames[before].at - asked) * 1e3)
            if turn % 2:
                silences.append(await _cut_in(line))
            else:
                await line.answer(wanted)
                await line.played()
    return words, silences


async def _cut_in(line: Line) -> float:
    """Cut in at once; how long after that words still came, in milliseconds."""
    at = await line.interrupt(str(line.frames[-1].frame.get("token", ""))[:12], 300)
    await asyncio.sleep(_LISTEN_S)
    late = [each.at - at for each in line.frames if each.at > at]
    return max(late, default=0.0) * 1e3


def _environ(folder: str) -> dict[str, str]:
    return {
        "ONETHREAD_SERVER__DATA": folder,
        "ONETHREAD_TWILIO__ACCOUNT_SID": ACCOUNT,
        "ONETHREAD_TWILIO__AUTH_TOKEN": TOKEN,
        "ONETHREAD_TWILIO__VOICE_FROM": SHOP,
        "ONETHREAD_LIMITS__LOOKUPS_PER_IP": "0",
    }


if __name__ == "__main__":
    sys.exit(main())
