"""The seed of the demo shop: products, customers, orders and promotions in the shop's import format.

Made fresh from `now` at each start, so that what is late is late today and what is out for delivery is on the vehicle
this morning. Equal `now` and `rng_seed` give equal documents. Pure: no clock, no store, no files but its own data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from server.demo import catalogue
from server.demo.crowd import Crowd
from server.demo.documents import Document
from server.demo.drafts import Item
from server.demo.people import Person, Town
from server.demo.situations import Scene, tell
from server.demo.stories import STORIES

_NEWEST_NUMBER = 1064
_ORDINARY_ORDERS = 400
_STRANGERS = 190


@dataclass(frozen=True, slots=True)
class Seed:
    """The whole shop, each part a list of documents as `onethread ... import` reads them."""

    products: list[Document]
    customers: list[Document]
    orders: list[Document]
    promotions: list[Document]


def seed(now: datetime, rng_seed: int = 7) -> Seed:
    """The demo shop as it stands at `now` (aware)."""
    now = now.astimezone(UTC).replace(microsecond=0)
    products = catalogue.products(Random(f"{rng_seed} products"))
    town = Town(Random(f"{rng_seed} people"))
    heroes = [town.protagonist(story.person, story.city, story.vip) for story in STORIES]
    crowd = [town.stranger() for _ in range(_STRANGERS)]
    orders = [*_stories(now, rng_seed, heroes, products), *_ordinary(now, rng_seed, crowd, products)]
    orders.sort(key=lambda order: int(order["id"].removeprefix("ord_")))
    customers = [person.document for person in (*heroes, *crowd)]
    _add_lifetime_value(customers, orders)
    return Seed(products, customers, orders, catalogue.promotions(now))


def _stories(now: datetime, rng_seed: int, heroes: Sequence[Person], products: Sequence[Document]) -> list[Document]:
    by_sku = {variant["sku"]: (product, variant) for product in products for variant in product["variants"]}
    return [
        tell(Scene(now, story, person, _basket(story.basket, by_sku), Random(f"{rng_seed} {story.key}")))
        for story, person in zip(STORIES, heroes, strict=True)
    ]


def _basket(wanted: Sequence[tuple[str, int]], by_sku: Mapping[str, tuple[Document, Document]]) -> tuple[Item, ...]:
    return tuple(Item(*by_sku[sku], quantity) for sku, quantity in wanted)


def _ordinary(now: datetime, rng_seed: int, people: Sequence[Person], products: Sequence[Document]) -> list[Document]:
    taken = {story.number for story in STORIES}
    oldest = _NEWEST_NUMBER - _ORDINARY_ORDERS - len(taken) + 1
    numbers = [number for number in range(oldest, _NEWEST_NUMBER + 1) if number not in taken]
    crowd = Crowd(now, people, products, Random(f"{rng_seed} orders"))
    return [crowd.order(number, at) for number, at in zip(numbers, crowd.moments(len(numbers)), strict=True)]


def _add_lifetime_value(customers: Sequence[Document], orders: Sequence[Document]) -> None:
    spent: dict[str, int] = {}
    for order in orders:
        totals = order["totals"]
        spent[order["customer"]["id"]] = spent.get(order["customer"]["id"], 0) + totals["total"] - totals["refunded"]
    for customer in customers:
        customer["lifetime_value"] = spent.get(customer["id"], 0)
