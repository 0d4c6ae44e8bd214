"""Messages that only say who is asking: "Hi, I'm Yusuf Rossi, zip 19122", "my e-mail is ...". Pure, in five languages."""

import re
from typing import Final

from server.commerce.catalogue.words import fold

_ADDRESS: Final = re.compile(r"[^\s<>()]+@[^\s<>()]*\w")
_CODE: Final = re.compile(r"(?<![#\w-])\d{5}(?:-\d{3,4})?(?![\w-])")
_NAME: Final = re.compile(r"[A-ZÀ-Þ][^\W\d_'’-]*(?:['’-][^\W\d_]+)*\.?")
_WORDS: Final = re.compile(r"[^\W\d_]+")
_WRITTEN: Final = """
hi hello hey sure ok okay there good morning afternoon evening day my name is this i am m s it here and from in at
live the a an of with under i'm it's name's that's je j'ai m'appelle j'habite ich's zip e-mail code
zipcode postal post postcode email e mail address customer account can find me you by as registered
called please hola buenos buenas dias tardes noches soy llamo mi nombre es codigo correo electronico el
la y de con vivo en cuenta bonjour bonsoir salut suis appelle mon nom est adresse le et mel courriel
habite à l hallo guten tag morgen abend ich bin mein heisse ist meine postleitzahl plz und die lautet
wohne aus kundin kunde ola oi bom boa dia tarde noite sou meu minha nome chamo cep o moro no na em eu
conta
"""
_CUES: Final = frozenset(_WRITTEN.split())
"""Words around a name, a code and an address, none of which is a wish."""
_PIECES: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[,;.!:()]")
_FEWEST_NAMES: Final = 2
_MOST_NAMES: Final = 4


def only_says_who(text: str) -> bool:
    """Whether a text gives an e-mail address, or a name and a postal code, and asks for nothing."""
    if "?" in text:
        return False
    rest, emails = _ADDRESS.subn(" ", text)
    rest, codes = _CODE.subn(" ", rest)
    if not (emails or codes) or re.search(r"\d|#", rest):
        return False
    named = " ".join("|" if fold(word) in _CUES else word for word in _PIECES.findall(rest))
    runs = [run.split() for run in re.split(r"[|,;.!:()]", named) if run.strip()]
    return len(runs) <= 1 and all(
        _FEWEST_NAMES <= len(run) <= _MOST_NAMES and all(_NAME.fullmatch(word) for word in run) for run in runs
    )


def has_no_words(text: str) -> bool:
    """Whether a text is nothing but a name, a code and an address, which show no language."""
    if not only_says_who(text):
        return False
    rest = _CODE.sub(" ", _ADDRESS.sub(" ", text))
    return not any(fold(word) in _CUES for word in _WORDS.findall(rest))
