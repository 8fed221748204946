"""Whether whatever one schema allows is understood by whoever expects another: the one question behind every verdict.

What is given may say more than is expected (new fields), never less, and nothing of another kind. The comparison knows
the words of JSON Schema that contracts and APIs here are written in, and refuses to guess about others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from compatibility.patterns import Incomparable, counter_example

Schema = dict[str, Any]
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_SAY_NOTHING_OF_VALUES = {
    *("$schema", "$id", "title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"),
    *("x-kind", "personal"),
}
UNDERSTOOD = _SAY_NOTHING_OF_VALUES | {
    *("type", "anyOf", "enum", "const", "format", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "items", "minItems", "maxItems", "properties", "required", "additionalProperties"),
}
_SHOWN = 48


class Misfit(NamedTuple):
    """`field` is written with dots, `[]` for each member of a list; `reason` says what may come and what may not."""

    field: str
    reason: str


def misfits(given: Schema, expected: Schema, where: str, *, reads_all: bool = False) -> list[Misfit]:
    """What `given` allows and whoever expects `expected` does not understand; nothing if both fit.

    A field that is expected but not required may be missing from what is given, unless `reads_all`.
    """
    if given == expected:
        return []
    return list(_Comparison(reads_all).of(given, expected, where))


class _Comparison:
    def __init__(self, reads_all: bool) -> None:
        self._reads_all = reads_all

    def of(self, given: Schema, expected: Schema, where: str) -> Iterator[Misfit]:
        strange = sorted((given.keys() | expected.keys()) - UNDERSTOOD)
        if strange:
            yield Misfit(where, f"says {', '.join(strange)}, which cannot be compared")
            return
        for branch in _branches(given):
            yield from self._one(branch, list(_branches(expected)), where)

    def _one(self, given: Schema, expected: list[Schema], where: str) -> Iterator[Misfit]:
        """A single kind of value against all kinds that are understood."""
        kind = given.get("type")
        alike = [one for one in expected if "type" not in one or kind == one["type"] or _is_integral(kind, one["type"])]
        if not alike:
            wanted = " or ".join(one["type"] for one in expected)
            yield Misfit(where, f"may be {kind or 'anything'}, and {wanted} is expected")
            return
        tried = [list(self._alike(given, one, where)) for one in alike]
        yield from min(tried, key=len)

    def _alike(self, given: Schema, expected: Schema, where: str) -> Iterator[Misfit]:
        yield from (Misfit(where, reason) for reason in _of_values(given, expected))
        if given.get("type") == "object":
            yield from self._of_objects(given, expected, where)
        if given.get("type") == "array" and "items" in expected:
            yield from self.of(given.get("items", {}), expected["items"], f"{where}[]")

    def _of_objects(self, given: Schema, expected: Schema, where: str) -> Iterator[Misfit]:
        told, read = given.get("properties", {}), expected.get("properties", {})
        required = expected.get("required", [])
        for name in dict.fromkeys([*read, *required]):
            field = f"{where}.{name}"
            if name not in told:
                if name in required or self._reads_all:
                    yield Misfit(field, "is gone")
                continue
            if name in required and name not in given.get("required", []):
                yield Misfit(field, "may be left out")
            yield from self.of(told[name], read.get(name, {}), field)
        if expected.get("additionalProperties", True) is False:
            for name in told.keys() - read.keys():
                yield Misfit(f"{where}.{name}", "is not accepted")
        others = given.get("additionalProperties"), expected.get("additionalProperties")
        if isinstance(others[0], dict) and isinstance(others[1], dict):
            yield from self.of(others[0], others[1], f"{where}.*")


def _branches(schema: Schema) -> Iterator[Schema]:
    """A schema as alternatives of one type each; of a type that is not said, as one without."""
    if "anyOf" in schema:
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        for branch in schema["anyOf"]:
            yield from _branches({**rest, **branch})
        return
    types = schema.get("type")
    if types is None and not schema.keys() - _SAY_NOTHING_OF_VALUES:
        yield {}
    elif isinstance(types, list):
        yield from (_of_type(schema, one) for one in types)
    else:
        yield schema


def _of_type(schema: Schema, kind: str) -> Schema:
    """One type's part of a schema for several: an enumeration's values of that type."""
    part = {**schema, "type": kind}
    if "enum" in schema:
        part["enum"] = [value for value in schema["enum"] if _type_of(value) == kind]
    return part


def _type_of(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return "null" if value is None else names[type(value)]


def _is_integral(kind: str | None, expected: str) -> bool:
    return kind == "integer" and expected == "number"


def _of_values(given: Schema, expected: Schema) -> Iterator[str]:
    """What is said of values that are no objects: reasons."""
    if "enum" in given or "const" in given:
        yield from _of_listed(_listed(given), expected)
        return
    if "enum" in expected or "const" in expected:
        yield f"may be anything, and one of {_shown(_listed(expected))} is expected"
        return
    if "format" in expected and given.get("format") != expected["format"]:
        yield f"may be no {expected['format']}"
    yield from _of_bounds(given, expected)
    yield from _of_texts(given, expected)


def _of_listed(values: list[Any], expected: Schema) -> Iterator[str]:
    unknown = [value for value in values if not _accepts(expected, value)]
    if unknown:
        wanted = f", and one of {_shown(_listed(expected))} is expected" if _listed(expected) else ""
        yield f"may be {_shown(unknown)}{wanted or ', which is refused'}"


def _accepts(expected: Schema, value: Any) -> bool:
    if "enum" in expected or "const" in expected:
        return value in _listed(expected)
    if not isinstance(value, str):
        return not any(_of_bounds({"minimum": value, "maximum": value}, expected)) if _is_number(value) else True
    longest = expected.get("maxLength", len(value))
    fits = expected.get("minLength", 0) <= len(value) <= longest
    return fits and re.search(expected.get("pattern", ""), value) is not None


def _listed(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def _of_bounds(given: Schema, expected: Schema) -> Iterator[str]:
    for word, is_beyond, said in _BOUNDS:
        if word in expected and (word not in given or is_beyond(given[word], expected[word])):
            may = f"may be {given[word]}" if word in given else "has no limit"
            yield f"{may}, and {said} {expected[word]} is expected"


_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", lambda given, expected: given < expected, "at least"),
    ("maximum", lambda given, expected: given > expected, "at most"),
    ("minItems", lambda given, expected: given < expected, "a list of at least"),
    ("maxItems", lambda given, expected: given > expected, "a list of at most"),
)


def _of_texts(given: Schema, expected: Schema) -> Iterator[str]:
    if given.get("type") != "string":
        return
    try:
        example = counter_example(given, expected)
    except Incomparable as reason:
        yield f"cannot be compared: {reason}"
        return
    if example is not None:
        yield f"may be {_shown([example])}, and {_wanted(expected)} is expected"


def _wanted(expected: Schema) -> str:
    least, most = expected.get("minLength", 0), expected.get("maxLength")
    length = f"{least} to {most} characters" if most is not None else f"at least {least} characters" if least else ""
    return " of ".join(part for part in (expected.get("pattern", ""), length) if part)


def _shown(values: Iterable[Any]) -> str:
    written = [json.dumps(value, ensure_ascii=False) for value in values]
    text = ", ".join(written)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
