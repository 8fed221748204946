"""Dead letters sent back to where they came from, or discarded.

A letter is sent first and deleted afterwards. A crash in between leaves it in both queues: it is delivered twice, which
every inbox takes once (`backoffice.messages.inbox`); no order of steps that a crash could interrupt loses one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from operations.audit import Audit
from operations.dead_letters import Look, gone
from operations.problems import Problem, asking, bad_request
from operations.queues import Queue
from operations.stage import Stage
from operations.untold import Retelling

Members = dict[str, Any]
SLOWEST, FASTEST = 0.1, 100.0
# What concerns one letter only; everything else would befall the next one, too.
_OF_ONE_LETTER = {"bad_request"}
_HIDDEN_SECONDS = 30
_A_RECEIVE = 10


@dataclass(frozen=True)
class Order:
    """What to do with which letters: those of `ids`, or up to `most` of all that are there now.

    `rate` is how many a second; with `dry_run` nothing is changed.
    """

    action: str
    ids: tuple[str, ...] | None
    rate: float = 10.0
    most: int | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if not SLOWEST <= self.rate <= FASTEST:
            raise bad_request(
                f"{self.rate:g} letters a second are not possible.", f"Choose a rate from {SLOWEST:g} to {FASTEST:g}."
            )


@dataclass
class Outcome:
    """The ids of the letters that are done, and `{"id", "reason"}` of those that are not."""

    done: list[str] = field(default_factory=list)
    failed: list[Members] = field(default_factory=list)


def check_allowed(allowed: bool, stage: Stage) -> None:
    """Raises Problem unless writing is allowed: always on the local stage, elsewhere only where it was asked for."""
    if not (allowed or stage.is_local):
        raise Problem(
            "read_only",
            f"Nothing is changed on {stage.name}: this session may only read.",
            "Start it again with --allow-writes (`make console STAGE=... WRITES=1`).",
            403,
        )


def redrive(stage: Stage, queue: Queue, source: Queue | None, order: Order) -> Outcome:
    """Send letters back to `source`, with body, message attributes and trace header as they were.

    Those of a relay are handed to the relay again. Raises Problem where there is no way back, and for what stops the
    first letter and would stop all.
    """
    if queue.is_a_relays:
        return _carry_out(stage, queue, order, (Retelling(stage, queue), set()))
    target = way_back(queue, source)
    client = stage.client("sqs")
    sent: set[str] = set()

    def send_back(message: Members) -> None:
        with asking(f"to send a letter to {target.name}"):
            sent.add(client.send_message(QueueUrl=target.url, **_as_sent(message))["MessageId"])
        with asking("to delete a letter that has been sent back"):
            client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])

    return _carry_out(stage, queue, order, (send_back, sent))


def destination(stage: Stage, queue: Queue, source: Queue | None) -> str:
    """The name of what gets the letters back. Raises Problem where there is no one such."""
    return Retelling(stage, queue).function if queue.is_a_relays else way_back(queue, source).name


def way_back(queue: Queue, source: Queue | None) -> Queue:
    """Where the letters of a queue go back to. Raises Problem where there is no one such queue, or a FIFO one."""
    if source is None:
        raise bad_request(
            f"{queue.name} is fed by {'several queues' if queue.sources else 'no queue'}: there is no one way back.",
            "Repair what failed; discard the letters once their content is dealt with (docs/runbooks/dead-letters.md).",
        )
    if queue.is_fifo:
        raise bad_request(
            f"{queue.name} is a FIFO queue: sending single letters back would break its order.",
            "Move it as a whole: `aws sqs start-message-move-task`.",
        )
    return source


def discard(stage: Stage, queue: Queue, order: Order) -> Outcome:
    """Delete letters for good. Raises Problem for what stops the first letter and would stop all."""
    client = stage.client("sqs")

    def delete(message: Members) -> None:
        with asking("to delete a letter"):
            client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])

    return _carry_out(stage, queue, order, (delete, set()))


def _carry_out(stage: Stage, queue: Queue, order: Order, how: tuple[Callable[[Members], None], set[str]]) -> Outcome:
    """`how` is what is done to a letter, and the ids of those that came into being by it: they may fail and return."""
    act, own = how
    audit = Audit.of(stage)
    outcome = Outcome()
    with Look(stage, queue, _HIDDEN_SECONDS + int(_A_RECEIVE / order.rate)) as look:
        chosen = look.all() if order.ids is None else look.some(set(order.ids))
        wanted = (message for message in chosen if message["MessageId"] not in own)
        for message in _paced(islice(wanted, order.most), order):
            letter = message["MessageId"]
            if order.dry_run:
                outcome.done.append(letter)
                continue
            try:
                act(message)
            except Problem as problem:
                audit.tell(order.action, queue.name, letter, problem.code)
                outcome.failed.append({"id": letter, "reason": str(problem)})
                if problem.code in _OF_ONE_LETTER:
                    continue
                if not outcome.done:
                    raise
                break
            look.deleted(message)
            audit.tell(order.action, queue.name, letter)
            outcome.done.append(letter)
    return _with_missing(outcome, order)


def _paced(messages: Iterator[Members], order: Order) -> Iterator[Members]:
    due = time.monotonic()
    for message in messages:
        if not order.dry_run:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + 1 / order.rate
        yield message


def _with_missing(outcome: Outcome, order: Order) -> Outcome:
    reached = {*outcome.done, *(one["id"] for one in outcome.failed)}
    for letter in order.ids or ():
        if letter not in reached:
            outcome.failed.append({"id": letter, "reason": gone(letter)})
    return outcome


def _as_sent(message: Members) -> Members:
    """SendMessage's arguments for the same message again.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    """
    kept = ("DataType", "StringValue", "BinaryValue")
    attributes = {
        name: {key: value[key] for key in kept if key in value}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    header = message.get("Attributes", {}).get("AWSTraceHeader")
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}} if header else {}
    return {"MessageBody": message["Body"], "MessageAttributes": attributes, "MessageSystemAttributes": trace}
