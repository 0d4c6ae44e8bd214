"""Buttons and lists on WhatsApp: how choices look, and the content that must stand at Twilio before a message can show it.

Up to three short choices are buttons, up to ten a list; what fits neither is numbered text. Limits: Content API, "quick-reply",
"list-picker"; WhatsApp's own on titles.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from channels.errors import ChannelError
from channels.message import Choice
from channels.twilio.rest import Rest

MOST_BUTTONS: Final = 3
MOST_ITEMS: Final = 10
LONGEST_BODY: Final = 1024
_LONGEST_TITLE: Final = 20
_LONGEST_ITEM: Final = 24
_LONGEST_ABOUT: Final = 72
_LONGEST_ID: Final = 200
_REMEMBERED: Final = 1000
_CHOOSE: Final = {"en": "Choose", "es": "Elegir", "fr": "Choisir", "de": "Auswählen", "pt": "Escolher"}


def types_of(text: str, choices: Sequence[Choice], language: str) -> dict[str, Any] | None:
    """The `types` of a content that shows these choices; None = it cannot be shown, say it in words."""
    if not 0 < len(choices) <= MOST_ITEMS or len(text) > LONGEST_BODY or not text.strip():
        return None
    if any(not each.label.strip() or not 0 < len(each.value) <= _LONGEST_ID for each in choices):
        return None
    if len({each.value for each in choices}) < len(choices):
        return None
    if len(choices) <= MOST_BUTTONS and all(len(each.label) <= _LONGEST_TITLE for each in choices):
        actions = [{"type": "QUICK_REPLY", "title": each.label, "id": each.value} for each in choices]
        return {"twilio/quick-reply": {"body": text, "actions": actions}} if _differ(choices, _LONGEST_TITLE) else None
    if any(len(each.label) > _LONGEST_ABOUT for each in choices) or not _differ(choices, _LONGEST_ITEM):
        return None
    items = [_item(each) for each in choices]
    return {"twilio/list-picker": {"body": text, "button": _CHOOSE.get(language, _CHOOSE["en"]), "items": items}}


def _differ(choices: Sequence[Choice], longest: int) -> bool:
    return len({_short(each.label, longest) for each in choices}) == len(choices)


def _item(choice: Choice) -> dict[str, str]:
    """One line of a list; what its title has no room for stands below it."""
    item = {"item": _short(choice.label, _LONGEST_ITEM), "id": choice.value}
    return item | ({"description": choice.label} if len(choice.label) > _LONGEST_ITEM else {})


def _short(label: str, longest: int) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1].rstrip()}…"


class Contents:
    """The contents that stand at Twilio, each made once by what it holds. `patience_s` = longer is not waited for one."""

    def __init__(self, rest: Rest, patience_s: float) -> None:
        self._rest = rest
        self._patience_s = patience_s
        self._known: OrderedDict[str, str] = OrderedDict()

    async def sid(self, types: Mapping[str, Any], language: str) -> str:
        """The ContentSid of these types; empty where Twilio does not make one: the caller says it in words."""
        body = {"language": language, "types": dict(types)}
        key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        wanted = {"friendly_name": f"onethread-{key[:32]}", "variables": {}, **body}
        try:
            async with asyncio.timeout(self._patience_s):
                made = await self._rest.post(self._rest.url("content", "/v1/Content"), body=wanted)
        except (ChannelError, TimeoutError):
            return ""
        sid = made.get("sid")
        if not isinstance(sid, str) or not sid:
            return ""
        self._known[key] = sid
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return sid

    def forget(self, sid: str) -> None:
        """It is not there any more: the next message makes it anew."""
        for key in [key for key, known in self._known.items() if known == sid]:
            del self._known[key]
