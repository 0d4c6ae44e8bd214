"""Signed calls to a shop's own system, and what its status codes mean.

Every request carries `X-Signature` over its method, raw path with query, and body. 404 is "there is none" only where one
thing was asked for by its id. Messages name paths without their queries: queries hold addresses of shoppers.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from server.clock import Clock
from server.commerce.outside import Outside, Priority, Reply
from server.commerce.signing import HEADER, TOLERANCE, sign
from server.errors import StoreRefused, StoreUnavailable
from server.settings import RestSettings

Json: TypeAlias = dict[str, Any]
_MOST_PAGES: Final = 10_000
_LONGEST: Final = 300
_NOT_OFFERED: Final = frozenset({404, 405, 501})
_NOT_ASKED: Final = _NOT_OFFERED | {400, 422}


class Calls:
    """One shop system at its base URL."""

    def __init__(self, settings: RestSettings, clock: Clock, read_s: float) -> None:
        """`read_s` is how long an answer may take."""
        self._secret = settings.secret
        self._clock = clock
        self._outside = Outside("rest", settings.url, allow_private=settings.allow_private, read_s=read_s)
        self._prefix = urlsplit(self._outside.base_url).path

    async def close(self) -> None:
        """Let go of connections."""
        await self._outside.close()

    async def one(self, path: str, priority: Priority = "chat") -> object | None:
        """What stands at a path; None when nothing does. Raises StoreUnavailable."""
        reply = await self._get(path, {}, priority)
        return None if reply.status in (404, 410) else _value(_good(reply, path), path)

    async def maybe_one(self, path: str, priority: Priority = "chat") -> object | None:
        """As `one`, where the shop may not offer the path at all."""
        reply = await self._get(path, {}, priority)
        return None if reply.status in _NOT_OFFERED else _value(_good(reply, path), path)

    async def pages(
        self,
        path: str,
        params: Mapping[str, str],
        priority: Priority = "chat",
        *,
        most: int = _MOST_PAGES,
        is_optional: bool = False,
    ) -> AsyncIterator[list[Any]]:
        """The lists behind a path, page by page: `{"orders": [...], "next": "..."}`, or a list alone.

        `is_optional` = none where the shop does not offer this question."""
        name = path.rpartition("/")[2]
        after: str | None = None
        seen: set[str] = set()
        for _ in range(most):
            reply = await self._get(path, {**params, **({"after": after} if after else {})}, priority)
            if is_optional and after is None and reply.status in _NOT_ASKED:
                return
            listed, after = _page(_value(_good(reply, path), path), name, path)
            yield listed
            if after is None or after in seen:
                return
            seen.add(after)

    async def offers(self, path: str, params: Mapping[str, str], priority: Priority = "delta") -> bool:
        """Whether the shop answers this question at all. Raises StoreUnavailable when it does not answer now."""
        reply = await self._get(path, params, priority)
        if reply.status in _NOT_ASKED:
            return False
        _good(reply, path)
        return True

    async def post(self, path: str, key: str, body: bytes) -> Json:
        """A write under our key. Raises StoreRefused when the shop said no, StoreUnavailable when nobody knows."""
        headers = {**self._signed("POST", path, body), "Idempotency-Key": key, "Content-Type": "application/json"}
        reply = await self._outside.call("POST", path, content=body, headers=headers)
        if reply.status in (400, 404, 405, 410, 422, 501):
            raise StoreRefused(_reason(reply))
        answer = _value(_good(reply, path), path)
        if not isinstance(answer, dict):
            raise StoreUnavailable(f"rest: the answer to POST {path} must be an object")
        return answer

    async def _get(self, path: str, params: Mapping[str, str], priority: Priority) -> Reply:
        whole = f"{path}?{urlencode(params, quote_via=quote)}" if params else path
        at = self._clock.now()
        reply = await self._outside.call("GET", whole, headers=self._signed("GET", whole, b""), priority=priority)
        if reply.status == 401 and self._clock.now() - at >= TOLERANCE:  # it was told to wait, and the signature aged
            reply = await self._outside.call("GET", whole, headers=self._signed("GET", whole, b""), priority=priority)
        return reply

    def _signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        return {HEADER: sign(self._secret, method, self._prefix + path, body, self._clock.now())}


def segment(text: str) -> str:
    """An id as one segment of a path."""
    quoted = quote(text, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _good(reply: Reply, path: str) -> Reply:
    if reply.status in (401, 403):
        raise StoreUnavailable(
            f"rest: the shop refuses our signature ({reply.status}): check rest.secret and its clock"
        )
    if reply.status == 404:
        raise StoreUnavailable(f"rest: {path} is not there: check rest.url")
    if reply.status >= 300:
        raise StoreUnavailable(f"rest: {path} answered {reply.status}")
    return reply


def _value(reply: Reply, path: str) -> object:
    try:
        value: object = reply.json()
    except StoreUnavailable as error:
        raise StoreUnavailable(f"rest: {path}: {error}") from None
    except RecursionError:
        raise StoreUnavailable(f"rest: {path}: the answer is nested too deeply") from None
    return value


def _page(value: object, name: str, path: str) -> tuple[list[Any], str | None]:
    listed = value.get(name) if isinstance(value, dict) else value
    if not isinstance(listed, list):
        raise StoreUnavailable(f"rest: {path}: {name} must be a list")
    after = value.get("next") if isinstance(value, dict) else None
    return listed, str(after) if after not in (None, "") else None


def _reason(reply: Reply) -> str:
    """The shop's own words for its no, for agents."""
    try:
        answer = reply.json()
    except (StoreUnavailable, RecursionError):
        answer = None
    said = answer.get("error") if isinstance(answer, dict) else None
    words = " ".join(said.split())[:_LONGEST] if isinstance(said, str) else ""
    return f"the shop refused: {words}" if words else f"the shop refused ({reply.status})"
