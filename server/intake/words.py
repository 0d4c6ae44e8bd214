"""The few sentences that the door itself says, in the languages of the assistant. Everything else is written elsewhere."""

from typing import Final

from babel import Locale, UnknownLocaleError

_HUMAN: Final = {
    "en": "I'd like to talk to a person",
    "es": "Quiero hablar con una persona",
    "fr": "Je voudrais parler à une personne",
    "de": "Ich möchte mit einem Menschen sprechen",
    "pt": "Quero falar com uma pessoa",
    "hi": "Mujhe kisi insaan se baat karni hai",
}
_GREETING: Final = {
    "en": "Hi! I'm {assistant}, the automated assistant of {shop}. How can I help?",
    "es": "¡Hola! Soy {assistant}, el asistente automático de {shop}. ¿En qué puedo ayudarte?",
    "fr": "Bonjour ! Je suis {assistant}, l'assistant automatique de {shop}. Comment puis-je vous aider ?",
    "de": "Hallo! Ich bin {assistant}, die automatische Assistenz von {shop}. Wie kann ich helfen?",
    "pt": "Olá! Sou {assistant}, o assistente automático de {shop}. Como posso ajudar?",
    "hi": "Namaste! Main {assistant} hoon, {shop} ka automated assistant. Main kaise madad karoon?",
}
_QUICK: Final = {
    "en": ("Where is my order?", "I want to return something", "When do I get my refund?"),
    "es": ("¿Dónde está mi pedido?", "Quiero devolver algo", "¿Cuándo recibiré mi reembolso?"),
    "fr": ("Où est ma commande ?", "Je veux retourner un article", "Quand serai-je remboursé ?"),
    "de": ("Wo ist meine Bestellung?", "Ich möchte etwas zurückgeben", "Wann bekomme ich mein Geld zurück?"),
    "pt": ("Onde está a minha encomenda?", "Quero devolver um artigo", "Quando recebo o reembolso?"),
    "hi": ("Mera order kahan hai?", "Mujhe kuch return karna hai", "Refund kab milega?"),
}


def locale_of(asked: str) -> tuple[str, bool]:
    """(locale, whether it is written from right to left) for what a browser asked for; English when it is no locale."""
    try:
        locale = Locale.parse(asked.strip()[:20], sep="-" if "-" in asked else "_")
    except (UnknownLocaleError, ValueError, TypeError):
        return "en", False
    return str(locale).replace("_", "-"), locale.text_direction == "rtl"


def human(locale: str) -> str:
    """What "talk to a person" says in the thread."""
    return _HUMAN[_language(locale)]


def greeting(locale: str, assistant: str, shop: str) -> str:
    """The first line of an empty chat."""
    return _GREETING[_language(locale)].format(assistant=assistant, shop=shop)


def quick_replies(locale: str) -> list[str]:
    """What most people ask first."""
    return list(_QUICK[_language(locale)])


def _language(locale: str) -> str:
    language = locale.partition("-")[0].lower()
    return language if language in _HUMAN else "en"
