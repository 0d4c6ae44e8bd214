"""A text that grows is checked as the whole text would be: sentence by sentence, nothing before it is finished and proven."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.answering.words.grounding import Grounder, check
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from tests.server.answering.words.situations import SITUATIONS
from tests.server.answering.words.test_corpus import CORPUS, NOW, OMAHA, WORLDS, fact

MOVING = WORLDS["moving"]
ENGLISH = Voice("en", NOW, OMAHA)


def grown(grounder: Grounder, text: str, cuts: list[int]) -> list[str]:
    """All that came out for a text that was fed in pieces."""
    places = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    said = [each for first, last in pairwise(places) for each in grounder.feed(text[first:last])]
    return [*said, *grounder.close()]


def test_only_finished_sentences_come_out() -> None:
    grounder = Grounder(MOVING, ENGLISH)

    assert grounder.feed("Order #1042 is on its way with U") == []
    assert grounder.feed("PS. It") == []
    assert grounder.feed(" was last scanned in Omaha") == ["Order #1042 is on its way with UPS. "]
    assert grounder.close() == ["It was last scanned in Omaha"]


def test_what_nothing_proves_never_comes_out() -> None:
    grounder = Grounder(MOVING, ENGLISH)

    said = grown(grounder, "Good news! I have refunded you. It comes on Monday, November 23.", [5, 20, 21, 40])

    assert said == ["Good news! ", "It comes on Monday, November 23."]
    assert [(each.sentence, each.cause) for each in grounder.dropped] == [
        ("I have refunded you.", 'status "refunded" is in no fact')
    ]


def test_a_date_is_not_cut_at_its_point() -> None:
    grounder = Grounder(MOVING, Voice("de", NOW, OMAHA))

    assert grounder.feed("Es kommt am Montag, 23. ") == []
    assert grounder.feed("Nov") == []
    assert grounder.feed("ember. Danke für") == ["Es kommt am Montag, 23. November. "]


def test_what_is_learnt_meanwhile_may_be_said() -> None:
    grounder = Grounder((), ENGLISH)

    assert grown(grounder, "Order #1042 has shipped.", []) == []
    grounder.learn(fact("order_number", "order_number", "#1042"), fact("state", "status", "shipped"))

    assert grown(grounder, "Order #1042 has shipped.", []) == ["Order #1042 has shipped."]


@given(st.integers(0, 2**32), st.sampled_from(LANGUAGES), st.lists(st.integers(0, 2_000), max_size=40))
@settings(max_examples=60, deadline=None)
def test_in_pieces_or_whole_it_is_the_same(seed: int, language: str, cuts: list[int]) -> None:
    drawn = random.Random(seed)
    said = CORPUS[language]["moving"]
    text = " ".join(drawn.sample(said["lies"] + said["truths"], 6))
    voice = Voice(language, NOW, OMAHA)

    grounder, whole = Grounder(MOVING, voice), check(text, MOVING, voice)

    assert "".join(grown(grounder, text, cuts)).strip() == whole.text
    assert tuple(grounder.dropped) == whole.dropped


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_replies_come_out_whole(language: str) -> None:
    for number, situation in enumerate(SITUATIONS):
        speech = situation.speech(language)
        grounder = Grounder(speech.evidence, Voice(language, situation.now or situation.order.as_of))
        assert "".join(grown(grounder, speech.text, [7 * number, 31, 64, 90, 120])).strip() == speech.text, (
            situation.name
        )
