"""The signature of Meta's webhooks: `X-Hub-Signature-256: sha256=<hex>`, HMAC-SHA256 of the raw body under the app's secret.

It is made over the bytes that came. A body that was read and written again has other escapes, and does not fit any more.
Source: Meta, Graph API, "Webhooks: validating payloads".
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

HEADER: Final = "X-Hub-Signature-256"
_VALUE: Final = re.compile(r"sha256=([0-9a-fA-F]{64})")


def sign(secret: str, body: bytes) -> str:
    """The value of the header."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def is_signed(secrets: Sequence[str], body: bytes, signature: str) -> bool:
    """Whether one of these secrets made the header's value for exactly this body. Without a secret, or a header: never."""
    if not _VALUE.fullmatch(signature):
        return False
    matches = [hmac.compare_digest(sign(secret, body), signature.lower()) for secret in secrets if secret]
    return any(matches)


def is_token(expected: str, given: str) -> bool:
    """Whether this is the token that was agreed for verifying the webhook; an empty one never is."""
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
