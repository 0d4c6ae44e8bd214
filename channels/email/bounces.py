"""Mails that came back, and reports that ours were called spam.

Reads delivery status notifications (RFC 3464), what Gmail and old servers write instead, and feedback reports (RFC 5965). All of
them can be forged: they name ids, and only ids and tokens that we signed (`tokens`) may change what we know of a message.
"""

import re
from dataclasses import dataclass
from typing import Final

from channels.email import headers as heads
from channels.email.addresses import normalised
from channels.email.automatic import is_nobody
from channels.email.charsets import clean, decode
from channels.email.headers import Headers
from channels.email.mime import Part, Tree

_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY: Final = re.compile(r"(?<!\d)(5\d\d)[ -]")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,20}")
_ID: Final = re.compile(r"<[^<>\s]{3,300}@[^<>\s]{1,200}>")
_FAILURE: Final = re.compile(
    r"undeliver|not be delivered|delivery (?:has |status )?(?:failed|failure|notification)|returned mail|failure notice|returning message"
    r"|mail delivery (?:system|failed)|unzustellbar|nicht zugestellt|non remis|no se pudo entregar|não (?:pôde ser )?entregue",
    re.IGNORECASE,
)
_ORIGINAL: Final = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
_TEXT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery status (RFC 3464). `is_final` = this address never takes mail; else it is late, or was delivered.

    `message_ids` are those of the mail that came back. A bounce can be forged: only what carries our signature may change a state."""

    recipient: str
    action: str
    status: str
    diagnostic: str
    is_final: bool
    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report (RFC 5965) that somebody marked our mail as spam: they get none any more."""

    kind: str
    recipient: str
    message_ids: tuple[str, ...]


def bounce_of(tree: Tree, sender: str, envelope_from: str | None) -> Bounce | None:
    """What came back, None = this is no bounce."""
    status = next(
        (part for part in tree.parts if part.type in ("message/delivery-status", "message/global-delivery-status")),
        None,
    )
    if status is not None:
        return _reported(status, tree)
    failed = tree.headers.get("x-failed-recipients")
    if failed:
        return _told(tree, normalised(failed.partition(",")[0]))
    is_machine = sender.partition("@")[0] in ("mailer-daemon", "postmaster")
    is_empty = is_nobody(envelope_from) or any(is_nobody(value) for value in tree.headers.all("return-path"))
    if (is_machine or is_empty) and _FAILURE.search(tree.headers.get("subject")):
        return _told(tree, "")
    return None


def complaint_of(tree: Tree) -> Complaint | None:
    """The report that our mail was called spam, None = this is none."""
    report = next((part for part in tree.parts if part.type == "message/feedback-report"), None)
    if report is None:
        return None
    fields = heads.block_of(report.data[:_TEXT])
    recipient = normalised(_after_type(fields.get("original-rcpt-to")).strip("<> "))
    return Complaint((fields.get("feedback-type") or "other").lower()[:40], recipient, _ids(tree))


def _reported(part: Part, tree: Tree) -> Bounce:
    text = part.data[:_TEXT].replace(b"\r\n", b"\n").strip()
    groups = [heads.block_of(block) for block in re.split(rb"\n[ \t]*\n", text)]
    named = [group for group in groups if group.get("final-recipient") or group.get("action")]
    group = next((each for each in named if _action(each) == "failed"), named[0] if named else Headers())
    status = _status(group.get("status"))
    action = _action(group) or ("failed" if status.startswith("5") else "delayed")
    return Bounce(
        recipient=_recipient(group),
        action=action,
        status=status,
        diagnostic=_after_type(group.get("diagnostic-code"))[:300],
        is_final=action == "failed" and not status.startswith(("4", "2")),
        message_ids=_ids(tree),
    )


def _action(group: Headers) -> str:
    return group.get("action").partition("(")[0].strip().lower()[:20]


def _status(text: str) -> str:
    match = _STATUS.search(text)
    return match[1] if match else ""


def _recipient(group: Headers) -> str:
    """Whom we wrote to: the original recipient where it is told, for a forwarding server names another one as the final."""
    for name in ("original-recipient", "final-recipient"):
        address = normalised(_after_type(group.get(name)).strip("<> "))
        if address:
            return address
    return ""


def _after_type(value: str) -> str:
    return value.partition(";")[2].strip() if ";" in value else value.strip()


def _told(tree: Tree, recipient: str) -> Bounce:
    """A bounce that is told in words only."""
    text = "\n".join(part.text[:_TEXT] for part in tree.parts if part.type.startswith("text/"))
    status = _status(text)
    reply = _REPLY.search(text)
    is_final = status.startswith("5") or (not status and reply is not None)
    line = next((line.strip() for line in text.split("\n") if _STATUS.search(line) or _REPLY.search(line)), "")
    found = recipient or next((normalised(each) for each in _ADDRESS.findall(text)), "")
    return Bounce(found, "failed" if is_final or not status else "delayed", status, line[:300], is_final, _ids(tree))


def _ids(tree: Tree) -> tuple[str, ...]:
    """Ids of the mail that came back: the original's own first, then what the report answers, then what its text quotes."""
    found: list[str] = []
    texts: list[str] = []
    for part in tree.parts:
        if part.type in _ORIGINAL:
            original = heads.split(part.data)[0]
            found += [*original.ids("message-id")]
        elif part.type.startswith("text/"):
            texts.append(clean(decode(part.data[:_TEXT])))
    found += [*tree.headers.ids("in-reply-to"), *reversed(tree.headers.ids("references"))]
    found += [match for text in texts for match in _ID.findall(text)]
    return tuple(dict.fromkeys(found))[:20]
