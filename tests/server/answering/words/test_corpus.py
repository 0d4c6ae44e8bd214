"""Free wording in five languages, true and untrue, beside given facts: the lies are dropped, the truths stay."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.answering.words import grounding
from server.answering.words.voice import Voice
from server.commerce.model import Fact, FactKind, FactValue, LocalTime, Money, Place

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
OMAHA = "America/Chicago"
Sentences = dict[str, dict[str, dict[str, list[str]]]]


def _read(name: str) -> Sentences:
    found: Sentences = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return found


CORPUS: Sentences = _read("corpus.yaml")
MORE: Sentences = _read("corpus_more.yaml")


def fact(key: str, kind: FactKind, value: FactValue) -> Fact:
    return Fact(key, kind, value, "test", NOW)


NUMBER = fact("order_number", "order_number", "#1042")
AMOUNT = fact("refund_amount", "amount", Money(5_500, "USD"))
WORLDS: dict[str, tuple[Fact, ...]] = {
    "moving": (
        NUMBER,
        fact("last_at", "datetime", LocalTime(datetime(2026, 11, 20, 17, 40, tzinfo=UTC), OMAHA)),
        fact("eta", "date", date(2026, 11, 23)),
        fact("last_city", "place", Place("Omaha", "NE", "US")),
        fact("carrier", "carrier", "ups"),
        fact("quiet_days", "count", 3),
        fact("tracking_number", "tracking_number", "1ZA1B2C30300000012"),
        fact("state", "status", "in_transit"),
    ),
    "refunded": (
        NUMBER,
        AMOUNT,
        fact("cancelled_at", "date", date(2026, 11, 17)),
        fact("refund_at", "date", date(2026, 11, 18)),
        fact("refund_method", "text", "original"),
        fact("bank_days", "count", 10),
        fact("state", "status", "cancelled"),
        fact("refund_status", "status", "succeeded"),
    ),
    "pending": (NUMBER, AMOUNT, fact("refund_status", "status", "pending")),
    "returning": (
        NUMBER,
        fact("rma", "text", "RMA-7"),
        fact("amount", "amount", Money(4_000, "USD")),
        fact("due_by", "date", date(2026, 12, 1)),
        fact("label", "status", "free"),
        fact("return_status", "status", "return_opened"),
        fact("done", "status", "start_return"),
    ),
    "changed": (NUMBER, fact("address", "text", "12 Elm St"), fact("done", "status", "change_address")),
    "goods": (
        fact("product", "product", "Merino scarf"),
        fact("price", "amount", Money(4_900, "EUR")),
        fact("left", "count", 3),
        fact("months", "count", 24),
        fact("stock", "status", "in_stock"),
    ),
    "handed": (
        fact("done", "status", "hand_off"),
        fact("back_at", "datetime", LocalTime(datetime(2026, 11, 23, 15, 0, tzinfo=UTC), OMAHA)),
    ),
    "nothing": (),
}


def _cases(kind: str) -> Iterator[Any]:
    for corpus, language in [(each, language) for each in (CORPUS, MORE) for language in each]:
        for world, said in corpus[language].items():
            yield from (pytest.param(language, world, text, id=f"{language}-{world}-{text}") for text in said[kind])


def _checked(language: str, world: str, text: str) -> grounding.Checked:
    return grounding.check(text, WORLDS[world], Voice(language, NOW, OMAHA))


@pytest.mark.parametrize(("language", "world", "text"), list(_cases("lies")))
def test_a_lie_is_dropped(language: str, world: str, text: str) -> None:
    checked = _checked(language, world, text)

    assert [each.sentence for each in checked.dropped] == [text]
    assert checked.dropped[0].causes


@pytest.mark.parametrize(("language", "world", "text"), list(_cases("truths")))
def test_a_truth_stays(language: str, world: str, text: str) -> None:
    checked = _checked(language, world, text)

    assert (checked.text, [str(each) for each in checked.dropped]) == (text, [])


def test_there_are_enough_of_both() -> None:
    assert (len(list(_cases("lies"))) >= 300, len(list(_cases("truths"))) >= 230) == (True, True)


def test_lies_in_another_language_than_the_reply_are_dropped_too() -> None:
    """A model that answers in another language than it was told to is held to the facts all the same."""
    cases = [each.values for each in _cases("lies")]
    kept = []
    for language, world, text in cases:
        voice = Voice("de" if language != "de" else "en", NOW, OMAHA)
        kept += [text] if not grounding.check(text, WORLDS[world], voice).dropped else []
    assert len(kept) <= 0.02 * len(cases), kept
