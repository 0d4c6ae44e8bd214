"""Where somebody's words end up: the one thread of all their addresses, for the link to the console."""

from typing import Any, Final

from memory import customers, threads
from memory.engines.base import Tx
from server.demo.devices.cast import Part
from server.services import Services

_KINDS: Final = ("whatsapp", "sms", "caller", "phone", "email", "from")
_SHOWN: Final = 4


async def threads_of(services: Services, part: Part) -> list[dict[str, Any]]:
    """The threads in which somebody's devices take part, the newest first, closed ones only where no other is there.

    Each: `conv`, `number`, `title`, `status`, `owner`, and its `channels`, the latest first."""
    return await services.database.read(lambda tx: _threads_of(tx, part))


async def _threads_of(tx: Tx, part: Part) -> list[dict[str, Any]]:
    found = {}
    for kind in _KINDS:
        identity = await customers.proven(tx, kind, part.email if kind in ("email", "from") else part.phone)
        for thread in await threads.of_identity(tx, identity.id, _SHOWN) if identity else ():
            found[thread.id] = thread
    going_on = [thread for thread in found.values() if thread.state.status != "closed"] or list(found.values())
    newest = sorted(going_on, key=lambda thread: thread.state.last_at, reverse=True)[:_SHOWN]
    return [
        {
            "conv": thread.public_id,
            "number": thread.number,
            "title": thread.state.title,
            "status": thread.state.status,
            "owner": thread.state.owner_name or thread.state.owner_kind,
            "channels": [
                name
                for name in dict.fromkeys(
                    event.channel for event in await threads.of_types(tx, thread.id, ("message",), 200)
                )
                if name
            ],
        }
        for thread in newest
    ]
