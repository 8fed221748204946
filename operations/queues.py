"""The queues of a stage, each with its dead letters."""

from __future__ import annotations

import json
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from operations.ages import Ages
from operations.problems import asking, not_found
from operations.stacks import QUEUE, Stacks
from operations.stage import Stage

Members = dict[str, Any]
# Of a queue that no other one feeds: what a stream's mapping could not deliver goes there directly.
_SUFFIX = "-dead-letters"
RELAYS_LETTERS = "-relay-dead-letters"


@dataclass(frozen=True)
class Queue:
    """`sources` are the names of the queues whose dead letters it takes; numbers are SQS's approximate ones."""

    name: str
    url: str
    context: str
    attributes: Members = field(repr=False)
    sources: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        return str(self.attributes["QueueArn"])

    @property
    def is_fifo(self) -> bool:
        return self.attributes.get("FifoQueue") == "true"

    @property
    def takes_dead_letters(self) -> bool:
        return bool(self.sources) or self.name.endswith(_SUFFIX)

    @property
    def is_a_relays(self) -> bool:
        """Whether it takes the messages that a relay did not tell; it hands them to the relay again."""
        return not self.sources and self.name.endswith(RELAYS_LETTERS)

    @property
    def dead_letter_arn(self) -> str | None:
        """Where SQS moves what was received too often."""
        policy: dict[str, str] = json.loads(self.attributes.get("RedrivePolicy") or "{}")
        return policy.get("deadLetterTargetArn")

    @property
    def depth(self) -> int:
        return self._number("ApproximateNumberOfMessages")

    @property
    def in_flight(self) -> int:
        return self._number("ApproximateNumberOfMessagesNotVisible")

    @property
    def delayed(self) -> int:
        return self._number("ApproximateNumberOfMessagesDelayed")

    def _number(self, name: str) -> int:
        return int(self.attributes.get(name, 0))


def queues(stage: Stage, stacks: Stacks) -> dict[str, Queue]:
    """All queues of the stage by name."""
    found = stacks.resources(QUEUE)
    if not found:
        return {}
    client = stage.client("sqs")

    def ask(url: str) -> Members | None:
        with asking("about a queue"):
            try:
                return dict(client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
            except client.exceptions.QueueDoesNotExist:
                return None  # deleted since the stacks were asked

    with ThreadPoolExecutor(min(8, len(found))) as several:
        answers = list(several.map(ask, [resource.id for resource in found]))
    known = [
        Queue(resource.id.rpartition("/")[2], resource.id, resource.context, attributes)
        for resource, attributes in zip(found, answers, strict=True)
        if attributes is not None
    ]
    sources: dict[str, list[str]] = defaultdict(list)
    for queue in known:
        if queue.dead_letter_arn:
            sources[queue.dead_letter_arn].append(queue.name)
    return {
        queue.name: Queue(queue.name, queue.url, queue.context, queue.attributes, tuple(sources[queue.arn]))
        for queue in sorted(known, key=lambda one: one.name)
    }


def overview(stage: Stage, stacks: Stacks, ages: Ages) -> Members:
    """`{"items": [..]}`: each queue with the dead letters that came out of it."""
    found = queues(stage, stacks)
    by_arn = {queue.arn: queue for queue in found.values()}
    known = ages.of(found) if found else {}
    return {"items": [_told(queue, by_arn, known) for queue in found.values() if not queue.sources]}


def dead_letter_queue(stage: Stage, stacks: Stacks, name: str) -> tuple[Queue, Queue | None]:
    """A queue of dead letters and the one that they came out of, None where no queue feeds it.

    Raises Problem for a name that is none's.
    """
    found = queues(stage, stacks)
    queue = found.get(name)
    if queue is None or not queue.takes_dead_letters:
        known = ", ".join(one.name for one in found.values() if one.takes_dead_letters) or "none"
        raise not_found(f"The stage has no queue of dead letters named {name[:80]}.", f"It has: {known}.")
    return queue, found[queue.sources[0]] if len(queue.sources) == 1 else None


def depth(stage: Stage, queue: Queue) -> int:
    """How many messages are in a queue now, approximately."""
    name = "ApproximateNumberOfMessages"
    with asking("about the queue"):
        found = stage.client("sqs").get_queue_attributes(QueueUrl=queue.url, AttributeNames=[name])
    return int(found["Attributes"][name])


def _told(queue: Queue, by_arn: dict[str, Queue], ages: dict[str, float]) -> Members:
    if queue.takes_dead_letters:
        dead: Queue | None = queue
        numbers: Members = {"depth": None, "in_flight": None, "delayed": None, "oldest_age": None}
    else:
        dead = by_arn.get(queue.dead_letter_arn or "")
        numbers = {"depth": queue.depth, "in_flight": queue.in_flight, "delayed": queue.delayed}
        numbers["oldest_age"] = ages.get(queue.name)
    letters: Members | None = None
    if dead:
        letters = {
            "name": dead.name,
            "depth": dead.depth,
            "in_flight": dead.in_flight,
            "oldest_age": ages.get(dead.name),
        }
        letters["redrivable"] = dead.is_a_relays or (len(dead.sources) == 1 and not dead.is_fifo)
    return {"name": queue.name, "context": queue.context, **numbers, "dead_letters": letters}
