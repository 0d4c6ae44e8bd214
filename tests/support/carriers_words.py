"""How each provider would have said it: our codes, reasons and flags in the words of six providers.

The other direction of the tables in `server.commerce.carriers`, written from the providers' documentation and not from
those tables. A provider that has no word for something says the nearest thing that it does say.
"""

from collections.abc import Mapping

Words = tuple[str, str]
"""A provider's status and its detail."""

SAID: Mapping[str, str] = {
    "nobody_home": "Recipient not at home",
    "access": "No access to the delivery location",
    "refused": "Refused by the recipient",
    "address": "The address is incorrect",
    "business_closed": "Business closed",
    "notice_left": "Notice left",
    "weather": "Delayed by a storm",
    "missort": "Missent to another hub",
    "held": "Held at the facility",
    "documents": "Customs ask for documents",
}
"""A carrier's sentence for each reason."""

_EASYPOST: Mapping[str, Words] = {
    "label_created": ("pre_transit", "label_created"),
    "picked_up": ("in_transit", "received_at_origin_facility"),
    "in_transit": ("in_transit", "arrived_at_facility"),
    "in_transit+late": ("in_transit", "delayed"),
    "customs": ("in_transit", "awaiting_information"),
    "out_for_delivery": ("out_for_delivery", "out_for_delivery"),
    "attempted": ("failure", "delivery_exception"),
    "available_for_pickup": ("available_for_pickup", "arrived_at_pickup_location"),
    "delivered": ("delivered", "arrived_at_destination"),
    "exception": ("failure", "transit_exception"),
    "exception:address": ("failure", "address_correction"),
    "exception:weather": ("in_transit", "weather_delay"),
    "exception:missort": ("in_transit", "missorted"),
    "exception:refused": ("failure", "refused"),
    "exception:held": ("in_transit", "held"),
    "returning": ("return_to_sender", "return"),
    "returned": ("delivered", "arrived_at_destination"),
    "lost": ("failure", "lost"),
    "damaged": ("failure", "damaged"),
    "cancelled": ("cancelled", "cancelled"),
    "unknown": ("unknown", "unknown"),
}
_SHIPPO: Mapping[str, Words] = {
    "label_created": ("PRE_TRANSIT", "information_received"),
    "picked_up": ("TRANSIT", "package_accepted"),
    "in_transit": ("TRANSIT", "package_departed"),
    "in_transit+late": ("TRANSIT", "delayed"),
    "customs": ("TRANSIT", "package_processing"),
    "out_for_delivery": ("TRANSIT", "out_for_delivery"),
    "attempted": ("TRANSIT", "delivery_attempted"),
    "attempted:access": ("TRANSIT", "location_inaccessible"),
    "attempted:notice_left": ("TRANSIT", "notice_left"),
    "available_for_pickup": ("TRANSIT", "pickup_available"),
    "delivered": ("DELIVERED", "delivered"),
    "exception": ("TRANSIT", "package_held"),
    "exception:address": ("TRANSIT", "address_issue"),
    "returning": ("RETURNED", "return_to_sender"),
    "returning:unclaimed": ("RETURNED", "package_unclaimed"),
    "returned": ("DELIVERED", "delivered"),
    "lost": ("FAILURE", "package_lost"),
    "damaged": ("TRANSIT", "package_damaged"),
    "cancelled": ("UNKNOWN", "other"),
    "unknown": ("UNKNOWN", "other"),
}
SHIPPO_ASKS = frozenset(
    {
        "address_issue",
        "contact_carrier",
        "delivery_attempted",
        "location_inaccessible",
        "notice_left",
        "package_damaged",
    }
    | {"package_held", "pickup_available", "reschedule_delivery", "package_unclaimed", "package_undeliverable"}
    | {"package_lost"}
)
"""Sub-statuses that Shippo sends with `action_required`."""

_AFTERSHIP: Mapping[str, Words] = {
    "label_created": ("InfoReceived", "InfoReceived_001"),
    "picked_up": ("InTransit", "InTransit_002"),
    "in_transit": ("InTransit", "InTransit_003"),
    "customs": ("InTransit", "InTransit_006"),
    "customs:documents": ("Exception", "Exception_018"),
    "out_for_delivery": ("OutForDelivery", "OutForDelivery_001"),
    "attempted": ("AttemptFail", "AttemptFail_001"),
    "attempted:nobody_home": ("AttemptFail", "AttemptFail_002"),
    "attempted:business_closed": ("AttemptFail", "AttemptFail_003"),
    "available_for_pickup": ("AvailableForPickup", "AvailableForPickup_001"),
    "delivered": ("Delivered", "Delivered_001"),
    "exception": ("Exception", "Exception_001"),
    "exception:address": ("Exception", "Exception_007"),
    "exception:refused": ("Exception", "Exception_003"),
    "exception:weather": ("Exception", "Exception_017"),
    "returning": ("Exception", "Exception_010"),
    "returned": ("Exception", "Exception_011"),
    "lost": ("Exception", "Exception_013"),
    "damaged": ("Exception", "Exception_012"),
    "cancelled": ("Expired", "Expired_001"),
    "unknown": ("Expired", "Expired_001"),
}
_SEVENTEEN_TRACK: Mapping[str, Words] = {
    "label_created": ("InfoReceived", "InfoReceived"),
    "picked_up": ("InTransit", "InTransit_PickedUp"),
    "in_transit": ("InTransit", "InTransit_Other"),
    "customs": ("InTransit", "InTransit_CustomsProcessing"),
    "customs:documents": ("InTransit", "InTransit_CustomsRequiringInformation"),
    "out_for_delivery": ("OutForDelivery", "OutForDelivery_Other"),
    "attempted": ("DeliveryFailure", "DeliveryFailure_Other"),
    "attempted:nobody_home": ("DeliveryFailure", "DeliveryFailure_NoBody"),
    "attempted:refused": ("DeliveryFailure", "DeliveryFailure_Rejected"),
    "attempted:address": ("DeliveryFailure", "DeliveryFailure_InvalidAddress"),
    "available_for_pickup": ("AvailableForPickup", "AvailableForPickup_Other"),
    "delivered": ("Delivered", "Delivered_Other"),
    "exception": ("Exception", "Exception_Other"),
    "exception:refused": ("Exception", "Exception_Rejected"),
    "returning": ("Exception", "Exception_Returning"),
    "returned": ("Exception", "Exception_Returned"),
    "lost": ("Exception", "Exception_Lost"),
    "damaged": ("Exception", "Exception_Damage"),
    "cancelled": ("Exception", "Exception_Cancel"),
    "unknown": ("Expired", "Expired_Other"),
}
# ClickPost's code and its non-delivery reason.
_CLICKPOST: Mapping[str, Words] = {
    "label_created": ("28", ""),
    "picked_up": ("4", ""),
    "in_transit": ("5", ""),
    "in_transit+late": ("18", ""),
    "in_transit+stalled": ("20", ""),
    "customs": ("5", ""),
    "out_for_delivery": ("6", ""),
    "attempted": ("9", "0"),
    "attempted:nobody_home": ("9", "1"),
    "attempted:refused": ("9", "2"),
    "attempted:address": ("9", "6"),
    "available_for_pickup": ("9", "10"),
    "delivered": ("8", ""),
    "exception": ("19", ""),
    "exception:address": ("9", "6"),
    "exception:weather": ("18", ""),
    "returning": ("12", ""),
    "returned": ("14", ""),
    "lost": ("16", ""),
    "damaged": ("17", ""),
    "cancelled": ("10", ""),
    "unknown": ("99", ""),
}
BUCKETS: Mapping[str, int] = {
    **dict.fromkeys(("1", "2", "3", "10", "25", "28"), 1),
    "4": 2,
    **dict.fromkeys(("5", "18", "19", "20"), 3),
    "6": 4,
    **dict.fromkeys(("7", "9"), 5),
    "8": 6,
    **dict.fromkeys(("11", "12", "13", "14", "15", "21", "26", "27"), 7),
    "16": 8,
    "17": 9,
}
"""ClickPost's bucket of each of its codes; a code that is new may lie in none."""

_TABLES: Mapping[str, Mapping[str, Words]] = {
    "easypost": _EASYPOST,
    "shippo": _SHIPPO,
    "aftership": _AFTERSHIP,
    "17track": _SEVENTEEN_TRACK,
    "clickpost": _CLICKPOST,
}

CARRIERS: Mapping[str, Mapping[str, str]] = {
    "easypost": {"ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHLExpress", "royal_mail": "RoyalMail"},
    "shippo": {"dhl": "dhl_express"},
    "aftership": {"royal_mail": "royal-mail"},
    "17track": {"ups": "100002", "usps": "21051", "fedex": "100003", "dhl": "100001", "royal_mail": "11031"},
    "clickpost": {"fedex": "1", "delhivery": "4"},
    "generic": {},
}
"""Our names of carriers as providers write them, where that differs."""


def words(provider: str, event: Mapping[str, object]) -> Words:
    """What the provider would have said for this event of ours: the most telling word that it has."""
    table, code, flags = _TABLES[provider], str(event["code"]), event.get("flags")
    told = [f"{code}+{flag}" for flag in flags] if isinstance(flags, list) else []
    return next((table[key] for key in [f"{code}:{event.get('reason')}", *told] if key in table), table[code])


def sentence(provider: str, event: Mapping[str, object]) -> str | None:
    """The carrier's own sentence; where a provider has no code for what happened, only this tells it."""
    code, told = str(event["code"]), event.get("text")
    if code == "customs" and provider in ("shippo", "clickpost"):
        return "Held by customs"
    if code == "returned" and provider in ("easypost", "shippo"):
        return "Delivered to the original sender"
    return str(told) if told else SAID.get(str(event.get("reason")))


def carrier(provider: str, name: str | None) -> str:
    """The carrier's name as the provider writes it."""
    return CARRIERS[provider].get(name or "", name or "")
