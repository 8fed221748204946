"""Which worker handles what: one invocation a worker, more workers on demand, idle ones reaped.

Whoever finds no idle worker waits for the first that becomes free, a new one or one that has just finished. New ones
start a few at a time, since a start takes a whole core: a burst is served by fewer workers than on AWS.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .deployed import Function
from .worker import InitFailed, Worker

logger = logging.getLogger(__name__)

Make = Callable[[Function], Awaitable[Worker]]


@dataclass(frozen=True)
class Limits:
    """How many invocations at once, in all; after how many idle seconds a worker ends; how many start side by side."""

    concurrency: int = 64
    idle_seconds: float = 180.0
    starts: int = max(2, os.cpu_count() or 1)


class Throttled(Exception):
    """No room. `reason` as TooManyRequestsException tells it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Rate Exceeded: {reason}")


@dataclass
class _Crew:
    """A function's workers, those that wait for one, and how many are being started for them."""

    idle: list[Worker] = field(default_factory=list)
    busy: set[Worker] = field(default_factory=set)
    waiting: deque[asyncio.Future[Worker]] = field(default_factory=deque)
    starting: int = 0

    @property
    def occupied(self) -> int:
        return len(self.busy) + len(self.waiting)


class Pool:
    """The workers of all functions. `make` starts one and returns it ready; it raises InitFailed."""

    def __init__(self, make: Make, limits: Limits) -> None:
        self._make, self._limits = make, limits
        self._crews: dict[str, _Crew] = defaultdict(_Crew)
        self._starts = asyncio.Semaphore(limits.starts)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def workers(self) -> list[Worker]:
        return [worker for crew in self._crews.values() for worker in [*crew.idle, *crew.busy]]

    @property
    def in_flight(self) -> int:
        return sum(crew.occupied for crew in self._crews.values())

    async def acquire(self, function: Function, seconds: float) -> Worker:
        """A worker for one invocation, to be given back by `release`.

        Raises Throttled without room, InitFailed where the function cannot be loaded, TimeoutError after `seconds`.
        """
        crew = self._crews[function.name]
        self._check_room(function, crew)
        if worker := self._idle(crew, function):
            crew.busy.add(worker)
            return worker
        waiter: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        crew.waiting.append(waiter)
        self._start_for(function, crew)
        try:
            return await asyncio.wait_for(waiter, max(0.0, seconds))
        finally:
            if waiter in crew.waiting:
                crew.waiting.remove(waiter)

    def release(self, worker: Worker) -> None:
        """The worker has finished, or has died."""
        crew = self._crews[worker.function.name]
        crew.busy.discard(worker)
        if not worker.is_alive:
            return
        if worker.credentials.are_due:
            self._retire(worker)
        else:
            self._offer(worker, crew)

    def reap(self) -> None:
        """Retire who has been idle for too long, and forget who died meanwhile."""
        oldest = time.monotonic() - self._limits.idle_seconds
        for crew in self._crews.values():
            for worker in list(crew.idle):
                if not worker.is_alive or worker.idle_since < oldest:
                    crew.idle.remove(worker)
                    self._retire(worker)

    async def close(self) -> None:
        """End all workers."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*(worker.stop() for worker in self.workers if worker.is_alive))

    def _check_room(self, function: Function, crew: _Crew) -> None:
        if function.reserved is not None and crew.occupied >= function.reserved:
            raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        if self.in_flight >= self._limits.concurrency:
            raise Throttled("ConcurrentInvocationLimitExceeded")
        if len(self.workers) >= self._limits.concurrency:
            self._evict()

    def _evict(self) -> None:
        idle = [(worker.idle_since, crew, worker) for crew in self._crews.values() for worker in crew.idle]
        if idle:
            _, crew, worker = min(idle, key=lambda found: found[0])
            crew.idle.remove(worker)
            self._retire(worker)

    def _idle(self, crew: _Crew, function: Function) -> Worker | None:
        """The idle worker that was last busy, so that the others can be reaped."""
        while crew.idle:
            worker = crew.idle.pop()
            if worker.is_alive and worker.function == function and not worker.credentials.are_due:
                return worker
            self._retire(worker)
        return None

    def _offer(self, worker: Worker, crew: _Crew) -> None:
        while crew.waiting:
            waiter = crew.waiting.popleft()
            if not waiter.done():
                crew.busy.add(worker)
                waiter.set_result(worker)
                return
        worker.idle_since = time.monotonic()
        crew.idle.append(worker)

    def _start_for(self, function: Function, crew: _Crew) -> None:
        if crew.starting < len(crew.waiting):
            crew.starting += 1
            self._later(self._start(function, crew))

    async def _start(self, function: Function, crew: _Crew) -> None:
        try:
            async with self._starts:
                if len(crew.waiting) == 0:
                    return  # somebody who finished took the one who waited
                worker = await self._make(function)
            self._offer(worker, crew)
        except InitFailed as error:
            self._fail(crew, error)
        except Exception as error:
            logger.exception("%s: a worker was not started", function.name)
            self._fail(crew, error)
        finally:
            crew.starting -= 1

    def _fail(self, crew: _Crew, error: Exception) -> None:
        while crew.waiting:
            waiter = crew.waiting.popleft()
            if not waiter.done():
                waiter.set_exception(error)
                return

    def _retire(self, worker: Worker) -> None:
        if worker.is_alive:
            self._later(worker.stop())

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
