"""The doors of mail providers over HTTP: who may call, what is answered, what is on disk then, and that all end in one parser."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from memory.engines.base import Tx
from server.app import build
from server.calls import Calls
from server.clock import HandClock
from server.commerce.signing import HEADER, sign
from server.services import Services
from server.settings import DatabaseSettings, EmailSettings, ServerSettings, Settings, TurnsSettings
from tests.support.databases import NOW
from tests.support.mail import BORDER, SHOP, letter
from tests.support.servers import serve

LOGIN: Final = ("hooks", "s3cret:pass")
MAILGUN: Final = "key-mailgun"
SECRET: Final = "s" * 40
MAIL: Final = letter("Where is my order 1042?", subject="Order", message_id="<1@example.com>")
ENVELOPE: Final = json.dumps({"to": [SHOP], "from": "ana@example.com"})


class Door:
    """The application with its doors and nobody behind them."""

    def __init__(self, services: Services, client: httpx2.AsyncClient, clock: HandClock) -> None:
        self.services, self.client, self.clock = services, client, clock

    async def stored(self) -> list[str]:
        """The sources of what is on disk."""

        async def read(tx: Tx) -> list[str]:
            return [row["source"] for row in await tx.all("SELECT source FROM journal ORDER BY id", ())]

        return await self.services.database.read(read)

    async def messages(self) -> list[dict[str, Any]]:
        """What customers said, once everything is worked in: text, external id, kind of the sender."""
        await Calls(self.services).drain()

        async def read(tx: Tx) -> list[dict[str, Any]]:
            rows = await tx.all(
                "SELECT e.body, e.external_id, i.kind FROM events e JOIN identities i ON i.id = e.identity_id"
                " WHERE e.type = 'message' AND e.author_type = 'customer' ORDER BY e.thread_id, e.seq",
                (),
            )
            return [
                {"text": json.loads(row["body"])["text"], "id": row["external_id"], "kind": row["kind"]} for row in rows
            ]

        return await self.services.database.read(read)

    async def mailgun(self, fields: dict[str, str], **changed: str) -> httpx2.Response:
        """A call as Mailgun signs it."""
        stamp = changed.get("timestamp", str(int(self.clock.now().timestamp())))
        token = changed.get("token", "t" * 50)
        given = hmac.new(changed.get("key", MAILGUN).encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        signature = changed.get("signature", given)
        return await self.client.post(
            "/webhooks/email/mailgun", data={**fields, "timestamp": stamp, "token": token, "signature": signature}
        )

    async def raw(self, body: bytes, *, secret: str = SECRET, at: Any = None, **headers: str) -> httpx2.Response:
        """Raw mail, signed."""
        path = "/webhooks/email/raw"
        signature = sign(secret, "POST", path, body, at or self.clock.now())
        return await self.client.post(path, content=body, headers={HEADER: signature, **headers})


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    clock = HandClock(NOW)
    email = EmailSettings(
        address=SHOP, smtp_url="smtp://127.0.0.1:1", authserv_id=BORDER, webhook_login=":".join(LOGIN), mailgun_key=MAILGUN,
        webhook_secrets=(SECRET,),
    )  # fmt: skip
    settings = Settings(
        server=ServerSettings(data=str(tmp_path), secret_keys=("k" * 40,)),
        database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'shop.db'}", readers=1),
        turns=TurnsSettings(burst_ms=0),
        email=email,
    )
    app = build(settings, clock=clock, loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        yield Door(app.state.services, client, clock)


SENDGRID_FIELDS: Final = {
    "headers": MAIL.partition(b"\r\n\r\n")[0].decode(),
    "envelope": ENVELOPE,
    "from": "Ana Souza <ana@example.com>",
    "to": SHOP,
    "subject": "Order",
    "charsets": json.dumps({"text": "iso-8859-1", "html": "utf-8"}),
    "attachments": "0",
}
POSTMARK: Final = {
    "From": "ana@example.com", "To": SHOP, "OriginalRecipient": SHOP, "Subject": "Order", "MessageID": "postmarks-own",
    "TextBody": "Where is my order 1042?", "HtmlBody": "",
    "Headers": [
        {"Name": "Authentication-Results", "Value": f"{BORDER}; dmarc=pass header.from=example.com"},
        {"Name": "Message-ID", "Value": "<1@example.com>"},
    ],
    "Attachments": [],
}  # fmt: skip


async def test_every_door_ends_in_the_same_message(door: Door) -> None:
    """One mail by seven ways is one message, with the sender's own Message-ID."""
    post, files = door.client.post, {"attachment1": ("a.txt", b"hello", "text/plain")}
    sendgrid = "/webhooks/email/sendgrid"
    plain = {**SENDGRID_FIELDS, "text": "Where is my order 1042?"}
    pairs = [
        ["Authentication-Results", f"{BORDER}; dmarc=pass header.from=example.com"],
        ["Message-Id", "<1@example.com>"],
    ]
    parts = {
        "recipient": SHOP, "sender": "ana@example.com", "from": "ana@example.com", "subject": "Order",
        "body-plain": "Where is my order 1042?", "message-headers": json.dumps(pairs),
    }  # fmt: skip
    answers = [
        await post(sendgrid, data={"email": MAIL.decode(), "envelope": ENVELOPE}, files=files, auth=LOGIN),
        await post(sendgrid, data=plain, files=files, auth=LOGIN),
        await door.mailgun(
            {"recipient": SHOP, "sender": "ana@example.com", "body-mime": MAIL.decode()}, token="a" * 50
        ),
        await door.mailgun(parts, token="b" * 50),
        await post("/webhooks/email/postmark", json={**POSTMARK, "RawEmail": MAIL.decode()}, auth=LOGIN),
        await post("/webhooks/email/postmark", json=POSTMARK, auth=LOGIN),
        await door.raw(MAIL, **{"X-Envelope-To": SHOP, "X-Envelope-From": "ana@example.com"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 7
    assert await door.messages() == [{"text": "Where is my order 1042?", "id": "<1@example.com>", "kind": "email"}]
    assert len(await door.stored()) == 7


async def test_the_charset_that_is_named_counts(door: Door) -> None:
    """SendGrid posts text in the mail's own charset, whatever the form's is."""
    body = (
        b"--b\r\nContent-Disposition: form-data; name=\"headers\"\r\n\r\nMessage-ID: <2@example.com>\r\nFrom: ana@example.com\r\n\r\n"
        b"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nD\xf3nde est\xe1 mi pedido\r\n"
        b"--b\r\nContent-Disposition: form-data; name=\"charsets\"\r\n\r\n{\"text\":\"iso-8859-1\"}\r\n"
        b"--b\r\nContent-Disposition: form-data; name=\"envelope\"\r\n\r\n" + ENVELOPE.encode() + b"\r\n--b--\r\n"
    )  # fmt: skip
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await door.client.post("/webhooks/email/sendgrid", content=body, headers=kind, auth=LOGIN)
    assert answer.status_code == 200
    assert [each["text"] for each in await door.messages()] == ["Dónde está mi pedido"]


async def test_a_field_of_many_mebibytes_comes_through(door: Door) -> None:
    """Form parsers stop at one, and the mail was lost without a word."""
    html = f"<p>Where is my order?</p><!-- {'x' * 10_000_000} -->"
    fields = {**SENDGRID_FIELDS, "text": "Where is my order?", "html": html}
    answer = await door.client.post("/webhooks/email/sendgrid", data=fields, files={"x": ("x", b"x")}, auth=LOGIN)
    assert answer.status_code == 200
    assert [each["text"] for each in await door.messages()] == ["Where is my order?"]


@pytest.mark.parametrize("name", ["sendgrid", "postmark"])
@pytest.mark.parametrize("auth", [None, ("hooks", "wrong"), ("wrong", LOGIN[1]), ("", "")])
async def test_a_call_without_the_login_is_refused(door: Door, name: str, auth: tuple[str, str] | None) -> None:
    given = {"Authorization": "Basic " + b64encode(":".join(auth).encode()).decode()} if auth else {}
    answer = await door.client.post(f"/webhooks/email/{name}", json=POSTMARK, headers=given)
    assert (answer.status_code, await door.stored()) == (401, [])


async def test_a_login_that_cannot_be_read_is_refused(door: Door) -> None:
    for header in ("Basic", "Basic !!", "Bearer x", "Basic " + b64encode(b"\xff").decode()):
        answer = await door.client.post("/webhooks/email/postmark", json={}, headers={"Authorization": header})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": ""}, {"signature": "0" * 64}, {"key": "another"}, {"signature": "é"},
        {"timestamp": str(int((NOW - timedelta(minutes=6)).timestamp()))},
        {"timestamp": str(int((NOW + timedelta(minutes=6)).timestamp()))},
        {"timestamp": "soon"}, {"token": ""}, {"token": "t" * 300},
    ],
    ids=["unsigned", "wrong", "another key", "no hex", "stale", "early", "no time", "no token", "long token"],
)  # fmt: skip
async def test_what_mailgun_did_not_sign_is_refused(door: Door, changed: dict[str, str]) -> None:
    answer = await door.mailgun({"body-mime": MAIL.decode()}, **changed)
    assert (answer.status_code, await door.stored()) == (401, [])


async def test_a_token_of_mailguns_is_good_once_whatever_comes_with_it(door: Door) -> None:
    """Its signature covers the token only: another mail under it would be anybody's."""
    await door.mailgun({"body-mime": MAIL.decode(), "recipient": SHOP})
    forged = letter("Refund me", message_id="<evil@example.com>")
    assert (await door.mailgun({"body-mime": forged.decode(), "recipient": SHOP})).status_code == 200
    assert [each["id"] for each in await door.messages()] == ["<1@example.com>"]


async def test_fifty_copies_are_one_message(door: Door) -> None:
    answers = await asyncio.gather(*(door.mailgun({"body-mime": MAIL.decode()}) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await door.messages()) == 1


async def test_what_can_never_be_read_is_not_asked_for_again(door: Door) -> None:
    """Mailgun repeats for eight hours unless it hears 406; Postmark stops at 403."""
    post = door.client.post
    assert (
        await post("/webhooks/email/mailgun", content=b"{}", headers={"Content-Type": "text/plain"})
    ).status_code == 406
    assert (await post("/webhooks/email/postmark", content=b"", auth=LOGIN)).status_code == 403


async def test_raw_mail_is_taken_from_whom_we_gave_the_secret(door: Door) -> None:
    assert (await door.raw(MAIL, secret="x" * 40)).status_code == 401
    assert (await door.raw(MAIL, at=NOW - timedelta(minutes=6))).status_code == 401
    tampered = sign(SECRET, "POST", "/webhooks/email/raw", MAIL, NOW)
    answer = await door.client.post("/webhooks/email/raw", content=MAIL + b"x", headers={HEADER: tampered})
    assert answer.status_code == 401
    assert (await door.client.post("/webhooks/email/raw", content=MAIL)).status_code == 401
    assert (await door.raw(b"  ")).status_code == 400
    assert await door.stored() == []


async def test_what_is_too_large_is_refused(door: Door) -> None:
    assert (await door.raw(b"x" * (33 * 2**20))).status_code == 413
    assert await door.stored() == []


async def test_what_cannot_be_stored_is_asked_for_again(door: Door) -> None:
    await door.services.database.close()
    assert (await door.raw(MAIL)).status_code == 503
    assert (await door.mailgun({"body-mime": MAIL.decode()})).status_code == 503


async def test_a_door_without_its_secret_is_not_there(tmp_path: Path) -> None:
    settings = Settings(
        server=ServerSettings(data=str(tmp_path), secret_keys=("k" * 40,)),
        database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'shop.db'}", readers=1),
        email=EmailSettings(address=SHOP, smtp_url="smtp://127.0.0.1:1"),
    )
    app = build(settings, clock=HandClock(NOW), loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        for name in ("sendgrid", "mailgun", "postmark", "raw"):
            answer = await client.post(f"/webhooks/email/{name}", content=MAIL, auth=("", ""))
            assert answer.status_code == 404
