"""More proof where something about the customer was changed lately, and what the policy hears of the customer's past."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import actions
from memory.engines.base import Database
from server.actions.gate import Request
from server.errors import ActionRefused
from server.policies.file import load, loads
from tests.server import core
from tests.server.actions.house import ANA, House, a_line, delivered, house_of, one, waiting
from tests.support.databases import ENGINES, opened, url_of

SIGNED_IN = frozenset({"signed_in"})
ELSEWHERE = {
    "name": "Ana Souza",
    "line1": "9 Pine St",
    "city": "Omaha",
    "region": "NE",
    "zip": "68104",
    "country": "US",
}
OPEN_SHOP = """
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}
"""


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with house_of(database, text=OPEN_SHOP) as house:
        house.clock.advance(timedelta(seconds=1))
        yield house


async def known_as(house: House, **changes: Any) -> None:
    """The shop's record of Ana says something else now."""
    await house.store.put_customer({**ANA, **changes})


async def moving(house: House, key: str = "move", order: bool = True, **values: Any) -> Request:
    """A wish to send Ana's parcel, or everything of hers, elsewhere; she is signed in."""
    action: dict[str, Any] = {"name": "change_address", "address": ELSEWHERE}
    action |= {"order": "#1043"} if order else {"customer": "c1"}
    return await house.request(action, "ord_8" if order else None, key, **{"proofs": SIGNED_IN, **values})


async def is_refused(house: House, request: Request) -> bool:
    """Whether the gate asks for more proof."""
    try:
        await house.gate.execute(request)
    except ActionRefused as refused:
        assert refused.reason == "identity"
        return True
    return False


async def test_being_signed_in_is_enough_while_nothing_was_changed(house: House) -> None:
    assert not await is_refused(house, await moving(house))


@pytest.mark.parametrize(
    "changes",
    [
        {"emails": ["ana@example.com", "other@example.com"]},
        {"emails": ["other@example.com"]},
        {"phones": ["+14025550199"]},
        {"addresses": [{"line1": "9 Pine St", "city": "Omaha", "region": "NE", "zip": "68104", "country": "US"}]},
    ],
)
async def test_soon_after_a_change_of_contacts_a_parcel_moves_with_a_code_only(
    house: House, changes: dict[str, Any]
) -> None:
    await known_as(house, **changes)
    assert await is_refused(house, await moving(house))
    assert not await is_refused(house, await moving(house, "again", proofs=SIGNED_IN | {"otp"}))


async def test_after_the_policy_s_days_it_is_as_before(house: House) -> None:
    await known_as(house, phones=["+14025550199"])
    house.clock.advance(timedelta(days=8))
    assert not await is_refused(house, await moving(house))


async def test_what_is_no_money_and_no_address_needs_no_more(house: House) -> None:
    await known_as(house, phones=["+14025550199"])
    back = {
        "name": "start_return",
        "order": "#1042",
        "lines": [one()],
        "reason": "unwanted",
        "outcome": "refund",
        "method": "original",
    }
    request = await house.request(back, proofs=SIGNED_IN)
    assert (await house.gate.execute(request)).state == "executed"


async def test_a_change_in_this_conversation_says_nothing_new_and_one_in_another_does(house: House) -> None:
    await house.gate.execute(await moving(house, "own", order=False))
    assert not await is_refused(house, await moving(house, "here"))
    other = await core.write(house.services, "hello from somewhere else", core.BOB)
    assert await is_refused(house, await moving(house, "there", thread_id=other.thread.id))


async def test_an_order_that_the_shop_itself_sent_elsewhere_lately_counts(database: Database) -> None:
    moved = waiting(changes=[{"at": "2026-11-19T10:00:00Z", "kind": "address"}])
    async with house_of(database, moved, text=OPEN_SHOP) as house:
        assert await is_refused(house, await moving(house))


async def test_an_order_that_the_platform_warns_of_counts(database: Database) -> None:
    async with house_of(database, waiting(risk={"recommendation": "INVESTIGATE"}), text=OPEN_SHOP) as house:
        assert await is_refused(house, await moving(house))


async def test_a_policy_with_its_own_rule_for_writing_has_no_second_one(house: House) -> None:
    await known_as(house, phones=["+14025550199"])
    own = house.under(f"{OPEN_SHOP}\nidentity: {{write: {{any_of: [[signed_in]]}}}}")
    assert not await is_refused(own, await moving(own))


def test_the_shipped_policy_asks_for_a_code_within_a_week() -> None:
    policy = load(None)
    assert (policy.identity["step_up"].any_of, policy.channel.contact_days) == ((("otp",),), 7)


# What an order is worth

WORTH = f"{OPEN_SHOP}\nidentity: {{step_up: {{order_total_over: 5499}}}}"
"""The order that waits is worth 55.00."""
CANCEL = {"name": "cancel_order", "order": "#1043", "reason": "other", "method": "original"}
LITTLE = {"name": "refund", "order": "#1043", "amount": 1, "reason": "other"}


@pytest.mark.parametrize(
    "action",
    [
        CANCEL,
        LITTLE,
        {**LITTLE, "amount": 5_500},
        {"name": "change_address", "order": "#1043", "address": ELSEWHERE},
        {"name": "change_payment", "order": "#1043", "method": "pm_2"},
        {"name": "store_credit", "order": "#1043", "customer": "c1", "amount": 100, "reason": "late"},
    ],
)
async def test_money_addresses_and_cancelling_of_a_dear_order_need_a_code_however_little_is_moved(
    house: House, action: dict[str, Any]
) -> None:
    dear = house.under(WORTH)
    request = await dear.request(action, "ord_8", proofs=SIGNED_IN)
    assert await is_refused(dear, request)
    with pytest.raises(ActionRefused, match="identity"):
        await dear.gate.ask_approval(request, await dear.consider(action, "ord_8"))
    assert [each.state for each in await dear.services.database.read(lambda tx: actions.begun_on(tx, "ord_8"))] == []


@pytest.mark.parametrize(
    "proofs", [SIGNED_IN, SIGNED_IN | {"otp_see"}, SIGNED_IN | {"channel", "email", "zip", "name"}]
)
async def test_nothing_but_the_code_will_do(house: House, proofs: frozenset[str]) -> None:
    dear = house.under(WORTH)
    assert await is_refused(dear, await dear.request(CANCEL, "ord_8", proofs=proofs))
    assert not await is_refused(dear, await dear.request(CANCEL, "ord_8", "coded", proofs=SIGNED_IN | {"otp"}))


async def test_up_to_the_amount_being_signed_in_is_enough(house: House) -> None:
    just = house.under(WORTH.replace("5499", "5500"))
    assert not await is_refused(just, await just.request(CANCEL, "ord_8", proofs=SIGNED_IN))


async def test_another_order_s_name_opens_no_dear_one(database: Database) -> None:
    cheap = delivered(totals={"items": 500, "total": 500, "discount": 0, "shipping": 0, "tax": 0, "refunded": 0})
    async with house_of(database, cheap, waiting(), text=WORTH) as house:
        named = await house.request({**CANCEL, "order": "#1042"}, "ord_8", proofs=SIGNED_IN)
        assert await is_refused_for(house, named) == "malformed"
        carried = replace(named, order=await house.order("ord_7"), arguments=CANCEL)
        assert await is_refused_for(house, carried) == "malformed"


async def test_what_went_back_already_makes_an_order_no_cheaper(database: Database) -> None:
    back = {
        "id": "EX1",
        "at": "2026-11-20T10:00:00Z",
        "amount": 4000,
        "status": "succeeded",
        "method": "original",
        "lines": [],
    }
    async with house_of(database, waiting(refunds=[back]), text=WORTH) as house:
        assert await is_refused(house, await house.request(CANCEL, "ord_8", proofs=SIGNED_IN))


async def test_a_total_in_another_currency_counts_as_above(database: Database) -> None:
    async with house_of(database, waiting(currency="EUR"), text=WORTH.replace("5499", "999999")) as house:
        assert await is_refused(house, await house.request(CANCEL, "ord_8", proofs=SIGNED_IN))


async def is_refused_for(house: House, request: Request) -> str:
    """Why the gate does not do it."""
    with pytest.raises(ActionRefused) as refused:
        await house.gate.execute(request)
    return refused.value.reason


# What the policy hears


async def test_the_score_and_the_orders_of_a_year_reach_the_approval_lines(database: Database) -> None:
    by_score = 'approval: [{when: "abuse_score >= 3 and orders_12m == 2", need: senior}]'
    claim = {"name": "open_claim", "order": "#1042", "kind": "not_received", "statement": "it never came"}
    async with house_of(database, text=OPEN_SHOP) as house:
        back = {
            "name": "start_return",
            "order": "#1042",
            "lines": [one()],
            "reason": "unwanted",
            "outcome": "refund",
            "method": "original",
        }
        under = house.under(OPEN_SHOP.replace("approval: []", by_score))
        assert (await under.consider(back)).need == "none"
        for key in ("first", "second"):
            await house.do(claim, key=key)
        assert (await under.consider(back)).need == "senior"
        past = await house.gate.past(await house.order(), await house.ana(), house.thread.id)
        assert (past.abuse_score, past.abuse_signals, past.orders_12m) == (3, ("repeated_claims",), 2)


async def test_only_a_tag_that_people_set_asks_for_their_look(database: Database) -> None:
    line = a_line(fulfilled=2)
    back = {
        "name": "start_return",
        "order": "#1042",
        "lines": [one()],
        "reason": "unwanted",
        "outcome": "refund",
        "method": "original",
    }
    async with house_of(database, delivered(lines=[line], tags=["Abuse-Review"]), text=OPEN_SHOP) as house:
        assert ((await house.consider(back)).verdict, (await house.consider(back)).key) == ("review", "by_person")
        plain = House(
            replace(house.services, policy=loads(f"{OPEN_SHOP}\nabuse: {{tags: []}}")), house.clock, house.thread
        )
        assert (await plain.consider(back)).verdict == "allow"
