"""Whether the writer was given what they speak of, in five languages; who gives something is its buyer."""

# ruff: noqa: E501 (a pattern is read whole, on one line)

import re
from typing import Final

from server.answering.understand.normalise import clean, fold

_GIVEN: Final = re.compile(
    r"\b(?:got|received|had|was given|were given|been given|given to me)\b[^.?!]{0,40}\b(?:as an? (?:\w+ )?(?:gift|present)|for (?:my birthday|christmas|xmas|hanukkah|(?:our|my) wedding|(?:my|our) anniversary))\b"
    r"|\b(?:somebody|someone|(?:my|a|an|our) \w+)(?: \w+)? (?:gave|gifted|got|bought) (?:it |this |that |these |them )?(?:to )?(?:me|us)\b"
    r"|\b(?:was|is|were|are) an? (?:\w+ )?(?:gift|present) (?:from|to me|for me)\b|\b(?:unwanted|lost the) gift(?! card)\b|\bgift receipt\b"
    r"|\bme (?:l[oae]s? )?(?:han )?regal(?:aron|ado|o)\b|\b(?:fue|era|es) un regalo (?:de (?!mi parte)|para mi\b(?! \w))"
    r"|\b(?:on|il|elle|ils|\w+) (?:me l'a|m'a|nous a|m'ont) (?:\w+ )?offert\w*|\b(?:recue?s?|eue?) (?:en|comme) cadeau|\bcadeau (?:recu|de la part|qu'on m'a)"
    r"|\b(?:geschenkt|geschenk) (?:bekommen|gekriegt|erhalten)\b|\bzu[mr] (?:geburtstag|hochzeit|weihnachten) (?:bekommen|gekriegt)\b|\b(?:war|ist) ein geschenk (?:von|an mich|fur mich)\b"
    r"|\b(?:ganhei|recebi)\b[^.?!]{0,30}\bde presente\b|\bme deram\b|\b(?:foi|era) (?:um )?presente (?:de|para mim|pra mim)\b(?! \w)"
)


def was_given(text: str) -> bool:
    """Whether a text says that its writer got the goods from somebody else."""
    return _GIVEN.search(fold(clean(text))) is not None
