"""The console as an ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from operations.ages import Ages
from operations.business import Analytics
from operations.console import answers, assets
from operations.console.answers import Json
from operations.console.api import Api
from operations.console.business_api import BusinessApi
from operations.console.guard import Guard
from operations.console.live import Live
from operations.problems import Problem
from operations.stacks import Stacks
from operations.stage import Stage


def application(stage: Stage, writes_allowed: bool, port: int) -> Starlette:
    """Everything that the console serves; it answers only requests that name `port` of loopback as their host."""
    stacks, ages = Stacks(stage), Ages(stage)
    live = Live(stage, stacks, ages)
    api = Api(stage, stacks, ages, live, writes_allowed)
    app = Starlette(
        routes=[
            Route("/health", health),
            *api.routes(),
            *BusinessApi(Analytics(stage, stacks)).routes(),
            *assets.routes(),
        ],
        middleware=[Middleware(Guard, port=port)],
        exception_handlers={
            Problem: answers.on_problem,
            HTTPException: answers.on_http,
            Exception: answers.on_fault,
        },
    )
    app.state.live = live
    return app


async def health(request: Request) -> Response:
    """Whether the console itself runs; AWS is not asked."""
    return Json({"status": "ok"})
