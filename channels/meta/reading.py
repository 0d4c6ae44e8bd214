"""Careful reading of Meta's JSON: what is missing or of another type is a ValueError that names the place and no content.

One call holds many items. `Found` collects what each brought, so that one that cannot be read loses none of the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from channels.message import Echo, Inbound, Parsed, Receipt, Remark

Json: TypeAlias = Mapping[str, Any]
Item: TypeAlias = Inbound | Receipt | Echo | Remark
_LONGEST_ID: Final = 512
_LONGEST_VALUE: Final = 1_000
_LAST: Final = 32_503_680_000
"""The year 3000: what is later is no time in seconds."""


@dataclass(slots=True)
class Found:
    """What a call held so far, in its order."""

    messages: list[Inbound] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    echoes: list[Echo] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, place: str, read: Callable[[], Item | list[Receipt] | None]) -> None:
        """Keep what `read` finds; a fault names the `place` of what it cannot read."""
        try:
            item = read()
        except (ValueError, OverflowError) as error:
            self.faults.append(f"{place}: {error}")
            return
        for each in item if isinstance(item, list) else [item]:
            if isinstance(each, Inbound):
                self.messages.append(each)
            elif isinstance(each, Receipt):
                self.receipts.append(each)
            elif isinstance(each, Echo):
                self.echoes.append(each)
            elif isinstance(each, Remark):
                self.remarks.append(each)

    def parsed(self) -> Parsed:
        """All of it."""
        return Parsed(
            tuple(self.messages),
            tuple(self.receipts),
            tuple(self.echoes),
            remarks=tuple(self.remarks),
            faults=tuple(self.faults),
        )


def obj(value: Any, name: str) -> Json:
    """`value` as an object. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    return value


def part(json: Json, name: str) -> Json:
    """The object under a name, empty when there is none."""
    value = json.get(name)
    return value if isinstance(value, dict) else {}


def items(json: Json, name: str) -> list[Any]:
    """The list under a name, empty when there is none. Raises ValueError when something else stands there."""
    value = json.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    return value


def text(json: Json, name: str) -> str:
    """The text under a name as it may be stored (no NUL, no half of a character), empty when there is none."""
    value = json.get(name)
    return _storable(value) if isinstance(value, str) else ""


def short(json: Json, name: str) -> str:
    """As `text`, cut to what a name or a title may hold; numbers are text here."""
    value = json.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _storable(str(value))[:_LONGEST_VALUE].strip()


def _storable(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def an_id(json: Json, name: str) -> str:
    """The id under a name. Raises ValueError when there is none, or none that may be one."""
    value = short(json, name)
    if not value or len(value) > _LONGEST_ID:
        raise ValueError(f"{name} is missing")
    return value


def moment(json: Json, name: str, otherwise: datetime, *, per_second: int = 1) -> datetime:
    """The time under a name, in seconds (or `per_second` parts of one) since 1970; `otherwise` when that is no time."""
    value = json.get(name)
    try:
        seconds = float(value) / per_second if isinstance(value, str | int | float) else -1.0
    except (ValueError, OverflowError):
        return otherwise
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LAST else otherwise


def known(**values: str) -> dict[str, str]:
    """Those that are not empty."""
    return {name: value for name, value in values.items() if value}
