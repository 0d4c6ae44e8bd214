"""What `onethread doctor` finds about agents in Slack: the token, its scopes, the channel, how calls come to us.

It asks Slack as the server does, and changes nothing there.
"""

from datetime import datetime, timedelta
from typing import Final, TypeAlias

from memory import agents, journal
from memory.engines.base import Database
from server.settings import Settings, SlackSettings

Findings: TypeAlias = list[tuple[str, str]]
_NEEDED: Final = {
    "chat:write": "escalations are not posted",
    "users:read": "nobody is known to be an agent",
    "users:read.email": "nobody is known to be an agent",
}
_WANTED: Final = {
    "files:read": "files of agents are not fetched",
    "reactions:write": "arrived replies are not marked",
}
_LONG: Final = timedelta(days=2)


async def findings(settings: Settings, database: Database, now: datetime) -> Findings:
    """Everything about Slack, as (ok | warn | mend, text); nothing where it is not meant to be on."""
    slack = settings.slack
    if not (slack.bot_token or slack.channel or slack.signing_secret or slack.app_token):
        return []
    if not slack.is_on:
        return [("mend", f"slack is off: {_missing(slack)}")]
    return [*await _asked(slack), *await _calls(settings, database, now), *await _people(database)]


def _missing(slack: SlackSettings) -> str:
    named = {"slack.bot_token": slack.bot_token, "slack.channel": slack.channel}
    named |= {"slack.signing_secret (or slack.app_token, for Socket Mode)": slack.signing_secret or slack.app_token}
    return "set " + " and ".join(name for name, value in named.items() if not value)


async def _asked(slack: SlackSettings) -> Findings:
    """What Slack says of our token and of the channel."""
    from server.desk.slack.api import Away, Slack, SlackTrouble, Stopped

    api = Slack(slack)
    try:
        us = await api.whoami()
    except Stopped as trouble:
        return [
            ("mend", f"Slack refuses slack.bot_token ({trouble.error}): install the app again and enter its new token")
        ]
    except SlackTrouble as trouble:
        return [("warn", f"Slack did not answer ({trouble.error}): try again, or look whether this machine reaches it")]
    found: Findings = [("ok", f"Slack knows us in workspace {us.team}"), *_scopes(us.scopes)]
    if slack.app_token:
        try:
            await api.try_socket()
        except SlackTrouble as trouble:
            mend = "make an app-level token with the scope connections:write, and switch Socket Mode on"
            found.append(("mend", f"Slack opens no socket for slack.app_token ({trouble.error}): {mend}"))
    try:
        channel = await api.channel(slack.channel)
    except Away as trouble:
        return [
            *found,
            ("mend", f"slack.channel: {trouble.error}; enter the id of a channel, C..., and invite the app there"),
        ]
    except SlackTrouble as trouble:
        return [
            *found,
            ("warn", f"the channel could not be looked at ({trouble.error}): the app wants the scope channels:read"),
        ]
    return [*found, *_channel(channel)]


def _scopes(scopes: frozenset[str]) -> Findings:
    """What the app may not do; a workspace that does not say which scopes there are is taken at its word."""
    if not scopes:
        return []
    found: Findings = [
        (
            "mend",
            f"the Slack app lacks the scope {scope}: {then}. Add it under OAuth & Permissions and install the app again",
        )
        for scope, then in _NEEDED.items()
        if scope not in scopes
    ]
    if not scopes & {"channels:history", "groups:history"}:
        found.append(
            (
                "mend",
                "the Slack app lacks channels:history (groups:history for a private channel): thread replies do not come",
            )
        )
    return found + [
        ("warn", f"the Slack app lacks the scope {scope}: {then}")
        for scope, then in _WANTED.items()
        if scope not in scopes
    ]


def _channel(channel: object) -> Findings:
    values = dict(channel) if isinstance(channel, dict) else {}
    if values.get("is_archived"):
        return [("mend", "slack.channel is archived: choose another")]
    if values.get("is_member") is False:
        return [
            ("mend", f"the Slack app is not in #{values.get('name', 'the channel')}: type /invite @Onethread there")
        ]
    if values.get("is_ext_shared"):
        return [("warn", "slack.channel is shared with another company: its people read what your customers write")]
    return [("ok", f"escalations go to #{values.get('name', 'the channel')}")]


async def _calls(settings: Settings, database: Database, now: datetime) -> Findings:
    """Whether Slack reaches us."""
    last = await database.read(lambda tx: journal.last_received(tx, "slack/events"))
    how = "Socket Mode" if settings.slack.app_token else f"{settings.public_url}/webhooks/slack"
    if last is None:
        return [
            (
                "warn",
                f"Slack has never called by {how}: press a button or write into a thread, and look at docs/channels/slack.md",
            )
        ]
    if now - last > _LONG:
        return [("warn", f"Slack called {(now - last).days} days ago for the last time, by {how}")]
    return [("ok", f"Slack calls by {how}")]


async def _people(database: Database) -> Findings:
    """Whether anybody could act at all."""
    known = [agent for agent in await database.read(agents.all_agents) if not agent.disabled and agent.role != "viewer"]
    if known:
        return []
    return [
        ("mend", "nobody may act in Slack: add agents by the address that they have there, onethread agent add EMAIL")
    ]
