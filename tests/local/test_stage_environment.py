"""What the stage's programs are given, and what of the developer's they never see."""

import json
import re
import subprocess

import pytest

from local.stage import environment, functions, running
from local.stage.place import EMULATOR_PYTHON, HOST, ROOT, Place

DEVELOPERS_OWN = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIA-MINE",
    "AWS_SECRET_ACCESS_KEY": "mine",
    "AWS_SESSION_TOKEN": "mine",
    "AWS_ENDPOINT_URL": "https://elsewhere.example.com",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example.com",
    "AWS_CONFIG_FILE": "/home/me/.aws/config",
    "PYTHONPATH": "/home/me/lib",
    "VIRTUAL_ENV": "/home/me/.venv",
    "HTTPS_PROXY": "http://proxy.example.com",
    "STAGE": "prod",
}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in DEVELOPERS_OWN.items():
        monkeypatch.setenv(name, value)
    return Place.at(5000)


def test_nothing_of_the_developers_own_reaches_the_stage(place: Place) -> None:
    given = [environment.emulator(place), environment.program(), environment.local_deploy(place)]

    for variables in given:
        leaked = {name for name, value in DEVELOPERS_OWN.items() if variables.get(name) == value}
        assert leaked == set()
        assert variables["AWS_CONFIG_FILE"] == variables["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_the_emulator_enforces_iam_keeps_its_state_and_stays_on_loopback(place: Place) -> None:
    variables = environment.emulator(place)

    assert variables["AUTH"] == "true"
    assert variables["PERSIST_STATE"] == variables["S3_PERSIST"] == "1"
    assert variables["BIND_HOST"] == HOST
    assert variables["SFTP_ENABLED"] == variables["IOT_MTLS_ENABLED"] == "0"
    for name in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR"):
        assert variables[name].startswith(f"{place.state}/")


def test_every_functions_invocations_go_to_the_lambda_of_their_own_stage(place: Place) -> None:
    variables = environment.emulator(place)
    assert {variables[f"MINISTACK_LAMBDA_PROXY_{name}"] for name in functions.names()} == {"http://127.0.0.1:5003/"}


def test_functions_find_the_x_ray_daemon_and_the_aws_of_their_own_stage(place: Place) -> None:
    command = " ".join(running.functions(place).command)
    assert "--port 5003 --aws http://127.0.0.1:5000 --xray 2434 " in command


def test_a_local_deploy_can_only_reach_the_emulator(place: Place) -> None:
    variables = environment.local_deploy(place)

    assert variables["AWS_ENDPOINT_URL"] == place.aws_url
    assert variables["AWS_ACCESS_KEY_ID"] == "test"
    assert "AWS_SESSION_TOKEN" not in variables
    assert variables["SLS_AWS_MONITORING_FREQUENCY"] == "100"


@pytest.mark.usefixtures("place")
def test_a_deploy_to_aws_is_the_callers_own_without_any_emulators_endpoint() -> None:
    variables = environment.aws_deploy()

    assert variables["AWS_PROFILE"] == "production"
    assert variables["AWS_ACCESS_KEY_ID"] == "AKIA-MINE"
    assert [name for name in variables if name.startswith("AWS_ENDPOINT_URL")] == []


@pytest.mark.usefixtures("place")
def test_installing_ignores_the_virtual_environment_that_is_active() -> None:
    variables = environment.tools()

    assert "PYTHONPATH" not in variables
    assert "VIRTUAL_ENV" not in variables
    assert variables["HTTPS_PROXY"] == "http://proxy.example.com"


def test_lambda_workers_find_no_package_beyond_those_that_are_listed(place: Place) -> None:
    """They run on the emulator's interpreter: what the layer forgets must be missing here too."""
    code = "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
    asked = subprocess.run(
        [EMULATOR_PYTHON, "-c", code], env=environment.emulator(place), capture_output=True, text=True, check=True
    )
    listed = re.findall(r"^([\w.-]+)==", (ROOT / "requirements-emulator.txt").read_text(), re.MULTILINE)

    assert sorted(map(plain, json.loads(asked.stdout))) == sorted(map(plain, listed))


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
