"""Orders in WooCommerce's own JSON, for tests of how they are read."""

from typing import Any

from server.commerce.connectors.woocommerce.reading import order_document
from server.commerce.connectors.woocommerce.statuses import Rules, status_map
from server.commerce.documents import decode_order
from server.commerce.model import OrderSnapshot
from server.commerce.parse import snapshot
from tests.server.commerce.orders import NOW

Raw = dict[str, Any]
KEY = "wc_order_7Hq2secret"


def an_item(**changes: Any) -> Raw:
    """Three scarves, discounted, taxed."""
    return {
        "id": 12,
        "name": "Scarf",
        "product_id": 93,
        "variation_id": 94,
        "quantity": 3,
        "subtotal": "59.97",
        "subtotal_tax": "4.95",
        "total": "54.26",
        "total_tax": "4.48",
        "taxes": [{"id": 3, "total": "4.48", "subtotal": "4.95"}],
        "sku": "SCARF-RED",
        "price": 18.086666666666666,
        "meta_data": [
            {"id": 1, "key": "pa_colour", "value": "red", "display_key": "Colour", "display_value": "<p>Red</p>"},
            {"id": 2, "key": "_reduced_stock", "value": "3"},
        ],
        **changes,
    }


def a_woo_order(**changes: Any) -> Raw:
    """Paid and in processing, of a guest in Portland."""
    return {
        "id": 727,
        "parent_id": 0,
        "number": "727",
        "order_key": KEY,
        "created_via": "checkout",
        "status": "processing",
        "currency": "USD",
        "prices_include_tax": False,
        "date_created": "2026-11-18T01:12:44",
        "date_created_gmt": "2026-11-18T09:12:44",
        "date_modified_gmt": "2026-11-20T16:01:02",
        "date_paid_gmt": "2026-11-18T09:13:00",
        "date_completed_gmt": None,
        "discount_total": "5.71",
        "discount_tax": "0.47",
        "shipping_total": "5.51",
        "shipping_tax": "0.36",
        "total": "64.61",
        "total_tax": "4.84",
        "customer_id": 0,
        "customer_note": "Ring twice",
        "billing": {
            "first_name": "Dana",
            "last_name": "Reed",
            "email": "dana@example.com",
            "phone": "(503) 555-0142",
            "postcode": "97201",
            "country": "US",
        },
        "shipping": {
            "first_name": "Dana",
            "last_name": "Reed",
            "company": "",
            "address_1": "1 Elm St",
            "address_2": "",
            "city": "Portland",
            "state": "OR",
            "postcode": "97201",
            "country": "US",
        },
        "payment_method": "stripe",
        "payment_method_title": "Card",
        "transaction_id": "ch_1",
        "line_items": [an_item()],
        "shipping_lines": [
            {"id": 14, "total": "5.51", "total_tax": "0.36", "taxes": [{"id": 3, "total": "0.36"}], "meta_data": []}
        ],
        "fee_lines": [],
        "refunds": [],
        "payment_url": f"https://shop.example/checkout/order-pay/727/?pay_for_order=true&key={KEY}",
        "needs_payment": False,
        "needs_processing": True,
        "meta_data": [],
        **changes,
    }


def a_fulfilment(**changes: Any) -> Raw:
    """Two of the scarves, sent by USPS."""
    meta = {
        "_tracking_number": "9400100000000000000006",
        "_shipping_provider": "usps",
        "_date_fulfilled": "2026-11-20 16:00:00",
        "_items": [{"item_id": 12, "qty": 2}],
        **changes.pop("meta", {}),
    }
    entries = [{"id": index, "key": key, "value": value} for index, (key, value) in enumerate(meta.items())]
    return {"id": 5, "entity_id": "727", "status": "fulfilled", "is_fulfilled": True, "meta_data": entries, **changes}


def a_refund(**changes: Any) -> Raw:
    """One scarf, by the gateway."""
    return {
        "id": 731,
        "date_created": "2026-11-19T02:00:00",
        "date_created_gmt": "2026-11-19T10:00:00",
        "amount": "19.58",
        "reason": "too small",
        "refunded_payment": True,
        "meta_data": [],
        "line_items": [
            {"id": 88, "quantity": -1, "total": "-18.09", "meta_data": [{"key": "_refunded_item_id", "value": "12"}]}
        ],
        "shipping_lines": [],
        **changes,
    }


def meta(**values: Any) -> list[Raw]:
    """Meta data with these entries."""
    return [{"id": index, "key": key, "value": value} for index, (key, value) in enumerate(values.items())]


def rules(*status_words: str, on_hold: str = "payment", tracking: tuple[str, ...] = ()) -> Rules:
    """The habits of a shop."""
    return Rules(status_map(status_words), on_hold, tracking)


def document(
    order: Raw, *, refunds: list[Raw] | None = None, fulfilments: list[Raw] | None = None, by: Rules | None = None
) -> Raw:
    """The order in our format."""
    found = order_document(order, refunds or [], fulfilments or [], by or rules())
    assert found is not None
    return found


def read(order: Raw, **parts: Any) -> OrderSnapshot:
    """The order as everybody else sees it: checked and parsed."""
    return snapshot(decode_order(document(order, **parts))[0], as_of=NOW, source="woocommerce")
