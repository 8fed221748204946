"""A machine that lacks something gets one line that says what to do, before anything is installed."""

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.stage.install import supports
from local.stage.place import ROOT
from tests.stage import free_place


def make_up(path: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """The first thing that `make up` runs, on a machine whose PATH and environment are these."""
    return subprocess.run(
        [sys.executable, "-m", "local.stage.bootstrap", "up"],
        cwd=ROOT,
        env={**os.environ, "PATH": path or os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert all(word in lines[0] for word in words), lines[0]


def program(folder: Path, name: str, says: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\n")
    file.chmod(0o755)


def test_missing_node(tmp_path: Path) -> None:
    assert_one_line(make_up(str(tmp_path)), "Node is missing", "install Node 20")


def test_node_that_is_too_old(tmp_path: Path) -> None:
    program(tmp_path, "node", "v18.20.4")

    assert_one_line(make_up(f"{tmp_path}:/bin"), "v18.20.4", "20.19+")


def test_missing_npm(tmp_path: Path) -> None:
    program(tmp_path, "node", "v22.14.0")

    assert_one_line(make_up(str(tmp_path)), "npm is missing")


@pytest.mark.parametrize(
    ("release", "fits"),
    [((18, 20), False), ((20, 18), False), ((20, 19), True), ((21, 7), False), ((22, 12), False), ((22, 13), True)]
    + [((23, 11), False), ((24, 0), True), ((26, 1), True), ((0, 0), False)],
)
def test_node_releases_are_those_of_the_serverless_cli(release: tuple[int, int], fits: bool) -> None:
    assert supports(release) is fits


def test_python_that_is_too_old() -> None:
    older = (
        "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['bootstrap', 'up'];"
        "runpy.run_module('local.stage.bootstrap', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", older], cwd=ROOT, capture_output=True, text=True, check=False)

    assert_one_line(done, "Python 3.11 or newer is needed", "3.9.2", "make up PYTHON=")


@pytest.mark.parametrize("file", ["local/__init__.py", "local/stage/__init__.py", "local/stage/bootstrap.py"])
def test_what_an_old_python_meets_first_is_in_a_syntax_that_it_reads(file: str) -> None:
    ast.parse((ROOT / file).read_text(), feature_version=(3, 6))


def test_a_port_that_another_program_listens_on(tmp_path: Path) -> None:
    place = free_place(tmp_path)
    for port in (place.port, place.xray_port, place.console_port, place.lambda_port):
        with socket.create_server(("127.0.0.1", port)):
            assert_one_line(make_up(PORT=str(place.port)), f"TCP port {port} is taken", "make up PORT=")


def test_the_daemon_port_that_another_program_listens_on(tmp_path: Path) -> None:
    place = free_place(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", place.daemon_port))
        assert_one_line(make_up(PORT=str(place.port)), f"UDP port {place.daemon_port} is taken", "make up PORT=")


def test_a_port_that_is_no_number() -> None:
    assert_one_line(make_up(PORT="http"), "PORT=http is not a number")


@pytest.mark.parametrize("command", [["token"], ["logs", "--service", "invoicing"], ["deploy"], ["demo-users"]])
def test_a_command_for_a_stage_that_is_not_up(tmp_path: Path, command: list[str]) -> None:
    place = free_place(tmp_path)
    options = ["--port", str(place.port), "--state", str(place.state)]
    done = subprocess.run(
        [sys.executable, "-m", "local.stage", *options, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert_one_line(done, "not up", f"make up PORT={place.port}")
