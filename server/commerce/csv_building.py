"""The rows of one order become one order document, or the lines on account of which they do not.

Rows of one line are its parcels; what concerns the whole order stands alike in all of them. How far the order is follows from
the statuses and from the pieces: where the two contradict each other, the less happy one holds, or nobody knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from server.commerce.contacts import email_key
from server.commerce.csv_rows import CsvRules, Row, time_of
from server.commerce.states import FulfilmentPhase, PaymentState, ShipmentStatus
from server.commerce.store import normalise_number
from server.commerce.tracking import bare_number

Json: TypeAlias = dict[str, Any]
Phase = FulfilmentPhase
Pay = PaymentState

_ALIKE: Final = (
    "id", "email", "zip", "placed_at", "currency", "total_minor", "payment_status", "promised_max", "promised_min",
    "customer_id", "customer_name", "phone", "line1", "line2", "city", "region", "country", "updated_at",
)  # fmt: skip
_NEEDED: Final = ("placed_at", "currency", "total_minor")
_ADDRESS: Final = ("line1", "line2", "city", "region", "zip", "country")
_LEFT: Final = frozenset({Phase.SHIPPED, Phase.PARTIALLY_SHIPPED})
_LEAST_FIRST: Final = (Phase.ON_HOLD, Phase.UNFULFILLED, Phase.SCHEDULED, Phase.PROCESSING, Phase.NOT_REQUIRED)
_MOVING: Final = frozenset({ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT})


@dataclass(slots=True)
class Built:
    """What became of the rows: a document, or problems by line; remarks by line in both cases."""

    line: int
    document: Json | None = None
    problems: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)


def build(rows: Sequence[Row], rules: CsvRules) -> Built:
    """The order of these rows, which all have one order number."""
    built = Built(rows[0].line)
    built.remarks = [(row.line, text) for row in rows for text in row.remarks]
    kept = [row for row in rows if "ignore" not in row.meaning.flags]
    if not kept and all(row.problem is None for row in rows):
        built.remarks.append((rows[0].line, f'orders with status "{rows[0].text("status")}" are left out'))
        return built
    problems = {row.line: row.problem for row in rows if row.problem is not None}
    for line, reason in [*_differences(kept), *_miscounts(kept)]:
        problems.setdefault(line, reason)
    if problems:
        built.problems = [(line, reason + _left_out(rows)) for line, reason in sorted(problems.items())]
    else:
        built.document = _document(kept, rules, built)
    return built


def _left_out(rows: Sequence[Row]) -> str:
    if len(rows) == 1:
        return ""
    return f"; order {rows[0].text('order_number')} (lines {rows[0].line} to {rows[-1].line}) is left out"


# Checks


def _differences(rows: Sequence[Row]) -> Iterable[tuple[int, str]]:
    """Cells of the whole order that are missing, or not alike in all rows."""
    for column in _ALIKE:
        said = [row for row in rows if row.text(column)]
        if not said and rows and column in _NEEDED:
            yield rows[0].line, f"{column} is empty"
        for row in said[1:]:
            if row.text(column).casefold() != said[0].text(column).casefold():
                first = f'"{said[0].text(column)[:40]}" in line {said[0].line}'
                yield row.line, f'{column} "{row.text(column)[:40]}" differs from {first}'
                break


def _miscounts(rows: Sequence[Row]) -> Iterable[tuple[int, str]]:
    """Lines of the order whose rows do not add up, and parcels whose rows do not agree."""
    for mine in _grouped(rows, lambda row: row.line_id).values():
        yield from _miscounted(mine)
    for mine in _grouped([row for row in rows if parcel_of(row)], parcel_of).values():
        for column in ("carrier", "shipped_at", "status", "status_at"):
            said = {row.text(column).casefold(): row.line for row in mine if row.text(column)}
            if len(said) > 1:
                yield max(said.values()), f"{column} is not the same on all rows of this tracking number"


def _miscounted(rows: Sequence[Row]) -> Iterable[tuple[int, str]]:
    first, last = rows[0], rows[-1]
    for row in rows[1:]:
        if (row.quantity, row.unit_price) != (first.quantity, first.unit_price):
            yield row.line, f"line_qty or line_unit_minor differs from line {first.line}: both are of the whole line"
            return
    parcels = [parcel_of(row) for row in rows]
    if len(set(parcels)) < len(parcels):
        yield last.line, f'line_sku "{last.text("line_sku")[:40]}" stands twice in the same parcel (line {first.line})'
    elif len(rows) > 1 and any(row.pieces is None for row in rows):
        yield last.line, "fulfilled_qty is needed where a line is in several parcels"
    elif sum(row.pieces or 0 for row in rows) > first.quantity:
        yield last.line, f"fulfilled_qty adds up to more than the {first.quantity} ordered"


def parcel_of(row: Row) -> str:
    """The tracking number as it is compared; empty where there is none."""
    return bare_number(row.text("tracking_number"))


def _grouped(rows: Iterable[Row], key: Any) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


# The document


def _document(rows: Sequence[Row], rules: CsvRules, built: Built) -> Json:
    order = _Order(rows)
    key = normalise_number(rows[0].text("order_number"))
    phase = _phase(rows, built)
    document: Json = {
        "id": order.text("id") or f"csv:{key}",
        "number": rows[0].text("order_number"),
        "placed_at": order.time("placed_at", rules),
        "updated_at": order.time("updated_at", rules),
        "customer": _customer(order, key),
        "currency": order.text("currency").upper(),
        "totals": {"total": int(order.text("total_minor"))},
        "payment": _payment(order, rows),
        "ship_to": _address(order),
        "promised": {"min": order.time("promised_min", rules), "max": order.time("promised_max", rules)},
        "lines": [_line(mine) for mine in _grouped(rows, lambda row: row.line_id).values()],
        "shipments": _parcels(rows, order.time("placed_at", rules), built),
        "fulfilment": phase.value,
        "holds": [{"reason": reason.value} for reason in dict.fromkeys(r for row in rows for r in row.meaning.holds)],
        "cancelled_at": _cancelled_at(rows, phase, built),
    }
    return {name: value for name, value in document.items() if value is not None}


class _Order:
    """The cells that are alike in all rows: the first that is not blank."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def row(self, column: str) -> Row:
        """The row that says it."""
        return next((row for row in self._rows if row.text(column)), self._rows[0])

    def text(self, column: str) -> str:
        """What it says."""
        return self.row(column).text(column)

    def time(self, column: str, rules: CsvRules) -> str | None:
        """What it says, as a time."""
        return time_of(self.row(column), column, rules)


def _customer(order: _Order, key: str) -> Json:
    email, phone = order.text("email"), order.text("phone")
    name = order.text("customer_id") or (f"csv:{email_key(email)}" if email else f"csv:order:{key}")
    return {
        "id": name,
        "name": order.text("customer_name"),
        "emails": [email] if email else [],
        "phones": [phone] if phone else [],
        "zip": order.text("zip") or None,
    }


def _address(order: _Order) -> Json | None:
    found = {name: order.text(name) for name in _ADDRESS if order.text(name)}
    return {"name": order.text("customer_name"), **found} if found else None


def _payment(order: _Order, rows: Sequence[Row]) -> Json:
    """The column's word; a status that speaks of money says it unless it only says that it was paid."""
    column = order.text("payment_status").lower().replace(" ", "_")
    said = {row.meaning.payment for row in rows if row.meaning.payment is not None}
    if len(said) > 1:
        status = Pay.UNKNOWN.value
    elif said and (said != {Pay.PAID} or not column):
        status = next(iter(said)).value
    else:
        status = column or Pay.UNKNOWN.value
    return {"status": status, "disputed": any("disputed" in row.meaning.flags for row in rows)}


def _line(rows: Sequence[Row]) -> Json:
    row = rows[0]
    cancelled = all("cancelled" in each.meaning.flags for each in rows)
    return {
        "id": row.line_id,
        "sku": row.text("line_sku"),
        "title": row.text("line_title") or row.text("line_sku"),
        "quantity": row.quantity,
        "unit_price": row.unit_price,
        "fulfilled": sum(_pieces(each) for each in rows),
        **({"current": 0} if cancelled else {}),
    }


def _pieces(row: Row) -> int:
    """How many pieces are in the row's parcel; all of the line where a parcel says nothing else."""
    if row.pieces is not None:
        return row.pieces
    return row.quantity if parcel_of(row) else 0


def _parcels(rows: Sequence[Row], placed_at: str | None, built: Built) -> list[Json]:
    with_number = [row for row in rows if parcel_of(row)]
    found = [_parcel(number, mine, placed_at, built) for number, mine in _grouped(with_number, parcel_of).items()]
    waiting = [row for row in rows if not parcel_of(row) and row.meaning.parcel is not None and row.status_at]
    if waiting:  # such as a pickup in the shop: a parcel that no carrier has
        found.append(_parcel("without-number", waiting, placed_at, built))
    return found


def _parcel(number: str, rows: Sequence[Row], placed_at: str | None, built: Built) -> Json:
    parcel: Json = {
        "id": number,
        "carrier": _first(row.text("carrier") for row in rows),
        "service": _first(row.text("service") for row in rows),
        "tracking_number": _first(row.text("tracking_number") for row in rows),
        "shipped_at": _first(row.shipped_at for row in rows),
        "lines": [{"line": row.line_id, "quantity": _pieces(row) or row.quantity} for row in rows if row.pieces != 0],
        "events": _events(rows, placed_at, built),
    }
    return {name: value for name, value in parcel.items() if value is not None}


def _first(values: Iterable[str | None]) -> str | None:
    return next(filter(None, values), None)


def _events(rows: Sequence[Row], placed_at: str | None, built: Built) -> list[Json]:
    """What the status says of the parcel, if it is known when that was; a status without its time is unknown."""
    status = next((row.meaning.parcel for row in rows if row.meaning.parcel is not None), None)
    if status is None or status is ShipmentStatus.LABEL_CREATED:
        return []
    shipped_at = _first(row.shipped_at for row in rows)
    at = _first(row.status_at for row in rows) or (shipped_at if status in _MOVING else None)
    if at is not None:
        return [{"at": at, "code": status.value}]
    _remark_missing_time(rows[0], built)
    return [{"at": shipped_at or placed_at, "code": ShipmentStatus.UNKNOWN.value, "raw_code": status.value}]


def _remark_missing_time(row: Row, built: Built) -> None:
    text = f'status "{row.text("status")}" needs its time in a column status_at; without it nobody knows'
    built.remarks.append((row.line, text))


def _cancelled_at(rows: Sequence[Row], phase: Phase, built: Built) -> str | None:
    if phase is not Phase.CANCELLED:
        return None
    at = _first(row.status_at for row in rows)
    if at is None:
        _remark_missing_time(rows[0], built)
    return at


# How far it is


def _phase(rows: Sequence[Row], built: Built) -> Phase:
    """How far the warehouse is, by the statuses of the rows and by the pieces that have left."""
    standing = [row for row in rows if "cancelled" not in row.meaning.flags]
    if not standing:
        return Phase.CANCELLED
    lines = _grouped(standing, lambda row: row.line_id).values()
    ordered = sum(mine[0].quantity for mine in lines)
    gone = sum(_pieces(row) for row in standing)
    is_counted = all(row.pieces is not None or parcel_of(row) for row in standing)
    words = {_word(row) for row in standing} - {None}
    if not words:
        return _by_pieces(gone, ordered) if is_counted else Phase.UNKNOWN
    phase = _together({word for word in words if word is not None})
    if any("check_shipments" in row.meaning.flags for row in standing) and phase is Phase.UNFULFILLED:
        return _by_pieces(gone, ordered)
    checked = _agreed(phase, gone, ordered) if is_counted else phase
    if checked is Phase.UNKNOWN and phase is not Phase.UNKNOWN:
        built.remarks.append(
            (rows[0].line, "status says shipped, fulfilled_qty says nothing has left; treated as unknown")
        )
    return checked


def _word(row: Row) -> Phase | None:
    """What the row's status says of the warehouse; a parcel that is under way has left."""
    meaning = row.meaning
    if meaning.fulfilment is not None or meaning.parcel is None:
        return meaning.fulfilment
    has_parcel = parcel_of(row) or row.status_at
    if meaning.parcel is ShipmentStatus.LABEL_CREATED:
        return Phase.PROCESSING
    return Phase.SHIPPED if has_parcel else Phase.UNKNOWN


def _together(words: set[Phase]) -> Phase:
    """One phase for rows that are not equally far."""
    if len(words) == 1:
        return next(iter(words))
    if Phase.UNKNOWN in words:
        return Phase.UNKNOWN
    if words & _LEFT:
        return Phase.PARTIALLY_SHIPPED
    return next(phase for phase in _LEAST_FIRST if phase in words)


def _by_pieces(gone: int, ordered: int) -> Phase:
    if gone == 0:
        return Phase.UNFULFILLED
    return Phase.SHIPPED if gone >= ordered else Phase.PARTIALLY_SHIPPED


def _agreed(phase: Phase, gone: int, ordered: int) -> Phase:
    """The phase of the words, where the pieces do not speak against it."""
    if phase is Phase.SHIPPED and gone < ordered:
        return Phase.PARTIALLY_SHIPPED if gone else Phase.UNKNOWN
    if phase in (Phase.UNFULFILLED, Phase.PROCESSING) and 0 < gone < ordered:
        return Phase.PARTIALLY_SHIPPED
    return phase
