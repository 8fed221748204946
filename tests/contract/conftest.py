from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "shared" / "testing"))

from tests.contract import working_day


@pytest.fixture(scope="session")
def emitted() -> working_day.Emitted:
    """The events of a working day, by the context whose own code has emitted them."""
    day = working_day.WorkingDay()
    try:
        day.setUp()
        return day.play()
    finally:
        # Here and not when the session ends: the other tests must not run on moto.
        day.doCleanups()
