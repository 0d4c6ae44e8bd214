"""Signatures as Twilio makes them: its own algorithm written out here, and every way to get round it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import pytest

from channels.twilio.signing import is_signed, read_form

URL = "https://h/p?x=1"
FORM = {"B": ["2"], "A": ["1", "0", "1"], "E": [""]}
VECTOR = "qDa7Wi+qf+bNYYcbJh5HIUBc+Po="
"""Of `https://h/p?x=1A0A1B2E` under `secret`."""
SHARED = "key=webhooks_sharedkey_01,algorithm=HMAC_SHA256"


def sign(token: str, text: str, algorithm: str = "sha1") -> str:
    """base64(HMAC(token, text))."""
    return base64.b64encode(hmac.new(token.encode(), text.encode(), algorithm).digest()).decode()


def test_the_published_arithmetic_fits() -> None:
    assert sign("secret", "https://h/p?x=1A0A1B2E") == VECTOR
    assert is_signed(["secret"], URL, FORM, VECTOR)


def test_a_body_is_read_with_every_value_as_it_was_sent() -> None:
    assert read_form(b"B=2&A=1&A=0&A=1&E=&F=+a%20b+&caf%C3%A9=%0A") == {
        "B": ["2"], "A": ["1", "0", "1"], "E": [""], "F": [" a b "], "café": ["\n"],
    }  # fmt: skip
    with pytest.raises(ValueError):
        read_form(b"A=\xff")


@pytest.mark.parametrize(
    "asked, signed",
    [
        ("https://shop.example/webhooks/twilio/messages", "https://shop.example/webhooks/twilio/messages"),
        ("https://shop.example/w?x=1&y=%20a", "https://shop.example/w?x=1&y=%20a"),
        ("https://shop.example/p/caf%C3%A9%20x", "https://shop.example/p/caf%C3%A9%20x"),
        ("https://shop.example:8443/w", "https://shop.example:8443/w"),
        ("https://shop.example:8443/w", "https://shop.example/w"),
        ("https://shop.example/w", "https://shop.example:443/w"),
        ("http://127.0.0.1:8000/w", "http://127.0.0.1:8000/w"),
        ("wss://shop.example/webhooks/twilio/relay", "wss://shop.example/webhooks/twilio/relay"),
        ("ws://127.0.0.1:8000/webhooks/twilio/relay", "ws://127.0.0.1:8000/webhooks/twilio/relay"),
        ("https://shop.example/w?", "https://shop.example/w?"),
    ],
)
def test_proxies_ports_queries_and_encoded_paths(asked: str, signed: str) -> None:
    """pitfalls.md 94: {proxy, port, query, encoded path} valid, tampered invalid."""
    signature = sign("secret", signed + "Bodyé 🚚From+1")
    form = {"From": ["+1"], "Body": ["é 🚚"]}
    assert is_signed(["secret"], asked, form, signature)
    assert not is_signed(["secret"], asked, {**form, "Body": ["e 🚚"]}, signature)
    assert not is_signed(["secret"], asked + "x", form, signature)
    assert not is_signed(["other"], asked, form, signature)


@pytest.mark.parametrize(
    "signature", [None, "", " ", "x", VECTOR.lower(), VECTOR[:-1], VECTOR + "=", "é", VECTOR + " "]
)
def test_what_is_no_signature_is_refused(signature: str | None) -> None:
    """pitfalls.md 96: a missing header is a refusal, never an exception."""
    assert not is_signed(["secret"], URL, FORM, signature)


@pytest.mark.parametrize(
    "tokens, is_good", [(["secret", "old"], True), (["old", "secret"], True), (["old"], False), ([], False)]
)
def test_several_tokens_count_while_one_is_replaced(tokens: Sequence[str], is_good: bool) -> None:
    assert is_signed(tokens, URL, FORM, VECTOR) is is_good


def test_an_empty_token_signs_nothing() -> None:
    """pitfalls.md 95: a missing token is no open door."""
    assert not is_signed([""], URL, FORM, sign("", "https://h/p?x=1A0A1B2E"))


def test_a_shared_key_signs_with_sha_256() -> None:
    signature = sign("shared", "https://h/p?x=1A0A1B2E", "sha256")
    assert is_signed(["secret", "shared"], URL, FORM, signature, SHARED)
    assert is_signed(["shared"], URL, FORM, signature, SHARED.lower().replace("hmac_sha256", "HMAC_sha256"))
    assert not is_signed(["shared"], URL, FORM, signature)
    assert not is_signed(["secret"], URL, FORM, VECTOR, SHARED)
    assert not is_signed(["secret"], URL, FORM, VECTOR, "key=k,algorithm=NONE")


def test_a_json_body_is_signed_by_its_hash_in_the_url() -> None:
    body = '{"a":"é"}'
    url = f"https://h/p?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    assert is_signed(["secret"], url, body, sign("secret", url))
    assert not is_signed(["secret"], url, body + " ", sign("secret", url))
    assert not is_signed(["secret"], "https://h/p", body, sign("secret", "https://h/p"))
    twice = f"{url}&bodySHA256={'0' * 64}"
    assert not is_signed(["secret"], twice, body, sign("secret", twice))


def test_a_call_without_fields_is_signed_by_its_url() -> None:
    assert is_signed(["secret"], URL, {}, sign("secret", URL))
    assert not is_signed(["secret"], URL, {"A": ["1"]}, sign("secret", URL))
