"""Short-lived signed texts for links and hidden fields: what they say anybody may read, nobody may change.

Times come from the injected clock. Each purpose has a salt of its own, so that a text made for one opens nothing else.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from typing_extensions import override

from server.clock import Clock

_LONGEST = 4096


class Seal:
    """Signs with the newest key, opens with any of `keys`."""

    def __init__(self, keys: Sequence[str], clock: Clock, salt: str) -> None:
        class Signer(TimestampSigner):
            @override
            def get_timestamp(self) -> int:
                return int(clock.now().timestamp())

        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._clock = clock
        self._serializer = URLSafeTimedSerializer(list(keys), salt=salt, signer=Signer, signer_kwargs=options)

    def seal(self, body: dict[str, Any]) -> str:
        """The text for a body."""
        return str(self._serializer.dumps(body))

    def opened(self, text: object, max_age_s: int) -> dict[str, Any] | None:
        """The body of a genuine text, with its age in seconds as `age`; None for any other, and for one that is too old."""
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            return None
        try:
            body, made = self._serializer.loads(text, max_age=max_age_s, return_timestamp=True)
        except BadData:
            return None
        return {**body, "age": self._clock.now().timestamp() - made.timestamp()} if isinstance(body, dict) else None
