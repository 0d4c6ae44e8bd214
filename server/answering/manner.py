"""How the assistant ends what it says, and what it makes of the small words around it.

After a complete answer it asks once in a thread whether that solved it; one tap, or a plain yes, closes the thread as confirmed.
Small words that only make sense after an answer ("and now?", "any news?") are read here.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from typing import Final

from server.answering.context import Context, Dialogue
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import brevity
from server.answering.words.openings import opening
from server.answering.words.spoken import language_of
from server.answering.words.wording import wording

_CALM_BELOW: Final = 2
_LEADS: Final = range(1, 9)
_REMEMBERED: Final = 60
REFUSED: Final = "refused"
"""Stands in `Dialogue.last` after an answer that refused something."""
_AGAIN: Final = re.compile(
    r"^\W*(?:(?:ok|okay|well|so|hello|hi|hey|and|y|et|und|e|aur|please|pls|por favor|bitte|svp)\W+)*"
    r"(?:(?:what|how) about (?:it )?now|now|any (?:news|updates?|change|progress)|what'?s new|still nothing|nothing new"
    r"|(?:can|could) (?:you|u|it|they) (?:please )?(?:send|ship|deliver|get|bring|hurry|rush|speed|expedite|come|arrive|be)\b.{0,24}\b(?:sooner|faster|earlier|quicker|up)"
    r"|(?:can|could) you (?:please )?(?:rush|expedite) (?:it|this|that)|(?:se )?puede[ns]? (?:enviar|llegar|acelerar|adelantar)\w*.{0,16}(?:antes|r[aá]pido)?"
    r"|(?:pouvez-vous|vous pouvez|peut-on) acc[eé]l[eé]rer.{0,16}|(?:geht|k[oö]nnen sie|kann) (?:das|es|die|den)?.{0,16}(?:schneller|fr[uü]her|beschleunigen)|(?:d[aá] para|podem?) (?:acelerar|adiantar|chegar antes).{0,16}"
    r"|where is it(?: now)?|(?:so |ok )?what (?:do|should|can|must) i (?:need to |have to )?do(?: now| next| then)?|what(?:'s| is)? next|what (?:now|then)|now what"
    r"|(?:y )?(?:ahora )?qu[eé] (?:hago|tengo que hacer|puedo hacer|debo hacer)(?: ahora)?|que (?:dois|puis)-je faire|que faire|qu'est-ce que je (?:fais|dois faire|peux faire)"
    r"|was (?:muss|soll|kann) ich (?:jetzt |nun |denn )?(?:tun|machen)|was nun|was jetzt|und nun|o que (?:fa[cç]o|devo fazer|posso fazer|tenho de fazer)(?: agora)?|(?:ab )?(?:kya|kaise) kar(?:u|oon|na hai|na hoga)"
    r"|(?:when|what (?:day|time)|which day|how (?:long|soon))(?: (?:exactly|then|roughly|about)"
    r"| (?:will|does|is|should) (?:it|that|this)(?: (?:be|arrive|come|get|take|here|there|arriving|coming|to))*)*"
    r"|cu[aá]ndo(?: (?:exactamente|llega(?:r[aá])?|viene|ser[aá]))*|quando(?: (?:exatamente|chega|vem|vai chegar|ser[aá]))*"
    r"|quand(?: (?:exactement|[cç]a|est-ce qu'(?:il|elle) arrive)| arrive[- ]t[- ](?:il|elle)| sera[- ]t[- ](?:il|elle) l[aà])*"
    r"|wann(?: (?:genau|denn|ungef[aä]hr|kommt|soll|wird|sie|es|er|das|an|da|kommen|ankommen|geliefert))*"
    r"|where'?s it|and (?:today|now)|ahora|alguna (?:novedad|noticia)|(?:hay )?novedades|d[oó]nde est[aá]|y hoy|maintenant|du nouveau"
    r"|des nouvelles|(?:il|elle) est o[uù]|o[uù] (?:est|en est)[- ](?:il|elle|on)|jetzt|heute|was neues"
    r"|gibt es (?:etwas )?neues|neuigkeiten|wo ist (?:es|sie|er)"
    r"|agora|alguma novidade|novidades|onde est[aá]|cad[eê]|ab kahan hai|kuch update)"
    r"(?:\W+(?:please|pls|then|on it|por favor|bitte|svp|denn|yet))*\W*$",
    re.IGNORECASE,
)


def asks_again(text: str) -> bool:
    """Whether a message only asks how it stands now with what was spoken of."""
    return len(text) <= 60 and _AGAIN.match(text.strip()) is not None


_POINTING: Final = re.compile(
    r"\W*(?:(?:no|yes|ok|and|just|only|the|that|this|i mean|el|la|le|l'|der|die|das|den|o|a)\W+)*"
    r"(?:first|second|third|last|other|former|latter|same|primer[oa]?|segund[oa]|tercer[oa]?|[uú]ltim[oa]|otr[oa]|premi[eè]re?|deuxi[eè]me"
    r"|troisi[eè]me|derni[eè]re?|autre|erste[nrs]?|zweite[nrs]?|dritte[nrs]?|letzte[nrs]?|andere[nrs]?|primeir[oa]|terceir[oa]|outr[oa]"
    r"|that|this|it|both|ambos|ambas|les deux|beide|os dois|as duas)(?: (?:one|ones|item|thing))?(?: please| pls| por favor| bitte)?\W*",
    re.IGNORECASE,
)


def only_points(text: str) -> bool:
    """Whether a message only points at something that was told before: "the second one", "both", "the other"."""
    return len(text) <= 40 and _POINTING.fullmatch(text) is not None


def ask_solved(turn: Turn) -> None:
    """After a complete answer, once in a thread: did that solve it?"""
    dialogue = turn.dialogue
    is_whole = bool(turn.is_answered and turn.speech.text) and not (
        turn.is_asking or turn.reason or turn.waits_for_person
    )
    is_refusal = len(dialogue.refused) > len(turn.context.dialogue.refused)
    is_open = turn.leaves_open or _is_long(turn)  # what was not found, or told at length, solves nothing by itself
    if not is_whole or is_refusal or is_open or dialogue.solved or turn.message.frustration >= _CALM_BELOW:
        return
    dialogue.solved = "asked"
    turn.say("manner.solved")
    tapped = [turn.option("manner.it_did", "solved:yes"), turn.option("manner.it_did_not", "solved:no")]
    turn.options = [*tapped, *turn.options]


def note_refusal(turn: Turn) -> None:
    """Remember whether this answer refused something: who does not accept it gets a person next."""
    fresh = turn.dialogue.refused[len(turn.context.dialogue.refused) :]
    if any(":" in each for each in fresh):
        turn.dialogue.last = REFUSED
    elif turn.dialogue.last == REFUSED and turn.speech.text:
        turn.dialogue.last = ""


def _is_long(turn: Turn) -> bool:
    """Whether the reply is as long as one should be without that question."""
    return brevity.count(turn.speech.text, turn.voice.language) >= brevity.MOST


def open_anew(turn: Turn) -> None:
    """No two replies of a conversation begin alike: what is told again gets a few words in front, once each.

    Questions and summaries to confirm stay as they are, and so does what is said to somebody who is upset."""
    used, said = turn.dialogue.openings, turn.speech
    if said.has_regret and "sorry" not in turn.dialogue.refused:
        turn.dialogue.refused.append("sorry")
    is_told = turn.is_answered and not (turn.is_asking or turn.reason or turn.executed)
    if is_told and turn.message.frustration < _CALM_BELOW and opening(said.text) in used:
        leads = (turn.voice.text(f"manner.lead_{number}") for number in _LEADS)
        fresh = next((lead for lead in leads if not _has_begun(used, opening(lead))), "")
        if fresh:
            said.lead_in(fresh)
    if said.text and opening(said.text) not in used:
        used.append(opening(said.text))
    del used[:-_REMEMBERED]


def _has_begun(used: Sequence[str], words: str) -> bool:
    return any(each.startswith(words) for each in used)


def dressed(text: str, context: Context, dialogue: Dialogue) -> str:
    """A reply with the shop's greeting and sign-off: on e-mail around every reply; elsewhere the greeting opens the first reply of a
    conversation. A call was greeted when it was answered, and a reply to a mere hello greets by itself."""
    language, is_mail = language_of(dialogue.language or "en"), context.channel in ("email", "form")
    spoken = wording()
    is_first = not any(event.type == "message" and event.author_type == "assistant" for event in context.history)
    greets_itself = dialogue.introduced and not context.dialogue.introduced
    greeting = spoken.greeting.get(language, "")
    if not text or context.channel == "voice" or greets_itself or not (is_mail or is_first):
        greeting = ""
    if not is_mail:
        return f"{greeting} {text}" if greeting else text
    parts = (greeting, text, spoken.sign_off.get(language, "") if text else "")
    return "\n\n".join(part for part in parts if part)


def takes_solved(turn: Turn) -> bool:
    """Take the answer to that question; False when the message is about something else."""
    dialogue = turn.dialogue
    if dialogue.solved != "asked":
        return False
    dialogue.solved = "passed"
    said = (turn.choice or "").removeprefix("solved:") if (turn.choice or "").startswith("solved:") else None
    if said is None and not dialogue.asked and not turn.choice:
        said = yesno.answer(turn.text, turn.voice.language)
    if said == "yes":
        turn.say("manner.glad")
        turn.is_resolving = True
    elif said == "no":
        turn.say("manner.what_is_open")
        turn.options = [turn.option("choice.human", "human")]
    return said is not None
