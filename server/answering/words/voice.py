"""The assistant's voice: phrases by key, filled with facts, collected as a text together with its evidence.

A phrase may hold a fact only through `{name}`; every fact that was said is kept as evidence. What the phrases are is `wording`'s.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from typing import Final

from typing_extensions import override

from server.answering.words.openings import opening
from server.answering.words.spoken import language_of, on, spoken, undated
from server.answering.words.wording import names_in as names_in
from server.answering.words.wording import phrases as phrases
from server.commerce.model import Fact

Value = Fact | str | int
WORDED: Final = {
    "reason": "cause",
    "cancel_reason": "cancel",
    "refund_method": "method",
    "method": "method",
    "flag": "flag",
}
"""Facts whose words stand in a table of phrases: the key of the fact -> the family of phrases."""
_SECRET: Final = frozenset({"fraud", "fraud review", "high risk of fraud"})
_CAUSES: Final = {
    name: re.compile(pattern)
    for name, pattern in {
        "weather": r"weather|storm|snow|flood|hurricane",
        "nobody_home": r"unavailable|nobody|not_home|no_one|not_in|absent",
        "refused": r"refus",
        "unclaimed": r"unclaimed|not_collected|not_picked",
        "address": r"address|undeliverable|recipient_unknown",
        "missort": r"missort|misrout|wrong_facility|sorting",
        "mechanical": r"mechanic|vehicle|breakdown",
        "closed": r"closed",
        "no_access": r"access|gate",
        "customs": r"customs",
        "damaged": r"damage(?!d?_(?:label|barcode|address))",
        "holiday": r"holiday",
        "volume": r"volume|capacity|backlog",
    }.items()
}


_APOLOGY: Final = "courtesy.sorry"
_OTHERS: Final = (2, 3)


class Word(str):
    """A value in words. A phrase asks for a form: `{x}` as it stands, `{x:on}` when something happens, `{x:day}` without "today"."""

    forms: Mapping[str, Callable[[], str]]

    def __new__(cls, text: str, **forms: Callable[[], str]) -> "Word":
        """`forms` make the other forms, where there are any, when a phrase asks for them."""
        word = super().__new__(cls, text)
        word.forms = forms
        return word

    @override
    def __format__(self, form: str) -> str:
        made = self.forms.get(form)
        return str(self) if made is None else made()


class Voice:
    """Speaks one language at one moment; `tz` is where dates without an hour are meant."""

    def __init__(
        self,
        language: str,
        now: datetime,
        tz: str = "UTC",
        *,
        openings: frozenset[str] = frozenset(),
        regrets: bool = True,
    ) -> None:
        """`openings` are how replies of this conversation began; without `regrets`, what was regretted is not regretted again."""
        self.language = language_of(language)
        self.now = now
        self.tz = tz
        self.openings = openings
        self.regrets = regrets
        self._words: dict[int, tuple[Fact, Word]] = {}

    def at(self, tz: str) -> "Voice":
        """The same voice, speaking of days in another zone."""
        return Voice(self.language, self.now, tz, openings=self.openings, regrets=self.regrets)

    def after_regret(self) -> "Voice":
        """The same voice once an apology was made."""
        return Voice(self.language, self.now, self.tz, openings=self.openings, regrets=False)

    def fresh(self, key: str, **values: Value) -> str:
        """The phrase to begin a reply with: this one, or one of its others if a reply began with its words before."""
        keys = [key, *(other for number in _OTHERS if self.has(other := f"{key}_{number}"))]
        if len(keys) == 1:
            return key
        return next((each for each in keys if opening(self.text(each, **values)) not in self.openings), keys[-1])

    def is_regret(self, key: str) -> bool:
        """Whether a phrase holds an apology."""
        return key == _APOLOGY or self.has(f"{key}_again")

    def text_of(self, key: str) -> str:
        """A phrase as it is written, with its placeholders. Raises KeyError."""
        return phrases(self.language)[key]

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in phrases(self.language)

    def text(self, key: str, **values: Value) -> str:
        """A phrase with its values in words, in the singular where it has one and a count is 1.

        Raises KeyError for an unknown key or a missing value."""
        known = phrases(self.language)
        if not self.regrets and f"{key}_again" in known:
            key = f"{key}_again"
        if values and f"{key}_one" in known and any(_is_one(value) for value in values.values()):
            key = f"{key}_one"
        text = known[key].format_map({name: self.word(value) for name, value in values.items()})
        return f"{text[:-1]}" if text.endswith("..") else text

    def word(self, value: Value) -> Word:
        """One value in words; states, methods and reasons are worded by the phrases where those know them."""
        if not isinstance(value, Fact):
            return Word(str(value))
        held = self._words.get(id(value))
        if held is None:
            held = self._words[id(value)] = value, self._worded(value)
        return held[1]

    def _worded(self, value: Fact) -> Word:
        key = self._table(value)
        if key:
            return Word(phrases(self.language)[key])
        said = (value, self.language, self.now, self.tz)
        return Word(spoken(*said), on=partial(on, *said), day=partial(undated, *said))

    def knows(self, fact: Fact) -> bool:
        """Whether a fact can be said in this language: a carrier's own English words only in English."""
        foreign = fact.key in WORDED and self.language != "en"
        return fact.value not in _SECRET and (not foreign or bool(self._table(fact)))

    def speech(self) -> "Speech":
        """An empty reply in this voice."""
        return Speech(self)

    def _table(self, fact: Fact) -> str:
        """The key of the phrase that words a fact; empty when it is spoken as it is."""
        name = WORDED.get(fact.key) or ("status" if fact.kind == "status" else "")
        said = str(fact.value).casefold().replace(" ", "_") if name else ""
        for candidate in (said, _meant(said) if name == "cause" else ""):
            if candidate and self.has(f"{name}.{candidate}"):
                return f"{name}.{candidate}"
        return ""


def _is_one(value: Value) -> bool:
    return isinstance(value, Fact) and value.kind == "count" and value.value == 1


@lru_cache(maxsize=512)
def _meant(reason: str) -> str:
    """Which of the usual reasons a carrier's words mean."""
    return next((name for name, pattern in _CAUSES.items() if pattern.search(reason)), "")


_BREAK: Final = "\n\n"


class Speech:
    """A reply in the making: sentences, and the facts that they say."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.has_regret = False
        self._parts: list[str] = []
        self._evidence: list[Fact] = []

    def add(self, key: str, **values: Value) -> "Speech":
        """Say a phrase. Plain values are the shop's own settings; they are evidence as well."""
        voice = self.voice.after_regret() if self.has_regret else self.voice
        said = key if self._parts else voice.fresh(key, **values)
        self.has_regret = self.has_regret or (voice.regrets and voice.is_regret(key))
        return self.line(voice.text(said, **values), *(self._fact(*pair) for pair in values.items()))

    def _fact(self, name: str, value: Value) -> Fact:
        if isinstance(value, Fact):
            return value
        return Fact(name, "count" if isinstance(value, int) else "text", value, "shop", self.voice.now)

    def line(self, text: str, *evidence: Fact) -> "Speech":
        """Say words made elsewhere, with their evidence; the same words are said once."""
        if text and text not in self._parts:
            self._parts.append(text)
        self._evidence += [fact for fact in evidence if fact not in self._evidence]
        return self

    def join(self, other: "Speech") -> "Speech":
        """Go on with another speech."""
        self.has_regret = self.has_regret or other.has_regret
        self._parts += [part for part in other._parts if part not in self._parts]
        self._evidence += [fact for fact in other._evidence if fact not in self._evidence]
        return self

    def lead_in(self, text: str, *, apart: bool = False) -> None:
        """Put words in front of everything, `apart` in a paragraph of their own."""
        self._parts[:0] = [text, _BREAK] if apart else [text]

    def paragraph(self) -> None:
        """Say what follows in a paragraph of its own: another matter."""
        if self._parts and self._parts[-1] != _BREAK:
            self._parts.append(_BREAK)

    def mark(self) -> tuple[int, int, bool]:
        """How far this has come, for `back_to`."""
        return len(self._parts), len(self._evidence), self.has_regret

    def back_to(self, mark: tuple[int, int, bool]) -> None:
        """Take back what was said since a mark."""
        parts, evidence, self.has_regret = mark
        del self._parts[parts:], self._evidence[evidence:]

    @property
    def text(self) -> str:
        """All sentences; those that begin with a line break keep it, and what follows a list or a paragraph
        begins a line of its own."""
        text, before = "", ""
        for part in self._parts:
            if part == _BREAK:
                text, before = f"{text}{_BREAK}" if text else "", ""
                continue
            apart = "\n\n" if before.startswith("\n\n") else "\n" if before.startswith("\n•") else " "
            gap = "" if not text or part.startswith("\n") or text.endswith(_BREAK) else apart
            text, before = f"{text}{gap}{part}", part
        return text.strip()

    @property
    def evidence(self) -> tuple[Fact, ...]:
        """What was said, once each."""
        return tuple(self._evidence)
