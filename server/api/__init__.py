"""The programmable surface: REST for now."""
