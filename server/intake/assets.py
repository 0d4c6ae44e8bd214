"""The widget's files as they are served, read once at the start, and the version that is a digest of them all."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from widget import served

_TYPES: Final = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
    "mp3": "audio/mpeg",
}


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
        found = {path: Asset(served(path, entry.read_bytes()), kind) for path, kind, entry in _walk(files("widget"))}
        digest = hashlib.sha256()
        for path in sorted(found):
            digest.update(path.encode() + b"\0" + found[path].body)
        return cls(f"{_release()}-{digest.hexdigest()[:10]}", found)


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str, Traversable]]:
    """(path, media type, file) of everything that browsers load."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif kind := _TYPES.get(entry.name.rpartition(".")[2]):
            yield prefix + entry.name, kind, entry


def _release() -> str:
    try:
        return version("onethread")
    except PackageNotFoundError:
        return "0"
