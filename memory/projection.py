"""What a thread looks like after its events: one pure fold.

`append` stores the folded state beside the events and a rebuild folds them again; both use `after`, so the two are equal by
construction, and a test holds them against each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Audience = Literal["all", "desk"]
MOVING = frozenset({"message", "assigned", "handoff", "status", "resolved", "reopened"})
_PREVIEW_CHARS = 140
_Changes = dict[str, Any]
"""What an event changes of a state, by name."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a thread. `at` in milliseconds; `audience` `desk` is never sent to a customer."""

    seq: int
    at: int
    type: str
    audience: Audience
    author_type: str
    author_id: int
    author_name: str
    channel: str
    identity_id: int
    cid: str | None
    external_id: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ThreadState:
    """Everything about a thread that follows from its events. Times in milliseconds, 0 = never."""

    title: str = ""
    status: str = "new"
    priority: str = "medium"
    priority_reason: str = ""
    category: str = ""
    language: str = "en"
    channel: str = ""
    order_id: str = ""
    owner_kind: str = "assistant"
    owner_id: int = 0
    owner_name: str = ""
    handoff_reason: str = ""
    mood: int = 0
    preview: str = ""
    last_seq: int = 0
    moved_seq: int = 0
    last_customer_seq: int = 0
    last_reply_seq: int = 0
    last_at: int = 0
    waiting_since: int = 0
    resolved_at: int = 0


def after(state: ThreadState, event: Event) -> ThreadState:
    """The state once `event` has happened."""
    fold = _FOLDS.get(event.type)
    changes = fold(state, event) if fold else {}
    if event.type in MOVING:
        changes["moved_seq"] = event.seq
    return replace(state, last_seq=event.seq, **changes)


def rebuilt(events: Iterable[Event]) -> ThreadState:
    """The state of a whole history."""
    state = ThreadState()
    for event in events:
        state = after(state, event)
    return state


def _message(state: ThreadState, event: Event) -> _Changes:
    text = str(event.body.get("text", "")).replace("\x00", "")
    if not text and event.body.get("attachments"):
        text = "📎 " + ", ".join(str(item.get("name", "")) for item in event.body["attachments"])
    changes: _Changes = {"preview": text[:_PREVIEW_CHARS], "last_at": event.at}
    if event.body.get("wish"):  # STOP and the like: nobody waits for an answer, and nothing is opened again
        changes["title"] = state.title or text[:60]
    elif event.author_type == "customer":
        changes |= _customer_message(state, event, text)
    elif event.author_type in ("assistant", "agent") and not event.body.get("holding"):
        status = "pending" if state.status in ("new", "open") else state.status
        changes |= {"last_reply_seq": event.seq, "waiting_since": 0, "status": status}
    return changes


def _customer_message(state: ThreadState, event: Event, text: str) -> _Changes:
    return {
        "title": state.title or text[:60],
        "status": "new" if state.status == "new" else "open",
        "resolved_at": 0,
        "channel": event.channel or state.channel,
        "last_customer_seq": event.seq,
        "waiting_since": state.waiting_since or (0 if event.body.get("taken_back") else event.at),
    }


def _owner(event: Event) -> _Changes:
    body = event.body
    return {
        "owner_id": int(body.get("owner_id", 0)),
        "owner_name": str(body.get("owner_name", "")),
        "last_at": event.at,
    }


def _assigned(state: ThreadState, event: Event) -> _Changes:
    kind = event.body["owner_kind"]
    reason = "" if kind == "assistant" else state.handoff_reason
    return _owner(event) | {"owner_kind": kind, "handoff_reason": reason}


def _handoff(state: ThreadState, event: Event) -> _Changes:
    return _owner(event) | {
        "owner_kind": "queue",
        "handoff_reason": str(event.body["reason"]),
        "status": "open",
        "waiting_since": state.waiting_since or event.at,
    }


def _status(_state: ThreadState, event: Event) -> _Changes:
    return {"status": str(event.body["status"]), "last_at": event.at}


def _resolved(_state: ThreadState, event: Event) -> _Changes:
    return {"status": "resolved", "resolved_at": event.at, "waiting_since": 0, "last_at": event.at}


def _reopened(_state: ThreadState, event: Event) -> _Changes:
    return {"status": "open", "resolved_at": 0, "last_at": event.at}


def _classified(state: ThreadState, event: Event) -> _Changes:
    body = event.body
    return {
        "category": str(body.get("category") or body.get("intent", state.category)),
        "language": str(body.get("language", state.language)),
        "priority": str(body.get("priority", state.priority)),
        "priority_reason": str(body.get("priority_reason", state.priority_reason)),
        "mood": int(body.get("frustration", state.mood)),
    }


def _linked(state: ThreadState, event: Event) -> _Changes:
    changes: _Changes = {"order_id": str(event.body.get("order_id", state.order_id))}
    title = str(event.body.get("title") or "").replace("\x00", "")
    return changes | {"title": title} if title else changes


_FOLDS = {
    "message": _message,
    "assigned": _assigned,
    "handoff": _handoff,
    "status": _status,
    "resolved": _resolved,
    "reopened": _reopened,
    "classified": _classified,
    "corrected": _classified,
    "linked": _linked,
}
