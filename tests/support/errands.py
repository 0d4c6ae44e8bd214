"""A shopper who reacts: they have a goal, say who they are when asked, answer questions about money, and agree only to what they want.

What they are asked may come in any order and any words; what must come of it is fixed: exactly these actions and no others.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage
from tests.support import option_shop, varied_shop

Action = Mapping[str, Any]
_SHORT: Final = 4
"""One talk in so many is played in every run, all of them in the long one."""
_ORDERS: Final = (*option_shop.orders(), *varied_shop.orders())
PAID_BY: Final = {each["number"]: each["payment"]["methods"][0]["id"] for each in _ORDERS}
PEOPLE: Final = {**option_shop.PEOPLE, **varied_shop.PEOPLE}
_OWNERS: Final = {each["number"]: each["customer"]["id"] for each in _ORDERS}
_YES: Final = ("Yes, please go ahead.", "yes", "Yep, that's right, do it", "Yes please", "correct, go on")
_WHO: Final = re.compile(
    r"e-mail address you ordered|full name and postal|nombre completo|nom complet|vollst.ndigen Namen|nome completo",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(
    r"stored payment methods|money (?:for order \S+ )?(?:to )?go|[Hh]ow should order|gift card \d+ holds|difference (?:to )?(?:go|be)"
)
_MOST_TURNS: Final = 20
_ASKED_ENOUGH: Final = 4


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody wants and how they go about it.

    `says` are their lines in order; `pays` answers questions about money; `when` answers other questions, by what they are asked;
    `breaks_in` is said instead of a yes, by what was read back. `does` must come of it. `never` must not be said to them."""

    name: str
    who: str
    says: Sequence[str]
    does: Sequence[Action] = ()
    pays: str = ""
    when: Mapping[str, Sequence[str]] = field(default_factory=dict)
    breaks_in: Mapping[str, Sequence[str]] = field(default_factory=dict)
    never: Sequence[str] = ()


@dataclass(slots=True)
class Told:
    """How an errand went: what was done, what was offered against the wish, what was left unsaid, and the talk for a person to read."""

    done: list[str] = field(default_factory=list)
    unwanted: list[Action] = field(default_factory=list)
    dropped: list[Mapping[str, str]] = field(default_factory=list)
    replies: str = ""
    script: str = ""


def back(order: str, *skus: str, method: str = "original") -> Action:
    """A return."""
    return {
        "name": "start_return",
        "order": order,
        "lines": [{"sku": sku, "quantity": 1} for sku in skus],
        "method": method,
    }


def swap(
    order: str, *pairs: tuple[str, str], method: str = "original", name: str = "start_exchange", quantity: int = 1
) -> Action:
    """An exchange, or with another name a change of items."""
    lines = [{"sku": old, "quantity": quantity, "to_sku": new} for old, new in pairs]
    return {"name": name, "order": order, "lines": lines, "method": method}


def change(order: str, *pairs: tuple[str, str], method: str = "original") -> Action:
    """A change of items."""
    return swap(order, *pairs, method=method, name="change_items")


def cancel(order: str, reason: str = "no longer needed", method: str = "original") -> Action:
    """A cancellation."""
    return {"name": "cancel_order", "order": order, "reason": reason, "method": method}


def pay(order: str, method: str) -> Action:
    """A change of payment."""
    return {"name": "change_payment", "order": order, "method": method}


def move(target: str, line1: str, city: str, region: str, zip_code: str, *, line2: str = "", name: str = "") -> Action:
    """A change of address: of an order, or of a customer's own."""
    who = _OWNERS.get(target, target)
    parts = {
        "name": name or PEOPLE[who][0], "line1": line1, "line2": line2, "city": city, "region": region,
        "zip": zip_code, "country": "US",
    }  # fmt: skip
    return {"name": "change_address", **({"order": target} if target in _OWNERS else {}), "address": parts}


def plain(action: Action) -> str:
    """An action to be compared: the method that paid the order by one name, no reason but a cancellation's."""
    kept = {key: value for key, value in action.items() if key not in ("outcome", "amount")}
    if kept["name"] != "cancel_order":
        kept.pop("reason", None)
    if kept["name"] not in ("change_address", "change_payment"):
        order, method = str(kept.get("order")), kept.get("method", "original")
        kept["method"] = "original" if method == PAID_BY.get(order) else method
    if "lines" in kept:
        kept["lines"] = sorted(kept["lines"], key=lambda line: str(line["sku"]))
    return json.dumps(kept, sort_keys=True)


def profiles(names: Sequence[str]) -> list[Any]:
    """A test for each talk by its name; those that are no part of the short profile are marked as long."""
    return [
        pytest.param(name, id=name, marks=() if number % _SHORT == 0 else pytest.mark.long)
        for number, name in enumerate(names)
    ]


def beside(names: Sequence[str], name: str) -> list[str]:
    """The talks of the profile that `name` belongs to: they are played together."""
    is_short = names.index(name) % _SHORT == 0
    return [each for number, each in enumerate(names) if (number % _SHORT == 0) == is_short]


async def play_all(shop: ModuleType, errands: Sequence[Errand]) -> dict[str, Told]:
    """Every errand on a fresh store of a shop, by name."""
    with tempfile.TemporaryDirectory() as folder:
        files = shop.write(Path(folder))
        async with await Stage.open(Settings(), load(str(Path(folder) / "policy.yaml")), shop.NOW, files) as stage:
            return {errand.name: await play(stage, errand) for errand in errands}


async def play(stage: Stage, errand: Errand) -> Told:
    """The errand on a fresh store."""
    await stage.reset()
    told, shopper = Told(), _Shopper(errand)
    said: str | None = shopper.first()
    for _ in range(_MOST_TURNS):
        if said is None:
            break
        heard = await stage.say(Line(said))
        text = " / ".join(reply["text"] for reply in heard.replies)
        told.script += f"> {said}\n  {text}\n"
        told.replies += f"{text}\n"
        told.done += [plain(each) for each in heard.actions]
        told.dropped += heard.dropped
        said = None if heard.handoff else shopper.answer(text, heard, told)
    return told


class _Shopper:
    """What somebody with an errand says next."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._lines = iter(errand.says)
        self._yes = iter(_YES * 2)
        self._answers = {key: iter(each) for key, each in (*errand.when.items(), *errand.breaks_in.items())}
        self._asked: dict[str, int] = {}

    def first(self) -> str | None:
        """What they open with, and go on with where nothing is asked."""
        return next(self._lines, None)

    def answer(self, text: str, heard: Heard, told: Told) -> str | None:
        """What they say to a reply; None when they are done."""
        errand = self._errand
        said = self._by_words(text, errand.breaks_in)
        if said is None and heard.proposed and self._wants(heard.proposed[-1], told):
            return next(self._yes)
        said = said or self._by_words(text, errand.when)
        if said is None and errand.pays and _MONEY.search(text) and self._counts("money"):
            said = errand.pays
        if said is None and _WHO.search(text) and self._counts("who"):
            name, zip_code = PEOPLE[errand.who]
            said = f"{name}, zip {zip_code}"
        if said is not None:
            return said
        following = self.first()
        if following is None and heard.proposed:
            told.unwanted.append(heard.proposed[-1])
            return "no, that's not what I want"
        return following

    def _wants(self, proposed: Action, told: Told) -> bool:
        left = [plain(each) for each in self._errand.does]
        for each in told.done:
            if each in left:
                left.remove(each)
        return plain(proposed) in left

    def _by_words(self, text: str, answers: Mapping[str, Sequence[str]]) -> str | None:
        fitting: Iterator[str] = (key for key in answers if re.search(key, text, re.IGNORECASE | re.DOTALL))
        return next((said for key in fitting if (said := next(self._answers[key], None)) is not None), None)

    def _counts(self, question: str) -> bool:
        self._asked[question] = self._asked.get(question, 0) + 1
        return self._asked[question] <= _ASKED_ENOUGH


def judge(errand: Errand, told: Told) -> None:
    """Exactly what was wished is done, every sentence was proven, and nothing is said that must not be. Raises AssertionError."""
    assert sorted(told.done) == sorted(plain(each) for each in errand.does), told.script
    assert told.dropped == [], told.script
    assert not [each for each in errand.never if re.search(each, told.replies)], told.script
