"""Reads plain data (what a YAML file gives) into frozen dataclasses, collecting every problem as a sentence.

The shape is taken from the dataclass itself: its fields, their types and the limits in their metadata. It knows
nothing of policies. A bad value is reported and read as its field's default, so that the rest is still checked.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from typing import Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Invalid:
    """Stands for a value that was reported and cannot be used."""


INVALID: Final = Invalid()


@cache
def _hints(shape: Callable[..., object]) -> Mapping[str, object]:
    """The types of a dataclass's fields: read once, for resolving them costs more than reading a section does."""
    return get_type_hints(shape)


@dataclass(slots=True)
class Reader:
    """Reads one document; `problems` grows with every finding.

    `fallback` holds good values for top-level keys, so that one bad section does not hide the others' problems."""

    problems: list[str] = field(default_factory=list)
    fallback: Mapping[str, object] = field(default_factory=dict)

    def read(self, shape: Callable[..., T], raw: object, path: str = "") -> T | Invalid:
        """Read `raw` as the dataclass `shape`."""
        if not isinstance(raw, Mapping):
            return self._complain(path, f"must be a table of keys, not {_show(raw)}")
        known = {_key(one.name): one for one in fields(shape) if one.init}  # type: ignore[arg-type]  # a dataclass
        self._report_unknown(raw, known, path)
        hints = _hints(shape)
        values = {one.name: self._field(one, hints[one.name], raw, key, path) for key, one in known.items()}
        if any(value is INVALID for value in values.values()):
            return INVALID
        return shape(**values)

    def _field(self, one: "Field[object]", hint: object, raw: Mapping[object, object], key: str, path: str) -> object:
        where = f"{path}.{key}" if path else key
        if key not in raw:
            return _default(one) if _has_default(one) else self._complain(where, "is missing")
        value = self.value(hint, raw[key], where)
        if value is not INVALID:
            value = self._within(one, value, where)
        if value is INVALID and _has_default(one):
            return _default(one)
        if value is INVALID and where in self.fallback:
            return Reader().value(hint, self.fallback[where], where)
        return value

    def _within(self, one: "Field[object]", value: object, where: str) -> object:
        low, high = one.metadata.get("least"), one.metadata.get("most")
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        if low is not None and value < low:
            return self._complain(where, f"is {value}: it must be {low} or more")
        if high is not None and value > high:
            return self._complain(where, f"is {value}: it must be {high} or less")
        return value

    def value(self, hint: object, raw: object, where: str) -> object:
        """Read `raw` as the annotation `hint`."""
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (Union, types.UnionType):
            return self._union(arguments, raw, where)
        if origin is Literal:
            return raw if raw in arguments and _is_plain(raw) else self._complain(where, _one_of(raw, arguments))
        if origin is tuple:
            return self._sequence(arguments[0], raw, where)
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            return self._mapping(arguments[1], raw, where)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.read(hint, raw, where)
        return self._scalar(hint, raw, where)

    def _union(self, choices: Sequence[object], raw: object, where: str) -> object:
        if raw is None and type(None) in choices:
            return None
        real = [choice for choice in choices if choice is not type(None)]
        telling: list[str] = []
        for choice in real:
            trial = Reader()
            value = trial.value(choice, raw, where)
            if not trial.problems:
                return value
            if len(real) == 1 or _fits_outside(choice, raw):
                telling = trial.problems
        self.problems.extend(telling or [f"{where} cannot be {_show(raw)}: it is {_words(real)}."])
        return INVALID

    def _sequence(self, item: object, raw: object, where: str) -> object:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            return self._complain(where, f"must be a list, not {_show(raw)}")
        read = [self.value(item, one, f"{where}[{number}]") for number, one in enumerate(raw)]
        return tuple(one for one in read if one is not INVALID)

    def _mapping(self, item: object, raw: object, where: str) -> object:
        if not isinstance(raw, Mapping):
            return self._complain(where, f"must be a table of keys, not {_show(raw)}")
        read = {str(key): self.value(item, one, f"{where}.{key}") for key, one in raw.items() if one is not None}
        return types.MappingProxyType({key: one for key, one in read.items() if one is not INVALID})

    def _scalar(self, hint: object, raw: object, where: str) -> object:
        if hint is str:
            return self._text(raw, where)
        if hint is bool:
            return raw if isinstance(raw, bool) else self._complain(where, f"must be true or false, not {_show(raw)}")
        if hint is int:
            return raw if _is_whole(raw) else self._complain(where, f"must be a whole number, not {_show(raw)}")
        if hint is date:
            is_day = isinstance(raw, date) and not isinstance(raw, datetime)
            return raw if is_day else self._complain(where, f"must be a date like 2026-12-24, not {_show(raw)}")
        raise TypeError(f"no reader for {hint!r}")

    def _text(self, raw: object, where: str) -> object:
        if isinstance(raw, bool):
            return self._complain(
                where, f"was read as {_show(raw)}: put quotes around it (YAML reads an unquoted NO as false)"
            )
        if isinstance(raw, str):
            return raw
        if isinstance(raw, int | float | date):
            return str(raw)
        return self._complain(where, f"must be text, not {_show(raw)}")

    def _report_unknown(self, raw: Mapping[object, object], known: Mapping[str, object], path: str) -> None:
        for key in raw:
            if key not in known:
                name = f"{path}.{key}" if path else str(key)
                near = get_close_matches(str(key), known, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"known here are {', '.join(known)}."
                self.problems.append(f"{name} is not a key of the policy file: {hint}")

    def _complain(self, where: str, what: str) -> Invalid:
        self.problems.append(f"{where or 'The policy file'} {what}{'' if what.endswith('?') else '.'}")
        return INVALID


def _key(name: str) -> str:
    """The file's key of a field: Python keeps `from` and `except` for itself, so those fields end in `_`."""
    return name.rstrip("_")


def _has_default(one: "Field[object]") -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _default(one: "Field[object]") -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _is_whole(raw: object) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool)


def _is_plain(raw: object) -> bool:
    """True and 1 are equal in Python; a literal of the file is a word."""
    return isinstance(raw, str)


def _fits_outside(hint: object, raw: object) -> bool:
    """Whether the outer form (list, table, word) is the one meant, so that its finer problems are worth telling."""
    if get_origin(hint) is tuple:
        return isinstance(raw, list)
    return (is_dataclass(hint) and isinstance(raw, Mapping)) or (hint is int and _is_whole(raw))


def _one_of(raw: object, allowed: Sequence[object]) -> str:
    near = get_close_matches(str(raw), [str(one) for one in allowed], 1)
    hint = f'did you mean "{near[0]}"?' if near else f"it is one of {', '.join(map(str, allowed))}"
    return f"cannot be {_show(raw)}: {hint}"


def _words(choices: Sequence[object]) -> str:
    names: list[str] = []
    for choice in choices:
        if get_origin(choice) is Literal:
            names.extend(str(one) for one in get_args(choice))
        elif choice is not type(None):
            names.append({int: "a whole number", str: "text", date: "a date"}.get(choice, "a list"))  # type: ignore[call-overload]
    return " or ".join(names)


def _show(raw: object) -> str:
    if raw is None:
        return "empty"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return f'"{raw}"' if isinstance(raw, str) else str(raw)[:60]
