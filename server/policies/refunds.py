"""The arithmetic of refunds, to the unit: shares, tax, fees, caps, tenders, promotions.

Everything is a whole number of minor units; there is no float and no Decimal. Parts always add up to their whole.
Nothing here decides whether a refund is due: `returns` does, and asks this module how much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

WHOLE_BP: Final = 10_000
_NO_DECIMALS: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


def exponent(currency: str) -> int:
    """How many decimals a currency's minor unit has (ISO 4217): 0 for JPY, 3 for KWD, else 2."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator`, a half rounded up. Raises ValueError below zero."""
    if numerator < 0 or denominator <= 0:
        raise ValueError("a share is of something that is not negative")
    return (2 * numerator + denominator) // (2 * denominator)


def rate(amount_minor: int, bp: int) -> int:
    """So many basis points of an amount."""
    return half_up(amount_minor * bp, WHOLE_BP)


def tax_within(gross_minor: int, bp: int) -> int:
    """The tax that is contained in a price: 2999 at 20 % holds 500."""
    return half_up(gross_minor * bp, WHOLE_BP + bp)


def allocate(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Spread a total over weights by largest remainder, ties to the lower index.

    Without any weight nothing is spread: a discount on free lines belongs to shipping or is dropped."""
    whole = sum(weights)
    if total_minor < 0 or any(weight < 0 for weight in weights):
        raise ValueError("totals and weights are not negative")
    if whole == 0:
        return tuple(0 for _ in weights)
    shares = [total_minor * weight // whole for weight in weights]
    left = total_minor - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total_minor * weights[index] % whole), index))
    for index in by_remainder[:left]:
        shares[index] += 1
    return tuple(shares)


def part(total_minor: int, quantity: int, done: int, count: int) -> int:
    """What `count` pieces of a line are worth after `done` of its `quantity` were settled before.

    Cumulative rounding: however a line is split, its parts add up to it. Raises ValueError beyond the line."""
    if quantity <= 0 or done < 0 or count < 0 or done + count > quantity:
        raise ValueError("a part lies within its line")
    return half_up(total_minor * (done + count), quantity) - half_up(total_minor * done, quantity)


def bonus(base_minor: int, bp: int, cap_minor: int) -> int:
    """The store-credit bonus on an item's net value."""
    return min(rate(base_minor, bp), cap_minor)


@dataclass(frozen=True, slots=True)
class Charges:
    """What is taken off a refund, in minor units."""

    restocking: int = 0
    label: int = 0
    bonus_spent: int = 0

    @property
    def total(self) -> int:
        """All charges together."""
        return self.restocking + self.label + self.bonus_spent


@dataclass(frozen=True, slots=True)
class Worth:
    """What comes back, before charges, in minor units. `tax` is 0 where prices include it."""

    net: int
    tax: int = 0
    shipping: int = 0
    duty: int = 0

    @property
    def total(self) -> int:
        """All parts together."""
        return self.net + self.tax + self.shipping + self.duty


@dataclass(frozen=True, slots=True)
class Payable:
    """What is paid out. `is_capped` = the order has not that much left: a person looks at it."""

    amount: int
    is_capped: bool
    is_eaten_by_charges: bool


def payable(worth: Worth, charges: Charges, available_minor: int) -> Payable:
    """Worth less charges, never below nothing, never above what is left of the captured money."""
    due = worth.total - charges.total
    room = max(0, available_minor)
    return Payable(
        amount=min(max(0, due), room),
        is_capped=due > room,
        is_eaten_by_charges=worth.total > 0 and due <= 0,
    )


def split_in_order(refund_minor: int, paid: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """Send money back tender by tender; tenders that `order` does not name come last, as they stand in `paid`.

    Raises ValueError if the tenders did not pay as much."""
    if refund_minor > sum(paid.values()):
        raise ValueError("a tender never gets back more than it paid")
    ranked = [name for name in order if name in paid] + [name for name in paid if name not in order]
    left, split = refund_minor, dict.fromkeys(paid, 0)
    for name in ranked:
        split[name] = min(left, paid[name])
        left -= split[name]
    return split


def split_in_proportion(refund_minor: int, paid: Mapping[str, int]) -> dict[str, int]:
    """Send money back the way it was paid (where the law asks for the same means of payment)."""
    if refund_minor > sum(paid.values()):
        raise ValueError("a tender never gets back more than it paid")
    return dict(zip(paid, allocate(refund_minor, tuple(paid.values())), strict=True))


def broken_promotion(
    paid_minor: int, quantity: int, returned: int, kept_minor: int, how: Literal["pro_rata", "recompute"]
) -> int:
    """The refund when part of a "buy so many" comes back.

    `paid_minor` for all `quantity`; `kept_minor` is what the kept pieces cost without the promotion."""
    if how == "pro_rata":
        return part(paid_minor, quantity, 0, returned)
    return max(0, paid_minor - kept_minor)


def exchange_difference(worth_minor: int, new_minor: int, discount_bp: int = 0) -> int:
    """What the customer still owes (above 0) or gets (below 0) when goods worth `worth_minor` become new ones.

    `discount_bp` is the old line's discount where the policy lets the new item keep it."""
    return new_minor - rate(new_minor, discount_bp) - worth_minor


def agreed(ours: Sequence[int], platform: Sequence[int]) -> tuple[int, ...] | None:
    """The platform's amounts if no line differs from ours by more than one unit; None = stop, a person looks."""
    if len(ours) != len(platform) or any(abs(a - b) > 1 for a, b in zip(ours, platform, strict=True)):
        return None
    return tuple(platform)
