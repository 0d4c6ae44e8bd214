"""What the demo's doors share: who may press a button, and how a refusal looks."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

GUARD_HEADER: Final = "x-onethread-demo"
NO_STORE: Final = {"cache-control": "no-store"}


def is_ours(request: Request) -> bool:
    """True for a request of our own page: a custom header (which forces a preflight) and no foreign origin."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return request.headers.get(GUARD_HEADER) == "1" and same_site and origin in (None, own)


def problem(status: int, message: str) -> Response:
    """A refusal in words."""
    return JSONResponse({"error": message}, status_code=status, headers=NO_STORE)
