"""Another means of payment in conversation: one that is stored, that covers the sum, and no card number ever."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.answering.skills import paying
from tests.server.answering.skills.changing_shop import EMAIL, MEI, OTHER, Talk, line, opened, order

VISA, PAYPAL, GIFT = "credit_card_1565124", "paypal_7644869", "gift_card_4421007"


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with await opened(tmp_path) as stage:
        yield Talk(stage)


def paid(number: str, method: str) -> dict[str, Any]:
    return {"name": "change_payment", "order": f"#{number}", "method": method}


@pytest.mark.parametrize(
    ("opening", "yes"),
    [
        ("I want to pay order W1001 with my Visa instead", "yes"),
        ("Change the payment of order W1001 to the card ending 4421", "yes, go ahead"),
        ("Can you switch the payment method of W1001 from PayPal to my credit card?", "yes"),
        ("use the credit card for order W1001 instead of PayPal", "do it"),
        ("Ich möchte Bestellung W1001 lieber mit Visa statt PayPal bezahlen.", "ja"),
        ("Quiero pagar el pedido W1001 con la tarjeta Visa.", "sí"),
        ("Je veux payer la commande W1001 avec ma carte Visa plutôt que PayPal.", "oui"),
        ("Quero pagar o pedido W1001 com o cartão Visa.", "sim"),
    ],
)
async def test_a_stored_method_by_its_name(talk: Talk, opening: str, yes: str) -> None:
    await talk.say(f"{opening} {EMAIL}")
    assert talk.actions == [] and "Visa ending in 4421" in talk.reply and "PayPal" in talk.reply

    await talk.say(yes)
    assert talk.actions == [paid("W1001", VISA)]
    assert [one.id for one in (await talk.order("W1001")).payment.methods] == [VISA]


async def test_the_methods_are_offered_by_label(talk: Talk) -> None:
    await talk.say(f"I'd like to change the payment method of order W1002 {EMAIL}")
    assert talk.choices == ["Visa ending in 4421", "Gift card 9210"]
    assert "PayPal" not in talk.reply

    await talk.say("the visa", "yes")
    assert talk.actions == [paid("W1002", VISA)]


async def test_a_tapped_method_counts(talk: Talk) -> None:
    await talk.say(f"I'd like to change the payment method of order W1002 {EMAIL}")
    await talk.say("Visa ending in 4421", choice=f"method:{VISA}")
    await talk.say("yes")

    assert talk.actions == [paid("W1002", VISA)]


async def test_the_same_method_changes_nothing(talk: Talk) -> None:
    await talk.say(f"pay order W1002 with PayPal instead {EMAIL}")
    assert "PayPal already" in talk.reply and talk.heard.proposed == []

    await talk.say("no, leave it")
    assert talk.actions == []


async def test_a_balance_must_cover_it(talk: Talk) -> None:
    await talk.say(f"please use my gift card for order W1002 {EMAIL}")
    assert "does not cover the $52.00" in talk.reply and talk.heard.proposed == []

    await talk.say("then the visa", "yes")
    assert talk.actions == [paid("W1002", VISA)]


async def test_a_balance_that_covers_it_is_charged_and_the_rest_goes_back(tmp_path: Path) -> None:
    async with await opened(tmp_path, orders=[order("W1020", line("l1", "Notebook", 1200))]) as stage:
        talk = Talk(stage)
        await talk.say(f"use my gift card for order W1020 {EMAIL}", "yes")

        assert talk.actions == [paid("W1020", GIFT)]
        record = await stage.services.store.customer(str(MEI["id"]))
        assert record is not None and record.payment_methods[2].balance_minor == 4100 - 1200


async def test_another_method_before_the_yes(tmp_path: Path) -> None:
    async with await opened(tmp_path, orders=[order("W1020", line("l1", "Notebook", 1200))]) as stage:
        talk = Talk(stage)
        await talk.say(f"use my gift card for order W1020 {EMAIL}", "no, the visa please", "yes")

        assert talk.actions == [paid("W1020", VISA)]


async def test_what_is_not_stored_is_said_with_what_is(talk: Talk) -> None:
    await talk.say(f"I want to pay order W1002 with Apple Pay instead {EMAIL}")

    assert "not stored in your account" in talk.reply and "Visa ending in 4421" in talk.reply
    assert talk.heard.proposed == []


@pytest.mark.parametrize("written", ["4111 1111 1111 1111", "4111111111111111", "4111-1111-1111-1111"])
async def test_a_card_number_is_never_taken_or_repeated(talk: Talk, written: str) -> None:
    await talk.say(f"pay order W1002 with my new card {written} instead {EMAIL}")

    assert "never write a card number" in talk.reply
    assert "1111" not in " ".join(talk.said)


async def test_no_leaves_it(talk: Talk) -> None:
    await talk.say(f"pay order W1001 with my Visa instead {EMAIL}", "no")

    assert talk.actions == [] and [one.id for one in (await talk.order("W1001")).payment.methods] == [PAYPAL]


@pytest.mark.parametrize(
    ("number", "said"), [("W1003", "left us already"), ("W1004", "has arrived"), ("W1006", "being packed")]
)
async def test_what_has_left_stays_paid_as_it_is(talk: Talk, number: str, said: str) -> None:
    await talk.say(f"change the payment of order {number} to the visa {EMAIL}")

    assert said in talk.reply and talk.actions == []


async def test_the_payment_of_the_order_with_an_item(talk: Talk) -> None:
    await talk.say(f"change the payment method to my visa for the order with the garden hose {EMAIL}", "yes")

    assert talk.actions == [paid("W1002", VISA)]


async def test_several_wishes_in_one_message(talk: Talk) -> None:
    await talk.say(
        f"Cancel order W1002, I don't need it. Also change the payment of order W1001 to my Visa. {EMAIL}", "yes", "yes"
    )

    assert {(each["name"], each["order"]) for each in talk.actions} == {
        ("cancel_order", "#W1002"),
        ("change_payment", "#W1001"),
    }


async def test_with_nothing_else_stored(tmp_path: Path) -> None:
    async with await opened(tmp_path, orders=[order("X2001", line("l1", "Backpack", 4500), customer=OTHER)]) as stage:
        talk = Talk(stage)
        await talk.say("change the payment method of order X2001 omar@example.com")

        assert "No other payment method is stored" in talk.reply and talk.heard.proposed == []


async def test_the_shipped_policy(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say(f"pay order W1001 with my Visa instead {EMAIL}", "yes")
        assert talk.actions == []

        again = Talk(stage)
        await again.say("pay order W1001 with my Visa instead", "yes", signed_in=str(MEI["id"]))
        assert again.actions == [paid("W1001", VISA)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("change the payment method to PayPal", True),
        ("pay order W1001 with my visa", True),
        ("W1001 should be paid with my visa", True),
        ("my card was declined", False),
        ("I was charged twice", False),
        ("my payment failed, can I use another card?", False),
        ("can I get an invoice", False),
    ],
)
def test_trouble_with_a_payment_is_another_matter(text: str, expected: bool) -> None:
    assert paying.asks_to_change(text) is expected
