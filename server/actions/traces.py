"""A ruling with everything that it was made of, as short text: kept beside the ledger, read back to judge again.

Values are written by the fields of their classes, without those that have their default and without what no ruling looks at
(scans on the way, texts of products), and read back by the same classes.
"""

import base64
import types
import zlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from server.commerce.model import CustomerRecord, OrderSnapshot, Product
from server.policies.asked import writable
from server.policies.decision import History
from server.policies.judge import Ruling
from server.policies.shape import Need, Verdict

_LEVEL: Final = 3


@dataclass(frozen=True, slots=True)
class Brief:
    """What came out of a ruling, in short. Amounts in minor units of `currency`."""

    verdict: Verdict
    need: Need
    key: str
    ask: str | None
    amount_minor: int
    difference_minor: int
    currency: str

    @staticmethod
    def of(ruling: Ruling) -> "Brief":
        """What came out of this ruling."""
        return Brief(
            ruling.verdict, ruling.need, ruling.key, ruling.ask, ruling.amount_minor, ruling.difference_minor,
            ruling.currency,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trace:
    """What a ruling was made of, and what came out."""

    action: dict[str, Any]
    order: OrderSnapshot | None
    customer: CustomerRecord | None
    products: Mapping[str, Product]
    history: History
    now: datetime
    ruling: Brief


def encode(
    action: Mapping[str, Any],
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    products: Mapping[str, Product],
    history: History,
    now: datetime,
    ruling: Ruling,
) -> str:
    """The trace as text."""
    kept = {
        "action": writable(action),
        "order": _plain(_reduced(order)) if order else None,
        "customer": _plain(customer) if customer else None,
        "products": {key: _plain(_bare(one)) for key, one in products.items()},
        "history": _plain(history),
        "now": now.isoformat(),
        "ruling": _plain(Brief.of(ruling)),
    }
    return base64.b64encode(zlib.compress(msgspec.json.encode(kept), _LEVEL)).decode()


def decode(text: str) -> Trace:
    """The trace of a text that `encode` made. Raises ValueError."""
    try:
        kept = msgspec.json.decode(zlib.decompress(base64.b64decode(text, validate=True)))
        return Trace(
            kept["action"],
            cast("OrderSnapshot", _revived(OrderSnapshot, kept["order"])) if kept["order"] else None,
            cast("CustomerRecord", _revived(CustomerRecord, kept["customer"])) if kept["customer"] else None,
            {key: cast("Product", _revived(Product, one)) for key, one in kept["products"].items()},
            cast("History", _revived(History, kept["history"])),
            datetime.fromisoformat(kept["now"]),
            cast("Brief", _revived(Brief, kept["ruling"])),
        )
    except (zlib.error, ValueError, msgspec.MsgspecError, KeyError, TypeError) as error:
        raise ValueError(f"this is no trace of a ruling: {error}") from error


def _reduced(order: OrderSnapshot) -> OrderSnapshot:
    parcels = tuple(
        replace(one, events=(), last_scan=None, pod=None, attempts=(), pickup=None, eta=None, tracking_url=None)
        for one in order.shipments
    )
    return replace(order, shipments=parcels, note=None, internal_note=None, fulfilment_orders=())


def _bare(product: Product) -> Product:
    variants = tuple(replace(one, options={}, attributes={}) for one in product.variants)
    return replace(
        product, description="", attributes={}, variants=variants, reviews=(), size_chart=None, compatible_with=(),
        url=None, image=None,
    )  # fmt: skip


# Values by their classes


@cache
def _shape(kind: type) -> tuple[tuple[str, Any, Any], ...]:
    """Name, type and default of each field; `MISSING` = there is none."""
    hints = get_type_hints(kind)
    found = []
    for one in fields(kind):
        made = one.default_factory() if one.default_factory is not MISSING else one.default
        found.append((one.name, hints[one.name], made))
    return tuple(found)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value):
        pairs = ((name, getattr(value, name), default) for name, _, default in _shape(value.__class__))
        return {name: _plain(part) for name, part, default in pairs if default is MISSING or part != default}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in (sorted(value) if isinstance(value, Set) else value)]


def _revived(hint: Any, value: Any) -> Any:
    """A value of this type from its plain form."""
    origin, arguments = get_origin(hint), get_args(hint)
    if value is None or hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _one_of([each for each in arguments if each is not type(None)], value)
    if is_dataclass(hint) and isinstance(hint, type):
        given = cast("Mapping[str, Any]", value)
        make = cast("Any", hint)
        return make(**{name: _revived(kind, given[name]) for name, kind, _ in _shape(hint) if name in given})
    if origin is not None and isinstance(origin, type):
        return _collection(origin, arguments, value)
    return _scalar(hint, value)


def _one_of(kinds: Sequence[Any], value: Any) -> Any:
    """A value of one of several types: of date and datetime by its form, else of the only one."""
    if datetime in kinds and isinstance(value, str):
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return _revived(kinds[0], value) if len(kinds) == 1 else value


def _collection(origin: type, arguments: Sequence[Any], value: Any) -> Any:
    if issubclass(origin, Mapping):
        return {key: _revived(arguments[1], one) for key, one in value.items()}
    parts = [_revived(arguments[0], one) for one in value]
    return frozenset(parts) if issubclass(origin, Set) else tuple(parts)


def _scalar(hint: Any, value: Any) -> Any:
    if not isinstance(hint, type):
        return value
    if issubclass(hint, Enum):
        return hint(value)
    if issubclass(hint, datetime):
        return datetime.fromisoformat(value)
    if issubclass(hint, date):
        return date.fromisoformat(value)
    return timedelta(seconds=value) if issubclass(hint, timedelta) else value
