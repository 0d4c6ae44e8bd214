"""A conversation that goes on elsewhere: codes and links that work once, for one conversation, and show nobody too much."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from channels.message import Address
from memory import customers, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server import continuing
from server.clock import HandClock
from server.codes import RECEIVED
from server.continuing_words import WORDS
from server.errors import RateLimited, RefusedInput
from server.inbox import Accepted, accept
from server.providers import open_lines
from server.services import Services
from server.settings import EmailSettings, ServerSettings, Settings, TurnsSettings, TwilioSettings
from server.turns import Turns
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

SETTINGS = Settings(
    server=ServerSettings(secret_keys=("k" * 40,), public_url="https://chat.example"),
    turns=TurnsSettings(burst_ms=0),
    twilio=TwilioSettings(account_sid="AC" + "0" * 32, auth_token="t" * 32, whatsapp_from="whatsapp:+14155550100"),
    email=EmailSettings(address="help@shop.example", smtp_url="smtp://127.0.0.1:9"),
)
ANA = Address("visitor", "v" * 64, "channel")
EVE = Address("visitor", "e" * 64, "channel")
ANA_PHONE = Address("whatsapp", "+14025550100", "channel", "+14025550100", "Ana")
EVE_PHONE = Address("whatsapp", "+14025550177", "channel", "+14025550177", "Eve")


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    async with opened(url_of(request, tmp_path)) as database:
        clock = HandClock(NOW)
        lines = open_lines(SETTINGS, clock)
        async with core.rooms(database, settings=SETTINGS, clock=clock, lines=lines) as services:
            yield services
        await lines.close()


async def chat(house: Services, text: str = "Where is my order?", sender: Address = ANA) -> Accepted:
    """A web chat in which nothing waits for an answer."""
    begun = await core.write(house, text, sender, channel="widget", locale="en")
    told = {"text": "A person looks into it.", "answers": begun.event.seq}
    said = NewEvent("message", told, "all", "agent", channel="widget", identity_id=begun.identity.id)
    await core.happen(house, begun.thread, said)
    return begun


async def by_phone(house: Services, text: str, sender: Address = ANA_PHONE) -> Accepted:
    return await core.write(house, text, sender)


def code(house: Services, begun: Accepted) -> str:
    return continuing.code_for(house, begun.thread, begun.identity)


async def seen(house: Services, thread: Thread, identity: Identity) -> list[Event]:
    found = await house.database.read(lambda tx: threads.visible(tx, thread.id, identity.id, 0))
    return [each for each in found if each.type == "message"]


def later(house: Services, **span: float) -> None:
    assert isinstance(house.clock, HandClock)
    house.clock.advance(timedelta(**span))


# To WhatsApp


async def test_a_link_opens_whatsapp_with_words_and_a_code_written_already(house: Services) -> None:
    begun = await chat(house)
    link = continuing.whatsapp_link(house, begun.thread, begun.identity, "de")
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "wa.me", "/14155550100")
    text = parse_qs(parts.query)["text"][0]
    assert re.fullmatch(re.escape(WORDS["de"].ask) + r" \(OT(-[0-9A-Z]{7}){3}\)", text)
    assert continuing.ways(house) == ["whatsapp", "email"]


async def test_a_code_leads_into_its_conversation_and_stands_nowhere(house: Services) -> None:
    begun = await chat(house)
    text = parse_qs(urlsplit(continuing.whatsapp_link(house, begun.thread, begun.identity, "en")).query)["text"][0]
    joined = await by_phone(house, text)
    assert joined.thread.id == begun.thread.id
    assert joined.event.body["text"] == RECEIVED
    assert all("OT-" not in str(each.body) for each in await core.log(house, begun.thread))
    (linked,) = await core.log(house, begun.thread, "linked")
    assert (linked.body["how"], linked.body["channel"], linked.audience) == ("continued", "whatsapp", "desk")
    (here,) = [each for each in await core.log(house, begun.thread, "message") if each.author_type == "assistant"]
    assert (here.body["text"], here.channel, here.identity_id) == (WORDS["en"].here, "whatsapp", joined.identity.id)
    assert await core.count(house, "outbox") == 1


async def test_what_follows_stays_there_though_the_phone_has_a_later_conversation(house: Services) -> None:
    begun = await chat(house)
    later(house, minutes=1)
    own = await by_phone(house, "Do you sell mugs?")
    assert own.thread.id != begun.thread.id
    later(house, minutes=1)
    await by_phone(house, f"I go on here {code(house, begun)}")
    later(house, minutes=1)
    assert (await by_phone(house, "any news?")).thread.id == begun.thread.id


async def test_words_beside_a_code_are_answered_as_any(house: Services) -> None:
    begun = await chat(house)
    joined = await by_phone(house, f"{code(house, begun)} and when will it come?")
    assert joined.event.body["text"] == f"{RECEIVED} and when will it come?"
    assert [each.author_type for each in await core.log(house, begun.thread, "message")] == [
        "customer",
        "agent",
        "customer",
    ]


async def test_a_question_that_waits_is_answered_where_the_customer_is_now(house: Services) -> None:
    begun = await core.write(house, "Where is my order?", ANA, channel="widget", locale="en")
    joined = await by_phone(house, code(house, begun))
    assert joined.thread.id == begun.thread.id
    await Turns(house, pads=False).drain()
    (answer,) = [each for each in await core.log(house, begun.thread, "message") if each.author_type == "assistant"]
    assert (answer.channel, answer.identity_id) == ("whatsapp", joined.identity.id)
    assert answer.body["text"] != WORDS["en"].here


async def test_nobody_sees_more_than_was_said_where_they_are(house: Services) -> None:
    """pitfalls.md 42: nothing of another inbox; the architecture: shown only where both addresses are one customer's."""
    begun = await chat(house, "My secret is in here")
    joined = await by_phone(house, code(house, begun))
    assert [each.channel for each in await seen(house, begun.thread, joined.identity)] == ["whatsapp", "whatsapp"]
    assert [each.channel for each in await seen(house, begun.thread, begun.identity)] == ["widget", "widget"]
    assert begun.identity.customer_id != joined.identity.customer_id


async def test_a_customer_whose_addresses_are_proven_sees_both(house: Services) -> None:
    begun = await chat(house)

    async def same(tx: Tx) -> None:
        await customers.attach(tx, begun.identity.customer_id, "whatsapp", ANA_PHONE.key, "channel", NOW)

    await house.database.write(same)
    joined = await by_phone(house, code(house, begun))
    assert {each.channel for each in await seen(house, begun.thread, joined.identity)} == {"widget", "whatsapp"}


async def test_a_person_who_owns_the_conversation_speaks_for_herself(house: Services) -> None:
    begun = await chat(house)
    owned = NewEvent("assigned", {"owner_kind": "agent", "owner_id": 7, "owner_name": "Kim"}, "all")
    await core.happen(house, begun.thread, owned)
    await by_phone(house, code(house, begun))
    assert await core.said(house, begun.thread) == []


@pytest.mark.parametrize(
    "attack", ["stolen twice", "expired", "forged", "other keys", "closed", "gone", "cut", "no letters"]
)
async def test_a_code_that_does_not_hold_leads_nowhere_and_is_answered_like_any_message(
    house: Services, attack: str
) -> None:
    begun = await chat(house)
    text = code(house, begun)
    if attack == "stolen twice":
        await by_phone(house, text)
    elif attack == "expired":
        later(house, minutes=31)
    elif attack == "forged":
        text = text[:-1] + ("0" if text[-1] != "0" else "1")
    elif attack == "other keys":
        text = "OT-0000000-0000000-0000000"
    elif attack == "closed":
        await core.happen(house, begun.thread, NewEvent("status", {"status": "closed"}))
    elif attack == "gone":
        await house.database.write(
            lambda tx: tx.run("DELETE FROM participants WHERE identity_id = ?", (begun.identity.id,))
        )
    elif attack == "cut":
        text = text[:-1]
    elif attack == "no letters":
        text = text.replace(text[3:10], "LLLLLLL")
    written = await by_phone(house, f"Hello {text}", EVE_PHONE)
    assert written.thread.id != begun.thread.id
    assert (RECEIVED in written.event.body["text"]) == (attack != "cut")
    row = await house.database.read(lambda tx: threads.participants(tx, begun.thread.id))
    assert written.identity.id not in row


async def test_a_code_of_one_conversation_opens_no_other(house: Services) -> None:
    mine, theirs = await chat(house), await chat(house, "Hello", EVE)
    joined = await by_phone(house, code(house, mine))
    assert joined.thread.id == mine.thread.id
    assert not await house.database.read(lambda tx: threads.takes_part(tx, theirs.thread.id, joined.identity.id))


async def test_a_repeated_webhook_with_a_code_is_one_message(house: Services) -> None:
    begun = await chat(house)
    message = core.inbound(code(house, begun), ANA_PHONE, external_id="SM1")
    first, again = await accept(house, message), await accept(house, message)
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.event.seq == again.event.seq
    assert len(await core.said(house, begun.thread)) == 1


async def test_a_code_in_the_chat_itself_is_no_key(house: Services) -> None:
    begun = await chat(house)
    other = await chat(house, f"let me in {code(house, begun)}", EVE)
    assert other.thread.id != begun.thread.id


# To e-mail


async def mailed(house: Services, begun: Accepted, address: str = "ana@example.com") -> None:
    async def unit(tx: Tx) -> Thread:
        return await continuing.by_email(tx, house, begun.thread, begun.identity, address, "en")

    await house.database.write(unit)


async def test_a_mail_says_nothing_of_the_conversation_and_lets_nobody_in_by_itself(house: Services) -> None:
    begun = await chat(house, "My secret is in here")
    await mailed(house, begun)
    (mail,) = [each for each in await core.log(house, begun.thread, "message") if each.channel == "email"]
    assert str(begun.thread.number) in mail.body["text"] and "secret" not in mail.body["text"]
    row = await house.database.read(lambda tx: tx.one("SELECT channel, identity_id FROM outbox"))
    assert row is not None and (row["channel"], row["identity_id"]) == ("email", mail.identity_id)
    goal = await house.database.read(lambda tx: customers.identity(tx, mail.identity_id))
    assert goal is not None and (goal.kind, goal.customer_id == begun.identity.customer_id) == ("from", False)
    assert not await house.database.read(lambda tx: threads.takes_part(tx, begun.thread.id, mail.identity_id))
    assert mail.seq not in [each.seq for each in await seen(house, begun.thread, begun.identity)]


async def test_no_address_gets_more_than_three_mails_a_day_and_nobody_is_told(house: Services) -> None:
    for number in range(5):
        begun = await chat(house, sender=Address("visitor", str(number) * 64, "channel"))
        await mailed(house, begun)
    assert await core.count(house, "outbox") == 3
    later(house, days=1, minutes=1)
    await mailed(house, await chat(house))
    assert await core.count(house, "outbox") == 4


async def test_nobody_sends_mails_without_end(house: Services) -> None:
    begun = await chat(house)
    for number in range(5):
        await mailed(house, begun, f"somebody{number}@example.com")
    with pytest.raises(RateLimited):
        await mailed(house, begun, "one.more@example.com")


# Back to the web


async def shown(house: Services, link: str, sender: Address = EVE) -> tuple[Thread, Identity]:
    async def unit(tx: Tx) -> tuple[Thread, Identity]:
        return await continuing.redeem(tx, house, link.rpartition("/")[2], sender)

    return await house.database.write(unit)


async def test_a_link_leads_back_into_the_conversation_and_shows_what_may_be_seen(house: Services) -> None:
    begun = await by_phone(house, "My secret is in here")
    link = continuing.link(house, begun.thread.public_id, begun.identity.id)
    assert link.startswith("https://chat.example/c/") and begun.thread.public_id not in link
    thread, own = await shown(house, link)
    assert thread.id == begun.thread.id
    assert await house.database.read(lambda tx: threads.takes_part(tx, thread.id, own.id))
    assert [each.body["text"] for each in await seen(house, thread, own)] == [WORDS["en"].here]
    assert own.customer_id != begun.identity.customer_id


async def refused(house: Services, link: str) -> str:
    with pytest.raises(RefusedInput) as told:
        await shown(house, link, Address("visitor", "x" * 64, "channel"))
    return f"{told.value.code}: {told.value}"


async def test_a_link_that_does_not_hold_is_refused_in_one_way(house: Services) -> None:
    """pitfalls.md 39 and 47: an id alone joins nothing, and every id is checked against its parent."""
    begun, other = await by_phone(house, "Hello"), await by_phone(house, "Hi", EVE_PHONE)
    used = continuing.link(house, begun.thread.public_id, begun.identity.id)
    await shown(house, used)
    strange = continuing.link(house, begun.thread.public_id, other.identity.id)
    nowhere = continuing.link(house, "c_nowhere", begun.identity.id)
    good = continuing.link(house, begun.thread.public_id, begun.identity.id)
    texts = [
        await refused(house, each) for each in (used, strange, nowhere, good[:-1] + "x", begun.thread.public_id, "")
    ]
    assert len(set(texts)) == 1 and texts[0].startswith("forbidden")
    later(house, hours=25)
    assert await refused(house, good) == texts[0]


async def test_two_who_show_one_link_at_once_are_one_who_gets_in(house: Services) -> None:
    begun = await by_phone(house, "Hello")
    link = continuing.link(house, begun.thread.public_id, begun.identity.id)
    await shown(house, link, ANA)
    await refused(house, link)


async def test_words_are_filled_alike_in_every_language(house: Services) -> None:
    holes = {
        language: {name: sorted(re.findall(r"{\w+}", str(getattr(words, name)))) for name in words.__slots__}
        for language, words in WORDS.items()
    }
    assert set(holes) == {"en", "es", "fr", "de", "pt"}
    assert all(each == holes["en"] for each in holes.values())
