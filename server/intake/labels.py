"""The return slip of the embedded store: a page that a shopper prints and puts on the parcel.

Its address is signed, so it opens for whoever holds the link and for nobody who guesses; it shows what the parcel needs and no
more. Labels of real carriers come from their own services.
"""

import hashlib
from html import escape
from importlib.resources import files
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.answering.words.spoken import day
from server.commerce.business import local_day
from server.commerce.changes import identifier
from server.commerce.model import OrderSnapshot, Return
from server.settings import Settings
from server.web import error_response, services_of

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(settings.server.secret_keys),
        salt="return-label-v1",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def label_url(settings: Settings, order_id: str, key: str) -> str:
    """Where the slip of the return opened under `key` can be printed."""
    return f"{settings.public_url}/labels/{_signer(settings).dumps([order_id, identifier('RMA', key)])}"


async def label(request: Request) -> Response:
    """`GET /labels/{token}`: the slip; 404 for anything that we did not sign."""
    services = services_of(request.scope)
    try:
        order_id, rma = _signer(services.settings).loads(request.path_params["token"])
    except (BadSignature, ValueError, TypeError):
        return error_response(404, "not_found", "there is no such label")
    order = await services.store.order(str(order_id))
    found = next((each for each in order.returns if each.id == rma), None) if order else None
    if order is None or found is None:
        return error_response(404, "not_found", "there is no such label")
    page = _page(order, found, services.settings)
    return HTMLResponse(
        page, headers={"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    )


async def style(_request: Request) -> Response:
    """`GET /labels/style.css`."""
    text = files("server.intake").joinpath("label.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def _page(order: OrderSnapshot, found: Return, settings: Settings) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in _items(order, found))
    due = ""
    if found.due_by is not None:
        when = local_day(found.due_by, order.tz)
        due = f"<p>Please send it by <strong>{escape(day(when, 'en', order.as_of))}</strong>.</p>"
    sender = ", ".join(
        part for part in (order.ship_to.name, order.ship_to.city, order.ship_to.region, order.ship_to.country) if part
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Return {escape(found.id)}</title><link rel="stylesheet" href="/labels/style.css"></head>
<body><main><header><h1>{escape(settings.shop.name)}</h1><p>Return slip</p></header>
<p class="rma">{escape(found.id)}</p>
<dl><dt>To</dt><dd>Returns, {escape(settings.shop.name)}</dd><dt>From</dt><dd>{escape(sender)}</dd>
<dt>Order</dt><dd>{escape(order.number)}</dd></dl>
<h2>In this parcel</h2><ul>{items}</ul>{due}
<p class="hint">Print this page, put it into the parcel, and hand the parcel to the carrier.</p></main></body></html>"""


def _items(order: OrderSnapshot, found: Return) -> list[str]:
    named = [(order.line(each.line_id), each.quantity) for each in found.lines]
    return [f"{quantity} × {line.title}" for line, quantity in named if line is not None]
