"""The widget's files as installed, read once at the start, and the version that is a digest of them all."""

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_SUFFIXES: Final = (".js", ".css", ".html", ".svg", ".png", ".woff2", ".json", ".mp3")
_TYPES: Final = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """The widget's files by path, and the version that they stand under."""

    version: str
    files: Mapping[str, Asset]

    @classmethod
    def load(cls) -> "Assets":
        """Read the installed `widget` package."""
        found = {path: Asset(entry.read_bytes(), _media_type(path)) for path, entry in _walk(files("widget"), "")}
        digest = hashlib.sha256()
        for path in sorted(found):
            digest.update(path.encode() + b"\0" + found[path].body)
        return cls(f"{_release()}-{digest.hexdigest()[:10]}", found)


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        elif path.endswith(_SUFFIXES) and entry.name != "jsconfig.json":
            yield path, entry


def _media_type(path: str) -> str:
    suffix = path[path.rindex(".") :]
    kind = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(("text/", "application/json")) else kind


def _release() -> str:
    try:
        return version("onethread")
    except PackageNotFoundError:
        return "0"
