"""The status tables of BigCommerce and Magento: every entry, and that a word no table knows stays unknown."""

import pytest

from server.commerce.mappings import (
    BIGCOMMERCE,
    MAGENTO,
    PRESETS,
    UNKNOWN,
    Meaning,
    StatusFlag,
    bigcommerce,
    magento,
    meaning_of,
)
from server.commerce.states import FulfilmentPhase, HoldReason, PaymentState, ShipmentStatus

Phase = FulfilmentPhase
Pay = PaymentState


def said(
    payment: Pay | None = None,
    fulfilment: Phase | None = None,
    *flags: StatusFlag,
    parcel: ShipmentStatus | None = None,
    hold: HoldReason | None = None,
) -> Meaning:
    return Meaning(payment, fulfilment, parcel, (hold,) if hold else (), frozenset(flags))


BIG = {
    0: ("Incomplete", said(None, None, "ignore")),
    1: ("Pending", said(Pay.PENDING, Phase.UNFULFILLED)),
    2: ("Shipped", said(None, Phase.SHIPPED)),
    3: ("Partially Shipped", said(None, Phase.PARTIALLY_SHIPPED)),
    4: ("Refunded", said(Pay.REFUNDED)),
    5: ("Cancelled", said(None, Phase.CANCELLED, "cancelled")),
    6: ("Declined", said(Pay.FAILED, Phase.UNFULFILLED)),
    7: ("Awaiting Payment", said(Pay.PENDING, Phase.UNFULFILLED)),
    8: ("Awaiting Pickup", said(parcel=ShipmentStatus.AVAILABLE_FOR_PICKUP)),
    9: ("Awaiting Shipment", said(None, Phase.PROCESSING)),
    10: ("Completed", said(None, Phase.SHIPPED)),
    11: ("Awaiting Fulfillment", said(Pay.PAID, Phase.UNFULFILLED)),
    12: ("Manual Verification Required", said(None, Phase.ON_HOLD, hold=HoldReason.FRAUD_REVIEW)),
    13: ("Disputed", said(None, None, "disputed")),
    14: ("Partially Refunded", said(Pay.PARTIALLY_REFUNDED)),
}

MAG = {
    "new": said(Pay.PENDING, Phase.UNFULFILLED),
    "pending_payment": said(Pay.PENDING, Phase.UNFULFILLED),
    "payment_review": said(None, Phase.ON_HOLD, hold=HoldReason.FRAUD_REVIEW),
    "processing": said(Pay.PAID, Phase.UNFULFILLED, "check_shipments"),
    "complete": said(Pay.PAID, Phase.SHIPPED),
    "closed": said(Pay.REFUNDED),
    "canceled": said(None, Phase.CANCELLED, "cancelled"),
    "holded": said(None, Phase.ON_HOLD, hold=HoldReason.OTHER),
}


@pytest.mark.parametrize("status", BIG)
def test_a_bigcommerce_status_means_this_by_id_and_by_name(status: int) -> None:
    name, meaning = BIG[status]
    assert bigcommerce(status) == bigcommerce(str(status)) == bigcommerce(name) == meaning
    assert bigcommerce(f"  {name.upper().replace(' ', '_')} ") == meaning


@pytest.mark.parametrize("state", MAG)
def test_a_magento_state_means_this(state: str) -> None:
    assert magento(state) == magento(state.upper()) == MAG[state]


def test_the_tables_hold_nothing_else() -> None:
    assert set(BIGCOMMERCE) == set(BIG)
    assert set(MAGENTO) == set(MAG)


@pytest.mark.parametrize("word", ["", "15", "-1", "shipped!", "delivered", "ready", "None"])
def test_a_word_that_no_table_knows_stays_unknown(word: str) -> None:
    assert bigcommerce(word) == magento(word) == UNKNOWN
    assert UNKNOWN.fulfilment is Phase.UNKNOWN


def test_no_platform_status_ever_means_delivered() -> None:
    meanings = [meaning for table in PRESETS.values() for meaning in table.values()]
    assert ShipmentStatus.DELIVERED not in {meaning.parcel for meaning in meanings}


def test_british_spelling_is_understood() -> None:
    assert bigcommerce("Awaiting Fulfilment") == BIG[11][1]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("shipped", said(None, Phase.SHIPPED)),
        ("unknown", UNKNOWN),
        ("cancelled", said(None, Phase.CANCELLED, "cancelled")),
        ("delivered", said(parcel=ShipmentStatus.DELIVERED)),
        ("paid", said(Pay.PAID)),
        ("on_hold", said(None, Phase.ON_HOLD, hold=HoldReason.OTHER)),
        ("on_hold/address", said(None, Phase.ON_HOLD, hold=HoldReason.ADDRESS)),
        ("disputed", said(None, None, "disputed")),
        ("ignore", said(None, None, "ignore")),
    ],
)
def test_a_shop_gives_its_words_a_meaning_in_ours(word: str, meaning: Meaning) -> None:
    assert meaning_of(word) == meaning


@pytest.mark.parametrize("word", ["", "sent", "on_hold/weather", "shipped/address", "Shipped"])
def test_a_meaning_that_we_do_not_have_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is not a word that a status can mean"):
        meaning_of(word)
