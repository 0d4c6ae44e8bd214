"""Runs the tools that a model calls: the embedded assistant once more, on the same message, as if a quick reply had been tapped.

So a tool knows, asks, refuses and proposes exactly what the assistant would, with the proofs of this session. Its gate is tied:
whatever would be executed here is refused, because the customer's yes is read by the assistant alone.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NoReturn

from typing_extensions import override

from memory.errors import StorageError
from server.actions.gate import Gate
from server.answering.assistant import answer as embedded_answer
from server.answering.context import Answer, Context, GoodsTalk, Guess, Handoff, Option, Reply, Silence
from server.answering.model import tools
from server.answering.model.tools import Rejected, Tool
from server.answering.turn import copied
from server.answering.words import article_words, goods_words
from server.answering.words.voice import Voice
from server.errors import ActionRefused, StoreUnavailable

_PRODUCTS: Final = 4
_NOT_HERE: Final = "only the customer can confirm that"


class TiedGate(Gate):
    """A gate through which nothing goes; it judges as the real one does."""

    def __init__(self, gate: Gate) -> None:
        self.__dict__.update(vars(gate))
        self.was_asked = False

    @override
    async def execute(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse. Raises ActionRefused."""
        self._refuse()

    @override
    async def ask_approval(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse; what needs a person goes to one without waiting in the ledger. Raises ActionRefused."""
        raise ActionRefused("confirmation")

    @override
    async def approve(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse. Raises ActionRefused."""
        self._refuse()

    @override
    async def refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse. Raises ActionRefused."""
        self._refuse()

    @override
    async def withdraw(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: the assistant has read the message already, and took back what it takes back. Raises ActionRefused."""
        self._refuse()

    @override
    async def reconcile(self) -> NoReturn:
        """Refuse. Raises ActionRefused."""
        self._refuse()

    @override
    async def keep(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: the turn itself writes down what was considered. Raises ActionRefused."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        self.was_asked = True
        raise ActionRefused("confirmation")


class Looking:
    """What the tools of one turn found. `answer` is what the turn comes to so far: the assistant's own, then what
    was found; `chosen` the first tool that found something."""

    def __init__(self, context: Context, gate: Gate, embedded: Answer, offered: frozenset[str]) -> None:
        self.answer = embedded
        self.chosen = ""
        self._context = context
        self._gate = gate
        self._embedded = embedded
        self._offered = offered

    @property
    def is_settled(self) -> bool:
        """Whether a tool left a question, a proposal or a person: then nothing more is looked up."""
        found = self.answer
        is_open = bool(found.dialogue.asked or found.proposed) or not isinstance(found.outcome, Reply)
        return bool(self.chosen) and is_open

    async def call(self, name: str, text: str) -> Answer:
        """Run a call. Raises Rejected, with words for the model, when there is no such tool, or it may not or cannot be run."""
        tool = tools.BY_NAME.get(name)
        if tool is None or name not in self._offered:
            raise Rejected("there is no such tool")
        given = tools.arguments(tool, text)
        if self.is_settled:
            raise Rejected("the customer is being asked already: answer now")
        try:
            found = await self._run(tool, given)
        except StoreUnavailable:
            raise Rejected("the order system does not answer now") from None
        if isinstance(found.outcome, Silence) or found.executed:
            raise Rejected("that is not possible here")
        self.answer = _with_traces(_joined(self.answer, found) if self.chosen else found, self._embedded)
        self.chosen = self.chosen or tool.name
        return found

    async def _run(self, tool: Tool, given: Mapping[str, str | None]) -> Answer:
        if tool.name == "search_products":
            return await self._products(str(given["query"]))
        if tool.name == "search_articles":
            return await self._articles(str(given["query"]))
        choice = f"do:{tool.task}" if tool.task else "human"
        context = await self._about(given.get("order_number"))
        last = replace(context.said[-1], choice=choice)
        gate = TiedGate(self._gate)
        try:
            found = await embedded_answer(replace(context, said=(*context.said[:-1], last)), gate)
        except ActionRefused:
            raise Rejected(_NOT_HERE) from None
        if gate.was_asked:
            raise Rejected(_NOT_HERE)
        return found

    async def _about(self, number: str | None) -> Context:
        """The context to look in: after what was found before, about the order that is named, if it was proven here.

        Raises Rejected, in the same words whether there is no such order or it is somebody else's."""
        dialogue = copied(self.answer.dialogue if self.chosen else self._context.dialogue)
        dialogue.language = self._embedded.dialogue.language
        proofs = {**self._context.proofs, **self.answer.proven} if self.chosen else self._context.proofs
        if number is not None:
            order = await self._context.store.order_by_number(number)
            known = {*proofs, *self._embedded.proven, *filter(None, [self._embedded.dialogue.order_id])}
            if order is None or order.id not in known:
                raise Rejected("no such order was proven in this conversation; call it with null")
            dialogue.order_id = order.id
        return replace(self._context, dialogue=dialogue, proofs=proofs)

    async def _articles(self, query: str) -> Answer:
        """The article that surely answers a query: public, whoever asks. Quoted as it stands."""
        help, base = self._context.help, self.answer if self.chosen else self._embedded
        if help is None:
            raise Rejected("there are no articles")
        dialogue = copied(base.dialogue)
        try:
            found = await help.library.search(query, dialogue.language, 1)
        except StorageError:
            raise Rejected("the articles cannot be read now") from None
        if not found or not found[0].is_sure:
            raise Rejected("no article answers that")
        voice = Voice(dialogue.language, self._context.now)
        is_spoken = self._context.channel == "voice"
        speech = article_words.answer(found[0], voice, help.url, is_spoken=is_spoken)
        name = article_words.name(found[0])
        dialogue.articles = list(dict.fromkeys((*dialogue.articles, name)))
        dialogue.asked, dialogue.asked_times, dialogue.options, dialogue.unsure_times = "", 0, [], 0
        labels = replace(base.labels, articles=(*base.labels.articles, name)) if base.labels else None
        outcome = Reply(speech.text, speech.evidence, (_human(voice),))
        return replace(base, outcome=outcome, dialogue=dialogue, labels=labels, dropped=())

    async def _products(self, query: str) -> Answer:
        """Goods that fit a query: public data, whoever asks."""
        shelf, base = self._context.goods, self.answer if self.chosen else self._embedded
        if shelf is None:
            raise Rejected("there is no catalogue")
        dialogue = copied(base.dialogue)
        found = await shelf.catalogue.search(query, dialogue.language, _PRODUCTS, shelf.currency)
        if not found:
            raise Rejected("nothing fits")
        products = [each.product for each in found]
        voice = Voice(dialogue.language, self._context.now)
        speech = goods_words.listed(products, shelf.currency, voice, "goods.found")
        dialogue.goods = GoodsTalk(shown=[each.id for each in products], at=self._context.now.timestamp())
        dialogue.asked, dialogue.asked_times, dialogue.options, dialogue.unsure_times = "", 0, [], 0
        options = (*(Option(goods_words.label(each), f"product:{each.id}") for each in products), _human(voice))
        return replace(base, outcome=Reply(speech.text, speech.evidence, options), dialogue=dialogue, dropped=())


def _human(voice: Voice) -> Option:
    return Option(voice.text("choice.human"), "human")


def _with_traces(answer: Answer, embedded: Answer) -> Answer:
    """An answer that keeps what the first reading of the message left behind: proofs, wrong guesses, labels."""
    guesses: dict[Guess, None] = dict.fromkeys((*embedded.guesses, *answer.guesses))
    return replace(
        answer,
        labels=answer.labels or embedded.labels,
        proven={**embedded.proven, **answer.proven},
        guesses=tuple(guesses),
        claims=tuple(dict.fromkeys((*embedded.claims, *answer.claims))),
        linked_order=answer.linked_order or embedded.linked_order,
        title=answer.title or embedded.title,
        person=answer.person or embedded.person,
    )


def _joined(first: Answer, second: Answer) -> Answer:
    """Two answers said one after the other; the second leads where only one can be shown."""
    before, after = first.outcome, second.outcome
    if not isinstance(before, Reply) or isinstance(after, Silence):
        return second
    text = f"{before.text}\n\n{after.text}" if after.text and after.text != before.text else before.text
    evidence = (*before.evidence, *(fact for fact in after.evidence if fact not in before.evidence))
    card, shown = (after.card, after.shown_order) if after.card else (before.card, before.shown_order)
    outcome: Reply | Handoff = replace(after, text=text, evidence=evidence, card=card, shown_order=shown)
    if isinstance(outcome, Reply):
        outcome = replace(outcome, is_first_proof=outcome.is_first_proof or before.is_first_proof)
    return replace(
        second, outcome=outcome, proven={**first.proven, **second.proven}, guesses=(*first.guesses, *second.guesses),
        dropped=(*first.dropped, *second.dropped), linked_order=second.linked_order or first.linked_order,
        title=second.title or first.title,
    )  # fmt: skip
