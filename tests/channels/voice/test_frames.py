"""Relay frames: read with tolerance, written exactly. The payloads are those of Twilio's own page."""

import json

import pytest

from channels.voice import frames
from channels.voice.frames import Dtmf, Failure, Info, Interrupt, Prompt, Setup

SETUP = {
    "type": "setup", "sessionId": "VX00000000000000000000000000000000", "accountSid": "AC00000000000000000000000000000000",
    "parentCallSid": "", "callSid": "CA00000000000000000000000000000000", "from": "+14025550100", "to": "+14025550199",
    "forwardedFrom": "", "callType": "PSTN", "callerName": "", "direction": "inbound", "callStatus": "RINGING",
    "customParameters": {"session": "token"},
}  # fmt: skip


def test_a_setup_frame_tells_whose_call_it_is() -> None:
    found = frames.read(json.dumps(SETUP))
    assert isinstance(found, Setup)
    assert (found.call_sid, found.caller, found.parameters) == (SETUP["callSid"], "+14025550100", {"session": "token"})


def test_absent_and_null_values_of_a_setup_frame_are_empty() -> None:
    found = frames.read('{"type":"setup","callSid":"CA1","callerName":null,"customParameters":null}')
    assert found == Setup("CA1", "", "", "", "", "", {})


def test_a_prompt_is_final_unless_it_says_otherwise() -> None:
    said = {"type": "prompt", "voicePrompt": "where is my order", "lang": "en-US", "agentSpeaking": "off"}
    assert frames.read(json.dumps({**said, "last": True})) == Prompt("where is my order", "en-US", True)
    assert frames.read(json.dumps({**said, "last": False})) == Prompt("where is my order", "en-US", False)
    assert frames.read(json.dumps(said)) == Prompt("where is my order", "en-US", True)


@pytest.mark.parametrize("after", [460, "460", 460.0])
def test_the_time_of_an_interrupt_may_be_a_string(after: object) -> None:
    raw = {"type": "interrupt", "utteranceUntilInterrupt": "Your order will", "durationUntilInterruptMs": after}
    assert frames.read(json.dumps(raw)) == Interrupt("Your order will", 460)


def test_the_time_of_an_interrupt_may_be_nonsense() -> None:
    for after in ("soon", None, -3, "1e999"):
        raw = {"type": "interrupt", "utteranceUntilInterrupt": "Your", "durationUntilInterruptMs": after}
        assert frames.read(json.dumps(raw)) == Interrupt("Your", 0)


def test_keys_errors_and_remarks_are_read() -> None:
    assert frames.read('{"type":"dtmf","digit":"1"}') == Dtmf("1")
    assert frames.read('{"type":"error","description":"no"}') == Failure("no")
    speaking = '{"type":"info","name":"agentSpeaking","value":"off","ts":1}'
    assert frames.read(speaking) == Info("agentSpeaking", "off")


def test_an_unknown_type_is_passed_over() -> None:
    assert frames.read('{"type":"hologram","x":1}') is None


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"type":7}', "{", "\x00", "[" * 5000])
def test_what_is_no_frame_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="a frame is"):
        frames.read(text)


def test_words_go_out_with_the_end_of_their_cycle() -> None:
    assert json.loads(frames.text("Your order ", last=False)) == {"type": "text", "token": "Your order ", "last": False}
    assert json.loads(frames.text("Hola.", last=True, language="es-ES", interruptible=False)) == {
        "type": "text", "token": "Hola.", "last": True, "lang": "es-ES", "interruptible": False,
    }  # fmt: skip


def test_the_data_of_a_handoff_is_a_string() -> None:
    frame = json.loads(frames.end({"reasonCode": "live-agent", "conv": "c_12"}))
    assert frame["type"] == "end"
    assert json.loads(frame["handoffData"]) == {"reasonCode": "live-agent", "conv": "c_12"}


def test_a_change_of_language_names_both_sides() -> None:
    assert json.loads(frames.language("es-ES")) == {
        "type": "language", "ttsLanguage": "es-ES", "transcriptionLanguage": "es-ES",
    }  # fmt: skip
