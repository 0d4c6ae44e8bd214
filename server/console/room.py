"""What the consoles of one process share: open sockets, who looks at which thread, limits of the sign-in.

One is made for each running application, when it is first asked for. It holds nothing that a restart may not lose.
"""

import asyncio
from collections import OrderedDict, defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol, cast

from starlette.types import Scope

from memory import agents
from memory.errors import StorageError
from server.console.attempts import Attempts
from server.console.sessions import Session
from server.intake.limits import Buckets
from server.services import Services

SOCKETS_PER_AGENT: Final = 5
_HASHES_AT_ONCE: Final = 4
_WINDOW: Final = timedelta(minutes=5)
_WRONG_PER_ADDRESS: Final = 10
_WRONG_PER_IP: Final = 40
_TOUCH_EVERY: Final = timedelta(minutes=1)
_REPORTS_PER_S: Final = 10 / 60
_KEPT: Final = 10_000


class Seat(Protocol):
    """An open console."""

    @property
    def session(self) -> Session:
        """Whose it is."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """End it; safe to call again."""
        ...


class Room:
    """The shared state of a process's consoles."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.by_address = Attempts(_WRONG_PER_ADDRESS, _WINDOW)
        self.by_ip = Attempts(_WRONG_PER_IP, _WINDOW)
        self.hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self.reports = Buckets(_REPORTS_PER_S, 10)
        self._seats: dict[int, list[Seat]] = defaultdict(list)
        self._looking: dict[Seat, str] = {}
        self._touched: OrderedDict[str, datetime] = OrderedDict()

    # Seats

    def sit(self, seat: Seat) -> None:
        """A console opened; beyond SOCKETS_PER_AGENT the agent's oldest is replaced."""
        held = self._seats[seat.session.agent.id]
        held.append(seat)
        if len(held) > SOCKETS_PER_AGENT:
            held.pop(0).close(4409, "replaced")

    def rise(self, seat: Seat) -> bool:
        """A console closed; whether it was its agent's last one here."""
        agent_id = seat.session.agent.id
        left = [each for each in self._seats.get(agent_id, ()) if each is not seat]
        self._looking.pop(seat, None)
        if left:
            self._seats[agent_id] = left
        else:
            self._seats.pop(agent_id, None)
        return not left

    def sign_out(self, session_key: str) -> None:
        """Close every console of a session that ended."""
        for seats in list(self._seats.values()):
            for seat in list(seats):
                if seat.session.key == session_key:
                    seat.close(4401, "signed out")

    def look(self, seat: Seat, conv: str) -> None:
        """A console shows this thread now; empty for none."""
        if self._looking.get(seat, "") == conv:
            return
        if conv:
            self._looking[seat] = conv
        else:
            self._looking.pop(seat, None)
        self.services.bus.publish("presence")

    def looking(self) -> dict[int, str]:
        """Which thread each agent of this process looks at."""
        return {seat.session.agent.id: conv for seat, conv in self._looking.items()}

    # Sessions

    async def touch(self, session: Session) -> None:
        """The session was used by a person: it stays open. Written once a minute at most."""
        now = self.services.clock.now()
        if now - self._touched.get(session.key, now - _TOUCH_EVERY) < _TOUCH_EVERY:
            return
        self._touched[session.key] = now
        self._touched.move_to_end(session.key)
        if len(self._touched) > _KEPT:
            self._touched.popitem(last=False)
        with suppress(StorageError):
            await self.services.database.write(lambda tx: agents.touch_session(tx, session.secret, now))


def room_of(scope: Scope) -> Room:
    """The room of the application that serves this request."""
    state = scope["app"].state
    room = getattr(state, "console", None)
    if room is None or room.services is not state.services:
        room = state.console = Room(state.services)
    return cast(Room, room)
