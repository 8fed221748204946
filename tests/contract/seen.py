"""What of a contract has been seen in messages: its fields, and the values of its enumerations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.contracts import Schema


def promised(schema: Schema, where: str = "data") -> set[str]:
    """Each field of a contract, nested ones too, each value of an enumeration, and null where it is allowed."""
    found: set[str] = set()
    for name, part in schema.get("properties", {}).items():
        field = f"{where}.{name}"
        found |= {field, *(f"{field} = {value}" for value in _values(part)), *promised(part, field)}
        found |= promised(part.get("items", {}), f"{field}[]")
    return found


def told(document: Any, where: str = "data") -> Iterator[str]:
    """The same of a message."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield f"{where}.{name}"
            yield from told(value, f"{where}.{name}")
    elif isinstance(document, list):
        for member in document:
            yield from told(member, f"{where}[]")
    else:
        yield f"{where} = {document}"


def _values(part: Schema) -> list[Any]:
    nullable = [None] if isinstance(part.get("type"), list) and "null" in part["type"] else []
    return list(dict.fromkeys([*part.get("enum", []), *nullable]))
