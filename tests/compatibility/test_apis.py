"""Whether an API's clients can still use it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from compatibility.apis import breaks
from compatibility.verdict import verdict
from tests.compatibility.records import shop

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "state": {"type": "string", "enum": ["open", "sent"]},
        "note": {"type": "string", "maxLength": 100},
        "address": {"$ref": "#/components/schemas/Address"},
    },
    "required": ["address"],
    "additionalProperties": False,
}
ADDRESS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
BODY = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
API = {
    "paths": {
        "/orders": {
            "post": {
                "parameters": [
                    {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string"}, "required": True},
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                ],
                "requestBody": {"content": BODY},
                "responses": {"201": {"content": BODY}, "default": {"description": "What went wrong."}},
            },
            "get": {"responses": {"200": {"content": BODY}}, "security": []},
        }
    },
    "components": {"schemas": {"Order": ORDER, "Address": ADDRESS}},
}
POST, GET = "POST /orders", "GET /orders"


def order(api: Any) -> Any:
    return api["components"]["schemas"]["Order"]


def post(api: Any) -> Any:
    return api["paths"]["/orders"]["post"]


BREAKING = {
    "route removed": (lambda api: api["paths"]["/orders"].pop("get"), [(GET, "route", "is gone")]),
    "token asked for": (
        lambda api: api["paths"]["/orders"]["get"].pop("security"),
        [(GET, "security", "needs a token now")],
    ),
    "parameter newly required": (
        lambda api: post(api)["parameters"][1].update(required=True),
        [(POST, "query.limit", "is required now")],
    ),
    "new parameter that is required": (
        lambda api: post(api)["parameters"].append(
            {"in": "header", "name": "If-Match", "schema": {}, "required": True}
        ),
        [(POST, "header.If-Match", "is required now")],
    ),
    "query parameter removed": (lambda api: post(api)["parameters"].pop(1), [(POST, "query.limit", "is not accepted")]),
    "parameter's limit tightened": (
        lambda api: post(api)["parameters"][1]["schema"].update(maximum=50),
        [(POST, "query.limit", "may be 100, and at most 50 is expected")],
    ),
    "body newly required": (
        lambda api: post(api)["requestBody"].update(required=True),
        [(POST, "request", "is required now")],
    ),
    "media type removed": (
        lambda api: post(api).update(requestBody={"content": {"text/csv": {"schema": {}}}}),
        [(POST, "request", "is not accepted as application/json")],
    ),
    "request field newly required": (
        lambda api: order(api)["required"].append("note"),
        [(POST, "request.note", "may be left out")],
    ),
    "request field tightened": (
        lambda api: order(api)["properties"]["note"].update(maxLength=10),
        [(POST, "request.note", f'may be "{"~" * 11}", and 0 to 10 characters is expected')],
    ),
    "nested request field newly required": (
        lambda api: api["components"]["schemas"]["Address"].update(
            properties={"city": {"type": "string"}, "country": {"type": "string"}}, required=["city", "country"]
        ),
        [(POST, "request.address.country", "is gone")],
    ),
    "field removed": (
        lambda api: order(api)["properties"].pop("note"),
        [
            (POST, "request.note", "is not accepted"),
            (POST, "answer 201.note", "is gone"),
            (GET, "answer 200.note", "is gone"),
        ],
    ),
    "answer's field removed": (
        lambda api: order(api)["properties"].pop("id"),
        [(POST, "answer 201.id", "is gone"), (GET, "answer 200.id", "is gone")],
    ),
    "answer's type changed": (
        lambda api: order(api)["properties"]["id"].update(type="integer"),
        [
            (POST, "answer 201.id", "may be integer, and string is expected"),
            (GET, "answer 200.id", "may be integer, and string is expected"),
        ],
    ),
    "answer's enumeration widened": (
        lambda api: order(api)["properties"]["state"]["enum"].append("lost"),
        [
            (POST, "answer 201.state", 'may be "lost", and one of "open", "sent" is expected'),
            (GET, "answer 200.state", 'may be "lost", and one of "open", "sent" is expected'),
        ],
    ),
    "answer's field no longer promised": (
        lambda api: order(api)["required"].clear(),
        [(POST, "answer 201.address", "may be left out"), (GET, "answer 200.address", "may be left out")],
    ),
    "request's enumeration narrowed": (
        lambda api: order(api)["properties"]["state"]["enum"].remove("open"),
        [(POST, "request.state", 'may be "open", and one of "sent" is expected')],
    ),
    "answer's status changed": (
        lambda api: post(api)["responses"].update({"200": post(api)["responses"].pop("201")}),
        [(POST, "answer 201", "is gone")],
    ),
}
HARMLESS = {
    "new route": lambda api: api["paths"].update({"/carts": {"get": {"responses": {}}}}),
    "new optional parameter": lambda api: post(api)["parameters"].append({"in": "query", "name": "q", "schema": {}}),
    "parameter no longer required": lambda api: post(api)["parameters"][0].update(required=False),
    "new optional field": lambda api: order(api)["properties"].update(gift={"type": "boolean"}),
    "new status": lambda api: post(api)["responses"].update({"200": {}}),
    "another name for a schema": lambda api: (
        api["components"]["schemas"].update(Place=ADDRESS)
        or order(api)["properties"].update(address={"$ref": "#/components/schemas/Place"})
    ),
    "other words": lambda api: post(api).update(summary="Place an order.", operationId="place"),
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_change_that_breaks_clients_is_told_with_its_place(change: str) -> None:
    make, expected = BREAKING[change]
    api = deepcopy(API)
    make(api)
    assert sorted(tuple(one) for one in breaks(API, api)) == sorted(expected)


@pytest.mark.parametrize("change", HARMLESS)
def test_a_change_that_breaks_nobody_passes(change: str) -> None:
    api = deepcopy(API)
    HARMLESS[change](api)
    assert breaks(API, api) == []


def test_a_schema_within_itself_is_compared() -> None:
    api = deepcopy(API)
    order(api)["properties"]["parts"] = {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    assert breaks(api, api) == []


def test_a_verdict_speaks_for_the_clients() -> None:
    api = deepcopy(API)
    api["paths"]["/orders"].pop("get")
    answer = verdict(shop(api=api), [shop(api=API)])
    assert [str(one) for one in answer.objections] == ["clients rely on GET /orders: route is gone"]
