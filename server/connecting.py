"""Connects this installation with whom its settings name: one shop platform, carriers, the warehouse, the payment provider.

The only place that knows every connector by name; one that is not named is not loaded. What has no secret is not connected:
its route does not exist.
"""

from collections.abc import Mapping

from server.clock import Clock
from server.commerce.carriers.registry import hooks_for, reads_for
from server.commerce.connectors.once import Ledger
from server.commerce.connectors.platform import AttachesLabels, Hooks, Platform
from server.connections import Connections
from server.errors import SettingsError
from server.settings import CarrierSettings, Settings

CARRIERS: Mapping[str, str] = {
    "easypost": "easypost",
    "aftership": "aftership",
    "shippo": "shippo",
    "17track": "seventeen_track",
    "clickpost": "clickpost",
    "generic": "generic",
}
"""Name in URLs and settings -> field of CarriersSettings."""


def connections(settings: Settings, clock: Clock, ledger: Ledger) -> Connections:
    """Everybody whom the settings name. Raises SettingsError."""
    platform = platform_of(settings, clock, ledger)
    return Connections(
        platform=platform,
        attaches=_attaching(platform),
        orders=order_hooks(settings),
        carriers={name: hooks_for(name, (each.secret,), each) for name, each in carriers(settings) if each.secret},
        notices={name: (secret,) for name, secret in notice_secrets(settings).items() if secret},
        reads=[reads for name, each in carriers(settings) if (reads := reads_for(name, each, clock)) is not None],
    )


def platform_of(settings: Settings, clock: Clock, ledger: Ledger) -> Platform | None:
    """The shop platform that the settings name; None = the embedded store. Raises SettingsError when they name several."""
    named = [name for name, is_set in _named(settings).items() if is_set]
    if len(named) > 1:
        raise SettingsError(f"{' and '.join(named)} are both set: one installation serves one shop, keep one")
    if settings.shopify.shop:
        from server.commerce.connectors.shopify.platform import ShopifyPlatform

        return ShopifyPlatform(settings.shopify, clock, ledger)
    if settings.woocommerce.url:
        from server.commerce.connectors.woocommerce.platform import WooCommercePlatform

        return WooCommercePlatform(settings.woocommerce, clock, ledger)
    if settings.rest.url:
        from server.commerce.connectors.rest.platform import RestPlatform

        return RestPlatform(settings.rest, clock, ledger)
    return None


def _attaching(platform: object) -> AttachesLabels | None:
    return platform if isinstance(platform, AttachesLabels) else None


def _named(settings: Settings) -> Mapping[str, bool]:
    return {
        "shopify.shop": bool(settings.shopify.shop),
        "woocommerce.url": bool(settings.woocommerce.url),
        "rest.url": bool(settings.rest.url),
    }


def order_hooks(settings: Settings) -> dict[str, Hooks]:
    """A shop's webhooks are taken from the shop that is connected; the generic ones from anybody with the secret."""
    found: dict[str, Hooks] = {}
    if settings.shopify.shop and settings.shopify.secret:
        from server.commerce.connectors.shopify.hooks import ShopifyHooks

        found["shopify"] = ShopifyHooks((settings.shopify.secret,), settings.shopify.shop)
    woo_secret = settings.woocommerce.webhook_secret or settings.woocommerce.secret
    if settings.woocommerce.url and woo_secret:
        from server.commerce.connectors.woocommerce.hooks import WooHooks

        found["woocommerce"] = WooHooks((woo_secret,))
    if settings.rest.secret:
        from server.commerce.connectors.rest.hooks import RestHooks

        found["generic"] = RestHooks((settings.rest.secret,))
    return found


def notice_secrets(settings: Settings) -> Mapping[str, str]:
    """What signs the warehouse's and the payment provider's messages; empty = not connected."""
    return {
        "warehouse": settings.warehouse.secret or settings.rest.secret,
        "payments": settings.payments.secret or settings.rest.secret,
    }


def carriers(settings: Settings) -> list[tuple[str, CarrierSettings]]:
    """(name, settings) of every provider of tracking events, connected or not."""
    return [(name, getattr(settings.carriers, field)) for name, field in CARRIERS.items()]
