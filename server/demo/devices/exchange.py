"""Between the phones and the shop: the provider of WhatsApp and text messages, over the stand-in of its API.

The stand-in checks what the shop sends; here it is connected with the phones: what it took is shown there and told back by
status callbacks, and what a customer writes becomes a signed call of the shop's webhook.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Protocol

import httpx2
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from typing_extensions import override

from server.clock import Clock
from server.demo.devices.account import Account
from server.demo.devices.phone import Bubble, Channel
from server.demo.parties.twilio import Message, TwilioServer

_LIST: Final = "twilio/list-picker"
_STATUS: Final = ("sent", "delivered")


class Phones(Protocol):
    """The phones that the provider reaches."""

    def arrive(self, number: str, channel: Channel, bubble: Bubble) -> None:
        """A message of the shop's reached the phone with this number."""
        ...

    def types(self, sid: str) -> None:
        """The shop read this message and is writing."""
        ...


class Exchange:
    """The provider's side of messages. `faults` are its refusals, as its debugger lists them."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        client: httpx2.AsyncClient,
        base: str,
        changed: Callable[[], None],
        group: asyncio.TaskGroup,
    ) -> None:
        self._account = account
        self._client = client
        self._base = base
        self._changed = changed
        self._group = group
        self._running: set[asyncio.Task[None]] = set()
        self.phones: Phones | None = None
        self.on_text: Callable[[str, str], None] | None = None
        """Told of every text message of the shop's: to whom, and its words."""
        self.faults: list[str] = []
        self.server = TwilioServer(
            account.sid, account.token, (f"whatsapp:{account.whatsapp}", account.texts), now=clock.now,
            templates={account.template: account.template_text},
        )  # fmt: skip
        self.server.after = self._after

    @asynccontextmanager
    async def open(self, listener: socket.socket, more: Sequence[BaseRoute] = ()) -> AsyncIterator[None]:
        """Serve the provider's API while the block runs, with `more` addresses of it."""
        app = self.server.app
        app.router.routes.extend(more)
        server = _Quiet(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        serving = self._group.create_task(server.serve(sockets=[listener]), name="stand-in")
        try:
            await server.serving.wait()
            yield
        finally:
            for task in self._running:
                task.cancel()
            server.should_exit = True
            await asyncio.wait({serving})

    # From the customer

    def write(
        self, sender: str, channel: Channel, text: str, photo: tuple[bytes, str] | None, fields: Mapping[str, str]
    ) -> dict[str, str]:
        """A message of a customer's stands at the provider; the form that its webhook gets."""
        to = self.address(channel)
        if channel == "whatsapp":
            sender = f"whatsapp:{sender}"
        if photo is None:
            return self.server.write(sender, to, text, **fields)
        data, kind = photo
        return self.server.attach(sender, to, [(kind, data)], self._base, Body=text, **fields)

    async def call(self, form: Mapping[str, str]) -> str:
        """Tell the shop's webhook of a message; why it was not taken, empty = it was."""
        return await self._post("messages", form)

    def address(self, channel: Channel) -> str:
        """The shop's own address on the wire."""
        return f"whatsapp:{self._account.whatsapp}" if channel == "whatsapp" else self._account.texts

    async def _post(self, door: str, form: Mapping[str, str], url: str = "") -> str:
        try:
            answer = await self._account.post(
                self._client, url or f"{self._account.public_url}/webhooks/twilio/{door}", form
            )
        except httpx2.HTTPError as error:
            why = f"11200: the webhook did not answer ({type(error).__name__})"
        else:
            why = "" if answer.status_code in (200, 204) else f"11200: the webhook answered {answer.status_code}"
        if why:
            self._fault(why)
        return why

    def _fault(self, why: str) -> None:
        self.faults.append(why)
        self._changed()

    # From the shop

    async def _after(self, name: str, _request: Request) -> Response | None:
        if self.phones is None:
            return None
        if name == "create":
            task = self._group.create_task(self._carry(self.server.messages[-1]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        elif name == "typing":
            self.phones.types(self.server.typing[-1])
        return None

    async def _carry(self, message: Message) -> None:
        """Bring a message to its phone, and tell the shop how far it came."""
        channel: Channel = "whatsapp" if message.to.startswith("whatsapp:") else "sms"
        content = message.content or {}
        types = content.get("types", {})
        bubble = Bubble(
            message.sid, False, message.body, message.at, "sent", tuple(message.choices), _LIST in types,
            template=bool(content.get("approved")),
        )  # fmt: skip
        if self.phones is not None:
            self.phones.arrive(message.to.removeprefix("whatsapp:"), channel, bubble)
        if channel == "sms" and self.on_text is not None:
            self.on_text(message.to, message.body)
        for status in _STATUS:
            await self._tell(message, status)
            bubble.status = status
        self._changed()

    async def status(self, sid: str, status: str) -> None:
        """Tell the shop what became of a message of its own."""
        message = next((each for each in self.server.sent if each.sid == sid), None)
        if message is not None:
            await self._tell(message, status)

    async def _tell(self, message: Message, status: str) -> None:
        fields = {"EventType": "READ"} if status == "read" else {}
        form = self.server.report(message, status, **fields)
        await self._post("status", form, message.fields.get("StatusCallback", ""))


class _Quiet(uvicorn.Server):
    """A server beside the demo's own, which leaves the signals to that one. `serving` is set when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
