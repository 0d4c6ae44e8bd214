"""The shop's own voice: what cannot be said as it is written stops the start, with the file, the phrase and what is allowed."""

from dataclasses import replace
from pathlib import Path

import pytest

from server.answering.words.house import hints, wording_of
from server.answering.words.wording import Wording
from server.errors import VoiceError
from server.settings import Settings
from server.voice import FormalitySettings, GreetingSettings, NeverSettings, SignOffSettings, VoiceSettings


def spoken(**chosen: object) -> Wording:
    """The wording that these settings of the voice ask for."""
    return wording_of(replace(Settings(), voice=VoiceSettings(**chosen)))  # type: ignore[arg-type]  # named by the tests


def refusal(**chosen: object) -> list[str]:
    """Why these settings stop the start."""
    with pytest.raises(VoiceError) as refused:
        spoken(**chosen)
    return list(refused.value.problems)


def own(folder: Path, text: str, name: str = "ours.en.yaml") -> str:
    """A file of own phrases."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_without_settings_the_shipped_phrases_are_spoken() -> None:
    made = spoken()

    assert (made.own, made.forms) == ({}, {"es": "tu", "fr": "vous", "de": "sie", "pt": "voce"})
    assert (made.greeting["en"], made.sign_off["en"]) == ("", "")


@pytest.mark.parametrize("written", ["tú", "TU", "tu"])
def test_a_form_may_be_written_with_or_without_its_accent(written: str) -> None:
    assert spoken(formality=FormalitySettings(es=written)).forms["es"] == "tu"


def test_an_unknown_form_is_refused_with_what_is_allowed() -> None:
    assert refusal(formality=FormalitySettings(de="ihr")) == ["voice.formality.de: 'ihr' is none of sie, du"]


def test_names_are_put_into_greeting_and_sign_off() -> None:
    made = spoken(
        greeting=GreetingSettings(en="Hello from {shop}!"), sign_off=SignOffSettings(en="Yours,\\n{assistant}")
    )

    assert (made.greeting["en"], made.sign_off["en"]) == ("Hello from Our shop!", "Yours,\nRobin")


def test_a_greeting_holds_nothing_else() -> None:
    said = refusal(greeting=GreetingSettings(en="Hello {name}, {shop}"))

    assert said == ["voice.greeting.en: {name} is unknown; allowed: {assistant}, {shop}"]


def test_an_own_phrase_stands_for_the_shipped_one(tmp_path: Path) -> None:
    made = spoken(overrides=own(tmp_path, 'courtesy:\n  welcome: "Any time!"\n'))

    assert made.phrases("en")["courtesy.welcome"] == "Any time!"
    assert made.phrases("en")["courtesy.sorry"] == Wording().phrases("en")["courtesy.sorry"]


def test_a_folder_may_hold_several_languages(tmp_path: Path) -> None:
    own(tmp_path, "choice:\n  yes: Yep\n")
    own(tmp_path, "courtesy.sorry: Tut uns leid.\n", "ours.de.yaml")

    made = spoken(overrides=str(tmp_path))

    assert (made.phrases("en")["choice.yes"], made.phrases("de")["courtesy.sorry"]) == ("Yep", "Tut uns leid.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("courtesy:\n  welcom: Hi\n", "courtesy.welcom: there is no such phrase; did you mean courtesy.welcome?"),
        ('courtesy:\n  bye: "Bye."\n', "courtesy.bye: {shop} is missing"),
        ('courtesy:\n  sorry: "Sorry, {name}."\n', "courtesy.sorry: {name} is unknown here; it holds none"),
        ('courtesy:\n  bye: "Bye, {shop} {friend}."\n', "courtesy.bye: {friend} is unknown here; allowed: {shop}"),
        ('courtesy:\n  bye: "Bye, {shop."\n', "courtesy.bye: the braces make no sense"),
        ('courtesy:\n  bye: "Bye, {shop!r}."\n', "courtesy.bye: the braces make no sense"),
        (
            'order:\n  r12:\n    eta: "Soon: {eta:soon}."\n',
            "order.r12.eta: the form `:soon` is unknown; allowed: `:on`, `:day`",
        ),
        ("courtesy:\n  sorry: ''\n", "courtesy.sorry: the phrase is empty"),
        ("courtesy: [1\n", "cannot be read"),
        ("- 1\n", "write `key: text`"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = own(tmp_path, text)

    [problem] = refusal(overrides=path)

    assert problem.startswith(path)
    assert said in problem


def test_a_file_must_name_its_language(tmp_path: Path) -> None:
    assert "must end in .LANGUAGE.yaml" in refusal(overrides=own(tmp_path, "a: b\n", "ours.yaml"))[0]
    assert "is not there" in refusal(overrides=str(tmp_path / "nowhere"))[0]


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("courtesy.sorry", "Sorry, here is a refund of $20 for it.", 'amount "$20"'),
        ("order.r12.eta", "It comes {eta:on} by 5 pm.", "5 pm"),
        ("order.r7.none", "Order {order_number} is delivered.", 'status "delivered"'),
        ("courtesy.welcome", "Gladly. Your order is cancelled.", 'status "'),
    ],
)
def test_an_own_phrase_claims_nothing_that_the_shipped_one_does_not(
    tmp_path: Path, key: str, text: str, why: str
) -> None:
    [problem, *_] = refusal(overrides=own(tmp_path, f'{key}: "{text}"\n'))

    assert f"{key}: nothing proves this: " in problem
    assert why in problem


def test_the_same_said_in_other_words_is_no_claim_of_its_own(tmp_path: Path) -> None:
    cancelled = 'order.r1.when: "We cancelled order {order_number} {cancelled_at:on}."'
    delivered = 'order.r23.none: "Order {order_number}: delivered {delivered_at:on}."'
    text = f"{cancelled}\n{delivered}\n"

    assert len(spoken(overrides=own(tmp_path, text)).own["en"]) == 2


def test_a_word_never_used_is_replaced_where_there_is_another() -> None:
    made = spoken(never=NeverSettings(en=("parcel=package",)))

    assert made.phrases("en")["choice.delivery_problem"] == "My package didn't arrive"
    assert "parcel" not in "\n".join(made.phrases("en").values()).replace("{parcel", "").replace("parcels", "")
    assert "{parcel_number}" in made.phrases("en")["order.parcel_number"]
    assert made.phrases("en")["order.parcel_number"].startswith("\n• Package ")


def test_a_word_never_used_names_every_phrase_that_has_it() -> None:
    said = refusal(never=NeverSettings(de=("Rabattcode",)))

    assert said == [
        "voice.never.de: choice.promo: “Rabattcode” is never used; write `Rabattcode=another word`, or the phrase anew: 'Ein Rabattcode'"
    ]


def test_an_own_phrase_may_do_without_the_word(tmp_path: Path) -> None:
    path = own(tmp_path, "choice.promo: Ein Gutschein\n", "ours.de.yaml")

    assert (
        spoken(never=NeverSettings(de=("Rabattcode",)), overrides=path).phrases("de")["choice.promo"] == "Ein Gutschein"
    )


@pytest.mark.parametrize("written", ["=package", "parcel=", "parcel=the parcel"])
def test_a_word_must_be_written_so_that_it_can_be_kept(written: str) -> None:
    assert refusal(never=NeverSettings(en=(written,)))[0].startswith("voice.never.en: ")


def test_an_own_phrase_in_the_other_form_is_hinted_at(tmp_path: Path) -> None:
    made = spoken(overrides=own(tmp_path, "courtesy.sorry: Das tut mir leid für dich.\n", "ours.de.yaml"))

    assert list(hints(made)) == ["de, courtesy.sorry: “dich” does not go with the form `sie`"]
