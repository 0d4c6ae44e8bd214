"""TwiML: what Twilio is told to do with a call. Pure; every text is escaped, whatever a name holds.

Attributes and nesting follow Twilio's pages on `<ConversationRelay>`, `<Gather>`, `<Dial>` and `<Record>`: `action` stands on
`<Connect>`, not on the noun inside it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Tree

_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""
TYPE: Final = "text/xml"


@dataclass(frozen=True, slots=True)
class Speech:
    """How one language is spoken and heard. `code` is BCP-47; an empty provider or voice is left to Twilio."""

    code: str
    provider: str = ""
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Relay:
    """A call that is connected to our socket. `speeches` are its languages, the first is spoken first."""

    url: str
    action: str
    token: str
    greeting: str
    speeches: Sequence[Speech]
    hints: str = ""
    transcriber: str = ""
    record: str = ""
    announcement: str = ""


def empty() -> str:
    """Nothing to do."""
    return _written(Tree.Element("Response"))


def relay(plan: Relay) -> str:
    """Connect a call to our socket. The greeting carries the disclosure, so it cannot be interrupted.

    `announcement` is said before a recording begins, whose callbacks go to `record`; empty = nothing is recorded."""
    response, first = Tree.Element("Response"), plan.speeches[0]
    _say(response, plan.announcement, first.code)
    if plan.record:
        _record_call(response, plan.record)
    connect = _under(response, "Connect", action=plan.action, method="POST")
    noun = _under(
        connect, "ConversationRelay",
        url=plan.url, welcomeGreeting=plan.greeting, welcomeGreetingInterruptible="none", interruptible="any",
        dtmfDetection="true", language=first.code, ttsProvider=first.provider, voice=first.voice,
        transcriptionProvider=plan.transcriber, hints=plan.hints, events="speaker-events",
    )  # fmt: skip
    for each in plan.speeches:
        _under(noun, "Language", code=each.code, ttsProvider=each.provider, voice=each.voice)
    _under(noun, "Parameter", name="session", value=plan.token)
    return _written(response)


def gather(texts: Sequence[str], action: str, code: str, otherwise: str, hints: str = "") -> str:
    """Say something and listen for words or keys, then go to `action`; where nothing was said, go to `otherwise`."""
    response = Tree.Element("Response")
    noun = _under(
        response, "Gather",
        input="speech dtmf", action=action, method="POST", timeout="5", speechTimeout="auto", language=code,
        finishOnKey="#", hints=hints,
    )  # fmt: skip
    for text in texts:
        _say(noun, text, code)
    _redirect(response, otherwise)
    return _written(response)


def menu(text: str, action: str, code: str, otherwise: str, keys: int = 1) -> str:
    """Ask for a key (or the word for it), then go to `action`; where none was pressed, go to `otherwise`."""
    response = Tree.Element("Response")
    noun = _under(
        response, "Gather",
        input="speech dtmf", action=action, method="POST", timeout="8", speechTimeout="auto", numDigits=str(keys),
        language=code,
    )  # fmt: skip
    _say(noun, text, code)
    _redirect(response, otherwise)
    return _written(response)


def wait(text: str, url: str, code: str, seconds: int = 2) -> str:
    """Say something (or nothing), pause, and come back to `url`."""
    response = Tree.Element("Response")
    _say(response, text, code)
    _under(response, "Pause", length=str(seconds))
    _redirect(response, url)
    return _written(response)


def dial(text: str, number: str, caller: str, code: str, *, action: str, whisper: str, status: str, ring_s: int) -> str:
    """Say something, then ring one person's number. Who answers hears `whisper` first, and is connected only from there.

    `answerOnBridge`: the caller hears ringing until a person has accepted."""
    response = Tree.Element("Response")
    _say(response, text, code)
    noun = _under(
        response, "Dial",
        action=action, method="POST", timeout=str(ring_s), answerOnBridge="true", callerId=caller,
    )  # fmt: skip
    events = "initiated ringing answered completed"
    line = _under(noun, "Number", url=whisper, method="POST", statusCallback=status, statusCallbackEvent=events)
    line.text = _clean(number)
    return _written(response)


def whisper(text: str, action: str, code: str) -> str:
    """Ask the person who answered for the accept key; without it the leg ends: a voicemail takes no call."""
    response = Tree.Element("Response")
    noun = _under(
        response, "Gather", input="dtmf", numDigits="1", timeout="8", action=action, method="POST", finishOnKey=""
    )
    _say(noun, text, code)
    _under(response, "Hangup")
    return _written(response)


def accepted(brief: str, code: str) -> str:
    """The brief for a person who accepted; when it ends, the caller is on the line."""
    response = Tree.Element("Response")
    _say(response, brief, code)
    return _written(response)


def connect_to(text: str, number: str, caller: str, code: str, *, action: str, ring_s: int) -> str:
    """Ring a customer for a person who is on the line already (a call-back)."""
    response = Tree.Element("Response")
    _say(response, text, code)
    noun = _under(
        response, "Dial", action=action, method="POST", timeout=str(ring_s), answerOnBridge="true", callerId=caller
    )
    _under(noun, "Number").text = _clean(number)
    return _written(response)


def voicemail(text: str, action: str, code: str, longest_s: int) -> str:
    """Take a message after the tone; who says nothing is let go."""
    response = Tree.Element("Response")
    _say(response, text, code)
    _under(
        response, "Record",
        action=action, method="POST", maxLength=str(longest_s), timeout="5", playBeep="true", trim="trim-silence",
        finishOnKey="#",
    )  # fmt: skip
    _under(response, "Hangup")
    return _written(response)


def hang_up(text: str = "", code: str = "en-US") -> str:
    """Say a last word, if any, and end the call."""
    response = Tree.Element("Response")
    _say(response, text, code)
    _under(response, "Hangup")
    return _written(response)


def redirect(url: str) -> str:
    """Go on elsewhere."""
    response = Tree.Element("Response")
    _redirect(response, url)
    return _written(response)


def _record_call(response: Tree.Element, callback: str) -> None:
    start = _under(response, "Start")
    _under(
        start, "Recording",
        recordingStatusCallback=callback, recordingStatusCallbackMethod="POST",
        recordingStatusCallbackEvent="in-progress completed absent", channels="dual", track="both",
    )  # fmt: skip


def _say(parent: Tree.Element, text: str, code: str) -> None:
    if text:
        _under(parent, "Say", language=code).text = _clean(text)


def _redirect(response: Tree.Element, url: str) -> None:
    _under(response, "Redirect", method="POST").text = _clean(url)


def _under(parent: Tree.Element, name: str, /, **attributes: str) -> Tree.Element:
    """An element below another; an empty attribute is left out but for `finishOnKey`, where empty means no key."""
    kept = {key: _clean(value) for key, value in attributes.items() if value or key == "finishOnKey"}
    return Tree.SubElement(parent, name, kept)


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _written(response: Tree.Element) -> str:
    body = Tree.tostring(response, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}'
