"""Who this installation is connected to: the shop platform and its webhooks, carriers, the warehouse, the payment provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.commerce.carriers.update import CarrierHooks, CarrierReads
from server.commerce.connectors.platform import Hooks, Platform


@dataclass(frozen=True, slots=True)
class Connections:
    """The other parties. `orders` and `carriers` are by the last part of their webhook's path.

    `notices` are the secrets of `warehouse` and `payments`."""

    platform: Platform | None = None
    orders: Mapping[str, Hooks] = field(default_factory=dict)
    carriers: Mapping[str, CarrierHooks] = field(default_factory=dict)
    notices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reads: Sequence[CarrierReads] = ()

    async def close(self) -> None:
        """Let go of every connection."""
        for each in (self.platform, *self.reads):
            if each is not None:
                await each.close()
