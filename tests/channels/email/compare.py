"""Prints what mail-parser-reply alone and our stripping make of email.md section 7: `python -m tests.channels.email.compare`."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]

from channels.email.mail import parse
from tests.channels.email.corpus import answers, boxes, traps
from tests.channels.email.corpus.case import Case, words

CORPUS: Final = (*answers.CASES, *traps.TRAPS, *boxes.CASES)
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "sv", "da", "pl", "cs", "ja", "ko", "zh")
ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "Gmail, one line": ("top-en-gmail",),
    "Gmail, two lines": ("top-en-gmail-two-lines", "close-en-gmail-two-lines"),
    "Outlook underscores": ("block-en-outlook-rule",),
    "German sentence": ("top-de-gmail", "top-de-thunderbird", "date-only-de"),
    "French sentence": ("top-fr-gmail", "top-fr-thunderbird", "date-only-fr"),
    "Spanish sentence": ("top-es-gmail", "top-es-thunderbird", "date-only-es"),
    "Japanese sentence": ("top-ja-gmail",),
    "Hebrew sentence": ("top-he-gmail",),
    "text: On Friday I ordered": ("on-friday", "below-on-friday", "on-friday-only"),
    "text: From: my phone": ("from-my-phone", "below-from-my-phone"),
    "answers between quotes": ("inline", "below", "short-answer-between-long"),
    "signature below dashes": ("dashes", "dashes-without-blank"),
    "forwarded mail": ("forward-gmail", "forward-no-words", "forward-outlook-WG"),
    "quote alone": ("quote-only",),
    "Sent from my iPhone": ("device-0", "phone-then-quote", "quote-then-phone"),
}


@cache
def _library() -> EmailReplyParser:
    return EmailReplyParser(languages=list(LANGUAGES))


def by_library(case: Case) -> str:
    """The answer as mail-parser-reply alone reads it."""
    return str(_library().read(case.text).replies[0].body)


def by_us(case: Case) -> str:
    """The answer as the server reads it."""
    return parse(case.raw(), known=case.known).reply_text


def verdict(text: str, case: Case) -> str:
    """`ok`, `lost` = words of the customer are gone, `kept` = something that is not theirs stayed."""
    if text.split() == case.reply.split():
        return "ok"
    return "lost" if words(case.reply) - words(text) else "kept"


def table() -> dict[str, tuple[list[str], list[str]]]:
    """Verdicts on the library and on us, by row of the sheet."""
    named = {case.name: case for case in CORPUS}
    rows = {row: [named[name] for name in names] for row, names in ROWS.items()}
    return {
        row: ([verdict(by_library(case), case) for case in cases], [verdict(by_us(case), case) for case in cases])
        for row, cases in rows.items()
    }


def totals() -> dict[str, dict[str, int]]:
    """How often each verdict falls over all plain texts of the corpus."""
    plain = [case for case in CORPUS if case.text.strip()]
    found = {
        "mail-parser-reply": [verdict(by_library(case), case) for case in plain],
        "ours": [verdict(by_us(case), case) for case in plain],
    }
    return {name: {kind: verdicts.count(kind) for kind in ("ok", "kept", "lost")} for name, verdicts in found.items()}


if __name__ == "__main__":
    for row, (library, ours) in table().items():
        print(f"{row:28} {' '.join(library):20} {' '.join(ours)}")
    for name, counts in totals().items():
        print(f"{name:28} {counts}")
