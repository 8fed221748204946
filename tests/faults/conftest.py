"""What the fault tests share: the APIs, and events that a restart has left in the outbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.demo.apis import Apis, apis
from tests.faults.left_behind import LeftBehind, leave_behind
from tests.stage import Stage


@pytest.fixture(scope="session", autouse=True)
def left_behind(stage: Stage) -> LeftBehind:
    """Events whose stream was lost with a restart.

    Made first, and asked for last (the modules' names keep that order): what sweeps them up takes its minute or two
    while workers are killed and buckets get hot.
    """
    return leave_behind(stage)


@pytest.fixture(scope="session")
def services(stage: Stage, left_behind: LeftBehind) -> Iterator[Apis]:
    """The APIs of the restarted stage."""
    yield apis(stage.place)
