"""Consent: bound to everything, by the right people, in time, and then done on the same way."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import actions
from memory.agents import Agent
from memory.engines.base import Database, Tx
from memory.threads import NewEvent
from server.actions.gate import Changed, Done
from server.errors import ActionRefused, NotAllowed
from tests.server import core
from tests.server.actions.house import House, house_of, one, waiting
from tests.support.databases import ENGINES, opened, url_of

CANCEL: dict[str, Any] = {"name": "cancel_order", "order": "#1043", "reason": "other", "method": "original"}


def needing(need: str) -> str:
    limits = "limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}"
    return f"approval: [{{when: 'refund > 1000', need: {need}}}]\n{limits}"


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(f"sqlite:///{tmp_path / 'm.db'}") as database, house_of(database, text=needing("agent")) as house:
        yield house


async def asked(house: House, action: dict[str, Any] = CANCEL, order_id: str = "ord_8", key: str = "key") -> str:
    ruling = await house.consider(action, order_id)
    return await house.gate.ask_approval(await house.request(action, order_id, key), ruling)


async def agree(house: House, agent: Agent) -> Done:
    return await house.gate.approve("key", agent, house.clock.now(), screen="console")


async def is_cancelled(house: House) -> bool:
    return (await house.order("ord_8")).cancelled_at is not None


async def test_what_needs_consent_waits_for_it_and_is_then_done_once(database: Database) -> None:
    async with house_of(database, text=needing("agent")) as house:
        await waits_and_is_done_once(house)


async def waits_and_is_done_once(house: House) -> None:
    with pytest.raises(ActionRefused) as refused:
        await house.do(CANCEL, "ord_8", "direct")
    assert refused.value.reason == "limit_reached"
    assert await asked(house) == await asked(house) == "key"
    (waits,) = await house.gate.awaiting()
    assert (waits.name, waits.amount_minor, waits.currency, waits.need) == ("cancel_order", 5_500, "USD", "agent")
    assert waits.due_at - waits.asked_at == timedelta(hours=4)
    assert waits.expires_at - waits.asked_at == timedelta(hours=24)
    assert not await is_cancelled(house)
    kim = await core.someone(house.services, "Kim")
    done = await asyncio.gather(*(agree(house, kim) for _ in range(4)), return_exceptions=True)
    assert any(isinstance(each, Done) and each.state == "executed" for each in done)
    assert await is_cancelled(house)
    assert len((await house.order("ord_8")).refunds) == 1
    assert await house.events() == ["awaiting", "approved", "executed"]
    (event,) = await core.log(house.services, house.thread, "approved")
    assert (event.author_id, event.body["screen"]) == (kim.id, "console")
    assert await house.gate.awaiting() == []


async def test_while_it_waits_executing_is_refused(house: House) -> None:
    request = await house.request(CANCEL, "ord_8")
    await asked(house)
    with pytest.raises(ActionRefused) as refused:
        await house.gate.execute(request)
    assert refused.value.reason == "awaiting"
    assert await house.gate.done("key") is None


async def test_what_needs_nobody_does_not_wait(house: House) -> None:
    action = {"name": "change_payment", "order": "#1043", "method": "pm_2"}
    with pytest.raises(ActionRefused) as refused:
        await asked(house, action)
    assert refused.value.reason == "no_need"


async def test_a_refusal_of_the_policy_cannot_be_asked_for(house: House) -> None:
    with pytest.raises(ActionRefused) as refused:
        await asked(house, {**CANCEL, "order": "#1042"}, "ord_7")
    assert refused.value.reason == "wrong_state"


async def test_another_ruling_is_not_what_was_asked(house: House) -> None:
    request = await house.request(CANCEL, "ord_8")
    other = await house.consider({**CANCEL, "reason": "another"}, "ord_8")
    with pytest.raises(Changed):
        await house.gate.ask_approval(request, other)


@pytest.mark.parametrize(
    ("need", "role", "is_enough"),
    [
        ("agent", "viewer", None),
        ("agent", "agent", True),
        ("agent", "supervisor", True),
        ("senior", "agent", None),
        ("senior", "supervisor", True),
        ("senior", "admin", True),
        ("two_person", "viewer", None),
        ("two_person", "agent", False),
        ("two_person", "admin", False),
    ],
)
async def test_each_need_has_its_roles(tmp_path: Path, need: str, role: str, is_enough: bool | None) -> None:
    async with opened(f"sqlite:///{tmp_path / 'm.db'}") as database, house_of(database, text=needing(need)) as house:
        await asked(house)
        agent = await core.someone(house.services, "Kim", role)
        if is_enough is None:
            with pytest.raises(NotAllowed, match="role"):
                await agree(house, agent)
        else:
            assert (await agree(house, agent)).state == ("executed" if is_enough else "awaiting")
        assert await is_cancelled(house) is bool(is_enough)


@pytest.mark.parametrize(("roles", "is_done"), [(("agent", "admin"), True), (("agent", "supervisor"), False)])
async def test_of_two_one_is_an_admin(database: Database, roles: tuple[str, str], is_done: bool) -> None:
    async with house_of(database, text=needing("two_person")) as house:
        await asked(house)
        people = [
            await core.someone(house.services, name, role) for name, role in zip(("Kim", "Lee"), roles, strict=True)
        ]
        states = [(await agree(house, each)).state for each in people]
        assert states == ["awaiting", "executed" if is_done else "awaiting"]
        assert await is_cancelled(house) is is_done


async def test_a_senior_has_business_days_to_answer(tmp_path: Path) -> None:
    async with (
        opened(f"sqlite:///{tmp_path / 'm.db'}") as database,
        house_of(database, text=needing("senior")) as house,
    ):
        await asked(house)
        (waits,) = await house.gate.awaiting()
        assert waits.asked_at.strftime("%A") == "Friday"
        assert waits.due_at - waits.asked_at == timedelta(days=3)


async def test_one_person_is_not_two(database: Database) -> None:
    async with house_of(database, text=needing("two_person")) as house:
        await asked(house)
        boss = await core.someone(house.services, "Boss", "admin")
        await agree(house, boss)
        with pytest.raises(NotAllowed, match="again"):
            await agree(house, boss)
        assert not await is_cancelled(house)


async def test_who_spoke_to_the_customer_is_neither_of_the_two(database: Database) -> None:
    async with house_of(database, text=needing("two_person")) as house:
        await asked(house)
        kim = await core.someone(house.services, "Kim", "admin")
        said = NewEvent("message", {"text": "I am on it."}, "all", "agent", author_id=kim.id)
        await core.happen(house.services, house.thread, said)
        with pytest.raises(NotAllowed, match="spoke_in_thread"):
            await agree(house, kim)


async def test_nobody_agrees_to_what_they_asked_for(house: House) -> None:
    kim = await core.someone(house.services, "Kim")
    ruling = await house.consider(CANCEL, "ord_8")
    await house.gate.ask_approval(await house.request(CANCEL, "ord_8", agent_id=kim.id), ruling)
    with pytest.raises(NotAllowed, match="own_request"):
        await agree(house, kim)
    assert not await is_cancelled(house)


async def test_nobody_agrees_to_money_on_their_own_order(database: Database) -> None:
    order = waiting(customer={"id": "c1", "name": "Kim", "emails": ["KIM@desk.example"], "phones": [], "zip": "68102"})
    async with house_of(database, order, text=needing("agent")) as house:
        await asked(house)
        with pytest.raises(NotAllowed, match="own_order"):
            await agree(house, await core.someone(house.services, "Kim"))


async def test_one_unit_of_change_ends_the_request(house: House) -> None:
    await asked(house)
    document = await house.store.document("ord_8")
    assert document is not None
    totals = {**document["totals"], "total": 5_501, "shipping": 501}
    await house.store.put_order({**document, "totals": totals})
    with pytest.raises(ActionRefused) as refused:
        await agree(house, await core.someone(house.services, "Kim"))
    assert refused.value.reason == "changed"
    assert (await house.action()).state == "expired"
    assert await house.events() == ["awaiting", "failed"]
    assert not await is_cancelled(house)


async def test_another_policy_ends_the_request(house: House) -> None:
    await asked(house)
    other = house.under(needing("senior"))
    with pytest.raises(ActionRefused) as refused:
        await agree(other, await core.someone(house.services, "Boss", "admin"))
    assert refused.value.reason == "changed"


async def test_a_request_ends_after_a_day(house: House) -> None:
    await asked(house)
    house.clock.advance(timedelta(hours=24))
    with pytest.raises(ActionRefused) as refused:
        await agree(house, await core.someone(house.services, "Kim"))
    assert refused.value.reason == "expired"
    assert (await house.action()).state == "expired"


async def test_what_nobody_looked_at_ends_by_itself(house: House) -> None:
    await asked(house)
    await house.later(24 * 3600 - 1)
    assert (await house.action()).state == "awaiting"
    await house.later(1)
    assert (await house.action()).state == "expired"
    assert await house.events() == ["awaiting", "failed"]


async def test_an_agent_may_refuse(house: House) -> None:
    await asked(house)
    kim = await core.someone(house.services, "Kim")
    with pytest.raises(NotAllowed):
        await house.gate.refuse("key", await core.someone(house.services, "Vic", "viewer"), "no")
    await house.gate.refuse("key", kim, "not this time")
    assert (await house.action()).state == "refused"
    (event,) = await core.log(house.services, house.thread, "failed")
    assert event.body["result"] == {"error": "refused", "reason": "not this time"}
    for again in (agree(house, kim), house.gate.refuse("key", kim, "again")):
        with pytest.raises(ActionRefused):
            await again
    assert not await is_cancelled(house)


async def test_a_persons_consent_opens_what_only_a_person_grants(house: House) -> None:
    """Goodwill that no rule of the policy gives: an agent may."""
    action = {"name": "refund", "order": "#1042", "lines": [one()], "reason": "unwanted", "amount": 700}
    ruling = await house.consider(action)
    assert (ruling.verdict, ruling.key, ruling.need) == ("review", "no_ground", "agent")
    await asked(house, action, "ord_7")
    assert (await agree(house, await core.someone(house.services, "Kim"))).state == "executed"
    (refund,) = (await house.order()).refunds
    assert refund.amount.amount_minor == 700


async def test_a_thread_that_a_person_owns_still_gets_what_was_agreed_to(house: House) -> None:
    await asked(house)
    await core.happen(house.services, house.thread, NewEvent("handoff", {"reason": "over_limit"}, "all"))
    assert (await agree(house, await core.someone(house.services, "Kim"))).state == "executed"


async def test_who_threatens_meanwhile_needs_a_senior_and_asks_for_nothing_anew(database: Database) -> None:
    lines = "{when: 'refund > 1000', need: agent}, {when: legal_signal, need: senior}"
    async with house_of(
        database, text=needing("agent").replace("{when: 'refund > 1000', need: agent}", lines)
    ) as house:
        await asked(house)
        threat = NewEvent("classified", {"intent": "cancel", "frustration": 1, "risk": ["legal"]})
        await core.happen(house.services, house.thread, threat)
        with pytest.raises(NotAllowed, match="role"):
            await agree(house, await core.someone(house.services, "Kim"))
        (waits,) = await house.gate.awaiting()
        assert waits.need == "senior"
        assert (await agree(house, await core.someone(house.services, "Sue", "supervisor"))).state == "executed"


async def test_a_limit_that_is_free_again_does_not_end_what_an_agent_agrees_to(house: House) -> None:
    over = house.under("approval: []\nlimits: {bot_daily_refund_total: 6000, bot_refunds_per_customer_30d: 1000}")
    await credited(over, 2000)
    await asked(over)
    (waits,) = await over.gate.awaiting()
    assert waits.need == "agent"
    over.clock.advance(timedelta(hours=13))
    assert (await over.consider(CANCEL, "ord_8")).need == "none"
    assert (await agree(over, await core.someone(over.services, "Kim"))).state == "executed"


async def credited(house: House, amount: int) -> None:
    """The assistant gave that much to somebody else today."""
    now = house.clock.now()

    async def unit(tx: Tx) -> None:
        await actions.add(
            tx, house.thread.id, "other", "refund", "o", {"arguments": {}}, "executed", now,
            amount_minor=amount, currency="USD", customer_id="x", kind="refund",
        )  # fmt: skip

    await house.services.database.write(unit)
