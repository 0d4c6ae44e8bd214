"""docs/connect.md: every example of its REST, CSV, warehouse and payments chapters does what the page says."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from server.commerce import csv_orders, mappings
from server.commerce.connectors.rest.documents import checked_order
from server.commerce.connectors.rest.hooks import RestHooks
from server.commerce.connectors.rest.writes import PATHS, Answer
from server.commerce.csv_orders import CsvOrder, rules_of
from server.commerce.csv_rows import COLUMNS, OPTIONAL
from server.commerce.documents import to_raw
from server.commerce.notices import _FIELDS as FIELDS
from server.commerce.notices import Source, read_notices, with_notices
from server.commerce.signing import is_signed, sign
from server.commerce.states import FulfilmentPhase, HoldReason
from server.settings import RestSettings, load
from tests.server.commerce.orders import a_line, an_order, snap

PAGE: Final = (Path(__file__).parents[5] / "docs/connect.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"<!-- example: ([\w-]+) -->\n```\w+\n(.*?)```", re.DOTALL)
EXAMPLES: Final = dict(EXAMPLE.findall(PAGE))


def parsed(name: str) -> Any:
    return json.loads(EXAMPLES[name])


def chapter(title: str) -> str:
    """The text below a heading of the second level."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_python_of_the_page_signs_as_we_do() -> None:
    names: dict[str, Any] = {}
    exec(EXAMPLES["signing"], names)
    header = names["signature"]("wh_secret_1", 1767225600, "POST", "/orders/search", b'{"name":"#1001"}')
    assert f"`{header}`" in PAGE
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert header == sign("wh_secret_1", "POST", "/orders/search", b'{"name":"#1001"}', at)
    assert is_signed(["wh_secret_1"], header, "POST", "/orders/search", b'{"name":"#1001"}', at)


def test_both_spellings_of_the_order_are_the_same_order() -> None:
    ours, model = snap(checked_order(parsed("order"), "")), snap(checked_order(parsed("model"), ""))
    assert (ours.number, ours.fulfilment, ours.shipments[0].status) == ("#1042", "shipped", "in_transit")
    assert model == ours


def test_the_webhook_touches_the_order() -> None:
    touched = RestHooks(["s"]).touched({}, EXAMPLES["webhook"].encode())
    assert (touched.kind, touched.id, touched.topic) == ("order", "ord_7", "order.updated")


def test_the_capabilities_are_ours_and_every_write_is_described() -> None:
    assert set(parsed("capabilities")["capabilities"]) <= set(PATHS)
    for name, path in PATHS.items():
        assert f"| `{name}` | `POST {path.format('{id}')}` |" in PAGE


def test_the_answer_to_a_refund_is_read() -> None:
    request, result = parsed("refund-request"), Answer(parsed("refund-answer"), "refund").refund()
    assert (result.refund_id, result.amount.amount_minor, result.status) == (
        "re_1",
        request["amount"]["amount_minor"],
        "pending",
    )


def test_the_settings_are_settings() -> None:
    told = tomllib.loads(EXAMPLES["settings"])["rest"]
    environ = {f"ONETHREAD_REST__{name.upper()}": value for name, value in told.items()}
    assert load(None, environ).rest == RestSettings(**told)


def test_the_csv_lands_with_the_settings_of_the_page() -> None:
    told = tomllib.loads(EXAMPLES["csv-settings"])["imports"]
    rules = rules_of(told["status_map"], told["source_tz"])
    found = list(csv_orders.read(EXAMPLES["csv"].splitlines(keepends=True), rules))
    orders = [snap(to_raw(each.document)) for each in found if isinstance(each, CsvOrder)]
    assert len(orders) == len(found) == 2
    assert [(order.id, order.fulfilment, len(order.parcels)) for order in orders] == [
        ("csv:1001", "shipped", 2),
        ("csv:1002", "unfulfilled", 0),
    ]


def test_every_column_and_every_meaning_of_a_status_is_named() -> None:
    text = chapter("Orders from CSV files")
    assert [column for column in OPTIONAL if f"`{column}`" not in text] == []
    assert EXAMPLES["csv"].partition("\n")[0].split(",") == list(COLUMNS)
    assert f"these {len(COLUMNS)} columns" in text
    phases = re.findall(r"how far the warehouse is \(([^)]*)\)", text)[0]
    assert set(re.findall(r"`(\w+)`", phases)) == {each.value for each in FulfilmentPhase}
    assert [preset for preset in mappings.PRESETS if f"`preset={preset}`" not in text] == []


@pytest.mark.parametrize(("source", "kind", "title"), [
    ("warehouse", "warehouse", "The warehouse"), ("payments", "payment", "The payment provider"),
])  # fmt: skip
def test_every_type_of_notice_is_shown_and_read(source: Source, kind: Any, title: str) -> None:
    notices = read_notices(source, EXAMPLES[source].encode())
    assert {notice.document["type"] for notice in notices} == set(FIELDS[kind])
    sent = parsed(source)["events"]
    kept = [set(notice.document) - {"key", "kind"} for notice in notices]
    assert kept == [set(event) - {"order"} for event in sent]
    table = chapter(title)
    for name, fields in FIELDS[kind].items():
        line = next(line for line in table.splitlines() if line.startswith("| `") and f"`{name}`" in line)
        assert [field for field in fields if field != "currency" and f"`{field.removesuffix('!')}`" not in line] == []


def test_every_reason_of_a_hold_is_named() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| `on_hold`"))
    assert [reason.value for reason in HoldReason if f"`{reason.value}`" not in line] == []


def test_the_warehouses_story_ends_with_a_parcel_and_an_inspected_return() -> None:
    order = an_order(
        updated_at="2026-11-20T07:00:00Z",
        lines=[a_line()],
        returns=[{"id": "r1", "name": "RMA-1", "status": "approved", "lines": [{"line": "l1", "quantity": 1}]}],
    )
    told = snap(
        with_notices(order, [notice.document for notice in read_notices("warehouse", EXAMPLES["warehouse"].encode())])
    )
    assert (told.fulfilment, told.holds, told.shipments[0].carrier) == ("shipped", (), "ups")
    assert (told.returns[0].status, str(told.fulfil_by)) == ("inspected", "2026-11-21")


def test_the_providers_story_ends_with_a_refund_and_a_closed_dispute() -> None:
    refund = {"id": "re_1", "amount": 2500, "status": "pending", "at": "2026-11-20T09:00:00Z"}
    order = an_order(updated_at="2026-11-20T07:00:00Z", payment={"status": "authorized"}, refunds=[refund])
    told = snap(
        with_notices(order, [notice.document for notice in read_notices("payments", EXAMPLES["payments"].encode())])
    )
    assert (told.payment.status, told.refunds[0].status, told.payment.disputed) == ("paid", "succeeded", False)
    assert [problem.kind for problem in told.payment.problems] == ["charged_twice"]
