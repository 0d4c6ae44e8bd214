"""Keys: integers that grow with time inside, random text outside.

Time-ordered integers keep inserts at the end of each index (random text keys measured twice as dear, see docs/decisions).
"""

import itertools
import secrets
from datetime import datetime

from memory.times import to_ms

_EPOCH_MS = 1_577_836_800_000  # 2020-01-01
_INSTANCE = secrets.randbits(10)
_counter = itertools.count(secrets.randbits(12))
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(now: datetime) -> int:
    """A 63-bit key: 41 bits of milliseconds, 10 of the process, 12 of a counter."""
    ticks = max(0, to_ms(now) - _EPOCH_MS)
    return (ticks << 22) | (_INSTANCE << 12) | (next(_counter) & 0xFFF)


def public_text(raw: bytes) -> str:
    """Bytes as lower-case base 32 without look-alikes, for ids that people and URLs carry."""
    number = int.from_bytes(raw, "big")
    size = (len(raw) * 8 + 4) // 5
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(size)))


def new_public_id(prefix: str) -> str:
    """An unguessable public id (128 random bits)."""
    return f"{prefix}_{public_text(secrets.token_bytes(16))}"
