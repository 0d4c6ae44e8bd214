"""Where the weights of the heads lie: in the package, or in the shop's data folder once it has retrained them.

A shop's own weights count only while they were made from the lines, the format and the encoder of this release.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

PACKAGED: Final = Path(__file__).parent / "weights"
FORMAT: Final = 3
"""Changes with what the files mean."""
MANIFEST: Final = "heads.json"
OWN: Final = "understanding"
"""The folder of a shop's own weights in its data folder."""
State = Literal["packaged", "own", "stale"]
"""Which weights a data folder calls for: those of the package, its own, or its own that another release was the base of."""

_chosen: Path = PACKAGED


def folder() -> Path:
    """The folder that `load` functions read."""
    return _chosen


def use(data: Path | None) -> bool:
    """Take the weights in `data`'s folder `OWN` where they fit this release, else the packaged ones; whether they fit.

    Whatever was loaded before is loaded anew. Not while another thread reads.
    """
    global _chosen
    own = data / OWN if data is not None else None
    fits = own is not None and _fits(own)
    chosen = own if own is not None and fits else PACKAGED
    if chosen != _chosen:
        _chosen = chosen
        for forget in _LOADED:
            forget()
    return fits


def state(data: Path) -> State:
    """Which weights `use` would take, and whether any were left aside."""
    own = data / OWN
    if _fits(own):
        return "own"
    return "stale" if own.exists() else "packaged"


def _fits(own: Path) -> bool:
    try:
        manifest = read_manifest(own)
    except (OSError, ValueError):
        return False
    return manifest.get("base") == release()


def trouble(data: Path) -> str:
    """What is wrong with the shop's own weights and how to mend it, or nothing."""
    if state(data) != "stale":
        return ""
    return f"the weights in {data / OWN} belong to another release and are left aside: onethread understand --retrain"


@cache
def release() -> str:
    """What a shop's own weights must be based on."""
    manifest = read_manifest(PACKAGED)
    return f"{FORMAT}:{manifest['lines_sha256']}:{manifest['encoder_sha256']}"


def read_manifest(where: Path) -> dict[str, Any]:
    """The manifest of a folder of weights. Raises OSError, ValueError."""
    manifest = json.loads((where / MANIFEST).read_text("utf-8"))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"{where} holds no weights of format {FORMAT}")
    return manifest


_LOADED: list[Any] = []


def reload_on_change(forget: Any) -> None:
    """Register the `cache_clear` of a function that loads from `folder`."""
    _LOADED.append(forget)
