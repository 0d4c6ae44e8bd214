"""Sending by Twilio against its stand-in: what stands on the wire, what every failure means, what is fetched and from where."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from channels.errors import ChannelError, NotNow, OptedOut, OutcomeUnknown, Refused, WindowShut
from channels.message import Address, Choice, Media, Outbound, RawCall
from channels.twilio.codes import Codes, read_codes
from channels.twilio.content import types_of
from channels.twilio.provider import Twilio
from server.clock import HandClock
from tests.support.databases import NOW
from tests.support.servers import serve
from tests.support.twilio import ACCOUNT, ANA, ANA_SMS, PUBLIC, REPLY, SMS, TOKEN, WHATSAPP, TwilioStandIn, twilio

STATUS = f"{PUBLIC}/webhooks/twilio/status"


class Line:
    """A sender and the account that it talks to."""

    def __init__(self, stand_in: TwilioStandIn, clock: HandClock, provider: Twilio) -> None:
        self.twilio, self.clock, self.provider = stand_in, clock, provider

    def message(self, text: str = "It is on its way.", channel: str = "whatsapp", **values: Any) -> Outbound:
        """A message of ours."""
        number = "+14025550100"
        to = values.pop("to", Address("whatsapp" if channel == "whatsapp" else "sms", number, "channel", number))
        return Outbound("c1:2", channel, to, text, **values)


async def a_provider(stand_in: TwilioStandIn, clock: HandClock, **values: Any) -> Twilio:
    def make() -> Twilio:
        return Twilio(
            ACCOUNT, (TOKEN,), {"whatsapp": "+15550199", "sms": SMS},
            **{"now": clock.now, "api_url": stand_in.base, "status_url": STATUS, "templates": {"reply": REPLY}, **values},
        )  # fmt: skip

    return await asyncio.to_thread(make)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    clock = HandClock(NOW)
    async with twilio(clock.now, is_strict=False) as stand_in:
        stand_in.write(ANA, WHATSAPP, "hello")
        provider = await a_provider(stand_in, clock, deadline_s=0.5)
        try:
            yield Line(stand_in, clock, provider)
        finally:
            await provider.close()


async def test_a_text_stands_on_the_wire_as_twilio_wants_it(line: Line) -> None:
    sid = await line.provider.send(line.message())
    sent = line.twilio.last()
    assert (sent.sid, sent.to, sent.sender, sent.body) == (sid, ANA, WHATSAPP, "It is on its way.")
    assert sent.fields["StatusCallback"] == STATUS
    await line.provider.send(line.message(channel="sms"))
    assert (line.twilio.last().to, line.twilio.last().sender) == (ANA_SMS, SMS)


@pytest.mark.parametrize("name", ["+15550199", "whatsapp:+15550199"])
async def test_the_whatsapp_number_may_be_named_with_its_prefix_or_not(line: Line, name: str) -> None:
    provider = await a_provider(line.twilio, line.clock)
    provider.senders["whatsapp"] = name
    await provider.send(line.message())
    await provider.close()
    assert line.twilio.last().sender == WHATSAPP


async def test_replies_go_to_the_form_that_the_provider_said(line: Line) -> None:
    """pitfalls.md 36, 37: the original form, a user id too."""
    for said in ("+551187654321", "US.13491208655302741918"):
        line.twilio.write(f"whatsapp:{said}", WHATSAPP, "oi")
        await line.provider.send(line.message(to=Address("whatsapp", "+5511987654321", "channel", said)))
        assert line.twilio.last().to == f"whatsapp:{said}"


CHOICES = (Choice("#20007 · Desk lamp", "order:20007"), Choice("#20006 · Jacket", "order:20006"))


async def test_up_to_three_choices_are_buttons(line: Line) -> None:
    await line.provider.send(line.message("Which order?", choices=CHOICES))
    sent = line.twilio.last()
    assert sent.choices == [(each.label, each.value) for each in CHOICES]
    assert (sent.body, "Body" in sent.fields) == ("Which order?", False)


async def test_more_choices_are_a_list_and_long_ones_stand_below(line: Line) -> None:
    choices = tuple(Choice(f"#2000{n} · A lamp for the desk, blue", f"order:{n}") for n in range(10))
    await line.provider.send(line.message("Which order?", choices=choices, language="es"))
    content = line.twilio.last().content
    assert content is not None
    listed = content["types"]["twilio/list-picker"]
    assert listed["button"] == "Elegir"
    assert listed["items"][3] == {
        "item": "#20003 · A lamp for the…", "id": "order:3", "description": "#20003 · A lamp for the desk, blue",
    }  # fmt: skip


async def test_the_same_content_is_made_once(line: Line) -> None:
    for _ in range(3):
        await line.provider.send(line.message("Which order?", choices=CHOICES))
    assert line.twilio.calls.count("content") == 1


async def test_what_cannot_be_shown_is_said(line: Line) -> None:
    line.twilio.moods["content"] = ["broken", "html", "hang"]
    for _ in range(3):
        await line.provider.send(line.message("Which order?", choices=CHOICES))
        assert line.twilio.last().body == "Which order?\n1. #20007 · Desk lamp\n2. #20006 · Jacket"


async def test_content_that_somebody_deleted_is_said_and_made_anew(line: Line) -> None:
    message = line.message("Which order?", choices=CHOICES)
    await line.provider.send(message)
    line.twilio.contents.clear()
    await line.provider.send(message)
    assert line.twilio.last().body == "Which order?\n1. #20007 · Desk lamp\n2. #20006 · Jacket"
    await line.provider.send(message)
    assert line.twilio.last().choices == [(each.label, each.value) for each in CHOICES]


@pytest.mark.parametrize(
    "choices",
    [
        (),
        tuple(Choice(f"{n}", f"{n}") for n in range(11)),
        (Choice("same", "a"), Choice("same", "b")),
        (Choice("a", "same"), Choice("b", "same")),
        (Choice("x" * 73, "a"),),
        (Choice("a", "x" * 201),),
        (Choice(" ", "a"),),
    ],
)
def test_choices_that_whatsapp_cannot_show(choices: tuple[Choice, ...]) -> None:
    assert types_of("Which?", choices, "en") is None


def test_a_long_text_carries_no_choices() -> None:
    assert types_of("x" * 1025, CHOICES, "en") is None
    assert types_of("x" * 1024, CHOICES, "en") is not None


# The window


async def test_after_the_window_a_template_carries_the_words(line: Line) -> None:
    line.clock.advance(timedelta(hours=25))
    await line.provider.send(line.message("It is here.\n\nEnjoy!", template="reply"))
    sent = line.twilio.last()
    assert (sent.fields["ContentSid"], json.loads(sent.fields["ContentVariables"])) == (
        REPLY,
        {"1": "It is here. Enjoy!"},
    )
    assert sent.body == "About your order: It is here. Enjoy!"


async def test_a_text_after_the_window_is_a_shut_window(line: Line) -> None:
    line.clock.advance(timedelta(hours=25))
    with pytest.raises(WindowShut, match="63016"):
        await line.provider.send(line.message())


@pytest.mark.parametrize("values", [{"template": "other"}, {"template": "reply", "text": "x" * 901}])
async def test_no_template_fits(line: Line, values: dict[str, str]) -> None:
    with pytest.raises(WindowShut):
        await line.provider.send(line.message(**{"text": "hi", **values}))
    assert line.twilio.sent == []


async def test_a_template_in_the_customers_language_comes_first(line: Line) -> None:
    line.twilio.contents["HXes"] = {"types": {"twilio/text": {"body": "Su pedido: {{1}}"}}, "approved": True}
    provider = await a_provider(line.twilio, line.clock, templates={"reply": REPLY, "reply.es": "HXes"})
    await provider.send(line.message("Ya llegó.", template="reply", language="es"))
    await provider.close()
    assert line.twilio.last().body == "Su pedido: Ya llegó."


# Failures


@pytest.mark.parametrize(
    "mood, error, is_sent",
    [
        ("busy", NotNow, False),
        ("broken", OutcomeUnknown, False),
        ("unable", OutcomeUnknown, False),
        ("forbid", NotNow, False),
        ("html", OutcomeUnknown, False),
        ("hang", OutcomeUnknown, False),
        ("drop", OutcomeUnknown, False),
        ("take_and_hang", OutcomeUnknown, True),
        ("take_and_drop", OutcomeUnknown, True),
        ("take_and_break", OutcomeUnknown, True),
    ],
)
async def test_every_failure_says_what_may_be_done(
    line: Line, mood: Any, error: type[ChannelError], is_sent: bool
) -> None:
    """pitfalls.md 96: a hung Twilio ends within our deadline. What was perhaps sent is asked about."""
    line.twilio.moods["create"] = [mood]
    with pytest.raises(error) as raised:
        async with asyncio.timeout(5):
            await line.provider.send(line.message())
    assert "14025550100" not in str(raised.value)
    assert (await line.provider.find(line.message()) is not None) is is_sent


async def test_twilio_says_when_to_come_back(line: Line) -> None:
    line.twilio.moods["create"] = ["busy"]
    with pytest.raises(NotNow) as raised:
        await line.provider.send(line.message())
    assert raised.value.retry_after_s == 30


async def test_nobody_listens() -> None:
    clock = HandClock(NOW)
    async with twilio(clock.now) as stand_in:
        gone = stand_in.base
    stand_in.base = re.sub(r":\d+$", ":9", gone)
    provider = await a_provider(stand_in, clock)
    message = Outbound("k", "sms", Address("sms", "+1402555010", "channel"), "hi")
    with pytest.raises(NotNow):
        await provider.send(message)
    with pytest.raises(NotNow):
        await provider.find(message)
    await provider.close()


async def test_a_customer_who_opted_out_is_told_apart(line: Line) -> None:
    line.twilio.write(ANA_SMS, SMS, "STOP")
    with pytest.raises(OptedOut, match="21610"):
        await line.provider.send(line.message(channel="sms"))


@pytest.mark.parametrize("code", [21211, 21408, 63003, 63021, 63024, 63049, 30006, 99999])
def test_what_twilio_refuses_is_refused(code: int) -> None:
    error = Codes().error(code)
    assert (type(error), error.permanent) == (Refused, True)


@pytest.mark.parametrize("code", [20429, 63018, 63012, 30001, 30008])
def test_what_passes_is_tried_again(code: int) -> None:
    assert isinstance(Codes().error(code), NotNow)


def test_an_operator_overrules_the_table() -> None:
    codes = read_codes(["63024=again", "70000=window"])
    assert isinstance(codes.error(63024), NotNow)
    assert isinstance(codes.error(70000), WindowShut)
    for wrong in ("63024", "x=again", "63024=perhaps", "=again"):
        with pytest.raises(ValueError, match="CODE"):
            read_codes([wrong])


async def test_a_message_too_long_is_not_sent(line: Line) -> None:
    with pytest.raises(Refused):
        await line.provider.send(line.message("x" * 1601))
    await line.provider.send(line.message("x" * 1600))
    assert len(line.twilio.sent) == 1


# Finding again


async def test_what_was_sent_is_found_by_words_recipient_and_time(line: Line) -> None:
    message = line.message("“It’s here” – enjoy")
    assert await line.provider.find(message) is None
    sid = await line.provider.send(message)
    assert await line.provider.find(message) == sid
    assert await line.provider.find(line.message("Something else")) is None
    assert (
        await line.provider.find(line.message("“It’s here” – enjoy", chain=(sid,))) is None
    )  # another message of that thread
    line.clock.advance(timedelta(hours=3))
    assert await line.provider.find(message) is None


async def test_what_a_customer_wrote_is_not_ours(line: Line) -> None:
    line.twilio.write(ANA, WHATSAPP, "It is on its way.")
    assert await line.provider.find(line.message()) is None


@pytest.mark.parametrize("mood", ["busy", "broken", "html", "hang", "drop"])
async def test_who_cannot_be_asked_is_asked_again(line: Line, mood: Any) -> None:
    line.twilio.moods["list"] = [mood]
    with pytest.raises(NotNow):
        async with asyncio.timeout(5):
            await line.provider.find(line.message())


# Typing


async def test_the_message_is_marked_read_while_an_answer_is_written(line: Line) -> None:
    came = line.twilio.messages[0].sid
    await line.provider.notice("whatsapp", came)
    await line.provider.notice("sms", came)
    await line.provider.notice("whatsapp", "")
    assert line.twilio.typing == [came]


@pytest.mark.parametrize("mood", ["busy", "broken", "html", "hang", "drop"])
async def test_a_mark_that_fails_disturbs_nothing(line: Line, mood: Any) -> None:
    line.twilio.moods["typing"] = [mood]
    async with asyncio.timeout(5):
        await line.provider.notice("whatsapp", line.twilio.messages[0].sid)


# Files


def picture(line: Line, body: bytes = b"picture") -> tuple[str, Mapping[str, str]]:
    """(where Twilio holds it, the form that says so)."""
    form = line.twilio.attach(ANA, WHATSAPP, [("image/jpeg", body)], line.twilio.base)
    return form["MediaUrl0"], form


async def fetched(line: Line, url: str) -> bytes:
    return await line.provider.fetch(Media("x", "image/jpeg", url))


async def test_a_file_is_fetched_with_our_credentials(line: Line) -> None:
    url, _ = picture(line)
    assert await fetched(line, url) == b"picture"
    assert await fetched(line, url.replace(line.twilio.base, "https://api.twilio.com")) == b"picture"


async def test_credentials_are_not_sent_along_a_redirect(line: Line) -> None:
    asked: list[str | None] = []

    async def cdn(request: Request) -> Response:
        asked.append(request.headers.get("Authorization"))
        return Response(b"from the edge")

    async with serve(Starlette(routes=[Route("/f", cdn)])) as edge:
        url, _ = picture(line)
        line.twilio.elsewhere[url.rpartition("/")[2]] = f"{edge}/f"
        assert await fetched(line, url) == b"from the edge"
    assert asked == [None]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/x",
        "https://evil.example/2010-04-01/x",
        "https://api.twilio.com.evil.example/x",
        "https://evil.example\\@api.twilio.com/x",
        "https://api.twilio.com@evil.example/x",
        "http://api.twilio.com/x",
        "file:///etc/passwd",
        "ftp://api.twilio.com/x",
        "",
        "//api.twilio.com/x",
        "https://[::1/x",
    ],
)
async def test_a_file_from_anywhere_else_is_refused(line: Line, url: str) -> None:
    """Sheet, "Media fetch": any other host in the form is an attempt to misuse us."""
    with pytest.raises(Refused):
        await fetched(line, url)
    real = await asyncio.to_thread(lambda: Twilio(ACCOUNT, (TOKEN,), {}, now=line.clock.now))
    with pytest.raises(Refused):
        await real.fetch(Media("x", "", url))
    await real.close()


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/",
        "https://10.0.0.1/x",
        "https://localhost/x",
        "https://db.internal/x",
        "gopher://x.example/",
    ],
)
async def test_a_redirect_leads_into_no_house(line: Line, to: str) -> None:
    url, _ = picture(line)
    line.twilio.elsewhere[url.rpartition("/")[2]] = to
    with pytest.raises(Refused):
        await fetched(line, url)


async def test_a_redirect_without_end_ends(line: Line) -> None:
    async def again(request: Request) -> Response:
        return RedirectResponse(str(request.url))

    async with serve(Starlette(routes=[Route("/f", again)])) as edge:
        url, _ = picture(line)
        line.twilio.elsewhere[url.rpartition("/")[2]] = f"{edge}/f"
        with pytest.raises(Refused, match="too often"):
            await fetched(line, url)


async def test_a_file_that_is_too_large_is_refused(line: Line) -> None:
    url, _ = picture(line, b"x" * (16 * 1_048_576 + 1))
    with pytest.raises(Refused, match="16 MiB"):
        await fetched(line, url)


@pytest.mark.parametrize("mood", ["busy", "broken", "drop"])
async def test_a_file_that_is_not_there_yet_is_asked_for_again(line: Line, mood: Any) -> None:
    url, _ = picture(line)
    with pytest.raises(NotNow):
        await fetched(line, url + "0")
    line.twilio.moods["media"] = [mood]
    with pytest.raises(NotNow):
        await fetched(line, url)
    assert await fetched(line, url) == b"picture"


# What was missed


async def test_what_came_meanwhile_is_read_page_by_page_as_webhooks_tell_it(line: Line) -> None:
    began = line.clock.now()
    line.clock.advance(timedelta(minutes=1))
    for number in range(150):
        line.twilio.write(ANA, WHATSAPP, f"message {number}")
    line.twilio.write(ANA_SMS, SMS, "on another channel")
    _, form = picture(line)
    await line.provider.send(line.message("ours"))
    line.clock.advance(timedelta(minutes=1))
    line.twilio.write(ANA, WHATSAPP, "too new")
    found = await line.provider.received_since("whatsapp", began + timedelta(seconds=1), line.clock.now())
    assert len({sid for sid, _ in found}) == 151
    newest = line.provider.parse(RawCall("messages", {}, found[0][1], line.clock.now())).messages[0]
    assert (newest.external_id, newest.sender.key) == (form["MessageSid"], "+14025550100")
    assert [(each.type, each.ref) for each in newest.media] == [("image/jpeg", form["MediaUrl0"])]
    assert newest.at == began + timedelta(minutes=1)


async def test_a_message_of_a_channel_that_is_not_connected_is_a_fault(line: Line) -> None:
    provider = await a_provider(line.twilio, line.clock)
    del provider.senders["sms"]
    provider.channels = {name: each for name, each in provider.channels.items() if name != "sms"}
    form = line.twilio.write(ANA_SMS, SMS, "hi")
    parsed = provider.parse(RawCall("messages", {}, urlencode(form).encode(), NOW))
    await provider.close()
    assert parsed.messages == ()
    assert parsed.faults == ("a message of sms, which is not connected: name its sender",)
