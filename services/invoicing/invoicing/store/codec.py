"""Domain objects as plain data and back: what the table keeps of a dataclass follows from its type hints.

Decimals become strings (they keep the digits that were given), dates and times ISO strings, enums their value,
dataclasses dicts, tuples lists. A new field of the domain needs no second declaration here.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from backoffice.clock import parse_time, rfc3339

T = TypeVar("T")

_NOT_KEPT = {"facts", "entries"}


def plain(value: Any) -> Any:
    """Write a value of the domain as JSON-able data."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(member) for member in value]
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in _NOT_KEPT}
    return value


def read(kind: type[T], data: Any) -> T:
    """Read a value of that type from what ``plain`` has written; unknown members are left aside."""
    value: T = _reader(kind, data)
    return value


def _reader(kind: Any, data: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return None if data is None else _reader(_without_none(kind), data)
    if get_origin(kind) is tuple:
        return tuple(_reader(get_args(kind)[0], member) for member in data)
    if kind is datetime:
        return parse_time(data)
    if kind is date:
        return date.fromisoformat(data)
    if is_dataclass(kind):
        return _dataclass(kind, data)
    return kind(data)


def _dataclass(kind: Any, data: Mapping[str, Any]) -> Any:
    members = {}
    for field, hint in _hints(kind):
        if field.name in data:
            members[field.name] = _reader(hint, data[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            members[field.name] = None
    return kind(**members)


@lru_cache
def _hints(kind: Any) -> list[tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in fields(kind) if field.name not in _NOT_KEPT]


def _without_none(kind: Any) -> Any:
    (only,) = (member for member in get_args(kind) if member is not type(None))
    return only
