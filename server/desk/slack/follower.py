"""Follows the log into Slack: a root for each thread that people have, and under it what happens, in order and once.

A root is held under a lease by one worker, so its message is written by nobody else and from the stored state alone. Before a
post leaves, its key is stored; where its outcome is not known, Slack is asked for the key before anything is posted again.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from memory import slack as kept
from memory import threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.projection import Event
from memory.slack import Root
from server import telemetry
from server.bus import Bell
from server.desk.slack import blocks, cases, lines
from server.desk.slack.api import Away, Later, Ourselves, Rootless, Slack, SlackTrouble, Stopped, TooMuch, Unsure
from server.desk.slack.cases import Case
from server.desk.slack.pace import Pace
from server.desk.slack.reading import NOTED
from server.services import Services

_log = logging.getLogger("onethread.slack")
POLL_S: Final = 2.0
_GATHER_S: Final = 0.1
_LEASE: Final = timedelta(seconds=90)
_AT_ONCE: Final = 8
_FRESH: Final = timedelta(days=3)
"""What was handed over longer ago is not brought to a channel that was connected today."""
_BEFORE: Final = 12
_PAGE: Final = 60
_ROOT: Final = "root-"
"""Begins the second part of a root's own key; the number that it knows follows."""
_LOOK_BACK_S: Final = 120.0
_ABSENT: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(minutes=10)


class Follower:
    """Posts for ever. `stopped` is set when the token is good for nothing any more."""

    def __init__(
        self, services: Services, slack: Slack, us: Ourselves, *, pace: Pace | None = None, poll_s: float = POLL_S
    ) -> None:
        self._services = services
        self._slack = slack
        self._us = us
        self._pace = pace or Pace()
        self._poll_s = poll_s
        self._bell = Bell()
        self._settings = services.settings.slack
        self.stopped: Stopped | None = None

    async def run(self) -> None:
        """Post what is new, then wait for more. Raises Stopped."""
        with self._services.bus.listening("inbox", self._bell.ring):
            while True:
                with suppress(StorageError):
                    while await self.round():
                        pass
                await self._bell.wait(self._poll_s)
                await asyncio.sleep(_GATHER_S)

    async def round(self) -> int:
        """Post one round of what waits; how many roots were touched. Raises Stopped, StorageError."""
        services, now = self._services, self._services.clock.now()
        handed = await services.database.read(lambda tx: kept.handed(tx, now - _FRESH, _PAGE))
        for thread_id, seq in handed:
            await services.database.write(lambda tx, at=thread_id, seq=seq: _open(tx, services, at, seq))  # type: ignore[misc]  # bound per turn
        is_due = await services.database.read(lambda tx: kept.is_due(tx, now))
        roots = await services.database.write(lambda tx: kept.claim(tx, now, _LEASE, _AT_ONCE)) if is_due else []
        async with asyncio.TaskGroup() as group:
            for root in roots:
                group.create_task(self._follow(root))
        if self.stopped is not None:
            raise self.stopped
        return len(roots)

    async def _follow(self, root: Root) -> None:
        """Bring one root up to date, or let go of it until later. Never raises but for the storage."""
        again: timedelta | None = None
        try:
            while await self._step(root):
                root = await self._read_again(root)
        except SlackTrouble as trouble:
            again = await self._troubled(root, trouble)
        except StorageError:
            return
        except Exception:  # one thread that cannot be shown stops no other
            telemetry.errors.labels("slack").inc()
            _log.exception("a thread was not shown in Slack", extra={"root": root.id, "thread_id": root.thread_id})
            again = _pause(root)
        due_at = None if again is None else self._services.clock.now() + again
        with suppress(StorageError):
            await self._services.database.write(lambda tx: kept.release(tx, root.id, due_at))

    async def _read_again(self, root: Root) -> Root:
        found = await self._services.database.read(lambda tx: kept.root(tx, root.id))
        return found if found is not None else replace(root, state="left")

    async def _step(self, root: Root) -> bool:
        """Do the next thing that is to be done for a root; whether there may be more. Raises SlackTrouble, StorageError."""
        if root.state != "live":
            return False
        found = await self._services.database.read(lambda tx: self._found(tx, root))
        if found is None:
            await self._services.database.write(lambda tx: kept.leave(tx, root.id))
            return False
        case, events, own = found
        if root.sending and await self._was_posted(root):
            return True
        if not root.ts:
            await self._post_root(root, await self._with_owner(case))
            return True
        if root.team != self._us.team or root.channel != self._settings.channel:
            await self._leave(root)
            return False
        return await self._show(root, case, events, own)

    async def _show(self, root: Root, case: Case, events: list[Event], own: frozenset[str]) -> bool:
        """The root as it is now, then the next lines under it."""
        await self._update(root, await self._with_owner(case))
        scene = lines.Scene(case.name, self._services.settings.shop.tz, root.handoff_seq, own.__contains__)
        batch = lines.batch(events, scene, root.seq)
        if batch.seq > root.seq:
            await self._mark(root, batch)
            await self._post_lines(root, case, batch)
            return True
        if batch.is_over or _is_passed_back(case):
            await self._update(root, case, is_left=batch.is_over)
            await self._leave(root)
        return False

    async def _found(self, tx: Tx, root: Root) -> tuple[Case, list[Event], frozenset[str]] | None:
        """The case, the next events, and which of their keys are words that were typed under the root."""
        case = await cases.read(tx, self._services, root, self._us.team)
        if case is None:
            return None
        events = await threads.events(tx, root.thread_id, root.seq, _PAGE)
        keys = [event.cid for event in events if event.cid and event.cid.startswith(lines.HERE)]
        own = [
            key
            for key in keys
            if await kept.draft_of(tx, root.id, key) or await kept.draft_of(tx, root.id, key.removeprefix(NOTED))
        ]
        return case, events, frozenset(own)

    async def _with_owner(self, case: Case) -> Case:
        """The case with its owner's id in Slack, looked up once by their address."""
        if not case.owner or case.owner_user or not case.owner_email:
            return case
        try:
            member = await self._slack.user_by_email(case.owner_email)
        except (Stopped, SlackTrouble):
            return case
        user, now = str((member or {}).get("id") or ""), self._services.clock.now()
        if user:
            await self._services.database.write(
                lambda tx: kept.save_user(tx, self._us.team, user, case.owner_email, now - timedelta(days=1))
            )
        return replace(case, owner_user=user)

    # The root

    def _drawn(self, case: Case, *, is_left: bool = False) -> tuple[str, list[blocks.Block]]:
        settings = self._services.settings
        return blocks.root(case, tz=settings.shop.tz, console=settings.public_url, is_left=is_left)

    async def _post_root(self, root: Root, case: Case) -> None:
        text, drawn = self._drawn(case)
        channel, ts = await self._post(root, f"{root.id}:{_ROOT}{case.until}", case, text, drawn)
        digest = blocks.digest(text, drawn)

        async def unit(tx: Tx) -> None:
            await kept.rooted(tx, root.id, self._us.team, channel, ts, case.until)
            await kept.shown(tx, root.id, digest)

        await self._services.database.write(unit)

    async def _update(self, root: Root, case: Case, *, is_left: bool = False) -> None:
        """Let the root show what is so now, if it does not yet."""
        text, drawn = self._drawn(case, is_left=is_left)
        digest = blocks.digest(text, drawn)
        if digest == root.shown:
            return
        try:
            await self._slack.update(root.channel, root.ts, text, drawn)
        except TooMuch:
            await self._slack.update(root.channel, root.ts, text, [])
        except SlackTrouble as trouble:
            if trouble.error not in ("cant_update_message", "edit_window_closed"):
                raise
        await self._services.database.write(lambda tx: kept.shown(tx, root.id, digest))

    async def _leave(self, root: Root) -> None:
        await self._services.database.write(lambda tx: kept.leave(tx, root.id))

    # Lines under it

    async def _post_lines(self, root: Root, case: Case, batch: lines.Batch) -> None:
        ts = ""
        if batch.blocks:
            _, ts = await self._post(root, f"{root.id}:{batch.seq}", case, batch.text, batch.blocks)
        await self._services.database.write(lambda tx: kept.posted(tx, root.id, ts, batch.seq))

    async def _mark(self, root: Root, batch: lines.Batch) -> None:
        """A mark on what was typed here and has arrived, or has not. What cannot be marked stays unmarked."""
        for seq, mark in batch.marks:
            ts = await self._services.database.read(lambda tx, seq=seq: kept.typed_at(tx, root.id, seq))  # type: ignore[misc]  # bound per turn
            if ts:
                try:
                    await self._slack.react(root.channel, ts, mark)
                except (Later, Unsure, Stopped):
                    raise
                except SlackTrouble as trouble:
                    _log.info("a message was not marked", extra={"root": root.id, "error": trouble.error})

    # Posting once

    async def _post(self, root: Root, key: str, case: Case, text: str, drawn: list[blocks.Block]) -> tuple[str, str]:
        """Post under a key that is stored first; (channel, ts)."""
        channel = root.channel or self._settings.channel
        await self._services.database.write(lambda tx: kept.begin(tx, root.id, key, self._services.clock.now()))
        await self._pace.turn()
        try:
            return await self._slack.post(channel, text, drawn, key=key, conv=case.conv, thread_ts=root.ts)
        except TooMuch:
            _log.warning("Slack refused the shape of a message", extra={"root": root.id})
            await self._pace.turn()
            return await self._slack.post(channel, text, [], key=key, conv=case.conv, thread_ts=root.ts)

    async def _was_posted(self, root: Root) -> bool:
        """Whether what was about to leave is there: then it counts. Raises SlackTrouble when that cannot be found out."""
        channel = root.channel or self._settings.channel
        since = max(0.0, root.sending_at / 1000 - _LOOK_BACK_S)
        ts = await self._slack.find(channel, root.sending, since, root.ts)
        _, _, what = root.sending.rpartition(":")

        async def unit(tx: Tx) -> None:
            if not ts:
                await kept.unsent(tx, root.id)
            elif what.startswith(_ROOT):
                await kept.rooted(tx, root.id, self._us.team, channel, ts, int(what.removeprefix(_ROOT)))
            else:
                await kept.posted(tx, root.id, ts, int(what))

        await self._services.database.write(unit)
        return bool(ts)

    # Trouble

    async def _troubled(self, root: Root, trouble: SlackTrouble) -> timedelta | None:
        """What becomes of a root that Slack did not take: when it is tried again, None = another stands for its thread."""
        if isinstance(trouble, Stopped):
            self.stopped = trouble
            return _ABSENT
        if isinstance(trouble, Unsure):
            return timedelta(seconds=2 ** min(root.attempts, 6))
        await self._services.database.write(lambda tx: kept.unsent(tx, root.id))
        if isinstance(trouble, Later):
            self._pace.hold(min(trouble.retry_after_s, 30.0))
            return max(timedelta(seconds=trouble.retry_after_s), timedelta(seconds=2 ** min(root.attempts, 6)))
        if isinstance(trouble, Rootless) or (
            isinstance(trouble, Away) and root.ts and root.channel != self._settings.channel
        ):
            await self._leave(root)
            return None
        _log.warning(
            "Slack did not take a message: see onethread doctor",
            extra={"root": root.id, "error": trouble.error, "channel": root.channel or self._settings.channel},
        )
        return _ABSENT if isinstance(trouble, Away) else _pause(root)


async def _open(tx: Tx, services: Services, thread_id: int, handoff_seq: int) -> None:
    """A root that shows the last words before the handoff, and everything after."""
    said = [event.seq for event in await threads.of_types(tx, thread_id, ("message",), _BEFORE)]
    await kept.open_root(tx, thread_id, handoff_seq, min(said, default=1) - 1, services.clock.now())


def _is_passed_back(case: Case) -> bool:
    """Whether the assistant has the thread again: what it says now concerns nobody here."""
    state = case.thread.state
    return state.owner_kind == "assistant" or state.status == "closed"


def _pause(root: Root) -> timedelta:
    return min(_LONGEST, timedelta(seconds=4 ** min(root.attempts, 5)))
