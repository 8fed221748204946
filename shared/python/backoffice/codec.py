"""Domain objects as plain data and back: what the table keeps of a dataclass follows from its type hints.

Decimals become strings (they keep the digits that were given), dates and times ISO strings, durations whole seconds,
enums their value, dataclasses dicts, tuples lists. A field that is left out of the repr is no part of what is kept (the
facts of an aggregate, for example). A new field of the domain needs no second declaration here.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from backoffice.clock import parse_time, rfc3339
from backoffice.domain import Aggregate

T = TypeVar("T")


def plain(value: Any) -> Any:
    """Write a value of the domain as JSON-able data."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // timedelta(seconds=1)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(member) for member in value]
    if isinstance(value, dict):
        return {plain(name): plain(member) for name, member in value.items()}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.repr}
    return value


def keyed(key: tuple[str, str]) -> dict[str, str]:
    """A key, ``(pk, sk)``, as an item has it."""
    return {"pk": key[0], "sk": key[1]}


def stored(aggregate: Aggregate, key: tuple[str, str]) -> dict[str, Any]:
    """An aggregate as an item, at the version that it is going to have."""
    return {**plain(aggregate), **keyed(key), "version": aggregate.next_version}


def read(kind: type[T], data: Any) -> T:
    """Read a value of that type from what ``plain`` has written; unknown members are left aside."""
    value: T = _read(kind, data)
    return value


def _read(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _read(_without_none(kind), data)
    if origin in (tuple, list):
        return origin(_read(get_args(kind)[0], member) for member in data)
    if origin is dict:
        name, member = get_args(kind)
        return {_read(name, key): _read(member, value) for key, value in data.items()}
    return _read_one(kind, data)


def _read_one(kind: Any, data: Any) -> Any:
    if kind is Any:
        return data
    if kind is datetime:
        return parse_time(data)
    if kind is date:
        return date.fromisoformat(data)
    if kind is timedelta:
        return timedelta(seconds=int(data))
    if is_dataclass(kind):
        return _dataclass(kind, data)
    return kind(data)


def _dataclass(kind: Any, data: Mapping[str, Any]) -> Any:
    members = {}
    for field, hint in _hints(kind):
        if field.name in data:
            members[field.name] = _read(hint, data[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            members[field.name] = None
    return kind(**members)


@lru_cache
def _hints(kind: Any) -> list[tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in fields(kind) if field.repr]


def _without_none(kind: Any) -> Any:
    (only,) = (member for member in get_args(kind) if member is not type(None))
    return only
