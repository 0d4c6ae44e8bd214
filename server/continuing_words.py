"""What is said when a conversation goes on elsewhere, in the five languages, in words that fit any form of address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.answering.words.spoken import language_of


@dataclass(frozen=True, slots=True)
class ContinueWords:
    """`ask` stands before the code in a WhatsApp message, `here` is our answer to it. `mail` is the e-mail; `page` to `refused` is
    the page that leads back into the chat. `{…}` are filled in."""

    ask: str
    here: str
    mail: str
    page: str
    lead: str
    open: str
    refused: str
    script: str


WORDS: Final[Mapping[str, ContinueWords]] = {
    "en": ContinueWords(
        "I'd like to continue our conversation here.",
        "Here we are: the conversation goes on here, and what was said before is known.",
        "Conversation {number} with {shop} can go on by e-mail: just reply to this message.\n\n"
        "Nobody asked for this? Then this message can be ignored; nothing happens without a reply.",
        "Go on in the chat", "Your conversation goes on here, with everything that we know of it.", "Open the conversation",
        "This link is not valid any more. The chat is open all the same.", "The chat needs JavaScript.",
    ),
    "es": ContinueWords(
        "Quiero continuar nuestra conversación aquí.",
        "Aquí estamos: la conversación sigue aquí, y lo dicho antes se conoce.",
        "La conversación {number} con {shop} puede seguir por correo: basta con responder a este mensaje.\n\n"
        "¿Nadie lo ha pedido? Entonces se puede ignorar; sin una respuesta no pasa nada.",
        "Seguir en el chat", "La conversación sigue aquí, con todo lo que sabemos de ella.", "Abrir la conversación",
        "Este enlace ya no es válido. El chat está abierto de todos modos.", "El chat necesita JavaScript.",
    ),
    "fr": ContinueWords(
        "J'aimerais continuer notre conversation ici.",
        "Nous y voilà : la conversation continue ici, et ce qui a été dit avant est connu.",
        "La conversation {number} avec {shop} peut continuer par e-mail : il suffit de répondre à ce message.\n\n"
        "Personne ne l'a demandé ? Ce message peut être ignoré ; sans réponse, rien ne se passe.",
        "Continuer dans le chat", "La conversation continue ici, avec tout ce que nous en savons.", "Ouvrir la conversation",
        "Ce lien n'est plus valable. Le chat reste ouvert.", "Le chat a besoin de JavaScript.",
    ),
    "de": ContinueWords(
        "Ich möchte unser Gespräch hier fortsetzen.",
        "Da sind wir: Hier geht das Gespräch weiter, und was vorher gesagt wurde, ist bekannt.",
        "Das Gespräch {number} mit {shop} kann per E-Mail weitergehen: einfach auf diese Nachricht antworten.\n\n"
        "Niemand hat darum gebeten? Dann kann diese Nachricht liegen bleiben; ohne Antwort geschieht nichts.",
        "Im Chat weitermachen", "Das Gespräch geht hier weiter, mit allem, was wir davon wissen.", "Gespräch öffnen",
        "Dieser Link gilt nicht mehr. Der Chat ist trotzdem offen.", "Der Chat braucht JavaScript.",
    ),
    "pt": ContinueWords(
        "Quero continuar a nossa conversa aqui.",
        "Aqui estamos: a conversa continua aqui, e o que foi dito antes é conhecido.",
        "A conversa {number} com {shop} pode continuar por e-mail: basta responder a esta mensagem.\n\n"
        "Ninguém pediu isto? Então esta mensagem pode ser ignorada; sem resposta nada acontece.",
        "Continuar no chat", "A conversa continua aqui, com tudo o que sabemos dela.", "Abrir a conversa",
        "Esta ligação já não é válida. O chat está aberto na mesma.", "O chat precisa de JavaScript.",
    ),
}  # fmt: skip


def words_of(language: str) -> ContinueWords:
    """The words in a language, or in the one that is answered in its place."""
    return WORDS.get(language_of(language or "en"), WORDS["en"])
