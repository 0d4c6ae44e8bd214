"""How documents are filed in the embedded store: the keys that they are found by, and the rows that hold them.

Everything that can be computed is computed before the unit (`prepare`); the `put_*` functions run inside one. It knows
nothing of what a document means beyond its addresses, its number and its skus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from memory import contacts as seen_contacts
from memory import orders, parcels
from memory.engines.base import Tx
from memory.orders import OrderKeys
from server.commerce.contacts import Contact, contacts, name_key, named, stems
from server.commerce.documents import CustomerDocument, OrderDocument, ProductDocument, parse_time, to_raw
from server.commerce.feeds import tracking_numbers
from server.commerce.formats import AddressDocument, BuyerDocument
from server.commerce.store import normalise_number
from server.commerce.zones import country_code, zone, zone_of

_FROM_ORDERS: Final = "known_from_orders"
"""Marks a customer whom no customers file named: later orders add their addresses to such a record only."""


@dataclass(frozen=True, slots=True)
class PreparedOrder:
    """An order ready to be put, with its buyer."""

    id: str
    number: str
    keys: OrderKeys
    raw: dict[str, object]
    numbers: Mapping[str, str]
    buyer: BuyerDocument
    region: str


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of an order: stored anew, stored as it was before, or refused with a reason in plain words."""

    id: str
    changed: bool = False
    refused: str | None = None


def prepare(document: OrderDocument, shop_tz: str, region: str) -> PreparedOrder:
    """Compute an order's keys; phone numbers without a country code are read in its destination's country."""
    address = document.ship_to or AddressDocument()
    local = country_code(address.country) or region
    buyer = document.customer
    keys = OrderKeys(
        number_key=normalise_number(document.number),
        customer_id=buyer.id,
        placed_at=_instant(document.placed_at, zone_of(address.country, address.region, shop_tz)),
        contacts=[
            *contacts(buyer.emails, buyer.phones, local),
            *named(buyer.name, [(buyer.zip, local), (address.zip, local)]),
        ],
    )
    raw = to_raw(document)
    return PreparedOrder(document.id, document.number, keys, raw, tracking_numbers(raw), buyer, local)


async def put_order(tx: Tx, order: PreparedOrder, now: datetime, *, seen_at: datetime | None = None) -> Filed:
    """Store an order and the customer whom it names; what is stored already is left alone.

    `seen_at` = a shop platform said so then: it is right about numbers, and what is unchanged was at least looked at."""
    if not order.keys.number_key:
        return Filed(order.id, refused=f'number "{order.number}" has neither letters nor digits')
    known = await orders.get(tx, order.id, lock=True)
    if known is not None and known.document == order.raw:
        if seen_at is not None:
            await orders.seen(tx, order.id, seen_at)
        return Filed(order.id)
    other = await orders.number_taken(tx, order.keys.number_key, order.id)
    if other is not None and seen_at is None:
        return Filed(order.id, refused=f'number "{order.number}" belongs to the order with id "{other}"')
    if other is not None:
        await orders.remove(tx, other)
    is_new = known is None
    await orders.put(tx, order.id, order.keys, order.raw, now, seen_at=seen_at, is_new=is_new)
    await parcels.name(tx, order.id, order.numbers, is_new=is_new)
    await _know_buyer(tx, order)
    return Filed(order.id, changed=True)


async def put_customer(tx: Tx, document: CustomerDocument, region: str, now: datetime) -> None:
    """Store a customer; phone numbers are read in the country of the default address."""
    local = _local(document, region)
    zips = [(each.zip, country_code(each.country) or local) for each in document.addresses or ()]
    keys = [*contacts(document.emails, document.phones, local), *named(document.name or "", zips)]
    await orders.put_customer(tx, document.id, keys, to_raw(document))
    await seen_contacts.see(tx, document.id, contacts_of(document, region), now)


def contacts_of(document: CustomerDocument, region: str) -> list[Contact]:
    """Where a customer can be reached, as a change of it is noticed: e-mails, phones, and the addresses of parcels."""
    places = [("address", place_key(each)) for each in document.addresses or ()]
    return [*contacts(document.emails, document.phones, _local(document, region)), *places]


def _local(document: CustomerDocument, region: str) -> str:
    default = next(iter(document.addresses or ()), AddressDocument())
    return country_code(default.country) or region


def place_key(address: AddressDocument) -> str:
    """An address in the form in which two of them are compared."""
    parts = (address.line1, address.line2, address.city, address.zip, address.country)
    return "|".join(name_key(each or "") for each in parts)


async def put_product(tx: Tx, document: ProductDocument, now: datetime) -> None:
    """Store a product with the words that it is found by."""
    skus = [variant.sku for variant in document.variants]
    await orders.put_product(tx, document.id, _words(document), skus, to_raw(document), now)


async def _know_buyer(tx: Tx, order: PreparedOrder) -> None:
    """An order makes its customer known; it never changes a record that a customers file made."""
    buyer = order.buyer
    known = await orders.customer(tx, buyer.id, lock=True)
    if known is not None and not known.get(_FROM_ORDERS):
        return
    before = known or {}
    record = {
        **before,
        "id": buyer.id,
        "name": buyer.name or before.get("name", ""),
        "emails": _together(before.get("emails"), buyer.emails),
        "phones": _together(before.get("phones"), buyer.phones),
        _FROM_ORDERS: True,
    }
    if record != known:
        keys = contacts(record["emails"], record["phones"], order.region)
        await orders.put_customer(tx, buyer.id, keys, record)


def _together(first: Sequence[str] | None, second: Sequence[str] | None) -> list[str]:
    return list(dict.fromkeys([*(first or ()), *(second or ())]))


def _instant(text: str, tz: str) -> datetime:
    moment = parse_time(text)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(12), zone(tz))
    return moment.astimezone(UTC)


def _words(document: ProductDocument) -> str:
    """Every word once, between spaces, so that a word is found whole."""
    texts: list[object] = [document.title, document.description or "", document.category or ""]
    texts += [*(document.tags or ()), *(document.collections or ()), *(document.attributes or {}).values()]
    for variant in document.variants:
        texts += [variant.sku, *(variant.options or {}).values()]
    return f" {' '.join(dict.fromkeys(stems(' '.join(map(str, texts)))))} "
