"""One WooCommerce site: its addresses, its key, and what its refusals mean. Knows no order and no product.

Reads give parsed JSON, None where there is nothing under that id, and raise StoreUnavailable for everything else. Writes
raise StoreRefused where the site said no before doing anything, StoreUnavailable where nobody knows. Keys and search words
never reach a log; error texts of the site are not passed on, only its error codes.
"""

import base64
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from server.commerce.connectors.woocommerce.plain import Json, entries
from server.commerce.outside import Outside, Priority, Reply, is_this_machine
from server.errors import SettingsError, StoreRefused, StoreUnavailable
from server.settings import WooCommerceSettings

Params = Iterable[tuple[str, str]]

IN_FLIGHT: Final = 4
REFUND_READ_S: Final = 30.0
_NAMESPACE: Final = "/wc/v3"
_ROLE: Final = "the WordPress user of this key needs the role Shop manager"
_WORDS: Final = {
    "woocommerce_rest_authentication_error": "the key is not accepted, or its permission (Read, Write, Read/Write) is too small",
    "woocommerce_rest_cannot_view": f"the key may not view this: {_ROLE}",
    "woocommerce_rest_cannot_create": f"the key may not create this: {_ROLE}",
    "woocommerce_rest_cannot_edit": f"the key may not edit this: {_ROLE}",
    "woocommerce_rest_cannot_delete": f"the key may not delete this: {_ROLE}",
    "woocommerce_rest_cannot_batch": f"the key may not edit this: {_ROLE}",
    "rest_forbidden": f"the key may not do this: {_ROLE}",
    "rest_no_route": "this site has no such route: an older WooCommerce, or a feature that is switched off",
    "rest_invalid_param": "a parameter was not accepted",
}
_UNCERTAIN: Final = frozenset({408, 425})
_CODE: Final = re.compile(r"[a-z0-9_]{1,80}")
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class ReadRefused(StoreUnavailable):
    """A read that the site refused, with the site's error code."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class WriteRefused(StoreRefused):
    """A write that the site refused before doing anything, with the site's error code."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `pages` = how many there are, None when the site does not say."""

    items: Sequence[Json]
    pages: int | None


class WooClient:
    """Calls to one site. Paths begin after the namespace: `/orders/727`."""

    def __init__(self, settings: WooCommerceSettings, *, read_s: float = 8.0) -> None:
        """Raises SettingsError for addresses that we do not call: plain http, other than on this machine in a trial."""
        _require_safe(settings)
        self.url = settings.url.rstrip("/")
        self._is_query_style = settings.rest_route_style == "query"
        self._keys = _keys(settings) if settings.keys_in_query else ()
        self._outside = Outside(
            "woocommerce",
            self.url,
            headers={} if settings.keys_in_query else {"Authorization": _basic(settings)},
            in_flight=IN_FLIGHT,
            read_s=read_s,
            allow_private=settings.allow_private,
        )
        # The HTTP library writes addresses with their queries at `info`: e-mails being searched for, and maybe keys.
        logging.getLogger("httpx2").setLevel(logging.WARNING)

    async def close(self) -> None:
        """Let go of connections."""
        await self._outside.close()

    async def one(self, path: str, params: Params = (), *, priority: Priority = "chat") -> Json | None:
        """The object there; None when there is none under that id."""
        reply = await self._get(path, params, priority)
        if reply is None:
            return None
        found = reply.json()
        if not isinstance(found, dict):
            raise StoreUnavailable("WooCommerce answered with something other than an object")
        return found

    async def many(self, path: str, params: Params = (), *, priority: Priority = "chat") -> Page:
        """One page of a list; an empty one where its owner does not exist."""
        reply = await self._get(path, params, priority)
        if reply is None:
            return Page((), 0)
        found = reply.json()
        if not isinstance(found, list):
            raise StoreUnavailable("WooCommerce answered with something other than a list")
        pages = reply.headers.get("x-wp-totalpages", "")
        return Page(entries(found), int(pages) if pages.isdecimal() else None)

    async def index(self) -> Json:
        """The index of the site's REST API, which names its namespaces."""
        path, params = ("/", [("rest_route", "/")]) if self._is_query_style else ("/wp-json/", [])
        reply = await self._outside.call("GET", path, params=params)
        if reply.status >= 400:
            raise _read_refused(reply)
        return {"namespaces": [], **found} if isinstance(found := reply.json(), dict) else {"namespaces": []}

    async def write(
        self, method: Literal["POST", "PUT"], path: str, body: dict[str, Any], *, read_s: float | None = None
    ) -> Json:
        """Send once, never again. Decimals in `body` become JSON numbers with exactly their digits."""
        at, params = self._at(path, ())
        reply = await self._outside.call(
            method,
            at,
            params=params,
            content=_ENCODER.encode(body),
            headers={"Content-Type": "application/json"},
            read_s=read_s,
            is_read=False,
        )
        if reply.status >= 400:
            raise _write_refused(reply)
        done = reply.json()
        return done if isinstance(done, dict) else {}

    async def _get(self, path: str, params: Params, priority: Priority) -> Reply | None:
        at, query = self._at(path, params)
        reply = await self._outside.call("GET", at, params=query, priority=priority)
        if reply.status < 400:
            return reply
        refused = _read_refused(reply)
        if reply.status in (404, 410) and (refused.code.endswith("invalid_id") or "trash" in refused.code):
            return None
        raise refused

    def _at(self, path: str, params: Params) -> tuple[str, list[tuple[str, str]]]:
        if self._is_query_style:
            return "/", [("rest_route", _NAMESPACE + path), *params, *self._keys]
        return f"/wp-json{_NAMESPACE}{path}", [*params, *self._keys]


def _require_safe(settings: WooCommerceSettings) -> None:
    parts = urlsplit(settings.url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_this_machine(parts.hostname or ""):
        return
    raise SettingsError("woocommerce.url must begin with https://: over plain http the key could be read on the way")


def _basic(settings: WooCommerceSettings) -> str:
    return "Basic " + base64.b64encode(f"{settings.key}:{settings.secret}".encode()).decode()


def _keys(settings: WooCommerceSettings) -> tuple[tuple[str, str], ...]:
    return (("consumer_key", settings.key), ("consumer_secret", settings.secret))


def _code(reply: Reply) -> str:
    """The site's error code; empty when a firewall or a host answered in its place."""
    try:
        found = reply.json()
    except StoreUnavailable:
        return ""
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _words(code: str, status: int) -> str:
    if not code:
        return f"WooCommerce answered {status} without its own error code: a firewall or the host may be in the way"
    return f"WooCommerce refused ({status} {code}): {_WORDS.get(code, 'no further reason known')}"


def _read_refused(reply: Reply) -> ReadRefused:
    code = _code(reply)
    return ReadRefused(_words(code, reply.status), code, reply.status)


def _write_refused(reply: Reply) -> StoreRefused | StoreUnavailable:
    code = _code(reply)
    if reply.status in _UNCERTAIN:
        return StoreUnavailable(_words(code, reply.status))
    return WriteRefused(_words(code, reply.status), code, reply.status)
