"""Nothing that names a person stays in what the heads are taught."""

from server.answering.understand.masking import SHARED_BY, Said, masked

LANGUAGE = "hi i am my lamp is broken the order from and rose its grace period over xorder xmail xlong xmoney"
KNOWN = frozenset(LANGUAGE.split())


def one(text: str, *names: str) -> str:
    return masked([Said(text, 1, names)], KNOWN)[0]


def test_numbers_and_addresses_become_their_kind() -> None:
    text = one("My order #48213 is broken!! bo.li@example.com, +1 (555) 010-2233")
    assert text == "my order xorder is broken!! xmail , xlong"


def test_words_that_the_shop_does_not_know_go() -> None:
    assert (
        one("Hi, I am Wilhelmina Krzysztof from Oststrasse, my lamp is broken") == "hi, i am from , my lamp is broken"
    )


def test_the_writers_own_name_goes_even_where_it_is_a_word() -> None:
    assert one("the grace period is over, Grace", "Grace Rose") == "the period is over,"
    assert one("Rose's lamp is broken", "Zoë Rose") == "lamp is broken"
    assert one("the grace period is over") == "the grace period is over"


def test_accents_and_capitals_hide_no_name() -> None:
    assert one("hi I am ZOË", "Zoe Li") == "hi i am"


def test_a_word_of_several_conversations_is_the_shops_own() -> None:
    said = [Said("my Kelvinator is broken", conversation) for conversation in range(SHARED_BY)]
    assert set(masked(said, KNOWN)) == {"my kelvinator is broken"}
    assert set(masked(said[1:], KNOWN)) == {"my is broken"}


def test_one_conversation_shares_nothing_with_itself() -> None:
    said = [Said("I am Krzysztof", 1)] * (SHARED_BY + 1)
    assert set(masked(said, KNOWN)) == {"i am"}
