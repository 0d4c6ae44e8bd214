"""Into what items are swapped and who pays the difference: an exchange of what arrived, a change of what has not left yet.

Both go the same way: every item finds its new version, the difference its stored method, and the whole is read back as one action.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from typing import Final

from server.answering.context import Option
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import lately_said
from server.answering.skills import changing
from server.answering.skills.returns_case import Case, receivers, stored
from server.answering.skills.variants import Wanted, variant_meant
from server.answering.turn import Turn
from server.answering.words import change_words, return_words, swap_words
from server.commerce.catalogue.words import fold
from server.commerce.model import Fact, Line, Money, OrderSnapshot, PaymentMethod, Product, Variant
from server.policies.judge import Ruling
from server.policies.permits import WALLETS

_DROP: Final = re.compile(
    r"\b(remove|drop|take (?:out|off)|take (?:the|my|that) (?:\w+ ){1,3}(?:out|off)|leave out|delete|cancel|without the|don'?t want the|quitar?|quita|elimina\w*|sacar|retir\w*|enleve\w*|supprim\w*|entfern\w*|weglassen|streich\w*|storn\w*|remov\w*|tirar?)\b"
)  # fmt: skip
_MORE_PIECES: Final = re.compile(
    r"\b(quantity|how many|one more|another one of|add (?:one|two|another|\d+)|(?:\d+|two|three) (?:instead of|rather than|not) (?:\d+|one|two|three)|cantidad|uno mas|quantite|un de plus|menge|noch eins|stuckzahl|quantidade|mais um)\b"
)  # fmt: skip
_THAT_ONE: Final = re.compile(
    r"\b(?:for|to|into|with|get|take|want|have|be) (?:that|this|it|the one)\b|\b(?:that|this) (?:one|version)\b|\bdo (?:that|it)\b"
    r"|\b(?:por|a|con) (?:es[ea]|est[ea])\b|\b(?:contre|pour) (?:celui|celle|ca)\b|\bgegen (?:den|die|das|diesen?)\b|\bpor (?:ess[ea]|est[ea])\b"
)
"""A version that was just spoken of."""
_SHOWN: Final = 6


def begin_items(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """Whether a change can be made at all; says what is possible where an item shall go, or more of one be sent."""
    folded = fold(turn.text)
    is_swap = bool(re.search(r"\b(for|to|into|with|instead|por|pour|gegen|para|statt|en|em|in)\b", folded))
    if draft.to_skus or not (_MORE_PIECES.search(folded) or (_DROP.search(folded) and not is_swap)):
        return True
    key = "swaps.no_drop" if _DROP.search(folded) else "swaps.no_more"
    turn.say(key, number=return_words.number_fact(order))
    if changing.fall_back(turn, order):
        turn.draft = None
        return False
    rule = turn.context.policy.actions.get("cancel_order")
    options = [turn.option("choice.human", "human")]
    if rule is not None and rule.enabled and (rule.states == "any" or order.state in rule.states):
        turn.say("swaps.cancel_instead")
        options.insert(0, turn.option("choice.cancel", "do:cancel"))
    turn.options = options
    turn.draft = None
    return False


def aim(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Whether every line knows what it becomes; asks for the first that does not."""
    for line_id, quantity in draft.lines.items():
        line = case.order.line(line_id)
        if line is None or line_id in draft.to_skus:
            continue
        if draft.outcome == "replace":
            draft.to_skus[line_id] = line.sku
            continue
        product = case.products.get(line.product_id or "")
        if product is None or not _choices(line, product, quantity):
            return _nothing_else(turn, draft, line)
        text = draft.wishes.get(line_id) or draft.wanted
        wanted = variant_meant(text, product, line.options, turn.voice.language, sku=line.sku, quantity=quantity)
        if wanted.how == "unnamed" and _THAT_ONE.search(fold(text)):
            wanted = _spoken_of(turn, product, line, quantity) or wanted
        if wanted.how == "gone" and changing.fall_back(turn, case.order):
            return False
        if wanted.variant is None:
            _ask_version(turn, draft, line, wanted.how, wanted.candidates or _choices(line, product, quantity))
            return False
        draft.to_skus[line_id] = wanted.variant.sku
    return True


def _spoken_of(turn: Turn, product: Product, line: Line, quantity: int) -> Wanted | None:
    """The version that was asked about a little earlier: "swap mine for that one"."""
    for said in reversed(lately_said(turn)):
        wanted = variant_meant(said, product, line.options, turn.voice.language, sku=line.sku, quantity=quantity)
        if wanted.how == "one":
            return wanted
    return None


def _choices(line: Line, product: Product, quantity: int) -> tuple[Variant, ...]:
    return tuple(
        each for each in product.variants
        if each.sku != line.sku and each.available and (each.stock is None or each.stock >= quantity)
    )  # fmt: skip


def _ask_version(turn: Turn, draft: ReturnDraft, line: Line, how: str, found: Sequence[Variant]) -> None:
    now = turn.context.now
    item = return_words.title_fact(line, now)
    near = sorted(found, key=lambda each: -sum(line.options.get(key) == value for key, value in each.options.items()))
    shown = near[:_SHOWN]
    if how == "gone":
        values = "; ".join(swap_words.label(line, each) for each in shown)
        turn.say("swaps.gone", item=item, values=Fact("values", "product", values, "catalogue", now))
    elif how == "several":
        turn.say("swaps.several", item=item)
    else:
        turn.say("returns.ask_variant", item=item)
    labels = [Option(swap_words.label(line, each), f"sku:{line.id}={each.sku}") for each in shown]
    last = [] if draft.kind == "items" else [turn.option("outcome.refund", "outcome:refund")]
    turn.ask("variant", [*labels, *last])


def _nothing_else(turn: Turn, draft: ReturnDraft, line: Line) -> bool:
    item = return_words.title_fact(line, turn.context.now)
    if draft.kind == "items":
        turn.say("swaps.nothing_else", item=item)
        turn.options = [turn.option("choice.human", "human")]
        turn.draft = None
        return False
    turn.say("returns.no_variant", item=item)
    draft.outcome = ""
    turn.ask("outcome", [turn.option("outcome.refund", "outcome:refund"), turn.option("choice.human", "human")])
    return False


def gone(turn: Turn, draft: ReturnDraft, case: Case, sku: str) -> None:
    """A version was sold meanwhile: say so and ask for another."""
    line_id = next((key for key, value in draft.to_skus.items() if value == sku), "")
    line = case.order.line(line_id)
    product = case.products.get(line.product_id or "") if line else None
    if line is None or product is None:
        turn.say("returns.by_person")
        turn.hand_off("policy_exception")
        return
    draft.to_skus.pop(line_id)
    draft.wishes[line_id] = "-"
    found = _choices(line, product, draft.lines[line_id])
    if found:
        _ask_version(turn, draft, line, "gone", found)
    else:
        _nothing_else(turn, draft, line)


def ask_method(turn: Turn, draft: ReturnDraft, case: Case, ruling: Ruling) -> None:
    """By which stored method the difference is paid or given back."""
    amount = Money(abs(ruling.difference_minor), case.order.currency)
    key = "swaps.ask_pay" if ruling.difference_minor > 0 else "swaps.ask_get"
    turn.say(key, amount=Fact("amount", "amount", amount, "policy", turn.context.now))
    turn.ask("method", method_options(turn, case, stored(case.record, case.order)))


def ask_refund_to(turn: Turn, case: Case) -> None:
    """Where a refund goes, of the ways that the policy leaves open."""
    options = refund_options(turn, case)
    told = Fact("ways", "text", " / ".join(each.label for each in options), "policy", turn.context.now)
    turn.say("cancelling.ask_back_to", number=change_words.number(case.order), ways=told)
    turn.ask("method", options)


def refund_options(turn: Turn, case: Case) -> list[Option]:
    """The ways that a refund may go, worded."""
    ways = receivers(turn, case.order, case.record)
    held = {each.id: each for each in stored(case.record, case.order)}
    return [
        Option(
            turn.voice.text(f"method.{way}") if way not in held else _worded(turn, held[way]), f"method:{way}"
        )
        for way in ways
    ]  # fmt: skip


def method_options(turn: Turn, case: Case, held: Sequence[PaymentMethod]) -> list[Option]:
    """Stored methods, worded; the one that paid the order means `original`."""
    paid = [each.id for each in case.order.payment.methods]
    return [
        Option(_worded(turn, each), "method:original" if paid == [each.id] else f"method:{each.id}") for each in held
    ]


def _worded(turn: Turn, method: PaymentMethod) -> str:
    return str(turn.voice.word(swap_words.method_fact(method.id, [method], turn.voice, turn.context.now)))


def balance_too_low(turn: Turn, draft: ReturnDraft, case: Case, ruling: Ruling) -> None:
    """The chosen card holds too little: say what it holds, and ask for another."""
    held = stored(case.record, case.order)
    chosen = ruling.facts.get("method", draft.method)
    method = next((each for each in held if each.id == chosen), None)
    now, currency = turn.context.now, case.order.currency
    if method is not None:
        balance = ruling.facts.get("balance", 0)
        turn.say(
            "swaps.balance_low",
            method=swap_words.method_fact(method.id, held, turn.voice, now),
            balance=Fact(
                "balance", "amount", Money(balance if isinstance(balance, int) else 0, currency), "customer", now
            ),
            amount=Fact("amount", "amount", Money(abs(ruling.difference_minor), currency), "policy", now),
        )
    draft.method = ""
    others = [
        each for each in held
        if each.id != chosen and not (each.kind in WALLETS and (each.balance_minor or 0) < ruling.difference_minor)
    ]  # fmt: skip
    if not others:
        turn.say("swaps.no_other_method")
        turn.hand_off("policy_exception")
        turn.draft = None
        return
    turn.ask("method", method_options(turn, case, others))
