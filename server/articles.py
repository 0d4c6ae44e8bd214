"""The articles of the knowledge base: Markdown with a little front matter, read into sections that can be found and quoted.

HTML in an article is text, links lead to the web or to other articles, and nothing is guessed: what cannot be used is said.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from memory.knowledge import StoredArticle

LANGUAGES: Final = ("en", "es", "fr", "de", "pt")
CATEGORIES: Final = ("orders", "shipping", "returns", "payment", "products", "technical", "account", "policy", "other")
MAX_BYTES: Final = 512 * 1024
_FRONT: Final = re.compile(r"\A---\s*\n(?P<front>.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_FILE: Final = re.compile(
    r"(?:\./)?(?P<name>[\w-]+?)(?:\.(?P<language>en|es|fr|de|pt))?\.(?:md|markdown)(?P<anchor>#[\w-]*)?"
)
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WRITTEN: Final = frozenset({"inline", "fence", "code_block"})
_KEYS: Final = frozenset({"title", "slug", "language", "category", "tags", "visibility", "updated"})
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")

Kind = Literal["text", "step", "item"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a numbered step, or an item of a list, as plain text. `number` of a step counts from 1."""

    kind: Kind
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it; the text before the first heading has the article's own title."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """Everything in it, as plain text."""
        return " ".join(block.text for block in self.blocks)


def parse(text: str, name: str, today: date) -> StoredArticle:
    """An article from a Markdown file called `name` (without folder). Raises ValueError saying what to change.

    Without front matter the first heading is the title and the file's name the slug: `NAME.md`, or `NAME.es.md`."""
    front, body = _front(text)
    unknown = sorted(front.keys() - _KEYS)
    if unknown:
        raise ValueError(f"unknown key in the front matter: {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    stem = name.removesuffix(".md").removesuffix(".markdown")
    base, _, suffix = stem.rpartition(".")
    language = str(front.get("language") or (suffix if suffix in LANGUAGES and base else "en"))
    slug = str(front.get("slug") or slug_of(base if suffix in LANGUAGES and base else stem))
    heading, body = _first_heading(body)
    title = str(front.get("title") or heading).strip()
    category, visibility = str(front.get("category") or "other"), str(front.get("visibility") or "public")
    if not title:
        raise ValueError("no title: write `title:` into the front matter, or begin with a heading (# Title)")
    if not _SLUG.fullmatch(slug):
        raise ValueError(f'slug "{slug}" may hold small letters, digits and single hyphens only')
    if language not in LANGUAGES:
        raise ValueError(f'language "{language}" is none of {", ".join(LANGUAGES)}')
    if category not in CATEGORIES:
        raise ValueError(f'category "{category}" is none of {", ".join(CATEGORIES)}')
    if visibility not in ("public", "internal"):
        raise ValueError(f'visibility "{visibility}" is neither public nor internal')
    if not body.strip():
        raise ValueError("the article is empty")
    return StoredArticle(
        slug, language, title, category, visibility == "internal", _day(front.get("updated"), today), body,
        _tags(front.get("tags")),
    )  # fmt: skip


def sections(article: StoredArticle) -> tuple[Section, ...]:
    """The parts of an article, in order; each can be linked to by its anchor."""
    found: list[Section] = []
    anchors = _Anchors()
    heading, anchor, blocks = article.title, "", list[Block]()
    for kind, following, block in _walk(_MARKDOWN.parse(article.body)):
        if kind == "heading":
            if blocks:
                found.append(Section(anchor, heading, tuple(blocks)))
            heading, anchor, blocks = following, anchors.next(following), []
        elif block is not None:
            blocks.append(block)
    return (*found, Section(anchor, heading, tuple(blocks))) if blocks else tuple(found)


def html(article: StoredArticle) -> str:
    """The article as HTML: headings below the title carry anchors, only safe links are links, pictures are their words."""
    tokens = _MARKDOWN.parse(article.body)
    anchors = _Anchors()
    for index, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(2, int(token.tag[1]))}"
        if token.type == "heading_open":
            token.attrSet("id", anchors.next(_plain(tokens[index + 1])))
        _tame(token.children or [], article.language)
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _tame(children: Sequence[Token], language: str) -> None:
    """Take away what could lead or load from elsewhere than it says."""
    is_link = False
    for child in children:
        if child.type == "link_open":
            href = _target(str(child.attrGet("href") or ""), language)
            is_link = bool(href)
            child.attrs = {"href": href}
            if href.startswith("http"):
                child.attrs["rel"] = "noopener noreferrer nofollow"
        if child.type == "image" or (child.type in ("link_open", "link_close") and not is_link):
            child.type, child.tag, child.nesting = "text", "", 0
            child.content = child.content if child.children else ""


class _Anchors:
    """Names for the headings of one article, each once."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def next(self, heading: str) -> str:
        """The anchor of the next heading."""
        name = slug_of(heading) or "section"
        self._given[name] = count = self._given.get(name, 0) + 1
        return name if count == 1 else f"{name}-{count}"


def slug_of(text: str) -> str:
    """Small letters, digits and hyphens: what can stand in an address."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _front(text: str) -> tuple[dict[str, Any], str]:
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    try:
        front = yaml.safe_load(match["front"]) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"the front matter is no YAML: {error}") from error
    if not isinstance(front, dict):
        raise ValueError("the front matter must be `key: value` lines")
    return {str(key): value for key, value in front.items()}, text[match.end() :]


def _first_heading(body: str) -> tuple[str, str]:
    """The article's own heading, and the body without it."""
    match = re.match(r"\s*#\s+(.+?)\s*#*\s*(?:\n|\Z)", body)
    return (match[1], body[match.end() :]) if match else ("", body)


def _tags(value: object) -> tuple[str, ...]:
    """A list, or words between commas."""
    named = value if isinstance(value, list) else str(value or "").split(",")
    return tuple(filter(None, (re.sub(r"\s+", " ", str(each)).strip() for each in named)))


def _day(value: object, today: date) -> date:
    if value is None:
        return today
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f'updated "{value}" is no day; write it as 2026-11-20') from error


def _walk(tokens: Sequence[Token]) -> Iterator[tuple[str, str, Block | None]]:
    """(`heading`, its text, None) and (`block`, "", the block), in order."""
    lists: list[tuple[Kind, int]] = []
    cells: list[str] | None = None
    before = ""
    for token in tokens:
        _count(token, lists)
        text = _plain(token) if token.type in _WRITTEN else ""
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield "block", "", Block("item", ": ".join(filter(None, cells or ())))
            cells = None
        elif text and before == "heading_open":
            yield "heading", text, None
        elif text and cells is not None:
            cells.append(text)
        elif text:
            kind, number = lists[-1] if lists else ("text", 0)
            yield "block", "", Block(kind, text, number if kind == "step" else 0)
        before = token.type


def _count(token: Token, lists: list[tuple[Kind, int]]) -> None:
    """Keep track of the lists that are open, and of the number of their last item."""
    match token.type:
        case "bullet_list_open":
            lists.append(("item", 0))
        case "ordered_list_open":
            lists.append(("step", int(token.attrGet("start") or 1) - 1))
        case "bullet_list_close" | "ordered_list_close":
            lists.pop()
        case "list_item_open":
            kind, number = lists.pop()
            lists.append((kind, number + 1))
        case _:
            pass


def _plain(token: Token) -> str:
    parts = [token.content] if not token.children and token.type != "inline" else []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _target(href: str, language: str) -> str:
    """Where a link may lead: the web, a page of ours, a place in this one, another article by its file; else nowhere."""
    file = _FILE.fullmatch(href)
    if file is not None:
        return f"/help/{file['language'] or language}/{slug_of(file['name'])}{file['anchor'] or ''}"
    is_safe = href.startswith(("https://", "http://", "#", "/")) and not href.startswith(("//", "/\\", "/%5C"))
    return href if is_safe else ""
