"""Writes the JSON Schema of each data file to `docs/schemas/`, from the Structs in `formats`.

Run as `python -m server.commerce.schemas [FOLDER]`. The committed files must be what this makes; a test says so. It
knows the shapes only; what is checked beyond types is in `documents`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from server.commerce.documents import UNKNOWN_FIELDS
from server.commerce.formats import (
    CustomerDocument,
    OrderDocument,
    Part,
    ProductDocument,
    PromotionDocument,
    SubscriptionDocument,
)

DOCUMENTS: Mapping[str, type[Part]] = {
    "order": OrderDocument,
    "product": ProductDocument,
    "customer": CustomerDocument,
    "subscription": SubscriptionDocument,
    "promotion": PromotionDocument,
}


def schema(name: str) -> dict[str, object]:
    """The JSON Schema (2020-12) of the document with this name."""
    made = msgspec.json.schema(DOCUMENTS[name], schema_hook=_anything)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Onethread {name}"}
    cleaned = _cleaned(made)
    assert isinstance(cleaned, dict)  # noqa: S101 - a schema is an object
    return {**head, **cleaned}


def rendered(name: str) -> str:
    """The file's text."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def write(folder: Path) -> list[Path]:
    """Write every schema into `folder` and say which files they are."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in DOCUMENTS:
        path = folder / f"{name}.schema.json"
        path.write_text(rendered(name), encoding="utf-8")
        paths.append(path)
    return paths


def _anything(_: type) -> dict[str, object]:
    """Values that the format leaves open, such as options, may be any JSON."""
    return {"description": "Any JSON value"}


def _cleaned(value: object) -> object:
    """Without our own place for unknown fields: in a file they stand among the others, and are allowed."""
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: [name for name in item if name != UNKNOWN_FIELDS] if key == "required" else _cleaned(item)
        for key, item in value.items()
        if key != UNKNOWN_FIELDS
    }


if __name__ == "__main__":
    for written in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/schemas")):
        sys.stdout.write(f"{written}\n")
