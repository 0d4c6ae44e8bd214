"""Whatever fact of a reply is another, the sentences that stated it are gone; of a reply with its own facts nothing is.

A hundred and twenty recorded replies in every run, more than five hundred by `make long`.
"""

import asyncio
from collections.abc import Iterator

import pytest

from server.answering.words import grounding
from server.commerce.model import Fact
from tests.server.answering.words.mutations import STATED, is_said_twice, others, stating, tells_a_row
from tests.server.answering.words.recorded import Recorded, changed, recordings, without

SHORT, LONG = 120, 560
_SILENT = frozenset({"done"})


def test_a_changed_fact_loses_its_sentence() -> None:
    assert_truth(asyncio.run(recordings(seed=7, at_most=SHORT)), replies=100, mutations=1_000)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_changed_fact_loses_its_sentence_in_five_hundred_replies() -> None:
    assert_truth(asyncio.run(recordings(seed=11, at_most=LONG)), replies=500, mutations=5_000)


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
        if fact.key in _SILENT or is_said_twice(reply, fact) or (fact.key == "state" and not tells_a_row(reply)):
            continue
        for value in others(fact):
            wrong = changed(fact, value)
            dropped = _dropped(reply, without(reply.evidence, fact, wrong), spare=str(fact.value))
            if fact.kind != "status":
                yield from ((fact, wrong, "" if each in dropped else each) for each in stating(reply, fact))
            elif fact.key in STATED:
                yield fact, wrong, "" if dropped else reply.text


def _dropped(reply: Recorded, evidence: tuple[Fact, ...], spare: str = "") -> set[str]:
    """The sentences that may not be said; what the customer said of the changed fact proves nothing."""
    allowed = tuple(each for each in reply.allowed if not spare or each not in spare)
    return {each.sentence for each in grounding.check(reply.text, evidence, reply.voice, allowed).dropped}
