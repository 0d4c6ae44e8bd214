"""Documents: what is wrong is named with its path, what is unknown is kept and warned about."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy

import msgspec
import pytest

from server.commerce.documents import (
    DocumentRejected,
    decode_customer,
    decode_order,
    decode_product,
    decode_promotion,
    decode_subscription,
    encode,
)
from server.commerce.formats import Part
from tests.server.commerce.orders import Raw, ago, an_event, an_order, shipped

FULL = shipped(
    an_event("2026-11-18T15:00:00Z", "label_created"),
    an_event("2026-11-20", "exception", reason="weather", text="Snow", sequence=2),
    eta={
        "min": "2026-11-23",
        "max": "2026-11-23",
        "revisions": [{"at": ago(hours=1), "from": "2026-11-21", "to": "2026-11-23"}],
    },
    service="Ground",
    pod={"signed_by": "Ana", "place": "Porch"},
    attempts=[{"at": ago(hours=2), "reason": "nobody_home", "next_at": "2026-11-21"}],
    pickup={"place": "Shop 7", "hours": "9-18", "until": "2026-11-25"},
    duty={"amount": 900, "url": "https://pay.test/d"},
    order={
        "cancel_reason": "changed_mind",
        "fulfil_by": "2026-11-19",
        "hold_sla": "PT24H",
        "tags": ["gift"],
        "disputes": [{"id": "d1", "status": "won"}],
        "returns": [
            {
                "id": "R1",
                "at": ago(hours=1),
                "status": "approved",
                "outcome": "refund",
                "lines": [],
                "label": "https://l.test",
            }
        ],
        "refunds": [
            {"id": "F1", "at": ago(hours=1), "amount": 100, "status": "pending", "method": "original", "lines": []}
        ],
        "changes": [{"at": ago(hours=9), "kind": "address"}],
        "note": "please ring",
        "internal_note": "regular",
    },
)


def rejection(raw: bytes | Mapping[str, object]) -> str:
    with pytest.raises(DocumentRejected) as caught:
        decode_order(raw)
    return str(caught.value)


def changed(change: Callable[[Raw], object]) -> Raw:
    raw = deepcopy(FULL)
    change(raw)
    return raw


def test_an_order_with_every_field_is_read_without_a_word() -> None:
    document, warnings = decode_order(json.dumps(FULL).encode())

    assert warnings == []
    assert json.loads(encode(document)) == FULL


def test_optional_fields_may_be_null_or_absent() -> None:
    for name in (
        "promised",
        "holds",
        "shipments",
        "returns",
        "refunds",
        "cancelled_at",
        "tags",
        "ship_to",
        "updated_at",
    ):
        assert decode_order(an_order(**{name: None}))[1] == []
        assert decode_order({key: value for key, value in an_order().items() if key != name})[1] == []


def test_unknown_fields_are_kept_at_every_depth_and_warned_about() -> None:
    raw = an_order(loyalty={"points": 3}, customer={"id": "c1", "name": "Ana", "vat": "DE1"})
    raw["lines"] = [{**raw_line(raw), "engraving": ["A", None]}]

    document, warnings = decode_order(raw)

    assert json.loads(encode(document)) == raw
    assert sorted(warning.split(" ")[0] for warning in warnings) == ["customer.vat", "lines[0].engraving", "loyalty"]


def raw_line(raw: Raw) -> Raw:
    lines = raw["lines"]
    assert isinstance(lines, list)
    return dict(lines[0])


def part(raw: Raw, *path: str | int) -> Raw:
    """The object inside the document at this path."""
    found: object = raw
    for step in path:
        assert isinstance(found, dict | list)
        found = found[step]  # type: ignore[index]
    assert isinstance(found, dict)
    return found


def twice(raw: Raw) -> None:
    raw["lines"] = [raw_line(raw), raw_line(raw)]


SHIPMENT = ("shipments", 0)
WRONG: list[tuple[Callable[[Raw], object], str]] = [
    (lambda raw: raw.pop("number"), "number is missing"),
    (lambda raw: part(raw, "lines", 0).pop("sku"), "lines[0].sku is missing"),
    (lambda raw: part(raw, "totals").update(total="5"), "totals.total must be a whole number, not text"),
    (lambda raw: part(raw, "lines", 0).update(quantity=-1), "lines[0].quantity must be a whole number >= 0"),
    (lambda raw: raw.update(lines={}), "lines must be a list, not an object"),
    (lambda raw: raw.update(currency="ZZZ"), 'currency "ZZZ" is not an ISO 4217 currency'),
    (lambda raw: raw.update(placed_at="2026-11-20T10:00:00"), "placed_at"),
    (lambda raw: part(raw, *SHIPMENT, "events", 0).update(at="soon"), "shipments[0].events[0].at"),
    (lambda raw: part(raw, *SHIPMENT, "eta").update(max="9999-12-31"), "shipments[0].eta.max"),
    (
        lambda raw: part(raw, *SHIPMENT, "eta", "revisions", 0).update({"from": "x"}),
        "shipments[0].eta.revisions[0].from",
    ),
    (lambda raw: part(raw, *SHIPMENT, "lines", 0).update(line="l9"), "shipments[0].lines[0].line"),
    (twice, 'lines[1].id "l1" appears twice'),
]


@pytest.mark.parametrize(("change", "expected"), WRONG, ids=[expected for _, expected in WRONG])
def test_what_is_wrong_is_named_with_its_path_in_one_line(change: Callable[[Raw], object], expected: str) -> None:
    said = rejection(changed(change))

    assert said.startswith(expected)
    assert "\n" not in said


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"\xff\xfe"])
def test_what_is_no_json_object_is_said_so(raw: bytes) -> None:
    assert "JSON" in rejection(raw)


def test_a_time_without_an_offset_is_told_what_is_missing() -> None:
    assert "has no offset" in rejection(an_order(placed_at="2026-11-20T10:00:00"))


def test_a_date_without_a_time_is_valid() -> None:
    assert decode_order(an_order(fulfil_by="2026-11-23", placed_at="2026-11-20"))[1] == []


def test_unknown_words_are_warned_about_and_no_error() -> None:
    raw = shipped(an_event("2026-11-20", "teleported"), order={"payment": {"status": "frozen"}, "fulfilment": "beamed"})
    raw["holds"] = [{"reason": "moon phase"}]

    _, warnings = decode_order(raw)

    assert [warning.split(" ")[0] for warning in warnings] == [
        "payment.status",
        "fulfilment",
        "holds[0].reason",
        "shipments[0].events[0].code",
    ]


def test_a_null_payment_status_is_warned_about() -> None:
    assert decode_order(an_order(payment={"status": None}))[1] == [
        "payment.status null is not known; treated as unknown"
    ]


def test_a_note_of_the_carrier_is_no_unknown_word() -> None:
    assert decode_order(shipped(an_event("2026-11-20", "eta_updated")))[1] == []


PRODUCT: Raw = {
    "id": "p1",
    "title": "Scarf",
    "description": "Wool",
    "category": "accessories",
    "attributes": {"washable": True},
    "variants": [{"sku": "SCARF-RED", "options": {"colour": "red"}, "price": 2500, "stock": 3, "available": True}],
    "tags": [],
    "collections": ["winter"],
    "warranty_months": 24,
    "reviews": [{"stars": 5, "text": "Warm"}],
}
CUSTOMER: Raw = {
    "id": "c1",
    "name": "Ana Souza",
    "emails": ["ana@example.com"],
    "phones": ["+15550100"],
    "addresses": [{"city": "Omaha", "country": "US"}],
    "payment_methods": [{"id": "gc_1", "kind": "gift_card", "label": "Gift card", "balance": 4000}],
    "vip": False,
    "lifetime_value": 120_000,
    "consents": {"sms": True},
}
SUBSCRIPTION: Raw = {
    "id": "sub_1",
    "customer": "c1",
    "status": "active",
    "interval": "P1M",
    "next_at": "2026-12-01",
    "change_until": "2026-11-28T12:00:00Z",
    "lines": [{"sku": "TEA", "quantity": 2}],
    "price": 1800,
}
PROMOTION: Raw = {
    "code": "WINTER10",
    "kind": "percent",
    "value": 10,
    "starts_at": "2026-11-01",
    "ends_at": "2026-12-01",
    "conditions": {"minimum": 5000},
    "stackable": False,
}
OTHERS: list[tuple[Callable[[bytes | Mapping[str, object]], tuple[Part, list[str]]], Raw, str]] = [
    (decode_product, PRODUCT, "id"),
    (decode_customer, CUSTOMER, "name"),
    (decode_subscription, SUBSCRIPTION, "price"),
    (decode_promotion, PROMOTION, "code"),
]


@pytest.mark.parametrize(("decode", "raw", "_"), OTHERS, ids=["product", "customer", "subscription", "promotion"])
def test_the_other_documents_make_the_round_trip(
    decode: Callable[[bytes | Mapping[str, object]], tuple[Part, list[str]]], raw: Raw, _: str
) -> None:
    document, warnings = decode({**raw, "x_extra": [1]})

    assert json.loads(encode(document)) == {**raw, "x_extra": [1]}
    assert warnings == ["x_extra is not a field of this format; kept"]


@pytest.mark.parametrize(("decode", "raw", "needed"), OTHERS, ids=["product", "customer", "subscription", "promotion"])
def test_the_other_documents_name_what_is_missing(
    decode: Callable[[bytes | Mapping[str, object]], tuple[Part, list[str]]], raw: Raw, needed: str
) -> None:
    with pytest.raises(DocumentRejected, match=f"^{needed} is missing$"):
        decode(msgspec.json.encode({name: value for name, value in raw.items() if name != needed}))
