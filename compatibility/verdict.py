"""May this version of a service be deployed beside what runs? Yes, or who breaks, at which field, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from compatibility import apis
from compatibility.contracts import Contract, Message, Schema
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
        return f"{self.consumer} relies on {self.subject}: {self.field} {self.reason}"


@dataclass(frozen=True)
class Verdict:
    """An answer for one service; `compared` are the records that it was compared with."""

    service: str
    objections: list[Objection]
    compared: list[Record] = field(repr=False)

    @property
    def is_yes(self) -> bool:
        return not self.objections


def verdict(candidate: Record, deployed: Iterable[Record]) -> Verdict:
    """Compare a candidate with what is deployed, itself included, in both directions."""
    compared = list(deployed)
    before = next((one for one in compared if one.service == candidate.service), None)
    objections = [
        *(objection for one in compared if one is not before for objection in _breaks(candidate, before, one)),
        *(objection for one in compared if one is not before for objection in _lacks(candidate, one)),
    ]
    if before:
        objections += [
            Objection(CLIENTS, where, field, reason) for where, field, reason in apis.breaks(before.api, candidate.api)
        ]
    return Verdict(candidate.service, list(dict.fromkeys(objections)), compared)


def _breaks(candidate: Record, before: Record | None, consumer: Record) -> Iterator[Objection]:
    """What the candidate tells and a deployed consumer does not understand, or does without all at once."""
    for message, contract in candidate.told.items():
        if not consumer.versions_relied(message.name):
            continue
        subject = f"{message} of {candidate.service}"
        if message not in consumer.relied:
            yield Objection(consumer.service, subject, *_not_understood(message, consumer))
            continue
        earlier = before.told.get(message) if before else None
        for fault in _taken_away(contract, earlier, consumer.relied[message]):
            yield Objection(consumer.service, subject, *fault)
    for name in {message.name for message in before.told} if before else ():
        if consumer.versions_relied(name) and not candidate.versions_told(name):
            yield Objection(consumer.service, f"{name} of {candidate.service}", "the message", "is told no longer")


def _lacks(candidate: Record, producer: Record) -> Iterator[Objection]:
    """What a deployed producer tells and the candidate would not understand."""
    for message, contract in producer.told.items():
        if not candidate.versions_relied(message.name):
            continue
        subject = f"{message} of {producer.service}"
        if message not in candidate.relied:
            yield Objection(candidate.service, subject, *_not_understood(message, candidate))
            continue
        for fault in misfits(contract.schema, candidate.relied[message], contract.where):
            yield Objection(candidate.service, subject, *fault)


def _not_understood(message: Message, consumer: Record) -> Misfit:
    known = ", ".join(f"v{version}" for version in sorted(consumer.versions_relied(message.name)))
    return Misfit("schema_version", f"may be {message.version}, and it understands {known} only")


def _taken_away(contract: Contract, earlier: Contract | None, relied: Schema) -> list[Misfit]:
    """What the consumer cannot do without, and what it reads where there is some and that has been there until now."""
    found = misfits(contract.schema, relied, contract.where)
    if earlier:
        missed = misfits(contract.schema, relied, contract.where, reads_all=True)
        always_missed = misfits(earlier.schema, relied, contract.where, reads_all=True)
        found += [fault for fault in missed if fault not in found and fault not in always_missed]
    return found
