"""Opening a session: pages, sites, visitors, and customers whom the shop signs in."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from memory import agents, customers, threads
from memory.engines.base import Tx
from memory.threads import NewEvent
from tests.server.intake.browser import Browser, Session, Tab, durable
from tests.server.intake.conftest import FRIDAY, SECRET, House, Running

_numbers = iter(range(1_000_000))


def token(sub: str = "cus_1", *, key: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """An identity token as a shop makes it; a claim that is changed to None is left out."""
    now = int(FRIDAY.timestamp())
    claims = {"sub": sub, "aud": "default", "iat": now, "exp": now + 300, "jti": f"jti-{next(_numbers)}", **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm)


async def count(house: House, table: str) -> int:
    async def unit(tx: Tx) -> int:
        row = await tx.one(f"SELECT COUNT(*) AS n FROM {table}")
        return int(row["n"]) if row else 0

    return await house.services.database.read(unit)


# Pages and sites


async def test_a_new_visitor_leaves_no_row(house: House) -> None:
    session = await house.browser.session()
    assert session.conv.startswith("c_")
    assert len(session.visitor) >= 43
    assert [await count(house, table) for table in ("customers", "identities", "threads")] == [0, 0, 0]


@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", "http://shop.example", "https://shop.example.evil"]
)
async def test_a_foreign_page_gets_no_session(house: House, origin: str) -> None:
    answer = await Browser(house.url, origin).post_session()
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


async def test_a_request_without_origin_gets_no_session(house: House) -> None:
    browser = Browser(house.url)
    async with browser.http() as client:
        client.headers.pop("Origin")
        assert (await client.post("/widget/session", json={})).status_code == 403


async def test_our_own_page_gets_a_session(house: House) -> None:
    assert (await Browser(house.url, "https://chat.example").post_session()).status_code == 200


async def test_an_unknown_site_is_not_found(house: House) -> None:
    assert (await house.browser.post_session(site="nowhere")).status_code == 404
    assert (await house.browser.post_session(site="other")).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"site":1}', b"", b"\xff", b"[" * 5000])
async def test_a_malformed_request_is_refused(house: House, body: bytes) -> None:
    async with house.browser.http() as client:
        answer = await client.post("/widget/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


async def test_too_many_sessions_of_one_address_have_to_wait(running: Running) -> None:
    async with running(sessions_per_ip=3) as house:
        answers = [await house.browser.post_session() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60


# Visitors


async def test_a_visitor_gets_the_same_thread_before_the_first_message_and_after(house: House) -> None:
    first = await house.browser.session()
    second = await house.browser.session(visitor=first.visitor)
    async with house.browser.tab(first) as tab:
        await tab.say("hello")
    third = await house.browser.session(visitor=first.visitor)
    assert first.conv == second.conv == third.conv
    assert first.visitor == second.visitor == third.visitor


async def test_a_new_thread_waits_after_a_closed_one(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("hello")
    await house.append(session.conv, NewEvent("status", {"status": "closed"}, "all"))
    again = await house.browser.session(visitor=session.visitor)
    same = await house.browser.session(visitor=session.visitor)
    assert again.conv == same.conv != session.conv


@pytest.mark.parametrize("visitor", ["", "short", "x" * 200, "../../etc/passwd" + "x" * 40, "ü" * 50])
async def test_a_secret_that_cannot_be_ours_is_replaced(house: House, visitor: str) -> None:
    assert (await house.browser.session(visitor=visitor)).visitor != visitor


async def test_the_settings_speak_the_visitors_language(house: House) -> None:
    german = (await house.browser.session(locale="de-DE")).settings
    arabic = (await house.browser.session(locale="ar")).settings
    odd = (await house.browser.session(locale="<script>")).settings
    assert german["quick_replies"][0] == "Wo ist meine Bestellung?"
    assert (german["locale"], german["rtl"], arabic["rtl"], odd["locale"]) == ("de-DE", False, True, "en")


async def test_the_settings_say_when_people_are_there(house: House) -> None:
    house.clock.advance(timedelta(days=1))
    closed = (await house.browser.session()).settings["agents"]

    async def come(tx: Tx) -> None:
        agent = await agents.add(tx, "kim@shop.example", "Kim", "agent", (), "", house.clock.now())
        await agents.seen(tx, agent.id, "here", house.clock.now())

    await house.services.database.write(come)
    present = (await house.browser.session()).settings["agents"]
    assert closed == {"online": False, "back_at": "2026-11-23T09:00:00.000Z"}
    assert present == {"online": True, "back_at": None}


# Signing in


async def test_a_signed_in_customer_speaks_as_the_stores_customer(house: House) -> None:
    session = await house.browser.session(
        identity_token=token("cus_1", name="Ana", email="Ana@Example.com", email_verified=True)
    )
    async with house.browser.tab(session) as tab:
        await tab.say("hello")

    async def unit(tx: Tx) -> tuple[str, str | None, str]:
        identity = await customers.proven(tx, "store", "cus_1")
        assert identity is not None
        customer = await customers.get(tx, identity.customer_id)
        mail = await customers.proven(tx, "email", "ana@example.com")
        assert customer is not None and mail is not None
        assert mail.customer_id == customer.id
        return identity.proof, customer.store_id, customer.name

    assert await house.services.database.read(unit) == ("verified", "cus_1", "Ana")


async def test_an_unverified_email_proves_nothing(house: House) -> None:
    await house.browser.session(identity_token=token(email="ana@example.com"))
    found = await house.services.database.read(lambda tx: customers.proven(tx, "email", "ana@example.com"))
    assert found is None


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(FRIDAY.timestamp()) - 61, "iat": int(FRIDAY.timestamp()) - 300},
        {"exp": int(FRIDAY.timestamp()) + 601},
        {"iat": int(FRIDAY.timestamp()) + 61},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"sub": None},
        {"aud": "other"},
        {"aud": None},
        {"sub": ""},
        {"jti": ""},
        {"iat": True},
        {"key": "x" * 40},
        {"key": "another-secret-of-forty-characters-12345"},
        {"algorithm": "HS512"},
    ],
)
async def test_a_bad_identity_token_is_refused(house: House, changes: dict[str, Any]) -> None:
    answer = await house.browser.post_session(identity_token=token(**changes))
    assert answer.status_code == 401
    assert await count(house, "customers") == 0


@pytest.mark.parametrize("text", ["x", "a.b.c", jwt.encode({"sub": "cus_1"}, None, algorithm="none")])
async def test_a_token_without_signature_is_refused(house: House, text: str) -> None:
    assert (await house.browser.post_session(identity_token=text)).status_code == 401


async def test_a_minute_of_skew_is_forgiven(house: House) -> None:
    now = int(FRIDAY.timestamp())
    late = token(iat=now - 300, exp=now - 30)
    early = token(iat=now + 30, exp=now + 300)
    answers = [await house.browser.post_session(identity_token=each) for each in (late, early)]
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_an_identity_token_works_once(house: House) -> None:
    once = token()
    assert (await house.browser.post_session(identity_token=once)).status_code == 200
    assert (await house.browser.post_session(identity_token=once)).status_code == 401


async def _begun(house: House) -> tuple[Session, Session]:
    """A visitor who wrote something and then signed in: both sessions."""
    visitor = await house.browser.session()
    async with house.browser.tab(visitor) as tab:
        await tab.say("before")
    return visitor, await house.browser.session(visitor=visitor.visitor, identity_token=token("cus_1"))


async def test_what_was_begun_anonymously_goes_on_after_signing_in(house: House) -> None:
    visitor, signed = await _begun(house)
    assert signed.conv == visitor.conv
    async with house.browser.tab(signed) as tab:
        assert (await tab.say("after"))["conv"] == visitor.conv
        await tab.until("msg", text="after")
        assert [frame["text"] for frame in durable(tab.frames)] == ["before", "after"]
        assert [frame["prev"] for frame in durable(tab.frames)] == [0, 1]

    async def unit(tx: Tx) -> bool:
        thread = await threads.by_public_id(tx, visitor.conv)
        customer = await customers.by_store_id(tx, "cus_1")
        return thread is not None and customer is not None and thread.customer_id == customer.id

    assert await house.services.database.read(unit)


async def test_a_sign_in_is_remembered_for_twelve_hours(house: House) -> None:
    visitor, signed = await _begun(house)
    house.clock.advance(timedelta(hours=11))
    later = await house.browser.session(visitor=signed.visitor)
    house.clock.advance(timedelta(hours=2))
    too_late = await house.browser.session(visitor=signed.visitor)
    assert (later.conv, later.visitor) == (visitor.conv, signed.visitor)
    assert (too_late.conv != visitor.conv, too_late.visitor) == (True, visitor.visitor)


async def test_a_remembered_sign_in_cannot_be_moved_to_another_browser(house: House) -> None:
    _, signed = await _begun(house)
    other = await house.browser.session()
    forged = f"{other.visitor}.{signed.visitor.partition('.')[2]}"
    session = await house.browser.session(visitor=forged)
    assert (session.conv, session.visitor) == (other.conv, other.visitor)


async def test_the_next_person_at_this_browser_sees_nothing(house: House) -> None:
    visitor, signed = await _begun(house)
    async with house.browser.tab(signed) as tab:
        await tab.say("SECRET of the first")
    second = await house.browser.session(visitor=signed.visitor, identity_token=token("cus_2"))
    signed_out = await house.browser.session(visitor=visitor.visitor)
    for session in (second, signed_out):
        assert session.conv != visitor.conv
        async with house.browser.tab(session) as tab:
            await tab.send("resume", conv=visitor.conv, last_seq=0)
            await tab.until("error", code="not_found")
            assert tab.frames[0]["threads"] == []
            assert durable(tab.frames) == []
        async with house.browser.dial() as link:
            tab = Tab(link)
            await tab.send("hello", v=1, token=session.token, conv=visitor.conv, tab="t")
            assert await tab.closed() == 4404
    first = await house.browser.session(visitor=second.visitor, identity_token=token("cus_1"))
    assert first.conv == visitor.conv


async def test_signing_in_ends_the_anonymous_sockets(house: House) -> None:
    visitor = await house.browser.session()
    async with house.browser.tab(visitor) as tab:
        await tab.say("before")
        await house.browser.session(visitor=visitor.visitor, identity_token=token("cus_1"))
        assert await tab.closed() == 4401


async def test_two_browsers_of_one_customer_share_the_thread(house: House) -> None:
    one = await house.browser.session(identity_token=token("cus_1"))
    async with house.browser.tab(one) as tab:
        await tab.say("hello")
        two = await house.browser.session(identity_token=token("cus_1"))
        assert two.conv == one.conv
        async with house.browser.tab(two) as other:
            await other.until("msg", text="hello")
            await other.say("from here")
        await tab.until("msg", text="from here")
