"""The JSON Lines files that a shop brings, read and checked: orders, products, customers, subscriptions, promotions.

A document is checked once, here, at the edge: what is wrong is named with its path in plain words
(`DocumentRejected`), what is merely unknown is kept for the round trip and warned about. The shapes are in `formats`;
`parse` turns documents into values. This module knows nothing of parcels' states or of answers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import TypeAlias, TypeVar

import msgspec
from babel import numbers as babel_numbers
from msgspec import Struct, inspect

from server.commerce.formats import (
    CustomerDocument,
    OrderDocument,
    Part,
    ProductDocument,
    PromotionDocument,
    RefundDocument,
    ReturnDocument,
    SubscriptionDocument,
    Time,
)
from server.commerce.model import FulfilmentPhase, HoldReason, PaymentState, ShipmentStatus

__all__ = [
    "CustomerDocument",
    "DocumentRejected",
    "OrderDocument",
    "ProductDocument",
    "PromotionDocument",
    "SubscriptionDocument",
    "decode_customer",
    "decode_order",
    "decode_product",
    "decode_promotion",
    "decode_subscription",
    "encode",
    "parse_time",
    "to_raw",
]

Raw: TypeAlias = Mapping[str, object]

INFORMATIONAL_CODES = frozenset({"info", "information", "note", "eta", "eta_updated", "estimate_updated"})
"""Event codes that say nothing about where the parcel is; accepted beside the names of ShipmentStatus."""


class DocumentRejected(ValueError):
    """A document that cannot be used. `path` names the field (`lines[0].quantity`), `reason` says why, in one line."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}" if path else reason)
        self.path = path
        self.reason = reason


P = TypeVar("P", bound=Part)
UNKNOWN_FIELDS = "unknown_fields"
_MARK = b'"unknown_fields"'
"""Stands in a document's JSON if it has unknown fields, and seldom else."""


def decode_order(raw: bytes | Raw) -> tuple[OrderDocument, list[str]]:
    """One order and what we noticed about it. Raises DocumentRejected."""
    document, warnings = _decode(raw, OrderDocument)
    _check_times(document)
    _check_currency(document.currency)
    _check_lines(document, warnings)
    _check_words(document, warnings)
    return document, warnings


def decode_product(raw: bytes | Raw) -> tuple[ProductDocument, list[str]]:
    """One product and what we noticed about it. Raises DocumentRejected."""
    document, warnings = _decode(raw, ProductDocument)
    _reject_twins([variant.sku for variant in document.variants], "variants[{}].sku")
    return document, warnings


def decode_customer(raw: bytes | Raw) -> tuple[CustomerDocument, list[str]]:
    """One customer and what we noticed about them. Raises DocumentRejected."""
    document, warnings = _decode(raw, CustomerDocument)
    _check_times(document)
    return document, warnings


def decode_subscription(raw: bytes | Raw) -> tuple[SubscriptionDocument, list[str]]:
    """One subscription and what we noticed about it. Raises DocumentRejected."""
    document, warnings = _decode(raw, SubscriptionDocument)
    _check_times(document)
    return document, warnings


def decode_promotion(raw: bytes | Raw) -> tuple[PromotionDocument, list[str]]:
    """One promotion and what we noticed about it. Raises DocumentRejected."""
    document, warnings = _decode(raw, PromotionDocument)
    _check_times(document)
    return document, warnings


def encode(document: Part) -> bytes:
    """The document as one JSON line, unknown fields where they were."""
    return msgspec.json.encode(to_raw(document))


def to_raw(document: Part) -> dict[str, object]:
    """The document as plain JSON values, unknown fields where they were."""
    plain = msgspec.to_builtins(document)
    unfolded = _unfold(plain) if _MARK in msgspec.json.encode(document) else plain
    assert isinstance(unfolded, dict)  # noqa: S101 - a Struct always becomes a dict
    return unfolded


def parse_time(text: str) -> datetime | date:
    """An aware datetime, or a date where no time was given. Raises ValueError with the reason in plain words."""
    stripped = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", stripped):
            return _plausible(date.fromisoformat(stripped))
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        raise ValueError(f'"{text[:40]}" is not a plausible time in ISO 8601') from None
    if moment.utcoffset() is None:
        raise ValueError(f'"{text[:40]}" has no offset, such as Z or +01:00')
    return _plausible(moment)


def _plausible(moment: datetime | date) -> datetime | date:
    """Refuse years in which no parcel travels: arithmetic on them would overflow."""
    if not 1970 <= moment.year <= 2200:
        raise ValueError(f"the year {moment.year} cannot be meant")
    return moment


def _decode(raw: bytes | Raw, kind: type[P]) -> tuple[P, list[str]]:
    warnings: list[str] = []
    folded = _fold(_as_mapping(raw), _shape(kind), "", warnings)
    try:
        return msgspec.convert(folded, kind), warnings
    except msgspec.ValidationError as error:
        raise _in_plain_words(str(error)) from None


def _as_mapping(raw: bytes | Raw) -> Raw:
    if isinstance(raw, Mapping):
        return raw
    try:
        decoded = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentRejected("", f"not JSON: {error}") from None
    if not isinstance(decoded, dict):
        raise DocumentRejected("", "must be a JSON object")
    return decoded


class _Shape(Struct, frozen=True):
    """The fields that a Struct names, and the shape of those that hold Structs themselves."""

    names: frozenset[str]
    parts: dict[str, "_Shape"]


@cache
def _shape(kind: type[Part]) -> _Shape:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - Part is a Struct
    fields = [field for field in info.fields if field.name != UNKNOWN_FIELDS]
    parts = {field.encode_name: part for field in fields if (part := _struct_within(field.type)) is not None}
    return _Shape(
        frozenset(field.encode_name for field in fields), {name: _shape(part) for name, part in parts.items()}
    )


def _struct_within(info: inspect.Type) -> type[Part] | None:
    match info:
        case inspect.StructType(cls=cls) if issubclass(cls, Part):
            return cls
        case inspect.ListType(item_type=item):
            return _struct_within(item)
        case inspect.Metadata(type=inner):
            return _struct_within(inner)
        case inspect.UnionType(types=types):
            return next((found for each in types if (found := _struct_within(each)) is not None), None)
    return None


def _fold(raw: object, shape: _Shape, path: str, warnings: list[str]) -> object:
    """Move fields that the format does not name into `unknown_fields`, at every depth."""
    if isinstance(raw, list):
        return [_fold(item, shape, f"{path}[{index}]", warnings) for index, item in enumerate(raw)]
    if not isinstance(raw, Mapping):
        return raw
    known: dict[str, object] = {}
    unknown: dict[str, object] = {}
    for name, value in raw.items():
        if name not in shape.names:
            unknown[str(name)] = value
            warnings.append(f"{_under(path, name)} is not a field of this format; kept")
        else:
            part = shape.parts.get(name)
            known[name] = value if part is None else _fold(value, part, _under(path, name), warnings)
    return {**known, UNKNOWN_FIELDS: unknown} if unknown else known


def _under(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _unfold(value: object) -> object:
    if isinstance(value, list):
        return [_unfold(item) for item in value]
    if not isinstance(value, dict):
        return value
    unknown = value.pop(UNKNOWN_FIELDS, None)
    for name, item in value.items():
        if isinstance(item, dict | list):
            value[name] = _unfold(item)
    return {**value, **unknown} if unknown else value


_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _in_plain_words(message: str) -> DocumentRejected:
    """msgspec's message, with the path first and JSON's words instead of Python's."""
    found = _AT.match(message)
    what, path = (found["what"], found["path"] or "") if found else (message, "")
    path = path.removeprefix(".").replace("[...]", "")
    if missing := re.fullmatch(r"Object missing required field `(.+)`", what):
        return DocumentRejected(f"{path}.{missing[1]}".removeprefix("."), "is missing")
    if wrong := re.fullmatch(r"Expected `(.+?)`(.*), got `(.+)`", what):
        wanted = " or ".join(_WORDS.get(word, word) for word in wrong[1].split(" | "))
        return DocumentRejected(path, f"must be {wanted}{wrong[2]}, not {_WORDS.get(wrong[3], wrong[3])}")
    if bounded := re.fullmatch(r"Expected `(.+?)` (.+)", what):
        return DocumentRejected(path, f"must be {_WORDS.get(bounded[1], bounded[1])} {bounded[2]}")
    return DocumentRejected(path, what)


def _check_times(document: Part) -> None:
    """Every field that is a time must be one, at every depth."""
    _walk(document, "", _check_time)


def _check_time(path: str, value: str) -> None:
    try:
        parse_time(value)
    except ValueError as error:
        raise DocumentRejected(path, str(error)) from None


@cache
def _time_fields(kind: type[Part]) -> frozenset[str]:
    return frozenset(name for name, annotation in kind.__annotations__.items() if "Time" in _spelled(annotation))


def _spelled(annotation: object) -> str:
    return "Time" if Time in (annotation, *getattr(annotation, "__args__", ())) else ""


def _walk(value: object, path: str, check: Callable[[str, str], None]) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{path}[{index}]", check)
    elif isinstance(value, Part):
        _walk_part(value, path, check)


def _walk_part(part: Part, path: str, check: Callable[[str, str], None]) -> None:
    for name, spelled, is_time in _fields_with_times(type(part)):
        value = getattr(part, name)
        if is_time and isinstance(value, str):
            check(_under(path, spelled), value)
        elif value is not None:
            _walk(value, _under(path, spelled), check)


@cache
def _fields_with_times(kind: type[Part]) -> tuple[tuple[str, str, bool], ...]:
    """(field, its name in JSON, whether it is a time itself) for every field that is or may hold a time."""
    times, parts = _time_fields(kind), _shape(kind).parts
    named = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return tuple((name, spelled, name in times) for name, spelled in named if name in times or spelled in parts)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(babel_numbers.list_currencies("en"))


def _check_currency(code: str) -> None:
    if code not in _currencies():
        raise DocumentRejected("currency", f'"{code}" is not an ISO 4217 currency')


def _check_lines(document: OrderDocument, warnings: list[str]) -> None:
    known = [line.id for line in document.lines]
    _reject_twins(known, "lines[{}].id")
    _reject_twins([shipment.id for shipment in document.shipments or []], "shipments[{}].id")
    for index, shipment in enumerate(document.shipments or []):
        for position, reference in enumerate(shipment.lines or []):
            if reference.line not in known:
                path = f"shipments[{index}].lines[{position}].line"
                raise DocumentRejected(path, f'"{reference.line}" is not a line of this order')
    for index, line in enumerate(document.lines):
        if (line.fulfilled or 0) > line.quantity:
            warnings.append(f"lines[{index}].fulfilled is more than the quantity")
    _warn_of_strangers(document, set(known), warnings)


def _warn_of_strangers(document: OrderDocument, known: set[str], warnings: list[str]) -> None:
    both: list[tuple[str, Sequence[ReturnDocument | RefundDocument]]] = [
        ("returns", document.returns or []),
        ("refunds", document.refunds or []),
    ]
    for name, parts in both:
        for index, part in enumerate(parts):
            for reference in part.lines or []:
                if reference.line not in known:
                    warnings.append(f'{name}[{index}].lines: "{reference.line}" is not a line of this order')


def _reject_twins(ids: list[str], path: str) -> None:
    seen: set[str] = set()
    for index, each in enumerate(ids):
        if each in seen:
            raise DocumentRejected(path.format(index), f'"{each}" appears twice')
        seen.add(each)


def _check_words(document: OrderDocument, warnings: list[str]) -> None:
    """A word that we do not know is never an error, and is treated as `unknown`."""
    _warn_of_word("payment.status", document.payment.status, PaymentState, warnings)
    _warn_of_word("fulfilment", document.fulfilment, FulfilmentPhase, warnings)
    for index, hold in enumerate(document.holds or []):
        _warn_of_word(f"holds[{index}].reason", hold.reason, HoldReason, warnings, instead="other")
    for index, shipment in enumerate(document.shipments or []):
        for position, event in enumerate(shipment.events or []):
            if event.code.lower() not in INFORMATIONAL_CODES:
                _warn_of_word(f"shipments[{index}].events[{position}].code", event.code, ShipmentStatus, warnings)


@cache
def _members(known: type[StrEnum]) -> frozenset[str]:
    return frozenset(known)


def _warn_of_word(
    path: str,
    word: str | None,
    known: type[PaymentState] | type[FulfilmentPhase] | type[HoldReason] | type[ShipmentStatus],
    warnings: list[str],
    instead: str = "unknown",
) -> None:
    if word not in _members(known):
        shown = "null" if word is None else f'"{word}"'
        warnings.append(f"{path} {shown} is not known; treated as {instead}")
