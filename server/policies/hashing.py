"""Names a decision's inputs by their content, the same in every process and on every day."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec


def digest(*values: object) -> str:
    """SHA-256 over plain values, dataclasses, mappings, sequences and sets, in hexadecimal. Raises TypeError for others."""
    return hashlib.sha256(msgspec.json.encode(values, enc_hook=_plain, order="deterministic")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no content to name")
