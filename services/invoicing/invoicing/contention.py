"""Trying again after a lost race: somebody else wrote first, so look at the world as it is now and decide anew."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from backoffice.errors import Conflict, Contended

T = TypeVar("T")

# Many writers of one series must mostly wait, or each spends its time on losing. All attempts fit into a function's
# time-out (10 s).
_ATTEMPTS = 18
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.8


class LookAgain(Exception):
    """What the decision rests on may be out of date: read it anew."""


def until_won(attempt: Callable[[], T], *races: str) -> T:
    """Call ``attempt`` (read, decide, write) until none of the named ``races`` is lost, with jitter in between.

    Raises what ``attempt`` raises otherwise, a Conflict of any other name included; Contended after many losses.
    """
    for losses in range(_ATTEMPTS):
        try:
            return attempt()
        except Conflict as lost:
            if not lost.items or lost.items.keys() - set(races):
                raise
        except LookAgain:
            pass
        time.sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**losses)))
    raise Contended(f"lost {' or '.join(races)} {_ATTEMPTS} times")
