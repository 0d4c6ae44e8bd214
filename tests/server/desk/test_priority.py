"""Priority: a table of what people would say, and that more of anything never makes a conversation less pressing."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import threads
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server.answering.context import Labels
from server.commerce.model import Money
from server.desk import stakes
from server.desk.priority import Signals, priority
from server.desk.waiting import refresh
from server.policies.shape import Policy
from server.settings import Settings
from server.stage import Line, Stage
from tests.server.commerce.orders import NOW, a_line, a_parcel, an_event, an_order, snap

_LEVELS = ("low", "medium", "high", "urgent")


@pytest.mark.parametrize(
    ("known", "level", "reason"),
    [
        ({"intent": "thanks"}, "low", "courtesy"),
        ({"intent": "order_status"}, "medium", "order status"),
        ({"intent": "order_status", "frustration": 1}, "medium", "order status"),
        ({"intent": "complaint", "frustration": 2, "severity": "medium"}, "high", "upset"),
        ({"intent": "complaint", "frustration": 3, "severity": "high"}, "high", "very upset"),
        ({"intent": "cancel", "frustration": 3, "severity": "high", "urgency": "high"}, "urgent", "very upset, urgent for the customer"),
        ({"intent": "other", "risk": ("safety",), "severity": "high"}, "urgent", "safety mentioned"),
        ({"intent": "refund_request", "risk": ("chargeback",), "severity": "high"}, "high", "chargeback mentioned"),
        ({"intent": "product_question", "is_vip": True}, "high", "VIP customer"),
        ({"intent": "return", "money_at_risk": 80, "currency": "EUR"}, "medium", "return"),
        ({"intent": "return", "money_at_risk": 2400, "currency": "EUR"}, "high", "2400 EUR at risk"),
        ({"intent": "order_status", "waiting": 20}, "medium", "waiting for 20 min"),
        ({"intent": "order_status", "waiting": 300}, "high", "waiting for 5 h"),
        ({"intent": "order_status", "overdue": 80}, "high", "delivery 3 days late"),
        ({"intent": "cancel", "revenue": 900, "lifetime_value": 20_000}, "high", "good customer, an order at stake"),
    ],
)  # fmt: skip
def test_a_level_and_why(known: dict[str, Any], level: str, reason: str) -> None:
    found = priority(Signals(**known))
    assert (found.level, found.reason) == (level, reason)


_MORE: dict[str, tuple[Any, ...]] = {
    "severity": ("low", "medium", "high"), "complexity": ("low", "medium", "high"), "urgency": ("low", "medium", "high"),
    "frustration": (0, 1, 2, 3), "risk": ((), ("chargeback",), ("chargeback", "legal")), "is_vip": (False, True),
    "lifetime_value": (0, 700, 5_000, 50_000), "money_at_risk": (0, 60, 300, 700, 9_000), "revenue": (0, 200, 700, 5_000),
    "waiting": (0, 16, 70, 300, 3_000), "overdue": (0, 2, 30, 90),
}  # fmt: skip
_any = st.fixed_dictionaries(
    {name: st.sampled_from(steps) for name, steps in _MORE.items()}
    | {"intent": st.sampled_from(["thanks", "return", "stock_question", "order_status"])}
)


@settings(max_examples=150)
@given(known=_any, name=st.sampled_from(sorted(_MORE)))
def test_more_of_anything_never_lowers_it(known: dict[str, Any], name: str) -> None:
    found = [priority(Signals(**known | {name: value})) for value in _MORE[name]]
    totals = [sum(each.parts.values()) for each in found]
    ranks = [_LEVELS.index(each.level) for each in found]
    assert totals == sorted(totals)
    assert ranks == sorted(ranks)
    assert all(points > 0 for each in found for points in each.parts.values())


def _labels(intent: str, *risk: str) -> Labels:
    return Labels(intent, ((intent, 0.9),), "en", "neutral", 0, "low", "low", "low", risk, {}, abstain=False)


_SCARF = a_line(fulfilled=2)
_DELIVERED = an_order(
    fulfilment="fulfilled",
    lines=[_SCARF],
    shipments=[a_parcel(an_event("2026-11-19T15:00:00Z", "DELIVERED"), delivered_at="2026-11-19T15:00:00Z")],
)
_REFUND = {"id": "r1", "at": "2026-11-19T15:00:00Z", "amount": 1000, "status": "pending", "method": "original"}


@pytest.mark.parametrize(
    ("order", "labels", "minor"),
    [
        (an_order(), _labels("order_status"), 5500),
        (_DELIVERED, _labels("order_status"), 0),
        (_DELIVERED, _labels("return"), 5500),
        (_DELIVERED, _labels("order_status", "chargeback"), 5500),
        (an_order(refunds=[_REFUND]), _labels("refund_status"), 5500),
        (an_order(payment={"status": "pending", "methods": []}), _labels("return"), 0),
    ],
    ids=["not delivered", "delivered", "sent back", "chargeback", "refund on its way", "never paid"],
)
def test_the_money_at_risk_is_of_the_order(order: dict[str, Any], labels: Labels, minor: int) -> None:
    assert stakes.of([snap(order)], None, labels).money == Money(minor, "USD")


def test_without_an_order_no_money_is_named() -> None:
    assert stakes.of([], None, _labels("return")) == stakes.Stakes()


def test_a_promise_that_passed_counts_from_the_end_of_its_day() -> None:
    found = stakes.of([snap(an_order(promised={"min": None, "max": "2026-11-18"}))], None, _labels("order_status"))
    assert found.promised_by is not None
    assert stakes.hours_since(found.promised_by, found.promised_by) == 0
    assert stakes.hours_since(found.promised_by, found.promised_by + timedelta(minutes=1)) == 1


async def _label(stage: Stage) -> tuple[Thread, dict[str, Any]]:
    thread = await stage.latest()
    assert thread is not None
    found = [event for event in await stage.events(thread.id) if event.type == "classified"]
    return thread, dict(found[-1].body)


async def test_a_label_carries_what_it_was_made_of_and_rises_while_somebody_waits() -> None:
    async with await Stage.open(Settings(), Policy.default(), NOW) as stage:
        await stage.say(Line("I want to talk to a person"))
        thread, first = await _label(stage)
        assert first["severity"] and first["complexity"] and first["money_at_risk"] is None
        assert sum(first["priority_parts"].values()) >= 10
        assert await refresh(stage.services) == 0
        stage.clock.advance(timedelta(hours=5))
        assert await refresh(stage.services) == 1
        thread, later = await _label(stage)
        assert (thread.state.priority, later["because"]) == ("high", "time")
        assert "waiting for 5 h" in thread.state.priority_reason
        assert await refresh(stage.services) == 0


async def test_what_an_agent_corrected_does_not_move_by_itself() -> None:
    async with await Stage.open(Settings(), Policy.default(), NOW) as stage:
        await stage.say(Line("I want to talk to a person"))
        thread, _ = await _label(stage)
        event = NewEvent("corrected", {"field": "priority", "priority": "low"}, author_type="agent")

        async def unit(tx: Tx) -> None:
            await threads.append(tx, thread.id, [event], stage.clock.now())

        await stage.services.database.write(unit)
        stage.clock.advance(timedelta(hours=5))
        assert await refresh(stage.services) == 0


def test_signals_come_back_as_they_were_kept() -> None:
    known = Signals(intent="return", risk=("legal",), money_at_risk=20, currency="EUR")
    assert msgspec.convert(msgspec.to_builtins(known), Signals) == known
