"""Trying again after a lost race: somebody else wrote first, so look at the world as it is now and decide anew."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from backoffice.errors import Conflict, Contended

T = TypeVar("T")

# Long enough for sixteen writers of one series, and within a function's time-out (10 s) whatever the last try takes.
_PATIENCE = 7.0
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.5


class LookAgain(Exception):
    """What the decision rests on may be out of date: read it anew."""


def until_won(attempt: Callable[[], T], *races: str) -> T:
    """Call ``attempt`` (read, decide, write) until none of the named ``races`` is lost, with jitter in between.

    Raises what ``attempt`` raises otherwise, a Conflict of any other name included; Contended after some seconds.
    """
    deadline, losses = time.monotonic() + _PATIENCE, 0
    while True:
        try:
            return attempt()
        except Conflict as lost:
            if not lost.items or lost.items.keys() - set(races):
                raise
        except LookAgain:
            pass
        wait = random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**losses))
        losses += 1
        if time.monotonic() + wait > deadline:
            raise Contended(f"lost {' or '.join(races)} {losses} times")
        time.sleep(wait)
