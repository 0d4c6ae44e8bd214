"""The invented customers of the demo shop, as customer documents with the city they live in.

Mail addresses are at reserved example domains and telephone numbers from ranges kept for fiction (US and Canada
555-01xx, Berlin 23125-xxx, Australia 0491 570), so nobody can be reached by mistake. Knows nothing of orders.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from random import Random

from server.demo.documents import Document
from server.demo.lanes import Home, atlas

_CARDS = ("Visa", "Mastercard", "Amex", "Discover")
_DOMAINS = ("example.com", "example.net", "example.org")
_FOREIGN_FICTION = {"DE": "+493023125{:03d}", "AU": "+61491570{:03d}"}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer document and where the customer lives."""

    document: Document
    home: Home

    @property
    def id(self) -> str:
        """The customer's id."""
        return str(self.document["id"])

    @property
    def address(self) -> Document:
        """The first stored address, shaped like an order's `ship_to`."""
        return dict(self.document["addresses"][0])


class Town:
    """Hands out people one by one; no name, mail address or telephone number comes twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._names = _shuffled_names(rng)
        self._taken: set[str] = set()
        self._count = 0
        self._telephones: Counter[str] = Counter()

    def protagonist(self, name: str, city: str, vip: bool = False) -> Person:
        """A named person in a given city."""
        self._taken.add(name)
        return self._person(name, atlas().home(city), vip)

    def stranger(self) -> Person:
        """Somebody new, four times out of five in the United States."""
        name = next(name for name in self._names if name not in self._taken)
        self._taken.add(name)
        here = [home for home in atlas().homes if (home.place.country == "US") == (self._rng.random() < 0.8)]
        return self._person(name, self._rng.choice(here), self._rng.random() < 0.03)

    def _person(self, name: str, home: Home, vip: bool) -> Person:
        self._count += 1
        rng, number = self._rng, self._count
        document: Document = {
            "id": f"cus_{number:04d}",
            "name": name,
            "emails": [f"{_plain(name)}@{_DOMAINS[0] if number < 60 else rng.choice(_DOMAINS)}"],
            "phones": self._phones(home),
            "addresses": [_address(name, home, rng)],
            "payment_methods": _payment_methods(number, rng),
            "vip": vip,
            "lifetime_value": 0,
            "consents": {"email": True, "sms": rng.random() < 0.6, "whatsapp": rng.random() < 0.4},
        }
        return Person(document, home)

    def _phones(self, home: Home) -> list[str]:
        """One number of the area's range for fiction; none where a country keeps no such range."""
        pattern = f"+1{home.area}55501{{:02d}}" if home.area else _FOREIGN_FICTION.get(home.place.country)
        if pattern is None:
            return []
        self._telephones[pattern] += 1
        return [pattern.format(self._telephones[pattern])]


@cache
def _cultures() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    raw = tomllib.loads((files("server.demo") / "data" / "people.toml").read_text("utf-8"))
    return tuple((tuple(row["given"]), tuple(row["family"])) for row in raw["culture"])


def _shuffled_names(rng: Random) -> Iterator[str]:
    names = [f"{given} {family}" for givens, families in _cultures() for given, family in product(givens, families)]
    rng.shuffle(names)
    return iter(names)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("ł", "l").replace("ø", "o"))
    return re.sub(r"[^a-z]+", ".", letters.encode("ascii", "ignore").decode().lower()).strip(".")


def _address(name: str, home: Home, rng: Random) -> Document:
    place = home.place
    street, house = rng.choice(atlas().streets[place.country]), rng.randint(2, 980)
    flat = f"Apt {rng.randint(1, 14)}{rng.choice('ABC')}" if rng.random() < 0.35 else ""
    before = place.country in ("US", "CA", "GB", "IE", "AU", "FR")
    return {
        "name": name,
        "line1": f"{house} {street}" if before else f"{street} {house % 90 + 1}",
        "line2": flat,
        "city": place.city,
        "region": place.region,
        "zip": home.zip,
        "country": place.country,
    }


def _payment_methods(number: int, rng: Random) -> list[Document]:
    last_four = f"{rng.randint(0, 9999):04d}"
    methods = [{"id": f"pm_{number:04d}_card", "kind": "card", "label": f"{rng.choice(_CARDS)} ending {last_four}"}]
    if rng.random() < 0.25:
        methods.append({"id": f"pm_{number:04d}_paypal", "kind": "paypal", "label": "PayPal"})
    documents: list[Document] = [dict(method) for method in methods]
    if rng.random() < 0.15:
        balance = rng.choice((1500, 2500, 5000))
        gift = {"id": f"pm_{number:04d}_gift", "kind": "gift_card", "label": "Harbour & Pine gift card"}
        documents.append({**gift, "balance": balance})
    return documents
