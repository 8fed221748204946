"""The program by itself, beside the shared stage: its limits, and how workers come and go."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.demo.waiting import until
from local.stage import aws, environment
from local.stage.place import LAMBDA_PYTHON, ROOT
from local.stage.running import answers
from tests.stage import Stage, free_place

WAITS = """
import os, time
def handler(event, context):
    while event and not os.path.exists(event):
        time.sleep(0.01)
    return os.getpid()
"""
LIMIT = 3


@dataclass(frozen=True)
class Program:
    """A running `python -m local.lambda` that runs at most LIMIT invocations at once and ends idle workers soon."""

    stage: Stage
    url: str

    def invoke(self, name: str, until: Path | None = None) -> Any:
        """The process of the worker that has handled it, once there is such a file."""
        client = aws.client(self.stage.place, "lambda", self.url)
        answer = client.invoke(FunctionName=name, Payload=json.dumps(str(until) if until else None))
        return json.loads(answer["Payload"].read())

    def workers(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/workers", timeout=10) as answer:
            return list(json.load(answer))

    def busy(self) -> int:
        return sum(worker["request_id"] is not None for worker in self.workers())


@pytest.fixture
def program(stage: Stage, tmp_path: Path) -> Iterator[Program]:
    port = free_place(tmp_path).lambda_port
    command = [sys.executable, "-m", "local.lambda", "--port", str(port), "--aws", stage.place.aws_url]
    command += ["--xray", str(stage.place.daemon_port), "--state", str(tmp_path), "--python", str(LAMBDA_PYTHON)]
    command += ["--concurrency", str(LIMIT), "--idle-seconds", "2"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment.program(), stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until("the program", lambda: answers(f"{url}/health"))
        yield Program(stage, url)
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_workers_are_started_on_demand_up_to_the_limit_of_all_and_reaped_when_idle(
    program: Program, deploy: Callable[..., Any], tmp_path: Path
) -> None:
    one, other, release = deploy(WAITS, Timeout=30), deploy(WAITS, Timeout=30), tmp_path / "release"
    with ThreadPoolExecutor(LIMIT) as callers:
        running = [callers.submit(program.invoke, name, release) for name in (one.name, one.name, other.name)]
        until("three invocations at once", lambda: program.busy() == LIMIT)
        with pytest.raises(ClientError) as refused:
            program.invoke(other.name)
        release.touch()
        pids = [call.result() for call in running]
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refused.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert len({*pids}) == LIMIT, "a worker has handled two invocations at once"
    assert program.invoke(one.name) in pids, "an idle worker was not used again"
    until("no worker", lambda: not program.workers(), 20)
