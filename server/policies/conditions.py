"""The small language of the policy's `when` lines: names, numbers, words, comparisons, and, or, not.

A line is parsed once, when the file is loaded, and checked name by name and type by type, so that a misspelt
name is an error and never a rule that silently does not apply. Nothing is ever evaluated as Python.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from server.errors import PolicyError

Kind = Literal["number", "truth", "word"]
Fact = int | bool | str

NAMES: Mapping[str, Kind] = {
    "refund": "number",
    "goodwill": "number",
    "reship_value": "number",
    "amount": "number",
    "sum_refunds_30d": "number",
    "refunds_30d": "number",
    "complaint_no_30d": "number",
    "replacement_no_12m": "number",
    "inr_12m": "number",
    "orders_12m": "number",
    "abuse_score": "number",
    "verdict": "word",
    "action": "word",
    "reason": "word",
    "zone": "word",
    "vip": "truth",
    "legal_signal": "truth",
    "public_post_signal": "truth",
    "chargeback": "truth",
    "fault": "truth",
    "statutory": "truth",
}
VERDICTS = frozenset({"allow", "deny", "review"})
LONGEST = 500

_COMPARE: Mapping[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked `when` line."""

    text: str
    tree: ast.expr = field(compare=False, repr=False)

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Say whether the line is true of `facts`, which must give every name the line uses (KeyError otherwise)."""
        return bool(_value(self.tree, facts))


def parse(text: str) -> Condition:
    """Check one `when` line. Raises PolicyError with one sentence."""
    if len(text) > LONGEST:
        raise _bad(f"is longer than {LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise _bad(f'cannot be read: "{text}"') from error
    if _kind(tree) != "truth":
        raise _bad(f'is not something that can be true or false: "{text}"')
    return Condition(text, tree)


def _bad(what: str) -> PolicyError:
    return PolicyError([what])


def _kind(node: ast.expr) -> Kind:
    """The kind of value a node gives; raises PolicyError for anything outside the language."""
    match node:
        case ast.BoolOp(values=values):
            return _all_truths(values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _all_truths([operand])
        case ast.Compare():
            return _comparison(node)
        case ast.Name(id=name):
            return _name(name)
        case ast.Constant(value=value):
            return _constant(value)
    raise _bad(f'may use only names, whole numbers, comparisons, and, or, not; it uses "{ast.unparse(node)}"')


def _all_truths(nodes: list[ast.expr]) -> Kind:
    for node in nodes:
        if _kind(node) != "truth":
            raise _bad(f'uses "{ast.unparse(node)}" as true or false, but it is a {_kind(node)}')
    return "truth"


def _comparison(node: ast.Compare) -> Kind:
    sides = [node.left, *node.comparators]
    kinds = {_kind(side) for side in sides}
    if len(kinds) > 1:
        raise _bad(f'compares unlike things: "{ast.unparse(node)}"')
    for operator in node.ops:
        if type(operator) not in _COMPARE:
            raise _bad(f'uses a comparison that is not known: "{ast.unparse(node)}"')
        if kinds != {"number"} and not isinstance(operator, ast.Eq | ast.NotEq):
            raise _bad(f'can only ask == or != of words: "{ast.unparse(node)}"')
    _check_verdict_word(sides)
    return "truth"


def _check_verdict_word(sides: list[ast.expr]) -> None:
    if not any(isinstance(side, ast.Name) and side.id == "verdict" for side in sides):
        return
    for side in sides:
        if isinstance(side, ast.Constant) and side.value not in VERDICTS:
            raise _bad(f"knows the verdicts allow, deny and review, not {side.value!r}")


def _name(name: str) -> Kind:
    if name in VERDICTS:
        return "word"
    if name in NAMES:
        return NAMES[name]
    near = get_close_matches(name, NAMES, 1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise _bad(f'uses the unknown name "{name}"{hint}')


def _constant(value: object) -> Kind:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int):
        return "number"
    if isinstance(value, str):
        return "word"
    raise _bad(f"may hold only whole numbers (minor units) and words, not {value!r}")


def _value(node: ast.expr, facts: Mapping[str, Fact]) -> Fact:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(part, facts) for part in values)
        case ast.BoolOp(values=values):
            return any(_value(part, facts) for part in values)
        case ast.UnaryOp(operand=operand):
            return not _value(operand, facts)
        case ast.Compare():
            return _compared(node, facts)
        case ast.Name(id=name):
            return name if name in VERDICTS else facts[name]
        case ast.Constant(value=value) if isinstance(value, int | str):
            return value
    raise AssertionError("an unchecked node in a checked line")


def _compared(node: ast.Compare, facts: Mapping[str, Fact]) -> bool:
    left = _value(node.left, facts)
    for operator, side in zip(node.ops, node.comparators, strict=True):
        right = _value(side, facts)
        if not _holds(operator, left, right):
            return False
        left = right
    return True


def _holds(operator: ast.cmpop, left: Fact, right: Fact) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return (left == right) is isinstance(operator, ast.Eq)
    return _COMPARE[type(operator)](int(left), int(right))
