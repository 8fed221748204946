"""Waiting for what other contexts do in their own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE = 0.05


class TooLate(Exception):
    """What was waited for has not happened within its time."""


def until(what: str, look: Callable[[], T | None], seconds: float = 30) -> T:
    """Look until there is something to see and return it; `what` names it, for the error.

    Raises TooLate after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TooLate(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(_PAUSE)
    return seen
