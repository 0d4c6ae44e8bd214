"""The settings of the parties that an installation is connected to: shop, carriers, warehouse, payments, labels.

Each is declared once with its default and what it does, as all settings are; `settings` reads them.
"""

from dataclasses import dataclass, field
from typing import Any


def doc(default: Any, text: str) -> Any:
    """A field with its default and its one-line description (docs/settings.md is made from these)."""
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata={"doc": text})
    return field(default=default, metadata={"doc": text})


@dataclass(frozen=True, slots=True)
class ShopifySettings:
    """A shop on Shopify. Three lines connect it: `shop`, `token` (or `client_id`) and `secret`."""

    shop: str = doc("", "`name.myshopify.com`; set = orders are read from Shopify")
    token: str = doc("", "Admin API access token of a custom app; empty = asked for with client_id and secret")
    client_id: str = doc("", "client id of an app in the same organisation (client credentials)")
    secret: str = doc("", "the app's client secret: signs webhooks, and fetches tokens with client_id")
    api_version: str = doc("2026-07", "Admin API version, one of 2026-01, 2026-04, 2026-07, 2026-10")
    api_url: str = doc("", "another base URL in place of https://SHOP, for tests on loopback")


@dataclass(frozen=True, slots=True)
class WooCommerceSettings:
    """A shop on WooCommerce. Three lines connect it: `url`, `key` and `secret`."""

    url: str = doc("", "address of the WordPress site; set = orders are read from WooCommerce")
    key: str = doc("", "consumer key, `ck_...`, with permission read_write")
    secret: str = doc("", "consumer secret, `cs_...`")
    webhook_secret: str = doc("", "what signs webhooks; empty = the consumer secret, as WooCommerce itself does")
    rest_route_style: str = doc("pretty", "`pretty`, or `query` for hosts without permalinks (/?rest_route=)")
    keys_in_query: bool = doc(False, "send key and secret in the URL, for hosts that strip the Authorization header")
    allow_private: bool = doc(False, "allow a private address, for a shop in your own network")
    status_map: tuple[str, ...] = doc(
        (), "what custom statuses mean, such as `shipped=shipped` or `picking=processing`"
    )
    on_hold: str = doc("payment", "what on-hold means in this shop: `payment` or `warehouse`")
    tracking_meta: tuple[str, ...] = doc((), "order meta keys that hold a tracking number, where a plugin has its own")


@dataclass(frozen=True, slots=True)
class RestSettings:
    """A shop system of your own that speaks the signed REST contract of docs/connect.md."""

    url: str = doc("", "base URL of GET /orders and GET /orders/{id}; set = orders are read from there")
    secret: str = doc("", "signs our requests and the webhooks to us")
    allow_private: bool = doc(False, "allow a private address, for a system in your own network")


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """A language model, optional: any server that speaks OpenAI's chat completions. `model` switches it on."""

    base_url: str = doc("", "base URL that ends in /v1; empty = the vendor's own")
    api_key: str = doc("", "key for it; local servers need none")
    model: str = doc("", "name of the model; empty = no model, and the embedded assistant does the whole job")
    words: str = doc("needed", "`needed` = asked when the embedded assistant does not know; `all` = words every reply")
    deadline_s: float = doc(
        8.0, "time of one whole answer with the model, in seconds; after it the embedded one stands"
    )
    max_tokens: int = doc(500, "longest text or tool call of the model, in tokens")
    temperature: float = doc(0.2, "how freely it words")
    tokens_per_thread: int = doc(60_000, "tokens that one conversation may cost; 0 = no limit")
    tokens_per_day: int = doc(5_000_000, "tokens that the whole shop may cost in a day (its own zone); 0 = no limit")
    max_rounds: int = doc(6, "times that the model may be asked in one turn")
    max_calls: int = doc(8, "tools that it may call in one turn")
    sees: bool = doc(False, "the model can see: it is shown the photos that a customer sends, small and two at most")
    stream: bool = doc(True, "show a reply in the widget sentence by sentence while the model writes it, each proven")
    vendor_fields: bool = doc(False, "send the vendor's own fields (safety_identifier) to another base URL too")


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """A speech server, optional: any that speaks OpenAI's audio/transcriptions. `model` switches it on."""

    base_url: str = doc("", "base URL that ends in /v1; empty = the vendor's own")
    api_key: str = doc("", "key for it; local servers need none")
    model: str = doc("", "name of the model; empty = voice notes are kept and handed to a person")
    deadline_s: float = doc(4.0, "time for the voice notes of one message, in seconds; after it a person hears them")


@dataclass(frozen=True, slots=True)
class ImportsSettings:
    """How orders files in CSV are read."""

    status_map: tuple[str, ...] = doc(
        ("default=unknown",),
        "what the status column means, such as `sent=shipped`; or `preset=bigcommerce` or `preset=magento`",
    )
    source_tz: str = doc("", "zone of times without offset; needed when a file has any")


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """One provider of tracking events."""

    secret: str = doc("", "what signs its webhooks; empty = its webhook is not mounted")
    api_key: str = doc("", "key for reading parcels when no webhook came; empty = no polling")
    api_url: str = doc("", "another base URL in place of the provider's own")


@dataclass(frozen=True, slots=True)
class ClickPostSettings(CarrierSettings):
    """ClickPost has two more: its user name, and the zone of its times."""

    username: str = doc("", "user name that belongs to api_key")
    tz: str = doc("Asia/Kolkata", "zone of its times, whatever they say: compare with a known scan before going live")


@dataclass(frozen=True, slots=True)
class CarriersSettings:
    """Who tells us where parcels are, by name."""

    easypost: CarrierSettings = field(default_factory=CarrierSettings)
    aftership: CarrierSettings = field(default_factory=CarrierSettings)
    shippo: CarrierSettings = field(default_factory=CarrierSettings)
    seventeen_track: CarrierSettings = field(default_factory=CarrierSettings, metadata={"name": "17track"})
    clickpost: ClickPostSettings = field(default_factory=ClickPostSettings)
    generic: CarrierSettings = field(default_factory=CarrierSettings)


@dataclass(frozen=True, slots=True)
class WarehouseSettings:
    """The warehouse's own messages: picked, packed, held, return received."""

    secret: str = doc("", "what signs them; empty = rest.secret")


@dataclass(frozen=True, slots=True)
class PaymentsSettings:
    """The payment provider's messages: failed, charged twice, refund bounced."""

    secret: str = doc("", "what signs them; empty = rest.secret")


@dataclass(frozen=True, slots=True)
class LabelsSettings:
    """Return labels: who makes them, and where returns go."""

    provider: str = doc("embedded", "`embedded` (a printable slip), `easypost` or `shippo`")
    api_key: str = doc("", "key of the provider")
    api_url: str = doc("", "another base URL in place of the provider's own")
    name: str = doc("", "name on the return address; empty = the shop's")
    line1: str = doc("", "street of the return address; empty = none is printed, and no label can be bought")
    line2: str = doc("", "second line of the return address")
    city: str = doc("", "city of the return address")
    region: str = doc("", "state or province of the return address")
    zip: str = doc("", "postal code of the return address")
    country: str = doc("", "two-letter country of the return address")
    phone: str = doc("", "telephone number that carriers ask for")
    parcel_grams: int = doc(1000, "weight of a return parcel, in grams")
    parcel_cm: tuple[int, ...] = doc((30, 20, 10), "length, width and height of a return parcel, in cm")


@dataclass(frozen=True, slots=True)
class CatalogueSettings:
    """What is answered before a purchase."""

    currency: str = doc("", "ISO 4217 code of the shop's prices where the shop system does not say")
    cart_url: str = doc(
        "",
        "a link that fills the cart, with {sku}, {variant_id} and {quantity}; empty = the platform's own, if it has one",
    )
    sync_minutes: int = doc(30, "how often the whole catalogue is compared; changes arrive by webhook at once")


@dataclass(frozen=True, slots=True)
class OrdersSettings:
    """How fresh an order must be to be spoken of."""

    fresh_s: int = doc(60, "one read of an order serves everyone who asks within so many seconds")
    max_age_s: int = doc(300, "an older read is repeated before answering, or its age is said")
    reconcile_minutes: int = doc(10, "how often the shop is asked for changes whose webhook never came")
