"""Whether an API's clients can still use it: two OpenAPI documents, what breaks and where.

What clients send must be understood by the new document (requests), what it answers by those who read the old one
(responses): both are the comparison of `fitting`, in opposite directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from compatibility.fitting import Misfit, Schema, misfits

Document = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_COMPONENTS = "#/components/schemas/"
# Servers ignore headers that they do not know, but refuse unknown members of the query.
_REFUSED_WHEN_UNKNOWN = "query"
_OF_REQUESTS, _OF_ANSWERS = "readOnly", "writeOnly"


class Break(NamedTuple):
    """`where` names the operation, `field` the part of its request or answer."""

    where: str
    field: str
    reason: str


def breaks(deployed: Document, candidate: Document) -> list[Break]:
    """What clients of `deployed` can do and cannot do with `candidate` any more."""
    found: list[Break] = []
    operations = dict(_operations(candidate))
    for where, operation in _operations(deployed):
        after = operations.get(where)
        if after is None:
            found.append(Break(where, "route", "is gone"))
            continue
        faults = _of_operation(_Schemas(deployed), operation, _Schemas(candidate), after)
        found += [Break(where, fault.field, fault.reason) for fault in faults]
    return found


class _Schemas:
    """The schemas of a document, written out: without references, and without what the direction does not carry."""

    def __init__(self, document: Document) -> None:
        self._named: dict[str, Schema] = document.get("components", {}).get("schemas", {})

    def of(self, schema: Any, unused: str, within: tuple[str, ...] = ()) -> Any:
        """A schema as one direction carries it: `unused` is `readOnly` in requests, `writeOnly` in answers.

        Whoever reads an answer lets new members pass. A schema within itself is not followed twice.
        """
        if isinstance(schema, list):
            return [self.of(one, unused, within) for one in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = str(schema["$ref"]).removeprefix(_COMPONENTS)
            return {} if name in within else self.of(self._named.get(name, {}), unused, (*within, name))
        closed = "additionalProperties" if unused == _OF_ANSWERS else ""
        plain = {w: self.of(value, unused, within) for w, value in schema.items() if w not in ("properties", closed)}
        if "properties" in schema:
            plain["properties"] = {
                name: self.of(part, unused, within)
                for name, part in schema["properties"].items()
                if not part.get(unused)
            }
        return plain


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document.get("paths", {}).items():
        for method in _METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


def _of_operation(old: _Schemas, before: Document, new: _Schemas, after: Document) -> Iterator[Misfit]:
    if before.get("security") == [] and after.get("security") != []:
        yield Misfit("security", "needs a token now")
    yield from _of_parameters(old, before, new, after)
    yield from _of_request(old, before.get("requestBody", {}), new, after.get("requestBody", {}))
    yield from _of_answers(old, before.get("responses", {}), new, after.get("responses", {}))


def _of_parameters(old: _Schemas, before: Document, new: _Schemas, after: Document) -> Iterator[Misfit]:
    given = {(one["in"], one["name"]): one for one in before.get("parameters", [])}
    taken = {(one["in"], one["name"]): one for one in after.get("parameters", [])}
    for (place, name), one in taken.items():
        if one.get("required") and not given.get((place, name), {}).get("required"):
            yield Misfit(f"{place}.{name}", "is required now")
    for (place, name), one in given.items():
        where = f"{place}.{name}"
        if (place, name) in taken:
            schemas = old.of(one["schema"], _OF_REQUESTS), new.of(taken[place, name]["schema"], _OF_REQUESTS)
            yield from misfits(*schemas, where)
        elif place == _REFUSED_WHEN_UNKNOWN:
            yield Misfit(where, "is not accepted")


def _of_request(old: _Schemas, before: Document, new: _Schemas, after: Document) -> Iterator[Misfit]:
    if after.get("required") and not before.get("required"):
        yield Misfit("request", "is required now")
    for media_type, content in before.get("content", {}).items():
        taken = after.get("content", {}).get(media_type)
        if taken is None:
            yield Misfit("request", f"is not accepted as {media_type}")
        else:
            yield from misfits(
                old.of(content["schema"], _OF_REQUESTS), new.of(taken["schema"], _OF_REQUESTS), "request"
            )


def _of_answers(old: _Schemas, before: Document, new: _Schemas, after: Document) -> Iterator[Misfit]:
    for status, answer in before.items():
        if status not in after:
            yield Misfit(f"answer {status}", "is gone")
            continue
        for media_type, content in answer.get("content", {}).items():
            told = after[status].get("content", {}).get(media_type)
            if told is None:
                yield Misfit(f"answer {status}", f"is not given as {media_type}")
                continue
            schemas = new.of(told["schema"], _OF_ANSWERS), old.of(content["schema"], _OF_ANSWERS)
            yield from misfits(*schemas, f"answer {status}", reads_all=True)
