"""The JSON edge: times that say no more than the carrier did, text that cannot do harm, fields of the wrong kind."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.commerce.carriers import reading
from server.commerce.carriers.moments import expected, instant, stamp, window


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-11-20T18:00:00Z", {"at": "2026-11-20T18:00:00+00:00"}),
        ("2026-11-20T12:00:00-06:00", {"at": "2026-11-20T12:00:00-06:00"}),
        ("2026-11-20 12:00:00", {"at": "2026-11-20T12:00:00", "local": True}),
        ("2026-11-20T12:00:00", {"at": "2026-11-20T12:00:00", "local": True}),
        ("2026-11-20", {"at": "2026-11-20"}),
        ("2023-04-20T14: 55: 13Z", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("", None),
        (None, None),
        (1767225600, None),
    ],
)
def test_scan_times_keep_their_offset_or_say_that_they_are_local(told: object, at: object) -> None:
    assert stamp(told) == at


def test_times_of_a_known_clock_get_its_zone() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert stamp("2026-11-20T23:30:00", india) == {"at": "2026-11-20T23:30:00+05:30"}
    assert stamp("2026-11-20T18:00:00Z", india) == {"at": "2026-11-20T18:00:00+00:00"}


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23T00:00:00Z", "2026-11-23"),
        ("2026-11-23T23:59:59Z", "2026-11-23"),
        ("2026-11-23T17:00:00", "2026-11-23"),
        ("2026-11-23T17:00:00-06:00", "2026-11-23T17:00:00-06:00"),
        ("soon", None),
        (None, None),
    ],
)
def test_an_estimate_is_never_given_an_hour(told: object, end: str | None) -> None:
    assert expected(told) == end


def test_windows_keep_both_ends() -> None:
    assert window("2026-11-23", None, "carrier") == {"min": "2026-11-23", "max": "2026-11-23", "source": "carrier"}
    assert window(None, None, "carrier") is None
    hours = window("2026-11-23T12:00:00-06:00", "2026-11-23T15:00:00-06:00", "carrier")
    assert hours == {"min": "2026-11-23T12:00:00-06:00", "max": "2026-11-23T15:00:00-06:00", "source": "carrier"}
    mixed = window("2026-11-22", "2026-11-23T15:00:00-06:00", "carrier")
    assert mixed == {"min": "2026-11-22", "max": "2026-11-23", "source": "carrier"}


def test_instants_need_an_offset_or_are_seconds() -> None:
    assert instant("2026-11-20T12:00:00-06:00") == datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert instant(1767225600) == datetime(2026, 1, 1, tzinfo=UTC)
    assert instant("2026-11-20T12:00:00") is None
    assert instant(10**30) is None
    assert instant(True) is None


def test_text_is_cleaned_and_short() -> None:
    assert reading.cleaned(" Left\x00 at\u202e the\n door\ud800 ") == "Left at the door"
    assert reading.cleaned("x" * 1000) == "x" * 300
    assert reading.cleaned("\x00\u200b ") is None
    assert reading.cleaned(420714276042) == "420714276042"
    assert reading.cleaned(True) is None
    assert reading.cleaned(1.5) is None


def test_only_https_links_pass() -> None:
    raw = {
        "a": "http://track.example/1",
        "b": "javascript:alert(1)",
        "c": 'https://x.example/"><b>',
        "d": "https://x.example/1",
    }
    assert reading.link(raw, "a", "b", "c") is None
    assert reading.link(raw, "a", "b", "c", "d") == "https://x.example/1"


def test_fields_of_the_wrong_kind_are_empty() -> None:
    raw: dict[str, object] = {"list": [1, {"a": 1}, None], "text": "x", "number": "12", "none": None, "flag": True}
    assert reading.part(raw, "list") == {}
    assert reading.parts(raw, "list") == [{"a": 1}]
    assert reading.parts(raw, "text") == []
    assert reading.whole(raw, "number") == 12
    assert reading.whole(raw, "text") is None
    assert reading.whole(raw, "flag") is None
    assert reading.word(raw, "none") == ""


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        reading.decode(body)


def test_a_parcel_needs_a_number() -> None:
    assert reading.tracking_number({"n": " 9400 1000 0000 "}, "n") == "940010000000"
    for nothing in (None, "", "x" * 65, ["1"]):
        with pytest.raises(ValueError, match="missing"):
            reading.tracking_number({"n": nothing}, "n")
