"""Which pages may talk to the widget's doors: an exact match of scheme, host and port, nothing else."""

from starlette.types import Scope

from server.errors import RefusedInput
from server.settings import Settings
from server.web import header, own_origins


def is_allowed(settings: Settings, origin: str) -> bool:
    """Whether a page of this origin may use the widget; a missing or `null` origin may not."""
    return origin in settings.allowed_origins or origin in own_origins(settings)


def checked_origin(settings: Settings, scope: Scope) -> str:
    """The request's origin. Raises RefusedInput (`forbidden`)."""
    origin = header(scope, b"origin")
    if not is_allowed(settings, origin):
        raise RefusedInput("forbidden", "this page may not use the chat")
    return origin


def belongs(settings: Settings, scope: Scope, origin: str) -> bool:
    """Whether a request comes from the page that a ticket was given to.

    Browsers leave Origin out of a same-origin GET, but say so in Sec-Fetch-Site."""
    sent = header(scope, b"origin")
    if sent:
        return sent == origin
    is_same = header(scope, b"sec-fetch-site") == "same-origin" and scope["method"] == "GET"
    return is_same and origin in own_origins(settings)
