"""Events as frames, and frames as a browser writes them: pure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.projection import Event, ThreadState
from server.errors import RefusedInput
from server.intake import frames
from server.intake.frames import HumanFrame, Scene, SendFrame
from server.intake.framing import encode

SCENE = Scene("c_1", "Robin", {"online": False, "back_at": None}, lambda upload_id: f"/files/{upload_id}")


def event(type_: str = "message", author: str = "assistant", name: str = "", **body: Any) -> Event:
    return Event(5, 1_763_650_800_000, type_, "all", author, 0, name, "widget", 0, None, None, body)


def test_a_message_carries_what_a_browser_knows_and_nothing_else() -> None:
    frame = frames.of_event(
        event(
            text="hi",
            lang="de",
            choices=[{"label": "Yes", "value": "yes", "secret": 1}],
            attachments=[{"id": "att_1", "name": "a.pdf", "type": "application/pdf", "size": 3, "path": "/secret"}],
            evidence=["secret"],
            answers=4,
            holding=True,
        ),
        3,
        SCENE,
    )
    assert frame == {
        "t": "msg",
        "conv": "c_1",
        "seq": 5,
        "prev": 3,
        "id": "c_1.5",
        "author": {"type": "assistant", "name": "Robin"},
        "text": "hi",
        "lang": "de",
        "choices": [{"label": "Yes", "value": "yes"}],
        "attachments": [{"id": "att_1", "name": "a.pdf", "type": "application/pdf", "size": 3, "url": "/files/att_1"}],
        "ts": "2025-11-20T15:00:00.000Z",
    }


def test_an_agents_address_is_no_name() -> None:
    assert frames.of_event(event(author="agent", name="kim@shop.example"), 0, SCENE)["author"]["name"] == ""
    assert frames.of_event(event(author="agent", name="Kim"), 0, SCENE)["author"]["name"] == "Kim"


def test_a_card_keeps_its_documented_keys() -> None:
    shown = frames.card(
        {
            "kind": "return",
            "order": "#1042",
            "rma": "R1",
            "headline": "On its way back",
            "tone": "neutral",
            "steps": [{"key": "a", "label": "A", "at": None, "state": "done", "by": "secret"}],
            "lines": [{"title": "Scarf", "quantity": 1, "cost": 9}],
            "margin": 0.4,
        }
    )
    assert "secret" not in str(shown)
    assert "margin" not in shown
    assert shown["lines"] == [{"title": "Scarf", "quantity": 1}]


def test_a_state_is_told_from_the_fold() -> None:
    state = ThreadState(status="open", owner_kind="agent", owner_name="Kim", handoff_reason="legal", priority="urgent")
    frame = frames.of_event(event("assigned", owner_kind="agent"), 4, SCENE, state)
    assert {key: frame[key] for key in ("t", "status", "owner")} == {
        "t": "state",
        "status": "open",
        "owner": {"type": "agent", "name": "Kim"},
    }
    assert "legal" not in str(frame)
    with pytest.raises(ValueError, match="state"):
        frames.of_event(event("assigned", owner_kind="agent"), 4, SCENE)


def test_events_without_a_frame_are_known() -> None:
    shown = ["message", "assigned", "handoff", "status", "resolved", "reopened"]
    hidden = ["note", "classified", "linked", "draft_offered", "csat", "cost", "order_update"]
    assert all(frames.is_shown(event(kind)) for kind in shown)
    assert not any(frames.is_shown(event(kind)) for kind in hidden)
    assert frames.is_shown(event("order_update", card={"kind": "order"}))


def test_the_folded_state_is_found_at_each_number() -> None:
    history = [
        Event(1, 1, "message", "all", "customer", 0, "", "widget", 1, None, None, {"text": "hi"}),
        Event(2, 2, "handoff", "all", "assistant", 0, "", "", 0, None, None, {"reason": "requested"}),
        Event(3, 3, "resolved", "all", "agent", 0, "", "", 0, None, None, {}),
    ]
    found = frames.states_after(history, [2, 3])
    assert (found[2].owner_kind, found[2].status, found[3].status) == ("queue", "open", "resolved")


def test_frames_are_read() -> None:
    assert frames.read('{"t":"send","cid":"1","text":"hi","more":1}') == SendFrame("1", "hi")
    assert frames.read('{"t":"human"}') == HumanFrame()
    assert frames.read('{"t":"something_new","x":[1]}') is None


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"t":1}', '{"x":1}', '{"t":"send"}', '{"t":"read","seq":"1"}'])
def test_broken_frames_are_refused(text: str) -> None:
    with pytest.raises(RefusedInput):
        frames.read(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        frames.read(text)
    except RefusedInput as error:
        assert error.code == "bad_frame"


@given(
    st.recursive(st.none() | st.booleans() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_any_body_makes_a_frame_that_travels(body: Any) -> None:
    stored = event(
        **{"text": body} if not isinstance(body, dict) else {f"k{key}": value for key, value in body.items()}
    )
    assert encode(frames.of_event(stored, 0, SCENE))
