"""The addresses of return slips: pages that a shopper prints, or shows on a phone, and puts on the parcel.

An address is signed, so it opens for whoever holds the link and for nobody who guesses. With `.svg` at its end it gives the
slip's code alone. Labels of real carriers come from their own services; what a slip shows is in `label_page`.
"""

import hashlib
from importlib.resources import files
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.commerce.changes import identifier
from server.commerce.model import OrderSnapshot, Return
from server.intake import label_page
from server.intake.label_words import reads
from server.settings import Settings
from server.web import error_response, services_of

_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_CODE: Final = ".svg"
_STYLE: Final = files("server.intake").joinpath("label.css").read_bytes()


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(settings.server.secret_keys),
        salt="return-label-v1",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def slip_url(settings: Settings, order_id: str, rma: str) -> str:
    """Where the slip of this return stands."""
    return f"{settings.public_url}/labels/{_signer(settings).dumps([order_id, rma])}"


def label_url(settings: Settings, order_id: str, key: str) -> str:
    """Where the slip of the return opened under `key` stands."""
    return slip_url(settings, order_id, identifier("RMA", key))


async def label(request: Request) -> Response:
    """`GET /labels/{token}`: the slip, or its code; 404 for anything that we did not sign."""
    token = request.path_params["token"]
    order, found = await _opened(request, token.removesuffix(_CODE))
    if order is None or found is None:
        return error_response(404, "not_found", "there is no such label")
    if token.endswith(_CODE):
        return _code(order, found)
    language = reads(order.locale, request.headers.get("accept-language", ""))
    page = label_page.page(order, found, services_of(request.scope).settings, language, f"/labels/{token}{_CODE}")
    headers = {**_HEADERS, "Content-Security-Policy": _POLICY, "Content-Language": language}
    return HTMLResponse(page, headers={**headers, "Vary": "Accept-Language"})


async def style(_request: Request) -> Response:
    """`GET /labels/style.css`."""
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def _code(order: OrderSnapshot, found: Return) -> Response:
    svg = label_page.code_svg(label_page.code_text(order, found))
    return Response(svg, media_type="image/svg+xml", headers=_HEADERS)


async def _opened(request: Request, token: str) -> tuple[OrderSnapshot | None, Return | None]:
    """The order and the return that the token names; None for what we did not sign, or cannot find."""
    services = services_of(request.scope)
    try:
        order_id, rma = _signer(services.settings).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None, None
    order = await services.store.order(str(order_id))
    return order, next((each for each in order.returns if each.id == rma), None) if order else None
