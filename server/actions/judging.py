"""Judges with what is stored: reads the subject, the goods and the past of an action, and keeps what the ruling was made of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from memory import actions as ledger
from memory import rulings
from memory.engines.base import Tx
from memory.rulings import Ruled
from server.actions import past, signals, traces
from server.actions.goods import goods_of
from server.actions.past import Subject
from server.actions.request import Request
from server.actions.signals import Said
from server.commerce.model import CustomerRecord, OrderSnapshot, Product
from server.commerce.store import Remembered, RemembersOrders
from server.errors import StoreUnavailable
from server.policies.asked import writable
from server.policies.decision import History
from server.policies.judge import Ruling, hash_of, judge
from server.policies.shape import Need, Policy
from server.services import Services

_KEEP: Final = timedelta(days=400)
_FORGET_EVERY: Final = timedelta(hours=6)
_UNKEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Fresh:
    """An action's subject, read just now, with the goods that it is about."""

    subject: Subject
    products: Mapping[str, Product]


@dataclass(frozen=True, slots=True)
class Judged:
    """A ruling with everything that it was made of."""

    ruling: Ruling
    action: Mapping[str, Any]
    fresh: Fresh
    history: History
    policy: Policy
    now: datetime

    def hash_under(self, need: Need, key: str) -> str:
        """What the ruling's hash would be, had it asked for this consent: equal hashes differ in who must agree at most."""
        subject, other = self.fresh.subject, replace(self.ruling, need=need, key=key)
        return hash_of(self.policy, self.action, subject.order, subject.customer, self.fresh.products, other)

    def trace(self, thread_id: int, key: str, stage: str) -> Ruled:
        """The ruling as it is kept."""
        subject = self.fresh.subject
        body = traces.encode(
            self.action, subject.order, subject.customer, self.fresh.products, self.history, self.now, self.ruling
        )
        name = str(writable(str(self.action.get("name", ""))))[:80]
        return Ruled(
            thread_id, key, stage, name, self.now, self.policy.version, self.policy.hash, self.ruling.hash, body
        )


class Judging:
    """Makes rulings over the order system and the ledger."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._unkept: dict[tuple[int, str, str], Ruled] = {}
        self._forgot_at: datetime | None = None

    async def consider(
        self,
        action: Mapping[str, Any],
        order: OrderSnapshot | None,
        customer: CustomerRecord | None,
        thread_id: int,
        history: History | None,
        said: Said | None,
    ) -> Ruling:
        """What the policy makes of a flat action now; with `thread_id` noted until the thread's turn commits."""
        products = await goods_of(self._services, action, order)
        customer_id = order.customer.id if order else (customer.id if customer else "")
        others = await self._remembered(customer_id)
        fresh = Fresh(Subject(order, customer, customer_id, others=others), products)
        judged = await self._services.database.read(
            lambda tx: self.rule(tx, fresh, action, history, thread_id=thread_id, said=said)
        )
        if thread_id:
            while len(self._unkept) >= _UNKEPT:
                self._unkept.pop(next(iter(self._unkept)))
            ruled = judged.trace(thread_id, "", "considered")
            self._unkept[thread_id, ruled.name, ruled.hash] = ruled
        return judged.ruling

    async def read(self, arguments: Mapping[str, Any], order_id: str, customer_id: str) -> Fresh:
        """The subject of an action as it is now. Raises StoreUnavailable."""
        store = self._services.store
        begun = await self._services.database.read(lambda tx: ledger.begun_on(tx, order_id))
        seen = frozenset(each.id for each in begun if each.state == "executed")
        order = await store.order(order_id) if order_id else None
        if order_id and order is None:
            raise StoreUnavailable("the order is gone")
        owner = order.customer.id if order else customer_id
        customer = await store.customer(owner) if owner else None
        others = await self._remembered(owner)
        return Fresh(Subject(order, customer, owner, seen, others), await goods_of(self._services, arguments, order))

    async def _remembered(self, customer_id: str) -> Remembered:
        """The customer's orders, as far as they are kept here."""
        store = self._services.store
        if not customer_id or not isinstance(store, RemembersOrders):
            return Remembered()
        return await store.remembered(customer_id)

    async def rule(
        self,
        tx: Tx,
        fresh: Fresh,
        action: Mapping[str, Any],
        history: History | None,
        key: str = "",
        *,
        thread_id: int = 0,
        said: Said | None = None,
    ) -> Judged:
        """The ruling over what the ledger and the log say in this unit; the action with `key` itself left out of it.

        `said` = what was understood of the message that is being answered in `thread_id`."""
        services, now, subject = self._services, self._services.clock.now(), fresh.subject
        known = await self.known(tx, subject, history, key, thread_id, said)
        ruling = judge(services.policy, action, subject.order, subject.customer, fresh.products, known, now)
        return Judged(ruling, action, fresh, known, services.policy, now)

    async def of_request(self, tx: Tx, request: Request, fresh: Fresh) -> Judged:
        """The ruling over a request."""
        return await self.rule(
            tx, fresh, request.arguments, request.history, request.key, thread_id=request.thread_id, said=request.said
        )

    async def past(
        self, order: OrderSnapshot | None, customer: CustomerRecord | None, thread_id: int, said: Said | None
    ) -> History:
        """What is known of a customer's past."""
        customer_id = order.customer.id if order else (customer.id if customer else "")
        subject = Subject(order, customer, customer_id, others=await self._remembered(customer_id))
        return await self._services.database.read(lambda tx: self.known(tx, subject, None, "", thread_id, said))

    async def known(
        self, tx: Tx, subject: Subject, history: History | None, key: str, thread_id: int, said: Said | None
    ) -> History:
        """What is known of the past: by the caller, by what was said, by the ledger."""
        policy, now = self._services.policy, self._services.clock.now()
        order_id = subject.order.id if subject.order else ""
        known = await signals.heard(tx, policy, thread_id, order_id, now, history or History(), said)
        return await past.history(tx, policy, subject, known, now, but=key)

    async def keep(self, tx: Tx, thread_id: int) -> None:
        """Write down what was considered in a turn of this thread."""
        await rulings.add(tx, [each for key, each in self._unkept.items() if key[0] == thread_id])

    def kept(self, thread_id: int) -> None:
        """What was considered in this thread is written down, or need not be."""
        for key in [each for each in self._unkept if each[0] == thread_id]:
            self._unkept.pop(key, None)

    async def forget(self) -> None:
        """Drop rulings that are over a year old, every few hours."""
        now = self._services.clock.now()
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            self._forgot_at = now
            await self._services.database.write(lambda tx: rulings.forget(tx, now - _KEEP))
