"""The warehouse's share of an order before there is a parcel: what it is doing with which lines, and what holds it up.

The warehouse knows more than the order: an order that is "unfulfilled" may be packed, one line of it on hold and
another planned for December. What it says refines the order's own phase and never contradicts a worse one. Pure.
"""

from collections.abc import Mapping, Sequence

from server.commerce.model import (
    FulfilmentOrder,
    FulfilmentPhase,
    Hold,
    Line,
    OrderSnapshot,
    WorkStatus,
)

Phase = FulfilmentPhase

_OVER = frozenset({WorkStatus.CLOSED, WorkStatus.CANCELLED})
_PHASES: Mapping[WorkStatus, Phase] = {
    WorkStatus.IN_PROGRESS: Phase.PROCESSING,
    WorkStatus.PICKED: Phase.PROCESSING,
    WorkStatus.PACKED: Phase.PROCESSING,
    WorkStatus.ON_HOLD: Phase.ON_HOLD,
    WorkStatus.SCHEDULED: Phase.SCHEDULED,
    WorkStatus.INCOMPLETE: Phase.UNKNOWN,
    WorkStatus.UNKNOWN: Phase.UNKNOWN,
}
_LEAST_HAPPY_FIRST = (Phase.UNKNOWN, Phase.ON_HOLD, Phase.PROCESSING, Phase.SCHEDULED)
_REFINED = frozenset({Phase.UNFULFILLED, Phase.SCHEDULED, Phase.PROCESSING, Phase.PARTIALLY_SHIPPED, Phase.ON_HOLD})
_FURTHEST_FIRST = (WorkStatus.PACKED, WorkStatus.PICKED, WorkStatus.IN_PROGRESS)
_TAKEN = frozenset({"submitted", "accepted", "cancellation_requested", "cancellation_rejected"})


def open_work(order: OrderSnapshot, lines: Sequence[Line]) -> tuple[FulfilmentOrder, ...]:
    """What warehouses still have to do for these lines; work that names no lines is for all of them."""
    wanted = {line.id for line in lines}
    return tuple(
        each
        for each in order.fulfilment_orders
        if each.status not in _OVER and (not each.lines or wanted & {line.line_id for line in each.lines})
    )


def shares(order: OrderSnapshot, lines: Sequence[Line]) -> list[tuple[tuple[Line, ...], tuple[FulfilmentOrder, ...]]]:
    """The lines in groups about which different things are to be said, each with its work; one group where nothing is
    split."""
    grouped: dict[object, list[FulfilmentOrder]] = {}
    for each in open_work(order, lines):
        grouped.setdefault((_PHASES.get(each.status), frozenset(each.holds)), []).append(each)
    if len(grouped) < 2 or not all(each.lines for works in grouped.values() for each in works):
        return [(tuple(lines), tuple(each for works in grouped.values() for each in works))]
    parts = [(_lines_of(works, lines), tuple(works)) for works in grouped.values()]
    named = {line.id for held, _ in parts for line in held}
    rest = tuple(line for line in lines if line.id not in named)
    return [*parts, (rest, ())] if rest else parts


def _lines_of(works: Sequence[FulfilmentOrder], lines: Sequence[Line]) -> tuple[Line, ...]:
    named = {each.line_id for work in works for each in work.lines}
    return tuple(line for line in lines if line.id in named)


def phase_of(order: OrderSnapshot, works: Sequence[FulfilmentOrder]) -> Phase:
    """How far these lines are: what the warehouse says, where the order is not past that or stopped by something else."""
    if order.fulfilment not in _REFINED:
        return order.fulfilment
    is_held_by_work = any(each.status is WorkStatus.ON_HOLD for each in order.fulfilment_orders)
    if order.fulfilment is Phase.ON_HOLD and not is_held_by_work:
        return Phase.ON_HOLD
    found = {_PHASES.get(each.status) for each in works}
    told = next((phase for phase in _LEAST_HAPPY_FIRST if phase in found), None)
    is_someone_elses = bool(works) and order.fulfilment in (Phase.SCHEDULED, Phase.ON_HOLD)
    return told or (Phase.UNFULFILLED if is_someone_elses else order.fulfilment)


def holds_of(order: OrderSnapshot, works: Sequence[FulfilmentOrder]) -> tuple[Hold, ...]:
    """Why these lines wait: the order's own holds, unless it is the hold of other lines, and those of their work."""
    elsewhere = {reason for each in order.fulfilment_orders for reason in each.holds}
    here = {reason: Hold(reason, each.at) for each in works for reason in each.holds}
    own = {hold.reason: hold for hold in order.holds if hold.reason in here or hold.reason not in elsewhere}
    return tuple({**here, **own}.values())


def doing(works: Sequence[FulfilmentOrder]) -> str | None:
    """The furthest that these lines came in the warehouse, in one word; `requested` = it has the job, no more."""
    found = {each.status for each in works}
    furthest = next((status for status in _FURTHEST_FIRST if status in found), None)
    return furthest.value if furthest else "requested" if is_taken(works) else None


def is_taken(works: Sequence[FulfilmentOrder]) -> bool:
    """Whether a warehouse has the job, so that nobody but it could still give it back."""
    return any(_word(each) in _TAKEN for each in works)


def is_recall_refused(works: Sequence[FulfilmentOrder]) -> bool:
    """Whether a warehouse was asked for its job back and said no."""
    return any(_word(each) == "cancellation_rejected" for each in works)


def pieces(line: Line, works: Sequence[FulfilmentOrder]) -> int:
    """How many pieces of a line have not left: as its work says, else as the line itself counts."""
    left = [each.quantity for work in works for each in work.lines if each.line_id == line.id]
    waiting = max(0, line.quantities.current - line.quantities.fulfilled)
    return min(sum(left), waiting) if left else waiting


def _word(work: FulfilmentOrder) -> str:
    return (work.request_status or "").strip().lower()
