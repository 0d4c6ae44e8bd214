"""How many business days passed between two scans of a parcel: counts by stretch of the way, and each parcel's share.

A parcel's share is kept whole and replaced, never added to: scans that come late, twice or in another order change the
counts to what they would have been at once. What a stretch is, and what the counts mean, is no concern of this room.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from memory.engines.base import Tx
from memory.times import to_ms

Gaps: TypeAlias = Mapping[tuple[str, int], int]
"""(stretch, days) -> how often."""

_SHARE = "SELECT counted FROM parcel_gaps WHERE parcel = ?"
_KEEP = """INSERT INTO parcel_gaps (parcel, counted, at) VALUES (?, ?, ?)
    ON CONFLICT (parcel) DO UPDATE SET counted = excluded.counted, at = excluded.at"""
_ADD = """INSERT INTO scan_gaps (stretch, days, times) VALUES (?, ?, ?)
    ON CONFLICT (stretch, days) DO UPDATE SET times = scan_gaps.times + excluded.times"""
_FORGOTTEN = "SELECT parcel, counted FROM parcel_gaps WHERE at < ? ORDER BY at LIMIT ?"


async def count(tx: Tx, parcel: str, gaps: Gaps, now: datetime) -> bool:
    """These are all the gaps of this parcel so far; False when nothing has changed since the last look."""
    if not gaps and await tx.one(_SHARE, (parcel,)) is None:
        return False
    await tx.run(
        "INSERT INTO parcel_gaps (parcel, counted, at) VALUES (?, '[]', ?) ON CONFLICT DO NOTHING", (parcel, 0)
    )
    row = await tx.one(f"{_SHARE}{tx.for_update}", (parcel,))
    before = _read(row["counted"]) if row else {}
    if before == dict(gaps):
        return False
    await tx.run(_KEEP, (parcel, _written(gaps), to_ms(now)))
    await _add(tx, {key: gaps.get(key, 0) - before.get(key, 0) for key in {*gaps, *before}})
    return True


async def counted(tx: Tx) -> dict[str, dict[int, int]]:
    """Stretch -> business days -> how often."""
    found: dict[str, dict[int, int]] = {}
    for row in await tx.all("SELECT stretch, days, times FROM scan_gaps WHERE times > 0"):
        found.setdefault(row["stretch"], {})[row["days"]] = row["times"]
    return found


async def forget(tx: Tx, before: datetime, limit: int = 500) -> int:
    """Take out the shares of parcels that did not change since `before`, at most `limit` of them; how many."""
    rows = await tx.all(_FORGOTTEN, (to_ms(before), limit))
    gone: dict[tuple[str, int], int] = {}
    for row in rows:
        if not await tx.run(
            "DELETE FROM parcel_gaps WHERE parcel = ? AND counted = ?", (row["parcel"], row["counted"])
        ):
            continue  # somebody else was first
        for key, times in _read(row["counted"]).items():
            gone[key] = gone.get(key, 0) - times
    await _add(tx, gone)
    await tx.run("DELETE FROM scan_gaps WHERE times <= 0")
    return len(rows)


async def _add(tx: Tx, changes: Gaps) -> None:
    """Always in the same order, so that two writers never wait for each other."""
    rows = [(stretch, days, times) for (stretch, days), times in sorted(changes.items()) if times]
    if rows:
        await tx.many(_ADD, rows)


def _read(text: str) -> dict[tuple[str, int], int]:
    return {
        (stretch, days): times for stretch, days, times in msgspec.json.decode(text, type=list[tuple[str, int, int]])
    }


def _written(gaps: Gaps) -> str:
    rows = sorted((stretch, days, times) for (stretch, days), times in gaps.items())
    return msgspec.json.encode(rows).decode()
