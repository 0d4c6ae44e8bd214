"""What senders post, as messages: every field, and everything that is refused with the field that is to be mended."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.inbound import posted
from channels.inbound.posted import Unfit

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LEAST = {"source": "trusty", "external_id": "r-1", "from": {"id": "u7"}, "text": "Late again"}
WHOLE = {
    **LEAST,
    "from": {"id": "u7", "name": "Ana Souza", "email": "Ana@Example.com"},
    "kind": "review",
    "rating": 1,
    "order": "#1042",
    "url": "https://trusty.example/r/1",
    "at": "2026-11-20T14:00:00+01:00",
    "language": "de",
    "conversation": "t-9",
    "attachments": [
        {"name": "box.png", "type": "image/png", "data": base64.b64encode(b"\x89PNG").decode()},
        {"name": "box2.png", "type": "image/png", "url": "https://files.example/box2.png"},
    ],
}


def read(document: Any) -> posted.Posted:
    return posted.read(json.dumps(document).encode())


def test_the_least_that_a_sender_says_is_a_message() -> None:
    message = posted.message(read(LEAST), AT)
    assert (message.channel, message.text, message.external_id, message.at) == (
        "inbound:trusty",
        "Late again",
        "r-1",
        AT,
    )
    assert (message.sender.kind, message.sender.key) == ("guest", "trusty:u7")
    assert (message.claims, message.note, message.conv, message.media) == ((), "", None, ())


def test_everything_that_a_sender_may_say_arrives() -> None:
    message = posted.message(read(WHOLE), AT)
    assert message.at == datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    assert (message.sender.profile_name, message.locale) == ("Ana Souza", "de")
    assert [(each.kind, each.key, each.proof) for each in message.claims] == [("email", "ana@example.com", "claimed")]
    assert message.note == "Review · 1 of 5 stars · order #1042 (as trusty says) · https://trusty.example/r/1"
    assert {key: message.meta[key] for key in ("kind", "rating", "order")} == {
        "kind": "review", "rating": "1", "order": "#1042",
    }  # fmt: skip
    assert [(each.name, each.data, each.ref) for each in message.media] == [
        ("box.png", b"\x89PNG", ""),
        ("box2.png", b"", "https://files.example/box2.png"),
    ]


def test_a_senders_conversation_is_one_thread_whoever_works_it_in_and_none_of_another_source() -> None:
    first = posted.message(read(WHOLE), AT).conv
    again = posted.message(read({**WHOLE, "external_id": "r-2"}), AT).conv
    other = posted.message(read({**WHOLE, "source": "market"}), AT).conv
    assert first == again != other
    assert first is not None and first.startswith("c_") and len(first) == 28


def test_a_rating_without_words_is_shown_as_stars() -> None:
    message = posted.message(read({**LEAST, "text": " ", "rating": 2, "kind": "review"}), AT)
    assert message.text == "★★☆☆☆"


def test_the_digest_knows_no_spaces_and_no_order_of_fields_but_every_word() -> None:
    first = posted.digest(read(WHOLE))
    assert posted.digest(posted.read(json.dumps(dict(reversed(WHOLE.items())), indent=2).encode())) == first
    assert posted.digest(read({**WHOLE, "text": "Late again!"})) != first
    assert posted.digest(read({**WHOLE, "rating": 2})) != first


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": ""}, "source"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"external_id": 7}, "external_id"),
        ({"from": {}}, "from.id"),
        ({"from": {"id": "u", "email": "no address"}}, "from.email"),
        ({"from": {"id": "u", "phone": "1"}}, "from"),
        ({"text": "  "}, "text"),
        ({"kind": "complaint"}, "kind"),
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": True}, "rating"),
        ({"at": "2026-11-20T14:00:00"}, "at"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"stars": 5}, "body"),
        ({"attachments": [{"name": "a"}]}, "attachments[0]"),
        ({"attachments": [{"name": "a", "data": "!"}]}, "attachments[0].data"),
        ({"attachments": [{"name": "a", "data": "", "url": "https://x.example/"}]}, "attachments[0]"),
        ({"attachments": [{"name": "a", "data": ""}] * 11}, "attachments"),
    ],
)
def test_what_cannot_be_used_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unfit) as refused:
        read({**LEAST, **change})
    assert refused.value.field == field


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(Unfit):
        posted.read(body)
