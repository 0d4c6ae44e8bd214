"""Loads the policy file: YAML in, one complete and checked `Policy` out, or every mistake at once.

What a file does not say, the shipped default says. The loader knows the form; what a policy may not say is in
`lint`, what it means is in the modules that read it.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeAlias, cast

import yaml

from server.errors import PolicyError
from server.policies import conditions, lint
from server.policies.describe import describe
from server.policies.reading import Invalid, Reader
from server.policies.shape import Policy

__all__ = ["Policy", "default_text", "describe", "load", "loads", "warnings"]

Tree: TypeAlias = dict[str, object]
LARGEST_FILE = 1_000_000

warnings = lint.warnings


def load(path: Path | str | None) -> Policy:
    """Load a policy file, or the shipped policy if there is none. Raises PolicyError with all problems."""
    if path is None or str(path) == "":
        return _shipped()
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError([f"The policy file {path} cannot be read: {error}."]) from error
    return loads(text)


def loads(text: str) -> Policy:
    """Load a policy from its text. Raises PolicyError with all problems."""
    given, problems = _parse(text)
    return _build(given, _merged(_shipped_tree(), given), problems)


def default_text() -> str:
    """The commented text of the shipped policy: what `onethread init` writes."""
    return resources.files("server.policies").joinpath("default.yaml").read_text(encoding="utf-8")


@cache
def _shipped() -> Policy:
    return _build(_shipped_tree(), _shipped_tree(), [])


@cache
def _shipped_tree() -> Tree:
    tree, _ = _parse(default_text())
    return tree


def _build(given: Tree, tree: Tree, problems: list[str]) -> Policy:
    complete = {**tree, "zones": _completed_zones(tree)}
    digest = _digest(complete)
    complete["version"] = given.get("version", f"file-{digest[:8]}")
    reader = Reader(problems, _shipped_tree())
    policy = reader.read(Policy, complete)
    if isinstance(policy, Invalid):
        raise PolicyError(problems)
    problems.extend(lint.problems(policy, given))
    if problems:
        raise PolicyError(problems)
    object.__setattr__(policy, "hash", digest)
    object.__setattr__(policy, "conditions", tuple(conditions.parse(rule.when) for rule in policy.approval))
    return policy


def _digest(tree: Mapping[str, object]) -> str:
    """SHA-256 of the rules, in hexadecimal; comments, order of keys and the version's name do not change it."""
    rules = {key: value for key, value in tree.items() if key != "version"}
    canonical = json.dumps(rules, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _completed_zones(tree: Tree) -> object:
    """Give each zone's own outcomes the keys that it does not name."""
    zones = tree.get("zones")
    if not isinstance(zones, list):
        return zones
    return [_completed_zone(zone, tree.get("outcomes")) for zone in zones]


def _completed_zone(zone: object, outcomes: object) -> object:
    own = zone.get("outcomes") if isinstance(zone, dict) else None
    if not isinstance(zone, dict) or not isinstance(own, dict) or not isinstance(outcomes, dict):
        return zone
    return {**zone, "outcomes": _merged(outcomes, own)}


def _merged(base: Tree, over: Tree, path: str = "") -> Tree:
    """`over` on top of `base`: tables key by key, anything else as a whole."""
    merged = dict(base)
    if path == "identity" and "write" in over:
        # `write` is the rule of every action that is not named: a shipped exception must not outlive it.
        merged = {key: value for key, value in merged.items() if key in ("read_order", "write")}
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merged(below, value, f"{path}.{key}" if path else key)
        else:
            merged[key] = value
    return merged


class _Loader(yaml.SafeLoader):
    """The safe loader that also notes keys given twice."""

    twice: list[str]


def _table(loader: _Loader, node: yaml.MappingNode) -> Tree:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, list | dict):
            continue
        if key in seen and key != "<<":
            loader.twice.append(f"{key} is given twice (again in line {key_node.start_mark.line + 1}).")
        seen.add(key)
    loader.flatten_mapping(node)
    return cast("Tree", loader.construct_mapping(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _table)


def _parse(text: str) -> tuple[Tree, list[str]]:
    """The tree of a text and the keys given twice. Raises PolicyError if it is no YAML table."""
    if len(text) > LARGEST_FILE:
        raise PolicyError([f"The policy file is larger than {LARGEST_FILE} characters."])
    loader = _Loader(text)
    loader.twice = []
    try:
        tree = loader.get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PolicyError([f"The policy file is not YAML: {' '.join(str(error).split())}."]) from error
    finally:
        loader.dispose()
    if tree is None:
        return {}, loader.twice
    if not isinstance(tree, dict):
        raise PolicyError(["The policy file must be a table of keys."])
    return {str(key): value for key, value in tree.items()}, loader.twice
