"""Twilio's REST API for calls, as far as a telephone needs it: begin, change and look up calls, fetch a recording.

Every request has a deadline of its own; whether Twilio did what it did not answer is `OutcomeUnknown`, for there is no idempotency
key: who begins a call asks `recent` before a second try. Nothing is followed to another host.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2

from channels.errors import NotNow, OutcomeUnknown, Refused

_API: Final = "https://api.twilio.com"
_CONNECT_S: Final = 3.0
_ANSWER_S: Final = 10.0
_LARGEST: Final = 16 * 1024 * 1024
_OURS: Final = ".twilio.com"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose calls they are. `api_url` replaces Twilio's, for tests."""

    sid: str
    token: str
    api_url: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A call as Twilio knows it. `began_at` is None where it has not begun."""

    sid: str
    status: str
    began_at: datetime | None


class Calls:
    """The calls of an account. Raises ChannelError and nothing else on purpose."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._base = (account.api_url or _API).rstrip("/")
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def begin(self, to: str, caller: str, url: str, status: str, *, ring_s: int = 20) -> str:
        """Ring `to`; whoever answers is told what `url` says. The id of the call."""
        fields = [
            ("To", to), ("From", caller), ("Url", url), ("Method", "POST"), ("Timeout", str(ring_s)),
            ("StatusCallback", status), ("StatusCallbackMethod", "POST"),
            *(("StatusCallbackEvent", each) for each in ("initiated", "ringing", "answered", "completed")),
        ]  # fmt: skip
        found = await self._asked("POST", "Calls.json", fields)
        return str(found["sid"])

    async def end(self, sid: str) -> None:
        """Hang up. A call that is over already is left as it is (error 21220)."""
        try:
            await self._asked("POST", f"Calls/{quote(sid, safe='')}.json", [("Status", "completed")])
        except Refused as error:
            if "21220" not in str(error) and "404" not in str(error):
                raise

    async def recent(self, to: str, since: datetime) -> list[Placed]:
        """Calls to a number that began since a time, or have not begun yet, newest first."""
        day = since.astimezone(UTC).date().isoformat()
        found = await self._asked("GET", "Calls.json", [("To", to), ("StartTime>", day), ("PageSize", "50")])
        placed = [
            Placed(str(each["sid"]), str(each["status"]), _moment(each.get("start_time")))
            for each in found.get("calls", ())
        ]
        return [each for each in placed if each.began_at is None or each.began_at >= since]

    async def recording(self, url: str) -> bytes:
        """The bytes of a recording, as MP3. Raises Refused for an address that is not Twilio's."""
        host, base = urlsplit(url).hostname or "", urlsplit(self._base).hostname
        if host != base and not host.endswith(_OURS):
            raise Refused("a recording is fetched from Twilio only")
        if self._account.api_url:
            parts = urlsplit(url)
            url = f"{self._base}{parts.path}"
        answer = await self._sent("GET", f"{url}.mp3", [])
        if len(answer.content) > _LARGEST:
            raise Refused("the recording is larger than a file may be")
        return answer.content

    async def close(self) -> None:
        """Let go of every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _asked(self, method: str, path: str, fields: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
        url = f"{self._base}/2010-04-01/Accounts/{self._account.sid}/{path}"
        answer = await self._sent(method, url, fields)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise OutcomeUnknown("Twilio answered with something that is no JSON")
        return found

    async def _sent(self, method: str, url: str, fields: Sequence[tuple[str, str]]) -> httpx2.Response:
        pairs: dict[str, list[str]] = {}
        for name, value in fields:
            pairs.setdefault(name, []).append(value)
        client = await self._open()
        try:
            if method == "GET":
                answer = await client.get(url, params=pairs or None)
            else:
                answer = await client.post(url, data=pairs)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            raise NotNow("Twilio cannot be reached") from None
        except (httpx2.HTTPError, TimeoutError) as error:
            raise OutcomeUnknown(f"Twilio did not answer: {type(error).__name__}") from None
        return _good(answer)

    async def _open(self) -> httpx2.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._new)  # it reads certificates
            return self._client

    def _new(self) -> httpx2.AsyncClient:
        timeout = httpx2.Timeout(_ANSWER_S, connect=_CONNECT_S)
        auth = (self._account.sid, self._account.token)
        return httpx2.AsyncClient(auth=auth, timeout=timeout, follow_redirects=False, trust_env=False)


def _good(answer: httpx2.Response) -> httpx2.Response:
    """An answer that did what was asked. Raises ChannelError."""
    status = answer.status_code
    if status < 300:
        return answer
    if status == 429:
        raise NotNow("Twilio asks for a pause (429)", _seconds(answer.headers.get("retry-after", "")))
    if status >= 500:
        raise OutcomeUnknown(f"Twilio failed ({status})")
    raise Refused(f"Twilio refused it ({status}, error {_code(answer)})")


def _code(answer: httpx2.Response) -> str:
    try:
        return str(answer.json().get("code", ""))
    except (ValueError, AttributeError):
        return ""


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0


def _moment(text: object) -> datetime | None:
    """RFC 2822, as Twilio writes times."""
    try:
        return parsedate_to_datetime(str(text)) if text else None
    except ValueError:
        return None
