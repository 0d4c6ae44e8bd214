"""Bringing a shop's files into the embedded store, line by line: what is good lands, what is bad is named with its number.

The files are JSON Lines (docs/orders.md), orders also CSV (docs/connect.md). Documents land in batches of one write unit
each, so that an import may run beside a live server; it may be repeated, since ids make it idempotent. It knows nothing of
files on a command line: lines of bytes come in, `file_lines` reads them from a path.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, Generic, TypeAlias, TypeVar

import msgspec

from server.commerce import csv_orders
from server.commerce.csv_orders import CsvOrder, CsvRefusal, Outcome
from server.commerce.csv_rows import CsvRules
from server.commerce.documents import (
    CustomerDocument,
    DocumentRejected,
    OrderDocument,
    ProductDocument,
    PromotionDocument,
    SubscriptionDocument,
    decode_customer,
    decode_order,
    decode_product,
    decode_promotion,
    decode_subscription,
    to_raw,
)
from server.commerce.embedded import EmbeddedStore
from server.commerce.formats import Part
from server.errors import StoreUnavailable

MAX_LINE_BYTES: Final = 4 * 1024 * 1024
BATCH: Final = 200
_BREATHE: Final = 20
_DEEPEST: Final = 64
_BOM: Final = b"\xef\xbb\xbf"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
ARRAY_HINT: Final = (
    "this file is one JSON array; an import file has one JSON object on each line, without brackets around them and"
    " without commas between them (jq -c '.[]' FILE makes one)"
)
UTF_16_HINT: Final = "this file is UTF-16; save it as UTF-8"

Lines: TypeAlias = AsyncIterable[bytes] | Iterable[bytes]
Progress: TypeAlias = Callable[["ImportReport"], None]
"""Called after each batch with what has happened so far."""

D = TypeVar("D", bound=Part)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that we noticed, said once: at which line first, and how often in all."""

    line: int
    text: str
    times: int = 1


@dataclass(slots=True)
class ImportReport:
    """What an import did. `landed` counts lines that are stored now, those that were stored before included."""

    landed: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    remarks: dict[str, Remark] = field(default_factory=dict)

    @property
    def warnings(self) -> list[Remark]:
        """What we noticed, in the order of the lines where we noticed it first."""
        return sorted(self.remarks.values(), key=lambda remark: remark.line)

    def warn(self, line: int, text: str) -> None:
        """Notice something; a text that was said before is only counted."""
        known = self.remarks.get(text)
        self.remarks[text] = Remark(known.line, text, known.times + 1) if known else Remark(line, text)

    def fail(self, line: int, reason: str) -> None:
        """A line did not land."""
        self.failed.append((line, reason))


@dataclass(frozen=True, slots=True)
class _Kind(Generic[D]):
    """How one kind of document is decoded, named and put; `put` gives a reason for each document that it refused."""

    decode: Callable[[bytes], tuple[D, list[str]]]
    name: Callable[[D], str]
    put: Callable[[Sequence[D]], Awaitable[Sequence[str | None]]]


async def import_orders(store: EmbeddedStore, lines: Lines, report: Progress | None = None) -> ImportReport:
    """Orders, and the customers whom they name. Raises StoreUnavailable; what landed before stays."""
    kind: _Kind[OrderDocument] = _Kind(decode_order, lambda each: each.id, store.put_orders)
    return await _import(kind, lines, report)


async def import_csv_orders(
    store: EmbeddedStore, path: Path, rules: CsvRules, report: Progress | None = None
) -> ImportReport:
    """Orders from a CSV file, which is read twice: first for orders whose rows stand apart. `landed` counts orders.

    Raises OSError, and StoreUnavailable; what landed before stays."""
    apart = await asyncio.to_thread(_scattered, path)
    kind: _Kind[OrderDocument] = _Kind(decode_order, lambda each: each.id, store.put_orders)
    work = _Work(kind, report)
    file = await asyncio.to_thread(path.open, "rb")
    try:
        outcomes = csv_orders.read(csv_orders.text_lines(file), rules, apart)
        while some := await asyncio.to_thread(lambda: list(islice(outcomes, _BREATHE))):
            for each in some:
                _take(work, each)
            if len(work.batch) >= BATCH:
                await work.put()
    finally:
        await asyncio.to_thread(file.close)
    await work.put()
    return work.report


def _scattered(path: Path) -> frozenset[str]:
    with path.open("rb") as file:
        return csv_orders.scattered(csv_orders.text_lines(file))


def _take(work: "_Work[OrderDocument]", outcome: Outcome) -> None:
    """Work in what a CSV file says: an order, a line that was refused, or a remark."""
    if isinstance(outcome, CsvOrder):
        work.keep(outcome.line, outcome.document, outcome.warnings)
    elif isinstance(outcome, CsvRefusal):
        work.report.fail(outcome.line, outcome.reason)
    else:
        work.report.warn(outcome.line, outcome.text)


async def import_products(store: EmbeddedStore, lines: Lines, report: Progress | None = None) -> ImportReport:
    """Products with their variants. Raises StoreUnavailable; what landed before stays."""
    kind: _Kind[ProductDocument] = _Kind(decode_product, lambda each: each.id, _never_refused(store.put_products))
    return await _import(kind, lines, report)


async def import_customers(store: EmbeddedStore, lines: Lines, report: Progress | None = None) -> ImportReport:
    """Customers; a customer whom orders made known gets the record of the file. Raises StoreUnavailable."""
    kind: _Kind[CustomerDocument] = _Kind(decode_customer, lambda each: each.id, _never_refused(store.put_customers))
    return await _import(kind, lines, report)


async def import_subscriptions(store: EmbeddedStore, lines: Lines, report: Progress | None = None) -> ImportReport:
    """Subscriptions. Raises StoreUnavailable; what landed before stays."""

    async def put(documents: Sequence[SubscriptionDocument]) -> Sequence[str | None]:
        await store.put_extras("subscription", [(each.id, to_raw(each)) for each in documents])
        return [None] * len(documents)

    return await _import(_Kind(decode_subscription, lambda each: each.id, put), lines, report)


async def import_promotions(store: EmbeddedStore, lines: Lines, report: Progress | None = None) -> ImportReport:
    """Promotions, by code. Raises StoreUnavailable; what landed before stays."""

    async def put(documents: Sequence[PromotionDocument]) -> Sequence[str | None]:
        await store.put_extras("promotion", [(each.code, to_raw(each)) for each in documents])
        return [None] * len(documents)

    return await _import(_Kind(decode_promotion, lambda each: each.code, put), lines, report)


async def file_lines(path: Path) -> AsyncIterator[bytes]:
    """The lines of a file, read off the event loop; of a line that is too long only the beginning. Raises OSError."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while found := await asyncio.to_thread(_next_lines, file):
            for line in found:
                yield line
    finally:
        await asyncio.to_thread(file.close)


def _next_lines(file: BinaryIO) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < BATCH and (line := file.readline(MAX_LINE_BYTES + 2)):
        found.append(line)
        while line and not line.endswith(b"\n"):  # the rest of a line that is too long
            line = file.readline(MAX_LINE_BYTES)
    return found


async def _import(kind: _Kind[D], lines: Lines, progress: Progress | None) -> ImportReport:
    work = _Work(kind, progress)
    number = 0
    async for line in _each(lines):
        number += 1
        if not work.take(number, line):
            break
        if len(work.batch) >= BATCH:
            await work.put()
        elif number % _BREATHE == 0:
            await asyncio.sleep(0)  # whoever shares this loop has a turn
    await work.put()
    return work.report


class _Work(Generic[D]):
    """An import under way: the report, and the documents that wait for the next batch."""

    def __init__(self, kind: _Kind[D], progress: Progress | None) -> None:
        self.report = ImportReport()
        self.batch: list[tuple[int, D]] = []
        self._kind = kind
        self._progress = progress
        self._lines: dict[str, int] = {}
        self._began = False

    def take(self, number: int, line: bytes) -> bool:
        """Check a line; False when the whole file is of another kind and no line of it can be read."""
        if number == 1 and line.startswith(_UTF_16):
            self.report.fail(number, UTF_16_HINT)
            return False
        text = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if not text:
            return True
        first, self._began = not self._began, True
        if first and text.startswith(b"[") and not _is_whole(text):
            self.report.fail(number, ARRAY_HINT)
            return False
        try:
            self.keep(number, *_decoded(self._kind, text))
        except DocumentRejected as error:
            self.report.fail(number, str(error))
        return True

    def keep(self, number: int, document: D, warnings: Sequence[str]) -> None:
        """Let a checked document wait for the next batch; of two with one id the later one counts."""
        for warning in warnings:
            self.report.warn(number, warning)
        name = self._kind.name(document)
        earlier = self._lines.setdefault(name, number)
        if earlier != number:
            self.report.warn(number, f'"{name}" stands in line {earlier} too; the later line counts')
            self._lines[name] = number
        self.batch.append((number, document))

    async def put(self) -> None:
        """Store what waits."""
        if not self.batch:
            return
        try:
            reasons = await self._kind.put([document for _, document in self.batch])
        except StoreUnavailable as error:
            landed = f"{self.report.landed} lines landed before; the import may be repeated"
            raise StoreUnavailable(f"{error}; {landed}") from error
        for (number, _), reason in zip(self.batch, reasons, strict=True):
            if reason is None:
                self.report.landed += 1
            else:
                self.report.fail(number, reason)
        self.batch.clear()
        if self._progress is not None:
            self._progress(self.report)


async def _each(lines: Lines) -> AsyncIterator[bytes]:
    if isinstance(lines, AsyncIterable):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line


def _decoded(kind: _Kind[D], text: bytes) -> tuple[D, list[str]]:
    """A checked document that can be stored. Raises DocumentRejected."""
    if len(text) > MAX_LINE_BYTES:
        raise DocumentRejected("", f"the line is longer than {MAX_LINE_BYTES // 1024**2} MiB")
    if text.startswith(b"["):
        raise DocumentRejected("", ARRAY_HINT)
    if b"\\u0000" in text:
        raise DocumentRejected("", "the line holds a NUL character, which cannot be stored")
    try:
        document, warnings = kind.decode(text)
        too_deep = _is_deep(text)
    except RecursionError:
        too_deep = True
    if too_deep:
        raise DocumentRejected("", "the line is nested too deeply")
    return document, warnings


def _is_deep(text: bytes) -> bool:
    """Whether a JSON text is nested deeper than anything that means something, and than what we could write again."""
    if text.count(b"[") + text.count(b"{") <= _DEEPEST:
        return False
    level: list[object] = [msgspec.json.decode(text)]
    for _ in range(_DEEPEST):
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [each for values in inner for each in values]
        if not level:
            return False
    return True


def _is_whole(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _never_refused(put: Callable[[Sequence[D]], Awaitable[None]]) -> Callable[[Sequence[D]], Awaitable[list[None]]]:
    async def put_all(documents: Sequence[D]) -> list[None]:
        await put(documents)
        return [None] * len(documents)

    return put_all
