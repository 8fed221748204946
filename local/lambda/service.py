"""The program's own interface: what the embedded AWS and boto3 ask, and what they are answered.

- `POST /` by the embedded AWS's proxy mode: the event; headers name function, request id, deadline and trace.
- `POST /2015-03-31/functions/<name>/invocations`: Lambda's Invoke (RequestResponse), without the way through the proxy,
  whose caller sees a function's error wrapped in another.
- `POST /changed`: something was deployed, so the next invocation asks what.
- `GET /health`, `GET /workers`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from . import tracing
from .deployed import Deployed, Function
from .invocation import Failure, Invocation, Outcome
from .pool import Pool, Throttled
from .tracing import Sender
from .wire import Request, Response
from .worker import InitFailed, Worker

_PROXYS_PATH = "/"
_INVOKE = "/2015-03-31/functions/"
_LARGEST_PAYLOAD = 6 * 1024 * 1024
_PROXYS_PATIENCE = 3.0

logger = logging.getLogger(__name__)


class Service:
    def __init__(self, deployed: Deployed, pool: Pool, sender: Sender) -> None:
        self._deployed, self._pool, self._sender = deployed, pool, sender

    async def answer(self, request: Request) -> Response | None:
        route = (request.method, request.path.partition("?")[0])
        if route == ("GET", "/health"):
            return _json(200, {"workers": len(self._pool.workers), "in_flight": self._pool.in_flight})
        if route == ("GET", "/workers"):
            return _json(200, [_told(worker) for worker in self._pool.workers])
        if route == ("POST", "/changed"):
            self._deployed.forget()
            return Response(204)
        if route == ("POST", _PROXYS_PATH):
            return await self._proxied(request)
        if request.method == "POST" and route[1].startswith(_INVOKE) and route[1].endswith("/invocations"):
            return await self._invoked(request, unquote(route[1][len(_INVOKE) : -len("/invocations")]))
        return _refusal(404, "ResourceNotFoundException", f"{request.method} {request.path} is nothing of Lambda's")

    async def drain(self, seconds: float) -> None:
        """Wait until nothing is in flight, at most so long."""
        deadline = time.monotonic() + seconds
        while self._pool.in_flight and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def _proxied(self, request: Request) -> Response | None:
        headers = request.headers
        name = headers.get("x-amzn-lambda-function-name", "")
        deadline = float(headers.get("x-amzn-lambda-deadline-ms", "0")) / 1000
        request_id = headers.get("x-amzn-lambda-request-id") or str(uuid.uuid4())
        answer, outcome = await self._invoke(name, request, request_id, deadline)
        if outcome is not None and outcome.failure is not None:
            if outcome.failure.status == "timeout":
                # The proxy's own time-out, due now, tells its caller in Lambda's words.
                await asyncio.sleep(max(0.0, deadline - time.time()) + _PROXYS_PATIENCE)
                return None
            # The proxy takes an answer for a function's error by its status alone.
            return Response(502, answer.body, answer.headers)
        return answer

    async def _invoked(self, request: Request, named: str) -> Response:
        if request.headers.get("x-amz-invocation-type", "RequestResponse") != "RequestResponse":
            return _refusal(400, "InvalidParameterValueException", "Here only RequestResponse is served")
        name = named.partition("function:")[2].partition(":")[0] or named
        answer, _ = await self._invoke(name, request, str(uuid.uuid4()), None)
        return answer

    async def _invoke(
        self, name: str, request: Request, request_id: str, deadline: float | None
    ) -> tuple[Response, Outcome | None]:
        received = time.time()
        if len(request.body) > _LARGEST_PAYLOAD:
            return _refusal(413, "RequestTooLargeException", f"{len(request.body)} bytes are too many"), None
        try:
            event = json.loads(request.body or b"{}")
            function = await self._deployed.function(name)
        except ValueError as error:
            return _refusal(400, "InvalidRequestContentException", f"Could not parse the payload: {error}"), None
        except ClientError as error:
            return _refusal(404, "ResourceNotFoundException", str(error)), None
        invocation = self._invocation(function, request, event, request_id)
        invocation.received = received
        invocation.deadline = deadline or received + function.timeout
        try:
            outcome = await self._run(invocation)
        except Throttled as full:
            self._sender.send(tracing.throttled(invocation))
            return _throttled(full), None
        return _as_lambda_answers(outcome, request_id), outcome

    def _invocation(self, function: Function, request: Request, event: Any, request_id: str) -> Invocation:
        forwarded = request.headers.get("x-amzn-trace-id")
        if request.path == _PROXYS_PATH:
            trace = tracing.header_of(event, forwarded)
        else:
            trace = tracing.Header.read(forwarded) or (tracing.begin() if function.traced else None)
        return Invocation(function, request_id, request.body or b"{}", trace, tuple(tracing.links_of(event)))

    async def _run(self, invocation: Invocation) -> Outcome:
        """Let a worker handle it; what is left to tell of it is told after the caller has its answer."""
        worker: Worker | None = None
        try:
            worker = await self._pool.acquire(invocation.function, invocation.seconds_left)
            return await worker.handle(invocation)
        except InitFailed as error:
            outcome = Outcome(None, error.failure)
        except TimeoutError:
            message = f"Task timed out after {invocation.function.timeout:.2f} seconds"
            outcome = Outcome(None, Failure.of_sandbox("Sandbox.Timedout", message, invocation.request_id, "timeout"))
        finally:
            if worker is not None:
                self._pool.release(worker)
        invocation.answered = time.time()
        self._sender.send(tracing.documents(invocation, outcome, None, 0.0))
        return outcome


def _as_lambda_answers(outcome: Outcome, request_id: str) -> Response:
    headers = {"x-amzn-RequestId": request_id, "X-Amz-Executed-Version": "$LATEST"}
    if outcome.failure is None:
        return Response(200, outcome.payload or b"null", headers)
    return Response(200, outcome.failure.payload, {**headers, "X-Amz-Function-Error": "Unhandled"})


def _throttled(full: Throttled) -> Response:
    body = {"Type": "User", "Reason": full.reason, "message": "Rate Exceeded."}
    return Response(429, json.dumps(body).encode(), {"x-amzn-ErrorType": "TooManyRequestsException"})


def _refusal(status: int, code: str, message: str) -> Response:
    body = {"Type": "User", "message": message}
    return Response(status, json.dumps(body).encode(), {"x-amzn-ErrorType": code})


def _json(status: int, content: Any) -> Response:
    return Response(status, json.dumps(content).encode())


def _told(worker: Worker) -> dict[str, Any]:
    return {"function": worker.function.name, "pid": worker.pid, "request_id": worker.request_id}
