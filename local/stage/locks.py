"""One launcher at a time."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_one(file: Path, of_what: str) -> Iterator[int]:
    """Hold the lock `file`, waiting for whoever has it, and yield its descriptor.

    A child that is given the descriptor (`pass_fds`) keeps the lock while it lives, even if this process is killed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another {of_what} to finish", file=sys.stderr)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()
