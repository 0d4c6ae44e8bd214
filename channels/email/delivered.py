"""One stored mail as it came: its raw MIME, and the envelope where there was one.

The listener, the mailbox and our own webhook store raw mail. Providers' webhooks store what they posted, and `webhooks` makes raw
mail of that where they do not send it, so that there is one parser for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Delivered:
    """`sender` is the envelope's, `<>` = empty, None = unknown; `recipients` are the envelope's, () = unknown."""

    raw: bytes = field(repr=False)
    sender: str | None = None
    recipients: tuple[str, ...] = ()


def delivered(door: str, headers: Mapping[str, str], body: bytes) -> Delivered:
    """The mail in a stored call. Raises ValueError when there is none in it."""
    if door in ("sendgrid", "mailgun", "postmark"):
        from channels.email.webhooks import READERS

        return READERS[door](headers, body)
    recipients = tuple(each.strip() for each in headers.get("to", "").split(",") if each.strip())
    return Delivered(body, headers.get("from"), recipients)
