"""What a person sees while a command works: one line a step, on stderr, so that stdout stays the answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say `what`, and after it how many seconds it took or that it failed."""
    print(f"{what} ... ", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"failed after {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def tail(log: Path, lines: int = 30) -> None:
    """Print the end of a log file, if there is one."""
    if log.is_file():
        print(f"--- the end of {log}", file=sys.stderr)
        print("\n".join(log.read_text(errors="replace").splitlines()[-lines:]), file=sys.stderr)
        print("---", file=sys.stderr)
