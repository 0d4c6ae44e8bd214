"""The modelled turn: the embedded assistant answers first; then, where it did not know, a model may choose and word.

What comes out is always the assistant's own answer, at most about something else that the model had looked up, at most in other
words that passed every guard. Whatever happens to the model, the answer at hand stands, in time.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from memory.engines.base import Database
from memory.errors import StorageError
from server import telemetry
from server.actions.gate import Gate
from server.answering.assistant import answer as embedded_answer
from server.answering.context import Answer, Context, Reply
from server.answering.model import fencing, guards, photos, prompts, tools
from server.answering.model.budget import Budget
from server.answering.model.client import Client
from server.answering.model.events import LLM, Audience, Failed, Message, TextDelta, ToolCall, Usage
from server.answering.model.looking import Looking
from server.answering.model.scope import is_wordable, labelled, may_ask, tools_for
from server.answering.model.speaking import Speaker
from server.answering.model.tools import Rejected
from server.answering.words.voice import Voice
from server.clock import Clock
from server.settings import LlmSettings, Settings

_log = logging.getLogger("onethread.model")
_MARGIN_S: Final = 0.2
_STREAM_MARGIN_S: Final = 0.35
"""The stream ends before the turn does, so that a model that is too slow is told to the circuit breaker."""
_LEAST_S: Final = 0.5
_REPAIRS: Final = 1
_CHARS_PER_TOKEN: Final = 3


class Stopped(Exception):
    """The model is of no use in this turn; the message is why, in one word."""


@dataclass(slots=True)
class Spent:
    """What a turn cost so far."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    rounds: int = 0
    calls: int = 0

    @property
    def tokens(self) -> int:
        """Everything that counts for the budget."""
        return self.prompt + self.completion


@dataclass(slots=True)
class _Said:
    """One answer of the model."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)


class Model:
    """A model for the whole process, with its budget. One `ModelTurn` for each turn."""

    def __init__(
        self,
        llm: LLM,
        budget: Budget,
        settings: LlmSettings,
        secret: str = "",
        *,
        at_once: int = 8,
        uploads: Path | None = None,
    ) -> None:
        """`secret` keys the pseudonyms that a vendor sees; `at_once` turns may ask at the same time, the others do without.

        `uploads` is where customers' files are; None = it is shown none."""
        self._uploads = uploads if settings.sees else None
        self.llm = llm
        self.places = at_once
        self.budget = budget
        self.settings = settings
        self._secret = (secret or secrets.token_hex(16)).encode()

    @classmethod
    async def open(cls, settings: Settings, database: Database, clock: Clock) -> Self | None:
        """The model that the settings name; None without one, and then nothing of it is loaded."""
        if not settings.llm.model:
            return None
        llm = await asyncio.to_thread(Client, settings.llm)
        secret = settings.server.secret_keys[-1] if settings.server.secret_keys else ""
        budget = Budget(database, clock, settings.llm, settings.shop.tz)
        at_once = max(1, settings.turns.workers // 2)
        return cls(llm, budget, settings.llm, secret, at_once=at_once, uploads=settings.uploads)

    def over(self, settings: Settings, database: Database, clock: Clock) -> "Model":
        """The same model with a budget of its own over another database."""
        return Model(self.llm, Budget(database, clock, settings.llm, settings.shop.tz), settings.llm)

    async def close(self) -> None:
        """Let go of connections."""
        await self.llm.close()

    def begin(self) -> "ModelTurn":
        """A turn begins now; its deadline runs."""
        return ModelTurn(self, asyncio.get_running_loop().time() + self.settings.deadline_s)

    def sees(self, context: Context) -> bool:
        """Whether there are photos in what was said now, and the model can see."""
        return self._uploads is not None and bool(photos.named(context))

    async def pictures(self, context: Context) -> list[str]:
        """The photos of what was said now, as the model is shown them."""
        return await photos.read(self._uploads, context) if self._uploads is not None else []

    def pseudonym(self, customer_id: int) -> str:
        """A customer as a vendor may know them."""
        return hmac.new(self._secret, f"customer:{customer_id}".encode(), hashlib.sha256).hexdigest()[:40]


class ModelTurn:
    """One turn's share of the model. `until` is the time of the loop at which the answer at hand stands.

    `outcome` is what became of it, in one word; `is_usable` = it has not failed in this turn yet."""

    def __init__(self, model: Model, until: float) -> None:
        self.until = until
        self.outcome = "unasked"
        self.is_usable = True
        self._model = model
        self._spent = Spent()
        self._audience: Audience | None = None

    async def answer(self, context: Context, gate: Gate, audience: Audience | None = None) -> Answer:
        """What the burst comes to. Raises as the embedded assistant does, and never because of the model.

        `audience` hears the sentences of a reply as they are written, each proven; the answer is what counts."""
        self._audience = audience
        embedded = await embedded_answer(context, gate)
        offered = tools_for(context, embedded)
        may_word = self._model.settings.words == "all" and isinstance(embedded.outcome, Reply)
        if not may_ask(context, embedded, sees=self._model.sees(context)) or not (offered or may_word):
            return embedded
        looking = Looking(context, gate, embedded, offered)
        return await self._guarded(context, looking, is_unsure=bool(offered))

    async def pictures(self, context: Context) -> list[str]:
        """The photos of what was said now, for the desk."""
        return await self._model.pictures(context)

    async def ask(self, context: Context, messages: Sequence[Message], max_tokens: int) -> str:
        """The model's text for the desk, within what is left of the turn. Raises Stopped."""
        left = await self._left(context, messages)
        if left <= 0:
            raise Stopped("budget")
        try:
            with self._place():
                said = await self._said(context, messages, [], max_tokens)
        finally:
            await self._book(context, messages)
        if said.calls or not said.text.strip():
            raise Stopped("empty")
        return said.text

    async def _guarded(self, context: Context, looking: Looking, *, is_unsure: bool) -> Answer:
        """Ask within the deadline; whatever goes wrong, the answer at hand stands."""
        messages: list[Message] = []
        worded: Answer | None = None
        try:
            with self._model.budget.in_flight(), self._place():
                async with asyncio.timeout_at(self.until - _MARGIN_S):
                    worded = await self._modelled(context, looking, messages, is_unsure=is_unsure)
        except TimeoutError:
            self.outcome, self.is_usable = "kept_deadline", False
        except Stopped as stopped:
            self.outcome, self.is_usable = f"kept_{stopped}", False
        except StorageError:
            self.outcome = "kept_storage"
        except (
            Exception
        ):  # the edge of a turn, as in `turns`: it ends with the answer at hand, and the thread's cost says why
            self.outcome = "kept_broken"
            telemetry.errors.labels("model").inc()
            _log.exception("the model's turn broke", extra={"thread_id": context.thread_id})
        await self._book(context, messages)
        telemetry.model_turns.labels(self.outcome).inc()
        return worded or labelled(looking.answer, looking.chosen)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places at the model. Raises Stopped when all are taken: nobody waits for a slow one in a queue."""
        if self._model.places <= 0:
            raise Stopped("busy")
        self._model.places -= 1
        try:
            yield
        finally:
            self._model.places += 1

    async def _modelled(
        self, context: Context, looking: Looking, messages: list[Message], *, is_unsure: bool
    ) -> Answer | None:
        mark = fencing.tag()
        pictures = await self._model.pictures(context)
        messages += prompts.opening(context, looking.answer, mark, is_unsure=is_unsure, pictures=pictures)
        offered = tools.offered(sorted(tools.BY_NAME if is_unsure else ()))
        left = await self._left(context, messages)
        asked: set[tuple[str, str]] = set()
        repairs = 0
        for _ in range(self._model.settings.max_rounds):
            if self._spent.tokens + _estimate(messages) + self._model.settings.max_tokens > left:
                raise Stopped("budget")
            speaker = self._speaker(context, looking, mark, is_unsure=is_unsure)
            said = await self._said(context, messages, offered, 0, speaker)
            if not said.calls:
                return self._worded(context, looking, said.text, mark, is_unsure=is_unsure)
            if self._audience is not None:
                self._audience.take_back()
            repairs += await self._looked(looking, context, said.calls, messages, asked, mark)
            if repairs > _REPAIRS:
                raise Stopped("repairs")
        raise Stopped("rounds")

    async def _looked(
        self,
        looking: Looking,
        context: Context,
        calls: Sequence[ToolCall],
        messages: list[Message],
        asked: set[tuple[str, str]],
        mark: str,
    ) -> int:
        """Answer each call once, under an id of our own; how many of them were wrong. Raises Stopped."""
        named = [
            (f"call_{self._spent.calls + place}", call.name[:64], _object(call.arguments))
            for place, call in enumerate(calls)
        ]
        self._spent.calls += len(calls)
        if self._spent.calls > self._model.settings.max_calls:
            raise Stopped("calls")
        messages.append(prompts.assistant_calls(named))
        wrong = 0
        for (id, _, _), call in zip(named, calls, strict=True):
            key = (call.name, call.arguments)
            try:
                if key in asked:
                    raise Rejected("that was asked already: answer now")
                asked.add(key)
                found = await looking.call(call.name, call.arguments)
                messages.append(prompts.tool_answer(id, prompts.result(found, context, mark)))
            except Rejected as error:
                wrong += 1
                messages.append(prompts.tool_answer(id, prompts.problem(str(error), mark)))
        return bool(wrong)

    async def _said(
        self,
        context: Context,
        messages: Sequence[Message],
        offered: Sequence[Message],
        max_tokens: int,
        speaker: Speaker | None = None,
    ) -> _Said:
        """One whole answer, its text let out by `speaker` as it comes. Raises Stopped."""
        if asyncio.get_running_loop().time() + _LEAST_S > self.until:
            raise Stopped("deadline")
        model, said, counted = self._model, _Said(), False
        self._spent.rounds += 1
        user = model.pseudonym(context.customer.id)
        events = model.llm.stream(
            messages, offered, until=self.until - _STREAM_MARGIN_S, user=user, max_tokens=max_tokens
        )
        try:
            async with aclosing(events):
                async for event in events:
                    match event:
                        case TextDelta(text):
                            said.text += text
                            await self._let_out(text, speaker)
                        case ToolCall():
                            said.calls.append(event)
                        case Usage(prompt, completion, cached):
                            counted = bool(prompt or completion)
                            self._spend(prompt, completion, cached)
                        case Failed(why):
                            raise Stopped(why)
        finally:
            if not counted:
                self._spend(_estimate(messages), len(said.text) // _CHARS_PER_TOKEN + 1, 0)
        return said

    def _spend(self, prompt: int, completion: int, cached: int) -> None:
        self._spent.prompt += prompt
        self._spent.completion += completion
        self._spent.cached += cached

    def _worded(self, context: Context, looking: Looking, text: str, mark: str, *, is_unsure: bool) -> Answer:
        """The answer at hand, in the model's words where they may stand for it."""
        answer = labelled(looking.answer, looking.chosen)
        outcome = answer.outcome
        if not isinstance(outcome, Reply) or not is_wordable(answer):
            self.outcome = "chosen" if looking.chosen else "kept_own_words"
            return answer
        has_own = bool(looking.chosen) or not is_unsure
        own = _own(context, answer, outcome, mark, has_own=has_own)
        said = guards.tidied(text, own.voice.language)
        refused = guards.refusal(said, own) or ("question" if not has_own and not said.endswith("?") else None)
        if refused is not None:
            self.outcome = f"kept_{refused}"
            return answer
        self.outcome = "worded"
        return replace(answer, outcome=replace(outcome, text=said))

    def _speaker(self, context: Context, looking: Looking, mark: str, *, is_unsure: bool) -> Speaker | None:
        """What lets the next answer out while it is written; None where nobody hears it, or where it may not stand by itself."""
        answer = looking.answer
        has_own = bool(looking.chosen) or not is_unsure
        if self._audience is None or not has_own or not isinstance(answer.outcome, Reply) or not is_wordable(answer):
            return None
        own = _own(context, answer, answer.outcome, mark, has_own=True)
        return Speaker(own) if guards.can_be_told_in_parts(own) else None

    async def _let_out(self, text: str, speaker: Speaker | None) -> None:
        sentences = speaker.feed(text) if speaker else []
        if sentences and self._audience is not None:
            await self._audience.say("".join(sentences))

    async def _left(self, context: Context, messages: Sequence[Message]) -> int:
        """Tokens that this turn may still cost. Raises Stopped when they do not last for one answer."""
        left = await self._model.budget.left(context.thread_id) - self._spent.tokens
        if left < _estimate(messages) + self._model.settings.max_tokens:
            raise Stopped("budget")
        return left

    async def _book(self, context: Context, messages: Sequence[Message]) -> None:
        """Book what was spent since the last booking; a budget that cannot be written costs no answer."""
        spent, self._spent = self._spent, Spent()
        if not spent.rounds:
            return
        prompt = hashlib.sha256(msgspec.json.encode(list(messages))).hexdigest()[:16]
        body: dict[str, Any] = {
            "kind": "llm", "model": self._model.settings.model, "tokens": spent.tokens, "prompt": spent.prompt,
            "completion": spent.completion, "cached": spent.cached, "rounds": spent.rounds, "outcome": self.outcome,
        }  # fmt: skip
        _log.info("model asked", extra={"thread_id": context.thread_id, "hash": prompt, **body})
        try:
            await self._model.budget.spend(context.thread_id, body)
        except (StorageError, LookupError):
            _log.warning("the model's cost was not booked", extra={"thread_id": context.thread_id})


def _own(context: Context, answer: Answer, outcome: Reply, mark: str, *, has_own: bool) -> guards.Own:
    """What the shop says by itself in this turn, for the guards; `has_own` = a model's words stand in for the reply."""
    slots = answer.dialogue.slots
    return guards.Own(
        text=outcome.text if has_own else "",
        given=f"{outcome.text}\n{context.shop.name}\n{context.customer.name}",
        evidence=outcome.evidence,
        voice=Voice(answer.dialogue.language, context.now),
        allowed=(*slots.order_numbers, str(context.number), context.shop.name, *context.customer.name.split()),
        mark=mark,
    )


def _object(arguments: str) -> str:
    """Arguments as they may be sent back: some servers refuse a conversation with anything but an object in it."""
    try:
        return arguments if isinstance(msgspec.json.decode(arguments), dict) else "{}"
    except (msgspec.DecodeError, RecursionError):
        return "{}"


def _estimate(messages: Sequence[Message]) -> int:
    return sum(photos.length(message.get("content")) + 200 for message in messages) // _CHARS_PER_TOKEN
