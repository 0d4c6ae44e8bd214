"""A clear yes to what meanwhile needs a person's consent is not lost: it waits for one agreement, and is done then."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from memory import actions
from memory.engines.base import Tx
from server.actions.gate import Gate
from server.desk import work
from server.desk.telling import tell_all
from server.errors import ActionRefused
from server.stage import Stage
from tests.server.answering.skills.changing_shop import EMAIL, Talk, gone, line, opened
from tests.server.core import someone

LIMIT = "limits: {bot_daily_refund_total: 6000}"


async def _spend(stage: Stage) -> None:
    """The assistant pays 20.00 to somebody else."""
    now, thread = stage.clock.now(), await stage.latest()
    assert thread is not None

    async def unit(tx: Tx) -> None:
        await actions.add(
            tx, thread.id, "other", "refund", "o", {"arguments": {}}, "executed", now,
            amount_minor=2000, currency="USD", customer_id="x", kind="refund",
        )  # fmt: skip

    await stage.services.database.write(unit)


async def test_a_yes_above_the_limit_of_the_day_waits_for_one_agreement(tmp_path: Path) -> None:
    async with await opened(tmp_path, LIMIT) as stage:
        talk = Talk(stage)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        assert len(talk.heard.proposed) == 1
        await _spend(stage)
        await talk.say("yes", signed_in="mei_kovacs_8020")

        assert talk.handed == ["over_limit"] and talk.actions == []
        (waiting,) = await Gate(stage.services).awaiting()
        assert (waiting.name, waiting.amount_minor, waiting.need) == ("cancel_order", 5200, "agent")
        assert (await talk.order("W1002")).cancelled_at is None
        assert "cancelled" not in talk.reply.lower()


async def test_a_wish_above_the_limit_from_the_start_waits_and_one_agreement_does_it(tmp_path: Path) -> None:
    async with await opened(tmp_path, "approval: [{when: refund > 5000, need: agent}]") as stage:
        talk = Talk(stage)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")

        assert talk.handed == ["over_limit"] and talk.actions == [] and talk.heard.proposed == []
        gate = Gate(stage.services)
        (waiting,) = await gate.awaiting()
        assert (waiting.name, waiting.amount_minor, waiting.need) == ("cancel_order", 5200, "agent")
        assert "cancelled" not in talk.reply.lower()

        kim = await someone(stage.services, "Kim")
        assert (await gate.approve(waiting.key, kim, stage.clock.now(), screen="console")).state == "executed"
        assert (await talk.order("W1002")).cancelled_at is not None


async def test_the_same_wish_again_does_not_wait_twice(tmp_path: Path) -> None:
    async with await opened(tmp_path, "approval: [{when: refund > 5000, need: agent}]\nhuman_only: [safety]") as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        thread = await stage.latest()
        assert thread is not None
        kim = await someone(stage.services, "Kim")
        await work.claim(stage.services, thread.public_id, kim)
        await work.hand_back(stage.services, thread.public_id, kim)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")

        assert talk.handed == ["over_limit"]
        assert len(await gate.awaiting()) == 1


async def test_who_has_not_proven_enough_leaves_nothing_to_agree_to(tmp_path: Path) -> None:
    async with await opened(tmp_path, "approval: [{when: refund > 5000, need: agent}]") as stage:
        talk = Talk(stage)
        await talk.say(f"cancel order W1002, {EMAIL}")

        assert await Gate(stage.services).awaiting() == []
        assert (await talk.order("W1002")).cancelled_at is None


async def test_a_wish_after_which_the_order_changed_is_not_done(tmp_path: Path) -> None:
    async with await opened(tmp_path, "approval: [{when: refund > 5000, need: agent}]") as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        (waiting,) = await gate.awaiting()
        left = gone("W1002", line("l1", "Garden hose", 5200))
        await stage.put_order(left)
        with pytest.raises(ActionRefused, match="changed"):
            await gate.approve(waiting.key, await someone(stage.services, "Kim"), stage.clock.now())
        assert (await talk.order("W1002")).cancelled_at is None


# Taken back


NEEDS_ONE = "approval: [{when: refund > 5000, need: agent}]"


async def _told(stage: Stage, kind: str) -> list[Mapping[str, Any]]:
    thread = await stage.latest()
    assert thread is not None
    return [event.body for event in await stage.events(thread.id) if event.type == kind]


@pytest.mark.parametrize("said", ["Forget it", "I changed my mind, I'll keep it", "please cancel my request for W1002"])
async def test_a_wish_that_waits_is_taken_back_and_nothing_is_done(tmp_path: Path, said: str) -> None:
    async with await opened(tmp_path, NEEDS_ONE) as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        (waiting,) = await gate.awaiting()
        await talk.say(said, signed_in="mei_kovacs_8020")

        assert "W1002" in talk.reply and "taken back" in talk.reply
        assert await gate.awaiting() == []
        with pytest.raises(ActionRefused, match="withdrawn"):
            await gate.approve(waiting.key, await someone(stage.services, "Kim"), stage.clock.now())
        assert (await talk.order("W1002")).cancelled_at is None and talk.actions == []
        assert [body["result"]["error"] for body in await _told(stage, "failed")] == ["withdrawn"]
        assert await tell_all(stage.services) == 0


async def test_a_wish_is_taken_back_while_an_agent_owns_it_and_the_assistant_stays_silent(tmp_path: Path) -> None:
    async with await opened(tmp_path, NEEDS_ONE) as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        thread = await stage.latest()
        assert thread is not None
        await work.claim(stage.services, thread.public_id, await someone(stage.services, "Kim"))
        talk.heard.replies.clear()
        await talk.say("never mind", signed_in="mei_kovacs_8020")
        assert (await gate.awaiting(), talk.heard.replies) == ([], [])
        assert len(await _told(stage, "failed")) == 1


@pytest.mark.parametrize("said", ["don't forget it", "forget W1001", "never mind the wait, just cancel it", "thanks"])
async def test_what_is_no_withdrawal_of_it_lets_it_wait(tmp_path: Path, said: str) -> None:
    async with await opened(tmp_path, NEEDS_ONE) as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        await talk.say(said, signed_in="mei_kovacs_8020")
        assert len(await gate.awaiting()) == 1


async def test_after_somebody_agreed_there_is_nothing_to_take_back(tmp_path: Path) -> None:
    async with await opened(tmp_path, NEEDS_ONE) as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        (waiting,) = await gate.awaiting()
        await gate.approve(waiting.key, await someone(stage.services, "Kim"), stage.clock.now())
        await talk.say("forget it", signed_in="mei_kovacs_8020")
        assert "taken back" not in talk.reply
        assert (await talk.order("W1002")).cancelled_at is not None


async def test_the_same_message_again_finds_what_it_took_back(tmp_path: Path) -> None:
    async with await opened(tmp_path, NEEDS_ONE) as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("cancel order W1002", signed_in="mei_kovacs_8020")
        thread = await stage.latest()
        assert thread is not None
        first, again = [await gate.withdraw(thread.id, 9) for _ in range(2)]
        other = await gate.withdraw(thread.id, 11)
        assert ([each.key for each in first], len(first), other) == ([each.key for each in again], 1, [])
        assert len(await _told(stage, "failed")) == 1


# What a person has to allow before anybody asks how it should end


BY_PERSON = 'zones: [{id: rest, match: {country: ["*"]}, verdict: review}]'


async def test_a_return_that_a_person_has_to_allow_waits_with_the_money_the_way_it_was_paid(tmp_path: Path) -> None:
    async with await opened(tmp_path, BY_PERSON) as stage:
        talk, gate = Talk(stage), Gate(stage.services)
        await talk.say("I'd like to send back the tea kettle of W1004, I don't like it", signed_in="mei_kovacs_8020")
        assert talk.handed == ["policy_exception"] and talk.actions == []
        (waiting,) = await gate.awaiting()
        said = {key: waiting.arguments.get(key) for key in ("name", "outcome", "method", "reason")}
        assert said == {"name": "start_return", "outcome": "refund", "method": "original", "reason": "unwanted"}
        assert waiting.amount_minor == 2500 - 499  # the label

        kim = await someone(stage.services, "Kim")
        assert (await gate.approve(waiting.key, kim, stage.clock.now())).state == "executed"
        assert [each.outcome.value for each in (await talk.order("W1004")).returns] == ["refund"]


async def test_how_it_should_end_is_kept_where_it_was_said(tmp_path: Path) -> None:
    async with await opened(tmp_path, BY_PERSON) as stage:
        talk = Talk(stage)
        await talk.say("return the tea kettle of W1004 for store credit, I don't like it", signed_in="mei_kovacs_8020")
        (waiting,) = await Gate(stage.services).awaiting()
        assert waiting.arguments["outcome"] == "store_credit"
