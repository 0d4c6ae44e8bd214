"""Proofs: what matches an order, what never does, and which doors each set of proofs opens."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.commerce.model import Address, Buyer
from server.policies.actions import ACTIONS, FREE
from server.policies.identity import (
    CODE_TO_SEE,
    Given,
    Level,
    allows,
    carried,
    level,
    mask_email,
    mask_phone,
    matching,
    matching_customer,
    missing,
    scope,
)
from tests.server.policies.orders import PLACED, customer, order, policy

SHIPPED = policy()
WORDS = ("order_number", "email", "phone", "name", "zip", "otp", "signed_in", "channel")
PAIR = frozenset({"order_number", "email"})


@pytest.mark.parametrize(
    ("given_values", "word"),
    [
        (Given(order_numbers=("#1042",)), "order_number"),
        (Given(order_numbers=(" 1042 ",)), "order_number"),
        (Given(order_numbers=("９９", "１０４２")), "order_number"),
        (Given(emails=("ANA@Example.com ",)), "email"),
        (Given(phones=("(415) 555-0123",)), "phone"),
        (Given(phones=("+1 415 555 0123",)), "phone"),
        (Given(names=("ana maria nunez",)), "name"),
        (Given(names=("Ana-María  NÚÑEZ",)), "name"),
        (Given(zips=("94110-1234",)), "zip"),
        (Given(zips=("94110",)), "zip"),
        (Given(otp=("ana@example.com",)), "otp"),
        (Given(otp=("+14155550123",)), "otp"),
        (Given(channel=("whatsapp:+14155550123",)), "channel"),
        (Given(channel=("14155550123",)), "channel"),
        (Given(channel=("Ana@example.com",)), "channel"),
        (Given(signed_in="c1"), "signed_in"),
    ],
)
def test_a_value_that_is_stored_matches(given_values: Given, word: str) -> None:
    assert matching(order(), given_values) == {word}


@pytest.mark.parametrize(
    "given_values",
    [
        Given(),
        Given(order_numbers=("1043", "104", "", "#")),
        Given(emails=("an.a@example.com", "ana@example.co", "", "@")),
        Given(phones=("+14155550124", "", "no number")),
        Given(names=("Ana Núñez", "", "Núñez")),
        Given(zips=("94111", "9411", "")),
        Given(otp=("eve@example.com", "")),
        Given(channel=("+4915112345678",)),
        Given(channel=("4155550123",)),
        Given(signed_in="c2"),
        Given(signed_in=""),
    ],
)
def test_a_value_that_is_not_stored_never_matches(given_values: Given) -> None:
    assert matching(order(), given_values) == frozenset()


def test_dots_in_an_address_are_kept() -> None:
    held = replace(order(), customer=Buyer("c1", "A", ("a.na@gmail.com",)))
    assert not matching(held, Given(emails=("ana@gmail.com",)))


@pytest.mark.parametrize(
    ("country", "stored", "typed", "is_same"),
    [
        ("GB", "SW1A 1AA", "sw1a1aa", True),
        ("GB", "SW1A 1AA", "SW1A", False),
        ("IE", "D02 X285", "d02x285", True),
        ("US", "10001-2345", "10001", True),
        ("DE", "10115", "10115-9999", False),
        ("CA", "K1A 0B1", "k1a-0b1", True),
        ("HK", "", "", False),
    ],
)
def test_postal_codes_compare_by_country(country: str, stored: str, typed: str, is_same: bool) -> None:
    held = replace(
        order(), customer=Buyer("c1", "A"), ship_to=Address("A", "1 Street", "", "City", "", stored, country)
    )
    assert (matching(held, Given(zips=(typed,))) == {"zip"}) is is_same


def test_a_stored_address_of_the_customer_proves_the_postal_code() -> None:
    record = customer(addresses=(Address(zip="60601", country="US"),))
    assert matching(order(), Given(zips=("60601",)), record) == {"zip"}


def test_another_customers_record_proves_nothing() -> None:
    record = customer(id="c2", addresses=(Address(zip="60601", country="US"),), emails=("eve@example.com",))
    assert not matching(order(), Given(zips=("60601",), emails=("eve@example.com",)), record)


@pytest.mark.parametrize(("days", "word"), [(180, {"channel"}), (181, set())])
def test_an_attested_phone_counts_for_recent_orders(days: int, word: set[str]) -> None:
    now = PLACED + timedelta(days=days)
    assert matching(order(), Given(channel=("+14155550123",)), now=now) == word


def test_an_attested_email_counts_for_old_orders_too() -> None:
    assert matching(order(), Given(channel=("ana@example.com",)), now=PLACED + timedelta(days=900)) == {"channel"}


def test_a_customer_is_matched_without_an_order_number() -> None:
    given_values = Given(order_numbers=("1042",), emails=("ana@example.com",), names=("Ana Maria Nunez",))
    assert matching_customer(customer(), given_values) == {"email", "name"}


def _sets(*names: str) -> list[frozenset[str]]:
    return [frozenset(name.split("+")) for name in names]


Sets = list[frozenset[str]]
READ = _sets("order_number+email", "order_number+name+zip", "channel", "otp", "signed_in")
WRITE = _sets("otp", "signed_in")
RETURN = _sets("order_number+email", "otp", "signed_in")
DOORS: dict[str, Sets] = {
    **dict.fromkeys(ACTIONS, WRITE),
    "read_order": READ,
    "notify_when": READ,
    "start_return": RETURN,
    "verify_identity": [frozenset()],
    "hand_off": [frozenset()],
}


@pytest.mark.parametrize("action", sorted(DOORS))
def test_every_set_of_proofs_against_every_action(action: str) -> None:
    for size in range(len(WORDS) + 1):
        for words in combinations(WORDS, size):
            proofs = frozenset(words)
            assert allows(SHIPPED, action, proofs) == any(way <= proofs for way in DOORS[action]), proofs


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        (frozenset(), "none"),
        (PAIR, "order"),
        (frozenset({"signed_in"}), "customer"),
        (PAIR | {"otp"}, "customer"),
    ],
)
def test_how_far_proofs_reach(proofs: frozenset[str], expected: str) -> None:
    assert scope(SHIPPED, "read_order", proofs) == expected


@pytest.mark.parametrize("action", sorted(DOORS))
def test_a_code_for_seeing_opens_what_reads_and_nothing_else(action: str) -> None:
    reads = action in ("read_order", "notify_when") or action in FREE
    assert allows(SHIPPED, action, frozenset({CODE_TO_SEE})) is reads
    assert (missing(SHIPPED, action, frozenset({CODE_TO_SEE})) == ()) is reads
    assert allows(SHIPPED, action, PAIR | {CODE_TO_SEE}) == allows(SHIPPED, action, PAIR) or reads


def test_a_policy_without_codes_takes_none_for_seeing() -> None:
    rules = policy("identity: {read_order: {any_of: [[order_number, email], [signed_in]]}}")
    assert not allows(rules, "read_order", frozenset({CODE_TO_SEE}))


@pytest.mark.parametrize(("days", "is_carried"), [(0, True), (180, True), (181, False), (400, False)])
def test_a_customers_code_reaches_their_young_orders(days: int, is_carried: bool) -> None:
    words = frozenset({"otp", "otp_see", "email", "name"})
    reached = carried(SHIPPED, order(), words, PLACED + timedelta(days=days))
    assert reached == (frozenset({"otp", "otp_see"}) if is_carried else frozenset())


def test_a_policy_may_let_an_address_alone_prove_the_customer() -> None:
    rules = policy("identity: {read_order: {any_of: [[email], [name, zip]]}, write: {any_of: [[email], [name, zip]]}}")
    assert scope(rules, "start_return", frozenset({"email"})) == "customer"
    assert scope(rules, "cancel_order", frozenset({"name", "zip"})) == "customer"


def test_a_files_write_rule_ends_the_shipped_exceptions() -> None:
    rules = policy("identity: {write: {any_of: [[signed_in]]}}")
    assert not allows(rules, "start_return", PAIR)


def test_a_files_reading_rule_leaves_the_others() -> None:
    rules = policy("identity: {read_order: {any_of: [[signed_in]]}}")
    assert allows(rules, "start_return", PAIR)


def test_the_smallest_missing_sets_come_first() -> None:
    lacking = missing(SHIPPED, "read_order", frozenset({"order_number"}))
    assert lacking[0] in ({"channel"}, {"email"}, {"otp"}, {"signed_in"})
    assert lacking[-1] == {"name", "zip"}


def test_nothing_is_missing_behind_an_open_door() -> None:
    assert missing(SHIPPED, "read_order", PAIR) == ()


@pytest.mark.parametrize("action", sorted(FREE))
def test_asking_for_a_person_needs_no_proof(action: str) -> None:
    assert allows(SHIPPED, action, frozenset())


@pytest.mark.parametrize(
    ("proofs", "stepped_up", "expected"),
    [
        ("", False, "L0"),
        ("order_number", False, "L0"),
        ("email", False, "L0"),
        ("order_number+email", False, "L1"),
        ("order_number+name+zip", False, "L1"),
        ("channel", False, "L1"),
        ("otp_see", False, "L1"),
        ("otp", False, "L2"),
        ("signed_in", False, "L3"),
        ("otp", True, "L4"),
        ("signed_in", True, "L4"),
        ("order_number+email", True, "L1"),
    ],
)
def test_levels_for_the_screen(proofs: str, stepped_up: bool, expected: Level) -> None:
    assert level(frozenset(filter(None, proofs.split("+"))), is_stepped_up=stepped_up) == expected


@pytest.mark.parametrize(
    ("address", "masked"),
    [("dana@example.com", "d•••@e•••.com"), ("x@y.co.uk", "x•••@y•••.uk"), ("nonsense", "•••"), ("@a.b", "•••")],
)
def test_masks_have_one_length(address: str, masked: str) -> None:
    assert mask_email(address) == masked


@pytest.mark.parametrize(("number", "masked"), [("+1 555 010 1234", "•••34"), ("12", "•••")])
def test_a_phone_is_masked_to_two_digits(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


anything = st.one_of(st.text(max_size=12), st.sampled_from(["#1042", "ana@example.com", "94110", "c1", "+14155550123"]))
some = st.lists(anything, max_size=3).map(tuple)


@settings(max_examples=80, deadline=None)
@given(st.builds(Given, some, some, some, some, some, some, some, st.none() | anything))
def test_nothing_of_another_order_ever_matches(given_values: Given) -> None:
    other = replace(
        order(),
        number="#777000777000",
        customer=Buyer("another-customer", "Somebody Entirely Else", ("nobody-else@example.net",), ("+4930901820",)),
        ship_to=Address("", "", "", "", "", "ZX99999YQ", "GB"),
    )
    assert matching(other, given_values) == frozenset()


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(WORDS)), st.sets(st.sampled_from(WORDS)), st.sampled_from(sorted(DOORS)))
def test_more_proofs_never_close_a_door(few: set[str], more: set[str], action: str) -> None:
    assert allows(SHIPPED, action, frozenset(few | more)) >= allows(SHIPPED, action, frozenset(few))


def test_one_proven_order_may_be_seen_but_not_changed() -> None:
    for proofs in (frozenset({"otp"}), frozenset({"signed_in"})):
        assert allows(SHIPPED, "cancel_order", proofs)
    assert not allows(SHIPPED, "cancel_order", PAIR)


def test_an_empty_file_is_the_shipped_policy() -> None:
    assert policy("{}").hash == SHIPPED.hash
