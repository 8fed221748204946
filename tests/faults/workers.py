"""The Lambda workers of a stage: processes of its own."""

from __future__ import annotations

import os
import signal

from tests.stage import Stage


def kill(stage: Stage) -> int:
    """Kill all workers, as a crash of their host would. Returns how many there were."""
    victims = [worker["pid"] for worker in stage.workers]
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # has just ended by itself
            continue
    return len(victims)
