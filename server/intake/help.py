"""The public help centre: `/help` in each language, its topics, articles and search, and `/widget/help` for the chat.

Anybody may read; nothing is remembered of who did. Internal articles are not there, whoever asks and however.
"""

import asyncio
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from memory.knowledge import StoredArticle
from server import telemetry
from server.articles import CATEGORIES, LANGUAGES, sections
from server.errors import RateLimited
from server.intake import help_page
from server.intake.doors import doors_of
from server.intake.help_page import Site
from server.intake.help_words import WORDS
from server.intake.label_words import reads
from server.intake.origins import checked_origin
from server.library import Books, Library, library_of
from server.services import Services
from server.shelf import Hit, snippet
from server.web import client_ip, error_response, json_response, services_of

LONGEST_QUERY: Final = 200
_FOUND: Final = 12
_LISTED: Final = 6
_STYLE: Final = files("server.intake").joinpath("help.css").read_bytes()
_SCRIPT: Final = files("server.intake").joinpath("help.js").read_bytes()
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; frame-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SHORT: Final = "public, max-age=60"
_ASSET: Final = "public, max-age=3600"


def routes() -> list[BaseRoute]:
    """The pages, and what the chat asks."""
    return [
        Route("/help", entrance),
        Route("/help/style.css", _style),
        Route("/help/help.js", _script),
        Route("/help/sitemap.xml", _sitemap),
        Route("/help/{language}", front),
        Route("/help/{language}/topic/{category}", topic),
        Route("/help/{language}/{slug}", article),
        Route("/help/{language}/{slug}/helpful", helpful, methods=["POST"]),
        Route("/widget/help", search),
        Route("/widget/help/{language}/{slug}", read),
    ]


async def entrance(request: Request) -> Response:
    """`GET /help`: the front page in the browser's language, if there is something to read in it."""
    books = await _library(request).books()
    wished = reads(None, request.headers.get("accept-language", ""))
    language = wished if wished in books.languages or not books.languages else _languages(books)[0]
    return RedirectResponse(f"/help/{language}", 302, headers={"Vary": "Accept-Language"})


async def front(request: Request) -> Response:
    """`GET /help/{language}`: all articles by topic; with `?q=` what fits."""
    books, site = await _opened(request)
    query = " ".join(request.query_params.get("q", "").split())[:LONGEST_QUERY]
    if site is None:
        return _missing(request, books)
    if not query:
        return _html(help_page.front(site, books.public(site.language)))
    _check_rate(request)
    hits = await _library(request).search(query, site.language, _FOUND)
    return _html(help_page.results(site, query, _worth(hits)), cache="no-store")


async def topic(request: Request) -> Response:
    """`GET /help/{language}/topic/{category}`."""
    books, site = await _opened(request)
    category = request.path_params["category"]
    found = [each for each in books.public(site.language) if each.category == category] if site else []
    if site is None or category not in CATEGORIES or not found:
        return _missing(request, books)
    filled = tuple(each for each in _languages(books) if any(one.category == category for one in books.public(each)))
    return _html(help_page.topic(Site(site.settings, site.language, filled), category, found))


async def article(request: Request) -> Response:
    """`GET /help/{language}/{slug}`: an article; in another language where there is none in this."""
    books, site = await _opened(request)
    slug = request.path_params["slug"]
    found = books.article(slug, site.language) if site else None
    if site is None or found is None:
        other = next((each for each in _languages(books) if books.article(slug, each)), None)
        return RedirectResponse(f"/help/{other}/{slug}", 302) if other else _missing(request, books)
    readable = tuple(each for each in _languages(books) if books.article(slug, each))
    site = Site(site.settings, site.language, readable)
    return _html(help_page.article(site, found, is_thanked=request.query_params.get("thanks") == "1"))


async def helpful(request: Request) -> Response:
    """`POST /help/{language}/{slug}/helpful`: counts a yes or a no, and nothing about who said it."""
    books, site = await _opened(request)
    found = books.article(request.path_params["slug"], site.language) if site else None
    if found is None:
        return _missing(request, books)
    _check_rate(request)
    async with request.form(max_files=0, max_fields=4) as form:
        given = form.get("answer")
    if given in ("yes", "no"):
        telemetry.articles_rated.labels(found.slug, str(given)).inc()
    return RedirectResponse(f"/help/{found.language}/{found.slug}?thanks=1", 303)


async def search(request: Request) -> Response:
    """`GET /widget/help?q=&lang=`: the articles that fit, for the chat. Raises RefusedInput (`forbidden`), RateLimited."""
    _check_widget(request)
    language = _language(request.query_params.get("lang", ""))
    query = " ".join(request.query_params.get("q", "").split())[:LONGEST_QUERY]
    hits = _worth(await _library(request).search(query, language, _FOUND)) if query else []
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.article.slug, hit)
    listed = [
        {"slug": slug, "lang": hit.article.language, "title": hit.article.title, "snippet": snippet(hit)}
        for slug, hit in list(found.items())[:_LISTED]
    ]
    return json_response({"articles": listed, "any": language in (await _library(request).books()).languages})


async def read(request: Request) -> Response:
    """`GET /widget/help/{language}/{slug}`: an article as plain blocks. Raises RefusedInput (`forbidden`), RateLimited."""
    _check_widget(request)
    books = await _library(request).books()
    found = books.article(request.path_params["slug"], request.path_params["language"])
    if found is None:
        return error_response(404, "not_found", "there is no such article")
    base = services_of(request.scope).settings.public_url
    return json_response(
        {"title": found.title, "url": f"{base}/help/{found.language}/{found.slug}", "sections": _blocks(found)}
    )


async def label(services: Services, locale: str) -> str:
    """What the chat calls its search for articles; empty where there is none in that language."""
    language = _language(locale)
    books = await library_of(services.database, services.clock).books()
    return WORDS[language].search if language in books.languages else ""


def _blocks(found: StoredArticle) -> list[dict[str, object]]:
    return [
        {
            "heading": "" if each.heading == found.title else each.heading,
            "blocks": [{"kind": block.kind, "text": block.text, "number": block.number} for block in each.blocks],
        }
        for each in sections(found)
    ]


def _worth(hits: tuple[Hit, ...]) -> list[Hit]:
    """What may be shown to somebody who looks for it: less sure than what may be told as an answer."""
    return [hit for hit in hits if hit.is_sure or hit.heard]


def _check_widget(request: Request) -> None:
    settings = services_of(request.scope).settings
    if request.headers.get("origin") or request.headers.get("sec-fetch-site") != "same-origin":
        checked_origin(settings, request.scope)
    _check_rate(request)


def _check_rate(request: Request) -> None:
    bucket = doors_of(request.scope).searches.of(client_ip(request.scope))
    if not bucket.take(asyncio.get_running_loop().time()):
        raise RateLimited(bucket.wait_s())


def _library(request: Request) -> Library:
    services = services_of(request.scope)
    return library_of(services.database, services.clock)


async def _opened(request: Request) -> tuple[Books, Site | None]:
    """The articles, and what the page knows; no site where we write no such language."""
    books = await _library(request).books()
    language = request.path_params["language"]
    settings = services_of(request.scope).settings
    return books, Site(settings, language, _languages(books)) if language in LANGUAGES else None


def _language(text: str) -> str:
    short = text[:2].lower()
    return short if short in LANGUAGES else LANGUAGES[0]


def _languages(books: Books) -> tuple[str, ...]:
    return tuple(each for each in LANGUAGES if each in books.languages)


def _missing(request: Request, books: Books) -> Response:
    language = request.path_params.get("language", "")
    wished = language if language in LANGUAGES else reads(None, request.headers.get("accept-language", ""))
    site = Site(services_of(request.scope).settings, wished, _languages(books))
    return _html(help_page.missing(site), status=404, cache="no-store")


def _html(page: str, *, status: int = 200, cache: str = _SHORT) -> Response:
    headers = {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": cache,
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
    return HTMLResponse(page, status, headers=headers)


async def _style(_request: Request) -> Response:
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": _ASSET})


async def _script(_request: Request) -> Response:
    return Response(_SCRIPT, media_type="text/javascript", headers={"Cache-Control": _ASSET})


async def _sitemap(request: Request) -> Response:
    books = await _library(request).books()
    listed = [each for language in _languages(books) for each in books.public(language)]
    page = help_page.sitemap(services_of(request.scope).settings, listed)
    return PlainTextResponse(page, media_type="application/xml", headers={"Cache-Control": _ASSET})
