"""One answer in the making: what was understood, what is said so far, what is asked, and whether a person must come.

Skills work on a `Turn`; it holds no rules of its own. `Answer` is made from it at the end.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from channels.degrading import needs_list
from server.actions.gate import Gate
from server.answering.context import (
    Answer,
    Context,
    Dialogue,
    Draft,
    Executed,
    Guess,
    Handoff,
    Labels,
    Looked,
    Option,
    Outcome,
    Reply,
    Silence,
    Task,
)
from server.answering.understand import Understanding, understand
from server.answering.words import grounding
from server.answering.words.voice import Speech, Value, Voice
from server.commerce.model import CustomerRecord, Fact, OrderSnapshot

MAX_OPTIONS = 8


@dataclass(slots=True)
class Turn:
    """The working state of one turn. Skills read `context` and `understood` and fill in the rest."""

    context: Context
    gate: Gate
    understood: Understanding
    dialogue: Dialogue
    voice: Voice
    speech: Speech
    choice: str | None = None
    options: list[Option] = field(default_factory=list)
    card: Mapping[str, Any] | None = None
    shown_order: str = ""
    linked_order: str = ""
    title: str = ""
    reason: str = ""
    proven: dict[str, frozenset[str]] = field(default_factory=dict)
    guesses: list[Guess] = field(default_factory=list)
    executed: list[Executed] = field(default_factory=list)
    proposed: list[Mapping[str, Any]] = field(default_factory=list)
    claims: list[tuple[str, str]] = field(default_factory=list)
    is_first_proof: bool = False
    is_resolving: bool = False
    waits_for_person: bool = False
    is_asking: bool = False
    is_answered: bool = False
    leaves_open: bool = False
    part: str | None = None
    category: str = ""
    articles: list[str] = field(default_factory=list)
    message: Understanding = field(init=False)
    burst: str = field(init=False)
    records: dict[str, CustomerRecord | None] = field(default_factory=dict)
    orders: dict[str, OrderSnapshot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What the whole message says and means stays known while its parts are worked on."""
        self.message, self.burst = self.understood, self.context.text

    @property
    def is_vip(self) -> bool:
        """Whether the customer, or the customer of an order that was looked at, is a VIP."""
        return self.context.customer.vip or any(record is not None and record.vip for record in self.records.values())

    @property
    def text(self) -> str:
        """What the customer said since the last answer; while a task of several is worked on, what was said about it."""
        return self.burst if self.part is None else self.part

    @property
    def draft(self) -> Draft | None:
        """What the task at work has put together so far."""
        return self.dialogue.task.draft if self.dialogue.task else None

    @draft.setter
    def draft(self, draft: Draft | None) -> None:
        if self.dialogue.task is not None:
            self.dialogue.task.draft = draft

    def work_on(self, task: Task, text: str | None = None) -> None:
        """Take up a task; `text` is all that counts for it, None = the whole message."""
        self.dialogue.task = task
        if text is not None and text != self.text:
            self.part, self.understood = text, self.read(text)

    def read(self, text: str) -> Understanding:
        """What some of the customer's words mean by themselves."""
        context = self.context
        return understand(
            text, channel=context.channel or None, lang=self.dialogue.language, region=context.shop.region
        )

    def speak(self, language: str) -> None:
        """Go on in another language, before anything is said."""
        spoken = self.voice
        self.voice = Voice(language, spoken.now, spoken.tz, openings=spoken.openings, regrets=spoken.regrets)
        self.speech = self.voice.speech()

    def say(self, key: str, **values: Value) -> None:
        """Say a phrase."""
        self.speech.add(key, **values)
        if self.speech.has_regret and self.voice.regrets:
            self.voice = self.speech.voice = self.voice.after_regret()

    def ask(self, question: str, options: Sequence[Option] = ()) -> None:
        """Leave one question open; `options` are quick replies."""
        again = self.dialogue.asked == question
        self.dialogue.asked_times = self.dialogue.asked_times + 1 if again else 1
        self.dialogue.asked = question
        self.is_asking = True
        self.dialogue.options = list(options[:MAX_OPTIONS])
        self.options = list(options[:MAX_OPTIONS])

    def settle(self) -> None:
        """The open question is answered or void."""
        self.is_asking = False
        self.dialogue.asked, self.dialogue.asked_times, self.dialogue.options = "", 0, []

    def option(self, key: str, value: str, **values: Value) -> Option:
        """A quick reply worded by a phrase."""
        return Option(self.voice.text(key, **values), value)

    def hand_off(self, reason: str) -> None:
        """A person must take over; the first, gravest reason stays."""
        self.reason = self.reason or reason

    def focus(self, order: OrderSnapshot) -> None:
        """The conversation is about this order now."""
        self.dialogue.order_id = order.id
        self.linked_order = order.id
        self.title = self.voice.text("title.order", number=order.number)

    async def order(self, order_id: str) -> OrderSnapshot | None:
        """The order with this id, read once in a turn until something is carried out. Raises StoreUnavailable.

        Who writes reads it anew: the gate does, and judges again."""
        if order_id not in self.orders:
            found = await self.context.store.order(order_id)
            if found is None:
                return None
            self.orders[order_id] = found
        return self.orders[order_id]

    async def record(self, order: OrderSnapshot) -> CustomerRecord | None:
        """The order system's record of the order's customer."""
        key = order.customer.id
        if key not in self.records:
            self.records[key] = await self.context.store.customer(key) if key else None
        return self.records[key]

    def answer(self) -> Answer:
        """What the turn comes to, after the check that everything said is in the evidence."""
        outcome, dropped = self._outcome()
        if not self.dialogue.asked:
            self.dialogue.options = self._numbered(outcome)
        return Answer(
            outcome=outcome,
            dialogue=self.dialogue,
            labels=replace(labels(self.message), category=self.category, articles=tuple(self.articles)),
            proven=self.proven,
            guesses=tuple(self.guesses),
            executed=tuple(self.executed),
            proposed=tuple(self.proposed),
            linked_order=self.linked_order,
            title=self.title,
            claims=tuple(self.claims),
            person=self._person(),
            dropped=dropped,
            looked=Looked(self.orders, {key: each for key, each in self.records.items() if each is not None}),
        )

    def _numbered(self, outcome: Outcome) -> list[Option]:
        """The quick replies that a channel without buttons shows as a list, by whose places the next message may answer."""
        if not isinstance(outcome, Reply):
            return []
        is_listed = needs_list(outcome.text, [(each.label, each.value) for each in outcome.choices])
        return list(outcome.choices) if is_listed else []

    def _withdrawn(self) -> Handoff:
        """What was to be confirmed could not be said whole: nothing is proposed, a person takes over."""
        self.dialogue.proposal = None
        self.settle()
        self.proposed.clear()
        return Handoff("failed", self.voice.text("returns.by_person"))

    def _person(self) -> tuple[str, bool] | None:
        """(name, VIP) of the customer whose order was proven in this turn."""
        proven = [record for record in self.records.values() if record is not None] if self.proven else []
        return (proven[0].name, proven[0].vip) if len(proven) == 1 else None

    def _checked(self) -> grounding.Checked:
        """What may be said of what was said: the customer's own words and names may be repeated, a handoff that happens is proven."""
        context, slots = self.context, self.dialogue.slots
        allowed = (
            *slots.order_numbers,
            *slots.emails,
            str(context.number),
            *context.customer.name.split(),
            context.shop.name,
        )
        evidence = self.speech.evidence
        if self.reason or context.owner_kind != "assistant":
            evidence = (*evidence, Fact("done", "status", "hand_off", f"thread:{context.thread_id}", context.now))
        return grounding.check(self.speech.text, evidence, self.voice, allowed)

    def _outcome(self) -> tuple[Outcome, tuple[grounding.Dropped, ...]]:
        if self.context.owner_kind == "agent":
            return Silence(), ()
        checked = self._checked()
        if checked.dropped and self.dialogue.asked.startswith("confirm"):
            return self._withdrawn(), checked.dropped
        if self.reason:
            handoff = Handoff(self.reason, checked.text, self.speech.evidence, self.card, self.shown_order)
            return handoff, checked.dropped
        if not checked.text and self.waits_for_person:
            return Silence(), checked.dropped
        if not checked.text:
            return Handoff("low_confidence"), checked.dropped
        reply = Reply(
            checked.text, self.speech.evidence, tuple(self.options), self.card, self.shown_order,
            is_resolving=self.is_resolving, waits_for_person=self.waits_for_person, is_first_proof=self.is_first_proof,
        )  # fmt: skip
        return reply, checked.dropped


def labels(understood: Understanding) -> Labels:
    """What was understood, as the thread's labels."""
    return Labels(
        intent=understood.intent,
        intents=tuple((each.name, round(each.confidence, 3)) for each in understood.intents),
        language=understood.language,
        sentiment=understood.sentiment,
        frustration=understood.frustration,
        urgency=understood.urgency,
        severity=understood.severity,
        complexity=understood.complexity,
        risk=tuple(understood.risk),
        entities=understood.entities.to_json(),
        abstain=understood.abstain,
    )


def copied(dialogue: Dialogue) -> Dialogue:
    """A dialogue that may be changed without touching the one that was read."""
    return msgspec.convert(msgspec.to_builtins(dialogue), Dialogue)


def short_hash(*parts: object) -> str:
    """A short, stable digest: for keys and guesses."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=9).hexdigest()
