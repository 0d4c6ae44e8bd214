"""What we sign into our mails: made, recognised, rotated, forged."""

import pytest

from channels.email import tokens
from channels.email.mailbox import MAX_NAME, OwnMailbox

KEYS = ["an old key of thirty-two letters!!", "the newest key of thirty-two letters"]
CONV = "c_0123456789abcdefghjkmnpqrs"
ANA = "ana@example.com"
SHOP = "support@shop.example"


def _token(address: str) -> str:
    return tokens.parted(address)[1]


def test_a_reply_token_names_its_conversation_to_its_contact() -> None:
    address = tokens.reply_address(KEYS, SHOP, CONV, ANA)
    assert address.startswith("support+") and address.endswith("@shop.example")
    assert len(address.partition("@")[0]) <= 64 and address == address.lower()
    assert tokens.conversation_of(KEYS, _token(address), ANA) == CONV
    assert tokens.conversation_of(KEYS, _token(address.upper()), "ANA@example.com") == CONV


def test_a_reply_token_says_nothing_to_others() -> None:
    token = _token(tokens.reply_address(KEYS, SHOP, CONV, ANA))
    assert tokens.conversation_of(KEYS, token, "mallory@example.com") == ""


@pytest.mark.parametrize("at", range(0, 42, 3))
def test_a_forged_token_does_not_match(at: int) -> None:
    """Pitfalls 78."""
    token = _token(tokens.reply_address(KEYS, SHOP, CONV, ANA))
    forged = token[:at] + ("a" if token[at] != "a" else "b") + token[at + 1 :]
    assert tokens.conversation_of(KEYS, forged, ANA) == ""
    assert tokens.conversation_of(KEYS, token[:-1], ANA) == tokens.conversation_of(KEYS, "", ANA) == ""


def test_a_key_may_be_replaced() -> None:
    old = _token(tokens.reply_address(KEYS[:1], SHOP, CONV, ANA))
    assert tokens.conversation_of(KEYS, old, ANA) == CONV
    assert tokens.conversation_of(KEYS[1:], old, ANA) == ""
    sent = tokens.message_id(KEYS[:1], CONV, "7", "shop.example")
    assert tokens.sent_as(KEYS, sent) == tokens.Sent(CONV, "7") and tokens.sent_as(KEYS[1:], sent) is None


def test_our_message_ids_are_known_and_repeatable() -> None:
    sent = tokens.message_id(KEYS, CONV, "12-2", "Shop.example")
    assert sent == tokens.message_id(KEYS, CONV, "12-2", "shop.example")
    assert tokens.sent_as(KEYS, sent) == tokens.Sent(CONV, "12-2")
    assert tokens.sent_as(KEYS, sent.upper()) == tokens.Sent(CONV, "12-2"), "some systems change the case"


def test_ids_of_another_installation_never_match() -> None:
    """Pitfalls 83: a customer who runs the same product."""
    theirs = tokens.message_id(["the key of somebody else entirely!!"], CONV, "7", "shop.example")
    assert tokens.sent_as(KEYS, theirs) is None


@pytest.mark.parametrize("change", [("7", "8"), ("shop.example", "evil.example"), ("c.0", "c.1"), ("<c.", "<d.")])
def test_a_forged_message_id_does_not_match(change: tuple[str, str]) -> None:
    """Pitfalls 78: strangers replied into conversations."""
    sent = tokens.message_id(KEYS, CONV, "7", "shop.example")
    head, mac = sent.rsplit(".", 2)[0], sent[len(sent.rsplit(".", 2)[0]) :]
    forged = head.replace(*change) + mac.replace(*change)
    assert forged != sent and tokens.sent_as(KEYS, forged) is None


def test_a_mark_serves_one_purpose_only() -> None:
    reply = _token(tokens.reply_address(KEYS, SHOP, CONV, ANA))
    bounce = _token(tokens.bounce_address(KEYS, SHOP, CONV, "7"))
    assert tokens.bounced(KEYS, bounce) == tokens.Sent(CONV, "7")
    assert tokens.bounced(KEYS, reply) is None and tokens.conversation_of(KEYS, bounce, ANA) == ""
    assert tokens.bounced(KEYS, bounce.replace("b7.", "b8.")) is None
    part = _token(tokens.bounce_address(KEYS, SHOP, CONV, "12-card"))
    assert tokens.bounced(KEYS, part.upper()) == tokens.Sent(CONV, "12-card")


def test_a_local_part_stays_within_its_limit() -> None:
    with pytest.raises(ValueError, match="too long"):
        tokens.reply_address(KEYS, "customer.service.department@shop.example", CONV, ANA)
    assert len(tokens.bounce_address(KEYS, SHOP, CONV, "123456-card").partition("@")[0]) <= 64
    long = "customer.service@shop.example"
    assert tokens.bounce_address(KEYS, long, CONV, "123456-card") == long, "a mail goes out all the same"


@pytest.mark.parametrize("conv", ["", "c_", "x", "c_ABC", "c_short", "c_0123456789abc.efghjkmnpqrs"])
def test_what_is_no_conversation_is_refused(conv: str) -> None:
    with pytest.raises(ValueError, match="public id"):
        tokens.reply_address(KEYS, SHOP, conv, ANA)


def test_own_addresses_are_known_with_and_without_token() -> None:
    own = frozenset({SHOP})
    assert tokens.is_own(own, SHOP) and tokens.is_own(own, "Support+abc@shop.example")
    assert (
        not tokens.is_own(own, "support@other.example") and not tokens.is_own(own, "") and not tokens.is_own(own, ANA)
    )


def test_loop_marks_follow_keys_and_address() -> None:
    marks = tokens.loop_marks(KEYS, SHOP)
    assert len(set(marks)) == 2 and marks == tokens.loop_marks(KEYS, "support+tok@shop.example")
    assert set(marks).isdisjoint(tokens.loop_marks(KEYS, "other@shop.example"))


def test_a_long_chain_is_cut_in_its_middle() -> None:
    """Pitfalls 82: 300 messages stay under 2 KB."""
    chain = [f"<{index:03d}-{'x' * 80}@example.com>" for index in range(300)]
    kept = tokens.capped(chain)
    assert kept[0] == chain[0] and kept[-1] == chain[-1] and list(kept) == sorted(kept)
    assert len(" ".join(kept)) <= 2000 and len(kept) <= 20
    assert tokens.capped([]) == () and tokens.capped(["<a@x>", "", "<a@x>"]) == ("<a@x>",)


@pytest.mark.parametrize("address", ["customer.service.center@shop.example", "shop+support@mail.example"])
def test_an_address_that_cannot_carry_a_token_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="cannot carry our tokens"):
        OwnMailbox(address)
    longest = OwnMailbox(f"{'a' * MAX_NAME}@shop.example").address
    assert tokens.reply_address(KEYS, longest, CONV, ANA)
