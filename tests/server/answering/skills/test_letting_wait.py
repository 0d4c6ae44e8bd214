"""A clear yes to what meanwhile needs a person's consent is not lost: it waits for one agreement, and is done then."""

from pathlib import Path

import pytest

from memory import actions
from memory.engines.base import Tx
from server.actions.gate import Gate
from server.desk import work
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
