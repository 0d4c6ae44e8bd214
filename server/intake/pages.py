"""The widget's own files: the loader for shop pages, the frame's document, and its modules under a version.

What stands under a version never changes, so browsers keep it for good; the alias `/widget/loader.js` is looked at again
every five minutes.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from server.errors import RefusedInput
from server.intake.assets import Asset
from server.intake.doors import doors_of
from server.intake.session import site_of
from server.settings import Settings
from server.web import error_response, own_origins

_FRAME: Final = "app/frame.html"
_FOREVER: Final = "public, max-age=31536000, immutable"
_SHORT: Final = "public, max-age=300"


async def loader(request: Request) -> Response:
    """The loader by its lasting name."""
    return _shared(doors_of(request.scope).assets.files.get("loader.js"), _SHORT)


async def versioned(request: Request) -> Response:
    """A file under a version. Under another version than ours (a page from before an update) it is ours for a while."""
    assets, path = doors_of(request.scope).assets, request.path_params["path"]
    cache = _FOREVER if request.path_params["version"] == assets.version else _SHORT
    asset = assets.files.get(path)
    if path == "loader.js":
        return _shared(asset, cache)
    if asset is None or path == _FRAME:
        return error_response(404, "not_found")
    return Response(asset.body, headers={"Content-Type": asset.media_type, "Cache-Control": cache})


async def frame(request: Request) -> Response:
    """The chat's document for one site; only the shop's pages may show it."""
    doors = doors_of(request.scope)
    settings, assets = doors.services.settings, doors.assets
    try:
        site_of(settings, request.query_params.get("site"))
    except RefusedInput as error:
        return error_response(404, error.code, str(error))
    page = assets.files[_FRAME].body.replace(b"{{version}}", assets.version.encode())
    return Response(page, headers={"Content-Type": "text/html; charset=utf-8", **frame_headers(settings)})


def frame_headers(settings: Settings) -> dict[str, str]:
    """The headers of the chat's document."""
    return {
        "Content-Security-Policy": frame_policy(settings),
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Referrer-Policy": "strict-origin",
    }


def frame_policy(settings: Settings) -> str:
    """What the chat's document may load and who may show it."""
    socket = ("wss://" if settings.is_secure else "ws://") + urlsplit(settings.public_url).netloc
    parents = " ".join(sorted(settings.allowed_origins | own_origins(settings))) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
        f"media-src 'self' blob:; connect-src 'self' {socket}; form-action 'none'; base-uri 'none'; object-src 'none'; "
        f"frame-ancestors {parents}; require-trusted-types-for 'script'; trusted-types onethread"
    )


def _shared(asset: Asset | None, cache: str) -> Response:
    """A file that shop pages of any origin may load."""
    if asset is None:
        return error_response(404, "not_found")
    headers = {
        "Content-Type": asset.media_type,
        "Cache-Control": cache,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(asset.body, headers=headers)
