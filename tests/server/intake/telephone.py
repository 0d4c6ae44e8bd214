"""A shop with a telephone: the real application, its doors and its loops, and a network that calls it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from memory import phone_calls, threads
from memory.phone_calls import PhoneCall
from memory.projection import Event
from memory.threads import Thread
from server.commerce.embedded import EmbeddedStore
from server.services import Services
from server.settings import CallsSettings, DeskSettings, TwilioSettings
from tests.server import core
from tests.server.commerce.orders import ago, an_event, shipped
from tests.story import connected
from tests.story.connected import PUBLIC as PUBLIC
from tests.support.databases import NOW
from tests.support.relay import ACCOUNT, SHOP, TOKEN, Phone, phones

TWILIO: Final = TwilioSettings(account_sid=ACCOUNT, auth_token=TOKEN, voice_from=SHOP)
OPEN: Final = DeskSettings(hours=("daily 00:00-24:00",))
CLOSED: Final = DeskSettings(hours=())
QUICK: Final = CallsSettings(silence_s=30, chars_per_s=4000, digits_s=0.15)
"""A voice that speaks at once: nothing waits for playback but where a test wants it."""
ON_ITS_WAY: Final = shipped(an_event(ago(hours=5), "in_transit"))
DELIVERED: Final = shipped(an_event(ago(days=2), "delivered"))
WHERE: Final = "where is my order one zero four two? my email is ana at example dot com"


@dataclass
class Shop:
    """The running application, and phones that can call it."""

    house: connected.House
    phone: Callable[..., Phone]

    @property
    def services(self) -> Services:
        """Its rooms."""
        return self.house.services

    async def call(self, phone: Phone) -> PhoneCall:
        """A call as it is stored."""
        found = await self.services.database.read(lambda tx: phone_calls.by_sid(tx, phone.sid))
        assert found is not None
        return found

    async def thread(self, phone: Phone) -> Thread:
        """The conversation of a call."""
        call = await self.call(phone)
        found = await self.services.database.read(lambda tx: threads.by_id(tx, call.thread_id))
        assert found is not None
        return found

    async def log(self, phone: Phone, *types: str) -> list[Event]:
        """The events of a call's conversation."""
        return await core.log(self.services, await self.thread(phone), *types)

    async def notes(self, phone: Phone) -> list[str]:
        """What the desk reads about a call."""
        return [str(event.body["text"]) for event in await self.log(phone, "note")]


@asynccontextmanager
async def shop(
    folder: Path, order: Mapping[str, Any] = ON_ITS_WAY, calls: CallsSettings = QUICK, **parties: Any
) -> AsyncIterator[Shop]:
    """A shop with one order of Ana's, whose telephone is connected."""
    given = {"twilio": TWILIO, "calls": calls, "desk": OPEN, **parties}
    async with connected.house(folder, NOW, **given) as house, phones(house.url, PUBLIC) as phone:
        store = house.services.store
        assert isinstance(store, EmbeddedStore)
        await store.put_order(dict(order))
        yield Shop(house, phone)


def calls(**changes: Any) -> CallsSettings:
    """The settings of calls of a test."""
    return replace(QUICK, **changes)
