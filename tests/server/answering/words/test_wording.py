"""Two forms of address where a language has two: all phrases in both, and no word of the one among the other's."""

import pytest

from server.answering.words.formality import leak
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice, names_in, phrases
from server.answering.words.wording import FORMS, Wording, shipped, speaking
from tests.server.answering.words.situations import SITUATIONS

BOTH = [(language, form) for language, forms in FORMS.items() for form in forms]
SECOND = [(language, forms[1]) for language, forms in FORMS.items()]


@pytest.mark.parametrize(("language", "form"), BOTH)
def test_no_phrase_mixes_the_forms_of_address(language: str, form: str) -> None:
    mixed = {key: text for key, text in shipped(language, form).items() if leak(text, language, form)}

    assert mixed == {}


@pytest.mark.parametrize(("language", "form"), SECOND)
def test_the_second_form_changes_phrases_that_are_there_and_keeps_their_facts(language: str, form: str) -> None:
    first, second = shipped(language), shipped(language, form)
    changed = {key for key in second if first.get(key) != second[key]}

    assert set(second) == set(first)
    assert len(changed) > 100
    assert [key for key in changed if names_in(first[key]) != names_in(second[key])] == []


@pytest.mark.parametrize(
    ("language", "form", "wrong"),
    [
        ("es", "tu", "¿Me lo puede indicar usted?"),
        ("es", "usted", "Puedes pagar aquí."),
        ("fr", "vous", "Tu peux payer ici."),
        ("fr", "tu", "Vérifiez le numéro."),
        ("de", "sie", "Du kannst hier bezahlen."),
        ("de", "du", "Hier können Sie bezahlen."),
        ("de", "du", "Bitte prüfen Sie Ihre Nummer."),
        ("pt", "senhor", "Você pode pagar aqui."),
    ],
)
def test_a_word_of_the_other_form_is_found(language: str, form: str, wrong: str) -> None:
    assert leak(wrong, language, form)


def test_she_is_not_taken_for_the_customer() -> None:
    assert not leak("Sie wird morgen erwartet.", "de", "du")
    assert not leak("Une personne vient de chez nous.", "fr", "tu")


@pytest.mark.parametrize(("language", "form"), SECOND)
def test_every_situation_can_be_said_in_the_second_form(language: str, form: str) -> None:
    from server.answering.words import grounding, order_words

    with speaking(Wording({language: form})):
        for each in SITUATIONS:
            voice = Voice(language, each.now or each.order.as_of)
            speech = order_words.speech(each.answer, each.order, voice)
            checked = grounding.check(speech.text, speech.evidence, voice)
            assert (checked.dropped, leak(checked.text, language, form)) == ((), ""), each.name


def test_a_wording_ends_with_its_block() -> None:
    with speaking(Wording({"de": "du"})):
        assert phrases("de")["courtesy.again"] == "Hallo noch einmal! Was kann ich für dich tun?"
    assert phrases("de")["courtesy.again"] == "Hallo noch einmal! Was kann ich für Sie tun?"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_choice_the_first_form_is_spoken(language: str) -> None:
    assert Wording().phrases(language) == shipped(language)
