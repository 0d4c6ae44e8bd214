"""What agents do in Slack: who may, what it does once, what never reaches a customer."""

import asyncio
import json
from typing import Any

import pytest

from memory.threads import NewEvent
from server.desk import work
from tests.server import core
from tests.server.desk.slack.conftest import EVE, KIM, LEE, SUE, House
from tests.support.slack import BOT, CHANNEL, TEAM, button_of, click, event, member, submission


def told(house: House) -> str:
    """What somebody was told last, alone."""
    return json.dumps([house.slack.whispers[-1]["text"], house.slack.whispers[-1].get("blocks")], ensure_ascii=False)


# Claiming


async def test_whoever_claims_is_named_in_the_channel(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "claim", root)
    assert await house.owner() == "Kim"
    update = house.slack.of("chat.update")[-1]
    assert f"<@{KIM}>" in update["text"]
    assert f"<@{KIM}>" in json.dumps(update["blocks"])
    assert not [
        each for block in root["blocks"] for each in block.get("elements", ()) if each.get("action_id") == "claim"
    ]


@pytest.mark.parametrize("second", [LEE, SUE])
async def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told(house: House, second: str) -> None:
    root = await house.hand_over()
    value = str(button_of(root, "claim")["value"])
    for user in (KIM, second):
        await house.tell(click(user, "claim", value, root, house.now()))
    await house.work()
    assert await house.owner() == "Kim"
    assert len(await core.log(house.services, house.thread, "assigned")) == 1
    assert [each["user"] for each in house.slack.whispers] == [second]
    assert "Kim has this conversation" in told(house)


async def test_a_supervisor_may_take_over_after_being_asked(house: House) -> None:
    root = await house.hand_over()
    value = str(button_of(root, "claim")["value"])
    await house.press(KIM, "claim", root)
    await house.press(SUE, "claim", root, value)
    await house.yes(SUE, "take_over")
    assert await house.owner() == "Sue"


@pytest.mark.parametrize(
    "values",
    [
        {"email": "eve@elsewhere.example"},
        {"deleted": True},
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"is_bot": True},
        {"is_email_confirmed": False},
        {"team_id": "T0OTHER"},
    ],
)
async def test_whoever_is_no_agent_of_our_workspace_changes_nothing(house: House, values: dict[str, Any]) -> None:
    """Item 97: members of shared channels, guests and deactivated people spoke to customers."""
    root = await house.hand_over()
    others = {name: value for name, value in values.items() if name != "email"}
    house.slack.members["U0X"] = member("U0X", values.get("email", house.people[KIM].email), **others)
    await house.press("U0X", "claim", root)
    await house.type("U0X", "send me your card number", root)
    await house.press("U0X", "resolve", root)
    assert await house.owner() == "queue"
    assert await house.said() == []
    assert [each["user"] for each in house.slack.whispers] == ["U0X"] * 3
    assert "Nothing was done" in told(house)


async def test_an_author_of_another_workspace_is_refused_whatever_their_address(house: House) -> None:
    root = await house.hand_over()
    await house.type(KIM, "hello", root, user_team="T0OTHER")
    assert await house.said() == []
    assert "Nothing was done" in told(house)


async def test_a_disabled_agent_may_do_nothing_at_once(house: House) -> None:
    from memory import agents

    root = await house.hand_over()
    await house.press(KIM, "claim", root)
    await house.services.database.write(lambda tx: agents.disable(tx, house.people[KIM].id))
    await house.press(KIM, "resolve", root)
    assert await house.status() != "resolved"


async def test_a_call_of_another_workspace_is_left_aside(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "claim", root, team={"id": "T0OTHER"}, user={"id": KIM, "team_id": "T0OTHER"})
    assert await house.owner() == "queue"
    assert house.slack.whispers == []


@pytest.mark.parametrize("action", ["claim", "resolve", "hand_back", "send_suggestion", "reply"])
async def test_a_button_with_a_foreign_conversation_does_nothing(house: House, action: str) -> None:
    """Item 98: a button's value closed any conversation."""
    other = (await house.say("hello there", sender=core.BOB)).public_id
    root = await house.hand_over()
    await house.press(KIM, action, root, f"{other}:s_3" if action == "send_suggestion" else other)
    assert await house.owner() == "queue"
    assert "does not belong to this conversation" in told(house)
    assert house.slack.of("views.open") == []


# Replying in the thread


async def test_the_first_reply_asks_and_the_next_goes_out(house: House) -> None:
    root = await house.hand_over()
    ts = await house.type(KIM, "Hi <@U0LEE>, I am *Kim* &amp; here :wave:", root)
    assert await house.said() == []
    assert house.slack.whispers[-1]["thread_ts"] == root["ts"]
    await house.yes(KIM)
    assert await house.said() == ["Hi, I am Kim & here 👋"]
    assert await house.owner() == "Kim"
    assert {"channel": CHANNEL, "timestamp": ts, "name": "white_check_mark"} in house.slack.of("reactions.add")
    await house.type(KIM, "second", root)
    assert await house.said() == ["Hi, I am Kim & here 👋", "second"]
    assert len(house.slack.whispers) == 1


async def test_what_was_typed_here_is_not_said_here_again(house: House) -> None:
    root = await house.hand_over()
    await house.type(KIM, "I am on it", root)
    await house.yes(KIM)
    assert "I am on it" not in json.dumps(house.slack.under(root))


async def test_a_yes_counts_once_and_for_its_author_alone(house: House) -> None:
    root = await house.hand_over()
    await house.type(KIM, "hello", root)
    asked = house.slack.whispers[-1]
    value = str(button_of(asked, "confirm_reply")["value"])
    for user in (LEE, KIM, KIM):
        await house.tell(click(user, "confirm_reply", value, {"ts": "1.1", "channel": CHANNEL}, house.now()))
        await house.work()
    assert await house.said() == ["hello"]


@pytest.mark.parametrize(("action", "notes"), [("confirm_note", ["not for her"]), ("confirm_drop", [])])
async def test_a_reply_may_become_a_note_or_nothing(house: House, action: str, notes: list[str]) -> None:
    root = await house.hand_over()
    await house.type(KIM, "not for her", root)
    await house.yes(KIM, action)
    assert (await house.said(), await house.notes()) == ([], notes)


async def test_two_slashes_begin_a_note_that_never_leaves_the_desk(house: House) -> None:
    """Item 46: private notes went to the customer."""
    root = await house.hand_over()
    await house.type(KIM, "hello", root)
    await house.yes(KIM)
    ts = await house.type(KIM, "// she is a <@U0LEE> friend", root)
    assert await house.said() == ["hello"]
    assert await house.notes() == ["she is a friend"]
    (note,) = await core.log(house.services, house.thread, "note")
    assert note.audience == "desk"
    assert {"channel": CHANNEL, "timestamp": ts, "name": "memo"} in house.slack.of("reactions.add")


async def test_what_came_meanwhile_is_shown_before_anything_goes_out(house: House) -> None:
    root = await house.hand_over()
    await house.type(KIM, "hello", root)
    await house.yes(KIM)
    at = house.now()
    await house.happen(NewEvent("message", {"text": "never mind, it came!"}, "all", "customer", channel="sms"))
    await house.type(KIM, "it is lost", root, ts=at)
    assert await house.said() == ["hello"]
    assert "never mind, it came!" in told(house)
    await house.yes(KIM)
    assert await house.said() == ["hello", "it is lost"]


async def test_an_agents_own_words_are_no_news_to_them(house: House) -> None:
    root = await house.hand_over()
    await house.type(KIM, "one", root)
    await house.yes(KIM)
    first, second = house.now(), house.now()
    for number, ts in enumerate((first, second)):
        said = {
            "type": "message",
            "channel": CHANNEL,
            "user": KIM,
            "text": f"quick {number}",
            "ts": ts,
            "thread_ts": root["ts"],
        }
        await house.tell(event(f"EvQ{number}", **said))
    await house.work()
    assert await house.said() == ["one", "quick 0", "quick 1"]


# Duplicates


async def test_the_same_event_is_one_message_to_the_customer(house: House) -> None:
    """Item 5: a duplicated webhook duplicated the agent's reply; item 7: the number of a retry means nothing."""
    root = await house.hand_over()
    await house.type(KIM, "one", root)
    await house.yes(KIM)
    said = event("EvSame", type="message", channel=CHANNEL, user=KIM, text="two", ts=house.now(), thread_ts=root["ts"])
    assert [await house.tell(said), await house.tell(said)] == [True, False]
    await house.work()
    again = event("EvMention", **{**said["event"], "type": "app_mention"})
    await house.tell(again)
    await house.work()
    assert await house.said() == ["one", "two"]


async def test_a_call_whose_work_broke_off_is_worked_in_again_once(house: House) -> None:
    root = await house.hand_over()
    await house.type(KIM, "one", root)
    house.slack.next["users.info"] = ["429"]
    await house.pass_(3600)
    await house.tell(click(KIM, "claim", str(button_of(root, "claim")["value"]), root, house.now()))
    await house.work()
    assert await house.owner() == "queue"
    await house.pass_(60)
    await house.work()
    assert await house.owner() == "Kim"


async def test_a_replay_of_the_journal_does_nothing_again(house: House) -> None:
    from datetime import timedelta

    from memory import journal

    root = await house.hand_over()
    await house.type(KIM, "one", root)
    await house.yes(KIM)
    await house.press(KIM, "resolve", root)
    assert await house.status() == "resolved"
    await house.say("it is broken again")
    now = house.clock.now()
    await house.services.database.write(lambda tx: journal.replay(tx, now - timedelta(days=1), now))
    before, whispers = await house.last_seq(), len(house.slack.whispers)
    await house.work()
    assert (await house.last_seq(), len(house.slack.whispers)) == (before, whispers)
    assert await house.status() != "resolved"


@pytest.mark.parametrize(
    "values",
    [
        {"bot_id": "B0OTHER"},
        {"subtype": "bot_message"},
        {"user": BOT},
        {"subtype": "channel_join"},
        {"thread_ts": ""},
        {"thread_ts": "1600000000.000001"},
        {"channel": "C0ELSEWHERE"},
    ],
)
async def test_what_is_no_agents_word_under_a_root_is_nothing(house: House, values: dict[str, Any]) -> None:
    root = await house.hand_over()
    before = await house.last_seq()
    await house.type(KIM, "hello", root, **values)
    assert await house.last_seq() == before
    assert house.slack.whispers == []


# Edits and deletions


async def test_an_edit_of_what_waits_counts_and_of_what_is_out_is_offered(house: House) -> None:
    root = await house.hand_over()
    ts = await house.type(KIM, "helo", root)
    await edit(house, root, ts, "helo", "hello")
    await house.yes(KIM)
    assert await house.said() == ["hello"]
    await edit(house, root, ts, "hello", "hello!")
    assert await house.said() == ["hello"]
    assert "cannot be changed" in told(house)
    await house.yes(KIM)
    assert await house.said() == ["hello", "hello!"]


async def edit(house: House, root: dict[str, Any], ts: str, before: str, after: str) -> None:
    """Somebody edits their message."""
    own = {"type": "message", "user": KIM, "ts": ts, "thread_ts": root["ts"], "team": TEAM}
    at = house.now()
    changed = {"message": {**own, "text": after}, "previous_message": {**own, "text": before}}
    await house.tell(
        event(f"EvE{at}", type="message", subtype="message_changed", channel=CHANNEL, ts=at, event_ts=at, **changed)
    )
    await house.work()


async def test_a_deletion_drops_what_waits_and_warns_of_what_is_out(house: House) -> None:
    root = await house.hand_over()
    first = await house.type(KIM, "one", root)
    await delete(house, root, first)
    await house.yes(KIM)
    assert await house.said() == []
    second = await house.type(KIM, "two", root)
    await house.yes(KIM)
    await delete(house, root, second)
    assert await house.said() == ["two"]
    assert "still has it" in told(house)


async def delete(house: House, root: dict[str, Any], ts: str) -> None:
    """Somebody deletes their message."""
    own = {"type": "message", "user": KIM, "ts": ts, "thread_ts": root["ts"], "team": TEAM, "text": "x"}
    at = house.now()
    await house.tell(
        event(f"EvD{at}", type="message", subtype="message_deleted", channel=CHANNEL, ts=at, previous_message=own)
    )
    await house.work()


# Dialog, suggestions, the end


async def test_a_reply_by_dialog_goes_out_once_and_is_shown(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "reply", root)
    view = house.slack.of("views.open")[-1]["view"]
    sent = submission(KIM, view, "I call you & see <you> at 5")
    for _ in range(2):
        await house.tell(sent)
        await house.work()
    assert await house.said() == ["I call you & see <you> at 5"]
    assert "I call you" in json.dumps(house.slack.under(root)[-1])


async def test_a_dialog_knows_what_stood_there_when_it_was_opened(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "reply", root)
    view = house.slack.of("views.open")[-1]["view"]
    await house.say("wait, it is order 1042")
    await house.follow()
    await house.tell(submission(KIM, view, "which order?"))
    await house.work()
    assert await house.said() == []
    assert "wait, it is order 1042" in told(house)


async def test_a_dialog_that_came_too_late_is_told(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "reply", root, trigger_id="expired")
    assert "press *Reply* again" in told(house)


async def test_a_suggestion_is_sent_once_however_often_it_is_pressed(house: House) -> None:
    root = await house.hand_over()
    value = str(button_of(root, "send_suggestion")["value"])
    text = next(iter([each.body["text"] for each in await core.log(house.services, house.thread, "draft_offered")]))
    for _ in range(2):
        await house.tell(click(KIM, "send_suggestion", value, root, house.now()))
    await house.work()
    assert await house.said() == [text]
    (outcome,) = await core.log(house.services, house.thread, "draft_outcome")
    assert outcome.body["edited"] is False


async def test_a_suggestion_that_is_out_of_date_is_not_sent(house: House) -> None:
    root = await house.hand_over()
    value = str(button_of(root, "send_suggestion")["value"])
    await work.reply(house.services, house.thread.public_id, house.people[KIM], "Hi", await house.last_seq(), "k")
    await house.press(KIM, "send_suggestion", root, value)
    assert await house.said() == ["Hi"]
    assert "does not fit any more" in told(house)


async def test_a_colleagues_conversation_is_not_answered(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "claim", root)
    await house.press(LEE, "send_suggestion", root)
    await house.type(LEE, "hello", root)
    await house.yes(LEE)
    assert await house.said() == []
    assert "Kim has this conversation" in told(house)


async def test_what_is_resolved_here_is_resolved_and_shown(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "claim", root)
    await house.press(KIM, "resolve", root)
    assert await house.status() == "resolved"
    assert "Resolved" in root["text"]
    assert not [block for block in root["blocks"] if block["type"] == "actions"]


async def test_what_is_handed_back_is_the_assistants_and_may_be_taken_up_again(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "claim", root)
    claim = house.thread.public_id
    await house.press(KIM, "hand_back", root)
    assert await house.owner() == "assistant"
    assert "With the assistant again" in root["text"]
    await house.press(LEE, "claim", root, claim)
    assert await house.owner() == "Lee"
    await house.say("who is there?")
    await house.follow()
    assert "who is there?" in json.dumps(house.slack.under(root)[-1])
    assert f"<@{LEE}>" in root["text"]


async def test_resolving_without_having_seen_the_last_word_asks_to_look(house: House) -> None:
    root = await house.hand_over()
    at = house.now()
    await house.happen(NewEvent("message", {"text": "one more thing"}, "all", "customer", channel="sms"))
    await house.tell(click(KIM, "resolve", str(button_of(root, "resolve")["value"]), root, at))
    await house.work()
    assert await house.status() != "resolved"
    assert "one more thing" in told(house)


# Files


async def test_a_file_is_kept_with_a_note_and_does_not_go_out_by_text_message(house: House) -> None:
    root = await house.hand_over()
    house.slack.files["plan.pdf"] = ("application/pdf", b"%PDF-1.4\n%%EOF")
    shared = [house.slack.shared("plan.pdf")]
    await house.type(KIM, "// the plan", root, subtype="file_share", files=shared)
    assert await house.notes() == ["the plan\n📎 plan.pdf"]
    assert await core.count(house.services, "uploads") == 1
    await house.type(KIM, "here", root, subtype="file_share", files=shared)
    assert any("Files do not go out by SMS" in each["text"] for each in house.slack.whispers)
    await house.yes(KIM)
    assert await house.said() == ["here"]


async def test_slacks_sign_in_page_is_never_taken_for_a_file(house: House) -> None:
    """Item 97: without its scope, the page of the sign-in was saved as the attachment."""
    root = await house.hand_over()
    house.slack.files["photo.png"] = ("image/png", b"\x89PNG")
    house.slack.scopes = "chat:write"
    await house.type(KIM, "// look", root, subtype="file_share", files=[house.slack.shared("photo.png")])
    assert await house.notes() == ["look"]
    assert await core.count(house.services, "uploads") == 0


async def test_our_token_goes_to_slacks_own_hosts_alone(house: House) -> None:
    root = await house.hand_over()
    foreign = {
        "id": "F1",
        "name": "x.pdf",
        "mimetype": "application/pdf",
        "url_private_download": "https://evil.example/x",
    }
    await house.type(KIM, "// look", root, subtype="file_share", files=[foreign])
    assert await house.notes() == ["look"]


# Logs


async def test_no_word_of_a_message_is_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Item 99: whole events were printed."""
    caplog.set_level("INFO")
    root = await house.hand_over()
    await house.type(EVE, "secretword", root)
    await house.type(KIM, "secretword", root)
    await house.yes(KIM)
    await asyncio.sleep(0)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "secretword" not in logged
    assert "xoxb-" not in logged


# What may break


async def test_work_that_broke_off_after_the_act_says_nothing_twice(house: House) -> None:
    """The act is committed, the mark that it was done is not: the same call is worked in again."""
    from datetime import timedelta

    from memory import journal

    root = await house.hand_over()
    await house.press(KIM, "reply", root)
    await house.tell(submission(KIM, house.slack.of("views.open")[-1]["view"], "once"))
    await house.type(KIM, "// noted", root)
    now = house.clock.now()
    await house.services.database.write(lambda tx: tx.run("DELETE FROM slack_calls"))
    await house.services.database.write(lambda tx: journal.replay(tx, now - timedelta(days=1), now))
    await house.work()
    assert (await house.said(), await house.notes()) == (["once"], ["noted"])


async def test_a_member_who_changed_is_looked_up_again(house: House) -> None:
    root = await house.hand_over()
    await house.press(LEE, "claim", root)
    house.slack.members[LEE]["deleted"] = True
    await house.press(LEE, "hand_back", root)
    assert await house.owner() == "assistant"
    await house.tell(event("EvChange", type="user_change", user=house.slack.members[LEE]))
    await house.work()
    await house.press(LEE, "claim", root, house.thread.public_id)
    assert await house.owner() == "assistant"
    assert "Nothing was done" in told(house)


async def test_two_dialogs_with_one_id_are_two_replies(house: House) -> None:
    root = await house.hand_over()
    await house.press(KIM, "reply", root)
    view = house.slack.of("views.open")[-1]["view"]
    for text in ("one", "two"):
        await house.tell(submission(KIM, view, text))
        await house.work()
    assert await house.said() == ["one", "two"]


@pytest.mark.parametrize(
    "payload", [{}, {"type": "event_callback"}, {"type": "block_actions", "actions": "x", "user": 7}]
)
async def test_payloads_that_make_no_sense_are_done_with(house: House, payload: dict[str, Any]) -> None:
    await house.tell(payload)
    await house.work()
    row = await house.services.database.read(lambda tx: tx.one("SELECT state FROM journal WHERE source LIKE 'slack/%'"))
    assert row is not None
    assert row["state"] == "done"


async def test_two_workers_of_one_installation_work_a_call_in_once(house: House) -> None:
    """Item 16: the claim of a job is atomic."""
    root = await house.hand_over()
    await house.type(KIM, "one", root)
    await house.yes(KIM)
    for number in range(10):
        said = {
            "type": "message",
            "channel": CHANNEL,
            "user": KIM,
            "text": f"no {number}",
            "ts": house.now(),
            "thread_ts": root["ts"],
        }
        await house.tell(event(f"EvW{number}", **said))
    first = house.worker
    house.start()
    await asyncio.gather(*(worker.drain() for worker in (first, house.worker) for _ in range(3)))
    assert await house.said() == ["one", *(f"no {number}" for number in range(10))]
