"""A whole order in Shopify's words becomes an order document in ours (`formats.OrderDocument`).

Nothing is invented: a time, a place or an amount is passed on only where Shopify gave it, and a word that no table knows
becomes `unknown`. Money is what the shopper paid in. Parcels are in `parcels`, returns and refunds in `money_back`. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from server.commerce.connectors.shopify import words
from server.commerce.connectors.shopify.money_back import refund_documents, return_documents, return_parcels
from server.commerce.connectors.shopify.parcels import parcel_documents
from server.commerce.connectors.shopify.values import (
    Json,
    count,
    day_or_time,
    link,
    nodes,
    part,
    presentment,
    tail,
    text,
    time,
)

Raw = dict[str, object]

_DONE: Final = frozenset({"closed", "cancelled"})
_LEVELS: Final = ("HIGH", "MEDIUM", "LOW", "NONE", "PENDING")


class OrderUnreadable(ValueError):
    """An order without what every order has: a number, a time, a currency, a total."""


def order_document(order: Json) -> Raw:
    """The order as a raw document. Raises OrderUnreadable."""
    work = [_work(each) for each in nodes(order.get("fulfillmentOrders"))]
    back = refund_documents(order)
    lines = [_line(each) for each in nodes(order.get("lineItems"))]
    document: Raw = {
        "id": tail(order.get("id")),
        "number": text(order.get("name")),
        "placed_at": time(order.get("processedAt")),
        "updated_at": time(order.get("updatedAt")),
        "cancelled_at": time(order.get("cancelledAt")),
        "cancel_reason": _lower(order.get("cancelReason")),
        "closed_at": time(order.get("closedAt")),
        "customer": buyer(order),
        **_money(order),
        "payment": _payment(order),
        "lines": lines,
        "fulfilment": words.known(words.FULFILMENT, order.get("displayFulfillmentStatus")),
        "fulfilment_orders": work,
        "holds": _holds(order, work),
        "promised": _promised(order),
        "fulfil_at": _earliest(work, "fulfil_at"),
        "fulfil_by": _earliest(work, "fulfil_by"),
        "ship_to": address(part(order, "shippingAddress")),
        "shipments": [*parcel_documents(order, {str(each["id"]) for each in lines}), *return_parcels(order)],
        "returns": return_documents(order, back),
        "refunds": back,
        "disputes": _disputes(order),
        "risk": _risk(order),
        **_descriptions(order),
    }
    missing = [name for name in ("id", "number", "placed_at", "currency") if not document.get(name)]
    if missing:
        raise OrderUnreadable(f"the order has no {missing[0]}")
    return {name: value for name, value in document.items() if value is not None}


def _descriptions(order: Json) -> Raw:
    """Everything beside goods and money. Staff edit the order's note: it is never told to a shopper."""
    return {
        "tags": [str(each) for each in order.get("tags") or []],
        "internal_note": text(order.get("note")),
        "confirmation_code": text(order.get("confirmationNumber")),
        "test": order.get("test") is True,
        "channel": text(order.get("sourceName")),
        "locale": text(order.get("customerLocale")),
        "bill_zip": text(part(order, "billingAddress").get("zip")),
        "taxes_included": order.get("taxesIncluded") is True,
        "status_page_url": link(order.get("statusPageUrl")),
    }


def _money(order: Json) -> Raw:
    shown, own = text(order.get("presentmentCurrencyCode")), text(order.get("currencyCode"))
    currency = text(part(order, "totalPriceSet", "presentmentMoney").get("currencyCode")) or shown or own
    total = presentment(order.get("totalPriceSet"))
    if total is None:
        raise OrderUnreadable("the order has no total")
    subtotal, discount = presentment(order.get("subtotalPriceSet")), presentment(order.get("totalDiscountsSet"))
    sums = {
        "total": total,
        "items": None if subtotal is None else subtotal + (discount or 0),
        "discount": discount,
        "shipping": presentment(order.get("totalShippingPriceSet")),
        "tax": presentment(order.get("totalTaxSet")),
        "duties": presentment(order.get("originalTotalDutiesSet")),
        "refunded": presentment(order.get("totalRefundedSet")),
        "outstanding": presentment(order.get("totalOutstandingSet")),
    }
    totals = {name: value for name, value in sums.items() if value is not None}
    return {"currency": currency, "shop_currency": own if own != currency else None, "totals": totals}


def buyer(order: Json) -> Raw:
    """Who ordered. An address that Shopify hides is absent, so that nothing matches it; guests have an id of their own."""
    customer = part(order, "customer")
    emails = [order.get("email"), part(customer, "defaultEmailAddress").get("emailAddress")]
    phones = [order.get("phone"), part(customer, "defaultPhoneNumber").get("phoneNumber")]
    places = [part(order, "billingAddress"), part(order, "shippingAddress")]
    names = [customer.get("displayName"), part(order, "shippingAddress").get("name")]
    return {
        "id": tail(customer.get("id")) or f"guest-{tail(order.get('id'))}",
        "name": next(filter(None, map(text, names)), ""),
        "emails": list(dict.fromkeys(filter(None, map(text, emails)))),
        "phones": list(dict.fromkeys(filter(None, map(text, phones)))),
        "zip": next((found for place in places if (found := text(place.get("zip")))), None),
    }


def address(raw: Json) -> Raw | None:
    """A postal address; None when there is none."""
    found: Raw = {
        "name": text(raw.get("name")),
        "line1": text(raw.get("address1")),
        "line2": text(raw.get("address2")),
        "city": text(raw.get("city")),
        "region": text(raw.get("provinceCode")),
        "zip": text(raw.get("zip")),
        "country": text(raw.get("countryCodeV2")),
        "phone": text(raw.get("phone")),
    }
    return {name: value for name, value in found.items() if value is not None} or None


def _payment(order: Json) -> Raw:
    disputes = {str(each["status"]) for each in _disputes(order)}
    transactions = [_transaction(each) for each in nodes(order.get("transactions"))]
    expiring = (time(each.get("authorizationExpiresAt")) for each in nodes(order.get("transactions")))
    return {
        "status": words.known(words.FINANCIAL, order.get("displayFinancialStatus")),
        "disputed": not disputes.isdisjoint(words.OPEN_DISPUTES),
        "gateways": [str(each) for each in order.get("paymentGatewayNames") or []],
        "transactions": transactions,
        "authorised_until": max((each for each in expiring if each), default=None),
    }


def _transaction(raw: Json) -> Raw:
    amount = presentment(raw.get("amountSet"))
    return {
        "id": tail(raw.get("id")),
        "kind": _lower(raw.get("kind")) or words.UNKNOWN,
        "status": words.known(words.TRANSACTION, raw.get("status")),
        "amount": None if amount is None else abs(amount),
        "gateway": text(raw.get("gateway")),
        "at": time(raw.get("createdAt")),
        "error": _lower(raw.get("errorCode")),
    }


def _line(raw: Json) -> Raw:
    variant = part(raw, "variant")
    current = count(raw.get("currentQuantity"))
    variant_id = tail(variant.get("id")) or None
    return {
        "id": tail(raw.get("id")),
        "sku": text(raw.get("sku")) or variant_id or "",
        "title": text(raw.get("name")) or "",
        "quantity": count(raw.get("quantity")),
        "current": current,
        "fulfilled": max(0, current - count(raw.get("unfulfilledQuantity"))),
        "unit_price": max(0, presentment(raw.get("discountedUnitPriceAfterAllDiscountsSet")) or 0),
        "requires_shipping": raw.get("requiresShipping") is not False,
        "gift_card": raw.get("isGiftCard") is True,
        "product_id": tail(part(raw, "product").get("id")) or None,
        "variant": variant_id,
        "options": options(variant),
    }


def options(variant: Json) -> dict[str, object]:
    """What was chosen; a product without choices has the one option that Shopify makes up, and it is left out."""
    chosen = {str(each.get("name")): str(each.get("value")) for each in nodes(variant.get("selectedOptions"))}
    return {} if chosen == {"Title": "Default Title"} else dict(chosen)


def _work(raw: Json) -> Raw:
    method = part(raw, "deliveryMethod")
    kind = method.get("methodType")
    lines = [
        {
            "line": tail(part(each, "lineItem").get("id")),
            "quantity": count(each.get("totalQuantity")),
            "remaining": count(each.get("remainingQuantity")),
        }
        for each in nodes(raw.get("lineItems"))
    ]
    return {
        "id": tail(raw.get("id")),
        "status": words.known(words.WORK, raw.get("status")),
        "request_status": _lower(raw.get("requestStatus")),
        "location": text(part(raw, "assignedLocation").get("name")),
        "holds": [words.known(words.HOLD, each.get("reason"), "other") for each in nodes(raw.get("fulfillmentHolds"))],
        "fulfil_at": day_or_time(raw.get("fulfillAt")),
        "fulfil_by": day_or_time(raw.get("fulfillBy")),
        "method": None if kind is None else words.known(words.METHOD, kind),
        "lines": lines,
        "supported_actions": [str(each.get("action")).lower() for each in nodes(raw.get("supportedActions"))],
    }


def _holds(order: Json, work: Sequence[Raw]) -> list[Raw]:
    """Why the warehouses wait; a warehouse that declined the order is a hold that people must look at."""
    reasons = [str(reason) for each in work for reason in _strings(each.get("holds"))]
    if order.get("displayFulfillmentStatus") == "REQUEST_DECLINED" and not reasons:
        reasons = ["other"]
    return [{"reason": reason} for reason in dict.fromkeys(reasons)]


def _promised(order: Json) -> Raw | None:
    """The window of checkout, over all warehouses that still have a share of the order."""
    methods = [
        part(each, "deliveryMethod")
        for each in nodes(order.get("fulfillmentOrders"))
        if each.get("status") != "CANCELLED"
    ]
    starts = sorted(filter(None, (day_or_time(each.get("minDeliveryDateTime")) for each in methods)))
    ends = sorted(filter(None, (day_or_time(each.get("maxDeliveryDateTime")) for each in methods)))
    if not starts and not ends:
        return None
    labels = filter(None, (text(each.get("presentedName")) for each in methods))
    window: dict[str, Any] = {"min": starts[0] if starts else None, "max": ends[-1] if ends else None}
    return {**window, "label": next(labels, None) or text(part(order, "shippingLine").get("title"))}


def _earliest(work: Sequence[Raw], name: str) -> str | None:
    """The first such moment of the work that is still to be done; of all work when everything is done."""
    going_on = [each for each in work if each["status"] not in _DONE]
    moments = [str(each[name]) for each in going_on or work if each.get(name)]
    return min(moments, default=None)


def _disputes(order: Json) -> list[Raw]:
    return [
        {"id": tail(each.get("id")), "status": words.known(words.DISPUTE, each.get("status"))}
        for each in nodes(order.get("disputes"))
    ]


def _risk(order: Json) -> Raw | None:
    risk = part(order, "risk")
    if not risk:
        return None
    levels = {str(each.get("riskLevel")) for each in nodes(risk.get("assessments"))}
    worst = next((level for level in _LEVELS if level in levels), None)
    return {"recommendation": _lower(risk.get("recommendation")), "level": _lower(worst)}


def _strings(value: object) -> Iterator[str]:
    yield from (str(each) for each in value) if isinstance(value, Iterable) and not isinstance(value, str) else ()


def _lower(word: object) -> str | None:
    found = text(word)
    return found.lower() if found else None
