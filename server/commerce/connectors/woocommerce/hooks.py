"""Webhooks of WooCommerce: who signed them, whether they came before, and what they are about.

Pure functions over what arrived; nothing is kept. Of a body only the id is used: there is no time in what is signed, so a
body may be old or repeated, and the order is read again. A deletion comes with the id alone.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from server.commerce.connectors.platform import Touched, TouchedKind
from server.commerce.connectors.woocommerce.plain import gmt_moment

_PING: Final = re.compile(rb"webhook_id=\d{1,20}")
_FORM: Final = "application/x-www-form-urlencoded"
_ENTITY: Final = re.compile(r"&(amp|lt|gt|quot|#0*38|#0*60|#0*62|#0*34|#0*39|#x26|#x22|#x27);", re.IGNORECASE)
_SIGNS: Final[Mapping[str, str]] = {
    **{"amp": "&", "lt": "<", "gt": ">", "quot": '"', "38": "&", "60": "<", "62": ">", "34": '"', "39": "'"},
    **{"#x26": "&", "#x22": '"', "#x27": "'"},
}
_KINDS: Final[Mapping[str, TouchedKind]] = {"order": "order", "product": "product", "customer": "customer"}


class WooHooks:
    """`platform.Hooks` with the secrets that a webhook may be signed with (several while they are being changed)."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [decoded(secret).encode() for secret in secrets if secret]

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """Whether one of the secrets signed this body; every secret is tried, so that the time tells nothing."""
        given = headers.get("x-wc-webhook-signature", "").strip().encode()
        found = [hmac.compare_digest(given, _signature(secret, body)) for secret in self._secrets]
        return bool(given) and any(found)

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it is the unsigned form that is sent when a webhook is made."""
        is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        return is_form and "x-wc-webhook-signature" not in headers and _PING.fullmatch(body) is not None

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """Delivery id and body: the id is made of a second, so that two events may share it."""
        return f"{headers.get('x-wc-webhook-delivery-id', '')}:{hashlib.sha256(body).hexdigest()}"

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched:
        """What it is about. Raises ValueError when a topic that concerns us comes without an id."""
        topic = headers.get("x-wc-webhook-topic", "").strip().lower()
        resource, _, event = topic.partition(".")
        kind = _KINDS.get(resource)
        if kind is None:
            return Touched("nothing", topic=topic)
        payload = json.loads(body)
        found = payload.get("id") if isinstance(payload, dict) else None
        if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
            raise ValueError("a webhook without an id")
        if kind == "order" and event == "deleted":
            kind = "removed"
        return Touched(kind, str(found), gmt_moment(payload.get("date_modified_gmt")), topic)


def decoded(secret: str) -> str:
    """The secret as WordPress uses it: with its five HTML entities decoded once, and no others."""
    return _ENTITY.sub(lambda found: _SIGNS[_plain_name(found[1])], secret)


def _plain_name(entity: str) -> str:
    name = entity.lower()
    return name if name.startswith("#x") else name.lstrip("#").lstrip("0")


def _signature(secret: bytes, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
