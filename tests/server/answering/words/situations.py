"""Every situation of the decision table as the words see it: an order, the answer about it, and an order in several parcels."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from server.answering.words import order_words
from server.answering.words.voice import Speech, Voice
from server.commerce.derive import DeriveConfig
from server.commerce.model import OrderSnapshot
from server.commerce.rows import Signals, WismoAnswer, WismoConfig
from server.commerce.wismo import decide
from tests.server.commerce.orders import NOW, Raw, a_line, a_parcel, ago, ahead, an_event, an_order, shipped, snap
from tests.server.commerce.test_wismo import CASES


@dataclass(frozen=True)
class Situation:
    """An order and what the decision table says about it."""

    name: str
    order: OrderSnapshot
    answer: WismoAnswer
    now: datetime | None = None

    def speech(self, language: str) -> Speech:
        """What the assistant says."""
        return _speech(self.name, language)


@cache
def _speech(name: str, language: str) -> Speech:
    one = next(each for each in SITUATIONS if each.name == name)
    return order_words.speech(one.answer, one.order, Voice(language, one.now or one.order.as_of))


def _rich() -> list[tuple[str, Raw]]:
    """Situations with the facts that the table's own cases leave out."""
    scan = an_event("2026-11-20T17:40:00Z", "in_transit")
    back = an_event(ago(days=2), "returning", reason="refused")
    tried = an_event(ago(hours=2), "attempted", reason="nobody_home")
    waits = an_event(ago(hours=2), "available_for_pickup")
    window = {"min": "2026-11-21T16:00:00Z", "max": "2026-11-21T20:00:00Z"}
    revised = {"at": ago(hours=1), "from": "2026-11-21", "to": "2026-11-23"}
    moved = {"min": "2026-11-23", "max": "2026-11-23", "revisions": [revised]}
    returned = an_event(ago(days=9), "returned")
    desk = {"place": "Corner Store, 9 Elm St", "hours": "Mon-Fri 9-18", "until": ahead(hours=90)}
    refund = {
        "id": "r1",
        "at": ago(hours=20),
        "amount": 5500,
        "status": "succeeded",
        "method": "store_credit",
        "lines": [],
    }
    lines = [a_line(fulfilled=2), a_line(id="l2", sku="CAP", title="Blue cap", quantity=1)]
    three = [*lines, a_line(id="l3", sku="MUG", title="Tea mug", quantity=1, fulfilled=1)]
    second = a_parcel(
        an_event(ago(days=2), "delivered"),
        id="s2", tracking_number="1ZA1B2C30300000029", lines=[{"line": "l3", "quantity": 1}],
    )  # fmt: skip
    held = {"lines": [a_line(backorder={"expected_on": "2026-12-01"}), *lines[1:]], "fulfilment": "on_hold"}
    return [
        ("an hour's window", shipped(scan, eta=window)),
        ("moved, with a reason", shipped(an_event(ago(hours=1), "in_transit", reason="weather_delay"), eta=moved)),
        ("attempted, next time known", shipped(tried, attempts=[{"reason": "nobody_home", "next_at": "2026-11-21"}])),
        ("attempted, to be collected", shipped(tried, pickup=desk)),
        ("to be collected, all known", shipped(waits, pickup=desk)),
        ("going back, expected", shipped(back, expected_back_on="2026-11-27")),
        ("returned, refunded to credit", shipped(returned, order={"refunds": [refund]})),
        ("customs with duty", shipped(an_event(ago(days=1), "customs"), duty={"amount": 900, "url": "https://pay.test/d"})),
        ("exception with a date", shipped(an_event(ago(hours=3), "exception", reason="weather"), eta=window)),
        ("on the vehicle with a window", shipped(an_event("2026-11-20T14:00:00Z", "out_for_delivery"), eta=window)),
        ("unpaid with a link", an_order(payment={"status": "failed", "methods": [], "pay_url": "https://pay.test/1042"})),
        ("part of it back-ordered", an_order(**held)),
        ("one shipped, one waiting", an_order(fulfilment="partially_shipped", lines=lines, shipments=[a_parcel(scan)])),
        ("two parcels and a rest", an_order(fulfilment="partially_shipped", lines=three, shipments=[a_parcel(scan), second])),
    ]  # fmt: skip


def _troubled() -> list[tuple[str, Raw]]:
    """Something is wrong with the money, with and without an amount."""
    scan = an_event("2026-11-20T17:40:00Z", "in_transit")
    found = []
    for kind in ("charged_twice", "refund_bounced", "failed", "odd"):
        for amount in ({"amount": 5500}, {}):
            payment = {"status": "paid", "methods": [], "problems": [{"kind": kind, "at": ago(hours=3), **amount}]}
            found.append((f"{kind} {amount}", shipped(scan, order={"payment": payment})))
    return found


def _situations() -> list[Situation]:
    made = [Situation(f"{case.row} {case.name}", snap(case.raw, as_of=case.now), case.answer()) for case in CASES]
    for name, raw in _rich():
        order = snap(raw)
        made.append(Situation(name, order, decide(order, NOW)))
    for name, raw in _troubled():
        order = snap(raw)
        made.append(Situation(name, order, decide(order, NOW)))
    for name, age in (
        ("half an hour", {"minutes": 30}),
        ("two hours", {"hours": 2}),
        ("days", {"days": 3}),
    ):
        order = snap(shipped(an_event("2026-11-17T10:00:00Z", "in_transit")), as_of=NOW - timedelta(**age))
        made.append(Situation(f"read {name} ago", order, decide(order, NOW), NOW))
    unread = shipped(an_event(ago(days=6), "in_transit"), feed_as_of=ago(days=3))
    polled = WismoConfig(derive=DeriveConfig(feed_fresh_for=timedelta(days=1)))
    made.append(Situation("carrier not read", snap(unread), decide(snap(unread), NOW, cfg=polled)))
    lost = snap(shipped(an_event(ago(hours=30), "delivered"), pod={"place": "Front door", "signed_by": "Ana Souza"}))
    made.append(Situation("not received, signed for", lost, decide(lost, NOW, not_received=True, signals=Signals())))
    return made


SITUATIONS = _situations()
"""Every row of the table at least once, and every optional fact."""

RAW_ORDERS: list[tuple[str, Raw, datetime]] = [
    *((f"{case.row} {case.name}", case.raw, case.now) for case in CASES),
    *((name, raw, NOW) for name, raw in (*_rich(), *_troubled())),
]
"""The documents behind them: (name, order, the moment at which it is asked for)."""
