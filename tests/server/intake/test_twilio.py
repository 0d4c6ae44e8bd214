"""Twilio's door: who may call, what is answered when, what is on disk then. The table of attacks on a signed door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from memory.engines.base import Tx
from server.app import build
from server.clock import HandClock
from server.errors import SettingsError
from server.providers import open_lines
from server.services import Services
from server.settings import DatabaseSettings, ServerSettings, Settings, TwilioSettings
from tests.support.databases import NOW
from tests.support.servers import serve
from tests.support.twilio import ANA, PUBLIC, TOKEN, WHATSAPP, Caller, TwilioStandIn, twilio

DOOR = "/webhooks/twilio/messages"


class Door:
    """The application with its doors and nobody behind them, and Twilio that calls it."""

    def __init__(self, services: Services, client: httpx2.AsyncClient, stand_in: TwilioStandIn) -> None:
        self.services, self.client, self.twilio = services, client, stand_in
        self.caller = Caller(stand_in, client)

    async def stored(self) -> list[str]:
        """The calls on disk: source and key."""

        async def read(tx: Tx) -> list[str]:
            rows = await tx.all("SELECT source, key FROM journal ORDER BY id", ())
            return [f"{row['source']} {row['key']}" for row in rows]

        return await self.services.database.read(read)


@asynccontextmanager
async def door(folder: Path, public: str = PUBLIC, **changes: object) -> AsyncIterator[Door]:
    clock = HandClock(NOW)
    async with twilio(clock.now) as stand_in:
        named = stand_in.settings(**changes) if changes.pop("connected", True) else TwilioSettings()
        settings = Settings(
            server=ServerSettings(data=str(folder), secret_keys=("k" * 40,), public_url=public),
            database=DatabaseSettings(url=f"sqlite:///{folder / 'shop.db'}", readers=1),
            twilio=named,
        )
        app = build(settings, clock=clock, loops=())
        async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            yield Door(app.state.services, client, stand_in)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Door]:
    async with door(tmp_path) as opened:
        yield opened


async def test_a_signed_call_is_on_disk_before_it_is_answered(house: Door) -> None:
    form = await house.caller.write("Hello")
    assert await house.stored() == [f"twilio/messages {form['MessageSid']}"]


async def test_a_copy_is_answered_alike_and_stored_once(house: Door) -> None:
    """pitfalls.md 19: replay of a signed request is a no-op."""
    form = house.twilio.write(ANA, WHATSAPP, "Hello")
    answers = await asyncio.gather(*(house.caller.call("messages", form) for _ in range(50)))
    assert {(each.status_code, each.text) for each in answers} == {
        (200, '<?xml version="1.0" encoding="UTF-8"?><Response/>')
    }
    assert len(await house.stored()) == 1


async def test_each_status_of_a_message_is_a_call_of_its_own(house: Door) -> None:
    form = house.twilio.write(ANA, WHATSAPP, "x")
    for status in ("sent", "delivered", "sent"):
        told = {**form, "MessageStatus": status, "SmsStatus": status}
        assert (await house.caller.call("status", told)).status_code == 200
    sid = form["MessageSid"]
    assert await house.stored() == [f"twilio/status {sid}:sent", f"twilio/status {sid}:delivered"]


@pytest.mark.parametrize(
    "attack", ["unsigned", "empty", "wrong", "other_token", "tampered", "added", "other_account", "other_url"]
)
@pytest.mark.parametrize("name", ["messages", "status"])
async def test_a_forged_call_is_refused_and_leaves_nothing(house: Door, name: str, attack: str) -> None:
    """pitfalls.md 19, 95, 96: unsigned 403, never 500."""
    path = f"/webhooks/twilio/{name}"
    form = {**house.twilio.write(ANA, WHATSAPP, "Hello"), "MessageStatus": "sent"}
    if attack == "other_account":
        form["AccountSid"] = "AC" + "f" * 32
    signed_for = "https://evil.example" + path if attack == "other_url" else PUBLIC + path
    body, headers = house.twilio.signed(signed_for, form, "guessed" if attack == "other_token" else "")
    match attack:
        case "unsigned":
            del headers["X-Twilio-Signature"]
        case "empty":
            headers["X-Twilio-Signature"] = ""
        case "wrong":
            headers["X-Twilio-Signature"] = "AAAA" + headers["X-Twilio-Signature"][4:]
        case "tampered":
            body = body.replace(b"Hello", b"Hullo")
        case "added":
            body += b"&From=whatsapp%3A%2B19995550100"
    headers["X-Forwarded-Host"] = "evil.example"
    answer = await house.client.post(path, content=body, headers=headers)
    assert answer.status_code == 403
    assert await house.stored() == []


async def test_forwarded_headers_change_nothing(house: Door) -> None:
    """pitfalls.md 94: behind a proxy that ends TLS, PUBLIC_URL alone counts."""
    body, headers = house.twilio.signed(PUBLIC + DOOR, house.twilio.write(ANA, WHATSAPP, "Hello"))
    headers |= {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "other.example", "X-Forwarded-Port": "81"}
    assert (await house.client.post(DOOR, content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize("public", ["https://chat.example:8443", "http://127.0.0.1:9000"])
async def test_a_port_in_the_public_address(tmp_path: Path, public: str) -> None:
    async with door(tmp_path, public) as house:
        body, headers = house.twilio.signed(public + DOOR, house.twilio.write(ANA, WHATSAPP, "Hello"))
        assert (await house.client.post(DOOR, content=body, headers=headers)).status_code == 200


async def test_a_query_is_signed_as_it_was_sent(house: Door) -> None:
    """pitfalls.md 94: query and encoded path."""
    path = f"{DOOR}?site=caf%C3%A9%20x&a=1"
    body, headers = house.twilio.signed(PUBLIC + path, house.twilio.write(ANA, WHATSAPP, "Hello"))
    assert (await house.client.post(path, content=body, headers=headers)).status_code == 200
    changed = await house.client.post(f"{DOOR}?site=caf%C3%A9%20x&a=2", content=body, headers=headers)
    assert changed.status_code == 403


async def test_a_call_by_get_carries_everything_in_the_query(house: Door) -> None:
    form = house.twilio.write(ANA, WHATSAPP, "Hello there")
    body, _ = house.twilio.signed("", form)
    _, headers = house.twilio.signed(f"{PUBLIC}{DOOR}?{body.decode()}", {})
    answer = await house.client.get(f"{DOOR}?{body.decode()}", headers=headers)
    assert answer.status_code == 200
    assert await house.stored() == [f"twilio/messages {form['MessageSid']}"]
    refused = await house.client.get(f"{DOOR}?{body.decode()}&x=1", headers=headers)
    assert refused.status_code == 403


async def test_old_tokens_and_shared_keys_count_while_they_are_named(tmp_path: Path) -> None:
    async with door(tmp_path, old_auth_tokens=("old-token",), shared_keys=("shared",)) as house:
        form = house.twilio.write(ANA, WHATSAPP, "Hello")
        assert (await house.caller.call("messages", form, "old-token")).status_code == 200
        assert (await house.caller.call("messages", form, TOKEN)).status_code == 200
        assert (await house.caller.call("messages", form, "older-token")).status_code == 403


async def test_what_is_not_connected_has_no_door(tmp_path: Path) -> None:
    async with door(tmp_path, connected=False) as house:
        answer = await house.caller.call("messages", house.twilio.write(ANA, WHATSAPP, "Hello"))
        assert answer.status_code == 404


async def test_a_body_too_large_is_refused(house: Door) -> None:
    answer = await house.caller.call("messages", house.twilio.write(ANA, WHATSAPP, "x" * 70_000))
    assert answer.status_code == 413
    assert await house.stored() == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
async def test_another_kind_of_body_is_no_call(house: Door, kind: str) -> None:
    body, headers = house.twilio.signed(PUBLIC + DOOR, house.twilio.write(ANA, WHATSAPP, "Hello"))
    answer = await house.client.post(DOOR, content=body, headers={**headers, "Content-Type": kind})
    assert answer.status_code == 403


async def test_a_call_that_is_not_stored_is_not_taken(house: Door) -> None:
    form = house.twilio.write(ANA, WHATSAPP, "Hello")
    await house.services.database.close()
    answer = await house.caller.call("messages", form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    "named, says",
    [
        ({"account_sid": "AC1"}, "twilio.auth_token"),
        ({"auth_token": "t"}, "twilio.account_sid"),
        ({"account_sid": "SK1", "auth_token": "t"}, "begins with AC"),
        ({"account_sid": "AC1", "auth_token": "t", "content_sids": ("reply",)}, "twilio.content_sids"),
        ({"account_sid": "AC1", "auth_token": "t", "error_codes": ("63016=maybe",)}, "twilio.error_codes"),
        ({"account_sid": "AC1", "auth_token": "t", "api_url": "ftp://x"}, "twilio.api_url"),
    ],
)
def test_half_a_connection_does_not_start(tmp_path: Path, named: dict[str, object], says: str) -> None:
    """pitfalls.md 95: start-up fails clearly without a token."""
    settings = Settings(
        server=ServerSettings(data=str(tmp_path), secret_keys=("k" * 40,)),
        twilio=TwilioSettings(**named),  # type: ignore[arg-type]  # one field or two
    )
    with pytest.raises(SettingsError, match=says):
        open_lines(settings, HandClock(NOW))
