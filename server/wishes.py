"""What people ask of the line itself: silence (STOP), its end (START). The message stands in the thread, nobody answers it.

After STOP there is at most one confirmation, in the customer's language, and only where no provider has given one; then nothing
is sent to that address, questions are not answered either, until START. Source: CTIA messaging principles; WhatsApp's policy on
opt-out.
"""

from typing import Final

from channels.message import Inbound
from memory import customers
from memory.customers import Identity
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread, append_to
from memory.times import from_ms
from server.answering.words.voice import Voice
from server.dispatch import put_if_sent
from server.inbox import Accepted
from server.services import Services

_SPOKEN: Final = ("en", "es", "fr", "de", "pt")


async def heed(tx: Tx, services: Services, inbound: Inbound, accepted: Accepted) -> None:
    """Keep a wish for silence, or for its end, in the unit that stores the message."""
    wish, identity = inbound.wish, accepted.identity
    if wish is None or wish.word == "help":
        return
    is_stop = wish.word == "stop"
    if is_stop == bool(identity.stopped_at):  # it is as they wish already: one confirmation was enough
        return
    if not is_stop and inbound.at < from_ms(identity.stopped_at):  # an older word, come late
        return
    await customers.stop(tx, identity.id, inbound.at if is_stop else None)
    if not wish.is_answered:
        await _confirm(tx, services, accepted.thread, identity, inbound, "stopped" if is_stop else "started")


async def _confirm(tx: Tx, services: Services, thread: Thread, identity: Identity, inbound: Inbound, what: str) -> None:
    now, wish = services.clock.now(), inbound.wish
    asked = wish.language if wish else ""
    voice = Voice(asked if asked in _SPOKEN else thread.state.language, now)
    body = {
        "text": voice.text(f"optout.{what}", shop=services.settings.shop.name),
        "lang": voice.language,
        "despite_stop": True,
    }
    said = NewEvent(
        "message", body, "all", "assistant", author_name=services.settings.shop.assistant, channel=inbound.channel,
        identity_id=identity.id,
    )  # fmt: skip
    thread, stored = await append_to(tx, thread, [said], now)
    await put_if_sent(tx, services, thread, stored[-1])
