"""Clear answers act, everything else asks again."""

import pytest

from server.answering.understand import answer, choice


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("yes", "en"), ("Yes please!", "en"), ("yep", "en"), ("sure, go ahead", "en"), ("ok", "en"), ("that's right", "en"),
        ("no problem, go ahead", "en"), ("yes, refund it", "en"), ("👍", "en"), ("yes 👍", "en"),
        ("sí", "es"), ("si por favor", "es"), ("claro que sí", "es"), ("dale", "es"), ("de acuerdo", "es"),
        ("oui", "fr"), ("oui s'il vous plaît", "fr"), ("d'accord", "fr"), ("bien sûr", "fr"),
        ("ja", "de"), ("ja bitte", "de"), ("auf jeden Fall", "de"), ("in Ordnung", "de"),
        ("sim", "pt"), ("sim, por favor", "pt"), ("pode ser", "pt"), ("com certeza", "pt"),
        ("haan ji", "hi-en"), ("haan kar do", "hi-en"), ("theek hai", "hi-en"),
    ],
)  # fmt: skip
def test_clear_yes(text: str, lang: str) -> None:
    assert answer(text, lang) == "yes"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("no", "en"), ("nope", "en"), ("No thanks", "en"), ("please don't", "en"), ("absolutely not", "en"), ("not now", "en"),
        ("👎", "en"),
        ("no, that's fine", "en"), ("no gracias", "es"), ("claro que no", "es"), ("non merci", "fr"), ("pas du tout", "fr"),
        ("nein danke", "de"), ("auf keinen Fall", "de"), ("lieber nicht", "de"), ("não", "pt"), ("não, obrigado", "pt"),
        ("de jeito nenhum", "pt"), ("nahi", "hi-en"), ("mat karo", "hi-en"), ("nahi chahiye", "hi-en"),
    ],
)  # fmt: skip
def test_clear_no(text: str, lang: str) -> None:
    assert answer(text, lang) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "", "hmm", "maybe", "yes but to my other card", "yes, if it is free", "ok, only if it arrives friday", "yes and no", "yes?",
        "sure, but send it to my office instead", "sí, pero a otra tarjeta", "oui mais en L", "ja, aber in blau", "sim, mas só um",
        "haan lekin dusra color", "yes what about the shipping cost", "where is my order", "yes I want the blue scarf too", "no wait yes",
        "👍👎", "not sure", "I guess it depends", "1042", "yes don't cancel it", "cancel",
    ],
)  # fmt: skip
def test_anything_else_is_asked_again(text: str) -> None:
    assert answer(text, None) is None


LABELS = ("Red Wool Scarf", "Blue Wool Scarf", "Trail Boots")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("the first one", (0,)),
        ("2", (1,)),
        ("number 3", (2,)),
        ("the last one please", (2,)),
        ("the red scarf", (0,)),
        ("blue", (1,)),
        ("boots", (2,)),
        ("red and blue", (0, 1)),
        ("1 and 3", (0, 2)),
        ("all of them", (0, 1, 2)),
        ("el segundo", (1,)),
        ("la première", (0,)),
        ("das dritte", (2,)),
        ("o segundo", (1,)),
        ("todos", (0, 1, 2)),
        ("both", None),
        ("scarf", None),
        ("5", None),
        ("none of them", None),
        ("all but the first", None),
        ("", None),
        ("what do they cost", None),
    ],
)
def test_choice(text: str, wanted: tuple[int, ...] | None) -> None:
    assert choice(text, LABELS) == wanted


def test_both_means_two_of_two() -> None:
    assert choice("both", LABELS[:2]) == (0, 1)
    assert choice("las dos", LABELS[:2]) == (0, 1)


def test_no_labels_is_no_choice() -> None:
    assert choice("the first one", ()) is None
