"""What a sentence claims, found in the sentence alone, and whether what is known proves it.

The words of a sentence are read once; they say which kinds of claim it may make, and only those are looked for. Each finder
gives back what nothing proves, and blanks out what it has read so that the next does not read it again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from typing_extensions import override

from server.answering.words import amounts, claim_names, claim_states, moments, own_phrases
from server.answering.words.claim_states import Claim
from server.answering.words.claim_words import Bucket, Words, words_of
from server.answering.words.known import Known
from server.answering.words.wording import Wording, wording

_BLANK: Final = "\ue000"
_INVISIBLE: Final = dict.fromkeys(
    [0x00AD, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xE0000, 0xE0080)]
)
_PLAINER: Final = {ord("’"): "'", ord("ʼ"): "'", ord("`"): "'", 0x00A0: " ", 0x202F: " ", 0x2009: " "}
_WORD: Final = re.compile(r"[^\W\d_]+")
_DIGIT: Final = re.compile(r"\d")
_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+*-]+@[\w-]+\.[\w.-]+|\b[\w-]+\.(?:com|net|org|shop|io|test|example|de|fr|es|br)\b\S*",
    re.IGNORECASE,
)
_CARRIER: Final = re.compile(
    r"\bUPS\b|\bCorreos\b|\bUSPS\b|\bTNT\b|\bCTT\b|\bMRW\b|\bDPD\b|\bGLS\b|(?i:\bfed ?ex\b|\bdhl\b|\bevri\b|\bhermes\b|\broyal mail\b|"
    r"\bseur\b|\bla poste\b|\bcolissimo\b|\bchronopost\b|\bmondial relay\b|\bdeutsche post\b|\bcorreios\b|\bjadlog\b|"
    r"\bcanada post\b|\bpurolator\b|\baustralia post\b|\bontrac\b|\blasership\b|\bpostnord\b|\byodel\b|\bdelhivery\b|"
    r"\bblue ?dart\b|\binpost\b|\bamazon logistics\b|\bparcelforce\b|\bloggi\b|\bnacex\b)"
)
_CARRIER_FIRST_WORDS: Final = """ups usps tnt ctt mrw dpd gls fed fedex dhl evri hermes royal correos seur la colissimo chronopost
mondial deutsche correios jadlog canada purolator australia ontrac lasership postnord yodel delhivery blue bluedart inpost amazon
parcelforce loggi nacex"""
_CARRIER_WORDS: Final = frozenset(_CARRIER_FIRST_WORDS.split())
_TOKEN: Final = re.compile(r"\S*\d\S*")
_PLAIN: Final = re.compile(r"[#(]?(\d{1,3}(?:[.,'’]\d{3})+|\d+)(?:st|nd|rd|th|er|[ºª.])?(?P<percent>\s?%)?")
_LISTED: Final = re.compile(r"\s*\d{1,2}[.)]\s")
_BEFORE_NUMBER: Final = re.compile(r"[$€£¥₹%]\s?$")
_SPAN: Final = re.compile(
    r"days?|hours?|weeks?|months?|years?|percent|d[ií]as?|horas?|semanas?|m[eê]s|meses|a[nñ]os?|"
    r"jours?|heures?|mois|tag|stunde|woche|monat|jahr|werktag"
)
_AFTER_NUMBER: Final = re.compile(r"\s?[$€£¥₹%]|[.,:/]\d|\s+[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a sentence may not be said: the kind of claim, the words that make it, and what is wrong with it."""

    kind: str
    value: str
    why: str = "is in no fact"

    @override
    def __str__(self) -> str:
        """`amount "$49.00" is in no fact`."""
        return f'{self.kind} "{self.value}" {self.why}'


@dataclass(slots=True)
class Reading:
    """A sentence that is being read. `left` and its lower case `low` hold what no finder has read yet, place for place."""

    text: str
    left: str
    low: str
    words: Words
    known: Known
    cues: str = ""
    claims: list[Claim] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    dated: list[moments.Dated] = field(default_factory=list)
    own: list[own_phrases.Phrase] = field(default_factory=list)

    def blank(self, start: int, end: int) -> None:
        """Mark a piece as read; positions of the rest stay."""
        gap = _BLANK * (end - start)
        self.left = f"{self.left[:start]}{gap}{self.left[end:]}"
        self.low = f"{self.low[:start]}{gap}{self.low[end:]}"


def unproven(reading: Reading) -> list[Cause]:
    """The claims of a sentence for which nothing is known, in the order in which they are looked for; empty when all are proven."""
    known = reading.known
    found: list[Cause] = []
    has_digits = _DIGIT.search(reading.left) is not None
    found += _links(reading)
    found += (Cause("quotation", each) for each in claim_names.quotations(reading))
    if "k" in reading.cues:
        found += _carriers(reading)
    if has_digits or "n" in reading.cues:
        found += _amounts(reading)
    if has_digits or "m" in reading.cues or "w" in reading.cues or "r" in reading.cues:
        found += (Cause(kind, value) for kind, value in moments.unproven(reading))
    if has_digits or "n" in reading.cues:
        found += _counted(reading)
    if "u" in reading.cues:
        found += _single(reading)
    if "n" in reading.cues:
        found += _spelled(reading)
    if has_digits:
        found += _numbers(reading)
    found += (Cause(kind, value) for kind, value in claim_names.unproven(reading))
    if not found:
        told = own_phrases.without_lead(reading.text, reading.words.language)
        wrong = own_phrases.contradiction(told, reading.own, known, reading.dated, is_claim=bool(reading.claims))
        found += [Cause(wrong[0].replace("_", " "), wrong[1], "is not what the facts say")] if wrong else []
    if reading.claims:
        found += (Cause(kind, value, why) for kind, value, why in claim_states.unproven(reading))
    return found


def is_claimless(reading: Reading, sentence: str) -> bool:
    """Whether nothing in a sentence depends on facts: what was found in it then holds whatever the facts are."""
    words = reading.words
    if reading.claims or sentence != reading.left or _DIGIT.search(sentence):
        return False
    if own_phrases.may_be_ours(own_phrases.without_lead(sentence, words.language), reading.own, words.language):
        return False
    return not unproven(read(sentence, words, Known(words.language)))


def read(sentence: str, words: Words, known: Known) -> Reading:
    """A sentence without what facts spell out, its words read once."""
    text = sentence if sentence.isascii() else sentence.translate(_INVISIBLE)
    left = _without_spellings(text, known)
    reading = Reading(text, left, lowered(left), words, known)
    if _LISTED.match(left):
        match = _LISTED.match(left)
        reading.blank(0, match.end() if match else 0)
    _read_words(reading)
    return reading


def lowered(text: str) -> str:
    """Lower case of the same length, with plain apostrophes and spaces."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
    return low if low.isascii() else low.translate(_PLAINER)


def _read_words(reading: Reading) -> None:
    language, low = reading.words.language, reading.low
    spoken, said, cues = wording(), reading.said, ""
    for match in _WORD.finditer(low):
        word = match.group()
        said.add(word)
        begins = _begins(spoken, language, word)
        if begins is None:
            continue
        cue, own, buckets = begins
        cues += cue
        reading.own += own
        for bucket in buckets:
            start = match.start()
            if bucket.any.match(low, start):
                reading.claims += (Claim(state, found) for state, found in bucket.found(low, start))
    reading.cues = cues


@lru_cache(maxsize=16_384)
def _begins(
    spoken: Wording, language: str, word: str
) -> tuple[str, tuple[own_phrases.Phrase, ...], tuple[Bucket, ...]] | None:
    """What may begin with a word: its cues, the phrases of ours that have it, the entries of states. None: nothing."""
    words = words_of(language)
    cue = words.cues.get(word, "") + ("k" if word in _CARRIER_WORDS else "")
    own = own_phrases.phrases_by_word(language).get(word, ())
    buckets = tuple(bucket for key in (word[:2], "") if (bucket := words.buckets.get(key)) is not None)
    return (cue, own, buckets) if cue or own or buckets else None


def _without_spellings(text: str, known: Known) -> str:
    for spelling in known.spellings:
        start = text.find(spelling)
        while start >= 0:
            end = start + len(spelling)
            if _is_whole(text, start, end):
                text = f"{text[:start]}{_BLANK * len(spelling)}{text[end:]}"
            start = text.find(spelling, end)
    return text


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a piece is no part of a longer word; the country of a place is no part of "US$", a number no part of an amount."""
    first, last = text[start], text[end - 1]
    before, after = text[start - 1 : start], text[end : end + 1]
    if first.isalnum() and before and (before.isalnum() or before == "_"):
        return False
    if after == "$" or (after and last.isalnum() and (after.isalnum() or after == "_")):
        return False
    if first.isdigit() and text[start:end].isdigit():
        return not (_BEFORE_NUMBER.search(text, max(0, start - 3), start) or _is_counting(text, end))
    return True


def _is_counting(text: str, end: int) -> bool:
    """Whether a number goes on as an amount, a decimal, a share or a span of time."""
    match = _AFTER_NUMBER.match(text, end)
    if match is None:
        return False
    following = match.group()
    return not following[0].isspace() or bool(amounts.MARK.search(following) or _SPAN.match(following.strip().lower()))


def _links(reading: Reading) -> Iterator[Cause]:
    if not ("@" in reading.left or "." in reading.left.rstrip(".")):
        return
    for match in list(_LINK.finditer(reading.left)):
        reading.blank(*match.span())
        yield Cause("link" if "@" not in match.group() else "e-mail", match.group())


def _carriers(reading: Reading) -> Iterator[Cause]:
    for match in list(_CARRIER.finditer(reading.left)):
        reading.blank(*match.span())
        yield Cause("carrier", match.group())


# Amounts and numbers


def _amounts(reading: Reading) -> Iterator[Cause]:
    if not amounts.MARK.search(reading.left):
        return
    known, language = reading.known, reading.words.language
    for match, sign, number in [*amounts.written(reading.left), *amounts.in_words(reading.low, language)]:
        reading.blank(*match.span())
        if not any(amounts.is_amount(sign, number, money, language) for money in known.amounts):
            yield Cause("amount", reading.text[match.start() : match.end()])


def _counted(reading: Reading) -> Iterator[Cause]:
    """Numbers with what they count: "three business days", "30 days", "in 2 hours"."""
    words, known = reading.words, reading.known
    for match in list(words.counted.finditer(reading.low)):
        number, unit = match["n"], match.lastgroup or ""
        value = words.numbers.get(number)
        value = int(number) if value is None else value
        reading.blank(*match.span("n"))
        if words.ahead.search(reading.low, 0, match.start()):
            proven = known.lasts(value, unit) or _is_day_ahead(value, unit, known) or _has_passed(value, unit, reading)
        else:
            proven = known.counted(value, unit)
        if not proven:
            yield Cause("count", reading.text[match.start() : match.end()])


def _single(reading: Reading) -> Iterator[Cause]:
    """One of a unit, with an article: "in an hour"."""
    for match in list(reading.words.single.finditer(reading.low)):
        unit = match.lastgroup or ""
        if not (reading.known.counted(1, unit) or _is_day_ahead(1, unit, reading.known)):
            yield Cause("count", reading.text[match.start() : match.end()])


def _spelled(reading: Reading) -> Iterator[Cause]:
    """Numbers as words that count what has no unit of ours: "ten characters", "at five"."""
    known = reading.known
    for match in list(reading.words.spelled.finditer(reading.low)):
        value = reading.words.numbers[match.group()]
        if not (known.counted(value) or {60 * value, 60 * (value + 12)} & known.minutes):
            yield Cause("number", reading.text[match.start() : match.end()])


def _has_passed(value: int, unit: str, reading: Reading) -> bool:
    """Spanish and others count silence with the same word: "no hay escaneos en 3 días"."""
    return any(claim.state == "no_scan" for claim in reading.claims) and reading.known.counted(value, unit)


def _is_day_ahead(value: int, unit: str, known: Known) -> bool:
    days = {"day": value, "week": 7 * value}.get(unit)
    return days is not None and bool(known.on(days))


def _numbers(reading: Reading) -> Iterator[Cause]:
    for match in list(_TOKEN.finditer(reading.left)):
        token = match.group().strip("\"'“”«»„.,;:!?()[]*•" + _BLANK)
        if not any(character.isdigit() for character in token):
            continue
        plain = _PLAIN.fullmatch(token)
        value = int(re.sub(r"\D", "", plain[1])) if plain else None
        is_share = token.endswith("%") or reading.left[match.end() : match.end() + 2].strip()[:1] == "%"
        if value is None or not reading.known.counted(value, "percent" if is_share else ""):
            yield Cause("percentage" if is_share else "number", token)
