"""Webhooks of Shopify: whose they are, whether they came before, and which order or product they are about.

The signature is that of the app, so it proves Shopify, not the shop: the domain is compared as well. Headers come in two
families, with and without `X-`. What a payload says beyond ids and a time is not used. Source: Shopify, "Verify the
webhook" and "Delivery structure".
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from server.commerce.connectors.platform import Touched
from server.commerce.connectors.shopify.topics import family
from server.commerce.connectors.shopify.values import time as read_time

_ID: Final = re.compile(r"(?:gid://shopify/\w+/)?(?P<id>\d{1,20})")
_PREFIXES: Final = ("x-shopify-", "shopify-")
_HOLDERS: Final = ("order", "order_edit", "fulfillment_order", "return", "fulfillment", "refund", "reverse_delivery")
"""Parts of a payload that may name the order it belongs to."""


class ShopifyHooks:
    """The webhook side of one shop. `secrets` are accepted in any order: the app's own, and an older one while it changes."""

    def __init__(self, secrets: Sequence[str], shop: str) -> None:
        self._secrets = [each.encode() for each in secrets if each]
        self._shop = shop.strip().lower()

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """Whether Shopify signed this body for this shop."""
        try:
            given = base64.b64decode(_header(headers, "hmac-sha256"), validate=True)
        except (binascii.Error, ValueError):
            return False
        matches = [hmac.compare_digest(hmac.digest(each, body, hashlib.sha256), given) for each in self._secrets]
        return any(matches) and self._is_ours(headers)

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Never: Shopify sends no unsigned greeting."""
        return False

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The id of the delivery, which repetitions share."""
        known = _header(headers, "webhook-id").strip()
        return known or hashlib.sha256(_header(headers, "topic").encode() + b"\n" + body).hexdigest()

    def touched(self, headers: Mapping[str, str], body: bytes) -> Touched:
        """What it is about. Raises ValueError when the body is no JSON object."""
        topic = _header(headers, "topic").strip().lower()
        raw = json.loads(body)
        if not isinstance(raw, dict):
            raise ValueError("the body is no object")
        kind = family(topic)
        at = _moment(raw, headers)
        identifier = order_of(raw) if kind == "of_order" or topic == "orders/edited" else _own(raw)
        if kind == "nothing" or not identifier:
            return Touched("nothing", at=at, topic=topic)
        if kind in ("product", "customer"):
            return Touched(kind, identifier, at, topic)
        return Touched("removed" if topic == "orders/delete" else "order", identifier, at, topic)

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        domain = _header(headers, "shop-domain").strip().lower()
        return bool(domain) and hmac.compare_digest(domain.encode(), self._shop.encode())


def order_of(raw: Mapping[str, Any]) -> str:
    """The id of the order that something belongs to; empty when the payload does not name it."""
    for each in (raw, *(raw.get(name) for name in _HOLDERS)):
        if isinstance(each, Mapping) and (found := _id(each.get("order_id"))):
            return found
    order = raw.get("order") or _inner(raw, "return").get("order") or _inner(raw, "fulfillment_order").get("order")
    return _own(order) if isinstance(order, Mapping) else ""


def _inner(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, Mapping) else {}


def _own(raw: Mapping[str, Any]) -> str:
    return _id(raw.get("admin_graphql_api_id")) or _id(raw.get("id"))


def _id(value: object) -> str:
    """An id as text: a number as exact as it came, or the end of a global id; anything else is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    found = _ID.fullmatch(value) if isinstance(value, str) else None
    return found["id"] if found else ""


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((headers[prefix + name] for prefix in _PREFIXES if prefix + name in headers), "")


def _moment(raw: Mapping[str, Any], headers: Mapping[str, str]) -> datetime | None:
    told = read_time(raw.get("updated_at")) or read_time(_header(headers, "triggered-at"))
    return datetime.fromisoformat(told) if told else None
