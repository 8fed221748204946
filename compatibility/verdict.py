"""May this version of a service be deployed beside what runs? Yes, or who breaks, at which field, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from compatibility import apis
from compatibility.contracts import Message
from compatibility.fitting import Misfit, misfits
from compatibility.record import Record

CLIENTS = "clients"


class Objection(NamedTuple):
    """`consumer` breaks: a context, or the clients of the API; `subject` is a message with its teller, or a route."""

    consumer: str
    subject: str
    field: str
    reason: str

    def __str__(self) -> str:
        relies = "rely" if self.consumer == CLIENTS else "relies"
        return f"{self.consumer} {relies} on {self.subject}: {self.field} {self.reason}"


@dataclass(frozen=True)
class Verdict:
    """An answer for one service; `compared` are the records that it was compared with.

    `known` is what does not fit on that stage already, whether this version is deployed or not.
    """

    service: str
    objections: list[Objection]
    known: list[Objection]
    compared: list[Record] = field(repr=False)

    @property
    def is_yes(self) -> bool:
        return not self.objections


def verdict(candidate: Record, deployed: Iterable[Record]) -> Verdict:
    """Compare a candidate with what is deployed, itself included, in both directions."""
    compared = list(deployed)
    before = next((one for one in compared if one.service == candidate.service), None)
    others = [one for one in compared if one is not before]
    standing = _between(before, others, replaces=True) if before else []
    found = _between(candidate, others, replaces=before is not None)
    if before:
        found += [
            Objection(consumer.service, *gone) for consumer in others for gone in _gone(candidate, before, consumer)
        ]
        found += [Objection(CLIENTS, *broken) for broken in apis.breaks(before.api, candidate.api)]
    known = [objection for objection in found if objection in standing]
    return Verdict(candidate.service, [one for one in found if one not in known], known, compared)


def _between(service: Record, others: Iterable[Record], *, replaces: bool) -> list[Objection]:
    """What does not fit between a service and the others, in both directions.

    A service that `replaces` one must go on telling what others read, even if they could do without; the first of its
    name has promised nothing yet.
    """
    return [
        objection
        for other in others
        for objection in (*_understood(service, other, reads_all=replaces), *_understood(other, service))
    ]


def _understood(producer: Record, consumer: Record, *, reads_all: bool = False) -> Iterator[Objection]:
    """What a producer tells and a consumer would not understand."""
    for message, contract in producer.told.items():
        if not consumer.versions_relied(message.name):
            continue
        subject = f"{message} of {producer.service}"
        if message not in consumer.relied:
            yield Objection(consumer.service, subject, *_not_understood(message, consumer))
            continue
        relied = consumer.relied[message]
        for fault in misfits(contract.schema, relied, contract.where, reads_all=reads_all):
            yield Objection(consumer.service, subject, *fault)


def _gone(candidate: Record, before: Record, consumer: Record) -> Iterator[tuple[str, str, str]]:
    """Messages that a consumer waits for in vain from now on."""
    for name in sorted({message.name for message in before.told}):
        if consumer.versions_relied(name) and not candidate.versions_told(name):
            yield f"{name} of {candidate.service}", "the message", "is told no longer"


def _not_understood(message: Message, consumer: Record) -> Misfit:
    known = ", ".join(f"v{version}" for version in sorted(consumer.versions_relied(message.name)))
    return Misfit("schema_version", f"may be {message.version}, and it understands {known} only")
