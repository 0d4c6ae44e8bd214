"""Pickups: the carrier comes for the parcel of an open return, where whoever sells the labels sends one.

The day is asked for among those that the seller names, read back, and booked on a clear yes. Where nobody comes, that is said, and
that the parcel is dropped off.
"""

from typing import Any, Final

from server.actions.pickups import ACTION, OPEN, Fetching
from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.services import PickupDraft
from server.answering.identify import Found, find_order, my_orders
from server.answering.skills import confirming
from server.answering.skills.confirming import Performed
from server.answering.skills.order_status import note_read, say_unreadable
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.words import change_words, pickup_words
from server.commerce.business import local
from server.commerce.facts import Window
from server.commerce.model import Fact, OrderSnapshot
from server.errors import StoreUnavailable

SKILL: Final = "pickup"
_DAY: Final = "pickup_day"
_SHOWN: Final = 4


async def begin(turn: Turn) -> None:
    """Start with what the message says."""
    await again(turn)


async def again(turn: Turn) -> None:
    """Take it up where it stands."""
    draft = turn.draft if isinstance(turn.draft, PickupDraft) else PickupDraft()
    turn.draft = draft
    try:
        waiting = {each.id for each in await my_orders(turn) if _waits(each)}
        found = await find_order(turn, delivered=True, fits=(lambda order: order.id in waiting) if waiting else None)
        if found is None:
            return
        note_read(turn)
        await _advance(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def continues(turn: Turn) -> bool:
    """Take the day that was asked for; False when the message is about something else."""
    draft = turn.draft
    if turn.dialogue.asked != _DAY or not isinstance(draft, PickupDraft):
        return False
    if not _reads_day(turn, draft):
        return False
    turn.settle()
    await again(turn)
    return True


async def corrects(turn: Turn) -> bool:
    """Whether another day is named instead of the one that was read back."""
    draft = turn.draft
    return isinstance(draft, PickupDraft) and _reads_day(turn, draft)


async def offer(turn: Turn, order: OrderSnapshot) -> None:
    """Beside a return that was just opened: that the carrier could come for it, where one does. Never in the way of it."""
    try:
        found = await turn.gate.fetching(order)
    except StoreUnavailable:
        return
    if found is not None and found.windows:
        turn.say("pickup.offer")
        turn.options = [*turn.options, turn.option("pickup.option", f"do:{SKILL}")]


async def tell(turn: Turn, performed: Performed) -> None:
    """When the carrier comes, and under which number."""
    order, now = performed.order, turn.context.now
    if order is None:
        return
    turn.say("pickup.done", pickup_window=pickup_words.booked_fact(performed.result, order, now))
    turn.speech.line("", Fact("done", "status", ACTION, performed.source, now))
    number = performed.result.get("confirmation")
    if number:
        turn.say("pickup.confirmation", confirmation=Fact("confirmation", "text", str(number), "labels", now))
    turn.draft = None


async def _advance(turn: Turn, draft: PickupDraft, found: Found) -> None:
    """Say why nobody comes, ask for the day, or read it back."""
    order = found.order
    fetching = await turn.gate.fetching(order)
    if fetching is None:
        _over(turn, "pickup.no_return", number=change_words.number(order))
    elif fetching.booked is not None:
        when = pickup_words.booked_fact(fetching.booked, order, turn.context.now)
        turn.speech.line("", Fact("done", "status", ACTION, f"ledger:actions/{fetching.rma}", turn.context.now))
        _over(turn, "pickup.booked", pickup_window=when)
    elif not fetching.windows:
        _over(turn, "pickup.drop_off", rma=_rma(fetching, turn))
    elif await may(turn, ACTION, order, found.proofs):
        await _choose(turn, draft, order, fetching)


async def _choose(turn: Turn, draft: PickupDraft, order: OrderSnapshot, fetching: Fetching) -> None:
    draft.order_id, draft.rma = order.id, fetching.rma
    if not draft.day:
        _reads_day(turn, draft)
    window = next((each for each in fetching.windows if pickup_words.day_of(each) == draft.day), None)
    if window is None:
        turn.say("pickup.not_then" if draft.day else "pickup.ask_day")
        draft.day = ""
        turn.ask(_DAY, [_option(turn, each) for each in fetching.windows[:_SHOWN]])
        return
    action: dict[str, Any] = {
        "name": ACTION, "order": order.number, "return": fetching.rma,
        "window": [str(_iso(window.min)), str(_iso(window.max))],
    }  # fmt: skip
    ruling = await weighing.consider(turn, action, order, await turn.record(order))
    if not ruling.is_open:
        turn.say("changing.person")
        turn.hand_off("policy_exception")
        turn.draft = None
        return
    when = pickup_words.window_fact(window, turn.context.now)
    turn.say("pickup.back", rma=_rma(fetching, turn), pickup_window=when)
    confirming.propose(turn, action, order, ruling)


def _iso(moment: Any) -> str:
    return str(moment.isoformat())


def _option(turn: Turn, window: Window) -> Option:
    day = Fact("day", "date", local(window.min, window.tz).date(), "labels", turn.context.now)  # type: ignore[arg-type]  # sellers name hours
    return Option(str(turn.voice.word(day)), f"pickup:{pickup_words.day_of(window)}")


def _reads_day(turn: Turn, draft: PickupDraft) -> bool:
    """Take the day out of a choice or the message; whether it names one."""
    choice = turn.choice or ""
    today = local(turn.context.now, turn.context.shop.tz).date()
    said = choice.removeprefix("pickup:") if choice.startswith("pickup:") else ""
    said = said or pickup_words.named_day(turn.text, today, turn.voice.language)
    draft.day = said or draft.day
    return bool(said)


def _over(turn: Turn, key: str, **facts: Fact) -> None:
    turn.draft, turn.leaves_open = None, True
    turn.say(key, **facts)
    turn.options = [turn.option("choice.human", "human")]


def _rma(fetching: Fetching, turn: Turn) -> Fact:
    return Fact("return_id", "text", fetching.rma, "labels", turn.context.now)


def _waits(order: OrderSnapshot) -> bool:
    return any(each.status in OPEN for each in order.returns)
