"""What a customer wrote now: the corpus, and the comparison with the best library (email.md section 7)."""

import re

import pytest

from channels.email.mail import parse
from tests.channels.email import compare
from tests.channels.email.corpus.case import Case, words

CORPUS = compare.CORPUS
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
    assert not words(case.reply) - words(f"{mail.reply_text} {mail.signature}")


def test_the_corpus_is_large_enough() -> None:
    names = [case.name for case in CORPUS]
    assert len(names) == len(set(names)) >= 120 and len(TRAPS) >= 60


def test_full_text_keeps_everything() -> None:
    """email.md section 7: nothing stored is deleted by a heuristic."""
    for case in CORPUS:
        if case.text.strip():
            assert not words(case.text) - words(parse(case.raw()).full_text), case.name


@pytest.mark.parametrize("row", compare.ROWS)
def test_is_never_behind_the_library(row: str) -> None:
    """email.md section 7, row by row: `python -m tests.channels.email.compare` prints it."""
    cases = [case for case in CORPUS if case.name in compare.ROWS[row]]
    assert [compare.verdict(compare.by_us(case), case) for case in cases] == ["ok"] * len(compare.ROWS[row])


def test_is_better_than_the_library_and_loses_nothing() -> None:
    found = compare.totals()
    assert found["ours"]["lost"] == found["ours"]["kept"] == 0
    assert found["ours"]["ok"] > found["mail-parser-reply"]["ok"]
    assert found["mail-parser-reply"]["lost"] > 0, "were it not for that, the library alone would do"
