"""What a shop's own system answers, checked at the edge: it can be stored, read and shown, or it is named what is wrong.

Links that are not https are left out, so that none reaches a shopper. Words that nobody knows are counted. Everything that
is wrong becomes StoreUnavailable with the path of it: an order that cannot be read is not an order that is not there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from server import telemetry
from server.commerce.connectors.rest.spelling import ours
from server.commerce.documents import DocumentRejected, decode_customer, decode_order, decode_product, to_raw
from server.commerce.formats import Part
from server.errors import StoreUnavailable

Json: TypeAlias = dict[str, Any]
P = TypeVar("P", bound=Part)

_DEEPEST: Final = 64
_LINKS: Final = frozenset({"url", "tracking_url", "pay_url", "status_page_url", "photo_url", "image"})
_UNKNOWN_WORD: Final = " is not known; treated as "
"""How `documents` words its remark about an enum's unknown word."""


def checked_order(raw: object, path: str) -> Json:
    """An order document in the import format. Raises StoreUnavailable."""
    order = _checked(raw, path, lambda each: decode_order(ours(each)))
    for each in order.get("returns") or ():
        if isinstance(each.get("label"), str) and not is_safe(each["label"]):
            del each["label"]
    return order


def checked_product(raw: object, path: str) -> Json:
    """A product document. Raises StoreUnavailable."""
    return _checked(raw, path, decode_product)


def checked_customer(raw: object, path: str) -> Json:
    """A customer document. Raises StoreUnavailable."""
    return _checked(raw, path, decode_customer)


def _checked(raw: object, path: str, decode: Callable[[Json], tuple[P, list[str]]]) -> Json:
    try:
        clean = _clean(raw, _DEEPEST)
        if not isinstance(clean, dict):
            raise DocumentRejected("", "must be an object")
        document, remarks = decode(clean)
        found = to_raw(document)
        if "/" in str(found["id"]):
            raise DocumentRejected("id", "must not contain a slash")
    except DocumentRejected as error:
        where = ".".join(filter(None, (path, error.path)))
        raise StoreUnavailable(f"rest: {where} {error.reason}" if where else f"rest: {error.reason}") from error
    unknown = sum(_UNKNOWN_WORD in remark for remark in remarks)
    if unknown:
        telemetry.unknown_words.labels("rest").inc(unknown)
    return found


def _clean(value: object, depth: int) -> object:
    """The value without unsafe links. Raises DocumentRejected for what cannot be stored."""
    if depth == 0:
        raise DocumentRejected("", "is nested too deeply")
    if isinstance(value, list):
        return [_clean(each, depth - 1) for each in value]
    if isinstance(value, Mapping):
        return {_text(name): _clean(each, depth - 1) for name, each in value.items() if not _is_unsafe(name, each)}
    return _text(value) if isinstance(value, str) else value


def _is_unsafe(name: object, value: object) -> bool:
    return name in _LINKS and isinstance(value, str) and not is_safe(value)


def is_safe(link: str) -> bool:
    """Whether a link may be shown to a shopper."""
    return link[:8].lower() == "https://" and len(link) > len("https://")


def _text(value: str) -> str:
    if "\x00" in value:
        raise DocumentRejected("", "holds a NUL character, which cannot be stored")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DocumentRejected("", "holds half a character, which cannot be stored") from None
    return value
