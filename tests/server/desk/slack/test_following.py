"""The log in Slack: a root for each thread that people have, what happens under it, once, whatever Slack does meanwhile."""

import asyncio
import json
from typing import Any

import pytest

from memory.threads import NewEvent
from server.desk import work
from tests.server.desk.slack.conftest import KIM, House
from tests.support.slack import CHANNEL, button_of


def shown(message: dict[str, Any]) -> str:
    """Everything that a message shows."""
    return json.dumps([message["text"], message.get("blocks")], ensure_ascii=False)


async def test_a_handoff_stands_in_the_channel_with_what_an_agent_needs(house: House) -> None:
    await house.say("where is my order 1042? ana@example.com")
    root = await house.hand_over()
    assert root["channel"] == CHANNEL
    assert "1042" in shown(root)
    assert "The customer asked for a person" in shown(root)
    assert house.thread.public_id in shown(root)
    for action in ("claim", "reply", "send_suggestion", "resolve", "hand_back"):
        value = button_of(root, action)["value"]
        assert value.partition(":")[0] == house.thread.public_id
    assert "confirm" in button_of(root, "resolve")
    assert (root["parse"], root["link_names"], root["unfurl_links"]) == ("none", False, False)


async def test_a_handoff_is_posted_once(house: House) -> None:
    await house.hand_over()
    await house.follow()
    house.start()
    await house.follow()
    assert len(house.slack.roots) == 1


async def test_what_was_said_before_stands_under_the_root(house: House) -> None:
    root = await house.hand_over()
    (said,) = house.slack.under(root)
    assert "I want to speak to a human please" in shown(said)


async def test_the_customers_words_flow_into_the_thread_in_one_batch(house: House) -> None:
    root = await house.hand_over()
    before = len(house.slack.under(root))
    for text in ("are you there?", "it is urgent", "hello?"):
        await house.say(text)
    await house.follow()
    new = house.slack.under(root)[before:]
    assert len(new) == 1
    assert all(text in shown(new[0]) for text in ("are you there?", "it is urgent", "hello?"))


async def test_what_an_agent_says_elsewhere_is_shown(house: House) -> None:
    root = await house.hand_over()
    await work.reply(
        house.services, house.thread.public_id, house.people[KIM], "I look into it", await house.last_seq(), "k1"
    )
    await house.follow()
    assert "I look into it" in shown(house.slack.under(root)[-1])
    assert f"<@{KIM}>" in shown(root)


async def test_a_delivery_that_failed_is_shown(house: House) -> None:
    root = await house.hand_over()
    await house.happen(NewEvent("delivery", {"of": 2, "status": "failed", "error": "not a mobile <!here> number"}))
    await house.follow()
    last = shown(house.slack.under(root)[-1])
    assert "did not reach the customer" in last
    assert "<!here>" not in last


@pytest.mark.parametrize(
    "hostile", ["<!channel> *now*", "@here look", "<@U0KIM> pay me", "<https://evil.example|bank>"]
)
async def test_hostile_words_of_a_customer_call_nobody(house: House, hostile: str) -> None:
    await house.hand_over()
    await house.say(hostile)
    await house.follow()
    sent = json.dumps(house.slack.of("chat.postMessage"), ensure_ascii=False)
    assert "<!channel>" not in sent
    assert "@here" not in sent
    assert "<@U0KIM>" not in sent
    assert "<https://evil" not in json.dumps([each["text"] for each in house.slack.of("chat.postMessage")])


async def test_a_very_long_message_arrives_whole(house: House) -> None:
    root = await house.hand_over()
    await house.say("word " * 790)
    await house.follow()
    texts = "".join(
        block["text"]["text"] for block in house.slack.under(root)[-1]["blocks"] if block["type"] == "section"
    )
    assert texts.count("word") == 790


async def test_notes_stay_at_the_desk_and_are_shown_to_agents(house: House) -> None:
    root = await house.hand_over()
    await work.note(house.services, house.thread.public_id, house.people[KIM], "she is a friend of the owner", "n1")
    await house.follow()
    assert "not for the customer" in shown(house.slack.under(root)[-1])


async def test_a_second_handoff_gets_a_message_of_its_own(house: House) -> None:
    first = await house.hand_over()
    await work.hand_back(house.services, house.thread.public_id, house.people[KIM])
    await house.follow()
    assert "With the assistant again" in shown(first)
    assert not [block for block in first["blocks"] if block["type"] == "actions"]
    await house.say("a human please, really, I want an agent")
    await house.follow()
    assert len(house.slack.roots) == 2
    assert button_of(house.slack.roots[1], "claim")


# Slack's moods


@pytest.mark.parametrize("method", ["chat.postMessage"])
async def test_a_post_that_slack_took_without_an_answer_is_not_posted_again(house: House, method: str) -> None:
    """Item 17: a generic retry after a dropped connection made two escalations; ours is looked up by its key."""
    house.slack.next[method] = ["drop", "drop"]
    house.thread = await house.say("I want to speak to a human please")
    for _ in range(4):
        await house.follow()
        await house.pass_(70)
    assert len(house.slack.roots) == 1
    (under,) = house.slack.under(house.slack.roots[0])
    assert "speak to a human" in shown(under)
    assert len(house.slack.of("conversations.history")) == 1
    assert len(house.slack.of("conversations.replies")) == 1


@pytest.mark.parametrize("mood", ["lose", "html", "429", "internal_error", "drop"])
async def test_a_post_that_failed_arrives_later_and_once(house: House, mood: str) -> None:
    house.slack.next["chat.postMessage"] = [mood, mood, mood]
    house.thread = await house.say("I want to speak to a human please")
    for _ in range(8):
        await house.follow()
        await house.pass_(130)
    assert len(house.slack.roots) == 1
    assert len(house.slack.under(house.slack.roots[0])) == 1


async def test_what_slack_asks_us_to_wait_is_waited(house: House) -> None:
    house.slack.next["chat.postMessage"] = ["429"]
    house.thread = await house.say("I want to speak to a human please")
    await house.follow()
    assert len(house.slack.of("chat.postMessage")) == 1
    await house.pass_(60)
    await house.follow()
    assert len(house.slack.roots) == 1


async def test_blocks_that_slack_refuses_become_plain_text(house: House) -> None:
    house.slack.next["chat.postMessage"] = ["invalid_blocks"]
    root = await house.hand_over()
    assert "blocks" not in house.slack.of("chat.postMessage")[1]
    assert root["text"].startswith("A person is wanted · Ana Souza · The customer asked for a person")


async def test_a_root_that_was_deleted_is_posted_anew(house: House) -> None:
    root = await house.hand_over()
    house.slack.messages.remove(root)
    await house.say("anybody?")
    await house.follow()
    await house.follow()
    (new,) = house.slack.roots
    assert new["ts"] != root["ts"]
    assert "anybody?" in json.dumps(house.slack.under(new), ensure_ascii=False)


async def test_a_channel_that_is_gone_loses_nothing(house: House) -> None:
    house.slack.hidden.add(CHANNEL)
    house.thread = await house.say("I want to speak to a human please")
    await house.follow()
    assert house.slack.roots == []
    house.slack.hidden.clear()
    await house.pass_(120)
    await house.follow()
    assert len(house.slack.roots) == 1


async def test_posts_keep_their_distance() -> None:
    from server.desk.slack.pace import Pace

    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    pace = Pace(1.05, sleep)
    await asyncio.gather(*(pace.turn() for _ in range(3)))
    assert len(waits) == 2
    assert all(0.9 < wait <= 2.2 for wait in waits)


async def test_two_followers_post_a_thread_once(house: House) -> None:
    """Item 16: two workers of one installation, one message."""
    house.thread = await house.say("I want to speak to a human please")
    first = house.follower
    house.start()
    for _ in range(4):
        await asyncio.gather(first.round(), house.follower.round())
    assert len(house.slack.roots) == 1
    assert len(house.slack.under(house.slack.roots[0])) == 1


async def test_a_revoked_token_stops_everything_and_loses_nothing(house: House) -> None:
    from server.desk.slack.api import Stopped

    house.slack.next["chat.postMessage"] = ["token_revoked"]
    house.thread = await house.say("I want to speak to a human please")
    with pytest.raises(Stopped, match="token_revoked"):
        await house.follower.round()
    house.start()
    await house.pass_(120)
    await house.follow()
    assert len(house.slack.roots) == 1


async def test_another_channel_in_the_settings_gets_the_open_conversations(house: House) -> None:
    from dataclasses import replace

    first = await house.hand_over()
    settings = replace(house.services.settings, slack=replace(house.services.settings.slack, channel="C0NEW"))
    house.services = replace(house.services, settings=settings)
    house.start()
    await house.say("hello?")
    await house.follow()
    await house.follow()
    (new,) = [root for root in house.slack.roots if root["ts"] != first["ts"]]
    assert new["channel"] == "C0NEW"
    assert "hello?" in json.dumps(house.slack.under(new))
