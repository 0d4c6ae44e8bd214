"""What an article says to a question: its own sentences or steps as they stand, and where they stand.

Every sentence that is said is a fact of its own, so that it is said whole or not at all. It decides nothing.
"""

from datetime import UTC, datetime, time
from typing import Final

from memory.knowledge import StoredArticle
from server.answering.words.claim_words import words_of
from server.answering.words.sentences import sentences
from server.answering.words.voice import Speech, Voice
from server.articles import Block, Section
from server.commerce.model import Fact
from server.shelf import Hit, sentence_score

_SENTENCES: Final = 3
_LETTERS: Final = 320
_STEPS: Final = 10
_ITEMS: Final = 6


def name(hit: Hit) -> str:
    """What identifies a section: `slug#anchor`."""
    return f"{hit.article.slug}#{hit.section.anchor}" if hit.section.anchor else hit.article.slug


def has_steps(section: Section) -> bool:
    """Whether a section says what to do, one thing after the other."""
    return sum(block.kind == "step" for block in section.blocks) > 1


def address(hit: Hit, base: str) -> str:
    """Where the section stands in the help centre."""
    anchor = f"#{hit.section.anchor}" if hit.section.anchor else ""
    return f"{base}/help/{hit.article.language}/{hit.article.slug}{anchor}"


def answer(hit: Hit, voice: Voice, base: str, *, is_spoken: bool = False) -> Speech:
    """The part of a section that answers, with its article; `is_spoken` = nobody can tap a link."""
    speech = voice.speech()
    for mark, text in _lines(hit, voice):
        parts = [each.strip() for each, _ in sentences(text, words_of(voice.language)) if each.strip()]
        speech.line(f"{mark}{text}", *(_fact(hit, "article", each) for each in parts))
    return speech.join(source(hit, voice, base, is_spoken=is_spoken))


def source(hit: Hit, voice: Voice, base: str, *, is_spoken: bool = False, key: str = "knowledge.source") -> Speech:
    """Which article it is, and where to read on."""
    title = _fact(hit, "title", hit.article.title)
    speech = voice.speech()
    if is_spoken:
        return speech.add("knowledge.source_spoken", title=title)
    url = Fact("article_url", "url", address(hit, base), _source(hit.article, hit.section), _at(hit.article))
    return speech.add(key, title=title, url=url)


def _lines(hit: Hit, voice: Voice) -> list[tuple[str, str]]:
    """(what goes before, text) of everything that is said."""
    blocks = hit.section.blocks
    if has_steps(hit.section):
        return _steps(blocks)
    if all(block.kind == "item" for block in blocks):
        return [("\n• ", block.text) for block in blocks[:_ITEMS]]
    return [("", text) for text in _best(hit, voice)]


def _steps(blocks: tuple[Block, ...]) -> list[tuple[str, str]]:
    """The first list of steps, what leads to it, and what is said after it."""
    first = next(at for at, block in enumerate(blocks) if block.kind == "step")
    said: list[tuple[str, str]] = []
    number = 0
    for block in blocks[first:]:
        if block.kind == "step" and block.number == number:  # the same step goes on
            said.append((" ", block.text))
        elif block.kind == "step" and block.number > number and number < _STEPS:
            said.append((f"\n{block.number}. ", block.text))
            number = block.number
        elif block.kind == "item":
            said.append(("\n• ", block.text))
        else:
            break
    after = blocks[first + len(said) : first + len(said) + 1]
    before = [("", blocks[first - 1].text)] if first and blocks[first - 1].kind == "text" else []
    return [*before, *said, *(("\n", block.text) for block in after if block.kind == "text")]


def _best(hit: Hit, voice: Voice) -> list[str]:
    """The sentences that have most of the question, and what follows them, while it is short."""
    words = words_of(voice.language)
    found = [part.strip() for block in hit.section.blocks for part, _ in sentences(block.text, words) if part.strip()]
    if len(found) <= _SENTENCES and sum(map(len, found)) <= _LETTERS:
        return found
    scores = [sentence_score(each, hit.heard) for each in found]
    start = scores.index(max(scores))
    chosen = [found[start]]
    for following in found[start + 1 : start + _SENTENCES]:
        if sum(map(len, chosen)) + len(following) > _LETTERS:
            break
        chosen.append(following)
    return chosen


def _fact(hit: Hit, key: str, text: str) -> Fact:
    return Fact(key, "text", text, _source(hit.article, hit.section), _at(hit.article))


def _source(article: StoredArticle, section: Section) -> str:
    return f"knowledge:{article.slug}#{section.anchor}"


def _at(article: StoredArticle) -> datetime:
    return datetime.combine(article.updated_on, time(), UTC)
