"""The kill test itself in its short and long profile, and proof that its checker sees what it should."""

from dataclasses import replace
from pathlib import Path

import pytest

from memory.projection import Event, rebuilt
from tests.faults.checker import Found, Told, violations
from tests.faults.kill import run


def message(seq: int, author: str, cid: str | None = None, **body: object) -> Event:
    return Event(seq, seq, "message", "all", author, 0, "", "widget", 1, cid, None, {"text": f"text {seq}", **body})


ASKED = message(1, "customer", "a")
ANSWERED = message(2, "assistant", answers=1)
THANKED = message(3, "customer", "b")
CLOSED = message(4, "assistant", answers=3)
TOLD = Told({"a": ("c_1", 1), "b": ("c_1", 3)}, {("c_1", 2): "text 2"})


def found(*events: Event, **changes: object) -> Found:
    good = Found({"c_1": events}, {"c_1": rebuilt(events)})
    return replace(good, **changes)  # type: ignore[arg-type]  # one field by its name


def order(*returned: int) -> dict[str, object]:
    returns = [{"lines": [{"line": "l1", "quantity": quantity}]} for quantity in returned]
    return {"number": "#1", "lines": [{"quantity": 2}], "returns": returns}


def test_a_good_run_has_no_violations() -> None:
    assert violations(TOLD, found(ASKED, ANSWERED, THANKED, CLOSED, orders=[order(2)])) == []


@pytest.mark.parametrize(
    ("damaged", "sentence"),
    [
        (found(ASKED, ANSWERED), "b was acknowledged"),
        (found(ASKED, ANSWERED, replace(THANKED, cid="other"), CLOSED), "b was acknowledged"),
        (found(ASKED, ANSWERED, THANKED, CLOSED, replace(THANKED, seq=5)), "stored 2 times"),
        (found(ASKED, ANSWERED, replace(THANKED, seq=4), replace(CLOSED, seq=5)), "holes"),
        (found(ASKED, replace(ANSWERED, body={"text": "other", "answers": 1}), THANKED, CLOSED), "not stored so"),
        (found(ASKED, ANSWERED, THANKED, CLOSED, states={"c_1": rebuilt([ASKED])}), "stored state"),
        (found(ASKED, ANSWERED, THANKED, replace(ANSWERED, seq=4)), "answered twice"),
        (found(ASKED, ANSWERED, THANKED), "never answered"),
        (found(ASKED, ANSWERED, THANKED, CLOSED, turns_left=1), "never finished"),
        (found(ASKED, ANSWERED, THANKED, CLOSED, orders=[order(1, 1)]), "2 returns"),
        (found(ASKED, ANSWERED, THANKED, CLOSED, orders=[order(3)]), "were ordered"),
    ],
)
def test_every_broken_promise_is_seen(damaged: Found, sentence: str) -> None:
    assert any(sentence in problem for problem in violations(TOLD, damaged))


def test_whoever_waits_for_a_person_need_not_be_answered() -> None:
    handoff = Event(3, 3, "handoff", "all", "assistant", 0, "", "", 0, None, None, {"reason": "requested"})
    events = (ASKED, ANSWERED, handoff, replace(THANKED, seq=4))
    told = Told({"a": ("c_1", 1)}, {})
    assert violations(told, found(*events)) == []


@pytest.mark.parametrize("twice", ["executed"])
def test_an_action_that_ran_twice_is_seen(twice: str) -> None:
    done = Event(3, 3, twice, "desk", "assistant", 0, "", "", 0, None, None, {"key": "k1"})
    events = (ASKED, ANSWERED, done, replace(done, seq=4))
    assert "executed 2 times" in str(violations(Told({}, {}), found(*events)))


@pytest.mark.timeout(120)
async def test_three_kills_break_no_promise(tmp_path: Path) -> None:
    outcome = await run(tmp_path, 3, 1)
    assert outcome.problems == []
    assert len(outcome.told.acks) > 20


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
async def test_fifty_kills_break_no_promise(tmp_path: Path, seed: int) -> None:
    outcome = await run(tmp_path, 50, seed)
    assert outcome.problems == []
    assert sum(len(order.get("returns", ())) for order in outcome.found.orders) > 10
