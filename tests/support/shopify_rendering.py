"""An order in our own raw format, shown as Shopify would show it: GraphQL objects as plain dictionaries.

What Shopify has no word for is left out: customs, the way back, losses, reasons of scans, duties, pick-up places, proofs.
A word of ours that nobody knows becomes one of Shopify's that nobody knows. Lists stand where Shopify has connections;
the server pages them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from server.commerce.documents import parse_time

Raw = Mapping[str, Any]
Node = dict[str, Any]

EVENTS = {
    "label_created": "LABEL_PURCHASED",
    "picked_up": "CARRIER_PICKED_UP",
    "in_transit": "IN_TRANSIT",
    "out_for_delivery": "OUT_FOR_DELIVERY",
    "attempted": "ATTEMPTED_DELIVERY",
    "available_for_pickup": "READY_FOR_PICKUP",
    "delivered": "DELIVERED",
    "exception": "FAILURE",
}
INEXPRESSIBLE = {"customs", "returning", "returned", "lost", "damaged", "cancelled", "unknown", "info"}
FULFILMENT = {
    "unfulfilled": "UNFULFILLED",
    "on_hold": "ON_HOLD",
    "scheduled": "SCHEDULED",
    "processing": "IN_PROGRESS",
    "partially_shipped": "PARTIALLY_FULFILLED",
    "shipped": "FULFILLED",
    "not_required": "FULFILLMENT_NOT_REQUIRED",
    "cancelled": "UNFULFILLED",
}
WORK = {
    "unfulfilled": "OPEN",
    "on_hold": "ON_HOLD",
    "scheduled": "SCHEDULED",
    "processing": "IN_PROGRESS",
    "partially_shipped": "IN_PROGRESS",
    "shipped": "CLOSED",
    "not_required": "CLOSED",
    "cancelled": "CANCELLED",
}
WORKING = {"picked": "IN_PROGRESS", "packed": "IN_PROGRESS"}
HOLDS = {
    "payment": "AWAITING_PAYMENT",
    "fraud_review": "HIGH_RISK_OF_FRAUD",
    "address": "INCORRECT_ADDRESS",
    "out_of_stock": "INVENTORY_OUT_OF_STOCK",
    "awaiting_return_items": "AWAITING_RETURN_ITEMS",
    "upsell_window": "ONLINE_STORE_POST_PURCHASE_CROSS_SELL",
    "unknown_date": "UNKNOWN_DELIVERY_DATE",
}
RETURNS = {
    "requested": "REQUESTED",
    "declined": "DECLINED",
    "cancelled": "CANCELED",
    "closed": "CLOSED",
    "refunded": "CLOSED",
}
TRANSACTIONS = {"succeeded": "SUCCESS", "pending": "PENDING", "failed": "FAILURE"}
COMPANIES = {"ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHL Express", "royal_mail": "Royal Mail"}


def global_id(kind: str, identifier: object) -> str:
    """Shopify's id of one of our things."""
    return f"gid://shopify/{kind}/{identifier}"


def moment(text: str | None) -> str | None:
    """A time as Shopify writes it; a day alone is its midnight in UTC."""
    if text is None:
        return None
    parsed = parse_time(text)
    if not isinstance(parsed, datetime):
        parsed = datetime.combine(parsed, time(), UTC)
    return parsed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(amount_minor: int, currency: str) -> Node:
    """A MoneyV2."""
    digits = get_currency_precision(currency)
    return {"amount": str(Decimal(amount_minor).scaleb(-digits)), "currencyCode": currency}


def bag(amount_minor: int, currency: str, shop_currency: str | None = None) -> Node:
    """A MoneyBag; the shop's own side is the same number, which no test relies on."""
    own = money(amount_minor, currency)
    return {"presentmentMoney": own, "shopMoney": {**own, "currencyCode": shop_currency or currency}}


def address(raw: Raw | None) -> Node | None:
    """A MailingAddress."""
    if not raw:
        return None
    names = {"line1": "address1", "line2": "address2", "region": "provinceCode", "country": "countryCodeV2"}
    found = {names.get(name, name): value for name, value in raw.items()}
    wanted = ("name", "address1", "address2", "city", "provinceCode", "zip", "countryCodeV2", "phone")
    return {name: found.get(name) for name in wanted}


def customer(raw: Raw, currency: str) -> Node:
    """A Customer as an order names it."""
    emails, phones = raw.get("emails") or [], raw.get("phones") or []
    return {
        "id": global_id("Customer", raw["id"]),
        "displayName": raw["name"],
        "tags": [],
        "locale": "en",
        "amountSpent": money(0, currency),
        "verifiedEmail": True,
        "numberOfOrders": "1",
        "defaultEmailAddress": {"emailAddress": emails[0]} if emails else None,
        "defaultPhoneNumber": {"phoneNumber": phones[0]} if phones else None,
        "addressesV2": [],
        "orders": [],
        "storeCreditAccounts": [],
    }


def order(raw: Raw) -> Node:
    """The order; its customer is put in by the shop."""
    currency = raw["currency"]
    lines = {each["id"]: _line(each, raw) for each in raw["lines"]}
    fulfillments = _fulfillments(raw, lines)
    phase = raw.get("fulfilment") or ""
    shown = (raw.get("payment") or {}).get("status")
    return {
        **_heading(raw),
        **_sums(raw["totals"], currency),
        "displayFinancialStatus": "PENDING" if shown == "failed" else shown.upper() if shown else None,
        "displayFulfillmentStatus": FULFILMENT.get(phase, phase.upper()),
        "returnStatus": "IN_PROGRESS" if raw.get("returns") else "NO_RETURN",
        "currencyCode": raw.get("shop_currency") or currency,
        "presentmentCurrencyCode": currency,
        "taxesIncluded": bool(raw.get("taxes_included")),
        "risk": _risk(raw),
        "disputes": _disputes(raw),
        "customer": None,
        "shippingAddress": address(raw.get("ship_to")),
        "billingAddress": {"zip": raw.get("bill_zip") or raw["customer"].get("zip")},
        "shippingLine": _shipping_line(raw),
        "lineItems": list(lines.values()),
        "fulfillmentOrders": _work(raw, lines, phase),
        "fulfillments": fulfillments,
        "returns": [_return(each, lines) for each in raw.get("returns") or []],
        "refunds": [_refund(each, currency, lines) for each in raw.get("refunds") or []],
        "transactions": _transactions(raw, shown, currency),
    }


def _heading(raw: Raw) -> Node:
    return {
        "id": global_id("Order", raw["id"]),
        "name": raw["number"],
        "confirmationNumber": raw.get("confirmation_code"),
        "email": next(iter(raw["customer"].get("emails") or []), None),
        "phone": next(iter(raw["customer"].get("phones") or []), None),
        "processedAt": moment(raw["placed_at"]),
        "updatedAt": moment(raw.get("updated_at") or raw["placed_at"]),
        "cancelledAt": moment(raw.get("cancelled_at")),
        "cancelReason": "CUSTOMER" if raw.get("cancelled_at") else None,
        "cancellation": None,
        "closedAt": moment(raw.get("closed_at")),
        "tags": list(raw.get("tags") or []),
        "note": raw.get("internal_note") or raw.get("note"),
        "test": bool(raw.get("test")),
        "customerLocale": raw.get("locale"),
        "sourceName": raw.get("channel") or "web",
        "paymentGatewayNames": ["shopify_payments"],
        "refundable": True,
        "merchantEditable": True,
        "statusPageUrl": raw.get("status_page_url") or f"https://shop.test/orders/{raw['id']}",
    }


def _sums(totals: Raw, currency: str) -> Node:
    discount = totals.get("discount") or 0
    return {
        "totalPriceSet": bag(totals["total"], currency),
        "totalRefundedSet": bag(totals.get("refunded") or 0, currency),
        "totalOutstandingSet": bag(totals.get("outstanding") or 0, currency),
        "subtotalPriceSet": bag((totals.get("items") or 0) - discount, currency),
        "totalDiscountsSet": bag(discount, currency),
        "totalShippingPriceSet": bag(totals.get("shipping") or 0, currency),
        "totalTaxSet": bag(totals.get("tax") or 0, currency),
        "originalTotalDutiesSet": None,
    }


def _risk(raw: Raw) -> Node:
    risk = raw.get("risk") or {}
    level = (risk.get("level") or "low").upper()
    return {"recommendation": (risk.get("recommendation") or "none").upper(), "assessments": [{"riskLevel": level}]}


def _disputes(raw: Raw) -> list[Node]:
    listed = list(raw.get("disputes") or [])
    if (raw.get("payment") or {}).get("disputed") and not listed:
        listed = [{"id": "d1", "status": "needs_response"}]
    return [
        {
            "id": global_id("OrderDisputeSummary", each.get("id") or "d1"),
            "status": {"open": "NEEDS_RESPONSE"}.get(each.get("status") or "open", str(each.get("status")).upper()),
            "initiatedAs": "CHARGEBACK",
        }
        for each in listed
    ]


def _shipping_line(raw: Raw) -> Node:
    services = [each.get("service") for each in raw.get("shipments") or [] if each.get("service")]
    return {"title": services[0] if services else "Standard", "code": "standard"}


def _line(raw: Raw, whole: Raw) -> Node:
    current = raw["quantity"] if raw.get("current") is None else raw["current"]
    shipped = sum(
        held["quantity"]
        for parcel in whole.get("shipments") or []
        for held in parcel.get("lines") or []
        if held["line"] == raw["id"]
    )
    done = current if whole.get("fulfilment") == "shipped" else max(raw.get("fulfilled") or 0, shipped)
    options = [{"name": str(name), "value": str(value)} for name, value in (raw.get("options") or {}).items()]
    variant = raw.get("variant") or f"v-{raw['sku']}"
    return {
        "id": global_id("LineItem", raw["id"]),
        "name": raw["title"],
        "sku": raw["sku"],
        "quantity": raw["quantity"],
        "currentQuantity": current,
        "refundableQuantity": current,
        "unfulfilledQuantity": max(0, current - done),
        "requiresShipping": raw.get("requires_shipping") is not False,
        "isGiftCard": bool(raw.get("gift_card")),
        "variant": {"id": global_id("ProductVariant", variant), "selectedOptions": options},
        "product": {"id": global_id("Product", raw["product_id"])} if raw.get("product_id") else None,
        "discountedUnitPriceAfterAllDiscountsSet": bag(raw["unit_price"], whole["currency"]),
    }


def _fulfillments(raw: Raw, lines: Mapping[str, Node]) -> list[Node]:
    groups: dict[str, list[Raw]] = {}
    for parcel in raw.get("shipments") or []:
        if parcel.get("direction") != "return":
            groups.setdefault(parcel.get("group_id") or parcel["id"], []).append(parcel)
    return [_fulfillment(name, parcels, raw, lines) for name, parcels in groups.items()]


def _fulfillment(name: str, parcels: Sequence[Raw], whole: Raw, lines: Mapping[str, Node]) -> Node:
    first = parcels[0]
    scans = [each for each in first.get("events") or [] if each["code"] not in INEXPRESSIBLE]
    events = [_event(f"{name}-{index}", each) for index, each in enumerate(scans)]
    latest = max(events, key=lambda each: str(each["happenedAt"]), default=None)
    is_void = any(each["code"] == "cancelled" for each in first.get("events") or [])
    held = [each for parcel in parcels for each in parcel.get("lines") or []]
    updated = moment(whole.get("updated_at") or whole["placed_at"])
    delivered = [each["happenedAt"] for each in events if each["status"] == "DELIVERED"]
    moving = [each["happenedAt"] for each in events if each["status"] == "IN_TRANSIT"]
    return {
        "id": global_id("Fulfillment", name),
        "name": f"{whole['number']}-F1",
        "status": "CANCELLED" if is_void else "SUCCESS",
        "displayStatus": "CANCELED" if is_void else latest["status"] if latest else "FULFILLED",
        "createdAt": moment(first.get("shipped_at")) or (events[0]["happenedAt"] if events else updated),
        "updatedAt": updated,
        "inTransitAt": min(moving, default=None),
        "deliveredAt": max(delivered, default=None),
        "estimatedDeliveryAt": moment((first.get("eta") or {}).get("max")),
        "totalQuantity": sum(each["quantity"] for each in held),
        "trackingInfo": [_tracking(each) for each in parcels if each.get("tracking_number")],
        "fulfillmentLineItems": [
            {
                "id": global_id("FulfillmentLineItem", f"{name}-{each['line']}"),
                "quantity": each["quantity"],
                "lineItem": lines[each["line"]],
            }
            for each in held
        ],
        "events": events,
    }


def _tracking(parcel: Raw) -> Node:
    carrier = parcel.get("carrier") or ""
    return {
        "company": COMPANIES.get(carrier, carrier) or None,
        "number": parcel["tracking_number"],
        "url": parcel.get("tracking_url"),
    }


def _event(name: str, raw: Raw) -> Node:
    code = raw["code"].lower()
    status = (
        "DELAYED" if code == "in_transit" and "late" in (raw.get("flags") or []) else EVENTS.get(code, code.upper())
    )
    return {
        "id": global_id("FulfillmentEvent", name),
        "status": status,
        "happenedAt": moment(raw["at"]),
        "message": raw.get("text"),
        "city": raw.get("city"),
        "province": raw.get("region"),
        "country": raw.get("country"),
        "zip": None,
        "estimatedDeliveryAt": None,
    }


def _work(raw: Raw, lines: Mapping[str, Node], phase: str) -> list[Node]:
    """The warehouses' shares: those of the document, or one for everything."""
    given = raw.get("fulfilment_orders") or []
    shares = given or [
        {"id": f"fo-{raw['id']}", "status": "", "holds": [each["reason"] for each in raw.get("holds") or []]}
    ]
    return [_share(each, raw, lines, phase) for each in shares]


def _share(share: Raw, raw: Raw, lines: Mapping[str, Node], phase: str) -> Node:
    name, status = share["id"], share["status"]
    requested = share.get("request_status") or ("accepted" if phase == "processing" else "unsubmitted")
    held = {each["line"]: each for each in share.get("lines") or []}
    return {
        "id": global_id("FulfillmentOrder", name),
        "status": WORKING.get(status, status.upper()) if status else WORK.get(phase, "OPEN"),
        "requestStatus": requested.upper(),
        "fulfillAt": moment(share.get("fulfil_at") or raw.get("fulfil_at")),
        "fulfillBy": moment(share.get("fulfil_by") or raw.get("fulfil_by")),
        "assignedLocation": {"name": share.get("location") or "Main warehouse"},
        "deliveryMethod": _method(raw),
        "fulfillmentHolds": [hold(f"{name}-{index}", each) for index, each in enumerate(share.get("holds") or [])],
        "supportedActions": [],
        "destination": _destination(raw.get("ship_to") or {}),
        "lineItems": [
            {
                "id": global_id("FulfillmentOrderLineItem", f"{name}-{line}"),
                "totalQuantity": held.get(line, {}).get("quantity", each["quantity"]),
                "remainingQuantity": each["unfulfilledQuantity"],
                "lineItem": each,
            }
            for line, each in lines.items()
            if not held or line in held
        ],
    }


def _method(raw: Raw) -> Node:
    promised = raw.get("promised") or {}
    return {
        "methodType": "SHIPPING",
        "minDeliveryDateTime": moment(promised.get("min")),
        "maxDeliveryDateTime": moment(promised.get("max")),
        "presentedName": promised.get("label"),
    }


def _destination(where: Raw) -> Node:
    names = {"line1": "address1", "line2": "address2", "city": "city", "zip": "zip", "country": "countryCode"}
    return {theirs: where.get(ours) for ours, theirs in names.items()}


def hold(name: str, reason: str, handle: str | None = None) -> Node:
    """A FulfillmentHold."""
    word = HOLDS.get(reason, "OTHER")
    found = {"id": global_id("FulfillmentHold", name), "handle": handle, "reason": word}
    return {**found, "reasonNotes": None, "displayReason": word.title()}


def _return(raw: Raw, lines: Mapping[str, Node]) -> Node:
    status = raw["status"]
    tracked = status in ("label_issued", "in_transit", "received", "inspected", "refunded")
    label = raw.get("label")
    url = label.get("url") if isinstance(label, Mapping) else label
    number = label.get("tracking") if isinstance(label, Mapping) else None
    listed = [_return_line(raw, each, lines) for each in raw.get("lines") or []]
    carried = {
        "__typename": "ReverseDeliveryShippingDeliverable",
        "tracking": {"carrierName": "UPS", "number": number, "url": None} if number else None,
        "label": {"publicFileUrl": url} if url else None,
    }
    delivery = {"id": global_id("ReverseDelivery", raw["id"]), "deliverable": carried}
    return {
        "id": global_id("Return", raw["id"]),
        "name": raw.get("name") or f"#R-{raw['id']}",
        "status": RETURNS.get(status, "OPEN"),
        "createdAt": moment(raw.get("at")) or "2026-11-18T12:00:00Z",
        "requestApprovedAt": None,
        "closedAt": None,
        "totalQuantity": sum(each["quantity"] for each in listed),
        "decline": {"reason": "OTHER", "note": None} if status == "declined" else None,
        "exchangeLineItems": [{"id": global_id("ExchangeLineItem", raw["id"]), "quantity": 1, "variantId": None}]
        if raw.get("outcome") == "exchange"
        else [],
        "returnLineItems": listed,
        "reverseFulfillmentOrders": [
            {
                "id": global_id("ReverseFulfillmentOrder", raw["id"]),
                "status": "OPEN",
                "lineItems": [_piece(raw, each) for each in listed],
                "reverseDeliveries": [delivery] if tracked and (url or number) else [],
            }
        ],
    }


def _return_line(raw: Raw, held: Raw, lines: Mapping[str, Node]) -> Node:
    item = {"id": global_id("FulfillmentLineItem", held["line"]), "quantity": 1, "lineItem": lines[held["line"]]}
    return {
        "__typename": "ReturnLineItem",
        "id": global_id("ReturnLineItem", f"{raw['id']}-{held['line']}"),
        "quantity": held["quantity"],
        "processedQuantity": 0,
        "refundedQuantity": 0,
        "customerNote": None,
        "returnReasonNote": "",
        "returnReasonDefinition": None,
        "fulfillmentLineItem": item,
    }


def _piece(raw: Raw, line: Node) -> Node:
    """What was done with the pieces: all of them once inspected, one once received."""
    decided = {
        "received": min(1, line["quantity"] - 1) or 0,
        "inspected": line["quantity"],
        "refunded": line["quantity"],
    }
    quantity = decided.get(raw["status"], 0)
    at = moment(raw.get("inspected_at") or raw.get("received_at")) or "2026-11-19T12:00:00Z"
    dispositions = [{"type": "RESTOCKED", "quantity": quantity, "createdAt": at}] if quantity else []
    return {
        "id": global_id("ReverseFulfillmentOrderLineItem", line["id"].rpartition("/")[2]),
        "totalQuantity": line["quantity"],
        "fulfillmentLineItem": line["fulfillmentLineItem"],
        "dispositions": dispositions,
    }


def _refund(raw: Raw, currency: str, lines: Mapping[str, Node]) -> Node:
    return {
        "id": global_id("Refund", raw["id"]),
        "createdAt": moment(raw.get("at")) or "2026-11-19T12:00:00Z",
        "processedAt": moment(raw.get("at")) or "2026-11-19T12:00:00Z",
        "note": None,
        "totalRefundedSet": bag(raw["amount"], currency),
        "return": None,
        "refundLineItems": [
            {"quantity": each["quantity"], "lineItem": lines[each["line"]]} for each in raw.get("lines") or []
        ],
        "transactions": [
            transaction(f"t-{raw['id']}", "REFUND", TRANSACTIONS.get(raw["status"], "UNKNOWN"), raw["amount"], currency)
        ],
    }


def transaction(name: str, kind: str, status: str, amount_minor: int, currency: str) -> Node:
    """An OrderTransaction."""
    return {
        "id": global_id("OrderTransaction", name),
        "kind": kind,
        "status": status,
        "gateway": "shopify_payments",
        "createdAt": "2026-11-17T16:00:00Z",
        "processedAt": "2026-11-17T16:00:00Z",
        "errorCode": "CARD_DECLINED" if status == "FAILURE" else None,
        "authorizationExpiresAt": None,
        "amountSet": bag(amount_minor, currency),
    }


def _transactions(raw: Raw, status: str | None, currency: str) -> list[Node]:
    name, total = f"pay-{raw['id']}", raw["totals"]["total"]
    if status in ("paid", "partially_refunded", "refunded", "partially_paid"):
        return [transaction(name, "SALE", "SUCCESS", total, currency)]
    if status == "authorized":
        return [transaction(name, "AUTHORIZATION", "SUCCESS", total, currency)]
    return [transaction(name, "SALE", "FAILURE", total, currency)] if status == "failed" else []
