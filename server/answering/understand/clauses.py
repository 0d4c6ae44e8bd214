"""Cuts a message into clauses: "I don't want a refund, I want the right shoe" is two. Six languages; knows no model."""

import re

MAX_CLAUSES = 12

_STARTS = (
    r"i|i'm|i'd|i've|im|can|could|how|what|whats|what's|when|where|wheres|where's|why|who|is|are|do|does|did|has|have|"
    r"will|would|please|pls|my|your|you|if|it|it's|they|that|this|we|also|give|send|ship|cancel|refund|tell|change|let|"
    r"quiero|cuando|cuándo|donde|dónde|como|cómo|puedo|pueden|necesito|cuanto|cuánto|que|qué|hay|tienen|me|mi|mis|"
    r"cual|cuál|cuales|cuáles|quien|quién|tenéis|teneis|tienes|hacéis|haceis|podéis|podeis|puedes|quisiera|dime|"
    r"je|j'ai|j'aimerais|quand|où|comment|est-ce|pouvez|puis-je|combien|mon|ma|mes|c'est|vous|"
    r"quel|quelle|quels|quelles|qui|avez-vous|est|sont|y|peut-on|pourriez|pouvez-vous|dites|je voudrais|il|elle|"
    r"ich|wann|wo|wie|kann|können|mein|meine|bitte|gibt|ist|das|der|die|es|sie|habe|hab|was|warum|"
    r"welche|welcher|welches|wer|wieviel|habt|haben|könnt|könnten|darf|muss|bekomme|bitte|sagt|sagen|"
    r"eu|quero|quando|onde|posso|podem|preciso|quanto|meu|minha|tem|têm|vocês|gostaria|"
    r"qual|quais|quem|há|dá|pode|como|vcs|me|"
    r"mera|meri|mujhe|kab|kahan|kaise|kya|aur"
)
_LINKS = (
    r"and|but|also|plus|oh|btw|then|so|because|cause|y|e|pero|también|tambien|además|ademas|et|mais|aussi|und|aber|"
    r"außerdem|ausserdem|sondern|mas|também|tambem|aur|lekin|porque|weil|oder|or"
)
_CUT = re.compile(
    rf"(?<=[.!?;])\s+|\n+|\s+[-•*]\s+|\s+(?=\(?[1-9]\)\s+[^\W\d])|(?<=[\w)])\s*,\s*(?=(?:(?:{_LINKS})\s+)*(?:{_STARTS})\b)"
    rf"|\s+(?=(?:{_LINKS})\s+(?:(?:{_LINKS})\s+)*(?:{_STARTS})\b)",
    re.IGNORECASE,
)

_DELIVERED = re.compile(
    r"\b(?:delivered|deliverd|entregad[oa]|livr[ée]e?|zugestellt|geliefert|ausgeliefert|entregue)\b", re.IGNORECASE
)
_NOT_HERE = re.compile(
    r"^(?:but|yet|and|pero|y|mais|et|aber|und|mas|e)\b.{0,30}\b(?:never|not|nothing|no|nunca|nada|n'ai|rien|jamais|nie|nichts?|não|nao)"
    r"\b.{0,20}\b(?:receiv|reciev|got|get|came|come|arriv|have|here|see|recib|lleg|reçu|recu|bekomm|erhalt|angekommen|da\b|receb|cheg)"
    r"|^(?:but|yet|and)\b.{0,30}n['’]?t (?:receive|recieve|get|got|have|come|see|here|arrive)",
    re.IGNORECASE,
)


def split(text: str) -> list[str]:
    """The clauses of a cleaned message, in order; scraps join their neighbour, the middle of a long story is one clause."""
    pieces = [piece.strip() for piece in _CUT.split(text) if piece and piece.strip()]
    joined: list[str] = []
    for piece in pieces:
        if joined and _belongs(piece, joined[-1]):
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    if len(joined) <= MAX_CLAUSES:
        return joined
    half = MAX_CLAUSES // 2
    return [*joined[:half], " ".join(joined[half : 1 - half]), *joined[1 - half :]]


def _belongs(piece: str, before: str) -> bool:
    """A scrap is no clause; and "says delivered" means the opposite of what it says with "but I never got it" behind it."""
    if _is_scrap(piece) or _is_scrap(before):
        return True
    return bool(_DELIVERED.search(before) and _NOT_HERE.search(piece))


def _is_scrap(piece: str) -> bool:
    return piece.count(" ") == 0 and len(piece) < 14 and not piece.endswith(("?", "!", "."))
