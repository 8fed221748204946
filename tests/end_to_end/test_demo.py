"""`make demo` as a person runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.demo.traces import documents
from local.demo.waiting import until
from local.stage.place import ROOT
from tests.stage import Stage, free_place

PASSED = {
    "rating": {"rate_ticket", "local-customer-support-relay", "local-analytics-inbox"},
    "dispute": {"raise_dispute", "local-customer-support-inbox", "local-invoicing-inbox", "local-analytics-inbox"},
    "reminder": {"local-invoicing-clock", "local-customer-support-inbox", "local-analytics-inbox"},
}


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


def test_a_demo_tells_of_a_rating_a_dispute_and_a_reminder_each_with_its_way_through_the_services(
    stage: Stage, stories: list[str]
) -> None:
    xray = stage.client("xray")
    for story in stories:
        told = dict(re.findall(r"  a (\w+) .*\n +trace (1-[-0-9a-f]+)\n", story))
        assert told.keys() == PASSED.keys()
        for title, trace_id in told.items():
            until(f"the whole trace of a {title}", partial(_has_passed, xray, trace_id, PASSED[title]))
        assert re.search(r"a rating +4 of 5 for tkt_", story)
        assert re.search(r"credit note CRN-\d+ over \d+\.\d\d EUR", story)


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


def _has_passed(xray: Any, trace_id: str, names: set[str]) -> bool:
    return names <= {one.name for one in documents(xray, trace_id)}


def _demo(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "local.demo", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
