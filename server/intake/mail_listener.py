"""The mail listener: takes mail for the shop's address by SMTP or LMTP and stores it before it says so.

It runs on the application's own loop, behind a border mail server that does what this one does not: SPF, DKIM, DMARC, rate, virus
scanning. Mail for others is refused at RCPT, `250` is said only when the raw mail is in the journal; what it means is worked out
elsewhere. Rules of the protocol: RFC 5321, and RFC 2033 for LMTP.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.email.mailbox import OwnMailbox
from memory.errors import StorageError
from server.errors import OperatorError
from server.intake.calling import keep_call
from server.services import Services

_log = logging.getLogger("onethread.mail")
MAX_BYTES: Final = 25 * 1_048_576
SOURCE: Final = "email/smtp"
_IDLE_S: Final = 120.0
_STORING_S: Final = 30.0
_COMMANDS: Final = 1_000
_LONGEST_LINE: Final = 1_048_576
_MOST_RECIPIENTS: Final = 50
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it writes addresses, and at its lowest level whole mails


class _Smtp(SMTP):
    """SMTP that takes the long lines which senders write and RFC 5321 section 4.5.3.1.6 forbids."""

    line_length_limit = _LONGEST_LINE


class _Lmtp(LMTP):
    """LMTP, likewise."""

    line_length_limit = _LONGEST_LINE


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where mail is listened for, and in which protocol."""

    host: str
    port: int
    is_lmtp: bool

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def endpoints(listen: str) -> list[Endpoint]:
    """The listeners that `email.listen` names, separated by commas. Raises OperatorError with what to mend."""
    return [_endpoint(each.strip()) for each in listen.split(",") if each.strip()]


def _endpoint(text: str) -> Endpoint:
    parts = urlsplit(text if "://" in text else f"smtp://{text}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("smtp", "lmtp") or not parts.hostname or port is None:
        raise OperatorError(f"email.listen: {text!r} is no listener: write 127.0.0.1:2525 or lmtp://127.0.0.1:2424")
    return Endpoint(parts.hostname, port, parts.scheme == "lmtp")


class Handler:
    """What the listener does with each command: the envelope is checked, the mail is stored."""

    def __init__(self, services: Services, mailbox: OwnMailbox) -> None:
        self._services = services
        self._mailbox = mailbox

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether mail for this address is taken: the shop's own with any sub-address, nobody else's."""
        if not self._mailbox.takes(address):
            return "550 5.1.1 no such mailbox here"
        if isinstance(server, LMTP) and envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time: set lmtp_destination_recipient_limit=1"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store the mail with its envelope; `250` when it is on disk, `451` when it is not."""
        raw = envelope.original_content or b""
        headers = {
            "from": _plain(envelope.mail_from or ""),
            "to": ",".join(map(_plain, envelope.rcpt_tos)),
            "peer": _plain(str(session.peer[0]) if session.peer else ""),
        }
        key = await asyncio.to_thread(lambda: hashlib.sha256(raw).hexdigest())
        try:
            async with asyncio.timeout(_STORING_S):
                await keep_call(self._services, SOURCE, key, headers, raw)
        except (StorageError, TimeoutError) as error:
            _log.warning("a mail was not stored", extra={"source": SOURCE, "error": type(error).__name__})
            return "451 4.3.0 it could not be stored: try again later"
        return "250 2.0.0 stored"

    async def handle_exception(self, error: Exception) -> str:
        """Nothing that goes wrong here loses a mail: its sender tries again."""
        _log.error("a mail session failed", extra={"source": SOURCE, "error": type(error).__name__})
        return "451 4.3.0 it did not work: try again later"


def _plain(text: str) -> str:
    """An address of the envelope as it may be stored."""
    return text.encode("ascii", "replace").decode().replace("\0", "")[:320]


async def listen(services: Services, *, started: Callable[[list[asyncio.Server]], Any] | None = None) -> None:
    """Take mail for ever, or wait for ever where no listener is set. Raises OperatorError."""
    settings = services.settings.email
    wanted = endpoints(settings.listen) if settings.address else []
    servers: list[asyncio.Server] = []
    try:
        for endpoint in wanted:
            mailbox = OwnMailbox(settings.address)
            servers.append(await _open(Handler(services, mailbox), endpoint, mailbox.domain))
        if started is not None:
            started(servers)
        await asyncio.Event().wait()
    finally:
        for server in servers:
            server.close()


async def _open(handler: Handler, endpoint: Endpoint, hostname: str) -> asyncio.Server:
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        kind = _Lmtp if endpoint.is_lmtp else _Smtp
        return kind(
            handler, data_size_limit=MAX_BYTES, hostname=hostname, ident="onethread", timeout=_IDLE_S,
            command_call_limit=_COMMANDS, loop=loop,
        )  # fmt: skip

    try:
        return await loop.create_server(session, endpoint.host, endpoint.port)
    except OSError as error:
        raise OperatorError(
            f"email.listen: {endpoint.host}:{endpoint.port} cannot be listened on ({error.strerror}): free it, or name another"
        ) from None
