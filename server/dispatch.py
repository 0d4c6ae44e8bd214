"""What is written when something is to be sent: the rows of the outbox, beside the event that says it.

A message leaves by the channel of its event; what fails there goes another way, if one is open, and the thread says so.
"""

from datetime import timedelta
from typing import Final

from channels.channel import Channel
from channels.degrading import in_text, split
from memory import customers, outbox, phone_calls, threads
from memory.engines.base import Tx
from memory.outbox import Sent
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server import routing
from server.services import Services

VOICE: Final = "voice"
POSTED: Final = "inbound:"
"""What the channels of marketplaces and review platforms begin with."""
CALL_OVER: Final = "the call is over: call back, or write elsewhere"
_LONGEST_CALL: Final = timedelta(hours=4)
"""Longer than Twilio lets a call last."""


async def put_if_sent(tx: Tx, services: Services, thread: Thread, event: Event) -> None:
    """Put a message of ours into the outbox, in the unit that commits it, if its channel has a provider.

    What is longer than one message may be goes as several, cut between paragraphs, sentences or words."""
    is_ours = event.type == "message" and event.author_type in ("assistant", "agent")
    line = services.lines.channel(event.channel) if is_ours and event.identity_id else None
    if line is None:
        if is_ours and event.channel == VOICE and event.identity_id and services.settings.has_telephone:
            await _unless_on_the_phone(tx, services, event, thread.id)
        return
    if event.body.get("holding") and await _is_to_a_review(tx, thread, event):
        return
    await _put(tx, services, line, thread, event, f"{thread.public_id}:{event.seq}", event.identity_id)


async def _is_to_a_review(tx: Tx, thread: Thread, event: Event) -> bool:
    """Whether a message would stand in public below a review: that somebody will see to it is no answer there."""
    if not event.channel.startswith(POSTED):
        return False
    asked = await threads.events(tx, thread.id, max(0, int(event.body.get("answers", 1)) - 1), 1)
    return bool(asked) and asked[0].body.get("meta", {}).get("kind") == "review"


async def _unless_on_the_phone(tx: Tx, services: Services, event: Event, thread_id: int) -> None:
    """What is said on a call is spoken there; once the call is over, it goes another way, or the desk sees that nobody heard it."""
    if await phone_calls.live_on(tx, thread_id, services.clock.now() - _LONGEST_CALL) is None:
        await never_spoken(tx, services, thread_id, event.seq, event.identity_id)


async def never_spoken(tx: Tx, services: Services, thread_id: int, seq: int, identity_id: int) -> None:
    """A message for a caller that no call carries any more."""
    thread = await threads.by_id(tx, thread_id, lock=True)
    sent = Sent(0, "", thread_id, seq, VOICE, identity_id, "failed", "")
    if thread is None or await give_way(tx, services, thread, sent, CALL_OVER) is not None:
        return
    body = {"of": seq, "status": "failed", "error": CALL_OVER}
    await threads.append(
        tx, thread_id, [NewEvent("delivery", body, channel=VOICE, identity_id=identity_id)], services.clock.now()
    )


async def _put(
    tx: Tx, services: Services, line: Channel, thread: Thread, event: Event, key: str, identity_id: int
) -> None:
    body, now = event.body, services.clock.now()
    choices = [{"label": str(each["label"]), "value": str(each["value"])} for each in body.get("choices", ())]
    pairs = [(each["label"], each["value"]) for each in choices]
    text, answers = str(body["text"]), int(body.get("answers", 0) or thread.state.last_customer_seq)
    shows = line.capabilities
    if len(choices) > shows.buttons or (choices and 0 < shows.button_chars < len(text)):
        text, choices = in_text(text, pairs), []
    parts = split(text, line.capabilities.max_chars, line.capabilities.max_bytes)
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        parcel = {
            "text": part,
            "choices": choices if is_last else [],
            "language": str(body.get("lang", thread.state.language)),
            "author": event.author_type,
            "name": event.author_name,
            "answers": answers,
            **({"despite_stop": True} if body.get("despite_stop") else {}),
            **({"card": dict(body["card"])} if is_last and line.capabilities.cards and body.get("card") else {}),
        }
        part_key = key if number == 0 else f"{key}:{number + 1}"
        await outbox.put(tx, part_key, thread.id, event.seq, line.name, identity_id, parcel, now, now, number)


async def give_way(tx: Tx, services: Services, thread: Thread, sent: Sent, why: str) -> Thread | None:
    """What failed on its own way goes another, if one is open, and the thread says so; None when there is none.

    What went another way already goes no third one: the desk has it."""
    identity = await customers.identity(tx, sent.identity_id)
    event = (await threads.events(tx, thread.id, sent.seq - 1, 1))[0]
    if identity is None or event.channel != sent.channel:
        return None
    ways = await routing.other_ways(tx, services, identity, sent.channel)
    line = services.lines.channel(ways[0].channel) if ways else None
    if line is None:
        return None
    key = f"{thread.public_id}:{sent.seq}:{line.name}"
    await _put(tx, services, line, thread, event, key, ways[0].identity.id)
    body = {"of": sent.seq, "status": "rerouted", "to": line.name, "why": why}
    rerouted = NewEvent("delivery", body, channel=sent.channel, identity_id=sent.identity_id)
    return (await threads.append_to(tx, thread, [rerouted], services.clock.now()))[0]
