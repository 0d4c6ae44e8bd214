"""Whole conversations on each channel, over its own protocol, through the real application."""
