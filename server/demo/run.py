"""The `demo` command: the whole product over an invented shop, without an account, a key or a setting.

It opens a data folder (a throw-away one unless named), stocks the shop, lets people sign in, and serves every door with
the assistant, the live orders and a carrier behind them, on loopback only. The environment is not read: a demo must
never find its way into a real installation's database.
"""

import asyncio
import errno
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from memory import agents
from memory.engines import connect
from memory.engines.base import Database, Tx
from memory.migrations import migrate
from server import logs
from server.api import api_routes
from server.app import LOOPS, Loop, Server, build, config
from server.clock import Clock, SystemClock
from server.commerce.embedded import EmbeddedStore
from server.console.routes import console_routes
from server.demo.devices.account import Account
from server.demo.devices.cast import cast
from server.demo.devices.hearing import CHARS_PER_S
from server.demo.devices.routes import LONGEST_DO
from server.demo.devices.routes import routes as device_routes
from server.demo.devices.world import WorldClock
from server.demo.documents import CURRENCY, SHOP_NAME, SHOP_ZONE
from server.demo.mailbox import Mailbox
from server.demo.routes import routes
from server.demo.seed import Seed, seed
from server.demo.shop import LOGINS, Login, SeededShop, stock
from server.demo.simulators import simulators
from server.demo.stories import STORY_BY_KEY
from server.errors import OperatorError
from server.passwords import hashed
from server.services import Services
from server.settings import (
    CatalogueSettings,
    DeskSettings,
    PolicySettings,
    ServerSettings,
    Settings,
    ShopSettings,
    WidgetSettings,
    checked,
)
from server.shelving import import_articles

HOST: Final = "127.0.0.1"
_CARRIER_INTERVAL_S: Final = 20.0
_FIRST: Final = STORY_BY_KEY["in_transit"]


def run(port: int, data: Path | None, *, opens: bool) -> int:
    """Serve the demo until Ctrl-C or SIGTERM; returns the exit status. Port 0 takes a free one.

    Raises OperatorError for a port that is taken or a folder of somebody's own shop, StorageError, OSError."""
    logs.configure("warning")
    with closing(_listener(port)) as listener, _folder(data) as folder:
        settings = demo_settings(folder, listener.getsockname()[1])
        with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
            runner.run(_serve(settings, listener, kept=data, opens=opens))
    return 0


def demo_settings(folder: Path, port: int) -> Settings:
    """The settings of the demo: loopback only, people at the desk at any hour."""
    url = f"http://{HOST}:{port}"
    return checked(
        Settings(
            server=ServerSettings(public_url=url, data=str(folder), host=HOST, port=port, log_level="warning"),
            shop=ShopSettings(name=SHOP_NAME, tz=SHOP_ZONE, url=url),
            desk=DeskSettings(hours=("mon-sun 00:00-24:00",)),
            widget=WidgetSettings(sites=("demo",)),
            catalogue=CatalogueSettings(
                currency=CURRENCY, cart_url=f"{url}/demo/cart?sku={{sku}}&quantity={{quantity}}"
            ),
            policy=PolicySettings(file=str(files("server.demo") / "data" / "policy.yaml")),
        )
    )


@asynccontextmanager
async def demo(settings: Settings, clock: Clock, *, pace: float = CHARS_PER_S) -> AsyncIterator[Starlette]:
    """The demo's application over its stocked store, ready to be served, with its simulators: `app.state.simulators`.

    `pace` = letters a second of the voice on the telephone. Raises OperatorError, StorageError."""
    world = WorldClock(clock)
    goods = await asyncio.to_thread(seed, world.now())
    async with AsyncExitStack() as stack:
        devices = await stack.enter_async_context(
            simulators(cast(goods.orders), world, account=Account(settings.public_url), pace=pace)
        )
        settings = devices.named(settings)
        database = await connect(settings.database_url, readers=settings.database.readers)
        stack.push_async_callback(database.close)
        await migrate(database, world.now())
        store = EmbeddedStore(database, world, settings.shop.tz, settings.shop.region)
        if await _is_new(database, store):
            await _open_shop(database, store, goods, world)
        shop, mailbox = SeededShop(store, world, goods.products), Mailbox(world)
        devices.postbox.on_mail = lambda address, text: mailbox.keep("email", address, text)
        devices.exchange.on_text = lambda number, text: mailbox.keep("phone", number, text)
        pages = await asyncio.to_thread(routes, shop, mailbox, devices.cast, devices.numbers)
        app = build(
            settings,
            clock=world,
            database=database,
            store=store,
            routes=[*console_routes(), *api_routes(), *pages, *device_routes(devices)],
            loops=(*LOOPS, Loop("carrier", _carrier(shop))),
            body_limits={"/demo/devices/send": LONGEST_DO},
        )
        app.state.simulators = devices
        yield app


async def _is_new(database: Database, store: EmbeddedStore) -> bool:
    """Whether the folder must be stocked. Raises OperatorError where somebody works with it, so that the demo's public
    passwords never open a real desk. The demo's people are made last: where they are, its goods are complete."""
    people = {agent.email for agent in await database.read(agents.all_agents)}
    if people.issuperset(login.email for login in LOGINS):
        return False
    if people or (await store.documents() and await store.document(_FIRST.order_id) is None):
        raise OperatorError("the folder of --data holds a shop of its own: name an empty one for the demo")
    return True


async def _open_shop(database: Database, store: EmbeddedStore, goods: Seed, clock: Clock) -> None:
    """Bring the goods in, while the passwords are hashed on other threads."""
    async with asyncio.TaskGroup() as group:
        hashes = [group.create_task(asyncio.to_thread(hashed, login.password)) for login in LOGINS]
        await stock(store, goods)
        await import_articles(database, Path(str(files("server.demo") / "data" / "knowledge")), clock.now())
    people = [(login, task.result()) for login, task in zip(LOGINS, hashes, strict=True)]

    async def add_everybody(tx: Tx) -> None:
        for login, secret in people:
            await agents.add(tx, login.email, login.name, login.role, login.skills, secret, clock.now())

    await database.write(add_everybody)


def _carrier(shop: SeededShop) -> Callable[[Services], Awaitable[None]]:
    async def move(_services: Services) -> None:
        await shop.move_parcels(_CARRIER_INTERVAL_S)

    return move


# Serving


class _Announced(Server):
    """A server that says where it is as soon as it answers, and is simply over when it is told to stop."""

    def __init__(self, app: Starlette, settings: Settings, text: str, *, opens: bool) -> None:
        super().__init__(config(app, settings), app)
        self._text = text
        self._url = settings.public_url if opens else ""

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(self._text)
        sys.stdout.flush()
        if self._url:  # some browsers keep whoever opens them waiting
            threading.Thread(target=webbrowser.open, args=(self._url,), daemon=True).start()

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at a signal, without raising it again afterwards: what was opened is closed in its order."""
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


async def _serve(settings: Settings, listener: socket.socket, *, kept: Path | None, opens: bool) -> None:
    async with demo(settings, SystemClock()) as app:
        server = _Announced(app, settings, welcome(settings.public_url, kept), opens=opens)
        await server.serve(sockets=[listener])


def _listener(port: int) -> socket.socket:
    """A socket bound to the port. Raises OperatorError."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is taken" if is_taken else "cannot be used"
        raise OperatorError(f"port {port} {reason}: choose another, such as --port 8010") from None
    return listener


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The named folder, or one that is gone when the demo is over."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with TemporaryDirectory(prefix="onethread-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def welcome(url: str, kept: Path | None) -> str:
    """What the terminal shows when the demo is open."""
    return "\n".join(
        [
            "",
            f"  {SHOP_NAME} is open. Everybody and everything in it is invented.",
            "",
            f"  Shop with the chat   {url}/",
            f"  Control room         {url}/demo",
            f"  Agents' console      {url}/console",
            "",
            *(f"  {'Sign in as' if login is LOGINS[0] else '':20} {_line(login)}" for login in LOGINS),
            "",
            f"  Try in the chat      {_FIRST.asks[0]}",
            f"  Data                 {'kept in ' + str(kept) if kept else 'thrown away at the end'}",
            "",
            "  Press Ctrl-C to stop.",
            "",
            "",
        ]
    )


def _line(login: Login) -> str:
    return f"{login.email:32} {login.password:14} {login.name}, {login.role}"
