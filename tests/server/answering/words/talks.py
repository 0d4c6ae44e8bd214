"""Conversations with every skill in five languages, over the shops that the tests of the skills use; talks.yaml holds what is said."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from server.policies.file import loads
from server.settings import Settings
from server.stage import Heard, Line, Stage
from tests.server.answering.skills import changing_shop, claims_shop
from tests.support import option_shop

SCENARIOS: Final = Path(__file__).parents[3] / "story" / "scenarios"
ARTICLES: Final = Path(str(files("server.demo"))) / "data" / "knowledge"
NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
LATER: Final = datetime(2027, 3, 15, 18, 0, tzinfo=UTC)
_SETTINGS: Final = frozenset({"mail", "who"})


@dataclass(frozen=True, slots=True)
class Talk:
    """What one customer says, line by line, to one shop."""

    name: str
    says: Sequence[str]
    who: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop of files at a moment under a policy; `files` writes to a folder what is not written yet."""

    now: datetime
    policy: str
    files: Callable[[Path], Mapping[str, Path]]


def _scenario(**names: str) -> Callable[[Path], Mapping[str, Path]]:
    return lambda _: {kind: SCENARIOS / name for kind, name in names.items()}


def _articles(_: Path) -> Mapping[str, Path]:
    return {"orders": SCENARIOS / "orders.jsonl", "knowledge": ARTICLES}


SHOPS: Final[Mapping[str, Shop]] = {
    "changing": Shop(changing_shop.NOW, changing_shop.FIRM, changing_shop.written),
    "claims": Shop(claims_shop.NOW, claims_shop.GENEROUS, claims_shop.written),
    "subscriptions": Shop(claims_shop.NOW, claims_shop.TRUSTING, claims_shop.written),
    "swaps": Shop(option_shop.NOW, option_shop.POLICY, option_shop.write),
    "knowledge": Shop(NOW, "", _articles),
    "catalogue": Shop(LATER, "", _scenario(orders="orders.jsonl", products="catalogue-products.jsonl")),
    "codes": Shop(LATER, "", _scenario(orders="orders.jsonl", products="products.jsonl")),
    "bare": Shop(NOW, "", _scenario(products="products.jsonl")),
}
"""The shops of talks.yaml; the policy "" is the shipped one."""


@cache
def _written() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "talks.yaml").read_text(encoding="utf-8")
    )
    return found


def talks_of(shop: str) -> Iterator[Talk]:
    """All conversations with a shop, in every language."""
    section = _written()[shop]
    for skill, languages in section.items():
        if skill not in _SETTINGS:
            for language, lines in languages.items():
                says = tuple(line.replace("{mail}", section.get("mail", "")) for line in lines)
                yield Talk(f"{shop}.{skill}.{language}", says, section.get("who", ""))


async def played(shop: str, talks: Sequence[Talk]) -> AsyncGenerator[tuple[str, Heard, Stage], None]:
    """(talk and line, what came of it, where) of every line, each conversation on a fresh store."""
    one = SHOPS[shop]
    with tempfile.TemporaryDirectory() as folder:
        files = await asyncio.to_thread(one.files, Path(folder))
        async with await Stage.open(Settings(), loads(one.policy), one.now, files) as stage:
            for talk in talks:
                await stage.reset()
                for said in talk.says:
                    yield f"{talk.name}: {said}", await stage.say(_line(said, talk.who)), stage


def _line(said: str, who: str) -> Line:
    if said.startswith("@"):
        return Line(said[1:], choice=said[1:], customer=who)
    photo = ("photo.jpg",) if said.startswith("[photo]") else ()
    return Line(said.removeprefix("[photo]"), customer=who, attach=photo)
