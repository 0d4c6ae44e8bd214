"""Later answers build on what was heard, not on what was only written."""

from memory.projection import Event
from server.heard import as_heard


def message(seq: int, text: str, **body: object) -> Event:
    """Something that the assistant said on a call."""
    said = {"text": text, "lang": "en", "answers": seq - 1, **body}
    return Event(seq, 0, "message", "all", "assistant", 0, "Robin", "voice", 7, None, None, said)


def cut(seq: int, of: int, heard: str) -> Event:
    """That it was cut off."""
    body = {"of": of, "status": "heard", "heard": heard}
    return Event(seq, 0, "delivery", "desk", "system", 0, "", "voice", 7, None, None, body)


def test_a_message_that_was_cut_off_holds_what_was_heard() -> None:
    whole = message(2, "It comes on Monday. Did that help?", evidence=[{"key": "eta"}], choices=[{"label": "Yes"}])
    found, other, delivery = as_heard([whole, message(5, "Goodbye."), cut(6, 2, "It comes")])
    assert found.body == {"text": "It comes …", "lang": "en", "answers": 1, "cut": True}
    assert other.body["text"] == "Goodbye."
    assert delivery.type == "delivery"


def test_of_a_message_that_nobody_heard_nothing_is_known() -> None:
    assert as_heard([message(2, "It comes on Monday."), cut(3, 2, "")])[0].body["text"] == "…"


def test_what_was_heard_to_its_end_stays() -> None:
    events = [message(2, "It comes on Monday.")]
    assert as_heard(events) == events


def test_a_receipt_of_another_kind_cuts_nothing() -> None:
    sent = Event(3, 0, "delivery", "desk", "system", 0, "", "sms", 7, None, None, {"of": 2, "status": "sent"})
    assert as_heard([message(2, "It comes."), sent])[0].body["text"] == "It comes."
