"""The console's own files: templates and modules, read once at the start, and the version that is a digest of them all.

What stands under a version never changes, so browsers keep it for good.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined

_TYPES: Final = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Assets:
    """(body, media type) of each static file, the modules to preload, and the templates."""

    version: str
    files: Mapping[str, tuple[bytes, str]]
    templates: Environment

    @property
    def modules(self) -> list[str]:
        """The modules of the page, for preloading; the page's first one is `main.js`."""
        return sorted(path for path in self.files if path.endswith(".js") and path not in ("main.js", "types.js"))


@cache
def load() -> Assets:
    """Read the installed package, once a process."""
    here = files("server.console")
    found = dict(_static(here.joinpath("static")))
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(path.encode() + b"\0" + found[path][0])
    pages = {page.name: page.read_text(encoding="utf-8") for page in here.joinpath("templates").iterdir()}
    templates = Environment(loader=DictLoader(pages), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return Assets(digest.hexdigest()[:12], found, templates)


async def loaded() -> Assets:
    """The same, read in a thread when somebody asks for the first time."""
    return load() if load.cache_info().currsize else await asyncio.to_thread(load)


def _static(folder: Traversable) -> Iterator[tuple[str, tuple[bytes, str]]]:
    for entry in folder.iterdir():
        if kind := _TYPES.get(entry.name.rpartition(".")[2]):
            yield entry.name, (entry.read_bytes(), kind)
