"""What a WooCommerce site and its owner expect of our calls; each function names what is wrong, or nothing.

They hold the traps of the REST API: booleans that become true, amounts that are not checked, notes that mail the shopper,
times that WordPress would move. A call that breaks one of them would work on a real site, and do harm.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.support.woocommerce_shapes import decimals

Raw = dict[str, Any]
MARKER = "_cs_action_id"

LISTING = frozenset({"per_page", "page", "orderby", "order", "search", "status[]"})
QUERIES: Mapping[str, frozenset[str]] = {
    "orders": LISTING | {"customer", "modified_after", "dates_are_gmt", "after"},
    "products": LISTING | {"sku", "modified_after", "dates_are_gmt"},
    "customers": LISTING | {"email", "role"},
    "coupons": LISTING,
}
ADDRESS = ("first_name", "last_name", "address_1", "address_2", "city", "state", "postcode", "country")


def query_problems(resource: str, query: Mapping[str, str]) -> Iterator[str]:
    """Parameters that the route does not know, or that mean something else than was meant."""
    for name in sorted(set(query) - QUERIES.get(resource, LISTING)):
        yield f"{resource} has no parameter {name}"
    if int(query.get("per_page", "10")) > 100:
        yield "per_page is at most 100"
    for name in ("modified_after", "after"):
        if re.search(r"(Z|[+-]\d\d:?\d\d)$", query.get(name, "")):
            yield f"{name} with a zone is moved to the site's own time"
    if "modified_after" in query and query.get("dates_are_gmt") != "true":
        yield "modified_after is compared with local times unless dates_are_gmt is true"
    if resource == "customers" and "email" in query and query.get("role") != "all":
        yield "customers are searched among the role customer alone unless role is all"


def refund_problems(body: Raw, order: Raw, refunds: Sequence[Raw]) -> Iterator[str]:
    """A refund must say exactly what it is."""
    for name in ("api_refund", "api_restock"):
        if not isinstance(body.get(name), bool):
            yield f"{name} must be a JSON boolean: anything else is true"
    amount = body.get("amount")
    digits = decimals(order["currency"])
    wanted = r"\d+" if digits == 0 else rf"\d+\.\d{{{digits}}}"
    if not isinstance(amount, str) or not re.fullmatch(wanted, amount):
        yield f"amount must be a text with {digits} decimals"
        return
    if not _marks(body):
        yield "the refund carries no marker"
    elif any(_marks(each) == _marks(body) for each in refunds):
        yield "this refund was made before"
    if body.get("line_items") and _sum(body["line_items"]) != Decimal(amount):
        yield f"the lines come to {_sum(body['line_items'])}, the amount is {amount}"
    yield from _refund_line_problems(body.get("line_items") or [], order)


def _refund_line_problems(items: Sequence[Raw], order: Raw) -> Iterator[str]:
    known = {each["id"]: each for each in (*order["line_items"], *order["shipping_lines"])}
    for item in items:
        original = known.get(item.get("id"))
        if original is None:
            yield f"the order has no line {item.get('id')}"
            continue
        if not isinstance(item.get("refund_total"), int | float):
            yield "refund_total must be a number"
        rates = {each["id"] for each in original["taxes"]}
        if not {each["id"] for each in item.get("refund_tax", [])} <= rates:
            yield "refund_tax names a tax rate that this line has not"
        if item.get("quantity", 0) > original.get("quantity", 0):
            yield "more pieces than were ordered"


def _sum(items: Sequence[Raw]) -> Decimal:
    parts = [item["refund_total"] for item in items]
    parts += [tax["refund_total"] for item in items for tax in item.get("refund_tax", [])]
    return sum((Decimal(str(part)) for part in parts), Decimal(0))


def note_problems(body: Raw) -> Iterator[str]:
    """Notes are for the shop's people: one for the customer is mailed."""
    if body.get("customer_note") is not False or body.get("added_by_user") is not False:
        yield "customer_note and added_by_user must be false"
    if not body.get("note"):
        yield "an empty note"


def change_problems(body: Raw, statuses: frozenset[str]) -> Iterator[str]:
    """A change of an order."""
    if set(body) - {"status", "set_paid", "shipping", "meta_data"}:
        yield f"unexpected fields: {sorted(body)}"
    if body.get("status", "pending") not in statuses:
        yield f"the status {body['status']} is not registered"
    if "set_paid" not in body and not _marks(body):
        yield "the change carries no marker"
    if "shipping" in body and not set(ADDRESS) <= set(body["shipping"]):
        yield "an address must be whole: fields that are missing stay as they were"


def new_order_problems(body: Raw) -> Iterator[str]:
    """A new order."""
    if not _marks(body):
        yield "the order carries no marker"
    if body.get("billing", {}).get("email") == "":
        yield "billing.email is not an e-mail address"
    if body.get("status") not in ("pending", "processing"):
        yield f"a new order cannot be {body.get('status')}"
    names = {entry["key"] for entry in body.get("meta_data", [])}
    if not names & {"_cs_exchange_for", "_cs_reship_for"}:
        yield "the order does not say what it is for"
    if "_cs_reship_for" in names and any(
        (each.get("subtotal"), each.get("total")) != ("0", "0") for each in body["line_items"]
    ):
        yield "what is sent again must cost nothing"
    if body.get("status") == "processing" and "_cs_exchange_for" in names:
        yield "an exchange is paid or released after its total is known"


def coupon_problems(body: Raw) -> Iterator[str]:
    """A coupon is money to whoever has it."""
    if not re.fullmatch(r"[A-Z0-9]{20,}", str(body.get("code", ""))):
        yield "a coupon code must be random and long"
    if body.get("usage_limit") != 1 or len(body.get("email_restrictions") or []) != 1:
        yield "a coupon must work once, for one e-mail address"
    if body.get("discount_type") != "fixed_cart" or not isinstance(body.get("amount"), str):
        yield "a coupon over an amount is a fixed_cart with a text"
    if not _marks(body):
        yield "the coupon carries no marker"


def webhook_problems(body: Raw) -> Iterator[str]:
    """A webhook with a secret of which WordPress decodes nothing."""
    if body.get("status") != "active" or not body.get("topic") or not body.get("delivery_url"):
        yield "a webhook needs topic, delivery_url and status active"
    if not re.fullmatch(r"[A-Za-z0-9_]+", str(body.get("secret", ""))):
        yield "a secret with other signs than letters and digits is decoded before use"


def _marks(owner: Raw) -> list[Any]:
    return [entry["value"] for entry in owner.get("meta_data") or [] if entry["key"] == MARKER and entry["value"]]
