"""Who is asking: which of the given values match an order, and which doors those proofs open.

Pure functions over the policy's `identity` section. Nothing here can be raised by words: a proof is a value that
equals the stored one, compared in constant time and without stopping at the first hit, or an address that a
provider, a one-time code or a login vouches for. What to answer on a miss is not decided here; a miss is an empty set.
"""

import hmac
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import phonenumbers

from channels.phones import canonical
from server.commerce.contacts import name_key, zip_key
from server.commerce.model import Address, CustomerRecord, OrderSnapshot
from server.policies.actions import FREE, READING
from server.policies.shape import Policy

Level = Literal["L0", "L1", "L2", "L3", "L4"]
Scope = Literal["none", "order", "customer"]

SEEING: Final = "read_order"
CHANGING: Final = "write"
STEPPING_UP: Final = "step_up"
"""What is asked for besides: for what `GUARDED` names, when something about the customer was changed lately; for what `VALUED`
names, when the order is worth more than the policy says."""
GUARDED: Final = frozenset({"change_address", "change_payment", "refund", "reship", "store_credit"})
"""Money that does not wait for goods, and where goods and charges go."""
VALUED: Final = GUARDED | {"cancel_order"}
CODE: Final = "otp"
CODE_TO_SEE: Final = "otp_see"
"""A one-time code that was asked for to see orders: it opens what only reads, as `otp` would, and no change."""
CODES: Final = frozenset({CODE, CODE_TO_SEE})
PHONE_DAYS: Final = 180


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gave in a conversation: values they typed, and addresses that somebody vouches for.

    `otp` are addresses proven by a one-time code here, `channel` are addresses that the provider attests (the number
    of a signed WhatsApp message, the sender of an aligned e-mail), `signed_in` is the customer id of a login token."""

    order_numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    zips: tuple[str, ...] = ()
    otp: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    signed_in: str | None = None


@dataclass(frozen=True, slots=True)
class _Stored:
    """The values that prove: everything the order and its customer's record hold."""

    customer_id: str
    numbers: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    names: tuple[str, ...]
    zips: tuple[str, ...]
    country: str
    phones_attest: bool


def matching(
    order: OrderSnapshot,
    given: Given,
    customer: CustomerRecord | None = None,
    *,
    now: datetime | None = None,
    phone_days: int = PHONE_DAYS,
) -> frozenset[str]:
    """The proof words that the given values earn for this order.

    `customer` is the record of the order's own customer (another's is ignored); it adds stored addresses. With `now`,
    an attested phone number counts only for orders at most `phone_days` old."""
    record = customer if customer is not None and customer.id == order.customer.id else None
    fresh = now is None or now - order.placed_at <= timedelta(days=phone_days)
    return _matched(_stored_on(order, record, fresh), given)


def matching_customer(customer: CustomerRecord, given: Given) -> frozenset[str]:
    """The proof words that the given values earn for a customer as such; never `order_number`."""
    return _matched(
        _Stored(
            customer_id=customer.id,
            numbers=(),
            emails=customer.emails,
            phones=customer.phones,
            names=(customer.name,),
            zips=tuple(address.zip for address in customer.addresses),
            country=next((address.country for address in customer.addresses if address.country), ""),
            phones_attest=True,
        ),
        given,
    )


def allows(policy: Policy, action: str, proofs: frozenset[str]) -> bool:
    """Whether these proofs open `action` (`read_order` to see an order); an action not named follows `write`."""
    counted = _counted(action, proofs)
    return any(words <= counted for words in _ways(policy, action))


def allows_risky(policy: Policy, action: str, proofs: frozenset[str]) -> bool:
    """Whether these proofs open `action` while something speaks for more care: `step_up` is asked for besides."""
    is_asked = action in VALUED and STEPPING_UP in policy.identity
    return allows(policy, action, proofs) and (not is_asked or allows(policy, STEPPING_UP, proofs))


def is_guarded(policy: Policy, action: str) -> bool:
    """Whether more proof may be asked for this action at all."""
    return action in GUARDED and STEPPING_UP in policy.identity


def is_valuable(policy: Policy, action: str, order: OrderSnapshot | None) -> bool:
    """Whether more proof is asked for this action because of what the order is worth: all of it, whatever the action moves.

    A total in another currency than the policy's cannot be compared and counts as above."""
    rule = policy.identity.get(STEPPING_UP)
    if rule is None or rule.order_total_over is None or action not in VALUED or order is None:
        return False
    return order.currency != policy.currency or order.totals.total.amount_minor > rule.order_total_over


def scope(policy: Policy, action: str, proofs: frozenset[str]) -> Scope:
    """How far these proofs reach: not at all, this order, or all of the customer's own orders.

    A list without order_number proves the customer."""
    counted = _counted(action, proofs)
    met = [words for words in _ways(policy, action) if words <= counted]
    if not met:
        return "none"
    return "customer" if any(words and "order_number" not in words for words in met) else "order"


def takes_for_customer(policy: Policy, action: str, words: frozenset[str]) -> bool:
    """Whether so much, found true, would prove the customer as such, whatever order they mean."""
    return any(way and "order_number" not in way and way <= words for way in _ways(policy, action))


def missing(policy: Policy, action: str, proofs: frozenset[str]) -> tuple[frozenset[str], ...]:
    """The smallest sets of words still lacking, fewest words first; empty if the action is open."""
    ways, proofs = _ways(policy, action), _counted(action, proofs)
    if any(words <= proofs for words in ways):
        return ()
    lacking = {words - proofs for words in ways}
    smallest = [one for one in lacking if not any(other < one for other in lacking)]
    return tuple(sorted(smallest, key=lambda words: (len(words), sorted(words))))


def carried(policy: Policy, order: OrderSnapshot, of_customer: frozenset[str], now: datetime) -> frozenset[str]:
    """What a code that proved the order's customer says of this order: as much, unless the order is from long ago.

    An old order may hold a number that is somebody else's now; it needs a code to an address of its own."""
    is_fresh = now - order.placed_at <= timedelta(days=policy.channel.phone_days)
    return of_customer & CODES if is_fresh else frozenset()


def level(proofs: frozenset[str], *, is_stepped_up: bool = False) -> Level:
    """The level that a screen shows: L0 nothing, L1 one order, L2 contact proven, L3 signed in, L4 stepped up.

    `is_stepped_up` = a fresh one-time code on a second contact, on top of L2 or L3. For display; `allows` decides."""
    if proofs & {"otp", "signed_in"} and is_stepped_up:
        return "L4"
    if "signed_in" in proofs:
        return "L3"
    if "otp" in proofs:
        return "L2"
    pairs = ({"channel"}, {CODE_TO_SEE}, {"order_number", "email"}, {"order_number", "name", "zip"})
    return "L1" if any(pair <= proofs for pair in pairs) else "L0"


def mask_email(address: str) -> str:
    """`dana@example.com` -> `d•••@e•••.com`: masks of fixed length, so that nothing can be counted."""
    local, _, domain = address.strip().rpartition("@")
    if not local or "." not in domain:
        return "•••"
    return f"{local[0]}•••@{domain[0]}•••.{domain.rpartition('.')[2]}"


def mask_phone(number: str) -> str:
    """`+1 555 010 1234` -> `•••34`: the last two digits."""
    digits = [sign for sign in number if sign.isdigit()]
    return f"•••{''.join(digits[-2:])}" if len(digits) > 6 else "•••"


def normal_text(value: str) -> str:
    """NFKC, case folded, trimmed: how e-mail addresses are compared. Dots in Gmail addresses are kept."""
    return unicodedata.normalize("NFKC", value).casefold().strip()


def normal_number(value: str) -> str:
    """An order number without case, spaces and a leading number sign."""
    return "".join(normal_text(value).split()).lstrip("#")


def normal_phone(value: str, country: str) -> str:
    """A phone number as E.164; national numbers are read in `country`. Empty if it is none."""
    bare = value.strip().removeprefix("whatsapp:").removeprefix("tel:")
    try:
        number = phonenumbers.parse(bare, country.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _counted(action: str, proofs: frozenset[str]) -> frozenset[str]:
    reads = action == SEEING or action in READING
    return proofs | {CODE} if reads and CODE_TO_SEE in proofs else proofs


def _ways(policy: Policy, action: str) -> tuple[frozenset[str], ...]:
    if action in FREE:
        return (frozenset(),)
    proofs = policy.identity.get(action)
    if proofs is None:
        proofs = policy.identity[SEEING if action in READING else CHANGING]
    return tuple(frozenset(words) for words in proofs.any_of)


def _stored_on(order: OrderSnapshot, record: CustomerRecord | None, phones_attest: bool) -> _Stored:
    buyer = order.customer
    addresses: tuple[Address, ...] = record.addresses if record else ()
    return _Stored(
        customer_id=buyer.id,
        numbers=(order.number,),
        emails=buyer.emails + (record.emails if record else ()),
        phones=buyer.phones + (record.phones if record else ()),
        names=(buyer.name,) + ((record.name,) if record else ()),
        zips=(buyer.zip or "", order.ship_to.zip, *(address.zip for address in addresses)),
        country=order.ship_to.country,
        phones_attest=phones_attest,
    )


def _matched(stored: _Stored, given: Given) -> frozenset[str]:
    """Every word is worked out whether or not another one matched: a miss costs what a hit costs."""

    def phone(value: str) -> str:
        return canonical(normal_phone(value, stored.country))

    def zip_code(value: str) -> str:
        return zip_key(value, stored.country)

    attested = _pairs(given.channel, _as_international, stored.phones, phone) if stored.phones_attest else False
    earned = {
        "order_number": _meets(given.order_numbers, stored.numbers, normal_number),
        "email": _meets(given.emails, stored.emails, normal_text),
        "phone": _meets(given.phones, stored.phones, phone),
        "name": _meets(given.names, stored.names, name_key),
        "zip": _meets(given.zips, stored.zips, zip_code),
        "otp": _meets(given.otp, stored.emails, _as_email) | _meets(given.otp, stored.phones, phone),
        "channel": _meets(given.channel, stored.emails, _as_email) | attested,
        "signed_in": _meets((given.signed_in or "",), (stored.customer_id,), str.strip),
    }
    return frozenset(word for word, is_earned in earned.items() if is_earned)


def _as_email(value: str) -> str:
    return normal_text(value) if "@" in value else ""


def _as_international(value: str) -> str:
    """An attested number is always international, with or without its plus sign; never a national one."""
    bare = value.strip().removeprefix("whatsapp:").removeprefix("+")
    return canonical(normal_phone(f"+{bare}", "")) if bare.isdigit() else ""


def _meets(given: Iterable[str], stored: Iterable[str], normal: Callable[[str], str]) -> bool:
    """Whether any given value equals any stored one, both made normal alike."""
    return _pairs(given, normal, stored, normal)


def _pairs(
    given: Iterable[str], of_given: Callable[[str], str], stored: Iterable[str], of_stored: Callable[[str], str]
) -> bool:
    """Whether any given value equals any stored one; all pairs are compared, empty ones never match.

    The work follows from what was given alone: nothing given is compared with nothing."""
    mine = [of_given(value).encode() for value in given]
    known = [of_stored(value).encode() for value in stored] if mine else []
    found = False
    for one in mine:
        for theirs in known:
            found |= hmac.compare_digest(one, theirs) and bool(one)
    return found
