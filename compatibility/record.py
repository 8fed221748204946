"""What a service tells, relies on and answers: as it lies in the clone, or as it was deployed.

Both are read from the same files. What is deployed is asked of the functions' archive itself, so that no record can
differ from what runs: whoever deploys records, and a rollback rolls the record back.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from compatibility import contracts, reliance_file
from compatibility.contracts import ROOT, Contract, Message, Schema

_CONTRACTS = "shared/contracts/"  # in a clone, and in an archive by shared/serverless/package.yml
_API = "openapi.yml"


@dataclass(frozen=True)
class Record:
    """`told` and `relied` by message and version; `api` is the OpenAPI document; `since` says when it was deployed."""

    service: str
    told: dict[Message, Contract] = field(repr=False)
    relied: dict[Message, Schema] = field(repr=False)
    api_text: bytes = field(repr=False)
    since: str = ""

    @cached_property
    def api(self) -> dict[str, Any]:
        """The OpenAPI document; empty for a service that has none."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return dict(yaml.load(self.api_text, Loader=loader) or {})

    def versions_told(self, name: str) -> list[int]:
        return [message.version for message in self.told if message.name == name]

    def versions_relied(self, name: str) -> list[int]:
        return [message.version for message in self.relied if message.name == name]


def services(root: Path = ROOT) -> list[str]:
    """The services of a clone, by the names of their folders."""
    return sorted(found.parent.name for found in (root / "services").glob("*/serverless.yml"))


def of_clone(service: str, root: Path = ROOT) -> Record:
    """The candidate: what the sources of a service say. Raises NotAContract, ValueError."""
    folder = root / "services" / service
    return _record(service, contracts.read(root / _CONTRACTS), lambda name: _content(folder / name))


def of_archive(service: str, archive: bytes, since: str) -> Record:
    """What the archive of a service's functions says. Raises NotAContract, ValueError, BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        names = packed.namelist()
        found = [
            Contract.read(name.removeprefix(_CONTRACTS), packed.read(name))
            for name in sorted(names)
            if name.startswith(_CONTRACTS)
        ]
        return _record(service, found, lambda name: packed.read(name) if name in names else b"", since)


def _record(service: str, found: Iterable[Contract], content: Callable[[str], bytes], since: str = "") -> Record:
    relied = reliance_file.read(content(reliance_file.NAME))
    return Record(service, contracts.told_by(service, found), relied, content(_API), since)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
