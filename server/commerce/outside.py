"""Calls to other people's servers: shop platforms, carriers, label printers. One `Outside` for each of them.

What every caller needs is here once: deadlines, a size limit, no redirects, no private addresses unless allowed, few calls
at a time with shoppers first, waiting when told to (429, 503), one repetition of reads, and a circuit breaker, so that a
party that is slow or down is not hammered and does not hold up a conversation. Bodies, keys and signatures are never logged.
"""

import asyncio
import heapq
import ipaddress
import itertools
import json
import random
import socket
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import httpx2

from server import telemetry
from server.errors import StoreBusy, StoreUnavailable

Priority: TypeAlias = Literal["chat", "webhook", "delta", "backfill"]
"""Who waits for the answer: a shopper, a webhook's re-reading, the regular comparison, the first filling."""

PRIORITIES: Final[tuple[Priority, ...]] = ("chat", "webhook", "delta", "backfill")
CHAT_WAIT_S: Final = 6.0
"""A shopper's read gives up after so long altogether, and the last read is used instead."""

_CONNECT_S: Final = 3.0
_MAX_BYTES: Final = 5_000_000
_PATIENCE_S: Final[Mapping[Priority, float]] = {"chat": CHAT_WAIT_S, "webhook": 60.0, "delta": 300.0, "backfill": 900.0}
_AGAIN: Final = frozenset({502, 503, 504})
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; integers stay exact. Raises StoreUnavailable when it is something else (an HTML error page)."""
        if "json" not in self.headers.get("content-type", "json").lower():
            raise StoreUnavailable(f"the answer is no JSON but {self.headers['content-type'][:60]}")
        try:
            return json.loads(self.body.removeprefix(_BOM))
        except ValueError:
            raise StoreUnavailable("the answer is no JSON") from None


class Breaker:
    """Opens after `failures` within `within_s`; then one probe every `pause_s` until one succeeds."""

    def __init__(self, failures: int = 5, within_s: float = 60.0, pause_s: float = 15.0) -> None:
        self._limit = failures
        self._within_s = within_s
        self._pause_s = pause_s
        self._failed: deque[float] = deque(maxlen=failures)
        self._closed_until_probe: float | None = None

    def refuses(self, now: float) -> bool:
        """Whether a call would be refused now."""
        return self._closed_until_probe is not None and now < self._closed_until_probe

    def admit(self, now: float) -> bool:
        """Whether a call may be made now; of several that come when a probe is due, one."""
        if self.refuses(now):
            return False
        if self._closed_until_probe is not None:
            self._closed_until_probe = now + self._pause_s
        return True

    def succeeded(self) -> None:
        """The party answers."""
        self._failed.clear()
        self._closed_until_probe = None

    def failed(self, now: float) -> None:
        """The party did not answer, or with a failure of its own."""
        self._failed.append(now)
        if len(self._failed) == self._limit and now - self._failed[0] <= self._within_s:
            self._closed_until_probe = now + self._pause_s


class Turnstile:
    """Lets `size` through at a time; who waits is let in by priority, then by age."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._tickets = itertools.count()

    @asynccontextmanager
    async def passing(self, priority: Priority) -> AsyncIterator[None]:
        """Hold a place within the block."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, priority: Priority) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (PRIORITIES.index(priority), next(self._tickets), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Outside:
    """One other party at one base URL. Use `call`; `close` at the end."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        in_flight: int = 4,
        read_s: float = 8.0,
        allow_private: bool = True,
        breaker: Breaker | None = None,
    ) -> None:
        """`name` is a label of the metrics: one word of a closed set. `allow_private=False` refuses names that
        lead into our own network; an address that plainly is this machine was meant so."""
        self.name = name
        self.base_url = base_url.rstrip("/")
        self._read_s = read_s
        self._breaker = breaker or Breaker()
        self._turnstile = Turnstile(in_flight)
        self._not_before = 0.0
        self._checks_host = not allow_private and not is_this_machine(urlsplit(base_url).hostname or "")
        self._headers = {"User-Agent": "Onethread", **(headers or {})}
        self._in_flight = in_flight
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open, so that calls are refused without being made."""
        return self._breaker.refuses(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()

    def hold_off(self, seconds: float) -> None:
        """The party asked to be left alone for so long: no call begins before."""
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + seconds)
        telemetry.throttled.labels(self.name).inc()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | list[tuple[str, Any]] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        priority: Priority = "chat",
        read_s: float | None = None,
        is_read: bool | None = None,
    ) -> Reply:
        """One call. `body` is sent as JSON. `is_read` (default: GET) = it may be repeated once after a failure.

        Answers with a status below 500 other than 429 come back as they are. Raises StoreUnavailable otherwise: no answer
        in time, a failure of theirs, or the circuit is open; StoreBusy when told to wait longer than `priority` allows."""
        repeats = (method == "GET") if is_read is None else is_read
        sent = json.dumps(body).encode() if body is not None else content
        named = {"Content-Type": "application/json", **(headers or {})} if body is not None else dict(headers or {})
        try:
            async with asyncio.timeout(_PATIENCE_S[priority] if repeats else None):
                return await self._call(method, path, params, sent, named, priority, read_s or self._read_s, repeats)
        except TimeoutError:
            telemetry.outside.labels(self.name, "timeout").inc()
            raise StoreUnavailable(f"{self.name} did not answer in time") from None

    async def _call(
        self,
        method: str,
        path: str,
        params: Any,
        content: bytes | None,
        headers: Mapping[str, str],
        priority: Priority,
        read_s: float,
        repeats: bool,
    ) -> Reply:
        for attempt in itertools.count():
            is_last = not repeats or attempt > 0
            async with self._turnstile.passing(priority):
                await self._wait(priority)
                try:
                    reply = await self._once(method, path, params, content, headers, read_s)
                except StoreUnavailable:
                    if is_last or self.is_open:
                        raise
                    reply = None
            if reply is not None and not self._told_to_wait(reply):
                if reply.status < 500:
                    return reply
                if is_last or reply.status not in _AGAIN:
                    raise StoreUnavailable(f"{self.name} answered {reply.status}")
            elif reply is not None and not repeats:
                raise StoreBusy(f"{self.name} is busy")
            await asyncio.sleep(random.uniform(0.1, 0.4))
        raise AssertionError("unreachable")

    def _told_to_wait(self, reply: Reply) -> bool:
        if reply.status != 429 and not (reply.status == 503 and "retry-after" in reply.headers):
            return False
        self.hold_off(_seconds(reply.headers.get("retry-after")))
        return True

    async def _wait(self, priority: Priority) -> None:
        pause = self._not_before - asyncio.get_running_loop().time()
        if pause <= 0:
            return
        if pause > _PATIENCE_S[priority]:
            raise StoreBusy(f"{self.name} asked us to wait {pause:.0f} s")
        await asyncio.sleep(pause + random.uniform(0, 0.1))

    async def _once(
        self, method: str, path: str, params: Any, content: bytes | None, headers: Mapping[str, str], read_s: float
    ) -> Reply:
        loop = asyncio.get_running_loop()
        if not self._breaker.admit(loop.time()):
            telemetry.outside.labels(self.name, "refused").inc()
            raise StoreUnavailable(f"{self.name} has not answered lately; it is asked again in a moment")
        began = loop.time()
        try:
            await self._check_host()
            async with asyncio.timeout(_CONNECT_S + read_s):
                reply = await self._exchange(method, path, params, content, headers, read_s)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            self._note(loop.time(), began, "failed")
            raise StoreUnavailable(f"{self.name} cannot be reached ({type(error).__name__})") from None
        self._note(loop.time(), began, _outcome(reply.status))
        return reply

    def _note(self, now: float, began: float, outcome: str) -> None:
        telemetry.outside.labels(self.name, outcome).inc()
        telemetry.outside_seconds.labels(self.name).observe(now - began)
        if outcome == "failed":
            self._breaker.failed(now)
        else:
            self._breaker.succeeded()
        telemetry.breaker.labels(self.name).set(self.is_open)

    async def _exchange(
        self, method: str, path: str, params: Any, content: bytes | None, headers: Mapping[str, str], read_s: float
    ) -> Reply:
        timeout = httpx2.Timeout(read_s, connect=_CONNECT_S, pool=_CONNECT_S)
        client = await self._open()
        request = client.build_request(
            method, self.base_url + path, params=params, content=content, headers=dict(headers), timeout=timeout
        )
        response = await client.send(request, stream=True)
        try:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MAX_BYTES:
                    raise StoreUnavailable(f"{self.name} answered with more than {_MAX_BYTES // 1_000_000} MB")
        finally:
            await response.aclose()
        if response.is_redirect:
            raise StoreUnavailable(f"{self.name} redirects elsewhere: check its address in the settings")
        return Reply(response.status_code, {key.lower(): value for key, value in response.headers.items()}, bytes(body))

    async def _open(self) -> httpx2.AsyncClient:
        """The client, made at the first call and in a thread: it reads the certificates that are trusted."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(
                    httpx2.AsyncClient,
                    headers=self._headers,
                    follow_redirects=False,
                    trust_env=False,
                    limits=httpx2.Limits(max_connections=self._in_flight, max_keepalive_connections=self._in_flight),
                )
            return self._client

    async def _check_host(self) -> None:
        """Refuse a name that leads into our own network: a setting must not become a way in."""
        if not self._checks_host:
            return
        parts = urlsplit(self.base_url)
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM
        )
        for _, _, _, _, address in found:
            if not ipaddress.ip_address(address[0]).is_global:
                raise StoreUnavailable(f"{self.name}: {parts.hostname} is a private address; allow_private permits it")


def is_this_machine(host: str) -> bool:
    """Whether a host is written as the loopback: then nobody was led there by a name."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _outcome(status: int) -> str:
    if status == 429:
        return "throttled"
    return "failed" if status >= 500 else "refused" if status >= 400 else "ok"


def _seconds(retry_after: str | None) -> float:
    try:
        return min(900.0, max(0.3, float(retry_after or 1.0)))
    except ValueError:
        return 1.0
