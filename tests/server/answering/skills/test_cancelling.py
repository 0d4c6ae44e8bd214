"""Cancelling an order in conversation: which one, why, where the money goes back to, a clear yes, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.commerce.model import PaymentState
from tests.server.answering.skills.changing_shop import EMAIL, FIRM, Talk, opened

NEEDED, MISTAKE = "no longer needed", "ordered by mistake"


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with await opened(tmp_path) as stage:
        yield Talk(stage)


def cancelled(number: str, reason: str = "", method: str = "") -> dict[str, str]:
    action = {"name": "cancel_order", "order": f"#{number}", "reason": reason, "method": method}
    return {key: value for key, value in action.items() if value}


@pytest.mark.parametrize(
    ("opening", "yes", "number", "reason"),
    [
        ("please cancel order #W1001, I don't need it anymore", "yes", "W1001", NEEDED),
        ("Cancel W1002. I ordered it by mistake.", "yes please", "W1002", MISTAKE),
        ("cancel order W1002 please, changed my mind", "go ahead", "W1002", NEEDED),
        ("I accidentally placed order W1002, cancel it", "do it", "W1002", MISTAKE),
        ("cancel my order with the garden hose, it's no longer needed", "yes", "W1002", NEEDED),
        ("Ich möchte Bestellung W1001 stornieren, ich habe sie versehentlich bestellt.", "ja", "W1001", MISTAKE),
        ("Bitte Bestellung W1002 stornieren, ich brauche sie nicht mehr.", "ja bitte", "W1002", NEEDED),
        ("Quiero cancelar el pedido W1001 porque ya no lo necesito.", "sí", "W1001", NEEDED),
        ("Cancela el pedido W1002, lo pedí por error.", "sí, adelante", "W1002", MISTAKE),
        ("Je veux annuler la commande W1002, commandée par erreur.", "oui", "W1002", MISTAKE),
        ("Annulez la commande W1001, je n'en ai plus besoin.", "oui, allez-y", "W1001", NEEDED),
        ("Quero cancelar o pedido W1002 porque já não preciso.", "sim", "W1002", NEEDED),
        ("Cancele o pedido W1001, comprei por engano.", "sim, pode fazer", "W1001", MISTAKE),
    ],
)
async def test_a_reason_in_free_words_is_the_policy_s(
    talk: Talk, opening: str, yes: str, number: str, reason: str
) -> None:
    await talk.say(f"{opening} {EMAIL}")
    assert talk.actions == [] and len(talk.heard.proposed) == 1
    assert f"#{number}" in talk.reply and "PayPal" in talk.reply

    await talk.say(yes)

    assert talk.actions == [cancelled(number, reason)]
    order = await talk.order(number)
    assert (order.cancelled_at is not None, order.cancel_reason) == (True, reason)
    assert talk.dropped == []


async def test_the_reason_is_asked_for_with_the_policy_s_own(talk: Talk) -> None:
    await talk.say(f"cancel order W1002 {EMAIL}")
    assert talk.choices[:2] == [NEEDED, MISTAKE] and NEEDED in talk.reply

    await talk.say("hmm, the second one: by mistake", "yes")

    assert talk.actions == [cancelled("W1002", MISTAKE)]


async def test_a_tapped_reason_counts(talk: Talk) -> None:
    await talk.say(f"cancel order W1002 {EMAIL}")
    await talk.say(NEEDED, choice=f"reason:{NEEDED}")
    await talk.say("yes")

    assert talk.actions == [cancelled("W1002", NEEDED)]


@pytest.mark.parametrize("reason", ["I found it cheaper elsewhere", "it takes too long to arrive"])
async def test_a_reason_that_is_not_accepted_is_never_bent(talk: Talk, reason: str) -> None:
    await talk.say(f"cancel order W1002 {EMAIL}", reason)

    assert "only be cancelled for one of these reasons" in talk.reply and NEEDED in talk.reply
    assert talk.heard.proposed == []

    await talk.say("no, then leave it")

    assert talk.actions == [] and "left everything" in talk.reply


async def test_a_reason_that_is_not_accepted_at_once(talk: Talk) -> None:
    await talk.say(f"cancel order W1002, I found it cheaper. {EMAIL}")

    assert "only be cancelled for one of these reasons" in talk.reply and talk.heard.proposed == []


async def test_no_leaves_it(talk: Talk) -> None:
    await talk.say(f"cancel order W1002, not needed anymore {EMAIL}", "no")

    assert talk.actions == [] and (await talk.order("W1002")).cancelled_at is None


async def test_another_order_after_the_read_back(talk: Talk) -> None:
    await talk.say(f"cancel order W1002, no longer needed {EMAIL}", "no wait, I mean order W1001", "yes")

    assert talk.actions == [cancelled("W1001", NEEDED)]


async def test_another_reason_after_the_read_back(talk: Talk) -> None:
    await talk.say(f"cancel order W1002, no longer needed {EMAIL}", "actually I ordered it by mistake", "yes")

    assert talk.actions == [cancelled("W1002", MISTAKE)]


async def test_two_orders_are_read_back_one_after_the_other(talk: Talk) -> None:
    await talk.say(f"cancel W1001 and W1002, I ordered both by mistake. {EMAIL}")
    assert "#W1001" in talk.reply and "#W1002" not in talk.reply

    await talk.say("yes")
    assert "#W1001 is cancelled" in talk.reply and "I would cancel order #W1002" in talk.reply

    await talk.say("yes")
    assert talk.actions == [cancelled("W1001", MISTAKE), cancelled("W1002", MISTAKE)]


async def test_all_that_can_be_cancelled(talk: Talk) -> None:
    await talk.say(f"cancel all my pending orders, no longer needed. {EMAIL}", "yes", "yes")

    assert sorted(each["order"] for each in talk.actions) == ["#W1001", "#W1002"]
    assert {each["reason"] for each in talk.actions} == {NEEDED}


async def test_of_two_orders_only_the_one_that_was_agreed_to(talk: Talk) -> None:
    await talk.say(f"cancel W1001 and W1002, ordered by mistake. {EMAIL}", "no", "yes")

    assert talk.actions == [cancelled("W1002", MISTAKE)]


async def test_one_item_is_not_cancelled_alone(talk: Talk) -> None:
    await talk.say(f"please cancel the lamp in order W1001 {EMAIL}")
    assert "as a whole" in talk.reply and "Desk lamp" in talk.reply and talk.heard.proposed == []

    await talk.say("yes, the whole order", "no longer needed", "yes")
    assert talk.actions == [cancelled("W1001", NEEDED)]


async def test_one_item_of_several_may_be_left_as_it_is(talk: Talk) -> None:
    await talk.say(f"cancel only the headphones from order W1001 {EMAIL}", "no, keep it then")

    assert talk.actions == [] and (await talk.order("W1001")).cancelled_at is None


async def test_what_shall_be_kept_is_not_what_shall_go(talk: Talk) -> None:
    await talk.say(f"Cancel order W1001 but keep the headphones {EMAIL}")

    assert "not Desk lamp alone" in talk.reply and talk.heard.proposed == []


async def test_an_order_by_the_name_of_its_item(talk: Talk) -> None:
    await talk.say(f"Please cancel my headphones order, I bought it by mistake {EMAIL}", "yes")

    assert talk.actions == [cancelled("W1001", MISTAKE)]


async def test_an_item_tells_which_order_is_meant(talk: Talk) -> None:
    await talk.say(f"cancel the order with the headphones, I don't need it. {EMAIL}", "yes")

    assert talk.actions == [cancelled("W1001", NEEDED)]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("W1003", "left us already"),
        ("W1004", "has arrived"),
        ("W1006", "being packed"),
        ("W1005", "was cancelled yesterday"),
    ],
)
async def test_what_cannot_be_cancelled_is_told_with_what_is_possible(talk: Talk, number: str, said: str) -> None:
    await talk.say(f"cancel order {number}, no longer needed {EMAIL}")

    assert said in talk.reply and talk.actions == [] and talk.heard.proposed == [] and talk.handed == []


async def test_who_insists_gets_a_person(talk: Talk) -> None:
    await talk.say(f"cancel order W1003, no longer needed {EMAIL}", "I still want it cancelled!")

    assert talk.handed == ["policy_exception"] and talk.actions == []


async def test_somebody_else_s_order_is_as_good_as_none(talk: Talk) -> None:
    await talk.say(f"cancel order X2001, ordered by mistake {EMAIL}", "yes")

    assert talk.actions == [] and "Backpack" not in " ".join(talk.said) and "Omar" not in " ".join(talk.said)


@pytest.mark.parametrize(
    "yes", ["Yes, that's correct, please proceed.", "Yes, please go ahead and cancel it", "I confirm"]
)
async def test_a_yes_in_full_sentences(talk: Talk, yes: str) -> None:
    await talk.say(f"cancel order W1002, no longer needed {EMAIL}", yes)

    assert talk.actions == [cancelled("W1002", NEEDED)]


async def test_the_same_for_the_other_order(talk: Talk) -> None:
    await talk.say(f"cancel order W1001, ordered by mistake. {EMAIL}", "yes", "do the same for my other order", "yes")

    assert talk.actions == [cancelled("W1001", MISTAKE), cancelled("W1002", MISTAKE)]


async def test_who_would_rather_keep_it(talk: Talk) -> None:
    await talk.say(f"cancel order W1002 {EMAIL}", "I changed my mind, I'd rather keep it")

    assert talk.actions == [] and talk.heard.proposed == [] and "left everything" in talk.reply


async def test_another_wish_instead_of_the_yes(talk: Talk) -> None:
    await talk.say(
        f"cancel order W1001, no longer needed {EMAIL}",
        "Actually, don't cancel it. Change the payment to my Visa instead",
        "yes",
    )

    assert talk.actions == [{"name": "change_payment", "order": "#W1001", "method": "credit_card_1565124"}]


async def test_a_question_in_between_does_not_cancel(talk: Talk) -> None:
    await talk.say(f"cancel order W1002 {EMAIL}", "where is my order W1003?")
    assert talk.actions == [] and "#W1003" in talk.reply

    await talk.say("no longer needed", "yes")
    assert talk.actions == [cancelled("W1002", NEEDED)]


async def test_the_money_goes_where_the_customer_chooses(tmp_path: Path) -> None:
    text = FIRM.replace("refund_to: [original]}", "refund_to: [original, gift_card_on_file]}", 1)
    async with await opened(tmp_path, text) as stage:
        talk = Talk(stage)
        await talk.say(f"cancel order W1002, no longer needed {EMAIL}")
        assert talk.choices[:2] == ["PayPal", "Gift card 9210"] and talk.heard.proposed == []

        await talk.say("to the gift card please")
        assert "$52.00 would go back to Gift card 9210" in talk.reply

        await talk.say("yes")
        assert talk.actions == [cancelled("W1002", NEEDED, "gift_card_4421007")]
        assert "$52.00 was refunded to Gift card 9210" in talk.reply and talk.dropped == []
        record = await stage.services.store.customer("mei_kovacs_8020")
        assert record is not None and [one.balance_minor for one in record.payment_methods] == [None, None, 9300]


async def test_the_way_of_the_money_changes_before_the_yes(tmp_path: Path) -> None:
    text = FIRM.replace("refund_to: [original]}", "refund_to: [original, gift_card_on_file]}", 1)
    async with await opened(tmp_path, text) as stage:
        talk = Talk(stage)
        await talk.say(f"cancel order W1002, no longer needed {EMAIL}", "gift card", "no, back to paypal", "yes")

        assert talk.actions == [cancelled("W1002", NEEDED, "original")]


async def test_the_shipped_policy_cancels_for_who_is_signed_in(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say("cancel order W1002", "yes", signed_in="mei_kovacs_8020")

        assert talk.actions == [cancelled("W1002")]
        order = await talk.order("W1002")
        assert order.payment.status in (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)
        assert [refund.amount.amount_minor for refund in order.refunds] == [5200]


async def test_the_shipped_policy_takes_no_bare_number_and_address(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say(f"cancel order W1002, no longer needed {EMAIL}", "yes")

        assert talk.actions == [] and (await talk.order("W1002")).cancelled_at is None


async def test_much_money_is_a_person_s_to_give(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say("cancel order W1001", signed_in="mei_kovacs_8020")

        assert talk.handed == ["over_limit"] and talk.heard.proposed == []
