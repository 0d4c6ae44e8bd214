"""Puts the application together: opens what the rooms share, mounts the doors, owns every background task.

`build` makes the ASGI application, `serve` runs it. Loops that run beside the doors are listed, not wired in: each is named
and supervised, and ends with the application.
"""

import asyncio
import logging
import random
import signal
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp
from typing_extensions import override

from memory.engines import connect
from memory.engines.base import Database, Tx
from memory.errors import MigrationRefused, StorageError
from memory.migrations import migrate, pending
from server import telemetry
from server.answering.understand import weights
from server.answering.warm import warm
from server.answering.words.house import wording_of
from server.answering.words.wording import speaking
from server.bus import LocalBus
from server.clock import Clock, SystemClock
from server.codes import Post
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.connectors.mirrored import MirroredStore
from server.commerce.connectors.platform import Platform
from server.commerce.derive import DeriveConfig
from server.commerce.embedded import EmbeddedStore
from server.commerce.labels.labels import Labels
from server.commerce.rows import WismoConfig
from server.commerce.silence import Limits
from server.commerce.store import Store
from server.connections import Connections, is_connected
from server.errors import OperatorError
from server.intake import routes as intake
from server.intake.doors import Doors, Patience
from server.intake.labels import label_url, slip_url
from server.lifecycle import Lifecycle
from server.policies.file import load as load_policy
from server.posting import post_by
from server.providers import open_lines
from server.services import Services
from server.settings import Settings, with_secret_key
from server.turns import Turns
from server.upkeep import keep_what_is_loaded
from server.web import Edge, http_error, json_response, services_of

_log = logging.getLogger("onethread.app")
DEFAULT_PATIENCE: Final = Patience()
_LONGEST_PAUSE_S: Final = 30.0
_GOODBYE_S: Final = 3.0
_COME_BACK_WITHIN_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Loop:
    """Something that runs for ever beside the doors."""

    name: str
    run: Callable[[Services], Awaitable[None]]


async def _answer_turns(services: Services) -> None:
    if not services.settings.llm.model:
        await Turns(services).run()
        return
    from server.answering.model.engine import Model

    model = await Model.open(services.settings, services.database, services.clock)
    try:
        await Turns(services, model=model).run()
    finally:
        if model is not None:
            await model.close()


async def _follow_orders(services: Services) -> None:
    from server.live import LiveOrders

    await LiveOrders(services).run()


async def _age_threads(services: Services) -> None:
    await Lifecycle(services).run()


async def _work_in_calls(services: Services) -> None:
    from server.calls import Calls

    await Calls(services).run()


async def _ask_about_parcels(services: Services) -> None:
    from server.asking import Parcels

    await Parcels(services).run()


async def _compare_the_shop(services: Services) -> None:
    from server.asking import Shop

    await Shop(services).run()


async def _learn_silence(services: Services) -> None:
    await services.limits.run(services.database, services.clock)


async def _fetch_files(services: Services) -> None:
    from server.calls import Calls

    await Calls(services, of_files=True).run()


async def _send_messages(services: Services) -> None:
    from server.outbox import Outbox

    await Outbox(services).run()


async def _give_back_native(services: Services) -> None:
    from server import native

    await native.run(services)


async def _follow_into_slack(services: Services) -> None:
    if not services.settings.slack.is_on:
        await asyncio.Event().wait()
    from server.desk.slack import running
    from server.files import keep

    await running.run(services, keep)


async def _listen_to_slack(services: Services) -> None:
    if not (services.settings.slack.is_on and services.settings.slack.app_token):
        await asyncio.Event().wait()
    from server.intake.bolt import listen

    await listen(services)


async def _call_back(services: Services) -> None:
    from server.callbacks import CallBacks

    if not services.settings.has_telephone:
        await asyncio.Event().wait()
    await CallBacks(services).run()


async def _send_codes(services: Services) -> None:
    await services.codes.run()


async def _take_mail(services: Services) -> None:
    if not services.settings.email.listen:
        await asyncio.Event().wait()
    from server.intake.mail_listener import listen

    await listen(services)


async def _look_for_missed(services: Services) -> None:
    if not services.settings.twilio.account_sid:
        await asyncio.Event().wait()
    from server.missed import look_for_missed

    await look_for_missed(services)


async def _read_mailbox(services: Services) -> None:
    if not services.settings.email.imap_url:
        await asyncio.Event().wait()
    from server.intake.mail_imap import read_mailbox

    await read_mailbox(services)


LOOPS: Final = (
    Loop("turns", _answer_turns),
    Loop("live orders", _follow_orders),
    Loop("lifecycle", _age_threads),
    Loop("calls", _work_in_calls),
    Loop("parcels", _ask_about_parcels),
    Loop("shop", _compare_the_shop),
    Loop("silence", _learn_silence),
    Loop("codes", _send_codes),
    Loop("call-backs", _call_back),
    Loop("outbox", _send_messages),
    Loop("slack", _follow_into_slack),
    Loop("slack socket", _listen_to_slack),
    Loop("files", _fetch_files),
    Loop("native", _give_back_native),
    Loop("mail listener", _take_mail),
    Loop("mailbox", _read_mailbox),
    Loop("missed messages", _look_for_missed),
)


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    database: Database | None = None,
    store: Store | None = None,
    post: Post | None = None,
    routes: Sequence[BaseRoute] = (),
    loops: Sequence[Loop] = LOOPS,
    body_limits: Mapping[str, int] | None = None,
    sockets: Mapping[str, ASGIApp] | None = None,
    patience: Patience = DEFAULT_PATIENCE,
) -> Starlette:
    """The application. What is given is used and stays open; the rest is opened at the start and closed at the end.

    `post` sends one-time codes, None = the channels that are connected do. `sockets` are served by path without routing.
    While it runs, `app.state.services` holds the Services and
    `app.state.doors` the widget's doors. Raises VoiceError."""

    spoken = wording_of(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(speaking(spoken))
            _take_weights(settings.data)
            services = await open_services(settings, clock=clock, database=database, store=store, post=post)
            if database is None:
                stack.push_async_callback(services.database.close)
            stack.push_async_callback(services.connections.close)
            stack.push_async_callback(services.lines.close)
            if services.labels is not None:
                stack.push_async_callback(services.labels.close)
            app.state.services = services
            app.state.doors = await Doors.open(services, patience)
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(_supervised(loop, services), name=loop.name) for loop in loops]
                try:
                    yield
                finally:
                    await say_goodbye(app)
                    for task in running:
                        task.cancel()

    return Starlette(
        routes=[*_health(), *intake.routes(), *routes],
        middleware=[
            Middleware(
                Edge,
                settings=settings,
                body_limits={**intake.BODY_LIMITS, **(body_limits or {})},
                sockets={**intake.SOCKETS, **(sockets or {})},
            )
        ],
        exception_handlers={HTTPException: http_error},
        lifespan=lifespan,
    )


def _take_weights(data: Path) -> None:
    weights.use(data)
    if trouble := weights.trouble(data):
        _log.warning("own weights left aside", extra={"trouble": trouble})


async def open_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    database: Database | None = None,
    store: Store | None = None,
    post: Post | None = None,
) -> Services:
    """Open the database, bring its schema up to date, load the policy. Raises OperatorError, StorageError."""
    settings = await asyncio.to_thread(with_secret_key, settings)
    clock = clock or SystemClock(settings.offset)
    bus = LocalBus()
    policy = await asyncio.to_thread(load_policy, settings.policy.file or None)
    await asyncio.to_thread(warm)
    opened = database or await _open_database(settings)
    try:
        await migrate(opened, clock.now())
    except BaseException:
        if database is None:
            await opened.close()
        raise
    linked = await asyncio.to_thread(_connections, settings, clock, opened)
    if store is None:
        store = open_store(settings, clock, opened, linked.platform)
    if isinstance(store, EmbeddedStore | MirroredStore) and store.on_change is None:
        store.on_change = lambda order_id: bus.publish("orders", order_id)
    if isinstance(store, EmbeddedStore) and store.label_url is None:
        store.label_url = lambda order_id, key: label_url(settings, order_id, key)
    labels = await asyncio.to_thread(_labels, settings, clock, opened)
    lines = await asyncio.to_thread(open_lines, settings, clock)
    if "email" in lines.providers:
        from server.mail_words import give_words

        give_words(lines)
    services = Services(
        settings, clock, opened, bus, store, policy, connections=linked, limits=_limits(settings, linked), labels=labels,
        post=post or post_by(lines, settings), lines=lines,
    )  # fmt: skip
    if linked.reads and isinstance(store, EmbeddedStore | MirroredStore):
        from server.asking import Freshener

        store.freshen = Freshener(services)
    return services


def _limits(settings: Settings, linked: Connections) -> Limits:
    """How long things may take before they are late, stalled or too old to be spoken of as live.

    Where carriers are asked, one that has told nothing for a day is not taken for silence."""
    derive = DeriveConfig(
        shop_tz=settings.shop.tz,
        origin_country=settings.labels.country or None,
        feed_fresh_for=timedelta(days=1) if linked.reads else None,
    )
    return Limits(WismoConfig(derive=derive, fresh_for=timedelta(seconds=settings.orders.max_age_s)))


def _labels(settings: Settings, clock: Clock, database: Database) -> Labels:
    """Whoever makes return labels here."""
    from server.commerce.labels.registry import labels_for

    ledger = StoredLedger(database)
    return labels_for(
        settings.labels, settings.shop.name, clock, ledger, lambda order, rma: slip_url(settings, order, rma)
    )


def open_store(settings: Settings, clock: Clock, database: Database, platform: Platform | None) -> Store:
    """The order system: the shop platform with its last reads kept here, or the embedded store."""
    shop = settings.shop
    if platform is None:
        return EmbeddedStore(database, clock, shop.tz, shop.region)
    mirror = EmbeddedStore(database, clock, shop.tz, shop.region, mirrors=platform.name)
    fresh_for = timedelta(seconds=settings.orders.fresh_s)
    return MirroredStore(platform, mirror, database, clock, fresh_for=fresh_for)


def _connections(settings: Settings, clock: Clock, database: Database) -> Connections:
    """Whom the settings name; an installation that is connected with nobody loads no connector."""
    if not is_connected(settings):
        return Connections()
    from server.connecting import connections

    return connections(settings, clock, StoredLedger(database))


async def _open_database(settings: Settings) -> Database:
    await asyncio.to_thread(settings.data.mkdir, parents=True, exist_ok=True)
    try:
        return await connect(settings.database_url, readers=settings.database.readers)
    except ValueError as error:
        raise OperatorError(f"database.url: {error}") from None


async def _supervised(loop: Loop, services: Services) -> None:
    """Run a loop for ever; one that fails is logged and begun again after a growing pause."""
    pause = 0.1
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await loop.run(services)
        except Exception:  # what no turn and no delivery within a loop has caught: the others and the doors go on
            telemetry.errors.labels("loop").inc()
            _log.exception("loop failed", extra={"loop": loop.name})
        is_stable = asyncio.get_running_loop().time() - began > _LONGEST_PAUSE_S
        pause = 0.1 if is_stable else min(_LONGEST_PAUSE_S, pause * 2)
        await asyncio.sleep(pause)


async def say_goodbye(app: Starlette) -> None:
    """Tell every open socket and stream when to come back, and wait a moment until they are gone."""
    doors: Doors | None = getattr(app.state, "doors", None)
    if doors is None:
        return
    for connection in doors.live.everyone():
        await connection.say_goodbye(random.uniform(0, _COME_BACK_WITHIN_S))
    with suppress(TimeoutError):
        async with asyncio.timeout(_GOODBYE_S):
            await doors.live.empty()


# Health


def _health() -> list[BaseRoute]:
    return [Route("/healthz", _healthz), Route("/readyz", _readyz), Route("/metrics", _metrics)]


async def _healthz(_request: Request) -> Response:
    """The process runs."""
    return json_response({"status": "ok"})


async def _readyz(request: Request) -> Response:
    """The database answers and its schema is this program's."""
    try:
        async with asyncio.timeout(5):
            waiting = await pending(services_of(request.scope).database)
            await services_of(request.scope).database.read(_one)
    except (StorageError, MigrationRefused, TimeoutError) as error:
        _log.warning("not ready", extra={"error": type(error).__name__})
        return json_response({"status": "unavailable", "database": False}, 503)
    if waiting:
        return json_response({"status": "unavailable", "database": True, "migrations": waiting}, 503)
    return json_response({"status": "ok", "database": True, "migrations": []})


async def _one(tx: Tx) -> int:
    row = await tx.one("SELECT 1 AS one")
    return int(row["one"]) if row else 0


async def _metrics(_request: Request) -> Response:
    """What this process counted."""
    counted = await asyncio.to_thread(telemetry.render)
    return PlainTextResponse(counted, media_type="text/plain; version=0.0.4; charset=utf-8")


# Serving


class Server(uvicorn.Server):
    """uvicorn, but its sockets are told when to come back before they are closed."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        keep_what_is_loaded()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # uvicorn raises SIGTERM once more when it has stopped, but a clean end is no death by signal
        before = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGTERM, before)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in self.servers:
            listener.close()
        await say_goodbye(self._app)
        await super().shutdown(sockets)


def config(app: Starlette, settings: Settings) -> uvicorn.Config:
    """How the application is served; the limits are those of the doors."""
    options: dict[str, Any] = {"loop": "auto", "http": "auto", "ws": "websockets-sansio"}
    return uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        ws_max_size=65_536,
        ws_max_queue=16,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=20_000,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        **options,
    )


def serve(settings: Settings, *, app: Starlette | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Exits the process with status 3 when the application does not start."""
    app = app or build(settings)
    Server(config(app, settings), app).run()
