"""The shop's mail server for tests: the demo's stand-in with moods, and mails as customers' programs write them.

A mail that it refused stands in `problems`: a test that leaves one has failed, unless it asked for that.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session
from typing_extensions import override

from server.demo.parties.mail import Kept, MailServer
from tests.support.databases import NOW

Mood = Literal["later", "never", "no_user", "drop", "keep_and_drop", "keep_and_hang", "slow", "greylist"]
"""What becomes of the next mail. `later` = 451 after the data, `never` = 554, `no_user` and `greylist` at RCPT, `drop` = the
connection breaks after the data without it being kept, `keep_and_...` = it is kept and its sender never hears of it."""
SHOP: Final = "help@shop.example"
BORDER: Final = "mx.shop.example"
KEYS: Final = Path(__file__).parent / "mail_keys"
"""Made for these tests: they open nothing."""


class MoodyMailServer(MailServer):
    """The stand-in with moods; `tries` counts mails whose data came."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        requires_tls: bool = False,
    ) -> None:
        super().__init__(now=now, login=login, tls=tls, requires_tls=requires_tls)
        self.moods: list[Mood] = []
        self.tries = 0
        self.released = asyncio.Event()

    @override
    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.moods[:1] in (["no_user"], ["greylist"]):
            return "550 5.1.1 unknown user" if self.moods.pop(0) == "no_user" else "450 4.2.0 greylisted, come back"
        return await super().handle_RCPT(server, session, envelope, address, options)

    @override
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.tries += 1
        mood = self.moods.pop(0) if self.moods else None
        if mood in ("later", "never"):
            return "451 4.3.2 busy" if mood == "later" else "554 5.7.1 we do not take this"
        if mood == "slow":
            await asyncio.sleep(0.3)
        said = "" if mood == "drop" else await super().handle_DATA(server, session, envelope)
        if mood in ("drop", "keep_and_drop") and server.transport is not None:
            server.transport.abort()  # type: ignore[attr-defined]  # a socket's transport has it
        if mood == "keep_and_hang":
            await self.released.wait()
        return said or "451 4.0.0 gone"

    async def wait_for(self, count: int, seconds: float = 20.0) -> list[Kept]:
        """The first `count` mails, as soon as they are here."""
        async with asyncio.timeout(seconds), self.came:
            await self.came.wait_for(lambda: len(self.kept) >= count)
        return self.kept[:count]


@asynccontextmanager
async def mail_server(**options: object) -> AsyncIterator[MoodyMailServer]:
    """A mail server while the block runs; refused mail fails the test."""
    server = MoodyMailServer(**options)  # type: ignore[arg-type]  # passed through
    await server.open()
    try:
        yield server
    finally:
        server.released.set()
        await server.close()
    assert server.problems == []


def certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for 127.0.0.1: (what a server shows, what trusts it and nothing else)."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(KEYS / "server.crt", KEYS / "server.key")
    return serving, ssl.create_default_context(cafile=KEYS / "server.crt")


def letter(
    text: str,
    *,
    sender: str = "ana@example.com",
    name: str = "Ana Souza",
    to: str = SHOP,
    subject: str = "Hello",
    message_id: str = "",
    trusted: bool = True,
    html: str = "",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A mail as a mail program writes it; `trusted` = our border server vouches for its sender."""
    mail = EmailMessage()
    verdict = "pass" if trusted else "fail"
    mail["Authentication-Results"] = f"{BORDER}; dmarc={verdict} header.from={sender.rpartition('@')[2]}"
    mail["From"] = f"{name} <{sender}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(NOW)
    mail["Message-ID"] = message_id or f"<{sha256(f'{text}{sender}{subject}'.encode()).hexdigest()[:24]}@example.com>"
    for key, value in (headers or {}).items():
        mail[key] = value
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


async def post(port: int, raw: bytes, *, sender: str = "ana@example.com", to: str = SHOP) -> None:
    """Hand a mail to a listener as a mail server does."""
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=20) as smtp:
        with contextlib.suppress(aiosmtplib.SMTPServerDisconnected):
            await smtp.sendmail(sender, [to], raw)
