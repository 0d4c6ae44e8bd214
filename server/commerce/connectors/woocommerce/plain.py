"""The small words of WooCommerce's JSON: money texts, times without a zone, meta data, addresses that may be shown.

WordPress sends strings where numbers are meant, empty lists where objects are meant, and null anywhere. Everything here
takes whatever came and gives a clean value or None; nothing raises. It knows no order as a whole.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from babel.core import get_global

Json: TypeAlias = Mapping[str, Any]

SOURCE: Final = "woocommerce"
MARKER: Final = "_cs_action_id"
"""Our mark on what we wrote: the idempotency key; on an order that was changed, a JSON list of the latest keys."""

# Read here once: it comes from a file.
_FRACTIONS: Final[Mapping[str, tuple[int, ...]]] = get_global("currency_fractions")
_TAG: Final = re.compile(r"<[^>]*>")
_UNSAFE: Final = re.compile(r"[\s\x00-\x1f\"'<>\\]")


def exponent_of(currency: str) -> int:
    """How many decimals the currency has: 0 for JPY, 3 for KWD."""
    return _FRACTIONS.get(currency, _FRACTIONS["DEFAULT"])[0]


def minor(value: object, exponent: int) -> int | None:
    """A money text ("54.26", "-5.00") in minor units, half up; None when it is no number."""
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return int(amount.scaleb(exponent).quantize(Decimal(1), ROUND_HALF_UP)) if amount.is_finite() else None


def decimal(amount_minor: int, exponent: int) -> Decimal:
    """The amount with exactly its currency's decimals: 1809 is Decimal("18.09")."""
    return Decimal(amount_minor).scaleb(-exponent)


def money_text(amount_minor: int, exponent: int) -> str:
    """The amount as WooCommerce writes it: "18.09"."""
    return f"{decimal(amount_minor, exponent):f}"


def text(value: object) -> str:
    """A trimmed text; empty for null, lists and objects."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def bare(value: object) -> str:
    """As `text`, without HTML tags and with runs of blanks made one."""
    return " ".join(_TAG.sub(" ", text(value)).split())


def whole(value: object) -> int:
    """A whole number out of 2, "2" or "2.00"; 0 when it is none."""
    found = minor(value, 0)
    return found if found is not None else 0


def gmt(value: object) -> str | None:
    """A `*_gmt` time, which is UTC but does not say so, with its Z. The site-local twin is never read."""
    moment = gmt_moment(value)
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def gmt_moment(value: object) -> datetime | None:
    """As `gmt`, as a moment."""
    try:
        moment = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    if not 1970 <= moment.year <= 2200:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def wire_time(moment: datetime) -> str:
    """UTC without a zone: with one, WordPress would move it to the site's own time before it compares."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def https(value: object) -> str | None:
    """The address, if it is an https one; whatever else a shop's staff or a plug-in put there is dropped."""
    address = text(value)
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme == "https" and parts.netloc and not _UNSAFE.search(address) else None


def entries(value: object) -> list[Json]:
    """The objects of a list; PHP turns a list with gaps into an object of numbered keys."""
    values: Iterable[object] = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    )
    return [each for each in values if isinstance(each, Mapping)]


def part(value: object) -> Json:
    """An object inside another; an empty one for null and for PHP's empty list."""
    return value if isinstance(value, Mapping) else {}


def meta(owner: Json, key: str) -> Any:
    """The value of a meta entry, the last one where there are several; None when there is none."""
    found = [entry.get("value") for entry in entries(owner.get("meta_data")) if entry.get("key") == key]
    return found[-1] if found else None


def stored_json(value: object) -> object:
    """What we stored as JSON text: PHP would turn empty objects into lists. None when it is not ours any more."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def share(total_minor: int, quantity: int, done: int, count: int) -> int:
    """What `count` pieces of a line are worth after `done` of its `quantity` went before: cumulative rounding, half up.

    However a line is split, its parts add up to it. All arguments are not negative, and the pieces lie within the line."""
    return _half_up(total_minor * (done + count), quantity) - _half_up(total_minor * done, quantity)


def spread(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Spread a total over weights by largest remainder, ties to the lower index; without any weight, on the first."""
    whole_weight = sum(weights)
    if whole_weight <= 0:
        return [total_minor if index == 0 else 0 for index in range(len(weights))]
    shares = [total_minor * weight // whole_weight for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda index: (-(total_minor * weights[index] % whole_weight), index)
    )
    for index in by_remainder[: total_minor - sum(shares)]:
        shares[index] += 1
    return shares


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
