"""How replies begin: no two of a conversation should begin with the same words where another beginning makes sense."""

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_COUNT: Final = 6


@lru_cache(maxsize=1024)
def opening(text: str) -> str:
    """The first six words of a text, without case and signs: what one hears when two replies begin alike."""
    return " ".join(_WORD.findall(text.casefold())[:_COUNT])
