"""A fact for every name that a phrase may hold, as an order, a return or an article of an invented shop would have it.

For looking at phrases before anybody is answered: what the shop wrote itself is checked with them, and `doctor` shows them."""

from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from server.commerce.model import Fact, FactKind, FactValue, LocalTime, Money, Place

NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TZ: Final = "America/Chicago"
_DAY: Final = date(2026, 11, 23)
_PAST: Final = date(2026, 11, 18)

_DATES: Final = (
    "eta ships_on expected_on expected_back_on fulfil_by due_by deadline pickup_until wait_until change_until ends_at starts_at next_at "
    "next_delivery following wished_day promised trace_answer_by inspect_by authorised_until when"
)
_PAST_DATES: Final = (
    "cancelled_at cancelled label_at attempted_at returned_at received_at inspected_at opened_at sent_at refund_at ended_at was_expected "
    "old since hold_since customs_since claimed_on delivered_at at as_of feed_read last_read stock_at"
)
_AMOUNTS: Final = (
    "amount bonus fee total refund_amount duty_amount problem_amount failed_amount discount minimum goods_total price was_price low high "
    "balance"
)
_COUNTS: Final = (
    "days months guarantee_months bank_days quiet_days usual_days first_scan_days hold_sla age_minutes age_hours age_days attempt_number "
    "items_shipped items_total items_delivered parcels_coming parcels_total parcel_number item_count available left n percent rating"
)
_TEXTS: Final = MappingProxyType(
    {
        "order_number": "#1042", "number": "#1042", "other_number": "#1043", "rma": "R-20417", "claim": "C-311",
        "replacement": "#1044", "code": "482913", "example": "#1042", "contact": "a…@example.com",
        "email": "ana@example.com", "agent": "Kim", "name": "Ana", "signed_by": "Ana Souza", "author": "Ana",
        "item": "Red scarf", "items": "Red scarf", "other_items": "Blue cap", "product": "Red scarf",
        "other": "Blue cap", "wanted": "Red scarf (L)", "subscribed": "Coffee beans", "value": "100% wool",
        "values": "S, M, L", "sizes": "M", "label": "Visa 4242", "pay_method": "Visa 4242", "paid_before": "Visa 4242",
        "title": "Caring for wool", "quote": "Lovely and warm.", "pickup_hours": "9-18", "pickup_place": "Corner Store",
        "pod_place": "front door", "address": "9 Elm St, Omaha", "address_zip": "68102",
        "method": "original", "refund_method": "original", "reason": "weather", "cancel_reason": "customer", "flag": "hygiene",
    }
)  # fmt: skip
_KINDS: Final[dict[str, FactKind]] = {
    "order_number": "order_number", "number": "order_number", "other_number": "order_number", "agent": "person", "signed_by": "person",
    "product": "product", "item": "product",
}  # fmt: skip


def fact(name: str) -> Fact:
    """The sample of a name; of one that nothing is known of, a text."""
    kind, value = _sample(name)
    return Fact(name, kind, value, "sample", NOW)


def _sample(name: str) -> tuple[FactKind, FactValue]:
    if name == "last_at":
        return "datetime", LocalTime(NOW - timedelta(hours=2), TZ)
    if name in ("last_city", "address_city", "city", "place"):
        return "place", Place("Omaha", "NE", "US")
    if name == "carrier":
        return "carrier", "ups"
    if name == "tracking_number":
        return "tracking_number", "1ZA1B2C30300000012"
    if name == "url" or name.endswith("_url"):
        return "url", "https://shop.example/1042"
    for names, kind, value in _BY_NAMES:
        if name in names:
            return kind, value
    return _KINDS.get(name, "text"), _TEXTS.get(name, "…")


_BY_NAMES: Final[tuple[tuple[frozenset[str], FactKind, FactValue], ...]] = (
    (frozenset(_DATES.split()), "date", _DAY),
    (frozenset(_PAST_DATES.split()), "date", _PAST),
    (frozenset(_AMOUNTS.split()), "amount", Money(4_900, "USD")),
    (frozenset(_COUNTS.split()), "count", 3),
)
