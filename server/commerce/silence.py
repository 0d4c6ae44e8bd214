"""How long silence is normal: learned from the gaps between scans, by carrier, service, lane and stage of the way.

The order model's defaults are the beginning. Every gap that is observed moves the limit towards what this carrier really
does here: to the upper quantile that all but two gaps in a hundred stay under. A default counts as much as fifty observed
gaps (some ten parcels), so that one stuck parcel moves nothing; it takes more gaps to call a parcel stalled sooner than
to wait longer, because a false alarm costs trust and an early one costs nothing that was promised. What an operator
states is never learned over. Only gaps that ended well count: one that ended with an exception or a return was no
normal silence. The limits of a process are refreshed from the counts now and then (`Limits`).
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from memory import silence
from memory.engines.base import Database, Tx
from memory.errors import StorageError
from server.clock import Clock
from server.commerce.business import full_days_passed
from server.commerce.derive import MOVING
from server.commerce.lanes import (
    DeriveConfig,
    Lane,
    Service,
    Stretch,
    default_limit,
    lane_of,
    plain,
    stall_limit,
    stretch,
)
from server.commerce.model import Direction, OrderSnapshot, Shipment, ShipmentStatus
from server.commerce.rows import WismoConfig
from server.commerce.scans import in_order, is_scan

_log = logging.getLogger("onethread.silence")

TOLERATED: Final = 0.02
"""The share of normal gaps that may be taken for a stall: a parcel has five to ten gaps, so one in ten is asked after."""

PRIOR_WEIGHT: Final = 50
"""How many observed gaps a default is worth."""

RAISES_AFTER: Final = 20
LOWERS_AFTER: Final = 100
"""So many gaps must have been seen before a limit may rise, or fall."""

MOST_TIMES_DEFAULT: Final = 3
"""However slow a carrier is, a parcel that was quiet for this many times the default is looked at."""

_LONGEST_DAYS: Final = 60
_REMEMBERED: Final = timedelta(days=180)
_BAD_ENDS: Final = frozenset(
    {ShipmentStatus.EXCEPTION, ShipmentStatus.RETURNING, ShipmentStatus.RETURNED, ShipmentStatus.DAMAGED}
)
_SERVICES: Final[tuple[Service, ...]] = ("express", "ground", "economy")
_LANES: Final[tuple[Lane, ...]] = ("domestic", "cross_border")


def learned(counts: Mapping[int, int], default: int) -> int:
    """After how many quiet business days a parcel is stalled, where `counts` are the gaps seen (days -> how often).

    The default is taken for a geometric law of gaps whose tolerated share lies exactly there, and is mixed with what was
    seen. Never below 1, never above three times the default; the default itself while too few gaps were seen."""
    default = max(1, default)
    seen = sum(counts.values())
    if seen < RAISES_AFTER:
        return default
    least = 1 if seen >= LOWERS_AFTER else default
    most = MOST_TIMES_DEFAULT * default
    tolerated = TOLERATED * (PRIOR_WEIGHT + seen) * (1 + 1e-9)
    return next((days for days in range(least, most) if _reaching(days, counts, default) <= tolerated), most)


def _reaching(days: int, counts: Mapping[int, int], default: int) -> float:
    """How many gaps, expected and seen, are as long as this."""
    expected = PRIOR_WEIGHT * math.pow(TOLERATED, days / default)
    return expected + sum(times for length, times in counts.items() if length >= days)


def gaps_of(order: OrderSnapshot, shipment: Shipment, cfg: DeriveConfig) -> dict[tuple[str, int], int]:
    """The gaps between the physical scans of a parcel: (stretch, business days of its carrier) -> how often."""
    if not plain(shipment.carrier) or shipment.direction is not Direction.FORWARD:
        return {}
    lane, calendar = lane_of(order, shipment, cfg), cfg.calendar_of(shipment.carrier)
    found: Counter[tuple[str, int]] = Counter()
    for first, second in pairwise(event for event in in_order(shipment.events) if is_scan(event)):
        if first.code in MOVING and second.code not in _BAD_ENDS:
            days = full_days_passed(first.at, second.at, order.tz, calendar)
            key = stretch(shipment.carrier, shipment.service, lane, first.code).key
            found[key, min(days, _LONGEST_DAYS)] += 1
    return dict(found)


async def observe(tx: Tx, order: OrderSnapshot, now: datetime, cfg: DeriveConfig) -> int:
    """Learn from the parcels of an order as they are known now; how many told something new.

    May be called as often as one likes and with scans in any order: a parcel's share is replaced, not added to."""
    changed = 0
    for shipment in order.shipments:
        name = shipment.tracking_number or f"{order.id}/{shipment.id}"
        changed += await silence.count(tx, name, gaps_of(order, shipment, cfg), now)
    return changed


def with_learned(cfg: DeriveConfig, counted: Mapping[str, Mapping[int, int]]) -> DeriveConfig:
    """The configuration with a limit for every stretch about which enough is known and nobody has stated one."""
    limits: dict[str, int] = {}
    for key, counts in counted.items():
        part = _stretch_of(key)
        if part is not None and not _is_stated(part, cfg):
            limits[key] = learned(counts, default_limit(part, cfg))
    return replace(cfg, stalled_after={**limits, **cfg.stalled_after})


def _is_stated(part: Stretch, cfg: DeriveConfig) -> bool:
    """Whether an operator's key speaks of it: then changing every default changes nothing."""
    other = replace(cfg, express_days=-1, ground_days=-1, economy_days=-1, cross_border_days=-1, customs_days=-1)
    return stall_limit(part, other) != -1


def _stretch_of(key: str) -> Stretch | None:
    """The stretch that a stored key names; None for one that nobody can name any more."""
    carrier, *others = key.rsplit("/", 3)
    service = next((each for each in _SERVICES if others[:1] == [each]), None)
    lane = next((each for each in _LANES if others[1:2] == [each]), None)
    stage = next((each for each in MOVING if others[2:] == [each.value]), None)
    return Stretch(carrier, service, lane, stage) if service and lane and stage else None


class Limits:
    """The shop's limits as they are now: what is configured, and beside it what was learned."""

    def __init__(self, wismo: WismoConfig | None = None) -> None:
        self._stated = wismo or WismoConfig()
        self._wismo = self._stated

    @property
    def wismo(self) -> WismoConfig:
        """What `decide` is to be given."""
        return self._wismo

    @property
    def derive(self) -> DeriveConfig:
        """What `derive` is to be given."""
        return self._wismo.derive

    def configure(self, wismo: WismoConfig) -> None:
        """Begin with these limits; what was learned is taken into account with the next refresh."""
        self._stated = self._wismo = wismo

    def learn(self, counted: Mapping[str, Mapping[int, int]]) -> None:
        """Take these gaps into account, and only these."""
        self._wismo = replace(self._stated, derive=with_learned(self._stated.derive, counted))

    async def refresh(self, database: Database) -> None:
        """Read the counted gaps. Raises StorageError."""
        self.learn(await database.read(silence.counted))

    async def look(self, database: Database, clock: Clock) -> None:
        """Forget parcels that nobody has heard of for half a year, then refresh. Raises StorageError."""
        before = clock.now() - _REMEMBERED
        if gone := await database.write(lambda tx: silence.forget(tx, before)):
            _log.info("parcels forgotten", extra={"count": gone})
        await self.refresh(database)

    async def run(self, database: Database, clock: Clock, every_s: float = 600.0) -> None:
        """Look for ever, every ten minutes."""
        while True:
            with suppress(StorageError):  # the limits of a moment ago still hold
                await self.look(database, clock)
            await asyncio.sleep(every_s)
