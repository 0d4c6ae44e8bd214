"""The stand-in of Twilio against Twilio's own documentation: what it takes, what it refuses and with which code.

Its calls are written out here, as the reference shows them; our sender has no part in it.
"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from channels.twilio.signing import is_signed
from server.demo.parties.twilio import TwilioServer
from tests.support.databases import NOW
from tests.support.servers import serve

SID, TOKEN = "AC" + "1" * 32, "secret"
ANA, SHOP = "whatsapp:+15550100", "whatsapp:+15550199"
QUICK = {"body": "Which?", "actions": [{"type": "QUICK_REPLY", "title": "Track order", "id": "track:1001"}]}


class Api:
    """The stand-in, and a caller that knows nothing but HTTP."""

    def __init__(self, server: TwilioServer, client: httpx2.AsyncClient) -> None:
        self.server, self.client = server, client

    async def create(self, **fields: str) -> httpx2.Response:
        """POST a message; From and To are WhatsApp's unless said otherwise."""
        form = {"To": ANA, "From": SHOP, "Body": "hi"} | fields
        return await self.client.post(
            f"/2010-04-01/Accounts/{SID}/Messages.json", data={k: v for k, v in form.items() if v}
        )

    async def content(self, types: Mapping[str, Any]) -> httpx2.Response:
        """POST a content."""
        return await self.client.post(
            "/v1/Content", json={"language": "en", "types": types, "friendly_name": "x", "variables": {}}
        )


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    server = TwilioServer(SID, TOKEN, [SHOP, "+15550198"], now=lambda: NOW, templates={"HX1": "Order: {{1}}"})
    async with serve(server.app) as url, httpx2.AsyncClient(base_url=url, auth=(SID, TOKEN)) as client:
        server.write(ANA, SHOP, "hello")
        yield Api(server, client)


def code(answer: httpx2.Response) -> tuple[int, int]:
    """(HTTP status, Twilio's code)."""
    return answer.status_code, int(answer.json().get("code", 0))


def test_it_signs_as_twilio_does() -> None:
    """The sheet's vector: `https://h/p?x=1A1B2E` and the fields sorted by name."""
    server = TwilioServer(SID, TOKEN, [], now=lambda: NOW)
    body, headers = server.signed("https://h/p?x=1", {"B": "2", "A": "1", "E": ""})
    assert body == b"B=2&A=1&E="
    assert is_signed([TOKEN], "https://h/p?x=1", {"A": ["1"], "B": ["2"], "E": [""]}, headers["X-Twilio-Signature"])
    assert len(base64.b64decode(headers["X-Twilio-Signature"])) == 20


async def test_a_message_is_created_listed_and_fetched(api: Api) -> None:
    made = await api.create(StatusCallback="https://chat.example/webhooks/twilio/status")
    assert made.status_code == 201
    document = made.json()
    assert len(document["sid"]) == 34
    assert (document["status"], document["direction"], document["to"]) == ("queued", "outbound-api", ANA)
    path = f"/2010-04-01/Accounts/{SID}/Messages"
    listed = (await api.client.get(f"{path}.json", params={"To": ANA, "PageSize": "50"})).json()
    assert [each["sid"] for each in listed["messages"]] == [document["sid"]]
    assert (await api.client.get(f"{path}/{document['sid']}.json")).json()["body"] == "hi"
    assert (await api.client.get(f"{path}/SM0.json")).status_code == 404


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"Body": "x" * 1601}, 21617),
        ({"Body": ""}, 21619),
        ({"From": "whatsapp:+19"}, 21606),
        ({"To": "whatsapp:15550100"}, 21211),
        ({"To": "me"}, 21211),
        ({"To": "+15550100"}, 21910),
        ({"Bodyy": "hi"}, 20001),
        ({"Body": "", "ContentSid": "HX0"}, 21655),
        ({"Body": "", "ContentSid": "HX1", "ContentVariables": "{1: 2}"}, 21656),
        ({"Body": "", "ContentSid": "HX1", "ContentVariables": json.dumps({"1": "two\nlines"})}, 63028),
        ({"StatusCallback": "nowhere"}, 21609),
        ({"To": "whatsapp:+15550177"}, 63016),
    ],
)
async def test_what_twilio_refuses(api: Api, fields: dict[str, str], expected: int) -> None:
    assert code(await api.create(**fields)) == (400, expected)
    assert api.server.sent == []


async def test_after_a_day_only_a_template_goes(api: Api) -> None:
    api.server.now = lambda: NOW + timedelta(hours=24, minutes=1)
    assert code(await api.create()) == (400, 63016)
    quick = (await api.content({"twilio/quick-reply": QUICK})).json()["sid"]
    assert code(await api.create(Body="", ContentSid=quick)) == (400, 63016)
    assert (await api.create(Body="", ContentSid="HX1", ContentVariables=json.dumps({"1": "here"}))).status_code == 201
    assert api.server.sent[-1].body == "Order: here"


async def test_nobody_comes_in_without_the_token(api: Api) -> None:
    async with httpx2.AsyncClient(base_url=api.client.base_url, auth=(SID, "guessed")) as stranger:
        assert code(await stranger.get(f"/2010-04-01/Accounts/{SID}/Messages.json")) == (401, 20003)
    assert code(await api.client.get("/2010-04-01/Accounts/AC2/Messages.json")) == (404, 20404)


async def test_stop_holds_until_start(api: Api) -> None:
    sms = {"To": "+15550100", "From": "+15550198"}
    api.server.write("+15550100", "+15550198", "Stop ")
    assert code(await api.create(**sms)) == (400, 21610)
    api.server.write("+15550100", "+15550198", "START")
    assert (await api.create(**sms)).status_code == 201


@pytest.mark.parametrize(
    "types",
    [
        {"twilio/quick-reply": {**QUICK, "body": "x" * 1025}},
        {"twilio/quick-reply": {**QUICK, "actions": [{**QUICK["actions"][0], "title": "x" * 21}]}},  # type: ignore[dict-item]
        {"twilio/quick-reply": {**QUICK, "actions": [{"type": "QUICK_REPLY", "title": f"{n}", "id": f"{n}"} for n in range(4)]}},
        {"twilio/list-picker": {"body": "x", "items": [{"item": "a", "id": "a"}]}},
        {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": f"{n}", "id": f"{n}"} for n in range(11)]}},
        {"twilio/list-picker": {"body": "x", "button": "b", "items": [{"item": "x" * 25, "id": "a"}]}},
        {"twilio/unheard": {"body": "x"}},
        {},
    ],
)  # fmt: skip
async def test_contents_that_whatsapp_cannot_show(api: Api, types: dict[str, Any]) -> None:
    assert code(await api.content(types)) == (400, 20001)


async def test_a_content_is_json_and_a_mark_is_a_form(api: Api) -> None:
    assert (await api.client.post("/v1/Content", data={"types": "twilio/text"})).status_code == 415
    came = api.server.messages[0].sid
    typing = "/v2/Indicators/Typing.json"
    assert (await api.client.post(typing, json={"channel": "whatsapp", "messageId": came})).status_code == 415
    assert (await api.client.post(typing, data={"channel": "whatsapp", "messageId": "SM0"})).status_code == 404
    assert (await api.client.post(typing, data={"channel": "whatsapp", "messageId": came})).status_code == 200
    assert api.server.typing == [came]


async def test_media_stand_where_the_webhook_says(api: Api) -> None:
    base = str(api.client.base_url).rstrip("/")
    form = api.server.attach(ANA, SHOP, [("image/jpeg", b"a"), ("audio/ogg", b"b")], base, Body="look")
    assert (form["NumMedia"], form["MediaContentType1"], form["Body"]) == ("2", "audio/ogg", "look")
    assert (await api.client.get(form["MediaUrl1"])).content == b"b"
    path = f"/2010-04-01/Accounts/{SID}/Messages/{form['MessageSid']}/Media.json"
    assert [each["content_type"] for each in (await api.client.get(path)).json()["media_list"]] == [
        "image/jpeg",
        "audio/ogg",
    ]
    async with httpx2.AsyncClient() as stranger:
        assert (await stranger.get(form["MediaUrl0"])).status_code == 401
