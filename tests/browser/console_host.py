"""The real application for the console's browser tests, on a free port, in a thread with its own event loop.

Tests reach it through `do`. Its origin is what browsers really use, so cookies, CSRF and CSP are those of production on loopback.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import uvicorn
from playwright.sync_api import BrowserContext, Page

from memory.agents import Agent
from memory.threads import Thread
from server.api import api_routes
from server.app import build
from server.console.routes import console_routes
from server.services import Services
from server.settings import DatabaseSettings, LimitsSettings, ServerSettings, Settings, ShopSettings
from tests.server.console import people

T = TypeVar("T")


def settings_in(folder: Path, port: int) -> Settings:
    """Settings of a throw-away installation that browsers reach at this port."""
    return Settings(
        server=ServerSettings(data=str(folder), secret_keys=("k" * 40,), public_url=f"http://127.0.0.1:{port}"),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'desk.db'}", readers=2),
        shop=ShopSettings(name="Harbour & Pine"),
        limits=LimitsSettings(sockets_per_ip=0),
    )


class ConsoleHost:
    """A running application with a desk. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = int(self._socket.getsockname()[1])
        self.origin = f"http://127.0.0.1:{port}"
        self.app = build(settings_in(folder, port), routes=[*console_routes(), *api_routes()], loops=())
        config = uvicorn.Config(
            self.app, log_level="error", ws="websockets-sansio", ws_max_size=65536, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the application did not start"
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(15)
        self._socket.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))
        self._loop.close()

    @property
    def services(self) -> Services:
        """What the application shares."""
        return self.app.state.services  # type: ignore[no-any-return]  # Starlette's state is untyped

    def do(self, act: Callable[[Services], Awaitable[T]]) -> T:
        """Runs `act` in the application's loop and returns what it returned."""

        async def run() -> T:
            return await act(self.services)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(20)

    def agent(self, email: str = "kim@shop.example", name: str = "Kim Reyes", role: str = "agent") -> Agent:
        """Somebody who works here."""
        return self.do(lambda services: people.agent(services, email, name, role))

    def handed_off(self, who: str = "ana", name: str = "Ana Lopez") -> Thread:
        """A conversation that needs a person."""
        return self.do(lambda services: people.handed_off(services, who, name=name))


@dataclass
class Watched:
    """A page, and everything that went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def until(self, script: str) -> None:
        """Waits until an expression is true on the page."""
        self.page.wait_for_function(script)


def watch(context: BrowserContext) -> Watched:
    """A page that keeps its errors and violations of its policy."""
    page = context.new_page()
    watched = Watched(page)
    page.on("pageerror", lambda error: watched.wrong.append(f"error: {error}"))
    page.on("console", lambda message: watched.wrong.append(message.text) if message.type == "error" else None)
    return watched


def enter(host: ConsoleHost, context: BrowserContext, agent: Agent) -> Watched:
    """An open console of somebody who signed in before."""
    session = host.do(lambda services: people.session(services, agent))
    context.add_cookies([{"name": "sid", "value": session.secret, "url": host.origin}])
    watched = watch(context)
    watched.page.goto(f"{host.origin}/console")
    watched.page.get_by_text("Live", exact=True).wait_for()
    return watched


def sign_in(host: ConsoleHost, page: Page, agent: Agent, path: str = "/console") -> None:
    """Signs in by the form, as a person does."""
    page.goto(host.origin + path)
    page.get_by_label("E-mail").fill(agent.email)
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Live", exact=True).wait_for()
