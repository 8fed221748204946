"""Who may call what: tokens, groups, and the one route that is open to all."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.client import Client
from local.demo.waiting import until
from local.stage import users
from tests.end_to_end.problems import assert_problem, assert_refused_at_the_gateway
from tests.stage import Stage

READS = {"customer-support": "/tickets", "invoicing": "/invoices", "analytics": "/metrics"}
SERVICES = sorted(READS)
AsUser = Callable[[str, str], Client]
WithToken = Callable[[str, str | None], Client]


@pytest.fixture(scope="module")
def expired(stage: Stage) -> Iterator[str]:
    """A genuine token of the stage's user pool that was good for a second."""
    cognito = stage.client("cognito-idp")
    pool = users.the_only(stage.place, "AWS::Cognito::UserPool")
    client = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="short-lived",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        IdTokenValidity=1,
        TokenValidityUnits={"IdToken": "seconds"},
    )["UserPoolClient"]["ClientId"]
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "agent@example.com", "PASSWORD": users.DEMO_PASSWORD},
    )
    yield signed_in["AuthenticationResult"]["IdToken"]
    cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client)


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_token_nothing_is_answered(with_token: WithToken, service: str) -> None:
    reply = with_token(service, None).send("GET", READS[service])
    assert_refused_at_the_gateway(reply, 401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("service", SERVICES)
def test_a_forged_token_is_refused(stage: Stage, with_token: WithToken, service: str) -> None:
    header, claims, signature = stage.token("agent@example.com").split(".")
    everything = {**_read(claims), "cognito:groups": ["agents", "accountants", "analysts", "operators"]}
    unsigned = {**_read(header), "alg": "none"}
    other_key = {**_read(header), "kid": "mine"}
    forged = [
        f"{header}.{_written(everything)}.{signature}",
        f"{_written(unsigned)}.{claims}.",
        f"{_written(other_key)}.{claims}.{signature}",
        f"{header}.{claims}.{signature[::-1]}",
        "a.b.c",
        "letmein",
        "",
    ]
    for token in forged:
        reply = with_token(service, token).send("GET", READS[service])
        assert_refused_at_the_gateway(reply, 401, "unauthorized")


def test_a_token_is_refused_once_it_has_expired(with_token: WithToken, expired: str) -> None:
    client = with_token("customer-support", expired)
    until("the token has expired", lambda: client.send("GET", "/tickets").status == 401)
    assert_refused_at_the_gateway(client.send("GET", "/tickets"), 401, "unauthorized")


@pytest.mark.parametrize(
    ("service", "user"),
    [
        ("customer-support", "accountant"),
        ("customer-support", "analyst"),
        ("invoicing", "agent"),
        ("invoicing", "analyst"),
        ("analytics", "agent"),
        ("analytics", "accountant"),
    ],
)
def test_members_of_another_group_are_forbidden_to_read_and_write(as_user: AsUser, service: str, user: str) -> None:
    client = as_user(service, user)
    assert_problem(client.send("GET", READS[service]), 403, "forbidden")
    for method, path in _writes(service):
        assert_problem(client.send(method, path, {}), 403, "forbidden")


@pytest.mark.parametrize("service", SERVICES)
def test_operators_may_read_everything(as_user: AsUser, service: str) -> None:
    assert as_user(service, "operator").send("GET", READS[service]).status == 200


@pytest.mark.parametrize("service", ["customer-support", "invoicing"])
def test_operators_write_nothing(as_user: AsUser, service: str) -> None:
    for method, path in _writes(service):
        assert_problem(as_user(service, "operator").send(method, path, {}), 403, "forbidden")


@pytest.mark.parametrize("service", SERVICES)
def test_the_openapi_document_is_open_to_all(with_token: WithToken, service: str) -> None:
    reply = with_token(service, None).send("GET", "/openapi.json")
    assert reply.status == 200
    assert reply.body["openapi"].startswith("3.1")
    assert READS[service] in reply.body["paths"]
    assert "/openapi.json" in reply.body["paths"]


def _writes(service: str) -> list[tuple[str, str]]:
    return {
        "customer-support": [("POST", "/customers"), ("POST", "/tickets")],
        "invoicing": [("PUT", "/seller"), ("PUT", "/rates/standard"), ("POST", "/invoices"), ("POST", "/payments")],
        "analytics": [("POST", "/query")],
    }[service]


def _read(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _written(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
