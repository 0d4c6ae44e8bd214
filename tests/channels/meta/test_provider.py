"""The provider against a real Graph API on loopback: what it takes, what it refuses, and what nobody can know."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from channels.errors import ChannelError, NeverKnown, NotNow, OutcomeUnknown, Refused, WindowShut
from channels.message import Address, Choice, Media, Outbound, RawCall
from channels.meta.codes import error_of
from channels.meta.provider import Account, Meta
from channels.meta.sending import Graph
from server.clock import HandClock
from tests.support import meta as stand_in
from tests.support.databases import NOW
from tests.support.meta import ACCOUNT, NUMBER, PAGE, TOKEN, Does
from tests.support.servers import serve

ANA = Address("whatsapp", "+14025550100", "channel", "+14025550100")
FAN = Address("messenger", "4711", "channel", "4711")
FOLLOWER = Address("instagram", "815", "channel", "815")


@dataclass
class House:
    """The provider, Meta, and the time."""

    meta: Meta
    graph: stand_in.Graph
    clock: HandClock

    def heard(self, *addresses: Address) -> None:
        """These have just written."""
        for each in addresses:
            self.graph.heard[(each.kind, each.display.removeprefix("+"))] = self.clock.now()


@asynccontextmanager
async def opened(account: Account | None = None) -> AsyncIterator[House]:
    """A provider with everything that Meta has."""
    clock = HandClock(NOW)
    graph = stand_in.Graph(clock.now)
    async with serve(graph.app) as url:
        graph.url = url
        own = account or Account(TOKEN, NUMBER, PAGE, ACCOUNT, templates=("reply=answer:en_US",))
        meta = Meta(own, await asyncio.to_thread(Graph, url, stand_in.VERSION, answer_s=0.4), clock.now)
        try:
            yield House(meta, graph, clock)
        finally:
            await meta.close()
    assert graph.unexpected == []


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """As above; Ana, a fan and a follower have just written."""
    async with opened() as house:
        house.heard(ANA, FAN, FOLLOWER)
        yield house


def outbound(text: str = "It ships tomorrow.", to: Address = ANA, **parts: object) -> Outbound:
    """A message of ours."""
    return Outbound(**{"key": "c_1:2", "channel": to.kind, "to": to, "text": text, **parts})  # type: ignore[arg-type]  # named as they are


@pytest.mark.parametrize("to", [ANA, FAN, FOLLOWER], ids=["whatsapp", "messenger", "instagram"])
async def test_a_message_arrives_with_its_choices(house: House, to: Address) -> None:
    choices = (Choice("Red", "item:1"), Choice("Blue", "item:2"))
    provider_id = await house.meta.send(outbound("Which one?", to, choices=choices))
    taken = house.graph.taken[0]
    assert (taken.id, taken.channel, taken.to) == (provider_id, to.kind, to.key.removeprefix("+"))
    assert taken.choices == [("Red", "item:1"), ("Blue", "item:2")]


FAILURES: list[tuple[Does, type[ChannelError], float]] = [
    ("rate", NotNow, 7),
    ("busy_pair", NotNow, 10),
    ("error", NotNow, 0),
    ("token", NotNow, 300),
    ("unknown", Refused, -1),
    ("gateway", OutcomeUnknown, -1),
    ("page", OutcomeUnknown, -1),
    ("drop", OutcomeUnknown, -1),
    ("take_and_hang", OutcomeUnknown, -1),
    ("take_and_drop", OutcomeUnknown, -1),
    ("no_id", OutcomeUnknown, -1),
]


@pytest.mark.parametrize(("does", "kind", "pause_s"), FAILURES, ids=[does for does, _, _ in FAILURES])
@pytest.mark.parametrize("to", [ANA, FAN], ids=["whatsapp", "messenger"])
async def test_every_failure_says_what_may_be_done(
    house: House, does: Does, kind: type[ChannelError], pause_s: float, to: Address
) -> None:
    house.graph.next = [does]
    with pytest.raises(ChannelError) as caught:
        await house.meta.send(outbound(to=to))
    assert type(caught.value) is kind
    assert getattr(caught.value, "retry_after_s", -1) == pause_s
    assert "It ships" not in str(caught.value)
    assert "4025550100" not in str(caught.value)


async def test_nobody_there_is_not_a_lost_answer() -> None:
    nobody = await asyncio.to_thread(Graph, "http://127.0.0.1:9", stand_in.VERSION)
    meta = Meta(Account(TOKEN, NUMBER), nobody, lambda: NOW)
    with pytest.raises(NotNow):
        await meta.send(outbound())
    await meta.close()


async def test_a_wrong_token_is_the_operators_to_mend() -> None:
    async with opened(Account("another", NUMBER)) as house:
        with pytest.raises(NotNow, match=r"set meta\.access_token"):
            await house.meta.send(outbound())


@pytest.mark.parametrize("to", [ANA, FAN, FOLLOWER], ids=["whatsapp", "messenger", "instagram"])
async def test_after_a_day_the_window_is_shut(house: House, to: Address) -> None:
    house.clock.advance(timedelta(hours=25))
    with pytest.raises(WindowShut):
        await house.meta.send(outbound(to=to))


async def test_a_template_goes_through_a_shut_window(house: House) -> None:
    house.clock.advance(timedelta(days=3))
    await house.meta.send(outbound("It ships\ntomorrow.", template="reply"))
    assert house.graph.texts() == ["It ships tomorrow."]


async def test_a_person_may_answer_for_seven_days_and_the_assistant_may_not(house: House) -> None:
    house.clock.advance(timedelta(days=6))
    await house.meta.send(outbound(to=FAN, author="agent", template="human_agent"))
    with pytest.raises(WindowShut):
        await house.meta.send(outbound(to=FAN, author="assistant", template="human_agent"))
    house.clock.advance(timedelta(days=2))
    with pytest.raises(WindowShut):
        await house.meta.send(outbound(to=FAN, author="agent", template="human_agent"))


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (131047, 0, WindowShut), (10, 2018278, WindowShut), (10, 2534022, WindowShut), (10, 0, Refused),
        (130429, 0, NotNow), (131056, 0, NotNow), (80007, 0, NotNow), (4, 0, NotNow), (613, 1893016, NotNow),
        (131026, 0, Refused), (131049, 0, Refused), (551, 0, Refused), (999999, 0, Refused), (1, 1357046, OutcomeUnknown),
    ],
)  # fmt: skip
def test_codes_are_read_and_an_unknown_one_is_never_tried_again(code: int, subcode: int, kind: type) -> None:
    body = {"error": {"code": code, "error_subcode": subcode, "message": "To: +14025550100"}}
    error = error_of(400, body, 0)
    assert type(error) is kind
    assert "4025550100" not in str(error)


async def test_find_never_says_that_a_message_was_not_sent(house: House) -> None:
    """pitfalls 9, 21: ten minutes for an echo or a status, then a person; never a second send."""
    given = outbound()
    for _ in range(3):
        with pytest.raises(NotNow):
            await house.meta.find(given)
        house.clock.advance(timedelta(minutes=4))
    with pytest.raises(NeverKnown):
        await house.meta.find(given)
    assert house.graph.calls == []


# Files


PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 64


async def test_a_whatsapp_file_is_asked_for_by_its_id_with_the_token(house: House) -> None:
    house.graph.files["wa-1"] = ("image/png", PICTURE)
    assert await house.meta.fetch(Media("a.png", "image/png", "whatsapp:wa-1")) == PICTURE


async def test_a_short_lived_address_that_is_over_is_asked_for_anew(house: House) -> None:
    house.graph.files["wa-1"] = ("image/png", PICTURE)
    house.graph.file_does = ["error"]
    media = Media("a.png", "image/png", "whatsapp:wa-1")
    with pytest.raises(NotNow):
        await house.meta.fetch(media)
    assert await house.meta.fetch(media) == PICTURE


async def test_a_pages_file_is_fetched_without_a_token(house: House) -> None:
    house.graph.files["fb-1"] = ("image/png", PICTURE)
    assert await house.meta.fetch(Media("a.png", "", f"url:{house.graph.url}/cdn/fb-1")) == PICTURE


async def test_a_page_in_place_of_a_file_is_not_kept(house: House) -> None:
    house.graph.files["fb-1"] = ("image/png", PICTURE)
    house.graph.file_does = ["page"]
    with pytest.raises(NotNow):
        await house.meta.fetch(Media("a.png", "", f"url:{house.graph.url}/cdn/fb-1"))


async def test_a_file_larger_than_sixteen_megabytes_is_refused(house: House) -> None:
    house.graph.files["fb-1"] = ("image/png", b"0" * (16 * 1_048_576 + 1))
    with pytest.raises(Refused):
        await house.meta.fetch(Media("a.png", "", f"url:{house.graph.url}/cdn/fb-1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/secret", "http://169.254.169.254/latest/meta-data", "https://evil.example/x.fbcdn.net",
        "https://xfbcdn.net/x", "https://scontent.fbcdn.net:8443/x", "http://scontent.fbcdn.net/x", "file:///etc/passwd",
        "https://user@scontent.fbcdn.net@evil.example/x", "https://a:b@scontent.fbcdn.net/x", "https://[", "",
    ],
)  # fmt: skip
async def test_only_metas_own_hosts_are_fetched_from(house: House, url: str) -> None:
    with pytest.raises(Refused):
        await house.meta.fetch(Media("a.png", "", f"url:{url}"))


async def test_a_redirect_does_not_lead_elsewhere(house: House) -> None:
    house.graph.files["fb-1"] = ("image/png", PICTURE)
    house.graph.file_does = ["drop"]
    with pytest.raises(Refused):
        await house.meta.fetch(Media("a.png", "", f"url:{house.graph.url}/cdn/fb-1"))


# Marks of reading and writing


async def test_whatsapp_shows_that_it_was_read_and_that_one_writes(house: House) -> None:
    await house.meta.notice("whatsapp", "wamid.1")
    assert house.graph.signs == [
        {
            "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1",
            "typing_indicator": {"type": "text"},
        }
    ]  # fmt: skip


async def test_messenger_shows_it_to_whoever_wrote_the_message(house: House) -> None:
    customer = stand_in.Customer(house.graph, "messenger", "4711", "")
    call = customer.call(customer.text("hello"))
    mid = call["entry"][0]["messaging"][0]["message"]["mid"]
    house.meta.parse(RawCall("webhook", {}, json.dumps(call).encode(), NOW))
    await house.meta.notice("messenger", mid)
    await house.meta.notice("messenger", "unknown")
    assert [(each["recipient"]["id"], each["sender_action"]) for each in house.graph.signs] == [
        ("4711", "mark_seen"), ("4711", "typing_on"),
    ]  # fmt: skip


async def test_a_mark_that_fails_is_no_failure() -> None:
    async with opened(Account("another", NUMBER)) as house:
        await house.meta.notice("whatsapp", "wamid.1")
        await house.meta.notice("instagram", "m_1")


async def test_a_channel_without_an_id_is_not_there() -> None:
    async with opened(Account(TOKEN, page_id=PAGE)) as house:
        assert list(house.meta.channels) == ["messenger"]
        with pytest.raises(Refused):
            await house.meta.send(replace(outbound(), channel="whatsapp"))
