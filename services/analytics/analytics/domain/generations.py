"""Generations: whole sets of what has been counted. One is read; beside it stand one that is being rebuilt, and one
that is kept for a way back.

All that are written are equally complete from the moment they are started: every event is counted into each of them.
"""

from dataclasses import dataclass, replace

from backoffice.domain import RuleBroken

FIRST = "1"
MOST_WRITTEN = 3


@dataclass(frozen=True, slots=True)
class Generations:
    """Which generation is read, and which ones are written.

    ``version`` is the stored one, 0 before the first change; ``latest`` is the number of the generation that was
    started last: none is used twice.
    """

    version: int = 0
    read: str = FIRST
    written: tuple[str, ...] = (FIRST,)
    latest: int = 1

    def start(self) -> "Generations":
        """Begin a new generation, the last of ``written``. Raises RuleBroken if too many are written already."""
        if len(self.written) == MOST_WRITTEN:
            there_are = ", ".join(self.written)
            raise RuleBroken("too_many_generations", f"Generations {there_are} are written: stop one of them first.")
        number = self.latest + 1
        return replace(self, written=(*self.written, str(number)), latest=number)

    def switch_to(self, generation: str) -> "Generations":
        """Read another generation from now on. Raises RuleBroken if it is not written: it would miss events."""
        self._require_written(generation)
        return replace(self, read=generation)

    def stop(self, generation: str) -> "Generations":
        """Write a generation no longer: it can be discarded. Raises RuleBroken if it is read, or not written."""
        self._require_written(generation)
        if generation == self.read:
            raise RuleBroken("generation_is_read", f"Generation {generation} is the one that is read.")
        return replace(self, written=tuple(one for one in self.written if one != generation))

    def _require_written(self, generation: str) -> None:
        if generation not in self.written:
            raise RuleBroken("generation_not_written", f"Generation {generation} is not written.")
