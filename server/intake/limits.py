"""How much, how fast: token buckets and counts, all in memory of one process.

They protect a process, not a promise: losing them at a restart harms nobody. Times come from the event loop.
"""

from collections import OrderedDict
from typing import Final

_KEPT: Final = 20_000


class Bucket:
    """`burst` at once, refilled at `rate` a second; a rate of 0 means no limit."""

    __slots__ = ("_burst", "_level", "_rate", "_stamp")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._stamp = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is within the limit; `now` in seconds of a steady clock."""
        if self._rate <= 0:
            return True
        if self._stamp:
            self._level = min(self._burst, self._level + (now - self._stamp) * self._rate)
        self._stamp = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def wait_s(self) -> float:
        """Seconds until the next one is within the limit."""
        return max(0.0, (1 - self._level) / self._rate) if self._rate > 0 else 0.0


class Buckets:
    """A bucket for each key; those not used for longest are forgotten."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._by_key: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, key: str) -> Bucket:
        """The bucket of this key."""
        bucket = self._by_key.pop(key, None) or Bucket(self._rate, self._burst)
        self._by_key[key] = bucket
        if len(self._by_key) > _KEPT:
            self._by_key.popitem(last=False)
        return bucket
