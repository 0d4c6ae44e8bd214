"""The product drawings: one SVG for each product and colour, made from the fragments of data/art.toml.

Colours that a drawing needs beside a variant's own (shade, outline, light) are mixed from it, so that a new colour in
the catalogue needs no new drawing. Knows the catalogue, nothing of orders or pages.
"""

import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from string import Template

from server.demo import catalogue
from server.demo.documents import Document

_PLAIN = "#2f4b3f"
_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="10 8 180 182" role="img">'
    '<g stroke-linejoin="round" stroke-linecap="round" stroke-width="1.4">$drawing</g></svg>'
)


@cache
def _raw() -> Document:
    return tomllib.loads((files("server.demo") / "data" / "art.toml").read_text("utf-8"))


@cache
def _by_product() -> dict[str, Document]:
    return {row["id"]: row for row in catalogue.raw()["product"]}


def colour_of(name: str) -> str:
    """The colour behind a colour's name, as #rrggbb; the shop's own green for a name that is no colour of ours."""
    return str(catalogue.raw()["colours"].get(name, _PLAIN))


@lru_cache(maxsize=256)
def picture(product_id: str, colour: str = "") -> str:
    """The SVG of a product in a colour, or in its first one. Raises KeyError for a product that is not ours."""
    row = _by_product()[product_id]
    colours = row.get("colours", [""])
    base = colour_of(colour if colour in colours else colours[0])
    paints = {
        "base": base,
        "shade": _mix(base, "#20180f", 0.13),
        "deep": _mix(base, "#20180f", 0.30),
        "light": _mix(base, "#ffffff", 0.38),
        "line": _mix(base, "#20180f", 0.48),
    }
    drawing = Template(_raw()["drawings"][row["art"]]).safe_substitute(_raw()["parts"])
    return Template(_FRAME).substitute(drawing=Template(drawing).substitute(paints))


def load() -> None:
    """Read everything that pictures are made from, so that no request waits for the disk."""
    _by_product()
    for night in (False, True):
        harbour(night)


@cache
def harbour(night: bool = False) -> str:
    """The picture at the head of the shop page, by day or by night, as SVG."""
    drawing = (files("server.demo") / "data" / "harbour.svg").read_text("utf-8")
    return Template(drawing).substitute(_raw()["night" if night else "day"])


def _mix(one: str, other: str, share: float) -> str:
    """A colour with so much of another one in it."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)
