"""How much of what we said on a call was heard: later answers build on that, not on what was only written.

The log is never rewritten: a `delivery` event with the status `heard` names a message and the part of it that was heard, and whoever
reads the history reads the message so.
"""

from collections.abc import Sequence
from dataclasses import replace

from memory.projection import Event


def as_heard(history: Sequence[Event]) -> list[Event]:
    """Events in which a message that was cut off holds what was heard of it."""
    heard = {
        int(event.body["of"]): str(event.body.get("heard", ""))
        for event in history
        if event.type == "delivery" and event.body.get("status") == "heard"
    }
    return [_cut(event, heard) for event in history] if heard else list(history)


def _cut(event: Event, heard: dict[int, str]) -> Event:
    """A message as it was heard; its own answers and its place stay, for it was answered."""
    part = heard.get(event.seq) if event.type == "message" else None
    if part is None:
        return event
    body = {name: value for name, value in event.body.items() if name not in ("evidence", "choices", "card")}
    return replace(event, body={**body, "text": f"{part} …" if part else "…", "cut": True})
