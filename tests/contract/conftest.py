from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "shared" / "testing"))

from tests.contract import rare_day, working_day


@pytest.fixture(scope="session")
def emitted() -> working_day.Emitted:
    """The events of a working day, by the context whose own code has emitted them."""
    return _played(working_day.WorkingDay())


@pytest.fixture(scope="session")
def seldom_emitted() -> working_day.Emitted:
    """Those of a rare day."""
    return _played(rare_day.RareDay())


def _played(day: working_day.WorkingDay) -> working_day.Emitted:
    try:
        day.setUp()
        return day.play()
    finally:
        # Here and not when the session ends: the other tests must not run on moto.
        day.doCleanups()
