"""Server-sent events: the map and the queues whenever a number of theirs has changed.

However many pages listen, each span of time is asked for once; nobody listening, nothing is asked.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool

from operations import queues, service_map
from operations.ages import Ages
from operations.console.answers import FAULT, dumps, members
from operations.periods import Period
from operations.problems import Problem
from operations.stacks import Stacks
from operations.stage import Stage

HEARTBEAT_SECONDS = 10.0
PAUSE_SECONDS = 1.0
# X-Ray on AWS is seconds behind anyway, and its calls are limited for the whole account.
PAUSE_ON_AWS_SECONDS = 5.0
_LONGEST_PAUSE = 30.0

Members = dict[str, Any]
logger = logging.getLogger(__name__)


class Channel:
    """The newest events of one span of time. A slow listener misses what is overtaken, and nothing else."""

    def __init__(self, documents: dict[str, Callable[[], Members]], pause: float) -> None:
        self._documents, self._pause = documents, pause
        self._newest: dict[str, tuple[int, str]] = {}
        self._marks: dict[str, str] = {}
        self._version = 0
        self._changed = asyncio.Event()
        self._listeners = 0
        self._ended = False
        self._polling: asyncio.Task[None] | None = None

    async def events(self) -> AsyncIterator[str]:
        """What is known, then each change, until the channel ends; a comment line where nothing happens for long."""
        async with self._listening():
            seen = 0
            while not self._ended:
                changed = self._changed
                newest, seen_before = sorted(self._newest.values()), seen
                seen = self._version
                for version, text in newest:
                    if version > seen_before:
                        yield text
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"

    def end(self) -> None:
        """Let everybody's events end, so that the console can."""
        self._ended = True
        self._changed.set()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        self._listeners += 1
        if self._polling is None or self._polling.done():
            self._newest, self._marks = {}, {}  # of when somebody listened last
            self._polling = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            self._listeners -= 1

    async def _poll(self) -> None:
        pause = self._pause
        while self._listeners:
            began = time.monotonic()
            problems = [problem for event in self._documents if (problem := await self._ask(event))]
            if problems:
                self._tell("problem", members(problems[0]))
            else:
                self._newest.pop("problem", None)
                self._marks.pop("problem", None)
            throttled = any(problem.code == "throttled" for problem in problems)
            pause = min(pause * 2, _LONGEST_PAUSE) if throttled else self._pause
            await asyncio.sleep(max(0.05, pause - (time.monotonic() - began)))

    async def _ask(self, event: str) -> Problem | None:
        """Tell what has changed; a problem is returned, and once it is over everything is told anew."""
        try:
            self._tell(event, await run_in_threadpool(self._documents[event]))
        except Problem as problem:
            self._marks.pop(event, None)
            return problem
        except Exception as error:
            logger.error("asking for what is live failed", exc_info=error)
            self._marks.pop(event, None)
            return FAULT
        return None

    def _tell(self, event: str, document: Members) -> None:
        mark = dumps({name: value for name, value in document.items() if name not in ("from", "to")})
        if self._marks.get(event) != mark:
            self._marks[event] = mark
            self._publish(event, document)

    def _publish(self, event: str, document: Members) -> None:
        self._version += 1
        self._newest[event] = (self._version, f"event: {event}\ndata: {dumps(document)}\n\n")
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Live:
    """The channels of a stage, one for each span of time that somebody has asked for."""

    def __init__(self, stage: Stage, stacks: Stacks, ages: Ages) -> None:
        self._stage, self._stacks, self._ages = stage, stacks, ages
        self._channels: dict[timedelta, Channel] = {}
        self._pause = PAUSE_SECONDS if stage.is_local else PAUSE_ON_AWS_SECONDS

    def end(self) -> None:
        for channel in self._channels.values():
            channel.end()

    def channel(self, span: timedelta) -> Channel:
        """That of the `span` until now."""
        documents: dict[str, Callable[[], Members]] = {
            "map": lambda: service_map.service_map(self._stage, self._stacks, Period.last(span)),
            "queues": lambda: queues.overview(self._stage, self._stacks, self._ages),
        }
        return self._channels.setdefault(span, Channel(documents, self._pause))
