"""Tracking numbers in free text: what a shopper typed, with spaces, in any case, among phone and order numbers.

The detector's steps: the identified customer's own numbers first; then checksum formats with a prefix (1Z, 42x, 9x,
UPU S10, TBA); then bare digits, and those only beside a cue word and when they are neither a phone number nor a date,
because one random number of ten digits in ten passes a carrier's check digit. Card numbers are never hits. A hit says
nothing about whose parcel it is: the caller must never tell the status of another customer's number.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import phonenumbers
from tracking_numbers import get_tracking_number

_WORD = re.compile(r"[A-Z0-9]+")
_GAP = re.compile(r"[ \-.]{1,2}")
_URL = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_TRACKING_URL = re.compile(
    r"https?://(?:www\.)?(?:[\w-]+\.)*(?:ups|usps|fedex|dhl|ontrac|royalmail|17track|aftership|parcelsapp)\.\w{2,6}\b",
    re.IGNORECASE,
)
_STARTS = frozenset({"1Z", "TBA"})
_MOST_WORDS = 9
_LENGTHS = range(9, 35)
_BARE_LENGTHS = frozenset({10, 11, 12, 15, 20})
_CARD_LENGTHS = range(13, 20)
_CUE_REACH = 40

_CARRIERS = {
    "ups": "ups",
    "usps": "usps",
    "fedex": "fedex",
    "dhl": "dhl",
    "s10": "s10",
    "amazon": "amazon",
    "ontrac": "ontrac",
}

_CUES = re.compile(
    r"TRACK|PARCEL|PACKAGE|WAYBILL|\bAWB\b|SHIPMENT|CONSIGNMENT|COURIER|CARRIER|"
    r"SENDUNG|PAKET|SEGUIMIENTO|RASTREO|RASTREIO|GUIA|PAQUETE|ENCOMENDA|CODIGO DE|SUIVI|COLIS|"
    r"\bUPS\b|\bUSPS\b|FEDEX|\bDHL\b|ONTRAC|\bDPD\b|\bGLS\b|EVRI|HERMES|ROYAL ?MAIL|CORREOS|DELHIVERY|BLUE ?DART"
)


@dataclass(frozen=True, slots=True)
class TrackingHit:
    """A tracking number in a text. `carrier` is None where only the customer's orders or the shop know the format.

    `start` and `end` are positions in the NFKC form of the text; `is_own` = it is on one of the customer's orders."""

    number: str
    carrier: str | None
    start: int
    end: int
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int


def find_tracking_numbers(
    text: str,
    *,
    own: Iterable[str] = (),
    patterns: Sequence[re.Pattern[str]] = (),
    phone_region: str = "US",
) -> tuple[TrackingHit, ...]:
    """The tracking numbers in `text`, in order. `own` are those of the identified customer; `patterns` the shop's.

    `phone_region` is where a number without country code would be dialled. Never raises, whatever the text."""
    folded = unicodedata.normalize("NFKC", text).upper()
    mine = {bare_number(number) for number in own if bare_number(number)}
    shown = _without_urls(folded, mine)
    words = [_Word(match[0], match.start(), match.end()) for match in _WORD.finditer(shown)]
    hits: list[TrackingHit] = []
    index = 0
    while index < len(words):
        found = _longest(shown, words, index, mine, patterns, phone_region)
        if found is None:
            index += 1
            continue
        hit, index = found
        hits.append(hit)
    return tuple({hit.number: hit for hit in reversed(hits)}.values())[::-1]


def carrier_of(number: str) -> str | None:
    """The carrier whose format and check digit the number satisfies, else None."""
    return _carrier(bare_number(unicodedata.normalize("NFKC", number)))


@lru_cache(maxsize=4096)
def _carrier(number: str) -> str | None:
    try:
        found = get_tracking_number(number)
    except ValueError:  # the library cannot compute the check digit of a UPS number that ends in a letter
        return None
    return None if found is None else _CARRIERS.get(found.courier.code)


def bare_number(number: str) -> str:
    """Letters and digits alone, in upper case: the form under which tracking numbers are compared."""
    return "".join(_WORD.findall(number.upper()))


def _without_urls(text: str, own: set[str]) -> str:
    """Blank out links, except those to carriers' tracking pages and those that carry the customer's own number."""

    def blank(match: re.Match[str]) -> str:
        kept = _TRACKING_URL.match(match[0]) or any(number in match[0] for number in own)
        return match[0] if kept else " " * len(match[0])

    return _URL.sub(blank, text)


def _longest(
    text: str,
    words: Sequence[_Word],
    index: int,
    own: set[str],
    patterns: Sequence[re.Pattern[str]],
    phone_region: str,
) -> tuple[TrackingHit, int] | None:
    """The longest number that begins at this word, and the index of the word after it."""
    best: tuple[TrackingHit, int] | None = None
    joined = ""
    for end in range(index, min(index + _MOST_WORDS, len(words))):
        if end > index and not _GAP.fullmatch(text[words[end - 1].end : words[end].start]):
            break
        joined += words[end].text
        if len(joined) > _LENGTHS[-1] or not _may_belong(words[end].text):
            break
        hit = _accept(text, joined, words[index].start, words[end].end, own, patterns, phone_region)
        if hit is not None:
            best = (hit, end + 1)
    return best


def _may_belong(word: str) -> bool:
    """A part of a number has a digit in it, or is a prefix or suffix that numbers are written with."""
    return any(char.isdigit() for char in word) or word in _STARTS or (len(word) == 2 and word.isalpha())


def _accept(
    text: str,
    number: str,
    start: int,
    end: int,
    own: set[str],
    patterns: Sequence[re.Pattern[str]],
    phone_region: str,
) -> TrackingHit | None:
    if number in own:
        return TrackingHit(number, _carrier(number), start, end, is_own=True)
    if any(pattern.fullmatch(number) for pattern in patterns):
        return TrackingHit(number, None, start, end)
    if len(number) not in _LENGTHS or not any(char.isdigit() for char in number):
        return None
    carrier = _carrier(number)
    if carrier is None or _is_card(number):
        return None
    if number.isdigit() and not _has_prefix(number) and not _is_cued(text, number, start, end, phone_region):
        return None
    return TrackingHit(number, carrier, start, end)


def _has_prefix(number: str) -> bool:
    """Long digits that only a post office gives out: 420 + ZIP code, or 91 to 95."""
    return len(number) >= 22 and (number.startswith("420") or number[:2] in {"91", "92", "93", "94", "95"})


def _is_cued(text: str, number: str, start: int, end: int, phone_region: str) -> bool:
    """Bare digits count only beside a cue word, and never when they are a phone number or a date."""
    if len(number) not in _BARE_LENGTHS and not len(number) > 20:
        return False
    around = text[max(0, start - _CUE_REACH) : end + _CUE_REACH]
    plain = "".join(char for char in unicodedata.normalize("NFKD", around) if not unicodedata.combining(char))
    return bool(_CUES.search(plain)) and not _is_phone(number, phone_region) and not _is_date(number)


def _is_phone(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _is_date(number: str) -> bool:
    """Twelve digits that read as year, month, day, hour and minute."""
    try:
        year = date(int(number[:4]), int(number[4:6]), int(number[6:8])).year
    except ValueError:
        return False
    return len(number) == 12 and 2000 <= year <= 2100 and number[8:10] < "24" and number[10:] < "60"


def _is_card(number: str) -> bool:
    """A number of card length that satisfies Luhn is a card first."""
    if not number.isdigit() or len(number) not in _CARD_LENGTHS:
        return False
    doubled = [int(char) * (2 if index % 2 else 1) for index, char in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
