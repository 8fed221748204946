"""The X-Ray API: what each operation answers. Routes and the shapes of requests are botocore's own model's.

https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from local.xray.assembly import Trace, assemble, document
from local.xray.collector import Collector, Unavailable
from local.xray.completion import complete
from local.xray.documents import Document, Rejected, loads, parse
from local.xray.expressions import Malformed
from local.xray.expressions import parse as parse_expression
from local.xray.graphs import Graphs
from local.xray.inference import infer
from local.xray.requests import Members, Refused, invalid, range_of, read_token, token_of
from local.xray.store import Reader, TimeRange
from local.xray.subjects import Whole
from local.xray.summaries import summary

SUMMARIES_A_PAGE = 100
TRACES_A_CALL = 5  # https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html
_BEFORE_ALL = (math.inf, "")


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
            **Graphs(path).handlers,
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
            raw = text.encode("utf-8", "surrogatepass")
            try:
                accepted.append(parse(raw))
            except Rejected as rejected:
                self._collector.counts.add(received=1)
                self._collector.counts.reject(rejected, len(raw))
                unprocessed.append(_unprocessed(rejected))
        if accepted:
            self._submit(accepted)
        return {"UnprocessedTraceSegments": unprocessed}

    def get_trace_summaries(self, request: Members) -> Members:
        """A page of summaries, latest trace first.

        The time range counts in whole seconds, both included, as the time in a trace id does. `Sampling` allows for
        fewer traces and is granted by returning all of them.
        """
        expression = request.get("FilterExpression") or ""
        kind = request.get("TimeRangeType", "TraceId")
        if kind not in ("TraceId", "Event"):
            raise invalid(f"TimeRangeType {kind} is not supported by the local X-Ray: use TraceId or Event")
        return self._page((cast(TimeRange, kind), expression), range_of(request), request.get("NextToken"))

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

    def _page(self, asked: tuple[TimeRange, str], between: tuple[int, int], token: str | None) -> Members:
        """Up to a page of traces is looked at; with a filter fewer, or none, are told of, and the next page follows."""
        kind, expression = asked
        matches = _filter(expression)
        query = [kind, expression, *between]
        before = read_token(token, query) if token else _BEFORE_ALL
        with Reader(self._path) as reader:
            found = reader.traces(kind, between, before, SUMMARIES_A_PAGE + 1)
            page = found[:SUMMARIES_A_PAGE]
            bodies = reader.bodies(trace_id for trace_id, _ in page)
        traces = [_read(trace_id, bodies[trace_id]) for trace_id, _ in page]
        summaries = [summary(trace) for trace in traces if matches(Whole(trace))]
        answer: Members = {
            "TraceSummaries": summaries,
            "ApproximateTime": min((trace.started for trace in traces), default=between[0]),
            "TracesProcessedCount": len(traces),
        }
        if len(found) > SUMMARIES_A_PAGE:
            trace_id, time = page[-1]
            answer["NextToken"] = token_of(query, (time, trace_id))
        return answer


def _filter(expression: str) -> Callable[[Whole], bool]:
    if not expression.strip():
        return lambda whole: True
    try:
        return parse_expression(expression)
    except Malformed as error:
        raise invalid(f"Invalid FilterExpression: {error}") from None


def _read(trace_id: str, bodies: list[str]) -> Trace:
    return infer(complete(assemble(trace_id, bodies)))


def _unprocessed(rejected: Rejected) -> Members:
    members = {"Id": rejected.entity_id, "ErrorCode": rejected.code, "Message": str(rejected)}
    return {name: value for name, value in members.items() if value is not None}


def _trace(trace_id: str, bodies: list[str]) -> Members:
    trace = _read(trace_id, bodies)
    segments = [{"Id": root.id, "Document": json.dumps(document(root, trace_id))} for root in trace.roots]
    members = {"Id": trace_id, "Duration": trace.duration, "LimitExceeded": False, "Segments": segments}
    return {name: value for name, value in members.items() if value is not None}
