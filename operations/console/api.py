"""The console's HTTP API. The handlers are plain functions: starlette runs them in threads, where boto3 may wait."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from operations import causes, dead_letters, logs, moves, queues, service_map, traces, waterfall
from operations.ages import Ages
from operations.completions import completions
from operations.console import asked
from operations.console.answers import Json
from operations.console.live import Live
from operations.moves import Order, Outcome
from operations.problems import bad_request
from operations.queues import Queue
from operations.stacks import Stacks
from operations.stage import Stage

# A request that moves more would outlast a browser's patience.
_A_REQUEST, _RATE = 500, 20.0


@dataclass(frozen=True)
class Api:
    """The routes for one stage."""

    stage: Stage
    stacks: Stacks
    ages: Ages
    live: Live
    writes_allowed: bool

    def routes(self) -> list[Route]:
        return [
            Route("/api/stage", self.about),
            Route("/api/map", self.map),
            Route("/api/live", self.follow),
            Route("/api/series", self.series),
            Route("/api/traces", self.traces),
            Route("/api/traces/{id}", self.trace),
            Route("/api/traces/{id}/logs", self.logs),
            Route("/api/completions", self.completions),
            Route("/api/queues", self.queues),
            Route("/api/queues/{queue}/dead-letters", self.dead_letters),
            Route("/api/queues/{queue}/dead-letters/{id}", self.dead_letter),
            Route("/api/queues/{queue}/redrive", self.redrive, methods=["POST"]),
            Route("/api/queues/{queue}/discard", self.discard, methods=["POST"]),
        ]

    def about(self, request: Request) -> Response:
        return Json(
            {
                "stage": self.stage.name,
                "region": self.stage.region,
                "writes_allowed": self.writes_allowed,
                "contexts": self.stacks.contexts(),
            }
        )

    def map(self, request: Request) -> Response:
        return Json(service_map.service_map(self.stage, self.stacks, asked.period(request)))

    async def follow(self, request: Request) -> Response:
        events = self.live.channel(asked.minutes(request)).events()
        return StreamingResponse(events, media_type="text/event-stream")

    def series(self, request: Request) -> Response:
        part = asked.part(request)
        if part is None:
            raise bad_request("Neither `node` nor `edge` is given.", "Say of which part of the map the series is.")
        return Json(service_map.series(self.stage, part, asked.period(request)))

    def traces(self, request: Request) -> Response:
        part = asked.part(request)
        own = request.query_params.get("filter", "").strip()
        about = part.filter if part else ""
        expression = f"{about} AND ({own})" if about and own else about or own
        found = traces.find(self.stage, asked.period(request), expression, request.query_params.get("cursor"))
        return Json(found | {"filter": expression})

    def trace(self, request: Request) -> Response:
        return Json(waterfall.trace(self.stage, request.path_params["id"]))

    def logs(self, request: Request) -> Response:
        found = waterfall.trace(self.stage, request.path_params["id"])
        return Json(logs.of_trace(self.stage, self.stacks, request.path_params["id"], found))

    def completions(self, request: Request) -> Response:
        return Json(completions(self.stage, self.stacks, asked.period(request)))

    def queues(self, request: Request) -> Response:
        return Json(queues.overview(self.stage, self.stacks, self.ages))

    def dead_letters(self, request: Request) -> Response:
        queue, source = self._queue(request)
        found = dead_letters.listed(self.stage, queue)
        return Json({"queue": queue.name, "source": source.name if source else queue.relay} | found)

    def dead_letter(self, request: Request) -> Response:
        queue, source = self._queue(request)
        letter = dead_letters.opened(self.stage, queue, request.path_params["id"])
        return Json(letter | causes.exceptions(self.stage, self.stacks, source, letter))

    async def redrive(self, request: Request) -> Response:
        order = await self._order(request, "redrive")

        def carry_out() -> Response:
            queue, source = self._queue(request)
            return self._told("moved", queue, moves.redrive(self.stage, queue, source, order))

        return await run_in_threadpool(carry_out)

    async def discard(self, request: Request) -> Response:
        order = await self._order(request, "discard")

        def carry_out() -> Response:
            queue, _ = self._queue(request)
            return self._told("discarded", queue, moves.discard(self.stage, queue, order))

        return await run_in_threadpool(carry_out)

    async def _order(self, request: Request, action: str) -> Order:
        moves.check_allowed(self.writes_allowed, self.stage)
        ids = await asked.letters(request)
        return Order(action, ids, rate=_RATE, most=_A_REQUEST)

    def _queue(self, request: Request) -> tuple[Queue, Queue | None]:
        return queues.dead_letter_queue(self.stage, self.stacks, request.path_params["queue"])

    def _told(self, done: str, queue: Queue, outcome: Outcome) -> Response:
        left = queues.depth(self.stage, queue)
        return Json({done: outcome.done, "failed": outcome.failed, "remaining": left})
