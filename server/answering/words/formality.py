"""How customers are addressed: words of one form of address in a text that should keep to the other.

Spanish `su` and `le`, and German `Sie` where it begins a sentence, may mean somebody else; they count only where they cannot.
"""

import re
from typing import Final

_INFORMAL_ES: Final = (
    r"\b(?:tú|tus?|te|ti|contigo|tuy[oa]s?|puedes|tienes|quieres|prefieres|recuperas|has|eres|estás|debes|podrías|deberías"
    r"|necesitas|encuentras|mandas|pagas|recibes|usas|mides|sigues|refieres|hiciste|pediste|recibiste|escribiste|empezaste"
    r"|hayas|tengas|dime(?:lo)?|escr[ií]be(?:me|lo)|m[aá]ndame(?:lo)?|revisa el|elige un|responde s[ií]|pide otro|mira el"
    r"|ten en cuenta|no escribas|env[ií]alo)\b"
)
_FORMAL_ES: Final = (
    r"\b(?:ustedes|usted|elija|escriba|escríba(?:me|lo)|indíqueme|responda|tenga en cuenta|desea|dígame(?:lo)?|mándeme"
    r"|revise el|pruebe de|pregunte|envíelo|inténtelo|pida otro|no haga)\b"
)
_LEAKS: Final = {
    ("es", "tu"): re.compile(_FORMAL_ES, re.IGNORECASE),
    ("es", "usted"): re.compile(_INFORMAL_ES, re.IGNORECASE),
    ("fr", "vous"): re.compile(r"\b(?:tu|te|toi|ton|ta|tes)\b|\bt['’]", re.IGNORECASE),
    ("fr", "tu"): re.compile(r"\b(?:vous|votre|vos)\b|\b(?!chez\b|assez\b|nez\b)\w+ez\b", re.IGNORECASE),
    ("de", "sie"): re.compile(
        r"\b(?:du|dir|dich|dein(?:e[mnrs]?)?|hast|kannst|möchtest|bist|willst|musst|siehst|bekommst|findest|schreib|schick|sag|gib|nenn)\b",
        re.IGNORECASE,
    ),
    ("de", "du"): re.compile(
        r"\bIhnen\b|\bIhr(?:e[mnrs]?)?\b|(?<=[^.!?:\n] )Sie\b|\bSie (?:\w+en|sind)\b|\b\w+en Sie\b"
    ),
    ("pt", "voce"): re.compile(r"\bsenhora?\b|\bo\(a\)", re.IGNORECASE),
    ("pt", "senhor"): re.compile(
        r"\b(?:vocês?|contigo|teus?|tuas?)\b|\bme (?:diga|avise|mande|envie|escreva|conte)\b", re.IGNORECASE
    ),
}


def leak(text: str, language: str, form: str) -> str:
    """The first word in a text that belongs to the other form of address; empty when there is none."""
    pattern = _LEAKS.get((language, form))
    match = pattern.search(re.sub(r"\{[^}]*\}", "{}", text)) if pattern else None
    return match.group() if match else ""
