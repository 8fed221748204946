"""Why something was not read or written: what a caller can act on."""

from collections.abc import Collection
from typing import Any

STALE = "stale"
SEEN = "seen"
REMEMBERED = "remembered"
"""The names of conditions that have an error of their own."""


class NotFound(Exception):
    """There is no such thing.

    Args:
        kind: what it would be, for example ``time_entry``.
        id: how it was asked for.
    """

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"There is no {kind.replace('_', ' ')} {id}.")
        self.kind = kind


class Conflict(Exception):
    """Conditions of a transaction did not hold; nothing was written.

    ``items`` maps the name of each failed condition to the item that stood in its way, or None where there was none.
    """

    def __init__(self, items: dict[str, dict[str, Any] | None]) -> None:
        super().__init__(", ".join(items))
        self.items = items

    def __contains__(self, name: str) -> bool:
        return name in self.items


class StaleVersion(Conflict):
    """The aggregate was changed (or removed) by somebody else since it was read."""


class AlreadySeen(Conflict):
    """The inbox has taken this event before."""


class Remembered(Conflict):
    """The idempotency key has been used before; ``item`` is what was kept with it."""

    @property
    def item(self) -> dict[str, Any]:
        return self.items[REMEMBERED] or {}


class BadStart(Exception):
    """A query was to start at a key that is none of its partition's."""


class Contended(Exception):
    """Others kept writing the same items through all attempts; nothing was written.

    ``keys`` are those of the items that were in use at the last attempt, where that is known.
    """

    def __init__(self, detail: str, keys: Collection[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.keys = keys
