"""What is said of one product, or of two side by side: each part of the question answered by the data, or said not to be known.

Stock and prices are read again at the moment of answering. Knows no search; which product is meant was decided before.
"""

from collections.abc import Callable
from typing import Final

from server.answering.context import Goods, GoodsTalk, Option
from server.answering.skills.goods_meant import Asked
from server.answering.skills.goods_reading import Kind, Question, quantity_in
from server.answering.turn import Turn
from server.answering.words import goods_words
from server.commerce.catalogue import cart, evidence
from server.commerce.catalogue.evidence import Topic
from server.commerce.catalogue.fit import fit, measures_in, usual_size_in
from server.commerce.catalogue.variants import (
    Wanted,
    availability,
    options_of,
    right_variant,
    state_of,
    wanted_in,
)
from server.commerce.model import Product, Variant
from server.errors import StoreUnavailable

_OWN_IDEAS_OF_OPTIONS: Final = ("m_sizes",)
_OWN_IDEAS: Final = {"size": "m_dimensions", "warranty": "m_warranty"}


async def one(turn: Turn, shelf: Goods, asked: Asked, product: Product, talk: GoodsTalk) -> None:
    """Answer a question about one product."""
    product = await _fresh(turn, product)
    wanted = _wanted(turn, asked, product)
    if talk.product_id != product.id:
        talk.shown = talk.shown if product.id in talk.shown else [product.id]
    talk.product_id, talk.wanted = product.id, {name: sorted(values) for name, values in wanted.values.items()}
    if asked.question.asks("cart"):
        _fill_cart(turn, shelf, asked, product, wanted, talk)
        return
    is_known = _parts(turn, shelf, asked, product, wanted)
    turn.leaves_open = turn.leaves_open or not is_known
    _offer(turn, shelf, asked, product, wanted, is_known=is_known)


async def two(turn: Turn, shelf: Goods, products: tuple[Product, ...], talk: GoodsTalk) -> None:
    """Hold two products side by side."""
    left, right = [await _fresh(turn, each) for each in products[:2]]
    turn.speech.join(goods_words.side_by_side(left, right, shelf.currency, turn.voice))
    talk.shown, talk.product_id, talk.wanted = [left.id, right.id], "", {}
    turn.options = [Option(goods_words.label(each), f"product:{each.id}") for each in (left, right)]


def wanted_of(turn: Turn, asked: Asked, product_id: str) -> Wanted:
    """Which options of a product the message names."""
    product = asked.product(product_id) if product_id else None
    return wanted_in(asked.question.text, product, turn.voice.language) if product is not None else Wanted({})


async def _fresh(turn: Turn, product: Product) -> Product:
    """The product as the shop has it now; as the catalogue has it when the shop does not answer."""
    try:
        return await turn.context.store.product(product.id) or product
    except StoreUnavailable:
        return product


def _wanted(turn: Turn, asked: Asked, product: Product) -> Wanted:
    """The wanted options: of a tapped version, or named now, on top of those named before of the same product."""
    kind, _, sku = (turn.choice or "").partition(":")
    tapped = next((each for each in product.variants if kind == "variant" and each.sku == sku), None)
    if tapped is not None:
        return Wanted({name: frozenset({value}) for name, value in tapped.options.items()})
    same = asked.talk.product_id == product.id
    before = Wanted({name: frozenset(values) for name, values in asked.talk.wanted.items()}) if same else Wanted({})
    named = _named(turn, asked, product)
    return Wanted({**before.values, **named.values}, named.unlisted)


def _named(turn: Turn, asked: Asked, product: Product) -> Wanted:
    """The options that the message itself names; the size that somebody usually wears is none."""
    found = wanted_in(asked.question.text, product, turn.voice.language)
    return found.without_size() if asked.question.asks("size") else found


def _parts(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    """Say every part that was asked for; whether all of it was known."""
    question, named = asked.question, _named(turn, asked, product)
    if question.asks("about") or (question.is_bare and product.id != asked.talk.product_id):
        _overview(turn, shelf, asked, product, wanted)
        return True
    topic = _topic(asked, product, named)
    said = [each(turn, shelf, asked, product, wanted) for kind, each in _SAYING if _is_due(question, kind, wanted)]
    if topic:
        said.append(_say_topic(turn, product, topic, is_alone=not said))
    if not said and (named or (asked.talk.product_id == product.id and question.ordinal is None)):
        said.append(_say_stock(turn, shelf, asked, product, wanted))
    elif not said:
        _overview(turn, shelf, asked, product, wanted)
    return all(said)


def _is_due(question: Question, kind: Kind, wanted: Wanted) -> bool:
    """Whether a part is to be said; of a wanted version, "does it come in" and "is it in stock" are one question."""
    return question.asks(kind) and not (kind == "options" and wanted and question.asks("stock"))


def _topic(asked: Asked, product: Product, named: Wanted) -> Topic:
    """What else is asked; beside other parts only what surely is a matter of its own."""
    question = asked.question
    topic = evidence.topic_of(question.text, product, asked.language)
    if question.asks("compatible", "reviews", "link"):
        return Topic(frozenset(), frozenset())
    kinds = [kind for kind in question.kinds if kind != "seek"]
    if kinds or named or question.ordinal is not None:
        return topic.properties().without(
            [*_OWN_IDEAS_OF_OPTIONS, *(_OWN_IDEAS[kind] for kind in kinds if kind in _OWN_IDEAS)]
        )
    return topic


def _say_topic(turn: Turn, product: Product, topic: Topic, *, is_alone: bool) -> bool:
    found = evidence.says(product, topic, turn.voice.language)
    if "m_warranty" in topic.ideas and product.warranty_months is not None:
        turn.speech.join(goods_words.warranty(product, turn.voice))
        return True
    if found or is_alone:
        turn.speech.join(goods_words.told(product, found, turn.voice))
    return bool(found) or not is_alone


# The parts


def _say_price(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    variants = availability(product, wanted).meant
    turn.speech.join(goods_words.price(product, variants, shelf.currency, turn.voice))
    return True


def _say_stock(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    found = availability(product, wanted)
    turn.speech.join(goods_words.stock(product, found, turn.voice, turn.context.shop.tz))
    return bool(found.in_stock)


def _say_options(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    if wanted:
        return _say_stock(turn, shelf, asked, product, wanted)
    turn.speech.join(goods_words.choices(product, turn.voice))
    return True


def _say_size(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    chart, text = product.size_chart, asked.question.text
    if chart is not None:
        found = fit(chart, measures_in(text), usual_size_in(text, chart))
        turn.speech.join(goods_words.size(product, chart, found, turn.voice))
        if found.outcome == "unknown" and len(asked.question.kinds) == 1:
            turn.ask("goods_size")
        return True
    told = evidence.says(product, Topic(frozenset({"fit"}), frozenset({"m_cut", "m_sizes"})), turn.voice.language)
    if told:
        turn.speech.join(goods_words.told(product, told, turn.voice))
        return True
    turn.say("goods.size_none", product=goods_words.name(product))
    turn.speech.join(goods_words.choices(product, turn.voice))
    return False


def _say_compatible(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    found = evidence.compatibility(product, asked.question.text)
    if not found.listed:
        topic = evidence.topic_of(asked.question.text, product, asked.language)
        pieces = evidence.says(product, topic, asked.language)
        turn.speech.join(goods_words.told(product, pieces, turn.voice))
        return bool(pieces)
    turn.speech.join(goods_words.compatible(product, found.named, turn.voice))
    return bool(found.named)


def _say_reviews(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    turn.speech.join(goods_words.reviews(product, turn.voice))
    return True


def _say_warranty(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    turn.speech.join(goods_words.warranty(product, turn.voice))
    return product.warranty_months is not None


def _say_link(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> bool:
    url = cart.passable(product.url)
    turn.speech.join(goods_words.link("goods.page" if url else "goods.cart_none_plain", product, None, url, turn.voice))
    return bool(url)


_Part = Callable[[Turn, Goods, Asked, Product, Wanted], bool]
_SAYING: Final[tuple[tuple[Kind, _Part], ...]] = (
    ("price", _say_price),
    ("stock", _say_stock),
    ("options", _say_options),
    ("size", _say_size),
    ("compatible", _say_compatible),
    ("warranty", _say_warranty),
    ("reviews", _say_reviews),
    ("link", _say_link),
)


def _overview(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted) -> None:
    """A product by itself: what its page says first, what it costs, what there is."""
    first = evidence.sentences_of(product.description)[:1]
    if first:
        turn.speech.join(goods_words.told(product, [evidence.Said("", first[0])], turn.voice))
    _say_price(turn, shelf, asked, product, wanted)
    _say_stock(turn, shelf, asked, product, wanted)


# The cart, and what is offered next


def _fill_cart(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted, talk: GoodsTalk) -> None:
    """A link to the cart for the one version that is meant; which version, where that is open."""
    choice = right_variant(product, wanted)
    if choice.variant is None:
        _ask_version(turn, asked, product, choice.candidates, wanted, talk)
        return
    if state_of(choice.variant) == "sold_out":
        _say_stock(turn, shelf, asked, product, wanted)
        turn.options = [turn.option("choice.human", "human")]
        return
    url = _link(turn, shelf, choice.variant, quantity_in(asked.question.text))
    page = cart.passable(product.url)
    key = "goods.cart" if url else "goods.cart_none" if page else "goods.cart_none_plain"
    turn.speech.join(goods_words.link(key, product, choice.variant, url or page, turn.voice))


def _ask_version(
    turn: Turn, asked: Asked, product: Product, candidates: tuple[Variant, ...], wanted: Wanted, talk: GoodsTalk
) -> None:
    open_now = [each for each in candidates or product.variants if state_of(each) != "sold_out"]
    if not open_now or wanted.unlisted:
        turn.speech.join(goods_words.stock(product, availability(product, wanted), turn.voice, turn.context.shop.tz))
        turn.options = [turn.option("choice.human", "human")]
        return
    talk.question = asked.question.text or "cart"
    turn.say("goods.which_version", product=goods_words.name(product))
    turn.ask("which_version", [Option(_version(product, each), f"variant:{each.sku}") for each in open_now])


def _version(product: Product, variant: Variant) -> str:
    several = [name for name, values in options_of(product).items() if len(values) > 1]
    return ", ".join(variant.options[name] for name in several if name in variant.options) or variant.sku


def _link(turn: Turn, shelf: Goods, variant: Variant, quantity: int) -> str | None:
    """The link of the operator's template, else the shop platform's own."""
    platform: cart.Platform | None = getattr(turn.context.store, "cart_url", None)
    return cart.cart_link(shelf.cart_url, platform, variant, quantity)


def _offer(turn: Turn, shelf: Goods, asked: Asked, product: Product, wanted: Wanted, *, is_known: bool) -> None:
    """What one may go on with: the cart while there is something to buy, a person where the data said nothing."""
    found = availability(product, wanted)
    options: list[Option] = []
    if found.in_stock and _link(turn, shelf, found.in_stock[0], 1):
        options.append(turn.option("choice.cart", "goods:cart"))
    asks = asked.question.asks
    if product.size_chart is not None and not asks("size"):
        options.append(turn.option("choice.which_size", "goods:size"))
    if product.reviews and not asks("reviews"):
        options.append(turn.option("choice.reviews", "goods:reviews"))
    turn.options = [*options, turn.option("choice.human", "human")] if not is_known or options else []
