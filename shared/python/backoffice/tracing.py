"""Tracing with AWS X-Ray: one request, one trace, from the API call to the last projection.

This is the one module that knows aws-xray-sdk. The SDK follows a function's own invocation, but DynamoDB streams drop
the trace of what they carry and an SQS batch mixes many traces. So the outbox keeps each request's trace header, and
``record`` continues that trace for one record of a batch with a segment of its own.

It answers six faults of the SDK (version 2.15), each held by a test in ``tests/layer/test_tracing.py``:

- a warm invocation with the same Root keeps the old Parent: ``_InvocationContext`` compares both;
- every error of an AWS call is marked as fault of the service, even a lost conditional write: ``_describe_call``;
- TransactWriteItems records no table, so its node has no name, a batch "dict_keys(..)": ``_describe_call``;
- a call that gets no answer (a time-out) carries no mark at all: ``_describe_call``;
- outside Lambda its import builds a boto client and a sampler, 200 ms: it is imported as if inside;
- a call that is not sampled sends a parent of zeros, so the trace breaks for whoever samples next: ``_send_header``.

Segment documents: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import logging
import os
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import wrapt


@contextmanager
def _as_if_in_lambda() -> Iterator[None]:
    key = "LAMBDA_TASK_ROOT"
    if key in os.environ:
        yield
        return
    os.environ[key] = os.getcwd()
    try:
        yield
    finally:
        del os.environ[key]


with _as_if_in_lambda():
    from aws_xray_sdk.core import xray_recorder as _recorder
    from aws_xray_sdk.core.lambda_launcher import LAMBDA_TRACE_HEADER_KEY, LambdaContext
    from aws_xray_sdk.core.models.dummy_entities import DummySegment
    from aws_xray_sdk.core.models.facade_segment import FacadeSegment
    from aws_xray_sdk.core.models.segment import Segment
    from aws_xray_sdk.core.models.trace_header import TraceHeader
    from aws_xray_sdk.ext.boto_utils import aws_meta_processor

MESSAGE_ATTRIBUTE = "xray"
"""The SNS message attribute that carries the trace header to consumers."""

_HEADER = "X-Amzn-Trace-Id"
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


class _InvocationContext(LambdaContext):  # type: ignore[misc]
    """The trace of the current invocation, or of the record that is being worked on."""

    def _refresh_context(self) -> None:
        if getattr(self._local, "in_record", False):
            return
        text = os.getenv(LAMBDA_TRACE_HEADER_KEY)
        if getattr(self._local, "segment", None) is None or self._local.header != text:
            self._local.header = text
            self._initialize_context(TraceHeader.from_header_str(text))

    @contextmanager
    def within(self, segment: Any) -> Iterator[None]:
        """Let ``segment`` be the current one inside the block, whatever the invocation's trace is."""
        local: dict[str, Any] = self._local.__dict__
        outer = dict(local)
        local.update(segment=segment, entities=[segment], in_record=True)
        try:
            yield
        finally:
            local.clear()
            local.update(outer)


# A call outside any trace (a test, a script) is no fault; the SDK warns of each.
logging.getLogger("aws_xray_sdk.core.lambda_launcher").setLevel(logging.ERROR)

_threads = threading.local()
_context = _InvocationContext()
_recorder.context = _context


def header() -> str | None:
    """The trace header that lets others continue here, ``Root=1-..;Parent=..;Sampled=1``; None outside any trace."""
    entity = _recorder.get_trace_entity()
    if entity.sampled and not isinstance(entity, DummySegment):
        text: str = TraceHeader(root=entity.trace_id, parent=entity.id, sampled=1).to_header_str()
        return text
    origin = _recorder.current_segment().get_origin_trace_header()
    return origin.to_header_str() if origin and origin.root else None


def trace_id() -> str | None:
    """The id of the current trace, ``1-<8 hex>-<24 hex>``, sampled or not."""
    text = header()
    return TraceHeader.from_header_str(text).root if text else None


@contextmanager
def span(name: str, **annotations: str | int | bool) -> Iterator[None]:
    """Measure a piece of work as a subsegment; an exception that leaves the block marks it as fault."""
    with _recorder.in_subsegment(name):
        annotate(**annotations)
        yield


def annotate(**annotations: str | int | bool) -> None:
    """Put searchable key-value pairs on the current span or record. No personal data."""
    entity = _recorder.get_trace_entity()
    if not isinstance(entity, FacadeSegment | DummySegment):
        for key, value in annotations.items():
            entity.put_annotation(key, value)


def answered(status: int) -> None:
    """Tell the current span its HTTP status: 4xx marks it as error, 429 as throttled, 5xx as fault."""
    subsegment = _recorder.current_subsegment()
    if subsegment is not None:
        subsegment.put_http_meta("status", status)


def failed(error: Exception) -> None:
    """Mark the current span as fault by an exception that was caught to be answered."""
    subsegment = _recorder.current_subsegment()
    if subsegment is not None:
        subsegment.add_exception(error, traceback.extract_tb(error.__traceback__))


class Record:
    """One record of a batch, with a segment of this function in the record's own trace, from now until it is closed.

    Without a header the work stays in the invocation's trace; with one that says "not sampled" nothing is recorded.
    """

    def __init__(self, trace_header: str | None) -> None:
        parsed = TraceHeader.from_header_str(trace_header)
        self.segment = _record_segment(parsed) if parsed.root else None

    @contextmanager
    def current(self) -> Iterator[None]:
        """Work on this record, and on no other."""
        with _context.within(self.segment) if self.segment else nullcontext():
            yield

    def failed(self, error: Exception) -> None:
        """Mark the record's segment, and no other, as fault."""
        if self.segment and self.segment.sampled:
            self.segment.add_exception(error, traceback.extract_tb(error.__traceback__))

    def close(self) -> None:
        """Send the segment."""
        if self.segment and self.segment.sampled:
            self.segment.close()
            _recorder.emitter.send_entity(self.segment)


@contextmanager
def record(trace_header: str | None) -> Iterator[None]:
    """Work on one record of a batch from beginning to end; an exception that leaves the block marks it as fault."""
    opened = Record(trace_header)
    try:
        with opened.current():
            yield
    except Exception as error:
        opened.failed(error)
        raise
    finally:
        opened.close()


@contextmanager
def together(records: Iterable[Record]) -> Iterator[None]:
    """Work on several records at once: a call to AWS inside the block is seen in the trace of each of them."""
    segments = {record.segment for record in records}
    # Each call is wrapped from the inside out: the invocation's own segment, which is current, comes last.
    _threads.together = sorted(segments, key=lambda segment: segment is None)
    try:
        yield
    finally:
        _threads.together = ()


@contextmanager
def untraced() -> Iterator[None]:
    """Leave calls to AWS inside the block out of the trace: thousands of the same kind would explain nothing."""
    _threads.untraced = True
    try:
        yield
    finally:
        _threads.untraced = False


def _record_segment(parsed: Any) -> Any:
    name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "function")
    if parsed.sampled != 1:
        segment = DummySegment(name)
    else:
        segment = Segment(name=name, traceid=parsed.root, parent_id=parsed.parent)
        segment.origin = "AWS::Lambda::Function"
    segment.save_origin_trace_header(parsed)
    return segment


def _trace_call(wrapped: Callable[..., Any], client: Any, args: Any, kwargs: Any) -> Any:
    if getattr(_threads, "untraced", False):
        return wrapped(*args, **kwargs)
    call = wrapped
    for segment in getattr(_threads, "together", ()) or (None,):
        call = _seen_in(segment, call, client)
    return call(*args, **kwargs)


def _seen_in(segment: Any, call: Callable[..., Any], client: Any) -> Callable[..., Any]:
    """The same call, seen in a segment; None stands for the current one."""
    service = client.meta.service_model.metadata["endpointPrefix"]

    def seen(*args: Any, **kwargs: Any) -> Any:
        with _context.within(segment) if segment else nullcontext():
            return _recorder.record_subsegment(
                call, client, args, kwargs, name=service, namespace="aws", meta_processor=_describe_call
            )

    return seen


def _describe_call(*, args: Any, exception: Any, subsegment: Any, stack: Any, **call: Any) -> None:
    if not subsegment.sampled:
        return
    aws_meta_processor(args=args, exception=exception, subsegment=subsegment, stack=stack, **call)
    tables = _tables(*args)
    if tables:
        subsegment.aws.pop("table_names", None)
        subsegment.aws["table_name"] = ", ".join(sorted(tables))
    if exception:
        _mark(subsegment, exception, stack)


def _mark(subsegment: Any, error: Exception, stack: Any) -> None:
    response = getattr(error, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status is None:
        subsegment.add_exception(error, stack)
    elif status < 500:
        vars(subsegment).pop("fault", None)
        if response.get("Error", {}).get("Code") in _THROTTLED:
            subsegment.add_throttle_flag()


def _tables(operation: str, parameters: dict[str, Any]) -> set[str]:
    if operation == "TransactWriteItems":
        return {action["TableName"] for write in parameters["TransactItems"] for action in write.values()}
    return set(parameters["RequestItems"]) if operation in ("BatchWriteItem", "BatchGetItem") else set()


def _send_header(wrapped: Callable[..., Any], endpoint: Any, args: Any, kwargs: Any) -> Any:
    current = header()
    if current is not None:
        (request,) = args
        del request.headers[_HEADER]
        request.headers[_HEADER] = current
    return wrapped(*args, **kwargs)


wrapt.wrap_function_wrapper("botocore.client", "BaseClient._make_api_call", _trace_call)
wrapt.wrap_function_wrapper("botocore.endpoint", "Endpoint.prepare_request", _send_header)
