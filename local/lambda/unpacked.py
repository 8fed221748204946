"""Deployed archives, unpacked once per content: the folders that workers import from."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import tempfile
import threading
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

_SECONDS = 30


class Damaged(Exception):
    """An archive that is not what its digest says."""


class Unpacked:
    """A folder of unpacked archives, named by their SHA-256. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def folder(self, sha256: str, location: Callable[[], str]) -> Path:
        """The archive whose digest (base64, as Lambda tells it) is `sha256`; fetched from `location()` if unknown.

        Raises Damaged if what is there has another digest, OSError if it cannot be fetched.
        """
        target = self._folder / base64.b64decode(sha256).hex()[:32]
        with self._lock:
            if not target.is_dir():
                self._unpack(_fetched(location(), sha256), target)
        return target

    def _unpack(self, archive: bytes, target: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=self._folder, prefix="draft-"))
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
