"""The lanes of the demo: where customers live, and the scans that a parcel collects on its way to them.

A route is the full list of scans from the label to the doorstep, without times; the seed and the carrier simulator put
times to it. Places and hubs are data in data/places.toml.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from server.demo.documents import Document, stamp, without_empty

CARRIERS = {"ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHL"}


@dataclass(frozen=True, slots=True)
class Place:
    """A city as a carrier names it, with its time zone."""

    city: str
    region: str
    country: str
    zone: str


@dataclass(frozen=True, slots=True)
class Home:
    """A city where customers live. `days` is the usual transit in business days, `tax` basis points."""

    place: Place
    zip: str
    area: str
    hub: str
    days: int
    tax: int


@dataclass(frozen=True, slots=True)
class Scan:
    """One step of a route: a canonical shipment status, the carrier's words, and where."""

    code: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Atlas:
    """Everything that data/places.toml says."""

    warehouse: Place
    homes: tuple[Home, ...]
    hubs: Mapping[str, Place]
    relays: Mapping[str, Place]
    streets: Mapping[str, tuple[str, ...]]

    def home(self, city: str) -> Home:
        """The home of that city. Raises StopIteration for a city that is not on the map."""
        return next(home for home in self.homes if home.place.city == city)

    def home_at(self, city: str, country: str) -> Home | None:
        """The home of that city and country, or None when it is not on the map."""
        return next((home for home in self.homes if (home.place.city, home.place.country) == (city, country)), None)


@cache
def atlas() -> Atlas:
    """The map, read once."""
    raw = tomllib.loads((files("server.demo") / "data" / "places.toml").read_text("utf-8"))
    start = raw["warehouse"]
    return Atlas(
        warehouse=Place(start["city"], start["region"], start["country"], start["tz"]),
        homes=tuple(_home(row) for row in raw["place"]),
        hubs={name: Place(*row) for name, row in raw["hubs"].items()},
        relays={name: Place(*row) for name, row in raw["relays"].items()},
        streets={country: tuple(names) for country, names in raw["streets"].items()},
    )


def _home(row: Document) -> Home:
    place = Place(row["city"], row["region"], row.get("country", "US"), row["tz"])
    return Home(place, row["zip"], row.get("area", ""), row["hub"], row["days"], row.get("tax", 0))


def route(carrier: str, home: Home) -> tuple[Scan, ...]:
    """Every scan from label to doorstep, in order."""
    world, name = atlas(), CARRIERS[carrier]
    stops = _beginning(world.warehouse, name)
    abroad = home.place.country != world.warehouse.country
    if abroad or home.days >= 3:
        stops += _through(world.relays[carrier])
    hub = world.hubs[home.hub]
    stops += _clearance(hub, name) if abroad else _through(hub)
    return (*stops, *_doorstep(home.place))


def route_to(carrier: str, place: Place) -> tuple[Scan, ...]:
    """The scans to a place that is not on the map: no hub is known, so none is invented."""
    return (*_beginning(atlas().warehouse, CARRIERS[carrier]), *_doorstep(place))


def _beginning(start: Place, name: str) -> list[Scan]:
    return [
        Scan("label_created", f"Shipping label created, {name} awaits the item", start),
        Scan("picked_up", f"{name} picked up the item", start),
        Scan("in_transit", "Departed the shipping facility", start),
    ]


def _through(place: Place) -> list[Scan]:
    return [
        Scan("in_transit", "Arrived at the sorting centre", place),
        Scan("in_transit", "Departed the sorting centre", place),
    ]


def _clearance(place: Place, name: str) -> list[Scan]:
    return [
        Scan("in_transit", "Arrived in the country of destination", place),
        Scan("customs", "Customs clearance in progress", place),
        Scan("in_transit", f"Released by customs, handed to {name}", place),
    ]


def _doorstep(place: Place) -> list[Scan]:
    return [
        Scan("in_transit", "Arrived at the local facility", place),
        Scan("out_for_delivery", "Out for delivery", place),
        Scan("delivered", "Delivered", place),
    ]


def event(scan: Scan, moment: datetime, reason: str = "") -> Document:
    """The tracking event of a scan, told in the wall time of its place."""
    place = scan.place
    return without_empty(
        (
            ("at", stamp(moment, place.zone)),
            ("code", scan.code),
            ("text", scan.text),
            ("city", place.city),
            ("region", place.region),
            ("country", place.country),
            ("reason", reason),
        )
    )
