"""Roles at work: the emulator refuses what a role does not allow."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from local.stage.functions import names
from tests.infrastructure.policies import as_list
from tests.stage import Stage


def test_every_function_of_the_stage_assumes_a_role_of_its_own(stage: Stage) -> None:
    pages = stage.client("lambda").get_paginator("list_functions").paginate()
    functions = [one for page in pages for one in page["Functions"] if one["FunctionName"].startswith("local-")]
    assert {function["FunctionName"] for function in functions} == set(names())
    assert len({function["Role"] for function in functions}) == len(functions)


def test_a_write_is_refused_once_its_permission_is_taken_away_and_allowed_when_it_is_back(stage: Stage) -> None:
    assert _register(stage).status_code == 201
    with _without(stage, "local-customer-support-commands", "commands", "dynamodb:PutItem"):
        refused = _register(stage)
        assert refused.status_code == 500
        assert refused.headers["content-type"].startswith("application/problem+json")
    assert _register(stage).status_code == 201


def test_a_read_goes_on_when_writes_are_refused(stage: Stage) -> None:
    with _without(stage, "local-customer-support-commands", "commands", "dynamodb:PutItem"):
        assert _customers(stage).status_code == 200


def test_reads_are_refused_once_queries_may_not_query(stage: Stage) -> None:
    with _without(stage, "local-customer-support-queries", "queries", "dynamodb:Query"):
        assert _customers(stage).status_code == 500
    assert _customers(stage).status_code == 200


@contextmanager
def _without(stage: Stage, function: str, policy: str, action: str) -> Iterator[None]:
    iam = stage.client("iam")
    arn = stage.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    at = {"RoleName": arn.rsplit("/", 1)[1], "PolicyName": policy}
    document: dict[str, Any] = iam.get_role_policy(**at)["PolicyDocument"]
    narrowed = json.loads(json.dumps(document))
    for statement in narrowed["Statement"]:
        statement["Action"] = [one for one in as_list(statement["Action"]) if one != action]
    assert narrowed != document, f"{function} never had {action}"
    iam.put_role_policy(**at, PolicyDocument=json.dumps(narrowed))
    try:
        yield
    finally:
        iam.put_role_policy(**at, PolicyDocument=json.dumps(document))


def _register(stage: Stage) -> requests.Response:
    mark = uuid.uuid4().hex
    return requests.post(
        stage.endpoints["services"]["customer-support"] + "/customers",
        headers={"Authorization": f"Bearer {stage.token()}", "Idempotency-Key": mark},
        json={"name": "Permission Test", "email": f"{mark}@example.com", "locale": "en-GB", "time_zone": "UTC"},
        timeout=30,
    )


def _customers(stage: Stage) -> requests.Response:
    url = stage.endpoints["services"]["customer-support"] + "/customers"
    return requests.get(url, headers={"Authorization": f"Bearer {stage.token()}"}, timeout=30)
