"""Reads a mailbox by IMAP: what came since the last look, the oldest first, stored before anything in the mailbox changes.

The cursor is (UIDVALIDITY, last UID), kept in the database, never the flag that a mail was seen: a person who opens the mailbox must
hide nothing. IDLE only says that there is something; a look every minute and a half finds what it missed. A mail that is too large or
cannot be fetched stops none of the others. Rules: RFC 3501, RFC 2177 (IDLE), RFC 6851 (MOVE).
"""

import asyncio
import hashlib
import logging
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote, urlsplit

from aioimaplib import aioimaplib as imap

from memory import mail
from memory.errors import StorageError
from memory.mail import Cursor
from server.errors import OperatorError
from server.intake.calling import keep_call
from server.intake.mail_listener import MAX_BYTES
from server.services import Services

_log = logging.getLogger("onethread.imap")
SOURCE: Final = "email/imap"
POLL_S: Final = 90.0
_COMMAND_S: Final = 30.0
_PAUSES_S: Final = (1.0, 5.0, 15.0, 60.0, 300.0)
FIRST_LOOK: Final = timedelta(days=1)
"""Mail older than this when a mailbox is first read was somebody else's to answer."""
RESYNC: Final = timedelta(days=30)
"""After a change of UIDVALIDITY everything so old is read again; what is stored already is known by its bytes and its Message-ID."""
_VALIDITY: Final = re.compile(rb"UIDVALIDITY (\d{1,12})")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BROKEN: Final = (OSError, TimeoutError, imap.AioImapException, asyncio.IncompleteReadError)
logging.getLogger("aioimaplib").setLevel(logging.CRITICAL)  # it writes what it receives: whole mails


@dataclass(frozen=True, slots=True)
class Source:
    """A mailbox to read. `done` = the folder that stored mail is moved to, "" = it stays and is marked as read."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    is_tls: bool = True
    done: str = ""

    @property
    def name(self) -> str:
        """What its cursor is kept under."""
        return f"{self.user}@{self.host}/{self.folder}"


def source_of(url: str, done: str = "") -> Source:
    """The mailbox that a URL names. Raises OperatorError with what to mend."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username or port == -1:
        raise OperatorError("email.imap_url: write imaps://user:password@host/INBOX")
    is_tls, host = parts.scheme == "imaps", parts.hostname
    if not is_tls and host not in ("localhost", "::1") and not host.startswith("127."):
        raise OperatorError("email.imap_url: write imaps:// (imap:// would send the password in the open)")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = unquote(parts.username), unquote(parts.password or "")
    return Source(host, port or (993 if is_tls else 143), user, password, folder, is_tls, done)


class Reader:
    """Reads one mailbox for ever. `poll_s` = how long it trusts IDLE before it looks by itself."""

    def __init__(
        self, services: Services, source: Source, *, poll_s: float = POLL_S, tls: ssl.SSLContext | None = None
    ) -> None:
        self._services = services
        self._source = source
        self._poll_s = poll_s
        self._tls = tls
        self._lost = asyncio.Event()
        self.looked: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Read, and begin again after whatever breaks, after a growing pause."""
        failures = 0
        while True:
            try:
                await self._session()
                failures = 0
            except StorageError:
                failures = 1
            except _BROKEN as error:
                failures += 1
                told = {"error": type(error).__name__, "failures": failures}
                _log.warning("the mailbox is not reached", extra=told)
            await asyncio.sleep(_PAUSES_S[min(failures, len(_PAUSES_S)) - 1] if failures else 0)

    async def _session(self) -> None:
        """One connection, until it breaks. The library lets a command wait when the connection is gone, so that is watched for."""
        self._lost = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(), name="imap connection")
                await self._connected()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _watch(self) -> None:
        await self._lost.wait()
        raise ConnectionResetError("the mail server hung up")

    async def _connected(self) -> None:
        client = await self._opened()
        try:
            await self._looking(client)
        finally:
            for task in list(client.tasks):
                task.cancel()
            if client.protocol.transport is not None:
                client.protocol.transport.close()

    async def _opened(self) -> imap.IMAP4:
        source = self._source
        tls = self._tls or (await asyncio.to_thread(ssl.create_default_context) if source.is_tls else None)
        client = imap.IMAP4(source.host, source.port, timeout=_COMMAND_S, conn_lost_cb=self._on_lost, ssl_context=tls)
        await client.wait_hello_from_server()
        _well(await client.login(imap.quoted(source.user), source.password), "login")
        return client

    def _on_lost(self, _error: Exception | None) -> None:
        self._lost.set()

    async def _looking(self, client: imap.IMAP4) -> None:
        selected = await client.select(imap.quoted(self._source.folder))
        _well(selected, "select")
        found = (_VALIDITY.search(bytes(line)) for line in selected.lines)
        validity = next((int(match[1]) for match in found if match), 0)
        while True:
            await self._look(client, validity)
            self.looked()
            await self._wait(client)

    async def _look(self, client: imap.IMAP4, validity: int) -> None:
        """Store everything that is new, the oldest first."""
        name = self._source.name
        cursor = await self._services.database.read(lambda tx: mail.cursor(tx, name))
        for uid in await self._new(client, cursor, validity):
            await self._take(client, uid)
            await self._move_cursor(validity, uid)
        if cursor is None:
            await self._move_cursor(validity, 0)

    async def _new(self, client: imap.IMAP4, cursor: Cursor | None, validity: int) -> list[int]:
        """The UIDs to read, ascending; `n:*` names the last mail even when it is older than n."""
        if cursor is not None and cursor.validity == validity:
            last, wanted = cursor.last_uid, ("UID", f"{cursor.last_uid + 1}:*")
        else:
            span = FIRST_LOOK if cursor is None else RESYNC
            last, wanted = 0, ("SINCE", _day(self._services.clock.now() - span))
        found = await client.uid_search(*wanted, charset=None)
        _well(found, "search")
        numbers = [int(each) for line in found.lines[:-1] for each in bytes(line).split() if each.isdigit()]
        return sorted(uid for uid in set(numbers) if uid > last)

    async def _take(self, client: imap.IMAP4, uid: int) -> None:
        """Store one mail, then put it away; what cannot be had is passed over. Raises StorageError."""
        raw = await self._fetched(client, uid)
        if raw is None:
            return
        key = await asyncio.to_thread(lambda: hashlib.sha256(raw).hexdigest())
        await keep_call(self._services, SOURCE, key, {"folder": self._source.folder}, raw)
        await self._put_away(client, uid)

    async def _fetched(self, client: imap.IMAP4, uid: int) -> bytes | None:
        sized = await client.uid("fetch", str(uid), "(RFC822.SIZE)")
        found = (_SIZE.search(bytes(line)) for line in sized.lines)
        size = next((int(match[1]) for match in found if match), 0)
        if size > MAX_BYTES:
            _log.warning("a mail is too large and stays unread", extra={"uid": uid, "size": size})
            return None
        got = await client.uid("fetch", str(uid), "(BODY.PEEK[])")
        literal = next((bytes(line) for line in got.lines if isinstance(line, bytearray)), None)
        if got.result != "OK" or not literal:
            _log.warning("a mail cannot be fetched", extra={"uid": uid, "result": str(got.result)})
            return None
        return literal

    async def _put_away(self, client: imap.IMAP4, uid: int) -> None:
        """Move or mark what is stored. A server that cannot do it changes nothing: the cursor knows."""
        done = self._source.done
        if not done:
            await client.uid("store", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        elif client.has_capability("MOVE"):
            _note(await client.uid("move", str(uid), imap.quoted(done)), uid)
        else:
            copied = await client.uid("copy", str(uid), imap.quoted(done))
            _note(copied, uid)
            if copied.result == "OK":
                await client.uid("store", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)")

    async def _move_cursor(self, validity: int, uid: int) -> None:
        now, name = self._services.clock.now(), self._source.name
        await self._services.database.write(lambda tx: mail.move_cursor(tx, name, validity, uid, now))

    async def _wait(self, client: imap.IMAP4) -> None:
        """Until the server says that something changed, or it is time to look anyway."""
        if not client.has_capability("IDLE"):
            await asyncio.sleep(self._poll_s)
            return
        async with asyncio.timeout(_COMMAND_S):
            idle = await client.idle_start(timeout=self._poll_s + _COMMAND_S)
        try:
            with suppress(TimeoutError):
                await client.wait_server_push(self._poll_s)
            client.idle_done()
            async with asyncio.timeout(_COMMAND_S):
                await idle
        finally:
            idle.cancel()


def _well(answer: imap.Response, what: str) -> None:
    if answer.result != "OK":
        raise imap.Error(f"the mail server refused {what}")


def _note(answer: imap.Response, uid: int) -> None:
    if answer.result != "OK":
        _log.warning("a stored mail was not moved: does the folder of email.imap_done exist?", extra={"uid": uid})


def _day(at: datetime) -> str:
    """A date as IMAP writes it, whatever the machine's language."""
    return f"{at.day}-{_MONTHS[at.month - 1]}-{at.year}"


async def read_mailbox(services: Services) -> None:
    """The loop of this process; waits for ever where no mailbox is set. Raises OperatorError."""
    settings = services.settings.email
    if not settings.imap_url or "email" not in services.lines.providers:
        await asyncio.Event().wait()
        return
    await Reader(services, source_of(settings.imap_url, settings.imap_done)).run()


async def probe(source: Source, tls: ssl.SSLContext | None = None) -> str:
    """What keeps us from reading a mailbox, as the end of a sentence; empty = nothing. Nothing in it is changed."""
    if source.is_tls and tls is None:
        tls = await asyncio.to_thread(ssl.create_default_context)
    client = imap.IMAP4(source.host, source.port, timeout=_COMMAND_S, ssl_context=tls)
    try:
        await client.wait_hello_from_server()
        if (await client.login(imap.quoted(source.user), source.password)).result != "OK":
            return "refuses our login"
        opened = await client.select(imap.quoted(source.folder))
        return "" if opened.result == "OK" else f"has no folder {source.folder}"
    except _BROKEN as error:
        return f"is not reached ({type(error).__name__})"
    finally:
        for task in list(client.tasks):
            task.cancel()
        if client.protocol.transport is not None:
            client.protocol.transport.close()
