"""What every test gets: guards, the production event loop, a scratch PostgreSQL, the path of Chromium, honest skips.

Nothing here knows how the application is put together; `tests/support/` holds the stand-ins of the outside world.
"""

import asyncio
import gc
import inspect
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck

from tests.support.guards import blocking_guard, forbid_internet, loop_factory, refusals

NO_SKIP = "ONETHREAD_TEST_NO_SKIP"
POSTGRES = "ONETHREAD_TEST_POSTGRES"
CHROMIUM = "ONETHREAD_CHROMIUM"
DEFAULT_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MEMORY: Final = Path("/dev/shm")
"""Where Linux keeps files in memory; pytest makes folders of its own in it."""
_ENOUGH_BYTES: Final = 2 * 1024**3
_BETWEEN_COLLECTIONS: Final = 50_000


def pytest_configure(config: pytest.Config) -> None:
    """Cut this process off from the internet before any test module is imported; no property is held against a clock."""
    forbid_internet()
    _keep_files_in_memory(config)
    gc.set_threshold(_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else a training's threads wait in circles for the other tests
    is_long = config.option.markexpr == "long"  # new examples each time; every other run tries the same ones
    hypothesis.settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not is_long
    )
    hypothesis.settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Look for garbage only among what the tests make: a process holds twelve thousand tests and every module."""
    gc.collect()
    gc.freeze()


def _keep_files_in_memory(config: pytest.Config) -> None:
    """Put what tests write into memory, unless TMPDIR says where: their databases wait for a disk thousands of times."""
    if os.environ.get("TMPDIR") or not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)):
        return
    if shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES:
        folder = tempfile.mkdtemp(prefix="onethread-tests-", dir=_MEMORY)
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))  # what a failed test left is kept there
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run coroutine tests on the loop of production."""
    return {"loop": loop_factory()}


# Skips: always counted, and a failure where everything must run.


def _refuse_skip(report: Report) -> Report:
    if report.skipped and os.environ.get(NO_SKIP) and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{reason} ({NO_SKIP} is set, so a skip is a failure)"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one where skips are forbidden."""
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped module into a failed one where skips are forbidden."""
    return _refuse_skip((yield))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run, even when it is none."""
    terminalreporter.write_line(f"skips: {len(terminalreporter.stats.get('skipped', []))}")


# Guards


@pytest.fixture(scope="session")
def _blocking_guard() -> BlockBuster:
    return blocking_guard()


@pytest.fixture(autouse=True)
def _guards(request: pytest.FixtureRequest, _blocking_guard: BlockBuster) -> Iterator[None]:
    refusals.take()
    watched = inspect.iscoroutinefunction(getattr(request.node, "obj", None))
    if watched:
        _blocking_guard.activate()
    try:
        yield
    finally:
        if watched:
            _blocking_guard.deactivate()
    if refused := refusals.take():
        pytest.fail("\n".join(refused), pytrace=False)


# What a machine may or may not have


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the test is skipped where there is none."""
    wanted = [os.environ[CHROMIUM]] if os.environ.get(CHROMIUM) else CHROMIUM_NAMES
    path = next(filter(None, map(shutil.which, wanted)), None)
    if path is None:
        pytest.skip(f"no Chromium here: apt-get install chromium, or set {CHROMIUM}")
    return path


def _ask_postgres(url: str, *statements: str) -> None:
    """Run statements on their own loop in their own thread, so that any fixture may ask."""

    async def ask() -> None:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, ask()).result()


@pytest.fixture(scope="session")
def _postgres_database() -> Iterator[str]:
    server = os.environ.get(POSTGRES, DEFAULT_POSTGRES)
    name = f"onethread_test_{os.getpid()}"
    try:
        _ask_postgres(
            server,
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name}",
            f"ALTER DATABASE {name} SET synchronous_commit = off",
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        pytest.skip(f"no PostgreSQL here ({error}): start PostgreSQL on 127.0.0.1:5432, or set {POSTGRES}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    _ask_postgres(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(_postgres_database: str) -> str:
    """URL of an empty database on a real PostgreSQL; the test is skipped where there is none."""
    _ask_postgres(
        _postgres_database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
    )
    return _postgres_database
