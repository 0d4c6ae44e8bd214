"""Questions about the shop itself: answered from its own articles or settings, else honestly not known, with a person on offer."""

from typing import Final

from memory.errors import StorageError
from server.answering.skills import knowledge
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import shop_words
from server.answering.words.shop_words import Topic
from server.commerce.catalogue.words import fold, words_of
from server.shelf import Hit, Piece

WANT_PERSON: Final = "want_person"
_CALLED: Final = 6
_MOST_SAID: Final = 5
_LEAST: Final = 1


async def policy_question(turn: Turn) -> None:
    """A matter about the shop itself, or else a question about its rules."""
    topic = shop_words.topic(turn.text)
    if topic is None:
        await knowledge.policy_question(turn)
    else:
        await tell(turn, topic)


async def tell(turn: Turn, topic: Topic) -> None:
    """What the shop says of a matter; where it says nothing, that, and whether a person shall come."""
    if topic in shop_words.IN_ARTICLES and await knowledge.answers(turn):
        return
    hit = await _find(turn, topic)
    contact = turn.context.shop.contact
    if hit is not None:
        knowledge.tell(turn, hit)
    elif topic is shop_words.CONTACT and contact:
        turn.say("shop.contact", contact=contact)
    else:
        turn.say("shop.unknown", what=turn.voice.text(f"shop.what.{topic.name}"))
        turn.leaves_open = True
        turn.ask(WANT_PERSON, [turn.option("choice.human", "human")])


async def continues(turn: Turn) -> bool:
    """Bring a person in, or leave it, as the answer says."""
    if turn.dialogue.asked != WANT_PERSON:
        return False
    said = yesno.answer(turn.text, turn.voice.language)
    if said is None:
        turn.settle()
        return False
    turn.settle()
    if said == "yes":
        turn.say("handoff.requested")
        turn.hand_off("requested")
    else:
        turn.say("manner.let_go")
    return True


async def _find(turn: Turn, topic: Topic) -> Hit | None:
    """The section that speaks of a matter most plainly: by what it is called, then by what it says."""
    help = turn.context.help
    if help is None:
        return None
    try:
        books = await help.library.books()
    except StorageError:
        return None
    shelf = books.shelf(turn.voice.language)
    scored = [(_speaks_of(topic, piece), -at, piece) for at, piece in enumerate(shelf.pieces if shelf else ())]
    score, _, best = max(scored, key=lambda each: each[:2], default=(0, 0, None))
    if best is None or score < _LEAST:
        return None
    heard = frozenset(word.stem for word in words_of(turn.text))
    return Hit(best.article, best.section, float(score), 1.0, 1.0, is_sure=True, heard=heard)


def _speaks_of(topic: Topic, piece: Piece) -> int:
    """How plainly a section speaks of a matter; 0 = not at all. Several of its words in the text count as much as its name."""
    said = len(set(topic.answered.findall(fold(piece.section.text))))
    called = topic.answered.search(fold(piece.section.heading)) is not None
    if not (said or called) or not topic.told.search(fold(piece.section.text)):
        return 0
    entitled = topic.answered.search(fold(piece.article.title)) is not None
    return min(said, _MOST_SAID) + _CALLED * called + entitled
