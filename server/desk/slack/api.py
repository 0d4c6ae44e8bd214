"""What we ask of Slack's Web API, and what its answers mean for us.

Connections that break are never tried again here: a post may have arrived, and is looked up by its key first. The caller
gets one of the four kinds of trouble and decides. Source of the error words: Slack's method pages; client: slack-sdk.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from server.settings import SlackSettings

API_URL: Final = "https://slack.com/api/"
EVENT_TYPE: Final = "onethread"
"""Under this name our own posts carry their key as metadata."""
_TIMEOUT_S: Final = 10
_PAGE: Final = 100
_MOST_PAGES: Final = 5
_DEAD: Final = frozenset(
    {"token_revoked", "token_expired", "invalid_auth", "account_inactive", "not_authed", "org_login_required",
     "ekm_access_denied", "team_access_not_granted", "no_permission", "not_allowed_token_type", "two_factor_setup_required"}
)  # fmt: skip
_GONE: Final = frozenset(
    {"channel_not_found", "is_archived", "not_in_channel", "restricted_action", "channel_is_archived"}
)
_NO_ROOT: Final = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
_TOO_MUCH: Final = frozenset(
    {"msg_too_long", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "no_text"}
)
_FIXED: Final = frozenset({"cant_update_message", "edit_window_closed", "already_reacted", "no_reaction"})
_UNSURE: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_SLOW: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_log = logging.getLogger("onethread.slack")


class SlackTrouble(Exception):
    """Slack did not do what was asked. `error` is its own word, `scope` the one that is missing."""

    def __init__(self, error: str, scope: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.scope = scope


class Stopped(SlackTrouble):
    """The token is not good for this any more: nothing works before the operator acts."""


class Away(SlackTrouble):
    """The channel is gone, archived, or we are not in it."""


class Rootless(SlackTrouble):
    """The message that a thread hangs on is gone."""


class TooMuch(SlackTrouble):
    """Slack takes no message of this shape: send a plainer one."""


class Later(SlackTrouble):
    """Certainly not done; try again, not before `retry_after_s`."""

    def __init__(self, error: str, retry_after_s: float = 0.0) -> None:
        super().__init__(error)
        self.retry_after_s = retry_after_s


class Unsure(SlackTrouble):
    """Perhaps done: look before it is done again."""


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Who we are in Slack."""

    team: str
    user: str
    bot: str
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Download:
    """A file as it came: its type by the server, and its bytes."""

    type: str
    body: bytes


def client_for(settings: SlackSettings) -> AsyncWebClient:
    """A client that never repeats a request by itself."""
    base = settings.api_url or API_URL
    return AsyncWebClient(
        token=settings.bot_token,
        base_url=base,
        timeout=_TIMEOUT_S,
        retry_handlers=[],
        logger=logging.getLogger("onethread.slack.sdk"),
    )


class Slack:
    """The Web API with our bot token. Every method raises SlackTrouble of the kind that fits."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._client = client_for(settings)

    async def whoami(self) -> Ourselves:
        """Our team, user and bot, with the scopes that the token has."""
        answer = await self._call("auth.test", {})
        granted = str(answer.headers.get("x-oauth-scopes", "") or "")
        scopes = frozenset(each.strip() for each in granted.split(",") if each.strip())
        return Ourselves(str(answer["team_id"]), str(answer.get("user_id", "")), str(answer.get("bot_id", "")), scopes)

    async def try_socket(self) -> None:
        """Ask for a socket with the app token, as Socket Mode does; none is opened."""
        client = client_for(self._settings)
        client.token = self._settings.app_token
        await self._call("apps.connections.open", {}, client=client)

    async def post(
        self, channel: str, text: str, blocks: Sequence[Mapping[str, Any]], *, key: str, conv: str, thread_ts: str = ""
    ) -> tuple[str, str]:
        """Post a message that carries its key; (channel, ts)."""
        body = _message(channel, text, blocks) | {
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "conv": conv}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread_ts:
            body["thread_ts"] = thread_ts
        answer = await self._call("chat.postMessage", body)
        return str(answer["channel"]), str(answer["ts"])

    async def update(self, channel: str, ts: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
        """Let a message of ours show something else."""
        await self._call("chat.update", _message(channel, text, blocks) | {"ts": ts})

    async def whisper(
        self, channel: str, user: str, text: str, blocks: Sequence[Mapping[str, Any]] = (), thread_ts: str = ""
    ) -> None:
        """A message that one member alone sees."""
        body = _message(channel, text, blocks) | {"user": user}
        await self._call("chat.postEphemeral", body | ({"thread_ts": thread_ts} if thread_ts else {}))

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Open a dialog for whoever clicked; the trigger is good for three seconds."""
        await self._call("views.open", {"trigger_id": trigger_id, "view": dict(view)})

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Put a mark on a message; one that is there already is well."""
        await self._call("reactions.add", {"channel": channel, "timestamp": ts, "name": name}, fine=_FIXED)

    async def user(self, user_id: str) -> Mapping[str, Any]:
        """A member as `users.info` tells them."""
        answer = await self._call("users.info", {"user": user_id}, as_form=True)
        return dict(answer["user"])

    async def user_by_email(self, email: str) -> Mapping[str, Any] | None:
        """The member with this address; None = there is none."""
        try:
            answer = await self._call("users.lookupByEmail", {"email": email}, as_form=True)
        except SlackTrouble as trouble:
            if trouble.error == "users_not_found":
                return None
            raise
        return dict(answer["user"])

    async def channel(self, channel: str) -> Mapping[str, Any]:
        """A channel as `conversations.info` tells it."""
        answer = await self._call("conversations.info", {"channel": channel}, as_form=True)
        return dict(answer["channel"])

    async def find(self, channel: str, key: str, since: float, thread_ts: str = "") -> str:
        """`ts` of our own message with this key, posted after `since` (seconds); empty = there is none.

        The one use of what Slack keeps: to find out whether a post arrived."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        body: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since:.6f}",
            "limit": _PAGE,
            "include_all_metadata": True,
        }
        body |= {"ts": thread_ts} if thread_ts else {}
        for _ in range(_MOST_PAGES):
            answer = await self._call(method, body, as_form=True)
            for message in answer.get("messages") or ():
                payload = (message.get("metadata") or {}).get("event_payload") or {}
                if payload.get("key") == key:
                    return str(message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            body = {**body, "cursor": cursor}
        return ""

    async def file(self, file_id: str) -> Mapping[str, Any]:
        """A file as `files.info` tells it."""
        answer = await self._call("files.info", {"file": file_id}, as_form=True)
        return dict(answer["file"])

    async def download(self, url: str, most: int) -> Download:
        """The bytes of a file. Raises SlackTrouble(`too_large`), Later."""
        headers = {"Authorization": f"Bearer {self._settings.bot_token}"}
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S * 2)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, headers=headers) as answer:
                if answer.status != 200:
                    raise (
                        Later(f"http_{answer.status}")
                        if answer.status >= 429
                        else SlackTrouble(f"http_{answer.status}")
                    )
                body = bytearray()
                async for chunk in answer.content.iter_chunked(65_536):
                    body += chunk
                    if len(body) > most:
                        raise SlackTrouble("too_large")
                return Download(answer.content_type, bytes(body))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Later(type(error).__name__) from error

    async def _call(
        self, method: str, body: Mapping[str, Any], *, as_form: bool = False, fine: frozenset[str] = frozenset(),
        client: AsyncWebClient | None = None,
    ) -> Any:  # fmt: skip
        """One call, once. `fine` = errors that say it was done before."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                how: dict[str, Any] = {"params": dict(body)} if as_form else {"json": dict(body)}
                return await (client or self._client).api_call(method, **how)
        except SlackApiError as error:
            if _word(error) in fine:
                return error.response
            raise _trouble(error) from error
        except aiohttp.ClientConnectorError as error:
            raise Later("no connection") from error
        except (aiohttp.ClientError, SlackRequestError, TimeoutError) as error:
            raise Unsure(type(error).__name__) from error


def _message(channel: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`parse` none and no names linked: what a customer wrote calls nobody."""
    body: dict[str, Any] = {"channel": channel, "text": text, "parse": "none", "link_names": False}
    return body | ({"blocks": [dict(block) for block in blocks]} if blocks else {})


def _word(error: SlackApiError) -> str:
    response = error.response
    found = response.get("error") if hasattr(response, "get") else None
    return str(found or "")


def _trouble(error: SlackApiError) -> SlackTrouble:
    """Slack's answer as one of our kinds of trouble."""
    response, word = error.response, _word(error)
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    headers = getattr(response, "headers", {}) or {}
    if status == 429 or word in _SLOW:
        return Later(word or "ratelimited", _seconds(headers.get("Retry-After") or headers.get("retry-after")))
    if word in _DEAD:
        needed = response.get("needed") if hasattr(response, "get") else ""
        return Stopped(word, str(needed or ""))
    kinds = ((_GONE, Away), (_NO_ROOT, Rootless), (_TOO_MUCH, TooMuch), (_UNSURE, Unsure))
    for words, kind in kinds:
        if word in words:
            return kind(word)
    return SlackTrouble(word) if word else Unsure(f"http_{status}")


def _seconds(value: Any) -> float:
    try:
        return min(600.0, max(1.0, float(value)))
    except (TypeError, ValueError):
        return 30.0
