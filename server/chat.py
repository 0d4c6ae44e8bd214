"""`onethread chat`: talk to the assistant in the terminal, over a throw-away store.

With `--json` every line in gives exactly one line out, and nothing else goes to stdout. Without it, one types and reads.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from server.errors import OnethreadError
from server.policies.file import load as load_policy
from server.settings import Settings, parse_duration
from server.stage import Heard, Line, Stage, as_json, dumped

Write = Callable[[str], None]


async def converse(
    settings: Settings,
    *,
    files: Mapping[str, Path],
    policy: str | None,
    via: str,
    sender: str,
    now: datetime | None,
    is_json: bool,
    write: Write,
) -> None:
    """Read lines from stdin until it ends. Raises ValueError for bad import files, PolicyError for a bad policy."""
    start = now or datetime.now(UTC)
    stage = await Stage.open(settings, load_policy(policy), start, files)
    async with stage:
        if not is_json:
            write(
                f"You are talking to {settings.shop.assistant}, the assistant of {settings.shop.name}. Ctrl-D ends it."
            )
        default = Line("", via, sender)
        while text := await asyncio.to_thread(sys.stdin.readline):
            answer = await _json_line(stage, text, default) if is_json else await _typed(stage, text, default)
            if answer is not None:
                write(answer)


async def _json_line(stage: Stage, text: str, default: Line) -> str:
    """The one line out for a line in; what cannot be read is an error line, not an end."""
    given: dict[str, Any] = {}
    try:
        given = msgspec.json.decode(text, type=dict[str, Any])
        out = await _obey(stage, given, default)
    except (msgspec.DecodeError, msgspec.ValidationError):
        out = {"error": "this line is no JSON object"}
    except (OnethreadError, ValueError) as error:
        out = {"error": str(error)}
    if "id" in given:
        out["id"] = given["id"]
    return dumped(out)


async def _obey(stage: Stage, given: Mapping[str, Any], default: Line) -> dict[str, Any]:
    if given.get("reset"):
        await stage.reset()
        return as_json(Heard())
    if "advance" in given:
        return as_json(await stage.advance(parse_duration(str(given["advance"]))))
    if not isinstance(given.get("say"), str):
        return {"error": "write say, advance or reset"}
    return as_json(await stage.say(line_of(given, default)))


def line_of(given: Mapping[str, Any], default: Line) -> Line:
    """A line as `chat` and `rehearse` write it."""
    return Line(
        say=str(given["say"]),
        via=str(given.get("via") or default.via),
        sender=str(given.get("from") or default.sender),
        customer=str(given.get("as") or given.get("signed_in") or default.customer),
        auth=_auth(given),
        name=str(given.get("name") or ""),
        attach=tuple(str(each) for each in given.get("attach", ())),
        choice=given.get("choice"),
    )


def _auth(given: Mapping[str, Any]) -> str:
    if "authenticated" in given:
        return "pass" if given["authenticated"] else "fail"
    return str(given.get("auth") or "pass")


async def _typed(stage: Stage, text: str, default: Line) -> str | None:
    if not text.strip():
        return None
    heard = await stage.say(Line(text.strip(), default.via, default.sender))
    lines = []
    for reply in heard.replies:
        lines.append(f"\n{reply['text']}")
        if reply["choices"]:
            lines.append("   " + "   ".join(f"[{label}]" for label in reply["choices"]))
    if heard.handoff:
        lines.append(f"   (handed to a person: {heard.handoff})")
    lines += [f"   (done: {action['name']} {action.get('order', '')})" for action in heard.actions]
    return "\n".join(lines) + "\n"
