"""An execution environment: a process that runs `awslambdaric`, and the Lambda Runtime API that it speaks to.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Each worker has an address of its own, which is how its
requests are told from those of others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from . import memory, wire
from .deployed import Credentials, Function
from .invocation import Failure, Invocation, Outcome

INIT_SECONDS = 60.0
_API = "/2018-06-01/runtime/"
_MEMORY_EVERY_SECONDS = 0.25
_LONGEST_LINE = 256 * 1024  # CloudWatch's bound on a log event

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sandbox:
    """What a worker process is made of; `variables` are its whole environment."""

    python: Path
    code: Path
    variables: dict[str, str]
    scratch: Path


class Observer(Protocol):
    """Is told what happens in workers, in the order in which it happens."""

    def began(self, worker: Worker, invocation: Invocation) -> None: ...

    def said(self, worker: Worker, line: str) -> None: ...

    def finished(self, worker: Worker, invocation: Invocation, outcome: Outcome, ready_again: float) -> None: ...


class InitFailed(Exception):
    """The function could not be loaded; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.payload.decode(errors="replace"))


class Worker:
    """Handles one invocation at a time, and tells `observer` of it."""

    def __init__(self, function: Function, sandbox: Sandbox, credentials: Credentials, observer: Observer) -> None:
        self.function, self.credentials = function, credentials
        self.idle_since = time.monotonic()
        self.started = self.ready = 0.0
        self.peak_memory = 0
        self.log_stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{os.urandom(16).hex()}"
        self._sandbox, self._observer = sandbox, observer
        self._process: asyncio.subprocess.Process | None = None
        self._current: Invocation | None = None
        self._outcome: asyncio.Future[Outcome] | None = None
        self._given: asyncio.Queue[Invocation | None] = asyncio.Queue()
        self._init: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unfinished: tuple[Invocation, Outcome] | None = None
        self._ended = asyncio.Event()
        self._over_memory = False
        self._cold = True

    @property
    def is_alive(self) -> bool:
        return self._process is not None and not self._ended.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def request_id(self) -> str | None:
        """Of the invocation that is being handled."""
        return self._current.request_id if self._current else None

    async def start(self) -> None:
        """Start the process and wait until it asks for its first event.

        Raises InitFailed, after which the worker has ended.
        """
        self._server = await wire.listen(self._answer)
        self.started = time.time()
        try:
            self._process = await self._spawn(wire.port_of(self._server))
        except OSError as error:
            self._server.close()
            raise InitFailed(
                Failure.of_sandbox("Runtime.ExitError", f"cannot start a worker: {error}", "init")
            ) from None
        self._watching = asyncio.create_task(self._watch(self._process))
        try:
            await asyncio.wait_for(asyncio.shield(self._init), INIT_SECONDS)
        except InitFailed:
            await self.stop()
            raise
        except TimeoutError:
            await self.stop()
            raise InitFailed(Failure.of_sandbox("Sandbox.Timedout", "Init timed out", "init", "timeout")) from None

    async def handle(self, invocation: Invocation) -> Outcome:
        """Let the function handle one event. The process is killed when the deadline passes or memory runs out.

        The runtime may still be busy with the end of the one before: it is given this one when it asks.
        """
        self._current = invocation
        self._outcome = asyncio.get_running_loop().create_future()
        invocation.began = time.time()
        self._given.put_nowait(invocation)
        if not self.is_alive:
            self._settle(Outcome(None, self._died(None)))
        self._look_later()
        try:
            outcome = await asyncio.wait_for(self._outcome, max(0.0, invocation.seconds_left))
        except TimeoutError:
            self._kill()
            outcome = Outcome(None, self._late(invocation))
        finally:
            self._next_look.cancel()
            invocation.answered = time.time()
        self._unfinished = invocation, outcome
        if self._ended.is_set():
            self._finish()
        return outcome

    def init_within(self, invocation: Invocation) -> tuple[float, float] | None:
        """Begin and end of the initialization if this invocation is the one that waited for it, else None."""
        waited = self._cold and self.started >= invocation.received
        return (self.started, self.ready) if waited and self.ready else None

    async def stop(self) -> None:
        """End the process and forget its scratch folder."""
        self._kill()
        await self._ended.wait()

    async def _spawn(self, port: int) -> asyncio.subprocess.Process:
        self._sandbox.scratch.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(dir=self._sandbox.scratch))
        variables = {
            **self._sandbox.variables,
            **self.credentials.variables,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "TMPDIR": str(self._folder),
            "HOME": str(self._folder),
        }
        return await asyncio.create_subprocess_exec(
            str(self._sandbox.python),
            "-m",
            "awslambdaric",
            self.function.handler,
            cwd=self._sandbox.code,
            env=variables,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Pass on what the process writes, and settle what it left unanswered once it has ended."""
        reading = asyncio.create_task(self._read(process))
        code = await process.wait()
        # Its own children may hold the pipe open.
        await asyncio.wait([reading], timeout=0.2)
        reading.cancel()
        self._ended.set()
        self._given.put_nowait(None)
        self._server.close()
        if not self._init.done():
            self._init.set_exception(InitFailed(self._died(code)))
        self._settle(Outcome(None, self._died(code)))
        self._finish()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue  # longer than CloudWatch takes
            if not line:
                return
            self._observer.said(self, line.decode("utf-8", "replace").rstrip("\n"))

    async def _answer(self, request: wire.Request) -> wire.Response | None:
        route = request.path.removeprefix(_API)
        if (request.method, route) == ("GET", "invocation/next"):
            return await self._next()
        if request.method == "POST" and route == "init/error":
            self._init_failed(request)
        elif request.method == "POST" and self._is_current(route, "response"):
            self._settle(Outcome(request.body))
        elif request.method == "POST" and self._is_current(route, "error"):
            self._settle(Outcome(None, Failure(request.body, _cause(request))))
        else:
            body = {"errorType": "InvalidRequestID", "errorMessage": f"{request.method} {request.path}"}
            return wire.Response(400, json.dumps(body).encode())
        return wire.Response(202, b'{"status":"OK"}')

    def _is_current(self, route: str, what: str) -> bool:
        return self._current is not None and route == f"invocation/{self._current.request_id}/{what}"

    async def _next(self) -> wire.Response | None:
        if not self._init.done():
            self.ready = time.time()
            self._init.set_result(None)
        await self._read_all()
        self._finish()
        invocation = await self._given.get()
        if invocation is None:
            return None
        invocation.began = time.time()
        self._observer.began(self, invocation)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function.arn,
        }
        if invocation.header is not None:
            headers["Lambda-Runtime-Trace-Id"] = invocation.header
        return wire.Response(200, invocation.event, headers)

    async def _read_all(self) -> None:
        """Let the event loop take up what is in the pipe: it was written before the request that is being answered."""
        for _ in range(3):
            await asyncio.sleep(0)

    def _finish(self) -> None:
        """The runtime asks for its next event, or has ended: all that there is to tell of the last one is known."""
        if self._unfinished is None:
            return
        invocation, outcome = self._unfinished
        self._unfinished = None
        self._note_memory()
        self._observer.finished(self, invocation, outcome, time.time())
        self._cold = False

    def _init_failed(self, request: wire.Request) -> None:
        if not self._init.done():
            self._init.set_exception(InitFailed(Failure(request.body, _cause(request))))

    def _settle(self, outcome: Outcome) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(outcome)

    def _died(self, code: int | None) -> Failure:
        request_id = self.request_id or "init"
        if self._over_memory:
            message = "Runtime exited with error: signal: killed"
            return Failure.of_sandbox("Runtime.OutOfMemory", message, request_id)
        if not code:
            return Failure.of_sandbox("Runtime.ExitError", "Runtime exited without providing a reason", request_id)
        ending = f"signal: {_signal_name(-code)}" if code < 0 else f"exit status {code}"
        return Failure.of_sandbox("Runtime.ExitError", f"Runtime exited with error: {ending}", request_id)

    def _late(self, invocation: Invocation) -> Failure:
        message = f"Task timed out after {invocation.function.timeout:.2f} seconds"
        return Failure.of_sandbox("Sandbox.Timedout", message, invocation.request_id, "timeout")

    def _look_later(self) -> None:
        self._next_look = asyncio.get_running_loop().call_later(_MEMORY_EVERY_SECONDS, self._look_at_memory)

    def _look_at_memory(self) -> None:
        if memory.current(self.pid) > self.function.memory:
            self._over_memory = True
            self._note_memory()
            self._kill()
        else:
            self._look_later()

    def _note_memory(self) -> None:
        self.peak_memory = max(self.peak_memory, memory.peak(self.pid))

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it may have just ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    names: dict[int, str] = {
        signal.SIGKILL: "killed",
        signal.SIGTERM: "terminated",
        signal.SIGSEGV: "segmentation fault",
    }
    return names.get(number, str(number))


def _cause(request: wire.Request) -> Any:
    """X-Ray's cause as the runtime client tells it, in the form of a segment's."""
    try:
        told = json.loads(request.headers.get("lambda-runtime-function-xray-error-cause", ""))
        exceptions = [{"id": os.urandom(8).hex(), **exception} for exception in told["exceptions"]]
    except (ValueError, KeyError, TypeError):
        return None
    return {"working_directory": told.get("working_directory", ""), "exceptions": exceptions}
