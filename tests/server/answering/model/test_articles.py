"""A model that looks into the articles: it gets an article's own words, and says nothing else."""

from importlib.resources import files
from pathlib import Path

from server.answering.context import Reply
from server.shelving import import_articles
from tests.server.answering.model.house import UNCLEAR, house
from tests.support.databases import NOW
from tests.support.model_server import ModelServer, calls, says

ARTICLES = Path(str(files("server.demo"))) / "data" / "knowledge"


async def test_a_model_finds_an_article_and_its_words_are_proven(tmp_path: Path) -> None:
    found = calls(("search_articles", {"query": "how do I reset my password"}))
    server = ModelServer(found, otherwise=says("Open the link in the e-mail that we send you. It works for one hour."))
    async with house(tmp_path, server) as shop:
        await import_articles(shop.services.database, ARTICLES, NOW)
        _, answer = await shop.ask(UNCLEAR)
    assert isinstance(answer.outcome, Reply)
    assert answer.outcome.text.startswith("Open the link in the e-mail that we send you. It works for one hour.")
    assert {fact.source for fact in answer.outcome.evidence} >= {"knowledge:password#reset-your-password"}
    assert answer.dialogue.articles == ["password#reset-your-password"]


async def test_what_no_article_says_and_what_is_internal_is_refused(tmp_path: Path) -> None:
    for query in ("zebra crossing opening times", "how much goodwill credit may an agent give without asking"):
        server = ModelServer(calls(("search_articles", {"query": query})), otherwise=says("I don't know."))
        folder = tmp_path / query[:5]
        folder.mkdir()
        async with house(folder, server) as shop:
            await import_articles(shop.services.database, ARTICLES, NOW)
            await shop.ask(UNCLEAR)
        told = [message["content"] for message in server.requests[1]["messages"] if message["role"] == "tool"]
        assert len(told) == 1
        assert "no article answers that" in told[0]
        assert "15.00" not in told[0]
