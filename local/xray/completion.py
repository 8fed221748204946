"""The segments that managed services send on AWS and nobody sends on a laptop, derived from those that are there.

They are made anew whenever a trace is read and never stored. Their ids follow from what they are derived from, so that
the same trace is always completed alike.

API Gateway stage
    With active tracing the stage sends a segment `<API>/<stage>` of origin AWS::ApiGateway::Stage with the request,
    the answer's status and a subsegment `Lambda`, under which the function's segments hang:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-understanding-xray-traces.html
    Here: one for each function's segment that nobody in the trace has called and that served a route of
    `backoffice.http`. Its URL is the route's template, as the documents do not hold the path that was asked for.

Topic
    A topic with active tracing sends a segment for each message of a traced publisher, with its deliveries:
    https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html
    https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sns.html
    Here: one under each successful Publish, as every topic of this project is traced actively. When the message was
    delivered nobody knows: a delivery takes no time and exists only where a consumer tells of it.

Queue
    SQS passes the trace header on (`AWSTraceHeader`), and X-Ray shows the queue between sender and consumer:
    https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
    Here: one between a message's sender and each function whose record says by its annotation `queue` where it came
    from. It lasts from the sending until the message is first received. Two receipts of a message share it.
"""

import hashlib
import re
from collections import defaultdict
from typing import Any

from local.xray.assembly import Entity, Trace
from local.xray.fields import child, flag, text

STAGE, FUNCTION_SERVICE, FUNCTION = "AWS::ApiGateway::Stage", "AWS::Lambda", "AWS::Lambda::Function"
TOPIC, QUEUE = "AWS::SNS", "AWS::SQS::Queue"

_ROUTE = re.compile(r"([A-Z]+) (/\S*)").fullmatch
# <stage>-<context>-<role>: how this project names functions; its APIs are called <stage>-<context>.
_FUNCTION_NAME = re.compile(r"((\w+)-.+)-\w+").fullmatch


def complete(trace: Trace) -> Trace:
    """The trace with what the managed services would have sent. The entities given may be changed."""
    parts = _Parts(trace)
    stages = [stage for root in trace.roots if (stage := _stage(parts, root))]
    topics = {publish.id: _topic(trace, publish) for publish in parts.publishes()}
    queues = _queues(parts, topics)
    if not (stages or topics or queues):
        return trace
    everything = [*trace.roots, *stages, *topics.values(), *queues]
    return Trace(trace.id, sorted(everything, key=lambda root: (root.started, _RANK.get(root.origin, 9), root.id)))


# Of what starts in the same moment, callers come first.
_RANK: dict[str | None, int] = {STAGE: 0, FUNCTION_SERVICE: 1, FUNCTION: 2}


class _Parts:
    """A trace's entities by id."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.by_id = {entity.id: entity for root in trace.roots for entity in root.walk()}
        self.segments = [root for root in trace.roots if not root.is_subsegment]
        self._called: dict[str | None, list[Entity]] = defaultdict(list)
        for segment in self.segments:
            self._called[segment.parent_id].append(segment)

    def called_by(self, entity: Entity) -> list[Entity]:
        """The segments whose parent this is."""
        return self._called.get(entity.id, [])

    def publishes(self) -> list[Entity]:
        """The calls that put a message into a topic which has not told of it itself."""
        return [
            entity
            for entity in self.by_id.values()
            if _is_publish(entity) and not any(segment.origin == TOPIC for segment in self.called_by(entity))
        ]

    def consumers(self) -> list[Entity]:
        """The records that came out of a queue which has not told of them, and whose sender is known; by start."""
        return [
            segment
            for segment in self.segments
            if text(child(segment.fields, "annotations"), "queue")
            and (sender := self.by_id.get(segment.parent_id or ""))
            and sender.origin != QUEUE
        ]


def _stage(parts: _Parts, called: Entity) -> Entity | None:
    """The stage that has called this segment of the Lambda service, or of a function where the service's is missing."""
    if called.is_subsegment or called.parent_id in parts.by_id:
        return None
    functions = parts.called_by(called) if called.origin == FUNCTION_SERVICE else [called]
    for function in functions:
        name = _FUNCTION_NAME(str(function.fields["name"]))
        for entity in function.walk() if name and function.origin == FUNCTION else ():
            route = _ROUTE(text(child(entity.fields, "annotations"), "route") or "")
            if route and name:
                return _stage_segment(parts.trace, called, entity, (name[1], name[2], route[1], route[2]))
    return None


def _stage_segment(trace: Trace, called: Entity, served: Entity, names: tuple[str, str, str, str]) -> Entity:
    api, stage, method, path = names
    known = child(child(served.fields, "http"), "response").get("status")
    status = 502 if flag(called.fields, "fault") and not isinstance(known, int) else known
    answer = {"response": {"status": status}} if isinstance(status, int) else {}
    request = {"method": method, "url": f"https://{api}/{stage}{path}"}
    call_id = called.parent_id or _id("call", called)
    aws = {"operation": "Invoke", "function_name": str(called.fields["name"])}
    marks = {mark: True for mark in ("fault",) if flag(called.fields, mark)}
    segment = _segment(trace, _id("stage", called), f"{api}/{stage}", STAGE, called)
    segment.fields |= {"http": {"request": request} | answer, "annotations": {"aws:api_stage": stage}}
    segment.fields |= _marks(status)
    call = {"id": call_id, "name": "Lambda", "namespace": "aws", "aws": aws} | _times(called) | marks
    segment.children = [Entity(call, segment.id, is_subsegment=True)]
    _hang(called, call_id)
    return segment


def _marks(status: Any) -> dict[str, bool]:
    """The error marks that an HTTP status stands for.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-errors
    """
    if not isinstance(status, int) or status < 400:
        return {}
    if status >= 500:
        return {"fault": True}
    return {"error": True} | ({"throttle": True} if status == 429 else {})


def _is_publish(entity: Entity) -> bool:
    aws = child(entity.fields, "aws")
    if not entity.is_subsegment or aws.get("operation") not in ("Publish", "PublishBatch"):
        return False
    delivered = entity.ended is not None and not flag(entity.fields, "fault") and not flag(entity.fields, "error")
    return delivered and _topic_arn(aws) is not None


def _topic_arn(aws: dict[str, Any]) -> str | None:
    return text(aws, "topic_arn")


def _topic(trace: Trace, publish: Entity) -> Entity:
    arn = _topic_arn(child(publish.fields, "aws")) or ""
    segment = _segment(trace, _id("topic", publish), arn.rpartition(":")[2], TOPIC, publish)
    segment.fields |= {"aws": {"operation": "Publish", "topic_arn": arn}, "resource_arn": arn}
    _hang(segment, publish.id)
    return segment


def _queues(parts: _Parts, topics: dict[str, Entity]) -> list[Entity]:
    """A segment for each queue that passed a message on; consumers are hung under theirs, deliveries into topics."""
    queues: dict[str, Entity] = {}
    for consumer in parts.consumers():
        sender = parts.by_id[consumer.parent_id or ""]
        name = str(child(consumer.fields, "annotations")["queue"])
        publish = _publish_to(sender, consumer, topics)
        queue_id = _id(f"queue {name}", publish or sender)
        if queue_id not in queues:
            queues[queue_id] = _queue(parts.trace, queue_id, name, (publish or sender, consumer))
            if publish:
                _deliver(topics[publish.id], queues[queue_id])
            else:
                _hang(queues[queue_id], sender.id)
        _hang(consumer, queue_id)
    return list(queues.values())


def _publish_to(sender: Entity, consumer: Entity, topics: dict[str, Entity]) -> Entity | None:
    """The Publish that brought the message: the sender itself, or the last one in it before the message came."""
    before = [e for e in sender.walk() if e.id in topics and (e is sender or e.started <= consumer.started)]
    return max(before, key=lambda publish: (publish.started, publish.id), default=None)


def _queue(trace: Trace, queue_id: str, name: str, ends: tuple[Entity, Entity]) -> Entity:
    sent, received = ends
    begun = sent.started if sent.ended is None or sent.ended > received.started else sent.ended
    times = {"start_time": begun, "end_time": max(begun, received.started)}
    own = {"id": queue_id, "name": name, "trace_id": trace.id, "origin": QUEUE, "inferred": True}
    return Entity(own | times | {"aws": {"queue_name": name}}, None, is_subsegment=False)


def _deliver(topic: Entity, queue: Entity) -> None:
    at = topic.ended or topic.started
    call = {"id": _id("delivery", queue), "name": "SQS", "namespace": "aws", "start_time": at, "end_time": at}
    call["aws"] = {"operation": "SendMessage", "queue_name": queue.fields["name"]}
    topic.children.append(Entity(call, topic.id, is_subsegment=True))
    _hang(queue, str(call["id"]))


def _segment(trace: Trace, segment_id: str, name: str, origin: str, like: Entity) -> Entity:
    own = {"id": segment_id, "name": name, "trace_id": trace.id, "origin": origin}
    return Entity(own | _times(like), None, is_subsegment=False)


def _times(entity: Entity) -> dict[str, Any]:
    ended = {"in_progress": True} if entity.ended is None else {"end_time": entity.ended}
    return {"start_time": entity.started} | ended


def _hang(segment: Entity, parent_id: str) -> None:
    segment.parent_id = parent_id
    segment.fields = segment.fields | {"parent_id": parent_id}


def _id(kind: str, entity: Entity) -> str:
    return hashlib.sha256(f"{kind} {entity.id}".encode()).hexdigest()[:16]
