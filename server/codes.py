"""One-time codes: made here, sent to an address that the shop knows, and redeemed at the door, before anything is written down.

A code is six digits from the system's randomness, lives ten minutes, works once, and is void after five wrong tries or when another
was sent. It is kept as a keyed digest over itself, its destination, its purpose and its conversation, so that it opens nothing
else. What goes out is counted by address, by asker and by network. Whoever sends the message is a `Post`; without one there are
no codes.
"""

import asyncio
import hmac
import logging
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, Protocol

from channels.errors import ChannelError
from memory import codes, dialogues, proofs
from memory.codes import Bucket, Code
from memory.engines.base import Database, Tx
from memory.times import from_ms
from server.clock import Clock

Kind = Literal["email", "phone"]
Word = Literal["otp", "otp_see"]
Sent = Literal["sent", "open", "soon", "limit", "failed"]

RECEIVED: Final = "[code received]"
"""Stands in a message where the code stood."""
PLACE: Final = "{code}"
"""Stands in a text where the code will stand."""
QUESTION: Final = "code"
"""The open question that a code answers."""
LIFE: Final = timedelta(minutes=10)
PROVEN_FOR: Final = timedelta(minutes=30)
TRIES: Final = 5

_RESEND_AFTER: Final = timedelta(seconds=30)
_SOON: Final = (timedelta(minutes=15), 3)
_DAY: Final = timedelta(days=1)
_DAILY: Final = 10
_KEPT: Final = timedelta(days=2)
_LATE: Final = timedelta(hours=1)
_DIGITS: Final = 6
_GROUP: Final = re.compile(
    r"(?<![\w@.,/+-])(?:\d{6}|(?<!\d )(?:\d{3}[ -]\d{3}|\d\d[ -]\d\d[ -]\d\d|\d(?:[ -]\d){5})(?![ -]\d))(?![\w@%-]|[.,:/]\d)"
)
_ORDER_BEFORE: Final = re.compile(
    r"(?:#|\b(?:orders?|pedidos?|orden|commandes?|bestell\w*|auftrag|encomendas?)\s*"
    r"(?:number|no|nr|nummer|n[uú]mero|num[eé]ro)?\.?\s*[:#]?)\s*$",
    re.IGNORECASE,
)

_log = logging.getLogger("onethread.codes")


class Post(Protocol):
    """Whoever can send a short text to an e-mail address or a phone number."""

    async def post(self, kind: Kind, destination: str, text: str) -> None:
        """Send it; `destination` is an e-mail address or E.164.

        Raises ChannelError or OSError (a timeout is one) when that cannot be done now."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A code that somebody needs. `text` is the message, with `PLACE` where the code goes.

    `subjects` are what it proves `word` for: order ids, and `customer:ID`. `seq` is the message that it is asked for: the same
    message never sends twice. `is_known` False = nobody is known by this address: all is done but the sending. `is_quiet` = the
    answer must not wait for the sending. `daily` = so many a day for the address."""

    thread_id: int
    identity_id: int
    seq: int
    net: str
    purpose: str
    word: Word
    subjects: tuple[str, ...]
    kind: Kind
    destination: str
    text: str
    is_known: bool = True
    is_again: bool = False
    is_quiet: bool = False
    daily: int = _DAILY


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a message with a code in it becomes: its text without the code, and what came of it (`code:right|wrong|void`)."""

    text: str
    choice: str | None


@dataclass(slots=True)
class Codes:
    """Sends and redeems one-time codes. `keys` are the signing keys, newest last; `post` None = no code can be sent."""

    database: Database
    clock: Clock
    keys: tuple[str, ...]
    post: Post | None = None
    counts_nets: bool = True
    _quiet: asyncio.Queue[tuple[Wanted, str, int]] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        """Without a kept key, codes are good as long as the process lives."""
        self.keys = self.keys or (secrets.token_hex(32),)

    async def send(self, wanted: Wanted) -> Sent:
        """Send a code, unless one is still open and no other is asked for, or too many went out."""
        if self.post is None:
            return "failed"
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        outcome, key = await self.database.write(lambda tx: self._prepare(tx, wanted, code))
        if not key or not wanted.is_known:
            return outcome
        if not wanted.is_quiet:
            return await self._post(wanted, code, key)
        self._quiet.put_nowait((wanted, code, key))
        return outcome

    async def run(self) -> None:
        """Send what no answer waits for, for ever."""
        while True:
            await self._post(*await self._quiet.get())

    async def settled(self) -> None:
        """Send what no answer waits for, where nobody runs `run`."""
        while not self._quiet.empty():
            await self._post(*self._quiet.get_nowait())

    async def redeem(self, tx: Tx, thread_id: int, identity_id: int, text: str) -> Redeemed | None:
        """Take the code out of a message and write down what it proves; None when the message holds none.

        Everything of six digits is a try while a code is open. Runs in the unit that stores the message."""
        groups = list(_GROUP.finditer(text))
        if not groups or self.post is None:
            return None
        now = self.clock.now()
        code = await codes.latest(tx, thread_id, identity_id)
        if code is None or code.state == "failed" or now - from_ms(code.at) > _LATE:
            return None
        if not code.is_pending(now):
            return await self._late(tx, code, text, groups)
        for tried, match in enumerate(groups[: TRIES - code.tries], start=1):
            if self._is_right(code, match.group()) and await codes.use(tx, code.id, now):
                for subject in code.subjects:
                    await proofs.add(tx, thread_id, identity_id, subject, frozenset({code.word}), now, PROVEN_FOR)
                return Redeemed(_without(text, groups), "code:right")
            await codes.miss(tx, code.id, TRIES)
            if code.tries + tried >= TRIES:
                return Redeemed(_without(text, groups), "code:void")
        if await self._names_an_order(tx, code, text, groups):
            return None
        return Redeemed(_without(text, groups), "code:wrong")

    async def _prepare(self, tx: Tx, wanted: Wanted, code: str) -> tuple[Sent, int]:
        """Write the code down if it may go out; with its key then."""
        now = self.clock.now()
        destination = self._keyed("destination", wanted.destination)
        net = self._keyed("net", wanted.net) if wanted.net and self.counts_nets else ""
        last = await codes.latest(tx, wanted.thread_id, wanted.identity_id)
        if last is not None and last.destination == destination and last.purpose == wanted.purpose:
            if last.seq == wanted.seq:  # the same turn once more
                return ("failed" if last.state == "failed" else "sent"), 0
            if last.is_pending(now) and not wanted.is_again:
                return "open", 0
        if await codes.sent(tx, "destination", destination, now - _RESEND_AFTER):
            return "soon", 0
        if await self._is_too_much(tx, wanted, destination, net):
            return "limit", 0
        key = await codes.add(
            tx, now, now + LIFE,
            thread_id=wanted.thread_id, identity_id=wanted.identity_id, seq=wanted.seq, purpose=wanted.purpose,
            word=wanted.word, subjects=wanted.subjects, destination=destination, net=net,
            digest=_digest(self.keys[-1], code, destination, wanted.purpose, wanted.thread_id),
        )  # fmt: skip
        await codes.forget(tx, now - _KEPT)
        return "sent", key

    async def _is_too_much(self, tx: Tx, wanted: Wanted, destination: str, net: str) -> bool:
        """Whether the address, the asker or their network had their share."""
        now = self.clock.now()
        shares: list[tuple[Bucket, str | int, int]] = [
            ("destination", destination, wanted.daily),
            ("identity_id", wanted.identity_id, _DAILY),
        ]
        shares += [("net", net, _DAILY)] if net else []
        for bucket, value, daily in shares:
            if await codes.sent(tx, bucket, value, now - _SOON[0]) >= _SOON[1]:
                return True
            if await codes.sent(tx, bucket, value, now - _DAY) >= daily:
                return True
        return False

    async def _post(self, wanted: Wanted, code: str, key: int) -> Sent:
        try:
            if self.post is not None:
                await self.post.post(wanted.kind, wanted.destination, wanted.text.replace(PLACE, code))
        except (ChannelError, OSError) as error:
            ids = {"thread_id": wanted.thread_id, "kind": wanted.kind}
            _log.warning("a code was not sent", extra={**ids, "why": type(error).__name__})
            await self.database.write(lambda tx: codes.fail(tx, key))
            return "failed"
        return "sent"

    async def _late(self, tx: Tx, code: Code, text: str, groups: list["re.Match[str]"]) -> Redeemed | None:
        """A code that works no more: said so where a code is waited for, and never written down."""
        if code.state == "used":
            is_same = any(self._is_right(code, match.group()) for match in groups)
            return Redeemed(_without(text, groups), None) if is_same else None
        if await _asked(tx, code.thread_id) != QUESTION and code.word != "otp_see":
            return None
        if await self._names_an_order(tx, code, text, groups):
            return None
        return Redeemed(_without(text, groups), "code:void")

    async def _names_an_order(self, tx: Tx, code: Code, text: str, groups: list["re.Match[str]"]) -> bool:
        """Whether six digits are rather an order's number: marked as one, or asked for."""
        if all(_ORDER_BEFORE.search(text[: match.start()]) for match in groups):
            return True
        return code.word != "otp_see" and await _asked(tx, code.thread_id) in ("identify", "which_order")

    def _is_right(self, code: Code, said: str) -> bool:
        digits = "".join(str(unicodedata.decimal(sign)) for sign in said if sign.isdecimal())
        found = False
        for key in self.keys:
            found |= hmac.compare_digest(
                _digest(key, digits, code.destination, code.purpose, code.thread_id), code.digest
            )
        return found

    def _keyed(self, kind: str, value: str) -> str:
        return _hmac(self.keys[-1], kind, value)


def _digest(key: str, code: str, destination: str, purpose: str, thread_id: int) -> str:
    return _hmac(key, "code", code, destination, purpose, str(thread_id))


def _hmac(key: str, *parts: str) -> str:
    return hmac.digest(key.encode(), "\x1f".join(parts).encode(), "sha256").hex()


async def _asked(tx: Tx, thread_id: int) -> str:
    """The question that is open in a thread."""
    return str((await dialogues.load(tx, thread_id)).get("asked", ""))


def _without(text: str, groups: list["re.Match[str]"]) -> str:
    for match in reversed(groups):
        text = f"{text[: match.start()]}{RECEIVED}{text[match.end() :]}"
    return text
