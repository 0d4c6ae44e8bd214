"""The provider's side of a call against a shop that says what the sheet says: TwiML, relay frames, and what is a mistake of ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

from server.clock import HandClock
from server.demo.devices.account import Account
from server.demo.devices.cast import Part
from server.demo.devices.placing import Placing
from server.demo.devices.telephone import Telephone
from server.errors import RefusedInput
from tests.support.servers import serve

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ANA = Part("ana", "Ana Lopez", "+13035550101", "ana@example.com")
RELAY = (
    '<Response><Connect action="/webhooks/twilio/voice/after?call=1" method="POST"><ConversationRelay url="{url}" '
    'welcomeGreeting="Hello, this is a machine." welcomeGreetingInterruptible="none" interruptible="any" '
    'dtmfDetection="true" language="en-US"><Parameter name="session" value="tok&amp;en"/></ConversationRelay></Connect></Response>'
)


@dataclass
class Shop:
    """A shop's doors by the sheet: `pages` are TwiML by path, `speaks` is what it does on the relay. It keeps what it is told."""

    pages: dict[str, str] = field(default_factory=dict)
    speaks: Callable[[WebSocket, "Shop"], Any] | None = None
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    account: Account = field(default_factory=lambda: Account("http://nowhere"))

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                WebSocketRoute("/webhooks/twilio/relay", self.relay),
                Route("/{path:path}", self.page, methods=["POST"]),
            ]
        )

    async def page(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        url = f"{self.account.public_url}{request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
        if not RequestValidator(self.account.token).validate(url, form, request.headers.get("x-twilio-signature", "")):
            return PlainTextResponse("forged", 403)
        self.forms.append((request.url.path.rpartition("/")[2], form))
        page = self.pages.get(request.url.path.rpartition("/")[2], "<Response><Hangup/></Response>")
        return Response(page.replace("{url}", self.relay_url), media_type="text/xml")

    @property
    def relay_url(self) -> str:
        return f"ws{self.account.public_url.removeprefix('http')}/webhooks/twilio/relay"

    async def relay(self, socket: WebSocket) -> None:
        signature = socket.headers.get("x-twilio-signature", "")
        if signature != RequestValidator(self.account.token).compute_signature(self.relay_url, {}):
            await socket.close(1008)
            return
        await socket.accept()
        self.frames.append(await socket.receive_json())
        assert self.speaks is not None
        try:
            await self.speaks(socket, self)
        except WebSocketDisconnect:
            self.frames.append({"type": "closed"})

    def told(self, path: str) -> list[dict[str, str]]:
        """The forms that came to a webhook."""
        return [form for name, form in self.forms if name == path]


@asynccontextmanager
async def calling(shop: Shop, pace: float = 3000.0) -> AsyncIterator[Telephone]:
    """A telephone whose provider knows this shop."""
    async with serve(shop.app) as url, httpx2.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as group:
        shop.account = Account(url)
        telephone = Telephone(shop.account, HandClock(NOW), client, lambda: None, group, pace, (ANA,))
        yield telephone
        await telephone.close()


async def until(holds: Callable[[], Any]) -> None:
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


def lines(telephone: Telephone) -> list[tuple[str, str]]:
    shown = telephone.shown(ANA)
    return [(each["who"], each["text"]) for each in shown["transcript"]] if shown else []


def state(telephone: Telephone) -> str:
    shown = telephone.shown(ANA)
    return shown["state"] if shown else ""


async def echo(socket: WebSocket, shop: Shop) -> None:
    """Answers each prompt word by word."""
    while True:
        frame = await socket.receive_json()
        shop.frames.append(frame)
        if frame["type"] == "prompt":
            for token, is_last in (("You said ", False), (frame["voicePrompt"], False), (".", True)):
                await socket.send_json({"type": "text", "token": token, "last": is_last})


async def test_a_call_goes_over_the_relay_with_its_greeting_token_and_words() -> None:
    shop = Shop({"voice": RELAY}, echo)
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: shop.frames)
        setup = shop.frames[0]
        first = shop.told("voice")[0]
        assert (setup["type"], setup["callSid"], setup["customParameters"]) == (
            "setup",
            first["CallSid"],
            {"session": "tok&en"},
        )
        assert (first["From"], first["CallStatus"], first["Direction"]) == (ANA.phone, "ringing", "inbound")
        telephone.say(ANA, "where is   my order?")
        await until(lambda: ("shop", "You said where is my order?.") in lines(telephone))
        telephone.press(ANA, "1")
        await until(lambda: {"type": "dtmf", "digit": "1"} in shop.frames)
        await telephone.hang_up(ANA)
        after = shop.told("after")[0]
        assert (after["CallStatus"], after["SessionStatus"], "HandoffData" in after) == (
            "completed",
            "completed",
            False,
        )
        assert lines(telephone)[0] == ("shop", "Hello, this is a machine.")
        assert telephone.faults == []


async def long_speech(socket: WebSocket, shop: Shop) -> None:
    await socket.send_json({"type": "text", "token": "word " * 400, "last": True})
    await echo(socket, shop)


async def test_who_breaks_in_is_told_of_with_what_was_heard_and_the_rest_is_not_heard() -> None:
    shop = Shop({"voice": RELAY.replace('welcomeGreeting="Hello, this is a machine." ', "")}, long_speech)
    async with calling(shop, pace=500.0) as telephone:
        telephone.dial(ANA)
        await until(lambda: state(telephone) == "talking" and lines(telephone))
        await asyncio.sleep(0.2)
        telephone.speaks(ANA)
        await until(lambda: any(frame["type"] == "interrupt" for frame in shop.frames))
        interrupt = next(frame for frame in shop.frames if frame["type"] == "interrupt")
        heard = interrupt["utteranceUntilInterrupt"]
        assert 20 < len(heard) < 1000
        assert ("word " * 400).startswith(heard)
        assert interrupt["durationUntilInterruptMs"] >= 150
        shown = telephone.shown(ANA)
        assert shown is not None
        assert (shown["transcript"][0]["spoken"], shown["transcript"][0]["cut"]) == (len(heard), True)
        telephone.speaks(ANA)
        telephone.say(ANA, "stop")
        await until(lambda: any(frame["type"] == "prompt" for frame in shop.frames))
        assert sum(frame["type"] == "interrupt" for frame in shop.frames) == 1


async def test_a_greeting_that_may_not_be_cut_is_heard_whole_before_the_words_go_on() -> None:
    shop = Shop({"voice": RELAY}, echo)
    async with calling(shop, pace=60.0) as telephone:
        telephone.dial(ANA)
        await until(lambda: len(shop.frames) == 1)
        telephone.say(ANA, "hello")
        await until(lambda: len(shop.frames) == 2)
        assert [frame["type"] for frame in shop.frames] == ["setup", "prompt"]


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        json.dumps({"message": "Internal server error"}),
        json.dumps({"type": "text", "last": True}),
        json.dumps({"type": "end", "handoffData": {"reasonCode": "live-agent"}}),
    ],
)
async def test_a_frame_that_the_provider_does_not_know_is_a_mistake_and_the_session_goes_on(frame: str) -> None:
    async def speaks(socket: WebSocket, shop: Shop) -> None:
        await socket.send_text(frame)
        await echo(socket, shop)

    shop = Shop({"voice": RELAY}, speaks)
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: telephone.faults)
        assert telephone.faults[0].startswith("64107")
        telephone.say(ANA, "still there?")
        await until(lambda: ("shop", "You said still there?.") in lines(telephone))


async def test_the_end_of_a_session_carries_its_data_to_the_action() -> None:
    async def speaks(socket: WebSocket, shop: Shop) -> None:
        await socket.send_json({"type": "end", "handoffData": '{"reasonCode":"live-agent"}'})

    shop = Shop({"voice": RELAY, "after": "<Response><Say>Bye.</Say><Hangup/></Response>"}, speaks)
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: state(telephone) == "ended")
        after = shop.told("after")[0]
        assert (after["HandoffData"], after["SessionStatus"], after["CallStatus"]) == (
            '{"reasonCode":"live-agent"}', "ended", "in-progress",
        )  # fmt: skip
        assert ("shop", "Bye.") in lines(telephone)


async def test_a_socket_that_dies_is_told_to_the_action_as_an_error() -> None:
    async def speaks(socket: WebSocket, shop: Shop) -> None:
        await socket.close(1011)

    shop = Shop({"voice": RELAY}, speaks)
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: shop.told("after"))
        assert shop.told("after")[0]["ErrorCode"] == "64105"


GATHER = (
    '<Response><Gather input="speech dtmf" action="gather?turn=1" timeout="1" finishOnKey="#"><Say>Your number?</Say></Gather>'
    "<Redirect>voice?again=1</Redirect></Response>"
)


@pytest.mark.parametrize(
    ("gives", "wanted"),
    [
        (lambda telephone: telephone.say(ANA, "ten forty two"), {"SpeechResult": "ten forty two"}),
        (lambda telephone: [telephone.press(ANA, key) for key in "1042#"], {"Digits": "1042"}),
    ],
)
async def test_a_question_takes_words_and_keys(gives: Callable[[Telephone], Any], wanted: dict[str, str]) -> None:
    shop = Shop({"voice": GATHER})
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: lines(telephone))
        gives(telephone)
        await until(lambda: shop.told("gather"))
        assert wanted.items() <= shop.told("gather")[0].items()


async def test_a_question_that_nobody_answers_falls_through_to_the_next_verb() -> None:
    shop = Shop({"voice": GATHER.replace('timeout="1"', 'timeout="0.05"')})
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: len(shop.told("voice")) > 1)
        assert shop.told("gather") == []


TRANSFER = (
    '<Response><Dial action="dial" timeout="5"><Number url="whisper?c=1" statusCallback="leg" '
    'statusCallbackEvent="ringing completed">+12015550105</Number></Dial></Response>'
)
WHISPER = (
    '<Response><Gather numDigits="1" action="accept"><Say>Ana, order 1042. Press 1.</Say></Gather><Hangup/></Response>'
)


async def test_a_colleague_hears_the_whisper_accepts_and_is_bridged() -> None:
    shop = Shop({"voice": TRANSFER, "whisper": WHISPER, "accept": "<Response><Say>She is upset.</Say></Response>"})
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: (telephone.shown(ANA) or {}).get("transfer"))
        telephone.colleague(ANA, takes=True)
        await until(lambda: ((telephone.shown(ANA) or {}).get("transfer") or {}).get("needs_key"))
        shown = telephone.shown(ANA)
        assert shown is not None
        assert shown["transfer"]["whisper"] == "Ana, order 1042. Press 1."
        telephone.colleague(ANA, takes=True)
        await until(lambda: ((telephone.shown(ANA) or {}).get("transfer") or {}).get("bridged"))
        assert ((telephone.shown(ANA) or {})["transfer"] or {})["whisper"] == "She is upset."
        telephone.colleague(ANA, takes=False)
        await until(lambda: shop.told("dial"))
        assert [form["CallStatus"] for form in shop.told("leg")] == ["ringing", "completed"]
        assert (shop.told("dial")[0]["DialCallStatus"], shop.told("dial")[0]["DialBridged"]) == ("completed", "true")
        assert shop.told("accept")[0]["Digits"] == "1"


async def test_a_colleague_who_presses_nothing_is_not_bridged() -> None:
    shop = Shop({"voice": TRANSFER, "whisper": WHISPER})
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: (telephone.shown(ANA) or {}).get("transfer"))
        telephone.colleague(ANA, takes=True)
        await until(lambda: ((telephone.shown(ANA) or {}).get("transfer") or {}).get("needs_key"))
        telephone.colleague(ANA, takes=False)
        await until(lambda: shop.told("dial"))
        assert shop.told("dial")[0]["DialBridged"] == "false"


@pytest.mark.parametrize(
    ("page", "code"),
    [("<Response><Say>", "12100"), ("<html/>", "12100"), ("<Response><Pay/></Response>", "12200")],
)
async def test_what_is_no_twiml_is_a_mistake_of_the_shop(page: str, code: str) -> None:
    shop = Shop({"voice": page})
    async with calling(shop) as telephone:
        telephone.dial(ANA)
        await until(lambda: state(telephone) == "ended")
        assert telephone.faults[0].startswith(code)


async def test_one_call_at_a_time_and_nothing_is_said_without_one() -> None:
    shop = Shop({"voice": GATHER})
    async with calling(shop) as telephone:
        with pytest.raises(RefusedInput):
            telephone.say(ANA, "hello")
        with pytest.raises(RefusedInput):
            telephone.press(ANA, "1")
        with pytest.raises(RefusedInput):
            telephone.colleague(ANA, takes=True)
        telephone.dial(ANA)
        with pytest.raises(RefusedInput):
            telephone.dial(ANA)


@asynccontextmanager
async def placing(shop: Shop) -> AsyncIterator[tuple[Telephone, httpx2.AsyncClient]]:
    """The provider's API for calls over Ana's telephone, with the account's own credentials."""
    async with calling(shop) as telephone:
        account = shop.account
        app = Starlette(routes=Placing(account, HandClock(NOW), telephone).routes())
        base = f"http://api.test/2010-04-01/Accounts/{account.sid}"
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url=base, auth=(account.sid, account.token)
        ) as api:
            yield telephone, api


def wanted(shop: Shop, **fields: str) -> dict[str, Any]:
    url = shop.account.public_url
    form = {"To": ANA.phone, "From": shop.account.voice, "Url": f"{url}/voice", "StatusCallback": f"{url}/status"}
    return {**form, "StatusCallbackEvent": ["ringing", "answered", "completed"], **fields}


async def test_a_call_of_the_shop_rings_and_goes_as_its_url_says_once_it_is_answered() -> None:
    shop = Shop({"voice": "<Response><Say>It is us.</Say></Response>"})
    async with placing(shop) as (telephone, api):
        placed = await api.post("/Calls.json", data=wanted(shop))
        assert (placed.status_code, placed.json()["status"]) == (201, "queued")
        await until(lambda: state(telephone) == "ringing" and shop.told("status"))
        telephone.answer(ANA)
        await until(lambda: len(shop.told("status")) == 3)
        assert [form["CallStatus"] for form in shop.told("status")] == ["ringing", "in-progress", "completed"]
        assert (shop.told("voice")[0]["To"], shop.told("voice")[0]["Direction"]) == (ANA.phone, "outbound-api")
        assert ("shop", "It is us.") in lines(telephone)
        listed = (await api.get("/Calls.json", params={"To": ANA.phone})).json()["calls"]
        assert [(each["sid"], each["status"]) for each in listed] == [(placed.json()["sid"], "completed")]


async def test_a_call_that_nobody_answers_is_told_as_such() -> None:
    shop = Shop()
    async with placing(shop) as (telephone, api):
        await api.post("/Calls.json", data=wanted(shop, Timeout="0.05"))
        await until(lambda: len(shop.told("status")) == 2)
        assert (shop.told("status")[1]["CallStatus"], shop.told("voice")) == ("no-answer", [])
        with pytest.raises(RefusedInput):
            telephone.answer(ANA)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"To": "0301234"}, 21211), ({"From": "+15550000"}, 21210), ({"Url": ""}, 21205), ({"Twiml2": "x"}, 20001)],
)
async def test_the_provider_refuses_a_call_that_makes_no_sense(fields: dict[str, str], code: int) -> None:
    shop = Shop()
    async with placing(shop) as (_, api):
        refused = await api.post("/Calls.json", data=wanted(shop, **fields))
        assert (refused.status_code, refused.json()["code"]) == (400, code)
        assert (await api.post("/Calls.json", data=wanted(shop), auth=("AC", "guess"))).status_code == 401
