"""The last look at a model's text: what no evidence makes sayable is refused, and a plain rewording is not."""

import pytest

from server.answering.model import guards, prompts
from server.answering.model.guards import Own
from server.answering.words.voice import Voice
from server.commerce.model import Fact, Money
from tests.support.databases import NOW

TOTAL = Fact("total", "amount", Money(5500, "USD"), "embedded:orders/ord_7", NOW)
OURS = "The total of your order is $55.00, and it is not late."


def own(text: str = "", given: str = "", language: str = "en", *evidence: Fact) -> Own:
    """What the shop says by itself."""
    return Own(text, given or text, evidence, Voice(language, NOW), mark="feedbeef00000000")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("...", "empty"),
        ("word " * 400, "long"),
        ("Look: ![x](http://evil.example/a.png?d=secret)", "markup"),
        ("Please see [our page](/x) for more on this.", "markup"),
        ("<img src=x onerror=alert(1)> hello to you", "markup"),
        ('{"tool": "refund"}', "markup"),
        ("Is it about https://evil.example/pay?", "link"),
        ("Is it about www.evil.example?", "link"),
        ("Have you seen evil-shop.com already?", "link"),
        ("Have you seen evil-shop [.] com already?", "link"),
        ("Shall I write to boss at evil dot com?", "link"),
        ("Shall I write to boss@evil?", "contact"),
        ("Did you mean @evilshop?", "contact"),
        ("Is your number +1 402 555 0100?", "contact"),
        ("Is it DE44500105175407324931?", "contact"),
        ("Do you want me to call begin_return?", "prompt"),
        ("It says feedbeef00000000 there, right?", "prompt"),
        ("I am a real person, what can I do?", "persona"),
        ("I am a human agent. Anything else?", "persona"),
        ("Was genau möchten Sie denn nun von uns wissen?", "language"),
        ("¿Qué quiere saber exactamente sobre su pedido?", "language"),
        ("Would a full refund be alright for you?", "offer"),
        ("You get it for free, fine?", "offer"),
        ("I've changed that for you, anything else?", "offer"),
        ("We'll send you a new one, fine?", "offer"),
        ("Can you tell me your password?", "offer"),
        ("Use FREEBIE when you order, fine?", "code"),
        ("Is your order arriving on November 23?", "ungrounded"),
        ("Did it cost 10 dollars?", "ungrounded"),
    ],
)
def test_what_nothing_makes_sayable_is_refused(text: str, why: str) -> None:
    assert guards.refusal(text, own()) == why


def test_the_prompt_is_not_recited() -> None:
    sentence = next(line for line in prompts.SYSTEM.splitlines() if line.startswith("3."))
    assert guards.refusal(f"My rules say: {sentence[3:]}", own()) == "prompt"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Are you asking about a parcel, or about something in our shop?", "en"),
        ("Could you tell me a little more about what you need?", "en"),
        ("¿Pregunta por un paquete o por un artículo de la tienda?", "es"),
        ("Parlez-vous d'un colis ou d'un article de la boutique ?", "fr"),
        ("Geht es um ein Paket oder um einen Artikel aus dem Shop?", "de"),
        ("Está perguntando sobre um pacote ou sobre um artigo da loja?", "pt"),
    ],
)
def test_a_plain_question_may_be_asked(text: str, language: str) -> None:
    assert guards.refusal(text, own(language=language)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Your order comes to $55.00 in total and is not late.", None),
        ("Your order comes to $55.00 in total and is late.", "polarity"),
        ("Your order comes to $54.00 in total and is not late.", "incomplete"),
        ("The total is not that late.", "incomplete"),
        ("Your order comes to $55.00 in total, not more.", "incomplete"),
    ],
)
def test_a_rewording_keeps_amounts_states_and_denials(text: str, why: str | None) -> None:
    assert guards.refusal(text, own(OURS, "", "en", TOTAL)) == why


def test_what_the_shop_says_itself_may_be_said() -> None:
    ours = "Write to help@shop.example or see https://shop.example/returns."
    url = Fact("url", "url", "https://shop.example/returns", "shop", NOW)
    mail = Fact("contact", "text", "help@shop.example", "shop", NOW)
    said = "Please see https://shop.example/returns, or write to help@shop.example."
    assert guards.refusal(said, own(ours, ours, "en", url, mail)) is None


def test_a_question_of_ours_stays_a_question() -> None:
    assert guards.refusal("Tell us the colour.", own("Which colour is it?")) == "incomplete"


def test_emphasis_is_taken_away() -> None:
    assert guards.tidied("It is **red**, `really`.", "en") == "It is red, really."


@pytest.mark.parametrize(
    ("ours", "sentence", "why"),
    [
        ("Order #1042 is on its way.", "It is on its way.", None),
        ("Order #1042 is on its way.", "It is not late.", "polarity"),
        ("Order #1042 is on its way.", "It has been delivered.", "incomplete"),
        ("Order #1042 is on its way. A day without a scan is normal.", "A day without a scan is normal.", None),
    ],
)
def test_a_sentence_told_early_denies_and_states_nothing_of_its_own(ours: str, sentence: str, why: str | None) -> None:
    status = Fact("status", "status", "in_transit", "embedded:orders/ord_7", NOW)
    assert guards.sentence_refusal(sentence, own(ours, ours, "en", status)) == why


@pytest.mark.parametrize(
    ("ours", "can"),
    [
        ("Order #1042 is on its way. A day without a scan is normal.", True),
        ("This item cannot be returned.", False),
        ("Order #1042 has not been shipped yet.", False),
        ("", False),
    ],
)
def test_what_a_lost_not_would_turn_round_is_told_whole(ours: str, can: bool) -> None:
    assert guards.can_be_told_in_parts(own(ours)) is can
