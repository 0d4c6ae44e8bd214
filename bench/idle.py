"""What an idle server costs: memory after start, and the time until it answers.

`python -m bench.idle` starts the real server on an empty store three times and prints resident memory and the time to the
first /healthz, medians.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

_START_S = 90.0
_SETTLE_S = 3.0


def main() -> int:
    """Measure and print."""
    runs = [_once() for _ in range(3)]
    memory, took = (statistics.median(run[index] for run in runs) for index in (0, 1))
    print(f"resident memory {memory:.0f} MB, first answer after {took:.2f} s")
    return 0


def _once() -> tuple[float, float]:
    """(MB resident, seconds to the first answer) of one start."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environ = {**os.environ, "ONETHREAD_SERVER__DATA": folder}
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", str(port)],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _answers(port)
            took = time.perf_counter() - begin
            time.sleep(_SETTLE_S)
            return _resident_mb(process.pid), took
        finally:
            process.terminate()
            process.wait(10)


def _answers(port: int) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
            continue
        return
    raise SystemExit("the server did not answer")


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
