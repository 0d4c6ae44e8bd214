"""`onethread rehearse`: scripted conversations through the real turn pipeline, and a scorecard.

A scenario passes when exactly the expected changes were made in the store, the handoff is as expected, and the replies say and
never say what they should. One scenario is one throw-away store.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from server.chat import line_of
from server.policies.file import load as load_policy
from server.settings import Settings, parse_duration
from server.stage import Heard, Line, Stage

CONDITIONS: Final = (
    "informational",
    "transactional",
    "policy_edge",
    "ambiguous",
    "emotion",
    "adversarial",
    "continuity",
)
_EXPECTATIONS: Final = frozenset({"actions", "handoff", "says", "never_says"})
_INTERNAL: Final = frozenset({"verify_identity", "hand_off", "notify_when", "send_code"})


@dataclass(slots=True)
class Result:
    """What came of one scenario."""

    id: str
    condition: str
    failures: list[str] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    is_solvable: bool = True
    orders_changed: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """One line of `rehearse --json`."""
        return {
            "id": self.id,
            "passed": self.passed,
            "condition": self.condition,
            "failures": self.failures,
            "turns": self.turns,
            "state": {"orders_changed": self.orders_changed},
        }


def read(paths: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Scenarios of YAML and JSON Lines files, and of folders of them. Raises ValueError naming the file."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix in (".yaml", ".yml"):
                yield from ((file, scenario) for scenario in _yaml(file))
            elif file.suffix == ".jsonl" and (file == path or _is_scenarios(file)):
                lines = file.read_text(encoding="utf-8").splitlines()
                yield from ((file, msgspec.json.decode(line, type=dict[str, Any])) for line in lines if line.strip())


def _is_scenarios(file: Path) -> bool:
    with file.open(encoding="utf-8") as handle:
        return '"turns"' in handle.readline()


def _yaml(file: Path) -> list[dict[str, Any]]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: {error}") from error
    if not isinstance(found, list):
        return []
    return [each for each in found if isinstance(each, dict) and "turns" in each]


async def run(
    settings: Settings,
    file: Path,
    scenario: Mapping[str, Any],
    policy: str | None = None,
    *,
    asks_model: bool = False,
) -> Result:
    """Play one scenario; whatever goes wrong is a failure of it, said in words.

    `asks_model` = the model that the settings name has its part. A scenario is solvable unless it says `solvable: false` or
    expects a person."""
    wanted = (scenario.get("expect") or {}).get("handoff", False)
    result = Result(
        str(scenario.get("id", file.stem)),
        str(scenario.get("condition", "informational")),
        is_solvable=bool(scenario.get("solvable", not wanted)),
    )
    try:
        await _play(settings, file, scenario, policy, result, asks_model=asks_model)
    except Exception as error:  # the edge of a scenario: one that breaks must not end the others
        result.failures.append(f"broke: {type(error).__name__}: {error}")
    return result


async def _play(
    settings: Settings,
    file: Path,
    scenario: Mapping[str, Any],
    policy: str | None,
    result: Result,
    *,
    asks_model: bool,
) -> None:
    base = file.parent
    files = {kind: base / str(path) for kind, path in (scenario.get("store") or {}).items()}
    chosen = policy or (str(base / scenario["policy"]) if scenario.get("policy") else None)
    opened = await Stage.open(settings, load_policy(chosen), _now(scenario), files, asks_model=asks_model)
    async with opened as stage:
        signed_in, everything, changed = "", Heard(), set[str]()
        for step in scenario["turns"]:
            if "signed_in" in step and "say" not in step:
                signed_in = str(step["signed_in"])
                continue
            before = await stage.order_versions()
            heard = await _step(stage, step, signed_in)
            if heard is None:
                continue
            changed |= {
                number for number, version in (await stage.order_versions()).items() if before.get(number) != version
            }
            result.turns.append(_turn(step, heard))
            _add(everything, heard)
        result.orders_changed = sorted(changed)
        result.failures += list(_failures(scenario.get("expect") or {}, everything))


def _now(scenario: Mapping[str, Any]) -> datetime:
    value = scenario.get("now")
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value)) if value else datetime.now(UTC)


async def _step(stage: Stage, step: Mapping[str, Any], signed_in: str) -> Heard | None:
    if step.get("agent"):
        await stage.agent_says(str(step["say"]))
        return None
    if "advance" in step:
        return await stage.advance(parse_duration(str(step["advance"])))
    if "order" in step:
        await stage.put_order(step["order"])
        return None
    if "say" not in step:
        raise ValueError(f"not a turn: {', '.join(map(str, step)) or 'nothing'}")
    return await stage.say(line_of(step, Line("", customer=signed_in)))


def _turn(step: Mapping[str, Any], heard: Heard) -> dict[str, Any]:
    return {
        "say": step.get("say", ""),
        "reply": "\n".join(each["text"] for each in heard.replies),
        "intent": heard.intent,
        "actions": heard.actions,
        "proposed": heard.proposed,
        "internal": heard.internal,
        "handoff": heard.handoff,
        "evidence": [fact for each in heard.replies for fact in each["evidence"]],
        "dropped": heard.dropped,
    }


def _add(everything: Heard, heard: Heard) -> None:
    everything.replies += heard.replies
    everything.actions += heard.actions
    everything.internal += heard.internal
    everything.handoff = everything.handoff or heard.handoff


def _failures(expect: Mapping[str, Any], heard: Heard) -> Iterator[str]:
    said = "\n".join(each["text"] for each in heard.replies)
    yield from (f"not an expectation: {each}" for each in sorted(expect.keys() - _EXPECTATIONS))
    if "actions" in expect:
        yield from _wrong_actions(expect["actions"], heard)
    if "handoff" in expect:
        wanted, got = expect["handoff"], heard.handoff
        if (wanted is False and got) or (wanted is True and not got) or (isinstance(wanted, str) and got != wanted):
            yield f"handoff: expected {wanted}, got {got or False}"
    yield from (f"never said: {each}" for each in expect.get("says", []) if not re.search(each, said, re.IGNORECASE))
    yield from (f"said: {each}" for each in expect.get("never_says", []) if re.search(each, said, re.IGNORECASE))


def _wrong_actions(expected: Sequence[Mapping[str, Any]], heard: Heard) -> Iterator[str]:
    internal = [each for each in expected if each.get("name") in _INTERNAL]
    pairs = (
        ([each for each in expected if each not in internal], heard.actions),
        (internal, [each for each in heard.internal if internal]),
    )
    for wanted, done in pairs:
        left = list(done)
        for action in wanted:
            match = next((each for each in left if _fits(action, each)), None)
            if match is None:
                yield f"not done: {action}"
            else:
                left.remove(match)
        if done is heard.actions:
            yield from (f"done without being expected: {each}" for each in left)


def _fits(wanted: Any, done: Any) -> bool:
    """Whether everything that is wanted is there; what is not mentioned may be anything."""
    if isinstance(wanted, Mapping):
        return isinstance(done, Mapping) and all(_fits(value, done.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(done, list) and len(done) == len(wanted) and _pair_up(wanted, done)
    return str(wanted).lstrip("#") == str(done).lstrip("#")


def _pair_up(wanted: Sequence[Any], done: Sequence[Any]) -> bool:
    """Whether each wanted thing has one of its own, in whatever order."""
    if not wanted:
        return True
    rest = ((index, each) for index, each in enumerate(done) if _fits(wanted[0], each))
    return any(_pair_up(wanted[1:], [*done[:index], *done[index + 1 :]]) for index, _ in rest)


def scorecard(results: Sequence[Result], times: int = 1) -> dict[str, Any]:
    """Passed and played by condition; of what could be solved, how much reached a person; what grounding dropped and why.

    With `times` above 1, `pass_k` counts the scenarios that passed every time."""
    played = Counter(each.condition for each in results)
    passed = Counter(each.condition for each in results if each.passed)
    solvable = [each for each in results if each.is_solvable]
    turns = [turn for each in results for turn in each.turns]
    card = {
        "scenarios": len(results),
        "passed": sum(each.passed for each in results),
        "conditions": {name: {"played": played[name], "passed": passed[name]} for name in CONDITIONS if played[name]},
        "handed_off": sum(_reached_person(each) for each in results),
        "solvable": len(solvable),
        "solvable_handed_off": sum(_reached_person(each) for each in solvable),
        "sentences": sum(len(_SENTENCE.findall(turn["reply"])) for turn in turns),
        "dropped_sentences": sum(len(turn["dropped"]) for turn in turns),
        "dropped": [each for turn in turns for each in turn["dropped"]],
    }
    if times > 1:
        failed = {each.id for each in results if not each.passed}
        ids = {each.id for each in results}
        card["pass_k"] = {"k": times, "scenarios": len(ids), "passed": len(ids - failed)}
    return card


_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?\n]?")


def _reached_person(result: Result) -> bool:
    return any(turn["handoff"] for turn in result.turns)
