"""What agents do in Slack, done by the desk's own functions: one path, one set of rules, whoever asks.

Every act asks first who it is and whether what they name belongs to where they stand. A thread reply waits for its author's
yes the first time; whoever has not seen what came since is shown it before anything goes out. Whatever is refused changes
nothing and is told to one person alone.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from memory import slack as kept
from memory import threads
from memory.agents import Agent
from memory.engines.base import Tx
from memory.projection import MOVING
from memory.slack import Draft, Root
from memory.threads import Thread
from server.desk import standing, work
from server.desk.slack import blocks, cases
from server.desk.slack.api import Later, Ourselves, Slack, SlackTrouble, Stopped, Unsure
from server.desk.slack.files import Carrier
from server.desk.slack.lines import ARRIVED
from server.desk.slack.members import REFUSAL, agent_of
from server.desk.slack.reading import NOTED, Changed, Clicked, Happening, Said, Submitted, key_of
from server.desk.slack.words import cut, escaped, plain
from server.errors import NotAllowed, RefusedInput, StaleSight
from server.services import Services

_log = logging.getLogger("onethread.slack")
_NOTE: Final = "//"
_SIGHT: Final = 1500
_AHEAD: Final = 200
_NOW: Final = "9"
"""After every time of Slack's."""
_DRAFTS: Final = frozenset({"confirm_reply", "confirm_note", "confirm_drop"})
_MAY_TAKE_OVER: Final = frozenset({"supervisor", "admin"})


@dataclass(frozen=True, slots=True)
class Here:
    """Where somebody acts, and who it is."""

    root: Root
    thread: Thread
    agent: Agent
    user: str


class Acts:
    """Does what agents ask for. Methods raise Later, Unsure and Stopped (try the call again), StorageError."""

    def __init__(self, services: Services, slack: Slack, us: Ourselves, carrier: Carrier) -> None:
        self._services = services
        self._slack = slack
        self._us = us
        self._carrier = carrier

    async def do(self, happening: Happening) -> None:
        """One thing that happened in Slack; that of another workspace is nothing to us."""
        if happening.team not in ("", self._us.team):
            _log.info("a call of another workspace was left aside")
            return
        match happening:
            case Changed():
                await self._services.database.write(lambda tx: kept.forget_user(tx, happening.team, happening.user))
            case Said():
                await self._said(happening)
            case Clicked():
                await self._clicked(happening)
            case Submitted():
                await self._submitted(happening)

    # Who and where

    async def _at(self, root: Root | None, user: str, *, is_foreign: bool = False) -> Here | None:
        """Where somebody stands; None = nowhere of ours, or they may not act, which they were told."""
        if root is None or user == self._us.user:
            return None
        agent = None if is_foreign else await agent_of(self._services, self._slack, self._us.team, user)
        if agent is None:
            await self._slack.whisper(root.channel, user, REFUSAL, thread_ts=root.ts)
            return None
        thread = await self._services.database.read(lambda tx: threads.by_id(tx, root.thread_id))
        return Here(root, thread, agent, user) if thread else None

    async def _root_at(self, channel: str, ts: str) -> Root | None:
        return await self._services.database.read(lambda tx: kept.root_at(tx, self._us.team, channel, ts))

    async def _tell(self, here: Here, text: str, buttons: Sequence[blocks.Block] = (), quote: str = "") -> None:
        """A word to the one who acted; `text` is escaped already."""
        drawn = blocks.question(text, buttons, quote) if buttons else []
        whole = f"{text}\n{escaped(cut(quote, 800))}" if quote else text
        try:
            await self._slack.whisper(here.root.channel, here.user, whole, drawn, here.root.ts)
        except (Later, Unsure, Stopped):
            raise
        except SlackTrouble as trouble:
            _log.warning("an agent could not be told", extra={"root": here.root.id, "error": trouble.error})

    async def _sight(self, here: Here, ts: str) -> int:
        """The highest number that stood there at Slack's time `ts`; a time that cannot be counts as now."""
        root, when = here.root, ts if ts > here.root.ts else _NOW
        return await self._over_own(
            here, await self._services.database.read(lambda tx: kept.seen_by(tx, root.id, when))
        )

    async def _over_own(self, here: Here, seen: int) -> int:
        """Further up to the first thing that is news to an agent: their own words are none, nor that the customer was told to wait."""
        began = seen
        for event in await self._services.database.read(lambda tx: threads.events(tx, here.thread.id, began, _AHEAD)):
            is_own = event.author_type == "agent" and event.author_id == here.agent.id
            is_waiting = event.author_type == "assistant" and bool(event.body.get("holding"))
            if event.type in MOVING and not is_own and not is_waiting:
                break
            seen = event.seq
        return seen

    # Words under the root

    async def _said(self, said: Said) -> None:
        here = await self._at(await self._root_at(said.channel, said.thread_ts), said.user, is_foreign=said.is_foreign)
        if here is None:
            return
        if said.what == "changed":
            await self._changed(here, said)
        elif said.what == "deleted":
            await self._deleted(here, said)
        elif said.text.lstrip().startswith(_NOTE):
            await self._note(here, said.ts, plain(said.text.lstrip()[len(_NOTE) :], said.blocks), said)
        else:
            await self._reply(here, said)

    async def _note(self, here: Here, ts: str, text: str, said: Said | None = None) -> None:
        """Words for colleagues: they never leave the desk."""
        key = NOTED + key_of(here.root.channel, ts)
        files = await self._carrier.bring(self._slack, here.thread, said) if said and said.files else ()
        names = ", ".join(str(each["name"]) for each in files)
        text = "\n".join(part for part in (text, f"📎 {names}" if names else "") if part)
        draft = await self._keep(here, key, text, 0)
        if await self._allowed(here, lambda: work.note(self._services, here.thread.public_id, here.agent, text, key)):
            await self._became(draft, "noted")
            await self._react(here.root.channel, ts.partition("/")[0], "memo")

    async def _reply(self, here: Here, said: Said) -> None:
        """Words for the customer: the first time under this root their author is asked before they go."""
        text, root = plain(said.text, said.blocks), here.root
        seen = await self._sight(here, said.ts)
        files = await self._carrier.bring(self._slack, here.thread, said) if said.files else ()
        if refused := self._carrier.refused(said, files, here.thread.state.channel):
            await self._tell(here, refused)
        text = text or ", ".join(str(each["name"]) for each in files)
        if not text:
            return
        draft = await self._keep(here, said.key, text, seen, ts=said.ts, files=files)
        if draft.state != "waiting":
            return
        if await self._services.database.read(lambda tx: kept.has_confirmed(tx, root.id, here.agent.id)):
            await self._send(here, draft)
        else:
            await self._ask(here, draft)

    async def _ask(self, here: Here, draft: Draft) -> None:
        name = await self._customer(here)
        buttons = [
            blocks.button("Send to the customer", "confirm_reply", draft.id, style="primary"),
            blocks.button("Keep as a note", "confirm_note", draft.id),
            blocks.button("Drop", "confirm_drop", draft.id),
        ]
        text = f"Send this to *{escaped(name)}*? What you write here goes out from then on; begin a note with `//`."
        await self._tell(here, text, buttons, draft.text)

    async def _changed(self, here: Here, said: Said) -> None:
        """An edit: of words that wait, it counts; of words that are out, a correction is offered."""
        text = plain(said.text, said.blocks)
        key = said.key
        draft = await self._services.database.read(lambda tx: kept.draft_of(tx, here.root.id, key))
        if draft is None or draft.agent_id != here.agent.id or not text or text == draft.text:
            noted = await self._services.database.read(lambda tx: kept.draft_of(tx, here.root.id, NOTED + key))
            if noted is not None and said.text.lstrip().startswith(_NOTE):
                await self._note(here, f"{said.ts}/{said.at}", "(edited) " + plain(said.text.lstrip()[len(_NOTE) :]))
        elif draft.state == "waiting":
            await self._services.database.write(lambda tx: kept.change_draft(tx, draft.id, text=text))
            await self._ask(here, await self._draft(draft.id) or draft)
        elif draft.state == "sent":
            await self._offer_correction(here, said, text)

    async def _offer_correction(self, here: Here, said: Said, text: str) -> None:
        key, seen = key_of(said.channel, said.ts, said.at), await self._sight(here, said.at)
        correction = await self._keep(here, key, text, seen)
        buttons = [
            blocks.button("Send as a correction", "confirm_reply", correction.id, style="primary"),
            blocks.button("Leave it", "confirm_drop", correction.id),
        ]
        await self._tell(here, "The customer has your first wording, which cannot be changed.", buttons, text)

    async def _deleted(self, here: Here, said: Said) -> None:
        """What waits is dropped; what is out stays out, and its author is told."""
        draft = await self._services.database.read(lambda tx: kept.draft_of(tx, here.root.id, said.key))
        if draft is None:
            return
        if draft.state == "waiting":
            await self._services.database.write(lambda tx: kept.change_draft(tx, draft.id, state="dropped"))
        elif draft.state == "sent":
            where = cases.channel_name(here.thread.state.channel)
            await self._tell(
                here, f"That message is out already: the customer still has it ({escaped(where)} takes nothing back)."
            )

    # Buttons

    async def _clicked(self, clicked: Clicked) -> None:
        if clicked.action in _DRAFTS:
            await self._decided(clicked)
            return
        acts = {
            "claim": self._claim, "reply": self._open_reply, "send_suggestion": self._suggestion, "resolve": self._resolve,
            "hand_back": self._hand_back, "take_over": self._take_over,
        }  # fmt: skip
        act = acts.get(clicked.action)
        if act is None:
            return
        here = await self._at(await self._root_of(clicked), clicked.user)
        if here is None:
            return
        if clicked.value.partition(":")[0] != here.thread.public_id:
            _log.warning("a button named a conversation that does not stand there", extra={"root": here.root.id})
            await self._tell(here, "That button does not belong to this conversation: nothing was done.")
            return
        await act(here, clicked)

    async def _root_of(self, clicked: Clicked) -> Root | None:
        """The root that a button stands in; one in a whisper names it."""
        if clicked.action != "take_over":
            return await self._root_at(clicked.channel, clicked.ts)
        root_id = clicked.value.rpartition(":")[2]
        root = (
            await self._services.database.read(lambda tx: kept.root(tx, int(root_id))) if root_id.isdecimal() else None
        )
        return root if root and (root.team, root.channel) == (self._us.team, clicked.channel) else None

    async def _claim(self, here: Here, _clicked: Clicked) -> None:
        conv = here.thread.public_id
        try:
            await work.claim(self._services, conv, here.agent, takes_over=False)
        except NotAllowed as error:
            buttons = [blocks.button("Take it over", "take_over", f"{conv}:{here.root.id}")]
            may = here.agent.role in _MAY_TAKE_OVER and here.thread.state.status != "closed"
            await self._tell(here, f"{escaped(str(error))}.", buttons if may else ())
            return
        await self._revive(here)

    async def _take_over(self, here: Here, _clicked: Clicked) -> None:
        if await self._allowed(here, lambda: work.claim(self._services, here.thread.public_id, here.agent)):
            await self._revive(here)

    async def _resolve(self, here: Here, clicked: Clicked) -> None:
        seen = await self._sight(here, clicked.at)
        await self._allowed(here, lambda: work.resolve(self._services, here.thread.public_id, here.agent, seen), seen)

    async def _hand_back(self, here: Here, _clicked: Clicked) -> None:
        await self._allowed(here, lambda: work.hand_back(self._services, here.thread.public_id, here.agent))

    async def _suggestion(self, here: Here, clicked: Clicked) -> None:
        """One of the drafts, as it stands: sent once, however often it is pressed, and only while it holds."""
        seq = clicked.value.rpartition(":s_")[2]
        seen = await self._sight(here, clicked.at)

        async def unit(tx: Tx) -> tuple[str, bool]:
            thread = await threads.by_id(tx, here.thread.id)
            number = int(seq) if seq.isdecimal() and len(seq) < 10 else 0
            if await threads.by_cid(tx, here.thread.id, _suggested(here, number)) is not None:
                return "", True
            found = [each for each in await standing.drafts(tx, thread or here.thread) if each.seq == number]
            return (str(found[0].body.get("text", "")) if found else ""), False

        text, was_sent = await self._services.database.read(unit)
        if was_sent:
            return
        if not text:
            await self._tell(
                here, "That suggestion does not fit any more: somebody has answered, or there are newer ones."
            )
            return
        key, number = _suggested(here, int(seq)), int(seq)
        conv, draft = here.thread.public_id, {"n": number, "edited": False}
        sent = await self._allowed(
            here, lambda: work.reply(self._services, conv, here.agent, text, seen, key, draft=draft), seen
        )
        if sent:
            await self._revive(here)

    async def _open_reply(self, here: Here, clicked: Clicked) -> None:
        """The dialog for a reply. It knows what stood there when it was opened."""
        seen = await self._sight(here, clicked.at)
        case = await self._services.database.read(lambda tx: cases.read(tx, self._services, here.root, self._us.team))
        last = await self._services.database.read(lambda tx: _last_words(tx, here.thread))
        if case is None:
            return
        try:
            await self._slack.open_view(clicked.trigger, blocks.reply_view(case, f"{here.root.id}:{seen}", last))
        except (Later, Unsure, Stopped):
            raise
        except SlackTrouble as trouble:
            _log.info("a dialog did not open", extra={"root": here.root.id, "error": trouble.error})
            await self._tell(
                here, "The dialog did not open in time: press *Reply* again, or write your reply in this thread."
            )

    # Dialogs, and words that waited

    async def _submitted(self, submitted: Submitted) -> None:
        root_id, _, seen = submitted.meta.partition(":")
        if submitted.callback != "reply" or not root_id.isdecimal() or not seen.isdecimal():
            return
        root = await self._services.database.read(lambda tx: kept.root(tx, int(root_id)))
        if root is None or root.team != self._us.team:
            return
        here = await self._at(root, submitted.user)
        if here is None:
            return
        key = f"slack-v-{key_of(submitted.meta, submitted.view, submitted.text)}"
        draft = await self._keep(here, key, submitted.text.replace("\x00", ""), int(seen))
        if draft.state == "waiting":
            await self._send(here, draft)

    async def _decided(self, clicked: Clicked) -> None:
        """An author's yes or no to words that waited. They are their author's alone."""
        draft = await self._draft(clicked.value)
        root = await self._services.database.read(lambda tx: kept.root(tx, draft.root_id)) if draft else None
        if draft is None or root is None or (root.team, root.channel) != (self._us.team, clicked.channel):
            return
        here = await self._at(root, clicked.user)
        if here is None or draft.agent_id != here.agent.id or draft.state != "waiting":
            return
        if clicked.action == "confirm_reply":
            await self._send(here, draft)
        elif clicked.action == "confirm_note":
            noted = NOTED + draft.key
            ok = await self._allowed(
                here, lambda: work.note(self._services, here.thread.public_id, here.agent, draft.text, noted)
            )
            if ok:
                await self._became(draft, "noted")
        else:
            await self._became(draft, "dropped")

    async def _send(self, here: Here, draft: Draft) -> None:
        """Send an agent's words; what came since they looked is shown first."""
        conv, seen = here.thread.public_id, await self._over_own(here, draft.seen)
        try:
            written = await work.reply(
                self._services, conv, here.agent, draft.text, seen, draft.key, attachments=draft.files
            )
        except StaleSight:
            await self._show_what_came(here, draft)
            return
        except (NotAllowed, RefusedInput, LookupError) as error:
            await self._became(draft, "dropped")
            await self._tell(here, f"Not sent: {escaped(str(error))}.", quote=draft.text)
            return

        async def unit(tx: Tx) -> None:
            await kept.change_draft(tx, draft.id, state="sent")
            if draft.ts:
                await kept.typed(tx, here.root.id, draft.ts, written.event.seq)
            await kept.revive(tx, here.root.id, written.event.seq - 1)

        await self._services.database.write(unit)
        self._services.bus.publish("inbox", here.thread.id)
        if draft.ts and self._services.lines.carrying(written.event.channel) is None:
            await self._react(here.root.channel, draft.ts, ARRIVED)

    async def _show_what_came(self, here: Here, draft: Draft) -> None:
        """What happened since an author looked, with their words, which they may send all the same."""
        came = await work.since(self._services, here.thread.public_id, draft.seen)
        last = max((event.seq for event in came), default=draft.seen)
        shown = [f"{event.author_name or event.author_type}: {event.body.get('text') or event.type}" for event in came]
        await self._services.database.write(lambda tx: kept.change_draft(tx, draft.id, seen=last))
        buttons = [
            blocks.button("Send mine all the same", "confirm_reply", draft.id),
            blocks.button("Drop mine", "confirm_drop", draft.id),
        ]
        since = escaped(cut("\n".join(shown), _SIGHT))
        await self._tell(here, f"*Not sent yet*: this came since you looked.\n{since}\n\n*Yours:*", buttons, draft.text)

    # Small things

    async def _allowed(self, here: Here, act: Callable[[], Awaitable[work.Written]], seen: int = -1) -> bool:
        """Do it; whoever may not is told why."""
        try:
            await act()
        except StaleSight:
            came = await work.since(self._services, here.thread.public_id, max(0, seen))
            shown = [
                f"{event.author_name or event.author_type}: {event.body.get('text') or event.type}" for event in came
            ]
            text = "Nothing was done: this came since you looked. Press again when you have read it."
            await self._tell(here, text, quote=cut("\n".join(shown), _SIGHT))
            return False
        except (NotAllowed, RefusedInput, LookupError) as error:
            await self._tell(here, f"Nothing was done: {escaped(str(error))}.")
            return False
        return True

    async def _keep(
        self, here: Here, key: str, text: str, seen: int, *, ts: str = "", files: Sequence[dict[str, Any]] = ()
    ) -> Draft:
        now = self._services.clock.now()
        return await self._services.database.write(
            lambda tx: kept.keep_draft(tx, here.root.id, here.agent.id, key, text, seen, now, ts=ts, files=files)
        )

    async def _draft(self, draft_id: str) -> Draft | None:
        return await self._services.database.read(lambda tx: kept.draft(tx, draft_id))

    async def _became(self, draft: Draft, state: str) -> None:
        await self._services.database.write(lambda tx: kept.change_draft(tx, draft.id, state=state))

    async def _revive(self, here: Here) -> None:
        """A thread that somebody takes up again in an old root is followed there again."""
        seq = here.thread.state.last_seq
        await self._services.database.write(lambda tx: kept.revive(tx, here.root.id, seq))
        self._services.bus.publish("inbox", here.thread.id)

    async def _customer(self, here: Here) -> str:
        case = await self._services.database.read(lambda tx: cases.read(tx, self._services, here.root, self._us.team))
        return (case.name if case else "") or "the customer"

    async def _react(self, channel: str, ts: str, name: str) -> None:
        try:
            await self._slack.react(channel, ts, name)
        except SlackTrouble as trouble:
            _log.info("a message was not marked", extra={"error": trouble.error})


def _suggested(here: Here, seq: int) -> str:
    return f"slack-s-{here.thread.number}-{seq}"


async def _last_words(tx: Tx, thread: Thread) -> str:
    """What the customer said last."""
    last = thread.state.last_customer_seq
    found = await threads.events(tx, thread.id, last - 1, 1) if last else []
    return str(found[0].body.get("text", "")) if found else ""
