"""A product of Shopify's, as its API shows it."""

from typing import Any


def a_variant(**changes: Any) -> dict[str, Any]:
    """A red scarf."""
    return {
        "id": "gid://shopify/ProductVariant/501",
        "sku": "SCARF-RED",
        "title": "Red",
        "price": "25.00",
        "compareAtPrice": None,
        "inventoryQuantity": 3,
        "availableForSale": True,
        "inventoryItem": {"tracked": True},
        "selectedOptions": [{"name": "Colour", "value": "Red"}],
        "product": {"id": "gid://shopify/Product/p1"},
        **changes,
    }


def a_product(**changes: Any) -> dict[str, Any]:
    """A scarf."""
    return {
        "id": "gid://shopify/Product/p1",
        "title": "Scarf",
        "descriptionHtml": "<p>Warm.</p>",
        "productType": "Scarves",
        "vendor": "",
        "tags": ["winter"],
        "updatedAt": "2026-11-20T12:00:00Z",
        "status": "ACTIVE",
        "handle": "scarf",
        "onlineStoreUrl": "https://shop.test/scarf",
        "featuredMedia": {"preview": {"image": {"url": "https://cdn.test/scarf.jpg"}}},
        "collections": [{"title": "New"}],
        "options": [{"name": "Colour", "values": ["Red"]}],
        "variants": [a_variant()],
        "metafields": [],
        **changes,
    }
