"""The clear yes: what was read back is done when the customer confirms it, and only then.

A skill says what will happen and calls `propose`. The yes is bound to that proposal: it expires, it is void when the task is left
or anything in it changes, and the gate judges again before it acts. What each action needs beside that, its skill registers as a
`Write`: how to take the task up again, how to read a correction, how to tell what was done.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from server.actions.request import Changed, Request
from server.answering import weighing
from server.answering.context import Executed, Proposal
from server.answering.identify import my_orders
from server.answering.skills import choosing
from server.answering.skills.order_status import say_unreadable
from server.answering.told import told
from server.answering.turn import Turn, short_hash
from server.answering.understand import Understanding, yesno
from server.answering.understand.normalise import words
from server.answering.words.method_words import names_a_kind, only_says_method
from server.commerce.catalogue.words import fold
from server.commerce.model import OrderSnapshot
from server.errors import ActionRefused, StoreRefused, StoreUnavailable
from server.policies.judge import Ruling

CONFIRM: Final = "confirm"
_PROPOSAL_SECONDS: Final = 24 * 3600.0
_INNER: Final = frozenset({"customer", "line", "opened", "worn", "delivered_on", "photo"})
_OF_ITEMS: Final = frozenset({"start_return", "start_exchange", "change_items"})
_VERSIONS: Final = frozenset({"exchange", "change_order", "product_question", "stock_question"})
"""What words about another version may be taken for: "yes, size L please"."""
_OWN_MATTER: Final[Mapping[str, frozenset[str]]] = {
    "start_exchange": _VERSIONS,
    "change_items": _VERSIONS,
    "start_return": frozenset({"return", "refund_request"}),
    "cancel_order": frozenset({"cancel", "refund_request"}),
    "change_address": frozenset({"change_address", "account"}),
    "change_payment": frozenset({"payment", "promo"}),
}
"""What words beside a yes may be taken for that only tell more of what was read back."""
_HOW_PAID: Final = frozenset({"payment", "promo"})
_CUT: Final = re.compile(r"[,.;!\n]\s*|\s(?=(?:and|y|e|et|und|with|using|to|for|mit|con|com|avec)\s)", re.IGNORECASE)
_PART: Final = re.compile(r"\b(?:only|just|one|two|another|other|new|different|instead)\b")
_ORDERS: Final[Mapping[str, re.Pattern[str]]] = {
    "cancel_order": re.compile(r"\b(?:cancel(?! that\b)|cancel[ae]\w*|annulez?|stornier\w*)\b"),
    "start_return": re.compile(
        r"\b(?:return|refund|send|start the return|devuelv\w*|reembols\w*|retourn\w*|rembours\w*)\b"
    ),
    "start_exchange": re.compile(r"\b(?:exchange|swap|make the exchange)\b"),
    "change_items": re.compile(r"\b(?:change|modify|update|swap|exchange)\b"),
    "change_address": re.compile(r"\b(?:change|update|correct)\b"),
    "change_payment": re.compile(r"\b(?:change|switch|update)\b"),
}
"""How somebody orders an action once more that was read back to them."""
_OWN_WORDS: Final = frozenset(
    [
        "one",
        "ones",
        "version",
        "using",
        "use",
        "by",
        "for",
        "on",
        "to",
        "in",
        "into",
        "my",
        "your",
        "account",
        "process",
        "make",
        "change",
        "item",
        "items",
        "them",
        "both",
        "these",
        "this",
        "and",
        "also",
        "my",
        "it's",
        "be",
        "should",
    ]
)
_SURE_TASKS_EXCEPT: Final = frozenset({"other", "greeting", "thanks", "goodbye"})
_CANCELS: Final = re.compile(r"\b(?:cancel\w*|anul\w*|annul\w*|stornier\w*)\b")
_ENDS_OTHERWISE: Final = re.compile(
    r"\b(?:refund\w*|return\w*|exchang\w*|credit\w*|reembols\w*|devol\w*|devuelv\w*|cambi\w*|credito|rembours\w*|renvo\w*"
    r"|echang\w*|avoir|erstatt\w*|zuruck\w*|umtausch\w*|guthaben|estorn\w*|troc\w*)\b"
)
"""Words beside a yes that may name something else than what was read back: "ok, cancel it" after "shall I start the return?"."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What the gate carried out. `order` as it stands now, None for the customer's own record; `result` as the store answered."""

    proposal: Proposal
    order: OrderSnapshot | None
    result: Mapping[str, Any]

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The action, flat, with our line ids."""
        return self.proposal.arguments

    @property
    def source(self) -> str:
        """Where the fact that it is done comes from."""
        return f"ledger:actions/{self.proposal.key}"


@dataclass(frozen=True, slots=True)
class Write:
    """What a skill knows about one action.

    `again` takes the task at work up again: it asks, refuses, or proposes anew. `corrects` reads a change of mind out of the
    message into the task's draft; whether there was one. `tell` says what was done."""

    again: Callable[[Turn], Awaitable[None]]
    corrects: Callable[[Turn], Awaitable[bool]]
    tell: Callable[[Turn, Performed], Awaitable[None]]


WRITES: Final[dict[str, Write]] = {}
"""Action -> what its skill knows about it; filled by `registry`."""


def propose(turn: Turn, action: Mapping[str, Any], order: OrderSnapshot | None, ruling: Ruling) -> None:
    """Bind a proposal that was just said to the customer, and ask for a clear yes."""
    context, arguments = turn.context, dict(action)
    turn.dialogue.proposal = Proposal(
        key=f"{context.conv}:{short_hash(context.answers, ruling.hash, arguments)}",
        name=str(arguments["name"]),
        arguments=arguments,
        decision_hash=ruling.hash,
        amount_minor=ruling.amount_minor,
        currency=ruling.currency,
        expires_at=context.now.timestamp() + _PROPOSAL_SECONDS,
        order_id=order.id if order else "",
        customer_id=order.customer.id if order else str(arguments.get("customer", "")),
    )
    turn.proposed.append(shown(arguments))
    turn.ask(CONFIRM, [turn.option("choice.yes_do_it", "yes"), turn.option("choice.no", "no")])


def shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """An action without our own ids and the answers that only the ruling needs, as the outside surface names it."""
    flat = {key: value for key, value in arguments.items() if key not in _INNER}
    if "lines" in flat:
        flat["lines"] = [{key: value for key, value in line.items() if key not in _INNER} for line in flat["lines"]]
    return flat


async def continues(turn: Turn) -> bool:
    """Take the answer to what was read back; False when the message is about something else."""
    proposal = turn.dialogue.proposal
    if turn.dialogue.asked != CONFIRM or proposal is None or proposal.name not in WRITES:
        return False
    write = WRITES[proposal.name]
    said = turn.choice if turn.choice in ("yes", "no") else _said(turn, proposal)
    said, is_corrected = await _with_corrections(turn, write, said)
    if said == "yes" and not is_corrected:
        await _execute(turn, proposal, write)
    elif is_corrected or _says_only_how_paid(turn) or _ONCE_MORE.search(fold(turn.text)):
        turn.dialogue.proposal = None
        turn.settle()
        await write.again(turn)
    elif said == "no" or yesno.turns_down(turn.text, turn.voice.language):
        is_other = said is None and _asks_else(turn)
        drop(turn)
        if is_other:
            return False
        turn.say("confirm.dropped")
    elif _asks_else(turn):
        turn.dialogue.proposal = None
        return False
    else:
        turn.say("confirm.again")
        turn.ask(CONFIRM, [turn.option("choice.yes_do_it", "yes"), turn.option("choice.no", "no")])
    return True


def _says_only_how_paid(turn: Turn) -> bool:
    """Whether a message that changes nothing speaks of nothing but the money: then the same is read back once more."""
    return not turn.choice and only_says_method(turn.text) and not turn.understood.entities.order_number


async def _with_corrections(turn: Turn, write: Write, said: str | None) -> tuple[str | None, bool]:
    """The answer, and whether the message changes what was read back; what it only says once more changes nothing."""
    if said is None and await _tells_it_again(turn):
        return "yes", False
    is_yes = said is None and _says_yes_first(turn)
    if is_yes and _reads_whole(turn) and _only_repeats(turn):
        return "yes", False
    before = _drafted(turn)
    is_corrected = (said != "yes" or _names_an_end(turn)) and await write.corrects(turn)
    if is_corrected and _drafted(turn) == before and (said == "yes" or is_yes):
        return "yes", False
    if is_yes and not is_corrected and _only_repeats(turn):
        return "yes", False
    return said, is_corrected


async def _tells_it_again(turn: Turn) -> bool:
    """Whether a message orders just what was read back once more, and nothing beside: "please cancel it"."""
    proposal = turn.dialogue.proposal
    pattern = _ORDERS.get(proposal.name) if proposal is not None else None
    folded = fold(turn.text)
    if proposal is None or pattern is None or turn.choice or "?" in folded or yesno.has_condition(folded):
        return False
    if not pattern.search(folded) or yesno.refuses(folded, turn.voice.language) or _PART.search(folded):
        return False
    order = await turn.order(proposal.order_id) if proposal.order_id else None
    held = {str(each.get("line")) for each in proposal.arguments.get("lines", ())}
    lines = [line for line in order.lines if not held or line.id in held] if order is not None else []
    known = {word for line in lines for word in words(fold(line.title))} if len(lines) == 1 or not held else set()
    known |= set(words(fold(order.number))) if order is not None else set()
    return not yesno.beyond(pattern.sub(" ", folded)) - known - _OWN_WORDS


def _reads_whole(turn: Turn) -> bool:
    """Whether what was read back has the new alone: an address said once more is that one, a colour may be the old one's."""
    return turn.dialogue.proposal is not None and turn.dialogue.proposal.name == "change_address"


def _only_repeats(turn: Turn) -> bool:
    """Whether a message has no words but those of a yes and those of what was read back."""
    read_back = next(
        (
            str(each.body.get("text", ""))
            for each in reversed(turn.context.history)
            if each.author_type == "assistant" and each.type == "message"
        ),
        "",
    )
    return not yesno.beyond(turn.text) - set(words(fold(read_back))) - _OWN_WORDS


def _drafted(turn: Turn) -> object:
    """What the task at work has put together, to be compared."""
    return msgspec.to_builtins(turn.draft)


def _says_yes_first(turn: Turn) -> bool:
    """Whether a message begins with a clear yes and sets no condition: "do it, the visa is fine"."""
    if "?" in turn.text or yesno.has_condition(turn.text):
        return False
    heads = (turn.text[: cut.start()] for cut in _CUT.finditer(turn.text))
    return any(yesno.answer(head, turn.voice.language) == "yes" for head in heads)


async def adds_to_it(turn: Turn, rest: str, beside: Understanding) -> bool:
    """Whether what stands beside a yes is more about what was read back: another item of the order, or how it is paid."""
    proposal, task = turn.dialogue.proposal, turn.dialogue.task
    if proposal is None or task is None or "?" in rest:
        return False
    intents, wishes = {each.name for each in beside.intents}, {each.name for each in told(rest)}
    order = await turn.order(proposal.order_id) if proposal.order_id else None
    others = {each.strip("#") for each in beside.entities.order_number} - {order.number.strip("#") if order else ""}
    if others or not wishes <= {task.skill}:
        return False
    if "method" in proposal.arguments and (intents <= _HOW_PAID or names_a_kind(rest)):
        return True
    if order is not None and proposal.name in _OF_ITEMS and choosing.lines_meant(rest, order, turn.voice.language):
        return True
    return intents <= _OWN_MATTER.get(proposal.name, frozenset()) and not await _is_elsewhere(turn, rest)


async def _is_elsewhere(turn: Turn, text: str) -> bool:
    """Whether a text names things of the customer's orders: those of the order at work were looked for before."""
    return bool(choosing.lines_meant(text, await my_orders(turn), turn.voice.language))


def _said(turn: Turn, proposal: Proposal) -> str | None:
    """The yes or no of the message; a yes to cancel something is none to anything else, and leaves what was read back."""
    said = yesno.answer(turn.text, turn.voice.language)
    is_cancelling = "cancel" in (proposal.name.partition("_")[0], proposal.arguments.get("change"))
    if said == "yes" and not is_cancelling and _CANCELS.search(fold(turn.text)):
        return "no"
    return said


def _names_an_end(turn: Turn) -> bool:
    """Whether a typed yes comes with words about how it shall end, which may be another end than the one read back."""
    return turn.choice is None and _ENDS_OTHERWISE.search(fold(turn.text)) is not None


_ONCE_MORE: Final = re.compile(
    r"^\W*(?:(?:wait|hold on|sorry|ok(?:ay)?|hm+|and|espera|perdon|attends|attendez|pardon|moment|warte?|espere|desculpa)\W+)*"
    r"(?:how much (?:is|was|would|will) (?:it|that|this)(?: be)?"
    r"|what(?:'s| is| was) (?:the (?:total|amount|refund)|it|that)|come|say (?:it|that)|tell me(?: that)?"
    r"|cuanto (?:es|era|seria)|combien (?:c'est|c'etait|ca fait)|wie ?viel (?:ist|war|ware) (?:das|es)|quanto (?:e|era|fica|seria))"
    r"(?: (?:now|again|then|ya|otra vez|deja|encore|noch ?mal|mesmo|de novo))?\W*$"
)
"""Whoever asks so, while something is read back, wants to hear it once more."""


def drop(turn: Turn) -> None:
    """Forget the task at work and what it proposed."""
    turn.settle()
    turn.dialogue.proposal = turn.dialogue.task = None


def _asks_else(turn: Turn) -> bool:
    """Whether the message surely asks for something, other than what was proposed."""
    task = turn.dialogue.task
    if task is not None and turn.understood.intent == task.skill:
        return False
    return not turn.understood.abstain and turn.understood.intent not in _SURE_TASKS_EXCEPT


async def _execute(turn: Turn, proposal: Proposal, write: Write) -> None:
    """Let the gate do it; what is no longer what was read back is read back again."""
    try:
        known = await turn.gate.done(proposal.key)
        if known is None and turn.context.now.timestamp() > proposal.expires_at:
            await _again(turn, write)
            return
        await _carry_out(turn, proposal, write)
    except Changed as error:
        if not await _let_wait(turn, proposal, error.ruling):
            await _again(turn, write)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        turn.hand_off("unreadable")
    except (StoreRefused, ActionRefused) as error:
        if isinstance(error, ActionRefused) and str(error) == "identity":  # a proof has run out: asked again
            turn.dialogue.proposal = None
            turn.settle()
            await write.again(turn)
            return
        turn.say("returns.refused_by_store")
        turn.hand_off("failed")


async def _again(turn: Turn, write: Write) -> None:
    turn.dialogue.proposal = None
    turn.settle()
    turn.say("confirm.changed")
    await write.again(turn)


async def _let_wait(turn: Turn, proposal: Proposal, ruling: Ruling) -> bool:
    """What was agreed to came to need a person's consent, and nothing else about it moved: it waits for that; whether it does."""
    same = (ruling.amount_minor, ruling.currency) == (proposal.amount_minor, proposal.currency)
    if not same or ruling.verdict != "allow" or ruling.need == "none" or ruling.ask is not None:
        return False
    try:
        request = await _request(turn, proposal)
        turn.orders.clear()
        await turn.gate.ask_approval(replace(request, decision_hash=ruling.hash), ruling)
    except (ActionRefused, Changed, StoreUnavailable):
        return False
    turn.settle()
    turn.dialogue.proposal = turn.dialogue.task = None
    turn.say("changing.person")
    turn.hand_off("over_limit")
    return True


async def _request(turn: Turn, proposal: Proposal) -> Request:
    """The proposal as it is confirmed now. Raises StoreUnavailable."""
    context = turn.context
    order = await context.store.order(proposal.order_id) if proposal.order_id else None
    if proposal.order_id and order is None:
        raise StoreUnavailable("the order is gone")
    proofs = await weighing.proofs_of(turn, proposal.arguments, order, proposal.customer_id)
    return Request(
        context.thread_id, proposal.key, proposal.name, order, proposal.arguments, proofs, proposal.amount_minor,
        proposal.currency, seen_seq=context.answers, decision_hash=proposal.decision_hash, customer_id=proposal.customer_id,
        said=weighing.said(turn),
    )  # fmt: skip


async def _carry_out(turn: Turn, proposal: Proposal, write: Write) -> None:
    request = await _request(turn, proposal)
    turn.orders.clear()  # whatever comes of it, what was read before may not hold any more
    done = await turn.gate.execute(request)
    turn.executed.append(Executed(shown(proposal.arguments)))
    turn.settle()
    turn.dialogue.proposal = None
    fresh = await turn.order(proposal.order_id) if proposal.order_id else None
    await write.tell(turn, Performed(proposal, fresh or request.order, done.result))
