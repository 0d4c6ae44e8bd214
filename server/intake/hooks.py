"""The doors of shops, carriers, warehouses and payment providers: signed calls, stored before they are answered.

A call is verified over its raw bytes before anything else looks at them, stored once under its own key, and answered when
it is on disk. What it means is worked out elsewhere (`server.calls`). What is not connected has no door here.
"""

import hashlib
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from memory import journal
from memory.errors import StorageError
from server import telemetry
from server.commerce.carriers.update import CarrierHooks
from server.commerce.connectors.platform import Hooks
from server.commerce.signing import HEADER, is_signed
from server.services import Services
from server.web import MIB, error_response, services_of

_log = logging.getLogger("onethread.hooks")
BODY_LIMITS: Final = {
    **{f"/webhooks/orders/{name}": 2 * MIB for name in ("shopify", "woocommerce", "generic")},
    **{f"/webhooks/carriers/{name}": 2 * MIB for name in ("easypost", "aftership", "shippo", "17track", "clickpost")},
}
"""An order of a thousand lines, a parcel with its whole history."""

SETTLE: Final = timedelta(seconds=1)
"""Shops send several calls about one change: they are worked in together after so long."""

_KEPT_HEADERS: Final = ("-topic", "-shop-domain", "-triggered-at", "-webhook-id", "-event-id", "-resource", "-event")


def routes() -> list[BaseRoute]:
    """The webhook doors."""
    return [
        Route("/webhooks/orders/{name}", orders, methods=["POST"]),
        Route("/webhooks/carriers/{name}", carriers, methods=["POST"]),
        Route("/webhooks/warehouse/generic", notices, methods=["POST"]),
        Route("/webhooks/payments/generic", notices, methods=["POST"]),
    ]


async def orders(request: Request) -> Response:
    """`POST /webhooks/orders/{shopify|woocommerce|generic}`: something of an order changed."""
    services = services_of(request.scope)
    hooks = services.connections.orders.get(request.path_params["name"])
    if hooks is None:
        return _unknown()
    body, headers = await request.body(), _headers(request)
    if hooks.is_ping(headers, body):
        return Response(status_code=200)
    return await _take(request, f"orders/{request.path_params['name']}", headers, body, hooks, SETTLE)


async def carriers(request: Request) -> Response:
    """`POST /webhooks/carriers/{name}`: somebody scanned a parcel."""
    services = services_of(request.scope)
    hooks = services.connections.carriers.get(request.path_params["name"])
    if hooks is None:
        return _unknown()
    body = await request.body()
    return await _take(request, f"carriers/{request.path_params['name']}", _headers(request), body, hooks, timedelta())


async def notices(request: Request) -> Response:
    """`POST /webhooks/{warehouse|payments}/generic`: what the warehouse or the payment provider did."""
    services = services_of(request.scope)
    source = request.url.path.split("/")[2]
    secrets = services.connections.notices.get(source)
    if not secrets:
        return _unknown()
    body, headers = await request.body(), _headers(request)
    signature = headers.get(HEADER.lower())
    signed = is_signed(secrets, signature, "POST", _path(request), body, services.clock.now())
    key = hashlib.sha256(body).hexdigest() if signed else None
    return await _keep(services, source, headers, body, key, timedelta())


async def _take(
    request: Request,
    source: str,
    headers: Mapping[str, str],
    body: bytes,
    hooks: Hooks | CarrierHooks,
    delay: timedelta,
) -> Response:
    services = services_of(request.scope)
    signed = hooks.is_signed(headers, body, services.clock.now(), _path(request))
    return await _keep(services, source, headers, body, hooks.dedupe_key(headers, body) if signed else None, delay)


async def _keep(
    services: Services, source: str, headers: Mapping[str, str], body: bytes, key: str | None, delay: timedelta
) -> Response:
    """Store a call under its key, None = nobody signed it; answered only when it is on disk."""
    if key is None:
        telemetry.hooks.labels(source, "unsigned").inc()
        _log.warning("a call was not signed by whom it says", extra={"source": source})
        return error_response(401, "signature", "the signature does not fit the body")
    now = services.clock.now()
    kept = {name: value for name, value in headers.items() if name.endswith(_KEPT_HEADERS)}
    try:
        is_new = await services.database.write(lambda tx: journal.add(tx, source, key[:200], kept, body, now, delay))
    except ValueError:
        telemetry.hooks.labels(source, "malformed").inc()
        return error_response(400, "malformed", "the body is not UTF-8 text")
    except StorageError:
        telemetry.hooks.labels(source, "failed").inc()
        return error_response(503, "unavailable", "try again", {"Retry-After": "5"})
    telemetry.hooks.labels(source, "accepted" if is_new else "repeated").inc()
    if is_new:
        services.bus.publish("calls")
    return Response(status_code=200)


def _unknown() -> Response:
    return error_response(404, "not_found", "there is nothing here")


def _headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _path(request: Request) -> str:
    """The path that was signed: as it was sent, with its query."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return (raw + (b"?" + query if query else b"")).decode("latin-1")
