"""Every key that the judge may give has words in every language, and they claim nothing that would have to be proven."""

from typing import Final, get_args

import pytest

from server.answering.words import grounding
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice, names_in, phrases
from server.policies.decision import ExplainKey
from server.policies.outcome import JudgeKey
from server.policies.permits import PermitKey
from tests.support.databases import NOW

EXPLAINED: Final = frozenset(get_args(ExplainKey))
RULED: Final = (frozenset(get_args(PermitKey)) | frozenset(get_args(JudgeKey))) - {"permitted"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_a_return_is_explained(language: str) -> None:
    assert {key for key in EXPLAINED if f"explain.{key}" not in phrases(language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_a_ruling_has_words(language: str) -> None:
    worded = {key.removeprefix("ruled.") for key in phrases(language) if key.startswith("ruled.")}
    assert worded == RULED


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_ruling_need_no_proof(language: str) -> None:
    voice = Voice(language, NOW)
    texts = {key: text for key, text in phrases(language).items() if key.startswith("ruled.")}

    assert {key for key, text in texts.items() if names_in(text)} == set()
    assert {key: found for key, text in texts.items() if (found := grounding.check(text, (), voice).dropped)} == {}
