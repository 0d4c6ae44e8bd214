"""The command `onethread rehearse`: plays scenarios and prints their scorecard, or judges the past under another policy."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from memory.engines.base import Database
from server import rehearse
from server.actions.replay import Difference, Replayed, replayed
from server.answering.understand import weights
from server.clock import SystemClock
from server.lines import dumped
from server.operate import say, settings_of, with_database
from server.policies.file import load as load_policy
from server.rehearse import Result
from server.settings import Settings, parse_duration


async def play(
    config: str | None,
    paths: Sequence[Path],
    policy: str | None,
    times: int,
    *,
    asks_model: bool,
    is_json: bool,
) -> int:
    """Play scenarios and print the scorecard; 1 when one failed, 2 when a model is asked for and none is configured."""
    settings = settings_of(config)
    if asks_model and not settings.llm.model:
        sys.stderr.write(
            "onethread: --llm needs a model: set [llm] base_url, api_key and model in onethread.toml (docs/model.md)\n"
        )
        return 2
    weights.use(settings.data)
    results = []
    for file, scenario in rehearse.read(paths or [Path("tests/story/scenarios")]):
        for _ in range(max(1, times)):
            result = await rehearse.run(settings, file, scenario, policy, asks_model=asks_model)
            results.append(result)
            say(dumped(result.to_json()) if is_json else _scenario_line(result))
    card = rehearse.scorecard(results, times)
    say(dumped({"scorecard": card}) if is_json else card_lines(card))
    if not results:
        sys.stderr.write("onethread: no scenario was found there\n")
    return 0 if results and all(each.passed for each in results) else 1


def _scenario_line(result: Result) -> str:
    mark = "ok  " if result.passed else "FAIL"
    return "\n".join([f"{mark} {result.id}", *(f"       {failure}" for failure in result.failures)])


def card_lines(card: Mapping[str, Any]) -> str:
    """The scorecard as a person reads it."""
    rows = [f"  {name:16} {row['passed']:4} of {row['played']}" for name, row in card["conditions"].items()]
    rows.append(f"  {'all':16} {card['passed']:4} of {card['scenarios']}")
    if "pass_k" in card:
        best = card["pass_k"]
        rows.append(f"  {'pass^' + str(best['k']):16} {best['passed']:4} of {best['scenarios']}")
    solvable, away = card["solvable"], card["solvable_handed_off"]
    rows.append(f"  reached a person: {away} of {solvable} that can be solved ({_share(away, solvable)})")
    dropped, sentences = card["dropped_sentences"], card["sentences"]
    rows.append(f"  sentences left unsaid: {dropped} of {sentences + dropped} ({_share(dropped, sentences + dropped)})")
    rows += [f"    {each['sentence']}  <- {each['cause']}" for each in card["dropped"]]
    return "\n".join(["", *rows])


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def judge_past(config: str | None, policy: str, since: str, *, is_json: bool) -> int:
    """Print which decisions since a time would be others under `policy`. Raises PolicyError, ValueError for a bad time."""

    async def act(database: Database, settings: Settings) -> Replayed:
        now = SystemClock(settings.offset).now()
        return await replayed(database, load_policy(policy), _since(since, now))

    found = with_database(config, act)
    if is_json:
        for each in found.differences:
            say(dumped(_as_json(each)))
        say(dumped({"judged": found.judged, "unreadable": found.unreadable, "differ": len(found.differences)}))
    else:
        for each in found.differences:
            say(_difference_line(each))
        say(f"{len(found.differences)} of {found.judged} past decisions would differ")
        if found.unreadable:
            sys.stderr.write(f"onethread: {found.unreadable} old decisions could not be read\n")
    return 0


def _since(text: str, now: datetime) -> datetime:
    """`30d`, `12h`, an ISO 8601 duration, or a moment."""
    units = {"h": "hours", "d": "days", "w": "weeks"}
    if text[:-1].isdigit() and text[-1:] in units:
        return now - timedelta(**{units[text[-1]]: int(text[:-1])})
    if text.startswith("P"):
        return now - parse_duration(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f'--since is "{text}": write 30d, 12h, 2w, P30D or a moment like 2026-11-01T09:00:00Z'
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _as_json(each: Difference) -> dict[str, Any]:
    action = {key: value for key, value in each.action.items() if key != "customer"}
    return {
        "at": each.at.isoformat(), "thread": each.thread_id, "stage": each.stage, "name": each.name, "order": each.order,
        "action": action, "policy": each.policy_version, "was": asdict(each.was), "becomes": asdict(each.becomes),
        "stricter": each.is_stricter,
    }  # fmt: skip


def _difference_line(each: Difference) -> str:
    mark = "stricter" if each.is_stricter else "kinder  "
    was, becomes = (f"{one.verdict}/{one.need} {one.key} {one.amount_minor}" for one in (each.was, each.becomes))
    return f"{mark} {each.at:%Y-%m-%d %H:%M} {each.name} {each.order} ({each.stage}): {was} -> {becomes}"
