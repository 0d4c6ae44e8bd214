"""How often a sign-in failed, by key, within a window of time. In memory: a restart forgives."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

_KEPT: Final = 20_000


class Attempts:
    """At most `limit` failures of one key within `window`, counted from its first one."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self._limit = limit
        self._window = window
        self._failed: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def wait_s(self, key: str, now: datetime) -> float:
        """Seconds until this key may try again; 0 when it may now."""
        first, count = self._failed.get(key, (now, 0))
        left = (first + self._window - now).total_seconds()
        return left if count >= self._limit and left > 0 else 0.0

    def begin(self, key: str, now: datetime) -> None:
        """Count a try as failed until `succeed` says otherwise, so that many tries at once do not slip through."""
        first, count = self._failed.pop(key, (now, 0))
        if now - first >= self._window:
            first, count = now, 0
        self._failed[key] = (first, count + 1)
        if len(self._failed) > _KEPT:
            self._failed.popitem(last=False)

    def succeed(self, key: str) -> None:
        """The try that `begin` counted was right."""
        first, count = self._failed.get(key, (None, 0))
        if first is None or count <= 1:
            self._failed.pop(key, None)
        else:
            self._failed[key] = (first, count - 1)
