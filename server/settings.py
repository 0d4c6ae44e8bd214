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

from server.channel_settings import CallsSettings as CallsSettings
from server.channel_settings import EmailSettings as EmailSettings
from server.channel_settings import InboundSettings as InboundSettings
from server.channel_settings import MetaSettings as MetaSettings
from server.channel_settings import SlackSettings as SlackSettings
from server.channel_settings import TwilioSettings as TwilioSettings
from server.errors import SettingsError
from server.parties import CarrierSettings as CarrierSettings
from server.parties import CarriersSettings as CarriersSettings
from server.parties import CatalogueSettings as CatalogueSettings
from server.parties import ClickPostSettings as ClickPostSettings
from server.parties import ImportsSettings as ImportsSettings
from server.parties import LabelsSettings as LabelsSettings
from server.parties import LlmSettings as LlmSettings
from server.parties import OrdersSettings as OrdersSettings
from server.parties import PaymentsSettings as PaymentsSettings
from server.parties import RestSettings as RestSettings
from server.parties import ShopifySettings as ShopifySettings
from server.parties import SpeechSettings as SpeechSettings
from server.parties import WarehouseSettings as WarehouseSettings
from server.parties import WooCommerceSettings as WooCommerceSettings
from server.parties import doc
from server.voice import VoiceSettings as VoiceSettings

_PREFIX = "ONETHREAD_"
_MIN_KEY_CHARS = 32
_KEY_WAIT_S = 2.0
_KEY_TRIES = 40
_PATHS = (
    ("server", "data", ""),
    ("policy", "file", ""),
    ("voice", "overrides", ""),
    ("email", "dkim_key", ""),
    ("database", "url", "sqlite:///"),
)
_AT_LEAST_ONE = (
    ("database", "readers"),
    ("turns", "workers"),
    ("turns", "lease_s"),
    ("turns", "deadline_s"),
    ("llm", "max_rounds"),
    ("llm", "max_calls"),
    ("llm", "max_tokens"),
)
_LONGEST_LLM_S = 9.0
_LONGEST_SPEECH_S = 6.0
_EVERY = (("orders", "reconcile_minutes"), ("catalogue", "sync_minutes"))
_LANGUAGE_CODE = re.compile(r"[a-z]{2}-[A-Z]{2}")
_HOURS = re.compile(r"[0-2]\d:[0-5]\d-[0-2]\d:[0-5]\d")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_DURATION = re.compile(r"(?P<sign>-?)P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where everything is stored."""

    url: str = doc("", "`sqlite:///path.db` or `postgresql://...`; empty = onethread.db in the data folder")
    readers: int = doc(3, "read connections of the SQLite engine")


@dataclass(frozen=True, slots=True)
class BusSettings:
    """How processes wake each other."""

    url: str = doc("local", "`local` (one process)")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The web server."""

    public_url: str = doc("", "scheme and host that browsers and providers use; empty = http://127.0.0.1:PORT")
    secret_keys: tuple[str, ...] = doc(
        (), "signing keys, newest last, 32 characters or more each; empty = one is made in the data folder"
    )
    data: str = doc("data", "folder for the database, the key and uploads")
    host: str = doc("127.0.0.1", "address to listen on")
    port: int = doc(8000, "port to listen on")
    clock_offset: str = doc("", "ISO 8601 duration that shifts the clock, for rehearsals on loopback")
    log_level: str = doc("info", "debug, info, warning or error")


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """The shop that this installation serves."""

    name: str = doc("Our shop", "as customers know it")
    tz: str = doc("UTC", "the shop's time zone")
    region: str = doc("US", "two-letter country for telephone numbers without a prefix")
    url: str = doc("", "the shop's own address, for links back")
    assistant: str = doc("Robin", "the assistant's name; it always says that it is an assistant")
    order_number_example: str = doc("#1042", "what an order number looks like, for questions to customers")


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """When people work at the desk."""

    hours: tuple[str, ...] = doc(
        ("mon-fri 09:00-18:00",), "opening hours in the shop's zone, such as `mon-fri 09:00-18:00`"
    )
    holidays: tuple[str, ...] = doc((), "days without anybody, such as `2026-12-25`")
    contact: str = doc("", "another way to reach people, told when nobody is there")


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """What may be seen and done."""

    file: str = doc("", "policy file; empty = the shipped default")


@dataclass(frozen=True, slots=True)
class WidgetSettings:
    """The chat on the shop's pages."""

    origins: tuple[str, ...] = doc((), "origins of the shop's pages; PUBLIC_URL's own is always allowed")
    sites: tuple[str, ...] = doc(("default",), "site keys; the first is used when none is named")
    identity_secrets: tuple[str, ...] = doc(
        (), "`site=secret` for shop-signed identity tokens (HS256, 32 characters or more)"
    )
    accent: str = doc("#2f6f5e", "accent colour")
    greeting: str = doc("", "first line of an empty chat; empty = the shipped one in the visitor's language")
    max_upload_bytes: int = doc(10_485_760, "largest file that a shopper may send")


@dataclass(frozen=True, slots=True)
class TurnsSettings:
    """How the assistant answers."""

    burst_ms: int = doc(
        -1, "wait after the last message before answering; -1 = by channel (widget 1200, WhatsApp and SMS 2500, else 0)"
    )
    workers: int = doc(16, "turns answered at once by one process")
    lease_s: int = doc(30, "a turn held longer than this is claimed again")
    deadline_s: int = doc(12, "a turn that takes longer is handed to a person")


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """Limits at the doors; 0 = off."""

    sockets_per_ip: int = doc(60, "open widget sockets of one address")
    sessions_per_ip: int = doc(60, "widget sessions of one address in a minute")
    messages_per_s: float = doc(5.0, "messages a second of one socket (burst 20)")
    frames_per_s: float = doc(20.0, "frames a second of one socket")
    lookups_per_ip: int = doc(20, "wrong order look-ups of one address in an hour")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set, by section."""

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    shop: ShopSettings = field(default_factory=ShopSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
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
    llm: LlmSettings = field(default_factory=LlmSettings)
    speech: SpeechSettings = field(default_factory=SpeechSettings)
    twilio: TwilioSettings = field(default_factory=TwilioSettings)
    calls: CallsSettings = field(default_factory=CallsSettings)
    meta: MetaSettings = field(default_factory=MetaSettings)
    email: EmailSettings = field(default_factory=EmailSettings)
    slack: SlackSettings = field(default_factory=SlackSettings)
    inbound: InboundSettings = field(default_factory=InboundSettings)

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.server.data)

    @property
    def uploads(self) -> Path:
        """Where customers' files are kept."""
        return self.data / "uploads"

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
    def has_telephone(self) -> bool:
        """Whether calls are taken."""
        return bool(self.twilio.account_sid and self.twilio.auth_token and self.twilio.voice_from)

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
    return checked(_as_heard(_built(raw)))


def _as_heard(settings: Settings) -> Settings:
    """Settings in which the shop and the assistant have the names that customers hear."""
    shop, voice = settings.shop, settings.voice
    named = replace(shop, name=voice.shop_name or shop.name, assistant=voice.assistant_name or shop.assistant)
    return replace(settings, shop=named)


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
    for section, key in (*_AT_LEAST_ONE, *_EVERY):
        if getattr(getattr(settings, section), key) < 1:
            raise SettingsError(f"{section}.{key}: write 1 or more")
    _check_llm(settings.llm)
    _check_speech(settings.speech)
    _check_calls(settings.calls)
    _ = settings.allowed_origins, settings.offset
    if settings.offset and urlsplit(settings.public_url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError("server.clock_offset works on loopback only: unset it")
    return settings


def _check_llm(llm: LlmSettings) -> None:
    if llm.model == "" and (llm.base_url or llm.api_key):
        raise SettingsError("llm.model: name the model, or unset llm.base_url and llm.api_key")
    if llm.words not in ("needed", "all"):
        raise SettingsError(f"llm.words: {llm.words!r} is none of needed, all")
    if not 0 < llm.deadline_s <= _LONGEST_LLM_S:
        raise SettingsError(f"llm.deadline_s: write seconds, at most {_LONGEST_LLM_S:.0f}")
    if llm.base_url:
        origin_of(llm.base_url)


def _check_speech(speech: SpeechSettings) -> None:
    if speech.model == "" and (speech.base_url or speech.api_key):
        raise SettingsError("speech.model: name the model, or unset speech.base_url and speech.api_key")
    if not 0 < speech.deadline_s <= _LONGEST_SPEECH_S:
        raise SettingsError(f"speech.deadline_s: write seconds, at most {_LONGEST_SPEECH_S:.0f}")
    if speech.base_url:
        origin_of(speech.base_url)


def _check_calls(calls: CallsSettings) -> None:
    if not calls.languages or any(not _LANGUAGE_CODE.fullmatch(each) for each in calls.languages):
        raise SettingsError("calls.languages: write codes such as en-US, es-MX, fr-FR, de-DE, pt-BR")
    if calls.record not in ("off", "announce", "ask"):
        raise SettingsError(f"calls.record: {calls.record!r} is none of off, announce, ask")
    if not _HOURS.fullmatch(calls.call_back_hours):
        raise SettingsError("calls.call_back_hours: write hours such as 09:00-20:00")
    for number in calls.transfer_to:
        if not _E164.fullmatch(number):
            raise SettingsError(f"calls.transfer_to: {number!r} is no number; write it as +14025550100")


def with_secret_key(settings: Settings, *, wait_s: float = _KEY_WAIT_S) -> Settings:
    """Settings that have a signing key: the operator's, or one made once and kept in the data folder (mode 0600)."""
    if settings.server.secret_keys:
        return settings
    path = settings.data / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return replace(settings, server=replace(settings.server, secret_keys=(_read_key(path, wait_s),)))


def _read_key(path: Path, wait_s: float) -> str:
    """The kept key; another process may be writing it in this moment. Raises SettingsError when it is none."""
    for _ in range(_KEY_TRIES):
        if len(key := path.read_text().strip()) >= _MIN_KEY_CHARS:
            return key
        time.sleep(wait_s / _KEY_TRIES)
    raise SettingsError(f"{path} holds no signing key: delete it, and a new one is made")


def sections() -> list[tuple[str, Any]]:
    """(name, its defaults) of every section, in order; a section inside another is named `outer.inner`."""
    found: list[tuple[str, Any]] = []
    for outer in fields(Settings):
        default = getattr(Settings(), outer.name)
        inner = [each for each in fields(default) if is_dataclass(getattr(default, each.name))]
        if len(inner) < len(fields(default)):
            found.append((outer.name, default))
        found += [(f"{outer.name}.{_spelled(each)}", getattr(default, each.name)) for each in inner]
    return found


def _spelled(item: Field[Any]) -> str:
    return str(item.metadata.get("name", item.name))


def declared() -> list[tuple[str, str, Any, str]]:
    """(section, key, default, description) of every setting, in order."""
    return [
        (section, item.name, getattr(default, item.name), item.metadata["doc"])
        for section, default in sections()
        for item in fields(default)
        if "doc" in item.metadata
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
    known = {name for name, _ in sections()}
    nesting = {name.partition(".")[0] for name in known if "." in name}
    for name, section in parsed.items():
        if not isinstance(section, dict):
            raise SettingsError(f"{path}: {name!r} stands outside of a [section]")
        if name not in nesting:
            found[name] = section
            continue
        for inner, values in section.items():
            if isinstance(values, dict):
                found[f"{name}.{inner}"] = values
            elif name in known:
                found.setdefault(name, {})[inner] = values
            else:
                raise SettingsError(f"{path}: {name}.{inner} stands outside of a [{name}.NAME] section")
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
        default = whole.get(outer, getattr(Settings(), outer))
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
