"""Reads what Slack says: payloads as they come, into the few things that matter here. Pure; what is no concern of ours is None.

Source: Slack, "Events API", "message event", "block_actions payload", "view_submission payload".
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from server.desk.slack.lines import HERE

Payload: TypeAlias = Mapping[str, Any]
NOTED: Final = f"{HERE}n-"
_RELAYED: Final = frozenset({"", "file_share", "thread_broadcast"})


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody wrote into a thread. `what`: new, changed or deleted; `ts` is the message's own, `at` when it happened.

    `is_foreign` = the author is of another workspace."""

    what: str
    team: str
    channel: str
    user: str
    ts: str
    thread_ts: str
    at: str
    text: str = ""
    before: str = ""
    blocks: Any = None
    files: tuple[Mapping[str, Any], ...] = ()
    is_foreign: bool = False

    @property
    def key(self) -> str:
        """How what is made of it is called: by place and time, whichever event tells of it."""
        return key_of(self.channel, self.ts)


@dataclass(frozen=True, slots=True)
class Clicked:
    """Somebody pressed a button. `ts` = the message that it stands in, `at` = when, by Slack's clock."""

    team: str
    channel: str
    user: str
    action: str
    value: str
    ts: str
    at: str
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """Somebody sent a dialog off."""

    team: str
    user: str
    view: str
    callback: str
    meta: str
    text: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A member of the workspace changed: their address, their role, whether they are one at all."""

    team: str
    user: str


Happening: TypeAlias = Said | Clicked | Submitted | Changed


def key_of(channel: str, ts: str, more: str = "") -> str:
    """A key that tells nobody where it comes from: it travels to the customer's browser."""
    return HERE + hashlib.blake2b(f"{channel}|{ts}|{more}".encode(), digest_size=15).hexdigest()


def call_key(payload: Payload) -> str:
    """The same call has the same key: an event's id, or who pressed what where and when."""
    if payload.get("event_id"):
        return str(payload["event_id"])
    action = _first(payload.get("actions"))
    view = _at(payload, "view")
    if not action and not view:
        return hashlib.blake2b(json.dumps(payload, sort_keys=True).encode(), digest_size=20).hexdigest()
    parts = (
        payload.get("type"), _at(payload, "user").get("id"), _at(payload, "channel").get("id"),
        _at(payload, "container").get("message_ts"), _at(payload, "message").get("ts"), action.get("action_id"),
        action.get("value"), action.get("action_ts"), payload.get("trigger_id"), view.get("id"),
        view.get("hash"), json.dumps(view.get("state"), sort_keys=True),
    )  # fmt: skip
    return hashlib.blake2b("|".join(str(part or "") for part in parts).encode(), digest_size=20).hexdigest()


def happening(payload: Payload) -> Happening | None:
    """What a payload tells; None = nothing that we act upon."""
    kind = payload.get("type")
    if kind == "event_callback":
        return _event(payload, str(payload.get("team_id") or ""))
    team = str(_at(payload, "team").get("id") or _at(payload, "user").get("team_id") or "")
    if kind == "block_actions":
        return _click(payload, team)
    if kind == "view_submission":
        return _submission(payload, team)
    return None


def _event(payload: Payload, team: str) -> Said | Changed | None:
    event = _at(payload, "event")
    kind = event.get("type")
    if kind == "user_change":
        return Changed(team, str(_at(event, "user").get("id") or ""))
    return _said(event, team) if kind in ("message", "app_mention") else None


def _said(event: Payload, team: str) -> Said | None:
    channel, subtype = str(event.get("channel") or ""), str(event.get("subtype") or "")
    at = str(event.get("event_ts") or event.get("ts") or "")
    if subtype == "message_changed":
        new, old = _at(event, "message"), _at(event, "previous_message")
        if new.get("bot_id") or new.get("text") == old.get("text"):
            return None
        said = _of(new, team, channel, at, "changed")
        return said and _with_before(said, str(old.get("text") or ""))
    if subtype == "message_deleted":
        return _of(_at(event, "previous_message"), team, channel, at, "deleted")
    return _of(event, team, channel, at, "new") if subtype in _RELAYED else None


def _with_before(said: Said, before: str) -> Said:
    return Said(
        said.what, said.team, said.channel, said.user, said.ts, said.thread_ts, said.at, said.text, before, said.blocks,
        said.files, said.is_foreign,
    )  # fmt: skip


def _of(message: Payload, team: str, channel: str, at: str, what: str) -> Said | None:
    """A message of a person within a thread; bots', our own, and what stands in no thread are no concern of ours."""
    user, ts, thread_ts = (str(message.get(name) or "") for name in ("user", "ts", "thread_ts"))
    if message.get("bot_id") or not user or not ts or not thread_ts or thread_ts == ts:
        return None
    files = tuple(each for each in message.get("files") or () if isinstance(each, Mapping))
    homes = (str(message.get(name) or team) for name in ("user_team", "source_team", "team"))
    text = str(message.get("text") or "")
    is_foreign = any(home != team for home in homes)
    return Said(what, team, channel, user, ts, thread_ts, at, text, "", message.get("blocks"), files, is_foreign)


def _click(payload: Payload, team: str) -> Clicked | None:
    action, container = _first(payload.get("actions")), _at(payload, "container")
    channel = str(_at(payload, "channel").get("id") or container.get("channel_id") or "")
    ts = str(_at(payload, "message").get("ts") or container.get("message_ts") or "")
    user = str(_at(payload, "user").get("id") or "")
    name = str(action.get("action_id") or "")
    if not user or not name:
        return None
    at, trigger = str(action.get("action_ts") or ""), str(payload.get("trigger_id") or "")
    return Clicked(team, channel, user, name, str(action.get("value") or ""), ts, at, trigger)


def _submission(payload: Payload, team: str) -> Submitted | None:
    view, user = _at(payload, "view"), str(_at(payload, "user").get("id") or "")
    values = _at(_at(view, "state"), "values")
    typed = [str(_at(block, "text").get("value") or "") for block in values.values() if isinstance(block, Mapping)]
    meta, callback = str(view.get("private_metadata") or ""), str(view.get("callback_id") or "")
    view_id = str(view.get("id") or "")
    return Submitted(team, user, view_id, callback, meta, "".join(typed)) if user and view_id else None


def _at(value: Payload, name: str) -> Payload:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _first(value: Any) -> Payload:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], Mapping) else {}
