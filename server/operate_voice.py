"""What `onethread doctor` says of the shop's voice: what is wrong with it, and how it sounds."""

from collections.abc import Iterator

from server.answering.words.house import hints, wording_of
from server.answering.words.preview import every_phrase, typical
from server.answering.words.wording import FORMS, Wording
from server.errors import VoiceError
from server.lines import dumped
from server.settings import Settings


def findings(settings: Settings) -> list[tuple[str, str]]:
    """Everything wrong with the voice, each with its mend; else how typical replies sound in it."""
    try:
        wording = wording_of(settings)
    except VoiceError as error:
        return [("mend", f"voice: {problem}") for problem in error.problems]
    heard = [("voice", f"{each.language}, {each.key}: {_on_one_line(each.text)}") for each in typical(wording)]
    return [("ok", _summary(wording)), *(("warn", f"voice: {hint}") for hint in hints(wording)), *heard]


def _summary(wording: Wording) -> str:
    forms = ", ".join(f"{language} {wording.forms[language]}" for language in FORMS)
    count = sum(len(texts) for texts in wording.own.values())
    return f"voice: {forms}; {count} phrases of the shop's own"


def _on_one_line(text: str) -> str:
    return " / ".join(part.strip() for part in text.splitlines() if part.strip())


def phrases(settings: Settings, *, is_json: bool) -> Iterator[str]:
    """Every phrase with sample facts, a line each, the shop's own marked with a star. Raises VoiceError."""
    names = {"shop": settings.shop.name, "assistant": settings.shop.assistant}
    shown = every_phrase(wording_of(settings), names)
    if is_json:
        kept = [{"language": each.language, "key": each.key, "own": each.is_own, "text": each.text} for each in shown]
        yield dumped({"phrases": kept})
        return
    for each in shown:
        yield f"{each.language} {'*' if each.is_own else ' '} {each.key:44} {_on_one_line(each.text)}"
