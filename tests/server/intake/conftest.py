"""A running application with the widget's doors and nobody who answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from server.app import build
from server.clock import HandClock
from server.intake.doors import Doors
from server.services import Services
from server.settings import DatabaseSettings, LimitsSettings, ServerSettings, Settings, WidgetSettings
from tests.server.intake.browser import SHOP, Browser
from tests.support.servers import serve

SECRET = "a-shop-secret-of-thirty-two-chars-or-more"
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

    @property
    def doors(self) -> Doors:
        return self.app.state.doors  # type: ignore[no-any-return]  # as above


Running = Callable[..., AbstractAsyncContextManager[House]]


def settings_in(folder: Path, **limits: Any) -> Settings:
    """Settings of a throw-away installation."""
    return Settings(
        server=ServerSettings(data=str(folder), secret_keys=("k" * 40,), public_url="https://chat.example"),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'test.db'}", readers=2),
        widget=WidgetSettings(
            origins=(SHOP,), sites=("default", "other"), identity_secrets=(f"default={SECRET}", "other=" + "x" * 40)
        ),
        limits=replace(LimitsSettings(), messages_per_s=0.0, frames_per_s=0.0, sessions_per_ip=0, **limits),
    )


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """Starts an application: `async with running(sockets_per_ip=2) as house`; keywords are limits."""

    @asynccontextmanager
    async def start(*, settings: Settings | None = None, **limits: Any) -> AsyncIterator[House]:
        clock = HandClock(FRIDAY)
        app = build(settings or settings_in(tmp_path, **limits), clock=clock, loops=())
        async with serve(app) as url:
            yield House(url, app, clock, Browser(url))

    return start


@pytest.fixture
async def house(running: Running) -> AsyncIterator[House]:
    """A running application without limits of pace."""
    async with running() as house:
        yield house
