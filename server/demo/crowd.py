"""The ordinary business of the demo shop: hundreds of orders, most of them delivered long ago.

Each order's whole life is planned first and then cut off at `now`, so that every state in between comes about the way it
does in a shop: by the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from server.demo import drafts, lanes
from server.demo.documents import SHOP_ZONE, Document, business_day, read, stamp, wall, zone
from server.demo.drafts import Item
from server.demo.people import Person
from server.demo.situations import MOVES

_PODS = ("Front door", "Front porch", "Mailbox", "Reception", "Garage", "Handed to a resident")
_BASKETS = (1, 1, 1, 2, 2, 2, 3, 3, 4)
DAYS = 90


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who buys what, until when."""

    now: datetime
    people: Sequence[Person]
    products: Sequence[Document]
    rng: Random

    def moments(self, count: int) -> list[datetime]:
        """When the orders were placed, oldest first: none in the last half hour, more by day than by night."""
        return sorted(self._moment() for _ in range(count))

    def _moment(self) -> datetime:
        back = self.rng.uniform(0.5 / 24, DAYS - 1)
        moment = self.now - timedelta(days=back)
        if moment.astimezone(zone(SHOP_ZONE)).hour < 6 and back > 1:
            moment += timedelta(hours=self.rng.randint(7, 14))
        return drafts.utc(moment)

    def order(self, number: int, placed_at: datetime) -> Document:
        """One order, as far as its life has gone by now."""
        person = self.rng.choice(self.people)
        order = drafts.draft(number, person, self._basket(), placed_at)
        if self.rng.random() < 0.03:
            return self._cancel(order, placed_at)
        self._ship(order, person, placed_at)
        if _arrived(order) and self.rng.random() < 0.09:
            self._send_back(order)
        return order

    def _basket(self) -> list[Item]:
        chosen = self.rng.sample(range(len(self.products) - 1), self.rng.choice(_BASKETS))
        return [
            Item(
                self.products[index],
                self.rng.choice(self.products[index]["variants"]),
                self.rng.choice((1, 1, 1, 1, 2)),
            )
            for index in chosen
        ]

    def _cancel(self, order: Document, placed_at: datetime) -> Document:
        at = min(placed_at + timedelta(minutes=self.rng.randint(5, 200)), drafts.utc(self.now))
        order |= {"cancelled_at": stamp(at), "cancel_reason": self.rng.choice(("customer", "customer", "inventory"))}
        drafts.refund(order, order["totals"]["total"], at, status="succeeded")
        return order

    def _ship(self, order: Document, person: Person, placed_at: datetime) -> None:
        day = business_day(placed_at.astimezone(zone(SHOP_ZONE)).date(), self.rng.choice((1, 1, 2)))
        label = wall(day, 9, self.rng.randint(0, 59))
        if label > self.now:
            if label - self.now < timedelta(hours=9):
                order["fulfilment"] = "processing"
            return
        lines, second = [line["id"] for line in order["lines"]], label + timedelta(hours=2)
        if len(lines) > 2 and self.rng.random() < 0.3:
            self._parcel(order, person, label, lines[:1])
            if second <= self.now:
                self._parcel(order, person, second, lines[1:])
        else:
            self._parcel(order, person, label, lines)

    def _parcel(self, order: Document, person: Person, label: datetime, lines: Sequence[str]) -> None:
        carrier = self._carrier(person)
        days = person.home.days + self.rng.choice((-1, 0, 0, 0, 0, 1))
        due = business_day(label.astimezone(zone(SHOP_ZONE)).date(), max(1, days))
        home = person.home.place
        out = wall(due, 7, self.rng.randint(25, 59), home.zone)
        done = wall(due, self.rng.randint(10, 19), self.rng.randint(0, 59), home.zone)
        scans = lanes.route(carrier, person.home)
        pickup = label + timedelta(hours=self.rng.randint(5, 8))
        events = [
            lanes.event(scans[0], label),
            *drafts.spaced(scans[1:-1], pickup, out, self.rng),
            lanes.event(scans[-1], done),
        ]
        past = [event for event in events if read(event["at"]) <= self.now]
        contents = {line["id"]: line["quantity"] for line in order["lines"] if line["id"] in lines}
        eta = {"min": due.isoformat(), "max": due.isoformat()} if self.rng.random() < 0.8 else None
        parcel = drafts.add_parcel(order, carrier, past, lines=contents, eta=eta)
        if past[-1]["code"] == "delivered":
            parcel["pod"] = {"place": self.rng.choice(_PODS)}
        elif person.home.place.country == "US" and MOVES not in order["tags"]:
            order["tags"].append(MOVES)

    def _carrier(self, person: Person) -> str:
        if person.home.place.country != "US":
            return "dhl"
        return self.rng.choice(("ups", "ups", "ups", "usps", "usps", "fedex", "fedex"))

    def _send_back(self, order: Document) -> None:
        delivered = read(order["shipments"][-1]["events"][-1]["at"])
        asked = drafts.utc(delivered + timedelta(days=self.rng.uniform(1, 9)))
        if asked >= self.now:
            return
        label = {"url": f"https://returns.example.com/label/{order['id']}-r1"}
        age = self.now - asked
        status, facts = _return_state(asked, age)
        entry = drafts.give_back(order, status, asked, {"label": label, **facts})
        if status == "refunded":
            line = entry["lines"][0]["line"]
            at = read(entry["inspected_at"]) + timedelta(hours=3)
            amount = drafts.line_value(order, line)
            drafts.refund(order, amount, at, status="succeeded", lines=[{"line": line, "quantity": 1}])


def _arrived(order: Document) -> bool:
    return bool(order["shipments"]) and all(
        parcel["events"][-1]["code"] == "delivered" for parcel in order["shipments"]
    )


def _return_state(asked: datetime, age: timedelta) -> tuple[str, dict[str, str]]:
    """How far a return has come, by its age."""
    received, inspected = asked + timedelta(days=6, hours=2), asked + timedelta(days=7, hours=5)
    if age < timedelta(days=1):
        return "label_issued", {}
    if age < timedelta(days=6, hours=2):
        return "in_transit", {}
    if age < timedelta(days=7, hours=8):
        return "received", {"received_at": stamp(received)}
    return "refunded", {"received_at": stamp(received), "inspected_at": stamp(inspected)}
