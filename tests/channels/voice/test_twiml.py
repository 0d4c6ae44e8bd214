"""TwiML is well-formed whatever a name holds, and says what Twilio's pages ask for."""

from xml.etree import ElementTree as Tree

import pytest

from channels.voice import twiml
from channels.voice.twiml import Relay, Speech

HOSTILE = "A&B <\"shop\"> 'x' \x00\x0b\ud800 ]]> <Dial>+1900</Dial>"
CLEAN = "A&B <\"shop\"> 'x'  ]]> <Dial>+1900</Dial>"
PLAN = Relay(
    "wss://shop.example/webhooks/twilio/relay", "https://shop.example/webhooks/twilio/voice/after?c=CA1&x=2", "token",
    "Hello, I am the automated assistant of Acme.", (Speech("en-US", "Google", "en-US-Standard-C"), Speech("es-US")),
)  # fmt: skip


def parsed(text: str) -> Tree.Element:
    """The document, as a parser reads it."""
    return Tree.fromstring(text)


def one(root: Tree.Element, path: str) -> Tree.Element:
    """The one element at a path."""
    found = root.findall(path)
    assert len(found) == 1
    return found[0]


def test_a_call_is_connected_to_the_socket_with_its_token() -> None:
    root = parsed(twiml.relay(PLAN))
    connect, noun = one(root, "Connect"), one(root, "Connect/ConversationRelay")
    assert connect.get("action") == PLAN.action
    assert noun.get("action") is None
    assert noun.get("url") == PLAN.url
    assert noun.get("welcomeGreetingInterruptible") == "none"
    assert noun.get("dtmfDetection") == "true"
    assert (noun.get("ttsProvider"), noun.get("voice")) == ("Google", "en-US-Standard-C")
    assert [each.get("code") for each in noun.findall("Language")] == ["en-US", "es-US"]
    session = one(noun, "Parameter")
    assert (session.get("name"), session.get("value")) == ("session", "token")
    assert root.find("Start") is None


def test_a_recording_begins_only_after_its_announcement() -> None:
    plan = Relay(**{name: getattr(PLAN, name) for name in PLAN.__slots__} | {
        "record": "https://shop.example/r", "announcement": "This call is recorded.",
    })  # fmt: skip
    root = parsed(twiml.relay(plan))
    assert [each.tag for each in root] == ["Say", "Start", "Connect"]
    assert one(root, "Start/Recording").get("recordingStatusCallback") == "https://shop.example/r"


def test_every_document_holds_hostile_text_as_text() -> None:
    """Pitfall of the sheet: TwiML is well-formed with `<&"` and with what XML cannot hold at all."""
    url = "https://shop.example/x?a=1&b=<2>"
    greeting = Relay(PLAN.url, url, HOSTILE, HOSTILE, (Speech("en-US", HOSTILE, HOSTILE),), HOSTILE, "", url, HOSTILE)
    documents = [
        twiml.relay(greeting),
        twiml.gather([HOSTILE, HOSTILE], url, "en-US", url, HOSTILE),
        twiml.menu(HOSTILE, url, "en-US", url),
        twiml.wait(HOSTILE, url, "en-US"),
        twiml.dial(HOSTILE, HOSTILE, "+1", "en-US", action=url, whisper=url, status=url, ring_s=20),
        twiml.whisper(HOSTILE, url, "en-US"),
        twiml.accepted(HOSTILE, "en-US"),
        twiml.connect_to(HOSTILE, HOSTILE, "+1", "en-US", action=url, ring_s=20),
        twiml.voicemail(HOSTILE, url, "en-US", 60),
        twiml.hang_up(HOSTILE),
        twiml.redirect(url),
    ]
    for document in documents:
        root = parsed(document)
        assert root.tag == "Response"
        assert all(say.text == CLEAN for say in root.iter("Say"))
        assert {each.text for each in root.iter("Redirect")} <= {url}
        assert len(list(root.iter("Dial"))) <= 1
        assert all(number.text == CLEAN for number in root.iter("Number"))


def test_a_person_is_rung_with_a_whisper_and_the_caller_hears_it_ringing() -> None:
    root = parsed(
        twiml.dial("One moment.", "+14025550111", "+14025550199", "en-US",
                   action="https://x/done", whisper="https://x/whisper", status="https://x/status", ring_s=20)
    )  # fmt: skip
    dial, number = one(root, "Dial"), one(root, "Dial/Number")
    assert (dial.get("timeout"), dial.get("answerOnBridge"), dial.get("callerId")) == ("20", "true", "+14025550199")
    assert (number.text, number.get("url")) == ("+14025550111", "https://x/whisper")
    assert number.get("statusCallbackEvent") == "initiated ringing answered completed"


def test_a_voicemail_that_answers_presses_no_key_and_gets_no_call() -> None:
    """Sheet, section 4: without the accept key the leg ends."""
    root = parsed(twiml.whisper("A call. Press 1 to accept.", "https://x/accept", "en-US"))
    assert [each.tag for each in root] == ["Gather", "Hangup"]
    assert (root[0].get("numDigits"), root[0].get("input")) == ("1", "dtmf")


@pytest.mark.parametrize("document", [twiml.empty(), twiml.hang_up()])
def test_nothing_to_say_says_nothing(document: str) -> None:
    assert list(parsed(document).iter("Say")) == []


def test_listening_always_ends_somewhere() -> None:
    root = parsed(twiml.gather(["Hello."], "https://x/g?turn=1", "en-US", "https://x/g?turn=1&silent=1"))
    assert [each.tag for each in root] == ["Gather", "Redirect"]
    assert root[0].get("input") == "speech dtmf"
