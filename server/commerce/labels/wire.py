"""Answers of label providers, read once at the edge: objects, lists, https links, and what an error says to an agent.

It knows the shapes that errors come in, not what was asked. Provider texts are cleaned and cut; bodies are never logged.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from server.commerce.outside import Reply
from server.errors import StoreRefused, StoreUnavailable

Object: TypeAlias = Mapping[str, Any]
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST: Final = 300
_UNSURE: Final = frozenset({408, 409, 425})
"""Statuses after which nobody knows whether it was done, or after which it may be done a moment later."""


def accepted(provider: str, reply: Reply) -> Object:
    """The answer's object. Raises StoreUnavailable (our key, a conflict, no object), StoreRefused for any other no."""
    if reply.status in (401, 403):
        raise StoreUnavailable(f"{provider} refuses our key: check labels.api_key")
    if reply.status in _UNSURE:
        raise StoreUnavailable(f"{provider} answered {reply.status}")
    if reply.status >= 400:
        raise StoreRefused(f"{provider} says no: {complaint(reply)}")
    found = reply.json()
    if not isinstance(found, dict):
        raise StoreUnavailable(f"{provider} answered with something else than an object")
    return found


def read(provider: str, reply: Reply) -> Object:
    """As `accepted`, for reads: an object that is not shown may exist nevertheless, so every no is a "not now"."""
    try:
        return accepted(provider, reply)
    except StoreRefused as refusal:
        raise StoreUnavailable(str(refusal)) from None


def complaint(reply: Reply) -> str:
    """What an error answer says, in one line for an agent."""
    try:
        texts = list(dict.fromkeys(_texts(reply.json())))
    except StoreUnavailable:
        texts = []
    return clean("; ".join(texts)) or f"status {reply.status}"


def _texts(found: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    """Every text in an error, with the name of the field that it stands under."""
    if depth > 6:
        return
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _texts(value, str(key), depth + 1)
    elif isinstance(found, list):
        for value in found:
            yield from _texts(value, name, depth + 1)
    elif isinstance(found, str) and found.strip():
        yield f"{name}: {found}" if name and name not in ("message", "detail", "text", "__all__") else found


def clean(text: object) -> str:
    """A provider's text without control characters, at most 300 characters; empty for anything else."""
    return _CONTROL.sub(" ", text).strip()[:_LONGEST] if isinstance(text, str) else ""


def objects(found: object) -> list[Object]:
    """The objects of a list; anything else in it is dropped."""
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def part(found: Object, name: str) -> Object:
    """The object under `name`; an empty one when there is none."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def text(found: Object, name: str) -> str:
    """The text under `name`, cleaned; empty when there is none."""
    return clean(found.get(name))


def https(url: object) -> str | None:
    """The link if a shopper may be given it."""
    if not isinstance(url, str) or len(url) > 2000:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.hostname else None
