"""What Twilio's calls mean, on the payloads of its documentation and of real accounts, altered in names and numbers."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from channels.message import Inbound, RawCall, Wish
from channels.twilio.codes import Codes
from channels.twilio.parse import parse
from tests.support.databases import NOW
from tests.support.twilio import ACCOUNT, SMS, WHATSAPP

TAP = (
    "MessageSid=SMaa&AccountSid=ACbb&From=whatsapp%3A%2B15550100&To=whatsapp%3A%2B15550199&WaId=15550100&ProfileName=Ana"
    "&Body=Track+order&ButtonText=Track+order&ButtonPayload=track%3A1001&MessageType=button&NumMedia=0"
    "&OriginalRepliedMessageSid=MMcc&ExternalUserId=whatsapp%3AUS.123"
)


def read(door: str = "messages", **fields: str) -> Inbound:
    """The message of a call with these fields."""
    form = {"MessageSid": "SM1", "AccountSid": ACCOUNT, "From": "whatsapp:+15550100", "To": WHATSAPP, "NumMedia": "0"}
    body = urlencode({**form, **fields}).encode()
    return parse(RawCall(door, {}, body, NOW), Codes()).messages[0]


def test_a_tapped_button() -> None:
    found = parse(RawCall("messages", {}, TAP.encode(), NOW), Codes()).messages[0]
    assert (found.channel, found.text, found.choice, found.quotes) == (
        "whatsapp",
        "Track order",
        "track:1001",
        ("MMcc",),
    )
    assert (found.external_id, found.at) == ("SMaa", NOW)
    sender = found.sender
    assert (sender.kind, sender.key, sender.proof, sender.display) == ("whatsapp", "+15550100", "channel", "+15550100")
    assert (sender.profile_name, sender.also) == ("Ana", ("US.123",))


def test_a_chosen_line_of_a_list() -> None:
    found = read(
        ListId="order:20007", ListTitle="#20007 · Desk lamp", ListDescription="Blue", MessageType="interactive"
    )
    assert (found.text, found.choice) == ("#20007 · Desk lamp", "order:20007")
    assert found.meta == {"list_description": "Blue"}


def test_a_text_message() -> None:
    found = read(From="+14025550100", To=SMS, Body=" hi ", FromCity="OMAHA", SmsStatus="received", NewField="x")
    assert (found.channel, found.text, found.sender.kind, found.sender.key) == ("sms", "hi", "sms", "+14025550100")
    assert found.meta == {}


@pytest.mark.parametrize(
    "fields, key, also, display",
    [
        ({"From": "whatsapp:US.13491208655302741918"}, "US.13491208655302741918", (), "US.13491208655302741918"),
        ({"From": "whatsapp:US.ENT.9x", "ExternalUserId": "whatsapp:US.ENT.9x"}, "US.ENT.9x", (), "US.ENT.9x"),
        ({"From": "whatsapp:US.1", "WaId": "15550100"}, "+15550100", ("US.1",), "US.1"),
        ({"From": "whatsapp:+15550100", "ExternalUserId": "US.1"}, "+15550100", ("US.1",), "+15550100"),
        ({"From": "whatsapp:+551187654321", "WaId": "5511987654321"}, "+5511987654321", (), "+551187654321"),
        ({"From": "whatsapp:+5215512345678"}, "+525512345678", (), "+5215512345678"),
        ({"From": "whatsapp:+5491123456789"}, "+541123456789", (), "+5491123456789"),
    ],
)
def test_who_writes(fields: dict[str, str], key: str, also: tuple[str, ...], display: str) -> None:
    """pitfalls.md 36, 37: one form to compare by, the provider's own to reply to; people without a number."""
    sender = read(Body="hi", **fields).sender
    assert (sender.key, sender.also, sender.display) == (key, also, display)


def test_files_are_named_and_left_at_twilio() -> None:
    media = "https://api.twilio.com/2010-04-01/Accounts/ACbb/Messages/MM1/Media/ME1"
    found = read(
        NumMedia="2", MediaUrl0=media, MediaContentType0="image/jpeg", MediaUrl1=media + "2",
        MediaContentType1="audio/ogg; codecs=opus", MediaUrl2=media + "3",
    )  # fmt: skip
    assert [(each.name, each.type, each.ref) for each in found.media] == [
        ("image-1.jpg", "image/jpeg", media), ("audio-2.ogg", "audio/ogg", media + "2"),
    ]  # fmt: skip
    assert found.text == ""


@pytest.mark.parametrize("count", ["x", "", "-1", "²", "99999999999"])
def test_a_strange_number_of_files_breaks_nothing(count: str) -> None:
    assert read(NumMedia=count, Body="hi").text == "hi"


def test_a_place_is_said_in_words() -> None:
    place = {"Latitude": "40.4168", "Longitude": "-3.7038", "MessageType": "location"}
    found = read(**place, Label="Puerta del Sol", Address="28013 Madrid")
    assert found.text == "Location: Puerta del Sol, 28013 Madrid (40.4168, -3.7038)"
    assert read(**place).text == "Location: 40.4168, -3.7038"
    assert found.meta == {"latitude": "40.4168", "longitude": "-3.7038"}


@pytest.mark.parametrize(
    "fields, text",
    [
        ({"MessageType": "order"}, "(order: a message of a kind that cannot be shown)"),
        ({"MessageType": "text", "Body": " "}, "(an empty message)"),
        ({}, "(an empty message)"),
    ],
)
def test_nobodys_message_vanishes(fields: dict[str, str], text: str) -> None:
    assert read(**fields).text == text


def test_an_advertisement_and_a_forward_stay_with_the_message() -> None:
    found = read(
        Body="Is it in stock?", ReferralHeadline="Lamps", ReferralSourceUrl="https://fb.me/x", ReferralCtwaClid="c1",
        Forwarded="true", FrequentlyForwarded="false", ProfileUsername="ana.lamps",
    )  # fmt: skip
    assert found.meta == {
        "referral_headline": "Lamps", "referral_source_url": "https://fb.me/x", "referral_ctwa_clid": "c1",
        "forwarded": "true", "username": "ana.lamps",
    }  # fmt: skip


def test_a_nul_is_no_part_of_a_text() -> None:
    assert read(Body="a\x00b", ProfileName="An\x00a").text == "ab"
    assert read(Body="x", ProfileName="An\x00a").sender.profile_name == "Ana"


def test_a_message_that_was_fetched_later_has_its_own_time() -> None:
    assert read(Body="hi", DateSent="Fri, 20 Nov 2026 16:00:00 +0000").at == NOW - timedelta(hours=2)
    assert read(Body="hi", DateSent="yesterday").at == NOW


@pytest.mark.parametrize(
    "fields",
    [{"From": ""}, {"From": "messenger:123"}, {"From": "whatsapp:"}, {"From": "whatsapp:me"}, {"MessageSid": ""}],
)
def test_what_names_nobody_cannot_be_read(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        read(**{"Body": "hi", **fields})


@pytest.mark.parametrize(
    "text, channel, expected",
    [
        ("STOP", "sms", Wish("stop", is_answered=True)),
        (" stop. ", "whatsapp", Wish("stop")),
        ("Unsubscribe", "whatsapp", Wish("stop")),
        ("cancel", "sms", Wish("stop", is_answered=True)),
        ("cancel", "whatsapp", None),
        ("cancel my order", "sms", None),
        ("Please stop", "sms", None),
        ("don't stop", "whatsapp", None),
        ("opt out", "sms", Wish("stop", language="en")),
        ("baja", "sms", Wish("stop", language="es")),
        ("Darme de baja", "whatsapp", Wish("stop", language="es")),
        ("ARRÊT", "whatsapp", Wish("stop", language="fr")),
        ("arrêter", "sms", Wish("stop", language="fr")),
        ("Abmelden", "whatsapp", Wish("stop", language="de")),
        ("STOPP", "sms", Wish("stop", language="de")),
        ("sair", "whatsapp", Wish("stop", language="pt")),
        ("PARAR", "whatsapp", Wish("stop")),
        ("band karo", "whatsapp", Wish("stop", language="hi")),
        ("बंद करो", "whatsapp", Wish("stop", language="hi")),
        ("START", "whatsapp", Wish("start")),
        ("unstop", "sms", Wish("start", is_answered=True)),
        ("yes", "sms", None),
        ("HELP", "sms", Wish("help", is_answered=True)),
        ("help", "whatsapp", None),
        ("help me with my order", "sms", None),
    ],
)
def test_words_for_the_line(text: str, channel: str, expected: Wish | None) -> None:
    sender = {"From": "+15550100"} if channel == "sms" else {}
    assert read(Body=text, **sender).wish == expected


def test_what_twilio_has_answered_is_answered() -> None:
    assert read(Body="no mas", OptOutType="STOP").wish == Wish("stop", is_answered=True)
    assert read(Body="INFO", OptOutType="HELP").wish == Wish("help", is_answered=True)


# Status


@pytest.mark.parametrize(
    "said, expected",
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("undelivered", "failed"), ("failed", "failed")],
)
def test_a_status_is_a_receipt(said: str, expected: str) -> None:
    found = parse(
        RawCall("status", {}, urlencode({"MessageSid": "SM9", "MessageStatus": said, "From": SMS}).encode(), NOW),
        Codes(),
    )
    assert [(each.channel, each.provider_id, each.status) for each in found.receipts] == [("sms", "SM9", expected)]


@pytest.mark.parametrize("said", ["queued", "accepted", "sending", "scheduled"])
def test_on_its_way_tells_nothing(said: str) -> None:
    found = parse(RawCall("status", {}, f"MessageSid=SM9&MessageStatus={said}&From=%2B1".encode(), NOW), Codes())
    assert found.receipts == ()


def test_a_failure_says_why() -> None:
    body = urlencode(
        {
            "MessageSid": "SM9",
            "MessageStatus": "undelivered",
            "ErrorCode": "63024",
            "From": WHATSAPP,
            "To": "whatsapp:+1",
        }
    )
    receipt = parse(RawCall("status", {}, body.encode(), NOW), Codes()).receipts[0]
    assert (receipt.code, receipt.error) == ("63024", "this recipient is not on WhatsApp (Twilio 63024)")


def test_a_stop_that_twilio_tells_is_kept() -> None:
    body = urlencode(
        {"MessageSid": "SM9", "MessageStatus": "failed", "ErrorCode": "21610", "From": SMS, "To": "+15550100"}
    )
    found = parse(RawCall("status", {}, body.encode(), NOW), Codes())
    assert [(each.channel, each.sender.key, each.is_out) for each in found.opt_outs] == [("sms", "+15550100", True)]


@pytest.mark.parametrize("body", [b"", b"MessageStatus=sent&From=%2B1", b"MessageSid=SM1&From=%2B1", b"\xff"])
def test_a_status_of_nothing_cannot_be_read(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse(RawCall("status", {}, body, NOW), Codes())
