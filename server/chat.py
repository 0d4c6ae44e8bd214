"""`onethread chat`: talk to the assistant in the terminal, over a throw-away store.

With `--json` every line in gives exactly one line out, and nothing else goes to stdout. Without it, one types and reads.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from server.errors import OnethreadError
from server.lines import dumped
from server.policies.file import load as load_policy
from server.settings import Settings, parse_duration
from server.stage import Heard, Line, Stage, as_json

Write = Callable[[str], None]
Channel = Literal["widget", "whatsapp", "sms", "email", "voice"]


class Given(msgspec.Struct, kw_only=True):
    """The keys of a line that mean something; all others are ignored."""

    say: str = ""
    via: Channel | None = None
    sender: str | int | None = msgspec.field(default=None, name="from")
    customer: str | int | None = msgspec.field(default=None, name="as")
    signed_in: str | int | None = None
    auth: Literal["pass", "fail", "none"] | None = None
    authenticated: bool | None = None
    name: str | None = None
    attach: tuple[str, ...] | None = None
    choice: str | None = None


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
    stage = await Stage.open(settings, load_policy(policy), start, files, asks_model=True)
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
    except msgspec.ValidationError as error:
        out = {"error": f"this line cannot be used: {error}" if given else "this line is no JSON object"}
    except msgspec.DecodeError:
        out = {"error": "this line is no JSON object"}
    except OverflowError:
        out = {"error": "that is further than a calendar goes"}
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
        return as_json(await stage.advance(_forward(str(given["advance"]))))
    if not isinstance(given.get("say"), str):
        return {"error": "write say, advance or reset"}
    return as_json(await stage.say(line_of(given, default)))


def _forward(text: str) -> timedelta:
    by = parse_duration(text)
    if by < timedelta():
        raise ValueError("time only goes forward")
    return by


def line_of(given: Mapping[str, Any], default: Line) -> Line:
    """A line as `chat` and `rehearse` write it. Raises msgspec.ValidationError naming the key that cannot be used."""
    read = msgspec.convert(given, Given)
    return Line(
        say=read.say,
        via=read.via or default.via,
        sender=str(read.sender or default.sender),
        customer=str(read.customer or read.signed_in or default.customer),
        auth=_auth(read),
        name=read.name or "",
        attach=read.attach or (),
        choice=read.choice,
    )


def _auth(read: Given) -> str:
    if read.authenticated is not None:
        return "pass" if read.authenticated else "fail"
    return read.auth or "pass"


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
    for sent in heard.internal:
        if sent["name"] == "send_code":
            lines.append(f"   (sent to {sent['to']}: {stage.postbox.posted[-1][2]})")
    lines += [f"   (done: {action['name']} {action.get('order', '')})" for action in heard.actions]
    return "\n".join(lines) + "\n"
