"""The shop's own voice from its settings: form of address, greeting and sign-off, words never used, phrases of its own.

Everything is read and checked at the start. What cannot be said as it is written is refused then, with the file, the phrase and
what is allowed, never in front of a customer.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml

from server.answering.words import claims, grounding, samples
from server.answering.words.claim_words import words_of
from server.answering.words.formality import leak
from server.answering.words.known import known
from server.answering.words.never import Never
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.answering.words.wording import FORMS, Wording, flat, names_in, placeholders, shipped, speaking
from server.errors import VoiceError
from server.settings import Settings
from server.voice import VoiceSettings

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_AROUND: Final = frozenset({"shop", "assistant"})
_VALUE_FORMS: Final = frozenset({"", "on", "day"})
_OF_STATES: Final = frozenset({"status", "action"})


@dataclass(slots=True)
class _Checks:
    """What was found wrong so far, one sentence each."""

    problems: list[str] = field(default_factory=list)

    def refuse(self, where: str, what: str) -> None:
        """Something is wrong somewhere."""
        self.problems.append(f"{where}: {what}")


def wording_of(settings: Settings) -> Wording:
    """The wording that the settings ask for. Raises VoiceError with everything that is wrong."""
    voice, checks = settings.voice, _Checks()
    forms = _forms(voice, checks)
    never = _never(voice, checks)
    own, files = _own(voice.overrides, checks)
    names = {"shop": settings.shop.name, "assistant": settings.shop.assistant}
    greeting = {
        language: _around("greeting", language, getattr(voice.greeting, language), names, checks)
        for language in LANGUAGES
    }
    sign_off = {
        language: _around("sign_off", language, getattr(voice.sign_off, language), names, checks)
        for language in LANGUAGES
    }
    made = Wording(forms, own, never, greeting, sign_off)
    _refuse_words(made, files, checks)
    _refuse_claims(made, files, checks)
    if checks.problems:
        raise VoiceError(checks.problems)
    return made


def hints(made: Wording) -> Iterator[str]:
    """What is no mistake for certain, but looks like one: an own phrase that addresses the customer in the other form."""
    for language, texts in made.own.items():
        form = made.forms.get(language, "")
        for key, text in texts.items():
            word = leak(text, language, form)
            if word:
                yield f"{language}, {key}: “{word}” does not go with the form `{form}`"


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(each for each in bare if not unicodedata.combining(each))


def _forms(voice: VoiceSettings, checks: _Checks) -> dict[str, str]:
    chosen = {}
    for language, allowed in FORMS.items():
        form = _plain(getattr(voice.formality, language))
        form = "voce" if (language, form) == ("pt", "tu") else form
        if form not in allowed:
            checks.refuse(f"voice.formality.{language}", f"{form!r} is none of {', '.join(allowed)}")
        chosen[language] = form
    return chosen


def _never(voice: VoiceSettings, checks: _Checks) -> dict[str, tuple[Never, ...]]:
    found: dict[str, tuple[Never, ...]] = {}
    for language in LANGUAGES:
        words = []
        for written in getattr(voice.never, language):
            try:
                words.append(Never.of(written))
            except ValueError as error:
                checks.refuse(f"voice.never.{language}", str(error))
        found[language] = tuple(words)
    return found


def _around(name: str, language: str, text: str, names: Mapping[str, str], checks: _Checks) -> str:
    """A greeting or sign-off with its names filled in."""
    where = f"voice.{name}.{language}"
    asked = _asked(where, text, checks)
    if asked is None:
        return ""
    if set(asked) - _AROUND:
        checks.refuse(where, f"{_braced(set(asked) - _AROUND)} is unknown; allowed: {_braced(_AROUND)}")
        return ""
    return text.replace("\\n", "\n").format_map(names).strip()


def _asked(where: str, text: str, checks: _Checks) -> dict[str, set[str]] | None:
    """The placeholders of a text with the forms asked of each; None where its braces make no sense."""
    try:
        return placeholders(text)
    except ValueError as error:
        checks.refuse(where, f"the braces make no sense ({error})")
        return None


def _braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _own(path: str, checks: _Checks) -> tuple[dict[str, dict[str, str]], dict[tuple[str, str], str]]:
    """The shop's own phrases by language, and which file each is from."""
    found: dict[str, dict[str, str]] = {}
    files: dict[tuple[str, str], str] = {}
    for file in _files(path, checks):
        language = file.name.removesuffix(".yaml").rpartition(".")[2]
        if language not in LANGUAGES:
            checks.refuse(str(file), f"the name must end in .LANGUAGE.yaml, with one of {', '.join(LANGUAGES)}")
            continue
        for key, text in _read(file, checks):
            if _fits(f"{file}: {key}", key, text, language, checks):
                found.setdefault(language, {})[key] = text
                files[language, key] = str(file)
    return found, files


def _files(path: str, checks: _Checks) -> list[Path]:
    if not path:
        return []
    given = Path(path)
    if not given.exists():
        checks.refuse("voice.overrides", f"{given} is not there")
        return []
    found = sorted(given.rglob("*.yaml")) if given.is_dir() else [given]
    if not found:
        checks.refuse("voice.overrides", f"{given} holds no file NAME.LANGUAGE.yaml")
    return found


def _read(file: Path, checks: _Checks) -> list[tuple[str, str]]:
    try:
        tree: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # a loader of plain text
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        checks.refuse(str(file), f"cannot be read: {' '.join(str(error).split())}")
        return []
    if tree in (None, ""):
        return []
    if not isinstance(tree, dict):
        checks.refuse(str(file), "write `key: text`, as in the phrases of docs/voice.md")
        return []
    return flat(tree)


def _fits(where: str, key: str, text: str, language: str, checks: _Checks) -> bool:
    """Whether an own phrase may stand for the shipped one: the same key, the same placeholders."""
    ours = shipped(language)
    if key not in ours:
        near = get_close_matches(key, ours, n=1)
        checks.refuse(where, "there is no such phrase" + (f"; did you mean {near[0]}?" if near else ""))
        return False
    asked, needed = _asked(where, text, checks), names_in(ours[key])
    if asked is None:
        return False
    if set(asked) - needed:
        allowed = f"allowed: {_braced(needed)}" if needed else "it holds none"
        checks.refuse(where, f"{_braced(set(asked) - needed)} is unknown here; {allowed}")
    if needed - set(asked):
        checks.refuse(where, f"{_braced(needed - set(asked))} is missing")
    for form in sorted(set().union(*asked.values()) - _VALUE_FORMS):
        checks.refuse(where, f"the form `:{form}` is unknown; allowed: `:on`, `:day`, or none")
    if not text.strip():
        checks.refuse(where, "the phrase is empty")
    return bool(text.strip()) and set(asked) == needed and set().union(*asked.values()) <= _VALUE_FORMS


def _refuse_words(made: Wording, files: Mapping[tuple[str, str], str], checks: _Checks) -> None:
    """Phrases with a word that is never used and has nothing in its place."""
    for language, words in made.never.items():
        if not words:
            continue
        around = (("voice.greeting", made.greeting[language]), ("voice.sign_off", made.sign_off[language]))
        for key, text in (*made.phrases(language).items(), *around):
            word = made.has_never(text, language)
            if word:
                where = f"{files.get((language, key), f'voice.never.{language}')}: {key}"
                checks.refuse(
                    where, f"“{word}” is never used; write `{word}=another word`, or the phrase anew: {text.strip()!r}"
                )


def _refuse_claims(made: Wording, files: Mapping[tuple[str, str], str], checks: _Checks) -> None:
    """Own phrases that claim more than the shipped ones do, seen with sample facts: nothing would prove it."""
    for language, texts in made.own.items():
        usual = shipped(language, made.forms.get(language, ""))
        for key, text in texts.items():
            allowed = _claims(usual[key], language, made)
            found = _claims(made.without_never(text, language), language, made)
            for cause in found.causes:
                is_usual = found.states <= allowed.states if cause.kind in _OF_STATES else cause.kind in allowed.kinds
                if not is_usual:
                    checks.refuse(f"{files[language, key]}: {key}", f"nothing proves this: {cause}")


@dataclass(frozen=True, slots=True)
class _Claims:
    """What a phrase claims beside its sample facts: why it could not be said with them alone, and the states that it tells."""

    causes: tuple[claims.Cause, ...]
    states: frozenset[str]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of claim."""
        return frozenset(cause.kind for cause in self.causes)


def _claims(text: str, language: str, made: Wording) -> _Claims:
    facts = {name: samples.fact(name) for name in names_in(text)}
    voice = Voice(language, samples.NOW, samples.TZ)
    with speaking(made):
        said = text.format_map({name: voice.word(value) for name, value in facts.items()})
        proven = known(tuple(facts.values()), voice)
        dropped = grounding.check(said, tuple(facts.values()), voice).dropped
        readings = [claims.read(each.sentence, words_of(language), proven) for each in dropped]
    causes = tuple(cause for each in dropped for cause in each.causes)
    return _Claims(causes, frozenset(claim.state for reading in readings for claim in reading.claims))
