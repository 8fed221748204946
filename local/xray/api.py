"""The X-Ray API: what each operation answers. Routes and the shapes of requests are botocore's own model's.

https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
"""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.utils import parse_to_aware_datetime
from botocore.validate import ParamValidator

from local.xray.assembly import assemble, document
from local.xray.collector import Collector, Unavailable
from local.xray.documents import Document, Rejected, loads, parse
from local.xray.store import Reader, TimeRange
from local.xray.summaries import summary

SUMMARIES_A_PAGE = 100
TRACES_A_CALL = 5  # https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html
_BEFORE_ALL = (math.inf, "")

Members = dict[str, Any]


class Refused(Exception):
    """An error answer: the HTTP status, and the code and message that boto3's ClientError shows."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> Refused:
    return Refused("InvalidRequestException", message)


class Api:
    """Reads the database at `path`, writes through the collector. Called from several threads at once."""

    def __init__(self, path: Path, collector: Collector) -> None:
        self._path, self._collector = path, collector
        self._model = ServiceModel(Loader().load_service_model("xray", "service-2"), "xray")
        self._routes = {
            (operation.http["method"], operation.http["requestUri"]): operation
            for operation in map(self._model.operation_model, self._model.operation_names)
        }
        self._handlers: dict[str, Callable[[Members], Members]] = {
            "PutTraceSegments": self.put_trace_segments,
            "GetTraceSummaries": self.get_trace_summaries,
            "BatchGetTraces": self.batch_get_traces,
        }

    def answer(self, method: str, uri: str, body: bytes) -> Members:
        """The answer's JSON-able body, or Refused."""
        operation = self._routes.get((method, uri))
        if operation is None:
            raise Refused("UnknownOperationException", f"There is no operation {method} {uri}", 404)
        handler = self._handlers.get(operation.name)
        if handler is None:
            raise Refused("NotImplementedException", f"{operation.name} is not supported by the local X-Ray yet", 501)
        return handler(self._request(operation.input_shape, body))

    def put_trace_segments(self, request: Members) -> Members:
        """Answers when the valid documents are committed, and names those that are not stored."""
        accepted: list[Document] = []
        unprocessed: list[Members] = []
        for text in request["TraceSegmentDocuments"]:
            try:
                accepted.append(parse(text.encode("utf-8", "surrogatepass")))
            except Rejected as rejected:
                self._collector.counts.add(received=1)
                self._collector.counts.reject(rejected)
                unprocessed.append(_unprocessed(rejected))
        if accepted:
            self._submit(accepted)
        return {"UnprocessedTraceSegments": unprocessed}

    def get_trace_summaries(self, request: Members) -> Members:
        """A page of summaries, latest trace first.

        The time range counts in whole seconds, both included, as the time in a trace id does. `Sampling` allows for
        fewer traces and is granted by returning all of them.
        """
        if request.get("FilterExpression"):
            raise invalid("FilterExpression is not supported by the local X-Ray yet")
        kind = request.get("TimeRangeType", "TraceId")
        if kind not in ("TraceId", "Event"):
            raise invalid(f"TimeRangeType {kind} is not supported by the local X-Ray: use TraceId or Event")
        start, end = _second(request["StartTime"]), _second(request["EndTime"])
        if start > end:
            raise invalid("StartTime is after EndTime")
        return self._page(cast(TimeRange, kind), (start, end + 1), request.get("NextToken"))

    def batch_get_traces(self, request: Members) -> Members:
        """The traces that are known, each with its segment documents, and the ids of those that are not."""
        ids = list(dict.fromkeys(request["TraceIds"]))
        if not 1 <= len(ids) <= TRACES_A_CALL:
            raise invalid(f"TraceIds must hold 1 to {TRACES_A_CALL} ids")
        if request.get("NextToken"):
            raise invalid("NextToken is not one of this operation's")
        with Reader(self._path) as reader:
            bodies = reader.bodies(ids)
        return {
            "Traces": [_trace(trace_id, bodies[trace_id]) for trace_id in ids if trace_id in bodies],
            "UnprocessedTraceIds": [trace_id for trace_id in ids if trace_id not in bodies],
        }

    def _request(self, shape: Any, body: bytes) -> Members:
        try:
            members = loads(body or b"{}")
        except (ValueError, RecursionError):
            raise invalid("The body is not JSON") from None
        try:
            report = ParamValidator().validate(members, shape)
        except (OverflowError, OSError, RuntimeError):  # all of which botocore raises for times out of range
            raise invalid("A time is out of range") from None
        if report.has_errors():
            raise invalid(report.generate_report())
        return cast(Members, members)

    def _submit(self, documents: list[Document]) -> None:
        try:
            self._collector.submit(documents)
        except Unavailable:
            raise Refused("ServiceUnavailable", "The documents could not be stored in time", 503) from None

    def _page(self, kind: TimeRange, between: tuple[int, int], token: str | None) -> Members:
        before = _read_token(token, [kind, *between]) if token else _BEFORE_ALL
        with Reader(self._path) as reader:
            found = reader.traces(kind, between, before, SUMMARIES_A_PAGE + 1)
            page = found[:SUMMARIES_A_PAGE]
            bodies = reader.bodies(trace_id for trace_id, _ in page)
        summaries = [summary(assemble(trace_id, bodies[trace_id])) for trace_id, _ in page]
        answer = {
            "TraceSummaries": summaries,
            "ApproximateTime": min((s["StartTime"] for s in summaries), default=between[0]),
            "TracesProcessedCount": len(summaries),
        }
        if len(found) > SUMMARIES_A_PAGE:
            trace_id, time = page[-1]
            answer["NextToken"] = _token([kind, *between], (time, trace_id))
        return answer


def _unprocessed(rejected: Rejected) -> Members:
    members = {"Id": rejected.entity_id, "ErrorCode": rejected.code, "Message": str(rejected)}
    return {name: value for name, value in members.items() if value is not None}


def _trace(trace_id: str, bodies: list[str]) -> Members:
    trace = assemble(trace_id, bodies)
    segments = [{"Id": root.id, "Document": json.dumps(document(root, trace_id))} for root in trace.roots]
    members = {"Id": trace_id, "Duration": trace.duration, "LimitExceeded": False, "Segments": segments}
    return {name: value for name, value in members.items() if value is not None}


def _second(time: Any) -> int:
    return int(parse_to_aware_datetime(time).timestamp() // 1)


def _token(query: list[Any], last: tuple[float, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([query, last]).encode()).decode()


def _read_token(token: str, query: list[Any]) -> tuple[float, str]:
    """Where the page before ended. A token holds for the query that it came from."""
    try:
        asked, (time, trace_id) = loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError):
        raise invalid("NextToken is not one of this operation's") from None
    if asked != query or not isinstance(time, int | float) or not isinstance(trace_id, str):
        raise invalid("NextToken belongs to another request")
    return float(time), trace_id
