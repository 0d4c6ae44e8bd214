"""The operations of `operations.graphql` and `enrichments.graphql`, split into single documents when the process starts.

Nothing but these documents is ever sent, byte for byte, so that what was validated is what Shopify gets. The comment above
each gives its key and the upper bound of its calculated cost, which the governor asks for before the truth is known.
Enrichments tell more where a shop answers them; everything we do must also work without them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

_HEADING = re.compile(r"# (?P<key>[A-Za-z_]+)(?: — (?P<about>.*))?$")
_COST = re.compile(r"about (\d+) points")
_START = re.compile(r"(?P<kind>query|mutation) (?P<name>\w+)")
_VARIABLE = re.compile(r"\$(\w+):")
_SMALL_COST: Final = 25


@dataclass(frozen=True, slots=True)
class Operation:
    """One document. `name` is sent as operationName, `cost` is its estimated upper bound in points."""

    key: str
    name: str
    document: str
    is_mutation: bool
    cost: int
    variables: tuple[str, ...]


def split(text: str) -> dict[str, Operation]:
    """The operations of a file by their keys; lines that begin with `##` belong to none. Raises ValueError."""
    found: dict[str, Operation] = {}
    for key, about, document in _parts(text):
        start = _START.match(document)
        if start is None or key in found:
            raise ValueError(f"the operation {key} is no single query or mutation, or there twice")
        cost = _COST.search(about)
        points = int(cost[1]) if cost else _SMALL_COST
        variables = tuple(_VARIABLE.findall(document.partition("{")[0]))
        found[key] = Operation(key, start["name"], document, start["kind"] == "mutation", points, variables)
    return found


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    key, about, lines = "", "", list[str]()
    for line in [*text.splitlines(), "# end"]:
        heading = _HEADING.match(line)
        if heading is None:
            lines += [] if line.startswith("##") else [line]
            continue
        if key:
            yield key, about, "\n".join(lines).strip()
        key, about, lines = heading["key"], heading["about"] or "", []


def _split_file(name: str) -> dict[str, Operation]:
    return split(files(__package__).joinpath(name).read_text(encoding="utf-8"))


ENRICHMENTS: Final[Mapping[str, Operation]] = _split_file("enrichments.graphql")
OPERATIONS: Final[Mapping[str, Operation]] = {**_split_file("operations.graphql"), **ENRICHMENTS}
