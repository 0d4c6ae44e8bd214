"""Makes a message plain: one kind of quote, no invisible characters, folded words, masked numbers.

`clean` keeps what a person would see (entities are read from it); `fold` gives the lower-case, accent-free words that
the head, the rules and the lexicons compare. Nothing here knows an intent or a language.
"""

import re
import unicodedata

MAX_CHARS = 4000
"""Longer messages keep their first 3,000 and last 1,000 characters: requests stand at the ends of long stories."""

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."}
)
_FOLDS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f\x00-\x08\x0b-\x1f\x7f]")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000]+")
_STRETCHED = re.compile(r"([a-z!?.])\1{2,}")

_MASKS = (
    (re.compile(r"https?://\S+|www\.\S+"), " xlink "),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), " xmail "),
    (
        re.compile(r"(?:[$€£₹]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[$€£₹]|usd\b|eur\b|gbp\b|euros?\b|dollars?\b|bucks\b))"),
        " xmoney ",
    ),
    (re.compile(r"\b\d+[.,]\d\d\b"), " xmoney "),
    (re.compile(r"\b[a-z]{4,}\d{2,3}\b"), " xpromo "),
    (re.compile(r"(?:#\s?|\b[a-z]{1,4}-)\d{2,}[\w-]*"), " xorder "),
    (re.compile(r"\b(?=[a-z0-9]*\d[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{9,}\b"), " xcode "),
    (re.compile(r"\+?\d[\d ().-]{8,}\d"), " xlong "),
    (re.compile(r"\b\d{4,8}\b"), " xorder "),
)
_TO_MASK = re.compile(r"\d|@|://|www\.")
"""Without any of these there is nothing to mask, as in most messages."""
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?", re.UNICODE)


def clean(text: str) -> str:
    """The message as a person sees it: compatible forms unified, invisible and control characters gone."""
    if len(text) > MAX_CHARS:
        text = f"{text[:3000]}\n{text[-1000:]}"
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_QUOTES)
    plain = _INVISIBLE.sub("", plain.replace("\r\n", "\n").replace("\r", "\n"))
    return _SPACES.sub(" ", plain).strip()


def fold(text: str) -> str:
    """Lower-case, without accents, letters repeated three times or more cut to two ("heyyyy" -> "heyy")."""
    lowered = text.lower()
    if not lowered.isascii():
        parts = unicodedata.normalize("NFKD", lowered.translate(_FOLDS))
        lowered = "".join(char for char in parts if not unicodedata.combining(char))
    return _STRETCHED.sub(r"\1\1", lowered)


def mask(folded: str) -> str:
    """Numbers, links and addresses of a folded text replaced by what kind of thing they are."""
    if _TO_MASK.search(folded) is None:
        return folded
    for pattern, word in _MASKS:
        folded = pattern.sub(word, folded)
    return folded


def words(folded: str) -> list[str]:
    """The words of a folded text, apostrophes inside a word kept."""
    return WORD.findall(folded)
