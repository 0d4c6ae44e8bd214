"""What a return, an exchange or a change of items is judged by: the action that a draft stands for, and what policy makes of it.

Nothing is asked or said here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.answering import weighing
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import Found
from server.answering.turn import Turn
from server.answering.words import return_words
from server.commerce.model import CustomerRecord, Line, OrderSnapshot, PaymentMethod, Product
from server.policies import facts
from server.policies.decision import Decision, History, Reason, RequestLine, ReturnRequest
from server.policies.permits import refund_targets
from server.policies.returns import evaluate

SWAPS: Final = frozenset({"exchange", "replace"})
_OUTCOME_OF: Final = {"credit": "store_credit", "refund": "refund", "repair": "repair"}
_WISHED: Final = {"refund": "refund", "credit": "credit", "exchange": "exchange"}


@dataclass(frozen=True, slots=True)
class Case:
    """A draft with everything that it is judged by. `decision` is the return's own; None for a change of items."""

    found: Found
    record: CustomerRecord | None
    products: Mapping[str, Product]
    decision: Decision | None

    @property
    def order(self) -> OrderSnapshot:
        """The order that it is about."""
        return self.found.order


async def look(turn: Turn, draft: ReturnDraft, found: Found) -> Case:
    """The draft as it stands. Raises StoreUnavailable."""
    order = found.order
    products = await products_of(turn, order, draft.lines)
    record = await turn.record(order)
    if draft.kind == "items":
        return Case(found, record, products, None)
    history = await weighing.past(turn, order, record)
    return Case(found, record, products, decide(turn, draft, found, record, products, history))


def decide(
    turn: Turn,
    draft: ReturnDraft,
    found: Found,
    record: CustomerRecord | None,
    products: Mapping[str, Product],
    history: History,
) -> Decision:
    """Whether these lines may go back and how it may end: what there is to choose from. The gate judges what is chosen."""
    meant = draft.outcome or ("exchange" if draft.wants_exchange else "")
    reason = Reason(draft.reason) if draft.reason in set(Reason) else Reason.OTHER
    request = ReturnRequest(
        lines=tuple(RequestLine(key, count, reason, draft.is_opened) for key, count in sorted(draft.lines.items())),
        wished=_WISHED.get(meant),  # type: ignore[arg-type]  # the table holds outcome words only
        delivered_on=date.fromisoformat(draft.delivered_on) if len(draft.delivered_on) == 10 else None,
    )
    return evaluate(turn.context.policy, found.order, request, record, turn.context.now, products, history)


async def products_of(
    turn: Turn, order: OrderSnapshot, line_ids: Mapping[str, int] | None = None
) -> dict[str, Product]:
    """The products of lines of an order, by id. Raises StoreUnavailable."""
    found: dict[str, Product] = {}
    for line in order.lines:
        if line.product_id and line.product_id not in found and (line_ids is None or line.id in line_ids):
            product = await turn.context.store.product(line.product_id)
            if product is not None:
                found[product.id] = product
    return found


def open_lines(order: OrderSnapshot, kind: str) -> list[Line]:
    """The lines that can be meant: of a change those that still stand, else those that have not gone back yet."""
    if kind == "items":
        return [line for line in order.lines if line.quantities.current > 0]
    return [line for line in order.lines if facts.remaining(order, line) > 0]


def most(order: OrderSnapshot, line: Line, kind: str) -> int:
    """How many pieces of a line can be meant."""
    return line.quantities.current if kind == "items" else facts.remaining(order, line)


def action_name(draft: ReturnDraft) -> str:
    """The action that a draft leads to, as far as is known."""
    if draft.kind == "items":
        return "change_items"
    is_swap = draft.outcome in SWAPS or (not draft.outcome and draft.kind == "exchange")
    return "start_exchange" if is_swap else "start_return"


def action_of(draft: ReturnDraft, order: OrderSnapshot) -> dict[str, Any]:
    """The action, flat, with line ids and answers beside what the outside surface names."""
    name = action_name(draft)
    lines = []
    for line_id, quantity in draft.lines.items():
        line = order.line(line_id)
        entry: dict[str, Any] = {"line": line_id, "sku": line.sku if line else "", "quantity": quantity}
        if name != "start_return":
            entry["to_sku"] = draft.to_skus.get(line_id, "")
        if draft.is_opened is not None and draft.kind != "items":
            entry["opened"] = draft.is_opened
        lines.append(entry)
    action: dict[str, Any] = {"name": name, "order": order.number, "lines": lines}
    if draft.reason and draft.kind != "items":
        action["reason"] = draft.reason
    if draft.delivered_on:
        action["delivered_on"] = draft.delivered_on
    if draft.photo == "given":
        action["photo"] = True
    if name == "start_return":
        action["outcome"] = _OUTCOME_OF.get(draft.outcome, "refund")
        if draft.outcome in ("credit", "repair"):
            action["method"] = "store_credit" if draft.outcome == "credit" else "original"
            return action
    if draft.method:
        paid = [one.id for one in order.payment.methods]
        is_difference = name != "start_return" and draft.method == "original" and len(paid) == 1
        action["method"] = paid[0] if is_difference else draft.method
    return action


def stored(turn_record: CustomerRecord | None, order: OrderSnapshot) -> list[PaymentMethod]:
    """The customer's stored means of payment, and what paid the order, once each."""
    held = (*(turn_record.payment_methods if turn_record else ()), *order.payment.methods)
    return list({one.id: one for one in held}.values())


def receivers(turn: Turn, order: OrderSnapshot, record: CustomerRecord | None) -> tuple[str, ...]:
    """Where a refund may go, as words of actions: `original`, ids of stored methods."""
    rule = turn.context.policy.actions.get("start_return")
    return refund_targets(rule, order, record) if rule is not None else ("original",)


def kinds(decision: Decision, draft: ReturnDraft, order: OrderSnapshot, products: Mapping[str, Product]) -> list[str]:
    """The ways it may end; an exchange only where there is something to exchange for."""
    found = return_words.kinds(decision)
    lines = [line for line_id in draft.lines if (line := order.line(line_id)) is not None]
    return [kind for kind in found if kind != "exchange" or all(variants(line, products) for line in lines)]


def variants(line: Line, products: Mapping[str, Product]) -> Sequence[Any]:
    """The other versions of a line that can be had now."""
    product = products.get(line.product_id or "")
    return [
        each
        for each in (product.variants if product else ())
        if each.sku != line.sku and each.available and (each.stock is None or each.stock > 0)
    ]


def reason_matters(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Whether knowing why could make a difference: something is refused, costs the customer, or is a choice between ends.

    Where everything is free already, nobody has to explain themselves."""
    decision = case.decision
    rule = turn.context.policy.actions.get(action_name(draft))
    if decision is None or (rule is not None and rule.reasons != "any"):
        return decision is not None
    if decision.verdict != "allow" or decision.ask is not None:
        return True
    wished = draft.outcome or ("exchange" if draft.kind == "exchange" else "refund")
    open_kinds = set(return_words.kinds(decision))
    if wished not in open_kinds or (
        not draft.outcome and draft.kind == "return" and not open_kinds <= {"refund", "exchange"}
    ):
        return True
    offers = [found for result in decision.lines if (found := result.offer(wished)) is not None]
    return any(
        each.verdict != "allow" or each.label == "customer" or each.label_fee_minor or each.restocking_minor
        for each in offers
    )
