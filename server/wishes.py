"""What people ask of the line itself: silence (STOP), its end (START). The message stands in the thread, nobody answers it.

After STOP there is at most one confirmation, in the customer's language, and only where no provider has given one; then nothing
is sent to that address, questions are not answered either, until START. Source: CTIA messaging principles; WhatsApp's policy on
opt-out.
"""

from typing import Final

from channels.message import Inbound, Wish
from memory import customers
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread, append_to, events
from memory.times import from_ms
from server.answering.words.voice import Voice
from server.dispatch import put_if_sent
from server.inbox import Accepted
from server.services import Services

_LOOKS_BACK: Final = 50
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
        await _confirm(tx, services, accepted, wish, "stopped" if is_stop else "started")


async def _confirm(tx: Tx, services: Services, accepted: Accepted, wish: Wish, what: str) -> None:
    now, thread, asked = services.clock.now(), accepted.thread, accepted.event
    voice = Voice(await _language(tx, thread, wish), now)
    body = {
        "text": voice.text(f"optout.{what}", shop=services.settings.shop.name),
        "lang": voice.language,
        "answers": asked.seq,
        "despite_stop": True,
    }
    said = NewEvent(
        "message", body, "all", "assistant", author_name=services.settings.shop.assistant, channel=asked.channel,
        identity_id=accepted.identity.id,
    )  # fmt: skip
    thread, stored = await append_to(tx, thread, [said], now)
    await put_if_sent(tx, services, thread, stored[-1])


async def _language(tx: Tx, thread: Thread, wish: Wish) -> str:
    """That of the word, else of the confirmation before (START is nobody's language), else of the conversation."""
    if wish.language in _SPOKEN:
        return wish.language
    for event in reversed(await events(tx, thread.id, max(0, thread.state.last_seq - _LOOKS_BACK), _LOOKS_BACK)):
        if event.body.get("despite_stop"):
            return str(event.body.get("lang", ""))
    return thread.state.language
