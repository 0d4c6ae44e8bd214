"""Whatever arrives: a parser gives updates whose events fit the order format, or ValueError, and nothing else."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.commerce.carriers.registry import hooks_for
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.documents import decode_order
from server.commerce.states import ShipmentFlag, ShipmentStatus
from server.settings import CarrierSettings
from tests.server.commerce.orders import shipped
from tests.support.carriers import PROVIDERS, webhook

SMALL = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
CODES = {*ShipmentStatus, "info"}
EVENTS = [
    {"at": "2026-11-18T15:00:00+00:00", "code": "picked_up", "city": "Omaha", "region": "NE", "country": "US"},
    {"at": "2026-11-19T15:00:00+00:00", "code": "attempted", "reason": "nobody_home", "city": "Omaha"},
]
ETA = {"min": "2026-11-21", "max": "2026-11-23"}
SEEDS = {
    provider: json.loads(webhook(provider, "s", "1ZA1B2C30300000012", "ups", EVENTS, ETA, pod={"signed_by": "A"})[2])
    for provider in PROVIDERS
}

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["2026-11-20", "2026-11-20T10:00:00", "0001-01-01T00:00:00+23:59", "https://x.example", "delivered", "T"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.none(), max_size=2),
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    if isinstance(value, dict):
        return [path, *(found for key, each in value.items() for found in places(each, (*path, key)))]
    if isinstance(value, list):
        return [path, *(found for index, each in enumerate(value) for found in places(each, (*path, index)))]
    return [path]


def put(body: Any, path: tuple[str | int, ...], value: object) -> object:
    """The body with something else at that place."""
    changed = copy.deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if not path:
        return value
    inner[path[-1]] = value
    return changed


def parsed(provider: str, body: bytes) -> list[TrackingUpdate]:
    try:
        return list(hooks_for(provider, ["s"], CarrierSettings()).updates(body))
    except ValueError:
        return []


def assert_fits(update: TrackingUpdate) -> None:
    """The update can become part of an order."""
    assert update.tracking_number
    assert update.told_at is None or update.told_at.utcoffset() is not None
    assert update.tracking_url is None or update.tracking_url.startswith("https://")
    events = [{**event, "at": f"{event['at']}Z" if event.get("local") else event["at"]} for event in update.events]
    for event in events:
        assert event["code"] in CODES
        assert len(str(event.get("text") or "")) <= 300
        flags = event.get("flags", [])
        assert isinstance(flags, list)
        assert set(flags) <= set(ShipmentFlag)
    parcel = {name: getattr(update, name) for name in ("eta", "pod", "pickup", "duty", "direction", "service")}
    attempts = update.attempts if isinstance(update.attempts, int | None) else list(update.attempts)
    decode_order(shipped(*events, legs=list(update.legs), attempts=attempts, **parcel))


@pytest.mark.parametrize("provider", PROVIDERS)
@given(body=st.binary(max_size=64) | odd.map(lambda value: json.dumps(value).encode()))
@SMALL
def test_noise(provider: str, body: bytes) -> None:
    for update in parsed(provider, body):
        assert_fits(update)


@pytest.mark.parametrize("provider", PROVIDERS)
@given(data=st.data(), value=odd)
@SMALL
def test_true_messages_with_odd_values_in_them(provider: str, data: st.DataObject, value: object) -> None:
    body = SEEDS[provider]
    for _ in range(data.draw(st.integers(1, 3))):
        body = put(body, data.draw(st.sampled_from(places(body))), value)
    for update in parsed(provider, json.dumps(body).encode()):
        assert_fits(update)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_seeds_themselves_are_read(provider: str) -> None:
    (update,) = parsed(provider, json.dumps(SEEDS[provider]).encode())
    assert update.events
    assert_fits(update)
