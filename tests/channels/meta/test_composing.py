"""Our words as Meta's documents: lengths, titles that differ, lists where buttons are too short, templates, the tag for people."""

import pytest

from channels.degrading import split
from channels.errors import Refused, WindowShut
from channels.message import Address, Choice, Outbound
from channels.meta import composing
from channels.meta.composing import HUMAN_AGENT, titles

ANA = Address("whatsapp", "+5511987654321", "channel", "+551187654321")
PSID = Address("messenger", "4711", "channel", "4711")
LONG = "The long scarf in midnight blue, hand-knitted in Omaha"


def outbound(text: str = "Which one?", *labels: str, to: Address = ANA, **parts: object) -> Outbound:
    """A message of ours."""
    choices = tuple(Choice(label, f"item:{number}") for number, label in enumerate(labels))
    return Outbound(**{"key": "c_1:2", "channel": to.kind, "to": to, "text": text, "choices": choices, **parts})  # type: ignore[arg-type]  # named as they are


def test_a_text_goes_to_the_number_as_whatsapp_wrote_it_with_our_key() -> None:
    """pitfalls 36: the form that came, not the canonical one."""
    body = composing.whatsapp(outbound("hello"))
    assert body == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "551187654321",
        "biz_opaque_callback_data": "c_1:2", "type": "text", "text": {"preview_url": False, "body": "hello"},
    }  # fmt: skip


def test_somebody_without_a_number_is_written_to_by_the_user_id() -> None:
    """pitfalls 37: answerable."""
    body = composing.whatsapp(outbound("hello", to=Address("whatsapp", "US.134", "channel", "US.134")))
    assert body["recipient"] == "US.134"
    assert "to" not in body


def test_three_short_choices_are_buttons() -> None:
    body = composing.whatsapp(outbound("Which one?", "Red", "Blue", "Green"))
    buttons = body["interactive"]["action"]["buttons"]
    assert [each["reply"] for each in buttons] == [
        {"id": "item:0", "title": "Red"}, {"id": "item:1", "title": "Blue"}, {"id": "item:2", "title": "Green"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        outbound("Which one?", "1", "2", "3", "4"),
        outbound("Which one?", "Red", LONG),
        outbound("x" * 1025, "Red", "Blue"),
    ],
)
def test_what_buttons_cannot_hold_is_a_list(given: Outbound) -> None:
    assert composing.whatsapp(given)["interactive"]["type"] == "list"


def test_a_row_shows_the_whole_label_below_a_title_that_was_cut() -> None:
    body = composing.whatsapp(outbound("Which one?", LONG, f"{LONG}, lined", language="de"))
    action = body["interactive"]["action"]
    assert action["button"] == "Auswählen"
    rows = action["sections"][0]["rows"]
    assert rows[0] == {"id": "item:0", "title": "The long scarf in…", "description": LONG}
    assert rows[1]["title"] == "The long scarf in… (2)"
    assert all(len(row["title"]) <= 24 and len(row["description"]) <= 72 for row in rows)


def test_more_than_a_list_holds_is_numbered_text() -> None:
    body = composing.whatsapp(outbound("Which one?", *[f"Item {number}" for number in range(11)]))
    assert body["text"]["body"].startswith("Which one?\n1. Item 0\n2. Item 1")


@pytest.mark.parametrize("longest", [20, 24])
def test_titles_are_cut_readably_and_no_two_are_alike(longest: int) -> None:
    labels = [LONG, LONG, f"{LONG} too", "Short", "", "  spaced   out  ", "Donaudampfschifffahrtsgesellschaft"]
    shown = titles(labels, longest)
    assert len(set(shown)) == len(labels)
    assert all(0 < len(title) <= longest for title in shown)
    assert shown[3:4] == ["Short"]
    assert shown[5] == "spaced out"


def test_messenger_takes_quick_replies_and_carries_our_key() -> None:
    body = composing.messenger(outbound("Which one?", "Red", LONG, to=PSID))
    assert body["message"]["quick_replies"][1] == {
        "content_type": "text", "title": "The long scarf in…", "payload": "item:1",
    }  # fmt: skip
    assert body["message"]["metadata"] == "c_1:2"
    assert (body["recipient"], body["messaging_type"]) == ({"id": "4711"}, "RESPONSE")
    assert "metadata" not in composing.instagram(outbound("hello", to=PSID))["message"]


def test_the_tag_is_for_people_only() -> None:
    person = composing.messenger(outbound("hello", to=PSID, author="agent", template=HUMAN_AGENT))
    assert (person["messaging_type"], person["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    with pytest.raises(WindowShut):
        composing.messenger(outbound("hello", to=PSID, template=HUMAN_AGENT))


TEMPLATES = ("reply=answer:en_US", "reply=antwort:de", "other=x:en")


@pytest.mark.parametrize(
    ("language", "name"), [("en", "answer"), ("de", "antwort"), ("de-AT", "antwort"), ("pt", "answer")]
)
def test_a_template_carries_the_words_in_the_customers_language(language: str, name: str) -> None:
    body = composing.whatsapp(outbound("It ships\n\ntomorrow.", template="reply", language=language), TEMPLATES)
    assert body["type"] == "template"
    assert body["template"]["name"] == name
    assert body["template"]["components"][0]["parameters"] == [{"type": "text", "text": "It ships tomorrow."}]


def test_what_no_template_can_carry_waits() -> None:
    for given, templates in ((outbound("x" * 1025, template="reply"), TEMPLATES), (outbound(template="reply"), ())):
        with pytest.raises(WindowShut):
            composing.whatsapp(given, templates)


def test_an_address_without_a_key_is_refused() -> None:
    with pytest.raises(Refused):
        composing.whatsapp(outbound("x", to=Address("whatsapp", "", "channel")))


@pytest.mark.parametrize(
    "text", ["ä" * 1300, "🧣" * 700, "Wörter und mehr Wörter. " * 120, "x" * 1000, "한국어 " * 500]
)
@pytest.mark.parametrize("most", [1000, 2000])
def test_parts_fit_in_bytes_and_lose_nothing(text: str, most: int) -> None:
    parts = split(text, most, most)
    assert all(0 < len(part.encode()) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
