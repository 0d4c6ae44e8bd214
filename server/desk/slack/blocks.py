"""What Slack shows: the message that stands for a thread, and the lines under it. Pure: a case in, blocks out.

Whatever others wrote stands in `plain_text` objects or is escaped, and is cut to Slack's limits: one block too long would refuse
the whole message. Buttons carry ids only. Source of the limits: Slack, "Block Kit reference".
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from server.desk.slack.cases import Case, channel_name
from server.desk.slack.words import calm, cut, escaped, pieces

Block: TypeAlias = dict[str, Any]
MOST_BLOCKS: Final = 48
SECTION: Final = 2900
FALLBACK: Final = 3900
_HEADER: Final = 150
_BUTTON: Final = 75
_FACTS: Final = 8
_SAYS_NOTHING: Final = frozenset({"", "other", "human_request", "greeting", "thanks", "goodbye"})
_LIVE: Final = frozenset({"new", "open", "pending"})


def section(text: str) -> Block:
    """A paragraph of foreign text, shown as it is."""
    return {"type": "section", "text": {"type": "plain_text", "text": cut(calm(text), SECTION) or " ", "emoji": False}}


def marked(text: str) -> Block:
    """A paragraph of our own markup; what others wrote in it is escaped already."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True}}


def small(text: str) -> Block:
    """A small line of our own markup."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, 1900), "verbatim": True}]}


def button(text: str, action: str, value: str, *, style: str = "", confirm: Block | None = None) -> Block:
    """A button; its value is ids only."""
    made: Block = {
        "type": "button",
        "action_id": action,
        "value": value,
        "text": {"type": "plain_text", "text": cut(calm(text), _BUTTON), "emoji": True},
    }
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def confirm(title: str, text: str, yes: str) -> Block:
    """A question before a click counts: 100, 300 and 30 characters at most."""
    words = {"title": cut(title, 100), "text": cut(calm(text), 300), "confirm": cut(yes, 30), "deny": "Not now"}
    return {key: {"type": "plain_text", "text": value} for key, value in words.items()}


def digest(text: str, blocks: Sequence[Block]) -> str:
    """Equal digests show the same."""
    return hashlib.blake2b(json.dumps([text, blocks], sort_keys=True).encode(), digest_size=16).hexdigest()


# The root


def root(case: Case, *, tz: str, console: str, is_left: bool = False) -> tuple[str, list[Block]]:
    """(fallback text, blocks) of the message that stands for a thread, as it is now."""
    title, owner = headline(case), _owner(case, is_left=is_left)
    text = cut(" · ".join(part for part in (title, _about(case), owner) if part), FALLBACK)
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(calm(_title(case)), _HEADER), "emoji": False}},
        *_summary(case),
        small(" · ".join(_where(case, tz, console))),
        small(owner),
    ]
    if not is_left and case.thread.state.status in _LIVE and case.thread.state.owner_kind != "assistant":
        blocks.append({"type": "actions", "block_id": "onethread_acts", "elements": list(_acts(case))})
        blocks += _suggestions(case)
    return text, blocks[:MOST_BLOCKS]


def headline(case: Case) -> str:
    """What it is and whose, in one escaped line."""
    return escaped(_title(case))


def _title(case: Case) -> str:
    category = case.thread.state.category
    kind = "" if category in _SAYS_NOTHING else category.replace("_", " ").capitalize()
    about = kind or (f"Order {case.order}" if case.order else "A person is wanted")
    return f"{about} · {case.name or 'a customer'}"


def _about(case: Case) -> str:
    order = f"order {case.order}" if case.order else ""
    return escaped(" · ".join(part for part in (order, _why(case)) if part))


def _why(case: Case) -> str:
    why = case.brief.get("why") or {}
    return str(why.get("text") or case.thread.state.handoff_reason.replace("_", " "))


def _summary(case: Case) -> Iterator[Block]:
    brief = case.brief
    order = f"*Order {escaped(case.order)}* — " if case.order else ""
    yield marked(
        f"{order}{escaped(str(brief.get('wants') or 'The customer waits for a person.'))}\n*Why:* {escaped(_why(case))}"
    )
    if quote := str(brief.get("quote") or ""):
        yield section(f"“{quote}”")
    if history := str(brief.get("history") or ""):
        yield small(escaped(history))
    if known := [_fact(each) for each in brief.get("known") or ()][:_FACTS]:
        yield marked("*What the order says*\n" + "\n".join(known))
    if policy := [escaped(str(each.get("text", ""))) for each in (brief.get("policy") or {}).get("lines", ())][:4]:
        yield marked("*Policy*\n" + "\n".join(f"• {line}" for line in policy if line))
    if tried := [escaped(cut(str(each), 300)) for each in brief.get("tried") or ()][-4:]:
        yield marked("*Tried so far*\n" + "\n".join(f"• {line}" for line in tried))


def _fact(fact: Mapping[str, Any]) -> str:
    """A fact with its source and its time."""
    said = f"{fact.get('key', '')}: {cut(str(fact.get('value', '')), 160)}"
    beside = f"{fact.get('source', '')}, {str(fact.get('at', ''))[:16].replace('T', ' ')}"
    return f"• {escaped(said)} _({escaped(beside)})_"


def _where(case: Case, tz: str, console: str) -> Iterator[str]:
    yield channel_name(case.channel)
    if case.closes_at is not None:
        yield f"window closes {_clock(case.closes_at, tz, with_day=True)}"
    proof = case.brief.get("proof") or {}
    if proof.get("level"):
        yield f"proof {escaped(str(proof['level']))}"
    state = case.thread.state
    if state.mood:
        yield f"frustration {state.mood} of 3"
    yield f"{escaped(state.priority)} priority"
    yield escaped(state.language)
    yield f"<{console}/console/t/{case.conv}|conversation {case.thread.number}>"


def _owner(case: Case, *, is_left: bool) -> str:
    state = case.thread.state
    if is_left:
        return "This conversation goes on in a newer message of this channel."
    if state.status in ("resolved", "closed"):
        return f"Resolved{f' · {_person(case)}' if case.owner else ''}"
    if state.owner_kind == "assistant":
        return "With the assistant again"
    return f"Owner: {_person(case)}" if case.owner else "*Nobody has this yet*"


def _person(case: Case) -> str:
    return f"<@{case.owner_user}>" if case.owner_user else escaped(case.owner)


def _suggestions(case: Case) -> Iterator[Block]:
    if not case.drafts:
        return
    yield marked("*Suggested replies*")
    for number, draft in enumerate(case.drafts[:3], 1):
        yield section(str(draft.body.get("text", "")))
        label = f"Send {number}: {draft.body.get('label') or 'this reply'}"
        yield {"type": "actions", "elements": [button(label, "send_suggestion", f"{case.conv}:s_{draft.seq}")]}


def _acts(case: Case) -> Iterator[Block]:
    if not case.owner:
        yield button("Claim", "claim", case.conv, style="primary")
    yield button("Reply", "reply", case.conv)
    done = confirm(
        "Resolve this conversation?", f"{case.name or 'The customer'} may write again: then it opens again.", "Resolve"
    )
    yield button("Resolve", "resolve", case.conv, confirm=done)
    yield button("Hand back to the assistant", "hand_back", case.conv)


def _clock(at: datetime, tz: str, *, with_day: bool = False) -> str:
    local = at.astimezone(ZoneInfo(tz))
    return f"{local:%a %H:%M}" if with_day else f"{local:%H:%M}"


# Lines under it


def said(who: str, beside: str, text: str, files: Sequence[str] = ()) -> list[Block]:
    """Somebody's words, whole: in as many sections as they need."""
    parts = pieces(calm(text), SECTION) if text.strip() else []
    shown = parts[:10] + ([f"… {len(parts) - 10} more parts stand in the console."] if len(parts) > 10 else [])
    blocks = [small(f"*{escaped(who)}* · {escaped(beside)}"), *(section(part) for part in shown)]
    return [*blocks, small("📎 " + escaped(", ".join(files)))] if files else blocks


def at_time(ms_at: datetime, tz: str) -> str:
    """The hour and minute at the shop."""
    return _clock(ms_at, tz)


# Whispers and dialogs


def question(text: str, buttons: Sequence[Block], quote: str = "") -> list[Block]:
    """A question to one member, with its answers."""
    return [marked(text), *([section(quote)] if quote else []), {"type": "actions", "elements": list(buttons)}]


def reply_view(case: Case, meta: str, last: str) -> Block:
    """The dialog in which an agent writes a reply."""
    about = [section(f"{case.name or 'The customer'}: {cut(last, 1500)}")] if last else []
    return {
        "type": "modal",
        "callback_id": "reply",
        "private_metadata": meta,
        "title": {"type": "plain_text", "text": cut(calm(f"Reply to {case.name or 'customer'}"), 24)},
        "submit": {"type": "plain_text", "text": "Send"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            *about,
            {
                "type": "input",
                "block_id": "reply",
                "label": {"type": "plain_text", "text": f"Goes out by {channel_name(case.channel)}"},
                "element": {"type": "plain_text_input", "action_id": "text", "multiline": True, "max_length": 3000},
            },
        ],
    }
