"""The contracts: what each context tells, asks and answers, as `shared/contracts` says it.

A file `<context>/<Name>.v<version>.json` is a JSON Schema of the data of a message that this context sends: an event,
or what `x-kind` says, a command or a reply. A version that is not sent any more, but may still be on its way, is
`deprecated`. The envelope's contract stands above the contexts and is everybody's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "shared" / "contracts"
ENVELOPE = "Envelope"
KINDS = ("event", "command", "reply")

Schema = dict[str, Any]
_FILE = re.compile(r"(?:(?P<context>[a-z0-9-]+)/)?(?P<name>\w+)\.v(?P<version>[1-9]\d*)\.json")


class NotAContract(ValueError):
    """A file among the contracts that is none."""


class Message(NamedTuple):
    """A message's type in one version; written `TicketSolved.v1` in files and `TicketSolved v1` for people."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def key(self) -> str:
        return f"{self.name}.v{self.version}"

    @classmethod
    def of(cls, key: str) -> Self:
        """Read `TicketSolved.v1`. Raises ValueError."""
        name, _, version = key.rpartition(".v")
        return cls(name, int(version))


@dataclass(frozen=True)
class Contract:
    """What is promised of one message; `context` is the one that sends it, None for the envelope."""

    context: str | None
    message: Message
    schema: Schema = field(repr=False, compare=False)

    @classmethod
    def read(cls, name: str, text: str | bytes) -> Self:
        """A contract from its file's name below the folder of the contracts. Raises NotAContract."""
        found = _FILE.fullmatch(name)
        if found is None:
            raise NotAContract(f"{name} is not named <context>/<Message>.v<version>.json")
        try:
            schema = json.loads(text)
        except ValueError as error:
            raise NotAContract(f"{name} is not JSON: {error}") from None
        title = ENVELOPE if found["context"] is None else found["name"]
        return cls(found["context"], Message(title, int(found["version"])), schema)

    @property
    def kind(self) -> str:
        """`event`, `command` or `reply`."""
        return str(self.schema.get("x-kind", KINDS[0]))

    @property
    def is_deprecated(self) -> bool:
        """It is not sent any more; those that are on their way must still be understood."""
        return bool(self.schema.get("deprecated", False))

    @property
    def examples(self) -> list[Any]:
        return list(self.schema.get("examples", []))

    @property
    def where(self) -> str:
        """How a fault in it begins: its fields are those of the envelope, or of a message's data."""
        return "envelope" if self.context is None else "data"


def read(folder: Path = FOLDER) -> list[Contract]:
    """All contracts in a folder, in the order of their names. Raises NotAContract for any other file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Contract.read(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]


def told_by(context: str, contracts: Iterable[Contract]) -> dict[Message, Contract]:
    """What a context may send, the envelope included, by message and version."""
    return {one.message: one for one in contracts if one.context in (context, None)}
