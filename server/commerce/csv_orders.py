"""Orders from CSV files: one row for each line in each parcel, grouped by order number, then by tracking number.

Good orders land and bad lines are named; an order with one bad line is left out whole, because a part of an order is a wrong
order. A file is read in a stream: only orders whose rows do not stand together are held until its end. Nothing here knows
where orders are stored.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Final, TypeAlias

from server.commerce.csv_building import Built, build
from server.commerce.csv_rows import COLUMNS, OPTIONAL, CsvRules, Row, read_row
from server.commerce.csv_rows import rules_of as rules_of
from server.commerce.documents import DocumentRejected, OrderDocument, decode_order
from server.commerce.store import normalise_number

MAX_LINE_BYTES: Final = 1024 * 1024
UTF_16_HINT: Final = "this file is UTF-16; save it as CSV in UTF-8"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class CsvOrder:
    """An order that can be stored; it began in `line`."""

    line: int
    document: OrderDocument
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CsvRefusal:
    """A line that cannot be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class CsvRemark:
    """Something that we noticed in a line."""

    line: int
    text: str


Outcome: TypeAlias = CsvOrder | CsvRefusal | CsvRemark


def text_lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a file; bytes that are not UTF-8 stay recognisable, and a line that is too long is cut."""
    first = True
    while line := file.readline(MAX_LINE_BYTES):
        yield line.decode("utf-8-sig" if first else "utf-8", "surrogateescape")
        first = False
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)


def scattered(lines: Iterable[str]) -> frozenset[str]:
    """The numbers of orders whose rows do not stand together: a first look at the file, for `read`."""
    found: set[str] = set()
    closed: set[str] = set()
    current = ""
    for row in _rows(lines, None):
        if isinstance(row, Row) and (key := _key(row)) != current:
            found.update({key} & closed)
            closed.add(current)
            current = key
    return frozenset(found - {""})


def read(lines: Iterable[str], rules: CsvRules, apart: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Everything that a file says, order by order. `apart` is what `scattered` found in the same lines."""
    current: list[Row] = []
    held: dict[str, list[Row]] = {}
    for row in _with_doubts(_rows(lines, rules)):
        if not isinstance(row, Row):
            yield row
            continue
        key = _key(row)
        if key in apart:
            held.setdefault(key, []).append(row)
            continue
        if current and _key(current[0]) != key:
            yield from _finished(current, rules)
            current = []
        current.append(row)
    for group in chain([current] if current else [], held.values()):
        yield from _finished(group, rules)


def _with_doubts(rows: Iterable[Row | CsvRefusal | CsvRemark]) -> Iterator[Row | CsvRefusal | CsvRemark]:
    """A line that cannot be read may belong to the order before it, or to the one after it: neither is whole for sure."""
    before: Row | None = None
    unreadable: CsvRefusal | None = None
    for row in rows:
        if isinstance(row, CsvRefusal):
            unreadable = row
            if before is not None:
                before.problem = before.problem or _doubt(row)
        elif isinstance(row, Row):
            if unreadable is not None:
                row.problem = row.problem or _doubt(unreadable)
            before, unreadable = row, None
        yield row


def _doubt(refusal: CsvRefusal) -> str:
    return f"line {refusal.line} beside it cannot be read, and may belong to the same order"


def _finished(rows: Sequence[Row], rules: CsvRules) -> Iterator[Outcome]:
    if not _key(rows[0]):
        yield from (CsvRefusal(row.line, "order_number is empty") for row in rows)
        return
    built = build(rows, rules)
    yield from (CsvRemark(line, text) for line, text in built.remarks)
    yield from (CsvRefusal(line, reason) for line, reason in built.problems)
    if built.document is not None:
        yield _checked(built)


def _checked(built: Built) -> Outcome:
    try:
        document, warnings = decode_order(built.document or {})
    except DocumentRejected as error:
        return CsvRefusal(built.line, str(error))
    return CsvOrder(built.line, document, tuple(warnings))


def _key(row: Row) -> str:
    return normalise_number(row.text("order_number"))


# The file


def _rows(lines: Iterable[str], rules: CsvRules | None) -> Iterator[Row | CsvRefusal | CsvRemark]:
    """The rows of a file; without `rules` their cells stay unread. A file without the columns is refused once."""
    stream = iter(lines)
    first = next(stream, "")
    if first.encode("utf-8", "surrogateescape").startswith(_UTF_16):
        yield CsvRefusal(1, UTF_16_HINT)
        return
    records = _records(chain([first], stream), _delimiter(first))
    header_line, header = next(((line, each) for line, each in records if not isinstance(each, str)), (1, []))
    names = [name.strip().lower().replace(" ", "_") for name in header]
    missing = [column for column in COLUMNS if column not in names]
    twins = sorted({name for name in names if name and names.count(name) > 1})
    if missing or twins:
        wrong = f"the header lacks {', '.join(missing)}" if missing else f"the header names {', '.join(twins)} twice"
        yield CsvRefusal(header_line, f"{wrong}; docs/connect.md shows every column")
        return
    strangers = [name for name in names if name and name not in (*COLUMNS, *OPTIONAL)]
    yield from (CsvRemark(header_line, f'column "{name[:40]}" is not known; left out') for name in strangers)
    for line, record in records:
        yield _row(line, record, names, rules)


def _row(line: int, record: list[str] | str, names: list[str], rules: CsvRules | None) -> Row | CsvRefusal:
    if isinstance(record, str):
        return CsvRefusal(line, record)
    cells = {name: cell.strip() for name, cell in zip(names, record, strict=False) if name}
    if len(record) != len(names) and not _is_padding(record, len(names)):
        runs = "; is a quote not closed?" if any("\n" in cell for cell in record) else ""
        problem = f"{len(record)} columns where the header has {len(names)}{runs}"
        known = "order_number" in cells
        return Row(line, cells, problem) if known else CsvRefusal(line, problem)
    return Row(line, cells) if rules is None else read_row(line, cells, rules)


def _is_padding(record: list[str], expected: int) -> bool:
    """Whether a row is only longer by empty cells, as spreadsheets make them."""
    return len(record) > expected and not any(cell.strip() for cell in record[expected:])


def _records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the line that it begins in; a text says why a record could not be read."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield (
                line,
                f"cannot be read: {error}" + ("" if reader.line_num == line else f" (up to line {reader.line_num})"),
            )
            continue
        if any(cell.strip() for cell in record):
            yield line, record


def _delimiter(header: str) -> str:
    """The sign that the header is divided by: spreadsheets in Europe write semicolons."""
    return max(_DELIMITERS, key=header.count)
