"""Meta's signatures: over the raw bytes, under any of our secrets, and never without one."""

import hashlib
import hmac

import pytest

from channels.meta.signing import is_signed, is_token, sign

BODY = '{"object":"page","name":"Zoë 🧣"}'.encode()
SECRET = "app-secret"


def test_the_signature_is_the_hmac_of_the_raw_bytes() -> None:
    expected = "sha256=" + hmac.new(b"app-secret", BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, BODY) == expected
    assert is_signed([SECRET], BODY, expected)


def test_the_standards_own_vector_fits() -> None:
    """RFC 4231, test case 2."""
    signature = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert is_signed(["Jefe"], b"what do ya want for nothing?", signature)


def test_hexadecimal_in_capitals_is_the_same() -> None:
    digest = sign(SECRET, BODY).removeprefix("sha256=")
    assert is_signed([SECRET], BODY, f"sha256={digest.upper()}")


def test_an_old_secret_counts_while_it_is_replaced() -> None:
    assert is_signed(["new-secret", SECRET], BODY, sign(SECRET, BODY))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        sign("another", BODY),
        sign(SECRET, BODY).removeprefix("sha256="),
        sign(SECRET, BODY).replace("sha256=", "sha1="),
        sign(SECRET, BODY) + "0",
        sign(SECRET, BODY)[:-1],
        sign(SECRET, BODY).replace("sha256=", "sha256=,"),
        "sha256=" + "é" * 64,
    ],
)
def test_nothing_else_is_signed(signature: str) -> None:
    assert not is_signed([SECRET], BODY, signature)


def test_a_body_that_was_written_again_does_not_fit() -> None:
    rewritten = BODY.replace("ë".encode(), b"\\u00eb")
    assert not is_signed([SECRET], rewritten, sign(SECRET, BODY))


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(["", ""], BODY, sign("", BODY))
    assert not is_signed([], BODY, sign("", BODY))


def test_an_empty_token_is_nobodys() -> None:
    assert is_token("chosen", "chosen")
    assert not is_token("", "")
    assert not is_token("chosen", "chosen ")
    assert not is_token("chosen", "é")
