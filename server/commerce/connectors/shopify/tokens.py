"""The access token of a Shopify shop: pasted by its owner, or fetched with the app's own id and secret.

A fetched token lives a day; it is asked for again at four fifths of its life, and once when Shopify refuses it. However
many calls wait for it, one asks. Tokens and secrets are never logged.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from server.clock import Clock
from server.commerce.outside import Outside
from server.errors import StoreUnavailable
from server.settings import ShopifySettings

_PATH: Final = "/admin/oauth/access_token"
_RENEW_AT: Final = 0.8
_DAY_S: Final = 86_400
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Token:
    """The token to send now."""

    def __init__(self, settings: ShopifySettings, outside: Outside, clock: Clock) -> None:
        self._settings = settings
        self._outside = outside
        self._clock = clock
        self._current = settings.token
        self._renew_at: datetime | None = None
        self._asking = asyncio.Lock()

    @property
    def is_fetched(self) -> bool:
        """Whether another one can be asked for."""
        return not self._settings.token

    async def get(self) -> str:
        """The token, fetched when it is due. Raises StoreUnavailable."""
        if self._is_good():
            return self._current
        async with self._asking:
            if not self._is_good():
                await self._fetch()
            return self._current

    async def renew(self, refused: str) -> str:
        """Another token than the `refused` one; calls that were refused at the same time share it. Raises StoreUnavailable."""
        async with self._asking:
            if self._current == refused:
                await self._fetch()
            return self._current

    def _is_good(self) -> bool:
        if not self.is_fetched:
            return True
        return bool(self._current) and self._renew_at is not None and self._clock.now() < self._renew_at

    async def _fetch(self) -> None:
        body = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.secret,
        }
        reply = await self._outside.call("POST", _PATH, content=urlencode(body).encode(), headers=_FORM, is_read=True)
        if reply.status != 200:
            raise StoreUnavailable(f"Shopify gave no access token ({reply.status}): check client_id and secret")
        raw = reply.json()
        token = raw.get("access_token") if isinstance(raw, dict) else None
        if not isinstance(token, str) or not token:
            raise StoreUnavailable("Shopify gave no access token")
        life = raw.get("expires_in")
        seconds = life if isinstance(life, int) and life > 0 else _DAY_S
        self._current = token
        self._renew_at = self._clock.now() + timedelta(seconds=seconds * _RENEW_AT)
