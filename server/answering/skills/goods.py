"""Answers before a purchase: what there is, what it costs, whether it is in stock, which size, what its page says, and the cart.

Everything comes from the product's own data, which is public: nobody proves who they are, and no order is looked at. What the data
does not say is said not to be known, with a person within reach. At most one question is asked back.
"""

import re
from typing import Final

from server.answering.context import Goods, GoodsTalk, Option
from server.answering.skills import goods_answers, guide, implied
from server.answering.skills.goods_meant import Asked, Meant, best_rated, meant, names_goods, names_something
from server.answering.skills.goods_reading import Kind, Question, follow_up, read
from server.answering.told import same_again, told
from server.answering.turn import Turn
from server.answering.understand.shape import COURTESIES
from server.answering.words import goods_words
from server.commerce.catalogue.evidence import topic_of
from server.commerce.catalogue.fit import measures_in
from server.commerce.catalogue.index import Index
from server.commerce.catalogue.variants import wanted_in
from server.commerce.model import Product
from server.errors import StoreUnavailable

INTENTS: Final = frozenset({"product_question", "stock_question"})
_QUESTIONS: Final = frozenset({"which_product", "which_version", "goods_need", "goods_size"})
_NO_TASK: Final = frozenset({*INTENTS, "greeting", "thanks", "goodbye", "other", "complaint"})
_OPEN: Final = frozenset({"", "choose", *_QUESTIONS})
_REMEMBERED_S: Final = 24 * 3600.0
_CATEGORIES: Final = 5
_OFFERED: Final = ("cart", "size", "reviews")
_PARTS: Final = 3
_FEW_WORDS: Final = 6
_ENDS: Final = frozenset({"goodbye", "thanks"})
_MEASURE: Final = re.compile(r"\d\s?(?:cm|in\b|inch|\"|zoll|pouces|pulgadas|polegadas)", re.IGNORECASE)
_LISTED: Final[tuple[Kind, ...]] = ("stock", "seek", "restock", "options")
_ORDER_WORD: Final = re.compile(
    r"\b(my|mi|mon|ma|mein\w*|meu|minha) (order|pedido|commande|bestellung|encomenda|parcel|package|paket|colis)\b",
    re.IGNORECASE,
)


async def goods(turn: Turn) -> None:
    """Answer what the message asks about goods, one after the other where it speaks of several."""
    index, shelf = await _index(turn), turn.context.goods
    if index is None or shelf is None:
        await guide.for_a_person(turn)
        return
    parts = _parts(turn, shelf, index)
    if all(part.is_trouble for part in parts):
        guide.unsure(turn)
        return
    before = turn.dialogue.asked_times, turn.dialogue.asked
    for part in parts[:_PARTS]:
        await _answer(turn, shelf, _asked(turn, shelf, index, part))
        if turn.dialogue.asked and (turn.dialogue.asked_times, turn.dialogue.asked) != before:
            break


def _parts(turn: Turn, shelf: Goods, index: Index) -> list[Question]:
    """The questions about goods: a clause that names other goods begins a new one, any other belongs to the one before."""
    texts: list[str] = []
    for clause in _own_clauses(turn):
        names = names_something(_asked(turn, shelf, index, read(clause)))
        if not texts or (names and names_something(_asked(turn, shelf, index, read(texts[-1]))) and read(clause).kinds):
            texts.append(clause)
        else:
            texts[-1] += f" {clause}"
    return [read(text) for text in texts] or [read(turn.text)]


async def continues(turn: Turn) -> bool:
    """Go on with goods if this message answers a question about them, points back to them, or names some; whether it did."""
    shelf = turn.context.goods
    if shelf is None or turn.dialogue.asked not in _OPEN or _asks_else(turn):
        return False
    if not _may_be_goods(turn) or _takes_leave(turn):
        return False
    index = await _index(turn)
    if index is None:
        return False
    asked = _asked(turn, shelf, index, _question(turn))
    if asked.question.is_trouble and not _is_choice(turn):
        return False
    if not (_is_choice(turn) or turn.dialogue.asked in _QUESTIONS or _goes_on(turn, asked) or _is_claimed(turn, asked)):
        return False
    if turn.dialogue.asked in _QUESTIONS and not _is_choice(turn) and _is_off(turn, asked):
        return False
    if not turn.dialogue.asked and "?" not in turn.text and await implied.is_change(turn):
        return False
    await _answer(turn, shelf, asked)
    return True


async def sold(turn: Turn) -> bool:
    """Answer whether the shop sells what the message names, however the question was read; whether it named anything."""
    shelf, index = turn.context.goods, await _index(turn)
    if shelf is None or index is None or turn.choice:
        return False
    asked = _asked(turn, shelf, index, read(turn.text))
    if not (asked.question.asks("stock", "seek", "price", "best") and names_goods(asked)):
        return False
    await _answer(turn, shelf, asked)
    return True


def _asks_else(turn: Turn) -> bool:
    """Whether the message surely asks for something that is not about goods."""
    found = turn.understood.entities
    if _is_choice(turn):
        return False
    if found.order_number or found.email or found.tracking_number or _ORDER_WORD.search(turn.text):
        return True
    if told(turn.text) and not _picks_or_buys(turn):
        return True
    others = {each.name for each in turn.understood.intents} - _NO_TASK
    return bool(others) and not turn.understood.abstain and not _picks_or_buys(turn)


def _picks_or_buys(turn: Turn) -> bool:
    """ "Add the blue one to my basket", "the cheaper one": no change of an order while goods are spoken of."""
    question, talk = read(turn.text), _talk(turn)
    picks = question.extreme and len(talk.shown) > 1 and len(turn.text.split()) <= _FEW_WORDS
    return talk.at > 0 and (question.asks("cart") or bool(picks))


def _takes_leave(turn: Turn) -> bool:
    """Whether somebody only thanks or goes, whatever was asked."""
    return (
        turn.understood.intent in _ENDS
        and not turn.understood.abstain
        and not read(turn.text).kinds
        and "?" not in turn.text
    )


def _may_be_goods(turn: Turn) -> bool:
    """Whether it is worth looking into the catalogue: courtesies and sure readings go their own way."""
    if _is_choice(turn) or turn.dialogue.asked in _QUESTIONS or _picks_or_buys(turn):
        return True
    is_courtesy = turn.understood.intent in COURTESIES and "?" in turn.text and _talk(turn).at > 0
    return turn.understood.abstain or turn.understood.intent == "other" or is_courtesy  # "ok, L then?"


def _is_choice(turn: Turn) -> bool:
    return bool(turn.choice) and str(turn.choice).partition(":")[0] in ("product", "variant", "goods")


def _is_off(turn: Turn, asked: Asked) -> bool:
    """An open question about goods was not answered: nothing in the message points to any."""
    question = asked.question
    named = names_goods(asked) or question.kinds or question.ordinal is not None
    return not named and meant(asked).how in ("none", "unnamed", "vague") and turn.dialogue.asked_times > 1


def _goes_on(turn: Turn, asked: Asked) -> bool:
    """A short message that only makes sense after what was told: "and in green?", "the second one", "how much?"."""
    question, talk = asked.question, asked.talk
    if not talk.at:
        return False
    points = question.ordinal is not None or question.is_both or bool(question.kinds) or question.points_back
    return points or question.goes_on or bool(goods_answers.wanted_of(turn, asked, talk.product_id))


def _is_claimed(turn: Turn, asked: Asked) -> bool:
    """Whether an unsure message is about goods after all: it names some, or looks for something."""
    question = asked.question
    likely = turn.understood.intent in INTENTS
    if same_again(turn.text, turn.context.history):
        return False
    return (
        names_goods(asked, is_likely=likely)
        or (likely and bool(question.kinds))
        or (question.asks("seek", "stock") and meant(asked).how in ("several", "vague"))
    )


# What is asked, and about what


async def _index(turn: Turn) -> Index | None:
    """The catalogue; None where it is empty or cannot be read now."""
    if turn.context.goods is None:
        return None
    try:
        index = await turn.context.goods.catalogue.index()
    except StoreUnavailable:
        return None
    return index if index.products else None


def _talk(turn: Turn) -> GoodsTalk:
    """What was said of goods in this sitting."""
    talk = turn.dialogue.goods
    recent = talk is not None and turn.context.now.timestamp() - talk.at < _REMEMBERED_S
    return talk if talk is not None and recent else GoodsTalk()


def _asked(turn: Turn, shelf: Goods, index: Index, question: Question) -> Asked:
    return Asked(question, index, _talk(turn), turn.voice.language, shelf.currency)


def _own_clauses(turn: Turn) -> list[str]:
    """The clauses that are not about something else that the message surely asks for."""
    others = {each.name for each in turn.understood.intents} - _NO_TASK if _has_other_tasks(turn) else set()
    clauses = [each for each in turn.understood.clauses if not (each.intents and each.intents[0].name in others)]
    return [each.text for each in clauses] or [turn.text]


def _has_other_tasks(turn: Turn) -> bool:
    return not turn.understood.abstain and bool({each.name for each in turn.understood.intents} - _NO_TASK)


def _question(turn: Turn) -> Question:
    """The question as it stands; for an answer to ours, the one that had waited for it."""
    talk = _talk(turn)
    kind, _, value = (turn.choice or "").partition(":")
    if kind == "goods" and value in _OFFERED:
        return follow_up(turn.text, (value,))
    if kind == "goods":
        return read(value)
    if _is_choice(turn):
        return read(talk.question)
    return read(turn.text)


# Answers


async def _answer(turn: Turn, shelf: Goods, asked: Asked) -> None:
    was_asked = turn.dialogue.asked if turn.dialogue.asked in _QUESTIONS else ""
    if was_asked:
        turn.settle()
    turn.dialogue.unsure_times = 0
    chosen = _chosen(turn, asked)
    found = Meant("one", (chosen,)) if chosen is not None else meant(asked)
    question = _whole(asked, found, was_asked)
    turn.dialogue.goods = talk = _begun(turn, asked.talk, question)
    await _say(turn, shelf, Asked(question, asked.index, asked.talk, asked.language, asked.currency), found, talk)


def _begun(turn: Turn, before: GoodsTalk, question: Question) -> GoodsTalk:
    """What will be remembered of this answer; a measure is, so that the next may be told without its name."""
    measured = next((each.name for each in measures_in(question.text)), "")
    return GoodsTalk(
        list(before.shown), before.product_id, dict(before.wanted), list(question.kinds), measured, turn.context.now.timestamp()
    )  # fmt: skip


def _whole(asked: Asked, found: Meant, was_asked: str) -> Question:
    """The question with what was left out of it, because it had been said before."""
    question, before = asked.question, asked.talk
    if question.kinds or found.how != "one":
        return question
    if was_asked == "goods_size":
        return follow_up(f"size {question.text}", {"size"})
    if was_asked:
        return read(f"{before.question} {question.text}")
    if "size" in before.kinds and _MEASURE.search(question.text):
        return follow_up(f"{before.question} {question.text}", {"size"})
    product = found.products[0]
    if question.goes_on and before.kinds and not _says_more(asked, product):
        return follow_up(question.text, set(before.kinds) - {"seek", "cart"})
    return question


def _says_more(asked: Asked, product: Product) -> bool:
    """Whether a short message about the product of before asks something of its own: a colour, a property."""
    if product.id != asked.talk.product_id:
        return False
    topic = topic_of(asked.question.text, product, asked.language).properties()
    return bool(topic or wanted_in(asked.question.text, product, asked.language))


def _chosen(turn: Turn, asked: Asked) -> Product | None:
    """The product of a tapped reply."""
    kind, _, value = (turn.choice or "").partition(":")
    if kind == "product":
        return asked.product(value)
    if kind == "variant":
        return next(
            (each for each in asked.index.products.values() if any(one.sku == value for one in each.variants)), None
        )
    return None


async def _say(turn: Turn, shelf: Goods, asked: Asked, found: Meant, talk: GoodsTalk) -> None:
    match found.how:
        case "one" if asked.question.asks("best"):
            _best(turn, shelf, found.products, talk)
        case "one" if _is_search(asked, found.products[0]):
            _several(turn, shelf, asked, found, talk)
        case "one":
            await goods_answers.one(turn, shelf, asked, found.products[0], talk)
        case "two":
            await goods_answers.two(turn, shelf, found.products, talk)
        case "several" | "near":
            _several(turn, shelf, asked, found, talk)
        case "none":
            turn.say("goods.not_found")
            turn.leaves_open = True
            turn.options = [turn.option("choice.human", "human")]
        case "vague":
            _ask_need(turn, asked)
        case "unnamed":
            _ask_which(turn, asked, asked.talk.shown, talk, "goods.which")


def _is_search(asked: Asked, product: Product) -> bool:
    """Whether something was looked for and one thing was found: it is shown, not explained."""
    return asked.question.kinds == ("seek",) and product.id != asked.talk.product_id


def _several(turn: Turn, shelf: Goods, asked: Asked, found: Meant, talk: GoodsTalk) -> None:
    """A short list; where the question can only be answered of one, which one."""
    products, question = found.products, asked.question
    if question.asks("best"):
        _best(turn, shelf, products, talk)
        return
    if len(products) > 1 and question.kinds and not question.asks(*_LISTED) and found.how != "near":
        _ask_which(turn, asked, [each.id for each in products], talk, "goods.which_of")
        return
    intro = "goods.found_near" if found.how == "near" else "goods.found_one" if len(products) == 1 else "goods.found"
    turn.speech.join(goods_words.listed(products, shelf.currency, turn.voice, intro))
    talk.shown, talk.wanted = [each.id for each in products], {}
    talk.product_id = products[0].id if len(products) == 1 else ""
    talk.question = question.text if question.asks("options", "stock") else ""
    turn.options = [*_product_options(products), turn.option("choice.human", "human")]


def _best(turn: Turn, shelf: Goods, products: tuple[Product, ...], talk: GoodsTalk) -> None:
    """What buyers rated best; where they rated nothing, what there is, and that nobody here knows how it sells."""
    rated = tuple(best_rated(products))
    if rated:
        turn.speech.join(goods_words.ranked(rated, shelf.currency, turn.voice))
    elif products:
        turn.speech.join(goods_words.listed(products, shelf.currency, turn.voice, "goods.no_ranking"))
    else:
        turn.say("goods.no_ranking_at_all")
        turn.leaves_open = True
    shown = rated or products
    talk.shown, talk.wanted = [each.id for each in shown], {}
    talk.product_id = shown[0].id if len(shown) == 1 else ""
    talk.question = ""
    turn.options = [*_product_options(shown), turn.option("choice.human", "human")]


def _product_options(products: tuple[Product, ...]) -> list[Option]:
    return [Option(goods_words.label(each), f"product:{each.id}") for each in products]


def _ask_which(turn: Turn, asked: Asked, shown: list[str], talk: GoodsTalk, key: str) -> None:
    """The one question: which product. With other tasks waiting it is only said."""
    products = tuple(product for product in map(asked.product, shown) if product is not None)
    turn.say(key)
    talk.question, talk.shown = asked.question.text, [each.id for each in products]
    options = [*_product_options(products), turn.option("choice.human", "human")]
    if _has_other_tasks(turn):
        turn.options = options
    else:
        turn.ask("which_product", options)


def _ask_need(turn: Turn, asked: Asked) -> None:
    """Nothing was said of what it should be: what it is for, with what the shop has most of."""
    counts: dict[str, int] = {}
    for product in asked.index.products.values():
        if product.category and product.is_on_sale:
            counts[product.category] = counts.get(product.category, 0) + 1
    most = sorted(counts, key=lambda category: (-counts[category], category))[:_CATEGORIES]
    turn.say("goods.need")
    turn.ask("goods_need", [Option(category, f"goods:{category}") for category in most])
