"""HTTP in front of the API: a thread a connection, on 127.0.0.1 only.

Errors look as botocore reads them from a REST-JSON service: the code in the header `x-amzn-ErrorType`, the text in
`message` (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization).
"""

import json
import logging
import socketserver
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.xray import daemon
from local.xray.api import Api
from local.xray.collector import Collector
from local.xray.requests import Refused

LARGEST_BODY = 16 * 1024 * 1024
IDLE_CONNECTION_SECONDS = 60

logger = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Bound when made (OSError where the port is taken); `serve_forever` serves, `shutdown` ends it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, api: Api, collector: Collector, udp_port: int) -> None:
        self.api, self.collector, self.udp_port = api, collector, udp_port
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks the DNS for this machine's name
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("connection of %s broke off", client_address, exc_info=True)

    def health(self) -> dict[str, int | None]:
        """Documents since start by what became of them, and datagrams the kernel dropped (null: not known here)."""
        return {**self.collector.counts.read(), "dropped": daemon.dropped(self.udp_port)}


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "local.xray", ""
    timeout = IDLE_CONNECTION_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if (body := self._body()) is not None:
            self._answer(body)

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _body(self) -> bytes | None:
        """The request's body; None where it cannot be read, which ends the connection with an error answer."""
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Transfer-Encoding") or not length.isascii() or not length.isdigit():
            refused = Refused("MissingContentLength", "The request needs a Content-Length", 411)
        elif int(length) > LARGEST_BODY:
            refused = Refused("RequestEntityTooLargeException", f"A body holds {LARGEST_BODY} bytes at most", 413)
        else:
            return self.rfile.read(int(length))
        self.close_connection = True
        self._refuse(refused)
        return None

    def _answer(self, body: bytes) -> None:
        try:
            if (self.command, self.path) == ("GET", "/health"):
                self._send(200, self.server.health())
            else:
                self._send(200, self.server.api.answer(self.command, self.path, body))
        except Refused as refused:
            self._refuse(refused)
        except OSError:
            raise
        except Exception:
            logger.exception("%s %s failed", self.command, self.path)
            self._refuse(Refused("InternalFailure", "The local X-Ray failed; its log says why", 500))

    def _refuse(self, refused: Refused) -> None:
        self._send(refused.status, {"message": refused.message}, {"x-amzn-ErrorType": refused.code})

    def _send(self, status: int, members: Any, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(members).encode()
        self.send_response(status)
        fixed = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        if self.close_connection:
            fixed["Connection"] = "close"
        for name, value in (fixed | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
