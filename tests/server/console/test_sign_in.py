"""Signing in and out over HTTP: what the form takes, what it tells nobody, and what a session may outlive."""

import re
from datetime import timedelta

import httpx2
import pytest

from memory import agents
from memory.times import from_ms
from server.console.room import room_of
from tests.server.console import people
from tests.server.console.conftest import ORIGIN, House

KIM = "kim-agent@shop.example"


async def form_of(page: httpx2.AsyncClient) -> dict[str, str]:
    """The hidden fields of the form."""
    shown = await page.get("/console")
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text))


async def sign_in(
    page: httpx2.AsyncClient, email: str = KIM, password: str = people.PASSWORD, **headers: str
) -> httpx2.Response:
    """Fill in the form as a browser without scripts does."""
    fields = {**await form_of(page), "email": email, "password": password}
    return await page.post("/console/login", data=fields, headers=headers)


def fail(house: House, kind: str, key: str, times: int) -> None:
    """So many wrong tries, without the work of checking each password."""
    room = room_of({"app": house.app})
    for _ in range(times):
        getattr(room, kind).begin(key, house.clock.now())


async def test_form_is_shown_without_a_session_and_needs_no_script(house: House) -> None:
    async with house.http() as page:
        shown = await page.get("/console")
    assert shown.status_code == 200
    assert 'type="email"' in shown.text
    assert 'type="password"' in shown.text
    assert "<script" not in shown.text


async def test_right_password_opens_the_desk_with_a_cookie_of_43_characters(house: House) -> None:
    await house.kim()
    async with house.http() as page:
        answer = await sign_in(page)
        desk = await page.get("/console")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console")
    cookie = answer.headers["Set-Cookie"]
    assert re.match(r"sid=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=strict$", cookie)
    assert "Kim Reyes" in desk.text


async def test_address_is_taken_whatever_its_case(house: House) -> None:
    await house.kim()
    async with house.http() as page:
        answer = await sign_in(page, email="  KIM-Agent@Shop.Example ")
    assert answer.status_code == 303


async def test_only_the_hash_of_the_session_is_stored(house: House) -> None:
    await house.kim()
    async with house.http() as page:
        secret = (await sign_in(page)).cookies["sid"]
    rows = await house.services.database.read(lambda tx: tx.all("SELECT hash FROM agent_sessions"))
    assert [row["hash"] for row in rows] == [agents.digest(secret)]


async def test_wrong_password_unknown_address_and_disabled_agent_answer_alike(house: House) -> None:
    kim = await house.kim()
    off = await house.lee()
    await house.services.database.write(lambda tx: agents.disable(tx, off.id))
    async with house.http() as page:
        answers = [
            await sign_in(page, kim.email, "wrong"),
            await sign_in(page, "nobody@shop.example", "wrong"),
            await sign_in(page, off.email, people.PASSWORD),
            await sign_in(page, "no address at all", "wrong"),
            await sign_in(page, "", ""),
            await sign_in(page, kim.email, "x" * 5000),
        ]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    assert not any("set-cookie" in each.headers for each in answers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_page_may_not_sign_anybody_in_or_out(house: House, headers: dict[str, str]) -> None:
    kim = await house.kim()
    session = await people.session(house.services, kim)
    async with house.http() as page, house.http(session) as own:
        login = await sign_in(page, **headers)
        logout = await own.post("/console/logout", headers=headers)
        still = await own.get("/api/v1/threads")
    assert (login.status_code, logout.status_code, still.status_code) == (403, 403, 200)


async def test_form_that_we_did_not_make_or_that_is_old_is_shown_anew(house: House) -> None:
    await house.kim()
    async with house.http() as page:
        token = (await form_of(page))["token"]
        fields = {"email": KIM, "password": people.PASSWORD}
        without = await page.post("/console/login", data=fields)
        house.clock.advance(timedelta(days=2))
        old = await page.post("/console/login", data={**fields, "token": token})
    assert (without.status_code, old.status_code) == (403, 403)
    assert "try again" in old.text


async def test_tries_at_one_address_are_throttled_wherever_they_come_from_and_forgiven_later(house: House) -> None:
    kim = await house.kim()
    async with house.http() as page:
        fail(house, "by_address", kim.email, 9)
        tries = [await sign_in(page, kim.email, "wrong") for _ in range(2)]
        locked = await sign_in(page, kim.email, people.PASSWORD)
        other = await sign_in(page, "nobody@shop.example", "wrong")
        house.clock.advance(timedelta(minutes=5))
        later = await sign_in(page, kim.email, people.PASSWORD)
    assert [each.status_code for each in tries] == [401, 429]
    assert int(locked.headers["Retry-After"]) == 300
    assert (locked.status_code, other.status_code, later.status_code) == (429, 401, 303)


async def test_right_passwords_are_never_throttled(house: House) -> None:
    await house.kim()
    fail(house, "by_address", KIM, 9)
    codes = []
    for _ in range(3):
        async with house.http() as page:
            codes.append((await sign_in(page)).status_code)
    assert codes == [303, 303, 303]


async def test_tries_from_one_network_are_throttled_over_all_addresses(house: House) -> None:
    async with house.http() as page:
        fail(house, "by_ip", "127.0.0.1", 39)
        codes = [(await sign_in(page, f"a{number}@shop.example", "wrong")).status_code for number in range(2)]
    assert codes == [401, 429]


async def test_signing_in_replaces_the_session_that_the_browser_had(house: House) -> None:
    kim = await house.kim()
    old = await people.session(house.services, kim)
    async with house.http() as page, house.http(old) as before:
        page.cookies.set("sid", old.secret)
        answer = await sign_in_again(page)
        assert (await before.get("/api/v1/threads")).status_code == 401
    assert answer.cookies["sid"] != old.secret


async def sign_in_again(page: httpx2.AsyncClient) -> httpx2.Response:
    """A browser that is signed in shows the form of another tab."""
    async with httpx2.AsyncClient(base_url=page.base_url, trust_env=False) as other:
        fields = {**await form_of(other), "email": KIM, "password": people.PASSWORD}
    return await page.post("/console/login", data=fields)


async def test_signing_out_ends_the_session_and_clears_the_browser(house: House) -> None:
    session = await people.session(house.services, await house.kim())
    async with house.http(session) as page:
        answer = await page.post("/console/logout")
        after = await page.get("/api/v1/threads")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert 'sid=""' in answer.headers["Set-Cookie"]
    assert after.status_code == 401


@pytest.mark.parametrize(("role", "idle"), [("agent", 8 * 60), ("viewer", 8 * 60), ("supervisor", 30), ("admin", 30)])
async def test_session_ends_after_doing_nothing(house: House, role: str, idle: int) -> None:
    session = await people.session(house.services, await house.kim(role))
    async with house.http(session) as page:
        house.clock.advance(timedelta(minutes=idle - 1))
        assert (await page.get("/api/v1/threads")).status_code == 200
        house.clock.advance(timedelta(minutes=idle))
        assert (await page.get("/api/v1/threads")).status_code == 401


async def test_session_ends_after_twelve_hours_of_work(house: House) -> None:
    session = await people.session(house.services, await house.kim())
    async with house.http(session) as page:
        for _ in range(11):
            house.clock.advance(timedelta(hours=1))
            assert (await page.get("/api/v1/threads")).status_code == 200
        house.clock.advance(timedelta(hours=1))
        assert (await page.get("/api/v1/threads")).status_code == 401
    row = await house.services.database.read(lambda tx: tx.one("SELECT expires_at FROM agent_sessions"))
    assert row is not None
    assert from_ms(row["expires_at"]) <= house.clock.now()


@pytest.mark.parametrize(
    ("back", "place"),
    [
        ("/console/t/c_abc", "/console/t/c_abc"),
        ("https://evil.example/console", "/console"),
        ("//evil.example", "/console"),
        ("/console/logout", "/console"),
        ("/console/t/../../demo", "/console"),
    ],
)
async def test_after_the_sign_in_the_way_leads_to_the_console_only(house: House, back: str, place: str) -> None:
    await house.kim()
    async with house.http() as page:
        fields = {**await form_of(page), "email": KIM, "password": people.PASSWORD, "back": back}
        answer = await page.post("/console/login", data=fields)
    assert answer.headers["Location"] == place


async def test_form_must_be_a_form(house: House) -> None:
    async with house.http() as page:
        json = await page.post("/console/login", json={"email": KIM, "password": "x"})
        many = await page.post("/console/login", data={f"f{number}": "x" for number in range(50)})
    assert (json.status_code, many.status_code) == (415, 415)
