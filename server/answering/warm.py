"""Read at start-up what answering needs from files, so that no turn waits for a disk."""

from datetime import UTC, datetime

from server.answering.understand import glossary, understand
from server.answering.words.claim_words import words_of
from server.answering.words.postal_names import countries
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice, phrases
from server.commerce.catalogue.lexicon import lexicon
from server.commerce.model import Fact, LocalTime, Money


def warm() -> None:
    """Load phrases, the reader's weights and the calendars of every language; takes about a quarter of a second."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    for language in LANGUAGES:
        phrases(language)
        words_of(language)
        voice = Voice(language, now)
        voice.word(Fact("at", "datetime", LocalTime(now, "America/New_York"), "", now))
        voice.word(Fact("amount", "amount", Money(100, "USD"), "", now))
    countries()
    lexicon()
    for language in glossary.LANGUAGES:
        glossary.load(language)
    understand("Where is my order #1042? ana@example.com")
