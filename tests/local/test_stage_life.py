"""The life of a stage: it is started, stopped, crashes and comes back, and nothing that was saved is lost.

The tests build on one another, in the order of the file: each finds the stage as the one before left it.
"""

import base64
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.stage import running
from local.stage.aws import stack_statuses
from local.stage.daemon import identity
from tests.stage import Stage, clone, own_stage

CUSTOMER = {"name": "Ada Lovelace", "email": "ada@example.com", "time_zone": "Europe/London"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, so that whoever edits a file while the tests run makes no deploy necessary."""
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def mortal(pytestconfig: pytest.Config, house: Path) -> Iterator[Stage]:
    """A stage that may be stopped and killed, since no other test uses it."""
    with own_stage(pytestconfig, house) as made:
        yield made


FUNCTIONS = ("local-invoicing-queries", "local-analytics-queries", "local-customer-support-queries")


def deployed_in(steps: str) -> list[str]:
    """The stacks that a command says it deployed."""
    lines = [
        line.partition("Deploying ")[2].partition(" ...")[0] for line in steps.splitlines() if "Deploying " in line
    ]
    return [stack for line in lines for stack in line.split(", ")]


def customers(stage: Stage) -> list[str]:
    """The e-mail addresses of the customers that customer support knows."""
    answer = requests.get(
        f"{stage.endpoints['services']['customer-support']}/customers",
        headers={"Authorization": f"Bearer {stage.token()}"},
        timeout=30,
    )
    answer.raise_for_status()
    return [customer["email"] for customer in answer.json()["items"]]


def test_up_leaves_the_four_stacks_deployed_and_written_down(mortal: Stage) -> None:
    assert set(stack_statuses(mortal.place)) == {"shared", "customer-support", "invoicing", "analytics"}
    assert set(mortal.endpoints) == {"aws", "xray", "console", "services"}
    assert set(mortal.endpoints["services"]) == {"customer-support", "invoicing", "analytics"}


def test_a_customer_is_created_with_a_demo_users_token(mortal: Stage) -> None:
    answer = requests.post(
        f"{mortal.endpoints['services']['customer-support']}/customers",
        headers={"Authorization": f"Bearer {mortal.token()}", "Idempotency-Key": "ada"},
        json=CUSTOMER,
        timeout=30,
    )

    assert answer.status_code == 201, answer.text
    assert customers(mortal) == ["ada@example.com"]


@pytest.mark.parametrize(
    ("user", "group"),
    [("agent", "agents"), ("accountant", "accountants"), ("analyst", "analysts"), ("operator", "operators")],
)
def test_the_token_command_prints_a_token_of_the_users_group_and_nothing_else(
    mortal: Stage, user: str, group: str
) -> None:
    printed = mortal.launch("token", "--user", f"{user}@example.com").stdout

    header, payload, signature = printed.removesuffix("\n").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["token_use"] == "id"
    assert claims["email"] == f"{user}@example.com"
    assert claims["cognito:groups"] == [group]


def test_logs_show_what_the_service_wrote(mortal: Stage) -> None:
    printed = mortal.launch("logs", "--service", "customer-support").stdout

    assert any(line.startswith("commands  ") and "POST /customers" in line for line in printed.splitlines())


def test_up_again_deploys_nothing_and_loses_nothing(mortal: Stage) -> None:
    before, process = mortal.endpoints, mortal.emulator_pid
    start = time.monotonic()
    steps = mortal.up()

    assert deployed_in(steps) == []
    assert time.monotonic() - start < 30
    assert (mortal.endpoints, mortal.emulator_pid) == (before, process)
    assert customers(mortal) == ["ada@example.com"]


def test_the_state_survives_down(mortal: Stage) -> None:
    before = mortal.endpoints
    mortal.stop()
    assert mortal.emulator_pid is None
    steps = mortal.up()

    assert deployed_in(steps) == []
    assert mortal.endpoints == before
    assert customers(mortal) == ["ada@example.com"]


def test_after_a_crash_up_starts_it_again_with_what_was_saved(mortal: Stage) -> None:
    process = mortal.emulator_pid
    assert process is not None
    os.kill(process, signal.SIGKILL)
    while identity(process) is not None:
        time.sleep(0.01)
    assert mortal.emulator_pid is None
    mortal.up()

    assert customers(mortal) == ["ada@example.com"]


def test_a_console_that_cannot_start_is_told_and_one_that_can_comes_back(mortal: Stage, house: Path) -> None:
    console, app = running.console(mortal.place), house / "operations" / "console" / "app.py"
    console.stop()
    whole = app.read_text()
    app.write_text("raise RuntimeError('broken')")
    with pytest.raises(pytest.fail.Exception, match="console ended at once"):
        mortal.up()
    app.write_text(whole)
    mortal.up()

    assert requests.get(f"{mortal.endpoints['console']}/api/stage", timeout=10).json()["stage"] == "local"


def test_deploying_one_service_leaves_the_others_alone(mortal: Stage, house: Path) -> None:
    with (house / "services" / "invoicing" / "invoicing" / "__init__.py").open("a") as source:
        source.write("\n# changed\n")
    client = mortal.client("lambda")
    before = {name: client.get_function_configuration(FunctionName=name)["CodeSha256"] for name in FUNCTIONS}
    start = time.monotonic()
    steps = mortal.launch("deploy", "--service", "invoicing").stderr

    assert time.monotonic() - start < 60
    assert deployed_in(steps) == ["invoicing"]
    after = {name: client.get_function_configuration(FunctionName=name)["CodeSha256"] for name in FUNCTIONS}
    assert [name for name in FUNCTIONS if after[name] != before[name]] == ["local-invoicing-queries"]


def test_up_deploys_a_stack_that_was_lost(mortal: Stage) -> None:
    cloudformation = mortal.client("cloudformation")
    cloudformation.delete_stack(StackName="local-analytics")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="local-analytics", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    steps = mortal.up()

    assert deployed_in(steps) == ["analytics"]
    assert stack_statuses(mortal.place)["analytics"].endswith("E_COMPLETE")
    described = requests.get(f"{mortal.endpoints['services']['analytics']}/openapi.json", timeout=30)
    assert described.status_code == 200
    assert customers(mortal) == ["ada@example.com"]
