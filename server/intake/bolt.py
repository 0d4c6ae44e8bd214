"""slack-bolt with one thing to do: store a call before Slack gets its answer. By webhook and by Socket Mode alike.

Imported only where agents are in Slack: it brings a web client of its own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias

import msgspec
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from memory.errors import StorageError
from server.desk.slack.api import client_for
from server.desk.slack.reading import call_key
from server.intake.calling import keep_call
from server.services import Services

SOURCE: Final = "slack/events"
_STORE_S: Final = 2.5
"""Slack waits for three seconds; it tells an event again that was not answered."""
_PING_S: Final = 10.0
_log = logging.getLogger("onethread.slack")
_Next: TypeAlias = Callable[[], Awaitable[BoltResponse]]


def handler_for(services: Services) -> AsyncSlackRequestHandler:
    """What answers a signed and readable request."""
    return AsyncSlackRequestHandler(app_for(services))


def app_for(services: Services) -> AsyncApp:
    """slack-bolt with one thing to do: store the call, then answer. It asks Slack nothing."""
    settings = services.settings.slack

    async def authorize(**_known: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=settings.bot_token)

    client = client_for(settings)
    client.token = None
    app = AsyncApp(
        name="onethread",
        client=client,
        logger=logging.getLogger("onethread.slack.bolt"),
        signing_secret=settings.signing_secret or None,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=bool(settings.signing_secret),
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        attaching_function_token_enabled=False,
    )

    async def store(req: AsyncBoltRequest, resp: BoltResponse, next: _Next) -> BoltResponse:
        return await _store(services, req)

    app.middleware(store)
    return app


async def _store(services: Services, request: AsyncBoltRequest) -> BoltResponse:
    """Answer 200 only for what is on disk."""
    payload = {name: value for name, value in request.body.items() if name != "token"}
    try:
        async with asyncio.timeout(_STORE_S):
            await keep_call(services, SOURCE, call_key(payload), {}, msgspec.json.encode(payload))
    except (StorageError, TimeoutError):
        _log.warning("a call of Slack could not be stored; it is told again")
        return BoltResponse(status=503, body="")
    return BoltResponse(status=200, body="")


async def listen(services: Services) -> None:
    """Socket Mode: the same calls without an address of our own. Waits for ever."""
    settings = services.settings.slack
    app = await asyncio.to_thread(app_for, services)
    handler = AsyncSocketModeHandler(app, settings.app_token, web_client=client_for(settings), ping_interval=_PING_S)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # slack-bolt leaves it so
        await asyncio.Event().wait()
    finally:
        await _close(handler)


async def _close(handler: AsyncSocketModeHandler) -> None:
    """Close the socket and wait until the SDK's own tasks have ended."""
    client: Any = handler.client
    running = [client.message_processor, client.current_session_monitor, client.message_receiver]
    await handler.close_async()  # type: ignore[no-untyped-call]  # slack-bolt leaves it so
    for task in running:
        if task is not None:
            with suppress(asyncio.CancelledError, Exception):
                await task
