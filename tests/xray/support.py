"""The X-Ray process of a test, and the documents that the tests send to it."""

import itertools
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REPOSITORY = Path(__file__).resolve().parents[2]
HEADER = b'{"format": "json", "version": 1}\n'
PATIENCE = 20.0
_serial = itertools.count(1)

Fields = dict[str, Any]


class Xray:
    """A running `python -m local.xray` on free ports, its doors, and its end."""

    def __init__(self, db: Path, *options: str) -> None:
        self.db = db
        self.log = ""
        self.process = subprocess.Popen(
            command(db, *options), cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        try:
            ready = self._read_until(r"API on (http://127\.0\.0\.1:(\d+)), daemon on udp 127\.0\.0\.1:(\d+)\n")
        except BaseException:
            self.kill()
            raise
        self.url, self.port, self.udp_port = ready[1], int(ready[2]), int(ready[3])
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client = boto3.client(
            "xray",
            endpoint_url=self.url,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def send(self, *documents: Fields) -> None:
        for document in documents:
            self.send_raw(HEADER + json.dumps(document).encode())

    def send_raw(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, ("127.0.0.1", self.udp_port))

    def send_gently(self, *documents: Fields) -> None:
        """Sends in portions that any receive buffer holds, and waits until all are received."""
        before = self.health()["received"]
        for first in range(0, len(documents), 100):
            self.send(*documents[first : first + 100])
            self.wait_for("received", before + min(first + 100, len(documents)))

    def send_and_wait(self, *documents: Fields) -> None:
        """Sends gently and waits until all are stored."""
        before = self.health()["stored"]
        self.send_gently(*documents)
        self.wait_for("stored", before + len(documents))

    @property
    def has_full_buffer(self) -> bool:
        """Whether the kernel granted the receive buffer that was asked for (on Linux: root, or a raised limit)."""
        asked, granted = re.findall(r"asked for (\d+) bytes, granted (\d+)", self.log)[0]
        return int(granted) >= int(asked)

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """The process does not run: what is sent meanwhile waits in the kernel's receive buffer, or is dropped."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/health", timeout=PATIENCE) as answer:
            assert answer.status == 200
            counts: dict[str, Any] = json.load(answer)
        return counts

    def wait_for(self, name: str, number: int) -> None:
        wait_until(lambda: self.health()[name] == number, lambda: f"{name} = {number}, is {self.health()}")

    def trace(self, trace_id: str) -> list[Fields]:
        """The segment documents of a trace."""
        (trace,) = self.client.batch_get_traces(TraceIds=[trace_id])["Traces"]
        return [json.loads(segment["Document"]) for segment in trace["Segments"]]

    def summaries(self, start: float, end: float, **options: Any) -> list[Fields]:
        """All pages."""
        pages = self.client.get_paginator("get_trace_summaries").paginate(StartTime=start, EndTime=end, **options)
        return [summary for page in pages for summary in page["TraceSummaries"]]

    def terminate(self) -> tuple[int, str]:
        """Exit code after SIGTERM, and what had been written to stdout."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def kill(self) -> None:
        self.process.kill()
        self.ended()

    def ended(self) -> tuple[int, str]:
        """Waits for the end: exit code, and what had been written to stdout."""
        out, err = self.process.communicate(timeout=PATIENCE)
        self.log += err.decode()
        return self.process.returncode, out.decode()

    def _read_until(self, pattern: str) -> re.Match[str]:
        assert self.process.stderr
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if select.select([self.process.stderr], [], [], 0.1)[0]:
                more = self.process.stderr.read(65536)
                self.log += more.decode()
                if not more:
                    break
            if found := re.search(pattern, self.log):
                return found
        raise AssertionError(f"local.xray did not start: {self.log}")


def command(db: Path, *options: str) -> list[str]:
    ports = () if "--port" in options else ("--port", "0", "--udp", "0")
    return [sys.executable, "-m", "local.xray", *ports, "--db", str(db), *options]


def wait_until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what()}"
        time.sleep(0.005)


def new_trace_id(at: float) -> str:
    return f"1-{int(at):08x}-{next(_serial):024x}"


def new_id() -> str:
    return f"{next(_serial):016x}"


def segment(trace_id: str, at: float, **fields: Any) -> Fields:
    """A segment that took a second."""
    return {"trace_id": trace_id, "id": new_id(), "name": "invoicing", "start_time": at, "end_time": at + 1} | fields


def subsegment(trace_id: str, parent_id: str, at: float, **fields: Any) -> Fields:
    """A subsegment sent alone."""
    return segment(trace_id, at, **({"type": "subsegment", "parent_id": parent_id, "name": "DynamoDB"} | fields))
