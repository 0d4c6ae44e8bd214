"""Carries the channels `inbound:<source>`: calls of senders with a secret come in, our answers are posted to their webhook.

A reply may be posted more than once; its `id` stays the same, so that whoever receives it can tell. Whatever the receiver did
not plainly take is posted again for a day and longer.
"""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from channels.channel import Channel
from channels.errors import NotNow, Refused
from channels.inbound.posted import CHANNEL, message, read
from channels.message import Capabilities, Media, Outbound, Parsed, ProviderId, RawCall

Sign = Callable[[str, str, bytes], str]
"""(secret, raw path with its query, body) -> value of X-Signature for a POST."""
SIGNATURE: Final = "X-Signature"
_CAN: Final = Capabilities(buttons=0, max_chars=4000, cards=False, typing=False, patience=timedelta(hours=26))
_NEVER: Final = frozenset({400, 410, 413, 422})
"""What says that the same body will not be taken tomorrow either. All else may be a mistake that somebody mends."""
_TIMEOUT: Final = httpx2.Timeout(10.0, connect=5.0)
_MOST_BYTES: Final = 16 * 1_048_576


class InboundProvider:
    """`secrets` are those of each source, the newest last; the newest signs. Without `reply_url` nothing can be answered there."""

    name = "inbound"

    def __init__(
        self, secrets: Mapping[str, Sequence[str]], reply_url: str, sign: Sign, *, allow_private: bool = False
    ) -> None:
        self.secrets = secrets
        self._reply_url = reply_url
        self._sign = sign
        self._allow_private = allow_private
        self._channels = {
            f"{CHANNEL}{source}": Channel(f"{CHANNEL}{source}", source.replace("-", " ").capitalize(), _CAN)
            for source in secrets
        }
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    @property
    def channels(self) -> Mapping[str, Channel]:
        """A channel for each source."""
        return self._channels

    def parse(self, call: RawCall) -> Parsed:
        """The one message of a call. Raises ValueError."""
        posted = read(call.body)
        if posted.source != call.door:
            raise ValueError(f"it names another source than {call.door}")
        return Parsed((message(posted, call.received_at),))

    async def send(self, outbound: Outbound) -> ProviderId:
        """Post a reply; its id there is its own. Raises NotNow, Refused."""
        source = outbound.channel.removeprefix(CHANNEL)
        secrets = self.secrets.get(source, ())
        if not self._reply_url or not secrets:
            raise Refused("nobody takes answers of this channel: set inbound.reply_url, or answer where it came from")
        body = json.dumps(_document(outbound, source), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": outbound.key,
            SIGNATURE: self._sign(secrets[-1], _path(self._reply_url), body),
        }
        try:
            async with (await self._open()).stream(
                "POST", self._reply_url, content=body, headers=headers, timeout=_TIMEOUT
            ) as answer:
                _check(answer.status_code, answer.headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:  # it knows the id, so again is harmless
            raise NotNow(f"the reply webhook cannot be reached ({type(error).__name__})") from None
        return ProviderId(outbound.key)

    async def find(self, outbound: Outbound) -> ProviderId | None:
        """Nobody can be asked; posted again under its id, a reply is known there."""
        return None

    async def fetch(self, media: Media) -> bytes:
        """A file from the address that its sender gave: https, a public address, no redirects. Raises Refused, NotNow."""
        target = await self._target(media.ref)
        try:
            async with (await self._open()).stream(
                "GET", target.url, headers={"Host": target.host}, extensions=target.extensions, timeout=_TIMEOUT
            ) as answer:
                if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
                    raise NotNow(f"the file's server answered {answer.status_code}")
                if answer.status_code != 200:
                    raise Refused(f"the file's server answered {answer.status_code}")
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise Refused("the file is larger than 16 MiB")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise NotNow(f"the file's server cannot be reached ({type(error).__name__})") from None
        return bytes(body)

    async def notice(self, channel: str, answers: str) -> None:
        """There is nothing to show."""

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _open(self) -> httpx2.AsyncClient:
        """The client, made at the first call and in a thread: it reads the certificates that are trusted."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(
                    httpx2.AsyncClient, follow_redirects=False, trust_env=False, headers={"User-Agent": "Onethread"}
                )
            return self._client

    async def _target(self, address: str) -> "_Target":
        """Where to connect: to the very address that was checked, so that a name cannot lead elsewhere a moment later."""
        parts = urlsplit(address)
        if not parts.hostname or (parts.scheme != "https" and not self._allow_private):
            raise Refused("a file is fetched by https only")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except OSError:
            raise NotNow("the file's server has no address") from None
        hosts = [str(each[4][0]) for each in found]
        if not self._allow_private and not all(
            ipaddress.ip_address(host.partition("%")[0]).is_global for host in hosts
        ):
            raise Refused("the file's server is at a private address")
        host = f"[{hosts[0]}]" if ":" in hosts[0] else hosts[0]
        path = _path(address)
        return _Target(f"{parts.scheme}://{host}:{port}{path}", parts.netloc.rpartition("@")[2], parts.hostname)


class _Target:
    """A checked address: the URL to connect to, the Host to name, and the name that its certificate must carry."""

    def __init__(self, url: str, host: str, name: str) -> None:
        self.url = url
        self.host = host
        self.extensions: dict[str, Any] = {"sni_hostname": name}


def _check(status: int, headers: Mapping[str, str]) -> None:
    """Whether a receiver took a reply. Raises Refused, NotNow."""
    if status in _NEVER:
        raise Refused(f"the reply webhook answered {status}")
    if not 200 <= status < 300:
        raise NotNow(f"the reply webhook answered {status}", _seconds(headers.get("retry-after", "")))
    if headers.get("content-type", "").lower().startswith("text/html"):
        raise NotNow("the reply webhook answered with a page, so somebody else stands before it")


def _document(outbound: Outbound, source: str) -> dict[str, Any]:
    """The body of a reply, as docs/channels/inbound.md shows it."""
    return {
        "id": outbound.key,
        "source": source,
        "conv": outbound.conv,
        "number": outbound.number,
        "answers": outbound.answers or None,
        "to": {"id": outbound.to.key.removeprefix(f"{source}:"), "name": outbound.to.profile_name},
        "author": {"type": outbound.author, "name": outbound.name},
        "text": outbound.text,
        "language": outbound.language,
    }


def _path(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _seconds(text: str) -> float:
    return min(3600.0, float(text)) if text.isascii() and text.isdigit() else 0.0
