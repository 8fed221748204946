"""What `make` hands on."""

import os
import re
import subprocess

import pytest

from local.stage.place import ROOT

ENVIRONMENT = {**os.environ, "USER": "root", "STAGE": "prod", "SERVICE": "other", "WRITES": "1"}


def would_run(*arguments: str) -> str:
    """The commands that `make` would run, in an environment with names of its own."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={name: value for name, value in ENVIRONMENT.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    return " ".join(done.stdout.split())


def test_a_value_given_to_make_reaches_the_command() -> None:
    assert would_run("token", "USER=operator@example.com").endswith("bootstrap token --user 'operator@example.com'")
    assert would_run("deploy", "STAGE=dev").endswith("bootstrap deploy --stage 'dev'")
    assert would_run("console", "STAGE=dev").endswith("-m operations.console --stage 'dev'")
    assert would_run("console", "STAGE=dev", "WRITES=1").endswith("--stage 'dev' --allow-writes")
    assert would_run("logs", "SERVICE=invoicing", "FOLLOW=1").endswith("logs --service 'invoicing' --follow")


@pytest.mark.parametrize("target", ["token", "deploy", "remove"])
def test_a_name_that_happens_to_be_in_the_environment_does_not(target: str) -> None:
    """Most of all: a STAGE in someone's shell must not send a plain `make deploy` to their account."""
    assert would_run(target).endswith(f"bootstrap {target}")


def test_the_console_of_a_stage_in_the_environment_is_not_opened_let_alone_for_writing() -> None:
    assert would_run("console").endswith("-m operations.console")


def test_the_default_target_tells_every_other_one() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    told = subprocess.run(
        ["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"install"}

    assert {line.split()[1] for line in told} == targets
    assert all(len(line.split()) > 3 for line in told)
