"""Who tells what to whom, as contracts and services say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from compatibility import contracts, record
from compatibility.contracts import Contract, Message

CHANNELS = {"event": "events", "command": "commands", "reply": "inbox"}
"""Where a kind of message goes: the topic of whoever tells it, the queue of whoever carries it out or has asked."""


@dataclass(frozen=True)
class Channel:
    """A topic or a queue, `<stage>-<context>-<name>`."""

    context: str
    name: str

    @property
    def address(self) -> str:
        return f"{{stage}}-{self.context}-{self.name}"

    @property
    def is_topic(self) -> bool:
        return self.name == CHANNELS["event"]

    def __str__(self) -> str:
        return f"{self.context}-{self.name}"


@dataclass(frozen=True)
class House:
    """The envelope's contract, those of all messages, and the services that consume each one."""

    envelope: Contract
    messages: tuple[Contract, ...]
    consumers: Mapping[Message, tuple[str, ...]]

    @classmethod
    def read(cls, root: Path = contracts.ROOT) -> House:
        """The house as it stands in a clone. Raises NotAContract, ValueError."""
        every = contracts.read(root / contracts.FOLDER.relative_to(contracts.ROOT))
        (envelope,) = [one for one in every if one.context is None]
        names = record.services(root)
        relied = {service: record.of_clone(service, root).relied for service in names}
        told = tuple(one for one in every if one.context is not None)
        consumers = {one.message: tuple(service for service in names if one.message in relied[service]) for one in told}
        return cls(envelope, told, consumers)

    @property
    def contexts(self) -> list[str]:
        """Everybody who tells, asks or listens."""
        listeners = (service for services in self.consumers.values() for service in services)
        tellers = (str(one.context) for one in self.messages)
        return sorted({*listeners, *tellers})

    def channels_of(self, contract: Contract) -> list[Channel]:
        """Where a message goes: an event to its sender's topic, a command or a reply to its receivers' queues."""
        ends = [str(contract.context)] if contract.kind == "event" else self.consumers[contract.message]
        return [Channel(context, CHANNELS[contract.kind]) for context in sorted(ends)]

    def channels(self) -> dict[Channel, list[Contract]]:
        """Every channel with the messages that go through it."""
        found: dict[Channel, list[Contract]] = {}
        for one in self.messages:
            for channel in self.channels_of(one):
                found.setdefault(channel, []).append(one)
        return dict(sorted(found.items(), key=lambda entry: str(entry[0])))
