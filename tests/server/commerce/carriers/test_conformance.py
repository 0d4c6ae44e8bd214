"""One parcel's life, told by any provider, comes to the same answer: timelines for the rows of the decision table.

Each file in `timelines/` is a parcel step by step: what happened, and what is true of it then. `but` names where a
provider has no word for something, and what is understood instead; that is never happier than what happened.
"""

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.commerce.carriers.registry import hooks_for
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.derive import DeriveConfig, derive_shipment
from server.commerce.feeds import Feed, overlaid, with_update
from server.commerce.wismo import decide
from server.settings import CarrierSettings
from tests.server.commerce.orders import shipped, snap
from tests.support.carriers import PROVIDERS, webhook

SECRET = "wh_secret_1"
TIMELINES = {path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("timelines/*.json"))}
STEPS = [(name, index) for name, timeline in TIMELINES.items() for index in range(len(timeline["steps"]))]
Told = tuple[datetime, TrackingUpdate]


def told(provider: str, timeline: Mapping[str, Any], until: int, *, is_local: bool = False) -> list[Told]:
    """What the provider's webhooks say up to this step: checked, read, in the order in which they came."""
    hooks = hooks_for(provider, [SECRET], CarrierSettings())
    number, carrier = timeline["parcel"]["tracking_number"], timeline["parcel"]["carrier"]
    updates: list[Told] = []
    events: list[dict[str, object]] = []
    for step in timeline["steps"][: until + 1]:
        if "event" not in step:
            continue
        events.append(step["event"])
        now, eta, parts = datetime.fromisoformat(step["now"]), step.get("eta"), step.get("parts", {})
        path, headers, body = webhook(
            provider, SECRET, number, carrier, events, eta, now=now, is_local=is_local, **parts
        )
        assert hooks.is_signed(headers, body, now, path)
        updates += [(now, update) for update in hooks.updates(body)]
    return updates


def merged(updates: Sequence[Told]) -> Feed:
    feed: Feed | None = None
    for now, update in updates:
        feed = with_update(feed, update, received_at=now, ingested_at=now)
    assert feed is not None
    return feed


def understood(timeline: Mapping[str, Any], index: int, feed: Feed) -> dict[str, object]:
    """What is true of the parcel at this step: status, flags, and the row of the answer."""
    now = datetime.fromisoformat(timeline["steps"][index]["now"])
    order = shipped(order={"promised": timeline["promised"]}, **timeline["parcel"])
    number = timeline["parcel"]["tracking_number"]
    snapshot = snap(overlaid(order, {number: feed}, {number: now}, "UTC"), as_of=now)
    state = derive_shipment(snapshot, snapshot.shipments[0], now, DeriveConfig())
    return {"status": state.status.value, "flags": sorted(state.flags), "row": decide(snapshot, now).row}


def wanted(timeline: Mapping[str, Any], index: int, provider: str) -> dict[str, object]:
    step = timeline["steps"][index]
    return {**step["expect"], **step.get("but", {}).get(provider, {})}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("name", "index"), STEPS)
def test_every_provider_leads_to_the_same_answer(name: str, index: int, provider: str) -> None:
    timeline = TIMELINES[name]
    feed = merged(told(provider, timeline, index))
    assert understood(timeline, index, feed) == wanted(timeline, index, provider)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", TIMELINES)
def test_repeated_and_shuffled_messages_change_nothing(name: str, provider: str) -> None:
    timeline = TIMELINES[name]
    last = len(timeline["steps"]) - 1
    updates = told(provider, timeline, last)
    chance = random.Random(f"{name} {provider}")
    for _ in range(4):
        again = [*updates, *chance.sample(updates, len(updates) // 2)]
        chance.shuffle(again)
        assert understood(timeline, last, merged(again)) == wanted(timeline, last, provider)


@pytest.mark.parametrize("name", TIMELINES)
def test_several_providers_at_once_agree(name: str) -> None:
    """Two tell of the same parcel: the answer is what one alone would have said, or the more careful of the two."""
    timeline = TIMELINES[name]
    last = len(timeline["steps"]) - 1
    for first, second in itertools.combinations(("easypost", "aftership", "17track", "generic"), 2):
        both = merged([*told(first, timeline, last), *told(second, timeline, last)])
        alone = [wanted(timeline, last, provider)["status"] for provider in (first, second)]
        assert understood(timeline, last, both)["status"] in alone


def test_local_clocks_are_read_where_the_scan_was() -> None:
    timeline = TIMELINES["09_delivered"]
    exact, local = (merged(told("aftership", timeline, 1, is_local=value)) for value in (False, True))
    assert all(event.get("local") for event in local["events"].values())
    assert understood(timeline, 1, local) == understood(timeline, 1, exact)


def test_twelve_timelines_meet_all_rows_about_one_parcel() -> None:
    rows = {step["expect"]["row"] for timeline in TIMELINES.values() for step in timeline["steps"]}
    assert len(TIMELINES) == 12
    assert rows == {*range(10, 28)} - {24}
