"""As much of HTTP/1.1 as its three callers speak: the embedded AWS, AWS's runtime client, and boto3.

A server of its own, over a compiled parser, because it is on the way of every invocation three times.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import httptools

LARGEST_BODY = 8 * 1024 * 1024  # Lambda's own bound is 6 MB of payload
_LARGEST_HEAD = 64 * 1024  # a trace's cause travels in a header

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    keeps_alive: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self, *, closes: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        fixed = {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        if closes:
            fixed["Connection"] = "close"
        # A header that a function's output ended up in must not become two.
        safe = {name: value.replace("\r", " ").replace("\n", " ") for name, value in self.headers.items()}
        lines += [f"{name}: {value}" for name, value in {**fixed, **safe}.items()]
        return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + self.body


Handle = Callable[[Request], Awaitable[Response | None]]


class _TooLarge(Exception):
    """Raised to the parser, which keeps it as the context of its own error."""


async def listen(handle: Handle, port: int = 0) -> asyncio.Server:
    """Serve `handle` on 127.0.0.1:`port` (0: any free one). An answer of None ends the connection without one.

    Raises OSError where the port is taken.
    """
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Conversation(handle), "127.0.0.1", port, backlog=256)


def port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


class _Conversation(asyncio.Protocol):
    """One connection: its requests are answered one after another, in the order in which they came."""

    _transport: asyncio.Transport

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._unanswered: deque[Request] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # to what is asked for, nobody here upgrades: the request is answered as it is
        except httptools.HttpParserError as error:
            self._refuse(str(error.__context__ or "this is no HTTP"))

    def eof_received(self) -> bool:
        """The caller has said all: the connection stays until it has its answers."""
        self._ended = True
        return self._answering is not None

    # What the parser finds, in its order.

    def on_message_begin(self) -> None:
        self._target, self._body = b"", bytearray()
        self._headers: dict[str, str] = {}
        self._head_size = 0

    def on_url(self, part: bytes) -> None:
        self._target += part
        self._count_head(part)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(name + value)
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")

    def on_headers_complete(self) -> None:
        length = self._headers.get("content-length", "0")
        if int(length) > LARGEST_BODY:
            raise _TooLarge(f"a body holds {LARGEST_BODY} bytes at most, this one {length}")
        if self._headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > LARGEST_BODY:
            raise _TooLarge(f"a body holds {LARGEST_BODY} bytes at most")

    def on_message_complete(self) -> None:
        method, target = self._parser.get_method().decode(), self._target.decode("utf-8", "replace")
        keeps_alive = self._parser.should_keep_alive()
        self._unanswered.append(Request(method, target, self._headers, bytes(self._body), keeps_alive))
        if self._answering is None:
            self._answering = asyncio.get_running_loop().create_task(self._answer_all())

    def _count_head(self, part: bytes) -> None:
        self._head_size += len(part)
        if self._head_size > _LARGEST_HEAD:
            raise _TooLarge("the headers are too long")

    async def _answer_all(self) -> None:
        while self._unanswered:
            request = self._unanswered.popleft()
            answer = await self._answer(request)
            if answer is not None:
                self._transport.write(answer.encoded(closes=not request.keeps_alive))
            if answer is None or not request.keeps_alive:
                self._transport.close()
                return
        self._answering = None
        if self._ended:
            self._transport.close()

    async def _answer(self, request: Request) -> Response | None:
        try:
            return await self._handle(request)
        except Exception as error:
            logger.exception("%s %s failed", request.method, request.path)
            return Response(500, repr(error).encode())

    def _refuse(self, why: str) -> None:
        self._transport.write(Response(400, why.encode()).encoded(closes=True))
        self._transport.close()
