"""The codes that carriers themselves use: UPS, FedEx, USPS and DHL, for events that come without one of ours.

Sources: the carriers' tracking references and published code lists. What a letter leaves open is read the cautious way:
a return under way rather than received, a problem rather than an attempt. Codes are text: USPS's `01` is not 1.
"""

from collections.abc import Mapping
from typing import Final

from server.commerce.carriers.words import INFO, UNKNOWN, Flag, Meaning, Status, means

_LABEL = means(Status.LABEL_CREATED)
_TAKEN = means(Status.PICKED_UP)
_MOVING = means(Status.IN_TRANSIT)
_LATE = means(Status.IN_TRANSIT, Flag.LATE)
_OUT = means(Status.OUT_FOR_DELIVERY)
_DONE = means(Status.DELIVERED)
_WAITS = means(Status.AVAILABLE_FOR_PICKUP)
_TROUBLE = means(Status.EXCEPTION)
_BACK = means(Status.RETURNING)
_VOID = means(Status.CANCELLED, Flag.VOIDED_LABEL)
_NEWS = means(INFO)
_WRONG_ADDRESS = means(Status.EXCEPTION, reason="address")
_MISSENT = means(Status.EXCEPTION, reason="missort")
_REFUSED = means(Status.EXCEPTION, reason="refused")


def _each(codes: str, meaning: Meaning) -> dict[str, Meaning]:
    return dict.fromkeys(codes.split(), meaning)


def _attempted(reason: str) -> Meaning:
    return means(Status.ATTEMPTED, reason=reason)


def _returning(reason: str) -> Meaning:
    return means(Status.RETURNING, reason=reason)


_UPS: Final[Mapping[str, Meaning]] = {
    **_each("M MP", _LABEL),
    **_each("P PU OR", _TAKEN),
    **_each("I W DO DD AR DP DS", _MOVING),
    **_each("O OT OF", _OUT),
    **_each("D FS KB DL", _DONE),
    "X": _TROUBLE,
    "RS": _BACK,
    "MV": _VOID,
    "U": _NEWS,
    "NA": UNKNOWN,
}

_FEDEX: Final[Mapping[str, Meaning]] = {
    "OC": _LABEL,
    "PU": _TAKEN,
    **_each("AF AR DP IT AA PF PL SF FD", _MOVING),
    **_each("OD ED AD", _OUT),
    "DL": _DONE,
    **_each("DE SE", _TROUBLE),
    "DY": _LATE,
    "CD": means(Status.CUSTOMS, Flag.LATE),
    "HL": _WAITS,
    "CA": means(Status.CANCELLED),
    "RS": _BACK,
    **_each("AE AO", _NEWS),
}

_USPS: Final[Mapping[str, Meaning]] = {
    **_each("GX MA 89", _LABEL),
    **_each("TM PA OA UA 03 43", _TAKEN),
    **_each("10 PC SF EF 07 06 80 81 82 83", _MOVING),
    "OF": _OUT,
    "01": _DONE,
    "02": means(Status.ATTEMPTED),
    **_each("30 53", _attempted("access")),
    "51": _attempted("business_closed"),
    "52": _attempted("notice_left"),
    "54": _attempted("mailbox_full"),
    "55": _attempted("no_secure_location"),
    "56": _attempted("nobody_home"),
    **_each("14 16", _WAITS),
    "71": means(Status.IN_TRANSIT, Flag.LATE, reason="rescheduled"),
    "04": _REFUSED,
    "05": _WRONG_ADDRESS,
    **_each("08 15", _MISSENT),
    **_each("09 28 29 44", _BACK),
    **_each("21 22 23 24 26", _returning("address")),
    "25": _returning("recipient_unknown"),
    "27": _returning("unclaimed"),
    "31": _returning("not_collected"),
    "11": means(Status.LOST),
    "DX": _NEWS,
}

_DHL: Final[Mapping[str, Meaning]] = {
    "PRE-TRANSIT": _LABEL,
    "TRANSIT": _MOVING,
    "DELIVERED": _DONE,
    "FAILURE": _TROUBLE,
    "UNKNOWN": UNKNOWN,
    "PU": _TAKEN,
    **_each("PL DF AF AR", _MOVING),
    **_each("CC CD", means(Status.CUSTOMS)),
    "WC": _OUT,
    "OK": _DONE,
    "OH": means(Status.EXCEPTION, reason="held"),
    "NH": _attempted("nobody_home"),
    "BA": _WRONG_ADDRESS,
    "RD": _REFUSED,
    "RT": _BACK,
}

_TABLES: Final[Mapping[str, Mapping[str, Meaning]]] = {"ups": _UPS, "fedex": _FEDEX, "usps": _USPS, "dhl": _DHL}


def code_of(carrier: str | None, raw_code: str | None) -> Meaning | None:
    """What the carrier's own code means: (code, flags, reason); None when we do not know the carrier or the code."""
    return _TABLES.get(carrier or "", {}).get((raw_code or "").strip().upper())
