"""Subscriptions, warranty, payments, codes, prices and accounts: conversations from the first word to what was done."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from server.answering.words import service_words
from tests.server.answering.skills import claims_shop
from tests.server.answering.skills.claims_shop import Shop, choices, done, dropped, names, text


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with claims_shop.opened(Path(tmp_path_factory.mktemp("trusting")), claims_shop.TRUSTING) as opened:
        yield opened


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with claims_shop.opened(Path(tmp_path_factory.mktemp("generous")), claims_shop.GENEROUS) as opened:
        yield opened


# --- subscriptions


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("skip my next subscription delivery", {"change": "skip"}),
        ("change my subscription to every two months", {"change": "interval", "interval": "P2M"}),
        ("pause my coffee subscription until May 1", {"change": "pause", "until": "2027-05-01"}),
        ("move my next subscription delivery to April 10", {"change": "date", "at": "2027-04-10"}),
        ("cancel my subscription", {"change": "cancel"}),
        ("quiero saltar la próxima entrega de mi suscripción", {"change": "skip"}),
        ("ich möchte mein Abo auf alle 2 Monate ändern", {"change": "interval", "interval": "P2M"}),
        ("mon abonnement : sautez la prochaine livraison", {"change": "skip"}),
        ("quero pausar minha assinatura", {"change": "pause"}),
    ],
)
def test_a_subscription_is_changed_after_a_clear_yes(shop: Shop, said: str, change: dict[str, str]) -> None:
    asked, _ = talk = shop.talk(said, "@yes", customer="k_mara")

    assert asked.proposed == [{"name": "change_subscription", "subscription": "sub1", **change}]
    assert done(talk) == asked.proposed
    assert dropped(talk) == []


def test_a_subscription_is_shown(shop: Shop) -> None:
    told, *_ = shop.talk("what does my subscription cost and when is the next delivery?", customer="k_mara")

    assert "House coffee, every month, $12.00 per delivery" in text(told)
    assert "March 25" in text(told)
    assert told.proposed == []


def test_a_skipped_delivery_moves_on_and_keeps_its_cut_off(shop: Shop) -> None:
    *_, shown = shop.talk("skip my next subscription delivery", "@yes", "@do:subscription", customer="k_mara")

    assert "April 25" in text(shown)
    assert "April 22" in text(shown)


def test_after_the_cut_off_nothing_is_skipped_and_what_is_possible_is_said(shop: Shop) -> None:
    told, asked, _ = talk = shop.talk("skip my next subscription delivery", "@change:cancel", "@yes", customer="k_lee")

    assert "March 15" in text(told)
    assert told.proposed == []
    assert "still comes" in text(asked)
    assert names(talk) == ["change_subscription"]


def test_of_two_subscriptions_the_meant_one_is_asked_for(shop: Shop) -> None:
    asked, after = shop.talk("pause my subscription", "the coffee one", customer="k_tom")

    assert choices(asked) == ["House coffee", "Water filter"]
    assert after.proposed[0]["subscription"] == "sub3"


def test_a_paused_one_is_named_and_resumed(shop: Shop) -> None:
    *_, last = talk = shop.talk("resume my water filter subscription", "@yes", customer="k_tom")

    assert done(talk)[0]["subscription"] == "sub4"
    assert "active again" in text(last)
    assert "April 1" in text(last)


def test_another_interval_at_the_read_back(shop: Shop) -> None:
    _, second, _ = talk = shop.talk(
        "change my subscription to every two months", "actually every 3 months", "@yes", customer="k_mara"
    )

    assert second.proposed[0]["interval"] == "P3M"
    assert done(talk)[0]["interval"] == "P3M"


def test_no_leaves_the_subscription(shop: Shop) -> None:
    talk = shop.talk("cancel my subscription", "no", customer="k_mara")

    assert done(talk) == []


def test_a_number_and_an_address_do_not_open_a_subscription(shop: Shop) -> None:
    *_, last = talk = shop.talk("cancel my subscription", "C-201 mara@shop.example")

    assert done(talk) == []
    assert last.proposed == []
    assert "coffee" not in text(last)


def test_who_has_no_subscription_hears_so(shop: Shop) -> None:
    told, *_ = shop.talk("skip my next subscription delivery", customer="k_eva")

    assert "no running subscription" in text(told)


@pytest.mark.parametrize(
    ("said", "interval"),
    [
        ("every 6 weeks", "P6W"),
        ("every other week", "P2W"),
        ("monthly please", "P1M"),
        ("cada dos meses", "P2M"),
        ("alle drei Monate", "P3M"),
        ("tous les deux mois", "P2M"),
        ("a cada 15 dias", "P15D"),
        ("soon", ""),
    ],
)
def test_intervals_are_read(said: str, interval: str) -> None:
    assert service_words.interval_in(said) == interval


@pytest.mark.parametrize(
    ("said", "language", "day"),
    [
        ("until May 1", "en", "2027-05-01"),
        ("el 3 de febrero", "es", "2028-02-03"),
        ("am 10. April", "de", "2027-04-10"),
        ("le 2 juin", "fr", "2027-06-02"),
        ("for two months", "en", "2027-05-16"),
        ("on Friday", "en", "2027-03-19"),
        ("whenever", "en", ""),
        ("on February 30", "en", ""),
    ],
)
def test_days_are_read(said: str, language: str, day: str) -> None:
    assert service_words.day_in(said, date(2027, 3, 16), language) == day


# --- warranty


def test_a_question_about_the_warranty_is_answered_and_opens_nothing(shop: Shop) -> None:
    told, *_ = shop.talk("how long is your warranty?")

    assert "12 months" in text(told)
    assert (told.proposed, told.handoff) == ([], None)


def test_the_warranty_of_an_item_and_until_when_it_runs(shop: Shop) -> None:
    told, *_ = shop.talk("how long is the warranty on my lamp? order C-205 olga@shop.example")

    assert "24 months" in text(told)
    assert "July 10, 2028" in text(told)


def test_a_warranty_claim_takes_fault_and_serial_number(shop: Shop) -> None:
    asked, back, opened = talk = shop.talk(
        "my lamp C-205 stopped working, it is a warranty case. olga@shop.example", "SN-AB12345678", "@yes"
    )

    assert "serial number" in text(asked)
    assert "SN-AB12345678" in back.proposed[0]["statement"]
    assert (names(talk), done(talk)[0]["kind"]) == (["open_claim"], "warranty")
    assert "a person checks it" in text(opened)
    assert dropped(talk) == []


def test_a_claim_without_a_serial_number(shop: Shop) -> None:
    asked, serial, _, _ = talk = shop.talk(
        "I have a warranty claim for C-205, olga@shop.example", "it doesn't turn on anymore", "@no_serial", "@yes"
    )

    assert "What exactly does not work" in text(asked)
    assert "serial number" in text(serial)
    assert names(talk) == ["open_claim"]


def test_a_warranty_that_is_over_is_told_with_its_end(shop: Shop) -> None:
    told, *_ = talk = shop.talk("I need a warranty claim for my lamp C-206, it stopped working. ivo@shop.example")

    assert "July 10, 2025" in text(told)
    assert "Talk to a person" in choices(told)
    assert done(talk) == []


# --- payments


def test_one_payment_is_not_two_and_who_insists_gets_a_person(shop: Shop) -> None:
    told, again = shop.talk(
        "I was charged twice for order P-301, pia@shop.example", "no, I was charged twice for P-301!"
    )

    assert "one completed payment and no second one" in text(told)
    assert "did not go through" in text(told)
    assert again.handoff == "policy_exception"


def test_two_payments_go_to_a_person_with_what_is_known(shop: Shop) -> None:
    told, *_ = shop.talk("I was charged twice for order P-302, pit@shop.example")

    assert "more than one completed payment" in text(told)
    assert told.handoff == "policy_exception"


def test_a_reservation_is_no_charge(shop: Shop) -> None:
    told, *_ = shop.talk("there is a pending charge on my card for order P-303, pam@shop.example")

    assert "a reservation and not a charge" in text(told)


def test_an_unpaid_order_is_told_with_the_way_to_pay(shop: Shop) -> None:
    told, *_ = shop.talk("my payment failed for order P-304, pol@shop.example")

    assert "no completed payment" in text(told)
    assert "https://shop.example/pay/304" in text(told)


def test_a_lenders_plan_is_the_lenders(shop: Shop) -> None:
    told, *_ = shop.talk("how do my klarna payments work for order P-305? pru@shop.example")

    assert "their own plan" in text(told)


def test_a_payment_that_fails_before_there_is_an_order(shop: Shop) -> None:
    told, *_ = shop.talk("my payment keeps failing at checkout")

    assert "no order comes about" in text(told)


def test_payments_in_spanish(shop: Shop) -> None:
    told, *_ = talk = shop.talk("me han cobrado dos veces el pedido P-301, pia@shop.example")

    assert "un pago completado y ningún otro" in text(told)
    assert dropped(talk) == []


# --- codes, prices, accounts


def test_a_code_is_told_with_its_terms(shop: Shop) -> None:
    told, *_ = shop.talk("is the code WELCOME10 valid?")

    assert "WELCOME10 takes 10% off" in text(told)
    assert "first order" in text(told)
    assert "does not go together" in text(told)


def test_why_a_code_took_nothing_off(shop: Shop) -> None:
    told, *_ = talk = shop.talk("my code HARBOUR15 was not applied to order C-201, mara@shop.example")

    assert "at least $200.00" in text(told)
    assert "$110.00" in text(told)
    assert done(talk) == []


@pytest.mark.parametrize(
    ("code", "why"), [("SUMMER25", "ended"), ("COZY20", "begins"), ("FREESTUFF99", "no promotion")]
)
def test_a_code_that_gives_nothing(shop: Shop, code: str, why: str) -> None:
    told, *_ = shop.talk(f"is the code {code} valid?")

    assert why in text(told)
    assert "takes 25" not in text(told)


def test_no_code_is_made_up(shop: Shop) -> None:
    told, *_ = shop.talk("do you have a discount code for me?")

    assert "no codes to give out" in text(told)
    assert not any(str(each["code"]) in text(told) for each in claims_shop.PROMOTIONS)


def test_a_price_that_fell_is_not_paid_where_policy_does_not(shop: Shop) -> None:
    told, *_ = shop.talk(
        "the price dropped since I bought the mug, order C-201, mara@shop.example, please pay me the difference"
    )

    assert "don't pay the difference" in text(told)
    assert "return" not in text(told)


def test_a_price_that_fell_is_paid_to_the_unit_where_policy_does(generous: Shop) -> None:
    talk = generous.talk(
        "the price dropped since I bought the mug, order C-201, mara@shop.example, please pay me the difference", "yes"
    )

    assert names(talk) == ["refund"]
    assert (done(talk)[0]["amount"], done(talk)[0]["reason"]) == (300, "price_adjustment")


def test_a_forgotten_password_is_the_customers_to_set(shop: Shop) -> None:
    told, *_ = talk = shop.talk("I forgot my password")

    assert "sign-in page" in text(told)
    assert (told.handoff, dropped(talk)) == (None, [])


@pytest.mark.parametrize("said", ["change my email address to foo@shop.example", "delete my account and all my data"])
def test_who_somebody_is_only_a_person_changes(shop: Shop, said: str) -> None:
    told, *_ = talk = shop.talk(said)

    assert told.handoff == "out_of_scope"
    assert done(talk) == []
