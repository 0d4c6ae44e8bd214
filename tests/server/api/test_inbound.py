"""The one door of marketplaces, review platforms and store workflows: who may, what is answered, one message whoever repeats it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from memory import customers, journal, threads
from memory.engines.base import Database, Tx
from memory.errors import StorageError
from memory.projection import Event
from server.app import build
from server.calls import Calls
from server.clock import HandClock
from server.commerce.signing import sign
from server.errors import SettingsError
from server.outbox import Outbox
from server.services import Services
from server.settings import DatabaseSettings, InboundSettings, ServerSettings, Settings, TurnsSettings
from server.sources import inbound_secrets
from server.turns import Turns
from tests.support.databases import ENGINES, opened, url_of
from tests.support.reply_webhook import ReplyWebhook
from tests.support.servers import serve

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TRUSTY, MARKET = "t" * 40, "m" * 40
PATH = "/api/v1/inbound"
SAID = {"source": "trusty", "external_id": "r-1", "from": {"id": "u7", "name": "Ana"}, "text": "When do you open?"}


def settings_in(folder: Path, reply_url: str = "") -> Settings:
    return Settings(
        server=ServerSettings(data=str(folder), secret_keys=("k" * 40,), public_url="https://chat.example"),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'test.db'}"),
        inbound=InboundSettings((f"trusty={TRUSTY}", f"market={MARKET}"), reply_url),
        turns=TurnsSettings(burst_ms=0),
    )


@dataclass
class House:
    """A running application with two sources, seen from both sides."""

    url: str
    app: Starlette
    clock: HandClock

    @property
    def services(self) -> Services:
        return self.app.state.services  # type: ignore[no-any-return]  # Starlette's state is untyped

    async def send(
        self, document: Mapping[str, Any] | bytes = SAID, secret: str = TRUSTY, path: str = PATH, **headers: str
    ) -> httpx2.Response:
        """A call as a sender signs it; `headers` replace the signature."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        signed = headers or {"X-Signature": sign(secret, "POST", path, body, self.clock.now())}
        named = {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in signed.items()},
        }
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=30) as client:
            return await client.post(path, content=body, headers=named)

    async def events(self, conv: str, *types: str) -> list[Event]:
        """What stands in a thread."""

        async def unit(tx: Tx) -> list[Event]:
            thread = await threads.by_public_id(tx, conv)
            return await threads.events(tx, thread.id) if thread else []

        return [each for each in await self.services.database.read(unit) if not types or each.type in types]

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        row = await self.services.database.read(lambda tx: tx.one(f"SELECT COUNT(*) AS n FROM {table}"))
        return int(row["n"]) if row else 0

    async def answered(self) -> None:
        """Let everything that is due be answered and sent."""
        await Turns(self.services, pads=False).drain()
        await Outbox(self.services).drain()


@asynccontextmanager
async def running(folder: Path, reply_url: str = "", database: Database | None = None) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    app = build(settings_in(folder, reply_url), clock=clock, loops=(), database=database)
    async with serve(app) as url:
        yield House(url, app, clock)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path) as house:
        yield house


# What comes in


async def test_a_message_is_on_disk_and_its_sender_learns_the_conversation(house: House) -> None:
    answer = await house.send()
    assert answer.status_code == 201
    conv = answer.json()["conv"]
    assert answer.json() == {"conv": conv, "seq": 1, "number": 1001}
    (said,) = await house.events(conv, "message")
    assert (said.body["text"], said.channel, said.external_id) == (SAID["text"], "inbound:trusty", "r-1")
    assert await house.count("turns") == 1


async def test_the_same_call_again_is_the_same_message(house: House) -> None:
    first, again = await house.send(), await house.send(json.dumps(SAID, indent=3).encode())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await house.count("events") == 1


async def test_the_same_id_with_other_words_is_refused_and_changes_nothing(house: House) -> None:
    conv = (await house.send()).json()["conv"]
    answer = await house.send({**SAID, "text": "Something else"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert [each.body["text"] for each in await house.events(conv)] == [SAID["text"]]


async def test_an_id_stands_for_its_message_longer_than_its_call_is_kept(house: House) -> None:
    await house.send()
    await house.services.database.write(lambda tx: journal.forget_before(tx, NOW + timedelta(days=40)))
    assert (await house.send()).status_code == 200
    await house.services.database.write(lambda tx: journal.forget_before(tx, NOW + timedelta(days=40)))
    assert (await house.send({**SAID, "text": "Something else"})).status_code == 409
    assert await house.count("events") == 1


async def test_two_sources_may_use_the_same_id(house: House) -> None:
    one = await house.send()
    other = await house.send({**SAID, "source": "market"}, MARKET)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json()["conv"] != other.json()["conv"]


async def test_a_bearer_does_where_nobody_can_sign(house: House) -> None:
    assert (await house.send(Authorization=f"Bearer {TRUSTY}")).status_code == 201


async def test_a_senders_conversation_stays_one_thread_beside_others_of_the_same_person(house: House) -> None:
    convs = [
        (await house.send({**SAID, "external_id": f"r-{n}", "conversation": name})).json()["conv"]
        for n, name in enumerate(["order-1", "order-2", "order-1"])
    ]
    assert convs[0] == convs[2] != convs[1]


async def test_somebody_elses_conversation_is_not_written_into(house: House) -> None:
    await house.send({**SAID, "conversation": "order-1"})
    answer = await house.send({**SAID, "external_id": "r-2", "conversation": "order-1", "from": {"id": "u8"}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_accepted")
    assert await house.count("events") == 1


async def test_an_address_in_a_call_is_claimed_and_merges_nobody(house: House) -> None:
    """pitfalls.md 32: a second customer typed the first one's e-mail, and their contacts were merged."""

    async def ana(tx: Tx) -> int:
        return (await customers.resolve(tx, "email", "ana@example.com", "verified", NOW)).customer_id

    known = await house.services.database.write(ana)
    conv = (await house.send({**SAID, "from": {"id": "u9", "email": "ana@example.com"}})).json()["conv"]

    async def look(tx: Tx) -> tuple[int, list[tuple[str, str]]]:
        thread = await threads.by_public_id(tx, conv)
        assert thread is not None
        theirs = await customers.identities_of(tx, thread.customer_id)
        return thread.customer_id, [(each.kind, each.proof) for each in theirs]

    customer_id, identities = await house.services.database.read(look)
    assert customer_id != known
    assert identities == [("guest", "channel"), ("email", "claimed")]


async def test_the_desk_sees_what_came_beside_the_words_and_the_customer_does_not(house: House) -> None:
    review = {**SAID, "kind": "review", "rating": 4, "order": "#1042", "url": "https://trusty.example/r/1"}
    conv = (await house.send(review)).json()["conv"]
    (note,) = await house.events(conv, "note")
    assert note.body["text"] == "Review · 4 of 5 stars · order #1042 (as trusty says) · https://trusty.example/r/1"
    assert note.audience == "desk"


async def test_a_picture_is_kept_without_what_it_hides(house: House) -> None:
    png = (Path(__file__).parents[3] / "docs/images/console.png").read_bytes()
    import base64

    files = [{"name": "box.png", "type": "image/png", "data": base64.b64encode(png).decode()}]
    conv = (await house.send({**SAID, "attachments": files})).json()["conv"]
    (said,) = await house.events(conv, "message")
    (kept,) = said.body["attachments"]
    assert (kept["name"], kept["type"]) == ("box.png", "image/png")
    assert await asyncio.to_thread((house.services.settings.uploads / kept["id"]).is_file)


# Who may not


@pytest.mark.parametrize(
    "attack",
    ["unsigned", "wrong", "stale", "early", "tampered", "path", "bearer", "empty bearer", "agent's scheme", "method"],
)
async def test_nobody_else_gets_in(house: House, attack: str) -> None:
    """Each answers alike, and nothing is stored."""
    body = json.dumps(SAID).encode()
    at = {"stale": NOW - timedelta(seconds=301), "early": NOW + timedelta(seconds=301)}.get(attack, NOW)
    path = {"path": "/webhooks/orders/generic"}.get(attack, PATH)
    secret = {"wrong": "w" * 40}.get(attack, TRUSTY)
    method = "GET" if attack == "method" else "POST"
    headers = {"X-Signature": sign(secret, method, path, body, at)}
    tokens = {
        "unsigned": "",
        "bearer": "Bearer " + "w" * 40,
        "empty bearer": "Bearer",
        "agent's scheme": f"Basic {TRUSTY}",
    }
    if attack in tokens:
        headers = {"Authorization": tokens[attack]} if tokens[attack] else {"X_Nothing": "1"}
    sent = body.replace(b"u7", b"u8") if attack == "tampered" else body
    answer = await house.send(sent, **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert await house.count("journal") == await house.count("events") == 0


async def test_a_source_cannot_speak_for_another(house: House) -> None:
    assert (await house.send({**SAID, "source": "market"})).status_code == 403
    assert (await house.send({**SAID, "source": "nobody"})).status_code == 403
    assert (await house.send({**SAID, "source": "market"}, Authorization=f"Bearer {TRUSTY}")).status_code == 403
    assert await house.count("journal") == 0


async def test_a_replayed_call_is_the_same_message(house: House) -> None:
    body = json.dumps(SAID).encode()
    header = sign(TRUSTY, "POST", PATH, body, NOW)
    answers = [await house.send(body, X_Signature=header) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 200, 200]
    assert await house.count("events") == 1


async def test_a_field_that_cannot_be_used_is_named(house: House) -> None:
    answer = await house.send({**SAID, "rating": 9})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["rating"]
    assert (await house.send(b"{")).status_code == 400
    assert await house.count("journal") == 0


async def test_without_secrets_there_is_no_door(tmp_path: Path) -> None:
    settings = Settings(
        server=ServerSettings(data=str(tmp_path), secret_keys=("k" * 40,), public_url="https://chat.example"),
        database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'test.db'}"),
    )
    app = build(settings, clock=(clock := HandClock(NOW)), loops=())
    async with serve(app) as url:
        assert (await House(url, app, clock).send()).status_code == 401


@pytest.mark.parametrize(
    "pairs", [("trusty",), ("trusty=short",), ("Trusty=" + "t" * 40,), (f"a={TRUSTY}", f"b={TRUSTY}")]
)
def test_settings_that_would_leave_the_door_open_stop_the_start(pairs: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match=r"inbound\.secrets"):
        inbound_secrets(pairs)


def test_a_source_may_have_two_secrets_while_one_is_replaced() -> None:
    assert inbound_secrets((f"trusty={TRUSTY}", "trusty=" + "n" * 40)) == {"trusty": (TRUSTY, "n" * 40)}


# Many at once, and what breaks


@pytest.mark.parametrize("engine", [""], ids=["two processes"])
async def test_fifty_parallel_copies_over_two_processes_make_one_message_and_one_answer(
    tmp_path: Path, engine: str
) -> None:
    webhook = ReplyWebhook(TRUSTY)
    async with (
        serve(webhook.app) as reply_url,
        running(tmp_path, reply_url) as one,
        running(tmp_path, reply_url) as other,
    ):
        answers = await asyncio.gather(*((one, other)[n % 2].send() for n in range(50)))
        places = [each.json() for each in answers if each.status_code in (200, 201)]
        assert {each.status_code for each in answers} <= {200, 201, 202}
        assert sum(each.status_code == 201 for each in answers) <= 1
        assert places and all(each == places[0] for each in places)
        for house in (one, other):
            house.clock.advance(timedelta(minutes=1))
            await Calls(house.services).drain()
        await asyncio.gather(one.answered(), other.answered())
        assert len(await one.events(places[0]["conv"], "message")) == 2
        assert await one.count("journal") == 1
    assert (len(webhook.replies), webhook.unexpected) == (1, [])


@pytest.fixture(params=ENGINES)
async def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(url_of(request, tmp_path)) as database, running(tmp_path, database=database) as house:
        yield house


async def test_parallel_copies_are_one_message_on_either_engine(any_house: House) -> None:
    answers = await asyncio.gather(*(any_house.send() for _ in range(20)))
    assert {each.status_code for each in answers} <= {200, 201, 202}
    assert await any_house.count("events") == 1


async def test_what_cannot_be_worked_in_now_is_kept_and_worked_in_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        async def fails(*_given: object) -> None:
            raise StorageError("the disk is slow")

        broken.setattr("server.intake.inbound.arrive_message", fails)
        answer = await house.send()
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    assert await house.count("events") == 0
    house.clock.advance(timedelta(seconds=20))
    assert await Calls(house.services).drain() == 1
    again = await house.send()
    assert (again.status_code, again.json()["seq"]) == (200, 1)


async def test_a_replay_of_the_journal_says_nothing_twice(house: House) -> None:
    await house.send()
    await house.services.database.write(lambda tx: journal.replay(tx, NOW - timedelta(days=1), NOW))
    assert await Calls(house.services).drain() == 1
    assert await house.count("events") == 1


async def test_a_call_can_be_erased_with_whose_it_is(house: House) -> None:
    await house.send()
    assert await house.services.database.write(lambda tx: journal.erase(tx, ["guest:trusty:u7"])) == 1


# Who answers


async def test_a_bad_review_gets_an_owner_however_kind_its_words(house: House) -> None:
    review = {**SAID, "text": "Nice people.", "kind": "review", "rating": 2}
    conv = (await house.send(review)).json()["conv"]
    await house.answered()
    (handed,) = await house.events(conv, "handoff")
    assert handed.body["reason"] == "reputation"
    assert await house.events(conv, "draft_offered")


async def test_a_good_review_needs_nobody(house: House) -> None:
    conv = (await house.send({**SAID, "text": "Thank you!", "kind": "review", "rating": 5})).json()["conv"]
    await house.answered()
    assert "reputation" not in [each.body["reason"] for each in await house.events(conv, "handoff")]


async def test_the_desk_decides_about_reviews_by_its_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\nhuman_only: [legal, safety]\n")
    from dataclasses import replace

    from server.settings import PolicySettings

    settings = replace(settings_in(tmp_path), policy=PolicySettings(file=str(policy)))
    app = build(settings, clock=(clock := HandClock(NOW)), loops=())
    async with serve(app) as url:
        house = House(url, app, clock)
        sent = await house.send({**SAID, "text": "When do you open?", "kind": "review", "rating": 1})
        await house.answered()
        reasons = [each.body["reason"] for each in await house.events(sent.json()["conv"], "handoff")]
    assert "reputation" not in reasons


async def test_an_order_named_beside_the_words_is_not_asked_for_again_and_proves_nothing(house: House) -> None:
    conv = (await house.send({**SAID, "text": "Where is my order?", "order": "#1042"})).json()["conv"]
    await house.answered()
    said = [each for each in await house.events(conv, "message") if each.author_type == "assistant"]
    assert "e-mail" in said[0].body["text"] and "order number" not in said[0].body["text"]
    assert "card" not in said[0].body


async def test_a_reply_is_posted_once_and_tried_for_more_than_a_day(tmp_path: Path) -> None:
    """pitfalls.md 18: a reply was posted once, and never again."""
    webhook = ReplyWebhook(TRUSTY, ["broken"] * 134)
    async with serve(webhook.app, grace_s=0) as reply_url, running(tmp_path, reply_url) as house:
        conv = (await house.send()).json()["conv"]
        await Turns(house.services, pads=False).drain()
        outbox, began = Outbox(house.services), house.clock.now()
        for _ in range(140):
            house.clock.advance(timedelta(minutes=11))
            await outbox.drain()
            if webhook.replies:
                break
        assert house.clock.now() - began > timedelta(hours=24)
        deliveries = [each.body["status"] for each in await house.events(conv, "delivery")]
    assert (deliveries, len(set(webhook.calls)), webhook.unexpected) == (["sent"], 1, [])


async def test_a_reply_that_nobody_takes_stands_in_the_conversation(tmp_path: Path) -> None:
    """pitfalls.md 18: the final failure is visible in the conversation."""
    webhook = ReplyWebhook(TRUSTY, ["broken"] * 1000)
    async with serve(webhook.app, grace_s=0) as reply_url, running(tmp_path, reply_url) as house:
        conv = (await house.send()).json()["conv"]
        await Turns(house.services, pads=False).drain()
        outbox = Outbox(house.services)
        for _ in range(170):
            house.clock.advance(timedelta(minutes=11))
            await outbox.drain()
        (failed,) = await house.events(conv, "delivery")
        assert (failed.body["status"], "500" in failed.body["error"]) == ("failed", True)
        assert [each.body["reason"] for each in await house.events(conv, "handoff")] == ["failed"]
    assert webhook.replies == {}


async def test_without_a_webhook_a_person_gets_the_conversation(house: House) -> None:
    conv = (await house.send()).json()["conv"]
    await house.answered()
    (failed,) = await house.events(conv, "delivery")
    assert "inbound.reply_url" in failed.body["error"]
    assert [each.body["reason"] for each in await house.events(conv, "handoff")] == ["failed"]
