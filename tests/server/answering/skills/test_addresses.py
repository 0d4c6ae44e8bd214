"""Another address in conversation: of an order, of the customer, of both; read, completed, read back, and then changed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.answering.skills.changing_shop import EMAIL, HOME, Talk, line, opened, order


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with await opened(tmp_path) as stage:
        yield Talk(stage)


def address(line1: str, city: str, region: str, code: str, line2: str = "", country: str = "US") -> dict[str, str]:
    return {
        "name": "Mei Kovacs",
        "line1": line1,
        "line2": line2,
        "city": city,
        "region": region,
        "zip": code,
        "country": country,
    }


def moved(number: str, where: dict[str, str]) -> dict[str, Any]:
    return {"name": "change_address", "order": f"#{number}", "address": where}


def profile(where: dict[str, str]) -> dict[str, Any]:
    return {"name": "change_address", "address": where}


OAK = address("5 Oak Ave", "Austin", "TX", "78701")
PINE = address("22 Pine Rd", "Omaha", "NE", "68104")


@pytest.mark.parametrize(
    ("opening", "yes", "where"),
    [
        (
            "Change the address of order #W1001 to 101 Highway, Suite 5, New York, NY 10001.",
            "yes",
            address("101 Highway", "New York", "NY", "10001", "Suite 5"),
        ),
        (
            "please ship order W1001 to 2814 Lakeview Highway, Suite 12, Fort Worth, Texas 76165 instead",
            "yes",
            address("2814 Lakeview Highway", "Fort Worth", "TX", "76165", "Suite 12"),
        ),
        (
            "new delivery address for W1001: 10 Downing Street, London SW1A 2AA, United Kingdom",
            "yes",
            address("10 Downing Street", "London", "", "SW1A 2AA", country="GB"),
        ),
        (
            "Bitte die Lieferadresse von Bestellung W1001 ändern: Musterstr. 5, 10115 Berlin, Deutschland.",
            "ja bitte",
            address("Musterstr. 5", "Berlin", "", "10115", country="DE"),
        ),
        (
            "Quiero cambiar la dirección del pedido W1001 a Calle Mayor 5, 3º B, 28013 Madrid, España.",
            "sí",
            address("Calle Mayor 5", "Madrid", "", "28013", "3º B", "ES"),
        ),
        (
            "Je voudrais changer l'adresse de la commande W1001 : 12 bis rue de la Paix, 75002 Paris, France.",
            "oui",
            address("12 bis rue de la Paix", "Paris", "", "75002", country="FR"),
        ),
        (
            "Quero mudar o endereço do pedido W1001 para Rua das Flores, 123, apto 45, São Paulo - SP, 01310-100, Brasil.",
            "sim",
            address("Rua das Flores, 123", "São Paulo", "SP", "01310-100", "apto 45", "BR"),
        ),
        (
            "Quero alterar a morada da encomenda W1001 para Rua Augusta 25, 1100-053 Lisboa, Portugal.",
            "sim",
            address("Rua Augusta 25", "Lisboa", "", "1100-053", country="PT"),
        ),
    ],
)
async def test_an_address_is_read_out_of_free_text(talk: Talk, opening: str, yes: str, where: dict[str, str]) -> None:
    await talk.say(f"{opening} {EMAIL}")
    assert talk.actions == [] and len(talk.heard.proposed) == 1
    assert all(part in talk.reply.replace("\u202f", " ") for part in where.values())

    await talk.say(yes)

    assert talk.actions == [moved("W1001", where)]
    stored = (await talk.order("W1001")).ship_to
    assert {key: getattr(stored, key) for key in where} == where


async def test_what_is_missing_is_asked_for_by_its_name(talk: Talk) -> None:
    await talk.say(f"Change the address of order W1001 {EMAIL}")
    assert "Where should order #W1001 go" in talk.reply

    await talk.say("5 Oak Ave")
    assert "city" in talk.reply and "postal code" in talk.reply and talk.heard.proposed == []

    await talk.say("Austin, TX 78701", "yes")
    assert talk.actions == [moved("W1001", OAK)]


async def test_only_the_postal_code_is_missing(talk: Talk) -> None:
    await talk.say(f"Change the address of order W1001 to 5 Oak Ave, Austin, TX {EMAIL}")
    assert "postal code" in talk.reply and "city" not in talk.reply

    await talk.say("78701", "yes")
    assert talk.actions == [moved("W1001", OAK)]


async def test_a_unit_is_added_before_the_yes(talk: Talk) -> None:
    await talk.say(
        f"Change the address of order W1001 to 5 Oak Ave, Austin, TX 78701 {EMAIL}", "add Apt 4 please", "yes"
    )

    assert talk.actions == [moved("W1001", {**OAK, "line2": "Apt 4"})]


async def test_a_change_of_mind_before_the_yes(talk: Talk) -> None:
    await talk.say(
        f"Change the address of order W1001 to 5 Oak Ave, Austin, TX 78701 {EMAIL}",
        "no, better send it to 22 Pine Rd, Omaha, NE 68104",
        "yes",
    )

    assert talk.actions == [moved("W1001", PINE)]


async def test_a_wrong_postal_code_alone_keeps_the_rest(talk: Talk) -> None:
    await talk.say(f"The address on order W1001 has a typo, the zip code should be 28237 {EMAIL}", "yes")

    assert talk.actions == [moved("W1001", {**HOME, "zip": "28237"})]


async def test_no_changes_nothing(talk: Talk) -> None:
    await talk.say(f"Change the address of order W1001 to 5 Oak Ave, Austin, TX 78701 {EMAIL}", "no")

    assert talk.actions == [] and (await talk.order("W1001")).ship_to.line1 == HOME["line1"]


async def test_the_default_address(talk: Talk) -> None:
    await talk.say(f"Update my default address to 22 Pine Rd, Omaha, NE 68104. {EMAIL}")
    assert "Your default address would then be" in talk.reply

    await talk.say("yes")
    assert talk.actions == [profile(PINE)]
    record = await talk.stage.services.store.customer("mei_kovacs_8020")
    assert record is not None and record.addresses[0].line1 == "22 Pine Rd"
    assert (await talk.order("W1001")).ship_to.line1 == HOME["line1"]


async def test_an_order_and_the_default_address_one_after_the_other(talk: Talk) -> None:
    await talk.say(
        f"I moved. Update the address on W1001 and my default address too: 22 Pine Rd, Omaha, NE 68104. {EMAIL}"
    )
    assert "#W1001" in talk.reply and "default" not in talk.reply

    await talk.say("yes", "yes")
    assert talk.actions == [moved("W1001", PINE), profile(PINE)]


async def test_the_default_address_is_said_afterwards(talk: Talk) -> None:
    await talk.say(
        f"Change the address of order W1001 to 22 Pine Rd, Omaha, NE 68104. {EMAIL}",
        "and my default address as well",
        "yes",
        "yes",
    )

    assert talk.actions == [moved("W1001", PINE), profile(PINE)]


async def test_all_open_orders_go_there(talk: Talk) -> None:
    await talk.say(f"Send all my pending orders to 22 Pine Rd, Omaha, NE 68104, I moved. {EMAIL}", "yes", "yes")

    assert sorted(each["order"] for each in talk.actions) == ["#W1001", "#W1002"]
    assert [each["address"] for each in talk.actions] == [PINE, PINE]


LAKE = address("9 Lake Road", "Denver", "CO", "80201")


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("ship order W1001 to the same address as order W1002", moved("W1001", LAKE)),
        ("change the address of W1001 to the address on order W1002 please", moved("W1001", LAKE)),
        ("change the address of order W1002 to my default address", moved("W1002", dict(HOME))),
        ("ship W1002 to the address in my profile", moved("W1002", dict(HOME))),
    ],
)
async def test_the_address_of_another_record(talk: Talk, text: str, action: dict[str, Any]) -> None:
    await talk.say(f"{text} {EMAIL}", "yes")

    assert talk.actions == [action]


async def test_somebody_else_s_address_is_not_copied(talk: Talk) -> None:
    await talk.say(f"ship order W1001 to the same address as order X2001 {EMAIL}", "yes")

    assert talk.actions == []


async def test_the_same_address_changes_nothing(talk: Talk) -> None:
    await talk.say(f"Change the address of order W1001 to 317 Elm Street, Suite 461, Charlotte, NC 28236 {EMAIL}")

    assert "already goes to that address" in talk.reply and talk.heard.proposed == []


@pytest.mark.parametrize(
    ("number", "said"), [("W1003", "left us already"), ("W1004", "has arrived"), ("W1006", "being packed")]
)
async def test_what_has_left_keeps_its_address(talk: Talk, number: str, said: str) -> None:
    await talk.say(f"change the address of {number} to 5 Oak Ave, Austin, TX 78701 {EMAIL}", "yes")

    assert said in talk.said[0] and talk.actions == []


async def test_a_post_office_box_is_warned_about(talk: Talk) -> None:
    await talk.say(f"change the address of W1001 to P.O. Box 123, Austin, TX 78701 {EMAIL}")
    assert "post office box" in talk.reply

    await talk.say("yes")
    assert talk.actions == [moved("W1001", address("P.O. Box 123", "Austin", "TX", "78701"))]


async def test_nothing_that_a_table_or_printer_would_run_gets_in(talk: Talk) -> None:
    await talk.say(
        f"change the address of W1001 to 5 Oak\u202e Ave\x07, =HYPERLINK(1), Austin, TX 78701 {EMAIL}", "yes"
    )

    for action in talk.actions:
        for value in action["address"].values():
            assert not value.startswith(("=", "+", "-", "@")) and value.isprintable()
    assert len(talk.actions) == 1


async def test_a_house_number_is_no_order(talk: Talk) -> None:
    await talk.say(f"Change address of order W1001 to 1002 Elm Street, Omaha, NE 68104 {EMAIL}", "yes")

    assert talk.actions == [moved("W1001", address("1002 Elm Street", "Omaha", "NE", "68104"))]


async def test_who_only_asks_where_it_goes_hears_it(talk: Talk) -> None:
    await talk.say(f"what is the shipping address on my order W1001? {EMAIL}")

    assert "317 Elm Street, Suite 461, Charlotte" in talk.reply and talk.heard.proposed == [] and talk.actions == []


async def test_the_same_for_another_order(talk: Talk) -> None:
    await talk.say(
        f"change the address of W1001 to 22 Pine Rd, Omaha, NE 68104 {EMAIL}",
        "yes",
        "the same for order W1002 please",
        "yes",
    )

    assert talk.actions == [moved("W1001", PINE), moved("W1002", PINE)]


async def test_name_and_postal_code_prove_and_are_no_new_address(talk: Talk) -> None:
    await talk.say(
        "Hi, I need to change the shipping address on my pending order.",
        "My name is Mei Kovacs and my zip code is 28236.",
        "It's order #W1002",
        "101 Highway, Suite 5, New York, NY, 10001",
        "Yes, that's correct, please proceed.",
    )

    assert talk.actions == [moved("W1002", address("101 Highway", "New York", "NY", "10001", "Suite 5"))]


async def test_all_in_one_message(talk: Talk) -> None:
    await talk.say(
        "I'd like to modify the address of order #W1001. My name is Mei Kovacs, zip 28236. "
        "The new address is 101 Highway, Suite 5, New York, New York, 10001, USA",
        "yes",
    )

    assert talk.actions == [moved("W1001", address("101 Highway", "New York", "NY", "10001", "Suite 5"))]


async def test_a_cancellation_and_an_address_in_one_message(talk: Talk) -> None:
    await talk.say(
        f"Cancel W1001 because I no longer need it, and change the address of W1002 to 5 Oak Ave, Austin, TX 78701. {EMAIL}",
        "yes",
        "yes",
    )

    expected = [{"name": "cancel_order", "order": "#W1001", "reason": "no longer needed"}, moved("W1002", OAK)]
    assert sorted(talk.actions, key=str) == sorted(expected, key=str)


async def test_a_question_in_between_and_back(talk: Talk) -> None:
    await talk.say(f"Change the address of order W1001 {EMAIL}", "where is my order W1003?")
    assert "#W1003" in talk.reply

    await talk.say("5 Oak Ave, Austin, TX 78701", "yes")
    assert talk.actions == [moved("W1001", OAK)]


async def test_the_shipped_policy_wants_more_than_a_number_and_an_address(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say(f"change the address of W1001 to 5 Oak Ave, Austin, TX 78701 {EMAIL}", "yes")

        assert talk.actions == [] and HOME["line1"] not in " ".join(talk.said)


async def test_the_shipped_policy_and_a_code(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say(f"change the address of W1002 to 5 Oak Ave, Austin, TX 78701 {EMAIL}")
        assert talk.heard.proposed == [] and HOME["line1"] not in talk.reply

        await talk.say(str(stage.postbox.code))
        assert "5 Oak Ave, Austin, TX 78701" in talk.reply

        await talk.say("yes")
        assert talk.actions == [moved("W1002", OAK)]


async def test_the_shipped_policy_and_a_signed_in_customer(tmp_path: Path) -> None:
    async with await opened(tmp_path, "") as stage:
        talk = Talk(stage)
        await talk.say(
            "change the address of W1002 to 317 Elm Street, Apt 9, Charlotte, NC 28236", signed_in="mei_kovacs_8020"
        )
        await talk.say("yes", signed_in="mei_kovacs_8020")

        assert talk.actions == [moved("W1002", {**HOME, "line2": "Apt 9"})]


async def test_a_hold_for_fraud_is_never_named(tmp_path: Path) -> None:
    held = order(
        "W1010",
        line("l1", "Watch", 9000),
        fulfilment="on_hold",
        holds=[{"reason": "fraud_review", "since": "2026-11-19T09:00:00Z"}],
    )
    async with await opened(tmp_path, "", [held]) as stage:
        talk = Talk(stage)
        await talk.say("change the address of W1010 to 5 Oak Ave, Austin, TX 78701", signed_in="mei_kovacs_8020")

        assert talk.handed == ["policy_exception"] and "fraud" not in talk.reply.lower()
