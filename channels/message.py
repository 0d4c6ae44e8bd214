"""What travels between the outside and the inbox, the same for every channel.

A channel parses its provider's payload into `Inbound` and `Receipt` and sends `Outbound`. Nothing here knows a database or a
decision.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

ProviderId = NewType("ProviderId", str)
IdentityKind = Literal["email", "phone", "whatsapp", "sms", "visitor", "store", "instagram", "messenger", "caller"]
Proof = Literal["claimed", "channel", "verified"]


@dataclass(frozen=True, slots=True)
class Address:
    """One address on one channel; `key` is normalised, `proof` is what the channel attests about it."""

    kind: IdentityKind
    key: str
    proof: Proof
    display: str = ""
    profile_name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message, already stored under `id`. `size` in bytes."""

    id: str
    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of a customer. `external_id` is the provider's id, `cid` the client's: either dedupes it."""

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


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word on a message of ours."""

    channel: str
    provider_id: ProviderId
    status: Literal["sent", "delivered", "read", "failed"]
    at: datetime
    error: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message of ours for one address. `key` makes a repeated send harmless."""

    key: str
    channel: str
    to: Address
    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show; what it cannot is degraded by rule."""

    buttons: int
    max_chars: int
    cards: bool
    typing: bool
