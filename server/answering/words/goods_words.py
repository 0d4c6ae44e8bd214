"""What is said of goods: every sentence made of facts of the product's own data, quoted where they are texts.

Knows phrases and products; it decides nothing. A text of the data is one fact, so that it is said as it stands or not at all.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from server.answering.words.voice import Speech, Voice
from server.commerce.catalogue.compare import Shared, compare, prices
from server.commerce.catalogue.evidence import Said
from server.commerce.catalogue.fit import Fit
from server.commerce.catalogue.variants import Availability, options_of, state_of
from server.commerce.model import Fact, LocalTime, Money, Product, Review, SizeChart, Variant

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_END: Final = re.compile(r"(?<=[.!?…])\s+")
_OLD: Final = timedelta(hours=1)
_LONGEST: Final = 280
_REVIEWS: Final = 3
_RATINGS: Final = 2
_VALUES: Final = 14
_SHORT_NUMBER: Final = 3
_SIZE_KEYS: Final = {"one": "goods.size_fits", "between": "goods.size_between", "usual": "goods.size_usual"}


def label(product: Product, variant: Variant | None = None) -> str:
    """The name of a product, or of one of its variants: "Merino Scarf (Blue)"."""
    values = [value for name, value in variant.options.items() if len(options_of(product)[name]) > 1] if variant else []
    title = _flat(product.title)
    return f"{title} ({', '.join(map(_flat, values))})" if values else title


def name(product: Product, variant: Variant | None = None) -> Fact:
    """The name as a fact."""
    return Fact("product", "product", label(product, variant), product.source, product.as_of)


def price_of(product: Product, minor: int, currency: str, key: str = "price") -> Fact | None:
    """A price as a fact; None where nobody says in which currency it is."""
    code = (product.currency or currency).strip().upper()
    if not _CURRENCY.fullmatch(code) or minor < 0:
        return None
    return Fact(key, "amount", Money(minor, code), product.source, product.as_of)


def text(key: str, value: str, product: Product) -> Fact:
    """A text of the product's data, as it stands. A bare number is a count."""
    flat = _flat(value)
    if flat.isdigit() and len(flat) < _SHORT_NUMBER:
        return Fact(key, "count", int(flat), product.source, product.as_of)
    return Fact(key, "text", flat, product.source, product.as_of)


def _flat(value: str) -> str:
    flat = re.sub(r"\s+", " ", value).strip()
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST].rsplit(' ', 1)[0]} …"


def _add(speech: Speech, key: str, **facts: Fact) -> None:
    """Say a phrase; a text of several sentences is proven sentence by sentence."""
    speech.add(key, **facts)
    for fact in facts.values():
        if isinstance(fact.value, str):
            pieces = [piece for piece in _END.split(fact.value) if piece != fact.value]
            speech.line("", *(Fact(fact.key, fact.kind, piece, fact.source, fact.at) for piece in pieces))


def _stock_fact(product: Product, state: str) -> Fact:
    return Fact("stock", "status", state, product.source, product.as_of)


# Stock and options


def stock(product: Product, found: Availability, voice: Voice, tz: str) -> Speech:
    """What the data says of the stock of the wanted variants, and as of when if that is a while ago."""
    speech = voice.speech()
    if found.wanted.unlisted:
        _add(
            speech,
            "goods.unlisted_colour" if "colour" in found.wanted.unlisted else "goods.unlisted_size",
            product=name(product),
        )
        speech.join(choices(product, voice))
        return speech
    if len(found.meant) == 1:
        _say_one(speech, product, found.meant[0])
    else:
        _say_many(speech, product, found)
    _say_age(speech, product, voice.now, tz)
    return speech


def _say_one(speech: Speech, product: Product, variant: Variant) -> None:
    state, who = state_of(variant), name(product, variant)
    if state == "few" and variant.stock is not None:
        _add(speech, "goods.few", product=who, left=Fact("left", "count", variant.stock, product.source, product.as_of))
    else:
        _add(speech, f"goods.{'in_stock' if state == 'few' else state}", product=who)
    speech.line("", _stock_fact(product, "sold_out" if state == "sold_out" else "in_stock"))


def _say_many(speech: Speech, product: Product, found: Availability) -> None:
    if not found.in_stock:
        _add(speech, "goods.sold_out", product=name(product))
        speech.line("", _stock_fact(product, "sold_out"))
        return
    _add(
        speech, "goods.stocked", product=name(product), values=text("values", _listed(product, found.in_stock), product)
    )
    speech.line("", _stock_fact(product, "in_stock"))
    if found.sold_out:
        _add(speech, "goods.gone", values=text("gone", _listed(product, found.sold_out), product))
        speech.line("", _stock_fact(product, "sold_out"))


def _listed(product: Product, variants: Sequence[Variant]) -> str:
    """The options of variants in a row: "Red, Blue", or by the first option: "Red S, M; Blue M"."""
    names = [each for each, values in options_of(product).items() if len(values) > 1]
    if len(names) < 2:
        return ", ".join(
            " ".join(variant.options.get(each, "") for each in names) or variant.sku for variant in variants[:_VALUES]
        )
    groups: dict[str, list[str]] = {}
    for variant in variants:
        groups.setdefault(variant.options.get(names[0], ""), []).append(
            " ".join(variant.options.get(each, "") for each in names[1:])
        )
    return "; ".join(f"{first} {', '.join(rest)}".strip() for first, rest in list(groups.items())[:_VALUES])


def _say_age(speech: Speech, product: Product, now: datetime, tz: str) -> None:
    if now - product.as_of > _OLD:
        speech.add(
            "goods.as_of",
            stock_at=Fact("stock_at", "datetime", LocalTime(product.as_of, tz), product.source, product.as_of),
        )


def choices(product: Product, voice: Voice) -> Speech:
    """What a product comes in, by option."""
    speech, several = voice.speech(), {key: values for key, values in options_of(product).items() if len(values) > 1}
    if not several:
        _add(speech, "goods.one_version", product=name(product))
        return speech
    lists = [", ".join(values[:_VALUES]) for values in several.values()]
    _add(speech, "goods.comes_in", product=name(product), values=text("values", "; ".join(lists), product))
    return speech


# Price


def price(product: Product, variants: Sequence[Variant], currency: str, voice: Voice) -> Speech:
    """What it costs; from lowest to highest where the versions differ."""
    speech, minors = voice.speech(), sorted(variant.price_minor for variant in variants or product.variants)
    low = price_of(product, minors[0], currency) if minors else None
    if low is None:
        _add(speech, "goods.price_unknown", product=name(product))
        return speech
    who = name(product, variants[0] if len(variants) == 1 else None)
    was = variants[0].was_price_minor if len(variants) == 1 else _common_was(product)
    before = price_of(product, was, currency, "was_price") if was and was > minors[-1] else None
    if minors[0] != minors[-1]:
        high = price_of(product, minors[-1], currency, "high")
        _add(speech, "goods.price_range", product=who, low=low, high=high or low)
    elif before is not None:
        _add(speech, "goods.price_was", product=who, price=low, was_price=before)
    else:
        _add(speech, "goods.price", product=who, price=low)
    return speech


def _common_was(product: Product) -> int | None:
    found = {variant.was_price_minor for variant in product.variants}
    return found.pop() if len(found) == 1 else None


# What the data says


def told(product: Product, pieces: Sequence[Said], voice: Voice) -> Speech:
    """Attributes and sentences, quoted; that it says nothing where there is none."""
    speech = voice.speech()
    for piece in pieces:
        if piece.name:
            _add(speech, "goods.attribute", product=name(product), name=text("name", piece.name.replace("_", " "), product),
                 value=text("value", piece.value.rstrip("."), product))  # fmt: skip
        else:
            _add(speech, "goods.sentence", product=name(product), value=text("value", piece.value, product))
    if not pieces:
        _add(speech, "goods.unknown", product=name(product))
    return speech


def warranty(product: Product, voice: Voice) -> Speech:
    """How long the warranty is; unknown where the data does not say."""
    if product.warranty_months is None:
        return told(product, (), voice)
    months = Fact("months", "count", product.warranty_months, product.source, product.as_of)
    return voice.speech().add("goods.warranty", product=name(product), months=months)


def compatible(product: Product, named: Sequence[str], voice: Voice) -> Speech:
    """What it is listed as compatible with."""
    speech = voice.speech()
    if not product.compatible_with:
        return told(product, (), voice)
    key, listed = (
        ("goods.compatible", named) if named else ("goods.compatible_others", product.compatible_with[:_VALUES])
    )
    _add(speech, key, product=name(product), listed=text("listed", ", ".join(listed), product))
    return speech


def size(product: Product, chart: SizeChart, found: Fit, voice: Voice) -> Speech:
    """What the size chart says; a question where it was not told enough."""
    speech, who = voice.speech(), name(product)
    sizes = text("sizes", " / ".join(found.sizes) if found.outcome != "unknown" else ", ".join(found.sizes), product)
    if found.outcome == "unknown":
        names = dict.fromkeys(each for row in chart.rows.values() for each in row)
        _add(speech, "goods.size_ask", product=who, sizes=sizes, names=text("names", ", ".join(names), product))
        return speech
    if found.outcome in ("beyond", "below"):
        _add(speech, f"goods.size_{found.outcome}", product=who, sizes=sizes)
    else:
        _add(
            speech,
            _SIZE_KEYS[found.outcome],
            product=who,
            sizes=sizes,
            measures=text("measures", _measures(found), product),
        )
    if found.note:
        _add(speech, "goods.size_note", value=text("value", found.note, product))
    elif found.outcome == "between":
        speech.add("goods.size_no_note")
    return speech


def _measures(found: Fit) -> str:
    """`chest 92-96 / 96-100 cm`: the chart's own names and values."""
    unit = f" {found.unit}" if found.unit else ""
    parts = (
        f"{measure} {' / '.join(values)}" + ("" if unit and unit.strip() in values[-1] else unit)
        for measure, values in found.by
    )
    return ", ".join(parts)


# Buyers, and two products side by side


def reviews(product: Product, voice: Voice) -> Speech:
    """What buyers wrote, word for word, with who they are and how they rated it. The worst is among those that are told."""
    speech = voice.speech()
    if not product.reviews:
        _add(speech, "goods.reviews_none", product=name(product))
        return speech
    _add(speech, "goods.reviews", product=name(product))
    for review in _chosen(product.reviews):
        author = (
            Fact("author", "person", _flat(review.author), product.source, product.as_of) if review.author else None
        )
        who = author or Fact("author", "text", voice.text("goods.buyer"), product.source, product.as_of)
        quote = text("quote", review.text, product)
        if review.rating is None:
            _add(speech, "goods.review", quote=quote, author=who)
        else:
            _add(
                speech,
                "goods.review_rated",
                quote=quote,
                author=who,
                rating=text("rating", f"{review.rating:g}", product),
            )
    return speech


def _chosen(found: Sequence[Review]) -> list[Review]:
    rated = [review for review in found if review.rating is not None]
    worst = min(rated, key=lambda review: review.rating or 0.0, default=None)
    first = [review for review in found if review is not worst][: _REVIEWS - (worst is not None)]
    return [*first, *([worst] if worst is not None else [])]


def side_by_side(left: Product, right: Product, currency: str, voice: Voice) -> Speech:
    """Both prices, and the attributes that both products have."""
    speech, shared = voice.speech(), compare(left, right)
    costs = [_cost(each, currency) for each in (left, right)]
    if not shared and not all(costs):
        _add(speech, "goods.compare_nothing", product=name(left), other=name(right))
        return speech
    _add(speech, "goods.compare", product=name(left), other=name(right))
    if costs[0] is not None and costs[1] is not None:
        _add(speech, "goods.compare_price", left=costs[0], right=costs[1])
    for each in shared:
        _line(speech, each, left)
    return speech


def _line(speech: Speech, shared: Shared, product: Product) -> None:
    called = text("name", shared.name.replace("_", " "), product)
    if shared.is_same:
        _add(speech, "goods.compare_same", name=called, value=text("value", shared.left, product))
    else:
        _add(
            speech,
            "goods.compare_line",
            name=called,
            left=text("left", shared.left, product),
            right=text("right", shared.right, product),
        )


def _cost(product: Product, currency: str) -> Fact | None:
    found = prices(product)
    return price_of(product, found[0], currency) if found else None


def listed(products: Sequence[Product], currency: str, voice: Voice, intro: str) -> Speech:
    """A short list, a line each: name and price, and that it is sold out."""
    speech = voice.speech().line(voice.text(intro))
    for product in products:
        found, gone = prices(product), not any(state_of(each) != "sold_out" for each in product.variants)
        cost = price_of(product, found[0], currency) if found else None
        if gone:
            _add(speech, "goods.item_gone", product=name(product))
            speech.line("", _stock_fact(product, "sold_out"))
        elif cost is None or found is None:
            _add(speech, "goods.item", product=name(product))
        else:
            _add(
                speech,
                "goods.item_price" if found[0] == found[1] else "goods.item_from",
                product=name(product),
                price=cost,
            )
    return speech


def rating_of(product: Product) -> tuple[float, int] | None:
    """The mean of what buyers gave, to one decimal, and how many of them did; None where fewer than two did."""
    given = [review.rating for review in product.reviews if review.rating is not None]
    return (round(sum(given) / len(given), 1), len(given)) if len(given) >= _RATINGS else None


def ranked(products: Sequence[Product], currency: str, voice: Voice) -> Speech:
    """A short list of what buyers rated best: name, price, mean rating, how many rated."""
    speech = voice.speech().line(voice.text("goods.best_rated"))
    for product in products:
        found, rating = prices(product), rating_of(product)
        cost = price_of(product, found[0], currency) if found else None
        if rating is None or cost is None:
            continue
        _add(
            speech,
            "goods.item_rated",
            product=name(product),
            price=cost,
            rating=text("rating", f"{rating[0]:g}", product),
            count=text("ratings", str(rating[1]), product),
        )
    return speech


def link(key: str, product: Product, variant: Variant | None, url: str | None, voice: Voice) -> Speech:
    """A sentence with a link."""
    speech = voice.speech()
    facts = {"product": name(product, variant)}
    if url:
        facts["url"] = Fact("url", "url", url, product.source, product.as_of)
    _add(speech, key, **facts)
    return speech
