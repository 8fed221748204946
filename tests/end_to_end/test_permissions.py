"""Roles are real: a function can do what its role allows, and nothing once that is taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.demo.apis import Apis
from local.demo.cast import Cast
from local.demo.waiting import until
from tests.stage import Stage

FUNCTION = "local-customer-support-queries"


def test_a_call_is_refused_without_its_permission_and_works_again_with_it(stage: Stage, services: Apis) -> None:
    customer = services.support.post("/customers", Cast(6).customer()).body
    path = f"/customers/{customer['id']}"
    assert services.support.get(path).body == customer

    with _without(stage, FUNCTION, "queries", "dynamodb:GetItem"):
        refused = services.support.send("GET", path)

    assert refused.status == 500
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.body["code"] == "internal_error"
    assert "GetItem" not in json.dumps(refused.body), "a problem must not tell what is inside"
    until(
        "the refusal in the function's log",
        lambda: _logged(stage, refused.body["trace_id"], "AccessDeniedException", "dynamodb:GetItem"),
    )
    assert services.support.get(path).body == customer


def test_a_function_that_reads_has_no_permission_to_write(stage: Stage) -> None:
    _, document = _policy(stage, "local-invoicing-queries", "queries")
    actions = {action for statement in document["Statement"] for action in _listed(statement["Action"])}
    assert {one for one in actions if one.startswith("dynamodb:")} <= {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
    }


@contextmanager
def _without(stage: Stage, function: str, policy: str, action: str) -> Iterator[None]:
    role, document = _policy(stage, function, policy)
    statements = [
        {**statement, "Action": [one for one in _listed(statement["Action"]) if one != action]}
        for statement in document["Statement"]
    ]
    assert statements != document["Statement"], f"{function} never had {action}"
    put = stage.client("iam").put_role_policy
    put(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps({**document, "Statement": statements}))
    try:
        yield
    finally:
        put(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def _policy(stage: Stage, function: str, policy: str) -> tuple[str, dict[str, Any]]:
    arn = stage.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    role = arn.rpartition("/")[2]
    return role, stage.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]


def _logged(stage: Stage, trace_id: str, *words: str) -> bool:
    """Whether one line of the trace in the function's log holds all the words."""
    pages = stage.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{FUNCTION}")
    messages = [event["message"] for event in pages.search("events[]") if event]
    return any(trace_id in message and all(word in message for word in words) for message in messages)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
