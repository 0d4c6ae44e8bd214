"""Cards: an order or a return at a glance, all words in the customer's language.

A card shows what a reply at the same proof may say: no street, no e-mail, no internal reason.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from server.answering.words import order_words
from server.answering.words.spoken import money, place, short_date
from server.answering.words.voice import Voice
from server.commerce.business import local
from server.commerce.model import (
    Fact,
    LocalTime,
    OrderSnapshot,
    RefundStatus,
    Return,
    ReturnOutcome,
    ReturnStatus,
    Window,
)
from server.commerce.progress import progress, tone
from server.commerce.rows import RowResult, WismoAnswer

_RETURN_STEPS: Final = ("requested", "approved", "label_issued", "in_transit", "received", "inspected")
_RETURN_ENDS: Final = {
    ReturnOutcome.EXCHANGE: "exchanged",
    ReturnOutcome.STORE_CREDIT: "credited",
    ReturnOutcome.REPAIR: "repaired",
}
_REFUND_KEYS: Final = {
    RefundStatus.SUCCEEDED: "card.refund_done",
    RefundStatus.PENDING: "card.refund_pending",
    RefundStatus.FAILED: "card.refund_failed",
}
_BAD: Final = frozenset({ReturnStatus.DECLINED, ReturnStatus.REJECTED, ReturnStatus.EXPIRED, ReturnStatus.CANCELLED})


def order_card(answer: WismoAnswer, order: OrderSnapshot, voice: Voice) -> dict[str, Any]:
    """The card of an order, as docs/socket.md describes it."""
    facts = {fact.key: fact for fact in answer.all_facts}
    first = answer.parcels[0]
    carrier, number = facts.get("carrier"), facts.get("tracking_number")
    return {
        "kind": "order",
        "order": order.number,
        "headline": _capital(order_words.short(first, order, voice).text),
        "tone": tone(answer),
        "steps": [
            {"key": step.key, "label": voice.text(f"step.{step.key}"), "at": _iso(step.at), "state": step.state}
            for step in progress(order, voice.now)
        ],
        "eta": _eta(facts.get("eta"), voice),
        "eta_was": voice.text("card.eta_was", old=_when(facts["old"], voice)) if "old" in facts else None,
        "carrier": str(voice.word(carrier)) if carrier else None,
        "tracking_number": str(number.value) if number else None,
        "tracking_url": str(facts["tracking_url"].value) if "tracking_url" in facts else None,
        "last_scan": _last_scan(order, voice),
        "as_of": order.as_of.isoformat(),
        "lines": [{"title": line.title, "quantity": line.quantities.current} for line in order.lines],
        "parcels": [_parcel(result, answer, order, voice) for result in answer.parcels] if answer.row == 28 else [],
    }


def return_card(order: OrderSnapshot, ret: Return, voice: Voice) -> dict[str, Any]:
    """The card of a return or an exchange."""
    end = _RETURN_ENDS.get(ret.outcome, "refunded")
    lines = [(order.line(each.line_id), each.quantity) for each in ret.lines]
    return {
        "kind": "return",
        "order": order.number,
        "rma": ret.id,
        "headline": _capital(voice.text(f"status.{ret.status.value}")),
        "tone": "bad" if ret.status in _BAD else "good" if ret.status.value == end else "neutral",
        "steps": _return_steps(ret, end, voice),
        "lines": [{"title": line.title, "quantity": quantity} for line, quantity in lines if line is not None],
        "refund": _refund(order, ret, voice),
        "label_url": ret.label_url,
        "due_by": voice.text("card.due_by", due_by=_date(ret.due_by, order, voice)) if ret.due_by else None,
        "as_of": order.as_of.isoformat(),
    }


def _return_steps(ret: Return, end: str, voice: Voice) -> list[dict[str, Any]]:
    """Each step of a return; one that came to nothing ends where it did."""
    keys = ["requested", ret.status.value] if ret.status in _BAD else [*_RETURN_STEPS, end]
    closing = dict.fromkeys(("closed", "refunded", "exchanged", "repaired"), end) | {"approved_for_payout": "inspected"}
    here = closing.get(ret.status.value, ret.status.value)
    reached = keys.index(here) if here in keys else 0
    times = {"requested": ret.at, "received": ret.received_at, "inspected": ret.inspected_at}
    return [
        {
            "key": key,
            "label": voice.text(f"step.{key}"),
            "at": _iso(times.get(key)),
            "state": "done" if index < reached or here == end else "now" if index == reached else "todo",
        }
        for index, key in enumerate(keys)
    ]


def _refund(order: OrderSnapshot, ret: Return, voice: Voice) -> str | None:
    """The refund of a return in its true state: only what succeeded is refunded."""
    held = {line.line_id for line in ret.lines}
    found = next((each for each in reversed(order.refunds) if held & {line.line_id for line in each.lines}), None)
    if found is None:
        return None
    method = f"method.{found.method}" if voice.has(f"method.{found.method}") else "method.original"
    key = _REFUND_KEYS.get(found.status, "card.refund")
    return voice.text(key, amount=money(found.amount, voice.language), method=voice.text(method))


def _parcel(result: RowResult, answer: WismoAnswer, order: OrderSnapshot, voice: Voice) -> dict[str, str]:
    """One line of an order in several parts, in its own colour."""
    alone = replace(answer, parcels=(result,), escalate=result.escalate)
    return {"headline": _capital(order_words.short(result, order, voice).text), "tone": tone(alone)}


def _eta(fact: Fact | None, voice: Voice) -> str | None:
    return voice.text("card.eta", eta=_when(fact, voice)) if fact else None


def _when(fact: Fact, voice: Voice) -> str:
    value = fact.value
    if isinstance(value, Window) and isinstance(value.min, datetime):
        return str(voice.word(fact))
    if isinstance(value, Window):
        return f"{short_date(value.min, voice.language)} – {short_date(_day(value.max), voice.language)}"
    if isinstance(value, LocalTime):
        return str(voice.word(fact))
    return short_date(value, voice.language) if isinstance(value, date) else str(voice.word(fact))


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _last_scan(order: OrderSnapshot, voice: Voice) -> str | None:
    scans = [parcel.last_scan for parcel in order.parcels if parcel.last_scan is not None]
    if not scans:
        return None
    latest = max(scans, key=lambda scan: scan.at)
    event = voice.text(f"event.{latest.code.value}")
    day = Fact("at", "date", local(latest.at, order.tz).date(), order.source, order.as_of)
    time = Fact("at", "datetime", LocalTime(latest.at, order.tz), order.source, order.as_of)
    at = str(voice.word(day if latest.is_date_only else time))
    where = place(latest.place)
    return (
        voice.text("card.last_scan", event=event, place=where, at=at)
        if where
        else voice.text("card.last_scan_plain", event=event, at=at)
    )


def _date(value: date, order: OrderSnapshot, voice: Voice) -> str:
    return short_date(local(value, order.tz).date() if isinstance(value, datetime) else value, voice.language)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
