"""Parcels of a WooCommerce order: from its own fulfilments, else from what tracking plug-ins leave in the order's meta data.

Every entry is one parcel, oldest first. Numbers and links are typed in by the shop's people: a link is passed on only
when it is https. None of these sources tells where a parcel is, only that it left; carriers tell the rest.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from server.commerce.connectors.woocommerce.plain import Json, entries, gmt_moment, https, meta, part, text, whole

Parcel: TypeAlias = dict[str, Any]

_LONGEST_NUMBER: Final = 60
_APART: Final = re.compile(r"[\s,;|]+")
_NO_CARRIER: Final = frozenset({"", "other", "custom", "custom_provider"})
_CARRIERS: Final = {
    "dhl_express": "dhl",
    "dhl_paket": "dhl",
    "dhl_germany": "dhl",
    "fed_ex": "fedex",
    "royalmail": "royal_mail",
    "usps_tracking": "usps",
}


def parcels(order: Json, fulfilments: Sequence[Json], tracking_meta: Sequence[str]) -> list[Parcel]:
    """The parcels by the best source that has any: core fulfilments, plug-ins, then the meta keys of the settings."""
    known = {str(item.get("id")): whole(item.get("quantity")) for item in entries(order.get("line_items"))}
    sources = (
        _fulfilled(fulfilments, known),
        _tracked(order, known),
        _aftership(order, known),
        _configured(order, tracking_meta),
    )
    return next((found for source in sources if (found := _distinct(source))), [])


def shipped_counts(found: Sequence[Parcel]) -> dict[str, int]:
    """How many pieces of each line left."""
    counts: dict[str, int] = {}
    for parcel in found:
        for line in parcel.get("lines", ()):
            counts[line["line"]] = counts.get(line["line"], 0) + line["quantity"]
    return counts


def carrier_name(value: object) -> str | None:
    """A plug-in's word for a carrier as our lower-case name: "Royal-Mail" is royal_mail."""
    name = re.sub(r"[^a-z0-9]+", "_", text(value).casefold()).strip("_")
    return None if name in _NO_CARRIER else _CARRIERS.get(name, name)


def _fulfilled(fulfilments: Sequence[Json], known: Mapping[str, int]) -> Iterator[Parcel]:
    """A fulfilment that is not fulfilled yet is a draft of the warehouse; a deleted one is gone."""
    for each in sorted(fulfilments, key=lambda one: whole(one.get("id"))):
        if each.get("is_fulfilled") is True and not each.get("date_deleted"):
            yield _parcel(
                f"f{whole(each.get('id'))}",
                meta(each, "_tracking_number"),
                meta(each, "_shipping_provider"),
                meta(each, "_tracking_url"),
                # Newer versions write UTC here, older ones the site's own time: only the day is safe.
                shipped_on=_day(gmt_moment(meta(each, "_date_fulfilled"))),
                lines=_lines(_listed(meta(each, "_items")), "item_id", "qty", known),
            )


def _tracked(order: Json, known: Mapping[str, int]) -> Iterator[Parcel]:
    """Shipment Tracking and Advanced Shipment Tracking."""
    for each in entries(_listed(meta(order, "_wc_shipment_tracking_items"))):
        yield _parcel(
            "",
            each.get("tracking_number"),
            text(each.get("custom_tracking_provider")) or each.get("tracking_provider"),
            each.get("custom_tracking_link") or each.get("ast_tracking_link"),
            shipped_on=_epoch_day(each.get("date_shipped")),
            lines=_lines(_listed(each.get("products_list")), "item_id", "qty", known),
        )


def _aftership(order: Json, known: Mapping[str, int]) -> Iterator[Parcel]:
    for each in entries(_listed(meta(order, "_aftership_tracking_items"))):
        yield _parcel(
            "",
            each.get("tracking_number"),
            each.get("slug") or each.get("carrier_name"),
            None,
            shipped_on=_day(gmt_moment(part(each.get("metrics")).get("created_at"))),
            lines=_lines(_listed(each.get("line_items")), "id", "quantity", known),
        )


def _configured(order: Json, keys: Sequence[str]) -> Iterator[Parcel]:
    """A plug-in of the shop's own: the meta keys that its settings name, each with one number or several."""
    for key in keys:
        value = meta(order, key)
        for each in entries(_listed(value)):
            yield _parcel("", each.get("tracking_number"), each.get("carrier"), each.get("tracking_url"))
        texts = [value] if isinstance(value, str) and not value.lstrip().startswith(("[", "{")) else _listed(value)
        for number in (number for each in texts if isinstance(each, str) for number in _APART.split(each)):
            yield _parcel("", number, None, None)


def _parcel(
    parcel_id: str,
    number: object,
    carrier: object,
    url: object,
    *,
    shipped_on: str | None = None,
    lines: Sequence[Mapping[str, object]] = (),
) -> Parcel:
    tracking = text(number)[:_LONGEST_NUMBER]
    found = {
        "id": parcel_id or ("t" + re.sub(r"[^0-9A-Za-z-]+", "", tracking) if tracking else ""),
        "carrier": carrier_name(carrier),
        "tracking_number": tracking or None,
        "tracking_url": https(url),
        "shipped_at": shipped_on,
        "lines": list(lines),
    }
    return {name: value for name, value in found.items() if value}


def _distinct(source: Iterator[Parcel]) -> list[Parcel]:
    """Each parcel once; what has neither id nor number is no parcel."""
    return list({parcel["id"]: parcel for parcel in source if parcel.get("id")}.values())


def _lines(
    items: Sequence[object], id_name: str, count_name: str, known: Mapping[str, int]
) -> list[Mapping[str, object]]:
    counts: dict[str, int] = {}
    for each in entries(list(items)):
        line = text(each.get(id_name))
        if line in known:
            counts[line] = counts.get(line, 0) + whole(each.get(count_name))
    return [{"line": line, "quantity": count} for line, count in counts.items() if count > 0]


def _listed(value: object) -> list[Any]:
    """A list that may also have been stored as JSON text, or with PHP's numbered keys."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _epoch_day(value: object) -> str | None:
    """The plug-ins store midnight of a day that a person picked, so it is a day and no moment."""
    seconds = whole(value)
    return _day(datetime.fromtimestamp(seconds, UTC)) if 0 < seconds < 7_000_000_000 else None
