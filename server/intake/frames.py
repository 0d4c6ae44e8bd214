"""The frames of docs/socket.md: reading a browser's, and turning stored events into what a browser may see. Pure.

Every key that leaves is named here, one by one: evidence, drafts, labels and addresses stand in the same events and must
never get out. Who may see an event was decided in the statement that read it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec

from memory.projection import Event, ThreadState, after
from memory.times import from_ms
from server.intake.framing import Frame, Reading

STATE_TYPES: Final = frozenset({"assigned", "status", "resolved", "reopened", "handoff"})
SHOWN_TYPES: Final = STATE_TYPES | {"message", "order_update"}

# What a browser says


class Hello(msgspec.Struct, tag_field="t", tag="hello"):
    """The first frame."""

    v: int = 0
    token: str = ""
    conv: str = ""
    last_seq: int = 0
    seen: dict[str, int] = {}
    tab: str = ""


class SendFrame(msgspec.Struct, tag_field="t", tag="send"):
    """Something said. `conv` is named where no socket says it."""

    cid: str
    text: str = ""
    attachments: list[str] = []
    reply_to: int | None = None
    choice: str | None = None
    conv: str = ""


class TypingFrame(msgspec.Struct, tag_field="t", tag="typing"):
    """Somebody is writing, or stopped."""

    on: bool = True


class ReadFrame(msgspec.Struct, tag_field="t", tag="read"):
    """The panel was visible and focused up to `seq`."""

    seq: int
    conv: str = ""


class PingFrame(msgspec.Struct, tag_field="t", tag="ping"):
    """Still there?"""

    n: int = 0


class ResumeFrame(msgspec.Struct, tag_field="t", tag="resume"):
    """Something is missing after `last_seq`."""

    conv: str
    last_seq: int = 0


class HumanFrame(msgspec.Struct, tag_field="t", tag="human"):
    """ "Talk to a person" was pressed."""

    cid: str = ""


ClientFrame: TypeAlias = Hello | SendFrame | TypingFrame | ReadFrame | PingFrame | ResumeFrame | HumanFrame
read: Final = Reading[ClientFrame](ClientFrame).read


# What a browser sees


@dataclass(frozen=True, slots=True)
class Scene:
    """What frames of a thread need besides its events. `sign` gives the path that opens a stored file."""

    conv: str
    assistant: str
    agents: Mapping[str, Any]
    sign: Callable[[str], str]


def is_shown(event: Event) -> bool:
    """Whether an event that may be seen has a frame of its own."""
    return event.type in SHOWN_TYPES and (event.type != "order_update" or isinstance(event.body.get("card"), Mapping))


def of_event(event: Event, prev: int, scene: Scene, state: ThreadState | None = None) -> Frame:
    """The frame of an event; `state` is the thread right after it, where the event is one of STATE_TYPES."""
    place = {"conv": scene.conv, "seq": event.seq, "prev": prev}
    at = iso(from_ms(event.at))
    if event.type == "message":
        return {"t": "msg", **place, **_message(event, scene), "ts": at}
    if event.type == "order_update":
        return {"t": "order", **place, "card": card(event.body["card"]), "ts": at}
    if state is None:
        raise ValueError("a change of state needs the state that follows")
    return {"t": "state", **place, **standing(state, scene), "ts": at}


def standing(state: ThreadState, scene: Scene) -> Frame:
    """Status and owner as a browser sees them."""
    names = {"assistant": scene.assistant, "agent": _plain_name(state.owner_name)}
    owner = {"type": state.owner_kind, "name": names.get(state.owner_kind, "")}
    return {"status": state.status, "owner": owner, "agents": dict(scene.agents)}


def states_after(history: Iterable[Event], wanted: Iterable[int]) -> dict[int, ThreadState]:
    """The folded state right after each wanted number."""
    numbers, found, state = frozenset(wanted), {}, ThreadState()
    for event in history:
        state = after(state, event)
        if event.seq in numbers:
            found[event.seq] = state
    return found


def message_id(conv: str, seq: int) -> str:
    """The id of a message: its place never changes."""
    return f"{conv}.{seq}"


def iso(at: datetime) -> str:
    """A time as it travels."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(event: Event, scene: Scene) -> Frame:
    body = event.body
    name = scene.assistant if event.author_type == "assistant" else _plain_name(event.author_name)
    frame: Frame = {
        "id": message_id(scene.conv, event.seq),
        "author": {"type": event.author_type, "name": name},
        "text": str(body.get("text", "")),
    }
    if event.cid:
        frame["cid"] = event.cid
    if isinstance(body.get("lang"), str):
        frame["lang"] = body["lang"]
    if isinstance(body.get("card"), Mapping):
        frame["card"] = card(body["card"])
    if body.get("choices"):
        frame["choices"] = [_picked(choice, ("label", "value")) for choice in body["choices"]]
    if body.get("attachments"):
        frame["attachments"] = [_attachment(item, scene) for item in body["attachments"]]
    return frame


def _attachment(item: Mapping[str, Any], scene: Scene) -> Frame:
    return {**_picked(item, ("id", "name", "type", "size")), "url": scene.sign(str(item.get("id", "")))}


def _plain_name(name: str) -> str:
    """A name that is no address."""
    return "" if "@" in name else name


_CARD_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "order": (
        "kind", "order", "headline", "tone", "eta", "eta_was", "carrier", "tracking_number", "tracking_url", "last_scan",
        "as_of",
    ),
    "return": ("kind", "order", "rma", "headline", "tone", "refund", "label_url", "due_by", "as_of"),
}  # fmt: skip
_CARD_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "steps": ("key", "label", "at", "state"),
    "lines": ("title", "quantity"),
    "parcels": ("headline", "tone"),
}


def card(stored: Mapping[str, Any]) -> Frame:
    """A card with the keys that a browser knows, and no other."""
    shown = _picked(stored, _CARD_KEYS.get(str(stored.get("kind")), _CARD_KEYS["order"]))
    for name, keys in _CARD_LISTS.items():
        if isinstance(stored.get(name), list):
            shown[name] = [_picked(item, keys) for item in stored[name] if isinstance(item, Mapping)]
    return shown


def _picked(source: Mapping[str, Any], keys: Iterable[str]) -> Frame:
    return {key: source[key] for key in keys if key in source}
