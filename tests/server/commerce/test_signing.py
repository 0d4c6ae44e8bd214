"""Signatures of our own contracts: what is accepted, and that the least change is not."""

from datetime import UTC, datetime, timedelta

import pytest

from server.commerce.signing import is_signed, sign

SECRET = "wh_secret_1"
AT = datetime(2026, 1, 1, tzinfo=UTC)
BODY = b'{"name":"#1001"}'
HEADER = "t=1767225600,v1=bb5ec49c09dea146ab5adf50416d7dd454280e6f03026884e52b569ae30721ae"


def accepts(
    header: str | None = HEADER,
    *,
    secrets: tuple[str, ...] = (SECRET,),
    method: str = "POST",
    path: str = "/orders/search",
    body: bytes = BODY,
    now: datetime = AT,
) -> bool:
    return is_signed(secrets, header, method, path, body, now)


def test_the_published_example_is_what_we_sign_and_accept() -> None:
    assert sign(SECRET, "POST", "/orders/search", BODY, AT) == HEADER
    assert accepts()


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    assert accepts(now=AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_early_signature_is_refused(seconds: int) -> None:
    assert not accepts(now=AT + timedelta(seconds=seconds))


def test_any_other_method_path_query_body_or_secret_is_refused() -> None:
    assert not accepts(method="GET")
    assert not accepts(path="/orders/search/")
    assert not accepts(path="/orders/search?page=2")
    assert not accepts(body=BODY + b" ")
    assert not accepts(secrets=("wh_secret_2",))


def test_a_secret_may_be_changed_from_either_side() -> None:
    assert accepts(secrets=("new", SECRET))
    new = sign("new", "POST", "/orders/search", BODY, AT).partition(",")[2]
    assert accepts(f"t=1767225600,{new},{HEADER.partition(',')[2]}", secrets=(SECRET,))
    assert accepts(f"t=1767225600,{new},{HEADER.partition(',')[2]}", secrets=("new",))


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_is_accepted(secrets: tuple[str, ...]) -> None:
    assert not accepts(secrets=secrets)
    assert not accepts(sign("", "POST", "/orders/search", BODY, AT), secrets=secrets)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "t=,v1=", "v1=" + "0" * 64, "t=1767225600", HEADER.replace("t=", "t=x"), HEADER + ",t=1767225600",
        HEADER.replace("1767225600", "１７６７２２５６００"), HEADER.replace("v1=", "v2="), HEADER[:-1],
        "t=1767225600," + ",".join(["v1=" + "0" * 64] * 60), "t=" + "9" * 400 + ",v1=" + "0" * 64, "=" * 500,
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused(header: str | None) -> None:
    assert not accepts(header)


def test_the_header_may_have_blanks_and_large_letters() -> None:
    stamp, _, v1 = HEADER.partition(",")
    assert accepts(f"{stamp}, v1={v1.removeprefix('v1=').upper()}")


def test_times_of_any_zone_sign_the_same() -> None:
    east = AT.astimezone(tz=datetime.fromisoformat("2026-01-01T09:00:00+09:00").tzinfo)
    assert sign(SECRET, "post", "/orders/search", BODY, east) == HEADER
