"""The Lambda workers of a stage: processes of its own."""

from __future__ import annotations

import os
import signal
from random import Random

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


def kill_one(stage: Stage, function: str, chance: Random) -> int | None:
    """Kill one worker of a function, whichever chance picks. Returns its process id; None if there was none."""
    victims = [worker["pid"] for worker in stage.workers if worker["function"] == function]
    if not victims:
        return None
    victim: int = chance.choice(victims)
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:  # has just ended by itself
        return None
    return victim
