"""One conversation, another channel: a code leads a web chat to WhatsApp, a mail leads it to e-mail, a link leads back to the web.

Whoever shows a code or a link takes part in that conversation from then on, and in no other; no customers are merged, no proof goes
along, and what was said elsewhere is shown only as `threads.visible` allows. Codes and links are signed, live shortly, work once,
and are bound to the conversation and to the address that they were made for: once that one is gone from it, they open nothing.
What does not hold is refused in one way, whatever is wrong with it.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from channels.message import Address, Inbound
from memory import customers, proofs, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.ids import public_text
from memory.threads import NewEvent, Thread
from memory.times import from_ms
from server.codes import RECEIVED
from server.continuing_words import WORDS, words_of
from server.dispatch import put_if_sent
from server.errors import RateLimited, RefusedInput
from server.sealing import Seal
from server.services import Services
from server.settings import Settings

FORM: Final = "form:"
"""What the key of somebody begins with who is known by one form and nothing else."""
LINK: Final = timedelta(hours=24)
CODE: Final = timedelta(minutes=30)
_BY_CODE: Final = frozenset({"whatsapp", "sms", "instagram", "messenger"})
"""Channels whose provider attests who writes."""
_FOUND: Final = re.compile(r"\bOT-([0-9a-z]{7})-([0-9a-z]{7})-([0-9a-z]{7})\b", re.IGNORECASE)
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_MAC_BYTES: Final = 7
_MINUTES: Final = 1 << 16
_MAILS_A_DAY: Final = 3
_MAILS_OF_ONE: Final = 5
_REFUSED: Final = "this link or code does not hold"


# To WhatsApp and the like, by a code


def whatsapp_number(settings: Settings) -> str:
    """The digits of the shop's WhatsApp number, "" = it is not known."""
    named = settings.twilio.whatsapp_from or settings.meta.whatsapp_number
    return re.sub(r"\D", "", named)


def ways(services: Services) -> list[str]:
    """Where a web chat can go on here."""
    lines = services.lines
    by_whatsapp = lines.carrying("whatsapp") is not None and whatsapp_number(services.settings)
    return [name for name, is_open in (("whatsapp", by_whatsapp), ("email", lines.carrying("email"))) if is_open]


def whatsapp_link(services: Services, thread: Thread, identity: Identity, language: str) -> str:
    """What opens WhatsApp with the words and the code written already."""
    code = code_for(services, thread, identity)
    text = f"{words_of(language).ask} ({code})"
    return f"https://wa.me/{whatsapp_number(services.settings)}?text={quote(text)}"


def code_for(services: Services, thread: Thread, identity: Identity) -> str:
    """A code that lets whoever sends it take part in the thread. Nothing of it is stored before it is used."""
    minute = int(services.clock.now().timestamp() // 60) % _MINUTES
    key = services.settings.server.secret_keys[-1]
    return _written(_plain(thread.number, minute) + _mac(key, thread.number, minute, identity.id))


async def taken(tx: Tx, services: Services, inbound: Inbound, identity: Identity) -> tuple[Inbound, bool]:
    """The message as it may be kept, and whether a code in it led it to its conversation: the code stands nowhere afterwards."""
    match = _FOUND.search(inbound.text) if inbound.channel in _BY_CODE else None
    if match is None:
        return inbound, False
    text = f"{inbound.text[: match.start()]}{RECEIVED}{inbound.text[match.end() :]}"
    now = services.clock.now()
    thread = await _of_code(tx, services, "".join(match.groups()).lower(), now)
    if thread is None:
        return replace(inbound, text=text), False
    await _join(tx, thread, identity, inbound.channel, now)
    return replace(inbound, conv=thread.public_id, text=_without_asking(text)), True


async def greet(
    tx: Tx, services: Services, thread: Thread, identity: Identity, channel: str, language: str, answers: int = 0
) -> Thread:
    """Say that the conversation goes on here, where the assistant has it; a person who owns it sees who joined.

    `answers` = the message that this answers, 0 = nobody said anything."""
    if thread.state.owner_kind != "assistant":
        return thread
    spoken = thread.state.language or language or "en"
    body = {"text": words_of(spoken).here, "lang": spoken, **({"answers": answers} if answers else {"holding": True})}
    said = NewEvent(
        "message", body, "all", "assistant", author_name=services.settings.shop.assistant, channel=channel,
        identity_id=identity.id,
    )  # fmt: skip
    thread, stored = await threads.append(tx, thread.id, [said], services.clock.now())
    await put_if_sent(tx, services, thread, stored[0])
    return thread


def is_only_a_code(before: Thread, text: str) -> bool:
    """Whether a message that led here by a code says nothing else, in a conversation where nothing waits for its answer."""
    return before.state.last_reply_seq >= before.state.last_customer_seq and not says_more(text)


def says_more(text: str) -> bool:
    """Whether a message that carried a code says anything beside it."""
    return bool(text.replace(RECEIVED, "").strip(" ()\n."))


async def _of_code(tx: Tx, services: Services, code: str, now: datetime) -> Thread | None:
    """The thread of a code that holds, spent now."""
    raw = _read(code)
    if raw is None:
        return None
    number, minute = int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:6], "big")
    age = (int(now.timestamp() // 60) - minute) % _MINUTES
    thread = await threads.by_number(tx, number)
    if thread is None or thread.state.status == "closed" or age > CODE.total_seconds() // 60:
        return None
    present = await threads.participants(tx, thread.id)
    keys = services.settings.server.secret_keys
    holds = [
        hmac.compare_digest(_mac(key, number, minute, identity_id), raw[6:]) for key in keys for identity_id in present
    ]
    if not any(holds) or not await proofs.use_token(tx, f"continue:{code}", now + CODE * 2, now):
        return None
    return thread


def _plain(number: int, minute: int) -> bytes:
    return number.to_bytes(4, "big") + minute.to_bytes(2, "big")


def _mac(key: str, number: int, minute: int, identity_id: int) -> bytes:
    content = f"continue-code-v1|{number}|{minute}|{identity_id}".encode()
    return hmac.digest(key.encode(), content, "sha256")[:_MAC_BYTES]


def _written(raw: bytes) -> str:
    text = public_text(raw).upper()
    return f"OT-{text[:7]}-{text[7:14]}-{text[14:]}"


def _read(text: str) -> bytes | None:
    places = [_ALPHABET.find(letter) for letter in text]
    if min(places) < 0:
        return None
    number = 0
    for place in places:
        number = number << 5 | place
    return number.to_bytes(14, "big")[1:] if number < 1 << 104 else None


def _without_asking(text: str) -> str:
    """A text without the words that we put before the code ourselves."""
    for words in WORDS.values():
        text = text.replace(f"{words.ask} ({RECEIVED})", RECEIVED)
    return text


# To e-mail, by a mail whose answer finds its way


async def by_email(
    tx: Tx, services: Services, thread: Thread, identity: Identity, address: str, language: str
) -> Thread:
    """Send a mail whose answer goes on in the thread. Raises RateLimited for one speaker; an address that had enough gets none.

    Nothing of the conversation stands in it, and whoever has the address takes part by their answer only."""
    now = services.clock.now()
    day, key = (
        now - timedelta(days=1),
        hmac.digest(services.settings.server.secret_keys[-1].encode(), address.encode(), "sha256"),
    )
    own, theirs = f"continue:by:{identity.id}", f"continue:to:{key.hex()[:32]}"
    if await proofs.guesses(tx, own, day) >= _MAILS_OF_ONE:
        raise RateLimited(3600.0)
    had_enough = await proofs.guesses(tx, theirs, day) >= _MAILS_A_DAY
    await proofs.guess(tx, [own, theirs], "", now)
    goal = await customers.resolve(tx, "from", address, "channel", now)
    if had_enough or goal.blocked or goal.stopped_at or goal.bounced_at:
        return thread
    text = words_of(language).mail.format(number=thread.number, shop=services.settings.shop.name)
    said = NewEvent(
        "message", {"text": text, "lang": language, "holding": True}, "all", "assistant",
        author_name=services.settings.shop.assistant, channel="email", identity_id=goal.id,
    )  # fmt: skip
    thread, stored = await threads.append(tx, thread.id, [said], now)
    await put_if_sent(tx, services, thread, stored[0])
    return thread


# Back to the web, by a link


def link(services: Services, conv: str, identity_id: int, once: str = "") -> str:
    """Where a conversation goes on in the chat. `once` names it where the same link may be made again, "" = it is a new one."""
    body = {"c": conv, "i": identity_id, "j": once or secrets.token_hex(8)}
    return f"{services.settings.public_url}/c/{_seal(services).seal(body)}"


async def redeem(tx: Tx, services: Services, token: str, address: Address, locale: str = "") -> tuple[Thread, Identity]:
    """Let a browser take part in the conversation of a link. Raises RefusedInput (`forbidden`), always the same.

    A browser that was never here is whoever sent the form that is all we know of its author; any other stays who it is."""
    now = services.clock.now()
    body = _seal(services).opened(token, int(LINK.total_seconds()))
    thread = await threads.by_public_id(tx, str(body["c"])) if body else None
    holder = await customers.identity(tx, int(body["i"])) if body else None
    if body is None or thread is None or holder is None or holder.blocked or thread.state.status == "closed":
        raise RefusedInput("forbidden", _REFUSED)
    is_present = await threads.takes_part(tx, thread.id, holder.id)
    if not is_present or not await proofs.use_token(tx, f"continue:{body['j']}", now + LINK * 2, now):
        raise RefusedInput("forbidden", _REFUSED)
    visitor = await customers.proven(tx, address.kind, address.key)
    if visitor is None and holder.kind == "guest" and holder.key.startswith(FORM):
        visitor = await customers.attach(tx, holder.customer_id, address.kind, address.key, address.proof, now)
        return await _join(tx, thread, visitor, "widget", now), visitor
    if visitor is None:
        visitor = await customers.resolve(tx, address.kind, address.key, address.proof, now, locale=locale)
    was_here = await threads.takes_part(tx, thread.id, visitor.id)
    thread = await _join(tx, thread, visitor, "widget", now)
    return (thread if was_here else await greet(tx, services, thread, visitor, "widget", locale)), visitor


async def _join(tx: Tx, thread: Thread, identity: Identity, channel: str, now: datetime) -> Thread:
    """Take part from now on; the desk sees it."""
    if await threads.takes_part(tx, thread.id, identity.id):
        return thread
    await threads.join(tx, thread.id, identity.id, now)
    linked = NewEvent("linked", {"how": "continued", "channel": channel, "identity_id": identity.id})
    return (await threads.append(tx, thread.id, [linked], now))[0]


def _seal(services: Services) -> Seal:
    return Seal(services.settings.server.secret_keys, services.clock, "continue-web-v1")


def latest(found: Sequence[Thread]) -> Thread | None:
    """Of several threads, the one in which something happened last."""
    return max(found, key=lambda thread: (from_ms(thread.state.last_at), thread.id), default=None)
