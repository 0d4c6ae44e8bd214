"""Says that a machine answers, where a channel's rules and some laws want it said unasked.

On Messenger and Instagram it stands before the first reply of a conversation, after a day without one, and when the assistant
takes over again from a person. Elsewhere the greeting says it. Source: Meta, Messenger Platform, "Automated experience disclosure".
"""

from datetime import timedelta
from typing import Final

from memory.times import from_ms
from server.answering.context import Context, Dialogue
from server.answering.words.spoken import language_of
from server.answering.words.voice import Voice

CHANNELS: Final = frozenset({"messenger", "instagram"})
LONG_GAP: Final = timedelta(hours=24)


def disclosed(text: str, context: Context, dialogue: Dialogue) -> str:
    """A reply, with who gives it in front where that has to be said now and the reply does not say it itself."""
    says_it = dialogue.introduced and not context.dialogue.introduced
    if not text or says_it or context.channel not in CHANNELS or not _is_due(context):
        return text
    voice = Voice(language_of(dialogue.language or "en"), context.now)
    said = voice.text("manner.disclosed", assistant=context.shop.assistant, shop=context.shop.name)
    return f"{said} {text}"


def _is_due(context: Context) -> bool:
    said = [each for each in context.history if each.type == "message" and each.author_type in ("assistant", "agent")]
    if not said or said[-1].author_type == "agent":
        return True
    return context.now - from_ms(said[-1].at) > LONG_GAP
