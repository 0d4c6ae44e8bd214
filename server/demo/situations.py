"""How the protagonists' orders come about: one function for each state, with every time counted back from `now`.

Business days are the shop's (Monday to Friday, New York), so that "silent for four business days" holds whatever day the
demo is started on. Only facts are written; the application derives every state itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from server.demo import drafts, lanes
from server.demo.documents import SHOP_ZONE, Document, business_day, read, stamp, wall, zone
from server.demo.drafts import Item
from server.demo.lanes import Scan
from server.demo.people import Person
from server.demo.stories import Story


@dataclass(frozen=True, slots=True)
class Scene:
    """What a situation is made from: the moment, the story, its person and basket, and a random source of its own."""

    now: datetime
    story: Story
    person: Person
    basket: tuple[Item, ...]
    rng: Random

    @property
    def today(self) -> date:
        """Today at the customer's."""
        return self.now.astimezone(zone(self.person.home.place.zone)).date()

    def day(self, steps: int) -> date:
        """The business day so many steps from today."""
        return business_day(self.now.astimezone(zone(SHOP_ZONE)).date(), steps)

    def at(self, steps: int, hour: int, minute: int = 0) -> datetime:
        """A shop wall time on a business day, but never later than ten minutes ago."""
        return min(wall(self.day(steps), hour, minute), self.ago(minutes=10))

    def ago(self, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """That long before now, to the minute."""
        return drafts.utc(self.now - timedelta(days=days, hours=hours, minutes=minutes))

    def order(self, placed_at: datetime) -> Document:
        """A paid, untouched order of this story."""
        return drafts.draft(self.story.number, self.person, self.basket, placed_at)

    def route(self, carrier: str) -> tuple[Scan, ...]:
        """The scans of this person's lane."""
        return lanes.route(carrier, self.person.home)

    def travelled(self, carrier: str, upto: int, first: datetime, last: datetime) -> list[Document]:
        """The events of the lane up to the scan with that index (negative: from the end)."""
        scans = self.route(carrier)
        return drafts.spaced(scans[: upto % len(scans) + 1], first, last, self.rng)

    def here(self, code: str, text: str, at: datetime, reason: str = "") -> Document:
        """A scan in the customer's own city."""
        return lanes.event(Scan(code, text, self.person.home.place), at, reason)


Situation = Callable[[Scene], Document]


def _eta(first: date, last: date | None = None) -> Document:
    return {"min": first.isoformat(), "max": (last or first).isoformat()}


def _cancelled(scene: Scene) -> Document:
    order = scene.order(scene.ago(days=2, hours=3))
    at = scene.ago(days=2, hours=1)
    order |= {"cancelled_at": stamp(at), "cancel_reason": "customer"}
    drafts.refund(order, order["totals"]["total"], at + timedelta(minutes=4), status="succeeded")
    return order


def _payment_failed(scene: Scene) -> Document:
    order = scene.order(scene.ago(hours=14))
    order["payment"]["status"] = "failed"
    return order


def _held(scene: Scene, reason: str) -> Document:
    order = scene.order(scene.ago(hours=26))
    since = scene.ago(hours=25, minutes=30)
    order |= {"holds": [{"reason": reason, "since": stamp(since)}], "fulfilment": "on_hold"}
    order["fulfil_by"] = stamp(wall(scene.day(3), 18))
    drafts.touch(order, since)
    return order


def _address_hold(scene: Scene) -> Document:
    order = _held(scene, "address")
    order["ship_to"] |= {"line1": "99999 West Fullertn Avenue", "line2": ""}
    order["internal_note"] = "Address check: no such house number."
    return order


def _routine_check(scene: Scene) -> Document:
    order = _held(scene, "fraud_review")
    order["hold_sla"] = "PT36H"
    return order


def _back_order(scene: Scene) -> Document:
    order = scene.order(scene.at(-5, 11, 20))
    expected = scene.day(7)
    order["lines"][0]["backorder"] = {"expected_on": expected.isoformat()}
    order |= {"holds": [{"reason": "out_of_stock", "since": stamp(scene.at(-5, 15))}], "fulfilment": "on_hold"}
    order["fulfil_by"] = stamp(wall(business_day(expected, 1), 18))
    drafts.promise(order, business_day(expected, 2), business_day(expected, 4))
    drafts.touch(order, scene.at(-5, 15))
    return order


def _preorder(scene: Scene) -> Document:
    order = scene.order(scene.ago(days=9, hours=5))
    release = scene.day(15)
    order["lines"][0]["preorder"] = {"release_on": release.isoformat()}
    order |= {"fulfilment": "scheduled", "fulfil_at": release.isoformat()}
    order["fulfil_by"] = stamp(wall(business_day(release, 2), 18))
    drafts.promise(order, business_day(release, 5), business_day(release, 8))
    return order


def _cancellable(scene: Scene) -> Document:
    return scene.order(scene.ago(minutes=50))


def _not_sent(scene: Scene) -> Document:
    order = scene.order(scene.at(-6, 10, 5))
    order["fulfil_by"] = stamp(scene.at(-3, 18))
    drafts.promise(order, scene.day(1), scene.day(3))
    return order


def _packing(scene: Scene) -> Document:
    order = scene.order(scene.at(-1, 9, 40))
    order["fulfilment"] = "processing"
    order["fulfil_by"] = stamp(wall(scene.day(1), 18))
    drafts.touch(order, scene.ago(hours=2))
    return order


def _label(scene: Scene) -> Document:
    order = scene.order(scene.at(-1, 8, 15))
    drafts.add_parcel(order, "usps", scene.travelled("usps", 0, scene.ago(hours=3), scene.ago(hours=3)))
    drafts.promise(order, scene.day(3), scene.day(5))
    return order


def _no_scan(scene: Scene) -> Document:
    order = scene.order(scene.at(-5, 13, 30))
    label = scene.at(-3, 9, 15)
    drafts.add_parcel(order, "ups", scene.travelled("ups", 0, label, label))
    drafts.promise(order, scene.day(1), scene.day(3))
    return order


def _in_transit(scene: Scene) -> Document:
    order = scene.order(scene.at(-4, 9, 12))
    events = scene.travelled("ups", 3, scene.at(-2, 15, 30), scene.ago(hours=6))
    drafts.add_parcel(order, "ups", events, eta=_eta(scene.day(2)))
    drafts.promise(order, scene.day(1), scene.day(3))
    return order


def _new_date(scene: Scene) -> Document:
    order = scene.order(scene.at(-5, 19, 45))
    events = scene.travelled("fedex", 4, scene.at(-2, 14), scene.ago(hours=7))
    before, after, told = scene.day(1), scene.day(3), scene.ago(hours=5)
    eta = _eta(after)
    eta["revisions"] = [{"at": stamp(told), "from": before.isoformat(), "to": after.isoformat()}]
    drafts.add_parcel(order, "fedex", events, eta=eta)
    drafts.promise(order, before, scene.day(2))
    drafts.touch(order, told)
    return order


def _stalled(scene: Scene) -> Document:
    order = scene.order(scene.at(-8, 16, 20))
    drafts.add_parcel(order, "ups", scene.travelled("ups", 3, scene.at(-6, 16), scene.at(-4, 6, 35)))
    drafts.promise(order, scene.day(1), scene.day(2))
    return order


def _late(scene: Scene) -> Document:
    order = scene.order(scene.at(-10, 12, 10))
    events = scene.travelled("ups", 4, scene.at(-8, 15), scene.at(-5, 21, 50))
    drafts.add_parcel(order, "ups", events, eta=_eta(scene.day(-2)))
    drafts.promise(order, scene.day(-3), scene.day(-2))
    return order


def _customs(scene: Scene) -> Document:
    order = scene.order(scene.at(-6, 8, 55))
    parcel = drafts.add_parcel(
        order, "dhl", scene.travelled("dhl", 6, scene.at(-4, 14, 30), scene.ago(days=1, hours=6))
    )
    parcel["duty"] = {"amount": 6120, "url": "https://pay.example.com/duty/" + parcel["tracking_number"]}
    drafts.promise(order, scene.day(2), scene.day(5))
    return order


def _stopped(scene: Scene, carrier: str, scan: Document) -> Document:
    """A parcel that reached the customer's city and then met with `scan`."""
    order = scene.order(scene.at(-7, 17, 25))
    arrived = read(scan["at"]) - timedelta(hours=3)
    events = [*scene.travelled(carrier, -3, scene.at(-5, 15, 45), arrived), scan]
    drafts.add_parcel(order, carrier, events)
    drafts.promise(order, scene.day(1), scene.day(3))
    return order


def _bad_address(scene: Scene) -> Document:
    text = "The address could not be found, more information is needed"
    order = _stopped(scene, "ups", scene.here("exception", text, scene.ago(hours=9), "address_problem"))
    order["ship_to"]["line2"] = ""
    return order


def _weather(scene: Scene) -> Document:
    text = "Severe weather has delayed delivery"
    order = _stopped(scene, "ups", scene.here("exception", text, scene.ago(hours=10), "weather"))
    order["shipments"][0]["eta"] = _eta(scene.day(2))
    return order


def _damaged(scene: Scene) -> Document:
    text = "The package was damaged in transit, the sender will be notified"
    return _stopped(scene, "fedex", scene.here("damaged", text, scene.ago(hours=20), "damaged"))


def _out_for_delivery(scene: Scene) -> Document:
    order = scene.order(scene.at(-5, 20, 30))
    morning = wall(scene.today, 7, 48, scene.person.home.place.zone)
    out = morning if morning < scene.ago(minutes=20) else scene.ago(minutes=35)
    drafts.add_parcel(order, "usps", scene.travelled("usps", -2, scene.at(-4, 15), out), eta=_eta(scene.today))
    drafts.promise(order, scene.today, max(scene.today, scene.day(1)))
    return order


def _attempted(scene: Scene) -> Document:
    text = "Delivery attempted, no one was available to sign"
    order = scene.order(scene.at(-5, 14, 5))
    out = scene.ago(hours=7)
    tried = scene.here("attempted", text, out + timedelta(hours=4), "customer unavailable")
    parcel = drafts.add_parcel(order, "ups", [*scene.travelled("ups", -2, scene.at(-3, 16), out), tried])
    next_try = scene.day(1)
    parcel["attempts"] = [{"at": tried["at"], "reason": tried["reason"], "next_at": next_try.isoformat()}]
    parcel["eta"] = _eta(next_try)
    drafts.promise(order, scene.today, scene.day(2))
    return order


def _pickup(scene: Scene) -> Document:
    until = scene.day(4)
    text = "Ready for pickup, hold at location was requested"
    order = _stopped(scene, "usps", scene.here("available_for_pickup", text, scene.ago(days=1, hours=2)))
    order["shipments"][0]["pickup"] = {
        "place": "Post office, 46 East Robinson Street, Orlando",
        "hours": "Mon-Fri 9:00-17:30, Sat 9:00-12:00",
        "until": until.isoformat(),
    }
    return order


def _returning(scene: Scene) -> Document:
    text = "Returning to sender, the recipient has moved"
    order = _stopped(scene, "usps", scene.here("returning", text, scene.ago(days=1, hours=4), "recipient moved"))
    order["shipments"][0]["expected_back_on"] = scene.day(3).isoformat()
    drafts.promise(order, scene.day(-2), scene.day(1))
    return order


def _returned(scene: Scene) -> Document:
    order = _returning(scene)
    order["placed_at"] = stamp(scene.at(-11, 18, 10))
    shipment = order["shipments"][0]
    shipment["events"] = scene.travelled("usps", -3, scene.at(-9, 15), scene.at(-5, 9))
    back = (
        ("returning", "Returning to sender, refused by the recipient", 4),
        ("returned", "Returned to the sender", 1),
    )
    for code, text, days in back:
        scan = Scan(code, text, lanes.atlas().warehouse)
        shipment["events"].append(lanes.event(scan, scene.at(-days, 10, 25), "refused"))
    shipment["shipped_at"] = shipment["events"][0]["at"]
    del shipment["expected_back_on"]
    order["updated_at"] = shipment["events"][-1]["at"]
    return order


def _lost(scene: Scene) -> Document:
    order = scene.order(scene.at(-16, 12, 40))
    events = scene.travelled("fedex", 4, scene.at(-14, 16), scene.at(-12, 4, 10))
    relay = lanes.atlas().relays["fedex"]
    gone = Scan("lost", "The package is declared lost after a trace", relay)
    drafts.add_parcel(order, "fedex", [*events, lanes.event(gone, scene.ago(days=1), "trace completed")])
    drafts.promise(order, scene.day(-11), scene.day(-9))
    return order


def _parcels(scene: Scene) -> Document:
    order = scene.order(scene.at(-5, 10, 50))
    first = scene.travelled("fedex", -1, scene.at(-4, 13), scene.ago(days=1, hours=3))
    arrived = drafts.add_parcel(order, "fedex", first, lines={"l1": 1})
    arrived["pod"] = {"place": "Front porch"}
    second = scene.travelled("ups", 4, scene.at(-2, 15), scene.ago(hours=9))
    drafts.add_parcel(order, "ups", second, lines={"l2": 1}, eta=_eta(scene.day(2)))
    third = scene.travelled("ups", 1, scene.at(-1, 15), scene.ago(hours=11))
    drafts.add_parcel(order, "ups", third, lines={"l3": 1}, eta=_eta(scene.day(3)))
    drafts.promise(order, scene.day(1), scene.day(3))
    return order


def _gift_card(scene: Scene) -> Document:
    order = scene.order(scene.ago(hours=31))
    order |= {"fulfilment": "not_required", "promised": None, "fulfil_by": None}
    order["lines"][0]["fulfilled"] = order["lines"][0]["quantity"]
    drafts.touch(order, scene.ago(hours=31) + timedelta(minutes=3))
    return order


def _unreadable(scene: Scene) -> Document:
    order = _stopped(scene, "ups", scene.here("unknown", "Status not available", scene.ago(days=1, hours=9)))
    order["shipments"][0]["feed_as_of"] = stamp(scene.ago(days=1, hours=9))
    order["internal_note"] = "The carrier's feed for this parcel has stopped."
    return order


def _delivered(
    scene: Scene, at: datetime, carrier: str = "ups", pod: Document | None = None, placed: int = -9
) -> Document:
    """An order delivered at `at`; `placed` business days before that it was placed."""
    start = business_day(at.astimezone(zone(SHOP_ZONE)).date(), placed)
    order = scene.order(wall(start, 12, 15))
    label = wall(business_day(start, 1), 15, 20)
    last = business_day(at.astimezone(zone(SHOP_ZONE)).date(), 1)
    parcel = drafts.add_parcel(order, carrier, scene.travelled(carrier, -1, label, at))
    parcel["pod"] = pod or {"place": "Front door"}
    drafts.promise(order, business_day(last, -3), last)
    return order


def _afternoon(scene: Scene, days: int) -> datetime:
    """Twenty to three in the customer's afternoon, so many days ago."""
    return wall(scene.today - timedelta(days=days), 14, 40, scene.person.home.place.zone)


def _returnable(scene: Scene) -> Document:
    return _delivered(scene, _afternoon(scene, 4), placed=-5)


def _not_received(scene: Scene) -> Document:
    return _delivered(scene, scene.ago(days=1, hours=4), "fedex", {"place": "Front porch"}, placed=-4)


def _final_sale(scene: Scene) -> Document:
    return _delivered(scene, _afternoon(scene, 5), "usps", placed=-4)


def _past_window(scene: Scene) -> Document:
    return _delivered(scene, _afternoon(scene, 46), placed=-5)


def _disputed(scene: Scene) -> Document:
    order = _delivered(scene, _afternoon(scene, 8), "usps", placed=-5)
    order["payment"]["disputed"] = True
    order["disputes"] = [{"id": f"{order['id']}-d1", "status": "open", "at": stamp(scene.ago(days=2))}]
    return order


def _german(scene: Scene) -> Document:
    return _delivered(scene, _afternoon(scene, 3), "dhl", {"place": "Nachbar", "signed_by": "Krause"}, placed=-7)


def _return_label(order: Document) -> Document:
    return {"label": {"url": f"https://returns.example.com/label/{order['id']}-r1"}}


def _refund_pending(scene: Scene) -> Document:
    order = _delivered(scene, _afternoon(scene, 12), "dhl", placed=-5)
    asked, arrived, checked = scene.ago(days=9), scene.ago(days=3, hours=4), scene.ago(days=1, hours=20)
    stamps = {"received_at": stamp(arrived), "inspected_at": stamp(checked)}
    drafts.give_back(order, "approved_for_payout", asked, {**_return_label(order), **stamps})
    lines = [{"line": "l1", "quantity": 1}]
    amount = drafts.line_value(order, "l1")
    drafts.refund(order, amount, checked + timedelta(hours=2), status="pending", lines=lines)
    return order


def _return_in_transit(scene: Scene) -> Document:
    order = _delivered(scene, _afternoon(scene, 9), "dhl", placed=-6)
    drafts.give_back(order, "in_transit", scene.ago(days=5), _return_label(order))
    home, warehouse = scene.person.home.place, lanes.atlas().warehouse
    scans = (Scan("picked_up", "Return dropped off", home), Scan("in_transit", "On the way back", warehouse))
    events = drafts.spaced(scans, scene.ago(days=3), scene.ago(hours=15), scene.rng)
    parcel = drafts.add_parcel(order, "dhl", events, lines={})
    parcel |= {"direction": "return", "lines": [{"line": "l1", "quantity": 1}]}
    order["fulfilment"] = "shipped"
    return order


def _exchange(scene: Scene) -> Document:
    order = _delivered(scene, _afternoon(scene, 10), placed=-6)
    swap = {"outcome": "exchange", "lines": [{"line": "l1", "quantity": 1, "to_sku": "CHINO-NAVY-L"}]}
    drafts.give_back(order, "label_issued", scene.ago(days=1, hours=5), {**_return_label(order), **swap})
    return order


def _refunded(scene: Scene) -> Document:
    order = _delivered(scene, _afternoon(scene, 18), "usps", placed=-5)
    arrived, checked = scene.ago(days=7), scene.ago(days=6)
    stamps = {"received_at": stamp(arrived), "inspected_at": stamp(checked)}
    drafts.give_back(order, "refunded", scene.ago(days=14), {**_return_label(order), **stamps})
    lines = [{"line": "l1", "quantity": 1}]
    amount = drafts.line_value(order, "l1")
    drafts.refund(order, amount, checked + timedelta(hours=3), status="succeeded", lines=lines)
    return order


SITUATIONS: Final[Mapping[str, Situation]] = {
    "in_transit": _in_transit,
    "returnable": _returnable,
    "late": _late,
    "customs": _customs,
    "not_received": _not_received,
    "vip": _new_date,
    "spanish": _out_for_delivery,
    "cancellable": _cancellable,
    "two_parcels": _parcels,
    "attempted": _attempted,
    "refund_pending": _refund_pending,
    "damaged": _damaged,
    "cancelled": _cancelled,
    "payment_failed": _payment_failed,
    "address_hold": _address_hold,
    "routine_check": _routine_check,
    "back_order": _back_order,
    "preorder": _preorder,
    "not_sent": _not_sent,
    "packing": _packing,
    "label": _label,
    "no_scan": _no_scan,
    "stalled": _stalled,
    "bad_address": _bad_address,
    "weather": _weather,
    "pickup": _pickup,
    "returning": _returning,
    "returned": _returned,
    "lost": _lost,
    "gift_card": _gift_card,
    "unreadable": _unreadable,
    "return_in_transit": _return_in_transit,
    "exchange": _exchange,
    "refunded": _refunded,
    "past_window": _past_window,
    "final_sale": _final_sale,
    "disputed": _disputed,
    "german": _german,
    "hygiene": _returnable,
}


def tell(scene: Scene) -> Document:
    """The order of the scene's story, as it stands now."""
    order = SITUATIONS[scene.story.key](scene)
    if scene.story.moves:
        order["tags"].append(MOVES)
    return order


MOVES: Final = "demo-moving"
"""The tag of an order whose parcel the carrier simulator moves by itself."""
