"""From datagrams and PutTraceSegments to committed rows: one thread that owns the UDP socket and the writer.

Receiving has priority. Between two small portions of storing the socket is emptied into memory, so that what fills in
a burst is the process's memory and not the kernel's buffer. A portion is stored when it is full, or due to be
committed: a document alone costs several times its share of a portion. One thread and not two, because two would hand
Python's interpreter lock back and forth at each datagram.
"""

import logging
import selectors
import socket
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue

from local.xray import daemon
from local.xray.documents import Document, Rejected, parse
from local.xray.store import Store

COMMIT_SECONDS = 0.05
COMMIT_DOCUMENTS = 500
_USUALLY = (COMMIT_DOCUMENTS, 0.0)
_IN_A_BURST = (5000, 1.0)
PORTION = 16
DRAIN_LIMIT = 1024
WAITING_BYTES = 128 * 1024 * 1024
IDLE_SECONDS = 1.0
RETRY_SECONDS = 0.5
SUBMIT_SECONDS = 10.0
LAST_CALL_SECONDS = 1.0
COMPLAINT_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Unavailable(Exception):
    """The documents could not be committed in time; they may still be, later."""


class Counts:
    """What became of the documents since the process started. received = stored + malformed + too_large + pending."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(("received", "stored", "malformed", "too_large"), 0)
        self._quietly_rejected, self._complain_at = 0, 0.0

    def add(self, **more: int) -> None:
        with self._lock:
            for name, number in more.items():
                self._counts[name] += number

    def reject(self, rejected: Rejected, size: int) -> None:
        """Count it and log it: one line a second at most, without the content, which may be what no log should hold."""
        self.add(**{"too_large" if rejected.too_large else "malformed": 1})
        with self._lock:
            now = time.monotonic()
            if now < self._complain_at:
                self._quietly_rejected += 1
                return
            before, self._quietly_rejected, self._complain_at = self._quietly_rejected, 0, now + COMPLAINT_SECONDS
        logger.warning("not stored, %d bytes: %s (%d more before)", size, rejected, before)

    def read(self) -> dict[str, int]:
        with self._lock:
            counts = dict(self._counts)
        return counts | {"pending": 2 * counts["received"] - sum(counts.values())}


class Collector(threading.Thread):
    """Started with `start`, ended with `stop`, which stores all that has arrived. `on_end` is called at its end."""

    def __init__(self, sock: socket.socket, store: Store, on_end: Callable[[], None]) -> None:
        super().__init__(name="collector")
        self.counts = Counts()
        self.failed = False
        self._sock, self._store, self._on_end = sock, store, on_end
        self._ending = threading.Event()
        self._bell, self._bell_end = socket.socketpair()
        self._bell.setblocking(False)
        self._bell_end.setblocking(False)
        self._submitted: SimpleQueue[tuple[Sequence[Document], threading.Event]] = SimpleQueue()
        self._buffer = bytearray(daemon.LARGEST_DATAGRAM + 1)
        self._raw: deque[bytes] = deque()
        self._raw_bytes = 0
        self._uncommitted: list[Document] = []
        self._waiters: list[threading.Event] = []
        self._commit_at = self._retry_at = self._tidy_at = 0.0
        self._rolled_back = False

    def submit(self, documents: Sequence[Document]) -> None:
        """Returns when the documents are committed; Unavailable after SUBMIT_SECONDS without that."""
        self.counts.add(received=len(documents))
        done = threading.Event()
        self._submitted.put((documents, done))
        self._ring()
        if not done.wait(SUBMIT_SECONDS):
            raise Unavailable

    def stop(self) -> None:
        """Returns when everything that had arrived is committed and the database is closed."""
        self._ending.set()
        self._ring()
        self.join()

    def run(self) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._sock, selectors.EVENT_READ)
                selector.register(self._bell_end, selectors.EVENT_READ)
                while not self._ending.is_set():
                    for ready, _ in selector.select(self._patience()):
                        if ready.fileobj is self._bell_end:
                            self._bell_end.recv(4096)
                    self._receive()
                    self._work()
            self._finish()
        except Exception:
            self.failed = True
            logger.exception("the collector failed")
        finally:
            self._store.close()
            self._on_end()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # a full pipe wakes the thread as well
            self._bell.send(b"!")

    def _patience(self) -> float:
        """Seconds to wait for something to arrive, before there is something else to do."""
        if self._is_portion_full:
            due = 0.0
        elif self._raw or self._uncommitted:
            due = self._commit_at
        else:
            due = self._tidy_at
        return min(IDLE_SECONDS, max(0.0, max(due, self._retry_at) - time.monotonic()))

    def _receive(self) -> int:
        """How many datagrams were waiting and are now in memory."""
        if self._raw_bytes >= WAITING_BYTES:
            self._ending.wait(COMMIT_SECONDS)  # storing is what does not keep up: the rest waits in the kernel
            return 0
        waiting = len(self._raw)
        self._raw_bytes += daemon.drain(self._sock, self._raw, self._buffer, DRAIN_LIMIT)
        if arrived := len(self._raw) - waiting:
            self.counts.add(received=arrived)
            if not (waiting or self._uncommitted):
                self._commit_at = time.monotonic() + COMMIT_SECONDS
        return arrived

    def _work(self) -> None:
        """A portion of storing, or of tidying up when there is nothing to store."""
        now = time.monotonic()
        if now < self._retry_at:
            return
        try:
            if self._is_portion_due(now):
                self._put_portions(now)
            if self._is_commit_due(now):
                self._commit()
            elif not (self._raw or self._uncommitted) and now >= self._tidy_at:
                busy = self._store.prune(time.time()) or self._store.keep_up(time.time())
                self._tidy_at = now + (0.0 if busy else IDLE_SECONDS)
        except sqlite3.Error as error:
            self._try_again_later(error)

    @property
    def _is_portion_full(self) -> bool:
        return len(self._raw) >= PORTION

    def _is_portion_due(self, now: float) -> bool:
        is_asked_for = self._rolled_back or not self._submitted.empty()
        return self._is_portion_full or now >= self._commit_at or is_asked_for

    def _is_commit_due(self, now: float) -> bool:
        """After a time or a number of documents; in a burst later, since a commit keeps from receiving the longest."""
        if not self._uncommitted:
            return False
        documents, seconds = _IN_A_BURST if self._is_portion_full else _USUALLY
        return len(self._uncommitted) >= documents or now >= self._commit_at + seconds

    def _put_portions(self, now: float) -> None:
        if self._rolled_back:
            self._store.add(self._uncommitted, time.time())
            self._rolled_back = False
        self._put([document for _ in range(min(PORTION, len(self._raw))) for document in self._parsed()])
        while not self._submitted.empty():
            documents, done = self._submitted.get_nowait()
            self._waiters.append(done)
            self._commit_at = now
            self._put(documents)

    def _put(self, documents: Sequence[Document]) -> None:
        if documents:
            self._uncommitted += documents
            self._store.add(documents, time.time())

    def _parsed(self) -> Iterator[Document]:
        """The next datagram's document, or nothing when it is rejected."""
        datagram = self._raw.popleft()
        self._raw_bytes -= len(datagram)
        try:
            yield parse(daemon.document_of(datagram))
        except Rejected as rejected:
            self.counts.reject(rejected, len(datagram))

    def _commit(self) -> None:
        self._store.commit()
        self.counts.add(stored=len(self._uncommitted))
        self._uncommitted.clear()
        self._commit_at = time.monotonic() + COMMIT_SECONDS
        for done in self._waiters:
            done.set()
        self._waiters.clear()

    def _try_again_later(self, error: sqlite3.Error) -> None:
        """Another process's lock, a full disk: nothing is lost, the same documents are put again."""
        logger.error("cannot store, trying again: %s", error)
        self._store.rollback()
        self._rolled_back = bool(self._uncommitted)
        self._retry_at = time.monotonic() + RETRY_SECONDS

    def _finish(self) -> None:
        """Stores everything that had arrived when the end was asked for."""
        last_call = time.monotonic() + LAST_CALL_SECONDS
        self._put_portions(last_call)
        while (time.monotonic() < last_call and self._receive()) or self._raw:
            self._put_portions(last_call)
        self._commit()
