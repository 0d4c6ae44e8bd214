"""A provider on loopback that sends text messages, and the sender that talks to it: what a channel's own pair looks like.

The provider records every call and every message that it delivered, and does with the next calls what it was told: take it,
refuse it, be busy, take it and never answer, never answer without taking it.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.channel import Channel
from channels.errors import NotNow, OutcomeUnknown, Refused
from channels.message import Address, Capabilities, Inbound, Media, Outbound, Parsed, ProviderId, RawCall

Does = Literal["take", "refuse", "busy", "take_and_hang", "hang"]


@dataclass
class Provider:
    """The stand-in. `next` are the answers to the next sends, `finds` those to the next look-ups; then all is well."""

    next: list[Does] = field(default_factory=list)
    finds: list[Does] = field(default_factory=list)
    sends: list[str] = field(default_factory=list)
    delivered: list[tuple[str, str, str]] = field(default_factory=list)
    asked: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The provider's API."""
        return Starlette(
            routes=[
                Route("/messages", self._send, methods=["POST"]),
                Route("/messages", self._list),
                Route("/files/{name:path}", self._file),
            ]
        )

    @property
    def texts(self) -> list[str]:
        """What arrived, in order."""
        return [text for _, _, text in self.delivered]

    async def _send(self, request: Request) -> Response:
        message = await request.json()
        does = self.next.pop(0) if self.next else "take"
        self.sends.append(message["key"])
        match does:
            case "refuse":
                return JSONResponse({"error": "not a mobile number"}, 400)
            case "busy":
                return JSONResponse({}, 429, headers={"Retry-After": "30"})
            case "hang":
                await asyncio.sleep(60)
        self.delivered.append((message["key"], message["to"], message["text"]))
        if does == "take_and_hang":
            await asyncio.sleep(60)
        return JSONResponse({"id": f"SM{len(self.delivered)}"}, 201)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.fetched.append(name)
        body = self.files.get(name)
        if body is None:
            return Response(status_code=410 if name in self.gone else 404)
        return Response(body)

    async def _list(self, request: Request) -> Response:
        self.asked += 1
        if self.finds and self.finds.pop(0) == "busy":
            return JSONResponse({}, 429)
        keys = [key for key, _, _ in self.delivered]
        key = request.query_params["key"]
        return JSONResponse({"ids": [f"SM{keys.index(key) + 1}"] if key in keys else []})


SMS: Final = Channel("sms", "SMS", Capabilities(buttons=0, max_chars=1600, cards=False, typing=False))
WHATSAPP: Final = Channel(
    "whatsapp",
    "WhatsApp",
    Capabilities(buttons=3, max_chars=1600, cards=False, typing=True, window=timedelta(hours=24)),
)
EMAIL: Final = Channel("email", "E-mail", Capabilities(buttons=0, max_chars=100_000, cards=True, typing=False))


class ProviderSender:
    """Carries `sms`, or the channels that it is given, through the provider; `sent` is what it was asked to send."""

    def __init__(self, client: httpx2.AsyncClient, *channels: Channel) -> None:
        self._client = client
        self.name = "loopback"
        self.channels: Mapping[str, Channel] = {each.name: each for each in channels or (SMS,)}
        self.sent: list[Outbound] = []

    async def send(self, outbound: Outbound) -> ProviderId:
        """Post the message."""
        self.sent.append(outbound)
        body = {"key": outbound.key, "to": outbound.to.key, "text": outbound.text}
        try:
            answer = await self._client.post("/messages", json=body)
        except httpx2.ConnectError as error:
            raise NotNow("no connection") from error
        except httpx2.TransportError as error:
            raise OutcomeUnknown("the connection broke") from error
        if answer.status_code == 429:
            raise NotNow("busy", float(answer.headers.get("Retry-After", 0)))
        if answer.status_code >= 400:
            raise Refused(str(answer.json()["error"]))
        return ProviderId(answer.json()["id"])

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """Look the message up by its key."""
        answer = await self._client.get("/messages", params={"key": outbound.key})
        if answer.status_code == 429:
            raise NotNow("busy")
        found = answer.json()["ids"]
        return ProviderId(found[0]) if found else None

    def parse(self, call: RawCall) -> Parsed:
        """A list of messages in JSON; one without `id` is a fault. Raises ValueError for anything else."""
        messages, faults = [], []
        for each in json.loads(call.body):
            if "id" not in each:
                faults.append("a message without an id")
                continue
            media = tuple(Media(ref.rpartition("/")[2], "image/png", ref) for ref in each.get("files", ()))
            sender = Address("sms", each["from"], "channel", each["from"])
            messages.append(
                Inbound("sms", sender, each.get("text", ""), call.received_at, external_id=each["id"], media=media)
            )
        return Parsed(messages=tuple(messages), faults=tuple(faults))

    async def fetch(self, media: Media) -> bytes:
        """A file that the provider holds."""
        try:
            answer = await self._client.get(f"/files/{media.ref}")
        except httpx2.TransportError as error:
            raise NotNow("no connection") from error
        if answer.status_code == 404:
            raise NotNow("it is not there yet")
        if answer.status_code >= 400:
            raise Refused("it is gone")
        return answer.content

    async def notice(self, channel: str, answers: str) -> None:
        """It shows nothing."""

    async def close(self) -> None:
        """The client is the test's own."""
