"""The words by which a text makes a claim, in five languages: months, days, numbers, places, states, done actions, denials.

Months and weekdays come from the Unicode locale data; the rest stands in lexicon/LANGUAGE.yaml. A state is a claim such as
"delivered" or "refunded". Its entries are patterns of lower-case text, one a line, that begin at a word; `did` are patterns for
any other action that the writer says to have done, with the verb as a group (`fresh` marks one that only an entry with the same
beginning judges: "acabo de enviar"), and `harmless` the verbs of which nothing follows.
Nothing here knows any fact.

To read a text once and not three hundred times, entries are kept by the two letters with which they begin.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml
from babel import Locale

_LOCALES: Final = {"en": "en_US", "es": "es", "fr": "fr", "de": "de", "pt": "pt_BR"}
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DID: Final = "did"
"""The state of an entry that catches whatever else was done."""

_ASKS: Final = {
    "en": "would shall should do does did is are can could will may has have had was were what which when where who why how",
    "es": "qué cuál cuáles cuándo dónde quién cómo quieres prefieres puedo quiere prefiere desea confirmas",
    "fr": "souhaitez voulez puis dois est préférez que quel quelle quels quelles quand où qui comment avez confirmez",
    "de": "möchten soll sollen darf wollen ist sind was welche welcher welches wann wo wer wie haben hat kann können bestätigen",
    "pt": "quer posso prefere deseja devo qual quais quando onde quem como gostaria você confirma",
}
_SMALL: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The entries that begin alike: `any` is all of them in one, `entries` each with its state (compiled when it is needed)."""

    any: re.Pattern[str]
    entries: tuple[tuple[str, str], ...]

    def found(self, text: str, start: int) -> Iterator[tuple[str, re.Match[str]]]:
        """(state, match) of every entry that matches at a place."""
        for state, entry in self.entries:
            match = _compiled(entry).match(text, start)
            if match is not None:
                yield state, match


_compiled: Final = cache(re.compile)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; `relative` days with the longer words first. Patterns of `counted` and below read
    lower-case text; `cues` say what a first word may begin: "m" a month, "w" a weekday,
    "r" a relative day, "n" a number, "u" a unit, "p" a place, "s" who signed."""

    language: str
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    full_weekdays: Mapping[str, int]
    relative: tuple[tuple[re.Pattern[str], int], ...]
    numbers: Mapping[str, int]
    counted: re.Pattern[str]
    single: re.Pattern[str]
    spelled: re.Pattern[str]
    ahead: re.Pattern[str]
    before_place: re.Pattern[str]
    signed: re.Pattern[str]
    denied: re.Pattern[str]
    unreal: re.Pattern[str]
    unreal_after: re.Pattern[str] | None
    condition: re.Pattern[str]
    buckets: Mapping[str, Bucket]
    cues: Mapping[str, str]
    harmless: frozenset[str]
    stop_words: frozenset[str]
    asks: frozenset[str]


@cache
def words_of(language: str) -> Words:
    """The words of a language; `language` is one of spoken.LANGUAGES."""
    text = files("server.answering.words.lexicon").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    said: Mapping[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506  # the safe loader, in C where there is one
    locale = Locale.parse(_LOCALES[language])
    months, weekdays = _named(locale.months, 1), _named(locale.days, 0)
    numbers = _numbers(said)
    relative = [line.split(" ", 1) for line in said["relative"].splitlines()]
    relative.sort(key=lambda pair: -abs(int(pair[0])))
    places = said["before_place"]
    return Words(
        language=language,
        months=months,
        weekdays=weekdays,
        full_weekdays={name.casefold(): day for day, name in locale.days["format"]["wide"].items()},
        relative=tuple((_whole(pattern), int(offset)) for offset, pattern in relative),
        numbers=numbers,
        counted=_counted(said, numbers),
        single=_single(said),
        spelled=_spelled(numbers),
        ahead=re.compile(rf"\b{said['ahead']}$"),
        before_place=re.compile(
            rf"\b(?i:{places})\s+(?:(?i:the|la|el|le|die|der|den|das|o|a)\s+)?(?P<place>[A-ZÀ-ÖØ-Þ][\w'’-]+)"
        ),
        signed=_whole(said["signed"]),
        denied=re.compile(rf"\b(?:{said['denied']})\b|n't\b"),
        unreal=re.compile(rf"\b(?:{said['unreal']})\s+(?:[\w'-]+\s+){{0,2}}$"),
        unreal_after=re.compile(rf"\s+(?:{said['unreal_after']})\b") if said["unreal_after"] else None,
        condition=_whole(said["condition"]),
        buckets=_buckets(said),
        cues=_cues(language, months, weekdays, numbers, relative, said),
        harmless=frozenset(said["harmless"].split()),
        stop_words=frozenset(said["stop_words"].split()),
        asks=frozenset(_ASKS[language].split()),
    )


def _named(table: Mapping[str, Mapping[str, Mapping[int, str]]], least: int) -> dict[str, int]:
    """Every spelling of months or weekdays, without the closing point; single letters left out."""
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for number, name in table[context][width].items():
                found[name.casefold().rstrip(".")] = number if least else int(number)
    return found


def _numbers(said: Mapping[str, Any]) -> dict[str, int]:
    """Numbers as words; only English has a word for 1 that is not also the article."""
    spelled = enumerate(said["numbers"].split(), 1)
    return {word: value for value, group in spelled for word in group.split("/") if word != "-"} | dict(said["tens"])


def _counted(said: Mapping[str, Any], numbers: Mapping[str, int]) -> "re.Pattern[str]":
    """A number, in digits or as a word, with what it counts: one group a unit."""
    words = "|".join(sorted(numbers, key=len, reverse=True))
    units = "|".join(rf"(?P<{unit}>{pattern})" for unit, pattern in said["units"].items())
    joined = said["between_number_and_unit"]
    return re.compile(rf"(?<![\w.,])(?P<n>\d{{1,4}}|{words})(?:\s+|-)(?:(?:{joined})\s+)*(?:{units})\b")


def _single(said: Mapping[str, Any]) -> "re.Pattern[str]":
    """One of a unit of time with an article before it, where it tells how long something lasts: "within a week"."""
    units = "|".join(rf"(?P<{unit}>{pattern})" for unit, pattern in said["units"].items() if unit != "piece")
    return re.compile(rf"\b(?:{said['lasting']})\s+(?P<n>{said['article']})\s+(?:{units})\b")


def _spelled(numbers: Mapping[str, int]) -> "re.Pattern[str]":
    """A number as a word that counts something; the small ones are said of anything, and French "neuf" is also "new"."""
    words = sorted(
        (word for word, value in numbers.items() if value > _SMALL and word != "neuf"), key=len, reverse=True
    )
    return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])")


def _whole(pattern: str) -> "re.Pattern[str]":
    return re.compile(rf"\b(?:{pattern})\b")


def _buckets(said: Mapping[str, Any]) -> dict[str, Bucket]:
    """Every entry under the letters that it begins with."""
    found: dict[str, list[tuple[str, str]]] = {}
    states = [*said["states"].items(), (DID, said["did"])]
    for state, lines in states:
        for line in lines.splitlines():
            for entry in _branches(line):
                found.setdefault(_beginning(entry), []).append((state, rf"(?:{entry})(?!\w)"))
    return {
        key: Bucket(
            re.compile("|".join(_unnamed(entry) for _, entry in entries)),
            tuple(entries),
        )
        for key, entries in found.items()
    }


def _unnamed(entry: str) -> str:
    return entry.replace("(?P<verb>", "(?:").replace("(?P<fresh>)", "")


def _branches(entry: str) -> Iterator[str]:
    """An entry that begins with a group, once for each of its branches; an optional group also without it."""
    if not entry.startswith("(?:"):
        yield entry
        return
    end = _closing(entry)
    rest = entry[end + 1 :]
    if rest.startswith("?"):
        rest = rest[1:]
        yield from _branches(rest)
    for branch in _parted(entry[3:end]):
        yield from _branches(branch + rest)


def _closing(entry: str) -> int:
    """Where the group ends that the entry begins with."""
    depth = 0
    for place, sign in enumerate(entry):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place
    raise ValueError(f"a group is not closed: {entry}")


def _parted(text: str) -> list[str]:
    """The branches of a group, by the marks that stand in no deeper group."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _beginning(entry: str) -> str:
    """The first two letters of the words that an entry matches, the one letter of a word that has no more, "" for any word."""
    match = re.match(r"[^\W\d_]+", entry)
    if match is None:
        return ""
    letters, after = match.group(), entry[match.end() :]
    if after[:1] in ("?", "*", "{"):
        letters = letters[:-1]
    if len(letters) >= 2:
        return letters[:2]
    if len(letters) == 1 and after[:1] in ("'", " ", "(", "-", ""):
        return letters
    raise ValueError(f"an entry must begin with two letters: {entry}")


def _cues(
    language: str,
    months: Mapping[str, int],
    weekdays: Mapping[str, int],
    numbers: Mapping[str, int],
    relative: list[list[str]],
    said: Mapping[str, Any],
) -> dict[str, str]:
    """First words, and what they may begin."""
    found: dict[str, str] = {}
    firsts = {
        "m": " ".join(months),
        "w": " ".join(weekdays),
        "n": " ".join(numbers),
        "u": " ".join(_unit_words(said["units"])),
        "r": " ".join(re.sub(r"\(\?<?[!=][^)]*\)", "", pattern) for _, pattern in relative),
        "p": said["before_place"].casefold(),
        "s": said["signed"],
    }
    for cue, text in firsts.items():
        for word in _WORD.findall(text):
            found[word] = found.get(word, "") + cue
    return found


def _unit_words(units: Mapping[str, str]) -> Iterator[str]:
    """The words of the patterns of units, with and without a closing letter that may be missing."""
    for pattern in units.values():
        for match in re.finditer(r"([^\W\d_]+)(\?)?", pattern):
            yield match[1]
            if match[2]:
                yield match[1][:-1]
