"""Whatever fact of a reply is another, the sentences that stated it are gone; of a reply with its own facts nothing is.

A hundred recorded replies in every run; every row of the table and every conversation with every skill, in five languages, by
`make long`.
"""

import asyncio
from collections.abc import Iterator

import pytest

from server.answering.words import grounding, proofs
from server.answering.words.spoken import LANGUAGES
from server.commerce.model import Fact
from tests.server.answering.words.mutations import STATED, elsewhere, is_said_twice, others, stating, tells_a_row
from tests.server.answering.words.recorded import Recorded, changed, recordings

SHORT, LONG = 100, 5_000
_KINDS = frozenset(
    {
        "date",
        "datetime",
        "window",
        "amount",
        "place",
        "carrier",
        "order_number",
        "tracking_number",
        "product",
        "status",
        "count",
        "text",
    }
)
_DONE = proofs.DONE.keys() - {"change_subscription", "store_credit", "book_pickup", "notify_when"}
_TOLD_AND_UNTOLD = frozenset({"hand_off"})
"""What is done beside a reply whether it says so or not."""


def test_a_changed_fact_loses_its_sentence() -> None:
    assert_truth(asyncio.run(recordings(seed=7, at_most=SHORT)), replies=90, mutations=700)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_changed_fact_loses_its_sentence_in_every_recorded_reply() -> None:
    recorded = asyncio.run(recordings(seed=11, at_most=LONG))
    assert_truth(recorded, replies=1_500, mutations=20_000)
    assert {each.language for each in recorded} >= set(LANGUAGES)
    assert {fact.kind for each in recorded for fact in each.evidence} >= _KINDS
    assert {str(fact.value) for each in recorded for fact in each.evidence if fact.key == "done"} >= _DONE


def assert_truth(recorded: list[Recorded], replies: int, mutations: int) -> None:
    """No sentence is lost with the facts as they were, and every sentence that states a fact is lost with another one."""
    lost = [(each.name, each.dropped or _dropped(each, each.evidence)) for each in recorded]
    assert [(name, dropped) for name, dropped in lost if dropped] == []
    tried = missed = 0
    examples: list[str] = []
    for reply in recorded:
        for said, wrong, sentence in _mutated(reply):
            tried += 1
            if sentence:
                missed += 1
                examples.append(f"{reply.language} {said.key}: {said.value} -> {wrong.value}: {sentence}")
    assert (missed, len(recorded) >= replies, tried >= mutations) == (0, True, True), (
        tried,
        len(recorded),
        examples[:20],
    )


def _mutated(reply: Recorded) -> Iterator[tuple[Fact, Fact, str]]:
    """(fact, the changed one, a sentence that states the old one and was not dropped, or "")."""
    for fact in reply.evidence:
        if fact.value in _TOLD_AND_UNTOLD or (fact.key == "state" and not tells_a_row(reply)):
            continue
        if fact.kind == "status" and is_said_twice(reply, fact):
            continue
        for value in others(fact):
            wrong = changed(fact, value)
            dropped = _dropped(reply, elsewhere(reply.evidence, fact, wrong), spare=str(fact.value))
            if fact.kind != "status":
                yield from ((fact, wrong, "" if each in dropped else each) for each in stating(reply, fact))
            elif fact.key in STATED:
                yield fact, wrong, "" if dropped else reply.text


def _dropped(reply: Recorded, evidence: tuple[Fact, ...], spare: str = "") -> set[str]:
    """The sentences that may not be said; what the customer said of the changed fact proves nothing."""
    allowed = tuple(each for each in reply.allowed if not spare or each not in spare)
    return {each.sentence for each in grounding.check(reply.text, evidence, reply.voice, allowed).dropped}
