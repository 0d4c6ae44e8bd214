"""The words around our mails, as the shop says them: given to the provider once it is open.

They are phrases like all others, and whoever opens providers stands below the room where phrases live.
"""

from typing import Final

from channels.email.provider import EmailProvider
from server.answering.words.spoken import LANGUAGES
from server.answering.words.wording import phrases
from server.providers import Lines

WORDS: Final = (
    "subject", "code_subject", "assistant", "marker", "order", "expected", "expected_before", "carrier", "tracking", "track",
    "last_scan", "items", "rma", "due_by", "refund", "label",
)  # fmt: skip


def words() -> dict[str, dict[str, str]]:
    """The words around our mails, by language."""
    return {language: {name: phrases(language)[f"mail.{name}"] for name in WORDS} for language in LANGUAGES}


def give_words(lines: Lines) -> None:
    """Let the e-mail provider, if there is one, speak as the shop does."""
    provider = lines.providers.get("email")
    if isinstance(provider, EmailProvider):
        provider.speak(words())
