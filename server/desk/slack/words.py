"""Text between two worlds: Slack's own spelling, and the plain text that customers write and read.

What a customer wrote is never markup in Slack: it can ping nobody, link nothing, format nothing. What an agent wrote reaches
the customer as plain text: without the names of colleagues and channels. Source of the spelling: Slack, "Formatting text".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_JOINER: Final = "\u2060"
_CALLING: Final = re.compile(r"(<)(?=[!@#])|(@)(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_TOKEN: Final = re.compile(r"<([^<>\n]+)>")
_MARKS: Final = tuple(
    re.compile(rf"(?<![\w{each}]){each}(?=\S)([^{each}\n]*?\S){each}(?![\w{each}])") for each in (r"\*", "_", "~")
)
_CODE: Final = re.compile(r"```\n?(.*?)\n?```|`([^`\n]+)`", re.DOTALL)
_EMOJI: Final = re.compile(r":([a-z0-9_+'-]*[a-z+][a-z0-9_+'-]*)(?:::skin-tone-([2-6]))?:")
_SKIN: Final = {"2": "🏻", "3": "🏼", "4": "🏽", "5": "🏾", "6": "🏿"}
_HOLE: Final = "\ue000"
_GAPS: Final = (
    (re.compile(rf"[ \t]*{_HOLE}(?:[ \t]*{_HOLE})*(?=[,.;:!?\n]|$)"), ""),
    (re.compile(rf"[ \t]*{_HOLE}(?:[ \t]*{_HOLE})*[ \t]*"), " "),
)
"""What is left out leaves no hole: a name between two words, before a comma, at the end of a line."""
_COMMON: Final = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "smile": "😄", "smiley": "😃", "grinning": "😀", "grin": "😁",
    "slightly_smiling_face": "🙂", "simple_smile": "🙂", "blush": "😊", "wink": "😉", "joy": "😂", "sweat_smile": "😅",
    "laughing": "😆", "heart": "❤️", "heart_eyes": "😍", "hugging_face": "🤗", "pray": "🙏", "clap": "👏", "wave": "👋",
    "ok_hand": "👌", "raised_hands": "🙌", "tada": "🎉", "sparkles": "✨", "fire": "🔥", "100": "💯", "eyes": "👀",
    "thinking_face": "🤔", "cry": "😢", "sob": "😭", "disappointed": "😞", "confused": "😕", "worried": "😟", "sweat": "😓",
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "warning": "⚠️", "package": "📦", "truck": "🚚",
    "gift": "🎁", "email": "✉️", "envelope": "✉️", "phone": "☎️", "star": "⭐", "muscle": "💪", "point_right": "👉",
    "point_down": "👇", "point_up": "☝️", "rocket": "🚀", "sunny": "☀️", "calendar": "📆", "moneybag": "💰", "credit_card": "💳",
}  # fmt: skip
"""For text that comes without its blocks, which name each one's code points."""


# To Slack


def calm(text: str) -> str:
    """Foreign text for a `plain_text` object: as it was written, but nobody is called by it, however it is read."""
    return _CALLING.sub(lambda found: f"{found[0]}{_JOINER}", text.replace("\x00", ""))


def escaped(text: str) -> str:
    """Foreign text for a place that Slack reads as markup: the fallback of a message, a name in a line of ours."""
    quiet = calm(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([*_~`])", rf"{_JOINER}\1", quiet)


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def pieces(text: str, most: int) -> list[str]:
    """The whole text in pieces of at most so many characters, cut at line ends or blanks where there are any."""
    found: list[str] = []
    rest = text
    while len(rest) > most:
        at = max(rest.rfind("\n", most // 2, most), rest.rfind(" ", most // 2, most)) + 1 or most
        found.append(rest[:at])
        rest = rest[at:]
    return [*found, rest] if rest.strip() or not found else found


# From Slack


def plain(text: str, blocks: Any = None) -> str:
    """What an agent typed, as the customer is to read it. `blocks` = the message's own, which know its emoji."""
    said = _CODE.sub(lambda found: str(found[1] or found[2] or ""), text.replace(_HOLE, ""))
    said = _TOKEN.sub(_resolved, said)
    for mark in _MARKS:
        said = mark.sub(r"\1", said)
    said = _with_emoji(said, _codes(blocks))
    said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\x00", "")
    for gap, instead in _GAPS:
        said = gap.sub(instead, said)
    return said.strip()


def _resolved(found: re.Match[str]) -> str:
    """`<...>`: a link is its address; people, groups and channels are nobody's business outside."""
    target, _, label = found[1].partition("|")
    if target.startswith("!date"):
        return label
    if target[:1] in "@#!":
        return _HOLE
    for scheme in ("mailto:", "tel:"):
        if target.startswith(scheme):
            return target[len(scheme) :]
    return target if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE) else found[0]


def _with_emoji(text: str, codes: Mapping[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        name = found[1]
        known = codes[name] if name in codes else _COMMON.get(name)
        if known is None:
            return found[0]
        return (known or _HOLE) if name in codes else known + _SKIN.get(found[2] or "", "")

    return _EMOJI.sub(one, text)


def _codes(blocks: Any) -> dict[str, str]:
    """Emoji by name, from a message's blocks; empty = one of the workspace's own, which nobody else can show."""
    codes: dict[str, str] = {}
    for element in _elements(blocks):
        if element.get("type") == "emoji":
            points = str(element.get("unicode", ""))
            codes[str(element.get("name", ""))] = _characters(points)
    return codes


def _characters(points: str) -> str:
    try:
        return "".join(chr(int(each, 16)) for each in points.split("-")) if points else ""
    except (ValueError, OverflowError):
        return ""


def _elements(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every object within blocks."""
    if depth > 8:
        return
    if isinstance(value, Mapping):
        yield value
        yield from _elements(value.get("elements"), depth + 1)
    elif isinstance(value, list):
        for each in value[:500]:
            yield from _elements(each, depth + 1)
