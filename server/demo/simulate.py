"""`onethread simulate`: a customer's phone, mailbox and telephone from the terminal, against a running server on loopback.

With `--demo` it holds the devices of a running demo. Else the settings say how the server is reached and signed to, and the
providers' stand-ins are opened where the settings send our messages. A server that others can reach is never simulated at.
"""

import argparse
import asyncio
import base64
import json
import mimetypes
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request

from server.clock import SystemClock
from server.demo.devices.cast import Part
from server.demo.devices.places import reached
from server.demo.devices.routes import routes
from server.demo.devices.world import WorldClock
from server.demo.guarding import GUARD_HEADER
from server.demo.simulators import simulators
from server.errors import OperatorError
from server.settings import Settings
from server.web import LOOPBACK

ANA: Final = ("Ana Lopez", "+13035550101", "ana.lopez@example.com")
"""Whom the devices belong to unless somebody else is named: the first customer of the demo."""
_LOOK_S: Final = 0.1
_QUIET_S: Final = 1.2
_QUICK: Final = 400.0
"""Letters a second of the voice where nobody listens."""


def simulate(arguments: argparse.Namespace, settings: Settings | None) -> int:
    """Play what was asked for. Raises OperatorError, OSError."""
    told = asyncio.run(_play(arguments, settings))
    if arguments.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_in_words(told))
    return 1 if told["faults"] else 0


async def _play(arguments: argparse.Namespace, settings: Settings | None) -> dict[str, Any]:
    opened = _demo(arguments.demo) if settings is None else _server(arguments, settings)
    async with opened as (client, me):
        player = _Player(client, await me(arguments), float(arguments.wait))
        match arguments.channel:
            case "whatsapp" | "sms":
                shown = await player.write(arguments.channel, arguments.text, arguments.photo)
            case "email":
                shown = await player.mail(arguments.subject, arguments.text, is_forged=arguments.forged)
            case _:
                shown = await player.call(arguments.say, arguments.keys)
        return {"channel": arguments.channel, **shown, "faults": (await player.look())["faults"]}


# Where the devices are


def _on_loopback(url: str, name: str) -> None:
    """Raises OperatorError for an address that others can reach."""
    if urlsplit(url).hostname not in LOOPBACK:
        raise OperatorError(f"{name} is {url}, which is not on loopback: only a server on this machine is simulated at")


@asynccontextmanager
async def _demo(url: str) -> AsyncIterator[tuple[httpx2.AsyncClient, Any]]:
    """The devices of a running demo."""
    _on_loopback(url, "--demo")
    headers = {GUARD_HEADER: "1"}
    async with httpx2.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=30, trust_env=False) as client:

        async def me(arguments: argparse.Namespace) -> str:
            try:
                cast = (await client.get("/demo/devices/cast")).json()["cast"]
            except (httpx2.HTTPError, ValueError, KeyError):
                raise OperatorError(f"no demo answers at {url}: start one with `onethread demo`") from None
            wanted = arguments.sender or ANA[1]
            found = next((each["id"] for each in cast if wanted in (each["phone"], each["email"], each["name"])), None)
            if found is None:
                raise OperatorError(
                    f"--from: nobody in the demo is {wanted}; name a number, an address or a name of its cast"
                )
            return str(found)

        yield client, me


@asynccontextmanager
async def _server(arguments: argparse.Namespace, settings: Settings) -> AsyncIterator[tuple[httpx2.AsyncClient, Any]]:
    """Devices of our own against the server of these settings."""
    _on_loopback(settings.public_url, "server.public_url")
    part = _part(arguments)
    account, places = reached(settings, arguments.channel)
    clock = WorldClock(SystemClock(settings.offset))
    async with simulators((part,), clock, account=account, places=places, pace=_QUICK) as made:

        async def nothing(_request: Request, _part: Part) -> list[dict[str, Any]]:
            return []

        async def me(_arguments: argparse.Namespace) -> str:
            return part.id

        app = Starlette(routes=routes(made, nothing))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers={GUARD_HEADER: "1"}, timeout=30
        ) as client:
            yield client, me
            await asyncio.sleep(_LOOK_S)  # the last status callbacks go out before the stand-ins close


def _part(arguments: argparse.Namespace) -> Part:
    name, phone, email = ANA
    sender = arguments.sender
    if arguments.channel == "email":
        email = sender or email
    else:
        phone = sender or phone
    return replace(Part("me", name, phone, email), name=arguments.name or name)


# What is done with them


class _Player:
    """Somebody with devices. `wait_s` = how long an answer may take."""

    def __init__(self, client: httpx2.AsyncClient, me: str, wait_s: float) -> None:
        self._client = client
        self._me = me
        self._wait_s = wait_s

    async def look(self) -> dict[str, Any]:
        """Everything that the devices show."""
        found: dict[str, Any] = (await self._client.get("/demo/devices", params={"as": self._me})).json()
        return found

    async def _do(self, what: str, **told: object) -> None:
        answer = await self._client.post(f"/demo/devices/{what}", json={"as": self._me, **told})
        if answer.status_code != 200:
            raise OperatorError(str(answer.json().get("error", "the device refused")))

    async def write(self, channel: str, texts: Sequence[str], photo: str | None) -> dict[str, Any]:
        """Messages one after the other, each when the last one is answered; what a button says taps it."""
        turns = []
        for at, text in enumerate(texts or [""]):
            before = (await self.look())["phone"][channel]["messages"]
            button = _button(before, text)
            if button:
                await self._do("choose", channel=channel, sid=button[0], choice=button[1])
            else:
                await self._do("send", channel=channel, text=text, **(_file(photo) if photo and at == 0 else {}))
            after = await self._until_quiet(lambda world: world["phone"][channel]["messages"], len(before))
            mine = next((each for each in after[len(before) :] if each["mine"]), {})
            answers = [each for each in after[len(before) :] if not each["mine"]]
            turns.append({
                "said": text, "sid": mine.get("sid", ""), "status": mine.get("status", ""),
                "answers": [
                    {"text": each["text"], "choices": [choice["title"] for choice in each["choices"]]} for each in answers
                ],
            })  # fmt: skip
        return {"turns": turns}

    async def mail(self, subject: str, texts: Sequence[str], *, is_forged: bool) -> dict[str, Any]:
        """Mails one after the other; each but the first answers the shop's last."""
        turns, answers = [], ""
        for text in texts:
            before = (await self.look())["mail"]["mails"]
            await self._do("write", subject=subject, text=text, answers=answers, authenticated=not is_forged)
            after = await self._until_quiet(lambda world: world["mail"]["mails"], len(before))
            came = [each for each in after[len(before) :] if not each["mine"]]
            mine = next((each for each in after[len(before) :] if each["mine"]), {})
            answers = came[-1]["id"] if came else answers
            turns.append({
                "said": text, "status": mine.get("status", ""),
                "answers": [{"subject": each["subject"], "text": each["text"]} for each in came],
            })  # fmt: skip
        return {"turns": turns}

    async def call(self, says: Sequence[str], keys: str) -> dict[str, Any]:
        """A call: each line is said when the shop is silent, then the keys are pressed, then one hangs up."""
        await self._do("dial")
        goes_on = await self._until_silent()
        for words in says:
            if goes_on:
                await self._do("say", text=words)
                goes_on = await self._until_silent(answered=True)
        for key in keys if goes_on else "":
            await self._do("press", key=key)
        if keys and goes_on:
            await self._until_silent(answered=True)
        await self._do("hang-up")
        call = (await self.look())["call"] or {}
        transcript = [{"who": each["who"], "text": each["text"]} for each in call.get("transcript", ())]
        return {"sid": call.get("sid", ""), "transcript": transcript, "ended_by": call.get("ended_by", "")}

    async def _until_quiet(self, read: Any, before: int) -> list[dict[str, Any]]:
        """The messages once there is an answer and nothing follows for a moment, or the patience is over."""
        loop = asyncio.get_running_loop()
        ends, seen, since = loop.time() + self._wait_s, before, loop.time()
        while True:
            found: list[dict[str, Any]] = read(await self.look())
            if len(found) != seen:
                seen, since = len(found), loop.time()
            is_answered = any(not each["mine"] for each in found[before:])
            if loop.time() > ends or (is_answered and loop.time() - since > _QUIET_S):
                return found
            await asyncio.sleep(_LOOK_S)

    async def _until_silent(self, *, answered: bool = False) -> bool:
        """Wait until the shop has spoken and is silent, or the patience is over; whether the call goes on."""
        loop = asyncio.get_running_loop()
        ends, silent_since = loop.time() + self._wait_s, None
        while loop.time() < ends:
            call = (await self.look())["call"]
            if call is None or call["state"] == "ended":
                return False
            spoken = call["transcript"] and call["transcript"][-1]["who"] == "shop"
            is_silent = call["state"] == "talking" and not call["speaking"] and (spoken or not answered)
            silent_since = (silent_since or loop.time()) if is_silent and spoken else None
            if silent_since is not None and loop.time() - silent_since > _QUIET_S:
                return True
            await asyncio.sleep(_LOOK_S)
        return True


def _button(messages: Sequence[dict[str, Any]], text: str) -> tuple[str, str] | None:
    """(message, id) of the button that says this, on the last message that has any."""
    for message in reversed(messages):
        for choice in message["choices"]:
            if choice["title"].casefold() == text.strip().casefold():
                return message["sid"], choice["id"]
    return None


def _file(path: str) -> dict[str, str]:
    kind = mimetypes.guess_type(path)[0] or ""
    return {"photo": base64.b64encode(Path(path).read_bytes()).decode(), "type": kind}


def _in_words(told: dict[str, Any]) -> str:
    lines = []
    for turn in told.get("turns", ()):
        lines.append(f"> {turn['said']}  [{turn['status']}]")
        for answer in turn["answers"]:
            lines.append(answer["text"])
            lines += [f"  ({choice})" for choice in answer.get("choices", ())]
        if not turn["answers"]:
            lines.append("(no answer yet)")
    for said in told.get("transcript", ()):
        mark = {"caller": "> ", "note": "* "}.get(said["who"], "")
        lines.append(f"{mark}{said['text']}")
    lines += [f"! {fault}" for fault in told["faults"]]
    return "\n".join(lines) + "\n"
