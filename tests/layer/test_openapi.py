"""The OpenAPI 3.1 document that is made of routes and schemas."""

import json
import re
import sys

import pytest
import yaml
from http_service import service
from jsonschema import Draft202012Validator

from backoffice.http import Api, ok
from backoffice.http.openapi import document, of_service
from backoffice.schemas import Day, DecimalString, Id, Locale, Strict, Text, Utc, Whole, Zone

LOCATIONS = {"query", "header", "path", "cookie"}


class Everything(Strict):
    id = Id("thg", required=True)
    text = Text(50, required=True)
    at = Utc()
    day = Day()
    count = Whole(least=1, most=9)
    amount = DecimalString(allow_none=True)
    zone = Zone()
    locale = Locale()


@pytest.fixture(scope="module")
def spec():
    other = Api()

    @other.put(
        "/everything/{thing_id}", group="accountants", body=Everything, answer=Everything, ids={"thing_id": "thg"}
    )
    def put_everything(request):
        """Puts everything.

        And more.
        """
        return ok(request.body)

    return document("Things", "All about things.", [service(), other])


def operations(spec):
    return [(path, method, operation) for path, item in spec["paths"].items() for method, operation in item.items()]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def schemas(node):
    """Every schema that stands in the document, in place or as a component."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if name == "schema":
                yield inner
            elif name == "schemas":
                yield from inner.values()
            yield from schemas(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from schemas(inner)


def test_it_is_openapi_3_1_with_title_version_and_paths(spec):
    assert spec["openapi"] == "3.1.0"
    assert spec["info"] == {"title": "Things", "version": "1", "description": "All about things."}
    assert all(path.startswith("/") for path in spec["paths"])


def test_it_is_plain_json(spec):
    assert json.loads(json.dumps(spec)) == spec


def test_a_services_document_is_made_of_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    handlers = tmp_path / "pet-shop" / "pet_shop" / "handlers"
    handlers.mkdir(parents=True)
    (handlers.parent / "__init__.py").write_text('"""Sells pets."""')
    (handlers / "__init__.py").write_text("")
    (handlers / "queries.py").write_text("from http_service import service\n\napi = service()\n")
    spec = yaml.safe_load(of_service(tmp_path / "pet-shop"))
    assert spec["info"] == {"title": "Pet shop", "version": "1", "description": "Sells pets."}
    assert "/things/{thing_id}" in spec["paths"]


def test_every_route_is_an_operation_with_an_id_of_its_own(spec):
    ids = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(ids) == len(set(ids))
    assert {"make_thing", "list_things", "put_everything"} <= set(ids)
    assert spec["paths"].keys() >= {"/things", "/things/{thing_id}", "/everything/{thing_id}"}


def test_every_schema_is_json_schema_2020_12(spec):
    found = list(schemas(spec))
    assert len(found) > 10
    for schema in found:
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(spec):
    found = set(references(spec))
    assert found
    for reference in found:
        node = spec
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_every_path_parameter_is_declared_and_required(spec):
    for path, _, operation in operations(spec):
        declared = {p["name"]: p for p in operation["parameters"] if p["in"] == "path"}
        assert declared.keys() == set(re.findall(r"{(\w+)}", path))
        assert all(parameter["required"] for parameter in declared.values())


def test_every_parameter_and_answer_has_what_openapi_demands(spec):
    for _, _, operation in operations(spec):
        names = [(parameter["in"], parameter["name"]) for parameter in operation["parameters"]]
        assert len(names) == len(set(names))
        assert all(parameter["in"] in LOCATIONS and "schema" in parameter for parameter in operation["parameters"])
        assert operation["responses"]
        assert all(answer["description"] for answer in operation["responses"].values())


def test_every_operation_answers_errors_as_problems(spec):
    for _, _, operation in operations(spec):
        content = operation["responses"]["default"]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_what_a_route_demands_is_told(spec):
    def parameters(path, method):
        return {p["name"]: p["required"] for p in spec["paths"][path][method]["parameters"] if "required" in p}

    assert parameters("/things", "post") == {"Idempotency-Key": True}
    assert parameters("/things/{thing_id}", "patch") == {"thing_id": True, "If-Match": True}
    assert parameters("/things", "get").keys() == {"limit", "cursor", "name"}
    assert spec["paths"]["/things"]["post"]["requestBody"]["required"] is True
    assert "201" in spec["paths"]["/things"]["post"]["responses"]


def test_who_may_call_is_told(spec):
    assert spec["security"] == [{"idToken": []}]
    assert spec["components"]["securitySchemes"]["idToken"]["scheme"] == "bearer"
    assert spec["paths"]["/open"]["get"]["security"] == []
    assert spec["paths"]["/things"]["get"]["description"] == "For members of agents or operators."
    assert spec["paths"]["/things"]["post"]["description"] == "For members of agents."
    assert spec["paths"]["/preview"]["post"]["description"] == "For members of agents or operators."


def test_an_operation_is_summed_up_by_the_first_line_of_its_handler(spec):
    assert spec["paths"]["/everything/{thing_id}"]["put"]["summary"] == "Puts everything."


def test_fields_have_the_type_in_which_they_travel(spec):
    schema = spec["components"]["schemas"]["Everything"]
    types = {name: (field["type"], field.get("format")) for name, field in schema["properties"].items()}
    assert types == {
        "id": ("string", None),
        "text": ("string", None),
        "at": ("string", "date-time"),
        "day": ("string", "date"),
        "count": ("integer", None),
        "amount": (["string", "null"], "decimal"),
        "zone": ("string", "iana-time-zone"),
        "locale": ("string", "bcp47"),
    }
    assert set(schema["required"]) == {"id", "text"}


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("id", "thg_01JD8X6W9Q4T0M3V5K7R2N1P0C", "tkt_01JD8X6W9Q4T0M3V5K7R2N1P0C"),
        ("text", "a", "x" * 51),
        ("count", 9, 10),
        ("locale", "de-DE", "de_DE"),
        ("amount", "1.50", 1.5),
    ],
)
def test_the_schema_refuses_what_the_service_refuses(spec, field, good, bad):
    schema = spec["components"]["schemas"]["Everything"]["properties"][field]
    assert Draft202012Validator(schema).is_valid(good)
    assert not Draft202012Validator(schema).is_valid(bad)
    assert not Everything(partial=True).validate({field: good})
    assert Everything(partial=True).validate({field: bad})


def test_a_list_is_a_page_with_a_cursor(spec):
    schema = spec["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["properties"]["items"] == {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
    assert schema["properties"]["next_cursor"] == {"type": ["string", "null"]}


def test_a_file_is_described_by_its_media_type_and_may_be_known_already(spec):
    picture = spec["paths"]["/pictures/{name}"]["get"]
    assert list(picture["responses"]["200"]["content"]) == ["image/png"]
    assert "If-None-Match" in {parameter["name"] for parameter in picture["parameters"] if "name" in parameter}


def test_what_can_be_had_as_json_or_as_a_file_is_described_by_both(spec):
    sheet = spec["paths"]["/sheets/{name}"]["get"]
    assert list(sheet["responses"]["200"]["content"]) == ["application/json", "text/csv"]
    assert "If-None-Match" not in {parameter["name"] for parameter in sheet["parameters"] if "name" in parameter}
