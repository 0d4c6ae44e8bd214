"""What a message says about a return, an exchange or a change of items, read into its draft: items, why, how, into what, by which method.

Each reader tells whether it found something. Nothing is asked, said or decided here.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from server.answering.context import Option
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import lately_said
from server.answering.skills import choosing
from server.answering.skills.returns_case import Case, most, open_lines, receivers, stored
from server.answering.skills.variants import Wanted, variant_meant
from server.answering.told import told
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import method_words, return_words, wishes
from server.commerce.catalogue.words import fold
from server.commerce.model import Line, OrderSnapshot, Product, Variant

_CORRECTION: Final = re.compile(
    r"\b(no|not|n't|wait|mean|meant|instead|actually|rather|other|sino|mejor|quiero decir|espera|non|plutot|attend\w*|nein|doch|lieber|warte|stattdessen|nao|na verdade|melhor)\b"
)
_ALSO: Final = re.compile(
    r"\b(also|too|as well|and (?:also|the|my)|same (?:for|with|goes)|add|plus|in addition|tambien|ademas|anade|agrega|aussi|ajoute\w*|en plus|auch|ausserdem|dazu|zusatzlich|tambem|alem disso|acrescent\w*|adicion\w*)\b"
)
_SWAP: Final = re.compile(
    r"\b(exchang\w*|swap\w*|trade|switch(?:ed|ing)?|replace (?:it|them|this|that) with|cambi(?:o|ar|arl[oa]s?|ame)|intercambi\w*|echang\w*|umtausch\w*|(?:um)?getauscht|tausch\w*|troc\w*)\b"
)
_BACK: Final = re.compile(
    r"\b(return(?:ing|s)?|send (?:it|them|this|everything) back|give (?:it|them) back|refund\w*|devolv\w*|devolucion|reembols\w*|retourn\w*|renvoy\w*|rembours\w*|zuruck(?:geben|schicken|senden)?|erstatt\w*|devoluc\w*)\b"
)
_INSTEAD: Final = re.compile(
    r"\b(instead|rather|actually|changed my mind|mejor|en su lugar|en vez|plutot|finalement|au lieu|lieber|stattdessen|doch|em vez|na verdade|melhor|afinal)\b"
)
_ONLY: Final = re.compile(r"\b(only|just|solo|solamente|seulement|juste|nur|so|somente|apenas)\b")
_SHORT: Final = 6
_POINTS: Final = re.compile(
    r"\b(?:mine|it|them|that|this|those|these|that one|this one|lo|la|los|las|el mio|la mia|l'|le|les|la mienne|le mien|es|sie|ihn|das|meine[nrs]?|o|a|os|as|o meu|a minha)\b"
)
_ALL_OF_THEM: Final = re.compile(
    r"\b(?:all (?:of (?:them|those|these)|(?:the )?(?:two|three|four|five|six|\d))|(?:them|those) all|tod[oa]s(?: ell[oa]s)?|l[oa]s (?:dos|tres|cuatro)|tous(?: les (?:deux|trois|quatre))?|toutes|les (?:deux|trois)"
    r"|alle(?: (?:zwei|drei|vier))?|beide|[oa]s (?:dois|duas|tres|quatro)|saare|sabhi|both)\b"
)
"""All pieces of what was just spoken of; "everything" and "the whole order" are more than that."""
_NO_PHOTO: Final = re.compile(
    r"\b(can'?t|cannot|don'?t|no|not|unable|without|sin|pas|kein\w*|nicht|nao|sem|puedo|possible)\b"
)


def is_correction(text: str) -> bool:
    """Whether a text takes something back or puts something else in its place."""
    return bool(_CORRECTION.search(fold(text)) or _ONLY.search(fold(text)))


def first(turn: Turn, draft: ReturnDraft) -> None:
    """What the wish itself says before any order is known."""
    folded, intents = fold(turn.text), {each.name for each in turn.understood.intents}
    task = turn.dialogue.task
    if not draft.reason:
        draft.reason = return_words.reason_in(turn.text) or ""
    said = return_words.opened_in(turn.text)
    if draft.is_opened is None and said:
        draft.is_opened = said == "yes"
    if not draft.kind:
        draft.kind = _kind(task.skill if task else "", folded)
    if draft.kind == "exchange" and not draft.outcome and "return" not in intents - {task.skill if task else ""}:
        draft.wants_exchange = True
    draft.wanted = turn.text
    if not draft.outcome:
        draft.outcome = outcome(turn.text, draft.kind, is_refund="refund_request" in intents)


def _kind(skill: str, folded: str) -> str:
    if skill == "change_order":
        return "items"
    swaps, backs = bool(_SWAP.search(folded)), bool(_BACK.search(folded))
    if skill == "exchange":
        return "exchange" if swaps or not backs else "return"
    return "exchange" if swaps and not backs else "return"


def outcome(text: str, kind: str, *, is_refund: bool) -> str:
    """How it should end, as far as the wish says so by itself, and only if it names one way."""
    if kind != "return":
        return ""
    named = {kind for kind in ("credit", "refund", "repair") if wishes.outcome_in(text, [_option(kind)]) == kind}
    if len(named) == 1:
        return named.pop()
    return "refund" if is_refund else ""


def _option(kind: str) -> Option:
    return Option(kind, f"outcome:{kind}")


def other_way(turn: Turn, draft: ReturnDraft) -> bool:
    """ "Return it instead of exchanging", "actually exchange it": another way than the one that was begun."""
    folded = fold(turn.text)
    positive = re.sub(
        r"\b(?:instead of|rather than|not|en vez de|en lugar de|au lieu d'?e?|statt|anstatt|em vez de)\s+\w+(?:\s+\w+)?",
        " ",
        folded,
    )
    swaps, backs = bool(_SWAP.search(positive)), bool(_BACK.search(positive))
    if draft.kind == "items" or swaps == backs:
        return False
    is_swap = draft.outcome in ("exchange", "replace") or (not draft.outcome and draft.kind == "exchange")
    if swaps and not is_swap:
        draft.kind, draft.outcome, draft.wants_exchange, draft.method = "exchange", "", True, ""
        return True
    if backs and is_swap:
        draft.kind, draft.wants_exchange, draft.method = "return", False, ""
        draft.outcome = "refund"
        draft.to_skus, draft.wishes = {}, {}
        return True
    return False


def lines(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, *, is_answer: bool = False) -> bool:
    """The items that the message names. Before any were chosen they are taken as they are; later they add, replace or leave out."""
    held = open_lines(order, draft.kind)
    language, text = turn.voice.language, turn.text
    if turn.choice and turn.choice.startswith("item:"):
        wanted = turn.choice.removeprefix("item:")
        draft.lines = {line.id: most(order, line, draft.kind) for line in held if wanted in ("*", line.id)}
        return bool(draft.lines)
    if draft.unclear:
        held = [line for line in held if line.id in draft.unclear] or held
    meant = (
        choosing.picked(text, order, held, language)
        if is_answer
        else choosing.lines_meant(text, order, language, {order.id: held})
    )
    if not draft.lines:
        return _take(draft, order, meant)
    if not is_answer and _has_pieces(draft, order) and _ALL_OF_THEM.search(fold(text)):
        return _all_pieces(draft, order)
    return _changed(turn, draft, order, meant, held) or _fewer(turn, draft, order)


def pointed_at(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """The item that was spoken of a little earlier, where the message only points at it: "swap mine for a 10"."""
    if draft.unclear or not _POINTS.search(fold(turn.text)):
        return False
    held = {order.id: open_lines(order, draft.kind)}
    for said in reversed(lately_said(turn)):
        meant = choosing.lines_meant(said, order, turn.voice.language, held)
        if len(meant.picks) == 1 and not meant.unclear:
            _put(draft, order, replace(meant.picks[0], quantity=None, text=turn.text))
            return True
    return False


def _changed(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, meant: choosing.Meant, held: Sequence[Line]) -> bool:
    """Other items than those chosen: more of them, others in their place, or some left out."""
    text, folded = turn.text, fold(turn.text)
    spared = [each for each in choosing.left_out(text, order, held, turn.voice.language) if each in draft.lines]
    named = [each for each in meant.picks if each.line.id not in spared]
    fresh = [each for each in named if each.line.id not in draft.lines]
    if _ALSO.search(folded) and fresh:
        for each in fresh:
            _put(draft, order, each)
        return True
    if not named and len(draft.lines) == 1 and choosing.means_the_other(text):
        named = _other(draft, order, held)
    is_other = bool(named) and {each.line.id for each in named} != set(draft.lines)
    is_short = draft.kind == "return" and len(folded.split()) <= _SHORT
    if "?" in text and not is_correction(text) and not told(text):
        return False  # "is there a black one?" asks about goods
    if is_other and (is_correction(text) or spared or is_short):
        _replace(draft, order, named)
        return True
    if spared and len(spared) < len(draft.lines):
        for part in (draft.lines, draft.to_skus, draft.wishes):
            for line_id in spared:
                part.pop(line_id, None)
        return True
    return False


def _replace(draft: ReturnDraft, order: OrderSnapshot, named: Sequence[choosing.Pick]) -> None:
    """Put other items in the place of those chosen; what was said before about one that stays still counts."""
    to_skus, texts, held_lines = draft.to_skus, draft.wishes, draft.lines
    draft.lines, draft.to_skus, draft.wishes = {}, {}, {}
    for each in named:
        _put(draft, order, each)
        if each.line.id in held_lines:
            draft.to_skus |= {key: sku for key, sku in to_skus.items() if key == each.line.id}
            draft.wishes |= {key: text for key, text in texts.items() if key == each.line.id}


def _other(draft: ReturnDraft, order: OrderSnapshot, held: Sequence[Line]) -> list[choosing.Pick]:
    """ "The other one": the only other line, else the only other one of the same name."""
    rest = [line for line in held if line.id not in draft.lines]
    chosen = order.line(next(iter(draft.lines)))
    alike = [line for line in rest if chosen is not None and line.title == chosen.title]
    fitting = alike if len(alike) == 1 else rest
    return [choosing.Pick(order, fitting[0])] if len(fitting) == 1 else []


def _take(draft: ReturnDraft, order: OrderSnapshot, meant: choosing.Meant) -> bool:
    draft.unclear = [each.line.id for each in meant.unclear]
    for each in meant.picks:
        _put(draft, order, each)
    return bool(meant.picks)


def _put(draft: ReturnDraft, order: OrderSnapshot, pick: choosing.Pick) -> None:
    left = most(order, pick.line, draft.kind)
    draft.lines[pick.line.id] = min(left, pick.quantity or left)
    if pick.text:
        draft.wishes[pick.line.id] = pick.text


def _has_pieces(draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """Whether one line is chosen, of which there are several pieces: "all of them" is all of those."""
    line = order.line(next(iter(draft.lines))) if len(draft.lines) == 1 else None
    return line is not None and most(order, line, draft.kind) > 1


def _all_pieces(draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """Take every piece of the one line; whether that were fewer before."""
    line = order.line(next(iter(draft.lines)))
    before = dict(draft.lines)
    if line is not None:
        draft.lines[line.id] = most(order, line, draft.kind)
    return draft.lines != before


def _fewer(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """ "Only one of them": another number of pieces of the one line that is chosen."""
    if len(draft.lines) != 1:
        return False
    line = order.line(next(iter(draft.lines)))
    count = wishes.number_of(turn.text, line) if line is not None else None
    if (
        line is None
        or not count
        or count == draft.lines[line.id]
        or not (_ONLY.search(fold(turn.text)) or is_correction(turn.text))
    ):
        return False
    draft.lines[line.id] = min(count, most(order, line, draft.kind))
    return True


def targets(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Other versions that the message names for lines that are swapped; seen from what was chosen before, if there was something."""
    order, changed = case.order, False
    if turn.choice and turn.choice.startswith("sku:"):
        line_id, _, sku = turn.choice.removeprefix("sku:").partition("=")
        if line_id in draft.lines:
            draft.to_skus[line_id] = sku
            return True
    meant = choosing.lines_meant(
        turn.text, order, turn.voice.language, {order.id: [line for line in order.lines if line.id in draft.lines]}
    )
    texts = {each.line.id: each.text for each in meant.picks} or dict.fromkeys(draft.lines, turn.text)
    for line_id, text in texts.items():
        line = order.line(line_id)
        product = case.products.get(line.product_id or "") if line else None
        if line is None or product is None:
            continue
        before = next((each for each in product.variants if each.sku == draft.to_skus.get(line_id)), None)
        wanted = _aimed(turn, draft, line, product, before, text)
        if wanted.how == "unnamed" or (wanted.variant is not None and wanted.variant.sku == draft.to_skus.get(line_id)):
            continue
        draft.wishes[line_id] = text if before is not None else f"{draft.wishes.get(line_id, '')}\n{text}".strip()
        draft.to_skus.pop(line_id, None)
        if wanted.variant is not None:
            draft.to_skus[line_id] = wanted.variant.sku
        changed = True
    return changed


def _aimed(turn: Turn, draft: ReturnDraft, line: Line, product: Product, before: Variant | None, text: str) -> Wanted:
    """The version that a message names: first among those that were left open, then seen from the one chosen before."""
    language, quantity = turn.voice.language, draft.lines[line.id]
    told = draft.wishes.get(line.id) or draft.wanted
    if before is None and turn.dialogue.asked == "variant" and told:
        was = variant_meant(told, product, line.options, language, sku=line.sku, quantity=quantity)
        if was.candidates and was.how in ("several", "gone"):
            fewer = replace(product, variants=was.candidates)
            now = variant_meant(text, fewer, line.options, language, sku=line.sku, quantity=quantity)
            if now.how in ("one", "several"):
                return now
    options = dict(before.options) if before else dict(line.options)
    return variant_meant(text, product, options, language, sku=line.sku, quantity=quantity)


def method(turn: Turn, draft: ReturnDraft, case: Case, text: str = "", *, is_answer: bool = False) -> str:
    """Which stored method the message names: `taken`, `several`, `missing` (a kind that is not on file), or empty."""
    if turn.choice and turn.choice.startswith("method:"):
        draft.method = turn.choice.removeprefix("method:")
        return "taken"
    held = stored(case.record, case.order)
    found = method_words.method_meant(
        text or turn.text, held, case.order.payment.methods, is_asked=turn.dialogue.asked == "method"
    )
    if found.candidates and (own := _about(text or turn.text, draft, case)):
        found = method_words.method_meant(own, held, case.order.payment.methods)
    if not found.method and is_answer and turn.dialogue.options:
        found = method_words.Named(_by_place(turn))
    if found.method:
        if found.method == draft.method:
            return ""
        draft.method = found.method
        if draft.outcome == "credit" and found.method in receivers(turn, case.order, case.record):
            draft.outcome = "refund"
        return "taken"
    if found.candidates:
        return "several"
    return "missing" if found.missing and is_answer else ""


def _about(text: str, draft: ReturnDraft, case: Case) -> str:
    """The part of a text that names the items at work: "the Mastercard for the helmet, the Visa for the bed"."""
    lines = [line for line in case.order.lines if line.id in draft.lines]
    parts = re.split(r"[,.;!\n]|\band\b|\by\b|\bet\b|\bund\b|\be\b", text)
    own = [part for part in parts if wishes.mentioned(part, lines)] if lines and len(parts) > 1 else []
    return own[0] if len(own) == 1 else ""


def names_method(turn: Turn, case: Case) -> bool:
    """Whether the message names a stored method, the chosen one too."""
    named = method_words.method_meant(turn.text, stored(case.record, case.order), case.order.payment.methods)
    return bool(named.method)


def _by_place(turn: Turn) -> str:
    options = [each for each in turn.dialogue.options if each.value.startswith("method:")]
    picked = yesno.choice(turn.text, [each.label for each in options])
    return (
        options[picked[0]].value.removeprefix("method:")
        if picked and len(picked) == 1 and picked[0] < len(options)
        else ""
    )


def photo(turn: Turn, draft: ReturnDraft) -> bool:
    """Whether a photo came, or the customer says that there is none."""
    if any(said.attachments for said in turn.context.said):
        draft.photo = "given"
    elif turn.dialogue.asked == "photo" and (turn.choice == "no_photo" or _NO_PHOTO.search(fold(turn.text))):
        draft.photo = "none"
    else:
        return False
    return True
