"""What we sign into our own mails so that an answer finds its thread, and nobody can make one up.

Three marks, each with 80 bits of HMAC-SHA256 over its purpose and its content, lower-case base 32 (RFC 4648) because mail systems
lower the letters of an address:
- the reply token in Reply-To, `local+token@domain`: conversation and the one address that it was sent to. It works alone, where a
  client drops every header. From another address it says nothing;
- our Message-ID, `<c.CONV.NUMBER.MAC@domain>`: found again in References. Another installation has other keys: its ids never match;
- the bounce token in the envelope's sender, `local+bNUMBER.CONVMAC@domain`: which of our mails came back.
Keys are given with the newest last: that one signs, all of them verify.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_LOCAL: Final = 64
"""Letters before the @ (RFC 5321 section 4.5.3.1.1)."""
MAX_REFERENCES: Final = 2000
"""Bytes of a References header: longer ones are refused by some servers (pitfalls 82)."""
MAX_IDS: Final = 20

_MAC: Final = "[a-z2-7]{16}"
_CONV: Final = "[0-9a-z]{10,40}"
_REPLY: Final = re.compile(rf"({_CONV}?)({_MAC})")
_NUMBER: Final = r"\d{1,9}(?:-[a-z0-9]{1,16})?"
_BOUNCE: Final = re.compile(rf"b({_NUMBER})\.({_CONV}?)({_MAC})")
_OURS: Final = re.compile(rf"<?c\.({_CONV})\.({_NUMBER})\.({_MAC})@([^<>\s@]+)>?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sent:
    """One of our mails: the conversation's public id and the message's number in it (a part of a long one: `12-2`)."""

    conv: str
    number: str


def _mac(key: str, purpose: str, *parts: str) -> str:
    # The parts' lengths keep ("ab", "c") and ("a", "bc") apart.
    content = "\n".join((purpose, *(f"{len(part)}:{part}" for part in parts)))
    digest = hmac.digest(key.encode(), content.encode("utf-8", "replace"), "sha256")
    return b32encode(digest[:10]).decode().lower()


def _is_signed(keys: Sequence[str], mac: str, purpose: str, *parts: str) -> bool:
    signed = [hmac.compare_digest(_mac(key, purpose, *parts), mac.lower()) for key in keys]
    return any(signed)


def _body(conv: str) -> str:
    body = conv.removeprefix("c_")
    if body == conv or not re.fullmatch(_CONV, body):
        raise ValueError(f"{conv[:40]!r} is no public id of a conversation")
    return body


def parted(address: str) -> tuple[str, str, str]:
    """The local part, the token behind its first plus sign ("" = none) and the domain, all in lower case."""
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    name, _, token = local.partition("+")
    return name, token, domain


def _with(address: str, token: str) -> str:
    name, _, domain = parted(address)
    if len(name) + 1 + len(token) > MAX_LOCAL:
        raise ValueError(
            f"the part before the @ of {address!r} is too long: at most {MAX_LOCAL - 1 - len(token)} letters"
        )
    return f"{name}+{token}@{domain}"


def reply_address(keys: Sequence[str], address: str, conv: str, contact: str) -> str:
    """Where `contact` answers a mail of this conversation. Raises ValueError on an address of ours that is too long."""
    body = _body(conv)
    return _with(address, body + _mac(keys[-1], "reply", body, contact.lower()))


def conversation_of(keys: Sequence[str], token: str, contact: str) -> str:
    """The conversation that a reply token names, "" = forged, foreign, or not made for this contact."""
    match = _REPLY.fullmatch(token.lower())
    if match is None or not _is_signed(keys, match[2], "reply", match[1], contact.lower()):
        return ""
    return f"c_{match[1]}"


def message_id(keys: Sequence[str], conv: str, number: str, domain: str) -> str:
    """The Message-ID of one of our mails: the same for the same mail, so that it may be sent again."""
    body = _body(conv)
    return f"<c.{body}.{number}.{_mac(keys[-1], 'message', body, str(number), domain.lower())}@{domain.lower()}>"


def sent_as(keys: Sequence[str], identifier: str) -> Sent | None:
    """Which of our mails an id names, None = it is not ours. Only ids that we signed count."""
    match = _OURS.fullmatch(identifier.strip()) if len(identifier) < 400 else None
    if match is None:
        return None
    body, number, mac, domain = (part.lower() for part in match.groups())
    return Sent(f"c_{body}", number) if _is_signed(keys, mac, "message", body, number, domain) else None


def bounce_address(keys: Sequence[str], address: str, conv: str, number: str) -> str:
    """The envelope's sender of one of our mails: what comes back to it names the mail.

    Where it would be too long it is our plain address: then the Message-ID in the report must name the mail."""
    body = _body(conv)
    try:
        return _with(address, f"b{number}.{body}{_mac(keys[-1], 'bounce', body, str(number))}")
    except ValueError:
        return address.strip().lower()


def bounced(keys: Sequence[str], token: str) -> Sent | None:
    """Which mail a bounce token names, None = it is none of ours."""
    match = _BOUNCE.fullmatch(token.lower())
    if match is None or not _is_signed(keys, match[3], "bounce", match[2], match[1]):
        return None
    return Sent(f"c_{match[2]}", match[1])


def loop_marks(keys: Sequence[str], address: str) -> tuple[str, ...]:
    """What X-Loop holds in our mails from `address`, by every key, the newest last: that one is written."""
    name, _, domain = parted(address)
    return tuple(_mac(key, "loop", f"{name}@{domain}") for key in keys)


def is_own(own_addresses: frozenset[str], address: str) -> bool:
    """Whether an address is one of ours, with a token or without."""
    name, _, domain = parted(address)
    return bool(domain) and (address.lower() in own_addresses or f"{name}@{domain}" in own_addresses)


def capped(chain: Sequence[str]) -> tuple[str, ...]:
    """A chain of ids, the oldest first, short enough for a References header: the first stays, then as many of the newest as fit."""
    ids = list(dict.fromkeys(each for each in chain if each))
    if not ids:
        return ()
    first, size = ids[0], len(ids[0])
    kept: list[str] = []
    for each in reversed(ids[1:]):
        if len(kept) + 2 > MAX_IDS or size + 1 + len(each) > MAX_REFERENCES:
            break
        kept.append(each)
        size += 1 + len(each)
    return (first, *reversed(kept))
