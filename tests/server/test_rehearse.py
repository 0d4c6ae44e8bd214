"""`onethread rehearse`, run as an operator runs it: scenario files in, a verdict for each and a scorecard out."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.__main__ import main

Turn = dict[str, Any]
ROOT = Path(__file__).parents[2]
ORDER: Turn = {
    "id": "o1",
    "number": "#T-70",
    "placed_at": "2027-03-05T14:00:00Z",
    "customer": {"id": "c_ida", "name": "Ida Moss", "emails": ["ida@moss.example"], "phones": ["+14025550401"]},
    "currency": "USD",
    "totals": {"items": 9800, "total": 9800},
    "payment": {"status": "paid"},
    "ship_to": {"city": "Omaha", "region": "NE", "zip": "68102", "country": "US"},
    "lines": [
        {"id": "l1", "sku": "SCARF", "title": "Merino scarf", "quantity": 1, "fulfilled": 1, "unit_price": 4900},
        {"id": "l2", "sku": "HAT", "title": "Sun hat", "quantity": 1, "fulfilled": 1, "unit_price": 4900},
    ],
    "fulfilment": "shipped",
    "shipments": [
        {
            "id": "s1",
            "carrier": "ups",
            "tracking_number": "1ZT70",
            "lines": [{"line": "l1", "quantity": 1}, {"line": "l2", "quantity": 1}],
            "events": [{"at": "2027-03-15T09:00:00-05:00", "code": "in_transit", "city": "Lincoln", "region": "NE"}],
        }
    ],
}
ARRIVED: Turn = {
    **ORDER,
    "shipments": [
        {
            "id": "s1",
            "carrier": "ups",
            "tracking_number": "1ZT70",
            "lines": [{"line": "l1", "quantity": 1}, {"line": "l2", "quantity": 1}],
            "events": [{"at": "2027-03-15T09:00:00-05:00", "code": "delivered", "city": "Omaha", "region": "NE"}],
        }
    ],
}
ASK: Turn = {"say": "where is my order T-70? ida@moss.example"}
RETURN: list[Turn] = [
    {"say": "I want to return the hat from order T-70, ida@moss.example"},
    {"say": "I changed my mind"},
    {"say": "refund"},
    {"say": "yes"},
]
HAT: Turn = {"name": "start_return", "order": "T-70", "lines": [{"sku": "HAT", "quantity": 1}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.jsonl").write_text(json.dumps(ORDER) + "\n", encoding="utf-8")
    return tmp_path


def scenario(name: str, *turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A scenario over the one order, at noon of 16 March."""
    return {
        "id": name,
        "condition": "informational",
        "now": "2027-03-16T16:00:00Z",
        "store": {"orders": "orders.jsonl"},
        "turns": list(turns),
        "expect": {},
        **more,
    }


def write(folder: Path, name: str, *scenarios: dict[str, Any]) -> Path:
    """A scenario file; JSON is YAML too, so one spelling serves both."""
    path = folder / name
    text = "\n".join(map(json.dumps, scenarios)) if path.suffix == ".jsonl" else json.dumps(scenarios)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def rehearse(*arguments: object) -> tuple[list[dict[str, Any]], int]:
    """The lines of `rehearse --json` and its exit status."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["rehearse", "--json", *map(str, arguments)])
    return [json.loads(line) for line in out.getvalue().splitlines()], status


def play(folder: Path, *scenarios: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The results of scenarios by their ids."""
    lines, _ = rehearse(write(folder, "played.yaml", *scenarios))
    return {line["id"]: line for line in lines[:-1]}


def test_one_line_for_each_scenario_then_the_scorecard(folder: Path) -> None:
    good = scenario("good", ASK, expect={"actions": [], "handoff": False, "says": ["Lincoln"]})
    bad = scenario("bad", ASK, condition="emotion", expect={"says": ["Topeka"], "handoff": "legal"})
    lines, status = rehearse(write(folder, "two.yaml", good, bad))
    assert [line.get("id") for line in lines] == ["good", "bad", None]
    assert set(lines[0]) == {"id", "passed", "condition", "failures", "turns", "state"}
    assert (lines[0]["passed"], lines[0]["failures"]) == (True, [])
    assert lines[1]["failures"] == ["handoff: expected legal, got False", "never said: Topeka"]
    card = lines[2]["scorecard"]
    assert (card["scenarios"], card["passed"]) == (2, 1)
    played = {"informational": {"played": 1, "passed": 1}, "emotion": {"played": 1, "passed": 0}}
    assert card["conditions"] == played
    assert status == 1


def test_a_turn_is_told_with_everything_that_came_of_it(folder: Path) -> None:
    (turn,) = play(folder, scenario("one", ASK))["one"]["turns"]
    assert {"say", "reply", "intent", "actions", "proposed", "handoff", "evidence"} <= set(turn)
    assert turn["say"] == ASK["say"]
    assert "Lincoln" in turn["reply"]
    assert turn["intent"] == "order_status"
    assert "#T-70" in {fact["value"] for fact in turn["evidence"]}


def test_exit_status_is_0_when_all_pass(folder: Path) -> None:
    path = write(folder, "one.yaml", scenario("one", ASK, expect={"says": ["Lincoln"]}))
    command = [sys.executable, "-m", "server", "rehearse", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout.count(b"\n"), done.stderr) == (0, 2, b"")


def test_yaml_jsonl_and_folders_of_them_are_read(folder: Path) -> None:
    write(folder, "first.yaml", scenario("a", ASK))
    write(folder, "second.jsonl", scenario("b", ASK), scenario("c", ASK))
    lines, status = rehearse(folder)
    assert sorted(line["id"] for line in lines[:-1]) == ["a", "b", "c"]
    assert status == 0
    assert len(rehearse(folder / "first.yaml", folder / "second.jsonl")[0]) == 4


def test_nothing_found_is_a_failure(tmp_path: Path) -> None:
    assert rehearse(tmp_path)[1] == 1


def test_times_plays_each_scenario_so_often(folder: Path) -> None:
    lines, _ = rehearse(write(folder, "one.yaml", scenario("one", ASK)), "--times", 3)
    assert lines[-1]["scorecard"]["scenarios"] == 3


def test_actions_are_compared_exactly(folder: Path) -> None:
    arrived = [{"order": ARRIVED}, *RETURN]
    found = play(
        folder,
        scenario("done", *arrived, expect={"actions": [HAT]}),
        scenario("by-hash", *arrived, expect={"actions": [{**HAT, "order": "#T-70"}]}),
        scenario("unexpected", *arrived, expect={"actions": []}),
        scenario("other", *arrived, expect={"actions": [{**HAT, "lines": [{"sku": "SCARF", "quantity": 1}]}]}),
        scenario("twice", *arrived, expect={"actions": [HAT, HAT]}),
        scenario("not-asked", *arrived, expect={}),
    )
    assert {name for name, each in found.items() if each["passed"]} == {"done", "by-hash", "not-asked"}
    assert found["done"]["state"] == {"orders_changed": ["#T-70"]}
    assert found["unexpected"]["failures"][0].startswith("done without being expected")


def test_lines_of_an_action_each_need_their_own(folder: Path) -> None:
    both: list[Turn] = [
        {"order": ARRIVED},
        {"say": "I want to return everything from order T-70, ida@moss.example"},
        *RETURN[1:],
    ]
    hat, scarf = {"sku": "HAT", "quantity": 1}, {"sku": "SCARF", "quantity": 1}
    found = play(
        folder,
        scenario("both", *both, expect={"actions": [{**HAT, "lines": [hat, scarf]}]}),
        scenario("hat-twice", *both, expect={"actions": [{**HAT, "lines": [hat, hat]}]}),
    )
    assert (found["both"]["passed"], found["hat-twice"]["passed"]) == (True, False)


def test_internal_actions_count_only_where_they_are_named(folder: Path) -> None:
    human = {"say": "I want to talk to a human"}
    found = play(
        folder,
        scenario("unnamed", human, expect={"actions": []}),
        scenario("named", human, expect={"actions": [{"name": "hand_off", "reason": "requested"}]}),
        scenario("missing", ASK, expect={"actions": [{"name": "hand_off"}]}),
    )
    assert {name for name, each in found.items() if each["passed"]} == {"unnamed", "named"}


def test_handoff_is_any_none_or_one_reason(folder: Path) -> None:
    human = {"say": "I want to talk to a human"}
    found = play(
        folder,
        *(
            scenario(f"{expected}", human, expect={"handoff": expected})
            for expected in (True, False, "requested", "legal")
        ),
    )
    assert {name for name, each in found.items() if each["passed"]} == {"True", "requested"}


def test_words_are_searched_in_all_replies(folder: Path) -> None:
    turns = [{"say": "hello"}, ASK]
    found = play(
        folder,
        scenario("said", *turns, expect={"says": ["automated assistant", "Linc(oln)?"]}),
        scenario("never", *turns, expect={"never_says": ["Topeka"]}),
        scenario("but-said", *turns, expect={"never_says": ["Lincoln"]}),
    )
    assert {name for name, each in found.items() if each["passed"]} == {"said", "never"}


def test_an_order_turn_is_a_new_scan_and_advance_moves_the_clock(folder: Path) -> None:
    turns = [ASK, {"advance": "P1D"}, {"order": ARRIVED}, {"say": "any news?"}]
    found = play(folder, scenario("scan", *turns, expect={"says": ["Lincoln", "delivered", "Monday, March 15"]}))
    assert found["scan"]["failures"] == []


def test_a_person_silences_the_assistant(folder: Path) -> None:
    turns = [ASK, {"agent": True, "say": "Hi, Kim here."}, {"say": "where is my order T-70? ida@moss.example"}]
    told = play(folder, scenario("taken-over", *turns))["taken-over"]["turns"]
    assert [turn["reply"] != "" for turn in told] == [True, False]


def test_proof_comes_from_the_channel_or_the_sign_in(folder: Path) -> None:
    bare, seen = {"say": "where is my order T-70?"}, {"says": ["Lincoln"]}
    found = play(
        folder,
        scenario("signed-in", {"signed_in": "c_ida"}, bare, expect=seen),
        scenario("signed-in-at-once", {**bare, "signed_in": "c_ida"}, expect=seen),
        scenario("mail", {**bare, "via": "email", "from": "ida@moss.example"}, expect=seen),
        scenario("spoofed", {**bare, "via": "email", "from": "ida@moss.example", "authenticated": False}, expect=seen),
        scenario("whatsapp", {**bare, "via": "whatsapp", "from": "+14025550401"}, expect=seen),
        scenario("sms", {**bare, "via": "sms", "from": "+1 402 555 0401"}, expect=seen),
        scenario("voice", {**bare, "via": "voice", "from": "+14025550401"}, expect=seen),
        scenario("widget", {**bare, "from": "+14025550401"}, expect=seen),
    )
    proven = {"signed-in", "signed-in-at-once", "mail", "whatsapp", "sms"}
    assert {name for name, each in found.items() if each["passed"]} == proven


def test_policy_of_the_scenario_and_of_the_command_line(folder: Path) -> None:
    (folder / "short.yaml").write_text("version: t.1\noutcomes: {refund: {window_days: 0}}\n", encoding="utf-8")
    (folder / "by-zip.yaml").write_text(
        "version: t.2\nidentity: {read_order: {any_of: [[order_number, zip]]}}\n", encoding="utf-8"
    )
    number = {"say": "where is my order T-70? my zip code is 68102"}
    own = write(folder, "own.yaml", scenario("own", number, policy="by-zip.yaml", expect={"says": ["Lincoln"]}))
    assert rehearse(own)[1] == 0
    assert rehearse(own, "--policy", folder / "short.yaml")[1] == 1


@pytest.mark.parametrize(
    ("wrong", "failure"),
    [
        ({"expect": {"say": ["Lincoln"]}}, "not an expectation: say"),
        ({"turns": [{"sya": "hello"}]}, "not a turn: sya"),
        ({"turns": [{"say": "hello", "via": "fax"}]}, "fax"),
        ({"turns": [{"advance": "tomorrow"}]}, "tomorrow"),
        ({"store": {"orders": "nowhere.jsonl"}}, "nowhere.jsonl"),
        ({"policy": "nowhere.yaml"}, "nowhere.yaml"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_scenario_that_cannot_be_played_fails_in_words(folder: Path, wrong: dict[str, Any], failure: str) -> None:
    lines, status = rehearse(write(folder, "played.yaml", scenario("wrong", ASK, **{}) | wrong, scenario("right", ASK)))
    assert [line["passed"] for line in lines[:-1]] == [False, True]
    assert failure in " ".join(lines[0]["failures"])
    assert status == 1


def test_without_json_it_reads_like_a_report(folder: Path) -> None:
    path = write(folder, "one.yaml", scenario("one", ASK, expect={"says": ["Topeka"]}))
    command = [sys.executable, "-m", "server", "rehearse", str(path)]
    out = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=60, text=True).stdout
    assert "FAIL one" in out
    assert "never said: Topeka" in out
    assert "0 of 1" in out
