"""Every word of every provider: what it means, and that no word is happier than it should be."""

from collections.abc import Callable

import pytest

from server import telemetry
from server.commerce.carriers import aftership, clickpost, easypost, seventeen_track, shipengine, shippo
from server.commerce.carriers.words import UNKNOWN, Meaning
from server.commerce.states import ShipmentStatus

Row = tuple[str, str | None, str]
"""Code, reason, flags separated by a space."""


def row(meaning: Meaning) -> Row:
    return (str(meaning.code), meaning.reason, " ".join(sorted(meaning.flags)))


def counted(source: str) -> float:
    return telemetry.REGISTRY.get_sample_value("onethread_unknown_words_total", {"source": source}) or 0.0


EASYPOST: list[tuple[str, str, Row]] = [
    ("unknown", "unknown", ("unknown", None, "")),
    ("error", "", ("unknown", None, "")),
    ("pre_transit", "label_created", ("label_created", None, "")),
    ("pre_transit", "awaiting_information", ("label_created", None, "")),
    ("pre_transit", "status_update", ("label_created", None, "")),
    ("in_transit", "received_at_origin_facility", ("picked_up", None, "")),
    ("in_transit", "in_transit", ("in_transit", None, "")),
    ("in_transit", "arrived_at_destination", ("in_transit", None, "")),
    ("in_transit", "arrived_at_facility", ("in_transit", None, "")),
    ("in_transit", "departed_facility", ("in_transit", None, "")),
    ("in_transit", "departed_origin_facility", ("in_transit", None, "")),
    ("in_transit", "received_at_destination_facility", ("in_transit", None, "")),
    ("in_transit", "transferred_to_destination_carrier", ("in_transit", None, "")),
    ("in_transit", "unknown", ("in_transit", None, "")),
    ("in_transit", "delayed", ("in_transit", None, "late")),
    ("in_transit", "awaiting_information", ("customs", None, "")),
    ("in_transit", "out_for_delivery", ("out_for_delivery", None, "")),
    ("in_transit", "arrived_at_pickup_location", ("available_for_pickup", None, "")),
    ("in_transit", "address_correction", ("exception", "address", "address_problem")),
    ("in_transit", "weather_delay", ("exception", "weather", "weather")),
    ("in_transit", "missorted", ("exception", "missort", "misrouted")),
    ("in_transit", "held", ("exception", "held", "")),
    ("in_transit", "transit_exception", ("exception", None, "")),
    ("in_transit", "expired", ("unknown", None, "")),
    ("in_transit", "damaged", ("damaged", None, "")),
    ("in_transit", "delivery_exception", ("attempted", None, "")),
    ("in_transit", "return", ("returning", None, "")),
    ("out_for_delivery", "out_for_delivery", ("out_for_delivery", None, "")),
    ("out_for_delivery", "delayed", ("out_for_delivery", None, "late")),
    ("out_for_delivery", "delivery_exception", ("attempted", None, "")),
    ("available_for_pickup", "held", ("available_for_pickup", None, "")),
    ("available_for_pickup", "arrived_at_pickup_location", ("available_for_pickup", None, "")),
    ("delivered", "arrived_at_destination", ("delivered", None, "")),
    ("delivered", "delivered", ("delivered", None, "")),
    ("delivered", "damaged", ("damaged", None, "")),
    ("delivered", "return", ("returned", None, "")),
    ("return_to_sender", "return", ("returning", None, "")),
    ("return_to_sender", "out_for_delivery", ("returning", None, "")),
    ("failure", "delivery_exception", ("attempted", None, "")),
    ("failure", "failure", ("exception", None, "")),
    ("failure", "refused", ("exception", "refused", "")),
    ("failure", "lost", ("lost", None, "")),
    ("failure", "damaged", ("damaged", None, "")),
    ("failure", "cancelled", ("cancelled", None, "")),
    ("failure", "delayed", ("exception", None, "late")),
    ("failure", "unknown", ("exception", None, "")),
    ("cancelled", "cancelled", ("cancelled", None, "")),
]


@pytest.mark.parametrize(("status", "detail", "expected"), EASYPOST)
def test_easypost(status: str, detail: str, expected: Row) -> None:
    before = counted("easypost")
    assert row(easypost.meaning_of(status, detail)) == expected
    assert counted("easypost") == before


@pytest.mark.parametrize(
    ("status", "detail", "said", "expected"),
    [
        ("in_transit", "arrived_at_facility", "Inbound into customs", ("customs", None, "")),
        ("in_transit", "arrived_at_facility", "Customs clearance completed", ("in_transit", None, "")),
        ("failure", "delivery_exception", "No one available to sign", ("attempted", "nobody_home", "")),
        ("failure", "delivery_exception", "No such number", ("attempted", "address", "address_problem")),
        ("failure", "transit_exception", "Snow storm", ("exception", "weather", "weather")),
        ("delivered", "arrived_at_destination", "Delivered, To Original Sender", ("returned", None, "")),
        ("delivered", "arrived_at_destination", "Delivered, Front Door/Porch", ("delivered", None, "")),
    ],
)
def test_easypost_with_the_carriers_sentence(status: str, detail: str, said: str, expected: Row) -> None:
    assert row(easypost.meaning_of(status, detail, said)) == expected


def test_easypost_delivered_back_to_the_shop_is_returned() -> None:
    assert easypost.meaning_of("delivered", "arrived_at_destination", is_return=True).code == "returned"


SHIPPO: list[tuple[str, str, Row]] = [
    ("PRE_TRANSIT", "information_received", ("label_created", None, "")),
    ("PRE_TRANSIT", "", ("label_created", None, "")),
    ("TRANSIT", "", ("in_transit", None, "")),
    ("TRANSIT", "address_issue", ("exception", "address", "action_required address_problem")),
    ("TRANSIT", "contact_carrier", ("exception", "contact_carrier", "action_required")),
    ("TRANSIT", "delayed", ("in_transit", None, "late")),
    ("TRANSIT", "delivery_attempted", ("attempted", None, "action_required")),
    ("TRANSIT", "delivery_rescheduled", ("in_transit", "rescheduled", "")),
    ("TRANSIT", "delivery_scheduled", ("in_transit", None, "")),
    ("TRANSIT", "location_inaccessible", ("attempted", "access", "action_required")),
    ("TRANSIT", "notice_left", ("attempted", "notice_left", "action_required")),
    ("TRANSIT", "out_for_delivery", ("out_for_delivery", None, "")),
    ("TRANSIT", "package_accepted", ("picked_up", None, "")),
    ("TRANSIT", "package_arrived", ("in_transit", None, "")),
    ("TRANSIT", "package_damaged", ("damaged", None, "action_required")),
    ("TRANSIT", "package_departed", ("in_transit", None, "")),
    ("TRANSIT", "package_forwarded", ("in_transit", None, "")),
    ("TRANSIT", "package_held", ("exception", None, "action_required")),
    ("TRANSIT", "package_processed", ("in_transit", None, "")),
    ("TRANSIT", "package_processing", ("in_transit", None, "")),
    ("TRANSIT", "pickup_available", ("available_for_pickup", None, "action_required")),
    ("TRANSIT", "reschedule_delivery", ("in_transit", "rescheduled", "action_required")),
    ("DELIVERED", "delivered", ("delivered", None, "")),
    ("DELIVERED", "", ("delivered", None, "")),
    ("RETURNED", "return_to_sender", ("returning", None, "")),
    ("RETURNED", "package_unclaimed", ("returning", "unclaimed", "action_required")),
    ("RETURNED", "", ("returning", None, "")),
    ("FAILURE", "package_undeliverable", ("exception", "undeliverable", "action_required")),
    ("FAILURE", "package_disposed", ("lost", None, "")),
    ("FAILURE", "package_lost", ("lost", None, "action_required")),
    ("FAILURE", "", ("exception", None, "")),
    ("UNKNOWN", "other", ("unknown", None, "")),
    ("UNKNOWN", "delivered", ("unknown", None, "")),
]


@pytest.mark.parametrize(("status", "substatus", "expected"), SHIPPO)
def test_shippo(status: str, substatus: str, expected: Row) -> None:
    before = counted("shippo")
    assert row(shippo.meaning_of(status, substatus)) == expected
    assert counted("shippo") == before


def test_shippo_tells_customs_and_reasons_in_sentences_only() -> None:
    assert shippo.meaning_of("TRANSIT", "package_processing", "Held by customs").code == "customs"
    assert (
        shippo.meaning_of("TRANSIT", "out_for_delivery", "Customs cleared, out for delivery").code == "out_for_delivery"
    )
    assert shippo.meaning_of("TRANSIT", "delivery_attempted", "Business closed").reason == "business_closed"
    assert shippo.meaning_of("DELIVERED", "delivered", "Delivered to the original sender").code == "returned"


AFTERSHIP: list[tuple[str, str, Row]] = [
    ("Pending", "Pending_001", ("label_created", None, "")),
    ("InfoReceived", "InfoReceived_001", ("label_created", None, "")),
    ("InTransit", "InTransit_001", ("in_transit", None, "")),
    ("InTransit", "InTransit_002", ("picked_up", None, "")),
    ("InTransit", "InTransit_003", ("in_transit", None, "")),
    ("InTransit", "InTransit_004", ("in_transit", None, "")),
    ("InTransit", "InTransit_005", ("in_transit", None, "")),
    ("InTransit", "InTransit_006", ("customs", None, "")),
    ("InTransit", "InTransit_007", ("in_transit", None, "")),
    ("InTransit", "InTransit_008", ("in_transit", None, "")),
    ("InTransit", "InTransit_009", ("in_transit", None, "")),
    ("OutForDelivery", "OutForDelivery_001", ("out_for_delivery", None, "")),
    ("OutForDelivery", "OutForDelivery_003", ("in_transit", None, "")),
    ("OutForDelivery", "OutForDelivery_004", ("in_transit", "rescheduled", "")),
    ("AttemptFail", "AttemptFail_001", ("attempted", None, "")),
    ("AttemptFail", "AttemptFail_002", ("attempted", "nobody_home", "")),
    ("AttemptFail", "AttemptFail_003", ("attempted", "business_closed", "")),
    ("Delivered", "Delivered_001", ("delivered", None, "")),
    ("Delivered", "Delivered_005", ("delivered", None, "")),
    ("AvailableForPickup", "AvailableForPickup_001", ("available_for_pickup", None, "")),
    ("Exception", "Exception_001", ("exception", None, "")),
    ("Exception", "Exception_002", ("exception", "address", "address_problem")),
    ("Exception", "Exception_003", ("exception", "refused", "")),
    ("Exception", "Exception_004", ("customs", None, "late")),
    ("Exception", "Exception_005", ("exception", "delay", "late")),
    ("Exception", "Exception_006", ("exception", "payment", "action_required")),
    ("Exception", "Exception_007", ("exception", "address", "address_problem")),
    ("Exception", "Exception_008", ("exception", "not_collected", "action_required")),
    ("Exception", "Exception_009", ("exception", "rejected_by_carrier", "")),
    ("Exception", "Exception_010", ("returning", None, "")),
    ("Exception", "Exception_011", ("returned", None, "")),
    ("Exception", "Exception_012", ("damaged", None, "")),
    ("Exception", "Exception_013", ("lost", None, "")),
    ("Exception", "Exception_016", ("exception", "delay", "late")),
    ("Exception", "Exception_017", ("exception", "weather", "weather")),
    ("Exception", "Exception_018", ("customs", "documents", "action_required")),
    ("Expired", "Expired_001", ("unknown", None, "")),
]


@pytest.mark.parametrize(("tag", "subtag", "expected"), AFTERSHIP)
def test_aftership(tag: str, subtag: str, expected: Row) -> None:
    before = counted("aftership")
    assert row(aftership.meaning_of(tag, subtag)) == expected
    assert counted("aftership") == before


@pytest.mark.parametrize(
    ("tag", "said", "expected"),
    [
        ("Exception", "Held in customs", "customs"),
        ("InTransit", "Presented to customs", "customs"),
        ("Exception", "The package is being returned to sender", "returning"),
        ("InTransit", "Return to shipper", "returning"),
        ("Exception", "Contents damaged", "damaged"),
        ("Exception", "Parcel lost in transit", "lost"),
        ("Exception", "Something odd", "exception"),
        ("InTransit", "Arrived at hub", "in_transit"),
        ("Delivered", "Damaged box, delivered", "delivered"),
    ],
)
def test_aftership_without_subtags_goes_by_the_sentence(tag: str, said: str, expected: str) -> None:
    assert aftership.meaning_of(tag, "", said).code == expected


SEVENTEEN_TRACK: list[tuple[str, Row]] = [
    ("NotFound_Other", ("label_created", None, "")),
    ("NotFound_InvalidCode", ("label_created", None, "")),
    ("InfoReceived", ("label_created", None, "")),
    ("InTransit_PickedUp", ("picked_up", None, "")),
    ("InTransit_Other", ("in_transit", None, "")),
    ("InTransit_Departure", ("in_transit", None, "")),
    ("InTransit_Arrival", ("in_transit", None, "")),
    ("InTransit_CustomsProcessing", ("customs", None, "")),
    ("InTransit_CustomsReleased", ("in_transit", None, "")),
    ("InTransit_CustomsRequiringInformation", ("customs", "documents", "action_required")),
    ("Expired_Other", ("unknown", None, "")),
    ("AvailableForPickup_Other", ("available_for_pickup", None, "")),
    ("OutForDelivery_Other", ("out_for_delivery", None, "")),
    ("DeliveryFailure_Other", ("attempted", None, "")),
    ("DeliveryFailure_NoBody", ("attempted", "nobody_home", "")),
    ("DeliveryFailure_Security", ("attempted", "security", "")),
    ("DeliveryFailure_Rejected", ("attempted", "refused", "")),
    ("DeliveryFailure_InvalidAddress", ("attempted", "address", "address_problem")),
    ("Delivered_Other", ("delivered", None, "")),
    ("Exception_Other", ("exception", None, "")),
    ("Exception_Returning", ("returning", None, "")),
    ("Exception_Returned", ("returned", None, "")),
    ("Exception_NoBody", ("exception", "recipient_unknown", "address_problem")),
    ("Exception_Security", ("exception", "security", "")),
    ("Exception_Damage", ("damaged", None, "")),
    ("Exception_Rejected", ("exception", "refused", "")),
    ("Exception_Delayed", ("exception", None, "late")),
    ("Exception_Lost", ("lost", None, "")),
    ("Exception_Destroyed", ("lost", None, "")),
    ("Exception_Cancel", ("cancelled", None, "")),
    ("NotFound", ("label_created", None, "")),
    ("InTransit", ("in_transit", None, "")),
    ("Expired", ("unknown", None, "")),
    ("AvailableForPickup", ("available_for_pickup", None, "")),
    ("OutForDelivery", ("out_for_delivery", None, "")),
    ("DeliveryFailure", ("attempted", None, "")),
    ("Delivered", ("delivered", None, "")),
    ("Exception", ("exception", None, "")),
    ("PickedUp", ("picked_up", None, "")),
    ("Departure", ("in_transit", None, "")),
    ("Returning", ("returning", None, "")),
    ("Returned", ("returned", None, "")),
]


@pytest.mark.parametrize(("word", "expected"), SEVENTEEN_TRACK)
def test_seventeen_track(word: str, expected: Row) -> None:
    before = counted("17track")
    assert row(seventeen_track.meaning_of(word)) == expected
    assert counted("17track") == before


CLICKPOST: list[tuple[int, str]] = [
    *((code, "label_created") for code in (1, 2, 3, 25, 28)),
    (4, "picked_up"),
    (5, "in_transit"),
    (6, "out_for_delivery"),
    (7, "exception"),
    (8, "delivered"),
    (9, "attempted"),
    (10, "cancelled"),
    *((code, "returning") for code in (11, 12, 13, 15, 21, 26, 27)),
    (14, "returned"),
    (16, "lost"),
    (17, "damaged"),
    (18, "in_transit"),
    (19, "exception"),
    (20, "in_transit"),
]


@pytest.mark.parametrize(("code", "expected"), CLICKPOST)
def test_clickpost(code: int, expected: str) -> None:
    before = counted("clickpost")
    assert clickpost.meaning_of(code, None).code == expected
    assert counted("clickpost") == before


def test_clickpost_flags_delay_and_silence() -> None:
    assert row(clickpost.meaning_of(18, 3)) == ("in_transit", None, "late")
    assert row(clickpost.meaning_of(20, 3)) == ("in_transit", None, "stalled")
    assert row(clickpost.meaning_of(19, 3)) == ("exception", "contact_carrier", "action_required")


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (None, ("attempted", None, "")),
        (0, ("attempted", None, "")),
        (1, ("attempted", "nobody_home", "")),
        (2, ("attempted", "refused", "")),
        (3, ("attempted", "rescheduled", "")),
        (4, ("exception", "no_attempt", "")),
        (5, ("attempted", "unreachable", "")),
        (6, ("attempted", "address", "address_problem")),
        (7, ("attempted", "payment", "")),
        (8, ("attempted", "out_of_area", "")),
        (9, ("attempted", "order_cancelled", "")),
        (10, ("available_for_pickup", None, "")),
        (11, ("attempted", "seized", "")),
        (77, ("attempted", None, "")),
    ],
)
def test_clickpost_failed_deliveries_go_by_their_reason(failure: int | None, expected: Row) -> None:
    assert row(clickpost.meaning_of(9, 5, failure)) == expected


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (1, "label_created"),
        (2, "picked_up"),
        (3, "in_transit"),
        (4, "out_for_delivery"),
        (5, "attempted"),
        (6, "delivered"),
        (7, "returning"),
        (8, "lost"),
        (9, "damaged"),
        (10, "unknown"),
        (None, "unknown"),
    ],
)
def test_clickpost_codes_that_are_new_go_by_their_bucket(bucket: int | None, expected: str) -> None:
    before = counted("clickpost")
    assert clickpost.meaning_of(99, bucket).code == expected
    assert counted("clickpost") == before + 1


def test_clickpost_knows_customs_by_the_sentence_and_returns_by_the_direction() -> None:
    assert clickpost.meaning_of(5, 3, said="Shipment held at customs").code == "customs"
    assert clickpost.meaning_of(8, 6, is_return=True).code == "returned"


@pytest.mark.parametrize(
    ("status", "detail", "expected"),
    [
        ("UN", "", ("unknown", None, "")),
        ("NY", "", ("label_created", None, "")),
        ("AC", "", ("picked_up", None, "")),
        ("IT", "", ("in_transit", None, "")),
        ("IT", "OUT_FOR_DELIVERY", ("out_for_delivery", None, "")),
        ("IT", "CUSTOMS_PROCESSING", ("customs", None, "")),
        ("EX", "HELD_BY_CUSTOMS", ("customs", None, "")),
        ("EX", "DUTY_NOT_PAID", ("customs", "duties", "duty_due")),
        ("IT", "CARRIER_DELAYS", ("in_transit", None, "late")),
        ("DE", "", ("delivered", None, "")),
        ("DE", "DELIVERED_DAMAGED", ("damaged", None, "")),
        ("EX", "", ("exception", None, "")),
        ("EX", "ADDRESS_QUERY", ("exception", "address", "address_problem")),
        ("EX", "MISROUTED", ("exception", "missort", "misrouted")),
        ("EX", "PARCEL_LOST", ("lost", None, "")),
        ("EX", "PARCEL_DISPOSED", ("lost", None, "")),
        ("EX", "RETURN_TO_SENDER", ("returning", None, "")),
        ("EX", "UNDELIVERABLE_RETURNED_TO_SENDER", ("returned", None, "")),
        ("EX", "CANCELLED", ("cancelled", None, "")),
        ("AT", "", ("attempted", None, "")),
        ("AT", "ATTEMPTED_DELIVERY_FINAL", ("attempted", None, "action_required")),
        ("SP", "", ("available_for_pickup", None, "")),
        ("SP", "COLLECT_AT_LOCAL_PO", ("available_for_pickup", None, "")),
        ("IT", "A_DETAIL_OF_NO_CONSEQUENCE", ("in_transit", None, "")),
        ("ZZ", "", ("unknown", None, "")),
    ],
)
def test_shipengine(status: str, detail: str, expected: Row) -> None:
    assert row(shipengine.meaning_of(status, detail)) == expected


def test_words_that_no_table_knows_are_unknown_and_counted() -> None:
    strangers: dict[str, Callable[[], Meaning]] = {
        "easypost": lambda: easypost.meaning_of("teleported", ""),
        "shippo": lambda: shippo.meaning_of("TELEPORTED", ""),
        "aftership": lambda: aftership.meaning_of("Teleported", ""),
        "17track": lambda: seventeen_track.meaning_of("Teleported"),
        "shipengine": lambda: shipengine.meaning_of("TP"),
    }
    for source, meaning in strangers.items():
        before = counted(source)
        assert meaning() == UNKNOWN
        assert counted(source) == before + 1


def test_a_new_detail_of_a_known_status_is_counted_and_the_status_holds() -> None:
    details: dict[str, Callable[[], Meaning]] = {
        "easypost": lambda: easypost.meaning_of("in_transit", "beamed_up"),
        "shippo": lambda: shippo.meaning_of("TRANSIT", "beamed_up"),
        "aftership": lambda: aftership.meaning_of("InTransit", "InTransit_099"),
        "17track": lambda: seventeen_track.meaning_of("InTransit_BeamedUp"),
    }
    for source, meaning in details.items():
        before = counted(source)
        assert meaning().code == ShipmentStatus.IN_TRANSIT
        assert counted(source) == before + 1
