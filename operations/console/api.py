"""The console's HTTP API. The handlers are plain functions: starlette runs them in threads, where boto3 may wait."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from operations import dead_letters, logs, queues, service_map, traces, waterfall
from operations.completions import completions
from operations.console import asked
from operations.console.answers import Json
from operations.console.live import Live
from operations.problems import bad_request
from operations.stacks import Stacks
from operations.stage import Stage


@dataclass(frozen=True)
class Api:
    """The routes for one stage."""

    stage: Stage
    stacks: Stacks
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
        return Json(queues.overview(self.stage, self.stacks))

    def dead_letters(self, request: Request) -> Response:
        queue, source = queues.dead_letter_queue(self.stage, self.stacks, request.path_params["queue"])
        return Json(dead_letters.listed(self.stage, queue, source))

    def dead_letter(self, request: Request) -> Response:
        queue, source = queues.dead_letter_queue(self.stage, self.stacks, request.path_params["queue"])
        return Json(dead_letters.opened(self.stage, self.stacks, (queue, source), request.path_params["id"]))
