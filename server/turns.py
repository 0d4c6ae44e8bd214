"""A turn: claim what is due, answer it outside of any transaction, commit only if nobody spoke meanwhile.

One turn a thread at a time, in any process, held under a lease with a fence. Whatever happens between claim and commit, the
turn's row is still there afterwards, so it is repeated; the commit takes the row away together with writing the reply, so it is
never answered twice. A person who took over, or a newer message, makes the commit a no-op.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from channels.channel import Provider
from channels.errors import ChannelError
from memory import customers, desk, dialogues, proofs, threads, turns
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.projection import Event
from memory.threads import NewEvent, Thread
from memory.times import from_ms, to_ms
from memory.turns import Claim
from server import contexts, joining
from server.actions.gate import Gate, Moved
from server.answering import manner
from server.answering.assistant import answer as make_answer
from server.answering.context import (
    Answer,
    Context,
    Dialogue,
    Handoff,
    Reply,
)
from server.answering.disclosing import disclosed
from server.answering.warm import warm
from server.bus import Bell
from server.commerce.model import Fact
from server.desk import handoff, stakes
from server.desk.bare import bare_package
from server.dispatch import put_if_sent
from server.errors import StoreUnavailable
from server.hearing import Hearing, for_a_person
from server.inbox import burst, wake
from server.partials import Partial, has_moved
from server.policies.identity import CODES
from server.services import Services
from server.upkeep import keep_what_is_loaded

if TYPE_CHECKING:
    from server.answering.model.engine import Model, ModelTurn

_log = logging.getLogger("onethread.turns")
_TRIES: Final = 3
_IDLE_POLL_S: Final = 5.0
_STORAGE_PAUSE_S: Final = 1.0
_FILES_WAIT: Final = timedelta(seconds=8)
_FILES_LOOK: Final = timedelta(milliseconds=300)
_PADDING: Final = timedelta(milliseconds=800)


@dataclass(frozen=True, slots=True)
class _Work:
    """One claimed turn with what it read."""

    claim: Claim
    thread: Thread
    context: Context
    model: "ModelTurn | None" = None


class Turns:
    """Answers turns. `pads` = look-ups answer at an even pace (a server); `chat` and `rehearse` do not wait.

    `model` has a part in answers, None = the embedded assistant answers alone."""

    def __init__(self, services: Services, *, pads: bool = True, model: "Model | None" = None) -> None:
        self._services = services
        self._gate = Gate(services)
        self._pads = pads
        self._model = model
        self._hearing = Hearing(services)
        self._bell = Bell()
        self._heard: int | None = None
        self._running: asyncio.TaskGroup | None = None
        self._slots = asyncio.Semaphore(services.settings.turns.workers)

    async def run(self) -> None:
        """Answer whatever comes due, for ever."""
        await asyncio.to_thread(warm)
        with suppress(StoreUnavailable):  # the first question about goods makes it then
            await self._services.catalogue.index()
        keep_what_is_loaded()
        if self._services.database.engine == "sqlite":
            await self._services.database.write(turns.release_all)
        due: int | None = None
        with self._services.bus.listening("turns", self._ring):
            async with asyncio.TaskGroup() as running:
                self._running = running
                while True:
                    try:
                        claims, due = await self._claim(self._services.settings.turns.workers, due)
                        for claim in claims:
                            await self._slots.acquire()
                            running.create_task(self._in_slot(claim), name=f"turn {claim.thread_id}")
                        pause = self._pause(due)
                    except StorageError:
                        due, pause = None, _STORAGE_PAUSE_S
                    due = await self._wait(due, pause)

    async def drain(self) -> list[Answer]:
        """Answer everything that is due now, one by one: for `chat` and `rehearse`."""
        answers = []
        while claims := (await self._claim(1))[0]:
            answered = await self.answer(claims[0])
            if answered is not None:
                answers.append(answered)
        return answers

    async def answer(self, claim: Claim) -> Answer | None:
        """Answer one claimed turn; None when it was dropped, postponed or will be repeated."""
        deadline = asyncio.timeout(self._services.settings.turns.deadline_s)
        try:
            async with deadline:
                return await self._answer(claim)
        except Moved:
            await self._again(claim, timedelta(0), failed=False)
        except Exception as error:  # the edge of a turn: it ends in a repeat or with a person, never in nothing
            _log.exception("turn failed", extra={"thread_id": claim.thread_id, "attempt": claim.attempts})
            is_over = deadline.expired() or (claim.attempts >= _TRIES and not isinstance(error, StorageError))
            if is_over:
                return await self._give_up(claim)
            await self._again(claim, timedelta(milliseconds=250 * 4**claim.attempts))
        return None

    async def _in_slot(self, claim: Claim) -> None:
        try:
            await self.answer(claim)
        finally:
            self._slots.release()

    def _ring(self, _topic: str = "", due_at: int | None = None) -> None:
        """Somebody asks for an answer at `due_at`, in milliseconds; None = at once."""
        at = due_at or 0
        self._heard = at if self._heard is None else min(at, self._heard)
        self._bell.ring()

    async def _wait(self, due: int | None, pause: float) -> int | None:
        """Wait until the next turn is due, or somebody asks for one; when it is, None when one has to look."""
        is_rung = await self._bell.wait(pause)
        heard, self._heard = self._heard, None
        known = min((each for each in (due, heard) if each is not None), default=None)
        return known if is_rung or (known is not None and from_ms(known) <= self._services.clock.now()) else None

    async def _claim(self, limit: int, due: int | None = None) -> tuple[Sequence[Claim], int | None]:
        """What is due, held from now on, and when the next turn is, in milliseconds; None when there is none.

        `due` is when the first is said to be due, None = one has to look."""
        now = self._services.clock.now()
        lease = timedelta(seconds=self._services.settings.turns.lease_s)
        if due is None:
            due = await self._services.database.read(lambda tx: turns.next_at(tx, now))
        if due is None or from_ms(due) > now:
            return (), due

        async def unit(tx: Tx) -> tuple[Sequence[Claim], int | None]:
            return await turns.claim(tx, now, lease, limit), await turns.next_at(tx, now)

        return await self._services.database.write(unit, is_kept=False)  # a claim that is lost is made again

    def _pause(self, upcoming: int | None) -> float:
        if upcoming is None:
            return _IDLE_POLL_S
        return min(_IDLE_POLL_S, max(0.002, (from_ms(upcoming) - self._services.clock.now()).total_seconds()))

    async def _again(self, claim: Claim, delay: timedelta, *, failed: bool = True) -> None:
        at = self._services.clock.now() + delay
        with suppress(StorageError):  # the lease runs out by itself
            await self._services.database.write(lambda tx: turns.again(tx, claim, at, failed=failed))
        self._ring(due_at=to_ms(at))

    async def _answer(self, claim: Claim) -> Answer | None:
        work = await self._read(claim)
        if work is not None and await self._must_wait_for_files(work):
            await self._again(claim, _FILES_LOOK, failed=False)
            return None
        self._notice(work)
        if work is not None and await self._hearing.listen(work.thread, work.context):
            work = await self._read(claim, work.model)
        if work is None or not work.context.said:
            await self._drop(claim, work)
            return None
        with self._services.partials.writing(work.thread, claim, work.context.identity.id) as partial:
            answered = await self._made(work, partial)
            if self._must_wait(work, answered):
                return None if await self._postpone_lookup(work) else answered
            finished = await self._finish(work, answered)
            partial.done()
        return finished

    async def _must_wait_for_files(self, work: _Work) -> bool:
        """Whether a photo or a recording of the burst is still on its way from its provider, and not for long yet."""
        files = [each for said in work.context.said for each in said.attachments]
        if not files or self._services.clock.now() - work.context.said[-1].at > _FILES_WAIT:
            return False
        ids = [str(each.get("id", "")) for each in files]
        return bool(await self._services.database.read(lambda tx: desk.uploads_coming(tx, ids)))

    def _notice(self, work: _Work | None) -> None:
        """Show on the customer's channel that their message was read and is being answered, where it can."""
        context = work.context if work else None
        if context is None or not context.said or context.owner_kind != "assistant":
            return
        line = self._services.lines.channel(context.channel)
        provider = self._services.lines.carrying(context.channel)
        if self._running is None or provider is None or line is None or not context.said[-1].external_id:
            return
        if line.capabilities.typing:
            notice = _noticed(provider, context.channel, context.said[-1].external_id)
            self._running.create_task(notice, name=f"notice {context.thread_id}")

    async def _made(self, work: _Work, partial: Partial) -> Answer:
        """What the turn comes to. A model's sentences are shown where the browser shows them, while they are written."""
        unheard = for_a_person(work.context)
        if unheard is not None:
            return unheard
        if work.model is None:
            return await make_answer(work.context, self._gate)
        is_shown = work.context.channel == "widget" and self._services.settings.llm.stream
        return await work.model.answer(work.context, self._gate, partial if is_shown else None)

    async def _finish(self, work: _Work, answered: Answer) -> Answer | None:
        package, at_stake = None, await stakes.read(work.context, answered)
        if isinstance(answered.outcome, Handoff) or work.context.owner_kind != "assistant":
            context = await self._services.database.read(
                lambda tx: contexts.with_history(tx, work.thread, work.context)
            )
            package = await handoff.package(self._services, context, answered, work.model)
        kept = await self._services.database.write(lambda tx: self._commit(tx, work, answered, package, at_stake))
        self._gate.kept(work.thread.id)
        if kept is None:
            raise Moved
        thread, stored, goal = kept
        wake(self._services, thread, stored)
        if goal is not None:
            wake(self._services, goal)
        self._services.bus.publish("outbox")
        if package is not None:
            self._services.bus.publish(f"panel:{thread.id}")
        return answered

    def _must_wait(self, work: _Work, answered: Answer) -> bool:
        outcome = answered.outcome
        if not self._pads or not isinstance(outcome, Reply) or not outcome.is_first_proof:
            return False
        return self._services.clock.now() < self._even_pace(work.context)

    def _even_pace(self, context: Context) -> datetime:
        jitter = hashlib.blake2b(f"{context.thread_id}:{context.answers}".encode(), digest_size=2).digest()
        pause = _PADDING + timedelta(milliseconds=int.from_bytes(jitter, "big") % 120)
        return context.said[-1].at + burst(self._services, context.channel) + pause

    async def _postpone_lookup(self, work: _Work) -> bool:
        at = self._even_pace(work.context)
        await self._services.database.write(lambda tx: turns.again(tx, work.claim, at, failed=False))
        self._ring(due_at=to_ms(at))
        return True

    async def _drop(self, claim: Claim, work: _Work | None) -> None:
        """There is nothing to answer. Raises Moved when something was said since it was read."""
        seen = work.thread.state.last_customer_seq if work else 0

        async def unit(tx: Tx) -> bool:
            thread = await threads.by_id(tx, claim.thread_id, lock=True)
            if work is not None and thread is not None and thread.state.last_customer_seq > seen:
                return False
            await turns.finish(tx, claim)
            return True

        if not await self._services.database.write(unit):
            raise Moved

    async def _give_up(self, claim: Claim) -> Answer | None:
        """The third failure, or the deadline: a person takes over, with a full brief if one can be made."""
        try:
            try:
                async with asyncio.timeout(self._services.settings.turns.deadline_s):
                    work = await self._read(claim)
                    if work is not None and work.context.said and work.context.owner_kind == "assistant":
                        return await self._finish(work, Answer(Handoff("failed"), work.context.dialogue))
            except (Moved, StorageError):
                raise
            except Exception:  # what broke the answer may break the brief too
                _log.exception("a brief was not written", extra={"thread_id": claim.thread_id})
            return await self._give_up_barely(claim)
        except Moved:
            await self._again(claim, timedelta(0), failed=False)
        except StorageError:
            await self._again(claim, timedelta(seconds=5), failed=False)
        return None

    async def _give_up_barely(self, claim: Claim) -> Answer | None:
        """Hand over without reading anything that may break; what is not the assistant's is only let go."""
        thread = await self._services.database.write(lambda tx: self._hand_over(tx, claim))
        if thread is None:
            return None
        wake(self._services, thread)
        self._services.bus.publish("outbox")
        self._services.bus.publish(f"panel:{thread.id}")
        return Answer(Handoff("failed"), Dialogue(language=thread.state.language))

    async def _hand_over(self, tx: Tx, claim: Claim) -> Thread | None:
        if not await turns.holds(tx, claim):
            return None
        await turns.finish(tx, claim)
        thread = await threads.by_id(tx, claim.thread_id, lock=True)
        if thread is None or thread.state.owner_kind != "assistant" or not thread.state.last_customer_seq:
            return None
        services, state = self._services, thread.state
        last = (await threads.events(tx, thread.id, state.last_customer_seq - 1, 1))[0]
        package = bare_package(services.clock, state.language, "failed")
        body = {"text": package.notice, "lang": state.language, "answers": last.seq, "holding": True}
        message = NewEvent(
            "message", body, "all", "assistant", author_name=services.settings.shop.assistant, channel=last.channel,
            identity_id=last.identity_id,
        )  # fmt: skip
        handed = NewEvent("handoff", {"reason": "failed"}, "all", "assistant")
        thread, stored = await threads.append(tx, thread.id, [handed, message], services.clock.now())
        await put_if_sent(tx, services, thread, stored[-1])
        await desk.save_brief(tx, thread.id, thread.state.last_seq, package.brief, services.clock.now())
        return thread

    async def _read(self, claim: Claim, model: "ModelTurn | None" = None) -> _Work | None:
        """What a turn works on; `model` is its share of the model, None = it begins now."""
        model = model or (self._model.begin() if self._model else None)
        found = await self._services.database.read(
            lambda tx: contexts.read(tx, self._services, claim.thread_id, is_whole=model is not None)
        )
        return _Work(claim, *found, model) if found else None

    async def _commit(
        self, tx: Tx, work: _Work, answered: Answer, package: "handoff.Package | None", at_stake: stakes.Stakes
    ) -> tuple[Thread, list[Event], Thread | None] | None:
        """Write everything that the turn comes to, with the thread that it goes on in; None when the thread moved meanwhile."""
        if not await turns.holds(tx, work.claim):
            return None
        thread = await threads.by_id(tx, work.thread.id, lock=True)
        if thread is None or has_moved(thread, work.thread):
            return None
        now, context = self._services.clock.now(), work.context
        await _remember(tx, context, answered, now)
        new = _events(context, answered, package)
        if answered.labels is not None:
            since = 0 if thread.state.owner_kind == "assistant" else thread.state.waiting_since
            labels = stakes.label(context, answered.labels, at_stake, since)
            new.insert(0, NewEvent("classified", labels, author_type="assistant"))
        thread, stored = await threads.append_to(tx, thread, new, now)
        for event in stored:
            await put_if_sent(tx, self._services, thread, event)
        if package is not None:
            await desk.save_brief(tx, thread.id, thread.state.last_seq, package.brief, now)
        shown = getattr(answered.outcome, "shown_order", "")
        if shown:
            card = getattr(answered.outcome, "card", None) or {}
            rma = str(card.get("rma", ""))
            await desk.show_order(tx, thread.id, shown, context.identity.id, card_digest(card), rma)
        remembered = {**msgspec.to_builtins(answered.dialogue), "speaker": context.identity.id}
        await dialogues.save(tx, thread.id, thread.state.last_seq, remembered)
        await self._gate.keep(tx, thread.id)
        await turns.finish(tx, work.claim)
        if answered.linked_order:
            is_settled = answered.dialogue.proposal is None and not answered.executed
            goal = await joining.into_earlier(tx, self._services, thread, context.identity, is_settled=is_settled)
            return thread, stored, goal
        return thread, stored, None


async def _noticed(provider: Provider, channel: str, external_id: str) -> None:
    """Best effort: nothing depends on it."""
    with suppress(ChannelError, OSError):
        await provider.notice(channel, external_id)


def card_digest(card: Mapping[str, Any] | None) -> str:
    """What a card said, as one short text: equal digests look the same to the customer."""
    said = {key: value for key, value in (card or {}).items() if key != "as_of"}
    return hashlib.blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=12).hexdigest()


async def _remember(tx: Tx, context: Context, answered: Answer, now: datetime) -> None:
    for order_id, words in answered.proven.items():
        kept = words - CODES  # a code's proof lasts its own time
        await proofs.add(tx, context.thread_id, context.identity.id, order_id, kept, now, timedelta(hours=24))
    for guess in answered.guesses:
        await proofs.guess(tx, list(guess.buckets), guess.value, now)
    if answered.person is not None:
        name, is_vip = answered.person
        await customers.describe(tx, context.customer.id, name=name or None, vip=is_vip or None)
    for kind, key in answered.claims:
        await customers.claim(tx, context.customer.id, kind, key, now)


def _events(context: Context, answered: Answer, package: "handoff.Package | None") -> list[NewEvent]:
    new: list[NewEvent] = []
    if answered.linked_order:
        new.append(NewEvent("linked", {"order_id": answered.linked_order, "title": answered.title}))
    new += [NewEvent("proposed", {"action": dict(each)}, author_type="assistant") for each in answered.proposed]
    unsaid = (*answered.dropped, *(package.unsaid if package else ()))
    new += [NewEvent("note", {"text": f"Left unsaid: {each.sentence} ({each.cause})"}) for each in unsaid]
    outcome = answered.outcome
    if isinstance(outcome, Handoff):
        new.append(NewEvent("handoff", _handed_over(outcome, package), "all", "assistant"))
        evidence = (*outcome.evidence, *(package.notice_evidence if package else ()))
        text = "\n\n".join(part for part in (outcome.text, package.notice if package else "") if part)
        new.append(_said(context, answered, _told(outcome, text, evidence), holding=True))
    elif isinstance(outcome, Reply):
        new.append(_said(context, answered, outcome, holding=outcome.waits_for_person))
        if outcome.is_resolving:
            new.append(NewEvent("resolved", {"how": "confirmed", "by": "customer"}, "all"))
    if package is not None:
        new += [NewEvent("draft_offered", draft) for draft in package.drafts]
    return new


def _handed_over(outcome: Handoff, package: "handoff.Package | None") -> dict[str, Any]:
    """Why, and who answers for it until somebody claims it."""
    duty = package.duty if package else None
    return {"reason": outcome.reason} | ({"owner_id": duty[0], "owner_name": duty[1]} if duty else {})


def _told(outcome: Handoff, text: str, evidence: tuple[Fact, ...]) -> Reply:
    """What the customer is told at a handoff, as a reply."""
    return Reply(text, evidence, card=outcome.card, shown_order=outcome.shown_order, waits_for_person=True)


def _said(context: Context, answered: Answer, reply: Reply, *, holding: bool) -> NewEvent:
    text = disclosed(manner.dressed(reply.text, context, answered.dialogue), context, answered.dialogue)
    body: dict[str, Any] = {"text": text, "lang": answered.dialogue.language or "en", "answers": context.answers}
    if reply.evidence:
        body["evidence"] = [handoff.receipt(fact) for fact in reply.evidence]
    if reply.choices:
        body["choices"] = [{"label": option.label, "value": option.value} for option in reply.choices]
    if reply.card:
        body["card"] = dict(reply.card)
    if holding:
        body["holding"] = True
    return NewEvent(
        "message", body, "all", "assistant", author_name=context.shop.assistant, channel=context.channel,
        identity_id=context.identity.id,
    )  # fmt: skip
