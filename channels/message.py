"""What travels between the outside and the inbox, the same for every channel.

A channel parses its provider's payload into `Inbound` and `Receipt` and sends `Outbound`. Nothing here knows a database or a
decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NewType

ProviderId = NewType("ProviderId", str)
IdentityKind = Literal[
    "email", "phone", "whatsapp", "sms", "visitor", "store", "instagram", "messenger", "caller", "from", "guest"
]
"""`from` is an e-mail address that nobody attested, `guest` somebody whom a shop's own system names."""
Proof = Literal["claimed", "channel", "verified"]


@dataclass(frozen=True, slots=True)
class Address:
    """One address on one channel; `key` is normalised, `proof` is what the channel attests about it.

    `display` is what the provider said: replies go to it. `also` are further keys of the same person that the provider attests
    in the same breath (a user id beside a number)."""

    kind: IdentityKind
    key: str
    proof: Proof
    display: str = ""
    profile_name: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message, already stored under `id`. `size` in bytes."""

    id: str
    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a message that is not stored yet: its bytes are in `data`, or its provider holds it under `ref`.

    Only the channel that made a `ref` may fetch it."""

    name: str
    type: str
    ref: str = ""
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """A whole message that is a word for the line, not for whoever answers: STOP, START, HELP.

    `is_answered` = the provider replied to it by itself, so nobody else may."""

    word: Literal["stop", "start", "help"]
    is_answered: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of a customer. `external_id` is the provider's id, `cid` the client's: either dedupes it.

    `conv` names the thread that it says it belongs to (a signed token does so); `quotes` are provider ids of messages that it
    answers, the nearest first. `at` is the provider's time, for display. `meta` is kept with the message. `wish` = it is STOP or
    the like. `claims` are addresses that somebody only typed; `note` is what the desk is told beside the message."""

    channel: str
    sender: Address
    text: str
    at: datetime
    external_id: str | None = None
    cid: str | None = None
    conv: str | None = None
    choice: str | None = None
    reply_to: int | None = None
    attachments: tuple[Attachment, ...] = ()
    locale: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    media: tuple[Media, ...] = ()
    quotes: tuple[str, ...] = ()
    wish: Wish | None = None
    claims: tuple[Address, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word on a message of ours. `code` is its own error code, "" = none; `error` is for people to read.

    `key` is our own, where the provider gives it back. Without a `provider_id` it is a word on all that was sent to `to`
    up to `at`. `tries` = what failed may pass when it is sent again, so often in all; 0 = it failed for good."""

    channel: str
    provider_id: ProviderId
    status: Literal["sent", "delivered", "read", "failed"]
    at: datetime
    error: str = ""
    code: str = ""
    key: str = ""
    to: Address | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Echo:
    """A message from our own side that the provider shows us: one that we sent, or one that a person typed in its own app.

    `key` is our own where the provider gives it back, "" where it would have if the message were ours, None where it never does."""

    channel: str
    provider_id: ProviderId
    to: Address
    text: str
    at: datetime
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a customer did beside writing: the desk sees it, nobody answers it.

    `about` is the provider's id of the message that it is about, "" = none; `text` the emoji, or what the channel says;
    `external_id` tells it from its repeats."""

    channel: str
    kind: Literal["reaction", "deleted", "notice"]
    sender: Address
    about: str
    text: str
    external_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OptOut:
    """The customer told the provider to stop, or to start again (`is_out` False)."""

    channel: str
    sender: Address
    is_out: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one call of a provider holds, in its order. `faults` say what of it could not be read; the rest stands all the same."""

    messages: tuple[Inbound, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    echoes: tuple[Echo, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    faults: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class RawCall:
    """One stored call of a provider. `door` is the part of the source after the slash, `headers` those that were kept."""

    door: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that is offered; `value` comes back when it is chosen."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message of ours for one address. `key` makes a repeated send harmless; it is the same in every try.

    `author` is `assistant` or `agent`, named `name`. `card` is the order as it stands, as a public document (docs/socket.md).
    `answers` is the provider's id of the customer's message that this answers, `chain` are all ids of this thread on this channel,
    ours too, the oldest first, `subject` is that of the mail that is answered. `template` = the channel's window is shut: the
    name of an approved template that must carry it."""

    key: str
    channel: str
    to: Address
    text: str
    choices: tuple[Choice, ...] = ()
    language: str = "en"
    author: str = "assistant"
    name: str = ""
    card: Mapping[str, Any] | None = None
    conv: str = ""
    number: int = 0
    title: str = ""
    answers: str = ""
    chain: tuple[str, ...] = ()
    template: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show; what it cannot is degraded by rule.

    `buttons` = so many choices as buttons, 0 = as numbered text; `max_chars` of one message; `window` = how long after the
    customer's last message one may write freely, None = always; `patience` = how long a message is tried again;
    `button_chars` = the longest text that can carry buttons, 0 = as long as any;
    `max_bytes` of one message in UTF-8, 0 = only characters count; `agents_window` = how long a person may answer, where that
    is longer than the window and the installation has leave to."""

    buttons: int
    max_chars: int
    cards: bool
    typing: bool
    window: timedelta | None = None
    patience: timedelta = timedelta(hours=1)
    button_chars: int = 0
    max_bytes: int = 0
    agents_window: timedelta | None = None
