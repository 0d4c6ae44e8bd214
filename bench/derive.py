"""What it costs to know where an order is: five parcels with ten scans each, beside a floor of the same run.

The floor is what any way of doing it has to do: bring the fifty events into their order once, and hash each of them.
`python -m bench.derive` prints microseconds an order, of the least disturbed of the rounds that take turns, and the ratio.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from server.commerce.derive import DeriveConfig, derive_shipment
from server.commerce.documents import decode_order
from server.commerce.model import OrderSnapshot
from server.commerce.parse import snapshot
from server.commerce.wismo import decide

_NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
_PARCELS: Final = 5
_CODES: Final = ("label_created", "picked_up", *["in_transit"] * 6, "out_for_delivery", "attempted")
_ROUNDS: Final = 15
_ORDERS: Final = 200
_TARGET_US: Final = 100.0


def main() -> int:
    """Measure and print; 1 when deriving costs more than it may."""
    order, cfg = _order(), DeriveConfig()

    def derived() -> None:
        for parcel in order.parcels:
            derive_shipment(order, parcel, _NOW, cfg)

    works: dict[str, Callable[[], object]] = {
        "floor": lambda: _floor(order),
        "derive": derived,
        "decide": lambda: decide(order, _NOW),
    }
    took = _measured(works)
    print(f"{_PARCELS} parcels, {_PARCELS * len(_CODES)} events; microseconds an order, best of {_ROUNDS} rounds")
    for name, each in took.items():
        print(f"{name:8} {each:7.1f} us  {each / took['floor']:5.2f} x floor")
    return int(took["derive"] > _TARGET_US)


def _measured(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds of each work; rounds take turns, so that a busy machine is busy for all."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_ROUNDS):
        for name, work in works.items():
            begin = time.perf_counter()
            for _ in range(_ORDERS):
                work()
            found[name].append((time.perf_counter() - begin) / _ORDERS * 1e6)
    return {name: min(times) for name, times in found.items()}


def _floor(order: OrderSnapshot) -> int:
    events = [event for parcel in order.shipments for event in parcel.events]
    return hash(tuple(hash(event) for event in sorted(events, key=lambda event: event.at)))


def _order() -> OrderSnapshot:
    """A whole order of the import format, read as every order is."""
    raw: dict[str, object] = {
        "id": "o1",
        "number": "#1001",
        "placed_at": (_NOW - timedelta(days=6)).isoformat(),
        "customer": {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"]},
        "currency": "USD",
        "totals": {"items": 5000, "discount": 0, "shipping": 500, "tax": 0, "total": 5500, "refunded": 0},
        "payment": {"status": "paid"},
        "ship_to": {"city": "Omaha", "region": "NE", "zip": "68102", "country": "US"},
        "promised": {"min": "2026-11-18", "max": "2026-11-21"},
        "lines": [
            {"id": f"l{n}", "sku": f"S{n}", "title": f"Item {n}", "quantity": 1, "fulfilled": 1, "unit_price": 1000}
            for n in range(_PARCELS)
        ],
        "fulfilment": "shipped",
        "shipments": [_parcel(n) for n in range(_PARCELS)],
    }
    return snapshot(decode_order(raw)[0], as_of=_NOW, source="bench")


def _parcel(number: int) -> dict[str, object]:
    events = [
        {
            "at": (_NOW - timedelta(hours=8 * (len(_CODES) - step), minutes=number)).isoformat(),
            "code": code,
            "city": "Omaha",
            "region": "NE",
            "country": "US",
        }
        for step, code in enumerate(_CODES)
    ]
    return {
        "id": f"s{number}",
        "carrier": "ups",
        "tracking_number": f"1ZA1B2C3030000{number:04}",
        "lines": [{"line": f"l{number}", "quantity": 1}],
        "shipped_at": (_NOW - timedelta(days=4)).isoformat(),
        "eta": {"min": "2026-11-21", "max": "2026-11-21"},
        "events": events,
    }


if __name__ == "__main__":
    sys.exit(main())
