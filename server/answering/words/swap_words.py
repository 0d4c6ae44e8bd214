"""Swaps and refunds in words: what is asked, what is read back before the yes, why it cannot be, and what was changed.

What is said is a fact of the order, the catalogue, the customer's stored methods or the policy's ruling.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from server.answering.drafts.returns import ReturnDraft
from server.answering.words import return_words
from server.answering.words.method_words import ORIGINAL, safe_label, said_label
from server.answering.words.voice import Speech, Voice
from server.commerce.model import Fact, Line, Money, OrderSnapshot, PaymentMethod, Product, Variant
from server.policies.decision import Decision
from server.policies.judge import Ruling

_SHOWN: Final = 6


def label(line: Line, variant: Variant, variants: Sequence[Variant] = ()) -> str:
    """A version by its options; among others that are offered, by those in which they differ."""
    differing = [
        name for name in variant.options if len({each.options.get(name) for each in variants} | {line.options.get(name)}) > 1
    ] if variants else list(variant.options)  # fmt: skip
    values = [_value(name, variant.options[name]) for name in differing or variant.options]
    return ", ".join(values) or variant.sku


def _value(name: str, value: str) -> str:
    """A value as it can be read alone: "backlight: none", "blue"."""
    return (
        f"{name}: {value}" if value.casefold() in ("yes", "no", "none", "true", "false") or value.isdigit() else value
    )


def method_fact(method: str, methods: Sequence[PaymentMethod], voice: Voice, now: datetime) -> Fact:
    """A method as it is said: its label, with no more than the last digits."""
    paid = next((each for each in methods if each.id == method), None)
    if method == ORIGINAL or paid is None:
        return Fact("method", "text", method, "policy", now)
    key = f"method.{paid.kind}"
    text = said_label(paid) or (voice.text(key) if voice.has(key) else safe_label(paid))
    return Fact("method", "text", text, "customer", now)


def original_fact(order: OrderSnapshot, voice: Voice) -> Fact:
    """The method that paid the order, with its label where there is only one."""
    paid = order.payment.methods
    if len(paid) != 1 or not said_label(paid[0]):
        return Fact("method", "text", ORIGINAL, "order", order.as_of)
    text = voice.text("swaps.original", label=Fact("label", "text", safe_label(paid[0]), "order", order.as_of))
    return Fact("paid_by", "text", text, "order", order.as_of)


def said_method(draft: ReturnDraft, order: OrderSnapshot, methods: Sequence[PaymentMethod], voice: Voice) -> Fact:
    """The draft's method as it is said."""
    if draft.method in ("", ORIGINAL):
        return original_fact(order, voice)
    return method_fact(draft.method, methods, voice, order.as_of)


def swaps(
    order: OrderSnapshot, draft: ReturnDraft, products: Mapping[str, Product], voice: Voice, now: datetime
) -> Speech:
    """The list of what becomes what, one line each."""
    said = voice.speech()
    known = {variant.sku: variant for product in products.values() for variant in product.variants}
    for line_id, quantity in draft.lines.items():
        line, variant = order.line(line_id), known.get(draft.to_skus.get(line_id, ""))
        if line is None or variant is None:
            continue
        count = f"{quantity} × " if quantity > 1 else ""
        item = Fact("item", "product", f"{count}{return_words.title_fact(line, now).value}", "order", now)
        wanted = Fact("wanted", "product", label(line, variant), "catalogue", now)
        said.add("swaps.becomes", item=item, wanted=wanted)
    return said


def read_back_swap(
    order: OrderSnapshot,
    draft: ReturnDraft,
    ruling: Ruling,
    products: Mapping[str, Product],
    methods: Sequence[PaymentMethod],
    voice: Voice,
    now: datetime,
) -> Speech:
    """Exactly what a swap does: from what to what, what it costs or gives back and by which method, how the goods go back."""
    key = "swaps.back_items" if draft.kind == "items" else "swaps.back_exchange"
    said = voice.speech().add(key, number=return_words.number_fact(order))
    said.join(swaps(order, draft, products, voice, now))
    amount = Fact("amount", "amount", Money(abs(ruling.difference_minor), order.currency), "policy", now)
    if ruling.difference_minor > 0:
        said.add("swaps.pay", amount=amount, method=said_method(draft, order, methods, voice))
    elif ruling.difference_minor < 0:
        said.add("swaps.get", amount=amount, method=said_method(draft, order, methods, voice))
    else:
        said.add("swaps.even")
    if ruling.decision is not None:
        add_label(said, ruling.decision, ("exchange", "replace"), now)
    return said


def add_label(said: Speech, decision: Decision, kinds: Sequence[str], now: datetime) -> None:
    """How the goods go back: with a free label, at the customer's cost, or not at all."""
    offers = [offer for result in decision.lines for kind in kinds if (offer := result.offer(kind)) is not None]
    if not offers:
        return
    if all(each.keep_item or each.label == "none" for each in offers):
        said.add("swaps.keep")
    elif any(each.label == "customer" for each in offers):
        said.add("swaps.label_own")
    elif not any(each.label_fee_minor for each in offers):
        said.add("swaps.label_free").line("", Fact("label", "status", "free", "policy", now))


def reason_line(draft: ReturnDraft, voice: Voice) -> Speech:
    """Why, in the words of the policy's reasons."""
    said = voice.speech()
    key = f"reason.{draft.reason}"
    return said.add("swaps.reason", why=voice.text(key)) if draft.reason and voice.has(key) else said


def changed(order: OrderSnapshot, draft: ReturnDraft, voice: Voice, now: datetime) -> Speech:
    """The items of an order were changed: what it holds now."""
    said = voice.speech().add("swaps.done_items", number=return_words.number_fact(order))
    for line in order.lines:
        if line.sku in draft.to_skus.values():
            said.add("swaps.holds", item=return_words.title_fact(line, now))
    return said
