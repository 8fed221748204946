"""What the tests of the operators' tools share: a harmless environment, and the console served on a free port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from operations.console import serving
from operations.stage import Stage


@pytest.fixture(autouse=True)
def harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that nobody accepts, and none of the developer's."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@dataclass
class Console:
    """A console that is being served."""

    port: int
    end: Callable[[], None]
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.http.get(self.url + path, timeout=30, **options)

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        return self.http.post(self.url + path, json=body, timeout=30, **options)


Serve = Callable[..., Console]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves the console of a stage until the test has ended: `serve(stage, writes_allowed=False)`."""
    ends: list[Callable[[], None]] = []

    def start(stage: Stage, writes_allowed: bool = False) -> Console:
        listening = serving.listen(0)
        server = serving.server(stage, writes_allowed, listening)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()

        ends.append(end)
        return Console(listening.getsockname()[1], end)

    yield start
    for end in ends:
        end()
