"""The words that every domain model shares. Pure: knows neither AWS, nor HTTP, nor JSON."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class RuleBroken(Exception):
    """The state of the world forbids what was asked.

    Args:
        code: machine-readable name of the rule, for example ``illegal_transition``.
        detail: a sentence for people.
        extra: JSON-able members that help the caller to go on, for example the states that are allowed.
    """

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.extra = extra


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field; nested fields are written with dots and indexes: ``lines.0.quantity``."""

    field: str
    message: str


class Invalid(Exception):
    """What was asked makes no sense as it stands; names every field at fault."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = list(errors)
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in self.errors))

    @classmethod
    def one(cls, field: str, message: str) -> "Invalid":
        """The common case: a single field at fault."""
        return cls([FieldError(field, message)])


@dataclass(frozen=True)
class Fact:
    """Something that happened, as the domain tells it; the message kit makes an event of it.

    ``data`` is JSON-able: amounts as decimal strings, times as RFC 3339 strings. ``schema_version`` is that of the
    contract that it keeps.
    """

    type: str
    data: dict[str, Any]
    occurred_at: datetime
    schema_version: int = field(default=1, kw_only=True)


@dataclass(frozen=True)
class ReturnAddress:
    """Whom to answer, and about what: whoever is asked keeps it until there is an answer, for days if need be.

    Opaque to the domain: ``queue`` is the asker's, ``trace`` the trace that the answer continues, if there is one.

    Source: https://www.enterpriseintegrationpatterns.com/patterns/messaging/ReturnAddress.html
    """

    queue: str
    command_id: str
    correlation_id: str
    trace: str | None = None


@dataclass(frozen=True)
class Command(Fact):
    """What another context, ``asked``, is to do; it answers into this context's inbox."""

    asked: str


@dataclass(frozen=True)
class Reply(Fact):
    """The answer to a command; only its asker hears of it."""

    to: ReturnAddress


@dataclass(kw_only=True)
class Aggregate:
    """A consistency boundary: loaded whole, changed by its own methods, written at once with its facts.

    ``version`` is the version that was read (0: not yet stored). ``facts``, commands and replies among them, become
    messages of ``version + 1``.
    """

    id: str
    version: int = 0
    facts: list[Fact] = field(default_factory=list, compare=False, repr=False)

    @property
    def next_version(self) -> int:
        """The version that the current change makes."""
        return self.version + 1

    def record(self, type: str, data: dict[str, Any], at: datetime, *, schema_version: int = 1) -> None:
        """Remember a fact to be published together with the change that caused it."""
        self.facts.append(Fact(type, data, at, schema_version=schema_version))

    def ask(self, context: str, type: str, data: dict[str, Any], at: datetime) -> None:
        """Remember a command to one other context, to be sent together with the change that caused it."""
        self.facts.append(Command(type, data, at, context))

    def reply(self, to: ReturnAddress, type: str, data: dict[str, Any], at: datetime) -> None:
        """Remember the answer to a command, to be sent together with the change that it tells of."""
        self.facts.append(Reply(type, data, at, to))
