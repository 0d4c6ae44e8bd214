"""The only reader of the environment and of onethread.toml.

Every setting is declared once in `Settings` with its default and what it does. The environment
(`ONETHREAD_<SECTION>__<KEY>`, or `..._FILE` for secrets kept in files) wins over the file. An unknown name with our prefix stops the
start, because a misspelt setting is a setting that was not made.
"""

import os
import re
import secrets
import time
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from server.errors import SettingsError

_PREFIX = "ONETHREAD_"
_MIN_KEY_CHARS = 32
_KEY_TRIES = 40
_KEY_PAUSE_S = 0.05
_PATHS = (("server", "data", ""), ("policy", "file", ""), ("database", "url", "sqlite:///"))
_AT_LEAST_ONE = (("database", "readers"), ("turns", "workers"), ("turns", "lease_s"), ("turns", "deadline_s"))
_DURATION = re.compile(r"(?P<sign>-?)P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?")


def _doc(default: Any, text: str) -> Any:
    """A field with its default and its one-line description (docs/settings.md is made from these)."""
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata={"doc": text})
    return field(default=default, metadata={"doc": text})


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where everything is stored."""

    url: str = _doc("", "`sqlite:///path.db` or `postgresql://...`; empty = onethread.db in the data folder")
    readers: int = _doc(3, "read connections of the SQLite engine")


@dataclass(frozen=True, slots=True)
class BusSettings:
    """How processes wake each other."""

    url: str = _doc("local", "`local` (one process)")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The web server."""

    public_url: str = _doc("", "scheme and host that browsers and providers use; empty = http://127.0.0.1:PORT")
    secret_keys: tuple[str, ...] = _doc(
        (), "signing keys, newest last, 32 characters or more each; empty = one is made in the data folder"
    )
    data: str = _doc("data", "folder for the database, the key and uploads")
    host: str = _doc("127.0.0.1", "address to listen on")
    port: int = _doc(8000, "port to listen on")
    clock_offset: str = _doc("", "ISO 8601 duration that shifts the clock, for rehearsals on loopback")
    log_level: str = _doc("info", "debug, info, warning or error")


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """The shop that this installation serves."""

    name: str = _doc("Our shop", "as customers know it")
    tz: str = _doc("UTC", "the shop's time zone")
    region: str = _doc("US", "two-letter country for telephone numbers without a prefix")
    url: str = _doc("", "the shop's own address, for links back")
    assistant: str = _doc("Robin", "the assistant's name; it always says that it is an assistant")
    order_number_example: str = _doc("#1042", "what an order number looks like, for questions to customers")


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """When people work at the desk."""

    hours: tuple[str, ...] = _doc(
        ("mon-fri 09:00-18:00",), "opening hours in the shop's zone, such as `mon-fri 09:00-18:00`"
    )
    holidays: tuple[str, ...] = _doc((), "days without anybody, such as `2026-12-25`")
    contact: str = _doc("", "another way to reach people, told when nobody is there")


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """What may be seen and done."""

    file: str = _doc("", "policy file; empty = the shipped default")


@dataclass(frozen=True, slots=True)
class WidgetSettings:
    """The chat on the shop's pages."""

    origins: tuple[str, ...] = _doc((), "origins of the shop's pages; PUBLIC_URL's own is always allowed")
    sites: tuple[str, ...] = _doc(("default",), "site keys; the first is used when none is named")
    identity_secrets: tuple[str, ...] = _doc(
        (), "`site=secret` for shop-signed identity tokens (HS256, 32 characters or more)"
    )
    accent: str = _doc("#2f6f5e", "accent colour")
    greeting: str = _doc("", "first line of an empty chat; empty = the shipped one in the visitor's language")
    max_upload_bytes: int = _doc(10_485_760, "largest file that a shopper may send")


@dataclass(frozen=True, slots=True)
class TurnsSettings:
    """How the assistant answers."""

    burst_ms: int = _doc(
        -1, "wait after the last message before answering; -1 = by channel (widget 1200, WhatsApp and SMS 2500, else 0)"
    )
    workers: int = _doc(16, "turns answered at once by one process")
    lease_s: int = _doc(30, "a turn held longer than this is claimed again")
    deadline_s: int = _doc(12, "a turn that takes longer is handed to a person")


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """Limits at the doors; 0 = off."""

    sockets_per_ip: int = _doc(60, "open widget sockets of one address")
    sessions_per_ip: int = _doc(60, "widget sessions of one address in a minute")
    messages_per_s: float = _doc(5.0, "messages a second of one socket (burst 20)")
    frames_per_s: float = _doc(20.0, "frames a second of one socket")
    lookups_per_ip: int = _doc(20, "wrong order look-ups of one address in an hour")


@dataclass(frozen=True, slots=True)
class ShopifySettings:
    """A shop on Shopify. Three lines connect it: `shop`, `token` (or `client_id`) and `secret`."""

    shop: str = _doc("", "`name.myshopify.com`; set = orders are read from Shopify")
    token: str = _doc("", "Admin API access token of a custom app; empty = asked for with client_id and secret")
    client_id: str = _doc("", "client id of an app in the same organisation (client credentials)")
    secret: str = _doc("", "the app's client secret: signs webhooks, and fetches tokens with client_id")
    api_version: str = _doc("2026-07", "Admin API version, one of 2026-01, 2026-04, 2026-07, 2026-10")
    api_url: str = _doc("", "another base URL in place of https://SHOP, for tests on loopback")


@dataclass(frozen=True, slots=True)
class WooCommerceSettings:
    """A shop on WooCommerce. Three lines connect it: `url`, `key` and `secret`."""

    url: str = _doc("", "address of the WordPress site; set = orders are read from WooCommerce")
    key: str = _doc("", "consumer key, `ck_...`, with permission read_write")
    secret: str = _doc("", "consumer secret, `cs_...`")
    webhook_secret: str = _doc("", "what signs webhooks; empty = the consumer secret, as WooCommerce itself does")
    rest_route_style: str = _doc("pretty", "`pretty`, or `query` for hosts without permalinks (/?rest_route=)")
    keys_in_query: bool = _doc(False, "send key and secret in the URL, for hosts that strip the Authorization header")
    allow_private: bool = _doc(False, "allow a private address, for a shop in your own network")
    status_map: tuple[str, ...] = _doc(
        (), "what custom statuses mean, such as `shipped=shipped` or `picking=processing`"
    )
    on_hold: str = _doc("payment", "what on-hold means in this shop: `payment` or `warehouse`")
    tracking_meta: tuple[str, ...] = _doc((), "order meta keys that hold a tracking number, where a plugin has its own")


@dataclass(frozen=True, slots=True)
class RestSettings:
    """A shop system of your own that speaks the signed REST contract of docs/connect.md."""

    url: str = _doc("", "base URL of GET /orders and GET /orders/{id}; set = orders are read from there")
    secret: str = _doc("", "signs our requests and the webhooks to us")
    allow_private: bool = _doc(False, "allow a private address, for a system in your own network")


@dataclass(frozen=True, slots=True)
class ImportsSettings:
    """How orders files in CSV are read."""

    status_map: tuple[str, ...] = _doc(
        ("default=unknown",),
        "what the status column means, such as `sent=shipped`; or `preset=bigcommerce` or `preset=magento`",
    )
    source_tz: str = _doc("", "zone of times without offset; needed when a file has any")


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """One provider of tracking events."""

    secret: str = _doc("", "what signs its webhooks; empty = its webhook is not mounted")
    api_key: str = _doc("", "key for reading parcels when no webhook came; empty = no polling")
    api_url: str = _doc("", "another base URL in place of the provider's own")


@dataclass(frozen=True, slots=True)
class ClickPostSettings(CarrierSettings):
    """ClickPost has two more: its user name, and the zone of its times."""

    username: str = _doc("", "user name that belongs to api_key")
    tz: str = _doc("Asia/Kolkata", "zone of its times, whatever they say: compare with a known scan before going live")


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

    secret: str = _doc("", "what signs them; empty = rest.secret")


@dataclass(frozen=True, slots=True)
class PaymentsSettings:
    """The payment provider's messages: failed, charged twice, refund bounced."""

    secret: str = _doc("", "what signs them; empty = rest.secret")


@dataclass(frozen=True, slots=True)
class LabelsSettings:
    """Return labels: who makes them, and where returns go."""

    provider: str = _doc("embedded", "`embedded` (a printable slip), `easypost` or `shippo`")
    api_key: str = _doc("", "key of the provider")
    api_url: str = _doc("", "another base URL in place of the provider's own")
    name: str = _doc("", "name on the return address; empty = the shop's")
    line1: str = _doc("", "street of the return address; empty = none is printed, and no label can be bought")
    line2: str = _doc("", "second line of the return address")
    city: str = _doc("", "city of the return address")
    region: str = _doc("", "state or province of the return address")
    zip: str = _doc("", "postal code of the return address")
    country: str = _doc("", "two-letter country of the return address")
    phone: str = _doc("", "telephone number that carriers ask for")
    parcel_grams: int = _doc(1000, "weight of a return parcel, in grams")
    parcel_cm: tuple[int, ...] = _doc((30, 20, 10), "length, width and height of a return parcel, in cm")


@dataclass(frozen=True, slots=True)
class CatalogueSettings:
    """What is answered before a purchase."""

    currency: str = _doc("", "ISO 4217 code of the shop's prices where the shop system does not say")
    cart_url: str = _doc(
        "",
        "a link that fills the cart, with {sku}, {variant_id} and {quantity}; empty = the platform's own, if it has one",
    )
    sync_minutes: int = _doc(30, "how often the whole catalogue is compared; changes arrive by webhook at once")


@dataclass(frozen=True, slots=True)
class OrdersSettings:
    """How fresh an order must be to be spoken of."""

    fresh_s: int = _doc(60, "one read of an order serves everyone who asks within so many seconds")
    max_age_s: int = _doc(300, "an older read is repeated before answering, or its age is said")
    reconcile_minutes: int = _doc(10, "how often the shop is asked for changes whose webhook never came")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set, by section."""

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    shop: ShopSettings = field(default_factory=ShopSettings)
    desk: DeskSettings = field(default_factory=DeskSettings)
    policy: PolicySettings = field(default_factory=PolicySettings)
    widget: WidgetSettings = field(default_factory=WidgetSettings)
    turns: TurnsSettings = field(default_factory=TurnsSettings)
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    orders: OrdersSettings = field(default_factory=OrdersSettings)
    shopify: ShopifySettings = field(default_factory=ShopifySettings)
    woocommerce: WooCommerceSettings = field(default_factory=WooCommerceSettings)
    rest: RestSettings = field(default_factory=RestSettings)
    imports: ImportsSettings = field(default_factory=ImportsSettings)
    carriers: CarriersSettings = field(default_factory=CarriersSettings)
    warehouse: WarehouseSettings = field(default_factory=WarehouseSettings)
    payments: PaymentsSettings = field(default_factory=PaymentsSettings)
    labels: LabelsSettings = field(default_factory=LabelsSettings)
    catalogue: CatalogueSettings = field(default_factory=CatalogueSettings)

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.server.data)

    @property
    def database_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database.url or f"sqlite:///{self.data / 'onethread.db'}"

    @property
    def public_url(self) -> str:
        """The public URL without a slash at its end."""
        return (self.server.public_url or f"http://127.0.0.1:{self.server.port}").rstrip("/")

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.public_url.startswith("https://")

    @property
    def allowed_origins(self) -> frozenset[str]:
        """Origins whose pages may use the widget."""
        return frozenset({origin_of(self.public_url), *(origin_of(text) for text in self.widget.origins)})

    @property
    def offset(self) -> timedelta:
        """How far the clock is shifted."""
        return parse_duration(self.server.clock_offset) if self.server.clock_offset else timedelta(0)

    @property
    def holidays(self) -> frozenset[date]:
        """Days on which nobody works."""
        return frozenset(date.fromisoformat(text) for text in self.desk.holidays)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers send them. Raises SettingsError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{url!r} is no origin: write https://shop.example")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port and parts.port != default else "")


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds. Raises SettingsError."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match[name] for name in "dhms"):
        raise SettingsError(f"{text!r} is no duration: write PT48H or P2DT3H")
    days, hours, minutes, seconds = (int(match[name] or 0) for name in "dhms")
    value = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -value if match["sign"] else value


def load(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the file, then the environment. Raises SettingsError with what to mend.

    Paths in the file are relative to it, paths in the environment to the working folder; with a file, all become absolute."""
    raw = _from_file(config) if config else {}
    given = _from_environment(os.environ if environ is None else environ)
    if config is not None:
        raw.setdefault("server", {}).setdefault("data", ServerSettings().data)
        _make_absolute(raw, config.absolute().parent)
        _make_absolute(given, Path.cwd())
    for section, values in given.items():
        raw.setdefault(section, {}).update(values)
    return checked(_built(raw))


def _make_absolute(raw: Mapping[str, dict[str, Any]], folder: Path) -> None:
    for section, key, scheme in _PATHS:
        value = raw.get(section, {}).get(key)
        if isinstance(value, str) and value.strip() and value.startswith(scheme):
            raw[section][key] = scheme + str(folder / value.removeprefix(scheme).strip())


def checked(settings: Settings) -> Settings:
    """The same settings if they make sense together. Raises SettingsError."""
    for key in settings.server.secret_keys:
        if len(key) < _MIN_KEY_CHARS:
            raise SettingsError(f"server.secret_keys: a key needs {_MIN_KEY_CHARS} characters or more")
    try:
        ZoneInfo(settings.shop.tz)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"shop.tz: {settings.shop.tz!r} is no time zone; write one such as America/New_York"
        ) from None
    try:
        _ = settings.holidays
    except ValueError:
        raise SettingsError("desk.holidays: write dates such as 2026-12-25") from None
    if settings.bus.url != "local":
        raise SettingsError("bus.url: only `local` is there yet")
    for section, key in _AT_LEAST_ONE:
        if getattr(getattr(settings, section), key) < 1:
            raise SettingsError(f"{section}.{key}: write 1 or more")
    _ = settings.allowed_origins, settings.offset
    if settings.offset and urlsplit(settings.public_url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError("server.clock_offset works on loopback only: unset it")
    return settings


def with_secret_key(settings: Settings) -> Settings:
    """Settings that have a signing key: the operator's, or one made once and kept in the data folder (mode 0600)."""
    if settings.server.secret_keys:
        return settings
    path = settings.data / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return replace(settings, server=replace(settings.server, secret_keys=(_read_key(path),)))


def _read_key(path: Path) -> str:
    """The kept key; another process may be writing it in this moment. Raises SettingsError when it is none."""
    for _ in range(_KEY_TRIES):
        if len(key := path.read_text().strip()) >= _MIN_KEY_CHARS:
            return key
        time.sleep(_KEY_PAUSE_S)
    raise SettingsError(f"{path} holds no signing key: delete it, and a new one is made")


def sections() -> list[tuple[str, Any]]:
    """(name, its defaults) of every section, in order; a section inside another is named `outer.inner`."""
    found: list[tuple[str, Any]] = []
    for outer in fields(Settings):
        default = getattr(Settings(), outer.name)
        inner = [each for each in fields(default) if is_dataclass(getattr(default, each.name))]
        found += [(f"{outer.name}.{_spelled(each)}", getattr(default, each.name)) for each in inner]
        if not inner:
            found.append((outer.name, default))
    return found


def _spelled(item: Field[Any]) -> str:
    return str(item.metadata.get("name", item.name))


def declared() -> list[tuple[str, str, Any, str]]:
    """(section, key, default, description) of every setting, in order."""
    return [
        (section, item.name, getattr(default, item.name), item.metadata["doc"])
        for section, default in sections()
        for item in fields(default)
    ]


def variable(section: str, key: str) -> str:
    """The environment variable of a setting."""
    return f"{_PREFIX}{section.replace('.', '__')}__{key}".upper()


def _from_file(path: Path) -> dict[str, dict[str, Any]]:
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path} is not there: run `onethread init` or name another file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    found: dict[str, dict[str, Any]] = {}
    nesting = {name.partition(".")[0] for name, _ in sections() if "." in name}
    for name, section in parsed.items():
        if not isinstance(section, dict):
            raise SettingsError(f"{path}: {name!r} stands outside of a [section]")
        if name not in nesting:
            found[name] = section
            continue
        for inner, values in section.items():
            if not isinstance(values, dict):
                raise SettingsError(f"{path}: {name}.{inner} stands outside of a [{name}.NAME] section")
            found[f"{name}.{inner}"] = values
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    raw: dict[str, dict[str, Any]] = {}
    known = {variable(section, key): (section, key) for section, key, _, _ in declared()}
    for name, value in environ.items():
        if not name.startswith(_PREFIX) or name.startswith((f"{_PREFIX}TEST_", f"{_PREFIX}CHROMIUM")):
            continue
        setting = name.removesuffix("_FILE") if name not in known and name.endswith("_FILE") else name
        if setting not in known:
            raise SettingsError(_unknown(name, set(known)))
        section, key = known[setting]
        if setting != name and setting in environ:
            raise SettingsError(f"{setting} and {name} are both set: keep one")
        raw.setdefault(section, {})[key] = _kept_in(name, value) if setting != name else value
    return raw


def _kept_in(name: str, path: str) -> str:
    """What a file holds that a variable names. Raises SettingsError."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {path} cannot be read ({type(error).__name__})") from None


def _unknown(name: str, known: set[str]) -> str:
    near = get_close_matches(name.upper().removeprefix(_PREFIX), [each.removeprefix(_PREFIX) for each in known], n=1)
    return f"the setting {name} is unknown" + (
        f"; did you mean {_PREFIX}{near[0]}?" if near else "; docs/settings.md lists them all"
    )


def _built(raw: Mapping[str, Mapping[str, Any]]) -> Settings:
    names = {f"{section}.{key}" for section, key, _, _ in declared()}
    kinds = {name: type(default) for name, default in sections()}
    made: dict[str, Any] = {}
    for section, values in raw.items():
        for key in values:
            if f"{section}.{key}" not in names:
                near = get_close_matches(f"{section}.{key}", names, n=1)
                raise SettingsError(
                    f"the setting {section}.{key} is unknown" + (f"; did you mean {near[0]}?" if near else "")
                )
        if section not in kinds:
            raise SettingsError(f"the section [{section}] is unknown")
        hints = get_type_hints(kinds[section])
        made[section] = kinds[section](
            **{key: _converted(f"{section}.{key}", value, hints[key]) for key, value in values.items()}
        )
    return Settings(**_nested(made))


def _nested(made: Mapping[str, Any]) -> dict[str, Any]:
    """Sections as the fields of Settings: those inside others are put into them."""
    whole = {name: value for name, value in made.items() if "." not in name}
    for outer in {name.partition(".")[0] for name in made if "." in name}:
        default = getattr(Settings(), outer)
        given = {
            each.name: made[f"{outer}.{_spelled(each)}"]
            for each in fields(default)
            if f"{outer}.{_spelled(each)}" in made
        }
        whole[outer] = replace(default, **given)
    return whole


def _converted(name: str, value: Any, kind: Any) -> Any:
    if get_origin(kind) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list):
            raise SettingsError(f"{name}: write a list, such as [{value!r}]")
        return tuple(_converted(name, part, get_args(kind)[0]) for part in parts if str(part).strip())
    try:
        if kind is bool:
            return _truth(value)
        if kind is int and isinstance(value, (bool, float)):
            raise ValueError
        return kind(value.strip() if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise SettingsError(f"{name}: {value!r} is no {kind.__name__}") from None


def _truth(value: Any) -> bool:
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    text = str(value).strip().lower()
    if text not in known:
        raise ValueError
    return known[text]
