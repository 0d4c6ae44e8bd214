"""Reads an action as it is written for the outside: flat, by order number and sku, from whoever wrote it.

A model, a program or a skill may have written it, so nothing is taken on trust: what has no sense raises `Malformed`, and a
key that is not known is left out. Nothing here judges.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from server.commerce.model import Address, Line, LineQuantity, OrderSnapshot

MOST_LINES: Final = 200
LONGEST_TEXT: Final = 2_000
_LONGEST_FIELD: Final = 120
_MOST: Final = 2**53
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_FORMULA: Final = re.compile(r"^[=+\-@\s]+")
_ADDRESS: Final = ("name", "line1", "line2", "city", "region", "zip", "country")
OUTCOMES: Final[Mapping[str, str]] = {
    "refund": "refund",
    "store_credit": "credit",
    "credit": "credit",
    "exchange": "exchange",
    "replace": "exchange",
    "repair": "repair",
}
"""How a return may end, by the words that actions use, in the policy's words."""


class Malformed(ValueError):
    """The action has no sense; the message says where."""


@dataclass(frozen=True, slots=True)
class AskedLine:
    """So many pieces of a line, with what was answered about them (None = not answered)."""

    line_id: str
    quantity: int
    to_sku: str | None = None
    is_opened: bool | None = None
    is_worn: bool | None = None

    @property
    def wish(self) -> LineQuantity:
        """The line as the order system takes it."""
        return LineQuantity(self.line_id, self.quantity, self.to_sku)


@dataclass(frozen=True, slots=True)
class Asked:
    """An action, read. Empty text and None = not said; `outcome` is in the policy's words."""

    name: str
    lines: tuple[AskedLine, ...] = ()
    reason: str | None = None
    outcome: str | None = None
    method: str | None = None
    amount: int | None = None
    address: Address | None = None
    delivered_on: date | None = None
    customer: str = ""
    shipment: str | None = None
    kind: str = ""
    statement: str = ""
    subscription: str = ""
    has_photo: bool = False
    change: str = ""
    at: str = ""
    rma: str = ""
    window: tuple[datetime, ...] = ()

    @property
    def wishes(self) -> tuple[LineQuantity, ...]:
        """The lines as the order system takes them; the same line twice, alike, is one line."""
        merged: dict[tuple[str, str | None], int] = {}
        for line in self.lines:
            key = (line.line_id, line.to_sku)
            merged[key] = merged.get(key, 0) + line.quantity
        return tuple(LineQuantity(line_id, quantity, to_sku) for (line_id, to_sku), quantity in merged.items())


def asked(action: Mapping[str, Any], order: OrderSnapshot | None) -> Asked:
    """The action, read against its order. Raises Malformed."""
    outcome = _text(action, "outcome")
    if outcome is not None and outcome not in OUTCOMES:
        raise Malformed(f"outcome: {outcome!r}")
    return Asked(
        name=_text(action, "name") or "",
        lines=_lines(action.get("lines"), order),
        reason=_text(action, "reason"),
        outcome=OUTCOMES[outcome] if outcome else None,
        method=_text(action, "method"),
        amount=_whole(action.get("amount"), "amount"),
        address=_address(action.get("address")),
        delivered_on=_day(action.get("delivered_on")),
        customer=_text(action, "customer") or "",
        shipment=_text(action, "shipment"),
        kind=_text(action, "kind") or "",
        statement=clean(_text(action, "statement") or "", LONGEST_TEXT),
        subscription=_text(action, "subscription") or "",
        has_photo=bool(action.get("photo")),
        change=_text(action, "change") or "",
        rma=_text(action, "return") or "",
        window=_window(action.get("window")),
        at=_text(action, "at") or _text(action, "until") or _text(action, "interval") or "",
    )


def _window(value: object) -> tuple[datetime, ...]:
    """From one instant to a later one, or nothing. Raises Malformed."""
    if value is None:
        return ()
    try:
        start, until = (datetime.fromisoformat(str(each)) for each in value)  # type: ignore[attr-defined]  # TypeError says so
    except (TypeError, ValueError) as error:
        raise Malformed("window") from error
    if start.tzinfo is None or until.tzinfo is None or start >= until:
        raise Malformed("window")
    return (start, until)


def writable(value: Any) -> Any:
    """What anybody may have written, as far as JSON can hold it: everything else by its Python name."""
    if isinstance(value, Mapping):
        return {writable(str(key)): writable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [writable(one) for one in value]
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    is_small = isinstance(value, int) and -_MOST < value < _MOST
    return value if value is None or is_small or isinstance(value, float) else repr(value)


def clean(text: str, most: int = _LONGEST_FIELD) -> str:
    """Text without control and direction marks, cut: it is printed on labels and lands in tables."""
    return _CONTROL.sub(" ", text).strip()[:most]


def _text(action: Mapping[str, Any], key: str) -> str | None:
    value = action.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Malformed(key)
    return value


def _whole(value: Any, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST:
        raise Malformed(where)
    return value


def _truth(value: Any, where: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise Malformed(where)
    return value


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Malformed("delivered_on") from error


def _lines(given: Any, order: OrderSnapshot | None) -> tuple[AskedLine, ...]:
    if given is None:
        return ()
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or len(given) > MOST_LINES:
        raise Malformed("lines")
    return tuple(_line(each, order) for each in given)


def _line(given: Any, order: OrderSnapshot | None) -> AskedLine:
    if not isinstance(given, Mapping):
        raise Malformed("lines")
    quantity = _whole(given.get("quantity", 1), "quantity")
    if not quantity:
        raise Malformed("quantity")
    return AskedLine(
        _line_id(_text(given, "line"), _text(given, "sku"), order),
        quantity,
        _text(given, "to_sku"),
        _truth(given.get("opened"), "opened"),
        _truth(given.get("worn"), "worn"),
    )


def _line_id(line_id: str | None, sku: str | None, order: OrderSnapshot | None) -> str:
    """The line that is meant: by our id, and by its sku where that names one line only. Both must agree."""
    lines: tuple[Line, ...] = order.lines if order else ()
    if line_id is not None:
        line = order.line(line_id) if order else None
        if line is not None and sku is not None and line.sku != sku:
            raise Malformed("line and sku")
        return line_id
    found = [line for line in lines if line.sku == sku]
    if len(found) > 1:
        raise Malformed("sku is on several lines")
    return found[0].id if found else (sku or "")


def _address(given: Any) -> Address | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise Malformed("address")
    parts = {key: _FORMULA.sub("", clean(_text(given, key) or "")) for key in _ADDRESS}
    if not any(parts.values()):
        return None
    return Address(
        parts["name"], parts["line1"], parts["line2"], parts["city"], parts["region"], parts["zip"],
        parts["country"].upper(),
    )  # fmt: skip
