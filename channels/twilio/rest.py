"""Our calls to Twilio's REST API, each with a deadline and each ending in one of the channel errors.

Not the package's own client: its async one never times out, hides Retry-After, and sends JSON endpoints a form. Nothing is tried
again here, because a repeated POST is a second message. Who calls decides.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx2

from channels.errors import ChannelError, NotNow, OutcomeUnknown, Refused
from channels.twilio.codes import Codes

DEADLINE_S: Final = 10.0
MOST_BYTES: Final = 16 * 1_048_576
_MOST_HOPS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HOSTS: Final = ("api.twilio.com", "content.twilio.com", "messaging.twilio.com", "verify.twilio.com")

Document = Mapping[str, Any]


class Rest:
    """Twilio's API for one account. `api_url` stands in for every host of Twilio's, "" = the real ones."""

    def __init__(self, account_sid: str, auth_token: str, api_url: str, codes: Codes, *, deadline_s: float) -> None:
        self.account_sid = account_sid
        self._auth = httpx2.BasicAuth(account_sid, auth_token)
        self._base = api_url.rstrip("/")
        self._codes = codes
        self._client = httpx2.AsyncClient(timeout=httpx2.Timeout(deadline_s), follow_redirects=False)

    def url(self, host: str, path: str) -> str:
        """A URL of `api`, `content` or `messaging`."""
        return f"{self._base or f'https://{host}.twilio.com'}{path}"

    async def post(
        self, url: str, fields: Mapping[str, str] | None = None, *, body: Document | None = None
    ) -> Document:
        """What Twilio says to a form, or to a JSON body. Raises ChannelError; unsure outcomes are OutcomeUnknown."""
        try:
            if body is None:
                answer = await self._client.post(url, data=dict(fields or {}), auth=self._auth)
            else:
                answer = await self._client.post(url, json=dict(body), auth=self._auth)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotNow("no connection to Twilio") from error
        except httpx2.HTTPError as error:
            raise OutcomeUnknown(f"the call to Twilio broke off: {type(error).__name__}") from error
        found = _document(answer)
        if answer.status_code >= 400 or answer.status_code in _REDIRECTS:
            raise self._refusal(answer, found)
        if found is None:
            raise OutcomeUnknown(f"Twilio answered {answer.status_code} without JSON")
        return found

    async def get(self, url: str, query: Mapping[str, str] | None = None) -> Document:
        """What Twilio holds. Raises ChannelError: NotNow where another time may do."""
        try:
            answer = await self._client.get(url, params=dict(query) if query else None, auth=self._auth)
        except httpx2.HTTPError as error:
            raise NotNow(f"Twilio cannot be asked: {type(error).__name__}") from error
        found = _document(answer)
        if answer.status_code >= 500 or answer.status_code == 429 or (found is None and answer.status_code < 400):
            raise NotNow(f"Twilio answered {answer.status_code}", _retry_after(answer))
        if answer.status_code >= 400 or found is None:
            raise self._refusal(answer, found)
        return found

    def _refusal(self, answer: httpx2.Response, found: Document | None) -> ChannelError:
        """The error of an answer that is none: by Twilio's code, else by the status."""
        wait_s = _retry_after(answer)
        if answer.status_code == 429:
            return NotNow("too many requests (Twilio 429)", wait_s)
        if answer.status_code >= 500:
            return OutcomeUnknown(f"Twilio answered {answer.status_code}")
        if answer.status_code == 401:
            return self._codes.error(20003, wait_s)
        code = _code(found)
        return self._codes.error(code, wait_s) if code else Refused(f"Twilio answered {answer.status_code}")

    # Files

    async def fetch(self, url: str) -> bytes:
        """The bytes behind a media URL, at most 16 MiB. Credentials go to Twilio alone, and to no redirect.

        Raises Refused where the URL is not Twilio's or what is there is too large, NotNow where another time may do."""
        url, is_first = self._own(url), True
        for _ in range(_MOST_HOPS + 1):
            answer = await self._read(url, with_auth=is_first)
            if isinstance(answer, bytes):
                return answer
            url, is_first = urljoin(url, answer), False
            self._check_redirect(url)
        raise Refused("a file is redirected too often")

    async def _read(self, url: str, *, with_auth: bool) -> bytes | str:
        """The bytes, or where they are instead."""
        try:
            async with self._client.stream("GET", url, auth=self._auth if with_auth else None) as answer:
                if answer.status_code in _REDIRECTS:
                    return answer.headers.get("Location", "")
                if answer.status_code != 200:
                    raise _unfetched(answer)
                return await _capped(answer)
        except httpx2.HTTPError as error:
            raise NotNow(f"a file could not be fetched: {type(error).__name__}") from error
        except (ValueError, httpx2.InvalidURL) as error:
            raise Refused("a file's address is none") from error

    def _own(self, url: str) -> str:
        """The media URL, if it is Twilio's (or the stand-in's). Raises Refused: any other host is an attempt to misuse us."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise Refused("a file's address is none") from None
        if parts.username or parts.password or "\\" in url:
            raise Refused("a file's address carries credentials")
        if self._base:
            base = urlsplit(self._base)
            if host in _HOSTS and parts.scheme == "https":
                return f"{self._base}{parts.path}{'?' + parts.query if parts.query else ''}"
            if (parts.scheme, host, port) == (base.scheme, base.hostname, base.port):
                return url
        elif parts.scheme == "https" and port in (None, 443) and host.endswith(".twilio.com"):
            return url
        raise Refused("a file's address is not Twilio's")

    def _check_redirect(self, url: str) -> None:
        """Twilio sends to the web, never into a house: https and a host name, or the stand-in's own machine."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise Refused("a file is redirected nowhere") from None
        if self._base and host == urlsplit(self._base).hostname:
            return
        is_name = "." in host and not host.replace(".", "").isdigit() and ":" not in host
        if parts.scheme != "https" or not is_name or host.endswith((".local", ".internal", ".localhost")):
            raise Refused("a file is redirected to where nothing is fetched from")

    async def close(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()


async def _capped(answer: httpx2.Response) -> bytes:
    if int(answer.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise Refused("a file is larger than 16 MiB")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused("a file is larger than 16 MiB")
    return bytes(body)


def _unfetched(answer: httpx2.Response) -> ChannelError:
    """A file may not be there yet right after its webhook (404); what is gone stays gone (410)."""
    status = answer.status_code
    text = f"Twilio answered {status} for a file"
    is_later = status in (401, 403, 404, 408, 409, 425, 429) or status >= 500
    return NotNow(text, _retry_after(answer)) if is_later else Refused(text)


def _document(answer: httpx2.Response) -> Document | None:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _code(found: Document | None) -> int:
    code = (found or {}).get("code")
    return code if isinstance(code, int) else 0


def _retry_after(answer: httpx2.Response) -> float:
    said = answer.headers.get("Retry-After", "")
    return float(said) if said.isascii() and said.isdigit() else 0.0
