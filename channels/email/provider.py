"""E-mail as a provider: mail that came in any way becomes messages and receipts, ours leaves by SMTP.

A mail's thread is named by what we signed (the token in the address that it came to, a Message-ID that it quotes). What machines
write is kept and never answered, what comes back tells about the mail that it names, and our own mail is no conversation. Whoever
is not authenticated is an address of kind `from`: somebody who claims a From line. Rules: interfaces, "E-mail trust".
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from channels.channel import Channel
from channels.email import tokens
from channels.email.composing import CODE, Letterhead, Signs, compose
from channels.email.delivered import Delivered, delivered
from channels.email.mail import Mail, parse
from channels.email.sending import Sender
from channels.errors import Refused
from channels.message import (
    Address,
    Capabilities,
    Inbound,
    Media,
    Outbound,
    Parsed,
    ProviderId,
    RawCall,
    Receipt,
)

CHANNEL: Final = "email"
PATIENCE: Final = timedelta(hours=48)
"""So long a mail is tried again: a mail server that is down over a weekend's night comes back."""
LONGEST: Final = 100_000
_EMPTY: Final = "[no text]"
_ENCRYPTED: Final = "[encrypted mail]"
_MOST_FILES: Final = 50


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed. `keys` sign our tokens, the newest last; `authserv_id` is the border server's name, "" = nobody is believed;
    `own` are our addresses, normalised, without tokens."""

    keys: tuple[str, ...] = field(repr=False)
    authserv_id: str = ""
    own: frozenset[str] = frozenset()


class EmailProvider:
    """Carries `email`."""

    name = "email"
    channels: Mapping[str, Channel]

    def __init__(self, head: Letterhead, sender: Sender, trust: Trust, now: Callable[[], datetime]) -> None:
        self._head = head
        self._sender = sender
        self._trust = trust
        self._now = now
        self._marks = tokens.loop_marks(trust.keys, head.mailbox.address)
        self._known = _markers(head.words)
        can = Capabilities(buttons=0, max_chars=LONGEST, cards=True, typing=False, patience=PATIENCE)
        self.channels = {CHANNEL: Channel(CHANNEL, "E-mail", can)}

    def speak(self, words: Mapping[str, Mapping[str, str]]) -> None:
        """Take the words around our mails, by language and name."""
        self._head = replace(self._head, words=words)
        self._known = _markers(words)

    # In

    def parse(self, call: RawCall) -> Parsed:
        """What a stored mail is: a message, a word on one of ours, or nothing. Raises ValueError when nobody can be told to write."""
        came = delivered(call.door, call.headers, call.body)
        mail = parse(
            came.raw,
            authserv_id=self._trust.authserv_id,
            own_addresses=self._trust.own,
            known=self._known,
            envelope_from=came.sender,
            loop_marks=frozenset(self._marks),
        )
        if mail.bounce is not None or mail.complaint is not None:
            return Parsed(receipts=tuple(self._receipts(mail, came, call.received_at)))
        if self._is_ours(mail):
            return Parsed()
        if not mail.from_address:
            raise ValueError(mail.fault or "the mail names no sender that can be answered")
        faults = (mail.fault,) if mail.fault else ()
        return Parsed(messages=(self._message(mail, came, call.received_at),), faults=faults)

    def _is_ours(self, mail: Mail) -> bool:
        """Whether we wrote this ourselves, or somebody with our own address did: no conversation begins with that."""
        keys = self._trust.keys
        return tokens.is_own(self._trust.own, mail.from_address) or tokens.sent_as(keys, mail.message_id) is not None

    def _message(self, mail: Mail, came: Delivered, received_at: datetime) -> Inbound:
        kind: Literal["email", "from"] = "email" if mail.authenticated else "from"
        sender = Address(kind, mail.from_address, "channel", mail.from_address, mail.from_name)
        conv = self._conversation(mail, came)
        files = tuple(
            Media(each.name, each.type, data=each.data) for each in mail.attachments[:_MOST_FILES] if each.data
        )
        return Inbound(
            CHANNEL,
            sender,
            _text(mail, begins=not conv and not mail.answers),
            mail.date or received_at,
            external_id=mail.message_id,
            conv=conv or None,
            quotes=mail.answers,
            media=files,
            meta=_meta(mail),
        )

    def _conversation(self, mail: Mail, came: Delivered) -> str:
        """The conversation that our own signature names; empty when none does.

        A token counts where the mail was delivered to: in the envelope, or in the headers of a mailbox that has none."""
        recipients = came.recipients or (*mail.to, *mail.cc)
        for recipient in recipients:
            token = tokens.parted(recipient)[1]
            found = tokens.conversation_of(self._trust.keys, token, mail.from_address) if token else ""
            if found:
                return found
        signed = (tokens.sent_as(self._trust.keys, each) for each in mail.answers)
        return next((sent.conv for sent in signed if sent), "")

    def _receipts(self, mail: Mail, came: Delivered, at: datetime) -> list[Receipt]:
        """What came back, put to mail that we surely sent: anybody can write a bounce, nobody our signature."""
        ids = (
            *(mail.bounce.message_ids if mail.bounce else ()),
            *(mail.complaint.message_ids if mail.complaint else ()),
        )
        keys = self._trust.keys
        ours = [ProviderId(each) for each in dict.fromkeys(ids) if tokens.sent_as(keys, each)]
        if not ours:
            named = (tokens.bounced(keys, tokens.parted(each)[1]) for each in came.recipients)
            domain = self._head.mailbox.domain
            ours = [ProviderId(tokens.message_id(keys, sent.conv, sent.number, domain)) for sent in named if sent]
        if mail.complaint is not None:
            return [Receipt(CHANNEL, each, "failed", at, "reported as spam", "spam") for each in ours]
        bounce = mail.bounce
        if bounce is None or bounce.action not in ("failed", "delivered"):
            return []
        if bounce.action == "delivered":
            return [Receipt(CHANNEL, each, "delivered", at) for each in ours]
        error = f"the mail came back ({bounce.status})" if bounce.status else "the mail came back"
        return [Receipt(CHANNEL, each, "failed", at, error, bounce.status or "5.0.0") for each in ours]

    # Out

    async def send(self, outbound: Outbound) -> ProviderId:
        """Send one mail under its own Message-ID, the same in every try. Raises NotNow, Refused, OutcomeUnknown."""
        to = outbound.to.key
        if tokens.is_own(self._trust.own, to):
            raise Refused("this is an address of our own: a mail to it would come back to us")
        signs, envelope = self._signs(outbound)
        try:
            raw = await asyncio.to_thread(compose, self._head, outbound, signs, self._now())
        except ValueError as error:
            raise Refused("the mail cannot be written: its address or its subject is none") from error
        await self._sender.send(raw, envelope, to)
        return ProviderId(signs.message_id)

    def _signs(self, outbound: Outbound) -> tuple[Signs, str]:
        """(what is signed on the mail, the sender of its envelope)."""
        keys, mailbox = self._trust.keys, self._head.mailbox
        if outbound.key.startswith(CODE) or not outbound.conv:
            own = f"<{outbound.key.replace(':', '.')}@{mailbox.domain}>"
            return Signs(own, mailbox.address, self._marks[-1]), mailbox.address
        number = number_of(outbound)
        answers = tokens.reply_address(keys, mailbox.address, outbound.conv, outbound.to.key)
        envelope = tokens.bounce_address(keys, mailbox.address, outbound.conv, number)
        return Signs(tokens.message_id(keys, outbound.conv, number, mailbox.domain), answers, self._marks[-1]), envelope

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """Nobody can be asked whether a mail went out: it goes again, and who has it knows it by its Message-ID."""
        return None

    async def check(self) -> None:
        """Connect to the mail server and log in. Raises NotNow with the cause."""
        await self._sender.check()

    async def fetch(self, media: Media) -> bytes:
        """A mail brings its files along."""
        raise Refused("mail holds no files elsewhere")

    async def notice(self, channel: str, answers: str) -> None:
        """Mail shows nobody reading or writing."""

    async def close(self) -> None:
        """Every mail has a connection of its own."""


def _markers(words: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """The lines above which customers write: what stands below one is quoted."""
    return tuple(dict.fromkeys(each["marker"] for each in words.values() if each.get("marker")))


def number_of(outbound: Outbound) -> str:
    """The message's number in its conversation, as our ids name it: `12`, or `12-2` for what else belongs to it."""
    _, _, rest = outbound.key.partition(":")
    number, *further = rest.split(":")
    return number + (f"-{''.join(further)[:16]}" if further else "")


def _text(mail: Mail, *, begins: bool) -> str:
    """What the customer says. The subject of a first mail belongs to it: many write the matter there and nowhere else."""
    if mail.is_encrypted:
        return _ENCRYPTED
    said, subject = mail.reply_text.strip(), mail.subject.strip()
    if not said:
        return subject or _EMPTY
    is_told = subject.casefold() in said.casefold()
    return said if is_told or not begins else f"{subject}\n\n{said}"


def _meta(mail: Mail) -> dict[str, str]:
    """What is kept beside the words, for the desk and for the answer."""
    found = {
        "subject": mail.subject[:200],
        "automatic": (mail.reason or "automatic") if mail.automatic else "",
        "forwarded": "yes" if mail.forwarded else "",
        "cc": _listed(mail.cc),
        "encrypted": "yes" if mail.is_encrypted else "",
    }
    return {name: value for name, value in found.items() if value}


def _listed(addresses: Sequence[str]) -> str:
    return ", ".join(addresses)[:500]
