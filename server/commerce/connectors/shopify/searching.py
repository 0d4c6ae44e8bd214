"""Search strings for Shopify, and the comparison that makes their hits exact.

Shopify's search splits words and knows OR, wildcards and fields: what a shopper typed is always quoted, and every hit is
compared here before it counts. Something that is hidden from us (null) never equals anything.
"""

import re
from datetime import UTC, datetime
from typing import Final

from server.commerce.connectors.shopify.values import Json, part, tail, text
from server.commerce.contacts import email_key, phone_key
from server.commerce.store import normalise_number

_NUMBER: Final = re.compile(r"[\w][\w./-]{0,39}")
_EMAIL: Final = re.compile(r"[^\s\"\\]{1,64}@[^\s\"\\]{1,190}")
_CODE: Final = re.compile(r"[A-Z0-9]{6,16}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def quoted(value: str) -> str:
    """The value as one phrase of Shopify's search language."""
    escaped = _CONTROL.sub(" ", value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def by_name(name: str) -> str:
    """A search for the order that the shop calls exactly so."""
    return by_number(name) or f"name:{quoted(name)}"


def by_number(number: str) -> str | None:
    """A search for an order number, with and without the sign before it; None for what can be no number."""
    bare = normalise_number(number)
    if not _NUMBER.fullmatch(bare):
        return None
    return f"name:{quoted('#' + bare)} OR name:{quoted(bare)}"


def by_email(email: str) -> str | None:
    """A search for orders of this address; None for what can be no address."""
    return f"email:{quoted(email_key(email))}" if _EMAIL.fullmatch(email_key(email)) else None


def by_customer(customer_id: str) -> str | None:
    """A search for orders of this customer."""
    return f"customer_id:{quoted(customer_id)}" if re.fullmatch(r"[\w-]{1,40}", customer_id) else None


def by_code(code: str) -> str | None:
    """A search for the order with this confirmation code; None for what can be none."""
    plain = code.strip().upper()
    return f"confirmation_number:{quoted(plain)}" if _CODE.fullmatch(plain) else None


def by_phone(phone: str) -> str | None:
    """A search for orders that hold this phone number anywhere; None for what can be no number."""
    return quoted(phone.strip()) if has_phone(phone, phone) else None


def by_sku(sku: str) -> str | None:
    """A search for variants with this sku."""
    return f"sku:{quoted(sku)}" if sku.strip() and len(sku) <= 255 else None


def since(moment: datetime) -> str:
    """A search for what changed since."""
    return f"updated_at:>='{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def has_number(order: Json, number: str) -> bool:
    """Whether the order is called exactly so."""
    return normalise_number(str(order.get("name") or "")) == normalise_number(number)


def has_code(order: Json, code: str) -> bool:
    """Whether the order has exactly this confirmation code."""
    return str(order.get("confirmationNumber") or "").upper() == code.strip().upper()


def has_email(value: object, email: str) -> bool:
    """Whether an address of Shopify's is exactly this one; a hidden one is not."""
    found = text(value)
    return found is not None and email_key(found) == email_key(email)


def has_phone(value: object, phone: str) -> bool:
    """Whether a phone number of Shopify's is exactly this one; a hidden one, or one without country, is not."""
    found = text(value)
    wanted = phone_key(phone, "")
    return found is not None and wanted != "" and phone_key(found, "") == wanted


def is_customers(order: Json, customer_id: str) -> bool:
    """Whether the order is this customer's."""
    found = tail(part(order, "customer").get("id"))
    return found != "" and found == customer_id
