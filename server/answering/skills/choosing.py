"""Which lines of which orders a text names: by title, by what they are, by their options, by place, by number.

Pure, in five languages. It never guesses: lines that a text cannot tell apart come back as `unclear`, to be asked about.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.answering.understand import spelling, yesno
from server.answering.words import wishes
from server.answering.words.option_words import NONE_VALUES, YES_VALUES
from server.answering.words.return_words import item_label
from server.answering.words.tokens import Token, ideas, stretches, tokens
from server.commerce.catalogue.words import fold
from server.commerce.model import Line, OrderSnapshot

_SMALL: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "for",
        "and",
        "with",
        "or",
        "by",
        "to",
        "de",
        "la",
        "el",
        "le",
        "les",
        "los",
        "las",
        "du",
        "des",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "und",
        "y",
        "e",
        "et",
        "o",
        "os",
        "as",
        "do",
        "da",
        "em",
        "en",
        "mit",
        "fur",
        "para",
        "con",
        "com",
        "avec",
        "pour",
        "set",
        "pack",
    ]
)
_IN_MANY: Final = frozenset({"with", "from", "and", "the", "set", "smart", "digital", "electric"})
"""Words of titles that say too little for a typing error to be mended into them."""
_TOWARDS: Final = re.compile(
    r"\b(?:for|to|into|in|with|but|instead|rather|por|para|en|con|a|pour|contre|en|par|gegen|in|zu|statt|mit|por|para|em|com)\b",
    re.IGNORECASE,
)
"""Where what is wanted instead may begin: option words behind it say nothing about which line is meant."""
_ALL_BUT: Final = re.compile(
    r"\b(?:everything|all(?: (?:of )?(?:it|them|the items|items|the things))?|the whole order|todo|todos|toda|todas|tout|tous|toutes|alles|alle|tudo)\b[\w\s,'#-]{0,45}?"
    r"\b(?:except(?: for)?|but(?: not)?|apart from|besides|other than|minus|menos|excepto|salvo|sauf|excepte|a part|ausser|außer|bis auf|exceto|fora)\b",
    re.IGNORECASE,
)
_LEFT_OUT: Final = re.compile(
    r"\b(?:(?<!why )not|n't|except(?: for)?|but not|without|keep(?:ing)?|scratch|skip|forget(?: about)?|drop|leave(?: out)?|ignore|never ?mind|minus|rather than|instead of|no|menos|excepto|salvo|en vez de|quedarme (?:con )?|quedo (?:con )?|pas|sauf|garde[rz]?|au lieu de|"
    r"nicht|kein\w*|au(?:ss|ß)er|statt|behalt\w*|não|nao|exceto|em vez de|ficar com|fico com)"
    r"\s+(?:(?:want|return|exchange|send|back|quiero|devolver|cambiar|veux|retourner|will|mochte|quero|to|also)\s+){0,3}(?:the|my|that|this|el|la|los|las|mi|le|les|l'|mon|ma|der|die|das|den|meine?n?|o|a|os|as|meu|minha)\b",
    re.IGNORECASE,
)
_INTO: Final = re.compile(
    r"\b(?:for|into|to|with|por|pour|contre|gegen|para)\s+(?:an?|another|some|une?|una|otr[oa]|ein\w*|uma?|outr[oa])\s+(?:[\w-]+\s+){0,2}$",
    re.IGNORECASE,
)
_REST_WORDS: Final = (
    r"(?:(?:all )?the rest(?: of (?:it|them|the|my|that)\b)?|(?:everything|anything|all) else|(?:all )?the (?:other|remaining) (?:items|things|stuff|articles|products|ones|lot)|all the others|"
    r"(?:todo )?el resto|(?:todo )?lo demas|(?:todos )?los demas|(?:tout )?le reste|(?:tous )?les autres|den rest|alles andere|alles ubrige|die anderen|(?:todo )?o resto|os outros|as outras)"
)
_REST: Final = re.compile(
    r"\b(?:return\w*|refund\w*|sen[dt]\w*|give|exchang\w*|swap\w*|devolv\w*|reembols\w*|retourn\w*|renvoy\w*|rembours\w*|zuruck\w*|erstatt\w*|umtausch\w*|tausch\w*|troc\w*|cambi\w*|echang\w*)"
    rf" (?:(?:me|back|for|of|por|pour|fur|gegen|a) ){{0,2}}{_REST_WORDS}\b(?! (?:is |stays? |remains? |should (?:be|stay) |(?:can|to) stay )?(?:the )?(?:same|as is|as it is|unchanged))"
    rf"|\b{_REST_WORDS} (?:(?:can|should|shall|goes?|going|is|are|to|be|want|get|quiero|je|veux|mochte|ich|quero) ){{0,4}}(?:back|returned|refunded|devolver\w*|retourner|renvoyer|zuruck\w*|devolver)\b"
)
_LINK: Final = re.compile(r",\s|\s(?:and|plus|y|et|und|e)\s|\s&\s", re.IGNORECASE)
_TONGUES: Final = ("es", "fr", "de", "pt")
_OTHER: Final = re.compile(
    r"\b(?:the other (?:one|item|thing|two)?|el otro|la otra|los otros|l'autre|les autres|(?:der|die|das|den) andere[nrs]?|o outro|a outra)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pick:
    """A line that is meant. `quantity` None = the text does not say how many; `text` is what is said about it."""

    order: OrderSnapshot
    line: Line
    quantity: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Meant:
    """The lines that a text names, and those that it names too vaguely to be told apart.

    `is_sure` = by more than a stray word of a title."""

    picks: tuple[Pick, ...] = ()
    unclear: tuple[Pick, ...] = ()
    is_sure: bool = False

    def __bool__(self) -> bool:
        return bool(self.picks or self.unclear)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line with the words by which it is called."""

    order: OrderSnapshot
    line: Line
    title: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A mention of lines in the text: `rank` 2 = by what they are called, 1 = by some word of the title."""

    start: int
    end: int
    entries: tuple[_Entry, ...]
    rank: int
    is_plural: bool


def lines_meant(
    text: str,
    orders: OrderSnapshot | Sequence[OrderSnapshot],
    language: str = "en",
    lines: Mapping[str, Sequence[Line]] | None = None,
) -> Meant:
    """Which lines are named. `lines` by order id narrows to those that can be meant; without, all that still stand."""
    held = (orders,) if isinstance(orders, OrderSnapshot) else tuple(orders)
    entries = [_entry(order, line, language) for order in held for line in _lines(order, lines)]
    if not entries:
        return Meant()
    everything = _ALL_BUT.search(text)
    if everything:
        rest_of_it = re.split(r"[.;!?\n]", text[everything.end() :], maxsplit=1)[0]
        spared = {each.line.id for each in _named(rest_of_it, entries, language).picks}
        rest = tuple(Pick(each.order, each.line) for each in entries if each.line.id not in spared)
        return Meant(rest, is_sure=True) if spared else Meant()
    if means_rest(text) and (left := _rest(text, held, entries, language)):
        return Meant(left, is_sure=True)
    meant = _named(_without_left_out(text), entries, language)
    if not meant:
        mended = spelling.towards(text, {each.raw for entry in entries for each in tokens(entry.line.title)} - _IN_MANY)
        meant = _named(_without_left_out(mended), entries, language) if mended != text else meant
    if meant:
        return meant
    if len(held) == 1 and len(entries) > 1 and wishes.means_all(text):
        return Meant(tuple(Pick(each.order, each.line) for each in entries), is_sure=True)
    return Meant()


def means_rest(text: str) -> bool:
    """Whether a text speaks of what is left over: "refund the rest"."""
    return _REST.search(fold(text)) is not None


def _rest(text: str, orders: Sequence[OrderSnapshot], entries: Sequence[_Entry], language: str) -> tuple[Pick, ...]:
    """What stands beside the lines that a text names in the same orders; nothing where it names none, or all."""
    every = [_entry(order, line, language) for order in orders for line in order.lines]
    named = _named(text, every, language)
    spared = {(each.order.id, each.line.id) for each in (*named.picks, *named.unclear)}
    within = {order_id for order_id, _ in spared}
    rest = [each for each in entries if each.order.id in within and (each.order.id, each.line.id) not in spared]
    return tuple(Pick(each.order, each.line) for each in rest)


def orders_meant(text: str, orders: Sequence[OrderSnapshot], language: str = "en") -> frozenset[str]:
    """The ids of those of `orders` with a line that a text names, however vaguely."""
    meant = lines_meant(text, orders, language)
    return frozenset(each.order.id for each in (*meant.picks, *meant.unclear))


def picked(text: str, order: OrderSnapshot, lines: Sequence[Line], language: str = "en") -> Meant:
    """Which of the lines that were just shown is meant: as `lines_meant`, and "the second one", "2", "both"."""
    meant = lines_meant(text, order, language, {order.id: lines})
    parts = _LINK.split(text)
    if len(parts) > 1 and not _ALL_BUT.search(text):
        found = {each.line.id: each for part in parts for each in picked(part, order, lines, language).picks}
        return (
            Meant(tuple({**{each.line.id: each for each in meant.picks}, **found}.values()), is_sure=True)
            if found
            else meant
        )
    if meant.picks:
        return meant
    shown = [each.line for each in meant.unclear] or list(lines)
    places = yesno.choice(text, [item_label(line) for line in shown]) or ()
    chosen = tuple(Pick(order, shown[at], None, text) for at in places if at < len(shown))
    return Meant(chosen, is_sure=True) if chosen else meant


def left_out(text: str, order: OrderSnapshot, lines: Sequence[Line], language: str = "en") -> tuple[str, ...]:
    """The ids of lines that a text names in order to leave them out: "keep the mug", "not the lamp"."""
    found: list[str] = []
    for match in _LEFT_OUT.finditer(text):
        rest = text[match.end() :]
        cut = re.search(r"[,.;!?]|\b(?:but|and|just|only|pero|sino|mais|aber|sondern|mas|y|et|und|e)\b", rest)
        named = rest[: cut.start()] if cut else rest
        meant = _named(named, [_entry(order, line, language) for line in lines], language)
        found += [each.line.id for each in (*meant.picks, *meant.unclear)]
    return tuple(dict.fromkeys(found))


def means_the_other(text: str) -> bool:
    """Whether a text says "the other one"."""
    return bool(_OTHER.search(text))


def _lines(order: OrderSnapshot, lines: Mapping[str, Sequence[Line]] | None) -> Sequence[Line]:
    if lines is not None:
        return lines.get(order.id, ())
    return [line for line in order.lines if line.quantities.current > 0]


def _entry(order: OrderSnapshot, line: Line, language: str) -> _Entry:
    title = tokens(line.title)
    words = tuple(each.stem for each in title if each.raw not in _SMALL)
    return _Entry(
        order, line, words, _kinds(title, language) | (_kinds(title, "en") if language != "en" else frozenset())
    )


def _kinds(said: Sequence[Token], language: str) -> frozenset[str]:
    """What a title says that a thing is: the kind named last in English, first in the others."""
    found = ideas(said, language, "kind")
    if not found:
        return frozenset()
    if language not in ("en", "de"):
        return found[min(found)]
    last = max(found)
    return found[last] | (found.get(last - 1, frozenset()) if len(said[last - 1].raw) == 1 else frozenset())  # t-shirt


def _without_left_out(text: str) -> str:
    """The text without what it names only to say that it is not meant, place for place."""
    for match in _LEFT_OUT.finditer(text):
        rest = re.match(
            r"\s*(?:[\w-]+\s*){1,3}?(?=[,.;!?]|\b(?:but|and|just|only|for|pero|sino|mais|aber|sondern|mas|y|et|und|e)\b|$)",
            text[match.end() :],
        )
        end = match.end() + (rest.end() if rest else 0)
        text = f"{text[: match.start()]}{' ' * (end - match.start())}{text[end:]}"
    return text


def _named(text: str, entries: Sequence[_Entry], language: str) -> Meant:
    hits = _hits(text, entries, language)
    if not hits:
        return _by_options(text, entries)
    first = min(hit.start for hit in hits)  # "the lamp for a laptop": what it shall become is no line that is meant
    hits = [hit for hit in hits if hit.start == first or not _INTO.search(text[: hit.start])]
    top = max(hit.rank for hit in hits)
    hits = [hit for hit in hits if hit.rank == top]
    picks: dict[tuple[str, str], tuple[int, str, int | None]] = {}
    unclear: dict[tuple[str, str], _Entry] = {}
    places = sorted({hit.start for hit in hits})
    parts = dict(zip(places, stretches(text, places), strict=True))
    for hit in sorted(hits, key=lambda each: each.start):
        chosen = _told_apart(hit, text, parts[hit.start], entries)
        if not chosen:
            unclear |= {(each.order.id, each.line.id): each for each in hit.entries}
        for entry in chosen:
            key = (entry.order.id, entry.line.id)
            before = picks.get(key, (hit.start, "", None))
            count = wishes.number_of(parts[hit.start], entry.line) if len(chosen) == 1 else None
            picks[key] = (before[0], f"{before[1]} {parts[hit.start]}".strip(), before[2] or count)
    by_key = {(each.order.id, each.line.id): each for each in entries}
    # a mention that could be several lines is settled by another that says which
    open_ones = {} if any(key in picks for key in unclear) else unclear
    single = len(picks) == 1 and not open_ones
    return Meant(
        tuple(
            Pick(by_key[key].order, by_key[key].line, count, text if single else said)
            for key, (_, said, count) in sorted(picks.items(), key=lambda each: each[1][0])
        ),
        tuple(Pick(each.order, each.line, wishes.number_of(text, each.line), text) for each in open_ones.values()),
        top > 1,
    )


def _hits(text: str, entries: Sequence[_Entry], language: str) -> list[_Hit]:
    """Every mention, the longest run of title words at each place; a run counts more with the word that says what it is."""
    said = tokens(text)
    kinds = ideas(said, language, "kind")
    found: list[_Hit] = []
    at = 0
    while at < len(said):
        length, fitting = _longest(said, at, entries)
        if length:
            rank = 2 if length > 1 or any(_is_head(said[at].stem, each) for each in fitting) else 1
            if rank == 2 and length == 1:
                fitting = [each for each in fitting if _is_head(said[at].stem, each)]
            last = said[at + length - 1]
            found.append(_Hit(said[at].start, last.end, tuple(fitting), rank, _is_plural(last)))
            at += length
            continue
        named = kinds.get(at)
        joined = said[at].raw.removesuffix("s")  # tshirt, for T-Shirt; phone, for Smartphone
        alike = [
            each
            for each in entries
            if (named and each.kinds & named) or "".join(each.title) == joined or f"smart{joined}" in each.title
        ]
        if alike:
            found.append(_Hit(said[at].start, said[at].end, tuple(alike), 2, _is_plural(said[at])))
        at += 1
    return found


def _is_plural(word: Token) -> bool:
    return word.raw.endswith("s") and not word.raw.endswith("ss") and word.stem != word.raw


def _longest(said: Sequence[Token], at: int, entries: Sequence[_Entry]) -> tuple[int, list[_Entry]]:
    best, fitting = 0, list[_Entry]()
    for entry in entries:
        length = _run(said, at, entry)
        if length > best:
            best, fitting = length, [entry]
        elif length and length == best:
            fitting.append(entry)
    return best, fitting


def _run(said: Sequence[Token], at: int, entry: _Entry) -> int:
    """How many words from here on are of the title; small words between them count."""
    length = last = 0
    seen: set[str] = set()
    while at + length < len(said):
        word = said[at + length]
        if word.stem in entry.title and word.raw not in _SMALL and word.stem not in seen:
            seen.add(word.stem)
            last = length + 1
        elif not (seen and word.raw in _SMALL):
            break
        length += 1
    return last


def _is_head(stem: str, entry: _Entry) -> bool:
    """Whether a word says what the thing is: the last of an English or German title, the first of another."""
    return bool(entry.title) and stem in (entry.title[-1], entry.title[0] if len(entry.title) < 2 else entry.title[-1])


def _told_apart(hit: _Hit, text: str, part: str, entries: Sequence[_Entry]) -> tuple[_Entry, ...]:
    """The lines of a mention: by the options beside it, all of a plural, else only one that stands alone."""
    if len(hit.entries) == 1:
        return hit.entries
    towards = _TOWARDS.search(text, hit.end)
    beside = f"{text[max(0, hit.start - 40) : hit.start]} {text[hit.end : towards.start() if towards else len(text)]}"
    fitting = _with_options(beside, hit.entries)
    if fitting and len(fitting) < len(hit.entries):
        return fitting
    counted = [each for each in hit.entries if wishes.number_of(part, each.line)]
    number = wishes.number_of(part, counted[0].line) if counted else None
    if wishes.means_all(text) or (hit.is_plural and number is None) or (number or 0) >= len(hit.entries) > 1:
        is_one_order = len({each.order.id for each in hit.entries}) == 1
        if is_one_order or wishes.means_all(text):
            return hit.entries
    fitting = _with_options(part, hit.entries)
    if fitting and len(fitting) < len(hit.entries):
        return fitting
    same = {(each.order.id, each.line.sku) for each in hit.entries}
    return hit.entries[:1] if len(same) == 1 else ()


def _with_options(text: str, entries: Sequence[_Entry]) -> tuple[_Entry, ...]:
    """Those whose option values stand in a text, the most of them."""
    scored = [(_option_hits(text, each.line), each) for each in entries]
    best = max((score for score, _ in scored), default=0)
    if not best:
        scored = [(_colour_hits(text, each.line), each) for each in entries]
        best = max((score for score, _ in scored), default=0)
    return tuple(each for score, each in scored if score == best) if best else ()


def _with_option_names(text: str, entries: Sequence[_Entry]) -> tuple[_Entry, ...]:
    """Those that alone have an option which a text names: "water resistance"."""
    said = f" {' '.join(each.raw for each in tokens(text))} "
    return tuple(each for each in entries if any(f" {fold(name)} " in said for name in each.line.options))


def _colour_hits(text: str, line: Line) -> int:
    """How many colours of a line a text names in another language than the catalogue's."""
    said, own = tokens(text), [tokens(value) for value in line.options.values()]
    named = {idea for tongue in _TONGUES for found in ideas(said, tongue, "colour").values() for idea in found}
    return sum(bool(named & set().union(*ideas(value, "en", "colour").values())) for value in own)


def _option_hits(text: str, line: Line) -> int:
    said = f" {' '.join(each.raw for each in tokens(_joined(text)))} "
    values = [value for value in line.options.values() if fold(value) not in YES_VALUES | NONE_VALUES]
    own = [" ".join(each.raw for each in tokens(_joined(value))) for value in values]
    return sum(
        f" {value} " in said for value in own if value and (len(value) > 1 or value.isdigit() or _is_size(value, text))
    )


def _is_size(value: str, text: str) -> bool:
    """A size of one letter counts only as it is written: the m of "I'm" is none."""
    return bool(re.search(rf"(?<![\w'’]){re.escape(value.upper())}(?![\w'’])", text))


def _joined(text: str) -> str:
    """Numbers and their units written together: 1000 ml is 1000ml."""
    return re.sub(
        r"(\d)[\s-]+(ml|l|cm|mm|kg|g|gb|tb|mp|mah|w|v|inch(?:es)?|in|hz|oz|ft|m|x)\b",
        r"\1\2",
        text,
        flags=re.IGNORECASE,
    )


def _by_options(text: str, entries: Sequence[_Entry]) -> Meant:
    """No thing is named, only what it is like: "the black one"."""
    is_told = max((_option_hits(text, each.line) for each in entries), default=0) > 1
    if not is_told and not re.search(r"\b(one|ones|pairs?|el|la|los|las|le|les|der|die|das|den|o|os|as)\b", fold(text)):
        return Meant()
    fitting = _with_options(text, entries)
    if not fitting or len(fitting) == len(entries) > 1:
        fitting = _with_option_names(text, entries)
    if not fitting or len(fitting) == len(entries) > 1:
        return Meant()
    found = tuple(Pick(each.order, each.line, None, text) for each in fitting)
    return Meant(found) if len(found) == 1 else Meant((), found)
