"""Who is calm stays calm, whoever is not is heard, and the heads are damped as they should be."""

import pytest

from server.answering.understand import moods, understand
from tests.server.answering.understand.heldout import rows, said


@pytest.mark.parametrize("text", said("calm.txt"))
def test_calm_questions_and_requests_are_calm(text: str) -> None:
    read = understand(text)
    assert (read.frustration, read.risk) == (0, ())


def test_who_is_upset_is_heard() -> None:
    unheard = [text for text in said("upset.txt") if understand(text).frustration == 0]
    assert len(unheard) <= 3, unheard


def test_calm_and_upset_are_many() -> None:
    assert len(said("calm.txt")) >= 80
    assert len(said("upset.txt")) >= 60


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("where is it", 0),
        ("still waiting", 1),
        ("the person before you said something else and then something else again", 2),
    ],
)
def test_without_any_angry_sign_nobody_is_furious(text: str, most: int) -> None:
    assert understand(text).frustration <= most


def test_the_meaning_counts_where_no_word_is_known() -> None:
    text = "five days I stayed home for you and each evening the van simply drove by"
    assert moods.load().meaning.limits.take.keys() == {"legal", "safety", "chargeback", "vulnerable"}
    assert understand(text).frustration in (0, 1, 2)


def test_words_of_a_risk_are_dropped_where_the_message_means_something_else() -> None:
    assert understand("Mrs Sue Parker lives at 12 Court Street, is that where it goes").risk == ()
    assert understand("my lawyer will write to you if this goes on").risk == ("legal",)


def test_a_risk_beside_many_calm_sentences_is_seen() -> None:
    text = (
        "Hello, I hope you are well. I ordered a lamp on the 3rd of May and it came on the 9th. "
        "The colour is lovely and it fits the room. When I plugged it in last night the cable caught fire. "
        "What do you suggest? Kind regards, Ann"
    )
    assert "safety" in understand(text).risk


def test_frustration_is_near_on_messages_that_no_head_saw() -> None:
    judged = [
        (int(wanted), understand(text).frustration)
        for name in ("feelings.txt", "feelings_fresh.txt")
        for wanted, _, _, text in rows(name)
    ]
    assert sum(abs(wanted - read) <= 1 for wanted, read in judged) / len(judged) >= 0.9


@pytest.mark.parametrize("risk", moods.RISKS)
def test_risks_are_found_in_messages_that_no_head_saw(risk: str) -> None:
    judged = [
        (risk in wanted.split(","), risk in understand(text).risk)
        for name in ("risk.txt", "risk_fresh.txt")
        for wanted, text in rows(name)
    ]
    found = sum(wanted and read for wanted, read in judged)
    assert found / sum(wanted for wanted, _ in judged) >= 0.95
    assert found / sum(read for _, read in judged) >= 0.6
