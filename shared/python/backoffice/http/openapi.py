"""The OpenAPI 3.1 document of a service, generated from its routes and schemas.

Used when developing (``python -m backoffice.http.openapi services/invoicing`` writes ``openapi.yml`` there) and by the
test that keeps the committed document fresh; functions serve the committed file and never import this module.
"""

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from backoffice.http.api import READERS_OF_EVERYTHING, Api, Route
from backoffice.http.cursors import DEFAULT_LIMIT, LARGEST_LIMIT
from backoffice.http.problems import CONTENT_TYPE
from backoffice.schemas import Day, DecimalString, Id, Locale, Tolerant, Utc, Zone

API_HANDLERS = ("commands", "queries", "documents")

_FORMATS = {
    Utc: ("string", "date-time"),
    Day: ("string", "date"),
    DecimalString: ("string", "decimal"),
    Zone: ("string", "iana-time-zone"),
    Locale: ("string", "bcp47"),
    Id: ("string", None),
}


def document(title: str, description: str, apis: Iterable[Api]) -> dict[str, Any]:
    """The document of all routes of a service's functions."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=title,
        version="1",
        openapi_version="3.1.0",
        info={"description": description},
        security=[{"idToken": []}],
        plugins=[plugin],
    )
    for field, form in _FORMATS.items():
        plugin.map_to_openapi_type(field, *form)  # type: ignore[no-untyped-call]
    spec.components.security_scheme(
        "idToken", {"type": "http", "scheme": "bearer", "description": "An id token of the user pool."}
    )
    spec.components.schema("Problem", schema=_Problem)
    for route in (route for api in apis for route in api.routes):
        spec.path(path=route.rule, operations={route.method.lower(): _operation(route)})
    return spec.to_dict()


def of_service(folder: Path) -> str:
    """The document of the service in ``folder``, as YAML.

    The package's docstring describes it, its handlers of the API hold the routes.
    """
    sys.path.insert(0, str(folder.resolve()))
    package = importlib.import_module(folder.resolve().name.replace("-", "_"))
    modules = [f"{package.__name__}.handlers.{name}" for name in API_HANDLERS]
    apis = [importlib.import_module(name).api for name in modules if importlib.util.find_spec(name)]
    title = folder.resolve().name.replace("-", " ").capitalize()
    content = document(title, package.__doc__ or "", apis)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


class _FieldError(Tolerant):
    field = fields.String()
    message = fields.String()


class _Problem(Tolerant):
    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String()
    code = fields.String()
    errors = fields.List(fields.Nested(_FieldError))
    trace_id = fields.String(allow_none=True)


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": route.summary or (route.handler.__doc__ or "").strip().split("\n")[0],
        "parameters": list(_parameters(route)),
        "responses": {str(route.status): _success(route), "default": _problem()},
    }
    if route.body:
        operation["requestBody"] = {"required": route.creates, "content": {"application/json": {"schema": route.body}}}
    if route.group is None:
        operation["security"] = []
    else:
        read = route.method == "GET" or route.read_only
        groups = [route.group, READERS_OF_EVERYTHING] if read else [route.group]
        operation["description"] = f"For members of {' or '.join(groups)}."
    return operation


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", route.rule):
        yield _parameter("path", name, {"type": "string"}, required=True)
    if route.many:
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}
        yield _parameter("query", "limit", limit)
        yield _parameter("query", "cursor", {"type": "string"})
    if route.query:
        yield {"in": "query", "schema": route.query}
    if route.files and not route.answer:
        yield _parameter("header", "If-None-Match", {"type": "string"})
    if route.idempotent:
        yield _parameter("header", "Idempotency-Key", {"type": "string", "maxLength": 255}, required=route.creates)
    if route.versioned:
        yield _parameter("header", "If-Match", {"type": "string"}, required=True)


def _parameter(place: str, name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"in": place, "name": name, "schema": schema, "required": required}


def _success(route: Route) -> dict[str, Any]:
    if route.files:
        content = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in route.files}
        if route.answer:
            as_json = {"application/json": {"schema": route.answer}}
            return {"description": "JSON or a file, as is asked for.", "content": as_json | content}
        return {"description": "The file; 304 without it for who has it already.", "content": content}
    if route.answer is None:
        return {"description": "Done."}
    schema: Any = route.answer
    if route.many:
        items = {"type": "array", "items": route.answer}
        schema = {
            "type": "object",
            "properties": {"items": items, "next_cursor": {"type": ["string", "null"]}},
        }
    return {"description": "The state after the request.", "content": {"application/json": {"schema": schema}}}


def _problem() -> dict[str, Any]:
    return {"description": "What went wrong (RFC 9457).", "content": {CONTENT_TYPE: {"schema": "Problem"}}}


def _schema_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return str(cls.__name__).lstrip("_")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        (Path(argument) / "openapi.yml").write_text(of_service(Path(argument)))
