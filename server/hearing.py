"""Voice notes: transcribed by a speech server where one is configured, else kept and handed to a person.

The file stays with its message. What was heard, or why nothing was, is noted in the thread once, before the turn is answered, so that
a repeated turn listens to nothing twice and the desk sees it at once; `contexts` reads the note as the customer's own words. It
is what they said, no more: it proves nothing and confirms as much as typed words do.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.answering.context import Answer, Context, Handoff
from server.answering.turn import copied
from server.inbox import wake
from server.services import Services
from server.settings import SpeechSettings

if TYPE_CHECKING:
    from server.speech import Speech

_NOTES_AT_MOST: Final = 3
_LONGEST: Final = 4_000
_ID: Final = re.compile(r"att_[0-9a-z]{20,40}")


class Unheard(Exception):
    """A voice note was not transcribed; the message is why, for the desk."""


class Hearing:
    """Listens to what customers recorded. One for a process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._speech: Speech | None = None

    async def listen(self, thread: Thread, context: Context) -> bool:
        """Note what the voice notes of the burst say, or why they were not understood; False when there is none to listen to.

        Raises StorageError."""
        waiting = [said for said in context.said if said.voice == "waiting"]
        if not waiting:
            return False
        until = asyncio.get_running_loop().time() + self._services.settings.speech.deadline_s
        notes = [_noted(said.seq, await self._heard(recordings(said.attachments), until)) for said in waiting]
        changed = await self._services.database.write(lambda tx: self._keep(tx, thread.id, notes))
        wake(self._services, changed)
        return True

    async def _heard(self, files: Sequence[Mapping[str, Any]], until: float) -> str | Unheard:
        """The words of one message's recordings, or why there are none."""
        try:
            texts = [await self._text(str(each["id"]), str(each["type"]), until) for each in files[:_NOTES_AT_MOST]]
        except Unheard as why:
            return why
        return "\n".join(texts)[:_LONGEST]

    async def _text(self, id: str, kind: str, until: float) -> str:
        """Raises Unheard."""
        settings = self._services.settings
        if not settings.speech.model:
            raise Unheard("no speech server is configured")
        if not _ID.fullmatch(id):
            raise Unheard("its file is not ours")
        try:
            body = await asyncio.to_thread((settings.uploads / id).read_bytes)
        except OSError:
            raise Unheard("its file is not there") from None
        if self._speech is None:
            self._speech = await asyncio.to_thread(_speech, settings.speech)
        return await self._speech.text(body, kind, until)

    async def _keep(self, tx: Tx, thread_id: int, notes: Sequence[NewEvent]) -> Thread:
        """Each note once, whoever else listened meanwhile."""
        new = [note for note in notes if note.cid and await threads.by_cid(tx, thread_id, note.cid) is None]
        return (await threads.append(tx, thread_id, new, self._services.clock.now()))[0]


def recordings(attachments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of a message's files that are sound."""
    return [each for each in attachments if str(each.get("type", "")).startswith("audio/")]


def with_words(history: Sequence[Event]) -> list[Event]:
    """Events with what was heard in voice notes as their text. `voice` in a body: `waiting`, `heard`, `unheard`."""
    heard = {int(event.body["voice_of"]): event.body for event in history if "voice_of" in event.body}
    return [_with_words(event, heard) for event in history]


def for_a_person(context: Context) -> Answer | None:
    """A handoff where a voice note could not be understood: nobody answers half of what was said."""
    if context.owner_kind != "assistant" or all(said.voice != "unheard" for said in context.said):
        return None
    dialogue = copied(context.dialogue)
    dialogue.language = dialogue.language or context.customer.locale or "en"
    return Answer(Handoff("unreadable"), dialogue)


def _speech(settings: SpeechSettings) -> "Speech":
    """Reads files (the package): not in a coroutine."""
    from server.speech import Speech

    return Speech(settings)


def _noted(seq: int, heard: str | Unheard) -> NewEvent:
    """The note at the desk; `voice_of` is the message that it belongs to."""
    body: dict[str, Any] = {"voice_of": seq}
    if isinstance(heard, Unheard):
        body["text"] = f"Voice note, not transcribed: {heard}."
    else:
        body |= {"text": f"Voice note, transcribed: “{heard}”", "heard": heard}
    return NewEvent("note", body, author_type="assistant", cid=f"voice:{seq}")


def _with_words(event: Event, heard: Mapping[int, Mapping[str, Any]]) -> Event:
    if event.type != "message" or event.author_type != "customer" or not recordings(event.body.get("attachments", ())):
        return event
    note = heard.get(event.seq)
    if note is None or "heard" not in note:
        return replace(event, body={**event.body, "voice": "waiting" if note is None else "unheard"})
    text = "\n".join(part for part in (str(event.body.get("text", "")), str(note["heard"])) if part)
    return replace(event, body={**event.body, "text": text, "voice": "heard"})
