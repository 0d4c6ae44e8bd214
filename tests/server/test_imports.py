"""Imports: good lines land, bad lines are named with number and reason, and nothing is done twice."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path

import jsonschema
import pytest

from memory import orders
from memory.engines.base import Database
from server.__main__ import main
from server.clock import HandClock
from server.commerce.csv_rows import rules_of
from server.commerce.embedded import EmbeddedStore
from server.errors import StoreUnavailable
from server.imports import (
    ARRAY_HINT,
    MAX_LINE_BYTES,
    UTF_16_HINT,
    ImportReport,
    Lines,
    file_lines,
    import_csv_orders,
    import_customers,
    import_orders,
    import_products,
    import_promotions,
    import_subscriptions,
)
from tests.server.commerce.orders import NOW, Raw, a_line, a_parcel, an_order
from tests.server.commerce.test_csv_orders import row, written
from tests.support.databases import ENGINES, opened, url_of

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
def store(database: Database) -> EmbeddedStore:
    return EmbeddedStore(database, HandClock(NOW), "America/New_York")


def line(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def numbered(count: int, first: int = 0) -> list[bytes]:
    """That many orders, each with its own id and number."""
    return [line(an_order(id=f"o{n}", number=f"#{n}")) for n in range(first, first + count)]


async def ids(store: EmbeddedStore) -> set[str]:
    return {document["id"] for document in await store.documents()}


async def test_good_lines_land_and_bad_ones_are_named(store: EmbeddedStore) -> None:
    lines = [*numbered(2), b"{nonsense}\n", line({"id": "x"}), *numbered(1, first=2)]
    report = await import_orders(store, lines)
    assert report.landed == 3
    assert [number for number, _ in report.failed] == [3, 4]
    assert report.failed[0][1].startswith("not JSON")
    assert report.failed[1][1] == "number is missing"
    assert await ids(store) == {"o0", "o1", "o2"}


async def test_an_import_may_be_repeated(store: EmbeddedStore, database: Database) -> None:
    await import_orders(store, numbered(3))
    report = await import_orders(store, numbered(3))
    assert (report.landed, report.failed, report.warnings) == (3, [], [])
    stored = await database.read(lambda tx: orders.get(tx, "o0"))
    assert stored is not None
    assert stored.version == 1


async def test_a_later_file_replaces_an_order_by_its_id(store: EmbeddedStore) -> None:
    await import_orders(store, numbered(1))
    await import_orders(store, [line(an_order(id="o0", number="#0", note="by the door"))])
    order = await store.order("o0")
    assert order is not None
    assert order.note == "by the door"


async def test_orders_make_their_customers_known(store: EmbeddedStore) -> None:
    await import_orders(store, numbered(1))
    assert [customer.id for customer in await store.customers_by(email="ana@example.com")] == ["c1"]


async def test_a_customers_file_wins_over_what_orders_said(store: EmbeddedStore) -> None:
    ana: Raw = {"id": "c1", "name": "Ana S.", "emails": ["ana@new.example"], "phones": []}
    await import_orders(store, numbered(1))
    await import_customers(store, [line(ana)])
    await import_orders(store, numbered(1, first=1))
    assert [customer.name for customer in await store.customers_by(email="ana@new.example")] == ["Ana S."]
    assert await store.customers_by(email="ana@example.com") == ()


async def test_byte_order_mark_blank_lines_and_windows_line_ends_are_no_trouble(store: EmbeddedStore) -> None:
    lines = [
        b"\xef\xbb\xbf" + numbered(1)[0].replace(b"\n", b"\r\n"),
        b"\r\n",
        b"\n",
        b"   \n",
        numbered(1, 1)[0].strip(),
    ]
    report = await import_orders(store, lines)
    assert (report.landed, report.failed) == (2, [])


async def test_a_number_that_another_order_has_is_refused_in_the_same_file_too(store: EmbeddedStore) -> None:
    report = await import_orders(store, [line(an_order(id="a", number="#7")), line(an_order(id="b", number="7"))])
    assert report.landed == 1
    assert report.failed == [(2, 'number "7" belongs to the order with id "a"')]


async def test_an_id_that_stands_twice_is_noticed_and_the_later_line_counts(store: EmbeddedStore) -> None:
    report = await import_orders(store, [*numbered(1), line(an_order(id="o0", number="#0", note="later"))])
    assert report.landed == 2
    assert [(remark.line, remark.text) for remark in report.warnings] == [
        (2, '"o0" stands in line 1 too; the later line counts')
    ]
    order = await store.order("o0")
    assert order is not None
    assert order.note == "later"


def deep(depth: int) -> bytes:
    return line(an_order()).replace(b'"lines"', b'"deep": ' + b"[" * depth + b"]" * depth + b', "lines"')


BAD_LINES: dict[str, tuple[bytes, str]] = {
    "invalid UTF-8": (line(an_order(note="x")).replace(b'"x"', b'"\xff"'), "not JSON"),
    "too long": (line(an_order(note="x" * MAX_LINE_BYTES)), "the line is longer than 4 MiB"),
    "a list": (b"[1, 2]\n", ARRAY_HINT),
    "a text": (b'"hello"\n', "must be a JSON object"),
    "nested deeply": (deep(65), "the line is nested too deeply"),
    "nested very deeply": (deep(200_000), "the line is nested too deeply"),
    "a NUL": (line(an_order(number="#1\x00")), "the line holds a NUL character, which cannot be stored"),
    "half a character": (line(an_order()).replace(b"Ana Souza", b"\\ud800"), "not JSON"),
    "no time zone": (line(an_order(placed_at="2026-11-20T10:00:00")), 'placed_at "2026-11-20T10:00:00" has no offset'),
    "a wrong type": (line(an_order(totals={"total": "55.00"})), "totals.total must be a whole number, not text"),
    "a nameless number": (line(an_order(number="#")), 'number "#" has neither letters nor digits'),
}


@pytest.mark.parametrize("name", BAD_LINES)
async def test_a_bad_line_harms_no_other(store: EmbeddedStore, name: str) -> None:
    bad, reason = BAD_LINES[name]
    report = await import_orders(store, [*numbered(1), bad, *numbered(1, first=1)])
    assert report.landed == 2
    assert [number for number, _ in report.failed] == [2]
    assert report.failed[0][1].startswith(reason)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b'[\n{"id": "o1"},\n{"id": "o2"}\n]\n', ARRAY_HINT),
        (b'\xef\xbb\xbf\n[{"id": "o1"},\n{"id": "o2"}]\n', ARRAY_HINT),
        (b'[{"id": "o1"}, {"id": "o2"}]', ARRAY_HINT),
        ('{"id": "o1"}\n{"id": "o2"}\n'.encode("utf-16"), UTF_16_HINT),
    ],
)
async def test_a_file_of_another_kind_gets_one_hint(store: EmbeddedStore, content: bytes, hint: str) -> None:
    report = await import_orders(store, content.splitlines(keepends=True))
    assert report.landed == 0
    assert [reason for _, reason in report.failed] == [hint]


async def test_a_remark_is_made_once_and_counted(store: EmbeddedStore) -> None:
    report = await import_orders(store, [line(an_order(id=f"o{n}", number=f"#{n}", gift=True)) for n in range(5)])
    assert report.landed == 5
    assert [(each.line, each.text, each.times) for each in report.warnings] == [
        (1, "gift is not a field of this format; kept", 5)
    ]


async def test_progress_is_told_after_each_batch(store: EmbeddedStore) -> None:
    seen: list[int] = []
    report = await import_orders(store, numbered(450), lambda so_far: seen.append(so_far.landed))
    assert (report.landed, seen) == (450, [200, 400, 450])


async def test_an_import_that_lost_its_database_says_what_landed(store: EmbeddedStore, database: Database) -> None:
    async def lines() -> AsyncIterator[bytes]:
        for each in numbered(200):
            yield each
        await database.close()
        yield numbered(1, first=200)[0]

    with pytest.raises(StoreUnavailable, match="200 lines landed before; the import may be repeated"):
        await import_orders(store, lines())


async def test_every_kind_of_file_lands(store: EmbeddedStore, database: Database) -> None:
    product: Raw = {"id": "p1", "title": "Red scarf", "variants": [{"sku": "SCARF-RED", "price": 2500, "stock": 3}]}
    subscription: Raw = {
        "id": "s1", "customer": "c1", "status": "active", "interval": "P1M", "price": 900,
        "next_at": "2026-12-01", "lines": [{"sku": "TEA", "quantity": 1}],
    }  # fmt: skip
    promotion: Raw = {"code": "WINTER", "kind": "percent", "value": 10, "ends_at": "2026-12-31"}
    for run, document in [
        (import_products, product),
        (import_subscriptions, subscription),
        (import_promotions, promotion),
    ]:
        report: ImportReport = await run(store, [line(document), b"{}\n"])
        assert (report.landed, [number for number, _ in report.failed]) == (1, [2])
    variant = await store.variant("SCARF-RED")
    assert variant is not None
    assert variant.stock == 3
    assert await database.read(lambda tx: orders.extra(tx, "subscription", "s1")) == subscription
    assert await database.read(lambda tx: orders.extra(tx, "promotion", "WINTER")) == promotion


# Files


async def read(path: Path) -> list[bytes]:
    return [each async for each in file_lines(path)]


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"a\n\nb", b"a\r\nb\r\n"])
async def test_a_file_is_read_line_by_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(content)
    assert b"".join(await read(path)) == content
    assert len(await read(path)) == len(content.splitlines())


async def test_of_a_line_that_is_too_long_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"a\n" + b"x" * (3 * MAX_LINE_BYTES) + b"\nb\n")
    first, long, last = await read(path)
    assert (first, last) == (b"a\n", b"b\n")
    assert MAX_LINE_BYTES < len(long) <= MAX_LINE_BYTES + 2


# CSV


CSV_RULES = rules_of(["default=unknown", "sent=shipped"], "")


def csv_file(folder: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """A file of orders; line 1 is its header."""
    path = folder / "orders.csv"
    path.write_text("".join(written(map(dict, rows))), encoding="utf-8", newline="")
    return path


async def test_orders_of_a_csv_file_land_and_bad_lines_are_named(store: EmbeddedStore, tmp_path: Path) -> None:
    rows = [
        row(),
        row(order_number="#2"),
        row(order_number="#2", line_sku="B", line_qty="x"),
        row(order_number="#3", gift="yes"),
    ]
    report = await import_csv_orders(store, csv_file(tmp_path, rows), CSV_RULES)
    assert (report.landed, await ids(store)) == (2, {"csv:1001", "csv:3"})
    assert report.failed == [(4, 'line_qty "x" is not a whole number; order #2 (lines 3 to 4) is left out')]
    assert [(each.line, each.text) for each in report.warnings] == [(1, 'column "gift" is not known; left out')]
    order = await store.order_by_number("1001")
    assert order is not None
    assert (order.state, order.shipments[0].carrier) == ("shipped", "ups")


async def test_a_csv_file_may_be_imported_again_and_a_later_one_replaces_its_orders(
    store: EmbeddedStore, database: Database, tmp_path: Path
) -> None:
    for _ in range(2):
        report = await import_csv_orders(store, csv_file(tmp_path, [row()]), CSV_RULES)
        assert (report.landed, report.failed) == (1, [])
    stored = await database.read(lambda tx: orders.get(tx, "csv:1001"))
    assert stored is not None
    assert stored.version == 1
    await import_csv_orders(store, csv_file(tmp_path, [row(order_number="1001", zip="10001")]), CSV_RULES)
    order = await store.order("csv:1001")
    assert order is not None
    assert order.customer.zip == "10001"


async def test_rows_of_a_csv_order_that_stand_apart_are_one_order(store: EmbeddedStore, tmp_path: Path) -> None:
    apart = [row(fulfilled_qty="1"), row(order_number="#2"), row(fulfilled_qty="1", tracking_number="1Z2")]
    report = await import_csv_orders(store, csv_file(tmp_path, apart), CSV_RULES)
    order = await store.order("csv:1001")
    assert order is not None
    assert (report.landed, len(order.shipments)) == (2, 2)


async def test_progress_of_a_csv_file_is_told(store: EmbeddedStore, tmp_path: Path) -> None:
    path = csv_file(tmp_path, [row(order_number=f"#{n}") for n in range(450)])
    seen: list[int] = []
    report = await import_csv_orders(store, path, CSV_RULES, lambda so_far: seen.append(so_far.landed))
    assert (report.landed, seen) == (450, [200, 400, 450])


async def test_the_number_of_another_order_is_refused_in_csv_too(store: EmbeddedStore, tmp_path: Path) -> None:
    await import_orders(store, [line(an_order(id="a", number="#1001"))])
    report = await import_csv_orders(store, csv_file(tmp_path, [row()]), CSV_RULES)
    assert report.failed == [(2, 'number "#1001" belongs to the order with id "a"')]


def test_the_command_reads_a_csv_file_by_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "onethread.toml"
    config.write_text('[imports]\nstatus_map = ["preset=bigcommerce"]\nsource_tz = "Europe/Berlin"\n')
    path = csv_file(tmp_path, [row(placed_at="2026-11-17 10:00"), row(order_number="#2", line_qty="x")])
    assert main(["orders", "import", str(path), "--config", str(config), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["landed"], [each["line"] for each in told["failed"]]) == (1, [3])
    assert [each["text"] for each in told["warnings"]] == [
        'status "sent" is not in imports.status_map; its default is used'
    ]


def test_the_command_names_a_wrong_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "onethread.toml"
    config.write_text('[imports]\nstatus_map = ["sent=shipped"]\n')
    assert main(["orders", "import", str(csv_file(tmp_path, [row()])), "--config", str(config)]) == 1
    assert "imports.status_map needs default=unknown" in capsys.readouterr().err


# The examples of the documentation

Run = Callable[[EmbeddedStore, Lines], Awaitable[ImportReport]]


@pytest.mark.parametrize(
    ("name", "run", "count"),
    [("products", import_products, 8), ("customers", import_customers, 9), ("orders", import_orders, 10)],
)
async def test_the_example_files_land_without_a_remark(store: EmbeddedStore, name: str, run: Run, count: int) -> None:
    report = await run(store, file_lines(DOCS / "examples" / f"{name}.jsonl"))
    assert (report.landed, report.failed, report.warnings) == (count, [], [])


STATES = {
    "#1042": ("unfulfilled", []),
    "#1043": ("on_hold", []),
    "#1044": ("scheduled", []),
    "#1045": ("processing", []),
    "#1046": ("partially_shipped", ["delivered", "in_transit"]),
    "#1047": ("shipped", ["in_transit"]),
    "#1048": ("shipped", ["customs"]),
    "#1049": ("shipped", ["available_for_pickup"]),
    "#1050": ("delivered", ["delivered"]),
    "#1051": ("cancelled", []),
}


async def test_the_example_orders_are_in_the_states_that_the_page_says(store: EmbeddedStore) -> None:
    await import_orders(store, file_lines(DOCS / "examples" / "orders.jsonl"))
    found = {}
    for document in await store.documents():
        order = await store.order(document["id"])
        assert order is not None
        found[order.number] = (order.state, [parcel.status.value for parcel in order.parcels])
    assert found == STATES


@pytest.mark.parametrize("kind", ["order", "product", "customer"])
def test_the_example_files_fit_the_schemas(kind: str) -> None:
    schema = json.loads((DOCS / "schemas" / f"{kind}.schema.json").read_text())
    for text in (DOCS / "examples" / f"{kind}s.jsonl").read_text(encoding="utf-8").splitlines():
        jsonschema.validate(json.loads(text), schema)


async def test_every_example_on_the_page_lands(store: EmbeddedStore) -> None:
    page = (DOCS / "orders.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```jsonl\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    runs: list[Run] = [import_orders, import_products, import_customers, import_subscriptions, import_promotions]
    for run, block in zip(runs, blocks, strict=True):
        report = await run(store, block.encode().splitlines())
        assert (report.landed, report.failed, report.warnings) == (1, [], [])


SHOWN: dict[str, dict[str, object]] = {
    "customer.name is missing": {"customer": {"id": "c1"}},
    "totals.total must be a whole number, not text": {"totals": {"total": "4900"}},
    'placed_at "2026-11-20T10:00:00" has no offset, such as Z or +01:00': {"placed_at": "2026-11-20T10:00:00"},
    'currency "XXA" is not an ISO 4217 currency': {"currency": "XXA"},
    'lines[1].id "l1" appears twice': {"lines": [a_line(), a_line()]},
    'shipments[0].lines[0].line "l9" is not a line of this order': {
        "shipments": [a_parcel(lines=[{"line": "l9", "quantity": 1}])]
    },
    'number "#1042" belongs to the order with id "ord_7"': {"id": "ord_8"},
}


@pytest.mark.parametrize("reason", SHOWN)
async def test_the_reasons_on_the_page_are_those_that_are_given(store: EmbeddedStore, reason: str) -> None:
    assert f"`{reason}`" in (DOCS / "orders.md").read_text(encoding="utf-8")
    report = await import_orders(store, [line(an_order()), line(an_order(**SHOWN[reason]))])
    assert report.failed == [(2, reason)]
