"""What a customer hears while a person is awaited: each message is taken note of, none in the same words, and nothing is decided.

Once an agent owns the thread nobody speaks here any more. Who asks how it stands hears what the team has and when somebody is there;
whoever tells more, sends a file or names another order hears that it lies with the case. After the words for one kind of message
are used up there is silence, until some time has passed.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.answering import manner
from server.answering.skills import courtesy
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import desk_words
from server.commerce.catalogue.words import fold

_PAUSE_S: Final = 600.0
_ASKS_HOW_LONG: Final = re.compile(
    r"^\W*(?:(?:ok|so|well|hi|hey|hello|hola|hallo|bonjour|ola|allo|alo|still|and)\W+)*(?:hello|hi|hey|hola|hallo|allo|bonjour|ola|alo|anyone|anybody|somebody)?\W*$"
    r"|\b(?:any ?(?:one|body)|some ?(?:one|body)|nobody|no one|you) (?:still |even |actually )?(?:there|here|around|coming|answer\w*|reply\w*|replied|listening|reading)\b|\b(?:is|are) (?:any ?(?:one|body)|some ?(?:one|body)|you|u) (?:still )?(?:there|here|coming)\b"
    r"|\bhow (?:much )?long(?:er)?\b|\b(?:i'?m |i am |i've been |been )?(?:still )?waiting\b|\bwhen (?:will|does|is|are|can) (?:any ?(?:one|body)|some ?(?:one|body)|a (?:person|human)|the (?:team|agent)|you|they|i hear)\b|\bwhat(?:'s| is) (?:happening|going on|the (?:status|hold ?up))\b|\bany (?:news|updates?|progress)\b"
    r"|\b(?:hay|sigue|queda|esta) (?:alguien|ahi)\b|\bcuanto (?:tiempo )?(?:mas |falta|tarda\w*|hay que|tengo que|debo)|\b(?:sigo|estoy) esperando\b|\bcuando (?:me )?(?:respond\w+|contest\w+|viene alguien|atiend\w+)|\balguna novedad\b"
    r"|\b(?:il y a|y a-t-il) quelqu'un\b|\bquelqu'un (?:est|va|peut)\b|\bvous etes la\b|\bcombien de temps\b|\bj'attends\b|\bquand (?:est-ce qu|quelqu|va|me|une personne|aurai)|\bdu nouveau\b"
    r"|\b(?:ist|noch) (?:da |noch )?jemand\b|\bjemand da\b|\bwie lange\b|\b(?:ich )?wart(?:e|en) (?:noch|immer|schon|seit)\b|\bwann (?:meldet|antwortet|kommt|bekomme|hore|ist jemand)|\b(?:gibt es )?(?:was|etwas) neues\b|\bsind sie noch da\b"
    r"|\b(?:tem|ha) alguem\b|\balguem (?:ai|vai|pode)\b|\bquanto tempo\b|\b(?:estou|ainda) (?:a )?esper\w+|\bquando (?:alguem|vao|me|vem|respondem)|\balguma novidade\b|\bkoi hai\b|\bkab tak\b"
)
"""A question about the wait itself, with accents taken off."""
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")


def acknowledge(turn: Turn) -> None:
    """A person will answer: take note, keep a contact that was asked for, and promise nothing more."""
    turn.waits_for_person = True
    found, dialogue = turn.understood.entities, turn.dialogue
    contact = next(iter((*found.email, *found.phone)), "")
    if contact and dialogue.contact_asked and not dialogue.contact_given:
        dialogue.contact_given = contact
        turn.speech.line(turn.voice.text("handoff.contact_kept", contact=contact))
        dialogue.slots.emails.append(contact)
    elif "safety" in turn.understood.sure_risk:
        _say(turn, "handoff.safety")
    elif any(said.attachments for said in turn.context.said):
        _say(turn, "handoff.noted_file")
    elif new := [
        each for each in dialogue.slots.order_numbers if each not in turn.context.dialogue.slots.order_numbers
    ]:
        _say(turn, "handoff.noted_order", number=new[-1])
    elif _asks_how_it_stands(turn):
        if _say(turn, "waiting.still"):
            turn.speech.join(desk_words.when_somebody_is_there(turn.context, turn.voice))
    elif _is_courtesy(turn):
        if turn.understood.intent == "thanks":
            _say(turn, "courtesy.welcome")
    elif dialogue.noted and turn.text.rstrip().endswith("?"):
        _say(turn, "waiting.asked")
    else:
        _say(turn, "handoff.noted")


def _asks_how_it_stands(turn: Turn) -> bool:
    text = fold(turn.text.replace("’", "'"))
    is_person_asked = turn.choice == "human" or courtesy.demands_a_person(turn.text)
    return is_person_asked or manner.asks_again(turn.text) or _ASKS_HOW_LONG.search(text) is not None


def _is_courtesy(turn: Turn) -> bool:
    """Whether a message tells nothing: thanks, a goodbye, a mere yes or no, a sign."""
    understood = turn.understood
    is_polite = understood.intent in ("thanks", "goodbye") and not understood.abstain and len(turn.text.split()) <= 8
    is_bare = yesno.answer(turn.text, turn.voice.language) is not None and len(turn.text.split()) <= 3
    return is_polite or is_bare or not _LETTERS.search(turn.text)


def _say(turn: Turn, key: str, **words: str) -> bool:
    """Say a phrase, or one of its others, that was not said since the last pause; whether there was one.

    `words` are the customer's own."""
    dialogue, now = turn.dialogue, turn.context.now.timestamp()
    if now - dialogue.noted_at >= _PAUSE_S:
        dialogue.noted = [each for each in dialogue.noted if each == "handoff.noted"]
    keys = [key, *(other for number in (2, 3) if turn.voice.has(other := f"{key}_{number}"))]
    fresh = next((each for each in keys if _name(each, words) not in dialogue.noted), None)
    if fresh is None:
        return False
    dialogue.noted.append(_name(fresh, words))
    dialogue.noted_at = now
    turn.speech.line(turn.voice.text(fresh, **words))
    return True


def _name(key: str, words: dict[str, str]) -> str:
    return ":".join((key, *words.values()))
