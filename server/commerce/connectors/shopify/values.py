"""Small parts of Shopify's JSON: ids, money, times, links, lists. Whatever is missing or malformed is None, never a guess.

Everything else about a shop's answers rests on these; they know no order and no product.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from babel.numbers import get_currency_precision

Json: TypeAlias = Mapping[str, Any]

_ID: Final = re.compile(r"[\w-]{1,64}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
get_currency_precision("USD")  # reads its table from disk once, here rather than on the loop


def tail(gid: object) -> str:
    """The id at the end of a global id: `gid://shopify/Order/5551000111` is `5551000111`; empty when there is none."""
    return str(gid or "").rpartition("/")[2].partition("?")[0]


def gid(kind: str, identifier: str) -> str | None:
    """The global id of ours; None for what cannot be one."""
    return f"gid://shopify/{kind}/{identifier}" if _ID.fullmatch(identifier) else None


def part(raw: object, *path: str) -> Json:
    """The object under these names; empty when there is none."""
    for name in path:
        raw = raw.get(name) if isinstance(raw, Mapping) else None
    return raw if isinstance(raw, Mapping) else {}


def nodes(raw: object) -> list[Json]:
    """The objects of a connection, or of a plain list."""
    found = raw.get("nodes") if isinstance(raw, Mapping) else raw
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, Sequence) else []


def next_page(connection: object) -> str | None:
    """The cursor of the page after this one; None on the last."""
    info = part(connection, "pageInfo")
    cursor = info.get("endCursor")
    return cursor if info.get("hasNextPage") is True and isinstance(cursor, str) else None


def text(value: object) -> str | None:
    """The text without blanks around it; None when nothing is left."""
    return value.strip() or None if isinstance(value, str) else None


def count(value: object) -> int:
    """A number of pieces, never negative."""
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0


def minor(amount: object, currency: object) -> int | None:
    """A decimal amount in minor units of its currency (JPY has none, KWD three)."""
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return None
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= 10**15:
        return None
    return int(value.scaleb(get_currency_precision(currency)).to_integral_value(ROUND_HALF_UP))


def decimal(amount_minor: int, currency: str) -> str:
    """Minor units as Shopify writes money."""
    digits = get_currency_precision(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f}"


def presentment(bag: object) -> int | None:
    """What the shopper paid, of a MoneyBag, in minor units."""
    money = part(bag, "presentmentMoney")
    return minor(money.get("amount"), money.get("currencyCode"))


def time(value: object) -> str | None:
    """A time with its offset; None for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None or moment.utcoffset() is None or not 1970 <= moment.year <= 2200:
        return None
    return moment.astimezone(UTC).isoformat()


def day_or_time(value: object) -> str | None:
    """As `time`; midnight in UTC is how Shopify writes a day without an hour, and becomes that day."""
    moment = time(value)
    if moment is None or not moment.endswith("T00:00:00+00:00"):
        return moment
    return date.fromisoformat(moment[:10]).isoformat()


def link(value: object) -> str | None:
    """A link that a shopper may be sent to: https only."""
    return value if isinstance(value, str) and value.startswith("https://") else None
