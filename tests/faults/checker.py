"""What must hold after any number of crashes: pure functions over what browsers were told and what is on disk."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from memory.projection import Event, ThreadState, rebuilt


@dataclass(frozen=True, slots=True)
class Told:
    """What the browsers were told: (conv, seq) of each acknowledged `cid`, and the text of each frame that was shown."""

    acks: Mapping[str, tuple[str, int]]
    shown: Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Found:
    """What is on disk: events and state of each thread by its public id, and the orders with what was done to them."""

    threads: Mapping[str, Sequence[Event]]
    states: Mapping[str, ThreadState]
    orders: Sequence[Mapping[str, Any]] = field(default=())
    turns_left: int = 0


def violations(told: Told, found: Found) -> list[str]:
    """Everything that is wrong, one sentence each; empty when all promises were kept."""
    rules = (_kept, _once, _numbered, _shown_is_stored, _folded, _answered, _acted_once)
    return [sentence for rule in rules for sentence in rule(told, found)]


def _kept(told: Told, found: Found) -> Iterator[str]:
    for cid, (conv, seq) in told.acks.items():
        stored = next((event for event in found.threads.get(conv, ()) if event.seq == seq), None)
        if stored is None or stored.cid != cid:
            yield f"{cid} was acknowledged as {conv}/{seq} and is not there"


def _once(_told: Told, found: Found) -> Iterator[str]:
    counted = Counter(event.cid for events in found.threads.values() for event in events if event.cid)
    yield from (f"{cid} is stored {times} times" for cid, times in counted.items() if times > 1)


def _numbered(_told: Told, found: Found) -> Iterator[str]:
    for conv, events in found.threads.items():
        if [event.seq for event in events] != list(range(1, len(events) + 1)):
            yield f"{conv} has holes or repeats in its numbers"


def _shown_is_stored(told: Told, found: Found) -> Iterator[str]:
    for (conv, seq), text in told.shown.items():
        stored = next((event for event in found.threads.get(conv, ()) if event.seq == seq), None)
        if stored is None or stored.body.get("text") != text:
            yield f"{conv}/{seq} was shown to a browser and is not stored so"


def _folded(_told: Told, found: Found) -> Iterator[str]:
    for conv, events in found.threads.items():
        if rebuilt(events) != found.states[conv]:
            yield f"{conv}: the stored state is not what its events say"


def _answered(_told: Told, found: Found) -> Iterator[str]:
    if found.turns_left:
        yield f"{found.turns_left} turns were never finished"
    for conv, events in found.threads.items():
        replies = [int(event.body["answers"]) for event in events if _is_reply(event)]
        if any(times > 1 for times in Counter(replies).values()) or replies != sorted(replies):
            yield f"{conv}: something was answered twice ({replies})"
        last = max((event.seq for event in events if _is_question(event)), default=0)
        if last > max(replies, default=0) and not _has_person(events, last):
            yield f"{conv}: message {last} was never answered"


def _is_reply(event: Event) -> bool:
    return event.type == "message" and event.author_type == "assistant" and "answers" in event.body


def _is_question(event: Event) -> bool:
    return event.type == "message" and event.author_type == "customer"


def _has_person(events: Sequence[Event], seq: int) -> bool:
    """Whether a person had, or was asked to take, the thread when this was said."""
    return any(event.type == "handoff" and event.seq < seq for event in events)


def _acted_once(_told: Told, found: Found) -> Iterator[str]:
    for conv, events in found.threads.items():
        keys = Counter(str(event.body.get("key", "")) for event in events if event.type == "executed")
        yield from (f"{conv}: {key} was executed {times} times" for key, times in keys.items() if key and times > 1)
    for order in found.orders:
        ordered = sum(line["quantity"] for line in order["lines"])
        back = sum(line["quantity"] for each in order.get("returns", ()) for line in each["lines"])
        if back > ordered or len(order.get("returns", ())) > 1:
            yield f"{order['number']}: {len(order['returns'])} returns of {back} pieces, {ordered} were ordered"
