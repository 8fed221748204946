from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.xray.support import Xray

StartXray = Callable[..., Xray]


@pytest.fixture
def start_xray(tmp_path: Path) -> Iterator[StartXray]:
    """Starts processes on the test's own database; whatever still runs at the end is killed."""
    started: list[Xray] = []

    def start(*options: str) -> Xray:
        started.append(Xray(tmp_path / "xray.sqlite", *options))
        return started[-1]

    yield start
    for xray in started:
        if xray.process.poll() is None:
            xray.kill()


@pytest.fixture(scope="module")
def xray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xray]:
    """One process for all tests of a module: each test uses trace ids of its own."""
    running = Xray(tmp_path_factory.mktemp("xray") / "xray.sqlite")
    yield running
    assert running.terminate()[0] == 0, running.log
