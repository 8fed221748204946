"""Helpers of the layer's tests: a daemon that keeps what it gets, and trace headers."""

import json
import os
import socket


def trace_header(*, root=None, parent=None, sampled=1):
    """A trace header with ids of its own."""
    root = root or f"1-6742a000-{os.urandom(12).hex()}"
    return f"Root={root};Parent={parent or os.urandom(8).hex()};Sampled={sampled}"


def parts(header):
    """``Root=..;Parent=..`` as a dict."""
    return dict(part.split("=", 1) for part in header.split(";"))


class Daemon:
    """A UDP socket in the X-Ray daemon's place.

    Datagrams to 127.0.0.1 are queued before ``sendto`` returns, so reading needs no wait.
    """

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def documents(self):
        """The documents that came since the last call, in order."""
        documents = []
        while True:
            try:
                datagram = self._socket.recv(65536)
            except BlockingIOError:
                return documents
            head, _, body = datagram.decode().partition("\n")
            assert json.loads(head) == {"format": "json", "version": 1}
            documents.append(json.loads(body))
