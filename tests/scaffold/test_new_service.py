"""`make new-service` as its team meets it: written in a copy of the house, tested, deployed, called, removed."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from backoffice_testing import envelope

from backoffice.ids import new_id
from local.demo.waiting import until
from local.stage import environment
from local.stage.place import PYTHON, ROOT
from tests.stage import Stage, clone, own_stage

ALSO_NEEDED = ("scaffold", "pyproject.toml", "tests/contract/contexts.py")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which no service stands but the one that `make new-service NAME=contracts` writes."""
    root = clone(tmp_path_factory.mktemp("house"))
    shutil.rmtree(root / "services")
    for name in ALSO_NEEDED:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / name, target) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, target)
    done = new_service(root, "contracts")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def contracts(house: Path, pytestconfig: pytest.Config) -> Iterator[Stage]:
    with own_stage(pytestconfig, house) as stage:
        yield stage


def new_service(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-m", "scaffold", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_its_own_tests_pass_and_its_style_is_the_houses(house: Path) -> None:
    service = house / "services" / "contracts"
    paths = {"PYTHONPATH": os.pathsep.join(map(str, (house / "shared" / "python", service)))}
    checks = {
        "nose2": service,
        "ruff check .": house,
        "ruff format --check .": house,
        f"mypy --config-file {house}/pyproject.toml contracts": service,
    }
    for check, folder in checks.items():
        command = [str(PYTHON), "-m", *check.split()]
        done = subprocess.run(command, cwd=folder, env=os.environ | paths, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{check}: {done.stdout}{done.stderr}"


def test_it_knows_the_house_and_the_house_knows_it(house: Path) -> None:
    for file in ("serverless-compose.yml", "shared/serverless.yml", "shared/serverless/topics.yml"):
        assert "contracts" in (house / file).read_text()
    for path in ("shared/topics/contracts.yml", "shared/contracts/contracts/ContractEnded.v1.json"):
        assert (house / path).is_file()
    assert [path for path in (house / "services").rglob("*") if "spare" in path.name or "work" in path.name] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("contracts",), "There is a services/contracts already."),
        (("Pets",), "NAME=Pets"),
        (("stock",), "What does stock keep"),
    ],
)
def test_a_service_that_cannot_be_made_is_refused_and_nothing_is_written(
    house: Path, words: tuple[str], complaint: str
) -> None:
    before = sorted(house.rglob("services/*"))
    done = new_service(house, *words)
    assert (done.returncode, complaint in done.stderr) == (1, True), done.stderr
    assert sorted(house.rglob("services/*")) == before


def test_it_answers_is_traced_and_tells_what_happened(contracts: Stage) -> None:
    url, headers = api(contracts)
    wanted = {"customer_id": new_id("cus"), "title": "Maintenance, a year"}
    trace_id = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    sent = headers | {"Idempotency-Key": new_id("key"), "X-Amzn-Trace-Id": f"Root={trace_id};Sampled=1"}
    made = requests.post(f"{url}/contracts", headers=sent, json=wanted, timeout=30)
    assert (made.status_code, made.json()["state"]) == (201, "active"), made.text
    assert requests.get(url + made.headers["Location"], headers=headers, timeout=30).json() == made.json()
    assert requests.get(f"{url}/openapi.json", timeout=30).json()["info"]["title"]

    def told() -> bool:
        traces = contracts.client("xray").batch_get_traces(TraceIds=[trace_id])["Traces"]
        names = {json.loads(segment["Document"])["name"] for trace in traces for segment in trace["Segments"]}
        return {"local-contracts-commands", "local-contracts-relay"} <= names

    until("the request's trace reaches the relay", told, 30)


def test_it_hears_what_customer_support_tells(contracts: Stage) -> None:
    url, headers = api(contracts)
    customer_id = new_id("cus")
    data = {"customer_id": customer_id, "name": "Ann", "email": "ann@example.com", "time_zone": "Europe/Berlin"}
    sns = contracts.client("sns")
    (topic,) = [one["TopicArn"] for one in sns.list_topics()["Topics"] if "customer-support-events" in one["TopicArn"]]
    sns.publish(
        TopicArn=topic,
        Message=json.dumps(envelope("CustomerRegistered", customer_id, data)),
        MessageAttributes={"type": {"DataType": "String", "StringValue": "CustomerRegistered"}},
    )

    def heard() -> bool:
        return requests.get(f"{url}/customers/{customer_id}", headers=headers, timeout=30).status_code == 200

    until("the customer is known", heard, 30)
    known = requests.get(f"{url}/customers/{customer_id}", headers=headers, timeout=30).json()
    assert known == {"id": customer_id, "time_zone": "Europe/Berlin"}


def test_it_goes_as_it_came(contracts: Stage) -> None:
    folder = contracts.place.source / "services" / "contracts"
    command = ["osls", "remove", "--stage", "local"]
    variables = environment.local_deploy(contracts.place)
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tables = contracts.client("dynamodb").list_tables()["TableNames"]
    functions = contracts.client("lambda").list_functions()["Functions"]
    assert [*tables, *(one["FunctionName"] for one in functions if "contracts" in one["FunctionName"])] == []


def api(stage: Stage) -> tuple[str, dict[str, str]]:
    return stage.endpoints["services"]["contracts"], {"Authorization": f"Bearer {stage.token()}"}
