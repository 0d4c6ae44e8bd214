"""Speaks to one shop's Admin API: sends one of our operations, waits its turn, and tells apart how it can fail.

Five things can go wrong: no answer, an HTTP status that refuses us, top-level errors, errors of the input inside an
answer with status 200, and an answer in parts. None of them counts as success. Reads are repeated, writes only when
Shopify says that it did nothing. It knows operations by their keys and answers as plain JSON; what they mean is read
elsewhere. Tokens are never logged.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from server import telemetry
from server.clock import Clock
from server.commerce.connectors.shopify.governor import Governor
from server.commerce.connectors.shopify.operations import ENRICHMENTS, OPERATIONS, Operation
from server.commerce.connectors.shopify.tokens import Token
from server.commerce.outside import CHAT_WAIT_S, Outside, Priority, Reply
from server.errors import SettingsError, StoreError, StoreRefused, StoreUnavailable
from server.settings import ShopifySettings

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

VERSIONS: Final = ("2026-01", "2026-04", "2026-07", "2026-10")
IDEMPOTENCY: Final = "IDEMPOTENCY_"
"""How the codes of errors about an idempotency key begin."""
SHOP: Final = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")

_PATIENCE_S: Final[Mapping[Priority, float]] = {"chat": CHAT_WAIT_S, "webhook": 60.0, "delta": 300.0, "backfill": 900.0}
_READ_S: Final = 8.0
_WRITE_S: Final = 25.0
_WRITE_WAIT_S: Final = 60.0
_THROTTLED_TRIES: Final = 8
_REFUSED_FOR: Final = timedelta(hours=1)
_MORE_S: Final = 2.5
"""How long a shopper waits for an enrichment."""
_PASSING: Final = ("THROTTLED", "ACCESS_DENIED", "INTERNAL", "TIMEOUT", "SHOP_INACTIVE", IDEMPOTENCY)
"""How the codes of errors begin that say nothing about the document itself."""
_REFUSALS: Final = {
    401: "Shopify refuses our access token: paste a new one, or check client_id and secret",
    402: "the shop is frozen until its owner has paid Shopify",
    403: "Shopify refuses us: the app lacks an access scope, or was removed",
    404: "there is no such shop: check shopify.shop and shopify.api_version",
    423: "the shop is locked: its owner must speak with Shopify",
}
_log = logging.getLogger(__name__)


class AccessDenied(StoreUnavailable):
    """The token may not do this; `scope` is what Shopify says is missing."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"Shopify denies access: the app needs {scope or 'another access scope'}")
        self.scope = scope


class Throttled(StoreUnavailable):
    """Shopify did nothing because the cost bucket is empty."""


class Failed(StoreUnavailable):
    """The answer has errors at its top. `is_undone` = the operation certainly did nothing."""

    def __init__(self, operation: str, codes: Sequence[str], is_undone: bool) -> None:
        super().__init__(f"Shopify cannot answer {operation} ({', '.join(filter(None, codes)) or 'error'})")
        self.codes = frozenset(codes)
        self.is_undone = is_undone


class DocumentRefused(Failed):
    """The shop does not take the operation as it is written: its version lacks a field, or it costs too much."""


def check_shop(settings: ShopifySettings) -> str:
    """The base URL of the shop. Raises SettingsError before any URL is built from something that is no shop."""
    if not SHOP.fullmatch(settings.shop):
        raise SettingsError(f"shopify.shop: {settings.shop!r} is no shop; write name.myshopify.com")
    if settings.api_version not in VERSIONS:
        raise SettingsError(f"shopify.api_version: {settings.api_version!r} is none of {', '.join(VERSIONS)}")
    if not settings.token and not (settings.client_id and settings.secret):
        raise SettingsError("shopify: write a token, or client_id and secret")
    return settings.api_url or f"https://{settings.shop}"


class Client:
    """One shop's Admin API."""

    def __init__(self, settings: ShopifySettings, clock: Clock, governor: Governor | None = None) -> None:
        """Raises SettingsError."""
        self._outside = Outside("shopify", check_shop(settings), read_s=_READ_S)
        self._token = Token(settings, self._outside, clock)
        self._version = settings.api_version
        self._path = f"/admin/api/{settings.api_version}/graphql.json"
        self.governor = governor or Governor()
        self.more_s = _MORE_S
        self._clock = clock
        self._refused: dict[str, datetime] = {}
        self.answered_version: str | None = None

    @property
    def expected_version(self) -> str:
        """The version of the settings."""
        return self._version

    async def close(self) -> None:
        """Let go of connections."""
        await self._outside.close()

    async def read(self, key: str, variables: Mapping[str, object], priority: Priority = "chat") -> Json:
        """What a query answers (`data`). Raises StoreUnavailable, AccessDenied, DocumentRefused.

        An enrichment that was refused within the hour is not asked for again."""
        if key in self.refused:
            raise DocumentRefused(key, ("refused before",), is_undone=True)
        try:
            async with asyncio.timeout(_PATIENCE_S[priority]):
                return await self._ask(OPERATIONS[key], variables, priority)
        except TimeoutError:
            raise StoreUnavailable("Shopify did not answer in time") from None
        except DocumentRefused as error:
            if key in ENRICHMENTS:
                self._remember(key, error)
            raise

    async def more(self, key: str, variables: Mapping[str, object], priority: Priority = "chat") -> Json | None:
        """What an enrichment answers; None when the shop refuses it, or does not answer soon. Nothing hangs on it."""
        try:
            async with asyncio.timeout(self.more_s if priority == "chat" else None):
                return await self.read(key, variables, priority)
        except DocumentRefused:
            return None
        except (StoreUnavailable, TimeoutError) as error:
            _log.info("Shopify did not answer %s; we go on without it (%s)", key, type(error).__name__)
            return None

    async def beside(
        self, needful: Coroutine[Any, Any, T], key: str, variables: Mapping[str, object], priority: Priority = "chat"
    ) -> tuple[T, Json | None]:
        """What everything stands on, and an enrichment that is asked for meanwhile. Raises what `needful` raises."""
        try:
            async with asyncio.TaskGroup() as tasks:
                first = tasks.create_task(needful)
                more = tasks.create_task(self.more(key, variables, priority))
        except BaseExceptionGroup as group:
            raise next((each for each in group.exceptions if isinstance(each, StoreError)), group) from None
        return first.result(), more.result()

    @property
    def refused(self) -> frozenset[str]:
        """The enrichments that the shop refused within the last hour."""
        since = self._clock.now() - _REFUSED_FOR
        return frozenset(key for key, at in self._refused.items() if at > since)

    def _remember(self, key: str, error: DocumentRefused) -> None:
        if key not in self._refused:
            _log.warning("%s; orders are read without it", error)
        self._refused[key] = self._clock.now()

    async def write(self, key: str, variables: Mapping[str, object]) -> Json:
        """What a mutation answers. Raises StoreUnavailable when nobody knows whether it was done.

        Raises StoreRefused when it certainly was not: Shopify refused the token, the scope or the input, or is too busy;
        and Failed when the idempotency key was the reason."""
        try:
            async with asyncio.timeout(_WRITE_WAIT_S):
                return await self._ask(OPERATIONS[key], variables, "chat")
        except TimeoutError:
            raise StoreUnavailable("Shopify did not answer in time") from None
        except (AccessDenied, Throttled) as error:
            raise StoreRefused(str(error)) from None
        except Failed as error:
            if error.is_undone and not any(code.startswith(IDEMPOTENCY) for code in error.codes):
                raise StoreRefused(str(error)) from None
            raise

    async def _ask(self, operation: Operation, variables: Mapping[str, object], priority: Priority) -> Json:
        for _ in range(_THROTTLED_TRIES):
            body = await self._answer(operation, variables, priority)
            if not _is_throttled(body):
                return _data(body, operation)
            telemetry.throttled.labels("shopify").inc()
            await asyncio.sleep(self.governor.throttled_s(_requested(body, operation)))
        raise Throttled("Shopify is too busy; nothing was done")

    async def _answer(self, operation: Operation, variables: Mapping[str, object], priority: Priority) -> Json:
        await self.governor.admit(operation.cost, priority)
        status: Mapping[str, Any] | None = None
        try:
            reply = await self._send(operation, variables, priority)
            body = _body(reply)
            status = _cost(body).get("throttleStatus")
            return body
        finally:
            self.governor.answered(operation.cost, status if isinstance(status, dict) else None)

    async def _send(self, operation: Operation, variables: Mapping[str, object], priority: Priority) -> Reply:
        token = await self._token.get()
        reply = await self._post(operation, variables, priority, token)
        if reply.status == 401 and self._token.is_fetched:
            reply = await self._post(operation, variables, priority, await self._token.renew(token))
        self._check_version(reply)
        if reply.status in _REFUSALS:
            error = StoreRefused if operation.is_mutation else StoreUnavailable
            raise error(_REFUSALS[reply.status])
        if reply.status == 400:
            raise DocumentRefused(operation.key, ("400",), is_undone=True)
        return reply

    async def _post(
        self, operation: Operation, variables: Mapping[str, object], priority: Priority, token: str
    ) -> Reply:
        return await self._outside.call(
            "POST",
            self._path,
            body={"query": operation.document, "operationName": operation.name, "variables": variables},
            headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
            priority=priority,
            read_s=_WRITE_S if operation.is_mutation else _READ_S,
            is_read=not operation.is_mutation,
        )

    def _check_version(self, reply: Reply) -> None:
        """Shopify answers in another version when it no longer supports ours; then fields may mean something else."""
        answered = reply.headers.get("x-shopify-api-version")
        if answered is None:
            return
        if answered != self._version and answered != self.answered_version:
            _log.error("Shopify answers in API version %s, not %s: set shopify.api_version", answered, self._version)
        if answered != self._version:
            telemetry.errors.labels("shopify_version").inc()
        self.answered_version = answered


def _body(reply: Reply) -> Json:
    if reply.status != 200:
        raise StoreUnavailable(f"Shopify answered {reply.status}")
    body = reply.json()
    if not isinstance(body, dict):
        raise StoreUnavailable("Shopify's answer is no object")
    return body


def _errors(body: Json) -> Sequence[Json]:
    errors = body.get("errors")
    if isinstance(errors, list):
        return [each for each in errors if isinstance(each, dict)] or [{}][: len(errors)]
    return [{"message": str(errors)}] if errors else []


def _codes(body: Json) -> list[str]:
    extensions = [each.get("extensions") for each in _errors(body)]
    return [str(each.get("code") or "") if isinstance(each, dict) else "" for each in extensions]


def _is_throttled(body: Json) -> bool:
    return "THROTTLED" in _codes(body)


def _cost(body: Json) -> Json:
    extensions = body.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    return cost if isinstance(cost, dict) else {}


def _requested(body: Json, operation: Operation) -> float:
    requested = _cost(body).get("requestedQueryCost")
    return float(requested) if isinstance(requested, int | float) else operation.cost


def _data(body: Json, operation: Operation) -> Json:
    """The data of a whole answer; an answer in parts is none, because what is missing would look like nothing."""
    errors, codes = _errors(body), _codes(body)
    data = body.get("data")
    if "ACCESS_DENIED" in codes:
        raise AccessDenied(_required(errors[codes.index("ACCESS_DENIED")]))
    if errors and data is None and not any(code.startswith(_PASSING) for code in codes):
        raise DocumentRefused(operation.key, codes, is_undone="data" not in body)
    if errors:
        _log.error("Shopify fails at %s: %s", operation.key, ", ".join(filter(None, codes)) or "no code")
        is_undone = "data" not in body and "INTERNAL_SERVER_ERROR" not in codes
        raise Failed(operation.key, codes, is_undone)
    if not isinstance(data, dict):
        raise StoreUnavailable(f"Shopify's answer to {operation.key} holds no data")
    return data


def _required(error: Json) -> str:
    extensions = error.get("extensions")
    required = str(extensions.get("requiredAccess") or "") if isinstance(extensions, dict) else ""
    return ", ".join(re.findall(r"`(\w+)`", required)) or required[:100]
