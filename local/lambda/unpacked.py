"""Deployed archives, unpacked once per content: the folders that workers import from.

What is no longer deployed is removed, but not at once: a worker may still run it. It ends after its last invocation,
which takes 15 minutes at most, and some idle ones. What was left by the program before has no workers.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import tempfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

LINGERING_SECONDS = 20 * 60.0
_SECONDS = 30
_DRAFT = "draft-"


class Damaged(Exception):
    """An archive that is not what its digest says."""


class Unpacked:
    """A folder of unpacked archives, named by their SHA-256. Safe to use from several threads."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._unwanted_since = dict.fromkeys(self._entries(), float("-inf"))

    def folder(self, sha256: str, location: Callable[[], str]) -> Path:
        """The archive whose digest (base64, as Lambda tells it) is `sha256`; fetched from `location()` if unknown.

        Raises Damaged if what is there has another digest, OSError if it cannot be fetched.
        """
        target = self._place(sha256)
        with self._lock:
            self._unwanted_since.pop(target, None)
            if not target.is_dir():
                self._unpack(_fetched(location(), sha256), target)
        return target

    def prune(self, deployed: Iterable[str]) -> int:
        """Remove what is none of the archives `deployed` (digests) and was none for so long that no worker is left
        that runs it. Returns how many were removed."""
        wanted = {self._place(sha256) for sha256 in deployed}
        with self._lock:
            now = self._clock()
            since = {entry: self._unwanted_since.get(entry, now) for entry in self._entries() if entry not in wanted}
            doomed = [entry for entry, at in since.items() if now - at >= LINGERING_SECONDS]
            for entry in doomed:
                self._remove(entry)
                del since[entry]
            self._unwanted_since = since
        return len(doomed)

    def _entries(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []

    def _place(self, sha256: str) -> Path:
        return self._folder / base64.b64decode(sha256).hex()[:32]

    def _remove(self, entry: Path) -> None:
        """By another name first: half a folder must not be taken for a whole one."""
        draft = Path(tempfile.mkdtemp(dir=self._folder, prefix=_DRAFT))
        os.replace(entry, draft / entry.name)
        shutil.rmtree(draft, ignore_errors=True)

    def _unpack(self, archive: bytes, target: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=self._folder, prefix=_DRAFT))
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                opened.extractall(draft)
            draft.chmod(0o755)
            os.replace(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _fetched(url: str, sha256: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=_SECONDS) as answer:
        archive: bytes = answer.read()
    if base64.b64encode(hashlib.sha256(archive).digest()).decode() != sha256:
        raise Damaged(f"{url} is not the archive {sha256}")
    return archive
