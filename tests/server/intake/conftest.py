"""A running application with the widget's doors and nobody who answers."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from memory import threads
from memory.engines.base import Database, Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.app import DEFAULT_PATIENCE, build
from server.clock import HandClock
from server.inbox import wake
from server.intake.doors import Doors, Patience
from server.services import Services
from server.settings import DatabaseSettings, LimitsSettings, ServerSettings, Settings, WidgetSettings
from tests.server.intake.browser import SHOP, Browser
from tests.support.servers import serve

SECRET = "a-shop-secret-that-is-long-enough-for-every-hash-of-the-family-that-there-is"
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@dataclass
class House:
    """A running application, seen from both sides."""

    url: str
    app: Starlette
    clock: HandClock
    browser: Browser

    @property
    def services(self) -> Services:
        return self.app.state.services  # type: ignore[no-any-return]  # Starlette's state is untyped

    async def append(self, conv: str, *events: NewEvent, is_told: bool = False) -> Thread:
        """Let something happen in a thread, as the rooms behind the doors would; `is_told` = with what it was."""

        async def unit(tx: Tx) -> tuple[Thread, list[Event]]:
            thread = await threads.by_public_id(tx, conv)
            assert thread is not None
            return await threads.append(tx, thread.id, events, self.clock.now())

        thread, stored = await self.services.database.write(unit)
        wake(self.services, thread, stored if is_told else ())
        return thread

    @property
    def doors(self) -> Doors:
        return self.app.state.doors  # type: ignore[no-any-return]  # as above


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep our log away from pytest's handlers: one of them writes a file on the event loop."""
    logger = logging.getLogger("onethread")
    logger.propagate = False
    yield
    logger.propagate = True


Running = Callable[..., AbstractAsyncContextManager[House]]

_OFF: dict[str, Any] = {"messages_per_s": 0.0, "frames_per_s": 0.0, "sessions_per_ip": 0}


def settings_in(folder: Path, **limits: Any) -> Settings:
    """Settings of a throw-away installation."""
    return Settings(
        server=ServerSettings(data=str(folder), secret_keys=("k" * 40,), public_url="https://chat.example"),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'test.db'}", readers=2),
        widget=WidgetSettings(
            origins=(SHOP,), sites=("default", "other"), identity_secrets=(f"default={SECRET}", "other=" + "x" * 40)
        ),
        limits=LimitsSettings(**{**_OFF, **limits}),
    )


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """Starts an application: `async with running(sockets_per_ip=2) as house`; other keywords are limits."""

    @asynccontextmanager
    async def start(
        *, patience: Patience = DEFAULT_PATIENCE, database: Database | None = None, **limits: Any
    ) -> AsyncIterator[House]:
        clock = HandClock(FRIDAY)
        settings = settings_in(tmp_path, **limits)
        app = build(settings, clock=clock, database=database, loops=(), patience=patience)
        async with serve(app) as url:
            yield House(url, app, clock, Browser(url))

    return start


@pytest.fixture
async def house(running: Running) -> AsyncIterator[House]:
    """A running application without limits of pace."""
    async with running() as house:
        yield house
