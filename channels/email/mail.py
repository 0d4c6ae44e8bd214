"""One incoming mail, read: who wrote it, what it answers, what it says, and whether anything may be sent back.

`parse` is pure and raises nothing: what cannot be read is a `Mail` with a `fault`, and its bytes are in the journal.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from channels.email import automatic, bounces, mime, stripping, trust
from channels.email.addresses import Mailbox, mailboxes
from channels.email.bodies import MailFile, body_of, files_of
from channels.email.bounces import Bounce, Complaint
from channels.email.headers import Headers

__all__ = ["Bounce", "Complaint", "Mail", "MailFile", "parse"]

_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
_MAX_SUBJECT: Final = 998
_MAX_IDS: Final = 200


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. Addresses are normalised, message ids stand in angle brackets, `references` have the newest last.

    `reply_text` is what the customer wrote now, `full_text` everything, quotes too, `html` the raw source, which is never shown.
    `automatic` = nothing may be answered by machine; `reason` says why. `authenticated` = From proves who
    wrote it. `is_encrypted` = only a person with the key can read it. `fault` = what could not be read, "" = all was."""

    from_address: str = ""
    from_name: str = ""
    from_count: int = 0
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    is_synthetic: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    reply_text: str = ""
    full_text: str = ""
    html: str = field(default="", repr=False)
    automatic: bool = False
    reason: str = ""
    authenticated: bool = False
    distrust: str = ""
    signature: str = ""
    attachments: tuple[MailFile, ...] = ()
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    forwarded: bool = False
    is_encrypted: bool = False
    fault: str = ""

    @property
    def answers(self) -> tuple[str, ...]:
        """The ids that this mail answers, the nearest first: In-Reply-To, then the references from the newest to the oldest."""
        return tuple(dict.fromkeys(each for each in (self.in_reply_to, *reversed(self.references)) if each))


@dataclass(frozen=True, slots=True)
class _Around:
    """What the reader knows besides the mail."""

    authserv_id: str
    own_addresses: frozenset[str]
    known: Sequence[str]
    envelope_from: str | None
    loop_marks: frozenset[str]


def parse(
    raw: bytes,
    *,
    authserv_id: str = "",
    own_addresses: frozenset[str] = frozenset(),
    known: Sequence[str] = (),
    envelope_from: str | None = None,
    loop_marks: frozenset[str] = frozenset(),
) -> Mail:
    """Read a mail. Raises nothing.

    `authserv_id` = our border server's name in Authentication-Results, "" = no sender is trusted; `own_addresses` are ours,
    normalised, without tokens; `known` are texts of ours that it may quote, the newest first; `envelope_from` = the sender of the
    envelope where one is known; `loop_marks` = what stands in X-Loop of our own mails."""
    synthetic = f"<sha256.{hashlib.sha256(raw).hexdigest()}@mail.invalid>"
    try:
        return _read(raw, synthetic, _Around(authserv_id, own_addresses, known, envelope_from, loop_marks))
    except _UNREADABLE as error:
        return Mail(
            message_id=synthetic, is_synthetic=True, fault=f"the mail could not be read: {type(error).__name__}"
        )


def _read(raw: bytes, synthetic: str, around: "_Around") -> Mail:
    tree = mime.read(raw)
    headers = tree.headers
    senders = mailboxes(headers.raws("from"))
    sender = senders[0] if senders else Mailbox("", "")
    ids = headers.ids("message-id")
    answered = headers.ids("in-reply-to")
    subject = " ".join(headers.get("subject").split())[:_MAX_SUBJECT]
    body = body_of(tree)
    said = stripping.strip(body.lines, known=around.known, subject=subject, html=body.html_lines)
    why = automatic.why(
        headers, tree.type, sender.address, around.own_addresses, around.loop_marks, around.envelope_from
    )
    bounce = bounces.bounce_of(tree, sender.address, around.envelope_from)
    complaint = bounces.complaint_of(tree)
    verdict = trust.judge(senders, headers.raws("authentication-results"), around.authserv_id)
    return Mail(
        from_address=sender.address,
        from_name=sender.name,
        from_count=len(senders),
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        reply_to=_addresses(headers, "reply-to"),
        subject=subject,
        message_id=ids[0] if ids else synthetic,
        is_synthetic=not ids,
        in_reply_to=answered[0] if answered else "",
        references=headers.ids("references")[-_MAX_IDS:],
        date=_date(headers.get("date")),
        reply_text=said.reply,
        full_text=body.text,
        html=body.html,
        automatic=bool(why or bounce or complaint),
        reason=why or ("a bounce" if bounce else "a spam report" if complaint else ""),
        authenticated=verdict.is_authenticated,
        distrust=verdict.why,
        signature=said.signature,
        attachments=files_of(tree),
        bounce=bounce,
        complaint=complaint,
        forwarded=said.is_forwarded or body.is_passed_on,
        is_encrypted=body.is_encrypted,
        fault="; ".join(dict.fromkeys((*tree.faults, *body.faults))),
    )


def _addresses(headers: Headers, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.address for each in mailboxes(headers.raws(name)) if each.address))


def _date(text: str) -> datetime | None:
    """The sender's own time, None where it is none; it is shown and never sorted by."""
    try:
        value = parsedate_to_datetime(text[:200])
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, LookupError, OverflowError, AttributeError):
        return None
