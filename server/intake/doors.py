"""What the doors of one process share: tickets, limits, and every open connection.

One of these is made when the application opens. It decides nothing about conversations.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Final, Protocol, cast

from starlette.types import Scope

from server.intake.assets import Assets
from server.intake.limits import Buckets
from server.intake.tickets import Tickets
from server.services import Services

VISITOR_SOCKETS: Final = 10
_UPLOADS_PER_S: Final = 1 / 6
_UPLOAD_BURST: Final = 10
_SEARCHES_PER_S: Final = 2
_SEARCH_BURST: Final = 30
_FORMS_PER_S: Final = 1 / 15
_FORM_BURST: Final = 10


class Connection(Protocol):
    """An open socket or stream."""

    def close(self, code: int, reason: str = "") -> None:
        """End it; safe to call again."""
        ...

    async def say_goodbye(self, retry_after_s: float) -> None:
        """The process stops: tell the browser when to come back, then end."""
        ...


class Live:
    """Every open connection of this process, by address and by visitor."""

    def __init__(self, per_ip: int) -> None:
        self._per_ip = per_ip
        self._by_ip: dict[str, int] = defaultdict(int)
        self._by_visitor: dict[str, list[Connection]] = defaultdict(list)
        self._all: set[Connection] = set()
        self._is_empty = asyncio.Event()

    def enter(self, ip: str, connection: Connection) -> bool:
        """Let a connection in; False when its address has too many."""
        if 0 < self._per_ip <= self._by_ip[ip]:
            return False
        self._by_ip[ip] += 1
        self._all.add(connection)
        return True

    def leave(self, ip: str, connection: Connection, visitor: str) -> None:
        """A connection that was let in is gone."""
        self._all.discard(connection)
        if not self._all:
            self._is_empty.set()
        self._by_ip[ip] -= 1
        if self._by_ip[ip] <= 0:
            del self._by_ip[ip]
        if visitor in self._by_visitor:
            self._by_visitor[visitor] = [each for each in self._by_visitor[visitor] if each is not connection]
            if not self._by_visitor[visitor]:
                del self._by_visitor[visitor]

    def recognise(self, visitor: str, connection: Connection) -> None:
        """A connection is this visitor's; beyond VISITOR_SOCKETS the oldest is replaced."""
        held = self._by_visitor[visitor]
        held.append(connection)
        if len(held) > VISITOR_SOCKETS:
            held.pop(0).close(4409, "replaced")

    def everyone(self) -> list[Connection]:
        """All open connections."""
        return list(self._all)

    async def empty(self) -> None:
        """Wait until nobody is here."""
        while self._all:
            self._is_empty.clear()
            await self._is_empty.wait()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the doors wait, in seconds: for `hello`, for any frame, for a browser to take one, between comments."""

    hello_s: float = 5.0
    idle_s: float = 60.0
    send_s: float = 10.0
    comment_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Doors:
    """The shared parts of the widget's doors."""

    services: Services
    tickets: Tickets
    live: Live
    sessions: Buckets
    messages: Buckets
    uploads: Buckets
    searches: Buckets
    forms: Buckets
    assets: Assets
    patience: Patience = Patience()

    @classmethod
    async def open(cls, services: Services, patience: Patience) -> "Doors":
        """The doors of a process."""
        limits = services.settings.limits
        assets = await asyncio.to_thread(Assets.load)
        return cls(
            services,
            Tickets(services.settings, services.clock),
            Live(limits.sockets_per_ip),
            Buckets(limits.sessions_per_ip / 60, limits.sessions_per_ip),
            Buckets(limits.messages_per_s, 20),
            Buckets(_UPLOADS_PER_S, _UPLOAD_BURST),
            Buckets(_SEARCHES_PER_S, _SEARCH_BURST),
            Buckets(_FORMS_PER_S, _FORM_BURST),
            assets,
            patience,
        )


def doors_of(scope: Scope) -> Doors:
    """The doors of the process that serves this request."""
    return cast(Doors, scope["app"].state.doors)
