"""Shoppers who keep a server busy: each asks about an order or sends one back, over a socket that may break at any moment.

They behave as the widget does: what is not acknowledged is said again under the same `cid`, what was missed is asked for.
What they were told is kept for the checker.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx2
import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from tests.faults.checker import Told
from tests.faults.process import post

_STEPS = 14
_QUIET_S = 3.0
_BROKEN = (OSError, EOFError, TimeoutError, websockets.WebSocketException, httpx2.HTTPError)


class Shopper:
    """One visitor with one wish."""

    def __init__(self, name: str, url: str, order: Mapping[str, Any], rng: random.Random) -> None:
        self.name = name
        self.acks: dict[str, tuple[str, int]] = {}
        self.shown: dict[tuple[str, int], str] = {}
        self.is_done = False
        self._url = url
        self._rng = rng
        self._visitor: str | None = None
        self._outbox: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, int] = {}
        self._said = 0
        self._answered_up_to = 0
        self._lines = _script(order, rng)

    async def live(self) -> None:
        """Pursue the wish over as many connections as it takes."""
        while not self.is_done:
            with suppress(*_BROKEN):
                await self._connection()
            await asyncio.sleep(self._rng.uniform(0.01, 0.1))

    async def _connection(self) -> None:
        async with httpx2.AsyncClient(base_url=self._url, trust_env=False, verify=False, timeout=5) as client:
            answer = await post(
                client, "/widget/session", json={"visitor": self._visitor}, headers={"Origin": self._url}
            )
        session = answer.raise_for_status().json()
        self._visitor = session["visitor"]
        address = self._url.replace("http", "ws", 1) + "/widget/socket"
        async with connect(address, origin=Origin(self._url), proxy=None, compression=None) as socket:
            await _send(
                socket, t="hello", v=1, token=session["token"], conv=session["conv"], seen=self._seen, tab=self.name
            )
            for frame in self._outbox.values():
                await _send(socket, **frame)
            if not self._said:
                await self._say(socket)
            await self._listen(socket)

    async def _listen(self, socket: ClientConnection) -> None:
        while not self.is_done:
            try:
                async with asyncio.timeout(_QUIET_S):
                    frame = msgspec.json.decode(await socket.recv())
            except TimeoutError:
                self.is_done = not self._outbox
                return
            await self._hear(socket, frame)

    async def _hear(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame["t"] == "ack":
            self.acks[frame["cid"]] = (frame["conv"], frame["seq"])
            self._outbox.pop(frame["cid"], None)
        if "prev" not in frame:
            return
        if frame["t"] == "state" and frame["owner"]["type"] != "assistant":
            self._lines.clear()
        self._seen[frame["conv"]] = max(frame["seq"], self._seen.get(frame["conv"], 0))
        if frame["t"] != "msg":
            return
        self.shown[frame["conv"], frame["seq"]] = frame["text"]
        if frame["author"]["type"] == "assistant" and frame["seq"] > self._answered_up_to:
            self._answered_up_to = frame["seq"]
            await self._react(socket, frame)

    async def _react(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        if frame.get("card", {}).get("kind") == "return" or self._said >= _STEPS:
            self.is_done = not self._outbox
            return
        await self._say(socket, self._pick(frame.get("choices", ())))

    def _pick(self, choices: Sequence[Mapping[str, str]]) -> Mapping[str, str] | None:
        """Mostly what leads to a return, else the first button, now and then another one."""
        if not choices:
            return None
        wanted = next((choice for choice in choices if choice["value"] == "do:return"), choices[0])
        return wanted if self._rng.random() < 0.85 else self._rng.choice(choices)

    async def _say(self, socket: ClientConnection, choice: Mapping[str, str] | None = None) -> None:
        if choice is None and not self._lines:
            self.is_done = not self._outbox
            return
        text = choice["label"] if choice else self._lines.pop(0)
        self._said += 1
        frame: dict[str, Any] = {"t": "send", "cid": f"{self.name}-{self._said}", "text": text}
        if choice:
            frame["choice"] = choice["value"]
        self._outbox[frame["cid"]] = frame
        await _send(socket, **frame)


def _script(order: Mapping[str, Any], rng: random.Random) -> list[str]:
    number, email = order["number"], order["customer"]["emails"][0]
    if rng.random() < 0.4:
        return [f"Where is my order {number}? {email}", "When will it arrive?", "thanks"]
    return [
        f"I want to return order {number}, my email is {email}",
        "all of it",
        "it is too small",
        "a refund",
        "yes",
        "thanks",
    ]


async def _send(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(msgspec.json.encode(frame).decode())


def told_to(shoppers: Sequence[Shopper]) -> Told:
    """What all of them were told."""
    acks = {cid: place for shopper in shoppers for cid, place in shopper.acks.items()}
    shown = {place: text for shopper in shoppers for place, text in shopper.shown.items()}
    return Told(acks, shown)
