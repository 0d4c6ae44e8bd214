"""What every seller of postage asks for: two whole addresses, the parcel, a rate among several, a time to fetch it.

Pure: values in, values out. Weights and sizes stay exact decimals until they are written; amounts become minor units here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from babel.numbers import get_currency_precision

from server.commerce.business import Calendar, add_days, local
from server.commerce.model import Address, Money, OrderSnapshot, Window
from server.commerce.zones import zone
from server.errors import StoreRefused
from server.settings import LabelsSettings

_NEEDED: Final = (("line1", "street"), ("city", "city"), ("zip", "postal code"), ("country", "country"))
_NO_ZIP: Final = frozenset({"AE", "BS", "FJ", "HK", "QA"})
"""Countries without postal codes (Universal Postal Union, "Addressing solutions")."""
_CARRIERS: Final = ("usps", "ups", "fedex", "dhl", "ontrac", "dpd", "gls", "evri", "royal_mail", "canada_post")
_OUNCE_GRAMS: Final = Decimal("28.349523125")
_INCH_CM: Final = Decimal("2.54")
_TENTH: Final = Decimal("0.1")
_OPEN: Final = time(9)
_CLOSED: Final = time(17)
_WINDOWS: Final = 3
_LARGEST: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one carrier asks for one service. `account` is the carrier's account at the provider."""

    id: str
    carrier: str
    service: str
    cost: Money
    account: str = ""


def customer_address(order: OrderSnapshot) -> Address:
    """Where the parcel starts. Raises StoreRefused that names what the order's address lacks."""
    address = order.ship_to
    _require(address, "the order's address")
    return address


def return_address(settings: LabelsSettings, shop_name: str) -> Address:
    """Where returns go. Raises StoreRefused that names the settings that are missing."""
    address = shop_address(settings, shop_name)
    missing = missing_in(address)
    if missing:
        names = ", ".join(f"labels.{field}" for field, _ in missing)
        raise StoreRefused(f"the return address is incomplete: set {names}")
    return address


def shop_address(settings: LabelsSettings, shop_name: str) -> Address:
    """The return address as far as it is set."""
    return Address(
        name=settings.name or shop_name,
        line1=settings.line1,
        line2=settings.line2,
        city=settings.city,
        region=settings.region,
        zip=settings.zip,
        country=settings.country.upper(),
        phone=settings.phone or None,
    )


def missing_in(address: Address) -> list[tuple[str, str]]:
    """(field, its name in words) of what a carrier needs and this address lacks."""
    return [
        (field, word)
        for field, word in _NEEDED
        if not str(getattr(address, field)).strip() and not (field == "zip" and address.country in _NO_ZIP)
    ]


def _require(address: Address, what: str) -> None:
    missing = missing_in(address)
    if missing:
        raise StoreRefused(f"{what} has no {', no '.join(word for _, word in missing)}: a label needs it")


def phone_of(order: OrderSnapshot) -> str:
    """The telephone number that the carrier may call."""
    return order.ship_to.phone or next(iter(order.customer.phones), "")


def email_of(order: OrderSnapshot) -> str:
    """The e-mail address that the carrier may write to."""
    return next(iter(order.customer.emails), "")


def ounces(grams: int) -> float:
    """Grams in ounces, rounded up to a tenth: a carrier bills what is heavier than declared."""
    return float((Decimal(grams) / _OUNCE_GRAMS).quantize(_TENTH, ROUND_CEILING))


def inches(cm: int) -> float:
    """Centimetres in inches, rounded up to a tenth."""
    return float((Decimal(cm) / _INCH_CM).quantize(_TENTH, ROUND_CEILING))


def money(amount: object, currency: object) -> Money | None:
    """An amount as platforms write it ("5.50") in minor units, half up; None when it is no amount of a currency."""
    if isinstance(amount, bool) or not isinstance(amount, (str, int, float)) or not isinstance(currency, str):
        return None
    try:
        value = Decimal(str(amount).strip())
    except InvalidOperation:
        return None
    code = currency.strip().upper()
    if len(code) != 3 or not code.isalpha() or not value.is_finite() or not 0 <= value <= _LARGEST:
        return None
    minor = value.scaleb(get_currency_precision(code)).to_integral_value(ROUND_HALF_UP)
    return Money(int(minor), code)


def cheapest(rates: Iterable[Rate], order: OrderSnapshot) -> Rate | None:
    """The cheapest rate among those that can be compared; None when there is none.

    Amounts of different currencies are not compared: those in the order's currency come first, then those in the shop's,
    then the only currency there is. Raises StoreRefused when several foreign currencies are left."""
    offered = list(rates)
    for currency in (order.currency, order.shop_currency):
        matching = [rate for rate in offered if rate.cost.currency == currency]
        if matching:
            return _least(matching)
    if len({rate.cost.currency for rate in offered}) > 1:
        raise StoreRefused(f"the carriers' prices are in several currencies, none of them {order.currency}")
    return _least(offered)


def _least(rates: Sequence[Rate]) -> Rate | None:
    return min(rates, key=lambda rate: (rate.cost.amount_minor, rate.carrier, rate.service, rate.id), default=None)


def carrier_name(provider: object) -> str | None:
    """Our lower-case name of a carrier that a provider calls UPSDAP, FedExDefault, USPSReturns or DHLExpress."""
    text = str(provider or "").strip().lower().replace(" ", "_")
    return next((name for name in _CARRIERS if text.replace("_", "").startswith(name.replace("_", ""))), text or None)


def marker(key: str, body: Mapping[str, object]) -> str:
    """What marks the object that is made for `key` with these contents at a provider: at most 40 plain characters.

    The contents are part of it, so that a request with a corrected address never finds what was made for the wrong one."""
    text = json.dumps([key, body], sort_keys=True, default=str)
    return f"onethread-{hashlib.sha256(text.encode()).hexdigest()[:30]}"


def working_windows(now: datetime, tz: str) -> tuple[Window, ...]:
    """The next working days from nine to five where the parcel is, beginning tomorrow; carriers want a day's notice."""
    day = local(now, tz).date()
    days = [add_days(day, count, Calendar()) for count in range(1, _WINDOWS + 1)]
    at = zone(tz)
    return tuple(
        Window(
            datetime.combine(each, _OPEN, at).astimezone(UTC), datetime.combine(each, _CLOSED, at).astimezone(UTC), tz
        )
        for each in days
    )


def span_of(window: Window) -> tuple[datetime, datetime]:
    """The instants of a pickup window. Raises StoreRefused when it is none."""
    start, until = window.min, window.max
    if not isinstance(start, datetime) or not isinstance(until, datetime) or start >= until:
        raise StoreRefused("a pickup needs a window from one hour to a later one")
    return start.astimezone(UTC), until.astimezone(UTC)


def written(at: datetime) -> str:
    """An instant as providers read it: UTC, whole seconds, with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: object) -> datetime | None:
    """An instant as providers write it, in UTC; None when it is none, or has no offset."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


def until(bought_at: datetime, days: int | None) -> datetime | None:
    """So many days after the purchase; None when nobody says how many."""
    return None if days is None else bought_at + timedelta(days=days)
