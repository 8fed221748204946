"""What makes a deploy necessary, and what a killed launcher leaves behind."""

import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.stage import deploy, install
from local.stage.__main__ import main
from local.stage.locks import only_one
from local.stage.place import ROOT
from local.stage.problem import Problem


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in (
        "shared/serverless.yml",
        "shared/python/backoffice/ids.py",
        "services/invoicing/serverless.yml",
        "services/invoicing/invoicing/domain/money.py",
        "services/invoicing/tests/test_money.py",
        "services/analytics/serverless.yml",
        "serverless-compose.yml",
        "package.json",
        "package-lock.json",
    ):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    monkeypatch.setattr(install, "ROOT", tmp_path)
    return tmp_path


def stale_after_a_change_of(house: Path, file: str) -> list[str]:
    """The stacks whose deploy a change of this file makes necessary."""
    before = {stack: deploy.fingerprint(stack) for stack in deploy.stacks()}
    path = house / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed")
    return [stack for stack in deploy.stacks() if deploy.fingerprint(stack) != before[stack]]


def test_every_service_with_a_template_is_a_stack_and_shared_comes_first(house: Path) -> None:
    (house / "services" / "unfinished").mkdir()

    assert deploy.stacks() == ["shared", "analytics", "invoicing"]


def test_a_change_of_one_service_concerns_that_service_alone(house: Path) -> None:
    assert stale_after_a_change_of(house, "services/invoicing/invoicing/domain/money.py") == ["invoicing"]


def test_a_new_file_is_a_change(house: Path) -> None:
    assert stale_after_a_change_of(house, "services/analytics/analytics/handlers/clock.py") == ["analytics"]


@pytest.mark.parametrize("file", ["shared/python/backoffice/ids.py", "shared/serverless.yml", "package-lock.json"])
def test_what_every_service_is_given_concerns_all_of_them(house: Path, file: str) -> None:
    assert stale_after_a_change_of(house, file) == ["shared", "analytics", "invoicing"]


@pytest.mark.parametrize(
    "file", ["services/invoicing/tests/test_money.py", "services/invoicing/invoicing/__pycache__/x.pyc", "README.md"]
)
def test_what_is_not_deployed_concerns_nobody(house: Path, file: str) -> None:
    assert stale_after_a_change_of(house, file) == []


@pytest.mark.parametrize("command", ["deploy", "remove"])
def test_the_local_stage_is_nothing_of_an_accounts(command: str) -> None:
    with pytest.raises(Problem, match="make up deploys it"):
        deploy.osls_on_aws("local", command, None)


def test_nothing_is_removed_from_an_account_without_naming_the_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["remove", "--service", "invoicing"]) == 1
    assert capsys.readouterr().err == "Which stage? make remove STAGE=dev\n"


def test_a_deploy_that_outlives_its_killed_launcher_keeps_the_next_one_waiting(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    launcher = """
import subprocess, sys, pathlib
from local.stage.locks import only_one
with only_one(pathlib.Path(sys.argv[1]), "command") as descriptor:
    code = "print('deploying', flush=True); input()"
    subprocess.run([sys.executable, "-c", code], pass_fds=(descriptor,))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", launcher, str(lock)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"deploying\n"
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert not is_free(lock)
    process.stdin.close()
    deadline = time.monotonic() + 10
    while not is_free(lock):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.stdout.close()
    with only_one(lock, "command"):
        assert not is_free(lock)


def is_free(lock: Path) -> bool:
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
