"""Messages from our own side that a provider shows us: ours are recognised, a person's in the provider's own app are taken over.

An echo is looked for among everything that was ever sent on its channel, whatever the thread. One that may belong to a send which
has not returned waits for it. What a person typed elsewhere is an agent's message, never sent again, and the assistant is silent.
"""

from datetime import timedelta
from typing import Final

from channels.message import Echo
from memory import customers, outbox, threads
from memory.engines.base import Tx
from memory.ids import new_public_id
from memory.threads import NewEvent, Thread
from server.errors import CannotYet
from server.inbox import wake
from server.services import Services

NATIVE: Final = "agent (native app)"
_SETTLES: Final = timedelta(seconds=90)


async def take_echo(services: Services, echo: Echo) -> None:
    """Put an echo in its place. Raises CannotYet while a send to this address has not returned."""
    now = services.clock.now()

    async def unit(tx: Tx) -> Thread | None:
        if await outbox.by_provider_id(tx, echo.channel, echo.provider_id):
            return None
        if await threads.by_external_id(tx, echo.channel, echo.provider_id):
            return None
        to = echo.to
        identity = await customers.resolve(tx, to.kind, to.key, to.proof, now, display=to.display)
        if await outbox.unsure(tx, echo.channel, identity.id) and now - echo.at < _SETTLES:
            raise CannotYet("a message to this address is on its way")
        own = await threads.of_identity(tx, identity.id, 1)
        thread = own[0] if own and own[0].state.status != "closed" else None
        if thread is None:
            thread = await threads.create(tx, new_public_id("c"), identity.customer_id, now)
            await threads.join(tx, thread.id, identity.id, now)
        thread = await threads.by_id(tx, thread.id, lock=True) or thread
        said = NewEvent(
            "message", {"text": echo.text}, "all", "agent", author_name=NATIVE, channel=echo.channel,
            identity_id=identity.id, external_id=echo.provider_id,
        )  # fmt: skip
        takes = {"owner_kind": "agent", "owner_id": 0, "owner_name": NATIVE}
        first = [] if thread.state.owner_kind == "agent" else [NewEvent("assigned", takes, "all", "agent")]
        return (await threads.append_to(tx, thread, [*first, said], now))[0]

    thread = await services.database.write(unit)
    if thread is not None:
        wake(services, thread)
