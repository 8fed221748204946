"""Trying again after a lost race: somebody else wrote first, so look at the world as it is now and decide anew."""

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from backoffice.dynamodb import back_off
from backoffice.errors import STALE, AlreadySeen, Conflict, Contended, Remembered

P = ParamSpec("P")
T = TypeVar("T")

# Long enough for sixteen writers of one series; one more wait and try end within a function's time-out (10 s), too.
_PATIENCE = 6.0


class LookAgain(Exception):
    """What the decision rests on may be out of date: read it anew."""


def retry_on_conflict(*races: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate what reads, decides and writes; see ``until_won``.

    >>> @retry_on_conflict("counter")
    ... def issue(document_id): ...
    """

    def decorate(attempt: Callable[P, T]) -> Callable[P, T]:
        @wraps(attempt)
        def called(*args: P.args, **kwargs: P.kwargs) -> T:
            return until_won(partial(attempt, *args, **kwargs), *races)

        return called

    return decorate


def until_won(attempt: Callable[[], T], *races: str) -> T:
    """Call ``attempt`` (read, decide, write) until it loses no race, with jitter in between.

    A race is lost if the version that was read is stale, if a condition called one of ``races`` does not hold, or if
    ``attempt`` asks to LookAgain. What a request's own If-Match demands is no race.

    Raises what ``attempt`` raises otherwise; Contended after some seconds.
    """
    deadline, names, losses = time.monotonic() + _PATIENCE, {STALE, *races}, 0
    while True:
        try:
            return attempt()
        except (Remembered, AlreadySeen):
            raise
        except Conflict as conflict:
            if names.isdisjoint(conflict.items):
                raise
        except LookAgain:
            pass
        if time.monotonic() > deadline:
            raise Contended(f"others were faster {losses + 1} times: {', '.join(sorted(names))}")
        back_off(losses)
        losses += 1
