"""The glossaries are well formed, and put a message into English that the encoder can read."""

import re

import pytest

from server.answering.understand import glossary, understand
from server.answering.understand.authored import read_lines
from server.answering.understand.normalise import fold

_FORM = re.compile(r"[a-z0-9]+'?[a-z0-9]*(?:_[a-z0-9]+'?[a-z0-9]*)*\*?")


def _entries(language: str) -> list[tuple[str, str]]:
    return list(glossary.entries((glossary.FOLDER / f"{language}.txt").read_text("utf-8")))


@pytest.mark.parametrize("language", glossary.LANGUAGES)
def test_every_form_is_folded_and_has_one_gloss(language: str) -> None:
    forms = [form for form, _ in _entries(language)]
    assert [form for form in forms if form != fold(form) or not _FORM.fullmatch(form)] == []
    assert sorted({form for form in forms if forms.count(form) > 1}) == []
    assert [form for form in forms if form.endswith("*") and len(form) < 4] == []
    assert [gloss for _, gloss in _entries(language) if gloss != fold(gloss)] == []


@pytest.mark.parametrize("language", glossary.LANGUAGES)
def test_most_of_what_customers_write_is_known(language: str) -> None:
    own = glossary.load(language)
    tokens = [token for line in read_lines() if line.language == language for token in line.tokens]
    least = 0.70 if language == "hi-en" else 0.85  # half of Hinglish is English already
    assert sum(own.gloss(token) is not None for token in tokens) / len(tokens) >= least


@pytest.mark.parametrize(
    ("language", "said", "english"),
    [
        ("de", "wo bleibt mein paket", "where stays my parcel"),
        ("de", "das ladekabel geht nicht", "charger does not work"),
        ("de", "versandrichtlinie", "shipping policy"),
        ("es", "cuando llega mi pedido", "when arrive my order"),
        ("fr", "je n'ai pas reçu l'article", "i have not received item"),
        ("fr", "qu'une chaussure", "what a shoes"),
        ("pt", "cadê a minha encomenda", "where is my parcel"),
        ("hi-en", "mera parcel khn h", "my parcel where"),
        ("pt", "zzyzx", "zzyzx"),
    ],
)
def test_words_are_put_into_english(language: str, said: str, english: str) -> None:
    assert " ".join(glossary.worded(fold(said).split(), language).english) == english


def test_hinglish_has_one_spelling_a_word() -> None:
    for spellings in ("nahi nahin nhi naahi nahii", "kahan kaha khn kahaan", "aayega", "chahiye chaiye"):
        told = {glossary.worded([word], "hi-en").tokens[0] for word in spellings.split()}
        assert len(told) == 1


def test_other_languages_stay_as_they_are() -> None:
    assert glossary.worded(["dov'e", "pacco"], "it").english == ["dov'e", "pacco"]


def test_a_line_without_a_gloss_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2 has no gloss"):
        glossary.parse("where: wo\nwo wohin", "de")


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("Der Kurier hat mein Päckchen wohl beim Nachbarn abgeladen, da ist aber niemand", "delivery_problem"),
        ("je souhaiterais récupérer mes sous pour cette théière", "refund_request"),
        ("hay manera de mandaros de vuelta estas botas", "return"),
        ("o candeeiro veio todo rachado", "damaged_or_wrong_item"),
        ("bhai parcel kb tk pahunchega", "order_status"),
    ],
)
def test_what_no_line_says_is_understood(said: str, intent: str) -> None:
    assert understand(said).intent == intent
