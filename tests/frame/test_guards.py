"""The guards of tests/conftest.py refuse what they promise to refuse, and let the rest pass."""

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import server
from tests.support.guards import InternetRefused, refusals
from tests.support.servers import serve

SOMEBODY_ELSE = "192.0.2.1"  # RFC 5737: documentation only, never routed


def test_a_socket_to_the_internet_is_refused_and_remembered() -> None:
    with socket.socket() as sock, pytest.raises(InternetRefused):
        sock.connect((SOMEBODY_ELSE, 443))
    assert refusals.take() == [f"internet: '{SOMEBODY_ELSE}'"]


def test_a_datagram_to_the_internet_is_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(InternetRefused):
        sock.sendto(b"?", (SOMEBODY_ELSE, 53))
    assert refusals.take()


def test_looking_up_a_name_of_the_internet_is_refused() -> None:
    with pytest.raises(InternetRefused):
        socket.getaddrinfo("shop.example", 443)
    assert refusals.take()


async def test_the_event_loop_itself_refuses_the_internet() -> None:
    with pytest.raises(InternetRefused):
        await asyncio.open_connection(SOMEBODY_ELSE, 443)
    assert refusals.take()


async def test_loopback_is_open() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    listener = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with listener:
        reader, writer = await asyncio.open_connection("localhost", listener.sockets[0].getsockname()[1])
        assert await reader.read() == b"hello"
        writer.close()


def _module_in_our_package(source: str, path: Path) -> ModuleType:
    """A module whose code claims to live in `server/`, which is where the guard looks."""
    module = ModuleType(path.stem)
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


async def test_our_code_may_not_block_the_loop_even_when_it_swallows_the_error() -> None:
    code = "import time\ndef nap():\n    try:\n        time.sleep(0)\n    except Exception:\n        pass\n"
    _module_in_our_package(code, Path(server.__file__).parent / "sleepy.py").nap()
    assert refusals.take() == ["blocking call on the event loop: time.sleep"]


async def test_our_code_may_block_in_a_thread() -> None:
    code = "import time\ndef nap():\n    time.sleep(0)\n"
    await asyncio.to_thread(_module_in_our_package(code, Path(server.__file__).parent / "sleepy.py").nap)
    assert refusals.take() == []


async def test_tests_themselves_may_block() -> None:
    time.sleep(0)  # noqa: ASYNC251 (the point of the test)
    assert refusals.take() == []


LEAKING = """
import asyncio

kept = []

async def test_that_leaves_a_connection_open():
    listener = await asyncio.start_server(lambda reader, writer: kept.append(writer), "127.0.0.1", 0)
    kept.append(await asyncio.open_connection(*listener.sockets[0].getsockname()))
    await asyncio.sleep(0.05)
    listener.close()
"""


def test_a_connection_left_open_is_an_error_and_hangs_nothing(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    run = _run_pytest(tmp_path, pytestconfig.rootpath, LEAKING)
    assert "ResourceWarning: unclosed resource <TCPTransport" in run.stdout
    assert "1 passed, 1 error" in run.stdout


@pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="no uvloop on this platform: pip install uvloop")
async def test_coroutine_tests_run_on_the_loop_of_production() -> None:
    assert "uvloop" in sys.modules
    assert isinstance(asyncio.get_running_loop(), sys.modules["uvloop"].Loop)


async def test_serve_gives_a_real_server_whose_lifespan_runs() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        seen.append("up")
        yield
        seen.append("down")

    async def hello(_: Request) -> Response:
        return PlainTextResponse("hello")

    async with serve(Starlette(routes=[Route("/", hello)], lifespan=lifespan)) as url:
        seen.append(await _get(url))
    assert seen == ["up", "hello", "down"]


async def _get(url: str) -> str:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.rpartition(b"\r\n\r\n")[2].decode()


async def test_serve_raises_when_the_application_does_not_start() -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        int("no configuration")
        yield

    with pytest.raises(RuntimeError, match="did not start"):
        async with serve(Starlette(lifespan=lifespan)):
            pytest.fail("it must not serve")


async def test_a_failing_test_still_ends_the_server_in_order() -> None:
    ended: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.sleep(0.01)
        ended.append("in order")

    with pytest.raises(ZeroDivisionError):
        async with serve(Starlette(lifespan=lifespan)):
            raise ZeroDivisionError
    assert ended == ["in order"]


@pytest.mark.postgres
@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_gets_an_empty_database(postgres_url: str, turn: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("CREATE TABLE left_behind (turn text)")  # fails if the other turn's table is still there
    assert await connection.fetchval("SELECT count(*) FROM left_behind") == 0
    await connection.close()


SKIPPING = """
import pytest

def test_that_skips():
    pytest.skip("apt-get install something")

def test_that_runs():
    pass
"""


def _run_pytest(folder: Path, root: Path, tests: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_inner.py").write_text(tests)
    kept = {name: value for name, value in os.environ.items() if name != "ONETHREAD_TEST_NO_SKIP"}
    settings = ["-c", str(root / "pyproject.toml"), "--rootdir", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", *settings, str(folder)],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_skips_are_counted(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    run = _run_pytest(tmp_path, pytestconfig.rootpath, SKIPPING)
    assert "\nskips: 1\n" in run.stdout
    assert "1 passed, 1 skipped" in run.stdout
    assert run.returncode == pytest.ExitCode.OK


def test_a_skip_is_a_failure_where_everything_must_run(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    run = _run_pytest(tmp_path, pytestconfig.rootpath, SKIPPING, ONETHREAD_TEST_NO_SKIP="1")
    assert "apt-get install something" in run.stdout
    assert "1 failed, 1 passed" in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
