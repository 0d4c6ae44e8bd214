"""What is spoken: five languages, nothing that only the eye can read, nothing cut apart."""

import random
import re
from itertools import pairwise

import pytest

from channels.voice.speakable import LANGUAGES, chunks, speakable


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**Order #1042** is *out* for `delivery` 🚚.", "Order 1 0 4 2 is out for delivery."),
        ("See [your order](https://shop.example/o?x=1) now.", "See your order now."),
        ("Follow it: https://t.example/1Z999AA10123456784.", "Follow it: the link in our written message."),
        ("# Items\n- one shirt\n- two hats\n1. red\n2. blue", "Items. one shirt. two hats. 1, red. 2, blue"),
        ("| a | b |\n|---|---|\n| c | d |", "a, b. c, d"),
        ("It costs $49.90, the label $0.00.", "It costs 49.90 US dollars, the label 0 US dollars."),
        ("It comes on 2026-11-23.", "It comes on November 23, 2026."),
        ("Tracking 1Z999AA10123456784", "Tracking 1 Z 9 9, 9 A A 1, 0 1 2 3, 4 5 6 7, 8 4"),
        ("Your return is RMA-10023.", "Your return is R M A, 1 0 0 2 3."),
        ("Order 1042 of 2026, 30 days, 9:30 AM", "Order 1 0 4 2 of 2026, 30 days, 9:30 AM"),
        ("I wrote to ana.souza@example.com", "I wrote to ana dot souza at example dot com"),
        ("20% off <b>all</b>", "20 percent off all"),
        ("Street 1042, ZIP 68102", "Street 1042, ZIP 68102"),
    ],
)
def test_english(text: str, spoken: str) -> None:
    assert speakable(text, "en-US") == spoken


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("de", "Bestellung 1042 kostet 1.299,00 €", "Bestellung 1 0 4 2 kostet 1.299 Euro"),
        ("de", "am 2026-11-23, 20 % Rabatt", "am 23. November 2026, 20 Prozent Rabatt"),
        ("fr", "Commande #1042 : 1 299,50 €", "Commande 1 0 4 2 : 1\u00a0299,50 euros"),
        ("es", "Pedido 1042, $5.00 a ana@example.com", "Pedido 1 0 4 2, 5 dólares estadounidenses a ana arroba example punto com"),
        ("pt", "R$ 49,90 em 2026-11-23", "49,90 reais brasileiros em 23 de novembro de 2026"),
    ],
)  # fmt: skip
def test_the_other_languages(language: str, text: str, spoken: str) -> None:
    assert speakable(text, language).casefold() == spoken.casefold()


def test_plain_sentences_stay_as_they_are() -> None:
    for language in LANGUAGES:
        for text in ("It arrives on Monday, November 23.", "Danke, gern.", "¿Qué pedido?", "À lundi.", "5 min. à pied"):
            assert speakable(text, language) == text


def test_what_only_the_eye_reads_is_never_spoken() -> None:
    signs = "*_#`~|<>🚚➡️[]()>\n-• 1042 $4.20 https://x.example/y a@b.example"
    generator = random.Random(5)
    for _ in range(300):
        text = "".join(generator.choice([*signs, " word ", "https://x.example/y?z=1 "]) for _ in range(60))
        spoken = speakable(text, generator.choice(LANGUAGES))
        assert not re.search(r"https?://|[*`~\n\U0001f300-\U0001faff]", spoken)


def test_an_unknown_language_is_spoken_as_english() -> None:
    assert speakable("$5.00", "xx") == "5 US dollars"


@pytest.mark.parametrize("size", [5, 12, 40, 160])
def test_chunks_are_the_text_and_cut_no_word_and_no_number(size: int) -> None:
    """Pitfall of the sheet: no number or word is split between tokens."""
    text = speakable(
        "Order #1042 goes by UPS as 1Z999AA10123456784. It comes on 2026-11-23 between 2 and 5 PM; it cost 1 299,50 € in all. "
        "Call 402 555 0100 if it does not.",
        "fr",
    )
    parts = chunks(text, size)
    assert "".join(parts) == text
    for before, after in pairwise(parts):
        assert before.endswith(" ")
        assert not (re.search(r"\d\W*$", before) and re.match(r"\W*\d", after))
        assert not (re.search(r"\b\w,? $", before) and re.match(r"\w\b", after))


def test_a_chunk_ends_where_a_sentence_does() -> None:
    text = "Your parcel is in Omaha. It arrives on Monday, as far as we know today."
    assert chunks(text, 40)[0] == "Your parcel is in Omaha. "
    assert chunks("", 40) == [""]
