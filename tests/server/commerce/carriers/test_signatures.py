"""Who may tell us where a parcel is: signatures of all providers, and everything that must not pass for one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from server.commerce.carriers.registry import hooks_for
from server.settings import CarrierSettings
from tests.support.carriers import NOW, PROVIDERS, webhook

SIGNED_AT = datetime.fromtimestamp(1767225600, UTC)
SECRET = "wh_secret_1"
NUMBER = "1ZA1B2C30300000012"
EVENTS = [{"at": "2026-11-20T17:40:00+00:00", "code": "out_for_delivery", "city": "Omaha"}]
OWN = CarrierSettings()

# Computed once by independent means over the exact bytes of the body.
VECTORS = [
    (
        "easypost",
        "sécret",
        "x-hmac-signature",
        "hmac-sha256-hex=da089d45155a8176c69b1baeff46e94b189b0f6b3b7270eaa20ae66ea265f889",
        '{"id":"evt_1","object":"Event","mode":"test","description":"tracker.updated","result":{"id":"trk_1",'
        '"object":"Tracker","tracking_code":"EZ2000000002","status":"in_transit"}}',
        "EZ2000000002",
    ),
    (
        "aftership",
        SECRET,
        "aftership-hmac-sha256",
        "YcuEmB21xCu3oj9EaVgXTfYtyqeLmaFW/Ut0N2c7YZo=",
        '{"ts":1767225600,"event":"tracking_update","event_id":"5b0c7c1e-3a52-4c7e-9a51-0d9b8f1e2a11",'
        '"is_tracking_first_tag":true,"msg":{"tracking_number":"9400100000000000000006","tag":"OutForDelivery"}}',
        "9400100000000000000006",
    ),
    (
        "shippo",
        SECRET,
        "shippo-auth-signature",
        "t=1767225600,v1=b3bd3b0078aff3cfa2f18ef2c748351e52c3621f84ba6eeaa3eb8b852ed0fe39",
        '{"event":"track_updated","test":true,"data":{"carrier":"shippo","tracking_number":"SHIPPO_TRANSIT"}}',
        "SHIPPO_TRANSIT",
    ),
    (
        "17track",
        SECRET,
        "sign",
        "9b10c182918a105f59b649f1ebd546dc10f52d9a96723f122f580fbef73be2b0",
        '{"event":"TRACKING_UPDATED","data":{"number":"RA000000116GB","track_info":{"latest_status":'
        '{"status":"InTransit","sub_status":"InTransit_CustomsProcessing"}}}}',
        "RA000000116GB",
    ),
]


@pytest.mark.parametrize(("provider", "secret", "header", "signature", "body", "number"), VECTORS)
def test_published_vectors_are_accepted_and_read(
    provider: str, secret: str, header: str, signature: str, body: str, number: str
) -> None:
    hooks = hooks_for(provider, [secret], OWN)
    assert hooks.is_signed({header: signature}, body.encode(), SIGNED_AT)
    assert [update.tracking_number for update in hooks.updates(body.encode())] == [number]


@pytest.mark.parametrize(("provider", "secret", "header", "signature", "body", "number"), VECTORS)
def test_one_changed_byte_is_noticed(
    provider: str, secret: str, header: str, signature: str, body: str, number: str
) -> None:
    hooks = hooks_for(provider, [secret], OWN)
    assert not hooks.is_signed({header: signature}, body.encode() + b" ", SIGNED_AT)
    assert not hooks.is_signed({header: signature[:-1]}, body.encode(), SIGNED_AT)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_old_secret_holds_while_it_is_rotated(provider: str) -> None:
    path, headers, body = webhook(provider, "old", NUMBER, "ups", EVENTS)
    assert hooks_for(provider, ["new", "old"], OWN).is_signed(headers, body, NOW, path)
    assert not hooks_for(provider, ["new"], OWN).is_signed(headers, body, NOW, path)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_wrong_missing_and_broken_signatures_are_refused(provider: str) -> None:
    hooks = hooks_for(provider, [SECRET], OWN)
    path, wrong, body = webhook(provider, SECRET, NUMBER, "ups", EVENTS, wrong_signature=True)
    (name,) = set(wrong) - {"content-type"}
    assert not hooks.is_signed(wrong, body, NOW, path)
    assert not hooks.is_signed({}, body, NOW, path)
    for broken in ("", " ", "é", "t=,v1=", "t=x,v1=y", "t=9,t=9,v1=ab", "\ud800", wrong[name] * 2):
        assert not hooks.is_signed({name: broken}, body, NOW, path)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "clickpost"])
def test_a_body_that_was_cut_on_its_way_is_refused(provider: str) -> None:
    path, headers, body = webhook(provider, SECRET, NUMBER, "ups", EVENTS, truncated=True)
    assert not hooks_for(provider, [SECRET], OWN).is_signed(headers, body, NOW, path)


@pytest.mark.parametrize("secrets", [[], [""]])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_a_secret_nobody_is_let_in(provider: str, secrets: list[str]) -> None:
    path, headers, body = webhook(provider, "", NUMBER, "ups", EVENTS)
    assert not hooks_for(provider, secrets, OWN).is_signed(headers, body, NOW, path)


@pytest.mark.parametrize("provider", ["shippo", "generic"])
@pytest.mark.parametrize(("late", "accepted"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_signed_times_hold_for_five_minutes(provider: str, late: int, accepted: bool) -> None:
    path, headers, body = webhook(provider, SECRET, NUMBER, "ups", EVENTS)
    hooks = hooks_for(provider, [SECRET], OWN)
    assert hooks.is_signed(headers, body, NOW + timedelta(seconds=late), path) is accepted


def test_the_generic_signature_holds_for_one_path_only() -> None:
    _, headers, body = webhook("generic", SECRET, NUMBER, "ups", EVENTS)
    assert not hooks_for("generic", [SECRET], OWN).is_signed(headers, body, NOW, "/webhooks/warehouse/generic")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_repeated_delivery_has_the_same_key_and_another_message_another(provider: str) -> None:
    hooks = hooks_for(provider, [SECRET], OWN)

    def key(delivery: tuple[str, Mapping[str, str], bytes]) -> str:
        _, headers, body = delivery
        return hooks.dedupe_key(headers, body)

    first = key(webhook(provider, SECRET, NUMBER, "ups", EVENTS))
    assert first == key(webhook(provider, SECRET, NUMBER, "ups", EVENTS, duplicate=True))
    later = [*EVENTS, {"at": "2026-11-20T17:55:00+00:00", "code": "delivered", "city": "Omaha"}]
    assert first != key(webhook(provider, SECRET, NUMBER, "ups", later))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_even_a_broken_body_has_a_key(provider: str) -> None:
    hooks = hooks_for(provider, [SECRET], OWN)
    assert hooks.dedupe_key({}, b"{") != hooks.dedupe_key({}, b"[")


def test_a_provider_that_nobody_knows_is_no_provider() -> None:
    with pytest.raises(KeyError):
        hooks_for("carrier_pigeon", [SECRET], OWN)
