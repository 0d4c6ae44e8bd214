"""The rows of one order in a CSV file: what their cells mean, and which cells are wrong.

A cell is read once, here, into a value or a problem with its column; nothing is guessed. Times without an offset are read in
the zone that the operator named, and refused where none was named. This module knows one row at a time, not the order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeVar

from server import telemetry
from server.commerce.documents import parse_time
from server.commerce.mappings import PRESETS, UNKNOWN, Meaning, meaning_of, plain
from server.commerce.zones import zone
from server.errors import SettingsError

T = TypeVar("T")

COLUMNS: Final = (
    "order_number", "email", "zip", "placed_at", "currency", "total_minor", "payment_status", "line_sku", "line_title",
    "line_qty", "line_unit_minor", "fulfilled_qty", "carrier", "tracking_number", "shipped_at", "promised_max", "status",
)  # fmt: skip
"""Every file has these, in any order; which cells may be blank is said in docs/connect.md."""

OPTIONAL: Final = (
    "id", "customer_id", "customer_name", "phone", "line1", "line2", "city", "region", "country", "promised_min",
    "updated_at", "line_id", "status_at", "service",
)  # fmt: skip
"""Columns that are understood where a file has them."""

_NOTHING: Final = Meaning()


@dataclass(frozen=True, slots=True)
class CsvRules:
    """What the status column means by `mappings.plain` word, what any other word means, and the zone of bare times."""

    statuses: Mapping[str, Meaning]
    default: Meaning
    tz: str | None = None


def rules_of(status_map: Sequence[str], source_tz: str) -> CsvRules:
    """The rules that the settings `imports.status_map` and `imports.source_tz` make. Raises SettingsError."""
    statuses: dict[str, Meaning] = {}
    default: Meaning | None = None
    for entry in status_map:
        name, found, word = entry.rpartition("=")
        name, word = plain(name), word.strip().lower()
        if not found or not name:
            raise SettingsError(f"imports.status_map: {entry!r} is not of the form sent=shipped")
        if name == "preset":
            if word not in PRESETS:
                raise SettingsError(f"imports.status_map: there is no preset {word!r}; there are {', '.join(PRESETS)}")
            statuses, default = {**PRESETS[word], **statuses}, default or UNKNOWN
        elif name == "default":
            default = _meaning(word)
        else:
            statuses[name] = _meaning(word)
    if default is None:
        raise SettingsError("imports.status_map needs default=unknown: what a status means that it does not name")
    if source_tz and zone(source_tz).key != source_tz:
        raise SettingsError(f"imports.source_tz: {source_tz!r} is no time zone; write Europe/Berlin")
    return CsvRules(statuses, default, source_tz or None)


def _meaning(word: str) -> Meaning:
    try:
        return meaning_of(word)
    except ValueError as error:
        raise SettingsError(f"imports.status_map: {error}") from None


@dataclass(slots=True)
class Row:
    """One row. `problem` is the first thing that is wrong with it; then its values may not be used."""

    line: int
    cells: Mapping[str, str]
    problem: str | None = None
    remarks: list[str] = field(default_factory=list)
    quantity: int = 0
    unit_price: int = 0
    pieces: int | None = None
    meaning: Meaning = _NOTHING
    shipped_at: str | None = None
    status_at: str | None = None

    def text(self, column: str) -> str:
        """A cell without blanks around it; empty where the file has no such column."""
        return self.cells.get(column, "")

    @property
    def line_id(self) -> str:
        """What tells the lines of an order apart."""
        return self.text("line_id") or self.text("line_sku")


def read_row(line: int, cells: Mapping[str, str], rules: CsvRules) -> Row:
    """The row with its values, or with what is wrong."""
    row = Row(line, cells)
    try:
        _check_text(cells)
        _check_needed(row)
        row.quantity = _count(row, "line_qty")
        row.unit_price = _count(row, "line_unit_minor")
        row.pieces = _maybe(row, "fulfilled_qty", _count)
        row.shipped_at = time_of(row, "shipped_at", rules)
        row.status_at = time_of(row, "status_at", rules)
        row.meaning = _status(row, rules)
        for column in ("placed_at", "promised_min", "promised_max", "updated_at"):
            time_of(row, column, rules)
        _maybe(row, "total_minor", _count)
    except ValueError as error:
        row.problem = str(error)
    return row


def time_of(row: Row, column: str, rules: CsvRules) -> str | None:
    """A time with its offset, or a date, as documents write it; None where the cell is blank. Raises ValueError."""
    text = row.text(column)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if len(text) == len("2026-11-20"):
            return str(parse_time(date.fromisoformat(text).isoformat()))
    except ValueError:
        raise ValueError(f'{column} "{text[:40]}" is not a plausible time in ISO 8601') from None
    if found.utcoffset() is None:
        if rules.tz is None:
            raise ValueError(
                f'{column} "{text[:40]}" has no offset: add one, or set imports.source_tz to the zone of these times'
            )
        found = found.replace(tzinfo=zone(rules.tz))
    try:
        return parse_time(found.isoformat()).isoformat()
    except ValueError as error:
        raise ValueError(f"{column} {error}") from None


def _check_text(cells: Mapping[str, str]) -> None:
    for column, text in cells.items():
        if "\x00" in text:
            raise ValueError(f"{column} holds a NUL character, which cannot be stored")
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise ValueError(f"{column} is not UTF-8: save the file as UTF-8") from None


def _check_needed(row: Row) -> None:
    for column in ("line_sku", "line_qty", "line_unit_minor"):
        if not row.text(column):
            raise ValueError(f"{column} is empty")


def _count(row: Row, column: str) -> int:
    """A whole number that is not negative, in plain digits."""
    text = row.text(column)
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        hint = ": write minor units, 4900 for 49.00" if column.endswith("_minor") else ""
        raise ValueError(f'{column} "{text[:40]}" is not a whole number{hint}')
    return int(text)


def _maybe(row: Row, column: str, read: Callable[[Row, str], T]) -> T | None:
    return read(row, column) if row.text(column) else None


def _status(row: Row, rules: CsvRules) -> Meaning:
    word = row.text("status")
    if not word:
        return _NOTHING
    meaning = rules.statuses.get(plain(word))
    if meaning is None:
        telemetry.unknown_words.labels("csv").inc()
        row.remarks.append(f'status "{word[:40]}" is not in imports.status_map; its default is used')
        return rules.default
    return meaning
