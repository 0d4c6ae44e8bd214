"""Who of a Slack workspace is an agent: a full member of our own workspace, by their confirmed address there, and nobody else.

Names in payloads count for nothing. What was looked up is kept for a while; a deactivated agent of ours is none at once.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from memory import agents
from memory import slack as kept
from memory.agents import Agent
from memory.engines.base import Tx
from server.desk.slack.api import Later, Slack, SlackTrouble, Stopped, Unsure
from server.passwords import normal_email
from server.services import Services

_log = logging.getLogger("onethread.slack")
_FRESH: Final = timedelta(minutes=15)
_NEVER: Final = (
    "deleted",
    "is_bot",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "is_app_user",
    "is_workflow_bot",
)
REFUSAL: Final = (
    "Nothing was done and nothing was sent: only agents of this shop may act here, and your Slack address is not one of "
    "theirs. An administrator adds it with `onethread agent add`."
)


async def agent_of(services: Services, slack: Slack, team: str, user_id: str) -> Agent | None:
    """The agent that a member is; None = none. Raises Later, Unsure and Stopped when Slack does not say."""
    now = services.clock.now()
    known = await services.database.read(lambda tx: kept.user(tx, team, user_id))
    if known is None or now - known[1] > _FRESH:
        email = await _email(slack, team, user_id)
        await services.database.write(lambda tx: kept.save_user(tx, team, user_id, email, now))
    else:
        email = known[0]
    return await services.database.read(lambda tx: _agent(tx, email)) if email else None


async def _email(slack: Slack, team: str, user_id: str) -> str:
    try:
        member = await slack.user(user_id)
    except (Later, Unsure, Stopped):
        raise
    except SlackTrouble as trouble:
        _log.warning("Slack does not say who a member is", extra={"error": trouble.error})
        return ""
    return email_of(member, team)


def email_of(member: Mapping[str, Any], team: str) -> str:
    """The address of a full member of this workspace as agents' addresses are stored; empty = somebody who may not act."""
    if any(member.get(flag) for flag in _NEVER) or member.get("is_email_confirmed") is False:
        return ""
    if str(member.get("team_id") or team) != team:
        return ""
    profile = member.get("profile")
    email = str(profile.get("email") or "") if isinstance(profile, Mapping) else ""
    try:
        return normal_email(email)
    except ValueError:
        return ""


async def _agent(tx: Tx, email: str) -> Agent | None:
    found = await agents.by_email(tx, email)
    return found if found is not None and not found.disabled else None
