"""What happened in a thread, as lines under its root: whole messages, and one small line for what else an agent should know.

What an agent typed under the root stands there already and is not said again; it gets a mark when it has arrived. Several
events go in one message, as many as Slack takes. Pure but for what it is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from memory.projection import Event
from memory.times import from_ms
from server.desk.slack import blocks
from server.desk.slack.blocks import FALLBACK, MOST_BLOCKS, Block
from server.desk.slack.cases import channel_name
from server.desk.slack.words import cut, escaped

HERE: Final = "slack-m-"
"""How a reply, or a note, is called that was typed under the root itself."""
ARRIVED: Final = "white_check_mark"
LOST: Final = "x"
_MOST_CHARS: Final = 11_000
_DONE: Final = {
    "executed": "Done",
    "failed": "Failed",
    "proposed": "Proposed to the customer",
    "awaiting": "Waits for approval",
}
_ARRIVES: Final = frozenset({"delivered", "read"})


@dataclass(slots=True)
class Batch:
    """One message under a root: everything up to `seq`. `marks` are (number of a message, mark). `is_over` = a newer handoff
    follows, which a root of its own stands for."""

    seq: int
    blocks: list[Block] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    is_over: bool = False

    @property
    def text(self) -> str:
        """The fallback, which notifications show."""
        return cut("\n".join(self.texts), FALLBACK)


@dataclass(frozen=True, slots=True)
class Scene:
    """What lines need beside the events."""

    name: str
    tz: str
    handoff_seq: int
    is_here: Callable[[str], bool]
    """Whether words of this key were typed under the root."""


def batch(events: Sequence[Event], scene: Scene, after: int) -> Batch:
    """As many events as fit one message of Slack, from the first on."""
    made, chars = Batch(after), 0
    for event in events:
        if event.type == "handoff" and event.seq > scene.handoff_seq:
            made.is_over = True
            return made
        shown, text = _line(event, scene)
        chars += sum(len(str(block)) for block in shown)
        if made.blocks and (len(made.blocks) + len(shown) > MOST_BLOCKS or chars > _MOST_CHARS):
            return made
        made.blocks += shown[:MOST_BLOCKS]
        made.texts += [text] if text else []
        made.marks += _marks(event)
        made.seq = event.seq
    return made


def _line(event: Event, scene: Scene) -> tuple[list[Block], str]:
    if event.cid and event.cid.startswith(HERE) and scene.is_here(event.cid):
        return [], ""
    if event.type == "message":
        return _message(event, scene)
    if event.type == "note":
        who = event.author_name or "Onethread"
        text = str(event.body.get("text", ""))
        return blocks.said(who, "note, not for the customer", text), f"Note of {escaped(who)}: {escaped(text)}"
    text = _small(event)
    return ([blocks.small(text)], text) if text else ([], "")


def _message(event: Event, scene: Scene) -> tuple[list[Block], str]:
    body, kind = event.body, event.author_type
    names = {
        "customer": event.author_name or scene.name or "The customer",
        "assistant": event.author_name or "Assistant",
    }
    who = names.get(kind, event.author_name or "An agent")
    role = {"assistant": "assistant, ", "agent": "agent, "}.get(kind, "")
    via = f"{channel_name(event.channel)} · " if event.channel else ""
    text = str(body.get("text", ""))
    files = [str(each.get("name", "")) for each in body.get("attachments", ())]
    shown = blocks.said(who, f"{role}{via}{blocks.at_time(from_ms(event.at), scene.tz)}", text, files)
    return shown, f"{escaped(who)}: {escaped(cut(text or ', '.join(files), 800))}"


def _small(event: Event) -> str:
    """A small line; empty = nothing that concerns an agent here."""
    body, who = event.body, escaped(event.author_name)
    match event.type:
        case "assigned":
            return _assigned(body, who)
        case "resolved":
            return f"✅ Resolved{f' by {who}' if who else ''}"
        case "reopened":
            return "↩️ Open again: the customer wrote"
        case "delivery":
            return _delivery(body)
        case "executed" | "failed" | "proposed" | "awaiting":
            return f"{_DONE[event.type]}: {escaped(_action(body))}"
        case "order_update":
            return "📦 The order has news; the customer was shown them"
    return ""


def _assigned(body: Any, who: str) -> str:
    if body.get("owner_kind") == "assistant":
        return f"🤖 Handed back to the assistant{f' by {who}' if who else ''}"
    owner = escaped(str(body.get("owner_name", "")))
    return f"🙋 {owner} has this conversation" if owner else ""


def _delivery(body: Any) -> str:
    status, why = str(body.get("status", "")), escaped(cut(str(body.get("error") or body.get("why") or ""), 300))
    if status == "failed":
        return f"⚠️ A message did not reach the customer{f': {why}' if why else ''}"
    if status == "waiting":
        return f"⏳ A message waits{f': {why}' if why else ''}"
    if status == "rerouted":
        return (
            f"↪️ A message goes by {escaped(channel_name(str(body.get('to', ''))))} instead{f': {why}' if why else ''}"
        )
    return ""


def _action(body: Any) -> str:
    action = body.get("action") or {}
    name = str(action.get("name") or body.get("name") or "an action").replace("_", " ")
    order = str(action.get("order") or "")
    return f"{name} for {order}" if order else name


def _marks(event: Event) -> list[tuple[int, str]]:
    if event.type != "delivery":
        return []
    status, of = str(event.body.get("status", "")), int(event.body.get("of", 0))
    if status in _ARRIVES:
        return [(of, ARRIVED)]
    return [(of, LOST)] if status == "failed" else []
