"""The words of the help centre's pages, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class HelpWords:
    """What the pages say themselves; `{…}` are filled in. `topics` are the names of the categories."""

    name: str
    title: str
    search: str
    find: str
    results: str
    nothing: str
    nothing_hint: str
    empty: str
    topics_heading: str
    updated: str
    helpful: str
    yes: str
    no: str
    thanks: str
    more_help: str
    chat: str
    language: str
    missing: str
    missing_hint: str
    skip: str
    path: str
    on_page: str
    home: str
    topics: Mapping[str, str]


WORDS: Final[Mapping[str, HelpWords]] = {
    "en": HelpWords(
        "English", "Help centre", "Search for answers", "Search", "Answers for “{query}”", "Nothing was found for “{query}”.",
        "Try other words, or ask us in the chat.", "There are no articles here yet.", "Browse by topic", "Updated {day}",
        "Was this helpful?", "Yes", "No", "Thank you for telling us.", "Still need help?", "Chat with us", "Language",
        "This page is not here", "It may have moved. Search for what you need:", "Skip to content", "You are here", "On this page", "Help",
        {"orders": "Orders", "shipping": "Shipping", "returns": "Returns", "payment": "Payment", "products": "Products and care",
         "technical": "Set-up and troubleshooting", "account": "Account", "policy": "How we work", "other": "More"},
    ),
    "es": HelpWords(
        "Español", "Centro de ayuda", "Buscar respuestas", "Buscar", "Respuestas para «{query}»", "No hay nada para «{query}».",
        "Prueba con otras palabras o pregúntanos en el chat.", "Todavía no hay artículos aquí.", "Por temas", "Actualizado el {day}",
        "¿Te ha servido?", "Sí", "No", "Gracias por decírnoslo.", "¿Necesitas más ayuda?", "Chatea con nosotros", "Idioma",
        "Esta página no existe", "Puede que haya cambiado de sitio. Busca lo que necesitas:", "Ir al contenido", "Estás aquí",
        "En esta página", "Ayuda",
        {"orders": "Pedidos", "shipping": "Envíos", "returns": "Devoluciones", "payment": "Pago", "products": "Productos y cuidado",
         "technical": "Montaje y problemas", "account": "Cuenta", "policy": "Cómo trabajamos", "other": "Más"},
    ),
    "fr": HelpWords(
        "Français", "Centre d'aide", "Chercher une réponse", "Chercher", "Réponses pour « {query} »",
        "Rien n'a été trouvé pour « {query} ».",
        "Essayez d'autres mots ou posez-nous la question dans le chat.", "Il n'y a pas encore d'article ici.", "Par thème",
        "Mis à jour le {day}", "Cela vous a-t-il aidé ?", "Oui", "Non", "Merci de nous l'avoir dit.", "Besoin d'aide ?",
        "Discutez avec nous", "Langue", "Cette page n'existe pas", "Elle a peut-être changé de place. Cherchez ce qu'il vous faut :",
        "Aller au contenu", "Vous êtes ici", "Sur cette page", "Aide",
        {"orders": "Commandes", "shipping": "Livraison", "returns": "Retours", "payment": "Paiement", "products": "Produits et entretien",
         "technical": "Montage et dépannage", "account": "Compte", "policy": "Notre façon de faire", "other": "Autres"},
    ),
    "de": HelpWords(
        "Deutsch", "Hilfebereich", "Antworten suchen", "Suchen", "Antworten zu „{query}“", "Zu „{query}“ wurde nichts gefunden.",
        "Versuchen Sie andere Wörter oder fragen Sie uns im Chat.", "Hier gibt es noch keine Artikel.", "Nach Themen",
        "Stand: {day}", "War das hilfreich?", "Ja", "Nein", "Danke für die Rückmeldung.", "Brauchen Sie noch Hilfe?",
        "Chatten Sie mit uns", "Sprache", "Diese Seite gibt es nicht", "Vielleicht ist sie umgezogen. Suchen Sie, was Sie brauchen:",
        "Zum Inhalt", "Sie sind hier", "Auf dieser Seite", "Hilfe",
        {"orders": "Bestellungen", "shipping": "Versand", "returns": "Rückgabe", "payment": "Zahlung", "products": "Produkte und Pflege",
         "technical": "Aufbau und Störungen", "account": "Konto", "policy": "Wie wir arbeiten", "other": "Weiteres"},
    ),
    "pt": HelpWords(
        "Português", "Centro de ajuda", "Procurar respostas", "Procurar", "Respostas para «{query}»", "Nada foi encontrado para «{query}».",
        "Tente outras palavras ou pergunte-nos no chat.", "Ainda não há artigos aqui.", "Por tema", "Atualizado em {day}",
        "Isto ajudou?", "Sim", "Não", "Obrigado por nos dizer.", "Ainda precisa de ajuda?", "Fale connosco", "Idioma",
        "Esta página não existe", "Talvez tenha mudado de lugar. Procure o que precisa:", "Ir para o conteúdo", "Está aqui",
        "Nesta página", "Ajuda",
        {"orders": "Encomendas", "shipping": "Envio", "returns": "Devoluções", "payment": "Pagamento", "products": "Produtos e cuidados",
         "technical": "Montagem e problemas", "account": "Conta", "policy": "Como trabalhamos", "other": "Mais"},
    ),
}  # fmt: skip
