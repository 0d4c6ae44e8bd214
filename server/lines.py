"""What a command prints for other programs: one JSON value a line. Light, so that a command starts without what it does not need."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def dumped(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON on one line."""
    return msgspec.json.encode(value).decode()
