"""What is behind the page Business: analytics' own answers, asked for with a token that the page never sees."""

from __future__ import annotations

from dataclasses import dataclass

import requests
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operations.business import Analytics
from operations.console import asked
from operations.console.answers import Json

_PASSED_ON = ("Content-Type", "Content-Disposition")


@dataclass(frozen=True)
class BusinessApi:
    """The routes for one stage."""

    analytics: Analytics

    def routes(self) -> list[Route]:
        return [
            Route("/api/sign-in", self.sign_in, methods=["POST"]),
            Route("/api/analytics/metrics", self.metrics),
            Route("/api/analytics/query", self.query, methods=["POST"]),
            Route("/api/analytics/metrics/{name}/events", self.events),
            Route("/api/analytics/reports/{name}", self.report),
        ]

    async def sign_in(self, request: Request) -> Response:
        self.analytics.tokens.give(await asked.token(request))
        return Json({"signed_in": True})

    async def query(self, request: Request) -> Response:
        question = await asked.question(request)
        return _passed_on(await run_in_threadpool(self.analytics.query, question))

    def metrics(self, request: Request) -> Response:
        return self._get(request, "/metrics")

    def events(self, request: Request) -> Response:
        return self._get(request, f"/metrics/{asked.name(request)}/events")

    def report(self, request: Request) -> Response:
        return self._get(request, f"/reports/{asked.name(request)}")

    def _get(self, request: Request, path: str) -> Response:
        return _passed_on(self.analytics.get(path, request.query_params))


def _passed_on(answer: requests.Response) -> Response:
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)
