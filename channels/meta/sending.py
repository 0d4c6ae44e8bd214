"""Calls to the Graph API: one answer, or one error of the channel's tree. It knows tokens and hosts, and no message's meaning.

A token goes to the configured API and to Meta's own file hosts only, and is dropped where a redirect leads elsewhere. A call whose
answer is lost is an unknown outcome, unless no connection was made at all.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx2

from channels.errors import ChannelError, NotNow, OutcomeUnknown, Refused
from channels.meta.codes import error_of
from channels.meta.messaging import is_metas_host

API: Final = "https://graph.facebook.com"
INSTAGRAM_API: Final = "https://graph.instagram.com"
"""Where an account's own token ("Instagram API with Instagram Login") is good."""
MOST_BYTES: Final = 16 * 1_048_576
_CONNECT_S: Final = 5.0
_ANSWER_S: Final = 15.0
_REDIRECTS: Final = 3
_LONGEST_RETRY_S: Final = 3_600.0


class Graph:
    """The Graph API at `api_url` (no version in it), and Meta's file hosts. `answer_s` = how long one answer may take."""

    def __init__(self, api_url: str, version: str, *, answer_s: float = _ANSWER_S) -> None:
        self._base = (api_url or API).rstrip("/")
        self._version = version.strip("/")
        self._answer_s = answer_s
        self._own_host = urlsplit(self._base).netloc if api_url else ""
        timeout = httpx2.Timeout(answer_s, connect=_CONNECT_S, pool=_CONNECT_S)
        self._http = httpx2.AsyncClient(trust_env=False, timeout=timeout, follow_redirects=False)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def post(self, path: str, body: Mapping[str, Any], token: str) -> dict[str, Any]:
        """Post JSON; the JSON of the answer. Raises ChannelError."""
        try:
            async with asyncio.timeout(self._answer_s):
                answer = await self._http.post(self._url(path), json=dict(body), headers=_bearer(token))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotNow("Meta's API cannot be reached") from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise OutcomeUnknown("Meta did not answer") from error
        return _document(answer)

    async def get(self, path: str, token: str) -> dict[str, Any]:
        """Get JSON; reading changes nothing, so whatever breaks may be tried again. Raises ChannelError."""
        try:
            async with asyncio.timeout(self._answer_s):
                answer = await self._http.get(self._url(path), headers=_bearer(token))
            return _document(answer)
        except (httpx2.HTTPError, TimeoutError, OutcomeUnknown) as error:
            raise NotNow("Meta's API cannot be read now") from error

    async def file(self, url: str, token: str = "") -> bytes:
        """The bytes under an address of Meta's. Raises ChannelError: Refused for any other host and what is too large."""
        at, sends = url, token
        for _ in range(_REDIRECTS + 1):
            if not self._is_allowed(at):
                raise Refused("it does not lie with Meta, so it is not fetched")
            try:
                found = await self._one(at, sends)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise NotNow("the file cannot be reached now") from error
            if isinstance(found, bytes):
                return found
            further = urljoin(at, found)
            sends = sends if urlsplit(further).netloc == urlsplit(at).netloc else ""
            at = further
        raise Refused("its address leads in a circle")

    async def _one(self, url: str, token: str) -> bytes | str:
        """The bytes, or where they are."""
        async with self._http.stream("GET", url, headers=_bearer(token) if token else {}) as answer:
            if answer.is_redirect:
                return answer.headers.get("Location", "")
            if answer.status_code != 200:
                raise _no_file(answer)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                raise NotNow("a page came instead of the file")
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise Refused("it is larger than 16 MiB")
        return bytes(body)

    def _is_allowed(self, url: str) -> bool:
        try:
            is_own = bool(self._own_host) and urlsplit(url).netloc == self._own_host
        except ValueError:
            return False
        return is_own or is_metas_host(url)

    def _url(self, path: str) -> str:
        return f"{self._base}/{self._version}/{path}"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _document(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object of a good answer. Raises ChannelError for any other."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not answer.is_success or (isinstance(body, dict) and "error" in body):
        status = answer.status_code if not answer.is_success else 400
        raise error_of(status, body, _retry_after(answer))
    if not isinstance(body, dict):
        raise OutcomeUnknown("what answered is not the Graph API: look at meta.api_url")
    return body


def _no_file(answer: httpx2.Response) -> ChannelError:
    """A short-lived address that is over is asked for anew where it has an id, so it is worth another try."""
    if answer.status_code == 429 or answer.status_code >= 500:
        return NotNow(f"HTTP {answer.status_code}", _retry_after(answer))
    return NotNow(f"HTTP {answer.status_code}: its address is over, or not there yet")


def _retry_after(answer: httpx2.Response) -> float:
    try:
        seconds = float(answer.headers.get("Retry-After", 0))
    except ValueError:
        return 0.0
    return min(max(0.0, seconds), _LONGEST_RETRY_S) if seconds == seconds else 0.0
