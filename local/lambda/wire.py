"""As much of HTTP/1.1 as its three callers speak: the embedded AWS, AWS's runtime client, and boto3.

A hand-written server because it is on the way of every invocation three times: it costs 0.1 ms a request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

LARGEST_BODY = 8 * 1024 * 1024  # Lambda's own bound is 6 MB of payload
_HEAD_LIMIT = 64 * 1024  # a trace's cause travels in a header
_ENDINGS = (asyncio.IncompleteReadError, ConnectionError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


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


class Malformed(Exception):
    """A request that cannot be read; the connection ends."""


async def listen(handle: Handle, port: int = 0) -> asyncio.Server:
    """Serve `handle` on 127.0.0.1:`port` (0: any free one). An answer of None ends the connection without one.

    Raises OSError where the port is taken.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(reader, writer, handle)
        except _ENDINGS:
            pass
        except asyncio.CancelledError:
            pass  # the server is being closed
        finally:
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port, limit=_HEAD_LIMIT, backlog=256)


def port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handle) -> None:
    while True:
        try:
            request = await _read(reader, writer)
        except Malformed as error:
            writer.write(Response(400, str(error).encode()).encoded(closes=True))
            return await writer.drain()
        if request is None:
            return None
        answer = await _answer(handle, request)
        if answer is None:
            return None
        closes = request.headers.get("connection", "").lower() == "close"
        writer.write(answer.encoded(closes=closes))
        await writer.drain()
        if closes:
            return None


async def _answer(handle: Handle, request: Request) -> Response | None:
    try:
        return await handle(request)
    except Exception as error:
        logger.exception("%s %s failed", request.method, request.path)
        return Response(500, repr(error).encode())


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    except asyncio.LimitOverrunError:
        raise Malformed("the headers are too long") from None
    first, *lines = head[:-4].decode("utf-8", "replace").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        raise Malformed("this is no HTTP")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return Request(words[0], words[1], headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        raise Malformed(f"a body holds {LARGEST_BODY} bytes at most, this one {length}")
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = (await reader.readuntil(b"\r\n")).partition(b";")[0].strip()
        try:
            length = int(size, 16)
        except ValueError:
            raise Malformed("a chunk without a size") from None
        if length + len(body) > LARGEST_BODY:
            raise Malformed(f"a body holds {LARGEST_BODY} bytes at most")
        body += (await reader.readexactly(length + 2))[:-2]
        if length == 0:
            return body
