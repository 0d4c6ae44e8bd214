"""The demo's simulators: the devices of its customers and the stand-ins of the providers between them and the shop.

Everything stays on loopback: the stand-ins have ports of their own, and the accounts' secrets are made at each start.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx2

from server.channel_settings import EmailSettings, TwilioSettings
from server.demo.devices.account import BORDER, COLLEAGUE, Account
from server.demo.devices.cast import Part
from server.demo.devices.exchange import Exchange
from server.demo.devices.hearing import CHARS_PER_S
from server.demo.devices.mailing import Mailboxes
from server.demo.devices.phone import Phone
from server.demo.devices.places import HOST, Places, free_places
from server.demo.devices.placing import Placing
from server.demo.devices.postbox import Postbox
from server.demo.devices.telephone import Telephone
from server.demo.devices.world import WorldClock
from server.settings import Settings

_WEBHOOK_S: Final = 15.0
"""How long the provider waits for our answer."""


class Simulators:
    """Phone, mailbox and telephone of everybody in the cast. `version` grows with everything that they show."""

    def __init__(
        self, account: Account, clock: WorldClock, cast: Sequence[Part], client: httpx2.AsyncClient,
        group: asyncio.TaskGroup, places: Places, pace: float,
    ) -> None:  # fmt: skip
        self.version = 0
        self.clock = clock
        self.cast = tuple(cast)
        self.account = account
        self.places = places
        self._by_id = {part.id: part for part in self.cast}
        self.exchange = Exchange(account, clock, client, places.api_url, self._changed, group)
        self.phone = self.exchange.phones = Phone(self.cast, clock, self.exchange, self._changed)
        self.postbox = Postbox(account, clock, places.listen, self._changed)
        self.mail_server = Mailboxes(self.postbox, clock.now)
        self.telephone = Telephone(account, clock, client, self._changed, group, pace, self.cast)

    def _changed(self) -> None:
        self.version += 1

    def part(self, name: str) -> Part | None:
        """Somebody of the cast by id."""
        return self._by_id.get(name)

    @property
    def faults(self) -> list[str]:
        """What the providers would log as mistakes of the shop."""
        refused = [f"mail refused: {each}" for each in self.mail_server.problems]
        return [*self.exchange.faults, *refused, *self.telephone.faults]

    @property
    def numbers(self) -> dict[str, str]:
        """The shop's own numbers and address, for people to read."""
        account = self.account
        return {"whatsapp": account.whatsapp, "sms": account.texts, "voice": account.voice, "mail": account.mail}

    def later(self, hours: int) -> None:
        """Turn the clock of the whole demo on."""
        self.clock.turn(timedelta(hours=hours))
        self._changed()

    def named(self, settings: Settings) -> Settings:
        """The settings with the demo's accounts in them."""
        account, (host, port) = self.account, self.places.listen
        return replace(
            settings,
            twilio=TwilioSettings(
                account_sid=account.sid, auth_token=account.token, api_url=self.places.api_url,
                whatsapp_from=account.whatsapp, sms_from=account.texts, voice_from=account.voice,
                content_sids=(f"reply={account.template}",),
            ),
            calls=replace(settings.calls, transfer_to=(COLLEAGUE,)),
            email=EmailSettings(
                address=account.mail, smtp_url=f"smtp://{HOST}:{self.mail_server.port}", listen=f"{host}:{port}",
                authserv_id=BORDER,
            ),
        )  # fmt: skip


@asynccontextmanager
async def simulators(
    cast: Sequence[Part],
    clock: WorldClock,
    *,
    account: Account,
    places: Places | None = None,
    pace: float = CHARS_PER_S,
) -> AsyncIterator[Simulators]:
    """The simulators with their stand-ins open while the block runs. `pace` = letters a second of the shop's voice."""
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(_tasks())
        places = places or free_places()
        stack.callback(places.close)
        client = await stack.enter_async_context(await asyncio.to_thread(_client))
        made = Simulators(account, clock, cast, client, group, places, pace)
        if places.smtp is not None:
            await made.mail_server.open(places.smtp)
            stack.push_async_callback(made.mail_server.close)
        if places.api is not None:
            await stack.enter_async_context(
                made.exchange.open(places.api, Placing(account, clock, made.telephone).routes())
            )
        stack.push_async_callback(made.telephone.close)
        yield made


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
