"""The support form over HTTP, as a browser without scripts uses it: nothing is lost, nothing is said twice, nobody gets further."""

import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from html import unescape
from typing import Any, Final

import httpx2
import pytest
from PIL import Image

from memory import customers, threads
from memory.engines.base import Tx
from memory.projection import Event
from server.intake.form_page import MOST_FILES
from server.intake.form_words import TOPICS, WORDS
from server.sealing import Seal
from tests.server.intake.browser import SHOP
from tests.server.intake.conftest import House, Running

WRITTEN: Final = {
    "name": "Ana Souza",
    "email": "Ana@Example.com",
    "order": "#1042",
    "topic": "damaged",
    "message": "The cup came broken.\r\nWhat now?",
}
Files = Sequence[tuple[str, tuple[str, bytes, str]]]


def picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, kind)
    return out.getvalue()


@asynccontextmanager
async def client(house: House, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=house.url, headers=headers, trust_env=False, timeout=20) as browser:
        yield browser


def hidden(page: str, name: str) -> list[str]:
    return [unescape(each) for each in re.findall(rf'name="{name}" value="([^"]*)"', page)]


async def opened(house: House, path: str = "/form", **headers: str) -> str:
    """The token of a form that a person had time to fill in."""
    async with client(house, **headers) as browser:
        page = (await browser.get(path)).text
    house.clock.advance(timedelta(seconds=20))
    return hidden(page, "token")[0]


async def post(
    house: House, written: Mapping[str, Any], files: Files = (), path: str = "/form?site=default&lang=en"
) -> httpx2.Response:
    async with client(house) as browser:
        parts: Any = files or [("files", ("", b"", "application/octet-stream"))]
        return await browser.post(path, data=dict(written), files=parts)


async def sent(house: House, files: Files = (), **changes: Any) -> httpx2.Response:
    """A form filled in and sent."""
    return await post(house, {**WRITTEN, "token": await opened(house), **changes}, files)


async def thanked(house: House, answer: httpx2.Response) -> str:
    assert answer.status_code == 303
    async with client(house) as browser:
        return (await browser.get(answer.headers["location"])).text


async def messages(house: House) -> list[tuple[threads.Thread, Event]]:
    """Every message that is stored."""

    async def unit(tx: Tx) -> list[tuple[threads.Thread, Event]]:
        found = [await threads.by_id(tx, each) for each in await threads.ids_with_state(tx)]
        return [
            (thread, event)
            for thread in found
            if thread
            for event in await threads.events(tx, thread.id)
            if event.type == "message"
        ]

    return await house.services.database.read(unit)


async def test_what_was_written_is_a_message_and_its_sender_learns_the_number(house: House) -> None:
    page = await thanked(house, await sent(house))
    ((thread, said),) = await messages(house)
    assert str(thread.number) in page and WORDS["en"].thanks in page
    assert said.body["text"] == "Damaged or wrong\n\nThe cup came broken.\nWhat now?"
    assert (said.channel, said.author_name) == ("form", "Ana Souza")
    note = (await house.services.database.read(lambda tx: threads.of_types(tx, thread.id, ("note",))))[0]
    assert note.body["text"] == "Form: Damaged or wrong · order #1042"


async def test_without_mail_the_author_is_known_by_the_form_alone_and_goes_on_in_the_chat(house: House) -> None:
    """pitfalls.md 32: a second customer typed the first one's e-mail, and their contacts were merged."""

    async def known(tx: Tx) -> int:
        return (await customers.resolve(tx, "email", "ana@example.com", "verified", house.clock.now())).customer_id

    owner = await house.services.database.write(known)
    page = await thanked(house, await sent(house))
    ((thread, said),) = await messages(house)
    identity = await house.services.database.read(lambda tx: customers.identity(tx, said.identity_id))
    assert identity is not None and identity.kind == "guest" and thread.customer_id != owner
    link = re.findall(r'href="https://chat.example/c/([^"]+)"', page)[0]
    session = await house.browser.session(link=link)
    assert session.conv == thread.public_id
    async with house.browser.tab(session, conv=session.conv, last_seq=0) as tab:
        await tab.send("resume", conv=session.conv, last_seq=0)
        shown = await tab.until("msg")
        assert shown["text"] == said.body["text"]
    assert (await house.browser.post_session(link=link)).status_code == 403


async def test_a_form_in_somebodys_name_begins_a_conversation_of_its_own(house: House) -> None:
    """Whoever types another's address gets into no conversation of theirs (pitfalls.md 39)."""
    await thanked(house, await sent(house))
    await thanked(house, await sent(house, message="And what is in the other one?"))
    stored = await messages(house)
    assert len({thread.id for thread, _ in stored}) == 2


async def test_the_same_form_sent_again_is_the_same_message(house: House) -> None:
    written = {**WRITTEN, "token": await opened(house)}
    answers = [await post(house, written) for _ in range(3)]
    assert {each.status_code for each in answers} == {303}
    assert len(await messages(house)) == 1


async def test_photos_arrive_clean(house: House) -> None:
    files = [("files", ("cup.png", picture(), "image/png")), ("files", ("bill.jpg", picture("JPEG"), "image/jpeg"))]
    await thanked(house, await sent(house, files))
    ((_, said),) = await messages(house)
    assert [(each["name"], each["type"]) for each in said.body["attachments"]] == [
        ("cup.png", "image/png"),
        ("bill.jpg", "image/jpeg"),
    ]
    for each in said.body["attachments"]:
        assert (house.services.settings.uploads / each["id"]).is_file()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "ana(at)example"}, "email"),
        ({"message": " \r\n "}, "message"),
        ({"message": "x" * 10_001}, "message"),
        ({"name": "x" * 81}, "name"),
        ({"order": "1" * 41}, "order"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    house: House, change: dict[str, str], field: str
) -> None:
    written = {**WRITTEN, "token": await opened(house), **change}
    answer = await post(house, written, [("files", ("cup.png", picture(), "image/png"))])
    page = answer.text
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page and f'aria-describedby="{field}' in page
    assert page.count('class="error"') == 1 and 'role="alert"' in page
    for name in ("name", "email", "order"):
        assert f'value="{written[name]}"' in page
    assert unescape(page).count(written["message"].replace("\r\n", "\n").strip()) >= 1
    assert '<option value="damaged" selected>' in page
    assert await messages(house) == []
    mended = {**WRITTEN, "token": hidden(page, "token")[0], "kept": hidden(page, "kept")[0]}
    assert ">" in page and "cup.png" in page
    await thanked(house, await post(house, mended))
    ((_, said),) = await messages(house)
    assert [each["name"] for each in said.body["attachments"]] == ["cup.png"]


@pytest.mark.parametrize(
    "files",
    [
        [("files", ("cup.png", b"not a picture", "image/png"))],
        [("files", ("run.exe", b"MZ", "application/octet-stream"))],
        [("files", (f"{n}.png", picture(), "image/png")) for n in range(MOST_FILES + 1)],
        [("files", ("long.png", picture() + b"x" * 10_485_760, "image/png"))],
    ],
    ids=["no picture", "program", "many", "long"],
)
async def test_a_file_that_cannot_be_kept_is_named(house: House, files: Files) -> None:
    answer = await post(house, {**WRITTEN, "token": await opened(house)}, files)
    assert answer.status_code == 422 and 'id="files-error"' in answer.text
    assert await messages(house) == []


async def test_nobody_attaches_another_forms_file(house: House) -> None:
    files = [("files", ("cup.png", picture(), "image/png"))]
    theirs = await post(house, {**WRITTEN, "token": await opened(house), "email": ""}, files)
    await thanked(house, await sent(house, kept=hidden(theirs.text, "kept")[0]))
    ((_, said),) = await messages(house)
    assert "attachments" not in said.body


@pytest.mark.parametrize("token", ["", "forged", "eyJuIjoieCJ9.aaaa.bbbb"])
async def test_a_form_that_we_did_not_make_is_shown_again_with_all_that_was_written(house: House, token: str) -> None:
    answer = await post(house, {**WRITTEN, "token": token})
    assert answer.status_code == 422 and WORDS["en"].again in unescape(answer.text)
    assert 'value="Ana@Example.com"' in answer.text
    assert await messages(house) == []
    house.clock.advance(timedelta(seconds=5))
    await thanked(house, await post(house, {**WRITTEN, "token": hidden(answer.text, "token")[0]}))


async def test_a_form_that_lay_open_for_days_is_sent_once_more(house: House) -> None:
    token = await opened(house)
    house.clock.advance(timedelta(days=2))
    answer = await post(house, {**WRITTEN, "token": token})
    assert answer.status_code == 422 and WORDS["en"].again in unescape(answer.text)


async def test_machines_get_no_further(house: House) -> None:
    async with client(house) as browser:
        token = hidden((await browser.get("/form")).text, "token")[0]
    assert (await post(house, {**WRITTEN, "token": token})).status_code == 422  # within a second
    trapped = await sent(house, website="https://spam.example")
    assert trapped.status_code == 422 and "spam.example" not in trapped.text
    assert await messages(house) == []


async def test_too_many_from_one_address_wait_and_lose_nothing(house: House) -> None:
    answers = [await sent(house, message=f"number {n}") for n in range(12)]
    assert [each.status_code for each in answers] == [303] * 10 + [429] * 2
    assert "number 11" in answers[11].text and WORDS["en"].too_many in unescape(answers[11].text)


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_what_no_browser_sends_is_refused(house: House, kind: str) -> None:
    async with client(house) as browser:
        assert (await browser.post("/form", content=b"{}", headers={"Content-Type": kind})).status_code == 400
        broken = await browser.post(
            "/form", content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=y"}
        )
    assert broken.status_code in (400, 422)


@pytest.mark.parametrize("language", list(WORDS))
async def test_five_languages_by_browser_and_by_choice(house: House, language: str) -> None:
    async with client(house, **{"Accept-Language": f"{language}-XX,en;q=0.3"}) as browser:
        own = await browser.get("/form")
        chosen = await browser.get("/form?lang=fr")
    assert f'<html lang="{language}">' in own.text and WORDS[language].title in unescape(own.text)
    assert own.headers["vary"] == "Accept-Language"
    assert '<html lang="fr">' in chosen.text
    assert len(WORDS[language].topics) == len(TOPICS)


async def test_words_are_filled_alike_in_every_language(house: House) -> None:
    holes = {
        language: {name: sorted(re.findall(r"{\w+}", str(getattr(words, name)))) for name in words.__slots__}
        for language, words in WORDS.items()
    }
    assert all(each == holes["en"] for each in holes.values())


async def test_only_the_shops_pages_may_show_the_form(house: House) -> None:
    async with client(house) as browser:
        answer = await browser.get("/form")
    policy = answer.headers["content-security-policy"]
    assert f"frame-ancestors {SHOP} https://chat.example" in policy.replace(
        "https://chat.example " + SHOP, SHOP + " https://chat.example"
    )
    assert "script-src" not in policy and "default-src 'none'" in policy and "form-action 'self'" in policy
    assert "x-frame-options" not in answer.headers and "<script" not in answer.text


async def test_a_site_that_is_not_ours_has_no_form(house: House) -> None:
    async with client(house) as browser:
        found = [(await browser.get(path)).status_code for path in ("/form/other", "/form/nobody", "/form?site=nobody")]
    assert found == [200, 404, 404]


async def test_what_somebody_wrote_is_never_markup(house: House) -> None:
    answer = await sent(house, name='"><script>alert(1)</script>', email="", message="</textarea><b>x")
    assert "<script" not in answer.text and "</textarea><b>" not in answer.text


async def test_somebody_blocked_learns_no_more_than_anybody(house: House) -> None:
    async def block(tx: Tx) -> None:
        own = await customers.resolve(tx, "guest", f"form:{nonce}", "channel", house.clock.now())
        await tx.run("UPDATE identities SET blocked = 1 WHERE id = ?", (own.id,))

    token = await opened(house)
    opened_seal = Seal(("k" * 40,), house.clock, "form-v1").opened(token, 86_400)
    assert opened_seal is not None
    nonce = opened_seal["n"]
    await house.services.database.write(block)
    answer = await post(house, {**WRITTEN, "token": token})
    assert answer.status_code == 303
    assert await messages(house) == []


async def test_thanks_open_for_their_sender_only_and_not_for_ever(house: House) -> None:
    location = (await sent(house)).headers["location"]
    house.clock.advance(timedelta(hours=2))
    async with client(house) as browser:
        late = await browser.get(location)
        forged = await browser.get("/form/sent/eyJuIjoxfQ.aaaa.bbbb")
    assert (late.status_code, forged.status_code) == (303, 303)


async def test_the_form_is_kept_apart_from_pace_of_other_doors(running: Running) -> None:
    async with running(sessions_per_ip=1) as house:
        await house.browser.session()
        assert (await sent(house)).status_code == 303
