"""How long the catalogue takes to be indexed and asked, and how much better it finds than the store's search for words.

`python -m bench.catalogue --products 5000` makes a catalogue of that size out of the goods that the tests have (each again with other
words mixed in), measures the processor time of building and asking, and then counts how often the right product comes first for the
questions of the tests.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from memory.engines import connect
from memory.migrations import migrate
from server.clock import HandClock
from server.commerce.catalogue.index import Index
from server.commerce.embedded import EmbeddedStore
from server.commerce.goods import Product
from tests.server.commerce.catalogue import shelf

Ranking = Callable[[shelf.Question], Sequence[str]]


def main() -> int:
    """Measure and print; 1 when building or asking takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--products", type=int, default=5000)
    size = parser.parse_args().products
    built, asked = _times(_many(size))
    print(
        f"{size} products: index {built:.2f} s; a question p50 {asked[0]:.2f} ms, p95 {asked[1]:.2f} ms, worst {asked[2]:.2f} ms"
    )
    index = Index(shelf.products())
    words = asyncio.run(_by_words())
    for half in ("a", "b"):
        _report(
            half, "meaning", lambda asked: [each.product.id for each in index.search(asked.text, asked.language, 3)]
        )
        _report(half, "words", lambda asked: words[asked.text])
    return 0 if built < 2 and asked[1] < 10 else 1


def _times(products: Sequence[Product]) -> tuple[float, tuple[float, float, float]]:
    started = time.process_time()
    index = Index(products)
    built = time.process_time() - started
    taken = []
    for question in shelf.questions() * 3:
        started = time.process_time()
        index.search(question.text, question.language, 5)
        taken.append(1000 * (time.process_time() - started))
    taken.sort()
    return built, (taken[len(taken) // 2], taken[int(len(taken) * 0.95)], taken[-1])


def _many(size: int) -> list[Product]:
    """The goods over and over, each with a line of its own, its own words and some of another's."""
    rng, goods = Random(7), shelf.products()
    made = []
    for number in range(size):
        one, other = goods[number % len(goods)], rng.choice(goods)
        own = f"{_name(rng)} {_name(rng)}"
        made.append(
            replace(
                one,
                id=f"{one.id}-{number}",
                title=f"{one.title} {own}",
                description=f"{one.description} {other.description} Line {_name(rng)}.",
                variants=tuple(replace(each, sku=f"{each.sku}-{number}") for each in one.variants),
            )
        )
    return made


def _name(rng: Random) -> str:
    return "".join(
        rng.choice(("ba", "lo", "mi", "ner", "tu", "sa", "kel", "ri", "von", "da")) for _ in range(3)
    ).capitalize()


async def _by_words() -> dict[str, list[str]]:
    """What the embedded store's search for words gives for each question."""
    with tempfile.TemporaryDirectory() as folder:
        database = await connect(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            now = datetime(2026, 1, 1, tzinfo=UTC)
            await migrate(database, now)
            store = EmbeddedStore(database, HandClock(now), "UTC")
            for document in shelf.documents():
                await store.put_product(document)
            return {
                asked.text: [one.id for one in await store.search_products(asked.text, 3)]
                for asked in shelf.questions()
            }
        finally:
            await database.close()


def _report(half: str, name: str, ranking: Ranking) -> None:
    questions = [each for each in shelf.questions() if each.half == half]
    ranked = [(list(ranking(each)), each.answers) for each in questions]
    first = sum(bool(ids) and ids[0] in answers for ids, answers in ranked)
    third = sum(bool(answers & set(ids[:3])) for ids, answers in ranked)
    print(
        f"half {half}, by {name}: recall@1 {first / len(questions):.2f}, recall@3 {third / len(questions):.2f} of {len(questions)}"
    )


if __name__ == "__main__":
    sys.exit(main())
