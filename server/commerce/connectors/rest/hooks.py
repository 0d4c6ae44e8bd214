"""The webhook by which a shop's own system says that something changed: `POST /webhooks/orders/generic`.

What it says is not believed but read again, so that nothing but the id counts. Pure functions over what arrived.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from server.commerce.connectors.platform import Touched, TouchedKind
from server.commerce.documents import parse_time
from server.commerce.signing import HEADER, is_signed

_KINDS: Final[Mapping[str, TouchedKind]] = {
    "order.created": "order",
    "order.updated": "order",
    "order.deleted": "removed",
    "product.created": "product",
    "product.updated": "product",
    "customer.updated": "customer",
}
_SUBJECTS: Final[Mapping[TouchedKind, str]] = {
    "order": "order", "removed": "order", "product": "product", "customer": "customer",
}  # fmt: skip
_LONGEST: Final = 200


class RestHooks:
    """The generic webhook. Several secrets are accepted while one is being changed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """Whether one of our secrets signed it; `path` is the raw path of the request with its query."""
        return is_signed(self._secrets, headers.get(HEADER.lower()), "POST", path, body, now)

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Never: there is no unsigned greeting in this contract."""
        return False

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The event's own id, else the digest of the body."""
        try:
            name = _text(_object(body).get("id"))
        except ValueError:
            name = ""
        return f"id:{name}" if name else f"sha256:{hashlib.sha256(body).hexdigest()}"

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched:
        """What changed; `order.updated` where no type is named. Raises ValueError with the path of what is wrong."""
        event = _object(body)
        topic = _text(event.get("type")) or "order.updated"
        kind = _KINDS.get(topic, "nothing")
        if kind == "nothing":
            return Touched("nothing", topic=topic)
        subject = _SUBJECTS[kind]
        name = _text(event.get(subject))
        if not name or "/" in name:
            raise ValueError(f"{subject} must be an id, without slashes")
        return Touched(kind, name, _at(event.get("at")), topic)


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(decoded, dict):
        raise ValueError("the body must be a JSON object")
    return decoded


def _text(value: object) -> str:
    """An id or a word; a whole number counts as its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return text if len(text) <= _LONGEST and text.isprintable() else ""


def _at(value: object) -> datetime | None:
    """When it changed, where that can be read: the order is read again in any case."""
    try:
        parsed = parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return parsed if isinstance(parsed, datetime) else None
