"""The `X-Signature` header of our own contracts: calls to a shop's REST interface, and webhooks of those who speak it to us.

`t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 over time, method, path with its query as sent, and raw body, joined
by dots. Several v1 may stand in one header while a secret is being changed. It knows neither who calls nor what is said.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

HEADER: Final = "X-Signature"
TOLERANCE: Final = timedelta(seconds=300)
_LONGEST: Final = 2_000
_TIME: Final = re.compile(r"[0-9]{1,12}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def sign(secret: str, method: str, path: str, body: bytes, at: datetime) -> str:
    """The value of the header. `path` is the raw path with its query, as it stands in the request line."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_digest(secret, stamp, method, path, body)}"


def is_signed(secrets: Sequence[str], header: str | None, method: str, path: str, body: bytes, now: datetime) -> bool:
    """Whether one of our secrets made one of the header's signatures within the tolerance. Without secrets: never."""
    stamp, given = _parts(header or "")
    if stamp is None or abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return False
    expected = [_digest(secret, stamp, method, path, body) for secret in secrets if secret]
    matches = [hmac.compare_digest(each, one) for each in expected for one in given]
    return any(matches)


def _digest(secret: str, stamp: str, method: str, path: str, body: bytes) -> str:
    text = f"{stamp}.{method.upper()}.{path}.".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def _parts(header: str) -> tuple[str | None, list[str]]:
    """The one time and the signatures of a header; no time when it is not of this form."""
    pairs = [part.strip().partition("=") for part in header.split(",")] if len(header) <= _LONGEST else []
    stamps = [value for name, _, value in pairs if name == "t"]
    given = [value.lower() for name, _, value in pairs if name == "v1"]
    if len(stamps) != 1 or not _TIME.fullmatch(stamps[0]):
        return None, []
    return stamps[0], [each for each in given if _DIGEST.fullmatch(each)]
