"""`WS /webhooks/twilio/relay`: the live socket of a telephone call.

Twilio's signature over the exact URL is checked before the socket is accepted, the call's own token with its first frame. One task
reads, so that an interruption takes effect at once; one thinks: it accepts what was said, follows the conversation's log and
speaks what is new in it. The log is the truth: a socket that breaks loses nothing that was accepted.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from channels.twilio.signing import HEADER, SETTINGS_HEADER, is_signed
from channels.voice import frames
from channels.voice.frames import Incoming, Info, Interrupt, Setup
from memory import phone_calls
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.phone_calls import PhoneCall
from server import telemetry
from server.intake import voice_calls
from server.intake.calling import signed_url
from server.intake.voice_mind import Mind
from server.services import Services
from server.web import header, services_of

_log = logging.getLogger("onethread.voice")
_SETUP_S: Final = 10.0
_QUEUED: Final = 200
_POLICY: Final = 1008
_DONE: Final = 1000


class Refused(Exception):
    """The socket ends with a close code."""

    def __init__(self, why: str, code: int = _POLICY) -> None:
        super().__init__(why)
        self.code = code


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    """One socket, from the handshake to its end."""
    services = services_of(scope)
    await receive()
    if not _is_from_twilio(services, scope):
        telemetry.hooks.labels("voice/relay", "unsigned").inc()
        _log.warning("a relay socket was refused", extra={"why": "signature"})
        await send({"type": "websocket.close", "code": _POLICY})  # before it is accepted: the client sees 403
        return
    await send({"type": "websocket.accept"})
    telemetry.sockets.labels("voice").inc()
    try:
        await Socket(services, receive, send).run()
    except OSError:  # Twilio is gone
        return
    finally:
        telemetry.sockets.labels("voice").dec()


def _is_from_twilio(services: Services, scope: Scope) -> bool:
    settings = services.settings
    if not settings.has_telephone:
        return False
    url = signed_url(services, scope, "wss" if settings.is_secure else "ws")
    twilio = settings.twilio
    tokens = (twilio.auth_token, *twilio.old_auth_tokens, *twilio.shared_keys)
    algorithm = header(scope, SETTINGS_HEADER.encode())
    return is_signed(tokens, url, {}, header(scope, HEADER.encode()), algorithm)


class Socket:
    """One open socket of a call. Everything it owns ends with `run`."""

    def __init__(self, services: Services, receive: Receive, send: Send) -> None:
        self._services = services
        self._receive = receive
        self._send = send
        self._is_closed = False
        self._frames: deque[Incoming] = deque()
        self._sid = ""

    async def run(self) -> None:
        """Setup, then read and think until one of them ends."""
        try:
            call = await self._setup()
            if call is not None:
                await self._live(call)
        except Refused as refusal:
            await self._refuse(refusal)
        except StorageError:
            await self.close(1013)

    async def _setup(self) -> PhoneCall | None:
        """The call of this socket; None when it went away before. Raises Refused."""
        try:
            async with asyncio.timeout(_SETUP_S):
                message = await self._receive()
        except TimeoutError:
            raise Refused("no setup in time") from None
        if message["type"] == "websocket.disconnect":
            return None
        frame = _read(message)
        if not isinstance(frame, Setup):
            raise Refused("a frame before setup")
        return await self._admitted(frame)

    async def _admitted(self, setup: Setup) -> PhoneCall:
        services, now = self._services, self._services.clock.now()
        token = voice_calls.read_token(services, setup.parameters.get("session", ""), now)
        if token is None or token[0] != setup.call_sid or setup.account_sid != services.settings.twilio.account_sid:
            raise Refused("the token is not this call's")
        sid, number = token

        async def unit(tx: Tx) -> PhoneCall | None:
            return await phone_calls.by_sid(tx, sid) if await phone_calls.open_socket(tx, sid, number) else None

        call = await services.database.write(unit)
        if call is None:
            raise Refused("the token was used before")
        self._sid = sid
        return call

    async def _live(self, call: PhoneCall) -> None:
        topic = f"call:{call.sid}"
        self._services.bus.publish(topic, "replaced")  # an earlier socket of this call gives way
        mind = Mind(self._services, call, self._put, self._end, self._frames)
        replaced = asyncio.Event()
        with self._services.bus.listening(topic, lambda _topic, _note: replaced.set()):
            async with asyncio.TaskGroup() as group:
                thinking = group.create_task(self._think(mind), name="voice mind")
                watching = group.create_task(self._until(replaced), name="voice watch")
                try:
                    await self._listen(mind)
                except Refused as refusal:
                    await self._refuse(refusal)
                finally:
                    thinking.cancel()
                    watching.cancel()
        await mind.leave()

    async def _until(self, replaced: asyncio.Event) -> None:
        await replaced.wait()
        await self.close(_POLICY)

    async def _think(self, mind: Mind) -> None:
        try:
            await mind.run()
        except OSError:  # Twilio is gone; the reader sees it too
            return
        except Exception:  # the edge of a socket: Twilio asks `voice/after` what to do next
            telemetry.errors.labels("voice").inc()
            _log.exception("a call failed", extra={"call": self._sid})
            await self.close(1011)

    async def _listen(self, mind: Mind) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = _read(message)
            if isinstance(frame, Setup):
                raise Refused("a second setup")
            if len(self._frames) >= _QUEUED:
                raise Refused("too many frames")
            if isinstance(frame, Interrupt):
                mind.cut(frame)
            elif isinstance(frame, Info):
                mind.noticed(frame)
            elif frame is not None:
                self._frames.append(frame)
            mind.wake()

    async def _refuse(self, refusal: Refused) -> None:
        _log.warning("a relay socket was closed", extra={"why": str(refusal), "call": self._sid})
        await self.close(refusal.code)

    async def _put(self, text: str) -> None:
        if not self._is_closed:
            await self._send({"type": "websocket.send", "text": text})

    async def _end(self, handoff: dict[str, str]) -> None:
        """Give the call back to Twilio, which asks `voice/after` what to do with it."""
        await self._put(frames.end(handoff))

    async def close(self, code: int = _DONE) -> None:
        """End the socket; safe to call again."""
        if not self._is_closed:
            self._is_closed = True
            with suppress(OSError, RuntimeError):
                await self._send({"type": "websocket.close", "code": code})


def _read(message: Message) -> Incoming | None:
    """A frame of Twilio's, None for one that we do not know. Raises Refused."""
    text: Any = message.get("text")
    try:
        found = frames.read(text if isinstance(text, str) else "")
    except ValueError as error:
        raise Refused(str(error)) from None
    if found is None:
        telemetry.hooks.labels("voice/relay", "unknown").inc()
    return found
