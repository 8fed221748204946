"""python -m local.xray --port <http> --udp <port> --db <sqlite file>: runs until SIGTERM or Ctrl-C."""

import argparse
import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
from pathlib import Path

from local.xray import daemon
from local.xray.api import Api
from local.xray.collector import Collector
from local.xray.server import Server
from local.xray.store import Bounds, NotOurs, Store

# Who watches must not hold up what is watched; what waits, waits in the receive buffer.
_NICENESS = 5
ENDINGS = {signal.SIGTERM, signal.SIGINT}

logger = logging.getLogger("local.xray")


class CannotStart(Exception):
    """One line that says what to do."""


def main() -> int:
    """0 after a flush on SIGTERM, 1 where it could not start or had to give up."""
    options = _options()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s xray %(levelname)s %(message)s")
    # Blocked in all threads and waited for in this one: a handler would only run when this thread happens to wake.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        sock, collector, server = _open(options)
    except CannotStart as error:
        print(f"xray: {error}", file=sys.stderr)
        return 1
    _tell(options, sock, server)
    os.nice(_NICENESS)
    collector.start()
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    signal.sigwait(ENDINGS)
    server.shutdown()
    collector.stop()
    server.server_close()
    logger.info("ended: %s", collector.counts.read())
    return 1 if collector.failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.xray", description="X-Ray daemon and API on 127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="of the HTTP API (0: any free one)")
    parser.add_argument("--udp", type=int, required=True, help="port of the daemon (0: any free one)")
    parser.add_argument("--db", type=Path, required=True, help="SQLite file; made where there is none")
    parser.add_argument("--keep-hours", type=float, default=6.0, help="forget traces without news for so long")
    parser.add_argument("--keep-mib", type=float, default=1024.0, help="forget the oldest beyond this file size")
    parser.add_argument("--receive-buffer", type=int, default=daemon.RECEIVE_BUFFER, help="bytes asked of the kernel")
    return parser.parse_args()


def _open(options: argparse.Namespace) -> tuple[socket.socket, Collector, Server]:
    bounds = Bounds(age=options.keep_hours * 3600, size=int(options.keep_mib * 1024 * 1024))
    sock = _listen(options)
    try:
        options.db.parent.mkdir(parents=True, exist_ok=True)
        store = Store(options.db, bounds)
    except (OSError, sqlite3.Error, NotOurs) as error:
        raise CannotStart(f"cannot use the database {options.db}: {error}") from None
    collector = Collector(sock, store, on_end=lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        server = Server(options.port, Api(options.db, collector), collector, sock.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise CannotStart(f"cannot listen on 127.0.0.1:{options.port} (TCP): {error}; choose another --port") from None
    return sock, collector, server


def _listen(options: argparse.Namespace) -> socket.socket:
    try:
        return daemon.listen(options.udp, options.receive_buffer)
    except (OSError, OverflowError) as error:
        raise CannotStart(f"cannot listen on 127.0.0.1:{options.udp} (UDP): {error}; choose another --udp") from None


def _tell(options: argparse.Namespace, sock: socket.socket, server: Server) -> None:
    asked, granted = options.receive_buffer, daemon.granted(sock)
    logger.info("UDP receive buffer: asked for %d bytes, granted %d", asked, granted)
    if granted < asked:
        logger.warning("a large burst may be lost; on Linux: sysctl -w net.core.rmem_max=%d", asked)
    logger.info("API on http://127.0.0.1:%d, daemon on udp 127.0.0.1:%d", server.server_port, server.udp_port)


if __name__ == "__main__":
    sys.exit(main())
