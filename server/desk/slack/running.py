"""Slack beside the doors: finds out who we are, then follows the log and works calls in, until the token is taken from us.

A token that is good for nothing stops it with a line in the log that says what to do; it looks again every few minutes, should
Slack think otherwise.
"""

import asyncio
import logging
from typing import Final

from server.desk.slack.acting import Acts
from server.desk.slack.api import Later, Ourselves, Slack, SlackTrouble, Stopped, Unsure
from server.desk.slack.files import Carrier, Keep
from server.desk.slack.follower import POLL_S, Follower
from server.desk.slack.pace import Pace
from server.desk.slack.worker import Worker
from server.services import Services

_log = logging.getLogger("onethread.slack")
_SOON_S: Final = 1.0
_LATER_S: Final = 300.0


async def run(services: Services, keep: Keep, *, pace: Pace | None = None, poll_s: float = POLL_S) -> None:
    """Follow and work for ever."""
    slack = Slack(services.settings.slack)
    pause = _SOON_S
    while True:
        try:
            us = await slack.whoami()
            pause = _SOON_S
            await both(services, slack, us, keep, pace=pace, poll_s=poll_s)
        except Stopped as trouble:
            _log.error(
                "Slack refuses our token: renew slack.bot_token", extra={"error": trouble.error, "scope": trouble.scope}
            )
            await asyncio.sleep(_LATER_S)
        except (Later, Unsure, SlackTrouble) as trouble:
            _log.warning("Slack does not answer", extra={"error": trouble.error})
            await asyncio.sleep(pause)
            pause = min(_LATER_S, pause * 2)


async def both(
    services: Services, slack: Slack, us: Ourselves, keep: Keep, *, pace: Pace | None = None, poll_s: float = POLL_S
) -> None:
    """Follower and worker side by side, until the token is refused. Raises Stopped."""
    follower = Follower(services, slack, us, pace=pace, poll_s=poll_s)
    worker = Worker(services, Acts(services, slack, us, Carrier(services, keep)), poll_s=poll_s)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(follower.run())
            group.create_task(worker.run())
    except BaseExceptionGroup as several:
        stopped = several.subgroup(Stopped)
        if stopped is None:
            raise
        raise _first(stopped) from None


def _first(group: BaseExceptionGroup[Stopped]) -> Stopped:
    found = group.exceptions[0]
    return found if isinstance(found, Stopped) else _first(found)
