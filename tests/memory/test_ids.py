"""Keys grow with time and never repeat; public ids say nothing."""

from datetime import timedelta

import pytest

from memory.ids import new_id, new_public_id
from memory.times import from_ms, to_ms
from tests.support.databases import NOW


def test_keys_grow_with_time_and_fit_a_signed_integer() -> None:
    keys = [new_id(NOW + timedelta(milliseconds=step)) for step in range(1000)]
    assert keys == sorted(set(keys))
    assert max(keys) < 2**63


def test_keys_of_one_moment_differ() -> None:
    assert len({new_id(NOW) for _ in range(4096)}) == 4096


def test_public_ids_are_unguessable_and_easy_to_read() -> None:
    made = {new_public_id("c") for _ in range(100)}
    assert len(made) == 100
    assert all(each.startswith("c_") and len(each) == 28 and not set("ilou") & set(each[2:]) for each in made)


def test_times_are_whole_milliseconds_and_aware() -> None:
    assert from_ms(to_ms(NOW)) == NOW
    with pytest.raises(ValueError, match="aware"):
        to_ms(NOW.replace(tzinfo=None))
