"""The help centre's pages as HTML: pure functions of articles, words and settings.

They work without scripts; what people wrote is escaped, articles are rendered by `server.articles`, which lets no HTML through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from babel.dates import format_date

from memory.knowledge import StoredArticle
from server.articles import CATEGORIES, html, sections
from server.intake.help_words import WORDS, HelpWords
from server.settings import Settings
from server.shelf import Hit, snippet

_MANY_SECTIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Site:
    """What every page of the help centre knows. `languages` are those in which there is something to read."""

    settings: Settings
    language: str
    languages: tuple[str, ...]

    @property
    def words(self) -> HelpWords:
        """The page's own words."""
        return WORDS[self.language]

    @property
    def home(self) -> str:
        """The path of the first page."""
        return f"/help/{self.language}"


def front(site: Site, articles: Sequence[StoredArticle]) -> str:
    """Search, and all articles by topic."""
    topics = [(topic, [each for each in articles if each.category == topic]) for topic in CATEGORIES]
    cards = "".join(_card(site, topic, found) for topic, found in topics if found)
    body = cards and f'<h2 class="label">{escape(site.words.topics_heading)}</h2><div class="cards">{cards}</div>'
    return _page(site, site.words.title, "", _hero(site, "") + (body or f"<p>{escape(site.words.empty)}</p>"))


def results(site: Site, query: str, hits: Sequence[Hit]) -> str:
    """What was found, each with its first words."""
    words = site.words
    heading = (words.results if hits else words.nothing).format(query=query)
    items = "".join(_result(hit) for hit in hits)
    found = f'<ol class="results">{items}</ol>' if hits else f"<p>{escape(words.nothing_hint)}</p>"
    body = f'{_hero(site, query)}{_crumbs(site)}<h2 class="found" role="status">{escape(heading)}</h2>{found}'
    return _page(site, heading, "", body, indexed=False)


def topic(site: Site, category: str, articles: Sequence[StoredArticle]) -> str:
    """All articles of a category."""
    name = site.words.topics[category]
    items = "".join(f'<li><a href="{_path(each)}">{escape(each.title)}</a></li>' for each in articles)
    body = f'{_search(site, "")}{_crumbs(site, (name, ""))}<h1>{escape(name)}</h1><ul class="list">{items}</ul>'
    return _page(site, name, f"/topic/{category}", body)


def article(site: Site, found: StoredArticle, *, is_thanked: bool) -> str:
    """One article with its headings, and the question whether it helped."""
    words = site.words
    crumbs = _crumbs(site, (words.topics[found.category], f"{site.home}/topic/{found.category}"), (found.title, ""))
    day = words.updated.format(day=format_date(found.updated_on, "long", locale=site.language))
    body = (
        f"{_search(site, '')}{crumbs}<article><h1>{escape(found.title)}</h1>"
        f'<p class="day"><time datetime="{found.updated_on.isoformat()}">{escape(day)}</time></p>'
        f"{_contents(site, found)}{html(found)}</article>{_rating(site, found, is_thanked=is_thanked)}"
    )
    return _page(site, found.title, f"/{found.slug}", body)


def missing(site: Site) -> str:
    """There is no such page."""
    words = site.words
    body = f"<h1>{escape(words.missing)}</h1><p>{escape(words.missing_hint)}</p>{_search(site, '')}"
    return _page(site, words.missing, "", body, indexed=False)


def _path(found: StoredArticle, anchor: str = "") -> str:
    return f"/help/{found.language}/{found.slug}{f'#{anchor}' if anchor else ''}"


def _hero(site: Site, query: str) -> str:
    return f'<div class="hero"><h1>{escape(site.words.title)}</h1>{_search(site, query)}</div>'


def _search(site: Site, query: str) -> str:
    words = site.words
    return (
        f'<form class="search" role="search" action="{site.home}"><label class="unseen" for="q">{escape(words.search)}</label>'
        f'<input id="q" type="search" name="q" value="{escape(query)}" placeholder="{escape(words.search)}" maxlength="200" required>'
        f"<button>{escape(words.find)}</button></form>"
    )


def _card(site: Site, category: str, found: Sequence[StoredArticle]) -> str:
    items = "".join(f'<li><a href="{_path(each)}">{escape(each.title)}</a></li>' for each in found[:6])
    name = escape(site.words.topics[category])
    return f'<section class="card"><h3><a href="{site.home}/topic/{category}">{name}</a></h3><ul>{items}</ul></section>'


def _result(hit: Hit) -> str:
    found, section = hit.article, hit.section
    under = "" if section.heading == found.title else f'<span class="under">{escape(section.heading)}</span>'
    return (
        f'<li><a href="{_path(found, section.anchor)}"><b>{escape(found.title)}</b>{under}</a>'
        f"<p>{escape(snippet(hit))}</p></li>"
    )


def _crumbs(site: Site, *steps: tuple[str, str]) -> str:
    items = [f'<li><a href="{site.home}">{escape(site.words.home)}</a></li>']
    for name, path in steps:
        inner = f'<a href="{path}">{escape(name)}</a>' if path else f'<span aria-current="page">{escape(name)}</span>'
        items.append(f"<li>{inner}</li>")
    return f'<nav class="crumbs" aria-label="{escape(site.words.path)}"><ol>{"".join(items)}</ol></nav>'


def _contents(site: Site, found: StoredArticle) -> str:
    named = [each for each in sections(found) if each.anchor]
    if len(named) < _MANY_SECTIONS:
        return ""
    items = "".join(f'<li><a href="#{each.anchor}">{escape(each.heading)}</a></li>' for each in named)
    label = escape(site.words.on_page)
    return f'<nav class="contents" aria-label="{label}"><p>{label}</p><ul>{items}</ul></nav>'


def _rating(site: Site, found: StoredArticle, *, is_thanked: bool) -> str:
    words = site.words
    if is_thanked:
        return f'<p class="rating" role="status">{escape(words.thanks)}</p>'
    return (
        f'<form class="rating" method="post" action="{_path(found)}/helpful"><p>{escape(words.helpful)}</p>'
        f'<button name="answer" value="yes">{escape(words.yes)}</button>'
        f'<button name="answer" value="no">{escape(words.no)}</button></form>'
    )


def _more_help(site: Site) -> str:
    """A link to the chat: the script opens it here; without scripts it leads to the shop, where the chat is."""
    words, shop = site.words, site.settings.shop.url
    href = f'href="{escape(shop)}"' if shop.startswith(("https://", "http://")) else 'href="#" hidden'
    return f'<aside class="more"><p>{escape(words.more_help)}</p><a class="chat" data-chat {href}>{escape(words.chat)}</a></aside>'


def _switch(site: Site, path: str) -> str:
    if len(site.languages) < 2:
        return ""
    links = "".join(
        f'<li><a lang="{each}" hreflang="{each}" href="/help/{each}{path}"{" aria-current=true" if each == site.language else ""}>'
        f"{escape(WORDS[each].name)}</a></li>"
        for each in site.languages
    )
    return f'<nav class="languages" aria-label="{escape(site.words.language)}"><ul>{links}</ul></nav>'


def _page(site: Site, title: str, path: str, body: str, *, indexed: bool = True) -> str:
    settings, words = site.settings, site.words
    shop, base = escape(settings.shop.name), escape(settings.public_url)
    name = f"{escape(title)} – {shop}"
    alternates = "".join(
        f'<link rel="alternate" hreflang="{each}" href="{base}/help/{each}{path}">' for each in site.languages
    )
    about = (
        f'<link rel="canonical" href="{base}{site.home}{path}">{alternates}'
        if indexed
        else '<meta name="robots" content="noindex">'
    )
    chat = settings.widget.sites[:1]
    scripts = (
        f'<script async src="/widget/loader.js" data-site="{escape(chat[0])}"></script><script async src="/help/help.js"></script>'
        if chat
        else ""
    )
    return f"""<!doctype html>
<html lang="{site.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{name}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/help/style.css">{about}{scripts}</head>
<body><a class="skip" href="#main">{escape(words.skip)}</a>
<header class="top"><a class="shop" href="{site.home}"><b>{shop}</b> {escape(words.title)}</a>{_switch(site, path)}</header>
<main id="main">{body}</main>
<footer>{_more_help(site)}</footer></body></html>"""


def sitemap(settings: Settings, articles: Sequence[StoredArticle]) -> str:
    """All public pages for search engines."""
    base = settings.public_url
    rows = "".join(
        f"<url><loc>{escape(base)}/help/{each.language}/{quote(each.slug)}</loc><lastmod>{each.updated_on.isoformat()}</lastmod></url>"
        for each in articles
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
