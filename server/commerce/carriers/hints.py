"""What carriers' own sentences give away, where a provider's codes say too little.

Used only where a table calls for it: to tell customs from transit, a return from an exception, and to name the reason
of an exception or a failed attempt. A sentence never makes a parcel delivered, and what matches nothing says nothing.
English, with the commonest words of four other languages.
"""

import re
from collections.abc import Sequence

from server.commerce.states import ShipmentStatus

Status = ShipmentStatus


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_CUSTOMS = _any(
    r"\bcustoms?\b(?! contacted| requested)", r"\bclearance\b", r"\bZoll", r"\baduan", r"\balf[âa]ndeg", r"\bdouan"
)
_PAST_CUSTOMS = _any(r"releas", r"cleared", r"complet", r"\bfreigegeben", r"\bliberad", r"\bdédouané")
_TO_SENDER = _any(
    r"\breturn\w* (?:back )?to (?:the )?(?:original )?(?:sender|shipper|seller|origin|merchant)",
    r"\b(?:to|back to|by) (?:the )?(?:original )?(?:sender|shipper)\b",
    r"\bRTO\b",
    r"an (?:den )?Absender|al remitente|ao remetente|à l'expéditeur",
)
_LOST = _any(r"\blost\b", r"cannot be located", r"\bdestroyed\b", r"\bdisposed\b")
_DAMAGED = _any(r"\bdamag", r"beschädigt", r"\bdañad", r"\bavariad", r"endommagé")

_REASONS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("weather", _any(r"\bweather", r"\bstorm", r"\bsnow", r"\bflood", r"\bhurricane", r"\btyphoon")),
    ("refused", _any(r"\brefus", r"\breject")),
    ("missort", _any(r"mis-?sort", r"mis-?rout", r"\bmissent", r"wrong (?:facility|depot|hub)")),
    ("signature", _any(r"signature", r"adult required")),
    ("business_closed", _any(r"business (?:is |was )?closed", r"\bclosed\b")),
    (
        "access",
        _any(
            r"no (?:safe )?access", r"access (?:denied|not)", r"inaccessible", r"unable to access", r"\bgate\b|\bdog\b"
        ),
    ),
    (
        "address",
        _any(r"address", r"no such number", r"apartment number", r"moved", r"recipient unknown|addressee unknown"),
    ),
    (
        "nobody_home",
        _any(r"not (?:at )?home", r"nobody", r"no ?body", r"no one", r"(?:un|not )available", r"\babsent", r"not in\b"),
    ),
    ("rescheduled", _any(r"re-?schedul", r"future delivery", r"delivery date (?:was )?changed")),
    ("payment", _any(r"\bpayment", r"cash on delivery|\bCOD\b")),
)


def is_customs(said: str | None) -> bool:
    """Whether the parcel lies with customs, and is not just past them."""
    return bool(said and _CUSTOMS.search(said) and not _PAST_CUSTOMS.search(said))


def is_to_sender(said: str | None) -> bool:
    """Whether it speaks of the way back to who sent it."""
    return bool(said and _TO_SENDER.search(said))


def trouble(said: str | None) -> Status | None:
    """What an exception without a code is really about, if its sentence says so."""
    if not said:
        return None
    if _LOST.search(said):
        return Status.LOST
    if _DAMAGED.search(said):
        return Status.DAMAGED
    if is_to_sender(said):
        return Status.RETURNING
    return Status.CUSTOMS if is_customs(said) else None


def reason(said: str | None) -> str | None:
    """Why a delivery failed or a parcel waits, in one of our words."""
    if not said:
        return None
    return next((name for name, pattern in _REASONS if pattern.search(said)), None)
