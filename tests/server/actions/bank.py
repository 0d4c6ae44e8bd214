"""The outside view of a shop's money, for tests of the gate: a store that is killed, cut or busy, and audits over what is stored.

Nothing here asks the gate or the judge what they think: limits, consents and sums are counted again from the rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec
from typing_extensions import override

from memory.engines.base import Database, Row, Tx
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import Money
from server.commerce.store import CancelResult, RefundResult
from server.errors import StoreRefused, StoreUnavailable

Fault = Literal["kill_before", "kill_after", "cut_before", "cut_after", "refuse"]
BEGUN: Final = ("confirmed", "executing", "unknown", "executed")
EARLY: Final = "/early"
OVER: Final = ("declined", "rejected", "expired", "cancelled")
_MONTH_MS: Final = int(timedelta(days=30).total_seconds() * 1000)
_DAY_MS: Final = int(timedelta(days=1).total_seconds() * 1000)


class Killed(BaseException):
    """The process ends here: nobody records anything any more."""


class Bank(EmbeddedStore):
    """The embedded store with one fault for its next write, and an eye on every payment that it is asked for."""

    fault: Fault | None = None
    overpaid: list[str]

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.writes: Database = args[0]
        self.overpaid = []
        for name in ("start_return", "start_exchange", "change_items", "store_credit", "reship", "open_claim"):
            setattr(self, name, self._faulty(getattr(self, name)))

    def _faulty(self, write: Callable[..., Any]) -> Callable[..., Any]:
        async def asked(*args: Any, **named: Any) -> Any:
            fault, self.fault = self.fault, None
            if fault == "refuse" and await self._is_written(str(args[0])):
                fault = None  # an order system that has done it says so again
            self._before(fault)
            result = await write(*args, **named)
            self._after(fault)
            return result

        return asked

    async def _is_written(self, key: str) -> bool:
        """Whether a write with this key was done."""

        async def unit(tx: Tx) -> bool:
            return await tx.one("SELECT key FROM store_writes WHERE key = ?", (key,)) is not None

        return await self.writes.read(unit)

    def _before(self, fault: Fault | None) -> None:
        if fault == "kill_before":
            raise Killed
        if fault == "cut_before":
            raise StoreUnavailable("no connection")
        if fault == "refuse":
            raise StoreRefused("not now")

    def _after(self, fault: Fault | None) -> None:
        if fault == "kill_after":
            raise Killed
        if fault == "cut_after":
            raise StoreUnavailable("no answer")

    @override
    async def refund(self, key: str, order_id: str, amount: Money, *args: Any, **named: Any) -> RefundResult:
        await self._watch(key, order_id, amount.amount_minor)
        result: RefundResult = await self._faulty(super().refund)(key, order_id, amount, *args, **named)
        return result

    @override
    async def cancel_order(self, key: str, order_id: str, *args: Any, **named: Any) -> CancelResult:
        result: CancelResult = await self._faulty(super().cancel_order)(key, order_id, *args, **named)
        return result

    async def _watch(self, key: str, order_id: str, amount_minor: int) -> None:
        document = await self.document(order_id)
        assert document is not None
        if any(each["id"] == _refund_id(key) for each in document.get("refunds") or ()):
            return
        if amount_minor > document["totals"]["total"] - given_back(document):
            self.overpaid.append(key)


def _refund_id(key: str) -> str:
    from server.commerce.changes import identifier

    return identifier("RF", key)


def given_back(document: dict[str, Any]) -> int:
    """What went back of an order and did not fail."""
    return sum(each["amount"] for each in document.get("refunds") or () if each["status"] != "failed")


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits that the audit counts by; the same as in the policy's text."""

    refund_over: int
    sum_over: int
    daily: int
    refunds: int


async def rows(database: Database, sql: str) -> list[Row]:
    """All rows of a statement."""

    async def unit(tx: Tx) -> list[Row]:
        return list(await tx.all(sql))

    return await database.read(unit)


async def audit(database: Database, bank: Bank, rules: Rules) -> None:
    """What must hold at any moment, in the middle of crashes and races too."""
    assert bank.overpaid == [], "the gate asked for more than was left"
    for document in await bank.documents():
        assert given_back(document) <= document["totals"]["total"], f"{document['id']} gave back more than was paid"
        _audit_pieces(document)
        _audit_tenders(document)
    actions = await rows(database, "SELECT * FROM actions ORDER BY id")
    approvals = await rows(database, "SELECT * FROM approvals")
    ids = {one["key"]: one["id"] for one in actions}
    begun = [one for one in actions if one["state"] in BEGUN]
    for action in begun:
        agreed_to = ids[_return_of(action["key"])]
        _audit_consent(action, [one for one in approvals if one["action_id"] == agreed_to], rules)
    _audit_early(actions)
    paid_early = {_return_of(one["key"]) for one in begun if one["key"].endswith(EARLY)}
    alone = [one for one in begun if one["need"] == "none"]
    _audit_sums([one for one in alone if one["key"] not in paid_early], rules)
    for document in await bank.documents():
        _audit_settled(document, alone)


def _return_of(key: str) -> str:
    """The key of the return that an early refund pays; any other key as it is."""
    return key.removesuffix(EARLY)


def _audit_early(actions: list[Row]) -> None:
    """A return is paid early at most once, with its own amount, to its own customer, and only once it was opened."""
    by_key = {one["key"]: one for one in actions}
    for one in actions:
        if one["key"].endswith(EARLY):
            opened = by_key[_return_of(one["key"])]
            assert (opened["name"], opened["state"], one["name"]) == ("start_return", "executed", "refund")
            same = ("amount_minor", "currency", "order_id", "customer_id", "need", "counted", "kind")
            assert [one[each] for each in same] == [opened[each] for each in same]


def _audit_pieces(document: dict[str, Any]) -> None:
    ordered = {line["id"]: line["quantity"] for line in document["lines"]}
    for line_id, quantity in ordered.items():
        back = sum(
            line["quantity"]
            for each in document.get("returns") or ()
            if each["status"] not in OVER
            for line in each["lines"]
            if line["line"] == line_id
        )
        assert back <= quantity, f"{document['id']}/{line_id}: more came back than was sold"


def _audit_settled(document: dict[str, Any], alone: list[Row]) -> None:
    """Sent again, paid back and sent back: by the assistant alone, no piece twice.

    A return counts by its goods while it is open, else by its money if that was paid."""
    settled: dict[str, int] = {}
    over = {each["id"] for each in document.get("returns") or () if each["status"] in OVER}
    void = {one["key"] for one in alone if msgspec.json.decode(one["result"]).get("rma") in over}
    for action in alone:
        if action["order_id"] == document["id"] and action["name"] in ("reship", "refund", "start_return"):
            if (action["key"] in void) if action["name"] == "start_return" else _is_paid_with_goods(action, void):
                continue
            for line in msgspec.json.decode(action["body"])["work"]["lines"]:
                settled[line["line"]] = settled.get(line["line"], 0) + line["quantity"]
    for line in document["lines"]:
        assert settled.get(line["id"], 0) <= line["quantity"], f"{document['id']}/{line['id']}: settled twice"


def _is_paid_with_goods(action: Row, void: set[str]) -> bool:
    """Whether this pays a return early that is still open."""
    return action["key"].endswith(EARLY) and _return_of(action["key"]) not in void


def _audit_tenders(document: dict[str, Any]) -> None:
    for sale in document["payment"].get("transactions") or ():
        back = [each["amount"] for each in document.get("refunds") or () if each["method"] == sale["gateway"]]
        assert sum(back) <= sale["amount"], f"{document['id']}: {sale['gateway']} got back more than it paid"


def _audit_consent(action: Row, given: list[Row], rules: Rules) -> None:
    roles = [one["role"] for one in given]
    match action["need"]:
        case "none":
            paid = action["amount_minor"] if action["kind"] == "refund" else 0
            assert paid <= rules.refund_over, f"{action['key']}: {paid} without anybody's consent"
        case "agent":
            assert roles, f"{action['key']}: nobody agreed"
        case "senior":
            assert {"supervisor", "admin"} & set(roles), f"{action['key']}: no supervisor agreed"
        case _:
            assert "admin" in roles, f"{action['key']}: no admin agreed"
            assert len({one["agent_id"] for one in given}) > 1, f"{action['key']}: one person agreed"


def _audit_sums(alone: list[Row], rules: Rules) -> None:
    """What the assistant gave by itself, over every window that ends with one of its payments."""
    for last in alone:
        window = [one for one in alone if 0 <= last["created_at"] - one["created_at"] < _MONTH_MS]
        mine = [one for one in window if one["customer_id"] == last["customer_id"]]
        assert sum(one["amount_minor"] for one in mine) <= rules.sum_over, "over the sum of a customer"
        assert sum(one["counted"] for one in mine) <= rules.refunds, "over the refunds of a customer"
        today = [one for one in window if one["created_at"] // _DAY_MS == last["created_at"] // _DAY_MS]
        assert sum(one["amount_minor"] for one in today) <= rules.daily, "over the day's total"


async def balanced(database: Database, bank: Bank) -> None:
    """After everything was reconciled: the ledger and the order system tell the same story."""
    actions = await rows(database, "SELECT * FROM actions ORDER BY id")
    assert not [one["key"] for one in actions if one["state"] in ("confirmed", "executing", "unknown")]
    written = {one["key"]: one for one in await rows(database, "SELECT * FROM store_writes")}
    done = {one["key"]: one for one in actions if one["state"] == "executed"}
    keys = {_owner(key) for key in written}
    states = {one["key"]: (one["name"], one["state"], one["result"]) for one in actions}
    assert keys == set(done), f"told otherwise by the order system: {[states.get(key) for key in keys ^ set(done)]}"
    for key, action in done.items():
        result = msgspec.json.decode(action["result"])
        parts = [msgspec.json.decode(one["result"]) for name, one in written.items() if _owner(name) == key]
        paid = sum(_paid(part["result"]) for part in parts)
        assert action["name"] != "refund" or paid == action["amount_minor"] == _paid(result)
        if action["name"] == "cancel_order":
            assert paid == action["amount_minor"]
    paid_back = {each["id"]: each for one in await bank.documents() for each in one.get("refunds") or ()}
    for action in actions:
        if action["key"].endswith(EARLY):
            shown = paid_back.get(_refund_id(action["key"]))
            amount = action["amount_minor"] if action["state"] == "executed" else None
            assert (shown["amount"] if shown else None) == amount, f"{action['key']}: the order shows another payment"


def _owner(key: str) -> str:
    """The action that a write of the order system belongs to: parts of a refund have keys of their own."""
    return key if key.endswith(EARLY) else key.partition("/")[0]


def _paid(result: dict[str, Any]) -> int:
    money = result.get("refund", result) or {}
    return int((money.get("amount") or {}).get("amount_minor", 0))
