"""`make demo` as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.stage.place import ROOT
from tests.stage import Stage, free_place


@pytest.fixture(scope="module")
def stories(stage: Stage) -> list[str]:
    """What two demos print that are played at the same moment."""
    running = [_demo("--port", str(stage.place.port), "--state", str(stage.place.state)) for _ in range(2)]
    ended = [(*demo.communicate(timeout=120), demo.returncode) for demo in running]
    assert [code for _, _, code in ended] == [0, 0], ended
    return [out for out, _, _ in ended]


def test_demos_that_run_at_once_each_tell_what_they_did(stories: list[str]) -> None:
    for story in stories:
        assert "customers registered  4" in story
        assert "tickets opened        8, solved 6" in story
        assert "payments recorded     3, 2 in full" in story
    numbers = [line for story in stories for line in story.splitlines() if "invoices issued" in line]
    assert len(set(numbers)) == 2


def test_a_demo_tells_the_metrics_and_follows_a_ticket_through_the_services(stories: list[str]) -> None:
    for story in stories:
        assert "outstanding " in story
        lines = [line for line in story.splitlines() if line.startswith("  ")]
        depth = {line.split()[0]: len(line) - len(line.lstrip()) for line in reversed(lines)}
        assert depth["solve_ticket"] < depth["local-customer-support-relay"] < depth["local-invoicing-inbox"]
        assert depth["local-customer-support-relay"] < depth["local-analytics-inbox"]


def test_a_demo_without_a_stage_says_what_to_do_and_fails(tmp_path: Path) -> None:
    port = free_place(tmp_path).port
    demo = _demo("--port", str(port), "--state", str(tmp_path))
    _, error = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert error.splitlines() == [f"There is no stage yet: make up PORT={port}"]


def test_a_demo_on_a_stage_that_is_down_says_so_and_fails(stage: Stage, tmp_path: Path) -> None:
    port = free_place(tmp_path).port
    dead = stage.place.endpoints_file.read_text().replace(str(stage.place.port), str(port))
    (tmp_path / "endpoints.json").write_text(dead)
    demo = _demo("--port", str(port), "--state", str(tmp_path))
    _, error = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert error.splitlines()[-1] == "Is the stage up? make status"


def _demo(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "local.demo", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
