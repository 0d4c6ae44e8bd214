"""A stored order together with what carriers, the warehouse and the payment provider told about it, and the parsed form.

The order's own document and what was told are kept apart: a fresh read of the shop replaces the one and never the other.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from memory import parcels
from memory.engines.base import Tx
from memory.orders import StoredOrder
from memory.parcels import NOTHING, Told
from server.commerce.feeds import overlaid
from server.commerce.model import OrderSnapshot
from server.commerce.notices import with_notices


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored order with what carriers, the warehouse and the payment provider told about it."""

    stored: StoredOrder
    told: Told

    @property
    def version(self) -> tuple[int, int]:
        """Grows with every change of either."""
        return self.stored.version, self.told.version

    def document(self, shop_tz: str) -> Mapping[str, Any]:
        """The order as it stands with all that was told."""
        document: Mapping[str, Any] = self.stored.document
        if self.told.notices:
            document = with_notices(document, self.told.notices)
        read_at = {number: parcel.read_at for number, parcel in self.told.parcels.items()}
        feeds = {number: parcel.document for number, parcel in self.told.parcels.items() if parcel.document}
        return overlaid(document, feeds, read_at, shop_tz)


async def with_told(tx: Tx, found: Iterable[StoredOrder | None]) -> list[Kept]:
    """Stored orders with what was told about them."""
    there = [stored for stored in found if stored is not None]
    told = await parcels.told(tx, [stored.id for stored in there])
    return [Kept(stored, told.get(stored.id, NOTHING)) for stored in there]


class Snapshots:
    """The latest parsed orders by id and version: parsing is the dear part of a read."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, tuple[tuple[int, int], OrderSnapshot]] = OrderedDict()

    def get(self, kept: Kept) -> OrderSnapshot | None:
        """The parsed order, if exactly this version is kept."""
        found = self._kept.get(kept.stored.id)
        if found is None or found[0] != kept.version:
            return None
        self._kept.move_to_end(kept.stored.id)
        return found[1]

    def keep(self, kept: Kept, parsed: OrderSnapshot) -> None:
        """Remember one; the one that was not asked for longest goes."""
        self._kept[kept.stored.id] = (kept.version, parsed)
        self._kept.move_to_end(kept.stored.id)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
