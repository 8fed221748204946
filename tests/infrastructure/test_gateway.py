"""What API Gateway answers by itself looks like every other problem."""

from __future__ import annotations

import pytest
import requests

from tests.infrastructure.templates import SERVICES
from tests.stage import Stage

READS = {"customer-support": "/customers", "invoicing": "/invoices", "analytics": "/metrics"}


def _problem(answer: requests.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = dict(answer.json())
    assert body["status"] == status
    assert body["instance"].startswith("urn:uuid:")
    return body


@pytest.mark.parametrize("service", SERVICES)
def test_no_token_is_a_401_problem(stage: Stage, service: str) -> None:
    answer = requests.get(stage.endpoints["services"][service] + READS[service], timeout=30)
    assert _problem(answer, 401)["code"] == "unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("service", SERVICES)
def test_a_forged_token_is_a_401_problem(stage: Stage, service: str) -> None:
    header, payload, signature = stage.token().split(".")
    forged = ".".join([header, payload, signature[::-1]])
    headers = {"Authorization": f"Bearer {forged}"}
    answer = requests.get(stage.endpoints["services"][service] + READS[service], headers=headers, timeout=30)
    assert _problem(answer, 401)["code"] == "unauthorized"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_path_is_a_404_problem(stage: Stage, service: str, method: str) -> None:
    headers = {"Authorization": f"Bearer {stage.token()}"}
    url = stage.endpoints["services"][service] + "/no/such/path"
    assert _problem(requests.request(method, url, headers=headers, timeout=30), 404)["code"] == "not_found"


@pytest.mark.parametrize("service", SERVICES)
def test_a_method_that_a_path_does_not_know_is_a_404_problem(stage: Stage, service: str) -> None:
    headers = {"Authorization": f"Bearer {stage.token()}"}
    url = stage.endpoints["services"][service] + READS[service]
    assert _problem(requests.delete(url, headers=headers, timeout=30), 404)["code"] == "not_found"


@pytest.mark.parametrize("service", SERVICES)
def test_the_api_document_is_open_to_all(stage: Stage, service: str) -> None:
    answer = requests.get(stage.endpoints["services"][service] + "/openapi.json", timeout=30)
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
