"""A mail server that is read by IMAP, on loopback: as much of RFC 3501, 2177 and 6851 as a reader needs, kept in memory.

It notes every command, refuses what it does not know with BAD, and drops connections or fails fetches when told to.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

_COMMAND: Final = re.compile(rb"(\S+) (UID )?([A-Z]+)(?: (.*))?", re.IGNORECASE | re.DOTALL)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass
class Stored:
    """One mail in a folder."""

    uid: int
    raw: bytes
    at: datetime
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """The server. `fetched` are the UIDs whose bytes were asked for, `unfetchable` those that fail.

    `drops_before` names commands at which the connection breaks once."""

    def __init__(
        self, *, user: str = "help@shop.example", password: str = 'p"ss', extensions: str = "IDLE MOVE"
    ) -> None:
        self.folders: dict[str, list[Stored]] = {"INBOX": [], "Done": []}
        self.validity = 7
        self.commands: list[str] = []
        self.fetched: list[int] = []
        self.drops_before: list[str] = []
        self.unfetchable: set[int] = set()
        self.extensions = extensions
        self.sessions = 0
        self._login = (user, password)
        self._next_uid = 1
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._told: dict[asyncio.StreamWriter, int] = {}

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Every connection breaks."""
        for writer in list(self._writers):
            writer.transport.abort()

    @property
    def url(self) -> str:
        """What `email.imap_url` is for it."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"imap://help%40shop.example:p%22ss@127.0.0.1:{port}/INBOX"

    async def put(self, raw: bytes, *, at: datetime | None = None) -> int:
        """A mail comes; its UID."""
        uid, self._next_uid = self._next_uid, self._next_uid + 1
        self.folders["INBOX"].append(Stored(uid, raw, at or datetime.now(UTC)))
        async with self._changed:
            self._changed.notify_all()
        return uid

    def renumber(self) -> None:
        """The folder was made anew: another UIDVALIDITY, other UIDs."""
        self.validity += 1
        self._next_uid = 1
        for stored in self.folders["INBOX"]:
            stored.uid, self._next_uid = self._next_uid, self._next_uid + 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        self._told[writer] = 0
        self._writers.add(writer)
        try:
            writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
            while line := await reader.readline():
                await self._answer(line.rstrip(b"\r\n"), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            self._told.pop(writer, None)
            writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match = _COMMAND.fullmatch(line)
        if match is None:
            writer.write(b"* BAD what\r\n")
            return
        tag, name = match[1], match[3].decode().upper()
        words = [quoted.replace('\\"', '"') or bare for quoted, bare in _QUOTED.findall((match[4] or b"").decode())]
        self.commands.append(f"{'UID ' if match[2] else ''}{name}")
        if name in self.drops_before:
            self.drops_before.remove(name)
            writer.transport.abort()
            return
        if name == "IDLE":
            await self._idle(tag, reader, writer)
            return
        if name == "SEARCH":
            self._told[writer] = self._next_uid
        lines, result = self._done(name, words)
        for each in lines:
            writer.write(b"* " + each + b"\r\n")
        writer.write(tag + b" " + result + b"\r\n")
        await writer.drain()

    def _done(self, name: str, words: list[str]) -> tuple[list[bytes], bytes]:
        inbox = self.folders["INBOX"]
        match name:
            case "CAPABILITY":
                return [f"CAPABILITY IMAP4rev1 {self.extensions}".encode()], b"OK done"
            case "LOGIN":
                return [], b"OK in" if tuple(words) == self._login else b"NO wrong"
            case "SELECT":
                state = f"OK [UIDVALIDITY {self.validity}] valid"
                return [
                    b"FLAGS (\\Seen \\Deleted)",
                    f"{len(inbox)} EXISTS".encode(),
                    state.encode(),
                ], b"OK [READ-WRITE] open"
            case "SEARCH":
                return [b"SEARCH " + b" ".join(str(uid).encode() for uid in self._found(words))], b"OK found"
            case "FETCH":
                return self._fetched(int(words[0]), " ".join(words[1:]))
            case "STORE" | "MOVE" | "COPY":
                return self._changed_one(name, int(words[0]), words[1:])
            case "LOGOUT":
                return [b"BYE"], b"OK out"
        return [], b"BAD unknown command"

    def _found(self, words: list[str]) -> list[int]:
        inbox = self.folders["INBOX"]
        if words[0].upper() == "SINCE":
            since = datetime.strptime(words[1], "%d-%b-%Y").replace(tzinfo=UTC)
            return [each.uid for each in inbox if each.at >= since]
        first = int(words[1].partition(":")[0])
        last = max((each.uid for each in inbox), default=0)  # a range reaches to the last mail, whatever its number
        return [each.uid for each in inbox if each.uid >= first or each.uid == last]

    def _fetched(self, uid: int, parts: str) -> tuple[list[bytes], bytes]:
        found = next(((place, each) for place, each in enumerate(self.folders["INBOX"], 1) if each.uid == uid), None)
        if found is None:
            return [], b"OK nothing"
        place, stored = found
        head = f"{place} FETCH (UID {uid} "
        if "SIZE" in parts:
            return [f"{head}RFC822.SIZE {len(stored.raw)})".encode()], b"OK sized"
        self.fetched.append(uid)
        if uid in self.unfetchable:
            return [], b"NO it is broken"
        if "PEEK" not in parts:
            stored.flags.add("\\Seen")
        return [f"{head}BODY[] {{{len(stored.raw)}}}\r\n".encode() + stored.raw + b")"], b"OK fetched"

    def _changed_one(self, name: str, uid: int, words: list[str]) -> tuple[list[bytes], bytes]:
        inbox = self.folders["INBOX"]
        stored = next((each for each in inbox if each.uid == uid), None)
        if stored is None:
            return [], b"NO no such mail"
        if name == "STORE":
            stored.flags |= {flag.strip("()") for flag in words[1:]}
            return [], b"OK marked"
        if words[0] not in self.folders:
            return [], b"NO [TRYCREATE] no such folder"
        self.folders[words[0]].append(stored)
        if name == "MOVE":
            inbox.remove(stored)
            return [b"1 EXPUNGE"], b"OK moved"
        return [], b"OK copied"

    async def _idle(self, tag: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+ idling\r\n")
        if self._told[writer] != self._next_uid:  # it came since the last look
            writer.write(f"* {len(self.folders['INBOX'])} EXISTS\r\n".encode())
        done = asyncio.ensure_future(reader.readline())
        try:
            while not done.done():
                change = asyncio.ensure_future(self._change())
                await asyncio.wait({done, change}, return_when=asyncio.FIRST_COMPLETED)
                if change.done():
                    writer.write(f"* {len(self.folders['INBOX'])} EXISTS\r\n".encode())
                change.cancel()
        finally:
            done.cancel()
        if not done.cancelled() and done.result().strip().upper() == b"DONE":
            writer.write(tag + b" OK idled\r\n")

    async def _change(self) -> None:
        async with self._changed:
            await self._changed.wait()


@asynccontextmanager
async def imap_server(extensions: str = "IDLE MOVE") -> AsyncIterator[ImapServer]:
    """A server while the block runs."""
    server = ImapServer(extensions=extensions)
    await server.open()
    try:
        yield server
    finally:
        await server.close()
