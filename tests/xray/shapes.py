"""Does an answer fit botocore's model, field for field?

botocore's own parser does not say: it overlooks what the model does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
}


def misfits(value: Any, shape: Shape, place: str = "answer") -> Iterator[str]:
    """What does not fit, each with its place: members that the model does not know, or of another type."""
    if isinstance(shape, StructureShape):
        yield from _of_structure(value, shape, place)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{place} is no list: {value!r}"
            return
        for number, item in enumerate(value):
            yield from misfits(item, shape.member, f"{place}[{number}]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{place} is no map: {value!r}"
            return
        for key, item in value.items():
            yield from misfits(item, shape.value, f"{place}[{key!r}]")
    elif shape.type_name == "timestamp":
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{place} is no time in epoch seconds: {value!r}"
        else:
            parse_timestamp(value)
    elif not isinstance(value, _TYPES[shape.type_name]) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{place} is no {shape.type_name}: {value!r}"


def _of_structure(value: Any, shape: StructureShape, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no structure: {value!r}"
        return
    known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    for name, item in value.items():
        if name in known:
            yield from misfits(item, known[name], f"{place}.{name}")
        else:
            yield f"{place}.{name} is not in the model"
    yield from (f"{place}.{name} is missing" for name in shape.required_members if name not in value)
