"""Judges the past again under another policy: which decisions would have been different, before it is published.

Pure over what was kept: neither the order system nor the ledger is asked. Every wish counts once, as it was judged last.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from memory import rulings
from memory.engines.base import Database
from memory.rulings import Ruled
from server.actions.traces import Brief, Trace, decode
from server.policies.judge import judge
from server.policies.shape import Policy

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A past decision that would be another one. `stage` is how far it went: considered, asked, executed, refused."""

    thread_id: int
    key: str
    at: datetime
    stage: str
    name: str
    order: str
    action: Mapping[str, Any]
    policy_version: str
    was: Brief
    becomes: Brief

    @property
    def is_stricter(self) -> bool:
        """Whether the customer would get less, or somebody more would have to agree."""
        return _strictness(self.becomes) > _strictness(self.was)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many decisions were judged again, how many could not be read, and those that would differ, oldest first."""

    judged: int
    unreadable: int
    differences: tuple[Difference, ...]


async def replay(database: Database, policy: Policy, since: datetime) -> list[Difference]:
    """The decisions from `since` on that `policy` would make differently, oldest first."""
    return list((await replayed(database, policy, since)).differences)


async def replayed(database: Database, policy: Policy, since: datetime) -> Replayed:
    """As `replay`, with the counts."""
    last: dict[tuple[int, bytes], Ruled] = {}
    after, unreadable, traces = 0, 0, dict[int, Trace]()
    while page := await database.read(lambda tx, after=after: rulings.since(tx, since, after, _PAGE)):  # type: ignore[misc]  # bound per page
        after = page[-1].id
        for ruled in page:
            try:
                trace = decode(ruled.body)
            except ValueError:
                unreadable += 1
                continue
            wish = (ruled.thread_id, msgspec.json.encode(trace.action, order="deterministic"))
            before = last.get(wish)
            if before is not None:
                traces.pop(before.id, None)
            last[wish], traces[ruled.id] = ruled, trace
    kept = sorted(last.values(), key=lambda each: each.id)
    return Replayed(len(kept), unreadable, tuple(_differences(policy, kept, traces)))


def _differences(policy: Policy, kept: list[Ruled], traces: Mapping[int, Trace]) -> Iterator[Difference]:
    for ruled in kept:
        trace = traces[ruled.id]
        again = judge(policy, trace.action, trace.order, trace.customer, trace.products, trace.history, trace.now)
        becomes = Brief.of(again)
        if becomes != trace.ruling:
            number = trace.order.number if trace.order else ""
            yield Difference(
                ruled.thread_id, ruled.key, ruled.at, ruled.stage, ruled.name, number, trace.action,
                ruled.policy_version, trace.ruling, becomes,
            )  # fmt: skip


def _strictness(brief: Brief) -> tuple[int, int, int]:
    verdicts, needs = {"allow": 0, "review": 1, "deny": 2}, ("none", "agent", "senior", "two_person")
    return verdicts[brief.verdict], needs.index(brief.need), -brief.amount_minor
