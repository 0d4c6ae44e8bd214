"""Who this installation is connected to: the shop platform and its webhooks, carriers, the warehouse, the payment provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from server.commerce.carriers.update import CarrierHooks, CarrierReads
from server.commerce.connectors.platform import AttachesLabels, Hooks, Platform
from server.settings import Settings


def is_connected(settings: Settings) -> bool:
    """Whether the settings name anybody at all."""
    carriers = [getattr(settings.carriers, each.name) for each in fields(settings.carriers)]
    return any(
        (
            settings.shopify.shop,
            settings.woocommerce.url,
            settings.rest.url or settings.rest.secret,
            settings.warehouse.secret,
            settings.payments.secret,
            *(each.secret or each.api_key for each in carriers),
        )
    )


@dataclass(frozen=True, slots=True)
class Connections:
    """The other parties. `attaches` is the platform, if it shows labels to the shop's people.

    `orders` and `carriers` are by the last part of their webhook's path, `notices` are the secrets of `warehouse` and `payments`."""

    platform: Platform | None = None
    attaches: AttachesLabels | None = None
    orders: Mapping[str, Hooks] = field(default_factory=dict)
    carriers: Mapping[str, CarrierHooks] = field(default_factory=dict)
    notices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reads: Sequence[CarrierReads] = ()

    async def close(self) -> None:
        """Let go of every connection."""
        for each in (self.platform, *self.reads):
            if each is not None:
                await each.close()
