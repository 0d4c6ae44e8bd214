"""What the doors of channel providers share: the URL that was signed, and storing a verified call before it is answered."""

import logging
from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import Scope

from memory import journal
from server import telemetry
from server.services import Services

_log = logging.getLogger("onethread.calling")


def signed_url(services: Services, scope: Scope, scheme: str = "") -> str:
    """PUBLIC_URL with the path and query as they were sent; forwarded headers never count. `scheme` replaces it (`wss`)."""
    raw: bytes = scope.get("raw_path") or str(scope["path"]).encode()
    query: bytes = scope.get("query_string", b"")
    path = (raw + (b"?" + query if query else b"")).decode("latin-1")
    base = services.settings.public_url
    return (f"{scheme}://{base.partition('://')[2]}" if scheme else base) + path


async def keep_call(services: Services, source: str, key: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Store a verified call under its own key and have it worked in; False when it was stored before. Raises StorageError.

    When this returns, it is on disk: only then the provider gets its 2xx."""
    now = services.clock.now()
    is_new = await services.database.write(lambda tx: journal.add_raw(tx, source, key[:200], headers, body, now))
    telemetry.hooks.labels(source, "accepted" if is_new else "repeated").inc()
    if is_new:
        services.bus.publish("calls")
    return is_new


def refused(request: Request, source: str, why: str) -> None:
    """Count and log a call that nobody may make; no word of its content."""
    telemetry.hooks.labels(source, "unsigned").inc()
    _log.warning("a call was refused", extra={"source": source, "why": why, "path": request.url.path[:80]})
