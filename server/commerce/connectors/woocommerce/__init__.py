"""WooCommerce: orders, customers and products over its REST API v3, and its webhooks."""
