"""The telephone as a provider: who called, what a message after the tone is, where recordings come from."""

from urllib.parse import urlencode

import pytest

from channels.errors import NotNow, OutcomeUnknown, Refused
from channels.message import Media, RawCall
from channels.voice.provider import CONV, Telephone, caller
from channels.voice.rest import Account, Calls
from tests.support.databases import NOW
from tests.support.exchange import exchange
from tests.support.relay import ACCOUNT, ANA, SHOP, TOKEN

LEFT = {
    "CallSid": "CA1",
    "From": ANA,
    "RecordingSid": "RE123456",
    "RecordingUrl": "https://x/RE123456",
    "RecordingDuration": "23",
}


def raw(door: str, form: dict[str, str], **headers: str) -> RawCall:
    """A stored webhook."""
    return RawCall(door, headers, urlencode(form).encode(), NOW)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("+14025550100", "+14025550100"), ("client:ana", "client:ana"), ("sip:ana@x", "sip:ana@x"), ("anonymous", ""),
        ("Restricted", ""), ("+266696687", ""), ("", ""), ("+", ""), ("911", ""), ("+1402555010x", ""),
        ("+٤٠٢٥٥٥٠١٠٠", ""),
    ],
)  # fmt: skip
def test_a_withheld_number_is_nobody(given: str, known: str) -> None:
    assert caller(given) == known


def test_a_message_after_the_tone_is_one_of_its_caller() -> None:
    telephone = Telephone(Calls(Account(ACCOUNT, TOKEN)))
    [message] = telephone.parse(raw("voicemail", LEFT, **{CONV: "c_1"})).messages
    assert (message.channel, message.sender.kind, message.sender.key) == ("voice", "caller", ANA)
    assert (message.external_id, message.conv, message.text) == ("RE123456", "c_1", "Voicemail, 23 s")
    assert message.media == (Media("voicemail-123456.mp3", "audio/mpeg", ref="https://x/RE123456"),)


def test_a_withheld_number_leaves_a_message_as_a_person_of_its_own() -> None:
    telephone = Telephone(Calls(Account(ACCOUNT, TOKEN)))
    [message] = telephone.parse(raw("voicemail", {**LEFT, "From": "anonymous"})).messages
    assert message.sender.key == "CA1"


def test_every_other_webhook_brings_nothing_when_it_is_replayed() -> None:
    telephone = Telephone(Calls(Account(ACCOUNT, TOKEN)))
    for door in ("call", "recording", "voicemail"):
        assert telephone.parse(raw(door, {"CallSid": "CA1", "From": ANA})).messages == ()


async def test_a_recording_is_fetched_with_our_key_and_from_twilio_only() -> None:
    async with exchange() as stand_in:
        stand_in.exchange.recordings["RE1"] = b"sound"
        telephone = Telephone(Calls(Account(ACCOUNT, TOKEN, stand_in.url)))
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE1"
        try:
            assert await telephone.fetch(Media("a.mp3", "audio/mpeg", ref=url)) == b"sound"
            with pytest.raises(Refused, match="from Twilio only"):
                await telephone.fetch(Media("a.mp3", "audio/mpeg", ref="https://evil.example/RE1"))
            with pytest.raises(Refused, match="404"):
                await telephone.fetch(Media("a.mp3", "audio/mpeg", ref=url.replace("RE1", "RE2")))
        finally:
            await telephone.close()


async def test_what_twilio_answers_says_what_may_be_done() -> None:
    async with exchange() as stand_in:
        calls = Calls(Account(ACCOUNT, TOKEN, stand_in.url))
        hook = "https://shop.example/hook"
        try:
            sid = await calls.begin(ANA, SHOP, hook, hook)
            assert [each.sid for each in await calls.recent(ANA, NOW.replace(year=2020))] == [sid]
            await calls.end(sid)
            await calls.end(sid)  # error 21220: it is over already
            for failure, error in (("busy", NotNow), ("broken", OutcomeUnknown), ("html", OutcomeUnknown)):
                stand_in.fails.append(failure)  # type: ignore[arg-type]
                with pytest.raises(error):
                    await calls.begin(ANA, SHOP, hook, hook)
            for wrong in (("911", hook), (ANA, "ftp://x"), (ANA, "https://a_b.example/")):
                with pytest.raises(Refused):
                    await calls.begin(wrong[0], SHOP, wrong[1], hook)
        finally:
            await calls.close()
        other = Calls(Account(ACCOUNT, "another", stand_in.url))
        try:
            with pytest.raises(Refused, match="401"):
                await other.begin(ANA, SHOP, hook, hook)
        finally:
            await other.close()


async def test_a_twilio_that_is_not_there_took_nothing() -> None:
    calls = Calls(Account(ACCOUNT, TOKEN, "http://127.0.0.1:9"))
    try:
        with pytest.raises(NotNow):
            await calls.begin(ANA, SHOP, "https://x.example/", "https://x.example/")
    finally:
        await calls.close()
