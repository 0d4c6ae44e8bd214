"""What `onethread doctor` says of the model: whether it answers, how fast, whether it calls tools, and whether it sees."""

import asyncio
from typing import Final, Literal, TypeAlias

from PIL import Image

from server.answering.model import photos
from server.answering.model.client import Client
from server.answering.model.events import Event, Failed, Message, TextDelta, ToolCall, Usage, Why
from server.settings import Settings

Finding: TypeAlias = tuple[Literal["ok", "warn", "mend"], str]
_SLOW_SHARE: Final = 0.5
_ASK: Final[tuple[Message, ...]] = (
    {"content": "You check whether tools work. Call the tool `ready` once.", "role": "system"},
    {"content": "Are you ready?", "role": "user"},
)
_TOOL: Final[Message] = {
    "function": {
        "description": "Says that everything is ready.",
        "name": "ready",
        "parameters": {"additionalProperties": False, "properties": {}, "required": [], "type": "object"},
    },
    "type": "function",
}
_LOOK: Final[Message] = {"content": "Which colour has the square? One English word.", "role": "user"}
_RED: Final = (220, 20, 20)
_MENDS: Final[dict[Why, str]] = {
    "auth": "check llm.api_key",
    "bad_request": "check llm.model and llm.base_url (it ends in /v1)",
    "connection": "check llm.base_url, and that the server runs",
    "timeout": "a smaller model, or a faster machine",
    "quota": "its account has nothing left",
    "cut": "check llm.base_url (it ends in /v1): what answers there is no chat.completions stream",
    "malformed": "check llm.base_url (it ends in /v1): what answers there is no chat.completions stream",
}


async def examine(settings: Settings) -> list[Finding]:
    """Ask the configured model one small question; empty without a model."""
    llm = settings.llm
    if not llm.model:
        return []
    client = await asyncio.to_thread(Client, llm)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        events = [event async for event in client.stream(_ASK, [_TOOL], until=began + llm.deadline_s)]
        found = _findings(events, loop.time() - began, settings)
        if llm.sees and not isinstance(events[-1], Failed):
            found += await _sight(client, llm.model, loop.time() + llm.deadline_s)
    finally:
        await client.close()
    return found


async def _sight(client: Client, name: str, until: float) -> list[Finding]:
    """Show it a red square."""
    square = await asyncio.to_thread(photos.encoded, Image.new("RGB", (64, 64), _RED))
    events = [event async for event in client.stream([photos.shown(_LOOK, [square], "look")], [], until=until)]
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    if isinstance(end := events[-1], Failed):
        return [
            ("mend", f"the model {name} takes no photos ({end.why} {end.detail}".rstrip() + "): set llm.sees = false")
        ]
    if "red" not in said.casefold():
        return [("warn", f"the model {name} was shown a red square and did not say so: it hardly sees")]
    return [("ok", f"the model {name} sees photos")]


def _findings(events: list[Event], took_s: float, settings: Settings) -> list[Finding]:
    name, end = settings.llm.model, events[-1]
    if isinstance(end, Failed):
        mend = _MENDS.get(end.why, "see its own log")
        return [("mend", f"the model {name} is of no use ({end.why} {end.detail}".rstrip() + f"): {mend}")]
    found: list[Finding] = []
    if took_s > settings.llm.deadline_s * _SLOW_SHARE:
        found.append(
            ("warn", f"the model {name} took {took_s:.1f} s of {settings.llm.deadline_s:.1f}: it will often be late")
        )
    if not any(isinstance(event, ToolCall) for event in events):
        word = "said something instead" if any(isinstance(event, TextDelta) for event in events) else "did not"
        found.append(("warn", f"the model {name} was asked to call a tool and {word}: it can word, but hardly choose"))
    if not any(isinstance(event, Usage) for event in events):
        found.append(("warn", f"the server of {name} counts no tokens: the budget is estimated"))
    return found or [("ok", f"the model {name} answers and calls tools, in {took_s * 1000:.0f} ms")]
