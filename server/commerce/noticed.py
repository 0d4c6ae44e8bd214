"""An order on which notices are being worked in: what the platform said, until when its word counts, and what we added.

The platform's words are as of the order's `updated_at`. A notice that is newer may change them; an older one may not, but
it may add what the platform does not tell. What a notice added, a later notice may change whatever its age.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any, TypeAlias

from server.commerce.documents import parse_time
from server.commerce.states import FulfilmentPhase

Json: TypeAlias = dict[str, Any]
Effect: TypeAlias = Callable[["Draft", Mapping[str, Any], datetime], None]
"""Works one notice into the draft; the time is the notice's own."""

_OVER = frozenset({FulfilmentPhase.SHIPPED, FulfilmentPhase.NOT_REQUIRED, FulfilmentPhase.CANCELLED})


@dataclass(slots=True)
class Draft:
    """A copy of the order. `ours` names what notices added: (`hold`, reason), (`return`, id) and so on.

    `before` holds what the platform said where a notice changed it, `pieces` how many of a return have come so far."""

    document: Json
    said_at: datetime
    ours: set[tuple[str, str]] = field(default_factory=set)
    before: dict[tuple[str, str], Any] = field(default_factory=dict)
    pieces: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> "Draft":
        """A draft of the order; where it does not tell when it changed, it is as old as itself."""
        said_at = instant_of(order.get("updated_at")) or instant_of(order.get("placed_at"))
        return cls(copy.deepcopy(dict(order)), said_at or datetime.max.replace(tzinfo=UTC))

    def is_newer(self, at: datetime) -> bool:
        """True when a notice of this time is younger than the platform's word."""
        return at > self.said_at

    def may_change(self, kind: str, name: object, at: datetime) -> bool:
        """True when a notice of this time may change this thing: it is younger, or another notice added it."""
        return self.is_newer(at) or (kind, str(name)) in self.ours

    @property
    def phase(self) -> str:
        """The fulfilment as it stands, in small letters."""
        return word(self.document.get("fulfilment"))

    @phase.setter
    def phase(self, phase: str) -> None:
        self.document["fulfilment"] = str(phase)

    @property
    def is_over(self) -> bool:
        """True when the warehouse has nothing to do for it any more."""
        return bool(self.document.get("cancelled_at")) or self.phase in _OVER

    def parts(self, name: str) -> list[Json]:
        """The objects of a list of the order, such as its returns; none where there is no such list."""
        found = self.document.get(name)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def add(self, name: str, part: Json, kind: str, key: object) -> Json:
        """Add an object of our own to a list of the order."""
        self.document[name] = [*self.parts(name), part]
        self.ours.add((kind, str(key)))
        return part

    def keep(self, name: str, parts: Iterable[Json]) -> None:
        """Let a list of the order hold these alone."""
        self.document[name] = list(parts)

    def line_of(self, reference: Mapping[str, Any]) -> Json | None:
        """The line of the order that is meant, by id, else by sku."""
        for field_name, wanted in (
            ("id", reference.get("line")),
            ("sku", reference.get("sku") or reference.get("line")),
        ):
            found = [line for line in self.parts("lines") if wanted and line.get(field_name) == wanted]
            if found:
                return found[0]
        return None

    def references(self, lines: Iterable[Mapping[str, Any]]) -> list[Json]:
        """Pieces by line id, as the order format writes them; lines that are not of this order are left out."""
        found: dict[str, int] = {}
        for each in lines:
            line = self.line_of(each)
            if line is not None:
                found[line["id"]] = found.get(line["id"], 0) + int(each.get("quantity", standing(line)))
        return [{"line": name, "quantity": quantity} for name, quantity in found.items()]


def standing(line: Mapping[str, Any]) -> int:
    """The pieces of a line that still stand."""
    current = line.get("current")
    return int(line.get("quantity") or 0) if current is None else int(current)


def word(value: object) -> str:
    """A word as it is compared."""
    return str(value or "").strip().lower()


def instant_of(value: object) -> datetime | None:
    """A document's time; a date counts until its end, so that nothing of that day is younger."""
    try:
        parsed = parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if parsed is None or isinstance(parsed, datetime):
        return parsed
    return datetime.combine(parsed, time(23, 59, 59), UTC)
