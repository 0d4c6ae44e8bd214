"""A shop on Shopify: its Admin GraphQL API and its webhooks."""
