"""How providers sign: checks over the raw body, in constant time, that fail closed.

Each check takes all secrets that hold now, so that they can be rotated. No secret, no header or a broken one means:
not signed. Bodies, secrets and signatures are never logged.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

TOLERANCE_S: Final = 300
"""How old or how early a signed time may be."""


def is_one_of(given: str | None, expected: Iterable[str]) -> bool:
    """Whether the header equals one of what we expect; every candidate is compared."""
    if not given:
        return False
    seen = given.strip().encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(seen, each.encode()) for each in expected]
    return any(matches)


def hmac_hex(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 in lower-case hex."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def given_secrets(secrets: Sequence[str]) -> tuple[str, ...]:
    """The secrets that are set: an empty one would let anybody sign."""
    return tuple(secret for secret in secrets if secret)


def is_timestamped(header: str | None, now: datetime, secrets: Sequence[str], signed: Callable[[str], bytes]) -> bool:
    """A header `t=<unix seconds>,v1=<hex>` over `signed(t)`, not older or younger than five minutes."""
    fields = [field.partition("=") for field in (header or "").split(",")]
    times = [value.strip() for name, _, value in fields if name.strip() == "t"]
    given = [value.strip().lower() for name, _, value in fields if name.strip() == "v1"]
    if len(times) != 1 or not is_fresh(times[0], now):
        return False
    expected = [hmac_hex(secret, signed(times[0])) for secret in secrets]
    return any([is_one_of(each, expected) for each in given])  # noqa: C419 - every signature is compared


def is_fresh(seconds: str, now: datetime) -> bool:
    """Whether the signed time is a number near `now`."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        return False
    return abs(now.timestamp() - int(seconds)) <= TOLERANCE_S


def digest(body: bytes) -> str:
    """The key of a message that has no id of its own."""
    return hashlib.sha256(body).hexdigest()
