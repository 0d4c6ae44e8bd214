"""The providers by the names that settings use: their webhooks, and their polling where there is a key for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from server.clock import Clock
from server.commerce.carriers.aftership import AfterShipHooks
from server.commerce.carriers.clickpost import ClickPostHooks
from server.commerce.carriers.easypost import EasyPostHooks
from server.commerce.carriers.generic import GenericHooks
from server.commerce.carriers.reads import (
    AfterShipReads,
    ClickPostReads,
    EasyPostReads,
    SeventeenTrackReads,
    ShippoReads,
)
from server.commerce.carriers.seventeen_track import SeventeenTrackHooks
from server.commerce.carriers.shippo import ShippoHooks
from server.commerce.carriers.update import CarrierHooks, CarrierReads
from server.settings import CarrierSettings, ClickPostSettings

_HOOKS: Final[Mapping[str, Callable[[Sequence[str]], CarrierHooks]]] = {
    "easypost": EasyPostHooks,
    "aftership": AfterShipHooks,
    "shippo": ShippoHooks,
    "17track": SeventeenTrackHooks,
    "clickpost": ClickPostHooks,
    "generic": GenericHooks,
}
_READS: Final[Mapping[str, Callable[[CarrierSettings, Clock], CarrierReads]]] = {
    "easypost": EasyPostReads,
    "aftership": AfterShipReads,
    "shippo": ShippoReads,
    "17track": SeventeenTrackReads,
    "clickpost": ClickPostReads,
}

PROVIDERS: Final = tuple(_HOOKS)
"""Every provider that may send us webhooks."""


def hooks_for(name: str, secrets: Sequence[str], settings: CarrierSettings) -> CarrierHooks:
    """The webhook side of a provider. Raises KeyError for a name that is none of PROVIDERS."""
    if name == "clickpost" and isinstance(settings, ClickPostSettings):
        return ClickPostHooks(secrets, settings.tz)
    return _HOOKS[name](secrets)


def reads_for(name: str, settings: CarrierSettings, clock: Clock) -> CarrierReads | None:
    """The polling side of a provider; None without a key, and for a provider that cannot be asked."""
    make = _READS.get(name)
    return make(settings, clock) if make is not None and settings.api_key else None
