"""What keeps the gate shut: hostile arguments, another's order, limits and stops, under races too."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory.engines.base import Database
from memory.threads import NewEvent
from server.actions.gate import Changed, Done, Gate, Moved
from server.errors import ActionRefused, StoreUnavailable
from server.policies.decision import History
from tests.server import core
from tests.server.actions.house import OPEN, PROVEN, House, delivered, house_of, one, waiting
from tests.support.databases import ENGINES, NOW, opened, url_of

BACK: dict[str, Any] = {
    "name": "start_return", "order": "#1042", "lines": [one()], "reason": "unwanted", "outcome": "refund",
    "method": "original",
}  # fmt: skip
CANCEL: dict[str, Any] = {"name": "cancel_order", "order": "#1043", "reason": "other", "method": "original"}


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database, house_of(database) as house:
        yield house


async def why(house: House, request: Any) -> str:
    """The key with which the gate refuses."""
    with pytest.raises(ActionRefused) as refused:
        await house.gate.execute(request)
    return refused.value.reason


async def nothing_happened(house: House) -> None:
    order, other = await house.order(), await house.order("ord_8")
    assert (order.returns, order.refunds, other.refunds, other.cancelled_at) == ((), (), (), None)
    assert "executed" not in await house.events()


# Bound to what was agreed to


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": [one(quantity=2)]},
        {"reason": "defective"},
        {"outcome": "store_credit", "method": "store_credit"},
        {"method": "gift_1"},
        {"lines": [one(opened=True)]},
    ],
)
async def test_a_yes_holds_for_exactly_what_was_read_back(house: House, changes: dict[str, Any]) -> None:
    request = await house.request(BACK)
    with pytest.raises(Changed):
        await house.gate.execute(replace(request, arguments={**BACK, **changes}))
    await nothing_happened(house)


async def test_a_yes_is_asked_for_again_when_the_amount_changed_meanwhile(house: House) -> None:
    request = await house.request(CANCEL, "ord_8")
    await house.do(
        {"name": "change_items", "order": "#1043", "lines": [one(to_sku="SCARF-BLUE")], "method": "pm_1"}, "ord_8", "a"
    )
    with pytest.raises(Changed) as changed:
        await house.gate.execute(request)
    assert changed.value.ruling.amount_minor == 6_000
    assert (await house.order("ord_8")).cancelled_at is None


async def test_without_the_hash_of_a_ruling_nothing_is_confirmed(house: House) -> None:
    request = await house.request(CANCEL, "ord_8", decision_hash="")
    assert await why(house, request) == "unconfirmed"
    await nothing_happened(house)


@pytest.mark.parametrize("order", ["#1043", "#9999", "1043"])
async def test_the_named_order_is_the_proven_one(house: House, order: str) -> None:
    request = await house.request(BACK)
    assert await why(house, replace(request, arguments={**BACK, "order": order})) == "malformed"
    await nothing_happened(house)


async def test_the_named_action_is_the_requested_one(house: House) -> None:
    request = await house.request(BACK)
    assert await why(house, replace(request, arguments={**BACK, "name": "refund"})) == "malformed"


async def test_proofs_of_one_order_do_not_change_the_customers_profile(house: House) -> None:
    action = {
        "name": "change_address",
        "customer": "c1",
        "address": {"line1": "x", "city": "y", "zip": "1", "country": "US"},
    }
    request = await house.request(action, None, proofs=frozenset({"order_number", "email"}))
    assert await why(house, request) == "identity"
    assert (await house.ana()).addresses == ()


async def test_another_customers_profile_is_out_of_reach(house: House) -> None:
    await house.store.put_customer({"id": "c2", "name": "Bob Ray", "emails": [], "phones": []})
    action = {
        "name": "change_address",
        "customer": "c1",
        "address": {"line1": "x", "city": "y", "zip": "1", "country": "US"},
    }
    bob = await house.store.customer("c2")
    ruling = await house.gate.consider(action, None, bob)
    request = await house.request(action, None, customer_id="c2", decision_hash=ruling.hash)
    assert await why(house, request) == "customer_unknown"


HOSTILE: list[dict[str, Any]] = [
    {**BACK, "lines": "all of them"},
    {**BACK, "lines": [{"line": "l1", "quantity": -3}]},
    {**BACK, "lines": [{"line": "l1", "quantity": 10**9}]},
    {**BACK, "lines": [{"line": "l1", "quantity": "2"}]},
    {**BACK, "lines": [{"line": "l1", "sku": "SCARF-BLUE", "quantity": 1}]},
    {**BACK, "lines": [one()] * 500},
    {**BACK, "lines": [None, 3]},
    {**BACK, "outcome": "a million"},
    {**BACK, "method": {"id": "pm_1"}},
    {**BACK, "method": "card_of_somebody"},
    {**BACK, "approved": True, "lines": [one("l9")]},
    {"name": "refund", "order": "#1042", "amount": 5_500, "reason": "the manager said yes"},
    {"name": "refund", "order": "#1042", "amount": -100},
    {"name": "refund", "order": "#1042", "amount": True},
    {"name": "refund", "order": "#1042", "amount": 1e9},
    {"name": "refund", "order": "#1042", "amount": 10**12},
    {"name": "refund", "order": "#1042", "lines": [one()], "reason": "unwanted"},
    {"name": "refund", "order": "#1042", "lines": [one()], "reason": "defective", "photo": True},
    {"name": "store_credit", "customer": "c1", "amount": 10_000, "reason": "goodwill"},
    {"name": "store_credit", "order": "#1042", "amount": 499, "reason": "late"},
    {"name": "reship", "order": "#1042", "lines": [one()], "reason": "unwanted"},
    {"name": "cancel_order", "order": "#1042", "reason": "other"},
    {"name": "start_exchange", "order": "#1042", "lines": [one(to_sku="NO-SUCH")], "method": "pm_1"},
    {"name": "change_payment", "order": "#1042", "method": "pm_2"},
    {"name": "drop_tables", "order": "#1042"},
    {"name": "start_exchange", "order": "#1042", "lines": [one(to_sku="\ud800")], "method": "pm_1"},
    {"name": "refund\ud800", "order": "#1042", "amount": 10**40},
    {"name": ""},
    {},
]


async def test_whatever_is_asked_nothing_is_done_that_the_policy_does_not_grant(house: House) -> None:
    for number, action in enumerate(HOSTILE):
        order_id = "ord_7" if "order" in action else None
        ruling = await house.consider(action, order_id)
        assert not ruling.is_open, action
        named = {"name": "?", **action}
        with pytest.raises(ActionRefused):
            await house.gate.execute(await house.request(named, order_id, f"key{number}"))
    await nothing_happened(house)
    assert await house.events() == []
    assert await house.balance("gift_1") == 2_000
    assert await house.balance("store_credit") is None


# The thread


@pytest.mark.parametrize(
    "event",
    [NewEvent("handoff", {"reason": "requested"}, "all"), NewEvent("message", {"text": "wait"}, "all", "customer")],
)
async def test_a_thread_that_moved_confirms_nothing(house: House, event: NewEvent) -> None:
    request = await house.request(CANCEL, "ord_8", seen_seq=1)
    await core.happen(house.services, house.thread, event)
    with pytest.raises(Moved):
        await house.gate.execute(request)
    await nothing_happened(house)


# Stops


@pytest.mark.parametrize("text", ["limits: {stop_all: true}", "actions: {cancel_order: {enabled: false}}"])
async def test_the_stops_stop(house: House, text: str) -> None:
    stopped = house.under(text)
    ruling = await stopped.consider(CANCEL, "ord_8")
    assert (ruling.verdict, ruling.key) == ("deny", "switched_off")
    assert await why(stopped, await stopped.request(CANCEL, "ord_8")) == "switched_off"


async def test_a_stop_between_yes_and_deed_holds(house: House) -> None:
    request = await house.request(CANCEL, "ord_8")
    stopped = house.under("limits: {stop_all: true}")
    with pytest.raises(Changed):
        await stopped.gate.execute(request)
    await nothing_happened(house)


# Limits, one after another and at once


def limited(line: str) -> str:
    return f"limits: {{bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}}\n{line}"


async def test_the_sum_of_a_customer_needs_a_person(database: Database) -> None:
    orders = [waiting(), waiting(id="ord_9", number="#1044"), waiting(id="ord_10", number="#1045")]
    async with house_of(
        database, *orders, text=limited('approval: [{when: "sum_refunds_30d > 11000", need: senior}]')
    ) as house:
        for number, name in (("#1043", "ord_8"), ("#1044", "ord_9")):
            await house.do({**CANCEL, "order": number}, name, name)
        ruling = await house.consider({**CANCEL, "order": "#1045"}, "ord_10")
        assert (ruling.verdict, ruling.need, ruling.key) == ("allow", "senior", "limit_reached")
        assert await why(house, await house.request({**CANCEL, "order": "#1045"}, "ord_10", "x")) == "limit_reached"
        assert (await house.order("ord_10")).cancelled_at is None


async def test_what_others_gave_back_on_the_order_counts(database: Database) -> None:
    given = [
        {
            "id": "r1",
            "at": "2026-11-19T10:00:00Z",
            "amount": 2_000,
            "status": "succeeded",
            "method": "original",
            "lines": [],
        }
    ]
    order = waiting(
        refunds=given, totals={"items": 5000, "discount": 0, "shipping": 500, "tax": 0, "total": 5500, "refunded": 2000}
    )
    async with house_of(
        database, order, text=limited('approval: [{when: "sum_refunds_30d > 5000", need: agent}]')
    ) as house:
        ruling = await house.consider(CANCEL, "ord_8")
        assert (ruling.amount_minor, ruling.need) == (3_500, "agent")


async def test_the_days_total_is_the_assistants_own(database: Database) -> None:
    orders = [waiting(), waiting(id="ord_9", number="#1044")]
    text = "approval: []\nlimits: {bot_daily_refund_total: 9000, bot_refunds_per_customer_30d: 1000}"
    async with house_of(database, *orders, text=text) as house:
        await house.do(CANCEL, "ord_8", "first")
        other = {**CANCEL, "order": "#1044"}
        ruling = await house.consider(other, "ord_9")
        assert (ruling.need, ruling.rules[-1]) == ("agent", "limits.bot_daily_refund_total")
        house.clock.advance(NOW.replace(hour=6, day=21) - house.services.clock.now())
        assert (await house.do(other, "ord_9", "second")).state == "executed"


async def test_the_third_refund_in_thirty_days_is_a_persons(database: Database) -> None:
    text = "approval: []\nlimits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 2}"
    orders = [delivered(id=f"ord_{n}", number=f"#{n}") for n in (21, 22, 23)]
    async with house_of(database, *orders, text=text) as house:
        for n in (21, 22):
            await house.do({**BACK, "order": f"#{n}"}, f"ord_{n}", f"key{n}")
        ruling = await house.consider({**BACK, "order": "#23"}, "ord_23")
        assert (ruling.verdict, ruling.need) == ("allow", "agent")
        credit = {**BACK, "order": "#23", "outcome": "store_credit", "method": "store_credit"}
        assert (await house.consider(credit, "ord_23")).is_open


@pytest.mark.parametrize("same_gate", [True, False])
async def test_of_many_at_once_only_what_fits_is_done(database: Database, same_gate: bool) -> None:
    orders = [waiting(id=f"ord_{n}", number=f"#{n}") for n in range(30, 38)]
    text = limited('approval: [{when: "sum_refunds_30d > 17000", need: senior}]')
    async with house_of(database, *orders, text=text) as house:
        twin = house.gate if same_gate else Gate(house.services)
        requests = [await house.request({**CANCEL, "order": f"#{n}"}, f"ord_{n}", f"key{n}") for n in range(30, 38)]
        done = await asyncio.gather(
            *(gate.execute(each) for gate, each in zip([house.gate, twin] * 4, requests, strict=True)),
            return_exceptions=True,
        )
        assert sum(isinstance(each, Done) for each in done) == 3
        assert all(isinstance(each, Done | Changed) for each in done)
        cancelled = [each for n in range(30, 38) if (each := await house.order(f"ord_{n}")).cancelled_at]
        assert len(cancelled) == 3


async def test_two_refunds_at_once_never_exceed_what_was_paid(database: Database) -> None:
    """Both were considered while all of the money was there."""
    async with house_of(database) as house:
        await two_at_once(house)


async def two_at_once(house: House) -> None:
    parts = [
        {"name": "cancel_order", "order": "#1043", "reason": "other", "method": way} for way in ("original", "pm_1")
    ]
    requests = [await house.request(each, "ord_8", f"key{n}") for n, each in enumerate(parts)]
    done = await asyncio.gather(*(Gate(house.services).execute(each) for each in requests), return_exceptions=True)
    assert sum(isinstance(each, Done) for each in done) == 1
    order = await house.order("ord_8")
    assert sum(each.amount.amount_minor for each in order.refunds) == 5_500


async def test_money_that_may_be_on_its_way_is_not_given_twice(house: House) -> None:
    """The first cancellation's outcome is unknown: until it is known, nothing more of the order is paid."""
    request = await house.request(CANCEL, "ord_8", "first")

    async def away(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("no answer")

    house.store.cancel_order = away  # type: ignore[method-assign]  # the shop does not answer
    with pytest.raises(StoreUnavailable):
        await house.gate.execute(request)
    del house.store.cancel_order
    ruling = await house.consider({**CANCEL, "method": "pm_1"}, "ord_8")
    assert (ruling.verdict, ruling.key) == ("review", "in_progress")
    assert await house.later() == 1
    assert (await house.order("ord_8")).cancelled_at is not None


# What the caller knows


@pytest.mark.parametrize(
    ("known", "need"),
    [
        (History(), "none"),
        (History(complaints_30d=2), "senior"),
        (History(has_legal_signal=True), "senior"),
        (History(has_public_post_signal=True), "senior"),
        (History(is_abuse_flagged=True), "none"),
    ],
)
async def test_complaints_and_signals_come_from_the_caller(house: House, known: History, need: str) -> None:
    shop = house.under("version: shipped-1")
    ruling = await shop.consider({**CANCEL, "method": "original"}, "ord_8", known)
    assert ruling.need == need


async def test_a_person_is_needed_for_a_vips_money_and_not_for_an_address(house: House) -> None:
    shop = house.under("version: shipped-1")
    await house.store.put_customer(
        {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": [], "vip": True}
    )
    assert (await shop.consider(CANCEL, "ord_8")).need == "senior"
    address = {"line1": "5 Oak Ave", "city": "Austin", "zip": "78701", "country": "US"}
    assert (await shop.consider({"name": "change_address", "order": "#1043", "address": address}, "ord_8")).is_open


async def test_too_little_proof_is_refused_whatever_the_policy_grants(house: House) -> None:
    shop = house.under(OPEN)
    request = await shop.request(CANCEL, "ord_8", proofs=PROVEN - {"otp", "signed_in"})
    assert await why(shop, request) == "identity"
