"""What Meta's calls say, read from documents as Meta shows them: every type, every id, and nothing lost to one bad item."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.message import Parsed, RawCall
from channels.meta.provider import ANY, Account, Meta
from channels.meta.sending import Graph

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
NUMBER, PAGE, ACCOUNT = "106540352242922", "204000000000001", "17841400000000001"
Json = dict[str, Any]
NOWHERE = Graph("http://127.0.0.1:9", "v26.0")
"""Parsing asks nobody; a client reads certificates when it is made, so there is one."""


def parse(document: Any, account: Account | None = None) -> Parsed:
    """A call as the provider reads it."""
    own = account or Account("token", NUMBER, PAGE, ACCOUNT)
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Meta(own, NOWHERE, lambda: AT).parse(RawCall("webhook", {}, body, AT))


def whatsapp(*messages: Any, contacts: Any = None, **parts: Any) -> Json:
    """A call about our number."""
    contact = {"profile": {"name": "Ana"}, "wa_id": "14025550100", "user_id": "US.13491208655302741918"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
        "contacts": [contact] if contacts is None else contacts,
        "messages": list(messages),
        **parts,
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "WABA", "changes": [change]}]}


def message(kind: str, content: Any, **parts: Any) -> Json:
    """A WhatsApp message."""
    return {"from": "14025550100", "id": "wamid.1", "timestamp": "1763661600", "type": kind, kind: content, **parts}


def one(kind: str, content: Any, **parts: Any) -> Any:
    """The single message of a call."""
    parsed = parse(whatsapp(message(kind, content, **parts)))
    assert parsed.faults == ()
    return parsed.messages[0]


def test_a_text_message_has_its_sender_its_time_and_its_id() -> None:
    found = one("text", {"body": "Where is my order? 🧣\x00"}, context={"id": "wamid.0", "from": "15550783881"})
    assert (found.channel, found.text, found.external_id) == ("whatsapp", "Where is my order? 🧣", "wamid.1")
    assert found.at == datetime(2025, 11, 20, 18, 0, tzinfo=UTC)
    assert found.quotes == ("wamid.0",)
    sender = found.sender
    assert (sender.kind, sender.key, sender.proof) == ("whatsapp", "+14025550100", "channel")
    assert (sender.profile_name, sender.also) == ("Ana", ("US.13491208655302741918",))


@pytest.mark.parametrize(
    ("wa_id", "key"),
    [
        ("5511987654321", "+5511987654321"),
        ("551187654321", "+5511987654321"),
        ("551132654321", "+551132654321"),
        ("5215512345678", "+525512345678"),
        ("5491123456789", "+541123456789"),
    ],
)
def test_variants_of_a_number_are_one_person_and_replies_go_to_the_form_that_came(wa_id: str, key: str) -> None:
    """pitfalls 36: also a Brazilian landline, which never had a ninth digit."""
    call = whatsapp(message("text", {"body": "x"}, **{"from": wa_id}), contacts=[{"wa_id": wa_id}])
    sender = parse(call).messages[0].sender
    assert (sender.key, sender.display) == (key, f"+{wa_id}")


@pytest.mark.parametrize(
    "given",
    [
        {"from_user_id": "US.134"},
        {"from": "US.134"},
        {},
    ],
)
def test_a_person_without_a_number_is_known_by_the_user_id(given: Json) -> None:
    """pitfalls 37."""
    said = {"id": "wamid.1", "timestamp": "1763661600", "type": "text", "text": {"body": "hello"}, **given}
    contacts = [{"profile": {"name": "Ana", "username": "@ana"}, "user_id": "US.134", "parent_user_id": "US.ENT.9"}]
    sender = parse(whatsapp(said, contacts=contacts)).messages[0].sender
    assert (sender.kind, sender.key, sender.also, sender.proof) == ("whatsapp", "US.134", ("US.ENT.9",), "channel")


def test_the_name_in_the_profile_identifies_nobody() -> None:
    said = {"id": "wamid.1", "timestamp": "1", "type": "text", "text": {"body": "hello"}}
    parsed = parse(whatsapp(said, contacts=[{"profile": {"name": "Ana"}}]))
    assert parsed.messages == ()
    assert parsed.faults == ("entry 0 change 0 message 0: neither a number nor a user id stands there",)


@pytest.mark.parametrize(
    ("kind", "content", "name", "caption"),
    [
        ("image", {"id": "m1", "mime_type": "image/jpeg", "caption": "torn"}, "image-wamid.1.jpg", "torn"),
        ("audio", {"id": "m1", "mime_type": "audio/ogg; codecs=opus", "voice": True}, "audio-wamid.1.ogg", ""),
        ("video", {"id": "m1", "mime_type": "video/mp4"}, "video-wamid.1.mp4", ""),
        ("document", {"id": "m1", "mime_type": "application/pdf", "filename": "bill.pdf"}, "bill.pdf", ""),
        ("sticker", {"id": "m1", "mime_type": "image/webp", "animated": False}, "sticker-wamid.1.webp", ""),
    ],
)
def test_files_are_named_and_left_where_they_are(kind: str, content: Json, name: str, caption: str) -> None:
    found = one(kind, content)
    media = found.media[0]
    assert (media.name, media.type, media.ref, found.text) == (name, content["mime_type"], "whatsapp:m1", caption)


def test_a_location_says_where() -> None:
    found = one("location", {"latitude": 41.25, "longitude": -95.93, "name": "Old Market", "address": "10th St"})
    assert found.text == "📍 Old Market, 10th St · 41.25, -95.93"
    assert found.meta == {"latitude": "41.25", "longitude": "-95.93"}


def test_a_contact_card_says_who() -> None:
    card = {
        "name": {"formatted_name": "Bob Ray"},
        "phones": [{"phone": "+1 402"}],
        "emails": [{"email": "b@e.example"}],
    }
    assert one("contacts", [card]).text == "👤 Bob Ray, +1 402, b@e.example"


@pytest.mark.parametrize("kind", ["button_reply", "list_reply"])
def test_a_tap_is_a_choice_with_its_title_as_text(kind: str) -> None:
    found = one("interactive", {"type": kind, kind: {"id": "order:1042", "title": "Order 1042"}})
    assert (found.text, found.choice) == ("Order 1042", "order:1042")


def test_a_templates_button_is_a_choice() -> None:
    found = one("button", {"payload": "yes", "text": "Yes, please"})
    assert (found.text, found.choice) == ("Yes, please", "yes")


def test_a_form_keeps_what_was_filled_in() -> None:
    flow = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"size":"M"}'}}
    found = one("interactive", flow)
    assert (found.text, found.meta) == ("Sent", {"form": '{"size":"M"}'})


def test_an_order_lists_the_goods() -> None:
    items = [{"product_retailer_id": "SCARF-RED", "quantity": 2, "item_price": 19.5, "currency": "USD"}]
    found = one("order", {"catalog_id": "c", "text": "for Friday", "product_items": items})
    assert found.text == "for Friday\n🛒 2 × SCARF-RED (19.5 USD)"


@pytest.mark.parametrize(
    "said",
    [
        message("unsupported", {}, errors=[{"code": 131051, "title": "Message type unknown"}]),
        message("errors", [], errors=[{"code": 131051, "title": "Message type unknown"}]),
        message("poll_of_next_year", {"question": "?"}),
        message("text", {"body": ""}),
    ],
)
def test_what_whatsapp_does_not_pass_on_is_a_message_all_the_same(said: Json) -> None:
    parsed = parse(whatsapp(said))
    assert [each.text for each in parsed.messages] == ["⍰"]
    assert parsed.faults == ()


def test_a_reaction_and_a_change_of_number_ask_for_no_answer() -> None:
    reaction = message("reaction", {"message_id": "wamid.0", "emoji": "👍"})
    system = message("system", {"body": "Ana changed her number", "type": "user_changed_number"})
    parsed = parse(whatsapp(reaction, system | {"id": "wamid.2"}))
    assert parsed.messages == ()
    said = [(each.kind, each.about, each.text) for each in parsed.remarks]
    assert said == [("reaction", "wamid.0", "👍"), ("notice", "", "Ana changed her number")]


def test_a_forwarded_message_from_an_advertisement_keeps_where_it_came_from() -> None:
    found = one(
        "text", {"body": "is it there?"}, context={"forwarded": True},
        referral={"source_url": "https://fb.me/x", "headline": "Winter", "ctwa_clid": "c"},
    )  # fmt: skip
    assert found.meta == {"forwarded": "yes", "ad": "https://fb.me/x", "ad_title": "Winter"}


def test_statuses_carry_our_key_and_the_reason_of_a_failure() -> None:
    error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "no WhatsApp"}}
    given = [
        {"id": "wamid.9", "status": "delivered", "timestamp": "1763661600", "recipient_id": "1402",
         "biz_opaque_callback_data": "c_1:4"},
        {"id": "wamid.8", "status": "failed", "timestamp": "1763661600", "recipient_id": "1402", "errors": [error]},
        {"id": "wamid.7", "status": "played", "timestamp": "x", "recipient_id": "1402"},
        {"id": "wamid.6", "status": "deleted", "timestamp": "1763661600"},
    ]  # fmt: skip
    parsed = parse(whatsapp(statuses=given))
    said = [(each.provider_id, each.status, each.key, each.code) for each in parsed.receipts]
    assert said == [
        ("wamid.9", "delivered", "c_1:4", ""),
        ("wamid.8", "failed", "", "131026"),
        ("wamid.7", "read", "", ""),
    ]
    assert parsed.receipts[1].error == "Message undeliverable — no WhatsApp"
    assert parsed.receipts[2].at == AT, "what is no time is the time of the call"


def test_what_a_person_typed_in_the_business_app_is_an_echo() -> None:
    """pitfalls 14: never a message of the customer."""
    echoed = {"from": "15550783881", "to": "14025550100", "id": "wamid.5", "timestamp": "1763661600", "type": "text"}
    call = whatsapp()
    change = call["entry"][0]["changes"][0]
    change["field"] = "smb_message_echoes"
    change["value"] |= {"contacts": [], "messages": [], "message_echoes": [echoed | {"text": {"body": "Kim here"}}]}
    parsed = parse(call)
    assert parsed.messages == ()
    echo = parsed.echoes[0]
    assert (echo.provider_id, echo.to.key, echo.text, echo.key) == ("wamid.5", "+14025550100", "Kim here", "")


def test_another_number_and_other_fields_bring_nothing() -> None:
    call = whatsapp(message("text", {"body": "x"}))
    call["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    call["entry"][0]["changes"].append({"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}})
    parsed = parse(call)
    assert (parsed.messages, len(parsed.faults)) == ((), 1)


def test_a_group_is_not_answered_in_private() -> None:
    parsed = parse(whatsapp(message("text", {"body": "x"}, group_id="g1")))
    assert (parsed.messages, len(parsed.faults)) == ((), 1)


# Messenger and Instagram


def event(happened: Json, *, sender: str = "4711", recipient: str = PAGE) -> Json:
    """Something that happened."""
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": 1763661600000, **happened}


def page(*events: Any, kind: str = "page", own: str = PAGE, name: str = "messaging") -> Json:
    """A call about our page or account."""
    return {"object": kind, "entry": [{"id": own, "time": 1763661600000, name: list(events)}]}


def said(**parts: Any) -> Json:
    """A message."""
    return event({"message": {"mid": "m_1", **parts}})


def test_a_message_of_a_page_and_one_of_an_account_are_of_different_people() -> None:
    first = parse(page(said(text="hello"))).messages[0]
    second = parse(
        page(event({"message": {"mid": "m_1", "text": "hello"}}, recipient=ACCOUNT), kind="instagram", own=ACCOUNT)
    )
    assert (first.channel, first.sender.kind, first.sender.key) == ("messenger", "messenger", "4711")
    other = second.messages[0]
    assert (other.channel, other.sender.kind, other.sender.key, other.sender.proof) == (
        "instagram", "instagram", "4711", "channel",
    )  # fmt: skip
    assert first.at == datetime(2025, 11, 20, 18, 0, tzinfo=UTC)


def test_a_quick_reply_and_a_postback_are_choices() -> None:
    tapped = said(text="Order 1042", quick_reply={"payload": "order:1042"}, reply_to={"mid": "m_0"})
    pressed = event({"postback": {"mid": "m_2", "title": "Get started", "payload": "start"}})
    old = event({"postback": {"title": "Get started", "payload": "start"}})
    found = parse(page(tapped, pressed, old)).messages
    assert [(each.text, each.choice) for each in found] == [
        ("Order 1042", "order:1042"), ("Get started", "start"), ("Get started", "start"),
    ]  # fmt: skip
    assert found[0].quotes == ("m_0",)
    assert [each.external_id for each in found[1:]] == ["m_2", "postback:4711:1763661600000"]


def test_attachments_are_files_links_places_and_thumbs() -> None:
    given = [
        {"type": "image", "payload": {"url": "https://scontent.xx.fbcdn.net/v/torn.jpg?_nc=1"}},
        {"type": "file", "payload": {"url": "https://cdn.fbsbx.com/v/bill.pdf?dl=1"}},
        {"type": "fallback", "title": "Our shop", "url": "https://shop.example/x"},
        {"type": "location", "payload": {"coordinates": {"lat": 41.2, "long": -95.9}}},
        {"type": "image", "payload": {"url": "https://scontent.xx.fbcdn.net/t.png", "sticker_id": 369239263222822}},
    ]
    found = parse(page(said(attachments=given))).messages[0]
    assert [each.name for each in found.media] == ["torn.jpg", "bill.pdf"]
    assert found.media[0].ref == "url:https://scontent.xx.fbcdn.net/v/torn.jpg?_nc=1"
    assert found.text == "Our shop https://shop.example/x\n📍  41.2, -95.9\n👍".replace("  ", " ")


def test_a_storys_picture_is_fetched_while_it_lasts() -> None:
    story = {"url": "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1", "id": "s1"}
    event_of = event({"message": {"mid": "m_1", "text": "in red?", "reply_to": {"story": story}}}, recipient=ACCOUNT)
    found = parse(page(event_of, kind="instagram", own=ACCOUNT)).messages[0]
    assert (found.text, found.media[0].ref, found.meta) == ("in red?", f"url:{story['url']}", {"story": "s1"})


@pytest.mark.parametrize("name", ["messaging", "standby"])
def test_an_echo_is_never_a_customers_message(name: str) -> None:
    """pitfalls 12, 13, 15: ours, a template, the page's own inbox; on either list of an entry."""
    ours = event(
        {"message": {"mid": "m_1", "text": "x", "is_echo": True, "metadata": "c_1:2"}}, sender=PAGE, recipient="4711"
    )
    theirs = event({"message": {"mid": "m_2", "is_echo": True, "attachments": []}}, sender=PAGE, recipient="4711")
    unmarked = event({"message": {"mid": "m_3", "text": "x"}}, sender=PAGE, recipient="4711")
    parsed = parse(page(ours, theirs, unmarked, name=name))
    assert parsed.messages == ()
    assert [(each.provider_id, each.to.key, each.key) for each in parsed.echoes] == [
        ("m_1", "4711", "c_1:2"), ("m_2", "4711", ""), ("m_3", "4711", ""),
    ]  # fmt: skip


def test_instagram_gives_no_key_back() -> None:
    ours = event({"message": {"mid": "m_1", "text": "x", "is_echo": True}}, sender=ACCOUNT, recipient="4711")
    assert parse(page(ours, kind="instagram", own=ACCOUNT)).echoes[0].key is None


def test_reads_and_deliveries_by_id_and_by_time() -> None:
    parsed = parse(
        page(
            event({"delivery": {"mids": ["m_1", "m_2"], "watermark": 1763661600000}}),
            event({"delivery": {"watermark": 1763661600000}}),
            event({"read": {"watermark": 1763661601000}}),
            event({"read": {"mid": "m_3"}}),
        )
    )
    assert [(each.provider_id, each.status) for each in parsed.receipts] == [
        ("m_1", "delivered"), ("m_2", "delivered"), ("", "delivered"), ("", "read"), ("m_3", "read"),
    ]  # fmt: skip
    seen = parsed.receipts[3]
    assert seen.to is not None
    assert (seen.to.key, seen.at) == ("4711", datetime(2025, 11, 20, 18, 0, 1, tzinfo=UTC))


def test_reactions_and_what_was_taken_back_are_remarks() -> None:
    parsed = parse(
        page(
            event({"reaction": {"mid": "m_0", "action": "react", "reaction": "love", "emoji": "❤"}}),
            event({"reaction": {"mid": "m_0", "action": "unreact"}}),
            said(is_deleted=True),
        )
    )
    assert [(each.kind, each.about, each.text) for each in parsed.remarks] == [
        ("reaction", "m_0", "❤"), ("reaction", "m_0", ""), ("deleted", "m_1", ""),
    ]  # fmt: skip
    assert parsed.messages == ()


def test_an_edit_is_said_anew() -> None:
    found = parse(page(event({"message_edit": {"mid": "m_1", "text": "order 1043", "num_edit": 2}}))).messages[0]
    assert (found.text, found.external_id, found.quotes) == ("order 1043", "m_1:edit:2", ("m_1",))


@pytest.mark.parametrize("name", ["optin", "pass_thread_control", "account_linking", "referral"])
def test_events_in_which_nobody_says_anything_bring_nothing(name: str) -> None:
    assert parse(page(event({name: {"x": 1}}))) == Parsed()


def test_a_field_of_an_instagram_change_is_an_event_too() -> None:
    value = event({"message": {"mid": "m_1", "text": "hello"}}, recipient=ACCOUNT)
    call = {"object": "instagram", "entry": [{"id": "0", "changes": [{"field": "messages", "value": value}]}]}
    assert [each.text for each in parse(call).messages] == ["hello"]


def test_an_account_may_be_known_by_its_page_only() -> None:
    own = Account("token", page_id=PAGE, instagram_id=ANY)
    call = page(event({"message": {"mid": "m_1", "text": "hello"}}, recipient="999"), kind="instagram", own="999")
    assert [each.text for each in parse(call, own).messages] == ["hello"]


@pytest.mark.parametrize(
    "call",
    [
        page(event({"message": {"mid": "m_1", "text": "x"}}, recipient="999"), own="999"),
        page(event({"message": {"mid": "m_1", "text": "x"}}, recipient="999"), kind="instagram", own="999"),
        {"object": "user", "entry": [{"id": "1"}]},
        page("no event", event({"something_new": {}}), event({"message": "no object"})),
    ],
)
def test_what_is_not_for_us_is_told_and_brings_nothing(call: Json) -> None:
    parsed = parse(call)
    assert (parsed.messages, parsed.echoes) == ((), ())
    assert parsed.faults
    assert "x" not in " ".join(parsed.faults).split()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        parse(body)


def _broken(value: Any, chance: random.Random) -> Any:
    """A document of which some part is something else."""
    if chance.random() < 0.06:
        return chance.choice([None, True, -1, 10**400, "", "\ud800", [], {}, [None], {"id": 1}])
    if isinstance(value, dict):
        return {name: _broken(each, chance) for name, each in value.items()}
    return [_broken(each, chance) for each in value] if isinstance(value, list) else value


def test_no_document_whatsoever_breaks_the_parser() -> None:
    """Meta adds fields and changes types without notice: what cannot be read is a fault, and all that comes out can be stored."""
    whole = [
        whatsapp(
            message("text", {"body": "x"}), message("image", {"id": "1", "mime_type": "image/png"}),
            message("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "t"}}),
            message("order", {"product_items": [{"quantity": 1}]}), message("contacts", [{"phones": [{"phone": "1"}]}]),
            message("reaction", {"message_id": "1", "emoji": "x"}), message("location", {"latitude": 1, "longitude": 2}),
            statuses=[{"id": "1", "status": "failed", "timestamp": "1", "errors": [{"code": 1, "error_data": {}}]}],
        ),
        page(
            said(text="x", attachments=[{"type": "image", "payload": {"url": "https://a.fbcdn.net/1"}}]),
            event({"postback": {"title": "t", "payload": "p"}}), event({"read": {"watermark": 1}}),
            event({"delivery": {"mids": ["1"]}}), event({"reaction": {"mid": "1"}}), event({"message_edit": {"mid": "1"}}),
        ),
    ]  # fmt: skip
    for seed in range(1500):
        chance = random.Random(seed)
        broken = _broken(whole[seed % 2], chance)
        if isinstance(broken, dict) and isinstance(broken.get("entry", []), list):
            parsed = parse(broken)
            for each in parsed.messages:
                f"{each.text}{each.choice}{each.sender.key}{each.meta}".encode()


@pytest.mark.parametrize(
    ("said_text", "word"), [("STOP", "stop"), ("Baja.", "stop"), ("start", "start"), ("cancel", None)]
)
def test_the_words_of_silence_are_heard_on_every_channel(said_text: str, word: str | None) -> None:
    """Sheet, "Opt-out": WhatsApp enforces no keywords, so we do; a bare cancel is about an order."""
    first = one("text", {"body": said_text}).wish
    second = parse(page(said(text=said_text))).messages[0].wish
    assert [each.word if each else None for each in (first, second)] == [word, word]
    assert parse(page(said(text=said_text, quick_reply={"payload": "x"}))).messages[0].wish is None
