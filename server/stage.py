"""A stage for rehearsing: a throw-away store, a clock that moves when told, and the same turn pipeline as the server's.

`chat`, `rehearse` and story tests all speak through `Stage.say`. Nothing here answers anything itself. A reset copies a prepared
database file, so that a fresh store with a thousand orders stands within milliseconds.
"""

import asyncio
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import phonenumbers

from channels.degrading import in_text
from channels.message import Address, Attachment, Inbound
from memory import agents, orders, threads
from memory.agents import Agent
from memory.engines.base import Tx
from memory.engines.sqlite import SqliteDatabase
from memory.migrations import migrate
from memory.projection import Event
from memory.threads import Thread
from server import imports
from server.answering.context import Answer, Handoff
from server.answering.understand import understand
from server.answering.warm import warm
from server.answering.words.house import wording_of
from server.answering.words.voice import Voice
from server.answering.words.wording import speaking
from server.bus import LocalBus
from server.clock import HandClock
from server.codes import Kind
from server.commerce.embedded import EmbeddedStore
from server.desk import work
from server.errors import RefusedInput
from server.inbox import MAX_TEXT_CHARS, accept
from server.lifecycle import Lifecycle
from server.policies.shape import Policy
from server.services import Services
from server.settings import Settings, TurnsSettings
from server.shelving import import_articles
from server.turns import Turns

if TYPE_CHECKING:
    from server.answering.model.engine import Model

OTP: Final = "{otp}"
"""Stands in a line for the code that was sent last."""
_ENOUGH: Final = 400
_CODE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")
KINDS: Final = ("orders", "products", "customers", "subscriptions", "promotions")
KNOWLEDGE: Final = "knowledge"
"""The kind of a folder of articles."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation: what is said, through which channel, by whom."""

    say: str
    via: str = "widget"
    sender: str = "visitor-1"
    customer: str = ""
    auth: str = "pass"
    name: str = ""
    attach: tuple[str, ...] = ()
    choice: str | None = None


@dataclass(slots=True)
class Heard:
    """What came of a line."""

    replies: list[dict[str, Any]] = field(default_factory=list)
    intent: str | None = None
    actions: list[dict[str, Any]] = field(default_factory=list)
    proposed: list[dict[str, Any]] = field(default_factory=list)
    internal: list[dict[str, Any]] = field(default_factory=list)
    handoff: str | None = None
    dropped: list[dict[str, str]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


@dataclass(slots=True)
class Postbox:
    """Everybody's mailbox and phone: what was sent there, as (kind, destination, text)."""

    posted: list[tuple[Kind, str, str]] = field(default_factory=list)

    async def post(self, kind: Kind, destination: str, text: str) -> None:
        """Keep a message."""
        self.posted.append((kind, destination, text))

    @property
    def code(self) -> str:
        """The code that was sent last; empty before the first."""
        found = (_CODE.search(text) for _, _, text in reversed(self.posted))
        return next((match.group() for match in found if match), "")


class Stage:
    """A conversation with the assistant over a throw-away store. Use `async with await Stage.open(...)`."""

    def __init__(
        self, settings: Settings, policy: Policy, folder: Path, now: datetime, *, asks_model: bool = False
    ) -> None:
        self._settings = replace(settings, turns=TurnsSettings(burst_ms=0, deadline_s=60))
        self._policy = policy
        self._folder = folder
        self._start = now
        self._copy = 0
        self.clock = HandClock(now)
        self._asks_model = asks_model
        self._spoken = ExitStack()
        self._model: Model | None = None
        self._database: SqliteDatabase | None = None
        self.services: Services
        self.postbox: Postbox
        self._turns: Turns
        self._agent: Agent | None = None
        self._sent = 0

    @classmethod
    async def open(
        cls,
        settings: Settings,
        policy: Policy,
        now: datetime,
        files: Mapping[str, Path] | None = None,
        *,
        asks_model: bool = False,
    ) -> Self:
        """Prepare the store from import files by kind. Raises ValueError naming the first bad line, VoiceError.

        `asks_model` = the model that the settings name has its part, as in a server."""
        spoken = ExitStack()
        spoken.enter_context(speaking(await asyncio.to_thread(wording_of, settings)))
        await asyncio.to_thread(warm)
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="onethread-stage-"))
        stage = cls(settings, policy, folder, now, asks_model=asks_model)
        stage._spoken = spoken
        database = await SqliteDatabase.open(folder / "template.db", readers=1, durable=False)
        try:
            await migrate(database, now)
            store = EmbeddedStore(database, stage.clock, settings.shop.tz, settings.shop.region)
            for kind in KINDS:
                if files and files.get(kind):
                    await _import(store, kind, files[kind])
            if files and files.get(KNOWLEDGE):
                await _shelve(database, files[KNOWLEDGE], now)
        finally:
            await database.close()
        await stage.reset()
        return stage

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def reset(self) -> None:
        """A new conversation on a fresh store, at the first moment again."""
        if self._database is not None:
            await self._database.close()
        self._copy += 1
        path = self._folder / f"copy-{self._copy % 2}.db"
        await asyncio.to_thread(_fresh_copy, self._folder / "template.db", path)
        self._database = await SqliteDatabase.open(path, readers=1, durable=False)
        self.clock.set(self._start)
        bus = LocalBus()
        store = EmbeddedStore(self._database, self.clock, self._settings.shop.tz, self._settings.shop.region)
        store.label_url = lambda _order_id, key: f"{self._settings.public_url}/labels/{key.rpartition(':')[2]}"
        self.postbox = Postbox()
        self.services = Services(
            self._settings, self.clock, self._database, bus, store, self._policy, post=self.postbox
        )
        self._turns = Turns(self.services, pads=False, model=await self._opened_model())
        self._agent = None
        self._sent = 0

    async def _opened_model(self) -> "Model | None":
        """The model that the settings name, if it is asked here; a reset begins with a fresh budget."""
        if not (self._asks_model and self._settings.llm.model):
            return None
        from server.answering.model.engine import Model

        database = self.services.database
        if self._model is None:
            self._model = await Model.open(self._settings, database, self.clock)
        else:
            self._model = self._model.over(self._settings, database, self.clock)
        return self._model

    async def close(self) -> None:
        """Throw everything away."""
        if self._model is not None:
            await self._model.close()
        if self._database is not None:
            await self._database.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        self._spoken.close()

    async def say(self, line: Line) -> Heard:
        """Say something and run every turn that comes due; what came of it."""
        self.clock.advance(timedelta(seconds=1))
        self._sent += 1
        attachments = tuple(Attachment(f"stage-{name}", name, "application/octet-stream", 1) for name in line.attach)
        said, posted = line.say.replace(OTP, self.postbox.code or OTP), len(self.postbox.posted)
        inbound = Inbound(
            line.via, address(line, self._settings.shop.region), said, self.clock.now(),
            external_id=f"stage-{self._sent}", choice=line.choice, attachments=attachments,
        )  # fmt: skip
        heard = Heard()
        try:
            accepted = await accept(self.services, inbound)
        except RefusedInput as error:
            if error.code != "too_long":
                raise
            told = too_long(said, self.clock.now())
            heard.replies.append({"text": told, "in_text": told, "evidence": [], "choices": []})
            return heard
        for answered in await self._turns.drain():
            _note(heard, answered)
        await self._collect(heard, accepted.thread.id, accepted.event.seq)
        await self.services.codes.settled()
        heard.internal += [{"name": "send_code", "by": kind, "to": to} for kind, to, _ in self.postbox.posted[posted:]]
        return heard

    async def advance(self, by: timedelta) -> Heard:
        """Let time pass and whatever comes due happen: answers, and what becomes of a thread in which nobody speaks."""
        self.clock.advance(by)
        lifecycle, heard, thread = Lifecycle(self.services), Heard(), await self.latest()
        await lifecycle.settle()
        await lifecycle.age()
        for answered in await self._turns.drain():
            _note(heard, answered)
        if thread is not None:
            await self._collect(heard, thread.id, thread.state.last_seq)
        return heard

    async def agent_says(self, text: str) -> None:
        """A person takes the latest conversation over and says something."""
        agent = self._agent or await self._join()
        thread = await self.latest()
        if thread is None:
            return
        await work.claim(self.services, thread.public_id, agent)
        again = await self.latest()
        seen = again.state.last_seq if again else 0
        await work.reply(self.services, thread.public_id, agent, text, seen, f"stage-{thread.id}-{seen}")

    async def latest(self) -> Thread | None:
        """The conversation that moved last."""
        found = await self.services.database.read(lambda tx: threads.inbox(tx, limit=1))
        return found[0] if found else None

    async def put_order(self, document: Mapping[str, Any]) -> None:
        """An order changes (a scan arrives)."""
        store = self.services.store
        if isinstance(store, EmbeddedStore):
            await store.put_order(dict(document))

    async def order_versions(self) -> dict[str, int]:
        """How often each order was written, by its number: two of these tell which orders changed in between."""
        stored = await self.services.database.read(orders.all_orders)
        return {str(each.document["number"]): each.version for each in stored}

    async def events(self, thread_id: int) -> list[Event]:
        """Everything that happened in a conversation."""
        return await self.services.database.read(lambda tx: threads.events(tx, thread_id))

    async def _join(self) -> Agent:
        now = self.clock.now()

        async def unit(tx: Tx) -> Agent:
            return await agents.add(tx, "kim@desk.example", "Kim", "agent", (), "", now)

        self._agent = await self.services.database.write(unit)
        return self._agent

    async def _collect(self, heard: Heard, thread_id: int, after: int) -> None:
        events = await self.services.database.read(lambda tx: threads.events(tx, thread_id, after))
        for event in events:
            if event.type == "message" and event.author_type == "assistant":
                text = str(event.body["text"])
                heard.replies.append({"text": text, "evidence": list(event.body.get("evidence", []))})
                chosen = [(str(each["label"]), str(each["value"])) for each in event.body.get("choices", [])]
                heard.replies[-1]["choices"] = [label for label, _ in chosen]
                heard.replies[-1]["in_text"] = in_text(text, chosen)


def too_long(text: str, now: datetime) -> str:
    """What is said to a message that is longer than one may be, in its language."""
    voice = Voice(understand(text[:_ENOUGH]).language, now)
    return voice.text("manner.too_long", limit=MAX_TEXT_CHARS)


def address(line: Line, region: str) -> Address:
    """Who a line comes from, with what its channel proves: whatsapp and sms are signed, widget and voice prove nothing."""
    if line.customer:
        return Address("store", line.customer, "verified", line.customer, line.name)
    if line.via in ("whatsapp", "sms"):
        return Address(
            "whatsapp" if line.via == "whatsapp" else "sms",
            _phone(line.sender, region),
            "channel",
            line.sender,
            line.name,
        )
    if line.via == "email" and line.auth == "pass":
        return Address("email", line.sender.strip().casefold(), "channel", line.sender, line.name)
    if line.via == "voice":
        return Address("caller", _phone(line.sender, region), "channel", line.sender, line.name)
    if line.via == "email":
        return Address("from", line.sender.strip().casefold(), "channel", line.sender, line.name)
    secret = hashlib.sha256(f"{line.via}:{line.sender}".encode()).hexdigest()
    return Address("visitor", secret, "channel", line.sender, line.name)


def _phone(text: str, region: str) -> str:
    try:
        return phonenumbers.format_number(phonenumbers.parse(text, region), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return text


def _note(heard: Heard, answered: Answer) -> None:
    if answered.labels is not None:
        heard.intent = answered.labels.intent
    heard.actions += [dict(each.arguments) for each in answered.executed]
    heard.proposed += [dict(each) for each in answered.proposed]
    heard.dropped += [{"sentence": each.sentence, "cause": each.cause} for each in answered.dropped]
    heard.answers.append(answered)
    heard.internal += [{"name": "verify_identity", "order": order_id} for order_id in answered.proven]
    if isinstance(answered.outcome, Handoff):
        heard.handoff = answered.outcome.reason
        heard.internal.append({"name": "hand_off", "reason": answered.outcome.reason})


async def _import(store: EmbeddedStore, kind: str, path: Path) -> None:
    report = await getattr(imports, f"import_{kind}")(store, imports.file_lines(path))
    if report.failed:
        line, reason = report.failed[0]
        raise ValueError(f"{path.name}, line {line}: {reason}")


async def _shelve(database: SqliteDatabase, path: Path, now: datetime) -> None:
    report = await import_articles(database, path, now)
    if report.failed:
        raise ValueError(f"{report.failed[0][0]}: {report.failed[0][1]}")


def _fresh_copy(template: Path, target: Path) -> None:
    for leftover in (target, Path(f"{target}-wal"), Path(f"{target}-shm")):
        leftover.unlink(missing_ok=True)
    shutil.copyfile(template, target)


def as_json(heard: Heard) -> dict[str, Any]:
    """One answer line of `onethread chat --json`, which has no buttons: choices that a question needs stand in its text."""
    return {
        "replies": [{"text": each["in_text"], "evidence": each["evidence"]} for each in heard.replies],
        "intent": heard.intent,
        "actions": heard.actions,
        "proposed": heard.proposed,
        "handoff": {"reason": heard.handoff} if heard.handoff else None,
    }


def files_of(named: Iterable[tuple[str, str | None]]) -> dict[str, Path]:
    """Import files by kind, as far as they are named."""
    return {kind: Path(path) for kind, path in named if path}
