"""The demo's phone through the whole application: signed webhooks in, the provider's checked API out, ticks, window, photos."""

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

from PIL import Image

from memory import agents, customers, threads
from memory.engines.base import Tx
from tests.server.demo.opened import ANA, Opened, opened_demo, said

TOKEN = "kim-writes-by-program-" + "k" * 32


def mine(world: dict[str, Any], channel: str) -> list[dict[str, Any]]:
    return [each for each in world["phone"][channel]["messages"] if each["mine"]]


async def test_a_question_on_whatsapp_is_answered_there_with_buttons_and_ticks(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        assert (await demo.do("send", channel="whatsapp", text="where is my order 1042?")).status_code == 200
        world = await demo.until(lambda world: said(world, "whatsapp"))
        assert "#1042" in said(world, "whatsapp")[0]
        assert mine(world, "whatsapp")[0]["status"] == "read"
        answer = world["phone"]["whatsapp"]["messages"][-1]
        assert answer["choices"]
        world = await demo.until(lambda world: world["phone"]["whatsapp"]["messages"][-1]["status"] == "delivered")
        assert world["phone"]["whatsapp"]["unread"] == 1
        await demo.do("look", channel="whatsapp")
        world = await demo.until(lambda world: world["phone"]["whatsapp"]["unread"] == 0)
        tapped = await demo.do("choose", channel="whatsapp", sid=answer["sid"], choice=answer["choices"][0]["id"])
        assert tapped.status_code == 200
        world = await demo.until(lambda world: len(said(world, "whatsapp")) == 2)
        assert mine(world, "whatsapp")[1]["text"] == answer["choices"][0]["title"]
        assert world["faults"] == []
        assert await receipts_of(demo) >= {"sent", "delivered", "read"}


async def receipts_of(demo: Opened) -> set[str]:
    """What the shop was told of its messages in Ana's thread."""

    async def read(tx: Tx) -> set[str]:
        found = await customers.proven(tx, "whatsapp", "+13035550101")
        assert found is not None
        thread = (await threads.of_identity(tx, found.id, 1))[0]
        return {str(event.body["status"]) for event in await threads.of_types(tx, thread.id, ("delivery",), 50)}

    for _ in range(200):
        if "read" in (told := await demo.services.database.read(read)):
            return told
        await asyncio.sleep(0.05)
    return told


async def test_whatsapp_and_text_messages_of_one_number_are_apart_on_the_phone(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        await demo.do("send", channel="sms", text="where is my order 1042?")
        world = await demo.until(lambda world: said(world, "sms"))
        assert world["phone"]["whatsapp"]["messages"] == []
        assert world["phone"]["sms"]["window"] == ""
        assert not any(each["choices"] for each in world["phone"]["sms"]["messages"])


async def test_a_photo_is_fetched_by_the_shop_from_the_provider(tmp_path: Path) -> None:
    """The server gets the file from the stand-in's API with the account's credentials, and keeps it with the message."""
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "PNG")
    photo = base64.b64encode(drawn.getvalue()).decode()
    async with opened_demo(tmp_path) as demo:
        sent = await demo.do("send", channel="whatsapp", text="it arrived like this", photo=photo, type="image/png")
        assert sent.status_code == 200
        world = await demo.until(lambda world: said(world, "whatsapp"))
        shown = mine(world, "whatsapp")[0]["picture"]
        assert (await demo.client.get(shown)).content == drawn.getvalue()
        assert await attachments(demo)
        assert world["faults"] == []


async def attachments(demo: Opened) -> list[Any]:
    """The files of Ana's first message, once they are there."""

    async def read(tx: Tx) -> list[Any]:
        found = await customers.proven(tx, "whatsapp", "+13035550101")
        thread = (await threads.of_identity(tx, found.id, 1))[0] if found else None
        events = await threads.of_types(tx, thread.id, ("message",), 50) if thread else []
        return [each for event in events for each in event.body.get("attachments", ())]

    for _ in range(200):
        if kept := await demo.services.database.read(read):
            return kept
        await asyncio.sleep(0.05)
    return []


async def test_a_day_later_only_the_template_comes_through(tmp_path: Path) -> None:
    """The knob turns shop and provider together: nothing free is sent into a window that is shut (no 63016)."""
    async with opened_demo(tmp_path) as demo:
        await demo.do("send", channel="whatsapp", text="I want to talk to a person")
        world = await demo.until(lambda world: said(world, "whatsapp") and world["threads"])
        assert (await demo.do("later", hours=24)).status_code == 200
        world = await demo.look()
        assert (world["phone"]["whatsapp"]["open"], world["ahead"]) == (False, 86_400)
        await reply_as_kim(demo, world["threads"][0]["conv"], "Your parcel left today.")
        world = await demo.until(lambda world: any(each["template"] for each in world["phone"]["whatsapp"]["messages"]))
        last = world["phone"]["whatsapp"]["messages"][-1]
        assert last["text"].startswith("An answer from Harbour & Pine:")
        assert "Your parcel left today." in last["text"]
        assert world["faults"] == []


async def reply_as_kim(demo: Opened, conv: str, text: str) -> None:
    """An agent writes, by the API."""

    async def give_token(tx: Tx) -> None:
        kim = next(agent for agent in await agents.all_agents(tx) if agent.name == "Kim Ellis")
        await agents.add_token(tx, TOKEN, kim.id, demo.services.clock.now())

    await demo.services.database.write(give_token)
    url, headers = f"/api/v1/threads/{conv}", {"Authorization": f"Bearer {TOKEN}"}
    claimed = await demo.client.post(f"{url}/claim", headers=headers, json={})
    events = (await demo.client.get(f"{url}/events?after=0", headers=headers)).json()["events"]
    reply = {"text": text, "seen_seq": events[-1]["seq"], "idempotency_key": "by-kim"}
    written = await demo.client.post(f"{url}/reply", headers=headers, json=reply)
    assert (claimed.status_code, written.status_code) == (201, 201), (claimed.text, written.text)


async def test_what_makes_no_sense_is_refused_in_words(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        for what, told, status in NONSENSE:
            answer = await demo.do(what, **told)
            assert (answer.status_code, bool(answer.json()["error"])) == (status, True), told
        assert (await demo.do("send", "nobody", channel="sms", text="hello")).status_code == 404
        assert (await demo.client.post("/demo/devices/send", json={"as": ANA})).status_code == 403
        assert (await demo.look())["phone"]["whatsapp"]["messages"] == []


NONSENSE: list[tuple[str, dict[str, Any], int]] = [
    ("send", {"channel": "whatsapp", "text": " "}, 409),
    ("send", {"channel": "pigeon", "text": "hello"}, 409),
    ("send", {"channel": "whatsapp", "text": "x" * 4097}, 409),
    ("send", {"channel": "whatsapp", "text": "", "photo": "%%", "type": "image/png"}, 409),
    ("send", {"channel": "whatsapp", "text": "", "photo": "aGk=", "type": "text/html"}, 409),
    ("send", {"channel": "whatsapp", "text": 4}, 409),
    ("choose", {"channel": "whatsapp", "sid": "SM1", "choice": "yes"}, 409),
    ("later", {"hours": -1}, 409),
    ("teleport", {}, 404),
]
