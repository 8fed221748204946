"""Trying again after a lost race: somebody else wrote first, so look at the world as it is now and decide anew."""

from collections.abc import Callable
from typing import TypeVar

from backoffice.errors import StaleVersion

T = TypeVar("T")


def until_won(attempt: Callable[[], T], tries: int) -> T:
    """Call ``attempt`` (read, decide, write) again as long as somebody else changes the same thing in between.

    Raises StaleVersion if it still loses after so many ``tries`` and one more.
    """
    for _ in range(tries):
        try:
            return attempt()
        except StaleVersion:
            continue
    return attempt()
