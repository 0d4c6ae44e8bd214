"""Which provider makes the return labels, chosen by the settings; and what the settings lack for it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from server.clock import Clock
from server.commerce.connectors.once import LOOKS_S, Ledger
from server.commerce.connectors.platform import Finding
from server.commerce.labels import parcels
from server.commerce.labels.easypost import EasyPost
from server.commerce.labels.embedded import Slips
from server.commerce.labels.labels import Labels
from server.commerce.labels.shippo import Shippo
from server.errors import SettingsError
from server.settings import LabelsSettings

_SELLERS: Final[Mapping[str, type[EasyPost] | type[Shippo]]] = {"easypost": EasyPost, "shippo": Shippo}
PROVIDERS: Final = ("embedded", *_SELLERS)


def labels_for(
    settings: LabelsSettings,
    shop_name: str,
    clock: Clock,
    ledger: Ledger,
    slip_url: Callable[[str, str], str],
    looks_s: Sequence[float] = LOOKS_S,
) -> Labels:
    """Whoever the settings name. `slip_url(order_id, rma)` says where our own slip of a return stands.

    Raises SettingsError for a provider that is unknown, has no key, or could not weigh and measure a parcel."""
    if settings.provider == "embedded":
        return Slips(slip_url)
    problem = _problem(settings)
    if problem is not None:
        raise SettingsError(problem)
    return _SELLERS[settings.provider](settings, shop_name, clock, ledger, looks_s)


def examine(settings: LabelsSettings, shop_name: str = "") -> list[Finding]:
    """What is missing for return labels, in the words of the settings. Asks nobody."""
    missing = ", ".join(f"labels.{field}" for field, _ in parcels.missing_in(parcels.shop_address(settings, shop_name)))
    if settings.provider == "embedded":
        return [_about_slips(missing)]
    problem = _problem(settings)
    findings = [Finding("mend", problem)] if problem else []
    if missing:
        findings.append(Finding("mend", f"no label can be bought without the return address: set {missing}"))
    if not settings.phone:
        findings.append(Finding("warn", "labels.phone is empty: some carriers sell no label without it"))
    return findings or [Finding("ok", f"return labels are bought from {settings.provider}")]


def _about_slips(missing: str) -> Finding:
    if missing:
        return Finding("warn", f"return slips are printed without the address that returns go to: set {missing}")
    return Finding("ok", "return slips are printed, without postage")


def _problem(settings: LabelsSettings) -> str | None:
    if settings.provider not in PROVIDERS:
        return f"labels.provider: {settings.provider!r} is unknown; write {', '.join(PROVIDERS)}"
    if not settings.api_key:
        return f"labels.api_key: {settings.provider} needs one"
    if len(settings.parcel_cm) != 3 or min(settings.parcel_cm) < 1 or settings.parcel_grams < 1:
        return "labels.parcel_cm and labels.parcel_grams: write three sizes and a weight, each 1 or more"
    return None
