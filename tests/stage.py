"""The pytest fixture `stage`: a whole stage of its own, on free ports, with its state in a temporary folder."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.stage import aws, running, users
from local.stage.place import PYTHON, ROOT, Place, tcp_is_free, udp_is_free

# Below the ports that the system hands out to connections by itself.
_PORTS = range(20000, 32000)


@dataclass(frozen=True)
class Stage:
    """A deployed stage, for tests that use it from outside. `root` is the clone that it is launched from."""

    place: Place
    root: Path = ROOT

    @property
    def endpoints(self) -> dict[str, Any]:
        """What `endpoints.json` says: `{"aws": url, "xray": url, "console": url, "services": {name: base_url}}`."""
        return dict(json.loads(self.place.endpoints_file.read_text()))

    def token(self, user: str = "agent@example.com") -> str:
        """A fresh id token of a demo user."""
        return users.token(self.place, user)

    def client(self, service: str) -> Any:
        """A boto3 client with the root's rights; `xray` speaks to local X-Ray."""
        return aws.client(self.place, service)

    @property
    def emulator_pid(self) -> int | None:
        """The process of the embedded AWS."""
        return running.emulator(self.place).pid

    @property
    def workers(self) -> list[dict[str, Any]]:
        """`{"function": name, "pid": process, "request_id": of what it handles or None}` of each Lambda worker."""
        with urllib.request.urlopen(f"{self.place.lambda_url}/workers", timeout=10) as answer:
            return list(json.load(answer))

    @property
    def invoker(self) -> Any:
        """A boto3 client of Lambda that invokes without the way through the embedded AWS, whose errors are wrapped."""
        return aws.client(self.place, "lambda", self.place.lambda_url)

    def tells_nothing_outside_its_contracts(self) -> None:
        """Raises AssertionError if a relay had to set a message aside: whatever tests make services tell is checked.

        A test that does so on purpose discards the letter. A stage that is down is not asked.
        """
        if self.emulator_pid is None:
            return
        sqs = self.client("sqs")
        queues = sqs.list_queues(QueueNamePrefix="local-").get("QueueUrls", [])
        for url in (queue for queue in queues if queue.endswith("-relay-dead-letters")):
            found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            told = [one.get("MessageAttributes", {}) for one in found.get("Messages", [])]
            reasons = [one["reason"]["StringValue"] for one in told if "reason" in one]
            assert reasons == [], f"messages outside their contracts, in {url.rpartition('/')[2]}"

    def up(self) -> str:
        """What `make up` does, at this stage's place; fails the test with the command's own words.

        Returns what the command told on stderr: a line for each step that it took.
        """
        return self.launch("up").stderr

    def stop(self) -> None:
        """What `make down` does."""
        self.launch("down")

    def launch(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m local.stage COMMAND` for this stage.

        A failure fails the test and shows the ends of all logs.
        """
        options = ["--port", str(self.place.port), "--state", str(self.place.state)]
        done = subprocess.run(
            [str(PYTHON if PYTHON.exists() else sys.executable), "-m", "local.stage", *options, *command],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stderr, done.stdout, sep="")
        if done.returncode != 0:
            for log in sorted(self.place.state.glob("*.log")):
                print(f"--- the end of {log.name}", *log.read_text(errors="replace").splitlines()[-40:], sep="\n")
            pytest.fail(
                f"`local.stage {' '.join(command)}` failed: {done.stderr.strip().splitlines()[-1:]}", pytrace=False
            )
        return done


def free_place(state: Path) -> Place:
    """A place whose ports are all free now."""
    for port in random.sample(_PORTS, 100):  # not seeded: two runs at once must differ
        place = Place.at(port, state)
        tcp = (place.port, place.xray_port, place.console_port, place.lambda_port)
        if all(map(tcp_is_free, tcp)) and udp_is_free(place.daemon_port):
            return place
    raise RuntimeError("no free ports: is something wrong with this machine's loopback?")


@contextmanager
def own_stage(config: pytest.Config, root: Path = ROOT) -> Iterator[Stage]:
    """A stage with the four stacks of `root` deployed and the demo users in place, gone afterwards.

    Its ports are printed.
    """
    state = Path(tempfile.mkdtemp(prefix="backoffice-stage-"))
    place = free_place(state)
    ports = f"AWS {place.port}, X-Ray {place.xray_port}, daemon {place.daemon_port} (UDP)"
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\na stage for these tests: {ports}", flush=True)
    made = Stage(place, root)
    try:
        made.up()
        yield made
        made.tells_nothing_outside_its_contracts()
    finally:
        made.stop()
        shutil.rmtree(state)


def clone(root: Path) -> Path:
    """Make `root` a copy of this house, to be edited while the tests run."""
    ignored = shutil.ignore_patterns("__pycache__", ".serverless", "tests")
    for folder in ("local", "shared", "services", "operations", ".build"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    for file in ("serverless-compose.yml", "package.json", "package-lock.json"):
        shutil.copy(ROOT / file, root)
    for installed in (".venv", ".venv-emulator", ".venv-lambda", "node_modules"):
        (root / installed).symlink_to(ROOT / installed)
    return root


@pytest.fixture(scope="session")
def stage(pytestconfig: pytest.Config) -> Iterator[Stage]:
    """The stage that the tests of this session share."""
    with own_stage(pytestconfig) as made:
        yield made
