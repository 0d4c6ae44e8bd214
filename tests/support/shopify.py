"""A stand-in for Shopify's Admin API: a real server on loopback that checks everything it is sent.

It takes no document that is not byte for byte one of our operations, checks variables against the schema, tokens, version
and content type, charges a cost bucket, and writes down in `problems` whatever it refused; a test that leaves a problem
there has failed. `put` takes an order in our own raw format. Scenes are set by attributes of it and of its `shop`:
`only_validated` makes it a shop that knows nothing but the validated operations, and says so as Shopify does.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from server.commerce.connectors.shopify.operations import OPERATIONS, Operation
from server.settings import ShopifySettings
from tests.support.shopify_documents import is_validated
from tests.support.shopify_shop import IdempotencyError, Misuse, Raw, ShopifyShop

SCHEMA = graphql.build_schema(Path(__file__).with_name("shopify_schema.graphql").read_text(encoding="utf-8"))
_DOCUMENTS = {each.document: (each, graphql.parse(each.document)) for each in OPERATIONS.values()}
_NEEDS = {
    "order_state": ("read_returns", ["order", "returns"]),
    "order_back": ("read_returns", ["order", "returns"]),
    "order_returns": ("read_returns", ["order", "returns"]),
    "return_marks": ("read_returns", ["order", "returns"]),
    "label": ("write_returns", ["reverseDeliveryCreateWithShipping"]),
    "tags": ("write_orders", ["tagsAdd"]),
    "returnable": ("read_returns", ["returnableFulfillments"]),
    "returnCreate": ("write_returns", ["returnCreate"]),
    "refundCreate": ("write_orders", ["refundCreate"]),
    "cancel": ("write_orders", ["orderCancel"]),
    "credits": ("read_store_credit_account_transactions", ["customer", "storeCreditAccounts"]),
    "credit": ("write_store_credit_account_transactions", ["storeCreditAccountCredit"]),
    "products": ("read_products", ["products"]),
}
_SORT = {
    "HAPPENED_AT": "happenedAt",
    "PROCESSED_AT": "processedAt",
    "UPDATED_AT": "updatedAt",
    "CREATED_AT": "createdAt",
}
_UNDEFINED = {
    "errors": [
        {
            "message": "Field 'novelty' doesn't exist on type 'Order'",
            "locations": [{"line": 3, "column": 5}],
            "path": ["query", "order", "novelty"],
            "extensions": {"code": "undefinedField", "typeName": "Order", "fieldName": "novelty"},
        }
    ]
}
"""What Shopify says of a field that its version does not have: no data at all, with status 200."""


class Call(NamedTuple):
    """One operation that was asked for."""

    key: str
    variables: dict[str, Any]


class Ledger:
    """The ledger of writes, in memory."""

    def __init__(self) -> None:
        self.sent: dict[str, dict[str, Any] | None] = {}

    async def look_up(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """(was it sent before, its result if that is known)."""
        return key in self.sent, self.sent.get(key)

    async def note_sent(self, key: str, name: str, subject: str, at: datetime) -> bool:
        """Remember that it is about to be sent."""
        is_new = key not in self.sent
        self.sent.setdefault(key, None)
        return is_new

    async def keep(self, key: str, result: dict[str, Any]) -> None:
        """Remember its result, as a database would: as JSON."""
        self.sent[key] = json.loads(json.dumps(result))

    async def forget(self, key: str) -> None:
        """It was certainly not done."""
        self.sent.pop(key, None)


class _Dropped(Response):
    """An answer whose connection ends before its body does."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"5000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise ConnectionResetError("the stand-in drops this connection, as it was told to")


class ShopifyStandIn:
    """Shopify. `seconds` tells the cost bucket how time passes; replace it to let no point come back."""

    def __init__(self) -> None:
        self.shop = ShopifyShop()
        self.token = "shpat_pasted"
        self.client_id = "app-1"
        self.secret = "app-secret"
        self.version = "2026-07"
        self.answered_version = "2026-07"
        self.calls: list[Call] = []
        self.problems: list[str] = []
        self.tokens_given = 0
        self.fetched_tokens: set[str] = set()
        self.token_life_s = 86_399
        self.gives_good_tokens = True
        self.maximum = 20_000.0
        self.level = 20_000.0
        self.restore_rate = 1_000.0
        self.seconds: Callable[[], float] = time.monotonic
        self.throttle_status = 200
        self.throttle_times = 0
        self.fail_with: list[int] = []
        self.slow_s = 0.0
        self.slow: dict[str, float] = {}
        self.broken: dict[str, int] = {}
        self.only_validated = False
        self.refused: list[str] = []
        self.drop_after: dict[str, int] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.on_commit: Callable[[str], Awaitable[None]] | None = None
        self._filled_at = self.seconds()
        self.app = Starlette(
            routes=[
                Route("/admin/oauth/access_token", self._give_token, methods=["POST"]),
                Route("/admin/api/{version}/graphql.json", self._graphql, methods=["POST"]),
            ]
        )

    def settings(self, url: str, *, pasted: bool = True) -> ShopifySettings:
        """Settings that connect to this stand-in."""
        return ShopifySettings(
            shop=self.shop.domain,
            token=self.token if pasted else "",
            client_id="" if pasted else self.client_id,
            secret=self.secret,
            api_version=self.version,
            api_url=url,
        )

    def put(self, document: Raw) -> None:
        """Take an order in our own raw format; it is shown as Shopify would show it."""
        self.shop.put(document)

    def asked(self, key: str) -> list[dict[str, Any]]:
        """The variables of every call of this operation."""
        return [each.variables for each in self.calls if each.key == key]

    def expire_tokens(self) -> None:
        """Every token that was given so far is refused from now on."""
        self.fetched_tokens.clear()

    def emit(
        self,
        topic: str,
        payload: Mapping[str, Any] | bytes,
        *,
        secret: str | None = None,
        tamper: bool = False,
        webhook_id: str = "b1",
        shop: str | None = None,
        header_style: str = "x",
    ) -> tuple[dict[str, str], bytes]:
        """A webhook as it is delivered: headers with names in lower case, and the body."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        digest = hmac.digest((secret or self.secret).encode(), body, hashlib.sha256)
        told = {
            "hmac-sha256": base64.b64encode(digest).decode(),
            "topic": topic,
            "shop-domain": shop or self.shop.domain,
            "webhook-id": webhook_id,
            "api-version": self.version,
            "triggered-at": "2026-11-20T18:00:00.000Z",
        }
        prefix = "x-shopify-" if header_style == "x" else "shopify-"
        return {prefix + name: value for name, value in told.items()}, body + b" " if tamper else body

    # The two addresses

    async def _give_token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        wanted = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret}
        if form != wanted:
            return JSONResponse({"error": "application_cannot_be_found"}, status_code=400)
        self.tokens_given += 1
        token = f"shpat_{self.tokens_given}"
        if self.gives_good_tokens:
            self.fetched_tokens.add(token)
        return JSONResponse({"access_token": token, "scope": "read_orders", "expires_in": self.token_life_s})

    async def _graphql(self, request: Request) -> Response:
        body = await request.body()
        response = await self._answer(request, body)
        response.headers["X-Shopify-API-Version"] = self.answered_version
        return response

    async def _answer(self, request: Request, body: bytes) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        if self.fail_with:
            return Response("<html>Bad gateway</html>", status_code=self.fail_with.pop(0), media_type="text/html")
        found = _DOCUMENTS.get(self._query(body))
        if found is None:
            return self._problem("a document that is none of our operations")
        operation, document = found
        raw = json.loads(body)
        if set(raw) != {"query", "operationName", "variables"} or raw["operationName"] != operation.name:
            return self._problem(f"{operation.key}: not query, operationName and variables")
        if self.only_validated and not is_validated(operation.name, operation.document):
            self.refused.append(operation.key)
            return JSONResponse(_UNDEFINED)
        if operation.key in self.broken:
            return JSONResponse({}, status_code=self.broken[operation.key])
        if (throttled := self._throttled(operation)) is not None:
            return throttled
        if pause := self.slow.get(operation.key, self.slow_s):
            await asyncio.sleep(pause)
        return await self._carry_out(operation, document, raw["variables"])

    def _refused(self, request: Request) -> Response | None:
        token = request.headers.get("x-shopify-access-token", "")
        if request.headers.get("content-type") != "application/json":
            return self._problem("the content type is not application/json")
        if request.path_params["version"] != self.version or request.url.query:
            return self._problem(f"the address {request.url.path} is not ours, or has a query")
        if token not in {self.token, *self.fetched_tokens}:
            return JSONResponse({"errors": "[API] Invalid API key or access token"}, status_code=401)
        return None

    def _query(self, body: bytes) -> str:
        try:
            raw = json.loads(body)
        except ValueError:
            return ""
        return str(raw.get("query")) if isinstance(raw, dict) else ""

    def _problem(self, text: str) -> Response:
        self.problems.append(text)
        return JSONResponse({"errors": [{"message": text}]}, status_code=400)

    # The cost bucket

    def _throttled(self, operation: Operation) -> Response | None:
        now = self.seconds()
        self.level = min(self.maximum, self.level + (now - self._filled_at) * self.restore_rate)
        self._filled_at = now
        if self.throttle_times > 0:
            self.throttle_times -= 1
        elif self.level >= operation.cost:
            self.level -= operation.cost
            return None
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        body = {"errors": [error], "extensions": {"cost": self._cost(operation, None)}}
        headers = {"Retry-After": "0.3"} if self.throttle_status == 429 else {}
        return JSONResponse(body, status_code=self.throttle_status, headers=headers)

    def _cost(self, operation: Operation, actual: int | None) -> dict[str, Any]:
        status = {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.level),
            "restoreRate": self.restore_rate,
        }
        return {"requestedQueryCost": operation.cost, "actualQueryCost": actual, "throttleStatus": status}

    # Carrying out

    async def _carry_out(
        self, operation: Operation, document: graphql.DocumentNode, variables: dict[str, Any]
    ) -> Response:
        scope, path = _NEEDS.get(operation.key, ("", []))
        if scope and scope not in self.shop.scopes:
            return JSONResponse(_denied(scope, path))
        if (wrong := _misused(operation, variables)) is not None:
            return self._problem(f"{operation.key}: {wrong}")
        self.calls.append(Call(operation.key, variables))
        self.before.pop(operation.key, lambda: None)()
        body = self._execute(operation, document, variables)
        if operation.is_mutation and self.on_commit is not None:
            await self.on_commit(operation.key)
        if self.drop_after.get(operation.key, 0) > 0:
            self.drop_after[operation.key] -= 1
            return _Dropped()
        actual = max(1, operation.cost // 10)
        self.level = min(self.maximum, self.level + operation.cost - actual)
        return JSONResponse({**body, "extensions": {"cost": self._cost(operation, actual)}})

    def _execute(
        self, operation: Operation, document: graphql.DocumentNode, variables: dict[str, Any]
    ) -> dict[str, Any]:
        self.shop.key = str(variables.get("key", ""))
        suggested = {"suggestedRefund": lambda order: lambda **_: self.shop.suggested(order)}
        result = graphql.execute_sync(
            SCHEMA,
            document,
            self.shop.root(),
            variable_values=variables,
            field_resolver=lambda source, info, **given: _resolve(source, info, given, suggested),
            type_resolver=lambda value, *_: value["__typename"],
        )
        for error in result.errors or []:
            if isinstance(error.original_error, IdempotencyError):
                return {"errors": [{"message": "Idempotency", "extensions": {"code": str(error.original_error)}}]}
            self.problems.append(f"{operation.key}: {error.message}")
        if result.errors:
            return {"errors": [{"message": each.message} for each in result.errors]}
        return {"data": result.data}


def _denied(scope: str, path: list[str]) -> dict[str, Any]:
    extensions = {"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."}
    error = {"message": f"Access denied for {path[-1]} field.", "path": path, "extensions": extensions}
    return {"errors": [error], "data": {path[0]: None}}


def _misused(operation: Operation, variables: dict[str, Any]) -> str | None:
    """What the schema cannot say."""
    if operation.key == "refundCreate":
        if "@idempotent(key: $key)" not in operation.document:
            return "no idempotent directive"
        try:
            uuid.UUID(str(variables.get("key")))
        except ValueError:
            return "the idempotency key is no UUID"
    text = json.dumps(variables)
    return "pieces below one" if '"quantity": 0' in text or '"quantity": -' in text else None


def _resolve(
    source: Any,
    info: graphql.GraphQLResolveInfo[Any],
    given: dict[str, Any],
    computed: Mapping[str, Callable[..., Any]],
) -> Any:
    name = info.field_name
    if name in computed and name not in source:
        return computed[name](source)(**given)
    value = source[name]
    if callable(value):
        value = value(**given)
    if not isinstance(value, list):
        return value
    is_connection = graphql.get_named_type(info.return_type).name.endswith("Connection")
    return _page(value, name, given) if is_connection else value[: given.get("first")]


def _page(items: list[Any], name: str, given: dict[str, Any]) -> dict[str, Any]:
    """One page of a connection; cursors are opaque and fit only where they came from."""
    by = _SORT.get(given.get("sortKey") or "")
    ordered = sorted(items, key=lambda each: str(each[by])) if by else list(items)
    if given.get("reverse"):
        ordered.reverse()
    first = given.get("first")
    if first is None or not 1 <= first <= 250:
        raise Misuse(f"{name} needs first, up to 250")
    start = 0
    if given.get("after"):
        where, _, position = base64.b64decode(given["after"]).decode().partition(":")
        if where != name:
            raise Misuse(f"a cursor of {where} for {name}")
        start = int(position)
    end = start + first
    cursor = base64.b64encode(f"{name}:{end}".encode()).decode()
    info = {"hasNextPage": end < len(ordered), "endCursor": cursor if ordered else None}
    return {"nodes": ordered[start:end], "pageInfo": info}
