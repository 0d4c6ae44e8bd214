"""Answers of label providers at the edge."""

import json

import pytest

from server.commerce.labels import wire
from server.commerce.outside import Reply
from server.errors import StoreRefused, StoreUnavailable

JSON = {"content-type": "application/json"}


def reply(status: int, body: object) -> Reply:
    """An answer of theirs."""
    return Reply(status, JSON, json.dumps(body).encode())


@pytest.mark.parametrize("status", [401, 403, 408, 409, 425])
def test_what_may_be_mended_or_repeated_is_not_now(status: int) -> None:
    with pytest.raises(StoreUnavailable):
        wire.accepted("EasyPost", reply(status, {"error": "x"}))


@pytest.mark.parametrize("status", [400, 402, 404, 422])
def test_any_other_no_is_for_good_when_writing_and_not_now_when_reading(status: int) -> None:
    with pytest.raises(StoreRefused, match="EasyPost says no: x"):
        wire.accepted("EasyPost", reply(status, {"error": {"message": "x"}}))
    with pytest.raises(StoreUnavailable):
        wire.read("EasyPost", reply(status, {"error": {"message": "x"}}))


@pytest.mark.parametrize("body", [[], "text", None, 3])
def test_an_answer_that_is_no_object_is_not_now(body: object) -> None:
    with pytest.raises(StoreUnavailable):
        wire.accepted("Shippo", reply(200, body))


def test_an_error_page_is_a_status() -> None:
    page = Reply(400, {"content-type": "text/html"}, b"<html>secret</html>")
    assert wire.complaint(page) == "status 400"


def test_complaints_are_cleaned_and_cut() -> None:
    text = wire.complaint(reply(400, {"detail": "a\u0000b\n" + "c" * 1000}))
    assert text.startswith("a b c")
    assert len(text) == 300


def test_a_complaint_nested_without_end_ends() -> None:
    deep: object = "bottom"
    for _ in range(50):
        deep = [deep]
    assert wire.complaint(reply(400, deep)) == "status 400"


@pytest.mark.parametrize(
    ("url", "passes"),
    [
        ("https://labels.example/a.pdf?Signature=x%3D", True),
        ("http://labels.example/a.pdf", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("//labels.example/a.pdf", False),
        ("https://[bad", False),
        ("https://labels.example/" + "a" * 2000, False),
        (None, False),
        (7, False),
    ],
)
def test_only_https_links_pass(url: object, passes: bool) -> None:
    assert (wire.https(url) is not None) is passes
