"""Messages from our own side that a provider shows us: ours are recognised, a person's in the provider's own app are taken over.

An echo is looked for among everything that was ever sent on its channel, whatever the thread and whatever its age: by the
provider's id, by our key where the provider gives it back, else among the messages to this address whose answer was lost, by
their words. No clock takes part in it: the provider's may be an hour off. One that is neither, while a send to the address has not
returned, waits for it. The rest was typed by a person in the provider's own app: an agent's message, never sent again, and the
assistant is silent (`server.native` says until when).
"""

import re
from typing import Final

from channels.message import Echo
from memory import outbox, threads, turns
from memory.engines.base import Tx
from memory.ids import new_public_id
from memory.outbox import Sent
from memory.threads import NewEvent, Thread
from server.errors import CannotYet
from server.inbox import wake
from server.services import Services
from server.settling import settle
from server.who import who

NATIVE: Final = "agent (native app)"
"""The name of whoever writes in a provider's own app; as owner of a thread they have no id."""
_OPEN: Final = ("new", "open", "pending", "resolved")
_SPACES: Final = re.compile(r"\s+")


async def take_echo(services: Services, echo: Echo) -> None:
    """Put an echo in its place. Raises CannotYet while a send to this address has not returned."""
    thread = await services.database.write(lambda tx: _take(tx, services, echo))
    if thread is not None:
        wake(services, thread)
        services.bus.publish("outbox")
        services.bus.publish(f"panel:{thread.id}")


async def _take(tx: Tx, services: Services, echo: Echo) -> Thread | None:
    now = services.clock.now()
    if await outbox.by_provider_id(tx, echo.channel, echo.provider_id):
        return None
    if await threads.by_external_id(tx, echo.channel, echo.provider_id):
        return None
    if echo.key and (sent := await outbox.by_key(tx, echo.channel, echo.key)):
        return await settle(tx, sent, echo.provider_id, now)
    identity = await who(tx, echo.to, now)
    tried = await outbox.unnamed(tx, echo.channel, identity.id)
    if sent := _same(tried, echo):
        return await settle(tx, sent, echo.provider_id, now)
    if any(sent.state == "sending" for sent, _ in tried):
        raise CannotYet("a message to this address is on its way")
    return await _typed(tx, services, echo, identity.id, identity.customer_id)


def _same(tried: list[tuple[Sent, str]], echo: Echo) -> Sent | None:
    """The message with these words whose answer was lost; one that surely failed only where its key would not come back."""
    lost = ("sending", "unknown", "asking", *(("failed",) if echo.key is None else ()))
    words = _words(echo.text)
    return next((sent for sent, text in tried if sent.state in lost and _words(text) == words), None)


def _words(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


async def _typed(tx: Tx, services: Services, echo: Echo, identity_id: int, customer_id: int) -> Thread:
    """A person's message in the thread that the customer is in, which is theirs from now on."""
    now = services.clock.now()
    own = await threads.of_identity(tx, identity_id)
    found = next((each for each in own if each.state.status in _OPEN), None)
    if found is None:
        previous = own[0].id if own else None
        found = await threads.create(tx, new_public_id("c"), customer_id, now, previous_id=previous)
        await threads.join(tx, found.id, identity_id, now)
    thread = await threads.by_id(tx, found.id, lock=True) or found
    said = NewEvent(
        "message", {"text": echo.text}, "all", "agent", author_name=NATIVE, channel=echo.channel,
        identity_id=identity_id, external_id=echo.provider_id,
    )  # fmt: skip
    takes = {"owner_kind": "agent", "owner_id": 0, "owner_name": NATIVE}
    first = [] if thread.state.owner_kind == "agent" else [NewEvent("assigned", takes, "all", "agent")]
    await turns.drop(tx, thread.id)
    return (await threads.append_to(tx, thread, [*first, said], now))[0]
