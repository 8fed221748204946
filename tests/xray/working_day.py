"""Documents as the project's functions and Lambda send them, each a little later than the one before."""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.xray.support import Fields, new_id, new_trace_id

TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:test-support-events"


@dataclass
class Sent:
    """The documents of one trace; `tip` is the id of what a header made now would name as the parent."""

    trace_id: str
    tip: str
    documents: list[Fields] = field(default_factory=list)
    publish: Fields = field(default_factory=dict)


class Day:
    """Times go on by 10 ms with each segment, from `at` (epoch seconds)."""

    def __init__(self, at: float | None = None) -> None:
        self.at = float(int(time.time())) if at is None else at

    def segment(self, trace_id: str, **fields: Any) -> Fields:
        """A segment of 8 ms."""
        self.at = round(self.at + 0.01, 3)
        times = {"start_time": self.at, "end_time": round(self.at + 0.008, 3)}
        return {"trace_id": trace_id, "id": new_id(), "name": "x"} | times | fields

    def subsegment(self, sent: Sent, parent_id: str, **fields: Any) -> Fields:
        made = self.segment(sent.trace_id, type="subsegment", parent_id=parent_id, **fields)
        sent.documents.append(made)
        return made

    def invocation(self, function: str, **fields: Any) -> Sent:
        """What Lambda sends of an invocation in a trace of its own."""
        sent = Sent(new_trace_id(self.at), "")
        service = self.segment(sent.trace_id, name=function, origin="AWS::Lambda", **fields)
        own = service | {"id": new_id(), "origin": "AWS::Lambda::Function", "parent_id": service["id"]}
        sent.documents += [service, own]
        sent.tip = own["id"]
        return sent

    def request(self, function: str, route: str, status: int | None = 200, **fields: Any) -> Sent:
        """An API call that is answered, with one write to the function's table."""
        sent = self.invocation(function, **fields)
        answer = {"http": {"response": {"status": status}}} if status else {}
        marks = {"error": True} if status and status >= 400 else {}
        span = self.subsegment(sent, sent.tip, name="handle", annotations={"route": route}, **answer, **marks)
        self.write(sent, span["id"], function)
        sent.tip = span["id"]
        return sent

    def write(self, sent: Sent, parent_id: str, function: str, **fields: Any) -> Fields:
        """A call of DynamoDB for the table of the function's context."""
        aws = {"operation": "TransactWriteItems", "table_name": function.rpartition("-")[0]}
        return self.subsegment(sent, parent_id, name="dynamodb", namespace="aws", aws=aws, **fields)

    def relayed(self, request: Sent, function: str, **marks: Any) -> Sent:
        """A record of the relay in the request's trace, with its Publish; the header names the record."""
        record = self._record(request, function)
        aws = {"operation": "Publish", "topic_arn": TOPIC_ARN}
        own = Sent(request.trace_id, record["id"], request.documents)
        own.publish = self.subsegment(own, record["id"], name="sns", namespace="aws", aws=aws, **marks)
        return own

    def taken(self, sender: Sent, function: str, **fields: Any) -> Fields:
        """A record of a consumer, with one write."""
        record = self._record(sender, function, annotations={"queue": function}, **fields)
        self.write(sender, record["id"], function)
        return record

    def _record(self, sender: Sent, function: str, **fields: Any) -> Fields:
        record = self.segment(
            sender.trace_id, name=function, origin="AWS::Lambda::Function", parent_id=sender.tip, **fields
        )
        sender.documents.append(record)
        return record
