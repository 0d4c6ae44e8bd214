"""What of a conversation is spoken to a caller: our messages to them on the telephone, with what they may choose."""

from typing import Any

from memory.projection import Event
from server.intake.voice_calls import from_events

ME, OTHER = 7, 8


def event(seq: int, kind: str = "message", author: str = "assistant", identity: int = ME, **body: Any) -> Event:
    """An event of a call's conversation."""
    audience: Any = body.pop("audience", "all")
    channel = body.pop("channel", "voice")
    return Event(seq, 0, kind, audience, author, 0, "Robin", channel, identity, None, None, body)


def told(*events: Event) -> list[str]:
    """What is spoken of these."""
    return [each.text for each in from_events(events, 1, "c_1", ME, 0).told]


def test_only_what_is_for_this_caller_on_the_telephone_is_spoken() -> None:
    """pitfalls.md 42, 46: notes, drafts and what was said elsewhere or to others are never spoken."""
    assert told(
        event(1, author="customer", text="hello"),
        event(2, text="Hi."),
        event(3, kind="note", text="secret", audience="desk"),
        event(4, text="secret", audience="desk"),
        event(5, text="secret", identity=OTHER),
        event(6, text="secret", channel="sms"),
        event(7, kind="draft_offered", text="secret"),
        event(8, text="said before", told_from={"conv": "c_0"}),
        event(9, author="agent", text="Kim here."),
    ) == ["Hi.", "Kim here."]


def test_what_is_a_button_elsewhere_is_spoken_where_the_question_needs_it() -> None:
    choices = [{"label": "Order #1042", "value": "o:1"}, {"label": "Order #1043", "value": "o:2"}]
    assert told(event(1, text="Which of your orders do you mean?", choices=choices)) == [
        "Which of your orders do you mean?\n1. Order #1042\n2. Order #1043"
    ]
    assert told(event(1, text="It comes today. Did that help?", choices=[{"label": "Yes", "value": "yes"}])) == [
        "It comes today. Did that help?"
    ]


def test_a_handoff_and_its_owner_are_seen() -> None:
    found = from_events(
        [event(3, kind="handoff", reason="requested"), event(4, kind="assigned", owner_kind="agent")], 1, "c_1", ME, 2
    )
    assert (found.handoff, found.owner, found.seen) == ("requested", "agent", 4)
    assert from_events([], 1, "c_1", ME, 2).seen == 2
