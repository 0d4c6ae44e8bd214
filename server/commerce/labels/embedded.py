"""The label of a shop without a provider: our own slip, which the shopper prints or shows. It costs nothing, carries no
postage, and no carrier is called; who pays the way back is the shop's agreement with its shopper.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from server.commerce.labels.labels import Ability, DropOff, Label, Pickup
from server.commerce.model import Address, LineQuantity, OrderSnapshot, Window
from server.errors import StoreRefused


class Slips:
    """Labels as pages of our own. `slip_url(order_id, rma)` says where the slip of a return stands."""

    name: str = "embedded"
    capabilities: frozenset[Ability] = frozenset({"label", "qr"})

    def __init__(self, slip_url: Callable[[str, str], str]) -> None:
        self._slip_url: Final = slip_url

    async def label(
        self, key: str, order: OrderSnapshot, rma: str, lines: Sequence[LineQuantity], at: datetime
    ) -> Label:
        """The slip's address; the same return always has the same."""
        return Label(self._slip_url(order.id, rma), id=rma)

    async def void(self, key: str, label: Label) -> bool:
        """Nothing was bought, so nothing is left to be paid; the slip of a closed return says that it is closed."""
        return True

    async def pickup_windows(self, order: OrderSnapshot, label: Label) -> tuple[Window, ...]:
        """None: no carrier is called."""
        return ()

    async def pickup(self, key: str, order: OrderSnapshot, rma: str, label: Label, window: Window) -> Pickup:
        """Raises StoreRefused: no carrier is called."""
        raise StoreRefused("a printed slip brings no carrier: set labels.provider for pickups")

    async def drop_off_points(self, address: Address, limit: int) -> tuple[DropOff, ...]:
        """None: nobody lists them."""
        return ()

    async def close(self) -> None:
        """There are no connections."""
