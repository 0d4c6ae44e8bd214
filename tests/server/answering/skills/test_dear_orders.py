"""Orders that are worth much: a code is asked for in the conversation, in every conversation, and little ones need none."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.stage import Line, Stage
from tests.server.answering.skills.changing_shop import Talk, opened

POLICY = """
approval: []
limits: {bot_daily_refund_total: 1000000, bot_refunds_per_customer_30d: 9}
identity: {step_up: {order_total_over: 10000}}
"""
MEI = "mei_kovacs_8020"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with await opened(tmp_path, POLICY) as stage:
        yield stage


async def test_a_dear_order_is_cancelled_once_the_code_is_answered(stage: Stage) -> None:
    talk = Talk(stage)
    await talk.say("cancel my order W1001, I no longer need it", signed_in=MEI)
    assert "code" in talk.reply and not talk.actions
    await talk.say("yes, cancel it", signed_in=MEI)
    assert not talk.actions
    await talk.say("{otp}", signed_in=MEI)
    await talk.say("yes", signed_in=MEI)
    assert [each["name"] for each in talk.actions] == ["cancel_order"], talk.said


async def test_an_order_of_little_worth_needs_none(stage: Stage) -> None:
    talk = Talk(stage)
    await talk.say("cancel my order W1002, I no longer need it", signed_in=MEI)
    await talk.say("yes", signed_in=MEI)
    assert [each["name"] for each in talk.actions] == ["cancel_order"], talk.said


async def test_a_code_for_one_conversation_says_nothing_in_another(stage: Stage) -> None:
    talk = Talk(stage)
    await talk.say("cancel my order W1001, I no longer need it", signed_in=MEI)
    await talk.say("{otp}", signed_in=MEI)
    assert not talk.actions
    heard = await stage.say(
        Line("cancel my order W1001, I no longer need it", via="email", sender="mei.kovacs@example.com", auth="pass")
    )
    more = await stage.say(Line("yes", via="email", sender="mei.kovacs@example.com", auth="pass"))
    assert heard.actions == [] and more.actions == []
