"""Files that agents attach in Slack: fetched with our token, looked into, kept like any other file of a thread.

They go to the customer where the channel shows files, which is the web chat; elsewhere the agent is told that they do not.
Without the scope `files:read` Slack answers with its sign-in page and 200: a page is never taken for a file.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from channels.message import Attachment, Media
from memory import desk
from memory.desk import Upload
from memory.engines.base import Tx
from memory.threads import Thread
from server.desk.slack.api import Later, Slack, SlackTrouble, Stopped, Unsure
from server.desk.slack.cases import channel_name
from server.desk.slack.reading import Said
from server.desk.slack.words import escaped
from server.services import Services

MOST_BYTES: Final = 16 * 1_048_576
_MOST_FILES: Final = 5
_SHOWS_FILES: Final = frozenset({"widget"})
_log = logging.getLogger("onethread.slack")


class KeptFiles(Protocol):
    """Files that were written and wait to be remembered."""

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """As a message names them."""
        ...

    @property
    def here(self) -> tuple[Upload, ...]:
        """What was written."""
        ...


Keep = Callable[[Services, Sequence[Media]], Awaitable[KeptFiles]]
"""Looks into files and writes them. Raises OSError."""


class Carrier:
    """Brings files from Slack into a thread."""

    def __init__(self, services: Services, keep: Keep) -> None:
        self._services = services
        self._keep = keep

    async def bring(self, slack: Slack, thread: Thread, said: Said) -> tuple[dict[str, Any], ...]:
        """The files of a message as a thread names them; what cannot be had is left out. Raises Later, Unsure, Stopped, OSError."""
        if not _shown(thread, said):
            return ()
        media = [each for file in said.files[:_MOST_FILES] if (each := await self._fetch(slack, file)) is not None]
        if not media:
            return ()
        kept = await self._keep(self._services, media)
        now = self._services.clock.now()

        async def unit(tx: Tx) -> None:
            for each in kept.here:
                upload = Upload(each.id, thread.id, thread.public_id, 0, each.name, each.type, each.size)
                await desk.add_upload(tx, upload, now)

        await self._services.database.write(unit)
        return tuple(
            {"id": each.id, "name": each.name, "type": each.type, "size": each.size} for each in kept.attachments
        )

    def refused(self, said: Said, brought: Sequence[Mapping[str, Any]], channel: str) -> str:
        """What an agent is told of files that do not go out, escaped; empty = all of them do."""
        missing = len(said.files) - len(brought)
        if missing <= 0:
            return ""
        if channel not in _SHOWS_FILES:
            return f"Files do not go out by {escaped(channel_name(channel))}: the customer gets your words only."
        return (
            f"{missing} of your files could not be fetched from Slack and will not go out: they are larger than "
            f"{MOST_BYTES // 1_048_576} MB, or the app lacks the scope files:read (onethread doctor tells)."
        )

    async def _fetch(self, slack: Slack, file: Mapping[str, Any]) -> Media | None:
        try:
            if file.get("file_access") == "check_file_info":
                file = await slack.file(str(file.get("id") or ""))
            url = str(file.get("url_private_download") or file.get("url_private") or "")
            if not self._is_slacks(url):
                return None
            got = await slack.download(url, MOST_BYTES)
        except (Later, Unsure, Stopped):
            raise
        except SlackTrouble as trouble:
            _log.info("a file of an agent could not be fetched", extra={"error": trouble.error})
            return None
        kind = str(file.get("mimetype") or "")
        if got.type == "text/html" and kind != "text/html":
            _log.warning("Slack showed its sign-in page in place of a file: the app lacks the scope files:read")
            return None
        return Media(str(file.get("name") or "file"), kind, data=got.body)

    def _is_slacks(self, url: str) -> bool:
        """Our token goes to Slack's own hosts only, or to the one that stands in for them."""
        parts, own = urlsplit(url), urlsplit(self._services.settings.slack.api_url)
        if own.hostname:
            return parts.hostname == own.hostname
        host = parts.hostname or ""
        return parts.scheme == "https" and (
            host in ("slack.com", "slack-files.com") or host.endswith((".slack.com", ".slack-files.com"))
        )


def _shown(thread: Thread, said: Said) -> bool:
    """Whether files go anywhere: to a channel that shows them, or into a note."""
    return thread.state.channel in _SHOWS_FILES or said.text.lstrip().startswith("//")
