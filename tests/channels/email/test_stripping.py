"""What a customer wrote now: the corpus, and the comparison with the best library (email.md section 7)."""

import re

import pytest
from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]

from channels.email.mail import parse
from tests.channels.email.corpus import answers, boxes, traps
from tests.channels.email.corpus.case import Case

CORPUS = [*answers.CASES, *traps.TRAPS, *boxes.CASES]
TRAPS = [case for case in CORPUS if case.is_trap]


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_reads_what_was_written_now(case: Case) -> None:
    mail = parse(case.raw(), known=case.known)
    assert mail.reply_text == re.sub(r" +$", "", case.reply, flags=re.MULTILINE)
    assert mail.forwarded is case.is_forwarded
    if not case.is_trap:
        assert mail.signature == case.signature


@pytest.mark.parametrize("case", TRAPS, ids=lambda case: case.name)
def test_loses_no_word(case: Case) -> None:
    """Pitfalls 87, 88: every word that is the customer's is in the reply, or below the dashes in the signature."""
    mail = parse(case.raw(), known=case.known)
    assert not _words(case.reply) - _words(f"{mail.reply_text} {mail.signature}")


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_the_corpus_is_large_enough() -> None:
    names = [case.name for case in CORPUS]
    assert len(names) == len(set(names)) >= 120 and len(TRAPS) >= 60


def test_full_text_keeps_everything() -> None:
    """email.md section 7: nothing stored is deleted by a heuristic."""
    for case in CORPUS:
        if case.text.strip():
            assert not _words(case.text) - _words(parse(case.raw()).full_text), case.name


def scores() -> dict[str, tuple[int, int]]:
    """Right answers and lost texts, of the library alone and of ours, over the plain texts of the corpus."""
    found = {"mail-parser-reply": [0, 0], "ours": [0, 0]}
    plain = [case for case in CORPUS if case.text.strip()]
    for case in plain:
        library = EmailReplyParser(
            languages=["en", "de", "fr", "es", "it", "nl", "sv", "da", "pl", "cs", "ja", "ko", "zh"]
        )
        replies = library.read(case.text).replies
        for name, text in (
            ("mail-parser-reply", replies[0].body),
            ("ours", parse(case.raw(), known=case.known).reply_text),
        ):
            found[name][0] += _same(text, case.reply)
            found[name][1] += bool(case.is_trap and _words(case.reply) - _words(text))
    return {name: (right, lost) for name, (right, lost) in found.items()}


def _same(text: str, expected: str) -> bool:
    return text.split() == expected.split()


def test_is_better_than_the_library_and_loses_nothing() -> None:
    found = scores()
    assert found["ours"][1] == 0
    assert found["ours"][0] > found["mail-parser-reply"][0]
