"""Reads events: metrics, patterns, promises. Owns no decision of the main path."""
