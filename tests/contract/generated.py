"""Whatever a contract allows, for hypothesis, in the words that contracts are written in (`compatibility.fitting`).

hypothesis-jsonschema, made for this, has had no release since February 2024 and fails on objects with the hypothesis of
today (docs/decisions/0092).
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

from hypothesis import strategies as st
from ulid import ULID

from backoffice.clock import rfc3339
from backoffice.currencies import MINOR_UNITS
from compatibility.contracts import Schema

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)
_LONGEST_LIST = 5
_ID = re.compile(r"\^(?P<prefix>[a-z]{3}_)\[0-7\]\[0-9A-HJKMNP-TV-Z\]\{25\}\$")
_FORMATS = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=st.just(UTC)).map(rfc3339),
    "email": st.emails(),
    "iso-4217": st.sampled_from(sorted(MINOR_UNITS)),
}


def instances(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that a schema allows; objects have members that it does not know, too: it may gain fields."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema.get("type", "object")
    if isinstance(types, list):
        return st.one_of(*(instances({**schema, "type": one}) for one in types))
    return _OF_TYPE[types](schema)


def _objects(schema: Schema) -> st.SearchStrategy[Any]:
    parts = {name: instances(part) for name, part in schema.get("properties", {}).items()}
    required = {name: part for name, part in parts.items() if name in schema.get("required", [])}
    optional = {name: part for name, part in parts.items() if name not in required}
    known = st.fixed_dictionaries(required, optional=optional)
    unknown = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in parts), _JSON, max_size=2)
    return st.tuples(unknown, known).map(lambda both: both[0] | both[1])


def _arrays(schema: Schema) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", _LONGEST_LIST), least + _LONGEST_LIST)
    return st.lists(instances(schema.get("items", {})), min_size=least, max_size=most)


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if "format" in schema:
        return _FORMATS[schema["format"]].filter(lambda text: len(text) >= least and len(text) <= (most or len(text)))
    if "pattern" in schema and (id := _ID.fullmatch(schema["pattern"])):
        # Each id that the pattern allows is one number: one decision for hypothesis instead of 26.
        return st.integers(0, 2**128 - 1).map(lambda number: f"{id['prefix']}{ULID.from_int(number)}")
    if "pattern" in schema:
        fitting = st.from_regex(schema["pattern"].replace("$", r"\Z"))
        return fitting.filter(lambda text: len(text) >= least and len(text) <= (most or len(text)))
    return st.text(min_size=least, max_size=most)


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


_OF_TYPE = {
    "object": _objects,
    "array": _arrays,
    "string": _strings,
    "integer": _integers,
    "boolean": lambda schema: st.booleans(),
    "null": lambda schema: st.none(),
}
