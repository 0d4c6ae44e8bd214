"""Sentences of a reply that is still being written: whole, proven, or not at all."""

import asyncio
from pathlib import Path

from server.answering.model import speaking
from server.answering.model.guards import Own
from server.answering.model.speaking import Speaker
from server.answering.words.voice import Voice
from server.commerce.model import Fact, Money
from tests.server.answering.model.house import house
from tests.support import model_server as scripted
from tests.support.databases import NOW
from tests.support.model_server import ModelServer, says

TOTAL = Fact("total", "amount", Money(123_450, "USD"), "embedded:orders/ord_7", NOW)
GIVEN = "The total is $1,234.50."


def speaker() -> Speaker:
    """A speaker that knows one amount."""
    return Speaker(Own(GIVEN, GIVEN, [TOTAL], Voice("en", NOW)))


def test_sentences_come_whole_and_amounts_are_never_cut() -> None:
    speaking = speaker()
    out = [
        sentence
        for letter in "Thanks for asking. The total is $1,234.50. Anything else?"
        for sentence in speaking.feed(letter)
    ]
    out += speaking.close()
    assert [each.strip() for each in out] == ["Thanks for asking.", "The total is $1,234.50.", "Anything else?"]
    assert speaking.said == "Thanks for asking. The total is $1,234.50. Anything else?"


def test_a_sentence_that_is_not_true_ends_it_and_is_never_out() -> None:
    speaking = speaker()
    out = speaking.feed("Thanks for asking. The total is $9.99. The total is $1,234.50. ") + speaking.close()
    assert "".join(out).strip() == "Thanks for asking."
    assert speaking.refused == "ungrounded"


def test_what_is_not_whole_is_not_out() -> None:
    speaking = speaker()
    assert speaking.feed("The total is $1,2") == []
    assert speaking.said == ""


def test_an_endless_sentence_ends_it() -> None:
    speaking = speaker()
    assert speaking.feed("and so on " * 100) == []
    assert speaking.close() == []
    assert speaking.refused == "long"


async def test_a_stream_is_let_out_sentence_by_sentence_and_closed_at_a_lie(tmp_path: Path) -> None:
    lie = "Thanks for asking. Your total is $5.00. " + "And more words follow. " * 40
    server = ModelServer(
        says(lie, gap_s=0.005), scripted.pieces(*scripted.words("Thanks for asking. The total is $1,2"))
    )
    async with house(tmp_path, server) as shop:
        heard: list[list[str]] = []
        for _ in range(2):
            until = asyncio.get_running_loop().time() + 1
            one = speaker()
            events = shop.model.llm.stream([{"role": "user", "content": "x"}], [], until=until)
            heard.append([sentence async for sentence in speaking.sentences(events, one)])
        await asyncio.sleep(0.05)
    assert [[each.strip() for each in said] for said in heard] == [["Thanks for asking."]] * 2
    assert server.left_early == 1
