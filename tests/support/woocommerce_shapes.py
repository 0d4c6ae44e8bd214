"""Orders of our own format as WooCommerce would show them, for `woocommerce.WooCommerceStandIn.put`.

What WooCommerce cannot express (promised days, carriers' scans, refunds that are under way) is left out. Ids become whole
numbers, the same ones each time. It shares no code with the connector: what is written here is what the REST API documents.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Raw = dict[str, Any]

DECIMALS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}
TAX_RATE = 3
PAID = frozenset({"paid", "partially_refunded", "refunded"})


class Ids:
    """Whole numbers for ids of any kind; digits stay what they are."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._known: dict[str, int] = {}

    def of(self, name: object) -> int:
        """The number of this name."""
        text = str(name)
        if text.isdecimal():
            return int(text)
        if text not in self._known:
            self._known[text] = self._next
            self._next += 1
        return self._known[text]


class Shapes:
    """Turns documents into WooCommerce's JSON; `zone` is the site's own time zone."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.orders = Ids(5001)
        self.lines = Ids(9001)
        self.customers = Ids(301)
        self.products = Ids(801)
        self.others = Ids(20001)

    def order(self, document: Mapping[str, Any]) -> Raw:
        """The order itself, without refunds' lines and fulfilments."""
        currency = str(document["currency"])
        totals, payment = document["totals"], document["payment"]
        status = status_of(document)
        order_id = self.orders.of(document["id"])
        items = self._items(document, currency)
        order: Raw = {
            "id": order_id,
            "parent_id": 0,
            "number": str(document["number"]).removeprefix("#"),
            "order_key": f"wc_order_secret{order_id}",
            "created_via": {"web": "checkout"}.get(str(document.get("channel", "web")), document.get("channel")),
            "status": status,
            "currency": currency,
            "prices_include_tax": bool(document.get("taxes_included")),
            **self._times("date_created", document["placed_at"]),
            **self._times("date_modified", document.get("updated_at") or document["placed_at"]),
            **self._times("date_paid", document["placed_at"] if payment.get("status") in PAID else None),
            **self._times("date_completed", document.get("updated_at") if status == "completed" else None),
            "discount_total": money(totals.get("discount"), currency),
            "discount_tax": money(0, currency),
            "shipping_total": money(totals.get("shipping"), currency),
            "shipping_tax": money(0, currency),
            "total": money(totals["total"], currency),
            "total_tax": money(totals.get("tax"), currency),
            "customer_id": self._customer_id(document["customer"]),
            "customer_note": document.get("note") or "",
            "billing": self._billing(document),
            "shipping": fields_of(document.get("ship_to") or {}),
            "payment_method": self.method(document),
            "payment_method_title": next((each.get("label") for each in payment.get("methods") or ()), ""),
            "transaction_id": "",
            "line_items": items,
            "shipping_lines": self._shipping_lines(document, currency),
            "fee_lines": [],
            "coupon_lines": [],
            "refunds": [],
            "payment_url": payment.get("pay_url")
            or f"https://shop.example/pay/{order_id}?key=wc_order_secret{order_id}",
            "needs_payment": status in ("pending", "failed"),
            "needs_processing": document["fulfilment"] != "not_required",
            "is_editable": status in ("pending", "on-hold"),
            "meta_data": self._meta(document),
        }
        return order

    def refunds(self, document: Mapping[str, Any]) -> list[Raw]:
        """The refunds that were carried out; WooCommerce knows none that is under way or failed."""
        currency = str(document["currency"])
        done = [each for each in document.get("refunds") or () if each["status"] == "succeeded"]
        return [self._refund(each, document, currency) for each in done]

    def fulfilments(self, document: Mapping[str, Any]) -> list[Raw]:
        """Each parcel to the shopper as a fulfilment."""
        parcels = [each for each in document.get("shipments") or () if each.get("direction", "forward") == "forward"]
        return [self._fulfilment(each, self.orders.of(document["id"])) for each in parcels]

    def method(self, document: Mapping[str, Any]) -> str:
        """The gateway's id."""
        return next((str(each["kind"]) for each in document["payment"].get("methods") or ()), "")

    def customer(self, document: Mapping[str, Any]) -> Raw | None:
        """The buyer's account; None for guests."""
        buyer = document["customer"]
        number = self._customer_id(buyer)
        if number == 0:
            return None
        billing = self._billing(document)
        names = {name: billing[name] for name in ("first_name", "last_name")}
        shipping = fields_of(document.get("ship_to") or {})
        return {
            "id": number,
            "email": billing["email"],
            **names,
            "billing": billing,
            "shipping": shipping,
            "meta_data": [],
        }

    def _customer_id(self, buyer: Mapping[str, Any]) -> int:
        return 0 if str(buyer["id"]).startswith("guest") else self.customers.of(buyer["id"])

    def _times(self, name: str, at: object) -> Raw:
        """Site-local without an offset, and UTC without a Z."""
        moment = moment_of(at)
        if moment is None:
            return {name: None, f"{name}_gmt": None}
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        return {name: local.isoformat(), f"{name}_gmt": moment.astimezone(UTC).replace(tzinfo=None).isoformat()}

    def _billing(self, document: Mapping[str, Any]) -> Raw:
        buyer, address = document["customer"], document.get("ship_to") or {}
        fields = fields_of({**address, "name": buyer["name"]})
        emails, phones = buyer.get("emails") or [""], buyer.get("phones") or [""]
        zip_code = document.get("bill_zip") or buyer.get("zip") or fields["postcode"]
        return {**fields, "postcode": zip_code, "email": emails[0], "phone": phones[0]}

    def _items(self, document: Mapping[str, Any], currency: str) -> list[Raw]:
        gross = [line["unit_price"] * line["quantity"] for line in document["lines"]]
        taxes = spread_tax(document, gross)
        includes = bool(document.get("taxes_included"))
        return [
            self._item(line, worth - (tax if includes else 0), tax, currency)
            for line, worth, tax in zip(document["lines"], gross, taxes, strict=True)
        ]

    def _item(self, line: Mapping[str, Any], net: int, tax: int, currency: str) -> Raw:
        chosen = [
            {"id": index, "key": name, "value": value, "display_key": name, "display_value": value}
            for index, (name, value) in enumerate((line.get("options") or {}).items(), start=1)
        ]
        quantity = line["quantity"]
        variant = line.get("variant")
        return {
            "id": self.lines.of(line["id"]),
            "name": line["title"],
            "product_id": self.products.of(line.get("product_id") or line["sku"]),
            "variation_id": self.products.of(variant) if variant else 0,
            "quantity": quantity,
            "subtotal": money(net + (line.get("discount") or 0), currency),
            "subtotal_tax": money(tax, currency),
            "total": money(net, currency),
            "total_tax": money(tax, currency),
            "taxes": [{"id": TAX_RATE, "total": money(tax, currency), "subtotal": money(tax, currency)}] if tax else [],
            "sku": line["sku"],
            "price": net / quantity / 10 ** decimals(currency) if quantity else 0,
            "meta_data": chosen,
        }

    def _shipping_lines(self, document: Mapping[str, Any], currency: str) -> list[Raw]:
        cost = document["totals"].get("shipping")
        if cost is None:
            return []
        number = self.others.of(f"shipping-{document['id']}")
        return [
            {"id": number, "method_title": "Flat rate", "total": money(cost, currency), "total_tax": "0", "taxes": []}
        ]

    def _refund(self, refund: Mapping[str, Any], document: Mapping[str, Any], currency: str) -> Raw:
        prices = {line["id"]: line["unit_price"] for line in document["lines"]}
        lines = [
            refund_line(
                self.lines.of(each["line"]), each["quantity"], each["quantity"] * prices[each["line"]], currency
            )
            for each in refund.get("lines") or ()
        ]
        shipping = refund.get("shipping")
        delivery = self.others.of(f"shipping-{document['id']}")
        return {
            "id": self.others.of(f"refund-{refund['id']}") if not str(refund["id"]).isdecimal() else int(refund["id"]),
            **self._times("date_created", refund.get("at") or document["placed_at"]),
            "amount": money(refund["amount"], currency),
            "reason": refund.get("reason") or "",
            "refunded_payment": True,
            "meta_data": [],
            "line_items": lines,
            "shipping_lines": [refund_line(delivery, 0, shipping, currency)] if shipping else [],
        }

    def _fulfilment(self, parcel: Mapping[str, Any], order_id: int) -> Raw:
        shipped = moment_of(parcel.get("shipped_at"))
        values = {
            "_tracking_number": parcel.get("tracking_number"),
            "_shipping_provider": parcel.get("carrier"),
            "_tracking_url": parcel.get("tracking_url"),
            "_date_fulfilled": shipped.strftime("%Y-%m-%d %H:%M:%S") if shipped else None,
            "_items": [
                {"item_id": self.lines.of(each["line"]), "qty": each["quantity"]} for each in parcel.get("lines") or ()
            ],
        }
        return {
            "id": self.others.of(f"parcel-{order_id}-{parcel['id']}"),
            "entity_type": "WC_Order",
            "entity_id": str(order_id),
            "status": "fulfilled",
            "is_fulfilled": True,
            "date_deleted": None,
            "meta_data": meta_of({name: value for name, value in values.items() if value}),
        }

    def _meta(self, document: Mapping[str, Any]) -> list[Raw]:
        values: Raw = {}
        if returns := document.get("returns"):
            values["_cs_rma"] = json.dumps([self._return(each) for each in returns])
        if document["fulfilment"] in ("partially_shipped", "shipped"):
            state = "fulfilled" if document["fulfilment"] == "shipped" else "partially_fulfilled"
            values["_fulfillment_status"] = state
        if document.get("cancelled_at"):
            noted = {"at": document["cancelled_at"], "reason": document.get("cancel_reason")}
            values["_cs_cancelled"] = json.dumps(noted)
        return meta_of(values)

    def _return(self, opened: Mapping[str, Any]) -> Raw:
        lines = [{**each, "line": str(self.lines.of(each["line"]))} for each in opened.get("lines") or ()]
        return {**opened, "lines": lines}


def status_of(document: Mapping[str, Any]) -> str:
    """The slug that such an order has."""
    payment, fulfilment = document["payment"].get("status"), document["fulfilment"]
    if document.get("cancelled_at") or fulfilment == "cancelled":
        return "cancelled"
    by_payment = {"pending": "pending", "failed": "failed", "refunded": "refunded"}
    if fulfilment == "on_hold":
        return "on-hold"
    if payment in by_payment:
        return by_payment[payment]
    by_fulfilment = {"shipped": "completed", "not_required": "completed", "unknown": "of-a-plugin"}
    return by_fulfilment.get(fulfilment, "processing")


def decimals(currency: str) -> int:
    """How many decimals prices of this currency have."""
    return DECIMALS.get(currency, 2)


def money(amount: int | None, currency: str) -> str:
    """Minor units as the REST API writes them."""
    return f"{Decimal(amount or 0).scaleb(-decimals(currency)):f}"


def spread_tax(document: Mapping[str, Any], gross: Sequence[int]) -> list[int]:
    """Each line's own tax where the document tells it, else the order's in proportion, the rest on the first line."""
    if any(line.get("tax") is not None for line in document["lines"]):
        return [line.get("tax") or 0 for line in document["lines"]]
    tax, whole = document["totals"].get("tax") or 0, sum(gross)
    parts = [tax * each // whole if whole else 0 for each in gross]
    if parts:
        parts[0] += tax - sum(parts)
    return parts


def fields_of(address: Mapping[str, Any]) -> Raw:
    """An address in WooCommerce's fields."""
    first, _, last = str(address.get("name") or "").rpartition(" ")
    return {
        "first_name": first or last,
        "last_name": last if first else "",
        "company": "",
        "address_1": address.get("line1") or "",
        "address_2": address.get("line2") or "",
        "city": address.get("city") or "",
        "state": address.get("region") or "",
        "postcode": address.get("zip") or "",
        "country": address.get("country") or "",
        "phone": address.get("phone") or "",
    }


def refund_line(original: int, quantity: int, amount: int, currency: str) -> Raw:
    """A line of a refund: its own id, the order's in its meta data, everything negative."""
    return {
        "id": 70000 + original,
        "quantity": -quantity,
        "total": money(-amount, currency),
        "total_tax": "0",
        "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(original)}],
    }


def meta_of(values: Mapping[str, Any]) -> list[Raw]:
    """Meta data as the REST API lists it."""
    return [{"id": index, "key": key, "value": value} for index, (key, value) in enumerate(values.items(), start=1)]


def moment_of(at: object) -> datetime | None:
    """The moment of a document's time; a day is its noon in UTC."""
    if not at:
        return None
    parsed = datetime.fromisoformat(str(at)) if "T" in str(at) else date.fromisoformat(str(at))
    moment = parsed if isinstance(parsed, datetime) else datetime(parsed.year, parsed.month, parsed.day, 12, tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0)
