"""Markdown articles: what is read from a file, what is refused with a reason, and that nothing in one can run or mislead."""

from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from server.articles import Block, html, parse, sections

TODAY = date(2026, 11, 21)


def test_front_matter_names_what_the_article_is() -> None:
    front = "title: The lamp\nslug: lamp\nlanguage: de\ncategory: technical\ntags: [light, bulb]\nvisibility: internal\nupdated: 2026-11-01"
    text = f"---\n{front}\n---\nText."
    found = parse(text, "x.md", TODAY)
    assert (found.slug, found.language, found.title, found.category) == ("lamp", "de", "The lamp", "technical")
    assert (found.tags, found.is_internal, found.updated_on, found.body) == (
        ("light", "bulb"),
        True,
        date(2026, 11, 1),
        "Text.",
    )


@pytest.mark.parametrize(
    ("name", "slug", "language"),
    [
        ("Shipping costs.md", "shipping-costs", "en"),
        ("shipping.es.md", "shipping", "es"),
        ("Größe & Maß.de.md", "groe-ma", "de"),
    ],
)
def test_without_front_matter_the_heading_is_the_title_and_the_name_says_the_rest(
    name: str, slug: str, language: str
) -> None:
    found = parse("# How it works #\n\nText.", name, TODAY)
    assert (found.title, found.body.strip(), found.updated_on) == ("How it works", "Text.", TODAY)
    assert (found.slug, found.language, found.category, found.is_internal) == (slug, language, "other", False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Just text.", "no title"),
        ("---\ntitle: A\n---\n  \n", "the article is empty"),
        ("---\ntitle: [\n---\nText", "the front matter is no YAML"),
        ("---\n- a\n---\nText", "the front matter must be `key: value` lines"),
        ("---\ntitle: A\ncolour: red\n---\nText", "unknown key in the front matter: colour"),
        ("---\ntitle: A\nslug: A b\n---\nText", 'slug "A b" may hold'),
        ("---\ntitle: A\nslug: ../x\n---\nText", 'slug "../x" may hold'),
        ("---\ntitle: A\nlanguage: nl\n---\nText", 'language "nl" is none of'),
        ("---\ntitle: A\ncategory: gossip\n---\nText", 'category "gossip" is none of'),
        ("---\ntitle: A\nvisibility: secret\n---\nText", 'visibility "secret" is neither'),
        ("---\ntitle: A\nupdated: soon\n---\nText", 'updated "soon" is no day'),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace("(", r"\(")):
        parse(text, "a.md", TODAY)


def test_headings_become_sections_and_steps_keep_their_numbers() -> None:
    text = "# T\n\nFirst.\n\n## Do it\n\n3. One\n   more\n4. Two\n\n"
    text += "## Do it\n\n* a\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n    code\n\n## Empty\n"
    first, steps, others = sections(parse(text, "t.md", TODAY))
    assert (first.heading, first.anchor, first.text) == ("T", "", "First.")
    assert (steps.anchor, steps.blocks) == ("do-it", (Block("step", "One more", 3), Block("step", "Two", 4)))
    assert others.anchor == "do-it-2"
    assert [(each.kind, each.text) for each in others.blocks] == [
        ("item", "a"),
        ("item", "x: y"),
        ("item", "1: 2"),
        ("text", "code"),
    ]


class _Seen(HTMLParser):
    """Which tags and attributes a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def seen(text: str) -> _Seen:
    """What the article's HTML has."""
    parser = _Seen()
    parser.feed(html(parse(f"# T\n\nText\n\n{text}", "t.fr.md", TODAY)))
    parser.close()
    return parser


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "[a](vbscript:x)",
        "[a](//evil.example)",
        "[a](/\\evil.example)",
        "[a](mailto:x@y.example)",
        "![a](https://evil.example/pixel.png)",
        '<https://ok.example/"onclick=alert(1)>',
        "[a]: javascript:alert(1)\n\n[a]",
        "<iframe src=//evil.example>",
        "<style>*{}</style>",
    ],
)
def test_nothing_in_an_article_runs_loads_or_leads_astray(text: str) -> None:
    found = seen(text)
    assert not set(found.tags) & {"script", "img", "iframe", "style", "form", "input", "object", "svg"}
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "style")]
    assert [value for name, value in found.attributes if name == "href" and not value.startswith("https://ok.")] == []


def test_links_to_the_web_to_articles_and_to_places_stay() -> None:
    links = "[a](https://x.example/?a=1&b=2) [b](shipping.md#cost) [c](./lamp.de.md) [d](#here) [e](/shop)"
    found = seen(links)
    assert [value for name, value in found.attributes if name == "href"] == [
        "https://x.example/?a=1&b=2",
        "/help/fr/shipping#cost",
        "/help/de/lamp",
        "#here",
        "/shop",
    ]
    assert ("rel", "noopener noreferrer nofollow") in found.attributes


@given(st.text(alphabet="abc #*[]()<>!`\"'&:/\\\n-_.1|", max_size=80))
def test_whatever_is_written_is_read_and_shown(text: str) -> None:
    article = parse(f"# T\n\nText\n\n{text}", "t.md", TODAY)
    assert all(each.blocks and each.heading is not None for each in sections(article))
    anchors = [each.anchor for each in sections(article)]
    assert len(anchors) == len(set(anchors))
    assert "<script" not in html(article)
