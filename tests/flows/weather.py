"""How messages travel: once and in order, or, by a seed, several times, late and in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_MOST_COPIES, _MOST_AT_ONCE = 3, 5


class Queued(Protocol):
    """Something that waits in a queue."""

    @property
    def queue(self) -> str: ...


Q = TypeVar("Q", bound=Queued)


class Weather:
    """Chance, if there is any: the same seed gives the same journey."""

    def __init__(self, chance: random.Random | None) -> None:
        self._chance = chance

    @classmethod
    def calm(cls) -> Weather:
        """Each message once, in the order in which it was sent, before anybody does anything else."""
        return cls(None)

    @classmethod
    def wild(cls, seed: int) -> Weather:
        return cls(random.Random(seed))

    def copies(self) -> int:
        """How often a message is delivered."""
        return self._chance.randint(1, _MOST_COPIES) if self._chance else 1

    def order(self, steps: Sequence[T]) -> list[T]:
        """Who goes next: everybody in turn, or some of them in any order."""
        return self._chance.sample(steps, len(steps)) if self._chance else list(steps)

    def some(self, waiting: Sequence[T]) -> list[T]:
        """Which of those that wait go on their way: all, or some in any order."""
        if not self._chance or not waiting:
            return list(waiting)
        return self._chance.sample(waiting, self._chance.randint(0, len(waiting)))

    def batch(self, letters: Sequence[Q]) -> list[Q]:
        """Letters of one queue: the oldest ones, or any, even the same one twice."""
        if not letters:
            return []
        first = self._chance.choice(letters) if self._chance else letters[0]
        others = [letter for letter in letters if letter.queue == first.queue and letter is not first]
        if not self._chance:
            return [first, *others][:_MOST_AT_ONCE]
        return [first, *self._chance.sample(others, min(len(others), self._chance.randint(0, _MOST_AT_ONCE - 1)))]

    def choice(self, among: Sequence[Any]) -> Any:
        """One of several ways."""
        return self._chance.choice(among) if self._chance else among[0]
