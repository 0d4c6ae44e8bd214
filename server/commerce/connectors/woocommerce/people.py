"""Addresses and customers, between WooCommerce's fields and ours."""

from typing import Any, Final

from server.commerce.connectors.woocommerce.plain import Json, bare, exponent_of, minor, part, text
from server.commerce.contacts import email_key, phone_key
from server.commerce.model import Address

Document = dict[str, Any]

_FIELDS: Final = ("address_1", "city", "postcode")


def name_of(fields: Json) -> str:
    """First and last name, else the company."""
    full = " ".join(filter(None, (bare(fields.get("first_name")), bare(fields.get("last_name")))))
    return full or bare(fields.get("company"))


def address_document(fields: Json) -> Document | None:
    """An address in our format; None when nothing of it is filled in."""
    if not any(text(fields.get(name)) for name in _FIELDS):
        return None
    found = {
        "name": name_of(fields),
        "line1": bare(fields.get("address_1")),
        "line2": bare(fields.get("address_2")),
        "city": bare(fields.get("city")),
        "region": bare(fields.get("state")),
        "zip": bare(fields.get("postcode")),
        "country": bare(fields.get("country")).upper(),
    }
    phone = bare(fields.get("phone"))
    return {**found, "phone": phone} if phone else found


def shipping_fields(address: Address) -> dict[str, str]:
    """An address as WooCommerce wants it: every field, so that nothing of the old one stays."""
    first, _, last = address.name.strip().rpartition(" ")
    return {
        "first_name": first or last,
        "last_name": last if first else "",
        "company": "",
        "address_1": address.line1,
        "address_2": address.line2,
        "city": address.city,
        "state": address.region,
        "postcode": address.zip,
        "country": address.country,
        "phone": address.phone or "",
    }


def is_at(fields: Json, wanted: dict[str, str]) -> bool:
    """Whether the order's shipping fields are these; a phone that an older site does not keep is no difference."""
    return all(text(fields.get(name)) == value.strip() for name, value in wanted.items() if name != "phone")


def buyer_document(order: Json) -> Document:
    """Who ordered, as the order records it. A guest is known by the e-mail address alone."""
    billing, shipping = part(order.get("billing")), part(order.get("shipping"))
    email = text(billing.get("email"))
    account = text(order.get("customer_id"))
    phones = [found for fields in (billing, shipping) if (found := bare(fields.get("phone")))]
    is_guest = account in ("", "0")
    return {
        "id": f"guest:{email_key(email) or text(order.get('id'))}" if is_guest else account,
        "name": name_of(billing) or name_of(shipping) or email,
        "emails": [email] if email else [],
        "phones": list(dict.fromkeys(phones)),
        "zip": bare(shipping.get("postcode")) or bare(billing.get("postcode")) or None,
    }


def customer_document(customer: Json, currency: str | None) -> Document:
    """An account of the shop."""
    billing, shipping = part(customer.get("billing")), part(customer.get("shipping"))
    emails = [text(customer.get("email")), text(billing.get("email"))]
    addresses = [found for fields in (shipping, billing) if (found := address_document(fields))]
    document: Document = {
        "id": text(customer.get("id")),
        "name": name_of(customer) or name_of(billing) or emails[0],
        "emails": list(dict.fromkeys(filter(None, emails))),
        "phones": [phone for phone in (bare(billing.get("phone")),) if phone],
        "addresses": addresses,
    }
    spent = minor(customer.get("total_spent"), exponent_of(currency)) if currency else None
    return document if spent is None else {**document, "lifetime_value": spent}


def has_email(emails: list[str], email: str) -> bool:
    """Whether it is one of them, in any case."""
    return email_key(email) in {email_key(each) for each in emails if each}


def has_phone(fields: Json, phone: str) -> bool:
    """Whether the phone of these fields is this one; both are read as numbers of the fields' country."""
    region = text(fields.get("country")) or "US"
    wanted = phone_key(phone, region)
    return bool(wanted) and phone_key(text(fields.get("phone")), region) == wanted
