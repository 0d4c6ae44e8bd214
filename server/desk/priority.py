"""Which conversation comes first: one pure sum of points over what is known of the message, the money, the customer and the time.

Every signal adds points and never takes any away, so more of anything never lowers a conversation. The parts are kept with the
label: whoever wonders why a thread stands where it stands reads them there. The table is in docs/operations.md.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

Level: TypeAlias = Literal["low", "medium", "high", "urgent"]
Steps: TypeAlias = tuple[tuple[int, int], ...]
"""(from this value on, so many points), rising."""

URGENT: Final = 100
HIGH: Final = 40
MEDIUM: Final = 10

_PERIL: Final = frozenset({"safety", "legal", "vulnerable"})
_COURTESY: Final = frozenset({"greeting", "thanks", "goodbye"})
_SALE: Final = frozenset({"product_question", "stock_question", "recommendation", "promo", "payment"})
_SEVERITY: Final = {"medium": 5, "high": HIGH}
_COMPLEXITY: Final = {"medium": 5, "high": 10}
_URGENCY: Final = {"medium": 5, "high": HIGH}
_FRUSTRATION: Final[Steps] = ((1, 5), (2, HIGH), (3, 60))
_MONEY: Final[Steps] = ((50, 5), (200, 15), (500, 30), (2_000, 45))
_LIFETIME: Final[Steps] = ((500, 5), (2_000, 10), (10_000, 20))
_REVENUE: Final[Steps] = ((100, 5), (500, 10), (2_000, 20))
_WAITING: Final[Steps] = ((15, 10), (60, 25), (240, 40), (1_440, 60))
_OVERDUE: Final[Steps] = ((1, 10), (24, 25), (72, 40))
_VIP: Final = HIGH
_PRESENT_SALE: Final = 5


class Signals(msgspec.Struct, frozen=True, omit_defaults=True):
    """What priority is made of. Money in whole units of `currency`; `waiting` in minutes that the customer waits for a person,
    `overdue` in hours since the promised delivery, 0 for not at all; `revenue` is an order that may still be lost."""

    intent: str = "other"
    severity: str = "low"
    complexity: str = "low"
    urgency: str = "low"
    frustration: int = 0
    risk: tuple[str, ...] = ()
    is_vip: bool = False
    lifetime_value: int = 0
    money_at_risk: int = 0
    revenue: int = 0
    currency: str = ""
    waiting: int = 0
    overdue: int = 0


class Priority(NamedTuple):
    """A level, why in words, and the points of each part that counted, the heaviest first."""

    level: Level
    reason: str
    parts: Mapping[str, int]


def priority(signals: Signals) -> Priority:
    """How soon a person should look at it. `urgent` from 100 points, `high` from 40, `medium` from 10."""
    parts = {name: points for name, points in _points(signals).items() if points}
    heaviest = sorted(parts, key=lambda name: -parts[name])
    return Priority(
        _level(sum(parts.values())), _reason(signals, parts, heaviest), {key: parts[key] for key in heaviest}
    )


def _points(signals: Signals) -> dict[str, int]:
    """Points by part. What is severe because of a risk or of anger counts once."""
    risk = URGENT if _PERIL & set(signals.risk) else HIGH if signals.risk else 0
    frustration = _step(_FRUSTRATION, signals.frustration)
    return {
        "risk": risk,
        "frustration": frustration,
        "vip": _VIP if signals.is_vip else 0,
        "urgency": _URGENCY.get(signals.urgency, 0),
        "severity": max(0, _SEVERITY.get(signals.severity, 0) - max(risk, frustration)),
        "money_at_risk": _step(_MONEY, signals.money_at_risk),
        "waiting": _step(_WAITING, signals.waiting),
        "overdue": _step(_OVERDUE, signals.overdue),
        "lifetime_value": _step(_LIFETIME, signals.lifetime_value),
        "revenue": max(_step(_REVENUE, signals.revenue), _PRESENT_SALE if signals.intent in _SALE else 0),
        "complexity": _COMPLEXITY.get(signals.complexity, 0),
        "request": 0 if signals.intent in _COURTESY else MEDIUM,
    }


def _step(steps: Steps, value: int) -> int:
    return max((points for start, points in steps if value >= start), default=0)


def _level(total: int) -> Level:
    return "urgent" if total >= URGENT else "high" if total >= HIGH else "medium" if total >= MEDIUM else "low"


def _reason(signals: Signals, parts: Mapping[str, int], heaviest: list[str]) -> str:
    """The one or two parts that weigh most, in words."""
    weighty = [name for name in heaviest if name != "request" and parts[name] > _PRESENT_SALE][:2]
    said = [_words(name, signals) for name in weighty]
    topic = "courtesy" if signals.intent in _COURTESY else signals.intent.replace("_", " ")
    return ", ".join(said) or topic


def _words(name: str, signals: Signals) -> str:
    worst = next((risk for risk in signals.risk if risk in _PERIL), signals.risk[0] if signals.risk else "")
    return {
        "risk": f"{worst} mentioned",
        "frustration": "very upset" if signals.frustration >= 3 else "upset",
        "vip": "VIP customer",
        "urgency": "urgent for the customer",
        "severity": f"{signals.intent.replace('_', ' ')}, severe",
        "money_at_risk": f"{signals.money_at_risk} {signals.currency} at risk",
        "waiting": f"waiting for {_span(signals.waiting)}",
        "overdue": f"delivery {_span(signals.overdue * 60)} late",
        "lifetime_value": "good customer",
        "revenue": "an order at stake",
        "complexity": "complex",
    }[name]


def _span(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2 * 1_440 else f"{minutes // 1_440} days"
