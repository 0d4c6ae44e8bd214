"""A state machine on money: whatever is asked, in whatever order, through crashes, races and outages, the sums hold."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from memory.agents import Agent
from memory.engines import connect
from memory.engines.base import Database
from memory.migrations import migrate
from memory.threads import Thread
from server.actions.gate import Changed, Gate, Moved, Request
from server.clock import HandClock
from server.errors import ActionRefused, NotAllowed, StoreError
from server.policies.file import loads
from server.policies.judge import Ruling
from server.services import Services
from tests.server import core
from tests.server.actions.bank import OVER, Bank, Fault, Killed, Rules, audit, balanced, rows
from tests.server.actions.house import PROVEN, SCARF
from tests.server.commerce.orders import a_line, a_parcel, an_event, an_order
from tests.support.databases import NOW

RULES: Final = Rules(refund_over=6_000, sum_over=9_000, daily=11_000, refunds=2)
POLICY: Final = loads(
    f"""
version: machine-1
approval:
  - {{when: "refund > {RULES.refund_over}", need: agent}}
  - {{when: "goodwill > 400", need: agent}}
  - {{when: "refund > 8000", need: two_person}}
  - {{when: "sum_refunds_30d > {RULES.sum_over}", need: senior}}
  - {{when: "verdict == review", need: agent}}
limits: {{bot_daily_refund_total: {RULES.daily}, bot_refunds_per_customer_30d: {RULES.refunds}}}
defaults: {{tz: UTC}}
outcomes: {{refund: {{release: on_first_scan}}}}
actions:
  reship: {{need: none}}
  start_exchange: {{times: any}}
  change_items: {{times: any}}
"""
)
REASONS: Final = ("unwanted", "defective", "missing_item", "late", "not_received", "other", "no such reason")
SKUS: Final = ("SCARF-RED", "SCARF-BLUE", "SCARF-GREY", "NO-SUCH")
METHODS: Final = ("original", "pm_1", "gift_1", "store_credit", "pm_9", None)
NAMES: Final = (
    "start_return", "start_exchange", "refund", "cancel_order", "change_items", "store_credit", "reship", "open_claim",
)  # fmt: skip
BACK: Final = ("in_transit", "in_transit", "in_transit", "received", "inspected", "cancelled", "expired")
"""Where a return may be found, mostly on its way."""
KINDS: Final = ("waiting", "delivered", "lost", "two_tenders", "partly_paid")
EXPECTED: Final = (ActionRefused, Changed, Moved, StoreError, NotAllowed, Killed)
T = TypeVar("T")

lines = st.lists(
    st.fixed_dictionaries(
        {"line": st.sampled_from(["l1", "l1", "l1", "l2"]), "quantity": st.integers(1, 3)},
        optional={"to_sku": st.sampled_from(SKUS), "opened": st.booleans()},
    ),
    max_size=2,
)
anything = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "lines": lines, "reason": st.sampled_from(REASONS)},
    optional={
        "method": st.sampled_from([each for each in METHODS if each]),
        "amount": st.sampled_from([1, 300, 500, 2_000, 5_500, 7_000, 50_000]),
        "outcome": st.sampled_from(["refund", "store_credit"]),
        "kind": st.sampled_from(["not_received", "lost"]),
        "photo": st.just("up_1"),
    },
)
SENSIBLE: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "waiting": (
        {"name": "cancel_order", "reason": "other", "method": "original"},
        {"name": "change_items", "reason": "other", "method": "gift_1", "to_sku": "SCARF-BLUE"},
        {"name": "change_items", "reason": "other", "method": "pm_1", "to_sku": "SCARF-GREY"},
        {"name": "refund", "reason": "other", "amount": 1_700},
    ),
    "delivered": (
        {"name": "start_return", "reason": "unwanted", "outcome": "refund", "method": "original"},
        {"name": "start_return", "reason": "unwanted", "outcome": "store_credit", "method": "store_credit"},
        {"name": "start_exchange", "reason": "style_color", "method": "gift_1", "to_sku": "SCARF-GREY"},
        {"name": "start_exchange", "reason": "style_color", "method": "pm_1", "to_sku": "SCARF-BLUE"},
        {"name": "refund", "reason": "missing_item"},
        {"name": "reship", "reason": "missing_item"},
        {"name": "store_credit", "reason": "late"},
        {"name": "store_credit", "reason": "late", "amount": 300},
    ),
    "lost": (
        {"name": "refund", "reason": "not_received"},
        {"name": "refund", "reason": "not_received", "amount": 400, "is_of_lines": True},
        {"name": "reship", "reason": "not_received"},
    ),
}
SENSIBLE["two_tenders"] = SENSIBLE["partly_paid"] = SENSIBLE["waiting"]
wishes = st.one_of(
    st.tuples(st.just("sensible"), st.integers(0, 7), st.sampled_from([1, 1, 2, 4])),
    st.tuples(st.just("sensible"), st.integers(0, 7), st.sampled_from([1, 1, 2, 4])),
    st.tuples(st.just("sensible"), st.integers(0, 7), st.sampled_from([1, 1, 2, 4])),
    anything,
)
"""Mostly what somebody might want of the order at hand: (which, of how many pieces); else anything."""
Wish: TypeAlias = dict[str, Any] | tuple[str, int, int]


def _written(wish: Wish, kind: str) -> dict[str, Any]:
    """The wish as an action on an order of this kind."""
    if isinstance(wish, dict):
        return dict(wish)
    _, pick, pieces = wish
    action = dict(SENSIBLE[kind][pick % len(SENSIBLE[kind])])
    line = {"line": "l1", "sku": "SCARF-RED", "quantity": pieces}
    to_sku = action.pop("to_sku", None)
    if action.pop("is_of_lines", "amount" not in action) and action["name"] not in ("cancel_order", "store_credit"):
        action["lines"] = [line | ({"to_sku": to_sku} if to_sku else {})]
    return action


faults = st.sampled_from(["kill_before", "kill_after", "cut_before", "cut_after", "refuse"])


def _document(number: int, kind: str, customer: str, pieces: int) -> dict[str, Any]:
    total = 2_500 * pieces + 500
    order: dict[str, Any] = an_order(
        id=f"ord_{number}",
        number=f"#{2000 + number}",
        customer={
            "id": customer,
            "name": customer,
            "emails": [f"{customer}@example.com"],
            "phones": [],
            "zip": "68102",
        },
        lines=[a_line(quantity=pieces)],
        totals={"items": 2_500 * pieces, "discount": 0, "shipping": 500, "tax": 0, "total": total, "refunded": 0},
        promised={"min": "2026-11-10", "max": "2026-11-14"},
    )
    if kind in ("delivered", "lost"):
        at, code = ("2026-11-18T18:00:00Z", "delivered") if kind == "delivered" else ("2026-11-12T18:00:00Z", "lost")
        parcel = a_parcel(
            an_event(at, code), lines=[{"line": "l1", "quantity": pieces}], tracking_number=f"1Z{number:016}"
        )
        order |= {"fulfilment": "shipped", "lines": [a_line(quantity=pieces, fulfilled=pieces)], "shipments": [parcel]}
    if kind == "two_tenders":
        methods = [
            {"id": "gift_1", "kind": "gift_card", "label": "Gift"},
            {"id": "pm_1", "kind": "card", "label": "Visa"},
        ]
        paid = [("gift_1", 1_000), ("pm_1", total - 1_000)]
        sales = [{"kind": "sale", "status": "succeeded", "amount": each, "gateway": one} for one, each in paid]
        order["payment"] = {"status": "paid", "methods": methods, "transactions": sales}
    if kind == "partly_paid":
        order["payment"] = {**order["payment"], "status": "partially_paid"}
    return order


class Money(RuleBasedStateMachine):
    """Two customers, a few orders, two gates on one database, and everything that goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="money-"))
        self.clock = HandClock(NOW)
        self.orders: list[tuple[str, str, str]] = []
        self.requests = 0
        self.agreed: list[str] = []
        self.taken_back: set[str] = set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end."""
        return self.runner.run(work)

    @initialize()
    def opens(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        self.database: Database = await connect(f"sqlite:///{self.folder / 'money.db'}")
        await migrate(self.database, NOW)
        self.bank = Bank(self.database, self.clock, "UTC", "US")
        services = core.rooms(self.database, clock=self.clock, store_kind=lambda *_: self.bank, policy=POLICY)
        self.services: Services = await services.__aenter__()
        self.gates = [Gate(self.services), Gate(self.services)]
        await self.bank.put_product(dict(SCARF))
        for customer in ("c1", "c2"):
            methods = [
                {"id": "pm_1", "kind": "card", "label": "Visa"},
                {"id": "gift_1", "kind": "gift_card", "label": "Gift card", "balance": 900},
            ]
            await self.bank.put_customer(
                {"id": customer, "name": customer, "emails": [], "phones": [], "payment_methods": methods}
            )
        self.thread: Thread = (await core.write(self.services, "hello")).thread
        roles = (("Ann", "agent"), ("Sue", "supervisor"), ("Max", "admin"), ("Vic", "viewer"))
        for number, kind in enumerate(("lost", "delivered", "waiting", "two_tenders", "lost", "delivered")):
            await self.bank.put_order(_document(number, kind, "c1" if number % 3 else "c2", 4 if number == 4 else 2))
            self.orders.append((f"ord_{number}", "c1" if number % 3 else "c2", kind))
        self.people: list[Agent] = [await core.someone(self.services, name, role) for name, role in roles]

    @rule(kind=st.sampled_from(KINDS), customer=st.sampled_from(["c1", "c2"]), pieces=st.integers(1, 4))
    def places(self, kind: str, customer: str, pieces: int) -> None:
        if len(self.orders) < 12:
            document = _document(len(self.orders), kind, customer, pieces)
            self.run(self.bank.put_order(document))
            self.orders.append((document["id"], customer, kind))

    async def _considered(self, pick: int, wish: Wish) -> tuple[Request, Ruling]:
        order_id, customer, kind = self.orders[pick % len(self.orders)]
        order = await self.bank.order(order_id)
        assert order is not None
        action = {**_written(wish, kind), "order": order.number}
        if action["name"] == "store_credit":
            action["customer"] = customer
        ruling = await self.gates[0].consider(
            action, order, await self.bank.customer(customer), thread_id=self.thread.id
        )
        self.requests += 1
        request = Request(
            self.thread.id, f"key{self.requests}", action["name"], order, action, PROVEN, ruling.amount_minor,
            ruling.currency, decision_hash=ruling.hash, customer_id=customer,
        )  # fmt: skip
        return request, ruling

    async def _execute(self, gate: int, request: Request, ruling: Ruling) -> str:
        try:
            done = await self.gates[gate % 2].execute(request)
        except EXPECTED as error:
            return type(error).__name__
        assert ruling.is_open, f"{request.arguments} was done though it was not granted"
        return done.state

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 11), wish=wishes, gate=st.integers(0, 1))
    def acts(self, pick: int, wish: Wish, gate: int) -> None:
        async def work() -> None:
            request, ruling = await self._considered(pick, wish)
            await self._execute(gate, request, ruling)

        self.run(work())

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 11), wish=wishes, fault=faults)
    def acts_into_a_fault(self, pick: int, wish: Wish, fault: Fault) -> None:
        async def work() -> None:
            request, ruling = await self._considered(pick, wish)
            self.bank.fault = fault
            await self._execute(0, request, ruling)
            self.bank.fault = None
            if fault != "refuse":
                await self._execute(1, request, ruling)  # the turn is run again, perhaps elsewhere

        self.run(work())

    @precondition(lambda self: self.orders)
    @rule(
        picks=st.tuples(st.integers(0, 11), st.integers(0, 11)), wishes=st.tuples(wishes, wishes), is_same=st.booleans()
    )
    def acts_twice_at_once(self, picks: tuple[int, int], wishes: tuple[Wish, Wish], is_same: bool) -> None:
        async def work() -> None:
            first = await self._considered(picks[0], wishes[0])
            second = first if is_same else await self._considered(picks[1], wishes[1])
            await asyncio.gather(self._execute(0, *first), self._execute(1, *second))

        self.run(work())

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 11), wish=wishes, later=st.integers(0, 11), other=wishes)
    def agrees_after_something_else(self, pick: int, wish: Wish, later: int, other: Wish) -> None:
        async def work() -> None:
            request, ruling = await self._considered(pick, wish)
            await self._execute(0, *await self._considered(later, other))
            await self._execute(1, request, ruling)

        self.run(work())

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 11), wish=wishes)
    def asks_for_consent(self, pick: int, wish: Wish) -> None:
        async def work() -> None:
            request, ruling = await self._considered(pick, wish)
            try:
                self.agreed.append(await self.gates[0].ask_approval(request, ruling))
            except EXPECTED:
                return
            assert ruling.need != "none"

        self.run(work())

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 11), wish=wishes, fault=faults, other=wishes, person=st.integers(0, 2))
    def something_else_while_it_is_unknown(self, pick: int, wish: Wish, fault: Fault, other: Wish, person: int) -> None:
        """On the same order, with or without a consent, before anybody looked what became of the first."""

        async def work() -> None:
            first, second = await self._considered(pick, wish), await self._considered(pick, other)
            is_asked = second[1].need != "none" and second[1].ask is None and second[1].verdict != "deny"
            with suppress(*EXPECTED):
                if is_asked:
                    self.agreed.append(await self.gates[0].ask_approval(*second))
            self.bank.fault = fault
            await self._execute(0, *first)
            self.bank.fault = None
            with suppress(*EXPECTED):
                if is_asked:
                    await self.gates[1].approve(second[0].key, self.people[person], self.clock.now())
                else:
                    await self._execute(1, *second)

        self.run(work())

    @precondition(lambda self: self.agreed)
    @rule(pick=st.integers(0, 11), person=st.integers(0, 3), fault=st.one_of(st.none(), faults), is_race=st.booleans())
    def consents(self, pick: int, person: int, fault: Fault | None, is_race: bool) -> None:
        async def one(gate: int) -> None:
            try:
                key = self.agreed[pick % len(self.agreed)]
                await self.gates[gate].approve(key, self.people[person], self.clock.now())
            except EXPECTED:
                return

        async def work() -> None:
            self.bank.fault = fault
            await asyncio.gather(*(one(gate) for gate in range(2 if is_race else 1)))
            self.bank.fault = None

        self.run(work())

    @precondition(lambda self: self.agreed)
    @rule(pick=st.integers(0, 11), person=st.integers(0, 3), is_race=st.booleans())
    def takes_back(self, pick: int, person: int, is_race: bool) -> None:
        """What waits is taken back, perhaps while somebody agrees to it: it is done, or taken back, never both."""

        async def approve() -> None:
            with suppress(*EXPECTED):
                key = self.agreed[pick % len(self.agreed)]
                await self.gates[1].approve(key, self.people[person], self.clock.now())

        async def withdraw() -> None:
            gone = await self.gates[0].withdraw(self.thread.id, len(self.taken_back) + 1)
            self.taken_back |= {each.key for each in gone}

        async def work() -> None:
            await asyncio.gather(withdraw(), *([approve()] if is_race else []))
            assert await self.gates[0].awaiting() == []

        self.run(work())

    @rule(hours=st.sampled_from([1, 5, 23, 24 * 8, 24 * 31]))
    def passes_time(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 11), amount=st.integers(1, 3_000))
    def somebody_else_gives_back(self, pick: int, amount: int) -> None:
        """In the shop's own back office, past the ledger."""

        def edit(document: dict[str, Any]) -> dict[str, Any]:
            given = sum(each["amount"] for each in document.get("refunds") or () if each["status"] != "failed")
            if (
                document["payment"]["status"] not in ("paid", "partially_refunded")
                or document["totals"]["total"] - given < amount
            ):
                return document
            entry = {
                "id": f"EX{len(document.get('refunds') or ())}", "at": self.clock.now().isoformat(), "amount": amount,
                "status": "succeeded", "method": "original", "lines": [],
            }  # fmt: skip
            return {**document, "refunds": [*(document.get("refunds") or ()), entry]}

        async def work() -> None:
            unfinished = await self.database.read(
                lambda tx: tx.one(
                    "SELECT COUNT(*) AS n FROM actions WHERE state IN ('confirmed', 'executing', 'unknown')"
                )
            )
            assert unfinished is not None
            if not unfinished["n"]:
                await self.bank.edit_order(self.orders[pick % len(self.orders)][0], edit)

        self.run(work())

    @precondition(lambda self: self.orders)
    @rule(
        picks=st.lists(st.integers(0, 11), min_size=1, max_size=3),
        status=st.sampled_from(BACK),
        fault=st.one_of(st.none(), faults),
        is_race=st.booleans(),
        other=st.one_of(st.none(), wishes),
    )
    def a_parcel_comes_back(
        self, picks: list[int], status: str, fault: Fault | None, is_race: bool, other: Wish | None
    ) -> None:
        """Its return is scanned, arrives, or is called off; who pays early looks, into a fault, and something else is wished."""

        def edit(document: dict[str, Any]) -> dict[str, Any]:
            held = document.get("returns") or ()
            return {
                **document,
                "returns": [each if each["status"] in OVER else {**each, "status": status} for each in held],
            }

        async def looks(gate: Gate) -> None:
            with suppress(*EXPECTED):
                await gate.reconcile()

        async def wishes_more() -> None:
            if other is not None:
                await self._execute(0, *await self._considered(picks[0], other))

        async def work() -> None:
            for pick in picks:
                await self.bank.edit_order(self.orders[pick % len(self.orders)][0], edit)
            self.clock.advance(timedelta(minutes=16))
            self.bank.fault = fault
            gates = self.gates if is_race else self.gates[:1]
            await asyncio.gather(*(looks(gate) for gate in gates), wishes_more())
            self.bank.fault = None
            states = [
                one["state"] for one in await rows(self.database, "SELECT * FROM actions WHERE key LIKE '%/early'")
            ]
            event(f"early refunds: {','.join(sorted(set(states))) or 'none'}")

        self.run(work())

    @precondition(lambda self: any(kind == "delivered" for _, _, kind in self.orders))
    @rule(
        pick=st.integers(0, 11), pieces=st.integers(1, 2), status=st.sampled_from(BACK), later=st.sampled_from(BACK),
        fault=st.one_of(st.none(), faults), is_race=st.booleans(),
    )  # fmt: skip
    def sends_back(self, pick: int, pieces: int, status: str, later: str, fault: Fault | None, is_race: bool) -> None:
        """A return from its opening to its end, so that payments before the goods are back are not rare here."""
        held = [at for at, (_, _, kind) in enumerate(self.orders) if kind == "delivered"]
        at = held[pick % len(held)]

        async def opens() -> None:
            await self._execute(0, *await self._considered(at, ("sensible", 0, pieces)))

        self.run(opens())
        self.a_parcel_comes_back([at], status, fault, is_race, None)
        self.a_parcel_comes_back([at], later, None, is_race, None)

    @rule()
    def reconciles(self) -> None:
        self.run(self._reconcile())

    async def _reconcile(self) -> None:
        self.bank.fault = None
        self.clock.advance(timedelta(seconds=21))
        await asyncio.gather(*(gate.reconcile() for gate in self.gates))
        await balanced(self.database, self.bank)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "services"):
            self.run(audit(self.database, self.bank, RULES))
            self.run(self._consents_hold())

    async def _consents_hold(self) -> None:
        """What waits shows to the unit what it pays; what was taken back is not done by anybody, ever."""
        for each in await self.gates[0].awaiting():
            shown = each.preview
            assert sum(part["amount_minor"] for part in shown["parts"]) == each.amount_minor, each
            assert sum(share for _, share in shown["to"]) == each.amount_minor, each
        if self.taken_back:
            states = {one["key"]: one["state"] for one in await rows(self.database, "SELECT key, state FROM actions")}
            written = {one["key"] for one in await rows(self.database, "SELECT key FROM store_writes")}
            assert {states[key] for key in self.taken_back} == {"withdrawn"}
            assert not self.taken_back & written

    @override
    def teardown(self) -> None:
        try:
            if hasattr(self, "services"):
                self.run(self._reconcile())
                self.run(audit(self.database, self.bank, RULES))
        finally:
            if hasattr(self, "database"):
                self.run(self.database.close())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)


_QUIET: Final = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=12,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=_QUIET,
    database=None,
)


@pytest.mark.long
class TestMoneyAtLength(TestMoney):  # type: ignore[misc,valid-type]  # hypothesis makes the class at run time
    """The same with the full counts."""

    settings = settings(
        max_examples=int(os.environ.get("MONEY_EXAMPLES", "400")),
        stateful_step_count=50,
        deadline=None,
        suppress_health_check=_QUIET,
        phases=(Phase.generate, Phase.shrink),
        database=None,
    )
