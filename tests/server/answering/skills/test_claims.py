"""Parcels that never came and goods that came broken or not whole: conversations from the first word to what was done."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.answering.words import claim_case_words
from tests.server.answering.skills import claims_shop
from tests.server.answering.skills.claims_shop import Shop, choices, done, dropped, names, text


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with claims_shop.opened(Path(tmp_path_factory.mktemp("trusting")), claims_shop.TRUSTING) as shop:
        yield shop


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with claims_shop.opened(Path(tmp_path_factory.mktemp("generous")), claims_shop.GENEROUS) as shop:
        yield shop


@pytest.fixture(scope="module")
def returning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Nothing stays with the customer: what is broken comes back."""
    policy = f"{claims_shop.TRUSTING}keep_item: {{most: 0}}\n"
    with claims_shop.opened(Path(tmp_path_factory.mktemp("returning")), policy) as shop:
        yield shop


@pytest.fixture(scope="module")
def cautious(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with claims_shop.opened(Path(tmp_path_factory.mktemp("cautious")), claims_shop.CAUTIOUS) as shop:
        yield shop


# --- delivered, but not here


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("My parcel C-201 says delivered but it is not here, mara@shop.example", "it isn't anywhere", "yes"),
        ("mi paquete C-201 no ha llegado y dice entregado, mara@shop.example", "sí, sigue sin aparecer", "sí"),
        (
            "mon colis C-201 est marqué livré mais je n'ai rien reçu, mara@shop.example",
            "non, il n'est nulle part",
            "oui",
        ),
        (
            "mein Paket C-201 ist laut Zusteller zugestellt, aber nicht angekommen. mara@shop.example",
            "nein, nirgends",
            "ja",
        ),
        ("meu pacote C-201 não chegou, diz entregue, mara@shop.example", "não, nada", "sim"),
    ],
    ids=["en", "es", "fr", "de", "pt"],
)
def test_facts_come_first_then_a_claim_in_any_language(trusting: Shop, first: str, second: str, third: str) -> None:
    told, asked, opened = talk = trusting.talk(first, second, third)

    assert "C-201" in text(told)
    assert len(choices(told)) == 2
    assert asked.proposed[0]["kind"] == "not_received"
    assert names(talk) == ["open_claim"]
    assert done(talk)[0]["order"] == "C-201"
    assert done(talk)[0]["shipment"] == "s1"
    assert "CL-" in text(opened)
    assert dropped(talk) == []


def test_who_has_looked_already_is_not_asked_to_look(trusting: Shop) -> None:
    told, *_ = trusting.talk(
        "C-201 says delivered but it isn't here. I looked everywhere and asked all the neighbours. mara@shop.example"
    )

    assert "Please look" not in text(told)
    assert told.proposed[0]["name"] == "open_claim"


def test_found_again_ends_it(trusting: Shop) -> None:
    *_, last = talk = trusting.talk(
        "My parcel C-201 says delivered but it is not here, mara@shop.example", "oh, found it!"
    )

    assert text(last).startswith("Good to hear")
    assert done(talk) == []


@pytest.mark.parametrize(("said", "proposals"), [("yes", 0), ("no", 1), ("no, nothing with the neighbours either", 1)])
def test_whether_it_was_found_takes_yes_and_no(trusting: Shop, said: str, proposals: int) -> None:
    *_, last = trusting.talk("My parcel C-201 says delivered but it is not here, mara@shop.example", said)

    assert len(last.proposed) == proposals


def test_within_a_day_of_the_scan_one_waits_and_the_second_time_a_person_comes(trusting: Shop) -> None:
    told, again = talk = trusting.talk(
        "My parcel C-202 says delivered but it is not here, lee@shop.example", "it is still not here!"
    )

    assert "March 17" in text(told)
    assert told.handoff is None
    assert again.handoff == "policy_exception"
    assert done(talk) == []


def test_no_at_the_read_back_leaves_everything(trusting: Shop) -> None:
    *_, last = talk = trusting.talk(
        "My parcel C-201 says delivered but it is not here, mara@shop.example", "@missing", "no, leave it"
    )

    assert done(talk) == []
    assert "left everything" in text(last)


def test_another_question_comes_between_and_the_first_goes_on(trusting: Shop) -> None:
    _, between, asked, _ = talk = trusting.talk(
        "My parcel C-201 says delivered but it is not here, mara@shop.example",
        "what is the warranty on the mug?",
        "@missing",
        "yes",
    )

    assert "12 months" in text(between)
    assert "Have you found it" in text(between)
    assert asked.proposed
    assert names(talk) == ["open_claim"]


def test_a_claim_is_opened_once(trusting: Shop) -> None:
    *_, later, third = talk = trusting.talk(
        "My parcel C-201 says delivered but it is not here, mara@shop.example", "@missing", "yes",
        "@do:delivery_problem", "@do:delivery_problem",
    )  # fmt: skip

    assert names(talk) == ["open_claim"]
    assert "claim about this already" in text(later)
    assert third.handoff == "policy_exception"


def test_more_proof_is_asked_for_where_policy_wants_it(cautious: Shop) -> None:
    *_, last = talk = cautious.talk("My parcel C-201 says delivered but it is not here, mara@shop.example", "@missing")

    assert done(talk) == []
    assert not last.proposed
    assert last.handoff == "identity" or "code" in text(last)


def test_a_stranger_learns_nothing(trusting: Shop) -> None:
    told, *_ = trusting.talk("My parcel C-201 says delivered but it is not here, stranger@shop.example")

    assert "delivered on" not in text(told)
    assert "March" not in text(told)


def test_somebody_beside_themselves_gets_a_person(trusting: Shop) -> None:
    told, *_ = trusting.talk(
        "this is f***ing ridiculous!!! C-201 says delivered and NOTHING is here!!! mara@shop.example"
    )

    assert told.handoff == "distress"


# --- attempted, quiet, lost


def test_an_attempt_is_told_with_what_comes_next(trusting: Shop) -> None:
    told, *_ = trusting.talk("they tried to deliver C-204 but I wasn't home, tom@shop.example")

    assert "attempt" in text(told)
    assert told.proposed == []


def test_a_quiet_parcel_is_searched_for_by_us(trusting: Shop) -> None:
    told, opened = talk = trusting.talk(
        "my parcel C-208 is stuck and has not moved for days, kai@shop.example", "yes please"
    )

    assert told.proposed[0]["kind"] == "trace"
    assert names(talk) == ["open_claim"]
    assert "don't have to contact the carrier" in text(opened)


@pytest.mark.parametrize("said", ["my money back please", "@outcome:refund"])
def test_a_lost_parcel_is_paid_back_by_choice(trusting: Shop, said: str) -> None:
    told, asked, paid = talk = trusting.talk("where is my order C-203? ana@shop.example", said, "yes")

    assert "lost" in text(told)
    assert choices(told) == ["Send it again", "My money back", "Talk to a person"]
    assert "$99.00" in text(asked)
    assert names(talk) == ["refund"]
    assert (done(talk)[0]["amount"], done(talk)[0]["method"]) == (9900, "original")
    assert "refunded" not in text(paid)
    assert dropped(talk) == []


def test_a_lost_parcel_is_sent_again_where_policy_lets_it(generous: Shop) -> None:
    *_, last = talk = generous.talk("where is my order C-203? ana@shop.example", "@outcome:replace", "yes")

    assert names(talk) == ["reship"]
    assert done(talk)[0]["lines"] == [{"sku": "LAMP-1", "quantity": 1}]
    assert "RS-" in text(last)


def test_a_lost_parcel_to_send_again_waits_for_a_person_where_policy_says_so(trusting: Shop) -> None:
    *_, last = talk = trusting.talk("where is my order C-203? ana@shop.example", "@outcome:replace")

    assert last.handoff == "over_limit"
    assert done(talk) == []


def test_a_change_of_mind_at_the_read_back(generous: Shop) -> None:
    _, first, second, _ = talk = generous.talk(
        "where is my order C-203? ana@shop.example", "@outcome:refund", "actually send me a new one", "yes"
    )

    assert first.proposed[0]["name"] == "refund"
    assert second.proposed[0]["name"] == "reship"
    assert names(talk) == ["reship"]


def test_money_for_what_never_came_is_no_return(trusting: Shop) -> None:
    told, *_ = talk = trusting.talk("I want my money back, my parcel C-203 never came. ana@shop.example", "yes")

    assert told.proposed[0]["name"] == "refund"
    assert names(talk) == ["refund"]


# --- damaged, wrong, missing


def test_a_missing_item_is_paid_back_without_a_return(trusting: Shop) -> None:
    asked, _, paid = talk = trusting.talk("one mug is missing from order C-201, mara@shop.example", "money", "yes")

    assert "My money back" in choices(asked)
    assert names(talk) == ["refund"]
    assert done(talk)[0]["lines"] == [{"sku": "MUG-WHITE", "quantity": 1}]
    assert done(talk)[0]["reason"] == "missing_item"
    assert "submitted to the bank" in text(paid)


def test_a_missing_item_is_sent_again_where_policy_lets_it(generous: Shop) -> None:
    talk = generous.talk("one mug is missing from order C-201, mara@shop.example", "send it again", "yes")

    assert names(talk) == ["reship"]


def test_a_missing_part_is_its_own_matter(trusting: Shop) -> None:
    talk = trusting.talk("a handle is missing on the mug from order C-201, mara@shop.example", "@outcome:refund", "yes")

    assert done(talk)[0]["reason"] == "missing_part"


def test_which_item_is_asked_once_and_taken_by_name(trusting: Shop) -> None:
    asked, after, _ = talk = trusting.talk(
        "something is missing from my order C-201, mara@shop.example", "the mug", "@outcome:refund"
    )

    assert any("mug" in label for label in choices(asked))
    assert "My money back" in choices(after)
    assert talk[-1].proposed[0]["lines"] == [{"sku": "MUG-WHITE", "quantity": 1}]


def test_what_is_broken_goes_back_as_a_return(returning: Shop) -> None:
    talk = returning.talk("the mug arrived broken, order C-201 mara@shop.example", "@outcome:refund", "yes")

    assert names(talk) == ["start_return"]
    assert done(talk)[0]["reason"] == "damaged_in_transit"


def test_what_is_broken_and_cheap_stays_once_a_photo_is_there(trusting: Shop) -> None:
    talk = trusting.talk("the mug arrived broken, order C-201 mara@shop.example", "@outcome:refund", "[photo]", "yes")

    assert "nothing has to come back" in text(talk[2])
    assert names(talk) == ["refund"]


def test_a_replacement_of_what_costs_something_else_now_asks_for_no_means_of_payment(returning: Shop) -> None:
    *_, last = talk = returning.talk("the mug arrived broken, order C-201 mara@shop.example", "@outcome:replace")

    assert "payment method" not in text(last)
    assert last.handoff == "policy_exception"
    assert done(talk) == []


def test_a_photo_is_asked_for_above_the_limit_and_may_be_lacking(trusting: Shop) -> None:
    asked, last = talk = trusting.talk(
        "the scarves arrived torn, order C-201 mara@shop.example", "I can't send a photo"
    )

    assert "photo" in text(asked)
    assert last.handoff is not None
    assert done(talk) == []


def test_with_the_photo_it_goes_on(trusting: Shop) -> None:
    asked, after = trusting.talk("the scarves arrived torn, order C-201 mara@shop.example", "[photo]here it is")

    assert "photo" in text(asked)
    assert "refund of $98.00" in text(after)
    assert after.handoff is None


def test_what_is_wrong_is_asked_where_nobody_said(returning: Shop) -> None:
    asked, after = returning.talk("something is wrong with the mug from C-207, eva@shop.example", "it leaks")

    assert "What is wrong with" in text(asked)
    assert "Refund" in choices(after)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("one of the mugs is missing", "missing_item"),
        ("the box was empty", "missing_item"),
        ("falta una taza", "missing_item"),
        ("es fehlt eine Tasse", "missing_item"),
        ("il manque une tasse", "missing_item"),
        ("only got two of three", "missing_item"),
        ("two screws are missing", "missing_part"),
        ("there's no charger, the charger is missing", "missing_part"),
        ("me faltan tornillos", "missing_part"),
        ("my parcel is missing", ""),
        ("it arrived smashed", "damaged_in_transit"),
        ("you sent me the wrong colour", "wrong_item"),
        ("die Tasse ist kaputt", "defective"),
        ("where is my order", ""),
    ],
)
def test_trouble_is_read_from_plain_words(said: str, reason: str) -> None:
    assert claim_case_words.trouble_in(said) == reason


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        ("it never arrived", True),
        ("says delivered but not here", True),
        ("no ha llegado", True),
        ("nicht angekommen", True),
        ("je n'ai rien reçu", True),
        ("não chegou", True),
        ("I want a refund, my parcel never arrived", True),
        ("I want my money back, my parcel C-203 never came", True),
        ("it arrived broken", False),
        ("I never received my refund", False),
        ("my refund hasn't arrived", False),
        ("I didn't get a confirmation e-mail", False),
        ("ich habe meine Erstattung nicht bekommen", False),
        ("when does it arrive?", False),
    ],
)
def test_what_did_not_come_is_read_from_plain_words(said: str, is_so: bool) -> None:
    assert claim_case_words.is_not_received(said) is is_so


def test_a_serial_number_is_no_order_number() -> None:
    assert claim_case_words.serial_in("it is SN-AB12345678") == "SN-AB12345678"
    assert claim_case_words.serial_in("I don't have it") == ""
