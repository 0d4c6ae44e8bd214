"""What the truth check of a reply costs: replies about orders in nine states, in five languages, beside a floor of the same run.

The floor is what any check has to do: cut the text into sentences, find every word, and look each up once.
`python -m bench.ground` prints microseconds a reply (median and 95th percentile, each reply at its least disturbed) and the ratio.
"""

import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from server.answering.words import grounding, order_words
from server.answering.words.claim_words import words_of
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Speech, Voice
from server.commerce.documents import decode_order
from server.commerce.parse import snapshot
from server.commerce.wismo import decide

_NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
_CODES: Final = (
    "label_created", "picked_up", "in_transit", "customs", "out_for_delivery", "attempted", "available_for_pickup", "delivered",
    "returning",
)  # fmt: skip
_ROUNDS: Final = 25
_TARGET_US: Final = 300.0
_TARGET_RATIO: Final = 20.0
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Said:
    speech: Speech
    voice: Voice


def main() -> int:
    """Measure and print; 1 when a check costs more than it may, beside the floor and by the clock."""
    said = _replies()
    wrong = [each.speech.text for each in said if _check(each).dropped]
    if wrong:
        print(f"dropped what is true: {wrong[0]}")
        return 1
    floor, checks = _measured(said, _floor), _measured(said, _check)
    ratio = statistics.median(checks) / statistics.median(floor)
    print(f"{len(said)} replies of {statistics.median(len(each.speech.text) for each in said):.0f} characters, median")
    for name, times in (("floor", floor), ("check", checks)):
        print(f"{name:8} p50 {statistics.median(times):7.1f} us  p95 {statistics.quantiles(times, n=20)[-1]:7.1f} us")
    print(f"{ratio:.1f} x floor")
    return int(statistics.median(checks) > _TARGET_US and ratio > _TARGET_RATIO)


def _measured(said: Sequence[_Said], work: Callable[[_Said], object]) -> list[float]:
    """Microseconds of each reply, the best of the rounds."""
    best = [float("inf")] * len(said)
    for _ in range(_ROUNDS):
        for place, each in enumerate(said):
            begin = time.perf_counter()
            work(each)
            best[place] = min(best[place], (time.perf_counter() - begin) * 1e6)
    return best


def _check(said: _Said) -> grounding.Checked:
    return grounding.check(said.speech.text, said.speech.evidence, said.voice)


def _floor(said: _Said) -> int:
    words = words_of(said.voice.language)
    parts = grounding.sentences(said.speech.text, words)
    return sum(word in words.stop_words for part, _ in parts for word in _WORD.findall(part.lower()))


def _replies() -> list[_Said]:
    return [_reply(code, language) for code in _CODES for language in LANGUAGES]


def _reply(code: str, language: str) -> _Said:
    order = snapshot(decode_order(_order(code))[0], as_of=_NOW, source="bench")
    voice = Voice(language, _NOW)
    return _Said(order_words.speech(decide(order, _NOW), order, voice), voice)


def _order(code: str) -> dict[str, object]:
    """An order of one parcel whose last event has this code."""
    events = [
        {
            "at": (_NOW - timedelta(hours=hours)).isoformat(),
            "code": each,
            "city": "Omaha",
            "region": "NE",
            "country": "US",
        }
        for hours, each in ((30, "in_transit"), (6, code))
    ]
    return {
        "id": "o1",
        "number": "#1001",
        "placed_at": (_NOW - timedelta(days=4)).isoformat(),
        "customer": {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"]},
        "currency": "USD",
        "totals": {"items": 5000, "discount": 0, "shipping": 500, "tax": 0, "total": 5500, "refunded": 0},
        "payment": {"status": "paid"},
        "ship_to": {"city": "Omaha", "region": "NE", "zip": "68102", "country": "US"},
        "lines": [{"id": "l1", "sku": "S1", "title": "Red scarf", "quantity": 2, "fulfilled": 2, "unit_price": 2500}],
        "fulfilment": "shipped",
        "shipments": [
            {
                "id": "s1",
                "carrier": "ups",
                "tracking_number": "1ZA1B2C30300001",
                "lines": [{"line": "l1", "quantity": 2}],
                "shipped_at": (_NOW - timedelta(days=3)).isoformat(),
                "eta": {"min": "2026-11-21", "max": "2026-11-23"},
                "events": events,
            }
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
