"""A clear yes to what meanwhile needs a person's consent is not lost: it waits for one agreement, and is done then."""

from pathlib import Path

from memory import actions
from memory.engines.base import Tx
from server.actions.gate import Gate
from server.stage import Stage
from tests.server.answering.skills.changing_shop import Talk, opened

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
