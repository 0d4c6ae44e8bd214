"""Where is my order: one answer for one order, by the decision table, from one snapshot at one moment.

Every parcel, and what has not left yet, gets its own row; row 28 holds them together when there is more than one. An
answer names facts, offers and escalations only: another room makes the words, and may say nothing that is not a fact
here. An open dispute reaches a person before anything else and takes every offer of money away. Pure; no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.commerce.derive import derive_shipment, severity
from server.commerce.model import Fact, FulfilmentPhase, Line, LocalTime, OrderSnapshot, Shipment
from server.commerce.order_rows import Waiting, cancelled, waiting_rows
from server.commerce.parcel_rows import Parcel, parcel_row
from server.commerce.problems import add_problem, escalations, with_bounced
from server.commerce.progress import Step, Tone, progress, tone
from server.commerce.rows import (
    AGE_FACTS,
    ANSWER_FACTS,
    MONEY_OFFERS,
    OFFERS,
    PARCEL_FACTS,
    PROBLEM_FACTS,
    ROW_FACTS,
    Escalation,
    FactList,
    RowResult,
    Signals,
    WismoAnswer,
    WismoConfig,
)

__all__ = [
    "AGE_FACTS",
    "ANSWER_FACTS",
    "OFFERS",
    "PARCEL_FACTS",
    "PROBLEM_FACTS",
    "ROW_FACTS",
    "Escalation",
    "RowResult",
    "Signals",
    "Step",
    "Tone",
    "WismoAnswer",
    "WismoConfig",
    "decide",
    "progress",
    "tone",
    "unreadable",
]

_DEFAULT = WismoConfig()
_NOTHING_KNOWN = Signals()


def decide(
    order: OrderSnapshot,
    now: datetime,
    *,
    not_received: bool = False,
    cfg: WismoConfig = _DEFAULT,
    signals: Signals = _NOTHING_KNOWN,
) -> WismoAnswer:
    """The answer about this order at `now`; `not_received` = the shopper says that a delivered parcel is not there."""
    order = with_bounced(order)
    results = _results(order, now, not_received, cfg, signals)
    row = results[0].row if len(results) == 1 else 28
    number = _number_fact(order.number, order.source, order.as_of)
    own = results[0].facts if len(results) == 1 else _summary(order, results)
    found = [*_disputes(order), *escalations(order), *(each for result in results for each in result.escalate)]
    return _guarded(
        WismoAnswer(
            order_id=order.id,
            number=order.number,
            row=row,
            parcels=results,
            facts=(number, *own, *_beside(order, now, cfg.fresh_for)),
            offers=tuple(dict.fromkeys(offer for result in results for offer in result.offers)),
            escalate=tuple(dict.fromkeys(found)),
            as_of=order.as_of,
            confidence=_confidence(order, results, now, cfg.fresh_for),
        ),
        order,
    )


def unreadable(number: str, last_read: datetime | None, *, failed_reads: int = 1, tz: str = "UTC") -> WismoAnswer:
    """Row 30 when the order could not be read; after two failed reads a person takes over."""
    person = (Escalation("unreadable", f"{failed_reads} reads failed"),) if failed_reads >= 2 else ()
    facts: tuple[Fact, ...] = ()
    if last_read is not None:
        facts = (
            _number_fact(number, "last read", last_read),
            Fact("last_read", "datetime", LocalTime(last_read, tz), "last read", last_read),
        )
    result = RowResult(30, None, facts[1:], ("call_back", "human"), person)
    return WismoAnswer("", number, 30, (result,), facts, result.offers, person, last_read, 0.0)


def _results(
    order: OrderSnapshot, now: datetime, not_received: bool, cfg: WismoConfig, signals: Signals
) -> tuple[RowResult, ...]:
    """One result per parcel, worst first, then one for the lines that have not left; never empty."""
    over = cancelled(Waiting(order, order.lines, now, cfg, signals))
    if over is not None:
        return (over,)
    parcels = _parcels(order, now, not_received, cfg, signals)
    waiting = unshipped_lines(order)
    results = [parcel_row(parcel) for parcel in parcels]
    if len(parcels) > 1 or waiting:
        results = [_with_items(result, parcel) for result, parcel in zip(results, parcels, strict=True)]
    if waiting or not results:
        results += waiting_rows(Waiting(order, waiting or order.lines, now, cfg, signals))
    return tuple(results)


def _parcels(
    order: OrderSnapshot, now: datetime, not_received: bool, cfg: WismoConfig, signals: Signals
) -> list[Parcel]:
    told, lost = signals.told, signals.traced_lost
    states = [
        (shipment, derive_shipment(order, shipment, now, cfg.derive, told.get(shipment.id), lost.get(shipment.id)))
        for shipment in order.parcels
    ]
    coming = sum(state.is_open for _, state in states)
    states.sort(key=lambda pair: severity(pair[1], pair[0], now, cfg.derive, order.tz))
    return [Parcel(order, shipment, state, now, cfg, signals, not_received, coming) for shipment, state in states]


def unshipped_lines(order: OrderSnapshot) -> tuple[Line, ...]:
    """The lines of which pieces have not left; none when the shop says that all has shipped, or parcels list nothing."""
    if order.parcels and order.fulfilment in (FulfilmentPhase.SHIPPED, FulfilmentPhase.NOT_REQUIRED):
        return ()
    return tuple(
        line for line in order.lines if line.requires_shipping and line.quantities.fulfilled < line.quantities.current
    )


def _with_items(result: RowResult, parcel: Parcel) -> RowResult:
    """Of several parcels, each says what is in it."""
    held = [(parcel.order.line(each.line_id), each.quantity) for each in parcel.shipment.lines]
    names = ", ".join(line.title for line, _ in held if line is not None)
    facts = parcel_facts(parcel.order, parcel.shipment)
    facts.add("items", "product", names).add("item_count", "count", sum(count for _, count in held) or None)
    return replace(result, facts=(*result.facts, *facts.done()))


def parcel_facts(order: OrderSnapshot, shipment: Shipment) -> FactList:
    """An empty list of facts that the order, not the carrier, knows about a parcel."""
    return FactList(f"{order.source}:orders/{order.id}/shipments/{shipment.id}", order.as_of, order.tz)


def _summary(order: OrderSnapshot, results: Sequence[RowResult]) -> tuple[Fact, ...]:
    """Row 28: how many of how many."""
    shippable = [line.quantities for line in order.lines if line.requires_shipping]
    shipped = sum(min(counts.fulfilled, counts.current) for counts in shippable)
    delivered = sum(min(counts.delivered, counts.current) for counts in shippable)
    facts = FactList(f"{order.source}:orders/{order.id}", order.as_of, order.tz)
    facts.add("parcels_total", "count", sum(result.shipment_id is not None for result in results))
    facts.add("items_total", "count", sum(counts.current for counts in shippable))
    return facts.add("items_shipped", "count", shipped).add("items_delivered", "count", delivered).done()


def _beside(order: OrderSnapshot, now: datetime, fresh_for: timedelta) -> tuple[Fact, ...]:
    """What is said beside every row: how old the read is where it is old, and what is wrong with the money."""
    facts = FactList(f"{order.source}:orders/{order.id}", order.as_of, order.tz)
    age = now - order.as_of
    if age > fresh_for:
        key, unit = next((each for each in _AGES if age < each[2]), _AGES[-1])[:2]
        facts.moment("as_of", order.as_of).add(key, "count", max(1, age // unit))
    return add_problem(facts, order).done()


_AGES = (
    ("age_minutes", timedelta(minutes=1), timedelta(hours=2)),
    ("age_hours", timedelta(hours=1), timedelta(days=2)),
    ("age_days", timedelta(days=1), timedelta.max),
)


def _number_fact(number: str, source: str, at: datetime) -> Fact:
    return Fact("order_number", "order_number", number, source, at)


def has_open_dispute(order: OrderSnapshot) -> bool:
    """True while a bank decides about the money of this order."""
    return order.payment.disputed or any(dispute.is_open for dispute in order.disputes)


def _disputes(order: OrderSnapshot) -> Iterable[Escalation]:
    if has_open_dispute(order):
        yield Escalation("chargeback", "a dispute is open on this order")


def _guarded(answer: WismoAnswer, order: OrderSnapshot) -> WismoAnswer:
    """While a dispute is open nothing that moves money or goods is offered, for no parcel either."""
    if not has_open_dispute(order):
        return answer
    parcels = tuple(replace(each, offers=_without_money(each.offers)) for each in answer.parcels)
    return replace(answer, parcels=parcels, offers=_without_money(answer.offers))


def _without_money(offers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(offer for offer in offers if offer not in MONEY_OFFERS)


def _confidence(order: OrderSnapshot, results: Sequence[RowResult], now: datetime, fresh_for: timedelta) -> float:
    if all(result.row == 30 for result in results):
        return 0.0
    is_heard = all(result.row != 30 and result.fact("feed_read") is None for result in results)
    is_clear = now - order.as_of <= fresh_for and is_heard
    return 1.0 if is_clear else 0.5
