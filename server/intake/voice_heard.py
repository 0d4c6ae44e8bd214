"""How much of what we said on a call was heard, kept in the log and honoured afterwards.

The log is never rewritten: a `delivery` event with the status `heard` names the message and the part that was heard. A promise or a
question that nobody heard to its end counts for nothing: what was told is told again, and no yes is taken for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from memory import dialogues, threads
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server.inbox import wake
from server.intake.voice_talk import Heard
from server.services import Services

ENOUGH: Final = 0.9
"""Who heard so much of a question may answer it."""


async def keep(services: Services, thread_id: int, identity_id: int, cut: Sequence[Heard]) -> None:
    """Write down what was heard of messages that were cut off, and let what was not heard be open again."""

    async def unit(tx: Tx) -> Thread:
        new = [_event(each, identity_id) for each in cut]
        thread, _ = await threads.append(tx, thread_id, new, services.clock.now())
        if any(each.share < ENOUGH for each in cut):
            await _forget_told(tx, thread_id)
        return thread

    wake(services, await services.database.write(unit))


async def _forget_told(tx: Tx, thread_id: int) -> None:
    seq, saved = await dialogues.saved(tx, thread_id)
    if saved:
        await dialogues.save(tx, thread_id, seq, unheard(saved))


def unheard(saved: Mapping[str, Any]) -> dict[str, Any]:
    """What the assistant remembers once its last words were not heard: nothing was told, and no consent was asked for."""
    kept = {name: value for name, value in saved.items() if name != "told"}
    if kept.get("proposal") is not None:
        kept = {
            name: value for name, value in kept.items() if name not in ("proposal", "asked", "asked_times", "options")
        }
    return kept


def _event(heard: Heard, identity_id: int) -> NewEvent:
    body: dict[str, Any] = {"of": heard.seq, "status": "heard", "heard": heard.text}
    if not heard.is_sure:
        body["heard_uncertain"] = True
    return NewEvent("delivery", body, channel="voice", identity_id=identity_id)
