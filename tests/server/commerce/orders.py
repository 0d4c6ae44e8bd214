"""Orders for tests of live order state: small raw documents, and snapshots of them.

The frozen moment is Friday 20 November 2026, 18:00 UTC: noon in Omaha, where the parcels go.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from server.commerce.documents import decode_order
from server.commerce.model import OrderSnapshot
from server.commerce.parse import snapshot

Raw = dict[str, object]
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def ago(**span: float) -> str:
    """A time before the frozen moment, as documents write it: `ago(hours=2)`."""
    return (NOW - timedelta(**span)).isoformat()


def ahead(**span: float) -> str:
    """A time after the frozen moment."""
    return (NOW + timedelta(**span)).isoformat()


def a_line(**changes: object) -> Raw:
    """Two red scarves at 25.00."""
    return {
        "id": "l1",
        "sku": "SCARF-RED",
        "product_id": "p1",
        "title": "Red scarf",
        "options": {"colour": "red"},
        "quantity": 2,
        "fulfilled": 0,
        "unit_price": 2500,
        **changes,
    }


def an_event(at: str, code: str, **changes: object) -> Raw:
    """A scan in Omaha."""
    return {"at": at, "code": code, "city": "Omaha", "region": "NE", "country": "US", **changes}


def a_parcel(*events: Raw, **changes: object) -> Raw:
    """A UPS parcel with both scarves, handed over on Wednesday."""
    return {
        "id": "s1",
        "carrier": "ups",
        "tracking_number": "1ZA1B2C30300000012",
        "lines": [{"line": "l1", "quantity": 2}],
        "shipped_at": "2026-11-18T15:00:00Z",
        "events": list(events),
        **changes,
    }


def an_order(**changes: object) -> Raw:
    """Paid, unfulfilled, placed on Tuesday, promised by Saturday."""
    return {
        "id": "ord_7",
        "number": "#1042",
        "placed_at": "2026-11-17T16:00:00Z",
        "updated_at": "2026-11-20T17:00:00Z",
        "customer": {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": [], "zip": "68102"},
        "currency": "USD",
        "totals": {"items": 5000, "discount": 0, "shipping": 500, "tax": 0, "total": 5500, "refunded": 0},
        "payment": {"status": "paid", "methods": [{"id": "pm_1", "kind": "card", "label": "Visa 4242"}]},
        "ship_to": {
            "name": "Ana Souza",
            "line1": "12 Farnam St",
            "line2": "",
            "city": "Omaha",
            "region": "NE",
            "zip": "68102",
            "country": "US",
        },
        "promised": {"min": "2026-11-18", "max": "2026-11-21"},
        "lines": [a_line()],
        "holds": [],
        "shipments": [],
        "returns": [],
        "refunds": [],
        "fulfilment": "unfulfilled",
        **changes,
    }


def shipped(*events: Raw, order: Mapping[str, object] | None = None, **parcel: object) -> Raw:
    """The order in one parcel with these events."""
    changes: Raw = {"fulfilment": "shipped", "lines": [a_line(fulfilled=2)], "shipments": [a_parcel(*events, **parcel)]}
    return an_order(**{**changes, **(order or {})})


def snap(raw: Raw, as_of: datetime = NOW) -> OrderSnapshot:
    """The snapshot of a raw document, read at `as_of`."""
    document, _ = decode_order(raw)
    return snapshot(document, as_of=as_of, source="embedded")
