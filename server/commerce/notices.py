"""What warehouses and payment providers tell about orders: reading their messages, and working them into an order.

A message is checked once, at the edge (`read_notices`), and stored as it was understood. `with_notices` is pure: it lays
all stored notices over the order that the platform gave, in the order of their own times, so that it does not matter when
and how often they arrived. What they may change is said in `warehouse_notices` and `payment_notices`.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec

from server import telemetry
from server.commerce import payment_notices, warehouse_notices
from server.commerce.documents import parse_time
from server.commerce.noticed import Draft, Effect, instant_of
from server.commerce.states import HoldReason

Source: TypeAlias = Literal["warehouse", "payments"]
Kind: TypeAlias = Literal["warehouse", "payment"]
Raw: TypeAlias = Mapping[str, Any]

MOST_EVENTS: Final = 500
_LONGEST: Final = 300
_KINDS: Final[Mapping[Source, Kind]] = {"warehouse": "warehouse", "payments": "payment"}
_EFFECTS: Final[Mapping[str, Mapping[str, Effect]]] = {
    "warehouse": warehouse_notices.EFFECTS,
    "payment": payment_notices.EFFECTS,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that was told about an order. `order` is its number or its id; `document` is what `with_notices` takes.

    `key` is the same for a repeated message, and different between warehouses and payment providers."""

    key: str
    order: str
    at: datetime
    kind: Kind
    document: dict[str, Any]


def read_notices(source: Source, body: bytes) -> Sequence[Notice]:
    """The notices of one call: one object, or `{"events": [...]}`. Raises ValueError with the path of what is wrong."""
    try:
        decoded = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(decoded, dict):
        raise ValueError("the body must be a JSON object")
    if "events" not in decoded:
        return [_notice(_KINDS[source], decoded, "")]
    events = decoded["events"]
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise ValueError(f"events must be a list of at most {MOST_EVENTS}")
    return [_notice(_KINDS[source], each, f"events[{index}]") for index, each in enumerate(events)]


def with_notices(order_raw: Raw, notices: Sequence[Raw]) -> dict[str, Any]:
    """The order as it stands with what was told beside it; `notices` are documents of `Notice`, in any order.

    What the platform said later than a notice about the same thing holds; facts that the platform does not tell are added
    whenever they were told. The order that is given is left as it is."""
    draft = Draft.of(order_raw)
    for at, notice in _in_order(notices):
        effect = _EFFECTS.get(str(notice.get("kind")), {}).get(str(notice.get("type")))
        if effect is not None:
            effect(draft, notice, at)
    return draft.document


def _in_order(notices: Sequence[Raw]) -> list[tuple[datetime, Raw]]:
    """Each notice once, by its own time; of two that claim one key, always the same one."""
    timed = [(at, notice) for notice in notices if (at := instant_of(notice.get("at"))) is not None]
    timed.sort(key=lambda pair: (pair[0], str(pair[1].get("key")), msgspec.json.encode(pair[1], order="deterministic")))
    unique: dict[str, tuple[datetime, Raw]] = {}
    for at, notice in timed:
        unique.setdefault(str(notice.get("key")), (at, notice))
    return list(unique.values())


# The edge


def _notice(kind: Kind, raw: object, path: str) -> Notice:
    if not isinstance(raw, dict):
        raise ValueError(f"{path or 'the body'} must be an object")
    reader = _Reader(raw, path)
    name, order, at = reader.text("id"), reader.text("order"), reader.instant("at")
    type_ = reader.text("type")
    fields = _FIELDS[kind].get(type_)
    if fields is None:
        raise ValueError(f'{reader.where("type")} "{type_}" is not known: {", ".join(_FIELDS[kind])}')
    key = f"{kind}:{name}"
    document: dict[str, Any] = {"key": key, "kind": kind, "id": name, "type": type_, "at": at.isoformat()}
    for field, read in fields.items():
        value = read(reader, field)
        if field.endswith("!") and value in (None, ""):
            raise reader.wrong(field, "is empty")
        if value is not None:
            document[field.removesuffix("!")] = value
    return Notice(key, order, at, kind, document)


class _Reader:
    """The fields of one event. A name with `!` must be there."""

    def __init__(self, raw: Mapping[str, object], path: str) -> None:
        self._raw = raw
        self._path = path

    def where(self, name: str) -> str:
        """The path of a field, for messages."""
        return f"{self._path}.{name}" if self._path else name

    def value(self, name: str) -> object:
        """What stands there, or None where it may be missing."""
        found = self._raw.get(name.removesuffix("!"))
        if found is None and name.endswith("!"):
            raise ValueError(f"{self.where(name.removesuffix('!'))} is missing")
        return found

    def wrong(self, name: str, what: str) -> ValueError:
        """The error for a field."""
        return ValueError(f"{self.where(name.removesuffix('!'))} {what}")

    def text(self, name: str) -> str:
        """A text that must be there; a number counts as its digits."""
        found = self.maybe_text(f"{name}!")
        if not found:
            raise self.wrong(name, "is empty")
        return found

    def maybe_text(self, name: str) -> str | None:
        """A text without control characters."""
        found = self.value(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise self.wrong(name, "must be text")
        kept = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in str(found)[: 4 * _LONGEST])
        return " ".join(kept.split())[:_LONGEST]

    def link(self, name: str) -> str | None:
        """An address that a shopper may open: https, or one of our own pages."""
        found = self.maybe_text(name)
        if found is not None and not found.startswith("https://"):
            raise self.wrong(name, "must begin with https://")
        return found

    def instant(self, name: str) -> datetime:
        """When; a date alone is not enough."""
        parsed = self._time(f"{name}!")
        if not isinstance(parsed, datetime):
            raise self.wrong(name, "must be a time with its offset, such as 2026-11-20T18:00:00Z")
        return parsed.astimezone(UTC)

    def moment(self, name: str) -> str | None:
        """A time or a date, as documents write it."""
        parsed = self._time(name)
        return None if parsed is None else parsed.isoformat()

    def _time(self, name: str) -> Any:
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, str):
            raise self.wrong(name, "must be a time in ISO 8601")
        try:
            return parse_time(found)
        except ValueError as error:
            raise self.wrong(name, str(error)) from None

    def count(self, name: str) -> int | None:
        """A whole number that is not negative: pieces, or minor units."""
        found = self.value(name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**53:
            raise self.wrong(name, "must be a whole number, 0 or more")
        return found

    def reason(self, name: str) -> str | None:
        """A HoldReason; a word that we do not know is `other`, and counted."""
        word = (self.maybe_text(name) or "").lower()
        if not word:
            return None
        if word not in set(HoldReason):
            telemetry.unknown_words.labels("warehouse").inc()
            return HoldReason.OTHER.value
        return word

    def lines(self, name: str) -> list[dict[str, Any]] | None:
        """Lines of the order, by id or sku; their number of pieces may be missing."""
        return self._lines(name, "quantity")

    def counted_lines(self, name: str) -> list[dict[str, Any]] | None:
        """Lines of the order with their number of pieces."""
        return self._lines(name, "quantity!")

    def _lines(self, name: str, quantity: str) -> list[dict[str, Any]] | None:
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, list) or (name.endswith("!") and not found):
            raise self.wrong(name, "must be a list of lines" + (", not an empty one" if found == [] else ""))
        return [
            self._line(each, f"{self.where(name.removesuffix('!'))}[{i}]", quantity) for i, each in enumerate(found)
        ]

    def _line(self, raw: object, path: str, quantity: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise ValueError(f"{path} must be an object")
        inner = _Reader(raw, path)
        line = {name: inner.maybe_text(name) for name in ("line", "sku", "condition", "decision")}
        if not line["line"] and not line["sku"]:
            raise ValueError(f"{path} names neither a line nor a sku")
        return {name: value for name, value in {**line, "quantity": inner.count(quantity)}.items() if value is not None}


_Field: TypeAlias = Callable[[_Reader, str], object]
_WORK: Final[Mapping[str, _Field]] = {"work": _Reader.maybe_text, "location": _Reader.maybe_text}
_MONEY: Final[Mapping[str, _Field]] = {"amount": _Reader.count, "currency": _Reader.maybe_text}
_FIELDS: Final[Mapping[Kind, Mapping[str, Mapping[str, _Field]]]] = {
    "warehouse": {
        "work_started": _WORK,
        "picked": _WORK,
        "packed": _WORK,
        "planned": {"work": _Reader.maybe_text, "for!": _Reader.moment},
        "recall_refused": {"work": _Reader.maybe_text},
        "on_hold": {"reason!": _Reader.reason, "until": _Reader.moment},
        "hold_released": {"reason": _Reader.reason},
        "short": {"lines!": _Reader.lines, "expected_on": _Reader.moment},
        "address_problem": {"reason": _Reader.maybe_text},
        "ship_by": {"by!": _Reader.moment},
        "deliver_by": {"by!": _Reader.moment, "from": _Reader.moment},
        "return_received": {"return": _Reader.maybe_text, "lines": _Reader.lines},
        "return_inspected": {"return": _Reader.maybe_text, "lines!": _Reader.counted_lines},
        "label_attached": {
            "return!": _Reader.maybe_text,
            "url": _Reader.link,
            "tracking_number": _Reader.maybe_text,
            "carrier": _Reader.maybe_text,
        },
        "handed_over": {
            "carrier!": _Reader.maybe_text,
            "tracking_number!": _Reader.maybe_text,
            "lines!": _Reader.counted_lines,
        },
    },
    "payment": {
        "failed": {**_MONEY, "reason": _Reader.maybe_text},
        "charged_twice": {"amount!": _Reader.count, "currency": _Reader.maybe_text},
        "refund_bounced": {"refund": _Reader.maybe_text, "amount!": _Reader.count, "currency": _Reader.maybe_text},
        "refund_succeeded": {"refund": _Reader.maybe_text, "amount!": _Reader.count, "currency": _Reader.maybe_text},
        "captured": _MONEY,
        "dispute_opened": {"dispute": _Reader.maybe_text, **_MONEY},
        "dispute_closed": {"dispute": _Reader.maybe_text, "status!": _Reader.maybe_text},
    },
}
