"""What an inline style, a colour attribute or a plain class rule makes of a text: seen, or hidden.

Only what hides text is read; no cascade is computed beyond what is inherited: size, colour and ground.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Rgb = tuple[int, int, int]

_WHITE: Final[Rgb] = (255, 255, 255)
_NAMED: Final[Mapping[str, Rgb]] = {
    "white": _WHITE, "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "gray": (128, 128, 128),
    "grey": (128, 128, 128), "silver": (192, 192, 192), "yellow": (255, 255, 0), "navy": (0, 0, 128),
}  # fmt: skip
_HIDDEN: Final = re.compile(
    r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|mso-hide:all|opacity:0?\.?0+(?:[;!%]|$)|(?:max-)?(?:height|width):0(?:px|pt|em|%)?"
    r"(?=[;!]|$)(?=.*overflow:hidden)|text-indent:-\d{3,}|(?:left|top|margin-left):-\d{4,})"
)
_OVERFLOW: Final = re.compile(r"overflow:hidden.*?;(?:max-)?(?:height|width):0(?:px|pt|em|%)?(?:[;!]|$)")
_SIZE: Final = re.compile(r"(?:^|;)font(?:-size)?:(?:[a-z-]+)?(\d*\.?\d+)(px|pt|em|rem|%)?")
_COLOUR: Final = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND: Final = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_RULE: Final = re.compile(r"([^{}]{1,300})\{([^{}]{0,1000})\}")
_MEDIA: Final = re.compile(r"@[a-z-]{1,40}[^{}@]{0,200}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
_MAX_SHEETS: Final = 64 * 1024
_SIMPLE: Final = re.compile(r"[a-zA-Z0-9]*([.#])([\w-]{1,100})")
_TINY: Final = {"px": 2.0, "pt": 1.5, "em": 0.15, "rem": 0.15, "%": 15.0, "": 2.0}


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at a place: its colour and its ground (None = something that is not read), and whether it has next to no size."""

    colour: Rgb | None = (0, 0, 0)
    ground: Rgb | None = _WHITE
    is_tiny: bool = False

    @property
    def is_unseen(self) -> bool:
        """Whether nobody can read it."""
        if self.is_tiny:
            return True
        if self.colour is None or self.ground is None:
            return False
        return all(abs(one - other) <= 8 for one, other in zip(self.colour, self.ground, strict=True))


def is_hidden_by(style: str) -> bool:
    """Whether a style (lower case, without spaces) takes a box and all in it from sight."""
    return bool(style) and (_HIDDEN.search(style) is not None or _OVERFLOW.search(style) is not None)


def look_of(style: str, attributes: Mapping[str, str | None], outer: Look) -> Look:
    """The look inside a box."""
    colour, ground, is_tiny = outer.colour, outer.ground, outer.is_tiny
    given = (attributes.get("color") or "").strip().lower()
    colour = _rgb(given) if given else colour
    given = (attributes.get("bgcolor") or "").strip().lower()
    ground = _rgb(given) if given else ground
    ground = None if attributes.get("background") else ground
    if style:
        for found in _COLOUR.findall(style)[-1:]:
            colour = _rgb(found) if found not in ("inherit", "initial", "unset") else colour
            is_tiny = is_tiny or found == "transparent"
        for found in _GROUND.findall(style)[-1:]:
            ground = ground if found in ("none", "transparent", "inherit", "initial", "unset") else _rgb(found)
        ground = None if "background-image:" in style else ground
        for size, unit in _SIZE.findall(style)[-1:]:
            is_tiny = float(size) < _TINY[unit]
    return Look(colour, ground, is_tiny)


def _rgb(text: str) -> Rgb | None:
    text = text.strip()
    if text in _NAMED:
        return _NAMED[text]
    match = re.match(r"#?([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])", text)
    if match is not None:
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    match = re.match(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match is not None else None


def sheets_of(html: str) -> str:
    """The first style sheets of a page, together at most 64 KiB, without comments. Searched by plain steps: no input makes it slow."""
    lowered, found, at, size = html.lower(), [], 0, 0
    while size < _MAX_SHEETS and (start := lowered.find("<style", at)) >= 0:
        inside = lowered.find(">", start) + 1
        end = lowered.find("</style", inside)
        if inside == 0 or end < 0:
            break
        found.append(html[inside:end][: _MAX_SHEETS - size])
        size += len(found[-1]) + 1
        at = end
    return _without_comments("\n".join(found))


def _without_comments(sheet: str) -> str:
    first, *rest = sheet.replace("<!--", "").replace("-->", "").split("/*")
    return first + "".join(piece.partition("*/")[2] for piece in rest)


def rules_of(sheets: str) -> Mapping[str, str]:
    """What style sheets say of single classes and ids that can hide text. Rules for screens of some kind are passed over."""
    rules: dict[str, str] = {}
    for selectors, body in _RULE.findall(_MEDIA.sub("", sheets))[:2000]:
        for selector in selectors.split(","):
            match = _SIMPLE.fullmatch(selector.strip())
            if match is not None:
                key = f".{match[2].lower()}"
                rules[key] = f"{rules.get(key, '')};{body.strip()}"[:2000]
    return rules
