"""Languages by script and stop words, typing errors mended to the shop's own words."""

import pytest

from server.answering.understand import spelling
from server.answering.understand.clauses import split
from server.answering.understand.language import detect
from server.answering.understand.spelling import distance


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("where is my order", "en"),
        ("¿Dónde está mi pedido?", "es"),
        ("où est mon colis", "fr"),
        ("wo ist mein Paket", "de"),
        ("onde está o meu pedido", "pt"),
        ("mera order kahan hai", "hi-en"),
        ("dove è il mio ordine, vorrei un rimborso", "it"),
        ("waar is mijn bestelling", "nl"),
        ("где мой заказ", "ru"),
        ("де моє замовлення їй", "uk"),
        ("我的订单在哪里", "zh"),
        ("注文はどこですか", "ja"),
        ("내 주문 어디에 있나요", "ko"),
        ("أين طلبي", "ar"),
        ("मेरा ऑर्डर कहाँ है", "hi"),
        ("πού είναι η παραγγελία μου", "el"),
        ("ok", "en"),
        ("😀", "en"),
    ],
)
def test_language(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(
    ("word", "language", "mended"),
    [
        ("pakage", "en", "package"),
        ("delivred", "en", "delivered"),
        ("cancle", "en", "cancle"),
        ("subscripton", "en", "subscripton"),
        ("zebra", "en", "zebra"),
        ("cat", "en", "cat"),
        ("direcion", "es", "direccion"),
    ],
)
def test_typing_errors(word: str, language: str, mended: str) -> None:
    assert spelling.load().mend(word, language) == mended


def test_distance_counts_a_swap_as_one_edit() -> None:
    assert distance("recieve", "receive", 2) == 1
    assert distance("abcd", "wxyz", 2) == 3


def test_clauses_are_cut_at_new_requests_only() -> None:
    assert split("I want the shoes and the hat") == ["I want the shoes and the hat"]
    assert split("I want a refund and where is my other order?") == ["I want a refund", "and where is my other order?"]
    assert split("It cost 49.90 at shop.example") == ["It cost 49.90 at shop.example"]
    assert len(split("why? " * 40)) <= 12
