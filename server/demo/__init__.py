"""The demo shop: its seed, its page and the carrier simulator."""
