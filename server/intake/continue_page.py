"""The page behind a link that leads back into the chat, as HTML. It is the same for every link, good or bad."""

from html import escape

from server.continuing_words import ContinueWords
from server.settings import Settings


def page(settings: Settings, language: str, words: ContinueWords) -> str:
    """One button; its script shows the link and opens the chat."""
    shop = escape(settings.shop.name)
    site = escape(settings.widget.sites[0]) if settings.widget.sites else ""
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>{escape(words.page)} – {shop}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/help/style.css"><link rel="stylesheet" href="/form/style.css">
<script async src="/widget/loader.js" data-site="{site}" data-locale="{language}"></script>
<script defer src="/c/continue.js" data-site="{site}"></script></head>
<body class="form"><header class="top"><a class="shop" href="/help/{language}"><b>{shop}</b></a></header>
<main id="main"><section class="thanks"><h1>{escape(words.page)}</h1><p>{escape(words.lead)}</p>
<p><button type="button" id="open">{escape(words.open)}</button></p>
<p class="error" id="refused" role="alert" hidden>{escape(words.refused)}</p>
<noscript><p class="error">{escape(words.script)}</p></noscript></section></main></body></html>"""
