"""The X-Ray daemon's side of the wire: UDP datagrams of a header line and a segment document.

`{"format": "json", "version": 1}\\n<document>`: https://github.com/aws/aws-xray-daemon#sending-segment-documents
A datagram over IPv4 carries 65,507 bytes at most, a little less than the largest document, so that a larger document
can only come over HTTP: the sender's own kernel refuses it here.
"""

import socket
import sys
from collections import deque
from pathlib import Path

from local.xray.documents import Rejected, loads

RECEIVE_BUFFER = 16 * 1024 * 1024
LARGEST_DATAGRAM = 65_507
_SO_RCVBUFFORCE = 33  # linux/include/uapi/asm-generic/socket.h; the socket module does not name it
_HEADERS: set[bytes] = {b'{"format": "json", "version": 1}', b'{"format":"json","version":1}'}


def listen(port: int, buffer_size: int = RECEIVE_BUFFER) -> socket.socket:
    """A non-blocking UDP socket on 127.0.0.1:`port` (0 = any free one); OSError where the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind(("127.0.0.1", port))
        _ask_for(sock, buffer_size)
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


def granted(sock: socket.socket) -> int:
    """Bytes of receive buffer the kernel gave (Linux answers twice what was asked, for its own bookkeeping)."""
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def drain(sock: socket.socket, into: deque[bytes], buffer: bytearray, limit: int) -> int:
    """Moves up to `limit` waiting datagrams from the socket to `into`; how many bytes that were."""
    view, total = memoryview(buffer), 0
    for _ in range(limit):
        try:
            size = sock.recv_into(buffer)
        except BlockingIOError:
            break
        into.append(bytes(view[:size]))
        total += size
    return total


def document_of(datagram: bytes) -> bytes:
    """The document in a datagram, or Rejected where the header line is missing or another one."""
    header, _, document = datagram.partition(b"\n")
    if header in _HEADERS or _is_header(header):
        return document
    raise Rejected("ParseError")


def dropped(port: int) -> int | None:
    """Datagrams that the kernel threw away since start because the buffer was full; None where it does not say.

    The last column of Linux's table of UDP sockets: https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
    """
    try:
        rows = [line.split() for line in Path("/proc/net/udp").read_text("ascii").splitlines()]
    except OSError:
        return None
    return next((int(row[-1]) for row in rows if row[1] == f"0100007F:{port:04X}"), None)


def _ask_for(sock: socket.socket, size: int) -> None:
    if sys.platform == "linux":
        try:
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
            return
        except PermissionError:
            pass  # needs CAP_NET_ADMIN: what everybody may ask for is next
    while size > granted(sock):
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            return
        except OSError:
            size //= 2  # macOS refuses what is beyond kern.ipc.maxsockbuf, where Linux gives what it may


def _is_header(line: bytes) -> bool:
    try:
        header = loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and header.get("format") == "json" and header.get("version") == 1
