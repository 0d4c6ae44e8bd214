"""ShipEngine's status codes in our words: a table, for shops that pass its events on through the generic webhook.

Source: ShipEngine's public OpenAPI description, `status_code` and `status_detail_code` of tracking information.
"""

from collections.abc import Mapping
from typing import Final

from server.commerce.carriers.words import UNKNOWN, Flag, Meaning, Status, look_up, means

_STATUS: Final[Mapping[str, Meaning]] = {
    "UN": UNKNOWN,
    "NY": means(Status.LABEL_CREATED),
    "AC": means(Status.PICKED_UP),
    "IT": means(Status.IN_TRANSIT),
    "DE": means(Status.DELIVERED),
    "EX": means(Status.EXCEPTION),
    "AT": means(Status.ATTEMPTED),
    "SP": means(Status.AVAILABLE_FOR_PICKUP),
}

_DETAIL: Final[Mapping[str, Meaning]] = {
    "OUT_FOR_DELIVERY": means(Status.OUT_FOR_DELIVERY),
    "AWAITING_COLLECTION_FROM_PICKUP_POINT": means(Status.AVAILABLE_FOR_PICKUP),
    "COLLECT_AT_LOCAL_PO": means(Status.AVAILABLE_FOR_PICKUP),
    "CUSTOMER_TO_COLLECT_FROM_CARRIER": means(Status.AVAILABLE_FOR_PICKUP),
    "ATTEMPTED_DELIVERY": means(Status.ATTEMPTED),
    "ATTEMPTED_DELIVERY_FINAL": means(Status.ATTEMPTED, Flag.ACTION_REQUIRED),
    "CUSTOMER_CARDED": means(Status.ATTEMPTED, reason="notice_left"),
    "ADDRESS_QUERY": means(Status.EXCEPTION, reason="address"),
    "HELD_BY_CUSTOMS": means(Status.CUSTOMS),
    "CUSTOMS_PROCESSING": means(Status.CUSTOMS),
    "DUTY_NOT_PAID": means(Status.CUSTOMS, reason="duties"),
    "INCORRECT_DECLARATION": means(Status.CUSTOMS, Flag.ACTION_REQUIRED, reason="documents"),
    "CARRIER_DELAYS": means(Status.IN_TRANSIT, Flag.LATE),
    "DELIVERY_RESCHEDULED": means(Status.IN_TRANSIT, reason="rescheduled"),
    "MISROUTED": means(Status.EXCEPTION, reason="missort"),
    "PARCEL_DAMAGED": means(Status.DAMAGED),
    "DELIVERED_DAMAGED": means(Status.DAMAGED),
    "DELIVERED_IN_PART": means(Status.DELIVERED),
    "DELIVERED_TO_NEIGHBOUR": means(Status.DELIVERED),
    "DELIVERED_TO_RECEPTION": means(Status.DELIVERED),
    "DELIVERED_SPECIFIED_SAFE_PLACE": means(Status.DELIVERED),
    "PARCEL_LOST": means(Status.LOST),
    "PARCEL_DISPOSED": means(Status.LOST),
    "REFUSED_BY_CUSTOMER": means(Status.EXCEPTION, reason="refused"),
    "RETURN_TO_SENDER": means(Status.RETURNING),
    "UNDELIVERABLE_RETURNED_TO_SENDER": means(Status.RETURNED),
    "NOT_COLLECTED_FROM_PICKUP_POINT": means(Status.EXCEPTION, reason="not_collected"),
    "TRACKING_EXPIRED": UNKNOWN,
    "CARRIER_STATUS_NOT_MAPPED": UNKNOWN,
    "CANCELLED": means(Status.CANCELLED),
}


def meaning_of(status_code: str, detail_code: str = "") -> Meaning:
    """The detail where it changes the answer, else the status; a detail that is not in the table says nothing more."""
    detail = _DETAIL.get(detail_code.strip().upper())
    if detail is not None:
        return detail
    general = _STATUS.get(status_code.strip().upper())
    return general if general is not None else look_up("shipengine", _STATUS, status_code)
