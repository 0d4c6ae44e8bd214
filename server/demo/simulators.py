"""The demo's simulators: the devices of its customers and the stand-ins of the providers between them and the shop.

Everything stays on loopback: the stand-ins have ports of their own, and the accounts' secrets are made at each start.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx2

from server.channel_settings import EmailSettings, TwilioSettings
from server.demo.devices.account import BORDER, SHOP_MAIL, Account
from server.demo.devices.cast import Part, cast
from server.demo.devices.exchange import Exchange
from server.demo.devices.hearing import CHARS_PER_S
from server.demo.devices.phone import Phone
from server.demo.devices.postbox import Postbox
from server.demo.devices.sinks import mail_server
from server.demo.devices.telephone import Telephone
from server.demo.devices.world import WorldClock
from server.demo.documents import Document
from server.settings import Settings

HOST: Final = "127.0.0.1"
_WEBHOOK_S: Final = 15.0
"""How long the provider waits for our answer."""


class Simulators:
    """Phone, mailbox and telephone of everybody in the cast. `version` grows with everything that they show."""

    def __init__(
        self, settings: Settings, clock: WorldClock, orders: Sequence[Document], client: httpx2.AsyncClient,
        group: asyncio.TaskGroup, ports: "Ports", pace: float,
    ) -> None:  # fmt: skip
        self.version = 0
        self.clock = clock
        self.cast = cast(orders)
        self._by_id = {part.id: part for part in self.cast}
        self._ports = ports
        self.account = Account(settings.public_url)
        self.exchange = Exchange(self.account, clock, client, f"http://{HOST}:{ports.api}", self._changed, group)
        self.phone = self.exchange.phones = Phone(self.cast, clock, self.exchange, self._changed)
        self.postbox = Postbox(clock, (HOST, ports.listen), self._changed)
        self.telephone = Telephone(self.account, clock, client, self._changed, group, pace)

    def _changed(self) -> None:
        self.version += 1

    def part(self, name: str) -> Part | None:
        """Somebody of the cast by id."""
        return self._by_id.get(name)

    @property
    def faults(self) -> list[str]:
        """What the providers would log as mistakes of the shop, in order."""
        return self.exchange.faults

    @property
    def numbers(self) -> dict[str, str]:
        """The shop's own numbers and address, for people to read."""
        account = self.account
        return {"whatsapp": account.whatsapp, "sms": account.texts, "voice": account.voice, "mail": SHOP_MAIL}

    def later(self, hours: int) -> None:
        """Turn the clock of the whole demo on."""
        self.clock.turn(timedelta(hours=hours))
        self._changed()

    def named(self, settings: Settings) -> Settings:
        """The settings with the demo's accounts in them."""
        account = self.account
        return replace(
            settings,
            twilio=TwilioSettings(
                account_sid=account.sid, auth_token=account.token, api_url=f"http://{HOST}:{self._ports.api}",
                whatsapp_from=account.whatsapp, sms_from=account.texts, voice_from=account.voice,
                content_sids=(f"reply={account.template}",),
            ),
            email=EmailSettings(
                address=SHOP_MAIL, smtp_url=f"smtp://{HOST}:{self._ports.smtp}",
                listen=f"{HOST}:{self._ports.listen}", authserv_id=BORDER,
            ),
        )  # fmt: skip


class Ports:
    """Ports of 127.0.0.1: of the messaging API and of the customers' mail server, both bound; of our listener, free a moment ago."""

    def __init__(self) -> None:
        self.api_socket, self.smtp_socket, ours = _bound(), _bound(), _bound()
        self.api: int = self.api_socket.getsockname()[1]
        self.smtp: int = self.smtp_socket.getsockname()[1]
        self.listen: int = ours.getsockname()[1]
        ours.close()

    def close(self) -> None:
        """Let go of what was bound."""
        self.api_socket.close()
        self.smtp_socket.close()


@asynccontextmanager
async def _tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """The owner of everything that runs beside; what the block itself raises comes out as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as several:
        if len(several.exceptions) == 1:
            raise several.exceptions[0] from None
        raise


def _client() -> httpx2.AsyncClient:
    """What calls our webhooks; made on another thread, for it reads certificates."""
    return httpx2.AsyncClient(timeout=_WEBHOOK_S, trust_env=False, follow_redirects=False)


def _bound() -> socket.socket:
    made = socket.socket()
    made.bind((HOST, 0))
    made.setblocking(False)
    return made


@asynccontextmanager
async def simulators(
    settings: Settings, clock: WorldClock, orders: Sequence[Document], *, pace: float = CHARS_PER_S
) -> AsyncIterator[Simulators]:
    """The simulators with their stand-ins open while the block runs. `pace` = letters a second of the shop's voice."""
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(_tasks())
        ports = Ports()
        stack.callback(ports.close)
        client = await stack.enter_async_context(await asyncio.to_thread(_client))
        made = Simulators(settings, clock, orders, client, group, ports, pace)
        await stack.enter_async_context(mail_server(made.postbox, ports.smtp_socket))
        await stack.enter_async_context(made.exchange.open(ports.api_socket))
        stack.push_async_callback(made.telephone.close)
        yield made
