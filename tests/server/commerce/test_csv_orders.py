"""Orders from CSV files: what a row means, which lines are refused and why, and that no part of an order lands."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.commerce import csv_orders
from server.commerce.csv_orders import CsvOrder, CsvRefusal, CsvRemark, text_lines
from server.commerce.csv_rows import COLUMNS, CsvRules, rules_of
from server.commerce.model import OrderSnapshot
from server.commerce.parse import snapshot
from server.errors import SettingsError
from tests.server.commerce.orders import NOW

WORDS = (
    "default=unknown", "sent=shipped", "part=partially_shipped", "new=unfulfilled", "done=delivered", "moving=in_transit",
    "void=cancelled", "check=on_hold/fraud_review", "draft=ignore", "bank=disputed", "pack=processing", "back=refunded",
    "pickup=available_for_pickup",
)  # fmt: skip
RULES = rules_of(WORDS, "Europe/Berlin")


def row(**cells: object) -> dict[str, str]:
    """One line of order #1001, in one parcel."""
    whole = {
        "order_number": "#1001", "email": "ana@example.com", "zip": "68102", "placed_at": "2026-11-17T16:00:00Z",
        "currency": "USD", "total_minor": "5500", "payment_status": "paid", "line_sku": "SCARF-RED",
        "line_title": "Red scarf", "line_qty": "2", "line_unit_minor": "2500", "fulfilled_qty": "2", "carrier": "ups",
        "tracking_number": "1ZA1B2C30300000012", "shipped_at": "2026-11-18T15:00:00Z", "promised_max": "2026-11-21",
        "status": "sent",
    }  # fmt: skip
    return {**whole, **{name: str(value) for name, value in cells.items()}}


def waiting(**cells: object) -> dict[str, str]:
    """A row of which nothing has left."""
    return row(
        **{"fulfilled_qty": "0", "carrier": "", "tracking_number": "", "shipped_at": "", "status": "new", **cells}
    )


def written(rows: Iterable[dict[str, str]], delimiter: str = ",") -> list[str]:
    """The lines of a file with these rows; line 1 is the header."""
    rows = list(rows)
    names = list(dict.fromkeys([*COLUMNS, *(name for each in rows for name in each)]))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, names, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().splitlines(keepends=True)


def outcome(lines: list[str], rules: CsvRules = RULES) -> list[csv_orders.Outcome]:
    return list(csv_orders.read(lines, rules, csv_orders.scattered(lines)))


def read(*rows: dict[str, str], rules: CsvRules = RULES) -> dict[str, OrderSnapshot]:
    """The orders of these rows by number; nothing may be refused."""
    found = outcome(written(rows), rules)
    assert [each for each in found if isinstance(each, CsvRefusal)] == []
    orders = [each.document for each in found if isinstance(each, CsvOrder)]
    return {each.number: snapshot(each, as_of=NOW, source="embedded") for each in orders}


def one(*rows: dict[str, str], rules: CsvRules = RULES) -> OrderSnapshot:
    (order,) = read(*rows, rules=rules).values()
    return order


def refused(*rows: dict[str, str], rules: CsvRules = RULES) -> list[tuple[int, str]]:
    """What is refused of these rows, of which no order may land."""
    found = outcome(written(rows), rules)
    assert [each for each in found if isinstance(each, CsvOrder)] == []
    return [(each.line, each.reason) for each in found if isinstance(each, CsvRefusal)]


def remarks(*rows: dict[str, str], rules: CsvRules = RULES) -> list[tuple[int, str]]:
    return [(each.line, each.text) for each in outcome(written(rows), rules) if isinstance(each, CsvRemark)]


# What the cells mean


def test_a_row_is_an_order_with_a_line_and_a_parcel() -> None:
    order = one(row())
    assert (order.id, order.number, order.fulfilment, order.payment.status) == ("csv:1001", "#1001", "shipped", "paid")
    assert (order.customer.emails, order.customer.zip, order.totals.total.amount_minor) == (
        ("ana@example.com",),
        "68102",
        5500,
    )
    line, parcel = order.lines[0], order.shipments[0]
    assert (line.sku, line.title, line.quantities.ordered, line.quantities.fulfilled) == (
        "SCARF-RED",
        "Red scarf",
        2,
        2,
    )
    assert (parcel.carrier, parcel.tracking_number, parcel.status) == ("ups", "1ZA1B2C30300000012", "label_created")
    assert str(parcel.shipped_at) == "2026-11-18 15:00:00+00:00"
    assert order.promised is not None
    assert str(order.promised.max) == "2026-11-21"
    assert not order.is_delivered


def test_lines_and_parcels_of_an_order_come_together() -> None:
    order = one(
        row(fulfilled_qty=1),
        row(fulfilled_qty=1, tracking_number="1ZA1B2C30300000021"),
        row(line_sku="MUG", line_title="Mug", line_qty=1, line_unit_minor=500, fulfilled_qty=1),
        waiting(line_sku="HAT", line_qty=1, line_unit_minor=0),
    )
    assert [(line.sku, line.quantities.fulfilled) for line in order.lines] == [("SCARF-RED", 2), ("MUG", 1), ("HAT", 0)]
    assert [[(each.line_id, each.quantity) for each in parcel.lines] for parcel in order.shipments] == [
        [("SCARF-RED", 1), ("MUG", 1)],
        [("SCARF-RED", 1)],
    ]
    assert order.fulfilment == "partially_shipped"


def test_one_sku_in_two_lines_is_told_apart_by_line_id() -> None:
    order = one(row(line_id="a"), row(line_id="b", line_unit_minor=0))
    assert [(line.id, line.sku, line.unit_price.amount_minor) for line in order.lines] == [
        ("a", "SCARF-RED", 2500),
        ("b", "SCARF-RED", 0),
    ]


def test_rows_of_an_order_need_not_stand_together() -> None:
    orders = read(
        row(fulfilled_qty=1),
        row(order_number="#1002"),
        row(fulfilled_qty=1, tracking_number="1Z2", order_number="1001"),
    )
    assert {number: len(order.shipments) for number, order in orders.items()} == {"#1002": 1, "#1001": 2}


def test_columns_beyond_the_least_are_understood() -> None:
    order = one(row(id="o1", customer_id="c1", customer_name="Ana", phone="+14025550100", country="US", region="NE",
                    city="Omaha", line1="12 Farnam St", promised_min="2026-11-18", updated_at="2026-11-20T17:00:00Z"))  # fmt: skip
    assert (order.id, order.customer.id, order.customer.name, order.tz) == ("o1", "c1", "Ana", "America/Chicago")
    assert (order.ship_to.city, order.ship_to.line1, order.updated_at.hour) == ("Omaha", "12 Farnam St", 17)


def test_a_column_that_nobody_knows_is_left_out_with_a_remark() -> None:
    assert remarks(row(gift="yes")) == [(1, 'column "gift" is not known; left out')]
    assert one(row(gift="yes")).number == "#1001"


def test_bare_times_are_read_in_the_zone_of_the_file() -> None:
    order = one(row(placed_at="2026-07-01 10:00:00", shipped_at="2026-11-18T10:00"))
    assert (order.placed_at.hour, order.shipments[0].shipped_at and order.shipments[0].shipped_at.hour) == (8, 9)


def test_without_a_zone_a_bare_time_is_refused_with_column_and_setting() -> None:
    rules = rules_of(WORDS, "")
    assert refused(row(placed_at="2026-07-01 10:00"), rules=rules) == [
        (2, 'placed_at "2026-07-01 10:00" has no offset: add one, or set imports.source_tz to the zone of these times')
    ]
    assert one(row(), rules=rules).number == "#1001"


# How far it is


@pytest.mark.parametrize(
    ("rows", "phase"),
    [
        ([row()], "shipped"),
        ([row(status="")], "shipped"),
        ([waiting(status="")], "unfulfilled"),
        ([row(status="", fulfilled_qty=1)], "partially_shipped"),
        ([waiting(status="", fulfilled_qty="")], "unknown"),
        ([row(fulfilled_qty=1)], "partially_shipped"),
        ([waiting(status="sent")], "unknown"),
        ([waiting(status="sent", fulfilled_qty="")], "shipped"),
        ([waiting()], "unfulfilled"),
        ([waiting(status="pack")], "processing"),
        ([row(status="pack")], "processing"),
        ([row(status="new", fulfilled_qty=1)], "partially_shipped"),
        ([row(), waiting(line_sku="B")], "partially_shipped"),
        ([waiting(), waiting(line_sku="B", status="pack")], "unfulfilled"),
        ([waiting(), waiting(line_sku="B", status="check")], "on_hold"),
        ([row(), waiting(line_sku="B", status="whatever")], "unknown"),
        ([row(status="whatever")], "unknown"),
        ([row(status="moving")], "shipped"),
        ([waiting(status="done")], "unknown"),
        ([waiting(status="void")], "cancelled"),
        ([row(), waiting(line_sku="B", status="void")], "shipped"),
    ],
)
def test_how_far_an_order_is_follows_from_words_and_pieces(rows: list[dict[str, str]], phase: str) -> None:
    assert one(*rows).fulfilment == phase


def test_a_word_that_is_not_in_the_map_is_remarked() -> None:
    assert remarks(row(status="Teleported")) == [
        (2, 'status "Teleported" is not in imports.status_map; its default is used')
    ]


def test_words_that_pieces_speak_against_are_remarked() -> None:
    assert remarks(waiting(status="sent")) == [
        (2, "status says shipped, fulfilled_qty says nothing has left; treated as unknown")
    ]


def test_a_hold_tells_its_reason() -> None:
    order = one(waiting(status="check"))
    assert (order.fulfilment, [hold.reason for hold in order.holds]) == ("on_hold", ["fraud_review"])


def test_a_cancelled_line_no_longer_stands() -> None:
    order = one(row(), waiting(line_sku="B", status="void"))
    assert [line.quantities.current for line in order.lines] == [2, 0]


def test_a_cancelled_order_is_cancelled_when_its_time_is_known() -> None:
    assert (
        str(one(waiting(status="void", status_at="2026-11-18T10:00:00Z")).cancelled_at) == "2026-11-18 10:00:00+00:00"
    )
    assert one(waiting(status="void")).cancelled_at is None
    assert remarks(waiting(status="void")) == [
        (2, 'status "void" needs its time in a column status_at; without it nobody knows')
    ]


def test_delivered_needs_its_time_or_nobody_knows() -> None:
    dated = one(row(status="done", status_at="2026-11-19T12:00:00Z"))
    assert (dated.shipments[0].status, dated.is_delivered) == ("delivered", True)
    bare = one(row(status="done"))
    assert (bare.shipments[0].status, bare.is_delivered) == ("unknown", False)
    assert remarks(row(status="done")) == [
        (2, 'status "done" needs its time in a column status_at; without it nobody knows')
    ]


def test_what_is_under_way_has_been_since_it_was_shipped() -> None:
    parcel = one(row(status="moving")).shipments[0]
    assert (parcel.status, parcel.events[0].at) == ("in_transit", parcel.shipped_at)


def test_a_pickup_in_the_shop_is_a_parcel_without_a_carrier() -> None:
    order = one(waiting(status="pickup", status_at="2026-11-19T12:00:00Z", fulfilled_qty=2))
    assert [(parcel.tracking_number, parcel.status) for parcel in order.shipments] == [(None, "available_for_pickup")]
    assert order.fulfilment == "shipped"


@pytest.mark.parametrize(
    ("column", "status", "payment"),
    [
        ("paid", "sent", "paid"), ("", "sent", "unknown"), ("Partially Refunded", "sent", "partially_refunded"),
        ("paid", "back", "refunded"), ("", "back", "refunded"), ("captured", "sent", "unknown"),
    ],
)  # fmt: skip
def test_the_payment_is_what_column_and_status_say(column: str, status: str, payment: str) -> None:
    assert one(row(payment_status=column, status=status)).payment.status == payment


def test_a_disputed_order_is_disputed() -> None:
    assert one(row(status="bank")).payment.disputed


def test_a_draft_is_no_order() -> None:
    assert read(row(status="draft"), row(order_number="#2")).keys() == {"#2"}
    assert remarks(row(status="draft")) == [(2, 'orders with status "draft" are left out')]


# Presets


@pytest.mark.parametrize(
    ("status", "phase", "payment"),
    [
        ("Awaiting Fulfillment", "unfulfilled", "paid"), ("11", "unfulfilled", "paid"), ("Awaiting Shipment", "processing", "paid"),
        ("Declined", "unfulfilled", "failed"), ("Refunded", "unfulfilled", "refunded"), ("Shiped", "unknown", "paid"),
        ("Manual Verification Required", "on_hold", "paid"),
    ],
)  # fmt: skip
def test_bigcommerce_words_are_a_preset(status: str, phase: str, payment: str) -> None:
    order = one(waiting(status=status), rules=rules_of(["preset=bigcommerce"], ""))
    assert (order.fulfilment, order.payment.status) == (phase, payment)


@pytest.mark.parametrize(
    ("state", "pieces", "phase"),
    [
        ("processing", 0, "unfulfilled"), ("processing", 1, "partially_shipped"), ("processing", 2, "shipped"),
        ("complete", 2, "shipped"), ("complete", 1, "partially_shipped"), ("new", 0, "unfulfilled"), ("fancy", 0, "unknown"),
    ],
)  # fmt: skip
def test_magento_states_are_a_preset(state: str, pieces: int, phase: str) -> None:
    number = "1Z1" if pieces else ""
    order = one(
        waiting(status=state, fulfilled_qty=pieces, tracking_number=number), rules=rules_of(["preset=magento"], "")
    )
    assert order.fulfilment == phase


def test_a_shop_may_add_its_own_words_to_a_preset() -> None:
    rules = rules_of(["Engraving=processing", "preset=bigcommerce", "shipped=partially_shipped", "default=on_hold"], "")
    assert one(waiting(status="engraving"), rules=rules).fulfilment == "processing"
    assert one(row(status="Shipped"), rules=rules).fulfilment == "partially_shipped"
    assert one(waiting(status="else"), rules=rules).fulfilment == "on_hold"


@pytest.mark.parametrize(
    ("status_map", "tz", "message"),
    [
        (["sent=shipped"], "", "imports.status_map needs default=unknown"),
        (["default"], "", "'default' is not of the form sent=shipped"),
        (["default=unknown", "=shipped"], "", "'=shipped' is not of the form sent=shipped"),
        (["default=unknown", "a=sent"], "", '"sent" is not a word that a status can mean'),
        (["preset=ebay"], "", "there is no preset 'ebay'; there are bigcommerce, magento"),
        (["default=unknown"], "Berlin", "imports.source_tz: 'Berlin' is no time zone"),
    ],
)
def test_a_wrong_setting_is_named(status_map: list[str], tz: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        rules_of(status_map, tz)


# What is refused

BAD_CELLS: list[tuple[dict[str, object], str]] = [
    ({"order_number": " # "}, "order_number is empty"),
    ({"placed_at": ""}, "placed_at is empty"),
    ({"placed_at": "11/17/2026"}, 'placed_at "11/17/2026" is not a plausible time in ISO 8601'),
    ({"placed_at": "0001-01-01T00:00:00"}, "placed_at the year 1 cannot be meant"),
    ({"currency": ""}, "currency is empty"),
    ({"currency": "XXA"}, 'currency "XXA" is not an ISO 4217 currency'),
    ({"total_minor": "55.00"}, 'total_minor "55.00" is not a whole number: write minor units, 4900 for 49.00'),
    ({"total_minor": "-1"}, 'total_minor "-1" is not a whole number: write minor units, 4900 for 49.00'),
    ({"line_sku": ""}, "line_sku is empty"),
    ({"line_qty": ""}, "line_qty is empty"),
    ({"line_qty": "two"}, 'line_qty "two" is not a whole number'),
    ({"line_qty": "２"}, 'line_qty "２" is not a whole number'),
    ({"fulfilled_qty": "1.0"}, 'fulfilled_qty "1.0" is not a whole number'),
    ({"fulfilled_qty": "3"}, "fulfilled_qty adds up to more than the 2 ordered"),
    ({"shipped_at": "yesterday"}, 'shipped_at "yesterday" is not a plausible time in ISO 8601'),
    ({"line_title": "a\x00b"}, "line_title holds a NUL character, which cannot be stored"),
    ({"line_title": "\udce9"}, "line_title is not UTF-8: save the file as UTF-8"),
]


@pytest.mark.parametrize(("cells", "reason"), BAD_CELLS)
def test_a_bad_cell_is_named(cells: dict[str, object], reason: str) -> None:
    assert refused(row(**cells)) == [(2, reason)]


def test_an_order_with_one_bad_line_is_left_out_whole_and_others_land() -> None:
    rows = [
        row(order_number="#1"),
        row(),
        row(line_sku="B", line_qty="x"),
        row(line_sku="C", total_minor="y"),
        row(order_number="#2"),
    ]
    found = outcome(written(rows))
    assert [each.document.number for each in found if isinstance(each, CsvOrder)] == ["#1", "#2"]
    assert [(each.line, each.reason) for each in found if isinstance(each, CsvRefusal)] == [
        (4, 'line_qty "x" is not a whole number; order #1001 (lines 3 to 5) is left out'),
        (
            5,
            'total_minor "y" is not a whole number: write minor units, 4900 for 49.00; order #1001 (lines 3 to 5) is left out',
        ),
    ]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (
            {"line_sku": "B", "email": "eva@example.com"},
            'email "eva@example.com" differs from "ana@example.com" in line 2',
        ),
        ({"line_sku": "B", "total_minor": "1"}, 'total_minor "1" differs from "5500" in line 2'),
        ({"line_sku": "B", "carrier": "dhl"}, "carrier is not the same on all rows of this tracking number"),
        ({"line_sku": "B", "status": "new"}, "status is not the same on all rows of this tracking number"),
        (
            {"line_qty": "3", "tracking_number": "1Z2"},
            "line_qty or line_unit_minor differs from line 2: both are of the whole line",
        ),
        ({}, 'line_sku "SCARF-RED" stands twice in the same parcel (line 2)'),
        ({"tracking_number": "1Z2"}, "fulfilled_qty adds up to more than the 2 ordered"),
        ({"tracking_number": "1Z2", "fulfilled_qty": ""}, "fulfilled_qty is needed where a line is in several parcels"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(second: dict[str, object], reason: str) -> None:
    assert refused(row(), row(**second)) == [(3, f"{reason}; order #1001 (lines 2 to 3) is left out")]


def test_what_concerns_the_whole_order_may_stand_on_one_row_alone() -> None:
    rest: dict[str, object] = dict.fromkeys(
        ("email", "zip", "placed_at", "currency", "total_minor", "payment_status", "promised_max"), ""
    )
    assert one(row(), row(line_sku="B", **rest)).customer.emails == ("ana@example.com",)
    assert one(row(**rest), row(line_sku="B")).customer.emails == ("ana@example.com",)


# The file


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_divide(delimiter: str) -> None:
    found = outcome(written([row(line_title='A "big"\n, red; scarf')], delimiter))
    assert [each.document.lines[0].title for each in found if isinstance(each, CsvOrder)] == ['A "big"\n, red; scarf']


def test_a_header_may_be_written_freely() -> None:
    lines = written([row()])
    lines[0] = lines[0].replace("order_number", " Order Number ").upper()
    assert len([each for each in outcome(lines) if isinstance(each, CsvOrder)]) == 1


def test_a_file_without_the_columns_is_refused_once() -> None:
    lines = ["order_number,email\n", *["#1,a@example.com\n"] * 9]
    assert outcome(lines) == [
        CsvRefusal(1, f"the header lacks {', '.join(COLUMNS[2:])}; docs/connect.md shows every column")
    ]
    twice = written([row()])
    twice[0] = twice[0].replace("carrier", "email")
    assert [each.line for each in outcome(twice) if isinstance(each, CsvRefusal)] == [1]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_lacks_everything(content: bytes) -> None:
    assert [type(each) for each in outcome(list(text_lines(io.BytesIO(content))))] == [CsvRefusal]


def test_a_file_of_another_encoding_gets_one_hint() -> None:
    lines = list(text_lines(io.BytesIO("".join(written([row()] * 3)).encode("utf-16"))))
    assert outcome(lines) == [CsvRefusal(1, csv_orders.UTF_16_HINT)]


def test_of_a_file_in_latin_1_the_plain_lines_land() -> None:
    content = "".join(written([row(line_title="Écharpe"), row(order_number="#2")])).encode("latin-1")
    found = outcome(list(text_lines(io.BytesIO(content))))
    assert [type(each) for each in found] == [CsvRefusal, CsvOrder]


def test_a_byte_order_mark_and_blank_lines_are_no_trouble() -> None:
    content = ("\ufeff" + "".join(written([row()])) + "\r\n,,,,\r\n").encode()
    found = outcome(list(text_lines(io.BytesIO(content))))
    assert [type(each) for each in found] == [CsvOrder]


def test_a_row_that_is_too_short_or_too_long_is_refused_and_padding_is_not() -> None:
    lines = written([row(order_number=f"#{n}") for n in range(3)])
    lines[1] = lines[1].rpartition(",")[0] + "\r\n"
    lines[2] = lines[2].rstrip() + ",x\r\n"
    lines[3] = lines[3].rstrip() + ",,\r\n"
    assert [(type(each), each.line) for each in outcome(lines)] == [(CsvRefusal, 2), (CsvRefusal, 3), (CsvOrder, 4)]


def test_a_quote_that_is_not_closed_is_named() -> None:
    lines = written([row(order_number=f"#{n}") for n in range(3)])
    lines[2] = lines[2].replace("Red scarf", '"Red scarf')
    found = [each for each in outcome(lines) if isinstance(each, CsvRefusal)]
    assert [(each.line, each.reason.endswith("is a quote not closed?")) for each in found] == [(3, True)]


def test_beside_a_line_that_cannot_be_read_no_order_is_whole_for_sure() -> None:
    rows = [row(order_number=f"#{n}") for n in range(4)]
    rows[1] = row(order_number="#1", line_title="x" * 200_000)
    found = outcome(written(rows))
    assert [each.document.number for each in found if isinstance(each, CsvOrder)] == ["#3"]
    assert sorted((each.line, each.reason[:20]) for each in found if isinstance(each, CsvRefusal)) == [
        (2, "line 3 beside it can"),
        (3, "cannot be read: fiel"),
        (4, "line 3 beside it can"),
    ]


def test_a_line_without_end_is_cut() -> None:
    long = io.BytesIO(b"a\n" + b"x" * (3 * csv_orders.MAX_LINE_BYTES) + b"\nb\n")
    assert [len(line) for line in text_lines(long)] == [2, csv_orders.MAX_LINE_BYTES, 2]


def test_orders_are_given_while_the_file_is_still_being_read() -> None:
    lines = written(row(order_number=f"#{n}") for n in range(10))
    taken: list[str] = []

    def watched() -> Iterator[str]:
        for each in lines:
            taken.append(each)
            yield each

    first = next(csv_orders.read(watched(), RULES))
    assert isinstance(first, CsvOrder)
    assert len(taken) == 3


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(COLUMNS), st.text(max_size=12)), max_size=4), st.integers(0, 2))
def test_no_cell_makes_it_fail(odd: list[tuple[str, str]], at: int) -> None:
    rows: list[dict[str, Any]] = [row(), row(line_sku="B"), row(order_number="#2")]
    rows[at].update(odd)
    found = outcome(written(rows))
    assert any(isinstance(each, CsvOrder | CsvRefusal) for each in found)
