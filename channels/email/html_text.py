"""The HTML of a mail as text: what a reader sees, and nothing that a reader does not see.

Links keep their address, boxes break lines, boxes that mail programs make for quotes and signatures are marked. What is hidden
(no display, no size, the colour of its ground, comments, alternative texts of pictures) is dropped: it is how orders to the
assistant are smuggled in. Parsing is selectolax's; the walk over its tree is iterative and within limits, and nothing raises.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from channels.email.charsets import clean
from channels.email.html_styles import Look, is_hidden_by, look_of, rules_of, sheets_of
from channels.email.lines import MAX_QUOTES, Line
from channels.email.wordlists import named

MAX_HTML: Final = 2 * 1024 * 1024
MAX_NODES: Final = 50_000
MAX_TEXT: Final = 1024 * 1024
_MAX_MADE: Final = 2000
MAX_DEPTH: Final = 4000
"""Boxes in boxes. The parser's time grows with the square of it: 100,000 of them took 43 s, 4,000 take 0.1 s."""

_DATA: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=\s]{200,}", re.IGNORECASE)
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_SPACE: Final = re.compile(r"[ \t\n\r\f\xa0]+")
_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u200b\u200c\u2060-\u2064\ufeff]")

_SKIPPED: Final = named(
    "head title script style template noscript svg math object embed iframe audio video canvas select datalist map area"
)
_PARAGRAPHS: Final = named("p h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre")
_BLOCKS: Final = _PARAGRAPHS | named(
    "div tr li dt dd hr section article header footer main nav aside address center form fieldset figure figcaption "
    "caption tbody thead tfoot details summary body html"
)
_SELF_CLOSING: Final = named(
    "area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option tbody thead tfoot"
)

_TAILS: Final = (
    "appendonsend",
    "divrplyfwdmsg",
    "mail-editor-reference-message-container",
    "olk_src_body_section",
    "isreplycontent",
)
_CITED: Final = ("yahoo_quoted", "zmail_extra", "outlookmessageheader")
_SIGNED: Final = (
    "gmail_signature", "moz-signature", "protonmail_signature_block", "ms-outlook-mobile-signature", "signature", "tutanota_signature",
)  # fmt: skip
_HEADS: Final = ("gmail_attr", "moz-cite-prefix", "reply-intro")
_BORDER_TOP: Final = re.compile(
    r"border(?:-top)?:(?:none;border-top:)?solid#?[a-z0-9]+1(?:\.0)?pt|border:none;border-top:solid"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """What holds for the text inside a box."""

    depth: int = 0
    is_cited: bool = False
    is_head: bool = False
    is_tail: bool = False
    is_signature: bool = False
    is_pre: bool = False
    look: Look = field(default_factory=Look)


def read(html: str) -> tuple[list[Line], str]:
    """The lines of an HTML text, and a fault that says what was left out, "" = nothing."""
    html = clean(html)
    html = _DATA.sub("", html) if len(html) > 10_000 else html
    fault = ""
    if len(html) > MAX_HTML:
        html, fault = html[:MAX_HTML], "the HTML is longer than 2 MiB; the rest was left out"
    if _nesting(html) > MAX_DEPTH:
        return [], "the HTML is nested too deep to be read safely"
    body = LexborHTMLParser(html).body
    walk = _Walk(rules_of(sheets_of(html)))
    if body is not None:
        walk.over(body)
    return walk.lines, fault or walk.fault


def _nesting(html: str) -> int:
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _SELF_CLOSING:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


class _Walk:
    """One walk over a tree, writing lines."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self.lines: list[Line] = []
        self.fault = ""
        self._rules = rules
        self._pieces: list[str] = []
        self._place = _Place()
        self._size = 0
        self._numbers: list[int] = []
        self._made: dict[tuple[object, ...], _Place | None] = {}

    def over(self, root: LexborNode) -> None:
        """Visit every node in the order of the text. Goes by child, next and parent: no recursion."""
        places: list[_Place] = []
        node: LexborNode | None = root
        count = 0
        place = _Place()
        while node is not None:
            count += 1
            if count > MAX_NODES or self._size > MAX_TEXT:
                self.fault = "the HTML has more text than is shown; the rest was left out"
                break
            inside = self._enter(node, place)
            child = node.child if inside is not None else None
            if child is not None and inside is not None:
                places.append(place)
                place, node = inside, child
                continue
            if inside is not None:
                self._leave(node, inside)
            node, place = self._onward(node, place, places)
        self._break(place)

    def _onward(self, node: LexborNode, place: _Place, places: list[_Place]) -> tuple[LexborNode | None, _Place]:
        """The next node to visit: the sister, or that of the nearest parent that has one."""
        while places:
            following = node.next
            if following is not None:
                return following, place
            parent = node.parent
            if parent is None:
                return None, place
            self._leave(parent, place)
            node, place = parent, places.pop()
        return None, place

    def _enter(self, node: LexborNode, place: _Place) -> _Place | None:
        """Begin a node; the place inside it, None = nothing in it is read."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "", place)
            return None
        if tag.startswith(("-", "!")) or tag in _SKIPPED:
            return None
        if tag == "br":
            self._newline(place)
            return None
        attributes = node.attributes
        inside = self._known_inside(tag, attributes, place) if attributes or tag in ("blockquote", "pre") else place
        if inside is None:
            return None
        if tag in _BLOCKS:
            self._break(place, is_paragraph=tag in _PARAGRAPHS)
        self._begin(tag, inside)
        return inside

    def _begin(self, tag: str, inside: _Place) -> None:
        if tag in ("ol", "ul"):
            self._numbers.append(0 if tag == "ol" else -1)
        elif tag == "li":
            number = self._numbers[-1] if self._numbers else -1
            if number >= 0:
                self._numbers[-1] = number + 1
            self._text(f"{number + 1}. " if number >= 0 else "- ", inside)
        elif tag in ("td", "th"):
            self._text(" ", inside)

    def _leave(self, node: LexborNode, inside: _Place) -> None:
        tag = node.tag or ""
        if tag == "a":
            self._link((node.attributes.get("href") or "").strip(), inside)
        if tag in ("ol", "ul") and self._numbers:
            self._numbers.pop()
        if tag in _BLOCKS:
            self._break(inside, is_paragraph=tag in _PARAGRAPHS)

    def _known_inside(self, tag: str, attributes: Mapping[str, str | None], place: _Place) -> _Place | None:
        """The place inside a box. Mails repeat the same few boxes thousands of times."""
        key = (tag, place, *attributes.items())
        if key not in self._made:
            made = self._inside(tag, attributes, place)
            if len(self._made) > _MAX_MADE:
                return made
            self._made[key] = made
        return self._made[key]

    def _inside(self, tag: str, attributes: Mapping[str, str | None], place: _Place) -> _Place | None:
        names = [name.removeprefix("x_") for name in _words(attributes.get("class")) + _words(attributes.get("id"))]
        styles = [self._rules[f".{name}"] for name in names if f".{name}" in self._rules]
        style = re.sub(r"\s+", "", ";".join([*styles, (attributes.get("style") or "")[:2000]])[:6000].lower())
        if is_hidden_by(style) or "hidden" in attributes:
            return None
        look = look_of(style, attributes, place.look)
        depth, is_cited = place.depth, place.is_cited
        if tag == "blockquote" and "border:none" not in style:
            depth = min(depth + 1, MAX_QUOTES)
            is_cited = is_cited or _is_cite(attributes, names)
        elif _is_box(names, _CITED) or (attributes.get("name") or "") == "quote":
            depth, is_cited = min(depth + 1, MAX_QUOTES), True
        return replace(
            place,
            look=look,
            depth=depth,
            is_cited=is_cited,
            is_pre=place.is_pre or tag == "pre",
            is_head=place.is_head or _is_box(names, _HEADS),
            is_tail=place.is_tail or _is_box(names, _TAILS) or (tag == "div" and bool(_BORDER_TOP.search(style))),
            is_signature=place.is_signature or _is_box(names, _SIGNED),
        )

    def _text(self, text: str, place: _Place) -> None:
        if place.look.is_unseen:
            return
        text = _INVISIBLE.sub("", text)
        if place.is_pre:
            first, *rest = text.replace("\xa0", " ").split("\n")
            self._add(first, place)
            for line in rest:
                self._newline(place)
                self._add(line, place)
            return
        text = _SPACE.sub(" ", text)
        if text == " " and (not self._pieces or self._pieces[-1].endswith(" ")):
            return
        self._add(text.lstrip() if not self._pieces or self._pieces[-1].endswith(" ") else text, place)

    def _add(self, text: str, place: _Place) -> None:
        if text:
            if not self._pieces:
                self._place = place
            self._pieces.append(text)
            self._size += len(text)

    def _link(self, href: str, place: _Place) -> None:
        """The address of a link, behind its words, unless they are the address."""
        if not href.lower().startswith(("http://", "https://", "mailto:", "tel:")) or place.look.is_unseen:
            return
        href = href[:2000].removeprefix("mailto:").removeprefix("tel:")
        said = "".join(self._pieces[-6:]).strip()
        bare = re.sub(r"^https?://(?:www\.)?", "", href).rstrip("/")
        if bare and not said.removesuffix("/").endswith(bare):
            self._add(f" <{href}> " if self._pieces else f"<{href}> ", place)

    def _newline(self, place: _Place) -> None:
        inside = self._place if self._pieces else place
        text = "".join(self._pieces)
        self.lines.append(
            Line(
                text.rstrip() if inside.is_pre else text.strip(),
                inside.depth,
                inside.is_cited,
                inside.is_head,
                inside.is_tail,
                inside.is_signature,
            )
        )
        self._pieces = []

    def _break(self, place: _Place, *, is_paragraph: bool = False) -> None:
        if self._pieces:
            self._newline(place)
        if is_paragraph and self.lines and not self.lines[-1].is_blank:
            self._newline(place)


def _words(value: str | None) -> list[str]:
    return (value or "").lower().split()[:20]


def _is_box(names: list[str], boxes: tuple[str, ...]) -> bool:
    # Some programs put words of their own before the name: `ydp1234yahoo_quoted`.
    return any(name in boxes or (name.startswith("ydp") and name.endswith(boxes)) for name in names)


def _is_cite(attributes: Mapping[str, str | None], names: list[str]) -> bool:
    named = ("gmail_quote", "protonmail_quote", "yahoo_quoted", "tutanota_quote", "mori")
    return (
        (attributes.get("type") or "").lower() == "cite" or "cite" in attributes or any(name in named for name in names)
    )
